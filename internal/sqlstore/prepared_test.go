package sqlstore

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
)

// openPrepared opens a pool of one connection to a new file with the numbers one and two.
func openPrepared(t *testing.T) *sql.DB {
	t.Helper()
	db, err := openFile(dsn(filepath.Join(t.TempDir(), "prepared.db"), false), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	db.SetMaxOpenConns(1)
	for _, s := range []string{`CREATE TABLE n (n INTEGER PRIMARY KEY, word TEXT)`, `INSERT INTO n (n) VALUES (1), (2)`} {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// A statement that is asked inside of its own rows is another, and both go on.
func TestAStatementInsideOfItsOwnRows(t *testing.T) {
	db := openPrepared(t)
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const query = `SELECT n FROM n ORDER BY n`
	for range 3 {
		var pairs [][2]int
		outer, err := conn.QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		for outer.Next() {
			var p [2]int
			if err := outer.Scan(&p[0]); err != nil {
				t.Fatal(err)
			}
			if err := conn.QueryRowContext(t.Context(), query).Scan(&p[1]); err != nil { // leaves a row unread
				t.Fatal(err)
			}
			pairs = append(pairs, p)
		}
		if err := outer.Err(); err != nil || fmt.Sprint(pairs) != "[[1 1] [2 1]]" {
			t.Fatalf("%v, %v", pairs, err)
		}
		_ = outer.Close() //nolint:sqlclosecheck // each round begins without rows that are open
	}
}

// What was kept serves after a failure, after the table has changed, and beside more
// statements than are kept; it holds no value from the last time and no lock.
func TestKeptStatementsServeAgain(t *testing.T) {
	db := openPrepared(t)
	const insert = `INSERT INTO n (n, word) VALUES (?, ?)`
	for n := 10; n < 20; n++ {
		if _, err := db.ExecContext(t.Context(), insert, n, "word"); err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), insert, n, nil); err == nil {
			t.Fatal("the same key twice")
		}
	}
	for i := range 3 * keptStatements {
		var got int
		if err := db.QueryRowContext(t.Context(), fmt.Sprintf(`SELECT %d + ?`, i), 1).Scan(&got); err != nil || got != i+1 {
			t.Fatalf("%d: %d, %v", i, got, err)
		}
	}
	const all = `SELECT * FROM n WHERE n = ?`
	columns := func() int {
		rows, err := db.QueryContext(t.Context(), all, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		names, err := rows.Columns()
		if err != nil || !rows.Next() || rows.Err() != nil {
			t.Fatalf("%v, %v", err, rows.Err())
		}
		return len(names)
	}
	before := columns()
	if _, err := db.ExecContext(t.Context(), `ALTER TABLE n ADD COLUMN more TEXT`); err != nil {
		t.Fatal(err)
	}
	if after := columns(); before != 2 || after != 3 {
		t.Errorf("%d columns, then %d", before, after)
	}
	if _, err := db.ExecContext(t.Context(), `DROP TABLE n`); err != nil {
		t.Error(err)
	}
}
