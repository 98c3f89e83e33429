package link

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// weighed is all pairs of a frame that are worth looking at.
func weighed(c *comparer, rows int) []Pair {
	var pairs []Pair
	var v []verdict
	for _, p := range allPairs(rows).pairs {
		v = c.verdicts(p.a, p.b, v)
		if bits := c.weigh(p.a, p.b, v); bits > -7 {
			pairs = append(pairs, Pair{A: p.a, B: p.b, Bits: bits, P: probability(bits)})
		}
	}
	return pairs
}

// samePartition reports whether the same rows are together, whatever the clusters are called.
func samePartition(a, b []int32) bool {
	x, y := map[int32]int32{}, map[int32]int32{}
	for i := range a {
		if r, ok := x[a[i]]; ok && r != b[i] {
			return false
		}
		if r, ok := y[b[i]]; ok && r != a[i] {
			return false
		}
		x[a[i]], y[b[i]] = b[i], a[i]
	}
	return true
}

// The lowest row names a cluster, and the order in which pairs come does not matter.
func TestClusterInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(2, 60).Draw(t, "rows")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 3))
		people := newCrowd(r.Uint64(), rows, .6)
		run := newRun(t.Context(), Options{Fields: crowdFields(), Workers: 1})
		if err := run.read(crowdHeader, all(people.rows)); err != nil {
			t.Fatal(err)
		}
		c := newComparer(run.fr, DefaultModel(crowdFields()))
		pairs := weighed(c, rows)
		sources := make([]uint32, rows)
		for i := range sources {
			sources[i] = uint32(r.IntN(3)) + 1
		}
		for _, mode := range []Mode{ModeTransitive, ModeOneToOne} {
			got := cluster(rows, pairs, sources, mode, .5, c)
			r.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
			if again := cluster(rows, pairs, sources, mode, .5, c); !samePartition(got, again) {
				t.Fatalf("%s: %v, in another order %v", mode, got, again)
			}
			seen := map[[2]int32]bool{}
			for i, root := range got {
				if root > int32(i) || got[root] != root {
					t.Fatalf("%s: row %d is in cluster %d, which is in %d", mode, i, root, got[root])
				}
				key := [2]int32{root, int32(sources[i])}
				if mode == ModeOneToOne && seen[key] {
					t.Fatalf("two rows of source %d are one: %v", sources[i], got)
				}
				seen[key] = true
			}
		}
	})
}

// One pair that looks alike does not weld two families of rows that do not.
func TestABridgeDoesNotWeld(t *testing.T) {
	fields := []Field{
		{Name: "given", Kind: GivenName},
		{Name: "family", Kind: FamilyName},
		{Name: "born", Kind: Date},
		{Name: "email", Kind: Email},
	}
	ann := []string{"Ann", "Richardson", "1970-03-24", "ann.richardson@example.org"}
	zoe := []string{"Zoe", "Featherstone", "1951-11-02", "zoe.featherstone@far.example"}
	mixed := []string{"Ann", "Richardson", "", "zoe.featherstone@far.example"}
	table := [][]string{ann, ann, ann, ann, mixed, zoe, zoe, zoe, zoe}
	r := newRun(t.Context(), Options{Fields: fields, Workers: 1})
	if err := r.read([]string{"given", "family", "born", "email"}, all(table)); err != nil {
		t.Fatal(err)
	}
	c := newComparer(r.fr, DefaultModel(fields))
	roots := r.named(cluster(len(table), weighed(c, len(table)), nil, ModeTransitive, .5, c))
	if roots[0] == roots[8] || roots[0] != roots[3] || roots[5] != roots[8] {
		t.Errorf("clusters %v", roots)
	}
}

// A component that is too large falls apart at its weakest pairs instead of being left
// unclustered.
func TestLargeComponentsFallApart(t *testing.T) {
	people := newCrowd(9, 2*maxComponent, .7)
	r := newRun(t.Context(), Options{Fields: crowdFields(), Workers: 1})
	if err := r.read(crowdHeader, all(people.rows)); err != nil {
		t.Fatal(err)
	}
	c := newComparer(r.fr, DefaultModel(crowdFields()))
	pairs := weighed(c, r.fr.rows)
	want := cluster(r.fr.rows, pairs, nil, ModeTransitive, .5, c)
	for i := range int32(r.fr.rows) - 1 { // one long chain of pairs that just count
		pairs = append(pairs, Pair{A: i, B: i + 1, Bits: .1, P: probability(.1)})
	}
	if got := cluster(r.fr.rows, pairs, nil, ModeTransitive, .5, c); !mostly(got, want) {
		t.Error("a chain of weak pairs changes the clusters")
	}
}

func mostly(a, b []int32) bool {
	n := 0
	for i := range a {
		n += btoi(a[i] == b[i])
	}
	return 20*n >= 19*len(a)
}
