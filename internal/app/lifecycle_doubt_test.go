package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// offered are the records that a person could claim.
func (w *world) offered(a habeas.Actor) (out []habeas.PartyID) {
	w.Helper()
	for _, o := range w.offers(a) {
		out = append(out, o.Record.Party.ID)
	}
	return out
}

// Proves PTY-14, PTY-15, PTY-A9.
func TestAClaimUndoneOnAMergedRecordIsUndoneOnItsParts(t *testing.T) {
	w := newWorld(t)
	_, one, two, _ := w.two() // tim@example.org, tb@work.example
	nora := w.desk("nora@example.org", "en")
	m := w.merge(nora, one, two)
	oscar := w.join("tb@work.example") // the second address is Oscar's
	w.accept(oscar, one, nil)
	made := must(w.Disputes.DisputeByStaff(w.ctx(), nora, one, party.DisputeMistyped, ""))(w)
	w.later(time.Second)
	w.ok(w.Disputes.UndoClaim(w.ctx(), nora, made.ID))
	if p := w.held(one).Party; p.State != party.Unclaimed || p.Blocked {
		t.Fatalf("the other address leads there still: %+v", p)
	}
	if got := w.offered(w.join("tim@example.org")); len(got) != 1 || got[0] != one {
		t.Fatalf("Tim is offered %v, want %v", got, one)
	}
	w.later(time.Second)
	must(w.Records.Unmerge(w.ctx(), nora, m.ID))(t)
	if got := w.offered(oscar); len(got) != 0 {
		t.Fatal("the part leads Oscar to it again when it stands alone")
	}
	w.ok(w.Disputes.ReopenDispute(w.ctx(), nora, made.ID)) // about the one that had been merged into
	hash := w.Keys.Lookup(party.LookupEmail, w.address("tb@work.example").Key())
	if !must(w.DB.Records().Blocked(w.ctx(), hash, two))(w) {
		t.Error("a decision about one record opened another")
	}
	w.verify()
}

// Proves PTY-14, PTY-15.
func TestARecordThatWasLostAsAPartDoesNotComeBackByTakingItOut(t *testing.T) {
	w := newWorld(t)
	nora := w.desk("nora@example.org", "en")
	one := w.enter(nora, "oscar@example.org", person("Alice", "Berger", ""))
	two := w.enter(nora, "second@example.org", person("Alice", "Berger", ""))
	oscar := w.join("oscar@example.org")
	w.accept(oscar, one, nil)
	w.ok(w.Disputes.LinkPerson(w.ctx(), nora, two, w.address("oscar@example.org"), party.DocumentPassport))
	asked := w.merge(nora, one, two)
	pair := must(w.Records.ProposedMerge(w.ctx(), oscar, asked.ID))(w)
	m := must(w.Records.AgreeMerge(w.ctx(), oscar, asked.ID, [2]int64{pair.Into.Party.Version, pair.From.Party.Version}, true))(w)
	w.later(time.Second)
	made := must(w.Disputes.DisputeByStaff(w.ctx(), nora, one, party.DisputeMine, ""))(w)
	w.ok(w.Disputes.UndoClaim(w.ctx(), nora, made.ID))
	w.later(time.Second)
	must(w.Records.Unmerge(w.ctx(), nora, m.ID))(t)
	if p := w.held(two).Party; p.State != party.Unclaimed || !p.Account.IsZero() {
		t.Errorf("taken out, it is %s", p.State)
	}
	if claims := must(w.DB.Records().ClaimsOn(w.ctx(), two))(w); claims[0].State != party.ClaimUndone {
		t.Errorf("its claim is %s", claims[0].State)
	}
	if len(w.offered(oscar)) != 0 {
		t.Error("Oscar is offered one of them")
	}
	w.verify()
}

