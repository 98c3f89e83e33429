package keyring

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/habeas-data/habeas"
)

func TestCommitMakesKeysDurableAndMayBeRepeated(t *testing.T) {
	ctx := context.Background()
	r, _, path := makeRing(t)
	k := r.NewKey(newSubject())
	_, err := r.Key(ctx, k.Subject())
	wantKind(t, err, habeas.KindGone)
	if !errors.Is(err, ErrNoKey) {
		t.Errorf("before Commit: got %v, want ErrNoKey", err)
	}
	for range 2 {
		if err := r.Commit(ctx, k); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Commit(ctx); err != nil {
		t.Errorf("an empty batch: %v", err)
	}
	r2 := openRing(t, asLeftByCrash(t, path))
	k2, err := r2.Key(ctx, k.Subject())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := k2.Open("a", k.Seal("a", []byte("b"))); err != nil || string(got) != "b" {
		t.Errorf("opened %q, %v after a crash", got, err)
	}
}

func TestCommitIsAllOrNothing(t *testing.T) { engines(t, testCommitIsAllOrNothing) }

func testCommitIsAllOrNothing(t *testing.T) {
	ctx := context.Background()
	r, _, _ := makeRing(t)
	taken := commitNew(t, r, 1)[0]
	erased := newSubject()
	if err := r.Destroy(ctx, erased); err != nil {
		t.Fatal(err)
	}
	loaded, err := r.load(ctx, taken.Subject())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		bad  *Key
		kind habeas.ErrorKind
	}{
		"another key for a known subject": {r.NewKey(taken.Subject()), habeas.KindConflict},
		"an erased subject":               {r.NewKey(erased), habeas.KindGone},
		"a key that was read":             {loaded, habeas.KindConflict},
		"no subject":                      {r.NewKey(habeas.SubjectID{}), habeas.KindConflict},
		"the house":                       {r.NewKey(houseID), habeas.KindConflict},
		"a month":                         {r.NewKey(monthID(monthPrefix, testStart)), habeas.KindConflict},
	} {
		t.Run(name, func(t *testing.T) {
			good := r.NewKey(newSubject())
			wantKind(t, r.Commit(ctx, good, c.bad), c.kind)
			if _, err := r.Key(ctx, good.Subject()); !errors.Is(err, ErrNoKey) {
				t.Errorf("a part of the batch was kept: %v", err)
			}
		})
	}
}

func TestConcurrentCommitsSucceedOrFailEachByItself(t *testing.T) {
	engines(t, testConcurrentCommitsSucceedOrFailEachByItself)
}

