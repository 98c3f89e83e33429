package sqlstore

import (
	"slices"
	"testing"
)

// Proves ACCT-03 and REG-03.
func TestEveryColumnIsInAnInspectionOrSaysWhyNot(t *testing.T) {
	known := map[string]columns{}
	for _, one := range inspected {
		known[one.name] = one.shows
		if uninspected[one.name] != "" {
			t.Errorf("%s stands on both lists", one.name)
		}
	}
	anywhere := map[string]bool{}
	for engine, tables := range emptyStores(t) {
		there := map[string]bool{}
		for _, table := range tables {
			there[table.name], anywhere[table.name] = true, true
			shows, ok := known[table.name]
			if !ok {
				if uninspected[table.name] == "" {
					t.Errorf("%s: nobody can inspect %s: put it into inspected, or into uninspected with the reason", engine, table.name)
				}
				continue
			}
			var has []string
			for _, c := range table.columns {
				has = append(has, c.name)
				if shows[c.name] == "" {
					t.Errorf("%s: %s.%s is in no inspection: say how it is shown, or why not", engine, table.name, c.name)
				}
			}
			for name, how := range shows {
				if !slices.Contains(has, name) {
					t.Errorf("%s: %s has no column %s: strike it", engine, table.name, name)
				}
				if how != "" && how[0] == leftOff && len(how) < 10 {
					t.Errorf("%s.%s is left off for no reason", table.name, name)
				}
			}
		}
		for name := range known {
			if !there[name] {
				t.Errorf("%s: there is no table %s", engine, name)
			}
		}
	}
	for name := range uninspected {
		if !anywhere[name] {
			t.Errorf("there is no table %s: strike it", name)
		}
	}
	// A table that an erasure of an account reaches is one that its inspection shows.
	for _, l := range leftovers {
		if l.column == "account" && known[l.table] == nil && l.table != tableLog {
			t.Errorf("%s goes with an account and is in no inspection", l.table)
		}
	}
}
