package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas/client"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/party"
)

const changes = "/api/v1/changes"

// opens lets systems read data sets of unclaimed records.
func (w *world) opens(sets ...string) {
	w.Helper()
	policies := app.NewPolicies(w.db, w.schemas, w.clock)
	p, err := policies.Current(context.Background())
	if err == nil {
		p.Unclaimed = sets
		_, err = policies.Change(context.Background(), administrator, p)
	}
	if err != nil {
		w.Fatal(err)
	}
}

func (s *system) get(path string) reply {
	s.Helper()
	return s.send("GET", path, "", "", s.bearer)
}

// settles looks whom changes concern, as runs beside a server.
func (w *world) settles() {
	w.Helper()
	if err := w.systems.Changes().Settle(context.Background()); err != nil {
		w.Fatal(err)
	}
}

// Proves PTY-30.
func TestASystemAsksForChangesAndGoesOnWhereItWas(t *testing.T) {
	w := newWorld(t)
	w.opens("contact", "phone")
	s, other := w.connectOn(authz.Terms{Name: "Hotel", Reads: []string{"phone"}}), w.connect("Other")
	page := func(query string) ([]any, string) {
		t.Helper()
		got := s.get(changes + query)
		if got.status != http.StatusOK || got.header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%d %s", got.status, got.body)
		}
		return got.json(t)["events"].([]any), got.json(t)["next"].(string)
	}
	s.party(`{"email":"tim@example.org"}`)
	events, next := page("")
	if len(events) != 0 {
		t.Errorf("at the start: %v", events)
	}
	w.settles()
	events, next = page("?after=" + next)
	if len(events) != 1 || events[0].(map[string]any)["type"] != "reset" {
		t.Errorf("then: %v", events)
	}
	ref := s.party(`{"email":"tim@example.org"}`)
	w.clock.Advance(time.Second)
	other.party(`{"email":"tim@example.org","fields":{"phone":{"number":"+34600111222"}}}`)
	w.settles()
	events, last := page("?after=" + next + "&limit=1&wait=30")
	if e := events[0].(map[string]any); len(events) != 1 || e["type"] != "corrected" || e["party"] != ref || e["hour"] != "2026-03-01T09:00:00Z" {
		t.Errorf("a change: %v", events)
	}
	if events, again := page("?after=" + last); len(events) != 0 || again != last {
		t.Errorf("at the end: %v, another cursor: %v", events, again != last)
	}
	for query, code := range map[string]string{
		"?limit=0": "limit.invalid", "?limit=201": "limit.invalid", "?limit=x": "limit.invalid", "?wait=31": "wait.invalid", "?wait=-1": "wait.invalid",
		"?after=x": "cursor.invalid", "?from=1": "query.unknown", "?after=a&after=b": "query.duplicate",
	} {
		wantProblem(t, s.get(changes+query), 400, code)
	}
}

// Waiting requests do not take the places of others.
func TestASystemWaitsForAChange(t *testing.T) {
	w := newWorld(t)
	w.opens("phone")
	s, other := w.connectOn(authz.Terms{Name: "Hotel", Reads: []string{"phone"}}), w.connect("Other")
	s.party(`{"email":"tim@example.org"}`)
	s.get(changes)
	w.settles()
	c := &client.Client{URL: w.server.URL, ID: s.id.String(), Secret: s.secret, HTTP: w.client}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var told []string
	settled := make(chan error, 1)
	for e, err := range c.Changes(ctx, "") {
		if err != nil {
			t.Fatal(err)
		}
		told = append(told, e.Type)
		if e.Type == client.Reset {
			w.clock.Advance(time.Second)
			other.party(`{"email":"tim@example.org","fields":{"phone":{"number":"+34600111222"}}}`)
			go func() { settled <- w.systems.Changes().Settle(ctx) }() // while the next request waits, or before it
			continue
		}
		if e.Next == "" || e.ID == "" || e.Party == "" {
			t.Errorf("%+v", e)
		}
		break
	}
	if err := <-settled; err != nil {
		t.Error(err)
	}
	if strings.Join(told, " ") != "reset corrected" {
		t.Errorf("told %v", told)
	}
	w.systems.Changes().Release()
	if got := s.get(changes + "?wait=30"); got.status != http.StatusOK { // answered at once: the server stops
		t.Errorf("%d", got.status)
	}
}

