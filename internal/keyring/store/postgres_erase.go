package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/habeas-data/habeas"
)

// What was deleted is noted with the transaction that did it.
const (
	wasteText  = "INSERT INTO waste (place, cluster, dead)"
	wasteNow   = "(SELECT system_identifier FROM pg_control_system()), pg_current_xact_id()"
	wasteAgain = ` ON CONFLICT (place) DO UPDATE SET cluster = excluded.cluster, rewritten = NULL,
  dead = CASE WHEN waste.cluster = excluded.cluster THEN greatest(waste.dead, excluded.dead) ELSE excluded.dead END`
)

// DeleteKeys implements [Store]. The row of the ring orders erasures over all nodes:
// who sees a generation sees every erasure up to it.
func (p *postgres) DeleteKeys(ctx context.Context, erased []Erasure, before func() error) (generation uint64, err error) {
	ids, at := make([][]byte, len(erased)), make([]int64, len(erased))
	for i := range erased {
		ids[i], at[i] = erased[i].ID[:], erased[i].At.UnixMilli()
	}
	err = p.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		const raise = "UPDATE ring SET generation = generation + 1 WHERE one = 1 RETURNING generation"
		if err := tx.QueryRow(ctx, raise).Scan(&generation); err != nil {
			return err
		}
		if err := before(); err != nil {
			return err
		}
		b := &pgx.Batch{}
		b.Queue("INSERT INTO erased (id, generation, at) SELECT id, $3, at FROM unnest($1::bytea[], $2::bigint[]) n (id, at) ON CONFLICT (id) DO NOTHING",
			ids, at, generation)
		b.Queue("WITH dead AS (DELETE FROM subject_key WHERE id = ANY ($1::bytea[]) RETURNING tableoid) "+
			wasteText+" SELECT DISTINCT tableoid::regclass::text, "+wasteNow+" FROM dead"+wasteAgain, ids)
		return tx.SendBatch(ctx, b).Close()
	})
	return generation, err
}

// DropKeys implements [Store].
func (p *postgres) DropKeys(ctx context.Context, ids []habeas.SubjectID) (n int, err error) {
	err = p.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "DELETE FROM subject_key WHERE id = ANY ($1::bytea[])", column(ids))
		n = int(tag.RowsAffected())
		return err
	})
	return n, err
}

// Shared implements [Store].
func (p *postgres) Shared() bool { return true }

// Generation implements [Store].
func (p *postgres) Generation(ctx context.Context) (n uint64, err error) {
	err = p.read(ctx, func(ctx context.Context) error {
		return p.pool.QueryRow(ctx, "SELECT generation FROM ring WHERE one = 1").Scan(&n)
	})
	return n, err
}

// Erasures implements [Store].
func (p *postgres) Erasures(ctx context.Context, after uint64) (out []Erasure, upTo uint64, err error) {
	err = p.read(ctx, func(ctx context.Context) error {
		const text = `SELECT r.generation, e.id, e.at FROM ring r LEFT JOIN erased e ON e.generation > $1
WHERE r.one = 1 ORDER BY e.generation, e.id`
		rows, err := p.pool.Query(ctx, text, after)
		if err != nil {
			return err
		}
		out = out[:0]
		var id []byte
		var at *int64
		_, err = pgx.ForEachRow(rows, []any{&upTo, &id, &at}, func() error {
			if at == nil { // nobody
				return nil
			}
			subject, err := habeas.Bytes16[habeas.SubjectKind](id)
			out = append(out, Erasure{subject, time.UnixMilli(*at).UTC()})
			return err
		})
		return err
	})
	return out, upTo, err
}

const (
	// While a rewrite waits for readers of a table, others wait behind it, so it
	// waits in short turns.
	rewriteTurn = 100 * time.Millisecond

	uncompactText = "SELECT place FROM waste WHERE rewritten IS NULL AND cluster = (SELECT system_identifier FROM pg_control_system()) ORDER BY place"
	// No row version that a transaction before relfrozenxid has deleted is in the
	// table (PostgreSQL, 53.11 pg_class). A rewrite that had to keep some for an
	// older reader does not get past them.
	rewrittenText = `UPDATE waste w SET rewritten = pg_current_wal_insert_lsn() FROM pg_class c
WHERE w.place = $1 AND c.oid = w.place::regclass AND age(c.relfrozenxid) < age(w.dead::xid)`
)

