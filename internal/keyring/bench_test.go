package keyring

import (
	"context"
	"fmt"
	"testing"

	"github.com/habeas-data/habeas"
)

// BenchmarkCommit makes batches of keys durable, as the write path does.
func BenchmarkCommit(b *testing.B) {
	for _, size := range []int{1, 8, 32, 128} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			r, _, _ := makeRing(b)
			keys := make([]*Key, size)
			b.ReportAllocs()
			for b.Loop() {
				for i := range keys {
					keys[i] = r.NewKey(habeas.NewID[habeas.SubjectKind](habeas.SystemClock{}.Now()))
				}
				if err := r.Commit(context.Background(), keys...); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "keys/s")
		})
	}
}

// BenchmarkCommitParallel has many callers with one key each.
func BenchmarkCommitParallel(b *testing.B) {
	r, _, _ := makeRing(b)
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			k := r.NewKey(habeas.NewID[habeas.SubjectKind](habeas.SystemClock{}.Now()))
			if err := r.Commit(context.Background(), k); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "keys/s")
}

func BenchmarkNewKey(b *testing.B) {
	r, _, _ := makeRing(b)
	id := newSubject()
	b.ReportAllocs()
	for b.Loop() {
		r.NewKey(id)
	}
}

// BenchmarkKey reads from the cache and from the file.
func BenchmarkKey(b *testing.B) {
	ctx := context.Background()
	r, _, _ := makeRing(b)
	id := newSubject()
	if err := r.Commit(ctx, r.NewKey(id)); err != nil {
		b.Fatal(err)
	}
	b.Run("cached", func(b *testing.B) {
		for b.Loop() {
			if _, err := r.Key(ctx, id); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("file", func(b *testing.B) {
		for b.Loop() {
			if _, err := r.load(ctx, id); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	r, _, _ := makeRing(b)
	k, plaintext, dst := r.House(), make([]byte, 300), make([]byte, 0, 400)
	b.ReportAllocs()
	b.SetBytes(int64(len(plaintext)))
	for b.Loop() {
		k.AppendSeal(dst, "statement/stm_01hqxyz0000000000000000000", plaintext)
	}
}

func BenchmarkOpen(b *testing.B) {
	const place = "statement/stm_01hqxyz0000000000000000000"
	r, _, _ := makeRing(b)
	k := r.House()
	sealed := k.Seal(place, make([]byte, 300))
	b.ReportAllocs()
	b.SetBytes(300)
	for b.Loop() {
		if _, err := k.Open(place, sealed); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	r, _, _ := makeRing(b)
	b.ReportAllocs()
	for b.Loop() {
		r.Lookup("email", "somebody.with.a.name@example.org")
	}
}

func BenchmarkDerive(b *testing.B) {
	r, _, _ := makeRing(b)
	k := r.House()
	b.ReportAllocs()
	for b.Loop() {
		k.Derive("event/evt_01hqxyz0000000000000000000", 32)
	}
}
