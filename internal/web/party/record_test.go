package party

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// recordPages is the pages about records, behind the guard, with somebody signed in.
type recordPages struct {
	*testing.T
	records *memoryRecords
	handler http.Handler
	cookies map[string]string
	clock   *habeas.ManualClock
	header  http.Header // sent with every request
	last    string      // where the last answer led to
}

var (
	tim      = habeas.AccountID{15: 1}
	nora     = habeas.AccountID{15: 2}
	asPerson = habeas.Actor{Kind: habeas.ActorPerson, Account: tim, Proof: habeas.ProofCode}
	asStaff  = habeas.Actor{Kind: habeas.ActorStaff, Account: nora, Proof: habeas.ProofPasskey, Roles: []habeas.Role{habeas.RoleStaff}}
	bookings = party.Source{Kind: party.FromSystem, System: habeas.SystemID{15: 3}}
)

// readBy answers for every sign-in.
type readBy struct{ actor habeas.Actor }

func (b readBy) Who(context.Context, edge.TokenHash) (habeas.Actor, string, error) {
	return b.actor, "Nora Quill", nil
}

// noPairs is a server on which no two records are alike.
type noPairs struct{ Duplicates }

func (noPairs) Waiting(context.Context, habeas.Actor) (int, error) { return 0, nil }

// noBulks is a server on which nothing was merged together.
type noBulks struct{ Bulks }

func (noBulks) Newest(context.Context, habeas.Actor) ([]party.Bulk, error) { return nil, nil }

// noNotes is a server on which nobody wrote a note.
type noNotes struct{ Notes }

func (noNotes) NotesOn(context.Context, habeas.Actor, habeas.PartyID) ([]party.Note, error) {
	return nil, nil
}

func (noNotes) MyNotes(context.Context, habeas.Actor, habeas.PartyID) ([]party.Note, error) {
	return nil, nil
}

// plainLists are lists that nothing narrows down, of the records in memory.
type plainLists struct {
	Lists
	records *memoryRecords
}

func (l plainLists) People(ctx context.Context, a habeas.Actor, f party.Filter, _ habeas.PartyID, limit int) (party.Listing, error) {
	found, ready, err := l.records.Find(ctx, a, f.Query, limit+1)
	return party.Listing{People: found[:min(limit, len(found))], Total: len(found), Next: len(found) > limit, Ready: ready}, err
}

func (plainLists) TakesFiles(context.Context, habeas.Actor) (bool, error) { return false, nil }

// noTags is a server on which nobody has a tag.
type noTags struct{ Tags }

func (noTags) AllTags(context.Context, habeas.Actor) ([]party.Tag, error) { return nil, nil }

func (noTags) TagsOn(context.Context, habeas.Actor, habeas.PartyID) ([]party.TagOn, error) {
	return nil, nil
}

func (noTags) MyTags(context.Context, habeas.Actor, habeas.PartyID) ([]party.TagOn, error) {
	return nil, nil
}

