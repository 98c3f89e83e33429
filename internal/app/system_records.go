package app

import (
	"context"

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
}

// Schemas returns the data sets that the organisation keeps.
func (r *SystemRecords) Schemas() *party.Schemas { return r.schemas }

// FindOrCreate takes in what a system says about a party (journey 1). It returns
// the system's reference when record, provenance and ledger leaf are durable.
func (r *SystemRecords) FindOrCreate(ctx context.Context, a habeas.Actor, in party.Assertion) (party.Reference, error) {
	in.Actor, in.Source = a, party.Source{Kind: party.FromSystem, System: a.System}
	if in.Consent != nil {
		return r.attach(ctx, a, in)
	}
	said, err := party.Prepare(in, r.schemas, r.keys, r.clock.Now())
	if err != nil {
		return party.Reference{}, err
	}
	if err := r.db.Do(ctx, said); err != nil {
		return party.Reference{}, err
	}
	return said.Answer, nil
}
