package app_test

import (
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// toldOfProposals runs the sweep and returns the mails about proposals.
func (w *world) toldOfProposals() []mail.Message {
	w.Helper()
	w.ok(w.Records.TellProposals(w.ctx()))
	var out []mail.Message
	for _, m := range w.mails() {
		if m.Kind == mail.KindProposal {
			out = append(out, m)
		}
	}
	return out
}

// showNumber shows a membership number: everything of the record opens.
func (w *world) showNumber(a habeas.Actor, id habeas.PartyID) {
	w.Helper()
	right, _, err := w.Records.ShowEvidence(w.ctx(), a, id, party.MembershipNumber, sealedtest.Seal("M-4711"))
	w.ok(err)
	if !right {
		w.Fatal("the number does not open the record")
	}
	w.later(0)
}

// proposals are what one record's person is shown.
func (w *world) proposals(a habeas.Actor, id habeas.PartyID) []party.Proposal {
	w.Helper()
	w.later(0)
	return w.my(a, id).Proposals
}

// reply settles the proposal for a field, or all of its source.
func (w *world) reply(a habeas.Actor, id habeas.PartyID, v party.Verdict, field string, whole bool) (habeas.EventID, error) {
	w.Helper()
	rec := w.my(a, id)
	for _, p := range rec.Proposals {
		if p.Field.Name == field {
			r := party.Reply{Verdict: v, Statement: p.Says.Statement, Set: p.Set.Name, Field: p.Field.Name}
			if whole {
				r.Set, r.Field = "", ""
			}
			w.later(0)
			e, err := w.Records.Settle(w.ctx(), a, id, rec.Party.Version, r)
			w.later(0)
			return e, err
		}
	}
	w.Fatalf("nothing is proposed for %s", field)
	return habeas.EventID{}, nil
}

// Bell adds a ticket for Tim, who has an account, and calls him Timothy. Bell learns
// nothing; Tim is told, and decides; the ticket keeps Bell's wording.
//
// Proves PTY-7, PTY-20, PTY-A27.
func TestBellBooksForTimWhoHasAnAccount(t *testing.T) {
	w := newWorld(t)
	bell := w.connect("Bell Tours")
	id, _ := bell.say("tim@example.org", with(person("Tim", "Berger", ""), "membership", "number", "M-4711"))
	b := w.browser().join("tim@example.org")
	tim := w.who(b)
	w.accept(tim, id, nil)
	w.showNumber(tim, id)
	if got := w.toldOfProposals(); len(got) != 0 {
		t.Fatalf("told of nothing: %d mails", len(got))
	}

	// The answer is the same as for an address that nobody knows, and nobody is written to.
	_, known := bell.say("tim@example.org", person("Timothy", "Berger", ""), ticket("B-7", "Choir"))
	_, unknown := bell.say("nobody@example.org", person("Timothy", "Berger", ""), ticket("B-8", "Choir"))
	if len(known.String()) != len(unknown.String()) {
		t.Errorf("references of %d and %d letters", len(known.String()), len(unknown.String()))
	}
	bellReads := func() []party.Values {
		t.Helper()
		return must(w.Systems.Records().Query(w.ctx(), bell.actor, []party.Reference{known, unknown}, []string{"identity"}))(w)
	}
	if views := bellReads(); !reflect.DeepEqual(views[0], views[1]) || views[0].Get("identity", "given_name") != "Timothy" {
		t.Errorf("Bell reads %v of Tim and %v of somebody unknown", views[0], views[1])
	}
	if n := len(w.mails()); n != 0 {
		t.Errorf("%d mails left with the answer", n)
	}

	// Tim is told once, without a word of what, and finds it.
	got := w.toldOfProposals()
	if len(got) != 1 || got[0].To != "tim@example.org" {
		t.Fatalf("told: %d mails", len(got))
	}
	for _, secret := range []string{"Tim", "Berger", "Bell", "Choir", "given"} {
		if strings.Contains(got[0].Subject+got[0].Text+got[0].HTML, secret) {
			t.Errorf("the mail says %q", secret)
		}
	}
	at := "/me/records/" + id.String() + "/proposals"
	if !strings.Contains(got[0].Text, "https://records.example.org"+at) {
		t.Errorf("the mail does not lead to the page:\n%s", got[0].Text)
	}
	bell.say("tim@example.org", person("Timotey", "Berger", ""), ticket("B-9", "Choir"))
	if n := len(w.toldOfProposals()); n != 0 {
		t.Errorf("%d more mails while it waits", n)
	}
	if rec := w.held(id); rec.Text("identity", "given_name") != "Tim" {
		t.Errorf("Tim is called %s", rec.Text("identity", "given_name"))
	}
	page := b.get(at).text
	for _, want := range []string{"Timotey", "Bell Tours", "Choir", "B-9", "Accept", "Keep mine", "Always from Bell Tours", "Never from Bell Tours"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if inbox := b.get("/me").text; !strings.Contains(inbox, "1 proposal for your record") {
		t.Error("the inbox does not count it")
	}

	// He keeps his own; when something else comes, he is told again, and accepts it.
	form := func(choice string) []string {
		page := b.get(at).text
		value := func(name string) string {
			return regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(page)[1]
		}
		return []string{"version", value("version"), "statement", value("statement"), "set", "identity", "field", "given_name", "choice", choice}
	}
	b.post(at, form("reject")...)
	if page := b.get(at).text; !strings.Contains(page, "Yours stays") || !strings.Contains(page, "Undo") || !strings.Contains(page, "Nothing is proposed") {
		t.Errorf("after keeping his own:\n%s", page)
	}
	w.later(time.Minute)
	bell.say("tim@example.org", person("Timotheus", "Berger", ""), ticket("B-10", "Choir"))
	if n := len(w.toldOfProposals()); n != 1 {
		t.Errorf("%d mails when something new began to wait", n)
	}
	b.post(at, form("accept")...)
	if f := field(w.held(id), "identity", "given_name"); f.Current.Text != "Timotheus" || f.Current.Source.Kind != party.FromSelf {
		t.Errorf("accepted: %+v", f.Current)
	}
	page = b.get(at).text
	decided := regexp.MustCompile(`name="decided" value="([^"]*)"`).FindStringSubmatch(page)
	if decided == nil {
		t.Fatal("it cannot be undone")
	}
	w.later(0)
	b.post(at+"/undo", "decided", decided[1])
	if page := b.get(at).text; !strings.Contains(page, "Taken back") || !strings.Contains(page, "Timotheus") {
		t.Error("undone, and not said or not proposed again")
	}
	if f := field(w.held(id), "identity", "given_name"); f.Current.Text != "Tim" {
		t.Errorf("undone: %+v", f.Current)
	}

	// The tickets say what Bell said, and Activity what Tim decided.
	wording := map[string]string{}
	for _, o := range must(w.Records.Occasions(w.ctx(), tim, id))(w) {
		wording[o.Ref] = o.Said.Get("identity", "given_name")
	}
	if want := map[string]string{"B-7": "Timothy", "B-9": "Timotey", "B-10": "Timotheus"}; !maps.Equal(wording, want) {
		t.Errorf("the tickets say %v, want %v", wording, want)
	}
	if got := bellReads()[0].Get("identity", "given_name"); got != "Timotheus" {
		t.Errorf("Bell reads %q, which are not Bell's own words", got)
	}
	for event, fields := range map[audit.Event]string{
		audit.ProposalRejected: "identity.given_name", audit.ProposalAccepted: "identity.given_name", audit.ProposalUndone: "identity.given_name", audit.ProposalsTold: "",
	} {
		if l := w.look(tim, event); l.Detail["fields"] != fields || strings.Contains(string(l.Text), "Timo") {
			t.Errorf("%s: %s", event, l.Text)
		}
	}
	w.verify()
}

// Proves PTY-7.
func TestRulesHoldUntilTheyAreTakenBack(t *testing.T) {
	w := newWorld(t)
	bell, wing := w.connect("Bell Tours"), w.connect("West Wing")
	id, _ := bell.say("tim@example.org", with(with(person("Tim", "Berger", ""), "organisation", "city", "Bonn"), "membership", "number", "M-4711"))
	b := w.browser().join("tim@example.org")
	tim := w.who(b)
	w.accept(tim, id, nil)
	w.showNumber(tim, id)
	city := func(s system, name string) {
		s.say("tim@example.org", with(person("Tim", "Berger", ""), "organisation", "city", name))
	}
	shows := func(want string, proposed int) {
		t.Helper()
		rec := w.my(tim, id)
		if got := rec.Text("organisation", "city"); got != want || len(rec.Proposals) != proposed {
			t.Errorf("%s and %d proposals, want %s and %d", got, len(rec.Proposals), want, proposed)
		}
	}
	city(bell, "Ulm")
	always, err := w.reply(tim, id, party.Always, "city", false)
	w.ok(err)
	shows("Ulm", 0)
	city(bell, "Kiel")
	city(wing, "Hull")
	shows("Kiel", 1)
	never, err := w.reply(tim, id, party.Never, "city", true)
	w.ok(err)
	city(wing, "Hythe")
	shows("Kiel", 0)
	at := "/me/records/" + id.String() + "/proposals"
	page := b.get(at).text
	for _, want := range []string{"Town or city: always from Bell Tours", "Never from West Wing, in any field", at + "/rules/" + always.String()} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	mine := w.copyOf(b)
	for form, text := range map[string]string{"json": string(mine.JSON), "csv": string(mine.CSV), "html": string(mine.HTML)} {
		if !strings.Contains(text, "every field from West Wing") || !strings.Contains(text, "organisation.city from Bell Tours") {
			t.Errorf("the copy as %s does not hold the rules", form)
		}
	}
	w.later(0)
	b.post(at + "/rules/" + always.String())
	city(bell, "Bath")
	shows("Kiel", 1)
	w.later(0)
	b.post(at + "/rules/" + never.String())
	shows("Kiel", 2)
	w.refused(func() error { _, err := w.Records.TakeBack(w.ctx(), tim, id, never); return err }(), "proposal.no-rule")
	if w.happened(id, audit.ProposalRuled) != 2 || w.happened(id, audit.ProposalRuleOver) != 2 {
		t.Error("the ledger does not hold each rule and its end")
	}

	// A reply to what has changed meanwhile does nothing.
	rec := w.my(tim, id)
	p := rec.Proposals[0]
	reply := party.Reply{Verdict: party.Accepted, Statement: p.Says.Statement, Set: p.Set.Name, Field: p.Field.Name}
	city(bell, "York")
	_, err = w.Records.Settle(w.ctx(), tim, id, rec.Party.Version, reply)
	w.refused(err, "party.changed")
	_, err = w.Records.Settle(w.ctx(), tim, id, w.my(tim, id).Party.Version, party.Reply{Verdict: party.Accepted, Statement: habeas.StatementID{1}})
	w.refused(err, "proposal.gone")
	if page := b.send(http.MethodPost, at, formOf("version", "1", "statement", p.Says.Statement.String(), "set", "organisation", "field", "city", "choice", "accept")); page.status != http.StatusConflict || !strings.Contains(page.text, "changed while you were looking") {
		t.Errorf("a stale form: %d", page.status)
	}
	for _, all := range []bool{true, false} {
		if _, err := w.reply(tim, id, party.Always, "city", all); err != nil {
			t.Fatal(err)
		}
		want := map[bool]string{true: "", false: "organisation.city"}[all]
		if l := w.look(tim, audit.ProposalRuled); l.Detail["fields"] != want || l.Detail["rule"] != "always" {
			t.Errorf("a rule for every field (%v) stands in the ledger as %v", all, l.Detail)
		}
	}
	w.verify()
}

// Proves PTY-7, PTY-13.
func TestOthersSettleNothingAndHiddenValuesAreNotAccepted(t *testing.T) {
	w := newWorld(t)
	bell := w.connect("Bell Tours")
	id, _ := bell.say("tim@example.org", person("Tim", "Berger", "1984-05-03"))
	tim, oscar, nora := w.join("tim@example.org"), w.browser().join("oscar@example.org"), w.staff("nora@example.org")
	w.accept(tim, id, nil)
	w.later(time.Minute)
	w.ok(w.Records.Amend(w.ctx(), nora, id, person("", "", "1999-09-09")))
	at := "/me/records/" + id.String() + "/proposals"
	p := w.proposals(tim, id)
	if len(p) != 1 || !p[0].Masked || p[0].Says.Text != "•••• 1999" {
		t.Fatalf("proposed: %+v", p)
	}
	for _, v := range []party.Verdict{party.Accepted, party.Always} {
		_, err := w.reply(tim, id, v, "birth_date", false)
		w.refused(err, "proposal.masked")
	}
	reply := party.Reply{Verdict: party.Rejected, Statement: p[0].Says.Statement, Set: "identity", Field: "birth_date"}
	for _, who := range []habeas.Actor{w.who(oscar), nora, {}} {
		_, err := w.Records.Settle(w.ctx(), who, id, w.held(id).Party.Version, reply)
		w.refused(err, "party.not-yours")
		_, err = w.Records.TakeBack(w.ctx(), who, id, habeas.EventID{1})
		w.refused(err, "party.not-yours")
		w.refused(w.Records.UndoSettle(w.ctx(), who, id, habeas.EventID{1}), "party.not-yours")
	}
	for _, page := range []page{
		oscar.send(http.MethodGet, at, nil), oscar.send(http.MethodPost, at, formOf("version", "1", "statement", p[0].Says.Statement.String(), "choice", "never")),
		oscar.send(http.MethodPost, at+"/undo", formOf("decided", habeas.EventID{1}.String())), oscar.send(http.MethodPost, at+"/rules/"+habeas.EventID{1}.String(), formOf()),
	} {
		if page.status != http.StatusNotFound {
			t.Errorf("somebody else gets %d", page.status)
		}
	}
	if got := w.held(id).Text("identity", "birth_date"); got != "1984-05-03" {
		t.Errorf("born %s", got)
	}

	// With the record go the decisions about it.
	_, err := w.reply(tim, id, party.Rejected, "birth_date", false)
	w.ok(err)
	if settled := must(w.DB.Records().Settled(w.ctx(), w.held(id).Party))(w); len(settled.All) != 1 {
		t.Errorf("kept: %+v", settled)
	}
	_ = must(w.Records.Erase(w.ctx(), tim, id))(w)
	w.verify()
}

// What was only proposed for a claimed record changes nothing there, and is no evidence
// for whoever made it up.
//
// Proves PTY-A28.
func TestAFactThatSomebodyWroteOverIsNoEvidence(t *testing.T) {
	w := newWorld(t)
	bell, nora := w.connect("Bell Tours"), w.staff("nora@example.org")
	id, _ := w.connect("City Bookings").say("tim@example.org", with(person("Tim", "Berger", "1984-05-03"), "membership", "number", "M-20417"))
	tim := w.join("tim@example.org") // or somebody else who reads that mailbox
	w.accept(tim, id, nil)
	w.later(time.Hour)
	bell.say("tim@example.org", with(person("Tim", "Berger", ""), "membership", "number", "B-1"))
	w.ok(w.Records.Amend(w.ctx(), nora, id, person("", "", "1999-09-09")))
	if p := w.proposals(tim, id); len(p) != 2 || !p[0].Masked || !p[1].Masked {
		t.Fatalf("proposed: %+v", p)
	}
	for _, f := range []string{"birth_date", "number"} {
		for _, v := range []party.Verdict{party.Accepted, party.Always} {
			_, err := w.reply(tim, id, v, f, false)
			w.refused(err, "proposal.masked")
		}
	}
	for number, want := range map[string]bool{"B-1": false, "M-20417": true} {
		right, _, err := w.Records.ShowEvidence(w.ctx(), tim, id, party.MembershipNumber, sealedtest.Seal(number))
		w.ok(err)
		if right != want {
			t.Errorf("the number %s opens the record: %v", number, right)
		}
	}
	if rec := w.held(id); rec.Text("identity", "birth_date") != "1984-05-03" || rec.Text("membership", "number") != "M-20417" {
		t.Errorf("the record says %q and %q", rec.Text("identity", "birth_date"), rec.Text("membership", "number"))
	}
	w.verify()
}
