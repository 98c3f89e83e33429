package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"

	"github.com/habeas-data/habeas"
)

// leftOut are the tables that a dump does not hold, each with the reason. Every other
// table is in it, so that one that is added later cannot be forgotten.
var leftOut = map[string]string{
	"goose_db_version": "the schema's version stands in the backup's manifest",
	"sign_in":          "everybody signs in again: a copy of a cookie's hash must not open anything",
	"challenge":        "a question that ends in minutes; open invitations are sent again",
	"system_token":     "systems ask for a new token with their secret",
	"notice_visit":     "a browser that proved an address an hour ago; it proves it again",
	"pass":             "a consent that was taken back since must not come back: people give another one",
	"pass_use":         "and who used it; the ledger tells it too",
	"entity_lock":      "a ticket that ends in minutes",
	"guess":            "counters of guesses and floods, over in hours",
	"schedule":         "leases and last runs of this installation's nodes",
	"lease":            "who does which work now, on this installation's nodes",
	"staged":           "a leaf without a place stands in the dump with none",
	"tree":             "places and hashes stand in the dump with their leaf",
	"write_turn":       "empty: a lock",
	"forgotten":        "news for other nodes, over in minutes",
}

// Snapshot reads everything as it was at one moment, without keys, beside a server
// that goes on writing. It holds one connection and one read transaction; use it
// from one goroutine, and close it soon, because the log grows meanwhile.
type Snapshot struct {
	treeRows // the ledger: it implements ledger.Source
	pool     *sql.DB
	conn     *sql.Conn
	postgres bool
	ended    bool
}

// Table is one table of a dump.
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	Rows    int64    `json:"rows"`
}

// errNoStore says that there is nothing to read.
var errNoStore = habeas.NotFound("There are no records in this directory. Name the data directory with --dir.").WithCode("records.none")

// OpenSnapshot begins to read the records that cfg names; only Dir and DSN are looked at.
func OpenSnapshot(ctx context.Context, cfg Config) (*Snapshot, error) {
	pool, text, err := openPublic(cfg)
	if err != nil {
		return nil, err
	}
	s := &Snapshot{pool: pool, postgres: cfg.DSN != ""}
	begin := `BEGIN`
	if s.postgres {
		begin = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`
	}
	if s.conn, err = s.pool.Conn(ctx); err != nil {
		return nil, errors.Join(failure(err), s.pool.Close())
	}
	s.treeRows = treeRows{s.conn, text}
	if _, err = s.conn.ExecContext(ctx, begin); err == nil {
		_, err = s.Schema(ctx) // the first read is what fixes the moment
	}
	if err != nil {
		return nil, errors.Join(failure(err), s.Close())
	}
	return s, nil
}

// Finish ends the read transaction; only Close may follow.
func (s *Snapshot) Finish(ctx context.Context) error {
	s.ended = true
	_, err := s.conn.ExecContext(ctx, `ROLLBACK`)
	return err
}

// Close ends the read transaction and the connection.
func (s *Snapshot) Close() error {
	var err error
	if !s.ended {
		err = s.Finish(context.Background())
	}
	return errors.Join(err, s.conn.Close(), s.pool.Close())
}

// Engine names the database: "sqlite" or "postgres".
func (s *Snapshot) Engine() string {
	if s.postgres {
		return "postgres"
	}
	return "sqlite"
}

// Schema returns the version of the schema.
func (s *Snapshot) Schema(ctx context.Context) (version int64, err error) {
	err = s.conn.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&version)
	return version, failure(err)
}

// Setting returns a row of the settings, "" when there is none.
func (s *Snapshot) Setting(ctx context.Context, name string) (value string, err error) {
	err = s.conn.QueryRowContext(ctx, `SELECT value FROM setting WHERE name = ?`, name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, failure(err)
}

// Tables lists what a dump holds, in the order of names, with the number of rows.
func (s *Snapshot) Tables(ctx context.Context) ([]Table, error) {
	found, err := catalog(ctx, s.conn, s.postgres)
	if err != nil {
		return nil, err
	}
	var out []Table
	for _, t := range found {
		if leftOut[t.name] != "" {
			continue
		}
		table := Table{Name: t.name}
		if s.postgres && t.name == tableLeaf {
			table.Columns = []string{"idx", "hashes"} // of the tree, which is a table of its own there
		}
		for _, c := range t.columns {
			table.Columns = append(table.Columns, c.name)
		}
		if err := s.conn.QueryRowContext(ctx, `SELECT count(*) FROM `+quoted(t.name)).Scan(&table.Rows); err != nil {
			return nil, failure(err)
		}
		out = append(out, table)
	}
	return out, nil
}

// Each visits the rows of a table in the order of its first columns. Values are nil,
// int64, string or []byte, the same on both engines; they are valid during the call.
func (s *Snapshot) Each(ctx context.Context, t Table, visit func([]any) error) error {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = quoted(c)
	}
	from, order := quoted(t.Name), strings.Join(names[:min(3, len(names))], ", ")
	if s.postgres && t.Name == tableLeaf {
		from, order = `leaf LEFT JOIN tree USING (event)`, `idx NULLS LAST, event`
	}
	rows, err := s.conn.QueryContext(ctx, `SELECT `+strings.Join(names, ", ")+` FROM `+from+` ORDER BY `+order)
	if err != nil {
		return failure(err)
	}
	defer rows.Close()
	values, to := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		to[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return failure(err)
		}
		for i, v := range values {
			if values[i], err = neutral(v); err != nil {
				return fmt.Errorf("%s.%s: %w", t.Name, t.Columns[i], err)
			}
		}
		if err := visit(values); err != nil {
			return err
		}
	}
	return failure(rows.Err())
}

// neutral turns what a driver returns into one of the four kinds of values.
func neutral(v any) (any, error) {
	switch v := v.(type) {
	case nil, int64, string, []byte:
		return v, nil
	case bool:
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	}
	return nil, fmt.Errorf("a value of type %T has no place in a dump", v)
}

// tableLeaf is the ledger. In a dump each of its rows holds the leaf with its place and
// its hashes, both nil while it waits for them, whatever tables the engine has.
const tableLeaf = "leaf"

// catalogued is a table as the database describes it.
type catalogued struct {
	name    string
	columns []cataloguedColumn
}

type cataloguedColumn struct {
	name    string
	boolean bool // wants true and false, not 1 and 0
}

// catalog reads the tables of the database with their columns, by name.
func catalog(ctx context.Context, q querier, postgres bool) ([]catalogued, error) {
	query := `SELECT m.name, c.name, lower(c.type) FROM sqlite_schema m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid`
	if postgres {
		query = `SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
			JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
			WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' ORDER BY c.table_name, c.ordinal_position`
	}
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, failure(err)
	}
	defer rows.Close()
	var out []catalogued
	for rows.Next() {
		var table, column, kind string
		if err := rows.Scan(&table, &column, &kind); err != nil {
			return nil, failure(err)
		}
		if len(out) == 0 || out[len(out)-1].name != table {
			out = append(out, catalogued{name: table})
		}
		last := &out[len(out)-1]
		last.columns = append(last.columns, cataloguedColumn{column, kind == "boolean"})
	}
	slices.SortFunc(out, func(a, b catalogued) int { return strings.Compare(a.name, b.name) })
	return out, failure(rows.Err())
}

// quoted writes a name of the catalogue in a statement.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
