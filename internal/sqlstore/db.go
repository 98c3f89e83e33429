package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
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
	// Entered and Touched are called after each commit, outside the transaction: with each
	// record that a plan has made, and with every other subject of what was witnessed but
	// for reads. They keep the roll current.
	Entered func(party.Party, party.Statement)
	Touched func(habeas.SubjectID)
	// Wake is called after a commit that left something in the outbox.
	Wake func()
	// News is called after a commit of which connected systems may have to be told.
	News func()
	// Entities is called after a commit that wrote entities, outside the transaction and by the
	// writer, which it must not hold up: whoever keeps an index asks Entities().Since then.
	Entities func()
	// Watch is for tests that compare how much work is done; nil: nobody is told.
	Watch Watcher
	// Observer is told how long the store works; nil: nobody is.
	Observer Observer
}

// DB is the store of records: one writer with group commit and a pool of readers, on
// SQLite or on PostgreSQL. All methods are safe for concurrent use.
type DB struct {
	cfg     Config
	text    *texts
	engine  engine
	readers *sql.DB
	write   *sql.DB
	writer  *writer
}

// Open opens or creates the store and brings its schema up to date. A database that
// cannot be reached or used is Unavailable, and the message says what to do.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	db := &DB{cfg: cfg}
	open := openSQLite
	if cfg.DSN != "" {
		open = openPostgres
	}
	if err := open(ctx, db); err != nil {
		return nil, failure(err)
	}
	return db, nil
}

// errNewer says that the schema is none of ours.
var errNewer = habeas.Unavailable("The database was written by a newer version of Habeas. Start that version.").WithCode("schema.newer")

// migrate brings the schema up to date. It writes nothing when it is.
func migrate(ctx context.Context, pool *sql.DB, postgres bool) error {
	p, err := provider(pool, postgres)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	current, target, err := p.GetVersions(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("read the schema's version: %w", err)
	case current > target:
		return errNewer
	case current == target:
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return nil
}

// Compact leaves nothing of what was deleted on the disk, as far as that is in our
// hands: SQLite's log is written back and truncated (secure_delete has wiped the
// pages; readers may delay it: then the next one does it), PostgreSQL's vacuum and
// log are its administrator's, and what was sealed lost its key.
func (db *DB) Compact(ctx context.Context) error {
	return db.InTx(ctx, func(tx *Tx) error { tx.compact = true; return nil })
}

// Close finishes the writes under way and closes the files or connections.
func (db *DB) Close() error {
	db.writer.stop()
	db.engine.stop()
	return errors.Join(db.readers.Close(), db.write.Close())
}

// Keys returns the key ring that this store seals with.
func (db *DB) Keys() *keyring.Ring { return db.cfg.Keys }
