package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/api"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pgtest"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/internal/webhook"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// administrator connects the systems of a test.
var administrator = habeas.Actor{
	Kind: habeas.ActorStaff, Account: habeas.AccountID{15: 1}, Proof: habeas.ProofPasskey,
	Roles: []habeas.Role{habeas.RoleAdministrator},
}

func TestMain(m *testing.M) {
	pgtest.Main(m, func(dsn string) error {
		db, err := sqlstore.Open(context.Background(), sqlstore.Config{DSN: dsn, Clock: habeas.SystemClock{}})
		if err != nil {
			return err
		}
		return db.Close()
	})
}

// world is a whole server for programs: API, use cases, store and keys on a real
// directory, behind the same layers as in production, on a real port.
type world struct {
	testing.TB
	dir     string
	dsn     string // of the records; empty: SQLite in dir
	keys    *keyring.Ring
	db      *sqlstore.DB
	systems *app.Systems
	hooks   *app.Webhooks
	schemas *party.Schemas
	clock   *habeas.ManualClock
	server  *httptest.Server
	logged  *bytes.Buffer

	patterns []string     // what the mux serves
	contract *contract    // what the server's own description promises
	client   *http.Client // fails the test when an answer is not as described
}

// deps lets a test change what the API stands on.
type deps = func(*api.Deps)

// open makes the store of a world, without its server.
func open(t testing.TB, keys *keyring.Ring) *world {
	t.Helper()
	return openWith(t, keys, party.DefaultSchemas())
}

func openWith(t testing.TB, keys *keyring.Ring, sets []party.SetSchema) *world {
	t.Helper()
	return openOn(t, keys, sets, pgtest.Filled(t))
}

// openOn makes the store on a database of one's choice.
func openOn(t testing.TB, keys *keyring.Ring, sets []party.SetSchema, dsn string) *world {
	t.Helper()
	w := &world{TB: t, dir: t.TempDir(), dsn: dsn, keys: keys, logged: new(bytes.Buffer)}
	w.clock = habeas.NewManualClock(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	var err error
	if w.schemas, err = party.NewSchemas(sets...); err != nil {
		t.Fatal(err)
	}
	w.db, err = sqlstore.Open(context.Background(), sqlstore.Config{
		Dir: w.dir, DSN: w.dsn, Keys: keys, Clock: w.clock, Learn: party.NewIndex().Learn,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.db.Close(); err != nil {
			t.Error(err)
		}
	})
	w.systems = app.NewSystems(app.SystemsDeps{DB: w.db, Keys: keys, Schemas: w.schemas, Clock: w.clock})
	own := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	w.hooks = &app.Webhooks{DB: w.db, Changes: w.systems.Changes(), Clock: w.clock, Allowed: own, Sender: webhook.NewSender(w.clock, own, nil)}
	return w
}

// entities is the Entity Name System of a world, as on the site: nobody is known who writes.
func (w *world) entities() *api.EntityDeps {
	w.Helper()
	kinds, err := entity.NewTypes()
	if err != nil {
		w.Fatal(err)
	}
	s := app.NewEntities(app.NewRecords(app.Records{DB: w.db, Keys: w.keys, Clock: w.clock}, w.schemas), kinds)
	origin, err := edge.ParseOrigin("https://records.example.org")
	if err != nil {
		w.Fatal(err)
	}
	return &api.EntityDeps{Queries: s, Writes: s, Origin: origin}
}

// newRing makes a key store that is quick to open.
func newRing(t testing.TB) *keyring.Ring {
	t.Helper()
	keys, _, err := keyring.Create(context.Background(), t.TempDir()+"/keys.db", keyring.NewPassword([]byte("correct horse battery")), keyring.Options{KDF: keyring.CheapKDF})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := keys.Close(); err != nil {
			t.Error(err)
		}
	})
	return keys
}

// newWorld starts a whole server.
func newWorld(t testing.TB, change ...deps) *world {
	t.Helper()
	w := open(t, newRing(t))
	w.serve(w.clock, change...)
	return w
}

