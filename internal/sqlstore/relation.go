package sqlstore

import (
	"context"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
)

// Relations reads who is related to whom. It implements party.Relations.
type Relations struct {
	q    querier
	keys *keyring.Ring
}

// RelationsTx changes it in one transaction. It implements party.RelationWriter.
type RelationsTx struct {
	Relations
	tx *Tx
}

var _ party.RelationWriter = RelationsTx{}

// Relations returns the reader on the pool.
func (db *DB) Relations() Relations { return Relations{q: db.readers, keys: db.cfg.Keys} }

// Relations returns the reader and writer in this transaction.
func (tx *Tx) Relations() RelationsTx {
	r := tx.Records()
	return RelationsTx{Relations{q: r.q, keys: r.keys}, tx}
}

// sealedRelation is what one side says, sealed under its own key.
type sealedRelation struct {
	Is   party.Relationship `json:"r"`
	By   habeas.AccountID   `json:"b"`
	Show bool               `json:"s,omitempty"`
	Name string             `json:"n,omitempty"`
}

func relationPlace(id habeas.RelationID) string { return "relation/" + string(id[:]) }

const selectRelation = `SELECT id, party, other, household, ended_at, objected_at, sealed FROM relation`

func (s Relations) scan(ctx context.Context) func(row) (party.Relation, error) {
	return func(r row) (party.Relation, error) {
		var one party.Relation
		var id, about, other, house, sealed []byte
		var ended, objected int64
		if err := r.Scan(&id, &about, &other, &house, &ended, &objected, &sealed); err != nil {
			return one, err
		}
		copy(one.ID[:], id)
		copy(one.Party[:], about)
		copy(one.Other[:], other)
		copy(one.Household[:], house)
		one.EndedAt, one.ObjectedAt = moment(ended), moment(objected)
		key, err := s.keys.Key(ctx, habeas.SubjectOf(one.Party))
		if err != nil {
			return one, err
		}
		var in sealedRelation
		err = openWords(key, relationPlace(one.ID), sealed, &in)
		one.Is, one.By, one.Show, one.Name = in.Is, in.By, in.Show, in.Name
		return one, err
	}
}

// RelationsOf implements party.Relations.
func (s Relations) RelationsOf(ctx context.Context, id habeas.PartyID) ([]party.Relation, error) {
	rows, err := s.q.QueryContext(ctx, members+selectRelation+` WHERE party IN (SELECT id FROM member) ORDER BY id DESC, party`, id[:])
	return collect(rows, err, s.scan(ctx))
}

// RelationSides implements party.Relations.
func (s Relations) RelationSides(ctx context.Context, id habeas.RelationID) ([]party.Relation, error) {
	rows, err := s.q.QueryContext(ctx, selectRelation+` WHERE id = ? ORDER BY party`, id[:])
	return collect(rows, err, s.scan(ctx))
}

// HouseholdOf implements party.Relations.
func (s Relations) HouseholdOf(ctx context.Context, id habeas.HouseholdID) ([]party.Relation, error) {
	rows, err := s.q.QueryContext(ctx, selectRelation+` WHERE household = ? AND ended_at = 0 ORDER BY id, party`, id[:])
	return collect(rows, err, s.scan(ctx))
}

// Pairs implements party.Relations.
func (s Relations) Pairs(ctx context.Context) (party.Apart, error) {
	merged, err := s.merged(ctx)
	if err != nil {
		return nil, err
	}
	top := func(id habeas.PartyID) habeas.PartyID {
		for into, ok := merged[id]; ok; into, ok = merged[id] {
			id = into
		}
		return id
	}
	out := party.Apart{}
	for _, query := range []string{
		`SELECT party, other FROM relation WHERE ended_at = 0 AND other IS NOT NULL`,
		`SELECT a.party, b.party FROM relation a JOIN relation b ON a.household = b.household AND a.party < b.party
			WHERE a.ended_at = 0 AND b.ended_at = 0 AND a.household IS NOT NULL`,
	} {
		rows, err := s.q.QueryContext(ctx, query)
		pairs, err := collect(rows, err, scanTwo)
		if err != nil {
			return nil, err
		}
		for _, p := range pairs {
			out.Put(top(p.A), top(p.B), party.SameHousehold)
		}
	}
	return out, nil
}

// merged says which record each merged one went into.
func (s Relations) merged(ctx context.Context) (map[habeas.PartyID]habeas.PartyID, error) {
	rows, err := s.q.QueryContext(ctx, `SELECT party, target FROM party_merge WHERE state = 'done'`)
	pairs, err := collect(rows, err, scanTwo)
	out := make(map[habeas.PartyID]habeas.PartyID, len(pairs))
	for _, p := range pairs {
		out[p.A] = p.B
	}
	return out, err
}

// scanTwo scans two parties in the order of the row.
func scanTwo(r row) (p party.PairID, err error) {
	var a, b []byte
	err = r.Scan(&a, &b)
	copy(p.A[:], a)
	copy(p.B[:], b)
	return p, err
}

// SaveRelation implements party.RelationWriter.
func (w RelationsTx) SaveRelation(r party.Relation, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(r.Party))
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, relationPlace(r.ID), sealedRelation{r.Is, r.By, r.Show, r.Name})
	if err != nil {
		return err
	}
	_, err = w.tx.exec(`INSERT INTO relation (id, party, other, household, ended_at, objected_at, sealed) VALUES (?,?,?,?,?,?,?)
		ON CONFLICT (id, party) DO UPDATE SET ended_at = excluded.ended_at, objected_at = excluded.objected_at, sealed = excluded.sealed`,
		r.ID[:], r.Party[:], nullID(r.Other), nullID(r.Household), millis(r.EndedAt), millis(r.ObjectedAt), sealed)
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}
