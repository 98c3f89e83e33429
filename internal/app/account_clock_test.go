package app

import (
	"net/http"
	"testing"
	"time"
)

// A machine's clock that is set must neither lock people out for good nor let anybody in.
func TestSignInsAndCodesBearAClockThatIsSet(t *testing.T) {
	w := newAccountWorld(t)
	b, key := w.member("member@example.org")

	w.clock.Advance(-time.Hour)
	if b.signedIn().Account.IsZero() {
		t.Error("an hour back signs a member out")
	}
	if status := w.browser().signIn(key); status >= http.StatusBadRequest {
		t.Errorf("an hour back, a passkey signs in with %d", status)
	}
	late := w.browser()
	id := late.ask("somebody@example.org")
	code := w.code()
	w.clock.Advance(-2 * time.Hour) // between the mail and the typing
	if reply := late.submit("/code", "c", id, "code", code); reply.StatusCode != http.StatusSeeOther || late.signedIn().Account.IsZero() {
		t.Errorf("a code from the future is answered %d", reply.StatusCode)
	}

	early := w.browser()
	id = early.ask("another@example.org")
	code = w.code()
	w.clock.Advance(365 * 24 * time.Hour) // the clock jumps a year ahead
	if reply := early.submit("/code", "c", id, "code", code); reply.StatusCode == http.StatusSeeOther && !early.signedIn().Account.IsZero() {
		t.Error("a code of last year signs in")
	}
	if !b.signedIn().Account.IsZero() {
		t.Error("a sign-in of last year is good")
	}
	if status := w.browser().signIn(key); status >= http.StatusBadRequest {
		t.Errorf("a year ahead, a passkey signs in with %d", status)
	}
	w.clock.Advance(-365 * 24 * time.Hour) // and is set right again
	again := w.browser()
	id = again.ask("third@example.org")
	if reply := again.submit("/code", "c", id, "code", w.code()); reply.StatusCode != http.StatusSeeOther || again.signedIn().Account.IsZero() {
		t.Errorf("once the clock is right again, a code is answered %d", reply.StatusCode)
	}
}
