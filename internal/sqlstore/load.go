package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/ledger"
)

var (
	errNotEmpty = habeas.Conflict("There are records in this database already. Nothing was changed. Restore into an empty one.").WithCode("restore.not-empty")
	errNewDump  = habeas.Unavailable("This backup was made by a newer version of Habeas. Restore it with that version.").WithCode("restore.newer")
	errDump     = habeas.Invalid("records", "The backup names a table or column that its version does not have: it was changed.").WithCode("restore.altered")
)

// How many rows are inserted together: by one statement, or by one COPY on PostgreSQL.
const (
	loadBatch = 64
	copyBatch = 4096
)

// Loader fills an empty store with the rows of a dump. One goroutine uses it. Nothing
// of it is there before Commit; Abort takes everything away again.
type Loader struct {
	pool     *sql.DB
	conn     *sql.Conn // with a transaction under way
	open     bool      // it is
	postgres bool
	path     string // of the SQLite file
	tables   map[string]catalogued

	into   []*inserter // where the next rows go
	route  func(row []any) error
	staged [][]any  // rows of the ledger without a place, for SQLite
	leaf   []string // their columns
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
		f, err := os.OpenFile(l.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) {
			return nil, errNotEmpty
		}
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
		if l.pool, err = sql.Open("sqlite", dsn(l.path, false)); err != nil {
			return nil, fmt.Errorf("open records: %w", err)
		}
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
	if l.conn, err = l.pool.Conn(ctx); err != nil {
		return err
	}
	if _, err := l.conn.ExecContext(ctx, `BEGIN`); err != nil {
		return err
	}
	l.open = true
	for name := range l.tables { // rows that a migration has put there come with the dump
		if leftOut[name] == "" {
			if _, err := l.conn.ExecContext(ctx, `DELETE FROM `+quoted(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// provider reads the migrations of an engine. The engine takes the text of a file as it
// is: goose would cut it into statements, with a buffer of four megabytes for each line,
// at every start.
func provider(pool *sql.DB, postgres bool) (*goose.Provider, error) {
	dir, dialect := "migrations/sqlite", goose.DialectSQLite3
	if postgres {
		dir, dialect = "migrations/postgres", goose.DialectPostgres
	}
	files, err := fs.Glob(migrations, dir+"/*.sql")
	if err != nil {
		return nil, err
	}
	all := make([]*goose.Migration, len(files))
	for i, file := range files {
		text, err := fs.ReadFile(migrations, file)
		if err != nil {
			return nil, err
		}
		version, err := goose.NumericComponent(file)
		if err != nil {
			return nil, err
		}
		all[i] = goose.NewGoMigration(version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, string(text))
			return err
		}}, nil)
	}
	return goose.NewProvider(dialect, pool, nil, goose.WithGoMigrations(all...), goose.WithDisableGlobalRegistry(true))
}

// Table says which table the next rows belong to.
func (l *Loader) Table(ctx context.Context, t Table) error {
	if err := l.flush(ctx); err != nil {
		return err
	}
	if leftOut[t.Name] != "" {
		return errDump
	}
	if t.Name == tableLeaf {
		return l.leaves(ctx, t.Columns)
	}
	to, err := l.inserter(ctx, t.Name, t.Columns)
	if err != nil {
		return err
	}
	l.into, l.route = []*inserter{to}, func(row []any) error { return to.add(ctx, row...) }
	return nil
}

// leaves prepares for the rows of the ledger, which each engine keeps in its own way.
func (l *Loader) leaves(ctx context.Context, columns []string) error {
	idx, event, hashes := slices.Index(columns, "idx"), slices.Index(columns, "event"), slices.Index(columns, "hashes")
	if idx < 0 || event < 0 || hashes < 0 {
		return errDump
	}
	if l.leaf = columns; !l.postgres {
		to, err := l.inserter(ctx, tableLeaf, columns)
		l.into, l.route = []*inserter{to}, func(row []any) error {
			if row[idx] == nil { // its place is found when all the others are there
				l.staged = append(l.staged, keep(row))
				return nil
			}
			return to.add(ctx, row...)
		}
		return err
	}
	rest := func(row []any) (out []any) {
		for i, v := range row {
			if i != idx && i != hashes {
				out = append(out, v)
			}
		}
		return out
	}
	var names []string
	for i, name := range columns {
		if i != idx && i != hashes {
			names = append(names, name)
		}
	}
	leaf, err := l.inserter(ctx, tableLeaf, names)
	if err != nil {
		return err
	}
	tree, err := l.inserter(ctx, "tree", []string{"idx", "event", "node", "hashes"})
	if err != nil {
		return err
	}
	staged, err := l.inserter(ctx, "staged", []string{"event", "node"})
	l.into, l.route = []*inserter{leaf, tree, staged}, func(row []any) error {
		if err := leaf.add(ctx, rest(row)...); err != nil {
			return err
		}
		if row[idx] == nil {
			return staged.add(ctx, row[event], int64(0))
		}
		return tree.add(ctx, row[idx], row[event], int64(0), row[hashes])
	}
	return err
}

// keep copies a row whose bytes are used again.
func keep(row []any) []any {
	out := slices.Clone(row)
	for i, v := range out {
		if b, ok := v.([]byte); ok {
			out[i] = bytes.Clone(b)
		}
	}
	return out
}

// Row takes a row in the order of the table's columns. Values and their bytes may be
// used again after the call.
func (l *Loader) Row(row []any) error {
	if l.route == nil || len(row) == 0 {
		return errDump
	}
	return l.route(row)
}

// inserter collects rows of one table and inserts them together.
type inserter struct {
	l       *Loader
	table   string
	names   []string
	columns []cataloguedColumn
	text    string    // of one statement up to its values; SQLite
	stmt    *sql.Stmt // SQLite
	wait    []any     // values of the rows that wait, one after another
}

func (l *Loader) inserter(ctx context.Context, table string, columns []string) (*inserter, error) {
	known, ok := l.tables[table]
	if !ok || len(columns) == 0 {
		return nil, errDump
	}
	n := &inserter{l: l, table: table, names: columns}
	names := make([]string, len(columns))
	for i, name := range columns {
		at := slices.IndexFunc(known.columns, func(c cataloguedColumn) bool { return c.name == name })
		if at < 0 {
			return nil, errDump
		}
		n.columns, names[i] = append(n.columns, known.columns[at]), quoted(name)
	}
	if l.postgres { // COPY needs no statement
		return n, nil
	}
	n.text = `INSERT INTO ` + quoted(table) + ` (` + strings.Join(names, `, `) + `) VALUES `
	var err error
	n.stmt, err = l.conn.PrepareContext(ctx, n.statement(loadBatch))
	return n, failure(err)
}

// statement inserts a number of rows.
func (n *inserter) statement(rows int) string {
	one := `(?` + strings.Repeat(`,?`, len(n.columns)-1) + `)`
	return n.text + one + strings.Repeat(`,`+one, rows-1)
}

func (n *inserter) add(ctx context.Context, row ...any) error {
	if len(row) != len(n.columns) {
		return errDump
	}
	for i, v := range row {
		switch v := v.(type) {
		case int64:
			if n.l.postgres && n.columns[i].boolean {
				n.wait = append(n.wait, v != 0)
				continue
			}
			n.wait = append(n.wait, v)
		case []byte:
			n.wait = append(n.wait, bytes.Clone(v))
		default:
			n.wait = append(n.wait, v)
		}
	}
	if n.l.postgres {
		if len(n.wait) < copyBatch*len(n.columns) {
			return nil
		}
		return n.copy(ctx)
	}
	if len(n.wait) < loadBatch*len(n.columns) {
		return nil
	}
	_, err := n.stmt.ExecContext(ctx, n.wait...)
	n.wait = n.wait[:0]
	return refusal(err)
}

// copy inserts what waits with PostgreSQL's COPY.
func (n *inserter) copy(ctx context.Context) error {
	width := len(n.columns)
	err := n.l.conn.Raw(func(driver any) error {
		rows := pgx.CopyFromSlice(len(n.wait)/width, func(i int) ([]any, error) { return n.wait[i*width : (i+1)*width], nil })
		_, err := driver.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{n.table}, n.names, rows)
		return err
	})
	n.wait = n.wait[:0]
	return refusal(err)
}

// flush inserts what waits and ends the inserter.
func (n *inserter) flush(ctx context.Context) error {
	if n.l.postgres {
		return n.copy(ctx)
	}
	var err error
	if len(n.wait) > 0 {
		_, err = n.l.conn.ExecContext(ctx, n.statement(len(n.wait)/len(n.columns)), n.wait...)
	}
	return errors.Join(refusal(err), n.stmt.Close())
}

// flush inserts the rows that wait in all tables.
func (l *Loader) flush(ctx context.Context) error {
	for _, n := range l.into {
		if err := n.flush(ctx); err != nil {
			return err
		}
	}
	l.into, l.route = nil, nil
	return nil
}

// refusal is what went wrong with rows. That a row does not fit says that it was
// changed; its words may hold what no message should.
func refusal(err error) error {
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
	if err := l.place(ctx); err != nil {
		return err
	}
	if _, err := l.conn.ExecContext(ctx, `COMMIT`); err != nil {
		return failure(err)
	}
	l.open = false
	if err := l.conn.Close(); err != nil {
		return err
	}
	p, err := provider(l.pool, l.postgres)
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return l.pool.Close()
}

// place appends the leaves that had no place yet to the tree, in the order of their events.
func (l *Loader) place(ctx context.Context) error {
	if len(l.staged) == 0 {
		return nil
	}
	rows := treeRows{l.conn, &sqliteTexts}
	size, err := rows.Size(ctx)
	if err != nil {
		return err
	}
	front, err := ledger.NewFrontier(size, ledger.HashReader(ctx, rows))
	if err != nil {
		return errDump.WithCause(err)
	}
	to, err := l.inserter(ctx, tableLeaf, l.leaf)
	if err != nil {
		return err
	}
	idx, leaf, hashes := slices.Index(l.leaf, "idx"), slices.Index(l.leaf, "leaf"), slices.Index(l.leaf, "hashes")
	for _, row := range l.staged {
		public, ok := row[leaf].([]byte)
		if !ok {
			return errDump
		}
		row[idx] = front.Size()
		row[hashes] = front.Append(public)
		if err := to.add(ctx, row...); err != nil {
			return err
		}
	}
	return to.flush(ctx)
}

// Abort takes away what the loader has made.
func (l *Loader) Abort(ctx context.Context) error {
	if l.open {
		_, _ = l.conn.ExecContext(ctx, `ROLLBACK`) // what it had done goes with the tables
		l.open = false
		_ = l.conn.Close()
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
