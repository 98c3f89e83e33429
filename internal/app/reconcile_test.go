package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/entity"
)

// The whole server answers reconciliation clients of every website from its store and index, and
// keeps persons who have not published themselves out, also for who is signed in here: nothing
// that says who asks counts. The rest of the server stays closed to other websites.
// Proves ENT-44.
func TestReconciliationIsAnsweredByTheServer(t *testing.T) {
	w := newWorld(t)
	club := named(entity.Organization, "Harbour Rowing Club", entity.Attribute{Name: entity.AttrCountry, Value: "PT"})
	club.Externals = []entity.External{{Scheme: "wikidata", Value: "Q4242"}}
	all := w.keep(club, named(entity.Organization, "Harbour Sailing Club"), named(entity.Person, "Mira Lindqvist"))
	b := w.browser()
	ask := func(queries string) page {
		t.Helper()
		p := b.send(http.MethodPost, "/reconcile", url.Values{"queries": {queries}}, func(r *http.Request) {
			r.Header.Set("Accept", "*/*")
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Origin", "http://127.0.0.1:3333")
		})
		if p.header.Get("Access-Control-Allow-Origin") != "*" || len(p.header["Set-Cookie"]) > 0 {
			t.Errorf("%v", p.header)
		}
		return p
	}
	id := all[0].ID.String()
	if p := ask(`{"q0":{"query":"Harbour Sailing Club","properties":[{"pid":"wikidata","v":"Q4242"}]},"q1":{"query":"Habour Rowing Club"}}`); p.status != http.StatusOK ||
		!strings.Contains(p.text, `"q0":{"result":[{"id":"`+id) || !strings.Contains(p.text, `"q1":{"result":[{"id":"`+id) {
		t.Errorf("%d %s", p.status, p.text)
	}
	for _, query := range []string{"Mira Lindqvist", all[2].ID.String()} {
		if p := ask(`{"q0":{"query":"` + query + `"}}`); p.status != http.StatusOK || strings.Contains(p.text, "Mira") {
			t.Errorf("%d %s", p.status, p.text)
		}
	}
	preview := b.send(http.MethodGet, "/reconcile/preview?id="+id, nil, func(r *http.Request) {
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Sec-Fetch-Dest", "iframe")
	})
	policy := preview.header.Get("Content-Security-Policy")
	if preview.status != http.StatusOK || !strings.Contains(preview.text, "Harbour Rowing Club") || preview.header.Get("X-Frame-Options") != "" ||
		!strings.Contains(policy, "frame-ancestors *") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("%d %q %s", preview.status, policy, preview.text)
	}
	framed := b.send(http.MethodGet, "/", nil, func(r *http.Request) { r.Header.Set("Sec-Fetch-Dest", "iframe") })
	if framed.status != http.StatusForbidden || framed.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("the first page in a frame: %d", framed.status)
	}
	if p := b.send(http.MethodOptions, "/reconcile/match", nil); p.status != http.StatusNoContent || p.header.Get("Access-Control-Allow-Headers") == "" {
		t.Errorf("a browser that asks first: %d %v", p.status, p.header)
	}
}
