package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
)

// Proves PTY-29.
func TestPeopleRestrictAndObjectFromTheirOwnAccount(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	id, _ := bookings.say("tim@example.org", with(person("Tim", "Berger", ""), "profile", "headline", "Plays the cello"))
	b := w.browser().join("tim@example.org")
	tim := w.who(b)
	w.accept(tim, id, nil)
	at := "/me/records/" + id.String()
	shows := func(want ...string) {
		t.Helper()
		page := b.get(at)
		for _, text := range want {
			if !strings.Contains(page.text, text) {
				t.Errorf("the record's page does not say %q", text)
			}
		}
	}
	restraint := func(want party.Restraint) {
		t.Helper()
		if p := w.held(id).Party; p.Restraint != want {
			t.Errorf("the record is %q, want %q", p.Restraint, want)
		}
	}
	newest := func() party.Request {
		t.Helper()
		w.later(0)
		return must(w.Notices.RequestsOfMine(w.ctx(), tim, id))(w)[0]
	}
	shows("Your rights", `action="`+at+`/rights/restrict"`, `action="`+at+`/rights/object"`)
	public := len(w.profileSets(id))

	w.later(0)
	b.post(at + "/rights/restrict")
	restraint(party.Restricted)
	shows("it is kept and not used", at+"/rights/"+newest().ID.String()+"/withdraw")
	if public > 0 && len(w.profileSets(id)) > 0 {
		t.Error("the public profile of a restricted record is shown")
	}
	w.later(0)
	b.post(at + "/rights/object")
	b.post(at + "/rights/object") // once more is the same
	restraint(party.Objected)
	shows("You object. Connected systems may not use")
	objected := newest()
	open, _, err := w.Notices.Requests(w.ctx(), nora, 10)
	w.ok(err)
	if len(open) != 1 || open[0].ID != objected.ID || open[0].Channel != party.ByAccount || open[0].DaysLeft(w.clock.Now()) < 28 {
		t.Fatalf("before staff: %+v", open)
	}
	mine := w.copyOf(b)
	for form, text := range map[string]string{"json": string(mine.JSON), "csv": string(mine.CSV), "html": string(mine.HTML)} {
		if !strings.Contains(text, "object") || !strings.Contains(text, objected.At().Format(time.RFC3339)) {
			t.Errorf("the copy as %s does not hold what was asked for", form)
		}
	}
	nia := w.staffBrowser("nia@example.org")
	nia.post("/staff/purpose", "purpose", "correction", "to", "/staff")
	if page := nia.get("/staff/people/" + id.String()); !strings.Contains(page.text, "Not to be used") {
		t.Error("staff do not see that its person objects")
	}

	// Refused, the restriction stands; taken back, nothing does.
	w.mails()
	w.ok(w.Notices.Answer(w.ctx(), nora, objected.ID, party.AnswerRefuse, "The law asks for it."))
	if m := w.mailTo("tim@example.org", mail.KindAnswered); !strings.Contains(m.Text, "The law asks for it.") || !strings.Contains(m.Text, "/me") {
		t.Errorf("the answer:\n%s", m.Text)
	}
	restraint(party.Restricted)
	shows("The law asks for it.", `action="`+at+`/rights/object"`)
	for _, q := range must(w.Notices.RequestsOfMine(w.ctx(), tim, id))(w) {
		if q.Kind == party.AskRestrict {
			b.post(at + "/rights/" + q.ID.String() + "/withdraw")
		}
	}
	restraint(party.RestraintNone)
	if len(w.profileSets(id)) != public {
		t.Error("the public profile does not come back")
	}
	for event, want := range map[audit.Event]int{
		audit.RecordRestricted: 2, audit.RecordObjected: 2, audit.RequestAnswered: 1, audit.RequestWithdrawn: 1, audit.RecordReleased: 2,
	} {
		if n := w.happened(id, event); n != want {
			t.Errorf("%d lines of %s, want %d", n, event, want)
		}
	}

	// Nothing else can be asked for here, and nobody does it for others.
	for path, want := range map[string]int{"/rights/erase": http.StatusBadRequest, "/rights/praise": http.StatusBadRequest, "/rights/nothing/withdraw": http.StatusNotFound} {
		if page := b.send(http.MethodPost, at+path, formOf()); page.status != want {
			t.Errorf("%s: %d, want %d", path, page.status, want)
		}
	}
	oscar := w.browser().join("oscar@example.org")
	if page := oscar.send(http.MethodPost, at+"/rights/restrict", formOf()); page.status != http.StatusNotFound {
		t.Errorf("for somebody else: %d", page.status)
	}
	restraint(party.RestraintNone)
	w.verify()
}

// profileSets are the data sets of a record that anybody sees.
func (w *world) profileSets(id habeas.PartyID) []party.Set {
	w.Helper()
	p, err := w.Profiles.Look(w.ctx(), w.Profiles.Ref(id))
	if err != nil && habeas.KindOf(err) != habeas.KindNotFound {
		w.Fatal(err)
	}
	return p.Sets
}

// Proves PTY-28.
func TestTheQueueAndTheRegisterDecideANotMeTogether(t *testing.T) {
	for name, c := range map[string]struct {
		decide  func(w *world, nora habeas.Actor, id habeas.PartyID, q habeas.RequestID) error
		blocked bool
		state   party.RequestState
	}{
		"kept apart in the queue": {func(w *world, nora habeas.Actor, id habeas.PartyID, _ habeas.RequestID) error {
			return w.Records.Decide(w.ctx(), nora, id, party.KeepApart)
		}, true, party.RequestDone},
		"released in the queue": {func(w *world, nora habeas.Actor, id habeas.PartyID, _ habeas.RequestID) error {
			return w.Records.Decide(w.ctx(), nora, id, party.Release)
		}, false, party.RequestRefused},
		"granted in the register": {func(w *world, nora habeas.Actor, _ habeas.PartyID, q habeas.RequestID) error {
			return w.Notices.Answer(w.ctx(), nora, q, party.AnswerGrant, "")
		}, true, party.RequestDone},
		"refused in the register": {func(w *world, nora habeas.Actor, _ habeas.PartyID, q habeas.RequestID) error {
			return w.Notices.Answer(w.ctx(), nora, q, party.AnswerRefuse, "The address is right.")
		}, false, party.RequestRefused},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			nora := w.staff("nora@example.org")
			id := w.enter(nora, "oscar@example.org", person("Tim", "Berger", ""))
			q := w.request(w.visit("oscar@example.org"), id, party.AskNotMe)
			waits := func(want int) {
				t.Helper()
				open, _, err := w.Notices.Requests(w.ctx(), nora, 10)
				w.ok(err)
				queue := must(w.Records.Waiting(w.ctx(), nora, habeas.PartyID{}, 10))(w)
				if len(open) != want || len(queue) != want {
					t.Errorf("%d in the register and %d in the queue, want %d", len(open), len(queue), want)
				}
			}
			waits(1)
			w.later(0)
			w.ok(c.decide(w, nora, id, q.ID))
			waits(0)
			if p := w.held(id).Party; p.Blocked != c.blocked || p.Cleared == c.blocked {
				t.Errorf("the record: %+v", p)
			}
			if got := must(w.DB.Notices().Request(w.ctx(), q.ID))(t); got.State != c.state || got.EndedBy != nora.Account {
				t.Errorf("the request: %+v", got)
			}
			w.later(0)
			w.ok(w.Records.Reconsider(w.ctx(), nora, id, party.ReviewNotMe)) // undone, both wait again
			waits(1)
			w.verify()
		})
	}
}
