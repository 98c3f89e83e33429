package app_test

import (
	"net/url"
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
	"github.com/habeas-data/habeas/sealed"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// wrongClaim is a record of Alice's that Oscar has claimed, because the address was
// mistyped, and to which he has said something. Alice's right address was known before.
func wrongClaim(w *world) (id habeas.PartyID, oscar habeas.Actor) {
	w.Helper()
	bookings := w.connect("City Bookings")
	id, _ = bookings.say("alice@example.org", with(full(), "contact", "language", "es"), external("1"), ticket("B-1", "A tour"))
	w.later(time.Hour)
	bookings.say("oscar@example.org", nil, external("1"))
	w.later(time.Hour)
	oscar = w.join("oscar@example.org")
	w.accept(oscar, id, with(person("", "", ""), "organisation", "city", "Graz"))
	w.later(time.Hour)
	w.ok(w.Records.Correct(w.ctx(), oscar, id, w.held(id).Party.Version, party.Values{"phone": {"number": "+44 20 7946 0000"}}))
	w.later(time.Hour)
	return id, oscar
}

// Proves PTY-14, PTY-A9.
func TestAliceDisputesOscarsClaimAndItIsUndone(t *testing.T) {
	w := newWorld(t)
	nora := w.desk("nora@example.org", "en")
	id, oscar := wrongClaim(w)
	told := w.mailed(secrets...)
	if m, ok := told["claimed-known alice@example.org"]; !ok || m.Language != "es" || !strings.Contains(m.Text, "/dispute?t=") {
		t.Fatalf("Alice's address was not told of the claim: %v", told)
	}

	// She proves her address, and the record freezes.
	signed := w.browser().join("oscar@example.org")
	visit := w.provedVisit("alice@example.org")
	w.ok(w.Disputes.DisputeByVisit(w.ctx(), visit, id, party.DisputeMine, sealedtest.Seal("m 20417")))
	w.later(time.Minute)
	if p := w.held(id).Party; p.State != party.Frozen || p.Account != oscar.Account {
		t.Fatalf("not frozen: %+v", p)
	}
	w.refused(w.Records.Correct(w.ctx(), oscar, id, w.held(id).Party.Version, person("Oscar", "", "")), "party.frozen")
	_, err := w.Records.Erase(w.ctx(), oscar, id)
	w.refused(err, "party.frozen")
	_, err = w.Records.EraseMe(w.ctx(), oscar)
	w.refused(err, "party.frozen")
	w.refused(w.Records.Amend(w.ctx(), nora, id, person("Alicia", "", "")), "party.frozen")
	_, _, err = w.Records.ShowEvidence(w.ctx(), oscar, id, party.MembershipNumber, sealedtest.Seal("M-20417"))
	w.refused(err, "party.frozen")
	if page := signed.get("/me/records/" + id.String()).text; !strings.Contains(page, "7946") || strings.Contains(page, "Bonn") || strings.Contains(page, "alice@") {
		t.Error("the frozen record shows Oscar more than his own word, or less")
	}
	told = w.mailed(secrets...)
	for _, want := range []string{"disputed nora@example.org", "frozen oscar@example.org", "dispute-received alice@example.org"} {
		if _, ok := told[want]; !ok {
			t.Errorf("nobody mailed %s", want)
		}
	}

	// Staff decide.
	d := must2d(w, nora, id)
	f := must(w.Disputes.File(w.ctx(), nora, d.ID))(w)
	if len(f.Words) != 2 || !slices.Contains(d.Shown, party.MembershipNumber) || len(f.Claims) != 1 || f.Claims[0].Risk.P < 0.05 {
		t.Errorf("the file: %d words, shown %v, claims %+v", len(f.Words), d.Shown, f.Claims)
	}
	w.ok(w.Disputes.UndoClaim(w.ctx(), nora, d.ID))
	w.later(time.Minute)
	told = w.mailed(append(secrets, "7946", "Graz")...)
	for _, want := range []string{"dispute-undone oscar@example.org", "dispute-granted alice@example.org"} {
		if _, ok := told[want]; !ok {
			t.Errorf("nobody mailed %s: %v", want, told)
		}
	}

	// Oscar has nothing left of it, at once and for ever.
	if p := signed.send("GET", "/me", nil); p.status != 303 {
		t.Errorf("his browser is still signed in: %d", p.status)
	}
	_, err = w.Records.My(w.ctx(), oscar, id)
	w.refused(err, "party.not-yours")
	if got := w.offers(oscar); len(got) != 0 {
		t.Errorf("offered again: %+v", got)
	}
	_, err = w.Records.Offer(w.ctx(), oscar, id)
	w.refused(err, "claim.none")
	w.refused(w.Records.Accept(w.ctx(), oscar, id, w.held(id).Party.Version, nil), "claim.none")
	w.look(oscar, audit.ClaimUndone)
	rec := w.held(id)
	if rec.Party.State != party.Unclaimed || rec.Text("phone", "number") != "+49 228 555123" || rec.Text("organisation", "city") != "" {
		t.Errorf("the record now: %+v, phone %q, city %q", rec.Party, rec.Text("phone", "number"), rec.Text("organisation", "city"))
	}
	for _, a := range w.Finder.Find("Graz", 5) {
		if a.ID == id {
			t.Error("it is still found by what Oscar said")
		}
	}

	// Staff take over what is right all the same, and Alice claims what is hers.
	w.refused(w.Disputes.AdoptWords(w.ctx(), nora, d.ID, []string{"contact.email", "identity.given_name", "x"}), "form.choice")
	w.ok(w.Disputes.AdoptWords(w.ctx(), nora, d.ID, []string{"organisation.city"}))
	if got := field(w.held(id), "organisation", "city"); got.Current.Text != "Graz" || got.Current.Source.Kind != party.FromStaff {
		t.Errorf("taken over: %+v", got.Current)
	}
	alice := w.join("alice@example.org")
	w.accept(alice, id, nil)
	if p := w.held(id).Party; p.Account != alice.Account {
		t.Fatalf("Alice cannot claim it: %+v", p)
	}
	taken := must(w.Records.Copy(w.ctx(), alice))(w)
	if strings.Contains(string(taken.JSON)+string(taken.HTML), "7946") {
		t.Error("Alice's copy holds what Oscar said about himself")
	}
	for _, l := range w.activity(alice) {
		if strings.Contains(l.ActorName, "Oscar") {
			t.Error("her activity names Oscar")
		}
	}
	w.refused(w.Disputes.ReopenDispute(w.ctx(), nora, d.ID), "dispute.claimed")
	w.verify()
}

// must2d is the newest dispute about a record.
func must2d(w *world, nora habeas.Actor, id habeas.PartyID) party.Dispute {
	w.Helper()
	all := must(w.Disputes.DisputesOn(w.ctx(), nora, id))(w)
	if len(all) == 0 {
		w.Fatal("no dispute")
	}
	return all[0]
}

// Proves PTY-14.
func TestUndoingAClaimCanBeUndone(t *testing.T) {
	w := newWorld(t)
	nora := w.desk("nora@example.org", "en")
	id, oscar := wrongClaim(w)
	before := w.held(id)
	made := must(w.Disputes.DisputeByStaff(w.ctx(), nora, id, party.DisputeOther, "A caller said so."))(w)
	w.ok(w.Disputes.UndoClaim(w.ctx(), nora, made.ID))
	w.refused(w.Disputes.UndoClaim(w.ctx(), nora, made.ID), "dispute.done")
	w.ok(w.Disputes.ReopenDispute(w.ctx(), nora, made.ID))
	w.refused(w.Disputes.ReopenDispute(w.ctx(), nora, made.ID), "dispute.waits")
	if p := w.held(id).Party; p.State != party.Frozen || p.Account != oscar.Account {
		t.Fatalf("after that: %+v", p)
	}
	w.ok(w.Disputes.KeepClaim(w.ctx(), nora, made.ID))
	after := w.held(id)
	if after.Party.State != party.Claimed || after.Party.Account != oscar.Account || !after.Party.ClaimedAt.Equal(before.Party.ClaimedAt) {
		t.Fatalf("before %+v, after %+v", before.Party, after.Party)
	}
	for _, f := range [][2]string{{"phone", "number"}, {"organisation", "city"}, {"identity", "family_name"}} {
		if a, b := before.Text(f[0], f[1]), after.Text(f[0], f[1]); a != b {
			t.Errorf("%s was %q, is %q", f[1], a, b)
		}
	}
	if got := must(w.DB.Disputes().FindDispute(w.ctx(), made.ID))(w); got.Note != "A caller said so." || got.State != party.DisputeKept || len(got.Shut) != 0 {
		t.Errorf("the dispute: %+v", got)
	}
	hash := w.Keys.Lookup(party.LookupEmail, w.address("oscar@example.org").Key())
	if must(w.DB.Records().Blocked(w.ctx(), hash, id))(w) {
		t.Error("his address is still blocked")
	}
	if again, _ := w.connect("City Two").say("oscar@example.org", person("Alice", "Berger", "")); again != id {
		t.Error("what is said at his address leads elsewhere")
	}
	oscar = w.join("oscar@example.org")
	if got := w.my(oscar, id); got.Text("phone", "number") != "+44 20 7946 0000" {
		t.Errorf("his record says %q", got.Text("phone", "number"))
	}
	w.verify()
}

var disputeLink = regexp.MustCompile(`https://records\.example\.org(/dispute\?t=\S+)`)

// Proves PTY-14, PTY-A19, PTY-A22, PTY-A24.
func TestTheLinkInTheMailDisputesTheClaimOnce(t *testing.T) {
	w := newWorld(t)
	nora := w.desk("nora@example.org", "en")
	id, _ := w.connect("City Bookings").say("tim@example.org", person("Tim", "Berger", ""))
	tim := w.join("tim@example.org")
	w.accept(tim, id, nil)
	m := w.mailTo("tim@example.org", mail.KindClaimed)
	link := disputeLink.FindStringSubmatch(m.Text)
	if link == nil {
		t.Fatalf("no link in the mail:\n%s", m.Text)
	}
	signed := w.browser().join("tim@example.org")
	b := w.browser()
	for range 3 { // a scanner
		if p := b.get(link[1]); !strings.Contains(p.text, "Freeze the record") || strings.Contains(p.text, "Berger") {
			t.Fatal("the page offers nothing, or tells whose record it is")
		}
		b.send("HEAD", link[1], nil)
	}
	token := must(url.Parse(link[1]))(w).Query().Get("t")
	if p := b.send("POST", "/dispute", formOf("t", token)); p.status != 400 { // and one that submits forms
		t.Errorf("without a reason: %d", p.status)
	}
	if w.held(id).Party.State != party.Claimed {
		t.Fatal("looking froze it")
	}
	if to := b.post("/dispute", "t", token, "reason", "not-me"); !strings.Contains(b.get(to).text, "The record is frozen") {
		t.Error("it does not say what was done")
	}
	if p := signed.send("GET", "/me", nil); p.status != 303 {
		t.Error("who says that it was not them is still signed in elsewhere")
	}
	if p := b.get(link[1]); !strings.Contains(p.text, "frozen already") {
		t.Error("the link does not say that it is frozen")
	}
	w.ok(w.Disputes.KeepClaim(w.ctx(), nora, must2d(w, nora, id).ID))
	if p := b.send("POST", "/dispute", formOf("t", token, "reason", "not-me")); p.status == 303 {
		t.Error("who was answered freezes it again")
	}
	w.later(party.DefaultRules.LinkLife)
	other := w.browser()
	over, never := other.send("GET", link[1], nil), other.send("GET", "/dispute?t=nothing", nil)
	if over.status != never.status || over.status != 404 {
		t.Errorf("over %d, never given %d", over.status, never.status)
	}
	for _, l := range w.dump() {
		if strings.Contains(l, token) {
			t.Error("a row holds the token")
		}
	}
}

// dump is every text cell of the store.
func (w *world) dump() (out []string) {
	w.Helper()
	s := must(sqlstore.OpenSnapshot(w.ctx(), sqlstore.Config{Dir: w.dir, DSN: w.dsn}))(w)
	defer s.Close()
	w.ok(s.EachSealed(w.ctx(), func(v sqlstore.Sealed) error {
		out = append(out, v.Place, string(v.Value))
		return nil
	}))
	return out
}

// Proves PTY-14.
func TestOnlyAnAddressThatTheRecordKnewBeforeCanDispute(t *testing.T) {
	w := newWorld(t)
	nora := w.desk("nora@example.org", "en")
	bookings := w.connect("City Bookings")
	id, _ := bookings.say("tim@example.org", person("Tim", "Berger", ""), external("7"))
	tim := w.join("tim@example.org")
	w.accept(tim, id, nil)
	w.later(time.Hour)
	bookings.say("late@example.org", nil, external("7"))
	late, stranger := w.provedVisit("late@example.org"), w.provedVisit("stranger@example.org")
	w.refused(w.Disputes.DisputeByVisit(w.ctx(), stranger, id, party.DisputeMine, sealed.Value{}), "notice.none")
	if err := w.Disputes.DisputeByVisit(w.ctx(), late, id, party.DisputeMine, sealed.Value{}); err == nil {
		t.Error("an address that came after the claim disputes it")
	}
	ida := w.join("ida@example.org")
	w.offers(ida)
	_, err := w.Disputes.DisputeByStaff(w.ctx(), nora, w.mine(ida)[0].Party.ID, party.DisputeOther, "")
	w.refused(err, "dispute.own")
	_, err = w.Disputes.DisputeByStaff(w.ctx(), tim, id, party.DisputeOther, "")
	w.refused(err, "role.missing")
	if w.held(id).Party.State != party.Claimed {
		t.Error("it was frozen")
	}
}

// Proves PTY-23.
func TestStaffLinkRecordAndAccountAfterACheckInPerson(t *testing.T) {
	w := newWorld(t)
	nora := w.desk("nora@example.org", "en")
	id, _ := w.connect("City Bookings").say("info@club.example", full()) // a mailbox that several people read
	alice := w.joinIn("alice@example.org", "es")
	w.mails()
	at := w.address("alice@example.org")
	w.refused(w.Disputes.LinkPerson(w.ctx(), nora, id, w.address("nobody@example.org"), party.DocumentPassport), "check.account")
	w.refused(w.Disputes.LinkPerson(w.ctx(), nora, id, at, "L01X00T47"), "form.choice")
	w.refused(w.Disputes.LinkPerson(w.ctx(), alice, id, at, party.DocumentPassport), "role.missing")
	w.refused(w.Disputes.LinkPerson(w.ctx(), nora, id, w.address("nora@example.org"), party.DocumentPassport), "check.self")
	w.ok(w.Disputes.LinkPerson(w.ctx(), nora, id, at, party.DocumentPassport))
	w.later(time.Minute)
	told := w.mailed(secrets...)
	if m, ok := told["linked alice@example.org"]; !ok || m.Language != "es" || !disputeLink.MatchString(m.Text) {
		t.Errorf("the claimant was not told: %v", told)
	}
	rec := w.my(alice, id)
	if rec.Party.State != party.Claimed || rec.Text("phone", "number") != "+49 228 555123" || field(rec, "identity", "birth_date").Masked {
		t.Fatalf("linked: %+v", rec.Party)
	}
	checks := must(w.DB.Disputes().ChecksOn(w.ctx(), id))(w)
	if len(checks) != 1 || checks[0].By != nora.Account || checks[0].Account != alice.Account || checks[0].Document != party.DocumentPassport || checks[0].At.IsZero() {
		t.Errorf("what is kept of it: %+v", checks)
	}
	if l := w.look(alice, audit.PersonChecked); l.Detail["document"] != "passport" || l.Actor.Account != nora.Account {
		t.Errorf("the activity says %+v", l)
	}
	assessed := must(w.Disputes.Assess(w.ctx(), nora, id))(w)
	if len(assessed) != 1 || assessed[0].Check == nil || assessed[0].Risk.P > 0.05 {
		t.Errorf("the claim: %+v", assessed)
	}
	w.join("oscar@example.org")
	w.refused(w.Disputes.LinkPerson(w.ctx(), nora, id, w.address("oscar@example.org"), party.DocumentPassport), "check.claimed")
	w.verify()
}

func TestADisputedRecordIsErasedWithEverythingAboutTheDispute(t *testing.T) {
	w := newWorld(t)
	nora := w.desk("nora@example.org", "en")
	id, oscar := wrongClaim(w)
	made := must(w.Disputes.DisputeByStaff(w.ctx(), nora, id, party.DisputeMistyped, "By letter."))(w)
	w.ok(w.Disputes.KeepClaim(w.ctx(), nora, made.ID))
	_, err := w.Records.Erase(w.ctx(), oscar, id)
	w.ok(err)
	if _, err := w.DB.Disputes().FindDispute(w.ctx(), made.ID); habeas.KindOf(err) != habeas.KindNotFound {
		t.Errorf("the dispute outlived the record: %v", err)
	}
	s := must(sqlstore.OpenSnapshot(w.ctx(), sqlstore.Config{Dir: w.dir, DSN: w.dsn}))(w)
	defer s.Close()
	if dangling := must(s.DanglingRows(w.ctx()))(w); len(dangling) != 0 {
		t.Errorf("rows point at nothing: %v", dangling)
	}
	w.verify()
}

// Proves PTY-14.
func TestAnUndoneClaimTakesConsentsAndRequestsWithIt(t *testing.T) {
	w := newWorld(t)
	nora := w.desk("nora@example.org", "en")
	id, oscar := wrongClaim(w)
	w.ok(w.DB.InTx(w.ctx(), func(tx *sqlstore.Tx) error {
		c := account.Consent{Account: oscar.Account, Kind: account.ConsentProfile, About: habeas.SubjectOf(id), Words: 1, Given: true, At: w.clock.Now()}
		return tx.Consents().SetConsent(c, audit.Entry{
			ID: habeas.NewID[habeas.EventKind](w.clock.Now()), Event: audit.ConsentGiven, Subject: habeas.SubjectOf(id), Actor: oscar, At: w.clock.Now(),
		})
	}))
	must(w.Notices.RequestForMine(w.ctx(), oscar, id, party.AskObject))(w)
	if p := w.held(id).Party; p.Restraint != party.Objected {
		t.Fatalf("he objected: %+v", p)
	}
	w.mails()
	w.ok(w.Records.Invite(w.ctx(), nora, w.enter(nora, "oscar.old@example.org", person("Oscar", "Wild", ""))))
	made := must(w.Disputes.DisputeByStaff(w.ctx(), nora, id, party.DisputeMine, ""))(w)
	w.ok(w.Disputes.UndoClaim(w.ctx(), nora, made.ID))
	if p := w.held(id).Party; p.Restraint != party.RestraintNone {
		t.Errorf("the record is still not to be used: %+v", p)
	}
	if c, found := must2of(w.DB.Consents().ConsentTo(w.ctx(), account.ConsentProfile, habeas.SubjectOf(id)))(w); !found || c.Given {
		t.Errorf("his consent stands: %+v", c)
	}
	all := must(w.DB.Notices().Requests(w.ctx(), id))(w)
	all = slices.DeleteFunc(all, func(q party.Request) bool { return q.Kind == party.AskRectify }) // that he corrected it stays true
	if len(all) != 1 || all[0].State != party.RequestWithdrawn {
		t.Errorf("his request stands: %+v", all)
	}
	w.verify()
}

// must2of is must for what may be there.
func must2of[T any](v T, found bool, err error) func(testing.TB) (T, bool) {
	return func(t testing.TB) (T, bool) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v, found
	}
}

