package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
)

// Bulks reads batches of merges. It implements party.Bulks.
type Bulks struct{ q querier }

// BulksTx changes them in one transaction. It implements party.BulkWriter.
type BulksTx struct {
	Bulks
	tx *Tx
}

var _ party.BulkWriter = BulksTx{}

// Bulks returns the reader on the pool.
func (db *DB) Bulks() Bulks { return Bulks{q: db.Records().q} }

// Bulks returns the reader and writer in this transaction.
func (tx *Tx) Bulks() BulksTx { return BulksTx{Bulks{q: tx.Records().q}, tx} }

const selectBulk = `SELECT id, state, by_whom, undo_by, certain, pairs, seen, free, merged, skipped, apart, apart_before, left_over,
	clashes, at, done_at, ended_at, lease, version FROM bulk`

func scanBulk(r row) (party.Bulk, error) {
	var b party.Bulk
	var id, by, undo []byte
	var clashes string
	var at, done, ended, lease int64
	if err := r.Scan(&id, &b.State, &by, &undo, &b.Certain, &b.All, &b.Seen, &b.Free, &b.Merged, &b.Skipped, &b.Apart, &b.Before, &b.Left,
		&clashes, &at, &done, &ended, &lease, &b.Version); err != nil {
		return b, err
	}
	copy(b.ID[:], id)
	copy(b.By[:], by)
	copy(b.UndoBy[:], undo)
	b.At, b.DoneAt, b.EndedAt, b.Lease = moment(at), moment(done), moment(ended), moment(lease)
	b.Clashes = map[party.Clash]int{}
	for _, one := range splitList(clashes) {
		why, n, _ := strings.Cut(one, "=")
		b.Clashes[party.Clash(why)], _ = strconv.Atoi(n)
	}
	return b, nil
}

func bulkArgs(b party.Bulk) []any {
	var clashes []string
	for why, n := range b.Clashes {
		clashes = append(clashes, string(why)+"="+strconv.Itoa(n))
	}
	slices.Sort(clashes)
	return []any{
		b.ID[:], string(b.State), b.By[:], nullID(b.UndoBy), b.Certain, b.All, b.Seen, b.Free, b.Merged, b.Skipped, b.Apart, b.Before, b.Left,
		joinList(clashes), millis(b.At), millis(b.DoneAt), millis(b.EndedAt), millis(b.Lease), b.Version,
	}
}