func (w *world) serve(clock habeas.Clock, change ...deps) {
	w.Helper()
	d := api.Deps{
		Systems: w.systems, Records: w.systems.Records(), Sandbox: w.systems.Sandbox(), Clock: clock,
		LedgerDir: w.dir + "/ledger", LedgerKey: "example+key", Webhooks: w.hooks,
	}
	d.Entities = w.entities()
	for _, c := range change {
		c(&d)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	origin, err := edge.ParseOrigin("http://localhost:" + port)
	if err != nil {
		w.Fatal(err)
	}
	d.Origin = origin
	failures := &edge.Failures{Log: slog.New(slog.NewTextHandler(w.logged, nil)), Scrub: func(s string) string { return s }}
	mux := &edge.Mux{Failures: failures}
	api.New(d).Mount(mux)
	w.patterns = mux.Patterns()
	h := edge.MaxBody(1<<21, mux)
	h = edge.Guard{Origin: origin, Failures: failures}.Wrap(h)
	h = edge.AccessLog(slog.New(slog.DiscardHandler), clock, h)
	w.server = &httptest.Server{Listener: listener, Config: &http.Server{Handler: h}}
	w.server.Start()
	w.server.URL = origin.String()
	w.Cleanup(w.server.Close)
	w.contract = contractOf(w)
	w.client = &http.Client{Transport: w.contract.recording(w, http.DefaultTransport)}
}

// system is a connected system with its credentials.
type system struct {
	*world
	id     habeas.SystemID
	secret string
	token  string
}

// connect connects a system and fetches its token over HTTP.
func (w *world) connect(name string) *system {
	w.Helper()
	return w.connectOn(authz.Terms{Name: name})
}

func (w *world) connectOn(terms authz.Terms) *system {
	w.Helper()
	s, secret, err := w.systems.ConnectOn(context.Background(), administrator, terms)
	if err != nil {
		w.Fatal(err)
	}
	c := &system{world: w, id: s.ID, secret: sealedtest.Text(secret)}
	if w.server != nil {
		c.authorize()
	}
	return c
}

func (s *system) authorize() {
	s.Helper()
	got := s.form("/oauth/token", url.Values{"grant_type": {"client_credentials"}}, s.basic)
	if got.status != http.StatusOK {
		s.Fatalf("token: %d %s", got.status, got.body)
	}
	s.token = got.json(s)["access_token"].(string)
}

func (s *system) basic(r *http.Request) { r.SetBasicAuth(s.id.String(), s.secret) }

// reply is an answer read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) json(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("answer %q is not JSON: %v", r.body, err)
	}
	return v
}

// send makes one request; each change may set headers.
func (w *world) send(method, path, contentType, body string, change ...func(*http.Request)) reply {
	w.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, w.server.URL+path, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for _, c := range change {
		c(r)
	}
	res, err := w.client.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		w.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(text)}
}

func (w *world) form(path string, v url.Values, change ...func(*http.Request)) reply {
	w.Helper()
	return w.send("POST", path, "application/x-www-form-urlencoded", v.Encode(), change...)
}

func (s *system) bearer(r *http.Request) { r.Header.Set("Authorization", "Bearer "+s.token) }

// post sends JSON with the system's token.
func (s *system) post(path, body string, change ...func(*http.Request)) reply {
	s.Helper()
	return s.send("POST", path, "application/json", body, append([]func(*http.Request){s.bearer}, change...)...)
}

const findOrCreate = "/api/v1/parties:findOrCreate"

// party says something and returns the reference.
func (s *system) party(body string, change ...func(*http.Request)) string {
	s.Helper()
	s.clock.Advance(time.Millisecond) // statements are ordered by their moment
	got := s.post(findOrCreate, body, change...)
	if got.status != http.StatusOK {
		s.Fatalf("find or create %s: %d %s", body, got.status, got.body)
	}
	return got.json(s)["party"].(string)
}

func withKey(key string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Idempotency-Key", key) }
}

// behind returns the record that the system's reference stands for.
func (s *system) behind(ref string) party.Record {
	s.Helper()
	id := s.partyOf(ref)
	p, err := s.db.Records().Party(s.ctx(), id)
	if err != nil {
		s.Fatal(err)
	}
	said, err := s.db.Records().Statements(s.ctx(), id)
	if err != nil {
		s.Fatal(err)
	}
	return party.Fold(p, said, party.Settled{}, s.schemas)
}

func (s *system) partyOf(ref string) habeas.PartyID {
	s.Helper()
	r, err := party.ParseReference("party", ref)
	if err != nil {
		s.Fatal(err)
	}
	prefix, n := r.Handle(s.keys.Cipher("reference/" + s.id.String()))
	id, err := s.db.Records().ByReference(s.ctx(), s.id, prefix, n)
	if err != nil {
		s.Fatal(err)
	}
	return id
}

func (w *world) ctx() context.Context { return context.Background() }

// count counts all parties.
func (w *world) count() int {
	w.Helper()
	n, _, _, err := w.db.Records().Count(w.ctx())
	if err != nil {
		w.Fatal(err)
	}
	return n
}

// in returns the system for a test within the test that made it.
func (s *system) in(t testing.TB) *system {
	inner, copied := *s.world, *s
	inner.TB, copied.world = t, &inner
	return &copied
}

var _ api.Systems = (*app.Systems)(nil)

var (
	_ api.Records = (*app.SystemRecords)(nil)
	_ api.Records = (*app.Sandbox)(nil)
)