// Proves PTY-14, PTY-A9.
func TestWhoMayNotHaveAPartIsNotOfferedTheWhole(t *testing.T) {
	for what, older := range map[string]bool{"as the one that stays": true, "as the one that goes in": false} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			nora := w.desk("nora@example.org", "en")
			enter := func(address string) habeas.PartyID {
				w.later(time.Second)
				return w.enter(nora, address, person("Alice", "Berger", ""), func(a *party.Assertion) { a.Separate = true })
			}
			other := habeas.PartyID{}
			if !older {
				other = enter("oscar@example.org")
			}
			lost := enter("alice@example.org")
			if older {
				other = enter("oscar@example.org")
			}
			oscar := w.join("oscar@example.org")
			w.ok(w.Disputes.LinkPerson(w.ctx(), nora, lost, w.address("oscar@example.org"), party.DocumentPassport))
			made := must(w.Disputes.DisputeByStaff(w.ctx(), nora, lost, party.DisputeOther, ""))(w)
			w.ok(w.Disputes.UndoClaim(w.ctx(), nora, made.ID))
			if got := w.offered(oscar); len(got) != 1 || got[0] != other {
				t.Fatalf("before, Oscar is offered %v", got)
			}
			m := w.merge(nora, lost, other)
			if got := w.offered(oscar); len(got) != 0 {
				t.Error("the record that a dispute took from Oscar is offered to him as part of another")
			}
			w.later(time.Second)
			must(w.Records.Unmerge(w.ctx(), nora, m.ID))(t)
			if got := w.offered(oscar); len(got) != 1 || got[0] != other {
				t.Errorf("taken apart, Oscar is offered %v", got)
			}
			m = w.merge(nora, lost, other)
			w.later(time.Second)
			w.ok(w.Disputes.LinkPerson(w.ctx(), nora, m.Into, w.address("oscar@example.org"), party.DocumentPassport)) // staff say otherwise
			if p := w.held(m.Into).Party; p.Account != oscar.Account {
				t.Errorf("after a check in person it is %s", p.State)
			}
			w.verify()
		})
	}
}

// Proves PTY-14, PTY-15.
func TestAClaimThatWentWithItsRecordCanBeDisputedThere(t *testing.T) {
	for _, by := range []string{"staff", "link"} {
		t.Run(by, func(t *testing.T) {
			w := newWorld(t)
			_, one, two, _ := w.two()
			nora := w.desk("nora@example.org", "en")
			m := w.merge(nora, one, two)
			w.later(time.Second)
			oscar := w.join("tb@work.example") // an address of the one that went in
			w.ok(w.Disputes.LinkPerson(w.ctx(), nora, one, w.address("tb@work.example"), party.DocumentPassport))
			told := w.mailTo("tim@example.org", mail.KindClaimedKnown)
			w.later(time.Second)
			must(w.Records.Unmerge(w.ctx(), nora, m.ID))(t)
			if by == "staff" {
				must(w.Disputes.DisputeByStaff(w.ctx(), nora, two, party.DisputeOther, ""))(t)
			} else {
				_, token, _ := strings.Cut(disputeLink.FindStringSubmatch(told.Text)[1], "=")
				w.ok(w.Disputes.DisputeByLink(w.ctx(), sealedtest.Seal(token), party.DisputeMine))
			}
			made := must(w.Disputes.DisputesOn(w.ctx(), nora, two))(t)[0]
			if p := w.held(two).Party; p.State != party.Frozen || made.Account != oscar.Account {
				t.Fatalf("it is %s", p.State)
			}
			if checks := must(w.DB.Disputes().ChecksOn(w.ctx(), two))(t); len(checks) != 1 {
				t.Errorf("%d checks in person are seen beside the claim", len(checks))
			}
			w.ok(w.Disputes.UndoClaim(w.ctx(), nora, made.ID))
			if p := w.held(two).Party; p.State != party.Unclaimed || len(w.offered(oscar)) != 0 {
				t.Errorf("it is %s, and Oscar is offered %v", p.State, w.offered(oscar))
			}
			w.verify()
		})
	}
}

