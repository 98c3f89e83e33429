package party

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
)

// choose says why staff open records.
func (d *recordPages) choose(purpose string) {
	d.Helper()
	d.want("POST", "/staff/purpose", url.Values{"purpose": {purpose}, "to": {"/staff"}}, 303)
}

func TestStaffSayWhyBeforeTheyOpenARecord(t *testing.T) {
	d := newRecordPages(t, asStaff)
	at := "/staff/people/" + d.own(party.Values{"identity": {"given_name": "Tim"}}).String()
	if body := d.want("GET", at, nil, 200, "Why do you open this record?"); strings.Contains(body, "Tim") {
		t.Error("the question shows the record")
	}
	d.want("POST", "/staff/purpose", url.Values{"purpose": {"curiosity"}, "to": {at}}, 400)
	d.want("POST", "/staff/purpose", url.Values{"purpose": {"question"}, "to": {at}}, 303)
	if d.last != at {
		t.Errorf("led to %q, want the record", d.last)
	}
	d.want("GET", at, nil, 200, "Tim", "The person sees that you opened this.", "Purpose: Answer a question of the person")
	d.told("open for Answer a question of the person")
	d.want("POST", "/staff/purpose", url.Values{"purpose": {"question"}, "to": {"//evil.example"}}, 303)
	if d.last != "/staff" {
		t.Errorf("led to %q", d.last)
	}
	for name := range d.cookies { // somebody else signs in at the same desk
		if strings.Contains(name, "sign-in") {
			w := httptest.NewRecorder()
			edge.Cookies{}.BeginSignIn(t.Context(), w, time.Hour)
			d.cookies[name] = w.Result().Cookies()[0].Value
		}
	}
	d.want("GET", at, nil, 200, "Why do you open this record?")
}

func TestOnlyWhatStaffChangeIsTheirWord(t *testing.T) {
	d := newRecordPages(t, asStaff)
	at := "/staff/people/" + d.own(party.Values{"identity": {"given_name": "Tim", "family_name": "Ferrer"}}).String()
	form := url.Values{
		"identity.given_name": {"Tim"}, "was.given_name": {"Tim"}, "identity.family_name": {"Ferrer Ruiz"}, "was.family_name": {"Ferrer"},
		"identity.occupation": {""}, "was.occupation": {"Teacher"},
	}
	d.want("POST", at+"/edit/identity", form, 303)
	d.told("amend identity.family_name=Ferrer Ruiz")
	form.Set("identity.birth_date", "soon")
	d.want("POST", at+"/edit/identity", form, 400, `value="soon"`, "Use a real date")
}

func TestAnAddressIsReplacedAfterASecondLook(t *testing.T) {
	d := newRecordPages(t, asStaff)
	at := "/staff/people/" + d.own(party.Values{"contact": {"email": "ana@example.org"}}).String() + "/address"
	form := url.Values{"email": {"ana@gmial.com"}, "email2": {"ana@gmial.com"}}
	d.want("POST", at, form, 400, "Did you mean ana@gmail.com?", `name="sure" value="ana@gmial.com"`)
	if len(d.records.told) != 0 {
		t.Fatalf("something was changed: %q", d.records.told)
	}
	form.Set("sure", "ana@gmial.com")
	d.want("POST", at, form, 303)
	d.told("address ana@gmial.com")
}

func TestAddingAsksTwiceWarnsAndShowsWhoIsKnown(t *testing.T) {
	d := newRecordPages(t, asStaff)
	known := d.own(party.Values{"identity": {"given_name": "Tim", "family_name": "Ferrer"}})
	form := url.Values{"kind": {"person"}, "email": {"ana@gmial.com"}, "email2": {"ana@gmail.com"}, "identity.family_name": {"Ferrer"}, "invite": {"on"}}
	d.want("POST", "/staff/add", form, 400, "The two addresses are not the same.", `value="ana@gmial.com"`, `value="Ferrer"`)
	form.Set("email2", "ana@gmial.com")
	d.want("POST", "/staff/add", form, 400, "Did you mean ana@gmail.com?", "Add as a separate person", `value="`+known.String()+`"`, `name="sure" value="ana@gmial.com"`)
	if len(d.records.told) != 0 {
		t.Fatalf("something was entered: %q", d.records.told)
	}
	form.Set("sure", "ana@gmial.com")
	form.Set("separate", "1")
	d.want("POST", "/staff/add", form, 303)
	d.told("enter contact.email=ana@gmial.com identity.family_name=Ferrer invite separate")

	form.Set("same", known.String())
	form.Del("separate")
	d.want("POST", "/staff/add", form, 303)
	d.told("amend identity.family_name=Ferrer")
	if d.last != "/staff/people/"+known.String() {
		t.Errorf("led to %q", d.last)
	}
}

