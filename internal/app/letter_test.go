package app_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

func (w *world) letters() *app.Letters { return app.NewLetters(w.Records) }

// offline is somebody of whom no e-mail address is known.
func (w *world) offline(nora habeas.Actor, given string) habeas.PartyID {
	w.Helper()
	v := with(with(with(person(given, "Novák", "1950-02-01"), "address", "street", "Lipová 12"), "address", "city", "Brno"), "address", "postcode", "602 00")
	return w.enter(nora, "", with(with(v, "contact", "language", "es"), "phone", "number", "+420 600 111"), func(a *party.Assertion) { a.Separate = true })
}

// written prints letters and returns their codes.
func (w *world) written(nora habeas.Actor, ids ...habeas.PartyID) (codes []string) {
	w.Helper()
	w.later(0)
	for _, l := range must(w.letters().Print(w.ctx(), nora, ids))(w) {
		w.ok(l.Code.Use(func(text []byte) error { codes = append(codes, string(text)); return nil }))
	}
	return codes
}

func (w *world) redeem(a habeas.Actor, code string) (habeas.PartyID, error) {
	w.later(0)
	return w.letters().Redeem(w.ctx(), a, "192.0.2.7", sealedtest.Seal(code))
}

var printedCode = regexp.MustCompile(`letter-code mono">([0-9a-z-]+)<`)

// Proves PTY-27.
func TestSomebodyWithoutMailClaimsByLetter(t *testing.T) {
	w := newWorld(t)
	desk := w.staffBrowser("nora@example.org")
	nora := w.staff("nora@example.org")
	jan, eva := w.offline(nora, "Jan"), w.offline(nora, "Eva")
	w.enter(nora, "mail@example.org", person("Has", "Mail", ""))
	desk.get("/staff/letters") // asks why
	desk.post("/staff/purpose", "purpose", party.Purposes()[0].Key, "to", "/staff/letters")
	list := html.UnescapeString(desk.get("/staff/letters").text)
	if !strings.Contains(list, jan.String()) || !strings.Contains(list, eva.String()) || strings.Contains(list, "Has Mail") {
		t.Errorf("the list is\n%s", list)
	}
	ticked := formOf("to", jan.String())
	ticked.Add("to", eva.String())
	p := desk.send(http.MethodPost, "/staff/letters", ticked)
	codes := printedCode.FindAllStringSubmatch(p.text, -1)
	if p.status != http.StatusOK || len(codes) != 2 || p.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("the letters: %d, %d codes", p.status, len(codes))
	}
	sheet := html.UnescapeString(p.text)
	for _, want := range []string{`lang="es"`, "Jan Novák", "Lipová 12", "602 00 Brno", "City Sports", "records.example.org/letter", "Un registro sobre ti"} {
		if !strings.Contains(sheet, want) {
			t.Errorf("the letter lacks %q", want)
		}
	}
	for _, never := range []string{"1950", "420 600"} {
		if strings.Contains(sheet, never) {
			t.Errorf("the letter holds %q", never)
		}
	}

	b := w.browser()
	if p := b.get("/letter"); !strings.Contains(p.text, `name="address"`) || strings.Contains(p.text, "Jan") {
		t.Error("the page does not ask for an address first")
	}
	w.mails()
	at := b.post("/join", "address", "jan@example.net", "again", "jan@example.net", "language", "es", "to", "/letter")
	if to := b.post("/code", "c", strings.TrimPrefix(at, "/code?c="), "code", w.codeIn(w.mailTo("jan@example.net", mail.KindCode))); to != "/letter" {
		t.Fatalf("the mailed code leads to %s", to)
	}
	if p := b.send(http.MethodPost, "/letter", formOf("code", "0000-0000-0000")); p.status != http.StatusBadRequest || !strings.Contains(p.text, "does not fit") && !strings.Contains(p.text, "no encaja") {
		t.Errorf("a wrong code: %d", p.status)
	}
	to := b.post("/letter", "code", strings.ToUpper(strings.ReplaceAll(codes[0][1], "-", " ")))
	if to != "/me/offers/"+jan.String() {
		t.Fatalf("the code of the letter leads to %s", to)
	}
	offer := html.UnescapeString(b.get(to).text)
	if !strings.Contains(offer, "420 600 111") || !strings.Contains(offer, "Lipová") {
		t.Errorf("a code on paper does not open what asks for it:\n%s", offer)
	}
	w.accept(w.who(b), jan, nil)
	if rec := w.held(jan); rec.Party.State != party.Claimed {
		t.Errorf("the record is %s", rec.Party.State)
	}
	w.look(w.who(b), audit.LetterUsed)
	if _, err := w.redeem(w.join("eve@example.net"), codes[0][1]); err == nil {
		t.Error("a code can be used twice")
	}
	w.verify()
}

