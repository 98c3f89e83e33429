package keyring

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring/store"
)

// traces counts 8-byte pieces of wrapped keys in all files of the store: less
// than 15 bytes in a row could escape it, which is less than half a key.
func traces(t *testing.T, path string, keys []*Key) int {
	t.Helper()
	pieces := map[uint64]bool{}
	for _, k := range keys {
		for i := 0; i+8 <= len(k.wrapped); i += 8 {
			pieces[binary.LittleEndian.Uint64(k.wrapped[i:])] = true
		}
	}
	found := 0
	for _, content := range snapshot(t, path) {
		for i := 0; i+8 <= len(content); i++ {
			if pieces[binary.LittleEndian.Uint64(content[i:])] {
				found++
			}
		}
	}
	return found
}

// Pages split and merge on the way, so copies could stay in their gaps.
func TestDestroyLeavesNoTraceOfTheKeyInAnyFile(t *testing.T) {
	ctx := context.Background()
	r, _, path := makeRing(t)
	var keys, dead, living []*Key
	for range 10 {
		keys = append(keys, commitNew(t, r, 100)...)
	}
	var ids []habeas.SubjectID
	for i, k := range keys {
		if i%3 == 0 || i > 300 && i < 700 {
			dead, ids = append(dead, k), append(ids, k.Subject())
		} else {
			living = append(living, k)
		}
	}
	if traces(t, path, dead) == 0 {
		t.Fatal("the keys are not found where they should be")
	}
	for len(ids) > 0 {
		n := min(len(ids), 40)
		if err := r.Destroy(ctx, ids[:n]...); err != nil {
			t.Fatal(err)
		}
		ids = ids[n:]
	}
	if n := traces(t, path, dead); n != 0 {
		t.Errorf("%d traces of destroyed keys", n)
	}
	if len(snapshot(t, path)["keys.db-wal"]) != 0 {
		t.Error("the log was not emptied")
	}
	for _, k := range living {
		if _, err := r.load(ctx, k.Subject()); err != nil {
			t.Fatalf("a living key is gone: %v", err)
		}
	}
	s, err := r.Stats(ctx)
	if err != nil || s.Keys != len(living)+1 || s.Erased != len(dead) || s.Pending {
		t.Errorf("stats %+v, %v", s, err)
	}
}

func TestADestroyedKeyIsRefusedEverywhere(t *testing.T) {
	engines(t, testADestroyedKeyIsRefusedEverywhere)
}

func testADestroyedKeyIsRefusedEverywhere(t *testing.T) {
	ctx := context.Background()
	r, _, path := makeRing(t)
	keys := commitNew(t, r, 3)
	id, before := keys[0].Subject(), r.Generation()
	for _, k := range keys {
		if err := r.Fresh(k); err != nil {
			t.Fatalf("a living key is refused: %v", err)
		}
	}
	if err := r.Destroy(ctx, id, id); err != nil {
		t.Fatal(err)
	}
	if err := r.Destroy(ctx, id); err != nil {
		t.Errorf("once more: %v", err)
	}
	if r.Generation() <= before {
		t.Error("the generation did not grow")
	}
	check := func(r *Ring) {
		t.Helper()
		_, err := r.Key(ctx, id)
		wantKind(t, err, habeas.KindGone)
		if errors.Is(err, ErrNoKey) {
			t.Error("an erased subject looks like one that never was")
		}
		wantKind(t, r.Commit(ctx, r.NewKey(id)), habeas.KindGone)
	}
	check(r)
	for range 2 {
		wantKind(t, r.Fresh(keys[0]), habeas.KindGone)
		if err := r.Fresh(keys[1]); err != nil {
			t.Errorf("a living key is refused: %v", err)
		}
	}
	list := string(snapshot(t, path)["tombstones"])
	if want := id.String() + " 2026-03-01T12:00:00Z\n"; list != want {
		t.Errorf("list %q, want %q", list, want)
	}
	generation := r.Generation()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r = openRing(t, path)
	check(r)
	if r.Generation() < generation {
		t.Error("the generation fell with a restart")
	}
}

