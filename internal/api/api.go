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
)

// Systems is what the API asks about connected systems.
type Systems interface {
	// Authorize grants a token, or returns authz.ErrClient or authz.ErrScope.
	Authorize(ctx context.Context, id habeas.SystemID, secret string, asked []authz.Scope) (authz.Token, error)
	// Verify returns who shows a token, or authz.ErrToken. It is called per request.
	Verify(ctx context.Context, token string) (authz.Bearer, error)
}

// Records is what connected systems do with records.
type Records interface {
	Schemas() *party.Schemas
	FindOrCreate(ctx context.Context, a habeas.Actor, in party.Assertion) (party.Reference, error)
	Ticket(ctx context.Context, a habeas.Actor, ref string) (party.Ticket, error)
	CancelTicket(ctx context.Context, a habeas.Actor, ref string, version int64) (party.Ticket, error)
}

// Deps is what the API stands on. Systems, Records and Clock are required.
type Deps struct {
	Systems Systems
	Records Records
	Clock   habeas.Clock
	// LedgerDir holds the published ledger (C2SP tlog-tiles). Empty: nothing is served.
	LedgerDir string
	// LedgerKey is the verifier key of the ledger, as golang.org/x/mod/sumdb/note writes it.
	LedgerKey string
	// Limit bounds the requests of one system. Nil: 20,000 a second.
	Limit edge.Limiter
	// TokenLimit bounds the token requests of one client id. Nil: 20 at once, then one a second.
	TokenLimit edge.Limiter
	// AtOnce is how many requests of systems are worked on at a time; more are told to
	// come back. Zero: 512, twice what the writer takes into one transaction.
	AtOnce int
}

// API serves programs. It is safe for concurrent use.
type API struct {
	deps    Deps
	slots   chan struct{}
	schemas []byte
}

// maxBody bounds what a program may send at once, in bytes.
const maxBody = 64 << 10

// New returns the API.
func New(deps Deps) *API {
	if deps.Limit == nil {
		deps.Limit = edge.NewBuckets(deps.Clock, 20_000, 20_000, 10_000)
	}
	if deps.TokenLimit == nil {
		deps.TokenLimit = edge.NewBuckets(deps.Clock, 1, 20, 10_000)
	}
	if deps.AtOnce == 0 {
		deps.AtOnce = 512
	}
	return &API{deps: deps, slots: make(chan struct{}, deps.AtOnce), schemas: describeSchemas(deps.Records.Schemas())}
}

// Mount registers every endpoint.
func (a *API) Mount(m *edge.Mux) {
	m.Handle("POST /oauth/token", a.token)
	m.Handle("POST /api/v1/parties:findOrCreate", a.system(authz.ScopeParties, a.findOrCreate))
	m.Handle("POST /api/v1/tickets:cancel", a.system(authz.ScopeTickets, a.cancelTicket))
	m.Handle("GET /api/v1/tickets", a.system(authz.ScopeTickets, a.ticket))
	m.Handle("GET /api/v1/schemas", a.describe)
	m.Handle("GET /problems/{type}", a.problem)
	if a.deps.LedgerDir != "" {
		m.Handle("GET /ledger/checkpoint", a.checkpoint)
		m.Handle("GET /ledger/tile/{path...}", a.tile)
		m.Handle("GET /ledger/key", a.ledgerKey)
	}
}

// systemHandler answers a request of a connected system.
type systemHandler func(w http.ResponseWriter, r *http.Request, actor habeas.Actor) error

var (
	errScope = habeas.Forbidden("The access token does not permit this.").WithCode("token.scope")
	errRate  = habeas.TooMany("Too many requests. Wait a moment and try again.").WithCode("rate.limited")
	errBusy  = habeas.Unavailable("The server is busy. Try again in a moment.").WithCode("busy")
)

// system lets through a system whose token permits the scope, within its limits.
func (a *API) system(scope authz.Scope, h systemHandler) edge.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		bearer, err := a.bearer(r)
		if err != nil {
			challenge(w, r, err)
			return err
		}
		if !bearer.May(scope) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="habeas", error="insufficient_scope", scope="`+string(scope)+`"`)
			return errScope
		}
		if ok, wait := a.deps.Limit.Take(r.Context(), string(bearer.Actor.System[:]), 1); !ok {
			return edge.RetryAfter(errRate, wait)
		}
		select {
		case a.slots <- struct{}{}:
			defer func() { <-a.slots }()
			return h(w, r, bearer.Actor)
		default: // a quick "later" is worth more than a slow answer to everybody
			return edge.RetryAfter(errBusy, time.Second)
		}
	}
}

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
	return a.deps.Systems.Verify(r.Context(), token)
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

func (a *API) describe(w http.ResponseWriter, _ *http.Request) error {
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
