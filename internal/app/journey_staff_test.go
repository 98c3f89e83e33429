package app_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	webparty "github.com/habeas-data/habeas/internal/web/party"
)

// staffBrowser signs a browser in as staff: a passkey sign-in in the table, the role
// in the grants.
func (w *world) staffBrowser(address string) *browser {
	w.Helper()
	b := w.browser().join(address)
	w.employ(address, habeas.RoleStaff)
	return b.withKey()
}

// withKey makes this browser's sign-in one by passkey. A code opens no role. What WebAuthn
// proves is proved in its own tests: here the sign-in that the cookie names is exchanged.
func (b *browser) withKey() *browser {
	b.Helper()
	w := b.world
	r, err := http.NewRequestWithContext(w.ctx(), http.MethodGet, "/", nil)
	w.ok(err)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	sign, ok := cookiesOf(w).SignIn(r)
	if !ok {
		w.Fatal("the browser carries no sign-in")
	}
	standing, _, err := w.DB.Accounts().Standing(w.ctx(), account.Token(sign))
	w.ok(err)
	s := standing.SignIn
	s.Proof, s.ExpiresAt = habeas.ProofPasskey, w.clock.Now().Add(account.PasskeyLife)
	w.ok(w.DB.Ops().EndSignIn(w.ctx(), s.Hash))
	w.ok(w.DB.Ops().StartSignIn(w.ctx(), s))
	return b
}

// Proves PTY-5.
func TestStaffAddAPersonInOneForm(t *testing.T) {
	w := newWorld(t)
	b := w.staffBrowser("nora@example.org")
	form := b.get("/staff/add").text
	for _, control := range []string{`name="email"`, `name="email2"`, `name="stub"`, `name="identity.given_name"`, "/staff/check-address"} {
		if !strings.Contains(form, control) {
			t.Errorf("the form lacks %s", control)
		}
	}
	add := func(fields ...string) page { return b.send(http.MethodPost, "/staff/add", formOf(fields...)) }
	p := add("kind", "person", "email", "tim@example.org", "email2", "tom@example.org", "identity.given_name", "Tim")
	if p.status != http.StatusBadRequest || !strings.Contains(p.text, "The two addresses are not the same") || !strings.Contains(p.text, `value="Tim"`) {
		t.Errorf("two different addresses: %d, and the rest of the form is not kept", p.status)
	}
	p = add("kind", "person", "email", "tim@gmial.com", "email2", "tim@gmial.com", "identity.given_name", "Tim")
	if p.status != http.StatusBadRequest || !strings.Contains(p.text, "tim@gmail.com") {
		t.Errorf("a typing slip in the domain: %d without the right one", p.status)
	}
	p = add("kind", "person", "email", "tim@example.org", "email2", "tim@example.org", "identity.given_name", "Tim", "identity.family_name", "Berger")
	if p.status != http.StatusSeeOther || !strings.HasPrefix(p.header.Get("Location"), "/staff/people/pty_") {
		t.Fatalf("a good form: %d %s", p.status, p.text)
	}
	p = b.send(http.MethodPost, "/staff/like", formOf("kind", "person", "identity.given_name", "TIM", "identity.family_name", "berger"))
	if p.status != http.StatusOK || !strings.Contains(p.text, "Tim Berger") {
		t.Errorf("while typing the name again: %d %s", p.status, p.text)
	}
	p = add("kind", "person", "identity.given_name", "Tim", "identity.family_name", "Berger")
	if p.status != http.StatusBadRequest || !strings.Contains(p.text, "Tim Berger") || w.count() != 1 {
		t.Errorf("a possible duplicate: %d, %d records", p.status, w.count())
	}
	if p = add("kind", "person", "identity.given_name", "Tim", "identity.family_name", "Berger", "separate", "on"); p.status != http.StatusSeeOther || w.count() != 2 {
		t.Errorf("“somebody else”: %d, %d records", p.status, w.count())
	}
	reply := b.send(http.MethodPost, "/staff/check-address", nil, func(r *http.Request) {
		r.Body, r.ContentLength = http.NoBody, 0
		body := strings.NewReader(`{"value":"tim@gmial.com"}`)
		r.Body, r.ContentLength = readCloser{body}, int64(body.Len())
		r.Header.Set("Content-Type", "application/json")
	})
	if reply.status != http.StatusOK || !strings.Contains(reply.text, "tim@gmail.com") {
		t.Errorf("while typing the address: %d %s", reply.status, reply.text)
	}
}

