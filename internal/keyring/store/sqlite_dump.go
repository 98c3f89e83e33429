package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/habeas-data/habeas"
)

// sqliteHeader reads the header rows and checks that the file is ours.
func sqliteHeader(ctx context.Context, conn *sql.Conn) (h Header, err error) {
	app, err := pragmaInt(ctx, conn, "application_id")
	if err != nil || app != applicationID {
		return h, errors.Join(ErrForeign, err)
	}
	var id []byte
	var generation int64
	if err := conn.QueryRowContext(ctx, "SELECT id, generation FROM ring").Scan(&id, &generation); err != nil {
		return h, fmt.Errorf("%w: %w", ErrForeign, err)
	}
	if len(id) != len(h.Ring) || generation < 0 {
		return h, ErrForeign
	}
	copy(h.Ring[:], id)
	h.Generation = uint64(generation)
	rows, err := conn.QueryContext(ctx, "SELECT kind, passes, memory_kib, threads, salt, sealed FROM wrapper")
	if err != nil {
		return h, err
	}
	defer rows.Close()
	for rows.Next() {
		var w Wrapper
		if err := rows.Scan(&w.Kind, &w.Passes, &w.MemoryKiB, &w.Threads, &w.Salt, &w.Sealed); err != nil {
			return h, fmt.Errorf("%w: %w", ErrForeign, err)
		}
		h.Wrappers = append(h.Wrappers, w)
	}
	return h, rows.Err()
}

// dumpRows is how many keys are delivered at a time.
const dumpRows = 1000

// Dump implements [Store]. It reads in one transaction, which keeps [Store.Compact]
// waiting until it ends.
func (s *sqlite) Dump(ctx context.Context, to Sink) error {
	conn, err := s.readers.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return dumpConn(ctx, conn, to)
}

// dumpSQLite reads beside the server that has the file open, if there is one.
func dumpSQLite(ctx context.Context, path string, to Sink) error {
	if there, err := existsSQLite(path); err != nil || !there {
		return errors.Join(ErrMissing, err)
	}
	name, err := dsn(path, readerPragmas)
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrForeign, err)
	}
	defer conn.Close()
	return dumpConn(ctx, conn, to)
}

func dumpConn(ctx context.Context, conn *sql.Conn, to Sink) error {
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") }() // it wrote nothing
	h, err := sqliteHeader(ctx, conn)
	if err != nil {
		return err
	}
	if _, _, err := sqliteSchema(ctx, conn); err != nil {
		return err
	}
	if err := to.Header(h); err != nil {
		return err
	}
	if err := dumpSecrets(ctx, conn, to); err != nil {
		return err
	}
	var after habeas.SubjectID
	for {
		rows, err := conn.QueryContext(ctx, pageText, after[:], dumpRows)
		page, err := scanRows(rows, err, make([]Row, 0, dumpRows))
		if err != nil || len(page) == 0 {
			return err
		}
		if err := to.Keys(page); err != nil {
			return err
		}
		after = page[len(page)-1].ID
	}
}

func dumpSecrets(ctx context.Context, conn *sql.Conn, to Sink) error {
	rows, err := conn.QueryContext(ctx, "SELECT name, wrapped FROM secret WHERE name <> '' ORDER BY name")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var wrapped []byte
		if err := rows.Scan(&name, &wrapped); err != nil {
			return err
		}
		if err := to.Secret(name, wrapped); err != nil {
			return err
		}
	}
	return rows.Err()
}

// sqliteSink fills a new store within one transaction.
type sqliteSink struct {
	ctx context.Context
	w   *writeConn
}

func (s sqliteSink) Header(h Header) error {
	const text = "INSERT INTO ring (one, id, generation) VALUES (1, ?, ?)"
	if _, err := s.w.conn.ExecContext(s.ctx, text, h.Ring[:], int64(h.Generation)); err != nil {
		return err
	}
	for i := range h.Wrappers {
		if err := putWrapper(s.ctx, s.w, &h.Wrappers[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s sqliteSink) Secret(name string, wrapped []byte) error {
	_, err := s.w.conn.ExecContext(s.ctx, "INSERT INTO secret (name, wrapped) VALUES (?, ?)", name, wrapped)
	return err
}

func (s sqliteSink) Keys(rows []Row) error { return insertRows(s.ctx, s.w, rows) }
