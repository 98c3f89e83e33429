package proof_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/pgtest"
)

// talkative makes PostgreSQL write down whatever it can: every statement with the values
// of its parameters, also of those that failed, and the log in full.
var talkative = []string{
	"log_statement=all", "log_min_duration_statement=0", "log_parameter_max_length=-1", "log_parameter_max_length_on_error=-1",
	"log_min_error_statement=info", "log_min_messages=debug1", "log_error_verbosity=verbose",
	"wal_level=logical", "wal_log_hints=on", "wal_compression=off",
}

// Words that are put into every place where PostgreSQL could leave something.
const (
	plantedRow   = "Pflanzenkübelwörtchen Übersehdichnicht"
	plantedError = "Fehlschlagsilbenrätsel"
)

// plant puts words into a database of the cluster, and keeps a sort open that does not
// fit into memory.
func plant(t *testing.T, c *pgtest.Cluster) *searcher {
	t.Helper()
	db, err := sql.Open("pgx", c.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // the database goes with it
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // likewise
	do := func(text string, args ...any) {
		t.Helper()
		if _, err := conn.ExecContext(t.Context(), text, args...); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	do("CREATE TABLE planted (words text)")
	do("INSERT INTO planted SELECT $1 || n FROM generate_series(1, 20000) n", plantedRow)
	if _, err := conn.ExecContext(context.Background(), "SELECT $1::text::int", plantedError); err == nil {
		t.Fatal("words are a number")
	}
	do("CHECKPOINT")
	do("SET work_mem = '64kB'")
	do("BEGIN")
	do("DECLARE sorted CURSOR FOR SELECT words FROM planted ORDER BY words DESC")
	do("FETCH 1 FROM sorted")
	s := newSearcher()
	s.text("planted row", plantedRow)
	return s
}

// everywhere checks that what was planted is found wherever the server writes.
func (s *searcher) everywhere(t *testing.T, found map[string][]byte) {
	t.Helper()
	places := map[string]bool{"data/base/": false, "data/pg_wal/": false, "data/base/pgsql_tmp/": false, "log": false}
	for name, data := range found {
		if len(s.find(data)) == 0 {
			continue
		}
		at := "log"
		for place := range places {
			if strings.HasPrefix(name, place) && len(place) > len(at) {
				at = place
			}
		}
		places[at] = true
	}
	for place, seen := range places {
		if !seen {
			t.Errorf("what was planted is not found in %s", place)
		}
	}
	failed := newSearcher()
	failed.text("planted error", plantedError)
	if len(failed.find(found["log"])) == 0 {
		t.Error("what was planted in a statement that failed is not found in the log")
	}
}

// Proves PROT-01 and PROT-02.
func TestWhoStealsPostgreSQLLearnsNothing(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t, talkative...)
	planted := plant(t, cluster)
	h := newHeist(t, twoOn(t, cluster))
	dir := h.Dir
	stolen := func() map[string][]byte {
		all := files(t, dir, cluster.Dir)
		all["log of the server"] = h.Logged.Bytes()
		return all
	}
	found := stolen()
	planted.everywhere(t, found)
	if !strings.Contains(string(found["log"]), "INSERT INTO statement") {
		t.Error("the statements of the server are not in PostgreSQL's log")
	}
	for _, name := range []string{"records.db", "keys.db"} {
		if _, ok := found[name]; ok {
			t.Errorf("there is a %s beside the databases", name)
		}
	}
	h.nowhere(t, "while serving", found)
	h.Close()
	h.noCell(t, dir)
	if v, err := app.VerifyAudit(t.Context(), dir, nil); err != nil || v.FaultCount > 0 || v.Leaves < 30 {
		t.Errorf("%+v, %v", v, err)
	}
	cluster.Stop() // everything is in its files then
	h.nowhere(t, "after closing", stolen())
}