func testConcurrentCommitsSucceedOrFailEachByItself(t *testing.T) {
	ctx := context.Background()
	r, _, _ := makeRing(t)
	taken := commitNew(t, r, 1)[0].Subject()
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for range 20 {
				good := r.NewKey(newSubject())
				if g%4 == 0 {
					wantKind(t, r.Commit(ctx, good, r.NewKey(taken)), habeas.KindConflict)
					if _, err := r.Key(ctx, good.Subject()); !errors.Is(err, ErrNoKey) {
						t.Errorf("a part of a refused batch was kept: %v", err)
					}
				} else if err := r.Commit(ctx, good); err != nil {
					t.Errorf("another caller's failure reached this one: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if s, err := r.Stats(ctx); err != nil || s.Keys != 2+12*20 {
		t.Errorf("%d keys, %v; want %d", s.Keys, err, 2+12*20)
	}
}

func TestACancelledCommitWritesNothing(t *testing.T) { engines(t, testACancelledCommitWritesNothing) }

func testACancelledCommitWritesNothing(t *testing.T) {
	r, _, _ := makeRing(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	k := r.NewKey(newSubject())
	if err := r.Commit(ctx, k); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if _, err := r.Key(context.Background(), k.Subject()); !errors.Is(err, ErrNoKey) {
		t.Errorf("got %v, want ErrNoKey", err)
	}
}

func TestKeysReadsManyAndLeavesOutTheOthers(t *testing.T) {
	engines(t, testKeysReadsManyAndLeavesOutTheOthers)
}

func testKeysReadsManyAndLeavesOutTheOthers(t *testing.T) {
	ctx := context.Background()
	r, _, path := makeRing(t)
	keys := commitNew(t, r, 300)
	gone := keys[7].Subject()
	if err := r.Destroy(ctx, gone); err != nil {
		t.Fatal(err)
	}
	ids := []habeas.SubjectID{newSubject(), keys[0].Subject()} // unknown, and one twice
	values := make([][]byte, len(keys))
	for i, k := range keys {
		ids = append(ids, k.Subject())
		values[i] = k.Seal("p", []byte("v"))
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r = openRing(t, path)
	for _, when := range []string{"from the file", "from the cache"} {
		got, err := r.Keys(ctx, ids)
		if err != nil || len(got) != 299 || got[gone] != nil {
			t.Fatalf("%s: %d keys, %v; want 299", when, len(got), err)
		}
		for i, k := range keys {
			if k.Subject() == gone {
				continue
			}
			if b, err := got[k.Subject()].Open("p", values[i]); err != nil || string(b) != "v" {
				t.Fatalf("%s: opened %q, %v", when, b, err)
			}
		}
	}
	if got, err := r.Keys(ctx, nil); err != nil || len(got) != 0 {
		t.Errorf("no ids: %d keys, %v", len(got), err)
	}
}

func TestAllVisitsEverySubjectOnceInOrderAndSparesTheCache(t *testing.T) {
	engines(t, testAllVisitsEverySubjectOnceInOrderAndSparesTheCache)
}

func testAllVisitsEverySubjectOnceInOrderAndSparesTheCache(t *testing.T) {
	ctx := context.Background()
	r, _, path := makeRing(t)
	want := map[habeas.SubjectID]bool{}
	for range 3 {
		for _, k := range commitNew(t, r, 700) { // more than two pages
			want[k.Subject()] = true
		}
	}
	if _, err := r.Month(ctx, testStart); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r = openRing(t, path)
	var last habeas.SubjectID
	err := r.All(ctx, func(id habeas.SubjectID, k *Key) error {
		if !want[id] || bytes.Compare(id[:], last[:]) <= 0 || k.Subject() != id {
			return fmt.Errorf("unexpected or repeated subject")
		}
		delete(want, id)
		last = id
		return nil
	})
	if err != nil || len(want) != 0 {
		t.Errorf("%d subjects not visited, %v", len(want), err)
	}
	if s, err := r.Stats(ctx); err != nil || s.Cached != 0 {
		t.Errorf("%d keys cached, %v; want none", s.Cached, err)
	}
	stop := errors.New("enough")
	if err := r.All(ctx, func(habeas.SubjectID, *Key) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v, want the visitor's error", err)
	}
}

func TestCacheStaysBoundedAndKeepsWhatIsRead(t *testing.T) {
	const limit = 10 * shards
	c := newCache(limit)
	keep := &Key{id: habeas.SubjectID{15: 3}}
	c.put(keep)
	for i := range 40 * limit {
		c.put(&Key{id: habeas.SubjectID{13: byte(i >> 16), 14: byte(i >> 8), 15: byte(i)}})
		if i%shards == 0 && c.get(habeas.SubjectID{15: 3}) == nil && i > 3 {
			t.Fatal("a key that was read all the time was evicted")
		}
		if n, _, _ := c.stats(); n > limit {
			t.Fatalf("%d keys cached, limit %d", n, limit)
		}
	}
	for i := range 256 {
		c.drop(habeas.SubjectID{15: byte(i)})
	}
	for i := range limit { // freed places are used again
		c.put(&Key{id: habeas.SubjectID{0: 1, 14: byte(i >> 8), 15: byte(i)}})
	}
	if n, _, _ := c.stats(); n > limit {
		t.Fatalf("%d keys cached, limit %d", n, limit)
	}
	c.purge()
	c.put(keep)
	if n, _, _ := c.stats(); n != 0 || c.get(keep.id) != nil {
		t.Error("a purged cache holds a key")
	}
}