func newRecordPages(t *testing.T, actor habeas.Actor) *recordPages {
	t.Helper()
	clock := habeas.NewManualClock(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	rd, err := ui.NewRenderer(ui.Config{Org: "North Wing Arts", Clock: clock, Nav: Nav()})
	if err != nil {
		t.Fatal(err)
	}
	origin, err := edge.ParseOrigin("https://records.example.org")
	if err != nil {
		t.Fatal(err)
	}
	d := &recordPages{T: t, records: newMemoryRecords(clock), cookies: map[string]string{}, clock: clock, header: http.Header{}}
	d.records.names[bookings] = "City Bookings"
	d.records.accounts[nora], d.records.accounts[tim] = "Nora Quill", "Tim Ferrer"
	site := &Pages{
		Base:    &ui.Base{Renderer: rd, Clock: clock, Origin: origin, Cookies: edge.Cookies{Origin: origin}, SignIns: readBy{actor}},
		Records: d.records, Invitations: noMail{}, Rights: d.records, Joins: noJoins{}, Disputes: noDisputes{}, Duplicates: noPairs{}, Bulks: noBulks{}, Notes: noNotes{}, Lists: plainLists{records: d.records}, Tags: noTags{}, Relations: nobodysKin{}, Guardians: nobodysKin{}, Letters: nobodysKin{},
		Profiles: memoryProfiles{d.records},
	}
	mux := &edge.Mux{Failures: &edge.Failures{Page: rd.Failure}}
	site.Mount(mux)
	d.handler = edge.Guard{Origin: origin, Failures: mux.Failures}.Wrap(mux)
	if !actor.Account.IsZero() {
		w := httptest.NewRecorder()
		site.Cookies.BeginSignIn(t.Context(), w, time.Hour)
		d.keep(w)
	}
	return d
}

func (d *recordPages) keep(w *httptest.ResponseRecorder) {
	for _, c := range w.Result().Cookies() {
		d.cookies[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(d.cookies, c.Name)
		}
	}
}

// ask sends one request as a browser would and returns the answer.
func (d *recordPages) ask(method, path string, form url.Values) *httptest.ResponseRecorder {
	d.Helper()
	r := httptest.NewRequest(method, "https://records.example.org"+path, strings.NewReader(form.Encode()))
	for name, values := range d.header {
		r.Header[name] = values
	}
	r.Header.Set("Accept", "text/html")
	for name, value := range d.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	d.keep(w)
	d.last = w.Header().Get("Location")
	return w
}

// want sends a request and checks its status and what stands on the page.
func (d *recordPages) want(method, path string, form url.Values, status int, texts ...string) string {
	d.Helper()
	w := d.ask(method, path, form)
	if w.Code != status {
		d.Fatalf("%s %s answered %d, want %d\n%s", method, path, w.Code, status, w.Body)
	}
	body := w.Body.String()
	for _, text := range texts {
		if !strings.Contains(body, text) {
			d.Errorf("%s %s lacks %q", method, path, text)
		}
	}
	return body
}

// found is the page that a search leads to.
func (d *recordPages) found(query string, texts ...string) string {
	d.Helper()
	d.want("POST", "/staff/find", url.Values{"q": {query}}, 303)
	return d.want("GET", d.last, nil, 200, texts...)
}

func (d *recordPages) told(want string) {
	d.Helper()
	if !slices.Contains(d.records.told, want) {
		d.Errorf("the server was asked for %q, want %q among it", d.records.told, want)
	}
}

// offered is a record that waits for Tim, with what City Bookings said.
func (d *recordPages) offered() habeas.PartyID {
	id := d.records.put(party.Party{})
	d.records.say(id, d.clock.Now().AddDate(0, -6, 0), bookings, party.Occasion{Ref: "CB-1", Title: "Guided tour"}, party.Values{
		"identity": {"given_name": "Timothy", "family_name": "Ferrer"}, "contact": {"email": "tim@example.org"},
		"membership": {"number": "M-1984-0042"},
	})
	d.records.offered = append(d.records.offered, id)
	return id
}

// own is a record of Tim's, entered by staff.
func (d *recordPages) own(values party.Values) habeas.PartyID {
	id := d.records.put(party.Party{State: party.Claimed, Account: tim, ClaimedAt: d.clock.Now().AddDate(0, -1, 0), Opened: d.records.schemas.StepUp()})
	d.records.say(id, d.clock.Now().AddDate(0, -2, 0), party.Source{Kind: party.FromStaff, Account: nora}, party.Occasion{}, values)
	return id
}

func TestAnOfferIsShownMaskedWithItsSource(t *testing.T) {
	d := newRecordPages(t, asPerson)
	id := d.offered()
	d.want("GET", "/me", nil, 200, "City Bookings holds a record about you", "1 ticket", "/me/offers/"+id.String()+"/not-me")
	body := d.want("GET", "/me/offers/"+id.String(), nil, 200, "City Bookings, ticket of 22 May 2026", "tim@example.org", "T••••", "Make this record mine")
	for _, secret := range []string{"Timothy", "M-1984-0042"} {
		if strings.Contains(body, secret) {
			t.Errorf("the masked offer shows %q", secret)
		}
	}
	if strings.Contains(body, `name="identity.given_name"`) {
		t.Error("a masked field can be typed over")
	}
}

func TestCorrectionsTravelWithTheAcceptance(t *testing.T) {
	d := newRecordPages(t, asPerson)
	id := d.offered()
	at := "/me/offers/" + id.String()
	d.want("POST", at+"/accept", url.Values{"version": {"1"}, "contact.email": {"no address"}}, 400,
		`value="no address"`, "This is not an e-mail address.", `href="#f-contact.email"`, "<details class=\"fix\" open>")
	if len(d.records.told) != 0 {
		t.Fatalf("a wrong form did something: %q", d.records.told)
	}
	d.want("POST", at+"/accept", url.Values{"version": {"7"}, "contact.email": {"tim@example.net"}}, 409,
		"This record changed while you were looking at it.", `value="tim@example.net"`, `name="version" value="1"`)
	d.want("POST", at+"/accept", url.Values{
		"version": {"1"}, "contact.email": {"tim@example.net"}, "was.contact.email": {"tim@example.org"},
		"contact.language": {"en"}, "was.contact.language": {"en"}, // not touched: not their word
	}, 303)
	d.told("accept contact.email=tim@example.net")
	if d.last != "/me/records/"+id.String() {
		t.Errorf("led to %q", d.last)
	}
	d.want("GET", d.last, nil, 200, "This record is yours now")
	d.want("GET", "/me/records/"+habeas.PartyID{15: 9}.String(), nil, 404)
}

func TestNotMeSaysWhatHappensAndNeedsAPost(t *testing.T) {
	d := newRecordPages(t, asPerson)
	at := "/me/offers/" + d.offered().String()
	d.want("GET", at+"/not-me", nil, 200, "never offered to you again", "cannot undo this by yourself")
	d.want("HEAD", at+"/not-me", nil, 200)
	if len(d.records.told) != 0 {
		t.Fatal("looking decided something")
	}
	d.want("POST", at+"/not-me", url.Values{"version": {"1"}}, 303)
	d.told("not me")
	d.want("GET", "/me", nil, 200, "Thank you for telling us")
	d.want("GET", "/me", nil, 200)
	if body := d.want("GET", "/me", nil, 200); strings.Contains(body, "Thank you for telling us") {
		t.Error("the notice is shown twice")
	}
}

func TestEvidenceCountsTriesAndOpensTheRecord(t *testing.T) {
	d := newRecordPages(t, asPerson)
	at := "/me/offers/" + d.offered().String()
	d.want("POST", at+"/evidence", url.Values{"kind": {"membership"}, "proof": {""}}, 400, "Please fill this in.")
	body := d.want("POST", at+"/evidence", url.Values{"kind": {"membership"}, "proof": {"M-0000"}}, 400, "You have 4 tries left.")
	if strings.Contains(body, "M-0000") {
		t.Error("a wrong number is shown again")
	}
	d.want("POST", at+"/evidence", url.Values{"kind": {"friend"}, "proof": {"x"}}, 400, "Choose one of the options.")
	d.want("POST", at+"/evidence", url.Values{"kind": {"membership"}, "proof": {"m 1984 0042"}}, 303)
	d.want("GET", at, nil, 200, "It matched", "Timothy")
}

func TestOwnWordCountsAndCanBeUndone(t *testing.T) {
	d := newRecordPages(t, asPerson)
	id := d.own(party.Values{"identity": {"given_name": "Timothy"}})
	at := "/me/records/" + id.String()
	d.want("GET", at+"/edit/identity", nil, 200, `value="Timothy"`, `autocomplete="given-name"`)
	d.want("POST", at+"/edit/identity", url.Values{"version": {"1"}, "identity.birth_date": {"1984-13-40"}, "identity.given_name": {"Tim"}}, 400,
		`value="1984-13-40"`, `value="Tim"`, "Use a real date")
	d.clock.Advance(time.Minute)
	d.want("POST", at+"/edit/identity", url.Values{"version": {"1"}, "identity.given_name": {"Tim"}}, 303)
	d.told("correct identity.given_name=Tim")
	d.want("GET", at, nil, 200, at+"/undo/identity", "Your word counts now: Identity.", "You said so")
	d.clock.Advance(time.Minute)
	d.want("POST", at+"/undo/identity", url.Values{"version": {"2"}}, 303)
	d.told("correct identity.given_name=Timothy")
}

func TestTheCompletionListNamesWhatIsMissing(t *testing.T) {
	d := newRecordPages(t, asPerson)
	id := d.own(party.Values{"identity": {"given_name": "Tim"}, "profile": {"headline": "Piano"}})
	d.want("GET", "/me/records/"+id.String(), nil, 200,
		"Still missing", "5 of 7 missing", "/edit/identity?from=missing#f-identity.family_name", "/edit/profile?from=missing#f-profile.about", "/me/records/"+id.String()+"/profile")
}

func TestActivityTellsWhoWhyAndProvesIt(t *testing.T) {
	d := newRecordPages(t, asPerson)
	id := d.own(party.Values{"identity": {"given_name": "Tim"}})
	actor := asStaff
	actor.Purpose = party.Purposes()[1].Sentence
	d.records.happened(audit.PartyRead, id, actor, "Nora Quill", d.clock.Now(), nil)
	line := "/me/activity/" + d.records.log[0].ID.String()
	d.want("GET", "/me/activity", nil, 200, "Nora Quill", "Opened the record and saw all of it.", "Purpose: Booking or membership work", line+"/prove")
	d.want("POST", line+"/prove", nil, 200, "receipt-good", "Leaf 0 leads to the signed checkpoint")
	d.want("POST", line+"/prove", url.Values{"flip": {"1"}}, 200, "receipt-bad", "Leaf 0 was changed")
	for _, other := range []string{habeas.NewID[habeas.EventKind](d.clock.Now()).String(), "0", "99", "evt_"} {
		d.want("POST", "/me/activity/"+other+"/prove", nil, 404)
	}
	w := d.ask("GET", line+"/receipt", nil)
	if got := w.Header().Get("Content-Disposition"); got != `attachment; filename="habeas-receipt-0.tlog-proof"` {
		t.Errorf("the receipt comes as %q", got)
	}
}

func TestALineWithoutItsPlaceIsPending(t *testing.T) {
	d := newRecordPages(t, asPerson)
	id := d.own(party.Values{"identity": {"given_name": "Tim"}})
	d.records.happened(audit.PartyRead, id, asStaff, "Nora Quill", d.clock.Now(), nil)
	d.records.log[0].Index, d.records.building = -1, true
	line := "/me/activity/" + d.records.log[0].ID.String()
	d.want("GET", line, nil, 200, "Waiting for its place")
	d.want("POST", line+"/prove", nil, 200, "receipt-pending", "Not sealed yet.")
	d.want("GET", line+"/receipt", nil, 503, "not yet in a signed checkpoint")
}

func TestEveryKnownEventHasWords(t *testing.T) {
	d := newRecordPages(t, asPerson)
	site := &Pages{Records: d.records}
	for _, e := range []audit.Event{
		audit.PartyCreated, audit.PartyAsserted, audit.PartyRead, audit.PartyCorrected, audit.PartyExported, audit.PartyErased,
		audit.PartyReviewed, audit.TicketChanged, audit.ClaimOpened, audit.ClaimAccepted, audit.ClaimRefused, audit.EvidenceGiven,
		audit.EvidenceFailed, audit.InviteSent, audit.AccountCreated, audit.AccountErased, audit.AccountClosed, audit.AccountRecovered,
		audit.AddressProved, audit.CredentialAdded, audit.CredentialEnded, audit.SignInSucceeded, audit.SignInFailed, audit.SignedOut,
		audit.RoleGranted, audit.RoleRevoked, audit.DataImported, audit.ClaimTold, audit.ClaimDisputed, audit.ClaimKept, audit.ClaimUndone,
		audit.ClaimReopened, audit.PersonChecked, audit.WordsAdopted, audit.NoteWritten, audit.NoteChanged, audit.NoteTakenBack,
		audit.NoteStruck, audit.NoteAnswered, audit.GroupChanged,
		audit.RolePermitted, audit.RoleUnpermitted, audit.StaffProvisioned,
	} {
		l := party.Look{}
		l.Event = e
		if words := site.eventWords(lang.Printer{}, l); !strings.HasSuffix(words, ".") {
			t.Errorf("%s reads %q", e, words)
		}
	}
}

func TestACopyIsAFileToKeep(t *testing.T) {
	d := newRecordPages(t, asPerson)
	for format, kind := range map[string]string{"json": "application/json", "csv": "text/csv; charset=utf-8", "html": "text/html; charset=utf-8"} {
		w := d.ask("POST", "/me/copy/"+format, nil)
		h := w.Header()
		if w.Code != 200 || h.Get("Content-Type") != kind || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", format, w.Code, h)
		}
	}
	d.want("POST", "/me/copy/exe", nil, 404)
	d.want("GET", "/me/copy/json", nil, 405)
}

