package link

import "sort"

// cluster joins rows. pairs are those worth looking at, sources the source of each row
// (nil for one), threshold the probability from which rows are one; weigh tells the
// evidence of a pair that is not among pairs. For each row it returns the lowest row of
// its cluster.
func cluster(rows int, pairs []Pair, sources []uint32, mode Mode, threshold float64, weigh func(i, j int32) float64) []int32 {
	root := make([]int32, rows)
	for i := range root {
		root[i] = int32(i)
	}
	find := func(x int32) int32 {
		for root[x] != x {
			root[x] = root[root[x]]
			x = root[x]
		}
		return x
	}
	order := append([]Pair(nil), pairs...)
	sort.Slice(order, func(i, j int) bool {
		if order[i].Bits != order[j].Bits {
			return order[i].Bits > order[j].Bits
		}
		return order[i].A < order[j].A || order[i].A == order[j].A && order[i].B < order[j].B
	})
	taken := map[[2]uint32]bool{}
	for _, p := range order {
		if p.P < threshold {
			break
		}
		a, b := find(p.A), find(p.B)
		if a == b {
			continue
		}
		if mode == ModeOneToOne && sources != nil {
			sa, sb := sources[p.A], sources[p.B]
			if sa == sb || taken[[2]uint32{uint32(a), sb}] || taken[[2]uint32{uint32(b), sa}] {
				continue
			}
			for _, s := range []uint32{sa, sb} {
				taken[[2]uint32{uint32(min(a, b)), s}] = true
			}
		}
		root[max(a, b)] = min(a, b)
	}
	for i := range root {
		root[i] = find(int32(i))
	}
	return root
}
