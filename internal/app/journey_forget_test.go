package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
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

// Proves ACCT-06.
func TestErasingEverythingTakesAMailedCodeAndAWordAndSignsOut(t *testing.T) {
	w := newWorld(t)
	b := w.browser().join("tim@example.org")
	if page := b.get("/me/erase"); !strings.Contains(page.text, "Erase everything about me") || strings.Contains(page.text, `name="word"`) {
		t.Fatal("the page does not say what it does, or asks for the word before the code")
	}
	eva := w.browser().join("eva@example.org")
	asked := eva.post("/me/erase/code")
	foreign := w.codeIn(w.mailTo("eva@example.org", mail.KindCode))
	other, _ := url.Parse(asked)
	at := b.post("/me/erase/code")
	code := w.codeIn(w.mailTo("tim@example.org", mail.KindCode))
	q, err := url.Parse(at)
	w.ok(err)
	c := q.Query().Get("c")
	if p := b.get(at); !strings.Contains(p.text, `name="word"`) || !strings.Contains(p.text, `name="code"`) {
		t.Error("the page asks for no code")
	}
	wrong := "00000000"
	if code == wrong {
		wrong = "00000001"
	}
	for name, form := range map[string]url.Values{
		"another word":         formOf("c", c, "code", code, "word", "no"),
		"no word":              formOf("c", c, "code", code),
		"no code":              formOf("c", c, "word", "erase"),
		"a wrong code":         formOf("c", c, "code", wrong, "word", "erase"),
		"nothing asked for":    formOf("code", code, "word", "erase"),
		"somebody else's code": formOf("c", other.Query().Get("c"), "code", foreign, "word", "erase"),
	} {
		if p := b.send(http.MethodPost, "/me/erase", form); p.status != http.StatusBadRequest {
			t.Errorf("%s: status %d", name, p.status)
		}
	}
	if p := b.send(http.MethodPost, "/code", formOf("c", c, "code", code)); p.status != http.StatusBadRequest {
		t.Errorf("the code signs in, too: status %d", p.status)
	}
	p := b.send(http.MethodPost, "/me/erase", formOf("c", c, "code", code, "word", "erase"))
	if p.status != http.StatusOK || !strings.Contains(p.text, "c2sp.org/tlog-proof") || len(b.cookies) > 1 {
		t.Errorf("code and word: status %d, %d cookies\n%s", p.status, len(b.cookies), p.text)
	}
	if m := w.mailTo("tim@example.org", mail.KindErased); !strings.Contains(m.Text, "c2sp.org/tlog-proof") {
		t.Error("the last mail brings no receipt")
	}
	if p := b.send(http.MethodGet, "/me", nil); p.status != http.StatusSeeOther {
		t.Errorf("still signed in: status %d", p.status)
	}
	if all, _, _, err := w.DB.Records().Count(w.ctx()); err != nil || all != 0 {
		t.Errorf("%d records left (%v)", all, err)
	}
	eva.get("/me")
}
