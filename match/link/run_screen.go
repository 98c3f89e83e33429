package link

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// screen rejects most candidates at a glance: it keeps the most that a pair could still
// reach, by the outlines of its values first and then by comparing them, and stops when
// that is too little. It only ever rejects pairs that would have weighed less than floor.
type screen struct {
	c     *comparer
	floor float64
	width int
	ids   []uint32    // row by row, the value of each comparison, side by side in memory
	gains [][]float64 // for each comparison and level, bits for a match against chance
	parts []screened  // in the order in which they are looked at: those that decide most first

	row   []uint32             // the row at hand
	same  []float64            // for each comparison, the most that agreement on its value is worth
	other [][maxLevels]float64 // the most that another value is worth that agrees at a level or less
}

// maxLevels bounds the levels of a comparison.
const maxLevels = 10

// screened is one comparison of a screen.
type screened struct {
	k        int
	bound    func(a, b *outline) verdict
	outlines []outline
}

// byRow lays the compared columns of a frame out row by row: what a pair needs is then
// in one line of the processor's cache.
func byRow(fr *frame, m *Model) []uint32 {
	width := len(m.Comparisons)
	ids := make([]uint32, fr.rows*width)
	for k, c := range m.Comparisons {
		for i, id := range fr.cols[c.Columns[0]].ids {
			ids[i*width+k] = id
		}
	}
	return ids
}

func newScreen(c *comparer, ids []uint32, floor float64) *screen {
	n := len(c.parts)
	s := &screen{
		c: c, floor: floor, width: n, ids: ids,
		same: make([]float64, n), other: make([][maxLevels]float64, n),
	}
	decides := make([]float64, n)
	for k := range c.parts {
		var gains []float64
		var most, mean, sum float64
		for l, level := range c.model.Comparisons[k].Levels {
			like := c.w.like[k][l*c.w.classes:]
			gain := like[0] - like[1]
			gains = append(gains, gain)
			if l > 0 {
				most = max(most, gain)
				mean += level.U * gain
				sum += level.U
			}
		}
		s.gains = append(s.gains, gains)
		s.parts = append(s.parts, screened{k, c.parts[k].bound, c.parts[k].col.outlines})
		decides[k] = most - mean/max(sum, 1e-9)
	}
	slices.SortStableFunc(s.parts, func(a, b screened) int { return cmp.Compare(decides[b.k], decides[a.k]) })
	return s
}

// begin prepares for the candidates of a row.
func (s *screen) begin(row int) {
	s.row = s.ids[row*s.width : (row+1)*s.width]
	for k, id := range s.row {
		p := &s.c.parts[k]
		most, other := math.Inf(-1), &s.other[k]
		for l := verdict(len(s.gains[k]) - 1); l > 0; l-- {
			if p.other == nil || l != familySwapped {
				most = max(most, s.worth(k, l, id, id))
			}
			other[l] = most
		}
		s.same[k] = max(most, s.worth(k, 0, id, id))
		if p.rest != nil { // depends on more than this value
			s.same[k] = max(s.same[k], 0)
			other[1] = s.same[k]
		}
	}
}

// worth tells what agreement of two values at a level is worth: bits for a match against
// chance, and as many more as the values are rare.
func (s *screen) worth(k int, l verdict, id, other uint32) float64 {
	return s.gains[k][l] + s.c.w.rare[k].of(l, id, other)
}

// rejects reports whether the pair of the row at hand and row j weighs less than floor
// for certain.
func (s *screen) rejects(j int32) bool {
	ids := s.ids[int(j)*s.width:][:s.width]
	most := s.c.w.share[0] - s.c.w.share[1]
	var differ uint64 // a bit for each part whose values differ, of the first 64
	for at := range s.parts {
		k := s.parts[at].k
		switch id, other := s.row[k], ids[k]; {
		case id == missing || other == missing:
		case id == other:
			most += s.same[k]
		default:
			most += s.other[k][1]
			differ |= 1 << at
		}
	}
	if most < s.floor {
		return !s.maySwap(ids)
	}
	var best [64]verdict
	for left := differ; left != 0; left &= left - 1 {
		at := bits.TrailingZeros64(left)
		p := &s.parts[at]
		if best[at] = 1; p.bound == nil {
			continue
		}
		best[at] = p.bound(&p.outlines[s.row[p.k]], &p.outlines[ids[p.k]])
		if most += s.other[p.k][best[at]] - s.other[p.k][1]; most < s.floor {
			return !s.maySwap(ids)
		}
	}
	for left := differ; left != 0; left &= left - 1 {
		at := bits.TrailingZeros64(left)
		k := s.parts[at].k
		if int(best[at]) == len(s.gains[k])-1 {
			continue // as the outlines say
		}
		if most += s.compare(k, ids) - s.other[k][best[at]]; most < s.floor {
			return !s.maySwap(ids)
		}
	}
	return false
}

// compare tells what a comparison of two different values is worth.
func (s *screen) compare(k int, ids []uint32) float64 {
	id, other := s.row[k], ids[k]
	l := s.c.parts[k].level(id, other)
	if s.c.parts[k].mails != nil && l == emailNear { // may be more where names are not known
		return s.other[k][1]
	}
	return s.worth(k, l, id, other)
}

// maySwap reports whether given and family name may turn out to be swapped.
func (s *screen) maySwap(ids []uint32) bool {
	for k := range s.c.parts {
		p := &s.c.parts[k]
		if p.pair < 0 {
			continue
		}
		given, family, g, f := p.other.outlines, p.col.outlines, s.row[p.pair], s.row[k]
		og, of := ids[p.pair], ids[k]
		if g == og || f == of || g == missing || f == missing || og == missing || of == missing {
			continue
		}
		if given[g].apart(&family[of]) <= 1 && given[og].apart(&family[f]) <= 1 {
			return true
		}
	}
	return false
}