// Proves PTY-27, PTY-A22, PTY-A33.
func TestACodeByLetterThatDoesNotOpenSaysNothing(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	id, other := w.offline(nora, "Jan"), w.offline(nora, "Eva")
	first := w.written(nora, id)[0]
	second := w.written(nora, id)[0]
	oscar := w.join("oscar@example.net")
	size := w.verify().Leaves
	refused := func(name string, who habeas.Actor, code string) {
		w.Helper()
		_, err := w.redeem(who, code)
		if err == nil || err.Error() != party.ErrLetter.Error() {
			t.Errorf("%s: %v", name, err)
		}
		if now := w.verify().Leaves; now != size+1 {
			t.Errorf("%s wrote %d lines", name, now-size)
		} else {
			size = now
		}
	}
	refused("no code at all", oscar, "hello")
	refused("one that is in no letter", oscar, "0000-0000-0000")
	refused("one that a newer letter replaced", oscar, first)
	all := must(w.letters().LettersTo(w.ctx(), nora, id))(w)
	must(w.letters().Returned(w.ctx(), nora, all[0].ID, true))(w)
	size = w.verify().Leaves
	refused("one that came back", oscar, second)
	must(w.letters().Returned(w.ctx(), nora, all[0].ID, false))(w)
	size = w.verify().Leaves
	w.later(party.DefaultRules.PaperLife)
	refused("one that is over", oscar, second)
	if _, _, err := w.letters().WithoutMail(w.ctx(), nora, habeas.PartyID{}); err != nil {
		t.Error(err)
	}

	// Too many wrong ones, whoever the account and wherever the network.
	good := w.written(nora, id)[0]
	var last error
	for range party.LetterTriesPerson {
		_, last = w.redeem(oscar, "0000-0000-0001")
	}
	if _, err := w.redeem(oscar, good); err == nil || err.Error() != party.ErrLetterTries.Error() {
		t.Errorf("after %v: %v", last, err)
	}
	for range party.LetterTriesClient {
		_, _ = w.redeem(w.join("o"+habeas.NewID[habeas.EventKind](w.clock.Now()).String()[20:]+"@example.net"), "0000-0000-0001")
	}
	jan := w.join("jan@example.net")
	if _, err := w.redeem(jan, good); err == nil || err.Error() != party.ErrLetterTries.Error() {
		t.Errorf("from a network that guesses: %v", err)
	}
	w.later(party.LetterWindow + time.Hour)

	// Whoever has a record already gets no second one by a letter: staff look.
	w.offers(jan) // begins one of their own
	got, err := w.redeem(jan, good)
	w.ok(err)
	if offers := w.offers(jan); got != id || len(offers) != 1 || offers[0].Review != party.ReviewConflict || len(offers[0].Record.Sets) != 0 {
		t.Errorf("a second record is offered: %+v", offers)
	}
	// And a guarded record is not opened by an older letter, nor written to.
	code := w.written(nora, other)[0]
	ana := w.join("ana@example.org")
	must(w.guardians().Appoint(w.ctx(), nora, other, w.address("ana@example.org"), w.clock.Now().AddDate(1, 0, 0), party.DocumentCourt))(w)
	eva := w.join("eva@example.net")
	size = w.verify().Leaves
	refused("one of somebody with a guardian", eva, code)
	refused("the guardian's", ana, code)
	_, err = w.letters().Print(w.ctx(), nora, []habeas.PartyID{other})
	w.refused(err, "letter.guarded")
}
