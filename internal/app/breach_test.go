package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
)

func TestABreachIsCountedAndThoseConcernedAreToldOnce(t *testing.T) {
	w := newWorld(t)
	breaches, root := app.NewBreaches(w.Records), w.boss("root@example.org")
	bookings, tours := w.connect("City Bookings"), w.connect("Bell Tours")
	phone := func(given string) party.Values {
		return with(person(given, "Berger", ""), "phone", "number", "030 12345")
	}
	tim, _ := bookings.say("tim@example.org", with(phone("Tim"), "contact", "language", "es"))
	mia, _ := bookings.say("mia@example.org", phone("Mia"))
	w.accept(w.join("mia@example.org"), mia, nil)
	bookings.say("", phone("Nobody"), external("x-1"))
	bookings.say("none@example.org", person("Nina", "Berger", ""))
	tours.say("tours@example.org", phone("Tom"))
	w.later(time.Hour)

	_, err := breaches.Open(w.ctx(), w.staff("nora@example.org"), w.clock.Now(), party.BreachFacts{What: "x"})
	w.refused(err, "role.missing")
	_, err = breaches.Open(w.ctx(), root, w.clock.Now().Add(time.Hour), party.BreachFacts{What: "x"})
	w.refused(err, "breach.noticed")
	b := must(breaches.Open(w.ctx(), root, w.clock.Now(), party.BreachFacts{What: "A laptop was lost."}))(t)
	w.refused(breaches.Close(w.ctx(), root, b.ID, b.Version, true), "breach.open")
	w.refused(breaches.Change(w.ctx(), root, b.ID, 7, party.BreachFacts{What: "x"}), "breach.changed")
	w.ok(breaches.Change(w.ctx(), root, b.ID, 1, party.BreachFacts{
		What: "A laptop was lost.", Sets: []string{"phone"}, People: 3, Records: 4, Consequences: "Calls.", Measures: "Locked.", Danger: party.DangerHigh,
	}))
	by := party.Affected{Sets: []string{"phone"}, System: bookings.actor.System}
	if n := must(breaches.Count(w.ctx(), root, by))(t); n != 3 {
		t.Errorf("it concerns %d, want 3", n)
	}
	if n := must(breaches.Count(w.ctx(), root, party.Affected{From: w.clock.Now()}))(t); n != 0 {
		t.Errorf("said since: %d", n)
	}
	words := party.Texts{"en": "A laptop with telephone numbers was lost.", "es": "Se perdió un portátil con teléfonos."}
	_, err = breaches.Write(w.ctx(), root, b.ID, 2, by, party.Texts{"en": "Only English."})
	w.refused(err, "breach.words")
	w.mails()
	sent := must(breaches.Write(w.ctx(), root, b.ID, 2, by, words))(t)
	if sent.Letters != 2 || sent.Without != 1 {
		t.Errorf("sent: %+v", sent)
	}
	got := w.mails()
	if len(got) != 2 {
		t.Fatalf("%d letters", len(got))
	}
	for _, m := range got {
		want := map[string]string{"tim@example.org": "Se perdió", "mia@example.org": "A laptop"}[m.To]
		if m.Kind != mail.KindBreach || want == "" || !strings.Contains(m.Text, want) || strings.Contains(m.Subject, "laptop") {
			t.Errorf("to %s: %s\n%s", m.To, m.Subject, m.Text)
		}
	}
	now, letters, err := breaches.At(w.ctx(), root, b.ID)
	w.ok(err)
	if letters["done"] != 2 || len(now.Mailings) != 1 {
		t.Errorf("delivery %v, %+v", letters, now.Mailings)
	}
	// A second choice that covers the same people writes only to the others.
	if sent = must(breaches.Write(w.ctx(), root, b.ID, now.Version, party.Affected{Sets: []string{"phone"}}, words))(t); sent.Letters != 1 {
		t.Errorf("sent again: %+v", sent)
	}
	now, _, err = breaches.At(w.ctx(), root, b.ID)
	w.ok(err)
	w.later(80 * time.Hour)
	w.ok(breaches.Notify(w.ctx(), root, b.ID, now.Version, w.clock.Now().Add(-time.Minute), "By their form."))
	w.refused(breaches.Close(w.ctx(), root, b.ID, now.Version+1, true), "breach.open") // late, and nobody says why
	facts := now.BreachFacts
	facts.WhyLate = "A holiday."
	w.ok(breaches.Change(w.ctx(), root, b.ID, now.Version+1, facts))
	w.ok(breaches.Close(w.ctx(), root, b.ID, now.Version+2, true))
	w.refused(breaches.Change(w.ctx(), root, b.ID, now.Version+3, facts), "breach.closed")
	w.ok(breaches.Close(w.ctx(), root, b.ID, now.Version+3, false))
	if n := w.happened(tim, audit.BreachTold); n != 1 {
		t.Errorf("%d lines in Tim's log", n)
	}
	w.verify()
}

