package link

import (
	"context"
	"slices"
)

// Candidates are found by dynamic blocking (after McNeill, Kardes and Borthwick 2012).
// The rows that share a key are a block. A block that is small enough is used as it is.
// One that is too big is divided by what else its rows share: first pairs of keys that
// are too big alone, then triples whose pairs are. What is too big even then tells
// nothing and is left out. How big is too big follows from how many comparisons the
// table is worth, so that no one need say which fields to block on.

const (
	// smallBudget is how many comparisons any table is worth, rowBudget how many a row
	// is worth in one that is not small. Both count a pair once for each block it is in.
	smallBudget = 10_000_000
	rowBudget   = 60
	// maxKeys and maxTriples bound the work on one row.
	maxKeys    = 48
	maxTriples = 400
	blockChunk = 4096 // rows
)

// budgets is which part of what is left of the budget each level may use.
var budgets = [...]float64{.4, .6, 1}

// blocks holds the candidates of all rows.
type blocks struct {
	rows   int
	levels []blockLevel
}

// blockLevel is the blocks by one, two or three keys.
type blockLevel struct {
	most   int // rows in a block
	starts []uint32
	rows   []int32 // of each block, ascending
	// of lists for each row the blocks it is in; in chunks of blockChunk rows.
	of []blockList
}

type blockList struct {
	ends   []uint32
	blocks []uint32
}

// list returns the blocks of a row.
func (l *blockLevel) list(row int) []uint32 {
	c, at := &l.of[row/blockChunk], row%blockChunk
	from := uint32(0)
	if at > 0 {
		from = c.ends[at-1]
	}
	return c.blocks[from:c.ends[at]]
}

// newBlocks finds the blocks of a frame.
func newBlocks(ctx context.Context, fr *frame, workers int) (*blocks, error) {
	b := &blocks{rows: fr.rows}
	budget := float64(max(smallBudget, rowBudget*fr.rows))
	m := &blockMaker{fr: fr, workers: workers, ctx: ctx}
	for level, share := range budgets {
		if err := m.count(level); err != nil {
			return nil, err
		}
		m.most[level] = m.counts[level].largest(int64(budget * share))
		l, err := m.fill(level)
		if err != nil {
			return nil, err
		}
		budget -= float64(l.pairs())
		b.levels = append(b.levels, l)
	}
	return b, nil
}

// pairs counts those in all blocks.
func (l *blockLevel) pairs() (n int64) {
	for i := 1; i < len(l.starts); i++ {
		k := int64(l.starts[i] - l.starts[i-1])
		n += k * (k - 1) / 2
	}
	return n
}

// blockMaker makes the blocks level by level.
type blockMaker struct {
	ctx     context.Context
	fr      *frame
	workers int
	counts  [len(budgets)]*sketch
	most    [len(budgets)]int
}

// chunks calls do for every chunk of rows.
func (m *blockMaker) chunks(do func(k *rowKeys, chunk, from, to int)) error {
	keys := make([]rowKeys, m.workers)
	return parallel(m.ctx, (m.fr.rows+blockChunk-1)/blockChunk, m.workers, func(w, chunk int) {
		from := chunk * blockChunk
		do(&keys[w], chunk, from, min(from+blockChunk, m.fr.rows))
	})
}

// count counts the rows of all keys of a level.
func (m *blockMaker) count(level int) error {
	s := newSketch(m.fr.rows * 32)
	err := m.chunks(func(k *rowKeys, _, from, to int) {
		for row := from; row < to; row++ {
			for _, key := range k.of(m, row, level) {
				s.add(s.slot(key))
			}
		}
	})
	m.counts[level] = s
	return err
}

