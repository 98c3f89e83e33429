package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
)

// request asks for something in a visit.
func (w *world) request(visit [32]byte, id habeas.PartyID, kind party.RequestKind) party.Request {
	w.Helper()
	w.later(0)
	return must(w.Notices.Request(w.ctx(), visit, id, kind))(w)
}

// gone checks that a record and its key are gone.
func (w *world) gone(id habeas.PartyID) {
	w.Helper()
	if _, err := w.DB.Records().Party(w.ctx(), id); habeas.KindOf(err) != habeas.KindNotFound {
		w.Fatalf("the record is still there: %v", err)
	}
	if _, err := w.Keys.Key(w.ctx(), habeas.SubjectOf(id)); habeas.KindOf(err) != habeas.KindGone {
		w.Fatalf("its key is still there: %v", err)
	}
}

// Proves PTY-28, PTY-29.
func TestSomebodyWithoutAnAccountIsErasedAfterADay(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	id, _ := bookings.say("tim@example.org", person("Tim", "Berger", "1984-05-03"), ticket("B-1", "A tour"))
	visit := w.visit("tim@example.org")
	q := w.request(visit, id, party.AskErase)
	if q.State != party.RequestOpen || !q.ActAt.Equal(w.clock.Now().Add(party.UndoErase)) || q.DaysLeft(w.clock.Now()) != 31 {
		t.Fatalf("asked: %+v", q)
	}
	if again := w.request(visit, id, party.AskErase); again.ID != q.ID {
		t.Error("asking twice is registered twice")
	}
	if m := w.mailTo("tim@example.org", mail.KindAsked); !strings.Contains(m.Text, "in one hour") && !strings.Contains(m.Text, "24 hours") {
		t.Errorf("the receipt does not say when:\n%s", m.Text)
	}

	// Taken back in time, nothing happens.
	w.ok(w.Notices.Withdraw(w.ctx(), visit, q.ID))
	w.refused(w.Notices.Withdraw(w.ctx(), visit, q.ID), "request.ended")
	w.later(2 * day)
	w.ok(w.Notices.Sweep(w.ctx()))
	if name := w.held(id).Name(); name != "Tim Berger" {
		t.Fatalf("an erasure that was taken back was done: %q", name)
	}

	// Asked for again and left alone, it is done by itself.
	visit = w.visit("tim@example.org")
	q = w.request(visit, id, party.AskErase)
	open, _, err := w.Notices.Requests(w.ctx(), nora, 10)
	w.ok(err)
	if len(open) != 1 || open[0].ID != q.ID || open[0].Channel != party.ByNotice {
		t.Fatalf("before staff: %+v", open)
	}
	w.later(party.UndoErase - time.Minute)
	w.ok(w.Notices.Sweep(w.ctx()))
	w.held(id)
	w.later(2 * time.Minute)
	w.mails()
	w.ok(w.Notices.Sweep(w.ctx()))
	w.gone(id)
	w.mailTo("tim@example.org", mail.KindErased)
	open, ended, err := w.Notices.Requests(w.ctx(), nora, 10)
	w.ok(err)
	if len(open) != 0 || len(ended) != 2 || ended[0].State != party.RequestDone || !ended[0].Party.IsZero() || ended[0].Mailbox != "" {
		t.Fatalf("the register after it: open %+v, ended %+v", open, ended)
	}
	if l := w.looking(w.visit("tim@example.org")); len(l.Held) != 0 {
		t.Errorf("still held: %+v", l.Held)
	}
	w.verify()
}

func TestAnErasureThatNeedsAHumanWaitsForOne(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	anna, _ := bookings.say("bergers@example.org", person("Anna", "Berger", "1950-01-02"))
	bookings.say("bergers@example.org", person("Tom", "Berger", "1980-03-04"))
	booked, _ := bookings.say("bo@example.org", person("Bo", "Berger", ""), func(a *party.Assertion) {
		a.Ticket = &party.TicketInput{Ref: "B-9", Title: "A tour", Starts: "2026-05-01"}
	})
	shared := w.request(w.visit("bergers@example.org"), anna, party.AskErase)
	soon := w.request(w.visit("bo@example.org"), booked, party.AskErase)
	if !shared.ActAt.IsZero() || !soon.ActAt.IsZero() {
		t.Fatal("done by itself although several read the mailbox, or somebody is still expected")
	}
	w.later(3 * day)
	w.ok(w.Notices.Sweep(w.ctx()))
	w.held(anna)
	w.refused(w.Notices.Answer(w.ctx(), w.join("eve@example.org"), soon.ID, party.AnswerGrant, ""), "role.missing")
	w.refused(w.Notices.Answer(w.ctx(), nora, soon.ID, party.AnswerRefuse, "  "), "request.reason")
	w.mails()
	w.ok(w.Notices.Answer(w.ctx(), nora, soon.ID, party.AnswerRefuse, "The booking has to be carried out first."))
	if m := w.mailTo("bo@example.org", mail.KindAnswered); !strings.Contains(m.Text, "carried out first") || strings.Contains(m.Subject, "booking") {
		t.Errorf("the answer:\n%s\n%s", m.Subject, m.Text)
	}
	w.refused(w.Notices.Answer(w.ctx(), nora, soon.ID, party.AnswerGrant, ""), "request.ended")
	if h := w.looking(w.visit("bo@example.org")).Held[0]; h.Requests[0].Answer != "The booking has to be carried out first." {
		t.Errorf("the person does not see the answer: %+v", h.Requests)
	}
	w.mails()
	w.ok(w.Notices.Answer(w.ctx(), nora, shared.ID, party.AnswerGrant, ""))
	w.gone(anna)
	w.mailTo("bergers@example.org", mail.KindErased)
	w.verify()
}

