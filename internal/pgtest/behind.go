package pgtest

import (
	"database/sql"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
	_ "modernc.org/sqlite"             // registers the driver "sqlite"
)

// Tables are a store's tables, read behind its back. Statements name their values $1,
// $2 …, which both engines know.
type Tables struct {
	*sql.DB
	names string // query for the names of the tables
}

// Behind opens a SQLite file for reading, or a database where dsn is not empty. It is
// closed when the test ends.
func Behind(t testing.TB, file, dsn string) *Tables {
	t.Helper()
	b := &Tables{names: `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1`}
	var err error
	if dsn == "" {
		b.DB, err = sql.Open("sqlite", "file:"+file+"?mode=ro")
	} else {
		b.names = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY 1`
		b.DB, err = sql.Open("pgx", dsn)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() }) // read only
	return b
}

// Cells visits every text and every bytes in every row of every table.
func (b *Tables) Cells(t testing.TB, visit func(table string, value []byte)) {
	t.Helper()
	var tables []string
	b.each(t, b.names, func(row []any) { tables = append(tables, text(row[0])) })
	for _, table := range tables {
		b.each(t, `SELECT * FROM "`+table+`"`, func(row []any) {
			for _, v := range row {
				if s := text(v); s != "" {
					visit(table, []byte(s))
				}
			}
		})
	}
}

// each visits the rows of a query.
func (b *Tables) each(t testing.TB, query string, visit func([]any)) {
	t.Helper()
	rows, err := b.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	row, to := make([]any, len(columns)), make([]any, len(columns))
	for i := range row {
		to[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		visit(row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// text is the value of a cell as bytes in a string; numbers have none.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}