func TestErasingWantsTheWord(t *testing.T) {
	d := newRecordPages(t, asPerson)
	at := "/me/records/" + d.own(party.Values{"identity": {"given_name": "Tim"}}).String() + "/erase"
	d.want("GET", at, nil, 200, "What goes", "What stays", "Type the word “erase”")
	d.want("POST", at, url.Values{"word": {"yes"}}, 400, "This is not the word. Nothing was erased.")
	d.want("POST", at, url.Values{}, 400, "Please fill this in.")
	if len(d.records.told) != 0 {
		t.Fatal("erased without the word")
	}
	d.want("POST", at, url.Values{"word": {" Erase "}}, 200, "It is erased", "c2sp.org/tlog-proof@v1", "/receipt")
	d.told("erase")
}

func TestWhatPeopleAreCalledCannotActOnAPage(t *testing.T) {
	hostile := party.Values{
		"identity": {"given_name": `<script>alert(1)</script>`, "family_name": `"><img src=x onerror=alert(1)>`}, "contact": {"email": "tim@example.org"},
		"organisation": {"website": "https://example.org/?q=<script>"},
		"profile":      {"headline": `</title><script>`, "about": `=cmd()|' /C calc'!A0 <b>`, "subjects": `<i>, "x`},
	}
	person, staff := newRecordPages(t, asPerson), newRecordPages(t, asStaff)
	own, known := person.own(hostile), staff.own(hostile)
	staff.cookies["x"] = "y"
	staff.choose("incident")
	pages := []string{
		person.want("GET", "/me", nil, 200), person.want("GET", "/me/records/"+own.String(), nil, 200),
		person.want("GET", "/me/records/"+own.String()+"/edit/profile", nil, 200), person.want("GET", "/me/records/"+own.String()+"/erase", nil, 200),
		person.want("GET", "/people/"+party.Reference(own).String(), nil, 200, "=cmd()|"), staff.want("GET", "/staff", nil, 200),
		staff.found("<script>"), staff.want("GET", "/staff/people/"+known.String(), nil, 200),
		staff.want("POST", "/staff/like", url.Values{"email": {"tim@example.org"}, "identity.family_name": {`<script>`}}, 200, "1 record looks like it"),
	}
	for i, body := range pages {
		for _, bad := range []string{"<script>", "<img src", "<b>", "<i>", "onerror=alert(1)>"} {
			if strings.Contains(body, bad) {
				t.Errorf("page %d holds %q as markup", i, bad)
			}
		}
	}
}

