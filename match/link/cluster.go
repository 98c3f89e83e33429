package link

import (
	"math"
)

const (
	// maxComponent is how many rows are clustered together at most, all pairs compared.
	maxComponent = 400
	// clip is how many bits one pair can count for or against.
	clip = 10
	// many is how many bits each doubling of the pairs between two clusters adds to
	// their mean: what several rows say is worth more than what one says.
	many = .5
	// stricter is by how many bits the evidence is raised until a component falls into
	// parts that are small enough.
	stricter = 3
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

// flat lets each row name its root.
func (f forest) flat() []int32 {
	for i := range f {
		f[i] = f.find(int32(i))
	}
	return f
}

func (f forest) join(a, b int32) {
	a, b = f.find(a), f.find(b)
	f[max(a, b)] = min(a, b)
}

// cluster joins rows. pairs are those worth looking at, sources the source of each row
// (nil for one), threshold the probability from which rows are one; c compares pairs
// that are not among pairs. For each row it returns the lowest row of its cluster.
func cluster(rows int, pairs []Pair, sources []uint32, mode Mode, threshold float64, c *comparer) []int32 {
	if mode == ModeOneToOne && sources != nil {
		return oneToOne(rows, pairs, sources, threshold)
	}
	t := transitive{c: c, from: logOdds(threshold), result: newForest(rows)}
	t.components(rows, pairs, t.from)
	return t.result.flat()
}

// transitive joins rows so that not one pair alone welds two clusters: what all their
// rows say about each other counts (average linkage; Sokal and Michener 1958).
type transitive struct {
	c       *comparer
	from    float64 // bits of evidence from which rows are one
	result  forest
	verdict []verdict
}

// components clusters each component of the rows that pairs of at least so many bits
// connect.
func (t *transitive) components(rows int, pairs []Pair, bits float64) {
	f := newForest(rows)
	for _, p := range pairs {
		if p.Bits >= bits {
			f.join(p.A, p.B)
		}
	}
	members := map[int32][]int32{}
	for i := range int32(rows) {
		if r := f.find(i); r != i {
			if members[r] == nil {
				members[r] = []int32{r}
			}
			members[r] = append(members[r], i)
		}
	}
	large := map[int32]bool{}
	for r, m := range members {
		if len(m) <= maxComponent {
			t.agglomerate(m)
		} else {
			large[r] = true
		}
	}
	if len(large) == 0 {
		return
	}
	var rest []Pair
	for _, p := range pairs {
		if p.Bits >= bits+stricter && large[f.find(p.A)] {
			rest = append(rest, p)
		}
	}
	t.components(rows, rest, bits+stricter)
}

// agglomerate joins the rows of one component, the best two clusters first, while the
// evidence between them is enough.
func (t *transitive) agglomerate(rows []int32) {
	n := len(rows)
	if n == 2 {
		t.result.join(rows[0], rows[1])
		return
	}
	between, weight := t.matrix(rows)
	size := make([]float64, n)
	for i := range size {
		size[i] = 1
	}
	for {
		best, a, b := 0.0, -1, -1
		for i := range n {
			for j := i + 1; j < n && size[i] > 0; j++ {
				if size[j] == 0 || between[i*n+j] < 0 && size[i]*size[j] == 1 {
					continue
				}
				if s := between[i*n+j]/weight[i*n+j] + many*math.Log2(size[i]*size[j]); s > best {
					best, a, b = s, i, j
				}
			}
		}
		if a < 0 {
			return
		}
		t.result.join(rows[a], rows[b])
		size[a], size[b] = size[a]+size[b], 0
		for k := range n {
			between[a*n+k] += between[b*n+k]
			weight[a*n+k] += weight[b*n+k]
			between[k*n+a], weight[k*n+a] = between[a*n+k], weight[a*n+k]
		}
	}
}

// matrix returns the evidence between all rows, and how much it weighs: pairs in which
// much is missing say little, for or against.
func (t *transitive) matrix(rows []int32) (between, weight []float64) {
	n := len(rows)
	between, weight = make([]float64, n*n), make([]float64, n*n)
	for i := range n {
		for j := i + 1; j < n; j++ {
			t.verdict = t.c.verdicts(rows[i], rows[j], t.verdict)
			bits := t.c.w.weigh(rows[i], rows[j], t.verdict) - t.from
			known := t.c.w.known(t.verdict)
			known = known*known + 1e-9
			bits = max(-clip, min(clip, bits)) * known
			between[i*n+j], between[j*n+i] = bits, bits
			weight[i*n+j], weight[j*n+i] = known, known
		}
	}
	return between, weight
}
