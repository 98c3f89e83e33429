package link

import "slices"

// screen rejects most candidates after one or two comparisons: it keeps the most that a
// pair could still reach, and stops when that is too little. It only ever rejects pairs
// that would have weighed less than floor.
type screen struct {
	c     *comparer
	floor float64
	width int
	ids   []uint32 // row by row, the value of each comparison, side by side in memory
	gains [][]gain // for each comparison and level
	order []int    // of comparisons, those that decide most first

	at    int32 // the row at hand
	row   []uint32
	same  []float64 // for each comparison, the most that agreement on its value is worth
	other []float64 // the most that another value is worth
}

// gain is what a level is worth: bits for a match against chance.
type gain struct {
	bits float64
	rare bool // and as many more as its value is rare
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
		same: make([]float64, n), other: make([]float64, n),
	}
	decides := make([]float64, n)
	for k := range c.parts {
		var gains []gain
		var most, mean, sum float64
		for l, level := range c.model.Comparisons[k].Levels {
			like := c.w.like[k][l*c.w.classes:]
			g := gain{bits: like[0] - like[1], rare: c.w.rare[k].use[l]}
			gains = append(gains, g)
			if l > 0 {
				most = max(most, g.bits)
				mean += level.U * g.bits
				sum += level.U
			}
		}
		s.gains = append(s.gains, gains)
		s.order = append(s.order, k)
		decides[k] = most - mean/max(sum, 1e-9)
	}
	slices.SortStableFunc(s.order, func(a, b int) int {
		switch {
		case decides[a] > decides[b]:
			return -1
		case decides[a] < decides[b]:
			return 1
		}
		return 0
	})
	return s
}

// begin prepares for the candidates of a row.
func (s *screen) begin(row int) {
	s.at = int32(row)
	s.row = s.ids[row*s.width : (row+1)*s.width]
	for k, id := range s.row {
		extra := s.c.w.rare[k].extra[id]
		same, other := s.worth(k, 0, extra), s.worth(k, 1, extra)
		for l := 2; l < len(s.gains[k]); l++ {
			other = max(other, s.worth(k, l, extra))
		}
		if domains := s.c.w.rare[k].domains; domains != nil {
			same = max(same, s.gains[k][emailName].bits+domains[id])
			other = max(other, s.gains[k][emailNear].bits+domains[id])
		}
		same = max(same, other)
		if s.c.parts[k].rest != nil { // depends on more than this value
			same = max(same, 0)
			other = same
		}
		s.same[k], s.other[k] = same, other
	}
}

func (s *screen) worth(k, level int, extra float64) float64 {
	g := s.gains[k][level]
	if g.rare {
		return g.bits + extra
	}
	return g.bits
}

// rejects reports whether the pair of the row at hand and row j weighs less than floor
// for certain.
func (s *screen) rejects(j int32) bool {
	ids := s.ids[int(j)*s.width:][:s.width]
	most := s.c.w.share[0] - s.c.w.share[1]
	for k, id := range s.row {
		switch other := ids[k]; {
		case id == missing || other == missing:
		case id == other:
			most += s.same[k]
		default:
			most += s.other[k]
		}
	}
	if most < s.floor {
		return true
	}
	for _, k := range s.order {
		if ids[k] == s.row[k] || ids[k] == missing || s.row[k] == missing {
			continue
		}
		if most += s.compare(k, ids) - s.other[k]; most < s.floor && !s.swapped(j, ids, most) {
			return true
		}
	}
	return false
}

// compare tells what a comparison of two different values is worth.
func (s *screen) compare(k int, ids []uint32) float64 {
	id, other := s.row[k], ids[k]
	l := s.c.parts[k].level(id, other)
	return s.gains[k][l].bits + s.c.w.rare[k].of(l, id, other)
}

// swapped reports whether a pair that can reach no more than most could reach floor if
// its given and family name turned out to be swapped.
func (s *screen) swapped(j int32, ids []uint32, most float64) bool {
	for k := range s.c.parts {
		pair := s.c.parts[k].pair
		if pair < 0 || ids[k] == missing || ids[pair] == missing || s.row[k] == missing || s.row[pair] == missing {
			continue
		}
		if ids[k] == s.row[k] || ids[pair] == s.row[pair] {
			continue
		}
		most += max(0, s.other[k]-s.compare(k, ids)) + max(0, -s.compare(pair, ids))
		if most < s.floor {
			continue
		}
		if s.c.parts[k].swapped(s.at, j) {
			return true
		}
	}
	return false
}
