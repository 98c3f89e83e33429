package app

import (
	"context"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// SystemRecords is what connected systems do with records. It implements api.Records.
type SystemRecords struct {
	db      *sqlstore.DB
	keys    *ringKeys
	schemas *party.Schemas
	clock   habeas.Clock
	changes *Changes
	pace    pace
}

// Schemas returns the data sets that the organisation keeps.
func (r *SystemRecords) Schemas() *party.Schemas { return r.schemas }

// News returns what a system is told after a place in its feed (see [Changes.News]).
func (r *SystemRecords) News(ctx context.Context, a habeas.Actor, after string, limit int, wait time.Duration) ([]party.News, string, error) {
	return r.changes.News(ctx, a, after, limit, wait)
}

// FindOrCreate takes in what a system says about a party (journey 1). It returns
// the system's reference when record, provenance and ledger leaf are durable, and not
// sooner than for anybody else.
func (r *SystemRecords) FindOrCreate(ctx context.Context, a habeas.Actor, in party.Assertion) (party.Reference, error) {
	began := time.Now()
	in.Actor, in.Source = a, party.Source{Kind: party.FromSystem, System: a.System}
	take := r.take
	if in.Consent != nil {
		take = r.attach
	}
	ref, whole, err := take(ctx, a, in)
	r.pace.hold(began, whole)
	return ref, err
}

// take finds or creates, and reports whether that was the whole work.
func (r *SystemRecords) take(ctx context.Context, _ habeas.Actor, in party.Assertion) (_ party.Reference, whole bool, err error) {
	said, err := party.Prepare(in, r.schemas, r.keys, r.clock.Now())
	if err != nil {
		return party.Reference{}, false, err
	}
	if err := r.db.Do(ctx, said); err != nil {
		return party.Reference{}, false, err
	}
	return said.Answer, !said.Known, nil
}
