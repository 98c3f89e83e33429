package api_test

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/api"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

type apiDeps = api.Deps

func TestTheTokenEndpointSpeaksOAuth(t *testing.T) {
	w := newWorld(t)
	s := w.connect("City Bookings")
	basic := func(id, secret string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret)) }
	}
	none := func(*http.Request) {}
	id := s.id.String()
	for name, c := range map[string]struct {
		form   string
		auth   func(*http.Request)
		status int
		code   string
	}{
		"in the header":          {"grant_type=client_credentials", basic(id, s.secret), 200, ""},
		"in the form":            {"grant_type=client_credentials&client_id=" + id + "&client_secret=" + s.secret, none, 200, ""},
		"one scope":              {"grant_type=client_credentials&scope=tickets:write", basic(id, s.secret), 200, ""},
		"an unknown parameter":   {"grant_type=client_credentials&audience=x", basic(id, s.secret), 200, ""},
		"no credentials":         {"grant_type=client_credentials", none, 401, "invalid_client"},
		"a wrong secret":         {"grant_type=client_credentials", basic(id, s.secret+"x"), 401, "invalid_client"},
		"an unknown id":          {"grant_type=client_credentials", basic("sys_0000000000000000000000000r", s.secret), 401, "invalid_client"},
		"an id of another form":  {"grant_type=client_credentials", basic("admin", s.secret), 401, "invalid_client"},
		"another scheme":         {"grant_type=client_credentials", func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, 401, "invalid_client"},
		"credentials that break": {"grant_type=client_credentials", func(r *http.Request) { r.Header.Set("Authorization", "Basic %%%") }, 401, "invalid_client"},
		"both":                   {"grant_type=client_credentials&client_id=" + id + "&client_secret=" + s.secret, basic(id, s.secret), 400, "invalid_request"},
		"two clients":            {"grant_type=client_credentials&client_id=other", basic(id, s.secret), 400, "invalid_request"},
		"no grant type":          {"", basic(id, s.secret), 400, "invalid_request"},
		"another grant type":     {"grant_type=password", basic(id, s.secret), 400, "unsupported_grant_type"},
		"a scope it has not":     {"grant_type=client_credentials&scope=tickets:write+admin", basic(id, s.secret), 400, "invalid_scope"},
		"twice":                  {"grant_type=client_credentials&grant_type=client_credentials", basic(id, s.secret), 400, "invalid_request"},
		"a bad encoding":         {"grant_type=%zz", basic(id, s.secret), 400, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			got := w.send("POST", "/oauth/token", "application/x-www-form-urlencoded", c.form, c.auth)
			body := got.json(t)
			if got.status != c.status || got.header.Get("Cache-Control") != "no-store" || got.header.Get("Pragma") != "no-cache" {
				t.Fatalf("%d %s %s, want %d", got.status, got.header, got.body, c.status)
			}
			if c.status == 200 {
				if body["token_type"] != "Bearer" || body["expires_in"] != 3600.0 || len(body["access_token"].(string)) != 47 {
					t.Errorf("grant %s", got.body)
				}
				return
			}
			if body["error"] != c.code {
				t.Errorf("error %v, want %s", body["error"], c.code)
			}
			if (got.header.Get("WWW-Authenticate") != "") != (c.status == 401) {
				t.Errorf("challenge %q", got.header.Get("WWW-Authenticate"))
			}
		})
	}
	if got := w.send("POST", "/oauth/token", "application/json", "{}", s.basic); got.status != 400 || got.json(t)["error"] != "invalid_request" {
		t.Errorf("JSON instead of a form: %d %s", got.status, got.body)
	}
}

