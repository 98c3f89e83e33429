package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/api/reconcile/reconciletest"
)

// Every request of the corpus is answered as it should be, and as the server's own description
// says. The published schemas are held against the same answers in internal/reference.
func TestReconciliationAnswersEveryVersion(t *testing.T) {
	w := newWorld(t)
	for _, r := range reconciletest.Corpus() {
		t.Run(strings.ReplaceAll(r.Name, " ", "-"), func(t *testing.T) {
			client := &http.Client{Transport: w.contract.recording(t, http.DefaultTransport)}
			r.Send(t, client, w.server.URL)
		})
	}
}

// A search that fails makes the whole batch fail, in every version: nobody takes it for an
// answer that nobody is meant. What an identifier names comes first. Proves ENT-44.
func TestReconciliationNeverTakesAFailureForNoMatch(t *testing.T) {
	w := newWorld(t)
	batch := map[string]reconciletest.Request{
		"0.2":         {Method: "POST", Path: "/reconcile", Type: "application/json", Body: `{"good":{"query":"University of Oxford"},"bad":{"query":"Cursed"}}`},
		"0.1":         {Method: "GET", Path: "/reconcile?query=Cursed"},
		"1.0-draft":   {Method: "POST", Path: "/reconcile/match", Type: "application/json", Body: `{"queries":[{"conditions":[{"matchType":"name","propertyValue":"University of Oxford"}]},{"conditions":[{"matchType":"name","propertyValue":"Cursed"}]}]}`},
		"suggestions": {Method: "GET", Path: "/reconcile/suggest/entity?prefix=Cursed"},
	}
	for err, status := range map[error]int{
		habeas.Unavailable("The index is being built. Try again in a moment."): 503,
		http.ErrHandlerTimeout: 500,
	} {
		w.registry.Fails.Store(&reconciletest.Failing{Text: "Cursed", Err: err})
		for name, r := range batch {
			r.Status, r.DoesNotSay = status, []string{`"result"`, `"candidates"`, "handler"}
			t.Run(name, func(t *testing.T) { r.Send(t, http.DefaultClient, w.server.URL) })
		}
	}
	w.registry.Fails.Store(nil)
	first := reconciletest.Request{
		Method: "POST", Path: "/reconcile", Type: "application/json", Status: 200,
		Body: `{"q":{"query":"University of Oxford","properties":[{"pid":"ror","v":"https://ror.org/013meh722"}]}}`,
		Says: []string{`{"q":{"result":[{"id":"` + reconciletest.Cambridge.String()},
	}
	first.Send(t, http.DefaultClient, w.server.URL)
}