// Proves PTY-A42.
func TestAConfirmScreenIsRefusedInAFrameAndFromAnotherSite(t *testing.T) {
	d := newRecordPages(t, asPerson)
	at := "/me/offers/" + d.offered().String()
	w := d.ask("GET", at, nil)
	if h := w.Header(); h.Get("X-Frame-Options") != "DENY" || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Errorf("the confirm screen may be framed: %v", h)
	}
	d.header = http.Header{"Sec-Fetch-Dest": {"iframe"}}
	d.want("GET", at, nil, 403, "This page does not open inside another one.")
	for _, from := range []http.Header{{"Sec-Fetch-Site": {"cross-site"}}, {"Origin": {"https://evil.example"}}} {
		d.header = from
		d.want("POST", at+"/accept", url.Values{"version": {"1"}}, 403, "from another website")
		d.want("POST", at+"/not-me", url.Values{"version": {"1"}}, 403)
		d.want("POST", at+"/evidence", url.Values{"kind": {"membership"}, "proof": {"M-1984-0042"}}, 403)
	}
	if len(d.records.told) != 0 {
		t.Errorf("something was done: %q", d.records.told)
	}
}

func TestAPublicProfileShowsItsPublicPartOnly(t *testing.T) {
	d := newRecordPages(t, habeas.Actor{})
	id := d.records.put(party.Party{})
	d.records.say(id, d.clock.Now(), party.Source{Kind: party.FromStaff, Account: nora}, party.Occasion{}, party.Values{
		"identity": {"given_name": "Ada", "birth_date": "1971-02-11"}, "contact": {"email": "ada@example.org"},
		"profile": {"headline": "Harmony", "subjects": "Piano, singing"},
	})
	body := d.want("GET", "/people/"+party.Reference(id).String(), nil, 200, "Ada", "Harmony", "singing", "has not confirmed it yet")
	for _, private := range []string{"1971", "ada@example.org"} {
		if strings.Contains(body, private) {
			t.Errorf("the public profile shows %q", private)
		}
	}
	hidden := d.records.put(party.Party{})
	d.records.say(hidden, d.clock.Now(), bookings, party.Occasion{}, party.Values{"identity": {"given_name": "Theo"}})
	d.want("GET", "/people/"+party.Reference(hidden).String(), nil, 404)
	d.want("GET", "/people/nobody", nil, 404)
}

// noMail is a delivery record without a line.
type noMail struct{}

func (noMail) Invitations(context.Context, habeas.Actor, habeas.PartyID) ([]jobs.Delivery, error) {
	return nil, nil
}

// noJoins asks nobody anything.
type noJoins struct{ Joining }

func (noJoins) Asked(context.Context, habeas.Actor) (party.Joins, error) { return party.Joins{}, nil }