// Proves PTY-29.
func TestAnObjectionStopsTheUseOfARecord(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	id, ref := bookings.say("tim@example.org", person("Tim", "Berger", ""))
	policy := must(w.Policies.Current(w.ctx()))(t)
	if !policy.SystemMayRead(w.held(id).Party, "contact") || policy.SystemMayRead(w.held(id).Party, "identity") {
		t.Error("what systems may read of an unclaimed record is not what the policy says")
	}
	visit := w.visit("tim@example.org")
	w.request(visit, id, party.AskRestrict)
	objected := w.request(visit, id, party.AskObject)
	p := w.held(id).Party
	if p.Restraint != party.Objected || policy.SystemMayRead(p, "contact") {
		t.Fatalf("after the objection: %+v", p)
	}

	// What a system says from now on is kept, and changes nothing; it gets the same answer.
	again, sameRef := bookings.say("tim@example.org", with(person("Tim", "Berger", ""), "identity", "given_name", "Timothy"))
	if again != id || sameRef != ref {
		t.Error("a system sees in its reference that somebody objects")
	}
	if f := field(w.held(id), "identity", "given_name"); f.Current.Text != "Tim" || !f.Rival {
		t.Errorf("a restrained record was changed: %+v", f)
	}
	w.ok(w.Notices.Answer(w.ctx(), nora, objected.ID, party.AnswerRefuse, "A contract asks for it."))
	if p := w.held(id).Party; p.Restraint != party.Restricted {
		t.Errorf("the restriction went with the refused objection: %+v", p)
	}
	for _, q := range w.looking(visit).Held[0].Requests {
		if q.Kind == party.AskRestrict {
			w.ok(w.Notices.Withdraw(w.ctx(), visit, q.ID))
		}
	}
	if p := w.held(id).Party; p.Restraint != party.RestraintNone || !p.RestrainedAt.IsZero() {
		t.Errorf("after both are gone: %+v", p)
	}
	for event, want := range map[audit.Event]int{
		audit.RecordRestricted: 2, audit.RecordObjected: 2, audit.RecordReleased: 2, audit.RequestAnswered: 1, audit.RequestWithdrawn: 1,
	} {
		if n := w.happened(id, event); n != want {
			t.Errorf("%d lines of %s, want %d", n, event, want)
		}
	}
	w.verify()
}

// Proves PTY-28, PTY-14.
func TestThisIsNotMeWithoutAnAccount(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	id := w.enter(nora, "oscar@example.org", person("Tim", "Berger", ""))
	visit := w.visit("oscar@example.org")
	w.mails()
	w.request(visit, id, party.AskNotMe)
	w.mailTo("nora@example.org", mail.KindRefused)
	if p := w.held(id).Party; !p.Blocked || p.Review != party.ReviewNotMe {
		t.Fatalf("after “not me”: %+v", p)
	}
	if l := w.looking(visit); len(l.Held) != 0 {
		t.Error("Oscar still sees the record")
	}
	if got := w.offers(w.join("oscar@example.org")); len(got) != 0 {
		t.Error("and is offered it")
	}
	_, err := w.Notices.Request(w.ctx(), visit, id, party.AskErase)
	w.refused(err, "notice.none")
	// Nobody reaches another one's record by naming it.
	other := w.enter(nora, "alice@example.org", person("Alice", "Berger", ""))
	_, err = w.Notices.Request(w.ctx(), visit, other, party.AskErase)
	w.refused(err, "notice.none")
	_, err = w.Notices.Request(w.ctx(), newToken(), other, party.AskErase)
	w.refused(err, "notice.visit")
}

func TestStaffRegisterWhatReachesThemByLetter(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	id := w.enter(nora, "", person("Paul", "Berger", ""))
	_, err := w.Notices.Register(w.ctx(), nora, id, "praise")
	w.refused(err, "form.choice")
	q := must(w.Notices.Register(w.ctx(), nora, id, party.AskErase))(t)
	if q.Channel != party.ByStaff || !q.ActAt.IsZero() {
		t.Fatalf("registered: %+v", q)
	}
	w.ok(w.Notices.Answer(w.ctx(), nora, q.ID, party.AnswerGrant, ""))
	w.gone(id)
}
