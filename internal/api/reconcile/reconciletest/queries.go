package reconciletest

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/match/search"
)

// Registry answers questions about Entities from a real index. It is safe for concurrent use.
type Registry struct {
	held  map[entity.ID]entity.Entity
	names *search.Index
	// Fails, unless nil, is what questions about this text are answered with.
	Fails atomic.Pointer[Failing]
}

// Failing makes one question fail.
type Failing struct {
	Text string
	Err  error
}

// New returns the registry of a test.
func New(t testing.TB) *Registry {
	t.Helper()
	r := &Registry{held: map[entity.ID]entity.Entity{}}
	var indexed []search.Entity
	for _, e := range Entities() {
		r.held[e.ID] = e
		if r.found(e) {
			indexed = append(indexed, index(e))
		}
	}
	var err error
	if r.names, err = search.Build(context.Background(), slices.Values(indexed), search.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.names.Close() })
	return r
}

// shown reports whether the public may know of an entity.
func shown(e entity.Entity) bool {
	d := e.Description
	return d.Access&entity.Hidden == 0 && (d.Type != entity.Person || d.Access&entity.Published != 0)
}

func (r *Registry) found(e entity.Entity) bool {
	return e.State == entity.Active && shown(e) && e.Description.Access&entity.Unsearchable == 0
}

func index(e entity.Entity) search.Entity {
	out := search.Entity{ID: e.ID.String(), Type: string(e.Description.Type)}
	kinds := map[string]search.Kind{
		entity.AttrName: search.Primary, entity.AttrAlias: search.Alias, entity.AttrAcronym: search.Acronym, entity.AttrFormerName: search.Former,
	}
	for _, a := range e.Description.Attributes {
		if kind, ok := kinds[a.Name]; ok {
			out.Names = append(out.Names, search.Name{Text: a.Value, Kind: kind, Lang: a.Lang})
		}
		if a.Name == entity.AttrCountry {
			out.Country = a.Value
		}
	}
	return out
}

// Types implements entity.Queries.
func (r *Registry) Types() []entity.Template { return Types }

// Resolve implements entity.Queries for the public.
func (r *Registry) Resolve(_ context.Context, id entity.ID, _ time.Time, _ entity.Audience) (entity.Entity, error) {
	e, ok := r.held[id]
	if !ok || !shown(e) {
		return entity.Entity{}, habeas.NotFound("There is no entity with this identifier.")
	}
	return e, nil
}

// Find implements entity.Queries for the public.
func (r *Registry) Find(_ context.Context, q entity.Question) (entity.Answer, error) {
	if f := r.Fails.Load(); f != nil && f.Text == q.Text {
		return entity.Answer{}, f.Err
	}
	if x := q.External; x != (entity.External{}) {
		for _, e := range r.held {
			if r.found(e) && slices.ContainsFunc(e.Description.Externals, func(has entity.External) bool {
				return has.Scheme == x.Scheme && (has.Value == x.Value || has.Value == "https://ror.org/"+x.Value)
			}) {
				h := r.hit(search.Hit{ID: e.ID.String(), P: 1})
				h.Exact = true
				return entity.Answer{Hits: []entity.Hit{h}}, nil
			}
		}
	}
	if q.Text == "" {
		return entity.Answer{None: 1}, nil
	}
	asked := search.Query{Text: q.Text, Limit: q.Limit, Country: q.Country, Explain: q.Explain}
	if q.Typing {
		asked.Mode = search.Typing
	}
	for _, t := range q.Types {
		asked.Types = append(asked.Types, string(t))
	}
	found := r.names.Search(asked)
	out := entity.Answer{None: found.None}
	for _, h := range found.Hits {
		out.Hits = append(out.Hits, r.hit(h))
	}
	return out, nil
}

func (r *Registry) hit(h search.Hit) entity.Hit {
	id, _ := entity.ParseID(h.ID)
	d := r.held[id].Description
	out := entity.Hit{ID: id, Name: h.Name, Type: d.Type, P: h.P}
	for _, a := range d.Attributes {
		switch {
		case a.Name == entity.AttrName && out.Label == "":
			out.Label = a.Value
		case a.Name == entity.AttrCountry:
			out.Country = a.Value
		}
	}
	for _, why := range h.Reasons {
		out.Reasons = append(out.Reasons, entity.Reason(why))
	}
	return out
}
