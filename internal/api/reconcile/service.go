package reconcile

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/lang"
)

// Path is the base of the API. [edge.Guard] opens it to pages of every website.
const Path = "/reconcile"

// Entities is what the API asks about entities: a part of [entity.Queries].
type Entities interface {
	Find(ctx context.Context, q entity.Question) (entity.Answer, error)
	Resolve(ctx context.Context, id entity.ID, asOf time.Time, to entity.Audience) (entity.Entity, error)
	Types() []entity.Template
}

// Deps is what the API stands on. Entities, Origin and Clock are required.
type Deps struct {
	Entities Entities
	Clock    habeas.Clock
	Origin   edge.Origin
	// Page is the path of the page of an entity, before its identifier. Empty: "/entity/".
	Page string
	// Name is what the registry is called; Version is that of the program.
	Name, Version string
	// Proxies tell where a request is from. PerClient counts queries by that; nil: 2,000 at
	// once and 1,000 a second.
	Proxies   edge.Proxies
	PerClient edge.Limiter
	// AtOnce is how many requests are worked on at a time; more are told to come back. Zero: 64.
	AtOnce int
}

// Service answers the Reconciliation Service API. It is safe for concurrent use.
type Service struct {
	Deps
	schema     schema
	attributes map[string]bool // the properties that are attributes, not registries
	space      string          // what stands before an identifier in the address of its page
	languages  *lang.Catalogue
	slots      chan struct{}
}

var (
	errBusy = habeas.Unavailable("The server is busy. Try again in a moment.").WithCode("busy")
	errRate = habeas.TooMany("Too many requests from your network. Wait a moment and try again.").WithCode("rate.client")
)

// New returns the service. It fails when the texts for people cannot be read.
func New(d Deps) (*Service, error) {
	if d.Page == "" {
		d.Page = "/entity/"
	}
	if d.PerClient == nil {
		d.PerClient = edge.NewBuckets(d.Clock, 1_000, 2_000, 100_000)
	}
	if d.AtOnce == 0 {
		d.AtOnce = 64
	}
	languages, err := lang.Standard()
	if err != nil {
		return nil, err
	}
	s := &Service{
		Deps: d, schema: newSchema(d.Entities.Types()), attributes: map[string]bool{}, space: d.Origin.String() + d.Page,
		languages: languages, slots: make(chan struct{}, d.AtOnce),
	}
	for _, p := range s.schema.properties[:len(s.schema.properties)-len(registries)] {
		s.attributes[p.id] = true
	}
	return s, nil
}

// Mount registers every endpoint.
func (s *Service) Mount(m *edge.Mux) {
	handle := func(pattern string, h func(*call) error) { m.Handle(pattern, s.limited(h)) }
	handle("GET "+Path, s.root)
	handle("POST "+Path, s.root)
	handle("POST "+Path+"/match", s.matchArray)
	handle("POST "+Path+"/extend", s.extendJSON)
	handle("GET "+Path+"/extend/propose", s.propose)
	handle("GET "+Path+"/suggest/entity", s.suggestEntities)
	handle("GET "+Path+"/suggest/property", s.suggestProperties)
	handle("GET "+Path+"/suggest/type", s.suggestTypes)
	handle("GET "+Path+"/flyout/entity", s.flyoutEntity)
	handle("GET "+Path+"/flyout/property", s.flyoutProperty)
	handle("GET "+Path+"/flyout/type", s.flyoutType)
	handle("GET "+Path+"/preview", s.preview)
	handle("GET "+Path+"/feature", s.featurePage)
	m.Handle("GET "+Path+"/preview.css", previewStyle)
	m.Handle("GET "+Path+"/logo.svg", logo)
}

// call is one request while it is answered.
type call struct {
	w       http.ResponseWriter
	r       *http.Request
	sent    map[string]string // parameters of the address, and of a form
	version version           // that the request names; "" for none
	p       lang.Printer
}

// limited reads what all requests have in common, and lets through a bounded number of them.
func (s *Service) limited(h func(*call) error) edge.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		c := &call{w: w, r: r, p: s.languages.Printer(s.languages.Match(r.Header.Get("Accept-Language")))}
		w.Header().Add("Vary", "Accept, Accept-Language")
		if err := s.take(r, 1); err != nil {
			return err
		}
		if err := c.read(); err != nil {
			return err
		}
		select {
		case s.slots <- struct{}{}:
			defer func() { <-s.slots }()
			return h(c)
		default: // a quick "later" is worth more than a slow answer to everybody
			return edge.RetryAfter(errBusy, time.Second)
		}
	}
}

