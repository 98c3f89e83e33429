package app_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// Proves PTY-A7, PTY-13.
func TestOscarWhoOwnsTheMistypedAddressSeesOnlyAMaskedView(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	v := with(with(with(person("Alice", "Berger", "1984-05-03"), "phone", "number", "+49 30 901820"), "address", "street", "Ringstraße 12"), "membership", "number", "M-20417")
	id, _ := bookings.say("oscar@example.org", v)
	oscar := w.join("oscar@example.org")
	w.offer(oscar, id)
	secrets := []string{"Alice", "Berger", "05-03", "901", "Ringstr", "204"}
	check := func(where, text string) {
		t.Helper()
		for _, s := range secrets {
			if strings.Contains(text, s) {
				t.Errorf("%s shows %q", where, s)
			}
		}
	}
	b := w.browser().join("oscar@example.org")
	check("the inbox", b.get("/me").text)
	check("the confirm screen", b.get("/me/offers/"+id.String()).text)
	w.accept(oscar, id, nil)
	check("the record", b.get("/me/records/"+id.String()).text)
	check("the form", b.get("/me/records/"+id.String()+"/edit/identity").text)
	c := must(w.Records.Copy(w.ctx(), oscar))(w)
	check("the copy", string(c.JSON)+string(c.CSV)+string(c.HTML))
	// What he says himself counts as his word and opens nothing.
	w.ok(w.Records.Correct(w.ctx(), oscar, id, w.held(id).Party.Version, with(person("Oscar", "", ""), "membership", "number", "X-1")))
	if right, _, err := w.Records.ShowEvidence(w.ctx(), oscar, id, party.MembershipNumber, sealedtest.Seal("X-1")); err != nil || right {
		t.Errorf("his own number as evidence: %v (%v)", right, err)
	}
	for _, l := range w.activity(oscar) {
		for _, text := range l.Detail {
			check("a line of activity", text)
		}
	}
}

// Proves PTY-A16.
func TestPlusTagsAndDotsNeverClaim(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	tagged, _ := bookings.say("tim.berger+tours@example.org", party.Values{"organisation": {"city": "Bonn"}})
	plain, _ := bookings.say("tim.berger@example.org", party.Values{"organisation": {"city": "Bonn"}})
	dotless, _ := bookings.say("timberger@example.org", party.Values{"organisation": {"city": "Bonn"}})
	if tagged == plain || plain == dotless {
		t.Fatal("similar addresses made one party")
	}
	tim := w.join("tim.berger@example.org")
	if got := w.offers(tim); len(got) != 1 || got[0].Record.Party.ID != plain {
		t.Fatalf("offered: %+v", got)
	}
	for _, id := range []habeas.PartyID{tagged, dotless} {
		_, err := w.Records.Offer(w.ctx(), tim, id)
		w.refused(err, "claim.none")
		w.refused(w.Records.Accept(w.ctx(), tim, id, 1, nil), "claim.none")
	}
}

// race runs two things at once and returns how many succeeded.
func race(a, b func() error) (won int, errs [2]error) {
	var wg sync.WaitGroup
	wg.Go(func() { errs[0] = a() })
	wg.Go(func() { errs[1] = b() })
	wg.Wait()
	for _, err := range errs {
		if err == nil {
			won++
		}
	}
	return won, errs
}

// Proves PTY-A21.
func TestOfTwoAcceptancesExactlyOneWins(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	tim, tom := w.join("tim@example.org"), w.join("tom@example.org")
	for i := range 10 {
		id, _ := bookings.say("tim@example.org", person("Tim", "", ""), external(itoa(int64(i))), ticket(itoa(int64(i)), "x"))
		if again, _ := bookings.say("tom@example.org", nil, external(itoa(int64(i)))); again != id {
			t.Fatal("one external id, two parties")
		}
		version := w.offer(tim, id).Record.Party.Version
		w.offer(tom, id)
		first, second := tim, tom
		if i%2 == 0 {
			second = tim // the same person, twice
		}
		won, errs := race(
			func() error { return w.Records.Accept(w.ctx(), first, id, version, nil) },
			func() error { return w.Records.Accept(w.ctx(), second, id, version, nil) },
		)
		if p := w.held(id).Party; won != 1 || p.State != party.Claimed || p.Version != version+1 {
			t.Fatalf("%d of two won (%v): %+v", won, errs, p)
		}
		_, err := w.Records.Erase(w.ctx(), w.holder(id, tim, tom), id)
		w.ok(err)
	}
}

