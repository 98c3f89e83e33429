package app_test

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/promise"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// administrator signs a browser in as staff and administrator.
func (w *world) administrator(address string) *browser {
	w.Helper()
	b := w.staffBrowser(address)
	w.employ(address, habeas.RoleAdministrator)
	return b
}

// policyForm is what the policy page sends when nothing was changed but more.
func policyForm(version string, more ...string) []string {
	return append([]string{
		"version", version, "acquisition", "confirmation", "why_not", "", "delay_days", "7", "language", "en",
		"why_en", "", "contact_en", "", "why_es", "", "contact_es", "", "months", "24", "warn_days", "30", "zone", "UTC", "hour", "8", "set_contact", "on",
	}, more...)
}

// Proves PTY-24.
func TestThePolicyIsChangedOnAPageAndReadByEverybody(t *testing.T) {
	w := newWorld(t)
	b, visitor := w.administrator("root@example.org"), w.browser()
	form := b.get("/admin/policy").text
	if !strings.Contains(form, "can notice when a record stops being readable") {
		t.Error("the page hides what an opened data set lets systems notice")
	}
	for _, c := range party.AcquisitionChoices() {
		if !strings.Contains(form, strings.ReplaceAll(c.Explain, "'", "&#39;")) {
			t.Errorf("the page does not explain %q", c.Label)
		}
	}
	changed := b.send(http.MethodPost, "/admin/policy", formOf(append(policyForm("0"), "acquisition", "staff", "months", "36", "why_en", "To run the club.")...))
	if changed.status != http.StatusSeeOther {
		t.Fatalf("a change: %d %s", changed.status, changed.text)
	}
	for _, words := range []string{"To run the club.", "somebody here looks before", "36 months after the last word", "Version 1", "help@example.org"} {
		if !strings.Contains(visitor.get("/policy").text, words) {
			t.Errorf("the public page does not say %q", words)
		}
	}
	if late := b.send(http.MethodPost, "/admin/policy", formOf(policyForm("0")...)); late.status != http.StatusConflict {
		t.Errorf("a change over somebody else's: %d", late.status)
	}
	wrong := b.send(http.MethodPost, "/admin/policy", formOf(policyForm("1", "months", "0", "delay_days", "40")...))
	if wrong.status != http.StatusBadRequest || strings.Count(wrong.text, "control-wrong") != 2 {
		t.Errorf("two wrong numbers: %d, %d marked", wrong.status, strings.Count(wrong.text, "control-wrong"))
	}
	page := b.get("/admin/policy?changed").text
	if !strings.Contains(page, "/admin/policy/back") || !strings.Contains(page, "retention.months: 24 → 36") {
		t.Error("the page offers no way back, or does not say what changed")
	}
	b.post("/admin/policy/back", "version", "1")
	if now := must(w.Policies.Current(w.ctx()))(t); now.Version != 2 || now.Retention.Months != 24 || now.Acquisition != party.AcquireByConfirm {
		t.Errorf("after putting back: %+v", now)
	}
	if again := b.send(http.MethodPost, "/admin/policy/back", formOf("version", "1")); again.status != http.StatusConflict {
		t.Errorf("put back twice: %d", again.status)
	}
	for _, path := range []string{"/admin/policy", "/admin/registers", "/admin/registers/retention.csv"} {
		if p := w.browser().join("tim@example.org").send(http.MethodGet, path, nil); p.status != http.StatusForbidden {
			t.Errorf("%s for somebody who is no administrator: %d", path, p.status)
		}
	}
}

// copyOf is the copy of everything that a browser's person takes.
func (w *world) copyOf(b *browser) party.Copy {
	w.Helper()
	return must(w.Records.Copy(w.ctx(), w.who(b)))(w)
}