// Compact implements [Store] by rewriting each table that something was deleted
// from, into a new file. VACUUM alone would make room and leave the bytes there.
func (p *postgres) Compact(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, compactPatience)
	defer cancel()
	var places []string
	err := p.read(ctx, func(ctx context.Context) error {
		rows, err := p.pool.Query(ctx, uncompactText)
		if err != nil {
			return err
		}
		places, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	for _, place := range places {
		if err == nil {
			err = p.rewrite(ctx, place)
		}
	}
	if err != nil && ctx.Err() != nil {
		return errors.Join(ErrBusy, err)
	}
	return err
}

// rewrite tries until ctx ends, more and more rarely: each time costs reading and
// writing the table.
func (p *postgres) rewrite(ctx context.Context, place string) error {
	for pause := rewriteTurn; ; pause *= 2 {
		done := false
		err := p.read(ctx, func(ctx context.Context) error {
			return p.pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
				if err := rewriteOnce(ctx, conn, place); err != nil {
					return err
				}
				tag, err := conn.Exec(ctx, rewrittenText, place)
				done = tag.RowsAffected() > 0
				return err
			})
		})
		if done || err != nil && !errors.Is(err, ErrBusy) {
			return err
		}
		select {
		case <-time.After(pause): // for those who waited behind it
		case <-ctx.Done():
			return ErrBusy
		}
	}
}

func rewriteOnce(ctx context.Context, conn *pgxpool.Conn, place string) error {
	if _, err := conn.Exec(ctx, "SELECT set_config('lock_timeout', $1, false)", rewriteTurn.String()); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, "VACUUM (FULL) "+place)
	_, reset := conn.Exec(context.WithoutCancel(ctx), "RESET lock_timeout")
	return errors.Join(err, reset)
}

// Pending implements [Store].
func (p *postgres) Pending(ctx context.Context) (out Pending, err error) {
	err = p.read(ctx, func(ctx context.Context) error {
		var last *string // end of the log at the latest rewrite
		const text = `SELECT count(*) FILTER (WHERE rewritten IS NULL) > 0, max(rewritten)::text FROM waste
WHERE cluster = (SELECT system_identifier FROM pg_control_system())`
		if err := p.pool.QueryRow(ctx, text).Scan(&out.Store, &last); err != nil {
			return err
		}
		switch {
		case out.Store:
			out.Log = LogKept
			return nil
		case last == nil: // nothing was ever deleted
			out.Log = LogGone
			return nil
		}
		out.Log, err = p.logSince(ctx, *last)
		return err
	})
	return out, err
}

// logSince says whether the write-ahead log still reaches back to a position. What
// was archived or replicated is out of sight.
func (p *postgres) logSince(ctx context.Context, position string) (Log, error) {
	var needed, listable, recycles bool
	const redo = `SELECT redo_lsn <= $1::text::pg_lsn, has_function_privilege('pg_ls_waldir()', 'execute'),
  current_setting('wal_recycle')::boolean FROM pg_control_checkpoint()`
	if err := p.pool.QueryRow(ctx, redo, position).Scan(&needed, &listable, &recycles); err != nil || needed {
		return LogKept, err
	}
	if !listable {
		return LogUnknown, nil
	}
	var kept bool
	// A name is the timeline in eight digits and the place in the log.
	const list = `SELECT count(*) > 0 FROM pg_ls_waldir()
WHERE name ~ '^[0-9A-F]{24}$' AND substr(name, 9) <= substr(pg_walfile_name($1::text::pg_lsn), 9)`
	switch err := p.pool.QueryRow(ctx, list, position).Scan(&kept); {
	case err != nil || kept:
		return LogKept, err
	case recycles: // the old file has a new name, and its bytes until they are written over
		return LogUnknown, nil
	}
	return LogGone, nil
}
