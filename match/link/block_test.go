package link

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func blockedCrowd(t *testing.T, seed uint64, rows int) *run {
	r := newRun(t.Context(), Options{Fields: crowdFields(), Workers: 2})
	if err := r.read(crowdHeader, all(newCrowd(seed, rows, .3).rows)); err != nil {
		t.Fatal(err)
	}
	if err := r.block(); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestBlocksAndRowsKnowEachOther(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := blockedCrowd(t, rapid.Uint64().Draw(rt, "crowd"), rapid.IntRange(0, 3_000/slower).Draw(rt, "rows"))
		for _, l := range r.blocks.levels {
			in := 0
			for row := range r.fr.rows {
				in += len(l.list(row))
				for _, b := range l.list(row) {
					if !slices.Contains(l.rows[l.starts[b]:l.starts[b+1]], int32(row)) {
						rt.Fatalf("row %d is not in its block %d", row, b)
					}
				}
			}
			if in != len(l.rows) {
				rt.Fatalf("rows are in %d blocks, blocks have %d rows", in, len(l.rows))
			}
			for b := range len(l.starts) - 1 {
				block := l.rows[l.starts[b]:l.starts[b+1]]
				if !slices.IsSorted(block) || len(block) > l.most {
					rt.Fatalf("block %d of at most %d: %v", b, l.most, block)
				}
			}
		}
	})
}

func TestRowsThatShareARareValueAreCandidates(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := blockedCrowd(t, rapid.Uint64().Draw(rt, "crowd"), rapid.IntRange(2, 1_500/slower).Draw(rt, "rows"))
		most := r.blocks.levels[0].most
		found := map[[2]int32]bool{}
		g := newGatherer(r.blocks)
		for i := range r.fr.rows {
			for _, j := range g.before(i) {
				if int(j) >= i || found[[2]int32{j, int32(i)}] {
					rt.Fatalf("rows %d and %d are candidates twice", j, i)
				}
				found[[2]int32{j, int32(i)}] = true
			}
		}
		for c := range r.fr.cols {
			last := map[uint32]int32{}
			for i, id := range r.fr.cols[c].ids {
				if id == missing || !r.fr.fields[c].Kind.compared() || int(r.fr.cols[c].counts[id]) > most/8 {
					continue
				}
				if j, ok := last[id]; ok && !found[[2]int32{j, int32(i)}] {
					rt.Fatalf("rows %d and %d share %q and are no candidates", j, i, r.fr.cols[c].values[id].text)
				}
				last[id] = int32(i)
			}
		}
	})
}

func TestSketchNeverCountsTooFew(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		keys := rapid.SliceOfN(rapid.Uint64Range(1, 50), 0, 2_000).Draw(rt, "keys")
		s, count := newSketch(100), map[uint64]int{}
		for _, k := range keys {
			s.add(mix(k))
			count[k]++
		}
		for k, n := range count {
			if got := s.count(s.slot(mix(k))); got < min(n, sketchFull) {
				rt.Fatalf("key %d: %d, was added %d times", k, got, n)
			}
		}
	})
}

func TestKeysSurviveUsualMistakes(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		a, b string
	}{
		{FamilyName, "Hartmann", "Hartman"},
		{FamilyName, "Jennings", "Gennings"},
		{GivenName, "Anna Maria", "Maria"},
		{FullName, "Otto van Dahlen", "Dahlen, Otto"},
		{Date, "1970-03-04", "1970-04-03"},
		{Date, "1970-03-04", "1907-03-04"},
		{Date, "1970-03-04", "1970-03-14"},
		{Email, "otto.dahlen@mail.example", "otto.dahln@mail.example"},
		{Email, "otto.dahlen@mail.example", "otto.dahlen@post.example"},
		{Phone, "+49 30 1234567", "030 1234567"},
		{Postcode, "AB1 2CD", "AB1 2CE"},
		{Place, "Neustadt", "Neustat"},
		{Street, "12 Linden Road", "Linden Rd 12"},
		{Identifier, "AX-4711-08", "AX-4711-09"},
	} {
		a, b := standardise(c.kind, c.a), standardise(c.kind, c.b)
		keys := blockKeys(c.kind, &b)
		if !slices.ContainsFunc(blockKeys(c.kind, &a), func(k uint64) bool { return k != groupEnd && slices.Contains(keys, k) }) {
			t.Errorf("%s: %q and %q share no key", c.kind, c.a, c.b)
		}
	}
}
