package reconciletest

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/entity"
)

// Registry answers questions about Entities from the real index. It is safe for concurrent use.
type Registry struct {
	held  map[entity.ID]entity.Entity
	index *entity.Index
	// Fails, unless nil, makes questions about a text fail.
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
	r := &Registry{held: map[entity.ID]entity.Entity{}, index: entity.NewIndex()}
	all := Entities()
	for _, e := range all {
		r.held[e.ID] = e
	}
	if err := r.index.Put(all...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.index.Close() })
	return r
}

// Types implements entity.Queries.
func (r *Registry) Types() []entity.Template { return Types }

// Find implements entity.Queries.
func (r *Registry) Find(_ context.Context, q entity.Question) (entity.Answer, error) {
	if f := r.Fails.Load(); f != nil && f.Text == q.Text {
		return entity.Answer{}, f.Err
	}
	return r.index.Find(q)
}

// Resolve implements entity.Queries.
func (r *Registry) Resolve(_ context.Context, id entity.ID, _ time.Time, to entity.Audience) (entity.Entity, error) {
	if e, ok := entity.See(r.held[id], to, false); ok && e.ID == id {
		return e, nil
	}
	return entity.Entity{}, entity.ErrUnknown
}