// holder is who of two holds a record.
func (w *world) holder(id habeas.PartyID, a, b habeas.Actor) habeas.Actor {
	w.Helper()
	if w.held(id).Party.Account == a.Account {
		return a
	}
	return b
}

// Proves PTY-A32.
func TestAClaimThatRacesAChangeOfAddressAborts(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	oscar := w.join("oscar@example.org")
	first, _ := bookings.say("oscar@example.org", person("Tim", "Berger", ""))
	version := w.offer(oscar, first).Record.Party.Version
	w.move(nora, first, "tim@example.org")
	for _, v := range []int64{version, version + 1} {
		w.refused(w.Records.Accept(w.ctx(), oscar, first, v, nil), "claim.none")
		w.refused(w.Records.NotMe(w.ctx(), oscar, first, v), "claim.none")
	}
	moved := 0
	for i := range 12 {
		id, _ := w.connect("System "+itoa(int64(i))).say("oscar@example.org", person("Tim", "Berger", ""))
		o := w.offer(oscar, id)
		won, errs := race(
			func() error { return w.Records.Accept(w.ctx(), oscar, id, o.Record.Party.Version, nil) },
			func() error {
				return w.Records.ChangeAddress(w.ctx(), nora, id, w.address("t"+itoa(int64(i))+"@example.org"))
			},
		)
		p := w.held(id).Party
		if won != 1 || (p.State == party.Claimed) != (errs[0] == nil) {
			t.Fatalf("%d of two won (%v): %+v", won, errs, p)
		}
		if errs[0] != nil {
			moved++
			continue
		}
		_, err := w.Records.Erase(w.ctx(), oscar, id)
		w.ok(err)
	}
	t.Logf("the change of address was first in %d of 12", moved)
}

// Proves PTY-A33.
func TestAnAddressAddedToAnAccountIsNoSecondClaimByItself(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	one, _ := bookings.say("tim@example.org", person("Tim", "Berger", ""))
	two, _ := bookings.say("eva@example.org", person("Eva", "Roth", "1990-04-01"))
	tim := w.join("tim@example.org")
	w.accept(tim, one, nil)
	w.mails()
	flow := newToken()
	id := must(w.Accounts.AskForAddress(w.ctx(), tim, account.Asking{Address: w.address("eva@example.org"), Language: "en", Flow: flow, Client: "192.0.2.1"}))(w)
	must(w.Accounts.Prove(w.ctx(), tim, id, sealedtest.Seal(w.codeIn(w.mailTo("eva@example.org", mail.KindCode))), account.Browser{Flow: flow, New: newToken()}))(w)
	if got := w.held(two).Party; got.State != party.Unclaimed || !got.Account.IsZero() {
		t.Fatalf("proving the address claimed %+v", got)
	}
	offers := w.offers(tim)
	if len(offers) != 1 || offers[0].Review == party.ReviewNone || len(offers[0].Record.Sets) != 0 {
		t.Fatalf("a second record: %+v", offers)
	}
	w.offer(tim, two)
	if err := w.Records.Accept(w.ctx(), tim, two, w.held(two).Party.Version, nil); err == nil {
		t.Error("the second record was claimed without anybody looking")
	}
	_, _, err := w.Records.ShowEvidence(w.ctx(), tim, two, party.MembershipNumber, sealedtest.Seal("M-1"))
	w.refused(err, "claim.none")
}

