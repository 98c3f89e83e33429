package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/entity"
)

func accepts(mediaType string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Accept", mediaType) }
}

func TestEverybodyLooksUpTheNameOfAThing(t *testing.T) {
	w := newWorld(t)
	d := named(entity.Organization, "Harbour Rowing Club",
		entity.Attribute{Name: entity.AttrAlias, Value: "Club de remo del puerto", Lang: "es", Source: "https://example.org/remo"},
		entity.Attribute{Name: entity.AttrCountry, Value: "ES"}, entity.Attribute{Name: entity.AttrLatitude, Value: "28.1"},
		entity.Attribute{Name: entity.AttrLongitude, Value: "-15.4"}, entity.Attribute{Name: "motto", Value: "Row <b>on</b>"},
		entity.Attribute{Name: "secret_note", Value: "Zanzibar ledger", Access: entity.Hidden})
	d.Externals = []entity.External{{Scheme: "wikidata", Value: "Q4242"}}
	club := w.keep(d, named(entity.Location, "Harbour Town"))[0]
	at := "/entity/" + club.ID.String()
	b := w.browser()

	found := b.get("/entities?q=habour+rowing").text
	for _, want := range []string{"Harbour Rowing Club", at, "Spain", "Organisation"} {
		if !strings.Contains(found, want) {
			t.Errorf("the search does not show %q", want)
		}
	}
	if p := b.get("/entities?q=harb&typing=1&type=location").text; !strings.Contains(p, "Harbour Town") || strings.Contains(p, "Rowing") {
		t.Error("typing with a type")
	}
	if p := b.get("/entities?q=Qxzvb+Wrtplk").text; !strings.Contains(p, "No such entity is known here.") {
		t.Error("it is not said that there is none")
	}
	if p := b.get("/entities?q=Q4242").text; !strings.Contains(p, "By its identifier") || !strings.Contains(p, at) {
		t.Error("an identifier of another registry")
	}
	form := url.QueryEscape(`QUERY { name="Harbour Rowing Club" motto="row on" } METADATA { entityType="organization" }`)
	if p := b.get("/entities?q=" + form).text; !strings.Contains(p, at) {
		t.Error("the query form")
	}
	if p := b.send(http.MethodGet, "/entities?q="+url.QueryEscape("QUERY { name="), nil); p.status != http.StatusBadRequest || !strings.Contains(p.text, "At character") {
		t.Errorf("a wrong query form: %d", p.status)
	}

	shown := b.get(at).text
	for _, want := range []string{"Club de remo del puerto", `lang="es"`, "https://example.org/remo", "28.100° N, 15.400° W", "https://www.wikidata.org/entity/Q4242", "Row &lt;b&gt;on", `"@type":"Organization"`} {
		if !strings.Contains(shown, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	if strings.Contains(shown, "Zanzibar") {
		t.Error("the page shows what is hidden")
	}
	if p := b.send(http.MethodGet, at, nil, accepts("application/ld+json")); p.status != http.StatusSeeOther || p.header.Get("Location") != "/api/v1/entities/"+club.ID.String() {
		t.Errorf("a program: %d %s", p.status, p.header.Get("Location"))
	}
	if p := b.send(http.MethodGet, "/entity/"+strings.ToUpper(club.ID.String()), nil); p.status != http.StatusMovedPermanently || p.header.Get("Location") != at {
		t.Errorf("written in another way: %d %s", p.status, p.header.Get("Location"))
	}
}

// A person who is not published is, to the public, one that is not there: in the search, while
// typing, by identifier, by address, in the query form, as a page and as JSON.
func TestAPersonWhoIsNotPublishedIsNotThere(t *testing.T) {
	w := newWorld(t)
	d := named(entity.Person, "Mira Lindqvist")
	d.Externals = []entity.External{{Scheme: "orcid", Value: "https://orcid.org/0000-0002-1825-0097"}}
	mira := w.keep(d)[0]
	b := w.browser()
	for _, q := range []string{"Mira Lindqvist", "0000-0002-1825-0097", mira.ID.String(), `QUERY { name="Mira Lindqvist" }`} {
		for _, more := range []string{"", "&typing=1"} {
			if p := b.get("/entities?q=" + url.QueryEscape(q) + more).text; strings.Contains(p, "/entity/"+mira.ID.String()) {
				t.Errorf("%s%s finds her", q, more)
			}
		}
		if p := b.get("/api/v1/entities?q=" + url.QueryEscape(q)).text; strings.Contains(p, mira.ID.String()) {
			t.Errorf("the API finds her by %s", q)
		}
	}
	nobody := entity.NewID()
	for _, path := range []string{"/entity/", "/api/v1/entities/"} {
		hers, none := b.send(http.MethodGet, path+mira.ID.String(), nil), b.send(http.MethodGet, path+nobody.String(), nil)
		if hers.status != http.StatusNotFound || strings.ReplaceAll(hers.text, mira.ID.String(), "X") != strings.ReplaceAll(none.text, nobody.String(), "X") {
			t.Errorf("%s: %d, and of nobody %d", path, hers.status, none.status)
		}
	}
}

// The query log is sampled, holds question, form, results and, where that is on, the address;
// an administrator who says why reads it, and it is gone after six months.
// Proves LOG-13 and ENT-34.
func TestTheQueryLogIsSampledInternalAndShort(t *testing.T) {
	w := newWorld(t)
	club := w.keep(named(entity.Organization, "Harbour Rowing Club"))[0]
	root, visitor := w.administrator("root@example.org"), w.browser()
	page := func() string {
		at := root.post("/admin/log", "kind", "queries", "address", "", "object", "", "purpose", "incident", "words", "reference K3F9")
		return root.get(at).text
	}
	ask := func(text string) {
		visitor.get("/entities?q=" + url.QueryEscape(text))
		w.ok(w.EntityIndex.Asked.Flush(w.ctx()))
	}
	w.EntityIndex.Asked.Settings.Percent = 0
	ask("Never noted")
	if p := page(); strings.Contains(p, "Never noted") || !strings.Contains(p, "No question was noted.") {
		t.Error("switched off, a question was noted")
	}
	w.EntityIndex.Asked.Settings.Percent = 100
	ask("Habour Rowing Club")
	w.EntityIndex.Asked.Settings.Addresses = false
	ask("Without address")
	all := must(w.DB.Entities().Asked(w.ctx(), w.clock.Now(), 10))(w)
	if len(all) != 2 {
		t.Fatalf("%+v", all)
	}
	for _, one := range all {
		if with := strings.HasPrefix(one.Text, "Habour"); one.Form != entity.FormPage || with != one.From.IsValid() || with && (len(one.Results) == 0 || one.Results[0] != club.ID) {
			t.Errorf("%+v", one)
		}
	}
	w.ok(w.EntityIndex.Select(w.ctx(), entity.Selection{Ask: all[0].ID, ID: entity.NewID()})) // it was not answered
	for _, one := range all {
		w.ok(w.EntityIndex.Select(w.ctx(), entity.Selection{Ask: one.ID, ID: club.ID}))
	}
	if p := page(); !strings.Contains(p, "Habour Rowing Club") || !strings.Contains(p, "/entity/"+club.ID.String()) {
		t.Error("the page does not show the question with what was meant")
	}
	if p := visitor.send(http.MethodGet, "/admin/log", nil); p.status == http.StatusOK {
		t.Error("everybody reads the query log")
	}
	w.clock.Advance(entity.AskedFor + time.Hour)
	w.ok(w.DB.Ops().Tidy(w.ctx(), w.clock.Now()))
	if n := must(w.DB.Entities().AskedCount(w.ctx(), time.Time{}))(w); n != 0 {
		t.Errorf("%d questions are older than six months", n)
	}
}
