package sqlstore

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/pgtest"
)

// emptyStores makes an empty store on each engine and reads its catalogue.
func emptyStores(t *testing.T) map[string][]catalogued {
	t.Helper()
	out := map[string][]catalogued{}
	latest, err := LatestSchema()
	if err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]Config{"sqlite": {Dir: t.TempDir()}, "postgres": {Dir: t.TempDir(), DSN: pgtest.Database(t)}} {
		l, err := OpenLoader(t.Context(), cfg, latest)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		s, err := OpenSnapshot(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if out[name], err = catalog(t.Context(), s.conn, s.postgres); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestBothEnginesDumpTheSameTables(t *testing.T) {
	dumped := map[string]map[string][]string{}
	seen := map[string]bool{}
	for engine, tables := range emptyStores(t) {
		dumped[engine] = map[string][]string{}
		for _, table := range tables {
			seen[table.name] = true
			if leftOut[table.name] != "" || table.name == tableLeaf {
				continue
			}
			for _, c := range table.columns {
				dumped[engine][table.name] = append(dumped[engine][table.name], c.name)
			}
			slices.Sort(dumped[engine][table.name])
		}
	}
	if !maps.EqualFunc(dumped["sqlite"], dumped["postgres"], slices.Equal) {
		t.Errorf("a dump of one engine does not fit the other:\nsqlite   %v\npostgres %v", dumped["sqlite"], dumped["postgres"])
	}
	for name := range leftOut {
		if !seen[name] {
			t.Errorf("leftOut lists %s, which is no table: strike it", name)
		}
	}
}

func TestEverySealedColumnIsExamined(t *testing.T) {
	known := map[string]bool{tableLeaf: true, "forgotten": true} // the one has a check of its own, the other lasts minutes
	for _, c := range sealedColumns {
		known[c.table] = true
	}
	for engine, tables := range emptyStores(t) {
		for _, table := range tables {
			for _, c := range table.columns {
				if c.name == "sealed" && !known[table.name] {
					t.Errorf("%s: %s.sealed is in no line of sealedColumns: say there what it is bound to, so that doctor can open it", engine, table.name)
				}
			}
		}
	}
}

// standing are the columns that name a subject and stay when it is erased.
var standing = map[string]string{
	"leaf.subject":           "parted from each other instead",
	"forgotten.subject":      "tells other nodes, for minutes",
	"setting_change.account": "who decided something for the organisation",
	"party.account":          "emptied instead",
	"certificate.account":    "emptied instead",
	"escrow.subject":         "emptied instead: the row tells that its own key is still to be destroyed",
	"keeper.account":         "emptied instead: whose key it is has to be told",
	"import.account":         "emptied instead",
	"release_case.account":   "emptied instead",
	"dispute.account":        "who had the record that it is about; goes with the record",
	"note.account":           "who wrote it; goes with the record",
	"log_reading.account":    "who read a log: what the register of the organisation is for",
	"person_check.account":   "to whom staff linked the record; goes with the record",
}

func TestEveryColumnThatNamesASubjectIsErased(t *testing.T) {
	known := maps.Clone(standing)
	for _, l := range leftovers {
		known[l.table+"."+l.column] = "deleted"
	}
	for engine, tables := range emptyStores(t) {
		for _, table := range tables {
			for _, c := range table.columns {
				name := table.name + "." + c.name
				if strings.Contains(" party account subject ", " "+c.name+" ") && known[name] == "" {
					t.Errorf("%s: %s is neither in leftovers nor in standing: an erasure that is completed later must reach it", engine, name)
				}
			}
		}
	}
}

func TestALoaderOverwritesNothing(t *testing.T) {
	latest, err := LatestSchema()
	if err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]Config{"sqlite": {Dir: t.TempDir()}, "postgres": {DSN: pgtest.Database(t)}} {
		t.Run(name, func(t *testing.T) {
			if _, err := OpenLoader(t.Context(), cfg, latest+1); err == nil || !strings.Contains(err.Error(), "newer") {
				t.Errorf("a newer schema: %v", err)
			}
			l, err := OpenLoader(t.Context(), cfg, 4)
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Table(t.Context(), Table{Name: "nothing", Columns: []string{"a"}}); err == nil {
				t.Error("a table that is none was taken")
			}
			if err := l.Table(t.Context(), Table{Name: "party", Columns: []string{"id", `x" , "y`}}); err == nil {
				t.Error("a column that is none was taken")
			}
			if err := l.Table(t.Context(), Table{Name: "sign_in", Columns: []string{"hash"}}); err == nil {
				t.Error("a table that is left out was taken")
			}
			if err := l.Abort(t.Context()); err != nil {
				t.Fatal(err)
			}
			// Nothing is left, and what an older version made is brought up to date.
			l, err = OpenLoader(t.Context(), cfg, 4)
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := OpenLoader(t.Context(), cfg, latest); err == nil {
				t.Error("a store was overwritten")
			}
			s, err := OpenSnapshot(context.Background(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			if is, err := s.Schema(t.Context()); err != nil || is != latest {
				t.Errorf("schema %d, %v; want %d", is, err, latest)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	if _, err := OpenSnapshot(t.Context(), Config{Dir: filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Error("a snapshot of nothing")
	}
}