// Proves PTY-A34.
func TestASharedMailboxGoesToHumanReview(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	id, _ := bookings.say("info@club.example", with(person("Ada", "Poe", ""), "organisation", "city", "Bonn"))
	late, _ := bookings.say("", person("Bob", "Ray", ""), external("7"))
	bookings.say("office@club.example", nil, external("7"))
	if got := w.held(late).Party.Review; got != party.ReviewShared {
		t.Errorf("an address that came later: review %q", got)
	}
	reader := w.join("info@club.example")
	o := w.offer(reader, id)
	if o.Review != party.ReviewShared || len(o.Record.Sets) != 0 {
		t.Fatalf("offered: %+v", o)
	}
	if err := w.Records.Accept(w.ctx(), reader, id, 1, nil); err == nil {
		t.Fatal("claimed by whoever reads the mailbox")
	}
	b := w.browser().join("info@club.example")
	if p := b.get("/me/offers/" + id.String()).text; strings.Contains(p, "Ada") || strings.Contains(p, "Bonn") || strings.Contains(p, "/accept") {
		t.Error("the page shows or offers the record")
	}
	w.ok(w.Records.Decide(w.ctx(), nora, id, party.Release))
	w.accept(reader, id, nil)
}

// Proves PTY-A35.
func TestARecycledMailboxOpensNothingByItself(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	v := with(with(person("Tim", "Berger", ""), "organisation", "city", "Bonn"), "profile", "headline", "Pianist")
	id, _ := bookings.say("tim@example.org", v, external("42"))
	w.mails()
	w.ok(w.Records.Invite(w.ctx(), nora, id))
	invitation := w.mailTo("tim@example.org", mail.KindInvitation)
	w.later(party.DefaultRules.StaleAfter)
	bookings.say("", person("Tim", "", ""), external("42")) // spoken of, but not at this address
	w.later(time.Hour)
	c := strings.Fields(invitation.Text[strings.Index(invitation.Text, "/code?c=")+len("/code?c="):])[0]
	if p := w.browser().send("POST", "/code", formOf("c", c, "code", w.codeIn(invitation))); p.status == 303 {
		t.Error("an old invitation still opens something")
	}
	reader := w.join("tim@example.org")
	o := w.offer(reader, id)
	if !o.Claim.Stale {
		t.Fatal("the address is not taken for old")
	}
	for _, set := range o.Record.Sets {
		for _, f := range set.Fields {
			if f.Current.Text != "" && !f.Masked {
				t.Errorf("%s.%s is shown", set.Schema.Name, f.Schema.Name)
			}
		}
	}
	w.refused(w.Records.Accept(w.ctx(), reader, id, o.Record.Party.Version, nil), "claim.stale")
	if right, _, err := w.Records.ShowEvidence(w.ctx(), reader, id, party.PaperCode, must2(w, nora, id)); err != nil || !right {
		t.Fatalf("a code on paper: %v (%v)", right, err)
	}
	w.accept(reader, id, nil)
}

// Proves PTY-A35.
func TestAnOpenConfirmScreenGrowsOldToo(t *testing.T) {
	w := newWorld(t)
	id, _ := w.connect("City Bookings").say("tim@example.org", party.Values{"organisation": {"city": "Bonn"}})
	tim := w.join("tim@example.org")
	version := w.offer(tim, id).Record.Party.Version
	w.later(party.DefaultRules.StaleAfter + time.Hour)
	if err := w.Records.Accept(w.ctx(), tim, id, version, nil); err == nil {
		t.Fatal("a screen of last year was accepted")
	}
	if o := w.offer(tim, id); !o.Claim.Stale {
		t.Error("the address is not taken for old")
	}
	w.refused(w.Records.Accept(w.ctx(), tim, id, version, nil), "claim.stale")
}

