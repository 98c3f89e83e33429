package keyring

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pgtest"
)

// makeNodes opens one key database from two directories.
func makeNodes(t *testing.T) (a, b *Ring, pathA, pathB string) {
	t.Helper()
	pathA, pathB = filepath.Join(t.TempDir(), "keys.db"), filepath.Join(t.TempDir(), "keys.db")
	dsn := pgtest.Database(t)
	databases.Store(pathA, dsn)
	databases.Store(pathB, dsn)
	a, _, err := Create(t.Context(), pathA, typed(testPassword), testOptions(pathA))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	if err := Join(t.Context(), pathB, testOptions(pathB)); err != nil {
		t.Fatal(err)
	}
	return a, openRing(t, pathB), pathA, pathB
}

func listOf(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(tombstonePath(path))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n") // in one erasure their order is anybody's
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func TestAnErasureReachesTheOtherNode(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	a, b, pathA, pathB := makeNodes(t)
	keys := commitNew(t, a, 3)
	id := keys[0].Subject()
	held, err := b.Key(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	march, err := b.Month(ctx, testStart)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.Destroy(ctx, id), a.DestroyMonth(ctx, testStart)); err != nil {
		t.Fatal(err)
	}
	before := b.Generation()
	for range 2 {
		if err := b.Refresh(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if b.Generation() <= before {
		t.Error("the generation did not grow")
	}
	_, err = b.Key(ctx, id)
	wantKind(t, err, habeas.KindGone)
	wantKind(t, b.Fresh(held), habeas.KindGone)
	wantKind(t, b.Fresh(march), habeas.KindGone)
	_, err = b.Month(ctx, testStart)
	wantKind(t, err, habeas.KindGone)
	if list := listOf(t, pathB); list != listOf(t, pathA) || strings.Count(list, "\n") != 2 {
		t.Errorf("the list of the other node: %q", list)
	}
	if _, err := b.Key(ctx, keys[1].Subject()); err != nil {
		t.Error(err)
	}
	// And back: what both have erased is listed once on each.
	if err := errors.Join(b.Destroy(ctx, keys[1].Subject()), a.Refresh(ctx), b.Refresh(ctx)); err != nil {
		t.Fatal(err)
	}
	if listOf(t, pathA) != listOf(t, pathB) {
		t.Error("the lists differ")
	}
}

// Without Refresh: what was erased elsewhere is found out at the latest by a read or
// a write of its key.
func TestAnErasureElsewhereIsNoticedOnTheWay(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	a, b, _, _ := makeNodes(t)
	id := commitNew(t, a, 1)[0].Subject()
	fresh := newSubject()
	if err := a.Destroy(ctx, id, fresh); err != nil {
		t.Fatal(err)
	}
	good := b.NewKey(newSubject())
	wantKind(t, b.Commit(ctx, good, b.NewKey(fresh)), habeas.KindGone)
	if _, err := b.Key(ctx, good.Subject()); !errors.Is(err, ErrNoKey) {
		t.Errorf("a part of a refused batch was kept: %v", err)
	}
	_, err := b.Key(ctx, id)
	wantKind(t, err, habeas.KindGone)
	if errors.Is(err, ErrNoKey) {
		t.Error("an erased subject looks like one that never was")
	}
}

func TestANodeThatWasAwayCatchesUp(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	a, b, pathA, pathB := makeNodes(t)
	keys := commitNew(t, a, 4)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.Destroy(ctx, keys[0].Subject(), keys[1].Subject()); err != nil {
		t.Fatal(err)
	}
	b = openRing(t, pathB)
	if listOf(t, pathA) != listOf(t, pathB) {
		t.Errorf("the list was not brought up to date: %q", listOf(t, pathB))
	}
	// A list that knows more than the database, as after its restore from a copy.
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	line := keys[2].Subject().String() + " 2026-03-01T12:00:00Z\n"
	if err := os.WriteFile(tombstonePath(pathB), []byte(listOf(t, pathB)+line), 0o600); err != nil {
		t.Fatal(err)
	}
	b = openRing(t, pathB)
	if err := a.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*Ring{"a": a, "b": b} {
		_, err := r.Key(ctx, keys[2].Subject())
		if !errors.Is(err, errErased) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := r.Key(ctx, keys[3].Subject()); err != nil {
			t.Errorf("%s: a living key: %v", name, err)
		}
	}
}

// The database goes back while a node runs, as when an older copy takes over.
func TestANodeNoticesThatTheDatabaseWentBack(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	a, _, _, _ := makeNodes(t)
	keys := commitNew(t, a, 2)
	rows := allRows(t, a)
	if err := a.Destroy(ctx, keys[0].Subject()); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(rows, func(r storeRow) bool { return r.ID == keys[0].Subject() })
	execDatabase(t, a, "DELETE FROM erased")
	execDatabase(t, a, "UPDATE ring SET generation = 0")
	execDatabase(t, a, "INSERT INTO subject_key VALUES ($1, $2)", rows[i].ID[:], rows[i].Wrapped)
	if err := a.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	if got, err := a.store.Key(ctx, keys[0].Subject()); err != nil || got != nil {
		t.Errorf("the key is back: %v", err)
	}
}

func TestAnErasureThatTheListCannotTakeStopsTheNode(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	a, b, pathA, pathB := makeNodes(t)
	keys := commitNew(t, a, 2)
	if _, err := b.Keys(ctx, []habeas.SubjectID{keys[0].Subject()}); err != nil {
		t.Fatal(err)
	}
	good := b.tombs.file
	broken, err := os.Open(tombstonePath(pathB)) // cannot be written
	if err != nil {
		t.Fatal(err)
	}
	defer broken.Close()
	b.tombs.file = broken
	if err := a.Destroy(ctx, keys[0].Subject()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		wantKind(t, b.Refresh(ctx), habeas.KindUnavailable)
	}
	_, err = b.Key(ctx, keys[0].Subject())
	wantKind(t, err, habeas.KindGone)
	b.tombs.file = good
	if err := b.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	if listOf(t, pathA) != listOf(t, pathB) {
		t.Errorf("the list lacks what it could not take: %q", listOf(t, pathB))
	}
}

func TestJoinRefuses(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "keys.db")
	wantKind(t, Join(ctx, path, testOptions(path)), habeas.KindInvalid)
	databases.Store(path, pgtest.Database(t))
	if err := Join(ctx, path, testOptions(path)); !errors.Is(err, ErrMissing) {
		t.Errorf("an empty database: %v", err)
	}
	a, _, pathA, _ := makeNodes(t)
	if err := a.Destroy(ctx, newSubject()); err != nil {
		t.Fatal(err)
	}
	if err := Join(ctx, pathA, testOptions(pathA)); !errors.Is(err, ErrExists) {
		t.Errorf("a list that names somebody: %v", err)
	}
}

// Two nodes commit, read and erase at once: whatever is erased anywhere is refused
// everywhere after Refresh, and nothing else is.
func TestConcurrentNodes(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	a, b, pathA, pathB := makeNodes(t)
	nodes := []*Ring{a, b}
	shared := commitNew(t, a, 24)
	var wg sync.WaitGroup
	for n, r := range nodes {
		wg.Go(func() {
			for i := n; i < len(shared); i += 4 { // half of them in all
				if err := r.Destroy(ctx, shared[i].Subject()); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range 30 {
				k := r.NewKey(newSubject())
				if err := errors.Join(r.Refresh(ctx), r.Commit(ctx, k), nodes[1-n].Refresh(ctx)); err != nil {
					t.Error(err)
				}
				if _, err := nodes[1-n].Key(ctx, k.Subject()); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range 10 {
				if _, err := r.Month(ctx, testStart); err != nil {
					t.Error(err)
				}
				for _, k := range shared {
					if _, err := r.Key(ctx, k.Subject()); err != nil && !errors.Is(err, errErased) {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	for n, r := range nodes {
		if err := r.Refresh(ctx); err != nil {
			t.Fatal(err)
		}
		for i, k := range shared {
			_, err := r.Key(ctx, k.Subject())
			if erased := i%4 < 2; erased != errors.Is(err, errErased) {
				t.Errorf("node %d, key %d: %v", n, i, err)
			}
		}
	}
	for _, path := range []string{pathA, pathB} {
		if list, _, err := parseTombstones([]byte(listOf(t, path))); err != nil || len(list) != 12 {
			t.Errorf("%d on the list, %v; want 12", len(list), err)
		}
	}
}

func TestRefreshOnAFileDoesNothing(t *testing.T) {
	r, _, _ := makeRing(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // it would fail if it read anything
	if err := r.Refresh(ctx); err != nil {
		t.Error(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.Refresh(ctx); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}
