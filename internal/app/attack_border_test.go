package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
)

func TestNoPageShowsOrChangesAnothersRecord(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	claimed, _ := bookings.say("tim@example.org", with(person("Tim", "Berger", "1984-05-03"), "organisation", "city", "Bonn"), ticket("B-1", "A tour"))
	unclaimed, _ := bookings.say("tom@example.org", with(person("Tom", "Berger", ""), "organisation", "city", "Bonn"))
	w.accept(w.join("tim@example.org"), claimed, nil)
	oscar, nobody := w.browser().join("oscar@example.org"), w.browser()
	oscar.get("/me")
	size := w.verify().Leaves
	for _, id := range []string{claimed.String(), unclaimed.String(), habeas.PartyID{1}.String(), "pty_x", "..%2f", "%00"} {
		for route, form := range map[string][]string{
			"GET /me/offers/{id}": nil, "GET /me/offers/{id}/not-me": nil, "GET /me/records/{id}": nil,
			"GET /me/records/{id}/edit/identity": nil, "GET /me/records/{id}/erase": nil,
			"POST /me/offers/{id}/accept":         {"version", "1"},
			"POST /me/offers/{id}/not-me":         {"version", "1"},
			"POST /me/offers/{id}/evidence":       {"kind", "membership", "proof", "M-1"},
			"POST /me/records/{id}/evidence":      {"kind", "membership", "proof", "M-1"},
			"POST /me/records/{id}/edit/identity": {"version", "2", "identity.given_name", "Oscar"},
			"POST /me/records/{id}/undo/identity": {"version", "2"},
			"POST /me/records/{id}/erase":         {"word", "erase"},
		} {
			method, path, _ := strings.Cut(strings.Replace(route, "{id}", id, 1), " ")
			body := formOf(form...)
			if form == nil {
				body = nil
			}
			if p := oscar.send(method, path, body); p.status != http.StatusNotFound || strings.Contains(p.text, "Bonn") || strings.Contains(p.text, "Berger") {
				t.Errorf("Oscar, %s %s: %d", method, path, p.status)
			}
			if p := nobody.send(method, path, body); p.status != http.StatusSeeOther && p.status != http.StatusNotFound || p.status == http.StatusSeeOther && !strings.HasPrefix(p.header.Get("Location"), "/sign-in") {
				t.Errorf("nobody, %s %s: %d to %q", method, path, p.status, p.header.Get("Location"))
			}
		}
		for route, form := range map[string][]string{
			"GET /staff/people/{id}": nil, "GET /staff/people/{id}/edit/identity": nil, "GET /staff/people/{id}/address": nil,
			"POST /staff/people/{id}/edit/identity": {"identity.given_name", "X"}, "POST /staff/people/{id}/address": {"email", "x@example.org", "email2", "x@example.org"},
			"POST /staff/people/{id}/invite": {}, "POST /staff/people/{id}/paper": {}, "POST /staff/waiting/{id}": {"decision", "release"},
			"GET /staff": nil, "GET /staff/people?q=berger": nil, "GET /staff/waiting": nil, "POST /staff/like": {"identity.given_name", "Tim"}, "POST /staff/add": {"email", "x@example.org"},
		} {
			method, path, _ := strings.Cut(strings.Replace(route, "{id}", id, 1), " ")
			body := formOf(form...)
			if form == nil {
				body = nil
			}
			if p := oscar.send(method, path, body); p.status != http.StatusForbidden && p.status != http.StatusNotFound || strings.Contains(p.text, "Berger") {
				t.Errorf("Oscar at the staff's desk, %s %s: %d", method, path, p.status)
			}
		}
	}
	if w.verify().Leaves != size || w.held(claimed).Text("identity", "given_name") != "Tim" || w.held(unclaimed).Party.Version != 1 {
		t.Error("something was changed")
	}
}
