package app_test

import (
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
)

// swept runs the schedule of the retention clock and returns the mails it led to.
func (w *world) swept() []mail.Message {
	w.Helper()
	w.mails()
	w.ok(w.Notices.Sweep(w.ctx()))
	return w.mails()
}

// Proves PTY-28.
func TestARecordThatNobodyClaimsGoesAfterAWarning(t *testing.T) {
	w := newWorld(t)
	bookings, nora, root := w.connect("City Bookings"), w.staff("nora@example.org"), w.boss("root@example.org")
	tim, _ := bookings.say("tim@example.org", person("Tim", "Berger", ""))
	heard, _ := bookings.say("heard@example.org", person("Hanna", "Berger", ""), external("h-1"))
	kept, _ := bookings.say("kept@example.org", person("Kurt", "Berger", ""))
	silent, _ := bookings.say("", person("Sina", "Berger", ""), external("s-1"))
	expected, _ := bookings.say("soon@example.org", person("Sophie", "Berger", ""), func(a *party.Assertion) {
		a.Ticket = &party.TicketInput{Ref: "B-9", Title: "A tour", Starts: "2029-05-01"}
	})
	mine, _ := bookings.say("mine@example.org", person("Mia", "Berger", ""))
	w.accept(w.join("mine@example.org"), mine, nil)

	w.later(700 * day)
	if n, _, err := w.Notices.DryRun(w.ctx(), root, party.RetentionPolicy{Months: 12, WarnDays: 30}); err != nil || n != 5 {
		t.Fatalf("a dry run of twelve months counts %d, %v; want 5", n, err)
	}
	if got := w.swept(); len(got) != 0 {
		t.Fatalf("%d mails before two years are over", len(got))
	}
	w.later(40 * day)
	bookings.say("heard@example.org", person("Hanna", "Berger", ""), external("h-1"), ticket("B-5", "Another"))
	w.refused(w.Notices.Hold(w.ctx(), nora, kept, " "), "retention.reason")
	w.ok(w.Notices.Hold(w.ctx(), nora, kept, "A complaint is not settled."))
	got := w.swept()
	if len(got) != 1 || got[0].To != "tim@example.org" || got[0].Kind != mail.KindRetention || !strings.Contains(got[0].Text, "30 days") {
		t.Fatalf("warned: %d mails", len(got))
	}
	if got := w.swept(); len(got) != 0 {
		t.Fatal("warned twice")
	}
	list := must(w.Notices.Kept(w.ctx(), nora, 10))(t)
	if len(list) != 3 || list[2].Why != "A complaint is not settled." || list[0].WarnedAt.IsZero() {
		t.Fatalf("before staff: %+v", list)
	}
	if h := w.looking(w.visit("tim@example.org")).Held[0]; h.Goes.IsZero() {
		t.Error("the person does not see when it goes")
	}
	w.later(29 * day)
	w.swept()
	w.held(tim)
	w.later(2 * day)
	w.swept()
	w.gone(tim)
	w.gone(silent)
	for _, id := range []habeas.PartyID{heard, kept, expected, mine} {
		w.held(id)
	}

	// Let go, it is announced first; spoken of again, the clock begins anew.
	w.ok(w.Notices.Free(w.ctx(), nora, kept))
	if got := w.swept(); len(got) != 1 || got[0].To != "kept@example.org" {
		t.Fatalf("let go: %d mails", len(got))
	}
	bookings.say("kept@example.org", person("Kurt", "Berger", ""), ticket("B-7", "A walk"))
	w.later(40 * day)
	w.swept()
	w.held(kept)
	for event, want := range map[audit.Event]int{audit.RetentionHeld: 1, audit.RetentionFreed: 1, audit.RetentionWarned: 1} {
		if n := w.happened(kept, event); n != want {
			t.Errorf("%d lines of %s, want %d", n, event, want)
		}
	}
	w.verify()
}
