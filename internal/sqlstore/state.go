package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
)

// State is what the page about the server's health tells of the records' database.
type State struct {
	Engine string    // "SQLite" or "PostgreSQL"
	Bytes  int64     // size of the database
	Lines  int64     // of the ledger that have their place
	Staged int64     // lines that wait for it; more than 0 only on PostgreSQL
	Newest time.Time // when the newest line with a place was written; zero when there is none
	Backup time.Time // when the last backup was made; zero when none was
}

// What only one engine knows: its name, its size, how many lines wait for their place,
// and the newest event that has one.
const (
	stateSQLite = `SELECT 'SQLite', (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size), 0,
		(SELECT event FROM leaf ORDER BY idx DESC LIMIT 1)`
	statePostgres = `SELECT 'PostgreSQL', pg_database_size(current_database()), (SELECT count(*) FROM staged),
		(SELECT event FROM tree ORDER BY idx DESC LIMIT 1)`
)

// State asks the database. It counts nothing but waiting lines, so it is cheap.
func (db *DB) State(ctx context.Context) (s State, err error) {
	query := stateSQLite
	if db.cfg.DSN != "" {
		query = statePostgres
	}
	var newest []byte
	if err := db.readers.QueryRowContext(ctx, query).Scan(&s.Engine, &s.Bytes, &s.Staged, &newest); err != nil {
		return s, failure(err)
	}
	if id, err := habeas.Bytes16[habeas.EventKind](newest); err == nil {
		s.Newest = id.Time()
	}
	if s.Lines, err = db.Size(ctx); err != nil {
		return s, err
	}
	var backup string
	err = db.readers.QueryRowContext(ctx, `SELECT value FROM setting WHERE name = ?`, settingBackup).Scan(&backup)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return s, failure(err)
	}
	s.Backup, _ = time.Parse(time.RFC3339, backup) // none: the zero time
	return s, nil
}