// fill puts the rows into the blocks of a level.
func (m *blockMaker) fill(level int) (blockLevel, error) {
	s, most := m.counts[level], m.most[level]
	n := s.number(most)
	l := blockLevel{most: most, starts: n.starts, of: make([]blockList, (m.fr.rows+blockChunk-1)/blockChunk)}
	err := m.chunks(func(k *rowKeys, chunk, from, to int) {
		var list blockList
		for row := from; row < to; row++ {
			for _, key := range k.of(m, row, level) {
				slot := s.slot(key)
				if c := s.count(slot); c >= 2 && c <= most {
					list.blocks = append(list.blocks, n.of(slot))
				}
			}
			list.ends = append(list.ends, uint32(len(list.blocks)))
		}
		list.blocks = slices.Clip(list.blocks)
		l.of[chunk] = list
	})
	if err != nil {
		return l, err
	}
	l.rows = make([]int32, l.starts[len(l.starts)-1])
	next := slices.Clone(l.starts)
	for row := range m.fr.rows {
		for _, b := range l.list(row) {
			l.rows[next[b]] = int32(row)
			next[b]++
		}
	}
	return l, nil
}

// rowKeys makes the keys of one row.
type rowKeys struct {
	single []uint64
	group  []uint8 // of each single key
	list   []uint64
	big    [maxKeys]uint64 // for each key, a bit for each later key together with which it is too big
}

// of returns the keys of a row at a level: 0 for single keys, 1 for pairs of those that
// are too big, 2 for triples of which every pair is.
func (k *rowKeys) of(m *blockMaker, row, level int) []uint64 {
	k.singles(m.fr, row)
	if level == 0 {
		return k.single
	}
	k.keepBig(m.counts[0], m.most[0])
	k.list = k.list[:0]
	if level == 1 {
		for i, a := range k.single {
			for j := i + 1; j < len(k.single); j++ {
				if k.group[i] != k.group[j] {
					k.list = append(k.list, mix(a+k.single[j]))
				}
			}
		}
		return k.list
	}
	k.triples(m.counts[1], m.most[1])
	return k.list
}

// singles collects the single keys of a row.
func (k *rowKeys) singles(fr *frame, row int) {
	k.single, k.group = k.single[:0], k.group[:0]
	group := uint8(0)
	for c := range fr.cols {
		col := &fr.cols[c]
		if len(col.values) == 0 || !col.kind.compared() {
			continue
		}
		for _, key := range col.values[col.ids[row]].keys {
			switch {
			case key == groupEnd:
				group++
			case len(k.single) < maxKeys:
				k.single, k.group = append(k.single, key), append(k.group, group)
			}
		}
	}
}

// keepBig leaves the keys whose blocks are too big.
func (k *rowKeys) keepBig(s *sketch, most int) {
	n := 0
	for i, key := range k.single {
		if s.count(s.slot(key)) > most {
			k.single[n], k.group[n] = key, k.group[i]
			n++
		}
	}
	k.single, k.group = k.single[:n], k.group[:n]
}

// triples lists the triples of keys of which every pair is too big.
func (k *rowKeys) triples(s *sketch, most int) {
	n := len(k.single)
	for i, a := range k.single {
		k.big[i] = 0
		for j := i + 1; j < n; j++ {
			if k.group[i] != k.group[j] && s.count(s.slot(mix(a+k.single[j]))) > most {
				k.big[i] |= 1 << j
			}
		}
	}
	for i := range n {
		for j := i + 1; j < n; j++ {
			if k.big[i]>>j&1 == 0 {
				continue
			}
			for h := j + 1; h < n; h++ {
				if k.big[i]>>h&k.big[j]>>h&1 != 0 && len(k.list) < maxTriples {
					k.list = append(k.list, mix(k.single[i]+k.single[j]+k.single[h]))
				}
			}
		}
	}
}

// gatherer collects the candidates of a row, each once. Each goroutine has its own.
type gatherer struct {
	b    *blocks
	seen []int32 // for each row the row for which it was seen last, plus 1
	rows []int32
}

func newGatherer(b *blocks) *gatherer { return &gatherer{b: b, seen: make([]int32, b.rows)} }

// before returns the rows below row that share a block with it, valid until the next
// call.
func (g *gatherer) before(row int) []int32 {
	g.rows = g.rows[:0]
	stamp := int32(row + 1)
	for i := range g.b.levels {
		l := &g.b.levels[i]
		for _, b := range l.list(row) {
			for _, other := range l.rows[l.starts[b]:l.starts[b+1]] {
				if int(other) >= row {
					break
				}
				if g.seen[other] != stamp {
					g.seen[other] = stamp
					g.rows = append(g.rows, other)
				}
			}
		}
	}
	return g.rows
}
