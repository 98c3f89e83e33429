package search

import "math"

// heights keeps, for each name or word, how much its most important bearer weighs, and
// the highest of each 64 and of each 4,096 of them, so that the best of a range are
// found without looking at all. A height is a byte and never too low.
type heights struct {
	level [3][]byte
}

const (
	heightStep = 20.0 // to a nat
	heightZero = 1.5  // nats below nothing
)

// height packs the logarithm of an importance, rounded up.
func height(score float64) byte {
	return byte(min(max(math.Ceil((score+heightZero)*heightStep), 0), 255))
}

// bound is the most that a height stands for.
func bound(h byte) float64 { return float64(h)/heightStep - heightZero }

// heightBytes is how long the heights of n strings are when stored.
func heightBytes(n uint32) int { return int(n) + int(blocks(n, 6)) + int(blocks(n, 12)) }

func blocks(n uint32, shift int) uint64 { return (uint64(n) + 1<<shift - 1) >> shift }

// newHeights returns heights over stored bytes, of which there are heightBytes(n).
func newHeights(b []byte, n uint32) heights {
	one := uint64(n) + blocks(n, 6)
	return heights{[3][]byte{b[:n], b[n:one], b[one:]}}
}

// fill computes the higher levels.
func (h *heights) fill() {
	for i, v := range h.level[0] {
		h.level[1][i>>6] = max(h.level[1][i>>6], v)
		h.level[2][i>>12] = max(h.level[2][i>>12], v)
	}
}

// raise computes the heights of a segment's names and words.
func (s *segment) raise() {
	s.nameHeight = make([]byte, heightBytes(s.names.size()))
	s.wordHeight = make([]byte, heightBytes(s.words.size()))
	s.openHeights()
	for nid := range s.names.size() {
		best := math.Inf(-1)
		from, to := s.entries(nid)
		for at := from; at < to; at++ {
			best = max(best, s.importance(at))
		}
		s.nameTop.level[0][nid] = height(best)
		for _, w := range s.wordsOf(nid) {
			s.wordTop.level[0][w] = max(s.wordTop.level[0][w], height(best))
		}
	}
	s.nameTop.fill()
	s.wordTop.fill()
}

func (s *segment) openHeights() {
	s.nameTop = newHeights(s.nameHeight, s.names.size())
	s.wordTop = newHeights(s.wordHeight, s.words.size())
}

// importance is what is known of an entry before anything is asked, in nats.
func (s *segment) importance(entry uint32) float64 {
	w := float64(s.weight(s.entryOrd[entry]))
	return weightPower*min(max(w, 0), 50) - kindCost[s.kind(entry)]
}

// climber walks the members of some ranges from the highest down.
type climber struct {
	heap []step
}

// step is a block of a level, or a member (level 0), within a range.
type step struct {
	bound  float64
	top    *heights
	level  int8
	at     uint32
	lo, hi uint32
	tag    uint32
}

// push adds a range; penalty lowers all of it, tag comes back with its members.
func (c *climber) push(top *heights, lo, hi uint32, penalty float64, tag uint32) {
	if lo >= hi {
		return
	}
	if hi-lo <= 128 {
		for at := lo; at < hi; at++ {
			c.add(step{bound(top.level[0][at]) - penalty, top, 0, at, lo, hi, tag})
		}
		return
	}
	for at := lo >> 12; at <= (hi-1)>>12; at++ {
		c.add(step{bound(top.level[2][at]) - penalty, top, 2, at, lo, hi, tag})
	}
}

// pop returns the next member, or false at the end.
func (c *climber) pop() (step, bool) {
	for len(c.heap) > 0 {
		s := c.take()
		if s.level == 0 {
			return s, true
		}
		penalty := bound(s.top.level[s.level][s.at]) - s.bound
		below := s.level - 1
		lo, hi := s.lo>>(6*below), (s.hi-1)>>(6*below)
		for at := max(lo, s.at<<6); at <= min(hi, s.at<<6|63); at++ {
			c.add(step{bound(s.top.level[below][at]) - penalty, s.top, below, at, s.lo, s.hi, s.tag})
		}
	}
	return step{}, false
}

// before orders the heap: higher first, then as numbered.
func (a step) before(b step) bool {
	if a.bound != b.bound {
		return a.bound > b.bound
	}
	return a.level > b.level || a.level == b.level && a.at < b.at
}

func (c *climber) add(s step) {
	c.heap = append(c.heap, s)
	for i := len(c.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !c.heap[i].before(c.heap[up]) {
			return
		}
		c.heap[i], c.heap[up] = c.heap[up], c.heap[i]
		i = up
	}
}

func (c *climber) take() step {
	top, n := c.heap[0], len(c.heap)-1
	c.heap[0] = c.heap[n]
	c.heap = c.heap[:n]
	for i := 0; ; {
		k := 2*i + 1
		if k >= n {
			return top
		}
		if k+1 < n && c.heap[k+1].before(c.heap[k]) {
			k++
		}
		if !c.heap[k].before(c.heap[i]) {
			return top
		}
		c.heap[i], c.heap[k] = c.heap[k], c.heap[i]
		i = k
	}
}
