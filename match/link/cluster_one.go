package link

import (
	"cmp"
	"slices"
)

// maxExchanges bounds how often all pairs are tried for an exchange; three or four times
// are usual.
const maxExchanges = 20

// oneToOne joins at most one row of each source: the most certain pairs first. Between
// two sources it then exchanges partners while that raises the evidence of all pairs
// together.
func oneToOne(rows int, pairs []Pair, sources []uint32, threshold float64) []int32 {
	var order []Pair
	for _, p := range pairs {
		if p.P >= threshold && sources[p.A] != sources[p.B] {
			order = append(order, p)
		}
	}
	slices.SortFunc(order, func(p, q Pair) int {
		return cmp.Or(cmp.Compare(q.Bits, p.Bits), cmp.Compare(p.A, q.A), cmp.Compare(p.B, q.B))
	})
	if twoSources(sources) {
		return couples(rows, order, logOdds(threshold))
	}
	f := newForest(rows)
	has := map[int32][]uint32{} // the sources of a cluster of more than one row
	for _, p := range order {
		a, b := f.find(p.A), f.find(p.B)
		sa, sb := has[a], has[b]
		if sa == nil {
			sa = []uint32{sources[a]}
		}
		if sb == nil {
			sb = []uint32{sources[b]}
		}
		if a == b || slices.ContainsFunc(sa, func(s uint32) bool { return slices.Contains(sb, s) }) {
			continue
		}
		f.join(a, b)
		has[min(a, b)] = append(slices.Clone(sa), sb...)
	}
	return f.flat()
}

func twoSources(sources []uint32) bool {
	for i, s := range sources {
		if s != sources[0] {
			for _, t := range sources[i:] {
				if t != sources[0] && t != s {
					return false
				}
			}
			return true
		}
	}
	return false
}

// couples chooses pairs so that no row is in two. order begins with the best; bits are
// the least that a pair of it has.
func couples(rows int, order []Pair, bits float64) []int32 {
	weight := make(map[[2]int32]float64, len(order))
	mate := make([]int32, rows)
	for i := range mate {
		mate[i] = -1
	}
	worth := func(a, b int32) float64 {
		if a < 0 || b < 0 {
			return 0
		}
		return weight[[2]int32{min(a, b), max(a, b)}]
	}
	join := func(a, b int32) {
		if a >= 0 {
			mate[a] = b
		}
		if b >= 0 {
			mate[b] = a
		}
	}
	for _, p := range order {
		weight[[2]int32{p.A, p.B}] = p.Bits - bits + 1e-9
		if mate[p.A] < 0 && mate[p.B] < 0 {
			join(p.A, p.B)
		}
	}
	for range maxExchanges {
		exchanged := false
		for _, p := range order {
			a, b := mate[p.A], mate[p.B]
			if a == p.B {
				continue
			}
			rest := worth(a, b)
			if worth(p.A, p.B)+rest <= worth(p.A, a)+worth(p.B, b)+1e-6 {
				continue
			}
			join(p.A, p.B)
			if rest > 0 {
				join(a, b)
			} else {
				join(a, -1)
				join(b, -1)
			}
			exchanged = true
		}
		if !exchanged {
			break
		}
	}
	f := newForest(rows)
	for a, b := range mate {
		if b >= 0 {
			f.join(int32(a), b)
		}
	}
	return f.flat()
}
