package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"sync"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite" // registers the pure-Go driver "sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/ledger"
)

//go:embed migrations
var migrations embed.FS

// Config says what a store stands on.
type Config struct {
	Dir   string        // data directory; the file is DIR/records.db
	DSN   string        // PostgreSQL database of the records; empty: SQLite in Dir
	Keys  *keyring.Ring // open key store
	Clock habeas.Clock
	// Learn is called after each commit, outside the transaction, with the
	// statements that became durable: it keeps the search index current.
	Learn func(party.Party, party.Statement)
	// Wake is called after a commit that left something in the outbox.
	Wake func()
}

// DB is the store of records on SQLite: one writer with group commit and a pool
// of readers. All methods are safe for concurrent use.
type DB struct {
	cfg     Config
	readers *sql.DB
	write   *sql.DB
	writer  *writer

	mu    sync.Mutex // guards frontier
	front *ledger.Frontier
}

// Open opens or creates the store, brings its schema up to date and rebuilds the
// right edge of the ledger's tree.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	path := filepath.Join(cfg.Dir, "records.db")
	db := &DB{cfg: cfg}
	var err error
	if db.write, err = sql.Open("sqlite", dsn(path, false)); err != nil {
		return nil, fmt.Errorf("open records: %w", err)
	}
	db.write.SetMaxOpenConns(1)
	if db.readers, err = sql.Open("sqlite", dsn(path, true)); err != nil {
		return nil, errors.Join(err, db.write.Close())
	}
	db.readers.SetMaxOpenConns(8)
	db.readers.SetMaxIdleConns(8)
	if err := db.prepare(ctx); err != nil {
		return nil, errors.Join(err, db.readers.Close(), db.write.Close())
	}
	return db, nil
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

func (db *DB) prepare(ctx context.Context) error {
	if err := migrate(ctx, db.write); err != nil {
		return err
	}
	size, err := db.Size(ctx)
	if err != nil {
		return err
	}
	if db.front, err = ledger.NewFrontier(size, ledger.HashReader(ctx, db)); err != nil {
		return fmt.Errorf("rebuild the ledger's edge: %w", err)
	}
	db.writer, err = startWriter(ctx, db)
	return err
}

func migrate(ctx context.Context, write *sql.DB) error {
	dir, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, write, dir)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return nil
}

// Compact writes the log back and truncates it, so that nothing that was deleted
// stays in it; secure_delete has wiped the pages. Readers may delay it: then the
// next one does it.
func (db *DB) Compact(ctx context.Context) error {
	return db.InTx(ctx, func(tx *Tx) error { tx.compact = true; return nil })
}

// Close finishes the writes under way and closes the files.
func (db *DB) Close() error {
	db.writer.stop()
	return errors.Join(db.readers.Close(), db.write.Close())
}

// Keys returns the key ring that this store seals with.
func (db *DB) Keys() *keyring.Ring { return db.cfg.Keys }

// unwritable are the failures of a disk that takes no more: also what a used-up quota
// looks like, which SQLite does not call full.
var unwritable = map[int]bool{
	sqlite3.SQLITE_IOERR_WRITE: true, sqlite3.SQLITE_IOERR_FSYNC: true, sqlite3.SQLITE_IOERR_DIR_FSYNC: true,
	sqlite3.SQLITE_IOERR_TRUNCATE: true, sqlite3.SQLITE_IOERR_SHMSIZE: true,
}

// failure turns what SQLite says into an error for people where they can do
// something about it.
func failure(err error) error {
	var known *habeas.Error
	var e *sqlite.Error
	switch {
	case err == nil || errors.As(err, &known) && known.Kind != habeas.KindInternal:
		return err
	case errors.As(err, &e) && (e.Code()&0xff) == sqlite3.SQLITE_FULL:
		return habeas.Unavailable("The disk is full. Nothing was changed. Tell the administrator.").WithCode("disk.full").WithCause(err)
	case errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_READONLY || unwritable[e.Code()]):
		return habeas.Unavailable("The disk cannot be written. Nothing was changed. Tell the administrator.").WithCode("disk.read-only").WithCause(err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return habeas.Unavailable("This took too long. Try again.").WithCause(err)
	case known != nil: // the key store has said so already
		return err
	}
	return habeas.Internal(err)
}
