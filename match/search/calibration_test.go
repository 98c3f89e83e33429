package search

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Of a hundred answers with a probability of 0.9, about ninety are right: over texts of
// which a fifth mean something that is not in the index, three in ten are right, half
// have one mistake and a fifth two, no group of answers is far from its probability,
// and the mean difference (the expected calibration error) is small.
func TestProbabilitiesAreRight(t *testing.T) {
	all := invented(21, 30_000)
	var known, unknown []Entity
	names := map[string]bool{}
	for i, e := range all {
		if i%5 > 0 {
			known = append(known, e)
			for _, n := range e.Names {
				names[n.Text] = true
			}
		} else {
			unknown = append(unknown, e)
		}
	}
	x := build(t, known)
	r := rand.New(rand.NewPCG(22, 23))
	type group struct{ n, p, right float64 }
	var hits, none [5]group
	count := func(g *[5]group, p float64, right bool) {
		b := &g[min(int(p*5), 4)]
		b.n++
		b.p += p
		if right {
			b.right++
		}
	}
	const questions = 6000
	for range questions {
		from, there := known, r.Float64() > 0.2
		if !there {
			from = unknown
		}
		e := from[r.IntN(len(from))]
		name := e.Names[r.IntN(len(e.Names))].Text
		if !there && names[name] || len(name) < 5 {
			continue
		}
		switch u := r.Float64(); {
		case u > 0.8:
			name = misspelled(r, misspelled(r, name))
		case u > 0.3:
			name = misspelled(r, name)
		}
		a := x.Search(Query{Text: name, Mode: Whole})
		count(&none, a.None, !there)
		if len(a.Hits) > 0 {
			count(&hits, a.Hits[0].P, a.Hits[0].ID == e.ID)
		}
	}
	for what, groups := range map[string][5]group{"best hit": hits, "none": none} {
		wrong, n := 0.0, 0.0
		for _, g := range groups {
			wrong, n = wrong+math.Abs(g.p-g.right), n+g.n
			t.Logf("%s: %5.0f answers with %.3f, right %.3f", what, g.n, g.p/g.n, g.right/g.n)
		}
		t.Logf("%s: expected calibration error %.3f", what, wrong/n)
		if wrong/n > 0.06 {
			t.Errorf("%s: the expected calibration error is %.3f", what, wrong/n)
		}
	}
}