func TestATokenPermitsWhatItWasGrantedFor(t *testing.T) {
	w := newWorld(t)
	s := w.connect("City Bookings")
	got := w.form("/oauth/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"tickets:write"}}, s.basic)
	s.token = got.json(t)["access_token"].(string)
	refused := s.post(findOrCreate, `{"email":"a@example.org"}`)
	wantProblem(t, refused, 403, "token.scope")
	if c := refused.header.Get("WWW-Authenticate"); !strings.Contains(c, `error="insufficient_scope", scope="parties:write"`) {
		t.Errorf("challenge %q", c)
	}
}

func TestTwoSecretsLiveWhileASystemChangesOver(t *testing.T) {
	w := newWorld(t)
	s := w.connect("City Bookings")
	first := s.secret
	works := func(secret string) bool {
		return w.form("/oauth/token", url.Values{"grant_type": {"client_credentials"}}, func(r *http.Request) {
			r.SetBasicAuth(s.id.String(), secret)
		}).status == 200
	}
	rotate := func() string {
		_, secret, err := w.systems.Rotate(w.ctx(), administrator, s.id)
		if err != nil {
			t.Fatal(err)
		}
		return sealedtest.Text(secret)
	}
	second := rotate()
	if !works(first) || !works(second) {
		t.Error("during the change both must work")
	}
	third := rotate()
	if works(first) || !works(second) || !works(third) {
		t.Error("after the next change the oldest must not work")
	}
}

// Every authorization and refusal is in the ledger; refusals only so often (LOG-01).
func TestAuthorizationsAreWitnessedAndGuessingDoesNotFillTheLedger(t *testing.T) {
	w := newWorld(t)
	s := w.connect("City Bookings") // with its first token
	for range 200 {
		if _, err := w.systems.Authorize(w.ctx(), s.id, sealedtest.Seal("guess"), nil); err == nil {
			t.Fatal("a guess was right")
		}
	}
	counts := map[audit.Event]int{}
	events, err := w.db.Events(w.ctx(), habeas.SubjectID{}, habeas.EventID{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		counts[e.Event]++
		if e.Detail["system"] != s.id.String() {
			t.Errorf("%s names %q", e.Event, e.Detail["system"])
		}
		if strings.Contains(string(e.Text), "guess") || strings.Contains(string(e.Text), s.secret) {
			t.Error("a secret is in the ledger")
		}
	}
	if counts[audit.SystemConnected] != 1 || counts[audit.SystemAuthorized] != 1 || counts[audit.SystemRefused] != 10 {
		t.Errorf("witnessed %v, want one connection, one token, ten refusals", counts)
	}
	if _, err := w.systems.Authorize(w.ctx(), s.id, sealedtest.Seal(s.secret), nil); err != nil {
		t.Errorf("guessing keeps the right secret out: %v", err)
	}
}

// slow holds every request until it is told to go on.
type slow struct {
	api.Records
	entered, leave chan struct{}
}

func (s slow) FindOrCreate(ctx context.Context, a habeas.Actor, in party.Assertion) (party.Reference, error) {
	s.entered <- struct{}{}
	<-s.leave
	return s.Records.FindOrCreate(ctx, a, in)
}

func TestMoreThanCanBeWorkedOnIsToldToComeBack(t *testing.T) {
	held := slow{entered: make(chan struct{}), leave: make(chan struct{})}
	w := newWorld(t, func(d *apiDeps) {
		held.Records = d.Records
		d.Records, d.AtOnce = held, 1
	})
	s := w.connect("City Bookings")
	var wg sync.WaitGroup
	wg.Go(func() {
		if got := s.post(findOrCreate, `{"email":"a@example.org"}`); got.status != 200 {
			t.Errorf("the first: %d", got.status)
		}
	})
	<-held.entered
	got := s.post(findOrCreate, `{"email":"b@example.org"}`)
	wantProblem(t, got, 503, "busy")
	if got.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	close(held.leave)
	wg.Wait()
}

func TestThePublishedLedgerIsServedAndNothingElse(t *testing.T) {
	w := newWorld(t)
	dir := filepath.Join(w.dir, "ledger")
	for name, text := range map[string]string{
		"checkpoint": "origin\n", "tile/0/000": "full", "tile/0/x001/234": "far", "tile/1/000.p/7": "part",
		"tile/entries/000": "leaves", "tile/entries/secret": "no", "private": "no",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		"/ledger/checkpoint": "origin\n", "/ledger/tile/0/000": "full", "/ledger/tile/0/x001/234": "far",
		"/ledger/tile/1/000.p/7": "part", "/ledger/tile/entries/000": "leaves", "/ledger/key": "example+key\n",
	} {
		got := w.send("GET", path, "", "")
		if got.status != 200 || got.body != want || got.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %d %q %v", path, got.status, got.body, got.header)
		}
		if full := strings.HasPrefix(path, "/ledger/tile") && !strings.Contains(path, ".p/"); strings.Contains(got.header.Get("Cache-Control"), "immutable") != full {
			t.Errorf("%s: Cache-Control %q", path, got.header.Get("Cache-Control"))
		}
	}
	for _, path := range []string{
		"/ledger/private", "/ledger/tile/entries/secret", "/ledger/tile/0/001", "/ledger/tile/0", "/ledger/tile/64/000",
		"/ledger/tile/0/x001", "/ledger/tile/..%2f..%2fkeys.db", "/ledger/tile/0/000.p/0", "/ledger/tile/0/000/", "/ledger",
	} {
		if got := w.send("GET", path, "", ""); got.status != 404 {
			t.Errorf("%s: %d, want 404", path, got.status)
		}
	}
}

func TestTheDataSetsAndTheProblemsAreDescribed(t *testing.T) {
	w := newWorld(t)
	got := w.send("GET", "/api/v1/schemas", "", "")
	sets := got.json(t)["data_sets"].([]any)
	if got.status != 200 || len(sets) != len(party.DefaultSchemas()) || sets[0].(map[string]any)["name"] != "identity" {
		t.Errorf("%d %s", got.status, got.body)
	}
	for k := habeas.KindInternal; k <= habeas.KindSealed; k++ {
		if got := w.send("GET", "/problems/"+k.String(), "", ""); got.status != 200 || got.json(t)["what_to_do"] == "" {
			t.Errorf("%s: %d %s", k, got.status, got.body)
		}
	}
	if got := w.send("GET", "/problems/nonsense", "", ""); got.status != 404 {
		t.Errorf("an unknown problem: %d", got.status)
	}
}