// rooted is the browser of an administrator.
func (w *world) rooted(address string) *browser {
	w.Helper()
	b := w.staffBrowser(address)
	w.employ(address, habeas.RoleAdministrator)
	return b
}

func TestTheRegisterOfBreachesInTheBrowser(t *testing.T) {
	w := newWorld(t)
	w.connect("City Bookings").say("tim@example.org", person("Tim", "Berger", ""))
	b := w.rooted("root@example.org")
	if p := b.send(http.MethodPost, "/admin/breaches", formOf("noticed", "", "what", "A laptop was lost.")); p.status != http.StatusBadRequest {
		t.Errorf("without a moment: status %d", p.status)
	}
	at := b.post("/admin/breaches", "noticed", "2026-03-01T08:30", "what", "A laptop was lost.")
	page := b.get(at).text
	for _, want := range []string{"71 hours left", "The categories of data.", "The notification to the supervisory authority."} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	b.post(at+"/facts", "version", "1", "what", "A laptop was lost.", "risk", "none", "why_not", "It was encrypted.")
	p := b.send(http.MethodPost, at+"/letters", formOf("version", "2", "of_identity", "on", "words_en", "x", "words_es", "x"))
	if p.status != http.StatusOK || !strings.Contains(p.text, "It concerns 1 person") {
		t.Errorf("the count: status %d\n%s", p.status, p.text)
	}
	b.post(at+"/letters", "version", "2", "of_identity", "on", "words_en", "x", "words_es", "x", "sure", "on")
	if page := b.get(at).text; !strings.Contains(page, "1 letter") || !strings.Contains(page, "1 waiting") {
		t.Errorf("after the letters:\n%s", page)
	}
	if file := b.get(at + "/breach.json").text; !strings.Contains(file, "A laptop was lost.") || strings.Contains(file, "Berger") {
		t.Errorf("the file:\n%s", file)
	}
	b.post(at+"/close", "version", "4")
	if page := b.get("/admin/breaches").text; !strings.Contains(page, "closed") {
		t.Errorf("the register:\n%s", page)
	}
}

func TestTheRecordOfProcessingSaysWhatIsConfigured(t *testing.T) {
	set := invoices()
	set.Recipients = []string{"the tax adviser"}
	bare := party.SetSchema{Name: "badge", Label: "Badges", Visibility: party.ToStaff, Fields: []party.FieldSchema{{Name: "colour", Label: "Colour", Type: party.Text}}}
	w := newWorld(t, set, bare)
	w.connect("City Bookings")
	b := w.rooted("root@example.org")
	for _, path := range []string{"/admin/processing", "/admin/processing/record.html", "/admin/processing/record.csv", "/admin/processing/record.json"} {
		text := b.get(path).text
		for _, want := range []string{"Invoices", "To account for what was sold.", "§ 147 AO", "the tax adviser", "City Bookings", "City Sports", "132 months"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q:\n%s", path, want, text)
			}
		}
	}
	page := b.get("/admin/processing").text
	for _, want := range []string{"Badges: on what legal ground", "Badges: what it is held for", "No backup was made yet.", "the defaults"} {
		if !strings.Contains(page, want) {
			t.Errorf("what is missing is not said: %q", want)
		}
	}
	w.decide(w.boss("boss@example.org"), func(p *party.Policy) { p.Retention.Months = 12 })
	if page := b.get("/admin/processing").text; !strings.Contains(page, "version 1") || !strings.Contains(page, "12 months after") {
		t.Error("a change of the policy is not in it at once")
	}
	if p := w.staffBrowser("desk@example.org").send(http.MethodGet, "/admin/processing", nil); p.status == http.StatusOK {
		t.Error("staff read it")
	}
	if page := w.browser().get("/policy").text; !strings.Contains(page, "To account for what was sold.") {
		t.Error("the public page does not say why")
	}
}
