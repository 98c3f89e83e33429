package app_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// desk is somebody at work who is told of what waits: with a role and a passkey.
func (w *world) desk(address, language string) habeas.Actor {
	w.Helper()
	a := w.joinIn(address, language)
	w.employ(address, habeas.RoleStaff)
	w.ok(w.DB.InTx(w.ctx(), func(tx *sqlstore.Tx) error {
		key := account.Passkey{Hash: w.Keys.Lookup("passkey", address), Account: a.Account, AddedAt: w.clock.Now(), Name: "desk"}
		return tx.Accounts().AddPasskey(key, audit.Entry{
			ID: habeas.NewID[habeas.EventKind](w.clock.Now()), Event: audit.CredentialAdded, Subject: habeas.SubjectOf(a.Account), Actor: a, At: w.clock.Now(),
		})
	}))
	a.Roles, a.Proof, a.Purpose = []habeas.Role{habeas.RoleStaff}, habeas.ProofPasskey, "Correct an error"
	return a
}

// mailed are the mails that wait, by kind and reader, and none holds any of the secrets.
func (w *world) mailed(secrets ...string) map[string]mail.Message {
	w.Helper()
	out := make(map[string]mail.Message)
	for _, m := range w.mails() {
		key := string(m.Kind) + " " + m.To
		if _, twice := out[key]; twice {
			w.Errorf("%s was mailed twice", key)
		}
		out[key] = m
		for _, s := range secrets {
			if strings.Contains(m.Subject+m.Text+m.HTML, s) {
				w.Errorf("the mail %s carries %q", key, s)
			}
		}
	}
	return out
}

// full is a record about whom everything is known.
func full() party.Values {
	v := with(with(person("Alice", "Berger", "1984-05-03"), "address", "city", "Bonn"), "address", "postcode", "53113")
	v = with(v, "identity", "birth_place", "Ulm")
	return with(with(v, "membership", "number", "M-20417"), "phone", "number", "+49 228 555123")
}

var secrets = []string{"Alice", "Berger", "1984", "Bonn", "53113", "20417", "555123"}

// truth are the right answers about full.
var truth = map[string]string{party.BirthMonth: "5", party.BirthDay: "3", party.BirthPlace: "Ulm", party.Town: "Bonn", party.PostcodeEnd: "13"}

// waiting makes a record whose claim waits for facts: the address is old, and the
// membership number was shown.
func (w *world) waitingForFacts(id habeas.PartyID, who habeas.Actor) {
	w.Helper()
	w.offer(who, id)
	if right, _, err := w.Records.ShowEvidence(w.ctx(), who, id, party.MembershipNumber, sealedtest.Seal("M-20417")); err != nil || !right {
		w.Fatalf("the membership number: %v (%v)", right, err)
	}
}

// Proves PTY-13, PTY-A35.
func TestFactsCountOnlyBesideOtherEvidence(t *testing.T) {
	w := newWorld(t)
	id, _ := w.connect("City Bookings").say("alice@example.org", full())
	w.later(2 * party.DefaultRules.StaleAfter)
	alice := w.join("alice@example.org")
	w.offer(alice, id)
	if asked := must(w.Records.Facts(w.ctx(), alice, id))(w); len(asked) != 0 {
		t.Fatalf("asked before anything else was shown: %v", asked)
	}
	_, err := w.Records.ShowFacts(w.ctx(), alice, id, truth)
	w.refused(err, "evidence.facts")
	w.waitingForFacts(id, alice)
	if o := w.offer(alice, id); !o.Claim.Stale || !field(o.Record, "phone", "number").Masked {
		t.Fatal("a membership number alone opened a record at an address that may have changed hands")
	}
	if asked := must(w.Records.Facts(w.ctx(), alice, id))(w); len(asked) != 5 {
		t.Fatalf("asked %v", asked)
	}
	if right, err := w.Records.ShowFacts(w.ctx(), alice, id, truth); err != nil || !right {
		t.Fatalf("the right answers: %v (%v)", right, err)
	}
	o := w.offer(alice, id)
	if o.Claim.Stale || field(o.Record, "phone", "number").Current.Text != "+49 228 555123" {
		t.Fatalf("both together opened nothing: %+v", o.Claim)
	}
	w.accept(alice, id, nil)
	if l := w.look(alice, audit.EvidenceGiven); l.Detail["kind"] != string(party.RecordFacts) {
		t.Errorf("the newest evidence in the activity: %v", l.Detail)
	}
}

