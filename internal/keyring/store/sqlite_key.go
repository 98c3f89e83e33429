package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/habeas-data/habeas"
)

// chunk is how many keys one bulk query asks for.
const chunk = 64

const (
	insertText = "INSERT INTO subject_key (id, wrapped) VALUES (?, ?) ON CONFLICT (id) DO NOTHING"
	keyText    = "SELECT wrapped FROM subject_key WHERE id = ?"
	deleteText = "DELETE FROM subject_key WHERE id = ?"
	pageText   = "SELECT id, wrapped FROM subject_key WHERE id > ? ORDER BY id LIMIT ?"
)

var keysText = "SELECT id, wrapped FROM subject_key WHERE id IN (?" + strings.Repeat(",?", chunk-1) + ")"

// Key implements [Store].
func (s *sqlite) Key(ctx context.Context, id habeas.SubjectID) (wrapped []byte, err error) {
	err = s.r.key.QueryRowContext(ctx, id[:]).Scan(&wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return wrapped, err
}

// Keys implements [Store].
func (s *sqlite) Keys(ctx context.Context, ids []habeas.SubjectID) ([]Row, error) {
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

// Page implements [Store].
func (s *sqlite) Page(ctx context.Context, after habeas.SubjectID, limit int) ([]Row, error) {
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

// DeleteKeys implements [Store].
func (s *sqlite) DeleteKeys(ctx context.Context, erased []Erasure, before func() error) (generation uint64, err error) {
	err = s.write(ctx, func(ctx context.Context, w *writeConn) error {
		if err := before(); err != nil {
			return err
		}
		s.uncompact.Store(true)
		for i := range erased {
			if _, err := w.conn.ExecContext(ctx, deleteText, erased[i].ID[:]); err != nil {
				return err
			}
		}
		const raise = "UPDATE ring SET generation = generation + 1 RETURNING generation"
		return w.conn.QueryRowContext(ctx, raise).Scan(&generation)
	})
	return generation, err
}

// DropKeys implements [Store].
func (s *sqlite) DropKeys(ctx context.Context, ids []habeas.SubjectID) (n int, err error) {
	err = s.write(ctx, func(ctx context.Context, w *writeConn) error {
		for i := range ids {
			res, err := w.conn.ExecContext(ctx, deleteText, ids[i][:])
			if err != nil {
				return err
			}
			deleted, err := res.RowsAffected()
			if err != nil {
				return err
			}
			n += int(deleted)
		}
		return nil
	})
	return n, err
}

// Shared implements [Store]: one process at a time opens a file.
func (s *sqlite) Shared() bool { return false }

// Generation implements [Store].
func (s *sqlite) Generation(ctx context.Context) (n uint64, err error) {
	err = s.readers.QueryRowContext(ctx, "SELECT generation FROM ring").Scan(&n)
	return n, err
}

// Erasures implements [Store]: the list beside the file is the only one.
func (s *sqlite) Erasures(_ context.Context, after uint64) ([]Erasure, uint64, error) {
	return nil, after, nil
}

// CountKeys implements [Store].
func (s *sqlite) CountKeys(ctx context.Context) (n int, err error) {
	err = s.readers.QueryRowContext(ctx, "SELECT count(*) FROM subject_key").Scan(&n)
	return n, err
}

// PutWrapper implements [Store].
func (s *sqlite) PutWrapper(ctx context.Context, wrapper *Wrapper) error {
	return s.write(ctx, func(ctx context.Context, w *writeConn) error {
		s.uncompact.Store(true)
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

// Secret implements [Store].
func (s *sqlite) Secret(ctx context.Context, name string, wrap func() ([]byte, error)) (wrapped []byte, err error) {
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

// DeleteSecrets implements [Store].
func (s *sqlite) DeleteSecrets(ctx context.Context, names ...string) (n int, err error) {
	err = s.write(ctx, func(ctx context.Context, w *writeConn) error {
		n = 0
		s.uncompact.Store(true)
		for _, name := range names {
			res, err := w.conn.ExecContext(ctx, "DELETE FROM secret WHERE name = ?", name)
			if err != nil {
				return err
			}
			deleted, err := res.RowsAffected()
			if err != nil {
				return err
			}
			n += int(deleted)
		}
		return nil
	})
	return n, err
}
