package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/habeas-data/habeas"
)

var (
	errNotEmpty = habeas.Conflict("There are records in this database already. Nothing was changed. Restore into an empty one.").WithCode("restore.not-empty")
	errNewDump  = habeas.Unavailable("This backup was made by a newer version of Habeas. Restore it with that version.").WithCode("restore.newer")
	errDump     = habeas.Invalid("records", "The backup names a table or column that its version does not have: it was changed.").WithCode("restore.altered")
)

// loadBatch is how many rows one statement inserts.
const loadBatch = 64

// Loader fills an empty store with the rows of a dump. One goroutine uses it. Nothing
// of it is there before Commit; Abort takes everything away again.
type Loader struct {
	pool     *sql.DB
	tx       *sql.Tx
	postgres bool
	path     string // of the SQLite file
	tables   map[string]catalogued

	into    catalogued // the table that Row fills
	columns []cataloguedColumn
	stmt    *sql.Stmt // inserts loadBatch rows
	text    string
	wait    []any
}

// LatestSchema returns the newest version of the schema that this program knows.
func LatestSchema() (int64, error) {
	all, err := fs.Glob(migrations, "migrations/sqlite/*.sql")
	if err != nil || len(all) == 0 {
		return 0, errors.Join(errors.New("no migrations"), err)
	}
	return goose.NumericComponent(slices.Max(all))
}

// OpenLoader makes an empty store with the schema of a dump's version. cfg names the
// place (Dir or DSN); it refuses one that holds records, and a version that it does
// not know.
func OpenLoader(ctx context.Context, cfg Config, schema int64) (_ *Loader, err error) {
	latest, err := LatestSchema()
	if err != nil {
		return nil, err
	}
	if schema > latest {
		return nil, errNewDump
	}
	l := &Loader{postgres: cfg.DSN != ""}
	if l.postgres {
		l.pool, err = sql.Open("pgx", cfg.DSN)
	} else {
		l.path = filepath.Join(cfg.Dir, "records.db")
		if _, err := os.Lstat(l.path); err == nil {
			return nil, errNotEmpty
		}
		l.pool, err = sql.Open("sqlite", dsn(l.path, false))
	}
	if err != nil {
		return nil, fmt.Errorf("open records: %w", err)
	}
	l.pool.SetMaxOpenConns(1)
	found, err := catalog(ctx, l.pool, l.postgres)
	if err == nil && len(found) > 0 {
		err = errNotEmpty
	}
	if err != nil {
		return nil, errors.Join(failure(err), l.pool.Close())
	}
	if err := l.prepare(ctx, schema); err != nil {
		return nil, errors.Join(failure(err), l.Abort(ctx))
	}
	return l, nil
}