// Proves PTY-A8.
func TestOscarWhoAnswersAFactWronglyIsLockedAndStaffAreTold(t *testing.T) {
	w := newWorld(t)
	nora := w.desk("nora@example.org", "es")
	id, _ := w.connect("City Bookings").say("oscar@example.org", full())
	w.later(2 * party.DefaultRules.StaleAfter)
	oscar := w.join("oscar@example.org")
	w.waitingForFacts(id, oscar)
	w.mails()
	wrong := map[string]string{party.BirthMonth: "5", party.BirthDay: "3", party.BirthPlace: "Ulm", party.Town: "Bonn", party.PostcodeEnd: party.None}
	if right, err := w.Records.ShowFacts(w.ctx(), oscar, id, wrong); err != nil || right {
		t.Fatalf("four right and one wrong answer: %v (%v)", right, err)
	}
	_, err := w.Records.ShowFacts(w.ctx(), oscar, id, truth)
	w.refused(err, "evidence.locked")
	_, _, err = w.Records.ShowEvidence(w.ctx(), oscar, id, party.PaperCode, must2(w, nora, id))
	w.refused(err, "evidence.locked")
	if o := w.offers(oscar); len(o) != 1 || !o[0].Locked || len(o[0].Record.Sets) != 0 {
		t.Errorf("what he sees now: %+v", o)
	}
	m, ok := w.mailed(secrets...)["locked nora@example.org"]
	if !ok || m.Language != "es" || strings.Contains(m.Text, id.String()) {
		t.Errorf("staff were told: %v %+v", ok, m)
	}
	b := w.browser().join("oscar@example.org")
	for _, path := range []string{"/me", "/me/offers/" + id.String()} {
		for _, s := range secrets {
			if strings.Contains(b.get(path).text, s) {
				t.Errorf("%s shows %q", path, s)
			}
		}
	}
	if got := must(w.Records.Waiting(w.ctx(), nora, habeas.PartyID{}, 5))(w); len(got) != 1 || got[0].Party.Review != party.ReviewEvidence {
		t.Errorf("it does not wait for staff: %+v", got)
	}
	w.verify()
}

// Proves PTY-A29.
func TestEachRetryShowsTheSameOptionsUntilTheTriesAreUsedUp(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	id, _ := bookings.say("oscar@example.org", full(), external("1"))
	w.later(2 * party.DefaultRules.StaleAfter)
	var first []party.Question
	options := regexp.MustCompile(`name="(birth-month|birth-day|birth-place|town|postcode-end)" value="([^"]*)"`)
	var page []string
	for try := range party.DefaultRules.FactTries {
		w.later(25 * time.Hour) // codes are bounded for each day
		oscar := w.join("oscar@example.org")
		w.waitingForFacts(id, oscar)
		asked := must(w.Records.Facts(w.ctx(), oscar, id))(w)
		shown := options.FindAllString(w.browser().join("oscar@example.org").get("/me/offers/"+id.String()).text, -1)
		if try == 0 {
			first, page = asked, shown
		}
		same := slices.EqualFunc(first, asked, func(a, b party.Question) bool { return a.Name == b.Name && slices.Equal(a.Options, b.Options) })
		if len(asked) != 5 || !same || len(shown) != 30 || !slices.Equal(page, shown) {
			t.Fatalf("try %d shows\n%v\nwant\n%v", try+1, asked, first)
		}
		if right, err := w.Records.ShowFacts(w.ctx(), oscar, id, map[string]string{}); err != nil || right {
			t.Fatalf("no answer: %v (%v)", right, err)
		}
		w.ok(w.Records.Decide(w.ctx(), nora, id, party.Release))
	}
	w.later(25 * time.Hour)
	oscar := w.join("oscar@example.org")
	w.offer(oscar, id)
	if asked := must(w.Records.Facts(w.ctx(), oscar, id))(w); len(asked) != 0 {
		t.Errorf("asked once more after %d tries", party.DefaultRules.FactTries)
	}
	_, err := w.Records.ShowFacts(w.ctx(), oscar, id, truth)
	w.refused(err, "evidence.facts")
}