// Bulk implements party.Bulks.
func (s Bulks) Bulk(ctx context.Context, id habeas.BulkID) (party.Bulk, error) {
	b, err := scanBulk(s.q.QueryRowContext(ctx, selectBulk+` WHERE id = ?`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return b, habeas.NotFound("There is no such batch of merges.").WithCode("bulk.none")
	}
	return b, failure(err)
}

// NewestBulks implements party.Bulks.
func (s Bulks) NewestBulks(ctx context.Context, limit int) ([]party.Bulk, error) {
	rows, err := s.q.QueryContext(ctx, selectBulk+` WHERE state <> 'dropped' ORDER BY id DESC LIMIT ?`, limit)
	return collect(rows, err, scanBulk)
}

// WorkingBulks implements party.Bulks.
func (s Bulks) WorkingBulks(ctx context.Context, now time.Time) ([]party.Bulk, error) {
	rows, err := s.q.QueryContext(ctx, selectBulk+` WHERE state IN ('looking', 'merging', 'undoing') AND lease <= ? ORDER BY id`, millis(now))
	return collect(rows, err, scanBulk)
}

// BulkPairs implements party.Bulks.
func (s Bulks) BulkPairs(ctx context.Context, id habeas.BulkID, step party.PairStep, after, limit int, last bool) ([]party.BulkPair, error) {
	query := `SELECT n, a, b, merge_id, step FROM bulk_pair WHERE bulk = ? AND step = ? AND `
	if last {
		query += `n < ? ORDER BY n DESC LIMIT ?`
	} else {
		query += `n > ? ORDER BY n LIMIT ?`
	}
	rows, err := s.q.QueryContext(ctx, query, id[:], string(step), after, limit)
	return collect(rows, err, func(r row) (p party.BulkPair, err error) {
		var a, b, m []byte
		err = r.Scan(&p.N, &a, &b, &m, &p.Step)
		copy(p.A[:], a)
		copy(p.B[:], b)
		copy(p.Merge[:], m)
		return p, err
	})
}

// LikelyPairs implements party.Bulks.
func (s Bulks) LikelyPairs(ctx context.Context, least float64, limit int) ([]party.PairID, error) {
	rows, err := s.q.QueryContext(ctx, `SELECT a, b FROM duplicate WHERE state = 'open' AND p >= ? ORDER BY p DESC, a, b LIMIT ?`,
		int64(math.Round(least*millionths)), limit)
	return collect(rows, err, func(r row) (p party.PairID, err error) {
		var a, b []byte
		err = r.Scan(&a, &b)
		copy(p.A[:], a)
		copy(p.B[:], b)
		return p, err
	})
}

// Standing implements party.Bulks.
func (s Bulks) Standing(ctx context.Context, id habeas.PartyID) (st party.Standing, err error) {
	err = s.q.QueryRowContext(ctx, members+`SELECT
		EXISTS (SELECT 1 FROM retention WHERE held_at > 0 AND party IN (SELECT id FROM member)),
		EXISTS (SELECT 1 FROM dispute WHERE party IN (SELECT id FROM member)),
		EXISTS (SELECT 1 FROM request WHERE state = 'open' AND party IN (SELECT id FROM member))
		OR EXISTS (SELECT 1 FROM party_merge WHERE state = 'proposed' AND (party IN (SELECT id FROM member) OR target IN (SELECT id FROM member)))
		OR EXISTS (SELECT 1 FROM party_split WHERE state = 'proposed' AND party IN (SELECT id FROM member))`, id[:]).Scan(&st.Held, &st.Disputed, &st.Asked)
	return st, failure(err)
}

// ToldApart implements party.Bulks. That a whole batch was taken back says nothing about
// each of its pairs.
func (s Bulks) ToldApart(ctx context.Context, a, b habeas.PartyID) (apart bool, err error) {
	err = s.q.QueryRowContext(ctx, `WITH RECURSIVE one (id) AS (SELECT id FROM party WHERE id = ?
		UNION SELECT m.party FROM party_merge m JOIN one ON m.target = one.id WHERE m.state = 'done'),
		two (id) AS (SELECT id FROM party WHERE id = ?
		UNION SELECT m.party FROM party_merge m JOIN two ON m.target = two.id WHERE m.state = 'done'),
		pair (a, b) AS (SELECT one.id, two.id FROM one, two UNION SELECT two.id, one.id FROM one, two)
		SELECT EXISTS (SELECT 1 FROM duplicate d JOIN pair ON d.a = pair.a AND d.b = pair.b WHERE d.state = 'different')
		OR EXISTS (SELECT 1 FROM party_split s JOIN pair ON s.party = pair.a AND s.target = pair.b WHERE s.state = 'done')
		OR EXISTS (SELECT 1 FROM party_merge m JOIN pair ON m.target = pair.a AND m.party = pair.b WHERE m.state IN ('undone', 'settled', 'refused')
			AND NOT EXISTS (SELECT 1 FROM bulk_pair p WHERE p.merge_id = m.id AND p.step = 'apart'))
		OR EXISTS (SELECT 1 FROM relation r JOIN pair ON r.party = pair.a AND r.other = pair.b WHERE r.ended_at = 0)
		OR EXISTS (SELECT 1 FROM relation r JOIN relation h ON h.household = r.household JOIN pair ON r.party = pair.a AND h.party = pair.b
			WHERE r.ended_at = 0 AND h.ended_at = 0)`, a[:], b[:]).Scan(&apart)
	return apart, failure(err)
}

// CreateBulk implements party.BulkWriter.
func (w BulksTx) CreateBulk(b party.Bulk, e audit.Entry) error {
	if _, err := w.tx.exec(`INSERT INTO bulk (id, state, by_whom, undo_by, certain, pairs, seen, free, merged, skipped, apart, apart_before, left_over,
		clashes, at, done_at, ended_at, lease, version) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`, bulkArgs(b)...); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// ChangeBulk implements party.BulkWriter.
func (w BulksTx) ChangeBulk(b *party.Bulk, e audit.Entry) error {
	if err := w.update(b); err != nil {
		return err
	}
	if b.State == party.BulkUndoing { // what was left is tried again
		if _, err := w.tx.exec(`UPDATE bulk_pair SET step = 'merged' WHERE bulk = ? AND step = 'left'`, b.ID[:]); err != nil {
			return err
		}
	}
	if b.State == party.BulkDropped {
		if _, err := w.tx.exec(`DELETE FROM bulk_pair WHERE bulk = ?`, b.ID[:]); err != nil {
			return err
		}
	}
	return w.tx.Audit(e)
}

// update writes a batch over the version that it was read with.
func (w BulksTx) update(b *party.Bulk) error {
	next := *b
	next.Version++
	res, err := w.tx.exec(`UPDATE bulk SET state=?2, by_whom=?3, undo_by=?4, certain=?5, pairs=?6, seen=?7, free=?8, merged=?9, skipped=?10, apart=?11,
		apart_before=?12, left_over=?13, clashes=?14, at=?15, done_at=?16, ended_at=?17, lease=?18, version=?19 WHERE id=?1 AND version=?20`,
		append(bulkArgs(next), b.Version)...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, party.ErrBulkMoved)
	}
	*b = next
	return nil
}

// MarkBulk writes how far a batch has come, over the version that it was read with, and
// what became of some of its pairs: those that were merged leave the queue, and those that
// were taken apart come back to it.
func (o Ops) MarkBulk(ctx context.Context, b *party.Bulk, pairs []party.BulkPair) error {
	return o.inTx(ctx, func(tx *Tx) error {
		if err := tx.Bulks().update(b); err != nil {
			return err
		}
		if b.State == party.BulkLooking && b.Seen == 0 { // it begins anew
			if _, err := tx.exec(`DELETE FROM bulk_pair WHERE bulk = ?`, b.ID[:]); err != nil {
				return err
			}
		}
		for _, p := range pairs {
			if _, err := tx.exec(`INSERT INTO bulk_pair (bulk, n, a, b, merge_id, step) VALUES (?,?,?,?,?,?)
				ON CONFLICT (bulk, n) DO UPDATE SET step = excluded.step`, b.ID[:], p.N, p.A[:], p.B[:], p.Merge[:], string(p.Step)); err != nil {
				return err
			}
			was, is := party.PairOpen, party.PairTogether
			switch p.Step {
			case party.PairMerged:
			case party.PairApartAt:
				was, is = is, was
			default:
				continue
			}
			if _, err := tx.exec(`UPDATE duplicate SET state = ? WHERE a = ? AND b = ? AND state = ?`, string(is), p.A[:], p.B[:], string(was)); err != nil {
				return err
			}
		}
		return nil
	})
}

// EndBulkLeases ends the leases of batches whose server is gone, as EndLeases does.
func (o Ops) EndBulkLeases(ctx context.Context) error {
	if o.db.cfg.DSN != "" {
		return nil
	}
	return o.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE bulk SET lease = 0, version = version + 1 WHERE lease > 0`)
		return err
	})
}
