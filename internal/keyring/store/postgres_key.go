package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/habeas-data/habeas"
)

// Key implements [Store].
func (p *postgres) Key(ctx context.Context, id habeas.SubjectID) (wrapped []byte, err error) {
	err = p.read(ctx, func(ctx context.Context) error {
		err := p.pool.QueryRow(ctx, "SELECT wrapped FROM subject_key WHERE id = $1", id[:]).Scan(&wrapped)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return wrapped, err
}

// Keys implements [Store].
func (p *postgres) Keys(ctx context.Context, ids []habeas.SubjectID) ([]Row, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return p.rows(ctx, "SELECT id, wrapped FROM subject_key WHERE id = ANY ($1::bytea[])", column(ids))
}

// Page implements [Store].
func (p *postgres) Page(ctx context.Context, after habeas.SubjectID, limit int) ([]Row, error) {
	return p.rows(ctx, "SELECT id, wrapped FROM subject_key WHERE id > $1 ORDER BY id LIMIT $2", after[:], limit)
}

func (p *postgres) rows(ctx context.Context, text string, args ...any) (out []Row, err error) {
	err = p.read(ctx, func(ctx context.Context) error {
		rows, err := p.pool.Query(ctx, text, args...)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, scanRow)
		return err
	})
	return out, err
}

func scanRow(rows pgx.CollectableRow) (row Row, err error) {
	var id []byte
	if err := rows.Scan(&id, &row.Wrapped); err != nil {
		return row, err
	}
	row.ID, err = habeas.Bytes16[habeas.SubjectKind](id)
	return row, err
}

// column is an argument for bytea[].
func column(ids []habeas.SubjectID) [][]byte {
	out := make([][]byte, len(ids))
	for i := range ids {
		out[i] = ids[i][:]
	}
	return out
}

// CountKeys implements [Store].
func (p *postgres) CountKeys(ctx context.Context) (n int, err error) {
	err = p.read(ctx, func(ctx context.Context) error {
		return p.pool.QueryRow(ctx, "SELECT count(*) FROM subject_key").Scan(&n)
	})
	return n, err
}

// PutWrapper implements [Store].
func (p *postgres) PutWrapper(ctx context.Context, w *Wrapper) error {
	return p.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := putWrapperPostgres(ctx, tx, w); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, wasteText+" VALUES ('wrapper', "+wasteNow+")"+wasteAgain)
		return err
	})
}

func putWrapperPostgres(ctx context.Context, tx pgx.Tx, w *Wrapper) error {
	const text = `INSERT INTO wrapper (kind, passes, memory_kib, threads, salt, sealed) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (kind) DO UPDATE SET passes = excluded.passes, memory_kib = excluded.memory_kib,
  threads = excluded.threads, salt = excluded.salt, sealed = excluded.sealed`
	_, err := tx.Exec(ctx, text, w.Kind, w.Passes, w.MemoryKiB, w.Threads, w.Salt, w.Sealed)
	return err
}

// Secret implements [Store]. The lock makes other nodes wait for the one that
// generates; it is taken once in the life of a secret.
func (p *postgres) Secret(ctx context.Context, name string, wrap func() ([]byte, error)) (wrapped []byte, err error) {
	const text = "SELECT wrapped FROM secret WHERE name = $1"
	err = p.read(ctx, func(ctx context.Context) error {
		return p.pool.QueryRow(ctx, text, name).Scan(&wrapped)
	})
	if !errors.Is(err, pgx.ErrNoRows) {
		return wrapped, err
	}
	err = p.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "LOCK TABLE secret IN SHARE ROW EXCLUSIVE MODE"); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, text, name).Scan(&wrapped)
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if wrapped, err = wrap(); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "INSERT INTO secret (name, wrapped) VALUES ($1, $2)", name, wrapped)
		return err
	})
	if err != nil {
		return nil, err
	}
	return wrapped, nil
}

// DeleteSecrets implements [Store].
func (p *postgres) DeleteSecrets(ctx context.Context, names ...string) (n int, err error) {
	err = p.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "DELETE FROM secret WHERE name = ANY($1)", names)
		if n = int(tag.RowsAffected()); err != nil || n == 0 {
			return err
		}
		_, err = tx.Exec(ctx, wasteText+" VALUES ('secret', "+wasteNow+")"+wasteAgain)
		return err
	})
	return n, err
}