// Proves PTY-6, PTY-18.
func TestAPersonHidesTheirPublicProfile(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	id := w.enter(nora, "ada@example.org", party.Values{"identity": {"given_name": "Ada"}, "profile": {"headline": "Teaches counterpoint"}})
	other := w.enter(nora, "eva@example.org", party.Values{"profile": {"headline": "Teaches the harp"}})
	ada := w.browser().join("ada@example.org")
	visible := func(want int) {
		t.Helper()
		if p := w.browser().send(http.MethodGet, "/people/"+w.Profiles.Ref(id).String(), nil); p.status != want {
			t.Errorf("the profile for a stranger: %d, want %d", p.status, want)
		}
	}
	decide := func(id habeas.PartyID, given string) int {
		w.later(0)
		return ada.send(http.MethodPost, "/me/agreed", formOf("kind", string(account.ConsentProfile), "record", id.String(), "given", given)).status
	}
	visible(http.StatusOK)
	if got := decide(id, "no"); got != http.StatusNotFound {
		t.Errorf("hiding a record before it is hers: %d", got)
	}
	w.accept(w.who(ada), id, nil)
	if !strings.Contains(ada.get("/me/agreed").text, "not decided") {
		t.Error("the page does not offer the decision")
	}
	// Somebody who held the record before has hidden it: that binds nobody else.
	w.ok(w.DB.InTx(w.ctx(), func(tx *sqlstore.Tx) error {
		oscar := account.Consent{Account: habeas.AccountID{15: 7}, Kind: account.ConsentProfile, About: habeas.SubjectOf(id), Words: 1, At: w.clock.Now()}
		return tx.Consents().SetConsent(oscar, audit.Entry{
			ID: habeas.NewID[habeas.EventKind](w.clock.Now()), Event: audit.ConsentWithdrawn, Actor: habeas.Server, At: w.clock.Now(),
		})
	}))
	if !strings.Contains(ada.get("/me/agreed").text, "not decided") {
		t.Error("another's decision is taken for hers")
	}
	visible(http.StatusOK)
	if got := decide(id, "no"); got != http.StatusSeeOther {
		t.Errorf("taking it back: %d", got)
	}
	visible(http.StatusNotFound)
	for form, text := range map[string]string{"json": string(w.copyOf(ada).JSON), "csv": string(w.copyOf(ada).CSV), "html": string(w.copyOf(ada).HTML)} {
		if want := "profile.public " + id.String() + " withdrawn"; !strings.Contains(text, want) {
			t.Errorf("her copy as %s lacks %q", form, want)
		}
	}
	if got := decide(other, "no"); got != http.StatusNotFound {
		t.Errorf("hiding somebody else's profile: %d", got)
	}
	if got := decide(id, "yes"); got != http.StatusSeeOther {
		t.Errorf("agreeing: %d", got)
	}
	visible(http.StatusOK)
	events := []audit.Event{}
	for _, l := range w.activity(w.who(ada)) {
		if l.Event == audit.ConsentGiven || l.Event == audit.ConsentWithdrawn {
			events = append(events, l.Event)
		}
	}
	if !slices.Equal(events, []audit.Event{audit.ConsentGiven, audit.ConsentWithdrawn}) {
		t.Errorf("witnessed: %v", events)
	}
	root := w.administrator("root@example.org")
	register := root.get("/admin/registers").text
	if !strings.Contains(register, "Everybody on the web may see") || strings.Contains(register, "Ada") {
		t.Error("the consent register lacks the line, or names somebody")
	}
	if csv := root.get("/admin/registers/retention.csv"); !strings.Contains(csv.text, "24 months after the last word") {
		t.Errorf("the retention register as CSV: %s", csv.text)
	}
	_, err := w.Records.EraseMe(w.ctx(), w.who(ada))
	w.ok(err)
	if counts := must(w.DB.Consents().ConsentCounts(w.ctx()))(t); len(counts) != 0 {
		t.Errorf("an erased person's consent is still counted: %+v", counts)
	}
}

// Everybody can read what is promised, and which test proves it.
func TestPromisesArePublicWithTheirProofs(t *testing.T) {
	w := newWorld(t)
	page := w.browser().get("/policy/promises").text
	for _, p := range promise.All() {
		if !strings.Contains(page, ">"+p.ID+"<") {
			t.Errorf("the page lacks %s", p.ID)
		}
	}
	if !strings.Contains(page, "TestWhoRegistersGetsACertificate") {
		t.Error("no test stands beside its promise")
	}
	file := w.browser().get("/policy/promises.csv")
	rows, err := csv.NewReader(strings.NewReader(file.text)).ReadAll()
	if err != nil || len(rows) <= len(promise.All()) {
		t.Errorf("%d lines, %v", len(rows), err)
	}
}