// Proves PTY-A28.
func TestFactsThatTheChallengerSuppliedProveNothing(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	// Bell books for Alice, at an address of Bell's own: she supplies what she will be asked.
	bellID, bellRef := bookings.say("bell@example.org", person("Bell", "Hooks", ""), ticket("B-0", "A walk"))
	byBell := func(a *party.Assertion) {
		a.Ticket = &party.TicketInput{Ref: "B-1", Title: "A tour", BookedBy: bellRef.String()}
	}
	id, _ := bookings.say("bell.second@example.org", full(), byBell)
	if id == bellID {
		t.Fatal("one record")
	}
	bell := w.join("bell@example.org")
	w.accept(bell, bellID, nil)
	w.mails()
	flow := newToken()
	c := must(w.Accounts.AskForAddress(w.ctx(), bell, account.Asking{Address: w.address("bell.second@example.org"), Language: "en", Flow: flow, Client: "192.0.2.1"}))(w)
	must(w.Accounts.Prove(w.ctx(), bell, c, sealedtest.Seal(w.codeIn(w.mailTo("bell.second@example.org", mail.KindCode))), account.Browser{Flow: flow, New: newToken()}))(w)
	nora := w.staff("nora@example.org")
	w.offers(bell) // a second record: it waits for staff, who find nothing wrong
	w.ok(w.Records.Decide(w.ctx(), nora, id, party.Release))
	w.offer(bell, id)
	if right, _, err := w.Records.ShowEvidence(w.ctx(), bell, id, party.MembershipNumber, sealedtest.Seal("M-20417")); err != nil || right {
		t.Errorf("a number that came on her own booking: %v (%v)", right, err)
	}

	// A system that she has connected herself is hers as well.
	boss := bell
	boss.Roles, boss.Proof, boss.Kind = []habeas.Role{habeas.RoleAdministrator}, habeas.ProofPasskey, habeas.ActorStaff
	hers, _, err := w.Systems.Connect(w.ctx(), boss, "Bell Tours")
	w.ok(err)
	system{w, habeas.Actor{Kind: habeas.ActorSystem, System: hers.ID}}.say("bell.second@example.org", with(person("Alice", "Berger", "1984-05-03"), "membership", "number", "M-77777"))
	if right, _, err := w.Records.ShowEvidence(w.ctx(), bell, id, party.MembershipNumber, sealedtest.Seal("M-77777")); err != nil || right {
		t.Errorf("a number from her own system: %v (%v)", right, err)
	}
}

// Proves PTY-A28.
func TestWhatWasSaidSinceTheClaimIsNoEvidenceInADispute(t *testing.T) {
	w := newWorld(t)
	w.desk("nora@example.org", "en")
	bookings := w.connect("City Bookings")
	id, _ := bookings.say("tim@example.org", with(person("Tim", "Berger", "1984-05-03"), "membership", "number", "M-1"), external("7"))
	bookings.say("bell@example.org", nil, external("7")) // an address that the record knew before
	tim := w.join("tim@example.org")
	w.accept(tim, id, nil)
	w.later(time.Hour)
	bookings.say("", with(person("", "", "1999-09-09"), "membership", "number", "M-99999"), external("7"))
	if f := field(w.held(id), "identity", "birth_date"); f.Current.Text != "1984-05-03" || !f.Rival {
		t.Fatalf("the birth date is %q, rival %v: not only a proposal", f.Current.Text, f.Rival)
	}
	visit := w.provedVisit("bell@example.org")
	w.ok(w.Disputes.DisputeByVisit(w.ctx(), visit, id, party.DisputeMine, sealedtest.Seal("M-99999")))
	d := must(w.DB.Disputes().DisputesOn(w.ctx(), id))(w)
	if len(d) != 1 || len(d[0].Shown) != 0 {
		t.Errorf("the number counts for Bell: %+v", d)
	}
}

// provedVisit proves an address on the page about notices.
func (w *world) provedVisit(address string) [32]byte {
	w.Helper()
	w.mails()
	flow := newToken()
	c := must(w.Notices.Ask(w.ctx(), account.Asking{Address: w.address(address), Language: "en", Flow: flow, Client: "192.0.2.1"}))(w)
	visit := [32]byte(newToken())
	w.ok(w.Notices.Prove(w.ctx(), c, sealedtest.Seal(w.codeIn(w.mailTo(address, mail.KindCode))), flow, visit))
	return visit
}

// Proves PTY-A30.
func TestGuessingMembershipNumbersIsLimitedAndUselessWithoutTheAddress(t *testing.T) {
	w := newWorld(t)
	id, _ := w.connect("City Bookings").say("alice@example.org", full())
	mallory := w.join("mallory@example.org")
	_, _, err := w.Records.ShowEvidence(w.ctx(), mallory, id, party.MembershipNumber, sealedtest.Seal("M-20417"))
	w.refused(err, "claim.none")
	_, err = w.Records.ShowFacts(w.ctx(), mallory, id, truth)
	w.refused(err, "claim.none")
	oscar := w.join("alice@example.org")
	w.offer(oscar, id)
	for range party.DefaultRules.MaxTries {
		if right, _, err := w.Records.ShowEvidence(w.ctx(), oscar, id, party.MembershipNumber, sealedtest.Seal("M-1")); err != nil || right {
			t.Fatalf("a guess: %v (%v)", right, err)
		}
	}
	_, _, err = w.Records.ShowEvidence(w.ctx(), oscar, id, party.MembershipNumber, sealedtest.Seal("M-20417"))
	w.refused(err, "evidence.locked")
}
