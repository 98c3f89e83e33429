// Package redteam_test attacks a whole server as people outside it would: over HTTP with
// cookies and the forms that pages show, over the API with a token, and by what a mail
// server on loopback takes in. Only the clock is the test's own, because some attacks
// wait for a year. docs/redteam.md lists them.
package redteam_test

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m, sow) }

// attacks is how many the requirements name.
const attacks = 42

// attack is one line of the suite.
type attack struct {
	id   int    // of PTY-A…
	name string // of the subtest
	deed string // set-up → attack → what must come of it
	run  func(w *world)
}

// suite is every attack that is tried.
func suite() []attack {
	return slices.SortedFunc(slices.Values(slices.Concat(accountAttacks, providerAttacks, claimAttacks, evidenceAttacks, disputeAttacks, mergeAttacks, addressAttacks, tokenAttacks, likenessAttacks, pageAttacks)),
		func(a, b attack) int { return cmp.Compare(a.id, b.id) })
}

// outcome is how an attack went.
type outcome struct {
	attack
	failed bool
	took   time.Duration
}

// TestRedTeam tries every attack on a server of its own.
func TestRedTeam(t *testing.T) {
	var mu sync.Mutex
	var all []outcome
	t.Cleanup(func() { report(os.Stdout, all) })
	seed.dir = t.TempDir()
	if !pgtest.OnPostgres() { // else it is sown when the first database is wanted
		if err := sow("", ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range suite() {
		t.Run(fmt.Sprintf("PTY-A%02d_%s", a.id, a.name), func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			t.Cleanup(func() {
				mu.Lock()
				defer mu.Unlock()
				all = append(all, outcome{a, t.Failed(), time.Since(begun)})
			})
			a.run(newWorld(t))
		})
	}
}

// TestEveryAttackIsTriedOnce checks that the suite and notYet are all there is.
func TestEveryAttackIsTriedOnce(t *testing.T) {
	seen := map[int]bool{}
	for _, a := range suite() {
		if seen[a.id] || notYet[a.id] != "" || a.id < 1 || a.id > attacks {
			t.Errorf("PTY-A%d is tried twice, or is none", a.id)
		}
		if strings.Count(a.deed, " → ") != 2 || strings.ContainsAny(a.name, " /") {
			t.Errorf("PTY-A%d is not described", a.id)
		}
		seen[a.id] = true
	}
	for id := 1; id <= attacks; id++ {
		if !seen[id] && notYet[id] == "" {
			t.Errorf("nobody tries PTY-A%d", id)
		}
	}
}

// TestThePageListsEveryAttack compares docs/redteam.md with the suite.
func TestThePageListsEveryAttack(t *testing.T) {
	page, err := os.ReadFile("../../docs/redteam.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := map[int]string{}
	for _, a := range suite() {
		lines[a.id] = a.deed
	}
	for id, why := range notYet {
		lines[id] = "not yet: " + why
	}
	for id, line := range lines {
		if want := fmt.Sprintf("| PTY-A%d | %s |", id, line); !strings.Contains(string(page), want) {
			t.Errorf("docs/redteam.md lacks %q", want)
		}
	}
}

// report prints the table of all attacks and, as its last line, the sum.
func report(out io.Writer, all []outcome) {
	slices.SortFunc(all, func(a, b outcome) int { return cmp.Compare(a.id, b.id) })
	failed := 0
	for _, o := range all {
		word := "passed"
		if o.failed {
			word = "FAILED"
			failed++
		}
		fmt.Fprintf(out, "PTY-A%-3d %s %6d ms  %s\n", o.id, word, o.took.Milliseconds(), o.deed)
	}
	for _, id := range slices.Sorted(maps.Keys(notYet)) {
		fmt.Fprintf(out, "PTY-A%-3d not yet           %s\n", id, notYet[id])
	}
	fmt.Fprintf(out, "%d passed, %d failed\n", len(all)-failed, failed)
}
