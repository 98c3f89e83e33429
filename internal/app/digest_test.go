package app_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
)

// digests runs the schedule and returns the digests that went out.
func (w *world) digests() []mail.Message {
	w.Helper()
	w.ok(w.DB.Settle(w.ctx())) // on PostgreSQL a line gets its place a moment later
	w.ok(w.Digests.Tell(w.ctx()))
	var out []mail.Message
	for _, m := range w.mails() {
		if m.Kind == mail.KindDigest {
			out = append(out, m)
		}
	}
	return out
}

// opens lets staff open a record.
func (w *world) opens(a habeas.Actor, id habeas.PartyID, purpose string) {
	w.Helper()
	w.later(time.Minute)
	a.Purpose = purpose
	must(w.Records.Open(w.ctx(), a, id))(w)
}

// Proves PTY-20.
func TestADigestCountsWhoLookedAndNamesNobody(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	id := w.enter(nora, "ada@example.org", person("Ada", "Poe", "1971-02-11"))
	ada := w.joinIn("ada@example.org", "es")
	w.accept(ada, id, nil)
	w.digests()
	if got := w.digests(); len(got) != 0 {
		t.Fatalf("%d digests about nothing", len(got))
	}
	for range 3 {
		w.opens(nora, id, "Answer a question of the person")
	}
	w.opens(nora, id, "Incident")
	if got := w.digests(); len(got) != 0 {
		t.Errorf("%d digests before Monday", len(got))
	}
	w.later(9 * 24 * time.Hour)
	got := w.digests()
	if len(got) != 1 || got[0].To != "ada@example.org" || got[0].Language != "es" {
		t.Fatalf("%d digests: %+v", len(got), got)
	}
	m := got[0]
	for _, want := range []string{"3 miradas del personal", "1 mirada del personal", "Incidente", "/me/activity", "/me/notifications"} {
		if !strings.Contains(m.Text, want) || !strings.Contains(m.HTML, want) {
			t.Errorf("the digest lacks %q:\n%s", want, m.Text)
		}
	}
	for _, private := range []string{"Nora", "Quill", "Ada", "Poe", "1971", "nora@"} {
		if strings.Contains(m.Subject+m.Text+m.HTML, private) {
			t.Errorf("the digest names %q", private)
		}
	}
	if w.later(8 * 24 * time.Hour); len(w.digests()) != 0 {
		t.Error("the same was told twice")
	}
	page := w.browser().join("ada@example.org").get("/me/notifications").text
	if !strings.Contains(page, "Who looked") || !strings.Contains(page, "delivered") {
		t.Error("the page does not list the digest")
	}
}

// digested is Ada, whose record was opened by Nora, and what Ada was mailed about it.
func (w *world) digested() (nora habeas.Actor, id habeas.PartyID, ada habeas.Actor, first mail.Message) {
	w.Helper()
	nora = w.staff("nora@example.org")
	id = w.enter(nora, "ada@example.org", person("Ada", "Poe", ""))
	ada = w.join("ada@example.org")
	w.accept(ada, id, nil)
	w.digests()
	w.opens(nora, id, "Incident")
	w.later(9 * 24 * time.Hour)
	got := w.digests()
	if len(got) != 1 {
		w.Fatalf("%d digests", len(got))
	}
	return nora, id, ada, got[0]
}

