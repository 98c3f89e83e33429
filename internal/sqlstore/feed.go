package sqlstore

import (
	"context"
	"fmt"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
)

// Change is something that another node did. What is kept in memory about its subject
// is read again, or forgotten.
type Change struct {
	Index   int64            // place in the tree
	Subject habeas.SubjectID // zero: it is about the house
	Event   audit.Event
	Gone    bool // the subject was erased
}

// Alters reports whether an event may change what a list of records shows.
func Alters(e audit.Event) bool {
	switch e {
	case audit.PartyRead, audit.PartyListed, audit.PartyTold, audit.ListTaken:
		return false
	default:
		return true
	}
}

// maxFeed bounds how many places one call looks at.
const maxFeed = 10_000

// Feed returns what other nodes have done from a place in the tree on, looking at no
// more than limit places, and where to go on. The order is that of the tree, which
// every node sees alike. What this node wrote is left out, unless its commit was never
// answered. On SQLite there is no other node.
func (db *DB) Feed(ctx context.Context, from int64, limit int) (changes []Change, next int64, err error) {
	size, err := db.Size(ctx)
	e, shared := db.engine.(*postgresEngine)
	if err != nil || !shared || size <= from {
		return nil, max(size, from), err
	}
	next = min(size, from+int64(min(limit, maxFeed)))
	rows, err := db.readers.QueryContext(ctx, `SELECT t.idx, l.event, l.subject, l.leaf, f.sealed FROM tree t JOIN leaf l ON l.event = t.event
		LEFT JOIN forgotten f ON f.event = t.event WHERE t.idx >= ? AND t.idx < ? AND t.node <> ? ORDER BY t.idx`, from, next, e.node.Load())
	changes, err = collect(rows, err, db.scanChange)
	return changes, next, err
}

func (db *DB) scanChange(r row) (Change, error) {
	var c Change
	var event, subject, leaf, forgotten []byte
	if err := r.Scan(&c.Index, &event, &subject, &leaf, &forgotten); err != nil {
		return c, err
	}
	public, err := audit.ParseLeaf(leaf)
	if err != nil {
		return c, fmt.Errorf("leaf %d: %w", c.Index, err)
	}
	c.Event = public.Event
	if forgotten != nil {
		c.Gone = true
		if subject, err = db.cfg.Keys.House().Open(forgottenPlace(event), forgotten); err != nil {
			return c, fmt.Errorf("leaf %d: %w", c.Index, err)
		}
	}
	copy(c.Subject[:], subject)
	return c, nil
}

func forgottenPlace(event []byte) string { return "forgotten/" + string(event) }

// forget keeps for an hour whom an erasure was about, because its leaf does not say
// it. It is sealed, so that no row names who was erased.
func (e *postgresEngine) forget(tx *Tx, subject habeas.SubjectID, witness audit.Entry) error {
	sealed := tx.w.db.cfg.Keys.House().Seal(forgottenPlace(witness.ID[:]), subject[:])
	_, err := tx.exec(`INSERT INTO forgotten (event, sealed, at) VALUES (?,?,?) ON CONFLICT (event) DO NOTHING`,
		witness.ID[:], sealed, millis(witness.At))
	return err
}

// EachOf visits the statements of the given parties, as Records.Each does for all.
// What is no party, or was erased, is left out.
func (db *DB) EachOf(ctx context.Context, ids []habeas.PartyID, visit func(party.Party, party.Statement)) error {
	keys := make([][]byte, len(ids))
	for i := range ids {
		keys[i] = ids[i][:]
	}
	for len(keys) > 0 {
		args, n := db.text.spread(keys)
		keys = keys[n:]
		if err := db.Records().each(ctx, `WHERE s.party `+db.text.anyOf, args, visit); err != nil {
			return err
		}
	}
	return nil
}
