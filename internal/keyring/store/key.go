package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/habeas-data/habeas"
)

// Row is one wrapped subject key.
type Row struct {
	ID      habeas.SubjectID
	Wrapped []byte
}

// chunk is how many keys one bulk query asks for.
const chunk = 64

const (
	insertText = "INSERT INTO subject_key (id, wrapped) VALUES (?, ?) ON CONFLICT (id) DO NOTHING"
	keyText    = "SELECT wrapped FROM subject_key WHERE id = ?"
	pageText   = "SELECT id, wrapped FROM subject_key WHERE id > ? ORDER BY id LIMIT ?"
)

var keysText = "SELECT id, wrapped FROM subject_key WHERE id IN (?" + strings.Repeat(",?", chunk-1) + ")"

// Key returns the wrapped key of a subject, nil when there is none.
func (s *Store) Key(ctx context.Context, id habeas.SubjectID) (wrapped []byte, err error) {
	err = s.r.key.QueryRowContext(ctx, id[:]).Scan(&wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return wrapped, err
}

// Keys returns the wrapped keys of those subjects that have one, in no order.
func (s *Store) Keys(ctx context.Context, ids []habeas.SubjectID) ([]Row, error) {
	out := make([]Row, 0, len(ids))
	args := make([]any, chunk)
	for len(ids) > 0 {
		n := min(len(ids), chunk)
		for i := range args {
			args[i] = ids[min(i, n-1)][:] // the last one fills up a short chunk
		}
		rows, err := s.r.keys.QueryContext(ctx, args...)
		if out, err = scanRows(rows, err, out); err != nil {
			return nil, err
		}
		ids = ids[n:]
	}
	return out, nil
}

// Page returns up to limit keys whose subject sorts after the given one.
func (s *Store) Page(ctx context.Context, after habeas.SubjectID, limit int) ([]Row, error) {
	rows, err := s.r.page.QueryContext(ctx, after[:], limit)
	return scanRows(rows, err, make([]Row, 0, limit))
}

// scanRows appends all rows to out and closes them.
func scanRows(rows *sql.Rows, err error, out []Row) ([]Row, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id sql.RawBytes
		var row Row
		if err := rows.Scan(&id, &row.Wrapped); err != nil {
			return nil, err
		}
		if row.ID, err = habeas.Bytes16[habeas.SubjectKind](id); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

// DeleteKeys deletes the keys of subjects, whether or not they have one, and
// raises the generation in the same transaction. before runs in the turn of
// this write, ahead of the deletion, and can refuse it. [Store.Compact] must
// follow before the bytes are gone.
func (s *Store) DeleteKeys(ctx context.Context, ids []habeas.SubjectID, before func() error) (generation uint64, err error) {
	err = s.write(ctx, func(ctx context.Context, w *writeConn) error {
		if err := before(); err != nil {
			return err
		}
		for i := range ids {
			if _, err := w.conn.ExecContext(ctx, "DELETE FROM subject_key WHERE id = ?", ids[i][:]); err != nil {
				return err
			}
		}
		const raise = "UPDATE ring SET generation = generation + 1 RETURNING generation"
		return w.conn.QueryRowContext(ctx, raise).Scan(&generation)
	})
	return generation, err
}

// CountKeys counts all keys. It walks the table.
func (s *Store) CountKeys(ctx context.Context) (n int, err error) {
	err = s.readers.QueryRowContext(ctx, "SELECT count(*) FROM subject_key").Scan(&n)
	return n, err
}

// PutWrapper replaces the wrapper of w's kind, or adds it. [Store.Compact] must
// follow before the old one is gone from the file.
func (s *Store) PutWrapper(ctx context.Context, wrapper *Wrapper) error {
	return s.write(ctx, func(ctx context.Context, w *writeConn) error {
		return putWrapper(ctx, w, wrapper)
	})
}

func putWrapper(ctx context.Context, w *writeConn, p *Wrapper) error {
	const text = `INSERT INTO wrapper (kind, passes, memory_kib, threads, salt, sealed) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (kind) DO UPDATE SET passes = excluded.passes, memory_kib = excluded.memory_kib,
  threads = excluded.threads, salt = excluded.salt, sealed = excluded.sealed`
	_, err := w.conn.ExecContext(ctx, text, p.Kind, p.Passes, p.MemoryKiB, p.Threads, p.Salt, p.Sealed)
	return err
}

// Secret returns the wrapped secret of that name. When there is none, it calls
// wrap and keeps what it returns, in one transaction: of two callers at the
// same time one makes it and both get the same.
func (s *Store) Secret(ctx context.Context, name string, wrap func() ([]byte, error)) (wrapped []byte, err error) {
	err = s.write(ctx, func(ctx context.Context, w *writeConn) error {
		err := w.conn.QueryRowContext(ctx, "SELECT wrapped FROM secret WHERE name = ?", name).Scan(&wrapped)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if wrapped, err = wrap(); err != nil {
			return err
		}
		_, err = w.conn.ExecContext(ctx, "INSERT INTO secret (name, wrapped) VALUES (?, ?)", name, wrapped)
		if err != nil {
			return fmt.Errorf("keyring/store: secret: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return wrapped, nil
}