func TestStaffSeeTheRiskOfAClaimThatWaits(t *testing.T) {
	w := newWorld(t)
	nora := w.desk("nora@example.org", "en")
	bookings := w.connect("City Bookings")
	one, _ := bookings.say("bergers@example.org", person("Anna", "Berger", "1950-01-02"))
	oscar := w.join("bergers@example.org")
	w.ok(w.Accounts.SetName(w.ctx(), oscar, "Oscar Wild"))
	w.offer(oscar, one)
	for range party.DefaultRules.MaxTries {
		_, _, err := w.Records.ShowEvidence(w.ctx(), oscar, one, party.MembershipNumber, sealedtest.Seal("M-1"))
		w.ok(err)
	}
	got := must(w.Disputes.Assess(w.ctx(), nora, one))(w)
	if len(got) != 1 || got[0].Risk.P < 0.5 {
		t.Fatalf("another name and five wrong tries: %+v", got)
	}
	for _, code := range []string{party.RiskOtherName, party.RiskTries, party.RiskFresh} {
		if !slices.ContainsFunc(got[0].Risk.Reasons, func(r party.RiskReason) bool { return r.Code == code }) {
			t.Errorf("no reason %s in %v", code, got[0].Risk.Reasons)
		}
	}
	_, err := w.Disputes.Assess(w.ctx(), oscar, one)
	w.refused(err, "role.missing")
}
