package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// InsertKeys implements [Store].
func (p *postgres) InsertKeys(ctx context.Context, rows []Row, check func() error) error {
	return p.queue.run(ctx, &insertJob{rows: rows, check: check})
}

// Decoy implements [Store]: the statements of InsertKeys, with a row elsewhere.
func (p *postgres) Decoy(ctx context.Context, wrapped []byte) error {
	row := Row{Wrapped: wrapped}
	row.ID[0] = byte(rand.N(256)) // the slot: seldom another's at the same time
	return p.queue.run(ctx, &insertJob{rows: []Row{row}, check: func() error { return nil }, decoy: true})
}

// insert writes what has queued up, all in one set of rows. When something in it
// is refused, each job is tried by itself within one transaction.
func (p *postgres) insert(ctx context.Context, jobs []*insertJob) error {
	err := p.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var keys, decoys []Row
		for _, j := range jobs {
			if err := j.check(); err != nil {
				return errApart
			}
			if j.decoy {
				decoys = append(decoys, j.rows...)
			} else {
				keys = append(keys, j.rows...)
			}
		}
		if err := insertDecoys(ctx, tx, decoys, len(keys) == 0); err != nil {
			return err
		}
		err := insertSet(ctx, tx, keys)
		if errors.Is(err, ErrTaken) || errors.Is(err, ErrErased) {
			return errApart
		}
		return err
	})
	if !errors.Is(err, errApart) {
		return err
	}
	return p.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		for _, j := range jobs {
			if err := j.insertApart(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
}

var errApart = errors.New("keyring/store: some of the jobs are refused")

// insertApart runs the job so that its failure undoes only itself. It returns an
// error when even that fails.
func (j *insertJob) insertApart(ctx context.Context, tx pgx.Tx) error {
	if j.err = j.check(); j.err != nil {
		return nil
	}
	if j.decoy {
		return insertDecoys(ctx, tx, j.rows, false)
	}
	part, err := tx.Begin(ctx) // a savepoint
	if err != nil {
		return err
	}
	switch err := insertSet(ctx, part, j.rows); {
	case errors.Is(err, ErrTaken), errors.Is(err, ErrErased):
		j.err = err
		return part.Rollback(ctx)
	case err != nil:
		return err
	}
	return part.Commit(ctx)
}

const (
	// No erasure commits between this and the end of the transaction: DeleteKeys
	// changes the row. So whoever is erased was erased before the next statement
	// looks, or is erased after the key was written and loses it.
	holdText     = "SELECT FROM ring WHERE one = 1 FOR SHARE"
	isErasedText = "SELECT EXISTS (SELECT FROM erased WHERE id = ANY ($1::bytea[]))"
	insertSetSQL = `INSERT INTO subject_key (id, wrapped) SELECT * FROM unnest($1::bytea[], $2::bytea[]) ON CONFLICT (id) DO NOTHING`
	otherSetSQL  = `SELECT EXISTS (SELECT FROM unnest($1::bytea[], $2::bytea[]) n (id, wrapped)
  JOIN subject_key k ON k.id = n.id WHERE k.wrapped <> n.wrapped)`
	decoyText = `INSERT INTO decoy (slot, wrapped) SELECT DISTINCT ON (n.slot) n.slot, n.wrapped FROM unnest($1::smallint[], $2::bytea[]) n (slot, wrapped)
  ORDER BY n.slot ON CONFLICT (slot) DO UPDATE SET wrapped = excluded.wrapped`
)

// insertSet writes rows in the order of their identifiers, so that two nodes that
// write the same ones do not wait for each other in a circle.
func insertSet(ctx context.Context, tx pgx.Tx, rows []Row) error {
	if len(rows) == 0 {
		return nil
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b Row) int { return slices.Compare(a.ID[:], b.ID[:]) })
	ids, wrapped := make([][]byte, len(rows)), make([][]byte, len(rows))
	for i := range rows {
		ids[i], wrapped[i] = rows[i].ID[:], rows[i].Wrapped
	}
	var erased, other bool
	inserted := int64(0)
	b := &pgx.Batch{}
	b.Queue(holdText)
	b.Queue(isErasedText, ids).QueryRow(func(row pgx.Row) error { return row.Scan(&erased) })
	b.Queue(insertSetSQL, ids, wrapped).Exec(func(tag pgconn.CommandTag) error {
		inserted = tag.RowsAffected()
		return nil
	})
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	if erased {
		return ErrErased
	}
	if inserted == int64(len(rows)) {
		return nil
	}
	if err := tx.QueryRow(ctx, otherSetSQL, ids, wrapped).Scan(&other); err != nil {
		return err
	}
	if other {
		return ErrTaken
	}
	return nil
}

// insertDecoys writes rows that nobody reads; alone it does all that insertSet does.
func insertDecoys(ctx context.Context, tx pgx.Tx, rows []Row, alone bool) error {
	if len(rows) == 0 {
		return nil
	}
	slots, ids, wrapped := make([]int16, len(rows)), make([][]byte, len(rows)), make([][]byte, len(rows))
	for i := range rows {
		slots[i], ids[i], wrapped[i] = int16(rows[i].ID[0]), rows[i].ID[:], rows[i].Wrapped
	}
	b := &pgx.Batch{}
	if alone {
		b.Queue(holdText)
		b.Queue(isErasedText, ids)
	}
	b.Queue(decoyText, slots, wrapped)
	return tx.SendBatch(ctx, b).Close()
}
