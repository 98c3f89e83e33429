package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/sealed"
)

// Systems is what the API asks about connected systems.
type Systems interface {
	// Authorize grants a token, or returns authz.ErrClient or authz.ErrScope.
	Authorize(ctx context.Context, id habeas.SystemID, secret sealed.Value, asked []authz.Scope) (authz.Token, error)
	// Revoke ends a token of the system, or returns authz.ErrClient.
	Revoke(ctx context.Context, id habeas.SystemID, secret, token sealed.Value) error
	// Verify returns who shows a token, or authz.ErrToken. It is called per request.
	Verify(ctx context.Context, token sealed.Value) (authz.Bearer, error)
}

// Records is what connected systems do with records.
type Records interface {
	Schemas() *party.Schemas
	FindOrCreate(ctx context.Context, a habeas.Actor, in party.Assertion) (party.Reference, error)
	Ticket(ctx context.Context, a habeas.Actor, ref string) (party.Ticket, error)
	Tickets(ctx context.Context, a habeas.Actor, cursor string, limit int) (page []party.Ticket, next string, err error)
	Query(ctx context.Context, a habeas.Actor, refs []party.Reference, sets []string) ([]party.Values, error)
	Consented(ctx context.Context, a habeas.Actor, refs []party.Reference, sets []string) ([]party.Shared, error)
	// News returns what the system is told of changes after a cursor, and the next one. It
	// waits for something to tell.
	News(ctx context.Context, a habeas.Actor, after string, limit int, wait time.Duration) (news []party.News, next string, err error)
	CancelTicket(ctx context.Context, a habeas.Actor, ref string, version int64, match party.TicketMatch) (party.Ticket, error)
}

// Deps is what the API stands on. Systems, Records, Origin and Clock are required.
type Deps struct {
	Systems Systems
	Records Records
	// Sandbox answers the systems that are only tried out. Nil: they are refused.
	Sandbox Records
	// Webhooks are where systems want to be told of changes. Nil: nowhere, and there are
	// no such endpoints.
	Webhooks Webhooks
	// Staff lets systems say who works here (SCIM 2.0). Nil: there are no such endpoints.
	Staff Staff
	// Entities is the Entity Name System. Nil: there are no such endpoints.
	Entities *EntityDeps
	Clock    habeas.Clock
	// Origin is where programs reach the server; the description names it.
	Origin edge.Origin
	// LedgerDir holds the published ledger (C2SP tlog-tiles). Empty: nothing is served.
	LedgerDir string
	// LedgerKey is the verifier key of the ledger, as golang.org/x/mod/sumdb/note writes it.
	LedgerKey string
	// PerSystem bounds what one system says and asks. Zero: 20,000 a second.
	PerSystem Quota
	// PerAddress bounds how often one system names one address. Zero: 1,000 an hour.
	PerAddress Quota
	// PerClient bounds the token requests of one client id. Zero: 20 in 20 seconds.
	PerClient Quota
	// AtOnce is how many requests of systems are worked on at a time; more are told to
	// come back. Zero: 512, twice what the writer takes into one transaction.
	AtOnce int
}

// API serves programs. It is safe for concurrent use.
type API struct {
	deps     Deps
	slots    chan struct{}
	bulks    chan struct{}
	waits    waits
	system   *quota
	address  *quota
	client   *quota
	failures *edge.Failures
	schemas  []byte
	document []byte
	page     []byte
}

// Bounds of what a program may send, in bytes and items.
const (
	maxBody     = 64 << 10
	maxBulkBody = 1 << 20
	maxBulk     = 500
	bulksAtOnce = 8 // together they fill a transaction of the writer many times over
)

// New returns the API.
func New(deps Deps) *API {
	if deps.AtOnce == 0 {
		deps.AtOnce = 512
	}
	a := &API{
		deps: deps, slots: make(chan struct{}, deps.AtOnce), bulks: make(chan struct{}, bulksAtOnce),
		system:  newQuota(deps.Clock, "system", deps.PerSystem.or(20_000, time.Second), 10_000),
		address: newQuota(deps.Clock, "address", deps.PerAddress.or(1_000, time.Hour), 500_000),
		client:  newQuota(deps.Clock, "client", deps.PerClient.or(20, 20*time.Second), 10_000),
		schemas: describeSchemas(deps.Records.Schemas()),
	}
	a.document = describe(deps.Origin, deps.Records.Schemas())
	a.page = renderPage(a.document)
	return a
}

// Mount registers every endpoint. openapi.json describes each of them; a test compares.
func (a *API) Mount(m *edge.Mux) {
	a.failures = m.Failures
	m.Handle("POST /oauth/token", a.token)
	m.Handle("POST /oauth/revoke", a.revoke)
	m.Handle("GET /.well-known/oauth-authorization-server", a.metadata)
	m.Handle("POST /api/v1/parties:findOrCreate", a.forSystem(authz.ScopeParties, a.findOrCreate))
	m.Handle("POST /api/v1/parties:bulkFindOrCreate", a.forSystem(authz.ScopeParties, a.bulkFindOrCreate))
	m.Handle("POST /api/v1/parties:query", a.forSystem(anyRead, a.query))
	m.Handle("POST /api/v1/parties:consented", a.forSystem(authz.ScopeParties, a.consented))
	m.Handle("GET /api/v1/tickets", a.forSystem(authz.ScopeTickets, a.tickets))
	m.Handle("GET /api/v1/tickets:get", a.forSystem(authz.ScopeTickets, a.ticket))
	m.Handle("POST /api/v1/tickets:cancel", a.forSystem(authz.ScopeTickets, a.cancelTicket))
	m.Handle("GET /api/v1/changes", a.forSystemIn(nil, authz.ScopeParties, a.changes))
	if a.deps.Webhooks != nil {
		a.mountWebhooks(m, func(h systemHandler) edge.Handler { return a.forSystem(authz.ScopeParties, h) })
	}
	if a.deps.Staff != nil {
		a.mountSCIM(m)
	}
	if a.deps.Entities != nil {
		MountEntities(m, *a.deps.Entities)
	}
	m.Handle("GET /api/v1/schemas", a.describeSets)
	m.Handle("GET /api/openapi.json", a.openapi)
	m.Handle("GET /api", a.readable)
	m.Handle("GET /api/page.css", a.pageStyle)
	m.Handle("GET /api/page.js", a.pageScript)
	m.Handle("GET /problems/{type}", a.problem)
	if a.deps.LedgerDir != "" {
		m.Handle("GET /ledger/checkpoint", a.checkpoint)
		m.Handle("GET /ledger/tile/{path...}", a.tile)
		m.Handle("GET /ledger/key", a.ledgerKey)
	}
}