func TestAStubIsAnAddressAndNothingElse(t *testing.T) {
	d := newRecordPages(t, asStaff)
	d.want("POST", "/staff/add", url.Values{
		"kind": {"person"}, "email": {"ana@example.org"}, "email2": {"ana@example.org"}, "sure": {"ana@example.org"}, "stub": {"on"},
		"identity.family_name": {"left over"}, "tutor": {"on"}, "profile.headline": {"left over"},
	}, 303)
	d.told("enter contact.email=ana@example.org")
}

func TestWhatWaitsIsComparedWithoutShowingAllOfIt(t *testing.T) {
	d := newRecordPages(t, asStaff)
	mail := map[string]string{"email": "family@example.org"}
	waits := d.records.put(party.Party{Review: party.ReviewConflict})
	d.records.say(waits, d.clock.Now(), bookings, party.Occasion{}, party.Values{"identity": {"given_name": "Theo", "birth_date": "1984-09-30"}, "contact": mail})
	other := d.records.put(party.Party{})
	d.records.say(other, d.clock.Now(), bookings, party.Occasion{}, party.Values{"identity": {"given_name": "Theo", "birth_date": "1984-05-03"}, "contact": mail})
	body := d.want("GET", "/staff/waiting", nil, 200, "Another name or date of birth is known", `data-key="1"`, `data-key="2"`, "1984 · •• ••")
	for _, hidden := range []string{"1984-09-30", "30 September", "family@example.org"} {
		if strings.Contains(body, hidden) {
			t.Errorf("the queue shows %q", hidden)
		}
	}
	if strings.Count(body, `class="differ"`) != 1 {
		t.Error("want the birth date marked as different, and nothing else")
	}
	d.want("POST", "/staff/waiting/"+waits.String(), url.Values{"decision": {"burn"}}, 400)
	d.want("POST", "/staff/waiting/"+waits.String(), url.Values{"decision": {"keep-apart"}}, 303)
	d.told("decide keep-apart")
	d.want("GET", "/staff/waiting", nil, 200, "Kept apart", "Nothing waits for a decision.")
}

func TestStaffPagesAreForStaff(t *testing.T) {
	stranger, person := newRecordPages(t, habeas.Actor{}), newRecordPages(t, asPerson)
	id := person.own(party.Values{"identity": {"given_name": "Tim"}})
	weak := asStaff
	weak.Proof = habeas.ProofCode // the role counts with a passkey only
	mailed := newRecordPages(t, weak)
	for _, path := range []string{"/staff", "/staff/people?q=74696d", "/staff/people/" + id.String(), "/staff/add", "/staff/waiting"} {
		person.want("GET", path, nil, 403)
		mailed.want("GET", path, nil, 403)
		stranger.want("GET", path, nil, 303)
		if !strings.HasPrefix(stranger.last, "/sign-in?to=%2Fstaff") {
			t.Errorf("%s sends a stranger to %q", path, stranger.last)
		}
	}
	person.want("POST", "/staff/people/"+id.String()+"/paper", nil, 403)
	stranger.want("GET", "/me", nil, 303)
}

// Proves PTY-5.
func TestAListSaysWhySomebodyIsOnIt(t *testing.T) {
	d := newRecordPages(t, asStaff)
	d.own(party.Values{"identity": {"given_name": "Tim", "family_name": "Ferrer", "birth_date": "1984-05-03"}, "contact": {"email": "tim@example.org"}})
	d.records.reasons = []party.Reason{
		{Set: "identity", Field: "family_name", Code: "typo_1", For: true},
		{Set: "identity", Field: "birth_date", Code: "differs"},
		{Set: "contact", Field: "email", Code: "exact", For: true},
		{Set: "gone", Field: "away", Code: "exact", For: true}, // a field that the organisation no longer keeps
	}
	body := d.want("POST", "/staff/like", url.Values{"identity.family_name": {"Ferrer"}}, 200,
		"1 record looks like it", "very likely the same", "Family name: one character apart", "E-mail: the same", "Date of birth: different")
	if strings.Index(body, "E-mail: the same") > strings.Index(body, "Date of birth: different") {
		t.Error("what speaks against it comes first")
	}
	for _, hidden := range []string{"tim@example.org", "1984-05", "gone"} {
		if strings.Contains(body, hidden) {
			t.Errorf("the hint shows %q", hidden)
		}
	}
	d.records.reasons = []party.Reason{
		{Set: "identity", Field: "family_name", Code: "typo", For: true, Typed: "Farrer", Word: "Ferrer"},
		{Set: "identity", Field: "occupation", Code: "typo", For: true, Typed: "techer", Word: "teacher"},
	}
	body = d.found("fer", "Ferrer ≈ Farrer", "Occupation ≈ techer")
	if strings.Contains(body, "teacher") {
		t.Error("the list shows a value that it has no column for")
	}
	d.found("nobody", "Nobody was found by “nobody”.")
}
