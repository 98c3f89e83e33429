package app_test

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/session"
)

// sessions ends the recording and reads what was written, oldest first.
func (w *world) sessions() []session.Session {
	w.Helper()
	w.ok(w.Sessions.Close())
	found, damage, err := app.ListSessions(w.dir, session.Filter{})
	w.ok(err)
	if damage != (session.Damage{}) {
		w.Errorf("the log is damaged: %+v", damage)
	}
	var all []session.Session
	for _, s := range slices.Backward(found) {
		one, err := app.FindSession(w.dir, s.ID)
		w.ok(err)
		all = append(all, one)
	}
	return all
}

// told is a session in short: what was reached, said and answered, step by step.
func told(s session.Session) string {
	var all []string
	for _, l := range s.Lines {
		for _, e := range l.Events {
			switch e.Type {
			case session.RequestText, session.ResponseText:
				all = append(all, e.Text)
			case session.Step:
				all = append(all, "["+e.Name+"]")
			case session.OutputParameter:
				all = append(all, string(e.Value))
			case session.VariableChange:
				all = append(all, e.Name)
			default:
			}
		}
	}
	return strings.Join(all, " ")
}

// names fails when a file of the log holds one of the texts, in any case, or anything with
// the form of an identifier of the server's.
func (w *world) names(texts ...string) {
	w.Helper()
	ids := regexp.MustCompile(`(acc|pty|clm|cha|evt|sgn|mai)_[0-9a-z]{26}`)
	w.ok(filepath.WalkDir(filepath.Join(w.dir, "sessions"), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		low := strings.ToLower(string(text))
		for _, secret := range texts {
			if i := strings.Index(low, strings.ToLower(secret)); i >= 0 {
				w.Errorf("the log holds %q: … %s …", secret, text[max(0, i-80):min(len(text), i+80)])
			}
		}
		if id := ids.Find(text); id != nil {
			w.Errorf("the log holds the identifier %s", id)
		}
		return err
	}))
}

// Proves SLG-4.
func TestAClaimIsLoggedStepByStepAndNamesNobody(t *testing.T) {
	w := newWorld(t)
	id, _ := w.connect("City Bookings").say("tim.berger@example.org", with(person("Timm", "Berger", "1984-05-06"), "organisation", "city", "Bonn"), ticket("B-1", "Guided tour"))
	b := w.browser()
	b.send(http.MethodPost, "/join", formOf("address", "tim.berger@example.org", "again", "tim.burger@example.org", "language", "en"))
	w.later(4 * time.Second)
	at := b.ask("tim.berger@example.org")
	b.get(at)
	b.send(http.MethodPost, "/code", formOf("c", at[strings.Index(at, "=")+1:], "code", "12345678"))
	w.later(time.Minute)
	b.typeCode(at)
	b.get("/me")
	b.get("/me/offers/" + id.String())
	b.post("/me/offers/"+id.String()+"/accept", "version", "1", "organisation.city", "Köln", "contact.email", "tim.berger@example.org", "contact.language", "en")
	b.get("/me") // is no part of the claim any more

	all := w.sessions()
	if len(all) != 2 || all[1].Outcome != session.Completed || all[0].Outcome != session.Refused {
		t.Fatalf("%d sessions: %+v", len(all), all)
	}
	// What was typed wrong before the browser had a cookie stands alone: nothing ties it.
	if got := told(all[0]); got != `POST /join address again "email.mismatch in again" page account/join` {
		t.Errorf("the slip: %s", got)
	}
	want := `POST /join address again [code asked for] go to /code` +
		` GET /code page public/code` +
		` POST /code code "code.wrong in code" page public/code` +
		` POST /code code [address proved] go to /me` +
		` GET /me [records offered] page me/inbox` +
		` GET /me/offers/{id} page me/offer` +
		` POST /me/offers/{id}/accept contact.email contact.language organisation.city go to /me/records/{id}`
	if got := told(all[1]); got != want {
		t.Errorf("the claim:\n%s\nwant\n%s", got, want)
	}
	if all[1].Seconds != 60 || all[1].Begun.Minute()%10 != 0 || all[1].Begun.Second() != 0 {
		t.Errorf("it took %d s and began at %s", all[1].Seconds, all[1].Begun)
	}
	w.names("tim", "berger", "burger", "example.org", "bonn", "köln", "12345678", "1984", "bookings", "guided")
}

// Proves SLG-4.
func TestSigningInAndEnteringAreLoggedAndNameNobody(t *testing.T) {
	w := newWorld(t)
	w.member("oscar.wilson@example.net")
	b := w.browser()
	to := b.post("/sign-in/code", "address", "oscar.wilson@example.net")
	if got := b.typeCode(to); got != "/me" {
		t.Fatalf("the code leads to %s", got)
	}
	desk := w.staffBrowser("nora.keller@example.org")
	desk.get("/staff/add")
	desk.send(http.MethodPost, "/staff/add", formOf("kind", "person", "email", "tim@example.com", "email2", "tom@example.com", "identity.given_name", "Ottoline"))
	desk.send(http.MethodPost, "/staff/add", formOf("kind", "person", "email", "ottoline.quist@example.com", "email2", "ottoline.quist@example.com", "identity.given_name", "Ottoline", "identity.family_name", "Quist", "identity.birth_date", "1990-02-03"))

	byFlow := map[string][]session.Session{}
	for _, s := range w.sessions() {
		byFlow[s.Flow] = append(byFlow[s.Flow], s)
	}
	if in := byFlow["sign-in"]; len(in) != 1 || in[0].Outcome != session.Completed ||
		told(in[0]) != "POST /sign-in/code address [code asked for] go to /code POST /code code [address proved] go to /me" {
		t.Errorf("signing in: %+v", in)
	}
	want := `GET /staff/add page staff/add` +
		` POST /staff/add email email2 identity.given_name "email.differ in email2" page staff/add` +
		` POST /staff/add email email2 identity.given_name identity.family_name identity.birth_date [entered] go to /staff/people/{id}`
	if in := byFlow["staff-entry"]; len(in) != 1 || in[0].Outcome != session.Completed || told(in[0]) != want {
		t.Errorf("entering: %+v", in)
	}
	w.names("oscar", "wilson", "nora", "keller", "ottoline", "quist", "1990", "example")
}

// What was typed is wiped when the flow is given up.
func TestAFlowThatIsLeftIsAbandoned(t *testing.T) {
	w := newWorld(t)
	w.browser().ask("tim@example.org")
	w.later(session.IdleTime)
	w.Sessions.Flows.Sweep()
	if all := w.sessions(); len(all) != 1 || all[0].Outcome != session.Abandoned {
		t.Errorf("%+v", all)
	}
}

// A log that cannot be written stops nobody, and the server says so.
func TestAFlowGoesOnWithoutItsLog(t *testing.T) {
	w := newWorld(t)
	day := filepath.Join(w.dir, "sessions", w.clock.Now().Format(time.DateOnly)+"-001.jsonl")
	w.ok(os.Symlink("/dev/full", day))
	b := w.browser().join("tim@example.org")
	if b.get("/me").status != http.StatusOK {
		t.Error("nobody gets in")
	}
	_ = w.Sessions.Close() // it tells of the same
	found := false
	for _, c := range w.Health(w.ctx()).Checks {
		found = found || c.Name == "sessions" && c.Level == app.Warned
	}
	if !found {
		t.Errorf("health says %+v", w.Health(w.ctx()).Checks)
	}
}
