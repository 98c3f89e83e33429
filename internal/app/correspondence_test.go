package app_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/mail"
)

// Bob writes to Ana by the link that she gave away: she has agreed, he is signed in, she sees his
// address and he nothing of hers. What she takes back holds at once, for every link.
// Proves TP-05.
func TestPeopleWriteToEachOtherWithoutAddresses(t *testing.T) {
	w := newWorld(t)
	ana, bob := w.browser().join("ana@example.org"), w.browser().join("bob@example.org")
	if text := ana.get("/me/written").text; !strings.Contains(text, "Nobody can write to you") {
		t.Error("it is on before she has agreed")
	}
	link := regexp.MustCompile(`https://records\.example\.org(/write/[\w-]+)`)
	choose := func() string {
		ana.post("/me/written", "on", "yes")
		found := link.FindStringSubmatch(ana.get("/me/written").text)
		if found == nil {
			t.Fatal("there is no link")
		}
		return found[1]
	}
	at := choose()
	if p := w.browser().send(http.MethodGet, at, nil); p.status != http.StatusSeeOther || !strings.HasPrefix(p.header.Get("Location"), "/sign-in") {
		t.Errorf("nobody signed in: %d", p.status)
	}
	hers := regexp.MustCompile(`(?i)ana@|ana%40`)
	form := bob.get(at)
	if !strings.Contains(form.text, "bob@example.org") || hers.MatchString(form.text) {
		t.Error("the form does not say what is shown, or shows her address")
	}
	for name, words := range map[string]string{"nothing": " ", "too much": strings.Repeat("x", account.MostMessage+1)} {
		if p := bob.send(http.MethodPost, at, formOf("words", words)); p.status != http.StatusBadRequest || hers.MatchString(p.text) {
			t.Errorf("%s: %d", name, p.status)
		}
	}
	w.mails()
	sent := bob.post(at, "words", "Is the cello still for sale? <b>Bob</b>")
	if p := bob.get(sent); !strings.Contains(p.text, "It is on its way.") || hers.MatchString(p.text) {
		t.Error("Bob is not told, or told too much")
	}
	m := w.mailTo("ana@example.org", mail.KindWritten)
	if text := m.Text; !strings.Contains(text, "Is the cello still for sale?") || !strings.Contains(text, "bob@example.org") || strings.Contains(m.Subject, "bob") {
		t.Errorf("the mail:\n%s\n%s", m.Subject, text)
	}
	if strings.Contains(m.HTML, "<b>Bob</b>") {
		t.Error("what he wrote is markup")
	}

	w.later(time.Second)
	fresh := choose()
	lost := func(name, at string) {
		for _, p := range []page{bob.send(http.MethodGet, at, nil), bob.send(http.MethodPost, at, formOf("words", "Hello"))} {
			if p.status != http.StatusNotFound {
				t.Errorf("%s: %d", name, p.status)
			}
		}
	}
	lost("a link from before", at)
	lost("a wrong one", fresh[:len(fresh)-2]+"AA")
	lost("none", "/write/x")
	if !strings.Contains(ana.get("/me/agreed").text, "Letters from others") {
		t.Error("her consent is not in the register")
	}
	for range account.WritingsFrom - 1 {
		bob.post(fresh, "words", "Hello")
	}
	if p := bob.send(http.MethodPost, fresh, formOf("words", "Hello")); p.status != http.StatusTooManyRequests {
		t.Errorf("without an end: %d", p.status)
	}
	ana.post("/me/written", "on", "no")
	lost("after she took it back", fresh)
	w.verify()
}
