package api

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/entity"
)

// Authors tells for whom a trusted entity creator writes (ENT-14, ATTR-10).
type Authors interface {
	// Author returns whose identity certificate (DER) it is, where the certificate counts and
	// that person has let the actor write for them; else an error of KindForbidden.
	Author(ctx context.Context, actor habeas.Actor, certificate []byte) (habeas.AccountID, error)
}

// EntityDeps is what the API of entities stands on. Queries, Writes and Origin are required.
type EntityDeps struct {
	Queries entity.Queries
	Writes  entity.Writes
	// Authors lets creators write for others. Nil: that is refused.
	Authors Authors
	// Caller tells who asks, from the connection. Nil, as on the site, where no cookie counts
	// for programs (PRX-01): nobody knows, and every write is refused.
	Caller func(r *http.Request) (habeas.Actor, error)
	// Origin is where identifiers resolve.
	Origin edge.Origin
}

// entities serves the Entity Name System. It is safe for concurrent use.
type entities struct{ EntityDeps }

// MountEntities registers the endpoints of the Entity Name System: on the site for everybody
// to read, on the port for certificates for registered people to write too.
func MountEntities(m *edge.Mux, d EntityDeps) {
	s := &entities{d}
	m.Handle("GET /api/v1/entity-types", s.types)
	m.Handle("GET /api/v1/entities/{id}", s.resolve)
	m.Handle("GET /api/v1/entities/{id}/evolution", s.evolutionOf)
	m.Handle("PUT /api/v1/entities/{id}", s.edit)
	m.Handle("POST /api/v1/entities", s.create)
	m.Handle("POST /api/v1/entities:validate", s.validate)
	m.Handle("POST /api/v1/entities:lock", s.lock)
	m.Handle("POST /api/v1/entities:merge", s.merge)
	m.Handle("POST /api/v1/entities:split", s.split)
	m.Handle("POST /api/v1/entities:delete", s.remove)
	m.Handle("POST /api/v1/entities:undo", s.undo)
	m.Handle("POST /api/v1/entities:purge", s.purge)
	m.Handle("POST /api/v1/entities:acceptLicence", s.accept)
	m.Handle("GET /api/v1/evolution", s.evolution)
}

// maxEntityBody bounds what is written of entities, in bytes: a description and what is
// around it, or the parts of a split.
const maxEntityBody = entity.MaxDescription + 64<<10

var (
	errNoEntityID   = habeas.NotFound(entity.ErrID.Message).WithCode("entity.id")
	errAsOf         = habeas.Invalid("asOf", "Write a moment such as 2026-05-03T18:00:00Z, or a day such as 2026-05-03.").WithCode("as-of.invalid")
	errNoMatch      = habeas.Invalid("If-Match", "Send the ETag of the entity as you have seen it in If-Match.").WithCode("match.missing")
	errEntityMatch  = habeas.Invalid("If-Match", "If-Match holds the ETag of the entity as it was answered, in its quotes.").WithCode("match.invalid")
	errAfter        = habeas.Invalid("after", "Send the number that was answered as “next”.").WithCode("cursor.invalid")
	errEvolutions   = habeas.Invalid("limit", "A page has 1 to 1000 lines.").WithCode("limit.invalid")
	errNobodyKnown  = habeas.Forbidden("Write on the port for certificates, with that of your registration. Nobody is known here.").WithCode("entity.unregistered")
	errNoAuthors    = habeas.Forbidden("Nobody writes for somebody else on this server.").WithCode("author.none")
	errAuthorFormat = habeas.Invalid("author.certificate", "This is the certificate of the author, as DER in base 64.").WithCode("author.invalid")
)