// Proves PTY-30.
func TestASandboxIsToldOfItsOwnWordsOnly(t *testing.T) {
	w := newWorld(t)
	w.opens("phone", "contact")
	s, other := w.connectOn(authz.Terms{Name: "Try", Sandbox: true, Reads: []string{"phone"}}), w.connect("Other")
	ref := s.party(`{"email":"tim@example.org"}`)
	other.party(`{"email":"tim@example.org","fields":{"phone":{"number":"+34600111222"}}}`)
	w.settles()
	next := s.get(changes).json(t)["next"].(string)
	s.party(`{"email":"tim@example.org","fields":{"phone":{"number":"+34600333444"}}}`)
	got := s.get(changes + "?after=" + next).json(t)
	events := got["events"].([]any)
	if len(events) != 1 || events[0].(map[string]any)["party"] != ref || events[0].(map[string]any)["type"] != string(party.NewsCorrected) {
		t.Errorf("%v", events)
	}
	if got := s.get(changes + "?after=" + got["next"].(string)).json(t)["events"].([]any); len(got) != 0 {
		t.Errorf("again: %v", got)
	}
	if got := s.get(changes + "?after=00000000000000000000000000").json(t)["events"].([]any); len(got) != 1 || got[0].(map[string]any)["type"] != "reset" {
		t.Errorf("a cursor that was made up: %v", got)
	}
}

func TestASystemSetsItsWebhook(t *testing.T) {
	w := newWorld(t)
	s, other := w.connect("Hotel"), w.connect("Other")
	const hook = "/api/v1/webhook"
	call := func(method, path, body string, status int) reply {
		t.Helper()
		got := s.send(method, path, "application/json", body, s.bearer)
		if got.status != status {
			t.Fatalf("%s %s: %d %s", method, path, got.status, got.body)
		}
		return got
	}
	wantProblem(t, s.get(hook), 404, "webhook.none")
	secret := call("PUT", hook, `{"url":"http://127.0.0.1:1/x","types":["erased"]}`, 200).json(t)["secret"].(string)
	if !strings.HasPrefix(secret, "whsec_") || strings.Contains(w.logged.String(), secret) {
		t.Errorf("the secret is %d characters, or logged", len(secret))
	}
	if got := s.get(hook); strings.Contains(got.body, "whsec_") || got.json(t)["state"] != "active" {
		t.Errorf("shown again: %s", got.body)
	}
	if got := call("PUT", hook, `{"url":"http://127.0.0.1:1/y","paused":true}`, 200).json(t); got["secret"] != nil || got["state"] != "paused" || len(got["types"].([]any)) != len(party.NewsKinds()) {
		t.Errorf("changed: %v", got)
	}
	if got := call("POST", hook+":rotate", "", 200).json(t)["secret"]; got == nil || got == secret {
		t.Error("no new secret")
	}
	call("POST", hook+":test", "", 204)
	if got := call("POST", hook+":resend", "", 200).json(t)["sent"]; got == nil {
		t.Error("it is not said how many are sent again")
	}
	wantProblem(t, other.get(hook), 404, "webhook.none")
	for body, code := range map[string]string{
		`{"url":"http://example.org/x"}`: "webhook.url", `{"url":"https://10.0.0.1/x"}`: "webhook.url", `{"url":"x"}`: "webhook.url",
		`{"url":"https://example.org/x","types":["claimed"]}`: "webhook.types", `{"urls":[]}`: "json.unknown",
	} {
		wantProblem(t, s.send("PUT", hook, "application/json", body, s.bearer), 400, code)
	}
	call("DELETE", hook, "", 204)
	wantProblem(t, s.get(hook), 404, "webhook.none")
}