// A read that began before the erasure ends after it.
func TestAKeyErasedWhileItIsReadIsNotCached(t *testing.T) {
	engines(t, testAKeyErasedWhileItIsReadIsNotCached)
}

func testAKeyErasedWhileItIsReadIsNotCached(t *testing.T) {
	ctx := context.Background()
	r, _, _ := makeRing(t)
	id := commitNew(t, r, 1)[0].Subject()
	k, err := r.load(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Destroy(ctx, id); err != nil {
		t.Fatal(err)
	}
	if r.remember(k) || r.cache.get(id) != nil {
		t.Error("an erased key is cached")
	}
}

func TestARestoredCopyForgetsAgain(t *testing.T) {
	ctx := context.Background()
	r, _, path := makeRing(t)
	keys := commitNew(t, r, 5)
	backup := asLeftByCrash(t, path)
	if err := r.Destroy(ctx, keys[0].Subject(), keys[1].Subject()); err != nil {
		t.Fatal(err)
	}
	if traces(t, backup, keys[:2]) == 0 {
		t.Fatal("the backup does not hold the keys")
	}
	list := snapshot(t, path)["tombstones"]
	if err := os.WriteFile(tombstonePath(backup), list, 0o600); err != nil {
		t.Fatal(err)
	}
	restored := openRing(t, backup)
	for i, k := range keys {
		_, err := restored.Key(ctx, k.Subject())
		if erased := i < 2; erased != (habeas.KindOf(err) == habeas.KindGone && err != nil) {
			t.Errorf("key %d: %v", i, err)
		}
	}
	if n := traces(t, backup, keys[:2]); n != 0 {
		t.Errorf("%d traces of erased keys after the restore", n)
	}
}

func TestAnErasureOfAnUnknownSubjectHoldsForLater(t *testing.T) {
	engines(t, testAnErasureOfAnUnknownSubjectHoldsForLater)
}

func testAnErasureOfAnUnknownSubjectHoldsForLater(t *testing.T) {
	ctx := context.Background()
	r, _, _ := makeRing(t)
	k := r.NewKey(newSubject())
	if err := r.Destroy(ctx, k.Subject()); err != nil {
		t.Fatal(err)
	}
	wantKind(t, r.Commit(ctx, k), habeas.KindGone)
	wantKind(t, r.Fresh(k), habeas.KindGone)
}

func TestDestroyRefusesTheServersOwnKeys(t *testing.T) {
	engines(t, testDestroyRefusesTheServersOwnKeys)
}

func testDestroyRefusesTheServersOwnKeys(t *testing.T) {
	ctx := context.Background()
	r, _, path := makeRing(t)
	for _, id := range []habeas.SubjectID{houseID, monthID(monthPrefix, testStart), {}} {
		wantKind(t, r.Destroy(ctx, newSubject(), id), habeas.KindForbidden)
	}
	if len(snapshot(t, path)["tombstones"]) != 0 {
		t.Error("a refused erasure was put on the list")
	}
	if err := r.Destroy(ctx); err != nil {
		t.Errorf("nobody: %v", err)
	}
}

// holdReader keeps an old view of the store open until the returned function is called.
func holdReader(t *testing.T, r *Ring) (release func()) {
	t.Helper()
	reading, done := make(chan struct{}), make(chan struct{})
	ended := make(chan error)
	go func() { ended <- r.store.Dump(context.Background(), &heldSink{reading: reading, done: done}) }()
	<-reading
	return sync.OnceFunc(func() {
		close(done)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// heldSink stops a dump in the middle.
type heldSink struct{ reading, done chan struct{} }

func (*heldSink) Header(store.Header) error   { return nil }
func (*heldSink) Secret(string, []byte) error { return nil }

func (h *heldSink) Keys([]store.Row) error {
	close(h.reading)
	<-h.done
	return nil
}

func TestAnErasureThatCannotEmptyTheLogSaysSoAndIsCompletedLater(t *testing.T) {
	r, _, path := makeRing(t)
	keys := commitNew(t, r, 2)
	release := holdReader(t, r)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := r.Destroy(ctx, keys[0].Subject())
	wantKind(t, err, habeas.KindUnavailable)
	wantKind(t, r.Fresh(keys[0]), habeas.KindGone)
	if s, err := r.Stats(context.Background()); err != nil || !s.Pending || s.Keys != 2 {
		t.Errorf("stats %+v, %v; want pending", s, err)
	}
	crashed := asLeftByCrash(t, path)
	release()
	_ = openRing(t, crashed)
	if n := traces(t, crashed, keys[:1]); n != 0 {
		t.Errorf("%d traces after a restart", n)
	}
	if err := r.Destroy(context.Background(), keys[1].Subject()); err != nil {
		t.Fatal(err)
	}
	if n := traces(t, path, keys); n != 0 {
		t.Errorf("%d traces after the next erasure", n)
	}
}

// The trigger stands for a disk that fails between the list and the deletion.
func TestAnErasureThatCannotDeleteIsInForceAndCompletedAtTheNextStart(t *testing.T) {
	ctx := context.Background()
	r, _, path := makeRing(t)
	keys := commitNew(t, r, 2)
	execOutside(t, path, `CREATE TRIGGER broken BEFORE DELETE ON subject_key BEGIN SELECT RAISE(ABORT, 'broken'); END`)
	err := r.Destroy(ctx, keys[0].Subject())
	wantKind(t, err, habeas.KindUnavailable)
	wantKind(t, r.Fresh(keys[0]), habeas.KindGone)
	_, err = r.Key(ctx, keys[0].Subject())
	wantKind(t, err, habeas.KindGone)
	if err := r.All(ctx, func(id habeas.SubjectID, _ *Key) error {
		if id == keys[0].Subject() {
			return errors.New("an erased subject was visited")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	execOutside(t, path, "DROP TRIGGER broken")
	_ = openRing(t, path)
	if n := traces(t, path, keys[:1]); n != 0 {
		t.Errorf("%d traces after the restart", n)
	}
}

// execOutside changes the database behind the ring's back.
func execOutside(t *testing.T, path, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(text)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// Readers, writers and erasures together: whatever is erased stays erased and
// nothing else goes.
func TestConcurrentCommitKeyDestroy(t *testing.T) { engines(t, testConcurrentCommitKeyDestroy) }

func testConcurrentCommitKeyDestroy(t *testing.T) {
	ctx := context.Background()
	path := newPath(t)
	opts := testOptions(path)
	opts.CacheKeys = 64 // far fewer than keys: eviction joins in
	r, _, err := Create(ctx, path, typed(testPassword), opts)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	shared := commitNew(t, r, 60)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() { // commits and reads its own
			for range 30 {
				k := r.NewKey(newSubject())
				if err := r.Commit(ctx, k); err != nil {
					t.Error(err)
				}
				if _, err := r.Key(ctx, k.Subject()); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() { // erases a quarter
			for i := g; i < len(shared); i += 8 {
				if err := r.Destroy(ctx, shared[i].Subject()); err != nil {
					t.Error(err)
				}
				if _, err := r.Key(ctx, shared[i].Subject()); habeas.KindOf(err) != habeas.KindGone {
					t.Errorf("an erased key was handed out: %v", err)
				}
				if r.Fresh(shared[i]) == nil {
					t.Error("an erased key is fresh")
				}
			}
		})
		wg.Go(func() { // reads all
			for range 20 {
				for _, k := range shared {
					if _, err := r.Key(ctx, k.Subject()); err != nil && !errors.Is(err, errErased) {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Go(func() {
		if err := r.All(ctx, func(habeas.SubjectID, *Key) error { return nil }); err != nil {
			t.Error(err)
		}
	})
	wg.Go(func() {
		if err := r.Rotate(ctx, typed("another long password")); err != nil {
			t.Error(err)
		}
	})
	wg.Wait()
	for i, k := range shared {
		_, err := r.Key(ctx, k.Subject())
		if erased := i%8 < 4; erased != errors.Is(err, errErased) {
			t.Errorf("key %d: %v", i, err)
		}
	}
}