// entityDoc is an entity as the API shows it.
type entityDoc struct {
	ID         string             `json:"id"`
	URI        string             `json:"uri"`
	State      entity.State       `json:"state"`
	Version    int64              `json:"version,omitzero"`
	Type       entity.Type        `json:"type,omitzero"`
	Access     entity.Access      `json:"access,omitzero"`
	Attributes []entity.Attribute `json:"attributes,omitempty"`
	Externals  []externalDoc      `json:"externals,omitempty"`
	SameAs     []string           `json:"sameAs,omitempty"`
	References []entity.Reference `json:"references,omitempty"`
	Successors []entity.ID        `json:"successors,omitempty"`
	Created    time.Time          `json:"created,omitzero"`
	Changed    time.Time          `json:"changed,omitzero"`
	Licence    string             `json:"licence"`
}

type externalDoc struct {
	Scheme string `json:"scheme"`
	Value  string `json:"value"`
	URL    string `json:"url,omitempty"`
}

func (s *entities) doc(e entity.Entity) entityDoc {
	d := e.Description
	out := entityDoc{
		ID: e.ID.String(), URI: s.uri(e.ID), State: e.State, Version: e.Version, Type: d.Type, Access: d.Access, Attributes: d.Attributes,
		SameAs: d.SameAs, References: d.References, Successors: e.Successors, Created: e.Created, Changed: e.Changed, Licence: entity.Licence,
	}
	for _, x := range d.Externals {
		out.Externals = append(out.Externals, externalDoc{x.Scheme, x.Value, x.URL()})
	}
	return out
}

func (s *entities) uri(id entity.ID) string { return s.Origin.URL("/entity/" + id.String()) }

// audience is who reads: on the port a registered person, on the site nobody that is known.
func (s *entities) audience(r *http.Request) (entity.Audience, error) {
	if s.Caller == nil {
		return entity.Audience{}, nil
	}
	a, err := s.Caller(r)
	return entity.Audience{Registered: err == nil, Steward: a.Has(habeas.RoleAdministrator), Account: a.Account}, err
}

func entityID(r *http.Request) (entity.ID, error) {
	id, err := entity.ParseID(r.PathValue("id"))
	if err != nil {
		return 0, errNoEntityID
	}
	return id, nil
}

// readAsOf reads a moment, or the end of a day; none is now.
func readAsOf(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, errAsOf
	}
	return day.AddDate(0, 0, 1).Add(-time.Millisecond), nil
}

func entityTag(e entity.Entity) string { return `"v` + strconv.FormatInt(e.Version, 10) + `"` }

// resolve answers what an identifier means: the entity; 301 where it was merged, 300 where it
// was split, 410 where it was deleted (ENT-12, ENT-21).
func (s *entities) resolve(w http.ResponseWriter, r *http.Request) error {
	id, err := entityID(r)
	if err != nil {
		return err
	}
	q, err := queryOf(r, "asOf")
	if err != nil {
		return err
	}
	asOf, err := readAsOf(q["asOf"])
	if err != nil {
		return err
	}
	to, err := s.audience(r)
	if err != nil {
		return err
	}
	e, err := s.Queries.Resolve(r.Context(), id, asOf, to)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Vary", "Accept")
	address := func(id entity.ID) string {
		a := "/api/v1/entities/" + id.String()
		if q["asOf"] != "" {
			a += "?asOf=" + q["asOf"]
		}
		return a
	}
	switch e.State {
	case entity.Deleted:
		return entity.ErrGone
	case entity.Merged:
		h.Set("Location", address(e.Successors[0]))
		return edge.WriteJSON(w, http.StatusMovedPermanently, s.doc(e))
	case entity.Split:
		for _, to := range e.Successors {
			h.Add("Link", "<"+address(to)+`>; rel="alternate"`)
		}
		return edge.WriteJSON(w, http.StatusMultipleChoices, s.doc(e))
	case entity.Active:
	}
	return s.write(w, r, http.StatusOK, e)
}

// write answers with an entity in the form that is asked for.
func (s *entities) write(w http.ResponseWriter, r *http.Request, status int, e entity.Entity) error {
	h := w.Header()
	h.Set("ETag", entityTag(e))
	h.Set("Link", "<"+entity.Licence+`>; rel="license"`)
	if r.Method == http.MethodGet && known(r.Header["If-None-Match"], entityTag(e)) && len(r.Header["If-None-Match"]) > 0 {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	if r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "application/ld+json") {
		return edge.WriteJSONAs(w, status, "application/ld+json", s.linked(e))
	}
	return edge.WriteJSON(w, status, s.doc(e))
}

