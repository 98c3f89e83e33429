package link

import (
	"slices"
	"sort"
)

const (
	// largest component whose pairs are all compared
	maxComponent = 1500
	// evidence of one pair counts up to this many bits
	clip = 10
)

// forest is a union-find structure whose roots are the lowest rows.
type forest []int32

func newForest(n int) forest {
	f := make(forest, n)
	for i := range f {
		f[i] = int32(i)
	}
	return f
}

func (f forest) find(x int32) int32 {
	for f[x] != x {
		f[x] = f[f[x]]
		x = f[x]
	}
	return x
}

func (f forest) join(a, b int32) {
	a, b = f.find(a), f.find(b)
	f[max(a, b)] = min(a, b)
}

// cluster joins rows. pairs are those worth looking at, sources the source of each row
// (nil for one), threshold the probability from which rows are one; weigh tells the
// evidence of a pair that is not among pairs. For each row it returns the lowest row of
// its cluster.
func cluster(rows int, pairs []Pair, sources []uint32, mode Mode, threshold float64, c *comparer) []int32 {
	if mode == ModeOneToOne && sources != nil {
		return oneToOne(rows, pairs, sources, threshold)
	}
	f := newForest(rows)
	from := logOdds(threshold)
	for _, p := range pairs {
		if p.Bits >= from {
			f.join(p.A, p.B)
		}
	}
	result := newForest(rows)
	members := map[int32][]int32{}
	for i := range int32(rows) {
		if r := f.find(i); r != i || f[i] != i {
			members[r] = append(members[r], i)
		}
	}
	for r, m := range members {
		agglomerate(append([]int32{r}, m...), from, c, result)
	}
	for i := range result {
		result[i] = result.find(int32(i))
	}
	return result
}

// agglomerate joins the rows of one component into result, the best pair of clusters
// first, while the evidence between them is above from.
func agglomerate(rows []int32, from float64, c *comparer, result forest) {
	n := len(rows)
	if n == 2 {
		result.join(rows[0], rows[1])
		return
	}
	if n > maxComponent {
		return
	}
	var v []verdict
	sum := make([]float64, n*n)
	wei := make([]float64, n*n)
	for i := range n {
		for j := i + 1; j < n; j++ {
			v = c.verdicts(rows[i], rows[j], v)
			b, w := c.w.weigh(rows[i], rows[j], v), c.w.known(v)
			b = max(-clip, min(clip, b-from))
			w *= w
			sum[i*n+j], sum[j*n+i] = b*w, b*w
			wei[i*n+j], wei[j*n+i] = w, w
		}
	}
	alive := make([]bool, n)
	for i := range alive {
		alive[i] = true
	}
	for {
		best, bi, bj := 0.0, -1, -1
		for i := range n {
			for j := i + 1; alive[i] && j < n; j++ {
				if alive[j] {
					if s := sum[i*n+j] / wei[i*n+j]; s > best {
						best, bi, bj = s, i, j
					}
				}
			}
		}
		if bi < 0 {
			return
		}
		result.join(rows[bi], rows[bj])
		alive[bj] = false
		for k := range n {
			sum[bi*n+k] += sum[bj*n+k]
			sum[k*n+bi] = sum[bi*n+k]
			wei[bi*n+k] += wei[bj*n+k]
			wei[k*n+bi] = wei[bi*n+k]
		}
	}
}

// oneToOne joins at most one row of each source, the most certain pairs first.
func oneToOne(rows int, pairs []Pair, sources []uint32, threshold float64) []int32 {
	f := newForest(rows)
	order := slices.Clone(pairs)
	sort.Slice(order, func(i, j int) bool {
		if order[i].Bits != order[j].Bits {
			return order[i].Bits > order[j].Bits
		}
		return order[i].A < order[j].A || order[i].A == order[j].A && order[i].B < order[j].B
	})
	has := map[int32][]uint32{} // the sources of a cluster of more than one row
	for _, p := range order {
		if p.P < threshold {
			break
		}
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
	for i := range f {
		f[i] = f.find(int32(i))
	}
	return f
}