// caller is a connected system that makes a request, and what answers it.
type caller struct {
	authz.Bearer
	records Records
}

// systemHandler answers a request of a connected system.
type systemHandler func(w http.ResponseWriter, r *http.Request, c caller) error

var (
	errScope   = habeas.Forbidden("The access token does not permit this.").WithCode("token.scope")
	errBusy    = habeas.Unavailable("The server is busy. Try again in a moment.").WithCode("busy")
	errSandbox = habeas.Forbidden("This server has no sandbox.").WithCode("sandbox.none")
)

// anyRead stands for the scopes that permit to read one data set or another.
const anyRead authz.Scope = ""

// forSystem lets through a system whose token permits the scope, within its limits. A
// sandbox system is given records that have no store behind them: nothing that follows
// can reach a real one.
func (a *API) forSystem(scope authz.Scope, h systemHandler) edge.Handler {
	return a.forSystemIn(a.slots, scope, h)
}

// forSystemIn is forSystem with the slots in which requests are worked on; nil: the
// handler counts them itself.
func (a *API) forSystemIn(slots chan struct{}, scope authz.Scope, h systemHandler) edge.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		bearer, err := a.bearer(r)
		if err != nil {
			challenge(w, r, err)
			return err
		}
		if scope == anyRead && len(bearer.Reads()) == 0 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="habeas", error="insufficient_scope"`)
			return errScope
		}
		if scope != anyRead && !bearer.May(scope) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="habeas", error="insufficient_scope", scope="`+string(scope)+`"`)
			return errScope
		}
		c := caller{bearer, a.deps.Records}
		if bearer.Sandbox {
			if c.records = a.deps.Sandbox; c.records == nil {
				return errSandbox
			}
		}
		if err := a.system.take(r.Context(), w.Header(), systemKey(c), 1); err != nil {
			return err
		}
		if slots == nil {
			return h(w, r, c)
		}
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			return h(w, r, c)
		default: // a quick "later" is worth more than a slow answer to everybody
			return edge.RetryAfter(errBusy, time.Second)
		}
	}
}

func systemKey(c caller) string { return string(c.Actor.System[:]) }

// bearer reads the token of the request (RFC 6750, 2.1): from the header only,
// never from the body or the address.
func (a *API) bearer(r *http.Request) (authz.Bearer, error) {
	lines := r.Header["Authorization"]
	if len(lines) != 1 {
		return authz.Bearer{}, authz.ErrToken
	}
	scheme, token, ok := strings.Cut(lines[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > 200 {
		return authz.Bearer{}, authz.ErrToken
	}
	return a.deps.Systems.Verify(r.Context(), edge.Secret(r.Context(), token))
}

// challenge says how to authenticate; a request without credentials is told no
// more than the scheme (RFC 6750, 3.1).
func challenge(w http.ResponseWriter, r *http.Request, err error) {
	if habeas.KindOf(err) != habeas.KindUnauthenticated {
		return
	}
	value := `Bearer realm="habeas"`
	if r.Header.Get("Authorization") != "" {
		value += `, error="invalid_token", error_description="The access token is unknown, expired or ended"`
	}
	w.Header().Set("WWW-Authenticate", value)
}

// describeSchemas writes the data sets as the API shows them; they do not change
// while the server runs.
func describeSchemas(s *party.Schemas) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetIndent("", "  ")
	_ = enc.Encode(map[string]any{"data_sets": s.Sets()}) // plain structs always encode
	return buf.Bytes()
}

func (a *API) describeSets(w http.ResponseWriter, _ *http.Request) error {
	return write(w, "application/json", "public, max-age=300", a.schemas)
}

// write answers with bytes that are there already.
func write(w http.ResponseWriter, mediaType, caching string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Cache-Control", caching)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // the client has gone; there is nobody to tell
	return nil
}

// queryOf reads the parameters of an address as strictly as bodies are read: each at
// most once, and none that is not known.
func queryOf(r *http.Request, known ...string) (map[string]string, error) {
	out := make(map[string]string, len(known))
	sent, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, habeas.Invalid("", "The query of the address is not well formed.").WithCode("query.syntax")
	}
	for _, name := range known {
		switch values := sent[name]; len(values) {
		case 0:
		case 1:
			out[name] = values[0]
		default:
			return nil, habeas.Invalid(name, "This parameter is given twice.").WithCode("query.duplicate")
		}
		delete(sent, name)
	}
	if len(sent) > 0 { // what it is called is the caller's text and not repeated
		e := habeas.Invalid("", "There is a parameter that is not known here. Known are: {names}.").WithCode("query.unknown")
		return nil, e.With("names", strings.Join(known, ", "))
	}
	return out, nil
}