// prepare makes the tables and begins the transaction.
func (l *Loader) prepare(ctx context.Context, schema int64) error {
	p, err := provider(l.pool, l.postgres)
	if err != nil {
		return err
	}
	if _, err := p.UpTo(ctx, schema); err != nil {
		return fmt.Errorf("make the schema: %w", err)
	}
	found, err := catalog(ctx, l.pool, l.postgres)
	if err != nil {
		return err
	}
	l.tables = make(map[string]catalogued, len(found))
	for _, t := range found {
		l.tables[t.name] = t
	}
	if l.tx, err = l.pool.BeginTx(ctx, nil); err != nil {
		return err
	}
	for name := range l.tables { // rows that a migration has put there come with the dump
		if leftOut[name] == "" {
			if _, err := l.tx.ExecContext(ctx, `DELETE FROM `+quoted(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// provider reads the migrations of an engine.
func provider(pool *sql.DB, postgres bool) (*goose.Provider, error) {
	name, dialect := "migrations/sqlite", goose.DialectSQLite3
	if postgres {
		name, dialect = "migrations/postgres", goose.DialectPostgres
	}
	dir, err := fs.Sub(migrations, name)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, pool, dir)
}

// Table says which table the next rows belong to.
func (l *Loader) Table(ctx context.Context, t Table) error {
	if err := l.flush(ctx); err != nil {
		return err
	}
	known, ok := l.tables[t.Name]
	if !ok || leftOut[t.Name] != "" {
		return errDump
	}
	l.into, l.columns = known, nil
	names := make([]string, len(t.Columns))
	for i, name := range t.Columns {
		at := slices.IndexFunc(known.columns, func(c cataloguedColumn) bool { return c.name == name })
		if at < 0 {
			return errDump
		}
		l.columns, names[i] = append(l.columns, known.columns[at]), quoted(name)
	}
	if l.stmt != nil {
		if err := l.stmt.Close(); err != nil {
			return err
		}
	}
	one := `(?` + strings.Repeat(`,?`, len(names)-1) + `)`
	l.text = `INSERT INTO ` + quoted(t.Name) + ` (` + strings.Join(names, `, `) + `) VALUES `
	var err error
	l.stmt, err = l.tx.PrepareContext(ctx, placeholders(l.text+one+strings.Repeat(`,`+one, loadBatch-1), l.postgres)) //nolint:sqlclosecheck // closed with the next table or the end
	return failure(err)
}

// Row takes a row in the order of the table's columns. The values may be used again
// after the call, their bytes may not.
func (l *Loader) Row(ctx context.Context, values []any) error {
	if len(values) != len(l.columns) || l.stmt == nil {
		return errDump
	}
	for i, v := range values {
		if n, ok := v.(int64); ok && l.postgres && l.columns[i].boolean {
			v = n != 0
		}
		l.wait = append(l.wait, v)
	}
	if len(l.wait) < loadBatch*len(l.columns) {
		return nil
	}
	_, err := l.stmt.ExecContext(ctx, l.wait...)
	l.wait = l.wait[:0]
	return l.refusal(err)
}

// flush inserts the rows that wait.
func (l *Loader) flush(ctx context.Context) error {
	if len(l.wait) == 0 {
		return nil
	}
	one := `(?` + strings.Repeat(`,?`, len(l.columns)-1) + `)`
	text := l.text + one + strings.Repeat(`,`+one, len(l.wait)/len(l.columns)-1)
	_, err := l.tx.ExecContext(ctx, placeholders(text, l.postgres), l.wait...)
	l.wait = l.wait[:0]
	return l.refusal(err)
}

// refusal is what went wrong with rows. That a row does not fit says that it was
// changed; its words may hold what no message should.
func (l *Loader) refusal(err error) error {
	if err == nil {
		return nil
	}
	if err = failure(err); habeas.KindOf(err) == habeas.KindInternal {
		return errDump.WithCause(err)
	}
	return err
}

// Commit makes the rows durable, brings the schema up to date and closes.
func (l *Loader) Commit(ctx context.Context) error {
	if err := l.flush(ctx); err != nil {
		return err
	}
	if l.stmt != nil {
		if err := l.stmt.Close(); err != nil {
			return err
		}
	}
	if err := l.tx.Commit(); err != nil {
		return failure(err)
	}
	l.tx = nil
	p, err := provider(l.pool, l.postgres)
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return l.pool.Close()
}

// Abort takes away what the loader has made.
func (l *Loader) Abort(ctx context.Context) error {
	if l.tx != nil {
		_ = l.tx.Rollback() // what it had done goes with the tables
		l.tx = nil
	}
	if !l.postgres {
		errs := []error{l.pool.Close()}
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(l.path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		}
		return errors.Join(errs...)
	}
	return errors.Join(dropTables(ctx, l.pool), l.pool.Close())
}

// DropRecords empties a PostgreSQL database after a restore that failed late. It is
// for a database that the restore itself has filled.
func DropRecords(ctx context.Context, url string) error {
	pool, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	return errors.Join(dropTables(ctx, pool), pool.Close())
}

func dropTables(ctx context.Context, pool *sql.DB) error {
	found, err := catalog(ctx, pool, true)
	if err != nil || len(found) == 0 {
		return err
	}
	names := make([]string, len(found))
	for i, t := range found {
		names[i] = quoted(t.name)
	}
	_, err = pool.ExecContext(ctx, `DROP TABLE `+strings.Join(names, `, `)+` CASCADE`)
	return failure(err)
}

// settingBackup is the row that says when the last backup was made (RFC 3339).
const settingBackup = "last_backup"

// NoteBackup remembers when a backup was made, for the health page and doctor. It is a
// technical row, one statement, and may be written beside a running server: the
// database orders the two.
func NoteBackup(ctx context.Context, cfg Config, at time.Time) error {
	driver, name := "pgx", cfg.DSN
	if cfg.DSN == "" {
		driver, name = "sqlite", dsn(filepath.Join(cfg.Dir, "records.db"), false)
	}
	pool, err := sql.Open(driver, name)
	if err != nil {
		return err
	}
	_, err = pool.ExecContext(ctx, placeholders(`INSERT INTO setting (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, cfg.DSN != ""), settingBackup, at.UTC().Format(time.RFC3339))
	return errors.Join(failure(err), pool.Close())
}

// LastBackup returns when the last backup was made, zero when none was.
func (s *Snapshot) LastBackup(ctx context.Context) (time.Time, error) {
	value, err := s.Setting(ctx, settingBackup)
	if err != nil || value == "" {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return time.Time{}, fmt.Errorf("setting %s: %w", settingBackup, err)
	}
	return at, nil
}