// take counts queries of a client.
func (s *Service) take(r *http.Request, n int) error {
	if ok, wait := s.PerClient.Take(r.Context(), "reconcile "+s.Proxies.LimitKey(r), n); !ok {
		return edge.RetryAfter(errRate, wait)
	}
	return nil
}

// The parameters that are understood. Others are passed over: suggest widgets send a number of
// them that only Freebase knew, and jQuery one against caches.
var parameters = []string{
	"queries", "query", "extend", "callback", "version", "prefix", "cursor", "offset", "limit", "type", "id",
}

// read collects the parameters, of a form too.
func (c *call) read() error {
	address, err := parameterValues(c.r.URL.RawQuery)
	if err != nil {
		return errQuerySyntax
	}
	c.sent = map[string]string{}
	fill := func(name string, values []string) error {
		if _, twice := c.sent[name]; len(values) > 1 || twice && len(values) > 0 {
			return errTwice
		}
		if len(values) == 1 {
			c.sent[name] = values[0]
		}
		return nil
	}
	for _, name := range parameters {
		if err := fill(name, address[name]); err != nil {
			return err
		}
	}
	if c.r.Method == http.MethodPost && !c.isJSON() {
		form, err := edge.DecodeForm(c.w, c.r, maxBody)
		if err != nil {
			return err
		}
		for _, name := range parameters {
			if err := fill(name, form.TypedAll(name)); err != nil {
				return err
			}
		}
	}
	if err := checkCallback(c.sent); err != nil {
		return err
	}
	c.version, err = named(c.r, c.sent["version"])
	return err
}

// isJSON reports whether the body says that it is JSON.
func (c *call) isJSON() bool {
	return strings.HasPrefix(strings.ToLower(c.r.Header.Get("Content-Type")), "application/json")
}

// root answers at the base path, where 0.1 and 0.2 ask everything: what is sent tells what is
// asked. A JSON body is a batch of either form, because clients of 1.0-draft are still made that
// send it here.
func (s *Service) root(c *call) error {
	if c.r.Method == http.MethodPost && c.isJSON() {
		doc, err := edge.DecodeJSON[jsontext.Value](c.w, c.r, maxBody)
		if err != nil {
			return err
		}
		if isArrayForm(doc) {
			return s.arrayBatch(c, doc)
		}
		return s.objectBatch(c, doc)
	}
	if batch, ok := c.sent["queries"]; ok {
		return s.objectBatch(c, []byte(batch))
	}
	if one, ok := c.sent["query"]; ok {
		return s.single(c, one)
	}
	if extension, ok := c.sent["extend"]; ok {
		return s.extend(c, c.version.or(v02), []byte(extension))
	}
	if c.r.Method == http.MethodPost {
		return errNoQueries
	}
	return s.manifest(c)
}

func (s *Service) objectBatch(c *call, doc []byte) error {
	batch, err := objectBatch(doc)
	if err != nil {
		return err
	}
	if err := s.take(c.r, len(batch)); err != nil {
		return err
	}
	v := c.version.or(v02)
	out := make(map[string]results, len(batch))
	for key, q := range batch {
		found, err := s.answer(c.r.Context(), q, c.p)
		if err != nil {
			return err // a result has no room for an error: the whole batch is one (ENT-44)
		}
		out[key] = results{Result: s.written(v, c.p, found)}
	}
	return c.answer(v, out)
}

func (s *Service) single(c *call, text string) error {
	q, err := singleQuery(text)
	if err != nil {
		return err
	}
	found, err := s.answer(c.r.Context(), q, c.p)
	if err != nil {
		return err
	}
	v := c.version.or(v01)
	return c.answer(v, results{Result: s.written(v, c.p, found)})
}

// matchArray answers /match of 1.0-draft.
func (s *Service) matchArray(c *call) error {
	doc, err := edge.DecodeJSON[jsontext.Value](c.w, c.r, maxBody)
	if err != nil {
		return err
	}
	return s.arrayBatch(c, doc)
}

func (s *Service) arrayBatch(c *call, doc []byte) error {
	batch, err := arrayQueries(doc)
	if err != nil {
		return err
	}
	if err := s.take(c.r, len(batch)); err != nil {
		return err
	}
	out := arrayResults{Results: make([]arrayResult, len(batch))}
	for i, q := range batch {
		found, err := s.answer(c.r.Context(), q, c.p)
		if err != nil {
			return err
		}
		out.Results[i].Candidates = s.written(v10, c.p, found)
	}
	return c.answer(v10, out)
}
