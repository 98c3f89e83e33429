package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
)

// Proves PTY-18.
func TestAPersonErasesEverythingAboutThemselves(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	id, ref := bookings.say("tim@example.org", person("Tim", "Berger", "1984-05-03"))
	other, _ := bookings.say("eva@example.org", person("Eva", "Roth", ""))
	tim := w.join("tim@example.org")
	w.accept(tim, id, nil)
	w.mails()

	receipt, err := w.Records.EraseMe(w.ctx(), tim)
	w.ok(err)
	checked, err := app.CheckReceipt(receipt, w.Ledger.VerifierKey(), "")
	w.ok(err)
	if checked.Event != audit.AccountErased || strings.Contains(string(checked.Detail), tim.Account.String()) {
		t.Errorf("the receipt says %+v", checked)
	}
	for _, subject := range []habeas.SubjectID{habeas.SubjectOf(id), habeas.SubjectOf(tim.Account)} {
		if _, err := w.Keys.Key(w.ctx(), subject); habeas.KindOf(err) != habeas.KindGone {
			t.Errorf("the key of %s is still there: %v", subject, err)
		}
	}
	if _, err := w.DB.Records().Party(w.ctx(), id); habeas.KindOf(err) != habeas.KindNotFound {
		t.Errorf("the record is still there: %v", err)
	}
	if found := w.Finder.Find("berger", 5); len(found) != 0 {
		t.Error("search still finds Tim")
	}
	if mails := w.mails(); len(mails) != 1 || mails[0].To != "tim@example.org" {
		t.Errorf("mails: %d", len(mails))
	}
	if w.held(other).Party.ID != other {
		t.Error("somebody else's record is gone")
	}
	// The system cannot tell: the same words get the same reference, and a new record.
	again, sameRef := bookings.say("tim@example.org", person("Tim", "Berger", "1984-05-03"))
	if again == id || sameRef != ref {
		t.Errorf("after the erasure: same record %v, same reference %v", again == id, sameRef == ref)
	}
	if _, err := w.Records.EraseMe(w.ctx(), tim); err == nil {
		t.Error("an account was erased twice")
	}
}

func TestErasingEverythingTakesATypedWordAndSignsOut(t *testing.T) {
	w := newWorld(t)
	b := w.browser().join("tim@example.org")
	if page := b.get("/me/erase"); !strings.Contains(page.text, "Erase everything about me") {
		t.Fatal("the page does not say what it does")
	}
	for word, want := range map[string]int{"no": http.StatusBadRequest, "": http.StatusBadRequest} {
		if p := b.send(http.MethodPost, "/me/erase", formOf("word", word)); p.status != want {
			t.Errorf("%q: status %d, want %d", word, p.status, want)
		}
	}
	p := b.send(http.MethodPost, "/me/erase", formOf("word", "erase"))
	if p.status != http.StatusOK || !strings.Contains(p.text, "c2sp.org/tlog-proof") || len(b.cookies) > 1 {
		t.Errorf("the word: status %d, %d cookies\n%s", p.status, len(b.cookies), p.text)
	}
	if p := b.send(http.MethodGet, "/me", nil); p.status != http.StatusSeeOther {
		t.Errorf("still signed in: status %d", p.status)
	}
	if all, _, _, err := w.DB.Records().Count(w.ctx()); err != nil || all != 0 {
		t.Errorf("%d records left (%v)", all, err)
	}
}