// Proves PTY-19, PTY-A36.
func TestAnAdministratorAcquiresNothingAutomatically(t *testing.T) {
	w := newWorld(t)
	id, _ := w.connect("City Bookings").say("boss@example.org", party.Values{"organisation": {"city": "Bonn"}})
	boss := w.member("boss@example.org")
	version := w.offer(boss, id).Record.Party.Version // opened before the role was given
	granter := habeas.Actor{Kind: habeas.ActorStaff, Account: habeas.AccountID{15: 9}, Roles: []habeas.Role{habeas.RoleAdministrator}, Proof: habeas.ProofPasskey}
	w.ok(w.Accounts.GrantRole(w.ctx(), granter, w.address("boss@example.org"), habeas.RoleAdministrator))
	w.refused(w.Records.Accept(w.ctx(), boss, id, version, nil), "claim.review")
	o := w.offer(boss, id)
	if o.Review != party.ReviewRole || len(o.Record.Sets) != 0 {
		t.Errorf("offered: %+v", o)
	}
	w.refused(w.Records.Accept(w.ctx(), boss, id, version, nil), "claim.review")
	if w.held(id).Party.State != party.Unclaimed {
		t.Error("it was acquired")
	}
}

// Proves PTY-19, PTY-A37.
func TestADeactivatedAccountReacquiresNothing(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	id, _ := bookings.say("tim@example.org", party.Values{"organisation": {"city": "Bonn"}})
	tim := w.join("tim@example.org")
	version := w.offer(tim, id).Record.Party.Version
	boss := habeas.Actor{Kind: habeas.ActorStaff, Account: habeas.AccountID{15: 9}, Roles: []habeas.Role{habeas.RoleAdministrator}, Proof: habeas.ProofPasskey}
	w.ok(w.Accounts.SetClosed(w.ctx(), boss, w.address("tim@example.org"), true))
	if got := w.offers(tim); len(got) != 0 {
		t.Errorf("offered: %+v", got)
	}
	w.refused(w.Records.Accept(w.ctx(), tim, id, version, nil), "claim.none")
	w.refused(w.Records.NotMe(w.ctx(), tim, id, version), "claim.none")
	b := w.browser()
	at := b.ask("tim@example.org")
	p := b.send("POST", "/code", formOf("c", strings.TrimPrefix(at, "/code?c="), "code", w.codeIn(w.mails()[0])))
	if p.status == 303 || !w.who(b).Account.IsZero() {
		t.Errorf("a closed account signs in: %d", p.status)
	}
	if got := w.held(id).Party; got.State != party.Unclaimed || w.count() != 1 {
		t.Errorf("after that: %+v, %d records", got, w.count())
	}
}

func TestABookerChangesNothingOnAClaimedRecord(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	id, _ := bookings.say("tim@example.org", with(person("Tim", "Berger", "1984-05-03"), "organisation", "city", "Bonn"))
	tim := w.join("tim@example.org")
	w.accept(tim, id, nil)
	w.later(time.Hour)
	if other, _ := bookings.say("tim@example.org", person("Tim", "Berger", "1999-09-09")); other == id {
		t.Error("another birth date was taken for Tim's")
	}
	w.connect("Bell Tours").say("tim@example.org", with(person("Timothy", "", ""), "organisation", "city", "Ulm"))
	w.ok(w.Records.Amend(w.ctx(), nora, id, person("", "", "1999-09-09")))
	rec := w.held(id)
	for _, f := range [][3]string{{"identity", "birth_date", "1984-05-03"}, {"identity", "given_name", "Tim"}, {"organisation", "city", "Bonn"}} {
		if got := field(rec, f[0], f[1]); got.Current.Text != f[2] || !got.Rival {
			t.Errorf("%s is %q now, rival %v", f[1], got.Current.Text, got.Rival)
		}
	}
	if got := w.look(tim, audit.PartyAsserted); got.ActorName != "Nora Quill" {
		t.Errorf("the newest line says %+v", got)
	}
}
