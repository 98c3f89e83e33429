package keyring

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring/store"
)

func TestCheckFindsWhatIsWrong(t *testing.T) {
	engines(t, func(t *testing.T) {
		ctx := context.Background()
		r, _, _ := makeRing(t)
		keys := commitNew(t, r, 20)
		if _, err := r.Secret(ctx, "ledger", func() ([]byte, error) { return []byte("x"), nil }); err != nil {
			t.Fatal(err)
		}
		if h, err := r.Check(ctx, 1); err != nil || !h.Good() || h.Keys != 21 || h.Opened != 22 || h.Secrets != 1 || !h.House {
			t.Errorf("%+v, %v", h, err)
		}
		if h, err := r.Check(ctx, 4); err != nil || h.Keys != 21 || h.Opened != 6 {
			t.Errorf("a sample: %+v, %v", h, err)
		}
		// One row's bytes under another's name, and an erased subject with a key.
		damaged, erased := newSubject(), keys[3].Subject()
		row := store.Row{ID: damaged, Wrapped: keys[5].wrapped}
		if err := r.store.InsertKeys(ctx, []store.Row{row}, func() error { return nil }); err != nil {
			t.Fatal(err)
		}
		r.mark([]store.Erasure{{ID: erased}})
		h, err := r.Check(ctx, 1)
		if err != nil || h.Good() || len(h.Damaged) != 1 || h.Damaged[0] != damaged || len(h.Returned) != 1 || h.Returned[0] != erased {
			t.Errorf("%+v, %v", h, err)
		}
		// Another ring in its place is noticed whatever it holds.
		other, _ := makeRingOn(t, "sqlite")
		r.id = other.id
		if _, err := r.Check(ctx, 1); !errors.Is(err, errDamaged) {
			t.Errorf("another ring: %v", err)
		}
	})
}

func TestCollectTakesOldOrphansOnly(t *testing.T) {
	engines(t, func(t *testing.T) {
		ctx := context.Background()
		r, _, path := makeRing(t)
		clock := habeas.NewManualClock(testStart)
		r.opts.Clock = clock
		old, young := r.NewKey(habeas.NewID[habeas.SubjectKind](testStart.Add(-2*time.Hour))), r.NewKey(newSubject())
		if err := r.Commit(ctx, old, young); err != nil {
			t.Fatal(err)
		}
		var seen []habeas.SubjectID
		if err := r.SubjectIDs(ctx, func(id habeas.SubjectID) error { seen = append(seen, id); return nil }); err != nil || len(seen) != 2 {
			t.Fatalf("%d subjects, %v", len(seen), err)
		}
		n, err := r.Collect(ctx, time.Hour, seen...)
		if err != nil || n != 1 {
			t.Errorf("%d collected, %v", n, err)
		}
		if _, err := r.Key(ctx, old.Subject()); !errors.Is(err, ErrNoKey) {
			t.Errorf("the orphan: %v", err)
		}
		if _, err := r.Key(ctx, young.Subject()); err != nil {
			t.Errorf("the young one: %v", err)
		}
		if listOf(t, path) != "" {
			t.Error("an orphan was put on the list of erasures")
		}
		_, err = r.Collect(ctx, time.Hour, houseID)
		wantKind(t, err, habeas.KindForbidden)
		if n, err := r.Collect(ctx, time.Hour); n != 0 || err != nil {
			t.Errorf("nobody: %d, %v", n, err)
		}
	})
}

func TestMergedListsNameEverybodyOnce(t *testing.T) {
	a, b, c := newSubject().String(), newSubject().String(), newSubject().String()
	first := a + " 2026-03-01T12:00:00Z\n" + b + " 2026-03-02T12:00:00Z\n"
	second := b + " 2026-03-02T11:00:00Z\n" + c + " 2026-02-01T12:00:00Z\n" + a + " 2026-03-0" // torn
	var out bytes.Buffer
	n, err := MergeTombstones(&out, strings.NewReader(first), strings.NewReader(second), strings.NewReader(""))
	want := c + " 2026-02-01T12:00:00Z\n" + a + " 2026-03-01T12:00:00Z\n" + b + " 2026-03-02T11:00:00Z\n"
	if err != nil || n != 3 || out.String() != want {
		t.Errorf("%d, %v:\n%s", n, err, out.String())
	}
	_, err = MergeTombstones(&out, strings.NewReader(first), strings.NewReader(a+" yesterday\n"))
	var e *habeas.Error
	if !errors.As(err, &e) || e.Args["list"] != "2" || e.Args["line"] != "1" {
		t.Errorf("a damaged list: %v", err)
	}
}

// Two nodes each know an erasure the backup does not; their lists together do.
func TestARestoreWithTheListsOfAllNodes(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	a, b, pathA, pathB := makeNodes(t)
	keys := commitNew(t, a, 3)
	stream := backupOf(t, a)
	if err := errors.Join(a.Destroy(ctx, keys[0].Subject()), b.Destroy(ctx, keys[1].Subject())); err != nil {
		t.Fatal(err)
	}
	to := newPathOn(t, "sqlite")
	var merged bytes.Buffer
	n, err := MergeTombstones(&merged, strings.NewReader(listOf(t, pathA)), strings.NewReader(listOf(t, pathB)))
	if err != nil || n != 2 {
		t.Fatalf("%d, %v", n, err)
	}
	if err := os.WriteFile(tombstonePath(to), merged.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Restore(ctx, to, bytes.NewReader(stream), testOptions(to)); err != nil {
		t.Fatal(err)
	}
	r := openRing(t, to)
	for i, k := range keys {
		_, err := r.Key(ctx, k.Subject())
		if erased := i < 2; erased != errors.Is(err, errErased) {
			t.Errorf("key %d: %v", i, err)
		}
	}
}