func (s *entities) linked(e entity.Entity) any {
	for _, t := range s.Queries.Types() {
		if t.Type == e.Description.Type {
			return entity.Linked(e, t, s.uri(e.ID))
		}
	}
	return entity.Linked(e, entity.Template{SchemaOrg: "Thing"}, s.uri(e.ID))
}

type typesDoc struct {
	Types []typeDoc `json:"types"`
}

type typeDoc struct {
	Type       entity.Type   `json:"type"`
	Label      string        `json:"label"`
	SchemaOrg  string        `json:"schemaOrg"`
	Attributes []expectedDoc `json:"attributes"`
}

type expectedDoc struct {
	Name  string `json:"name"`
	Label string `json:"label"`
	Kind  string `json:"kind"`
	Many  bool   `json:"many"`
}

func (s *entities) types(w http.ResponseWriter, _ *http.Request) error {
	var out typesDoc
	for _, t := range s.Queries.Types() {
		one := typeDoc{Type: t.Type, Label: t.Label, SchemaOrg: t.SchemaOrg}
		for _, x := range t.Attributes {
			one.Attributes = append(one.Attributes, expectedDoc(x))
		}
		out.Types = append(out.Types, one)
	}
	return edge.WriteJSON(w, http.StatusOK, out)
}

// evolutionPage is a page of the public Entity Evolution List (ENT-20): nothing else is told.
type evolutionPage struct {
	Evolution []entity.Evolution `json:"evolution"`
	Next      int64              `json:"next"`
}

func (s *entities) evolution(w http.ResponseWriter, r *http.Request) error { return s.evolved(w, r, 0) }

func (s *entities) evolutionOf(w http.ResponseWriter, r *http.Request) error {
	id, err := entityID(r)
	if err != nil {
		return err
	}
	return s.evolved(w, r, id)
}

func (s *entities) evolved(w http.ResponseWriter, r *http.Request, id entity.ID) error {
	q, err := queryOf(r, "after", "limit")
	if err != nil {
		return err
	}
	after, limit := int64(0), 100
	if text := q["after"]; text != "" {
		if after, err = strconv.ParseInt(text, 10, 64); err != nil || after < 0 {
			return errAfter
		}
	}
	if text := q["limit"]; text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > 1000 {
			return errEvolutions
		}
	}
	lines, err := s.Queries.Evolutions(r.Context(), id, after, limit)
	if err != nil {
		return err
	}
	page := evolutionPage{Evolution: append([]entity.Evolution{}, lines...), Next: after}
	for i, line := range page.Evolution {
		page.Evolution[i].Old, page.Evolution[i].New = append([]entity.ID{}, line.Old...), append([]entity.ID{}, line.New...)
		page.Next = line.Seq
	}
	return edge.WriteJSON(w, http.StatusOK, page)
}

// authorIn names for whom a creator writes.
type authorIn struct {
	Certificate string `json:"certificate"` // DER in base 64
}

// writer tells who writes, and for whom.
func (s *entities) writer(r *http.Request, author *authorIn, lock string) (entity.Writer, error) {
	if s.Caller == nil {
		return entity.Writer{}, errNobodyKnown
	}
	a, err := s.Caller(r)
	w := entity.Writer{Actor: a, Author: a.Account, Lock: lock}
	if err != nil || author == nil {
		return w, err
	}
	if s.Authors == nil {
		return w, errNoAuthors
	}
	der, err := base64.StdEncoding.DecodeString(author.Certificate)
	if err != nil || len(der) == 0 || len(der) > 16<<10 {
		return w, errAuthorFormat
	}
	w.Author, err = s.Authors.Author(r.Context(), a, der)
	return w, err
}

// matched gives a version that somebody else has changed its status under If-Match.
func matched(err error) error {
	if errors.Is(err, entity.ErrVersion) {
		return edge.WithStatus(err, http.StatusPreconditionFailed)
	}
	return err
}