// Proves PTY-15.
func TestWhereWordsOfAnUndoneMergeBelongIsDecidedAgain(t *testing.T) {
	w := newWorld(t)
	_, one, two, _ := w.two()
	nora := w.atWork()
	m := w.merge(nora, one, two)
	for _, city := range []string{"Málaga", "Bonn"} {
		w.later(time.Second)
		w.ok(w.Records.Amend(w.ctx(), nora, one, party.Values{"address": {"city": city}}))
	}
	w.later(time.Second)
	must(w.Records.Unmerge(w.ctx(), nora, m.ID))(t)
	list := must(w.Records.Meanwhile(w.ctx(), nora, m.ID))(t)
	first, second := list.Words[0].ID, list.Words[1].ID
	cities := func(a, b string) {
		t.Helper()
		w.later(time.Second)
		if x, y := w.held(one).Text("address", "city"), w.held(two).Text("address", "city"); x != a || y != b {
			t.Fatalf("they say %q and %q, want %q and %q", x, y, a, b)
		}
	}
	for range 2 {
		cities("Bonn", "")
		must(w.Records.Attribute(w.ctx(), nora, m.ID, map[habeas.StatementID]party.Keep{first: party.KeepBoth, second: party.KeepFrom}))(t)
		cities("Málaga", "Bonn")
		_, err := w.Records.Attribute(w.ctx(), nora, m.ID, nil)
		w.refused(err, "merge.over")
		must(w.Records.Unattribute(w.ctx(), nora, m.ID))(t)
		cities("Bonn", "")
		must(w.Records.Attribute(w.ctx(), nora, m.ID, map[habeas.StatementID]party.Keep{first: party.KeepFrom}))(t)
		cities("Bonn", "Málaga")
		must(w.Records.Unattribute(w.ctx(), nora, m.ID))(t)
	}
	_, err := w.Records.Unattribute(w.ctx(), nora, m.ID)
	w.refused(err, "merge.over")
	w.verify()
}

// Proves PTY-A27.
func TestASystemDoesNotLearnThatTwoOfItsReferencesAreOneParty(t *testing.T) {
	w := newWorld(t)
	s, one, two, second := w.two() // two records of one system
	_, first := s.say("tim@example.org", person("", "", ""))
	nora := w.atWork()
	reads := func(when string, ref party.Reference, given, email, number string) {
		t.Helper()
		v := must(s.Systems.Records().Query(w.ctx(), s.actor, []party.Reference{ref}, []string{"identity", "contact", "membership"}))(t)[0]
		if v.Get("identity", "given_name") != given || v.Get("contact", "email") != email || v.Get("membership", "number") != number {
			t.Errorf("%s the system reads %v", when, v)
		}
	}
	both := func(when string) {
		t.Helper()
		w.later(time.Second)
		reads(when, first, "Tim", "tim@example.org", "")
		reads(when, second, "Timothy", "tb@work.example", "M-20417")
	}
	tim := w.join("tim@example.org")
	w.accept(tim, one, nil)
	both("claimed")
	asked := w.merge(nora, one, two)
	pair := must(w.Records.ProposedMerge(w.ctx(), tim, asked.ID))(w)
	m := must(w.Records.AgreeMerge(w.ctx(), tim, asked.ID, [2]int64{pair.Into.Party.Version, pair.From.Party.Version}, true))(w)
	both("merged")
	must(w.Records.Unmerge(w.ctx(), nora, m.ID))(t)
	both("taken apart")

	// A claimed record to which a second address leads: its person proved it.
	third := w.join("third@example.org")
	other := w.connect("City Library")
	id, known := other.say("eva@example.org", person("Eva", "Stein", ""))
	w.ok(w.Disputes.LinkPerson(w.ctx(), w.desk("paul@example.org", "en"), id, w.address("third@example.org"), party.DocumentPassport))
	w.later(time.Second)
	again, late := other.say("third@example.org", with(person("Eva", "Stein", ""), "phone", "number", "+34600000000"))
	if again != id || late == known || third.Account.IsZero() {
		t.Fatalf("the second address leads to %v", again)
	}
	for ref, want := range map[party.Reference][2]string{known: {"eva@example.org", ""}, late: {"third@example.org", "+34600000000"}} {
		v := must(other.Systems.Records().Query(w.ctx(), other.actor, []party.Reference{ref}, []string{"contact", "phone"}))(t)[0]
		if v.Get("contact", "email") != want[0] || v.Get("phone", "number") != want[1] {
			t.Errorf("by one of two names the system reads %v, want %v", v, want)
		}
	}
	w.verify()
}
