package app_test

import (
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
)

// Proves PTY-20.
func TestMailsSpeakThePersonsLanguageAndNameNobody(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	v := with(person("Zacarías", "Belmonte", "1984-05-03"), "contact", "language", "es")
	id, _ := bookings.say("zacarias@example.org", v, ticket("B-1", "Visita guiada"))
	wrong, _ := bookings.say("zacarias2@example.org", person("Otro", "Belmonte", ""))
	w.enter(nora, "zacarias2@example.org", person("Otro", "Belmonte", ""))
	w.mails()

	var sent []mail.Message
	w.ok(w.Records.Invite(w.ctx(), nora, id))
	sent = append(sent, w.mails()...)
	zac := w.joinIn("zacarias@example.org", "es")
	sent = append(sent, w.sent...)
	w.accept(zac, id, nil)
	sent = append(sent, w.mails()...)
	other := w.joinIn("zacarias2@example.org", "es")
	w.notMe(other, wrong)
	sent = append(sent, w.mails()...)
	_, err := w.Records.Erase(w.ctx(), zac, id)
	w.ok(err)
	sent = append(sent, w.mails()...)

	kinds := map[mail.Kind]string{}
	for _, m := range sent {
		kinds[m.Kind] = m.Language
		if strings.TrimSpace(m.Text) == "" || strings.Contains(m.Text, "<p") || m.HTML == "" {
			t.Errorf("%s: no plain-text part, or no other", m.Kind)
		}
		for _, private := range []string{"acar", "Belmonte", "1984", "Otro", "Visita", "@example.org", "B-1"} {
			if strings.Contains(m.Subject, private) {
				t.Errorf("%s: the subject %q names somebody", m.Kind, m.Subject)
			}
			if private != "@example.org" && strings.Contains(m.Text+m.HTML, private) {
				t.Errorf("%s: the mail carries %q", m.Kind, private)
			}
		}
		if !strings.Contains(m.Subject, "City Sports") {
			t.Errorf("%s: the subject %q does not say who writes", m.Kind, m.Subject)
		}
	}
	for kind, language := range map[mail.Kind]string{
		mail.KindInvitation: "es", mail.KindCode: "es", mail.KindClaimed: "es", mail.KindErased: "es", mail.KindRefused: "en",
	} {
		if kinds[kind] != language {
			t.Errorf("%s was written in %q, want %q", kind, kinds[kind], language)
		}
	}
}

// Proves PTY-A10.
func TestMailGoesOnlyToTheStoredAddress(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	mike := w.join("Mike@example.org")
	w.mails()
	// The address is the same one, typed otherwise: mail goes where it was proved.
	w.browser().ask("mike@EXAMPLE.ORG")
	if got := w.mails(); len(got) != 1 || got[0].To != "Mike@example.org" {
		t.Errorf("a code went to %v", got[0].To)
	}
	id := w.enter(nora, "MIKE@example.org", party.Values{"organisation": {"city": "Bonn"}})
	w.ok(w.Records.Invite(w.ctx(), nora, id))
	w.mailTo("Mike@example.org", mail.KindInvitation)
	w.accept(mike, id, nil)
	w.mailTo("Mike@example.org", mail.KindClaimed)
	// A look-alike is another address: nothing of Mike's goes there or is seen there.
	b := w.browser()
	at := b.send("POST", "/join", formOf("address", "mıke@example.org", "again", "mıke@example.org", "language", "en"))
	for _, m := range w.mails() {
		if m.To == "Mike@example.org" || m.To == "mike@example.org" {
			t.Error("asking at a look-alike wrote to Mike")
		}
		b.post("/code", "c", strings.TrimPrefix(at.header.Get("Location"), "/code?c="), "code", w.codeIn(m))
		if stranger := w.who(b); stranger.Account == mike.Account {
			t.Error("a look-alike signed in as Mike")
		}
	}
}
