package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	_ "modernc.org/sqlite" // registers the pure-Go driver "sqlite"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/ledger"
)

// sqliteEngine is the engine of one file: its writer is the only one there is, so it keeps
// the right edge of the tree in memory and gives each leaf its place at once.
type sqliteEngine struct {
	front *ledger.Frontier // belongs to the writer
}

// openSQLite opens or creates the file and rebuilds the right edge of the tree.
func openSQLite(ctx context.Context, db *DB) error {
	path := filepath.Join(db.cfg.Dir, "records.db")
	db.text = &sqliteTexts
	var err error
	if db.write, err = openFile(dsn(path, false), db.cfg.Watch); err != nil {
		return fmt.Errorf("open records: %w", err)
	}
	db.write.SetMaxOpenConns(1)
	if db.readers, err = openFile(dsn(path, true), db.cfg.Watch); err != nil {
		return errors.Join(err, db.write.Close())
	}
	db.readers.SetMaxOpenConns(8)
	db.readers.SetMaxIdleConns(8)
	e := &sqliteEngine{}
	db.engine = e
	if err := e.prepare(ctx, db); err != nil {
		return errors.Join(err, db.readers.Close(), db.write.Close())
	}
	return nil
}

func (e *sqliteEngine) prepare(ctx context.Context, db *DB) error {
	if err := migrate(ctx, db.write, false); err != nil {
		return err
	}
	size, err := db.Size(ctx)
	if err != nil {
		return err
	}
	if e.front, err = ledger.NewFrontier(size, ledger.HashReader(ctx, db)); err != nil {
		return fmt.Errorf("rebuild the ledger's edge: %w", err)
	}
	db.writer, err = startWriter(ctx, db)
	return err
}

// dsn names the file with its pragmas. The writer checkpoints by itself every
// 8,000 pages; synchronous=FULL makes each commit durable; secure_delete wipes
// what is deleted.
func dsn(path string, readOnly bool) string {
	q := url.Values{}
	for _, p := range []string{
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)",
		"wal_autocheckpoint(8000)", "secure_delete(ON)", "temp_store(MEMORY)",
	} {
		q.Add("_pragma", p)
	}
	if readOnly {
		q.Add("_pragma", "query_only(ON)")
		q.Add("_pragma", "cache_size(-8000)")
	} else {
		q.Add("_pragma", "cache_size(-64000)")
	}
	return (&url.URL{Scheme: "file", Opaque: url.PathEscape(path), RawQuery: q.Encode()}).String()
}

func (e *sqliteEngine) begin(tx *Tx) error {
	tx.front = e.front.Clone()
	_, err := tx.w.conn.ExecContext(tx.ctx, `BEGIN IMMEDIATE`)
	return err
}

func (e *sqliteEngine) commit(tx *Tx) error {
	_, err := tx.w.conn.ExecContext(tx.ctx, `COMMIT`)
	return err
}

func (e *sqliteEngine) rollback(tx *Tx) {
	_, _ = tx.w.conn.ExecContext(tx.ctx, `ROLLBACK`) // SQLite may have rolled back by itself
}

func (e *sqliteEngine) committed(tx *Tx) { e.front = tx.front }

func (e *sqliteEngine) apply(tx *Tx, changes []party.Change) error {
	for i := range changes {
		if err := tx.applyOne(&changes[i]); err != nil {
			return err
		}
	}
	return nil
}

func (e *sqliteEngine) append(tx *Tx, l leafRow) error {
	index := tx.front.Size()
	hashes := tx.front.Append(l.public)
	_, err := tx.w.stmts.insertLeaf.ExecContext(tx.ctx, index, l.event[:], l.subject[:], l.public, hashes, l.sealed)
	return err
}

func (e *sqliteEngine) forget(*Tx, habeas.SubjectID, audit.Entry) error { return nil } // there are none

func (e *sqliteEngine) over(error) bool       { return false }
func (e *sqliteEngine) again(error, int) bool { return false }
func (e *sqliteEngine) alone(error) bool      { return true }
func (e *sqliteEngine) stop()                 {}

// compact truncates the log. A reader may hold it: what is wiped stays wiped, and the
// next time truncates it. The statement returns a row that nobody needs.
func (e *sqliteEngine) compact(tx *Tx) { _, _ = tx.exec(`PRAGMA wal_checkpoint(TRUNCATE)`) }