// Proves PTY-5.
func TestAStubHoldsAnAddressOnlyAndStaffAreToldWhenItWasConfirmed(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	in := party.Assertion{Stub: true}
	_, _, err := w.Records.Enter(w.ctx(), nora, in, true)
	w.refused(err, "party.empty")
	in.Email, in.HasEmail = w.address("new@example.org"), true
	w.mails()
	id, created, err := w.Records.Enter(w.ctx(), nora, in, true)
	w.ok(err)
	if rec := w.held(id); !created || !rec.Party.Stub || rec.Text("contact", "email") != "new@example.org" || len(rec.Sets) != 1 {
		t.Fatalf("a stub: %+v", rec)
	}
	invitation := w.mailTo("new@example.org", mail.KindInvitation)
	at := strings.Index(invitation.Text, "/code?c=")
	link := strings.Fields(invitation.Text[at:])[0]

	b := w.browser() // another device: an invitation needs no earlier visit
	b.get(link)
	b.post("/code", "c", strings.TrimPrefix(link, "/code?c="), "code", w.codeIn(invitation))
	b.get("/me/offers/" + id.String())
	b.post("/me/offers/"+id.String()+"/accept", "version", "1", "contact.email", "new@example.org", "contact.language", "")
	told := w.mailTo("nora@example.org", mail.KindStubConfirmed)
	if !strings.Contains(told.Text, "/staff/people/"+id.String()) {
		t.Error("the mail to staff does not lead to the record")
	}
	if w.held(id).Party.Stub {
		t.Error("it is still a stub")
	}
	if p := b.get("/me/records/" + id.String()); !strings.Contains(p.text, "/edit/identity?from=missing#f-identity.given_name") {
		t.Error("the person is not asked to complete the rest")
	}
}

// Proves PTY-6.
func TestATutorsPublicProfileShowsAtOnceAndIsCompletedByTheTutor(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	v := with(with(with(person("Clara", "Stein", "1971-09-09"), "profile", "headline", "Piano teacher"), "phone", "number", "+49 30 901820"), "address", "street", "Ringstraße 12")
	id := w.enter(nora, "clara@example.org", v)

	visitor := w.browser()
	shown := visitor.get("/people/" + w.Profiles.Ref(id).String()).text
	if !strings.Contains(shown, "Piano teacher") || !strings.Contains(shown, "Clara Stein") {
		t.Error("the profile does not show at once")
	}
	for _, private := range []string{"901820", "Ringstr", "1971", "clara@example.org"} {
		if strings.Contains(shown, private) {
			t.Errorf("the public page shows %q", private)
		}
	}
	profile := must(w.Profiles.Look(w.ctx(), w.Profiles.Ref(id)))(w)
	if len(profile.Sets) != 1 || profile.Sets[0].Schema.Name != "profile" || profile.Attached != nil {
		t.Errorf("a profile holds %+v", profile.Sets)
	}
	plain := w.enter(nora, "tim@example.org", person("Tim", "Berger", ""))
	if p := visitor.send(http.MethodGet, "/people/"+w.Profiles.Ref(plain).String(), nil); p.status != http.StatusNotFound {
		t.Errorf("somebody without a public profile: %d", p.status)
	}

	w.mails()
	w.ok(w.Records.Invite(w.ctx(), nora, id))
	invitation := w.mailTo("clara@example.org", mail.KindInvitation)
	link := strings.Fields(invitation.Text[strings.Index(invitation.Text, "/code?c="):])[0]
	b := w.browser()
	b.post("/code", "c", strings.TrimPrefix(link, "/code?c="), "code", w.codeIn(invitation))
	w.accept(w.who(b), id, nil)
	own := b.get("/me/records/" + id.String()).text
	for _, missing := range []string{"#f-profile.about", "#f-profile.subjects"} {
		if !strings.Contains(own, missing) {
			t.Errorf("the completion list lacks %s", missing)
		}
	}
	if strings.Contains(own, "#f-profile.headline") {
		t.Error("what is there is asked for again")
	}
	version := w.held(id).Party.Version
	b.post("/me/records/"+id.String()+"/edit/profile", "version", itoa(version), "profile.headline", "Piano teacher", "profile.about", "I teach children.", "profile.subjects", "Piano")
	if p := visitor.get("/people/" + w.Profiles.Ref(id).String()).text; !strings.Contains(p, "I teach children.") {
		t.Error("what the tutor completed does not show")
	}
}

