package ledger

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// storage keeps hashes in the dense order of package tlog: the reference.
type storage []tlog.Hash

func (s storage) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		out[i] = s[index]
	}
	return out, nil
}

func (s *storage) add(t *testing.T, n int64, leaf []byte) []byte {
	t.Helper()
	hashes, err := tlog.StoredHashes(n, leaf, *s)
	if err != nil {
		t.Fatal(err)
	}
	*s = append(*s, hashes...)
	var flat []byte
	for _, h := range hashes {
		flat = append(flat, h[:]...)
	}
	return flat
}

func TestFrontierAppendsWhatTlogStores(t *testing.T) {
	var ref storage
	var f Frontier
	for n := range int64(1200) {
		leaf := testLeaf(n)
		want := ref.add(t, n, leaf)
		if got := f.Append(leaf); !bytes.Equal(got, want) {
			t.Fatalf("leaf %d completes other hashes than tlog.StoredHashes", n)
		}
		root, err := tlog.TreeHash(n+1, ref)
		if err != nil {
			t.Fatal(err)
		}
		if f.Size() != n+1 || f.Root() != root {
			t.Fatalf("at size %d the root is %s, not %s", n+1, f.Root(), root)
		}
	}
}

func TestFrontierIsRebuiltFromRowsAtAnySize(t *testing.T) {
	var m Memory
	grow(t, &m, 700)
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(0, 700).Draw(t, "size")
		f, err := NewFrontier(size, HashReader(context.Background(), &m))
		if err != nil {
			t.Fatal(err)
		}
		for i := size; i < min(size+20, 700); i++ {
			if !bytes.Equal(f.Append(testLeaf(i)), m.rows[i].Hashes) {
				t.Fatalf("rebuilt at %d, leaf %d differs", size, i)
			}
		}
	})
}

func TestFrontierCloneIsIndependent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f Frontier
		for i := range rapid.Int64Range(0, 300).Draw(t, "size") {
			f.Append(testLeaf(i))
		}
		size, root := f.Size(), f.Root()
		c := f.Clone()
		for i := range rapid.Int64Range(1, 50).Draw(t, "more") {
			c.Append(testLeaf(i))
		}
		if f.Size() != size || f.Root() != root {
			t.Fatal("appending to the clone has changed the original")
		}
	})
}

func TestFrontierRefusesSizesOutsideTheTree(t *testing.T) {
	var m Memory
	grow(t, &m, 3)
	for _, size := range []int64{-1, MaxSize + 1} {
		if _, err := NewFrontier(size, nil); !errors.Is(err, ErrRange) {
			t.Errorf("size %d: %v", size, err)
		}
	}
	if _, err := NewFrontier(4, HashReader(context.Background(), &m)); err == nil {
		t.Error("a tree larger than its rows has a frontier")
	}
}

func TestHashReaderFindsEveryStoredHash(t *testing.T) {
	var m Memory
	var ref storage
	for n := range int64(600) {
		ref.add(t, n, testLeaf(n))
	}
	grow(t, &m, 600)
	indexes := make([]int64, len(ref))
	for i := range indexes {
		indexes[i] = int64(len(ref) - 1 - i) // any order is allowed
	}
	got, err := HashReader(context.Background(), &m).ReadHashes(indexes)
	if err != nil {
		t.Fatal(err)
	}
	for i, index := range indexes {
		if got[i] != ref[index] {
			t.Fatalf("stored hash %d differs", index)
		}
	}
	for _, index := range []int64{-1, int64(len(ref)), 1 << 62} {
		if _, err := HashReader(context.Background(), &m).ReadHashes([]int64{index}); err == nil {
			t.Errorf("stored hash %d exists", index)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	var f Frontier
	leaf := make([]byte, 200)
	b.ReportAllocs()
	for b.Loop() {
		f.Append(leaf)
	}
}

func BenchmarkHashReader(b *testing.B) {
	var m Memory
	grow(b, &m, 1<<16)
	r := HashReader(context.Background(), &m)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tlog.ProveRecord(1<<16, 12345, r); err != nil {
			b.Fatal(err)
		}
	}
}