// Proves PTY-20, PTY-A19.
func TestADigestIsStoppedByOnePostAndNoGet(t *testing.T) {
	w := newWorld(t)
	nora, id, ada, first := w.digested()
	stop, ours := strings.CutPrefix(first.ListUnsubscribe, "https://records.example.org")
	if !ours || !strings.HasPrefix(stop, "/notice/stop/") || !strings.Contains(first.Text, stop) {
		t.Fatalf("List-Unsubscribe: %q", first.ListUnsubscribe)
	}
	scanner := w.browser()
	scanner.get(stop)
	scanner.send(http.MethodHead, stop, nil)
	of := func() account.Every { return must(w.Digests.Wish(w.ctx(), ada))(t).Wish.Often() }
	if of() != account.Weekly {
		t.Fatal("opening the link switched the digest off")
	}
	// As a mail program posts by itself (RFC 8058, 3.2).
	if p := scanner.send(http.MethodPost, stop, formOf("List-Unsubscribe", "One-Click"), func(r *http.Request) { r.Header.Del("Sec-Fetch-Site") }); p.status != http.StatusOK {
		t.Fatalf("one click: %d", p.status)
	}
	if of() != account.Never {
		t.Fatal("one click did not switch it off")
	}
	w.opens(nora, id, "Incident")
	if w.later(9 * 24 * time.Hour); len(w.digests()) != 0 {
		t.Error("a digest after it was stopped")
	}
	scanner.post(stop + "/resume")
	w.digests()
	w.opens(nora, id, "Incident")
	w.later(9 * 24 * time.Hour)
	if got := w.digests(); len(got) != 1 || !strings.Contains(got[0].Text, "1 look") {
		t.Errorf("after it was resumed: %d digests", len(got))
	}
	wrong := scanner.send(http.MethodPost, "/notice/stop/"+strings.Repeat("A", 43), nil)
	if wrong.status != http.StatusNotFound {
		t.Errorf("a made-up link: %d", wrong.status)
	}
}

// Proves PTY-20.
func TestADigestThatCameBackPausesUntilItsPersonSaysSo(t *testing.T) {
	w := newWorld(t)
	nora, id, _, first := w.digested()
	must(w.TakeBounce(w.ctx(), strings.NewReader(returned(first, "failed"))))(t)
	w.opens(nora, id, "Incident")
	w.later(9 * 24 * time.Hour)
	if again := w.digests(); len(again) != 0 {
		t.Fatalf("%d digests to an address that sent one back", len(again))
	}
	b := w.browser().join("ada@example.org")
	if page := b.get("/me/notifications").text; !strings.Contains(page, "Mail to your address comes back") || !strings.Contains(page, "came back") {
		t.Error("the page does not say that mail comes back")
	}
	b.post("/me/notifications/mend")
	w.later(9 * 24 * time.Hour)
	if again := w.digests(); len(again) != 1 || !strings.Contains(again[0].Text, "1 look by staff for “Incident”") {
		t.Errorf("after it was mended: %d digests", len(again))
	}
}

// What has to be told at once cannot be switched off; what may be is not told.
//
// Proves PTY-20.
func TestAPersonChoosesWhatTheyAreTold(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	id := w.enter(nora, "ada@example.org", person("Ada", "Poe", ""))
	b := w.browser().join("ada@example.org")
	ada := w.who(b)
	w.accept(ada, id, nil)
	w.digests()
	b.post("/me/notifications", "every", "daily", "tell_lists", "on", "tell_reads", "on", "tell_codes", "on", "tell_passes", "on", "tell_reminders", "on")
	if page := b.get("/me/notifications").text; !strings.Contains(page, `value="daily" checked`) {
		t.Error("the page does not show the choice")
	}
	w.ok(w.Records.Amend(w.ctx(), nora, id, party.Values{"identity": {"given_name": "Adelaide"}}))
	w.ok(w.Records.TellProposals(w.ctx()))
	w.opens(nora, id, "Incident")
	w.later(48 * time.Hour)
	for _, m := range append(w.digests(), w.mails()...) {
		t.Errorf("a mail %q that is not wanted", m.Kind)
	}
	w.refused(w.Digests.Choose(w.ctx(), ada, account.Wish{Off: []account.Telling{"claimed"}}), "tell.always")
}

// Several nodes that look at once send one digest.
//
// Proves PTY-20.
func TestADigestIsSentOnceByWhoeverIsFirst(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	id := w.enter(nora, "ada@example.org", person("Ada", "Poe", ""))
	ada := w.join("ada@example.org")
	w.accept(ada, id, nil)
	w.digests()
	w.opens(nora, id, "Incident")
	w.ok(w.DB.Settle(w.ctx()))
	w.later(9 * 24 * time.Hour)
	var nodes sync.WaitGroup
	for range 8 {
		nodes.Go(func() {
			if err := app.NewDigests(w.Records, w.Accounts, w.Policies).Tell(w.ctx()); err != nil {
				t.Error(err)
			}
		})
	}
	nodes.Wait()
	if got := w.digests(); len(got) != 1 {
		t.Errorf("%d digests", len(got))
	}
}