func TestAnInvitationGoesOnlyWhereARecordCanBeClaimed(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	none, _ := bookings.say("", person("Tim", "", ""), external("1"))
	w.refused(w.Records.Invite(w.ctx(), nora, none), "party.no-address")
	shared, _ := bookings.say("info@example.org", person("Ada", "", ""))
	w.refused(w.Records.Invite(w.ctx(), nora, shared), "party.waiting")
	mine, _ := bookings.say("eva@example.org", nil)
	w.accept(w.join("eva@example.org"), mine, nil)
	w.refused(w.Records.Invite(w.ctx(), nora, mine), "party.claimed")

	// Entering somebody who is known stands, invitation or not.
	id, created, err := w.Records.Enter(w.ctx(), nora, party.Assertion{Email: w.address("eva@example.org"), HasEmail: true, Values: party.Values{"organisation": {"city": "Graz"}}}, true)
	if err != nil || created || id != mine {
		t.Errorf("entering a claimed person: %v, created %v (%v)", id, created, err)
	}
}

func TestStaffAddTheirWordButWithdrawNothing(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	id, _ := bookings.say("tim@example.org", with(person("Tim", "Berger", ""), "organisation", "city", "Bonn"))
	w.later(time.Hour)
	w.ok(w.Records.Amend(w.ctx(), nora, id, party.Values{"identity": {"given_name": "", "family_name": "Bergmann"}, "contact": {"email": "oscar@example.org"}}))
	rec := w.held(id)
	if rec.Text("identity", "given_name") != "Tim" || rec.Text("identity", "family_name") != "Bergmann" || rec.Text("contact", "email") != "tim@example.org" {
		t.Errorf("after staff's word: %q %q %q", rec.Text("identity", "given_name"), rec.Text("identity", "family_name"), rec.Text("contact", "email"))
	}
	version := rec.Party.Version
	w.ok(w.Records.Amend(w.ctx(), nora, id, party.Values{"identity": {"given_name": ""}}))
	if w.held(id).Party.Version != version {
		t.Error("nothing said changed the record")
	}
	err := w.Records.Amend(w.ctx(), nora, id, party.Values{"identity": {"birth_date": "soon"}})
	if habeas.KindOf(err) != habeas.KindInvalid {
		t.Errorf("a bad date: %v", err)
	}
}

func TestStaffFindPeopleAndCountThem(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	tim, _ := bookings.say("tim@example.org", person("Tim", "Berger", ""))
	bookings.say("info@example.org", person("Ada", "Poe", ""))
	found, ready, err := w.Records.Find(w.ctx(), nora, "berg", 10)
	if err != nil || !ready || len(found) != 1 || found[0].Party.ID != tim {
		t.Errorf("found %+v (%v)", found, err)
	}
	if newest, _, err := w.Records.Find(w.ctx(), nora, " ", 1); err != nil || len(newest) != 1 || newest[0].Name() != "Ada Poe" {
		t.Errorf("an empty query lists %+v (%v)", newest, err)
	}
	if tally := must(w.Records.Tally(w.ctx(), nora))(w); tally != (party.Tally{All: 2, Claimed: 0, Waiting: 1}) {
		t.Errorf("%+v", tally)
	}
}

// staffOnly are the methods of Records that only staff may call.
func staffOnly(w *world, a habeas.Actor, id habeas.PartyID) map[string]error {
	r, ctx := w.Records, w.ctx()
	out := map[string]error{}
	_, out["Sight"] = r.Sight(ctx, a)
	_, out["Tally"] = r.Tally(ctx, a)
	_, _, out["Find"] = r.Find(ctx, a, "berger", 5)
	_, out["Open"] = r.Open(ctx, a, id)
	_, out["Like"] = r.Like(ctx, a, person("Tim", "Berger", ""))
	_, _, out["Enter"] = r.Enter(ctx, a, party.Assertion{Values: person("Eva", "", "")}, false)
	out["Amend"] = r.Amend(ctx, a, id, person("Eva", "", ""))
	out["ChangeAddress"] = r.ChangeAddress(ctx, a, id, w.address("x@example.org"))
	out["Invite"] = r.Invite(ctx, a, id)
	_, _, out["PaperCode"] = r.PaperCode(ctx, a, id)
	_, out["Waiting"] = r.Waiting(ctx, a, habeas.PartyID{}, 5)
	_, out["Rivals"] = r.Rivals(ctx, a, id)
	out["Decide"] = r.Decide(ctx, a, id, party.Release)
	_, _, out["Completeness"] = r.Completeness(ctx, a, party.Record{})
	out["Remind"] = r.Remind(ctx, a, id)
	out["Reconsider"] = r.Reconsider(ctx, a, id, party.ReviewConflict)
	return out
}

func TestEveryStaffMethodRefusesWhoIsNotStaffByPasskey(t *testing.T) {
	w := newWorld(t)
	id, _ := w.connect("City Bookings").say("info@example.org", person("Tim", "Berger", ""))
	tim := w.member("tim@example.org")
	byCode := w.join("nora@example.org")
	byCode.Roles, byCode.Purpose = []habeas.Role{habeas.RoleStaff, habeas.RoleAdministrator}, "Correct an error"
	before, size := w.held(id), w.verify().Leaves
	for who, a := range map[string]habeas.Actor{
		"nobody": {}, "a person": tim, "staff by a mailed code": byCode, "a system": {Kind: habeas.ActorSystem, System: habeas.SystemID{1}},
		"somebody who says so": {Kind: habeas.ActorStaff, Account: tim.Account, Proof: habeas.ProofPasskey, Purpose: "Correct an error"},
	} {
		for name, err := range staffOnly(w, a, id) {
			if habeas.KindOf(err) != habeas.KindForbidden {
				t.Errorf("%s calls %s: %v", who, name, err)
			}
		}
	}
	if !reflect.DeepEqual(w.held(id), before) || w.verify().Leaves != size {
		t.Error("something was written")
	}
	for name, err := range staffOnly(w, w.staff("vera@example.org"), id) {
		if err != nil && habeas.KindOf(err) == habeas.KindForbidden {
			t.Errorf("staff are refused at %s: %v", name, err)
		}
	}
	covered := len(staffOnly(w, tim, id)) + len(personal(w, tim, id)) + len([]string{"Schemas", "SourceName", "Offers", "Mine", "Copy", "AskErase", "EraseMeByCode", "Activity", "Line", "Receipt", "Prove", "Certificate", "Completion", "SealQuery", "OpenQuery"})
	if all := reflect.TypeFor[webparty.Records]().NumMethod(); covered != all {
		t.Errorf("%d of the %d methods of Records are looked at: add the new ones", covered, all)
	}
}

func TestStaffReadWithAReasonThatThePersonSees(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	id, _ := bookings.say("tim@example.org", person("Tim", "Berger", ""))
	tim := w.join("tim@example.org")
	w.accept(tim, id, nil)
	silent := nora
	silent.Purpose = ""
	_, err := w.Records.Open(w.ctx(), silent, id)
	w.refused(err, "purpose.missing")
	must(w.Records.Open(w.ctx(), nora, id))(w)
	l := w.look(tim, audit.PartyRead)
	if l.ActorName != "Nora Quill" || l.Actor.Purpose != "Correct an error" || l.Actor.Kind != habeas.ActorStaff || l.Party != id || l.Mine {
		t.Errorf("Tim sees %+v", l)
	}
	reads := 0
	for _, l := range w.activity(tim) {
		if l.Event == audit.PartyRead {
			reads++
		}
	}
	if reads != 1 {
		t.Errorf("%d reads, want the one with a reason", reads)
	}
}
