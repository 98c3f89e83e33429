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
	// is worth in one that is not small. Both count a pair once for each block it is in,
	// which is about three to five times.
	smallBudget = 50_000_000
	rowBudget   = 60
	// Which part of what is left of the budget blocks by one and two keys may use.
	singleShare = .4
	pairShare   = .6
	// smallPairs and rowPairs bound the pairs of keys alike.
	smallPairs = 20_000_000
	rowPairs   = 64
	// maxKeys and maxTriples bound the work on one row.
	maxKeys    = 64
	maxTriples = 256
	blockChunk = 4096 // rows
)

// blocks holds the candidates of all rows.
type blocks struct {
	rows   int
	levels []blockLevel // by one, two and three keys
}

// blockLevel is the blocks by the same number of keys.
type blockLevel struct {
	most   int // rows in a block
	starts []uint32
	rows   []int32     // of each block, ascending
	of     []blockList // for each chunk of rows, the blocks that each row is in
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

// pairs counts those in all blocks.
func (l *blockLevel) pairs() (n int64) {
	for i := 1; i < len(l.starts); i++ {
		k := int64(l.starts[i] - l.starts[i-1])
		n += k * (k - 1) / 2
	}
	return n
}

// blockMaker makes the blocks level by level. Each pass over the rows fills the blocks
// of one level and counts the keys of the next.
type blockMaker struct {
	ctx      context.Context
	fr       *frame
	workers  int
	chunks   int
	budget   float64
	perGroup int       // how many keys of a group may be in pairs
	counts   *sketch   // of the level that is filled
	next     *sketch   // of the level after it
	big      []uint64  // for each row, which of its keys are in pairs
	triples  []triples // for each chunk of rows
	levels   []blockLevel
}

// triples are the slots of the triples of a chunk of rows.
type triples struct {
	ends  []uint32
	slots []uint32
}

// newBlocks finds the blocks of a frame.
func newBlocks(ctx context.Context, fr *frame, workers int) (*blocks, error) {
	m := &blockMaker{
		ctx: ctx, fr: fr, workers: workers, chunks: (fr.rows + blockChunk - 1) / blockChunk,
		budget: float64(max(smallBudget, rowBudget*fr.rows)),
		big:    make([]uint64, fr.rows),
	}
	m.triples = make([]triples, m.chunks)
	m.next = newSketch(fr.rows * 32)
	err := m.pass(func(k *rowKeys, _, from, to int) {
		for row := from; row < to; row++ {
			k.of(fr, row)
			for _, key := range k.list {
				m.next.add(key)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	if err := m.fill(singleShare, m.singles); err != nil {
		return nil, err
	}
	if err := m.fill(pairShare, m.pairs); err != nil {
		return nil, err
	}
	if err := m.fill(1, m.threes); err != nil {
		return nil, err
	}
	return &blocks{rows: fr.rows, levels: m.levels}, nil
}

// pass calls do for every chunk of rows.
func (m *blockMaker) pass(do func(k *rowKeys, chunk, from, to int)) error {
	keys := make([]rowKeys, m.workers)
	return parallel(m.ctx, m.chunks, m.workers, func(w, chunk int) {
		from := chunk * blockChunk
		do(&keys[w], chunk, from, min(from+blockChunk, m.fr.rows))
	})
}

// filler puts one chunk of rows into the blocks of a level.
type filler struct {
	counts *sketch
	most   int
	number *numbering
	list   blockList
}

// take puts the row at hand into the block in a slot, if that is small enough, and
// reports whether it is too big.
func (f *filler) take(slot uint32) (tooBig bool) {
	n := f.counts.count(slot)
	if n >= 2 && n <= f.most {
		f.list.blocks = append(f.list.blocks, f.number.of(slot))
	}
	return n > f.most
}

// fill makes the blocks of a level with at most a share of what is left of the budget.
// each gives the slots of one row to the filler and counts the keys of the next level.
func (m *blockMaker) fill(share float64, each func(k *rowKeys, f *filler, row int)) error {
	m.counts, m.next = m.next, newSketch(m.fr.rows*32)
	most := m.counts.largest(int64(m.budget * share))
	number := m.counts.number(most)
	if m.perGroup == 0 {
		m.perGroup = m.affordable(most)
	}
	l := blockLevel{most: most, starts: number.starts, of: make([]blockList, m.chunks)}
	err := m.pass(func(k *rowKeys, chunk, from, to int) {
		f := filler{counts: m.counts, most: most, number: number}
		for row := from; row < to; row++ {
			each(k, &f, row)
			f.list.ends = append(f.list.ends, uint32(len(f.list.blocks)))
		}
		f.list.blocks = slices.Clip(f.list.blocks)
		l.of[chunk] = f.list
	})
	if err != nil {
		return err
	}
	l.rows = make([]int32, l.starts[len(l.starts)-1])
	next := slices.Clone(l.starts)
	for row := range m.fr.rows {
		for _, b := range l.list(row) {
			l.rows[next[b]] = int32(row)
			next[b]++
		}
	}
	m.budget -= float64(l.pairs())
	m.levels = append(m.levels, l)
	return nil
}

// singles fills blocks by one key and counts pairs.
func (m *blockMaker) singles(k *rowKeys, f *filler, row int) {
	k.of(m.fr, row)
	for i, key := range k.list {
		if f.take(f.counts.slot(key)) && !f.counts.common(key, m.fr.rows) {
			m.big[row] |= 1 << i
		}
	}
	m.big[row] = k.keep(m.big[row], m.perGroup)
	for i, a := range k.list {
		for j := i + 1; j < len(k.list); j++ {
			if k.group[i] != k.group[j] {
				m.next.add(mix(a + k.list[j]))
			}
		}
	}
}

// pairs fills blocks by two keys and counts triples of which every pair is too big.
func (m *blockMaker) pairs(k *rowKeys, f *filler, row int) {
	k.of(m.fr, row)
	k.keep(m.big[row], m.perGroup)
	for i, a := range k.list {
		k.too[i] = 0
		for j := i + 1; j < len(k.list); j++ {
			if k.group[i] != k.group[j] && f.take(f.counts.slot(mix(a+k.list[j]))) {
				k.too[i] |= 1 << j
			}
		}
	}
	t := &m.triples[row/blockChunk]
	left := maxTriples
	for i := range k.list {
		for j := i + 1; j < len(k.list); j++ {
			if k.too[i]>>j&1 == 0 {
				continue
			}
			for h, both := j+1, k.too[i]&k.too[j]; h < len(k.list) && left > 0; h++ {
				if both>>h&1 != 0 {
					key := mix(k.list[i] + k.list[j] + k.list[h])
					m.next.add(key)
					t.slots = append(t.slots, m.next.slot(key))
					left--
				}
			}
		}
	}
	t.ends = append(t.ends, uint32(len(t.slots)))
}

// threes fills blocks by three keys.
func (m *blockMaker) threes(_ *rowKeys, f *filler, row int) {
	t, at := &m.triples[row/blockChunk], row%blockChunk
	from := uint32(0)
	if at > 0 {
		from = t.ends[at-1]
	}
	for _, slot := range t.slots[from:t.ends[at]] {
		f.take(slot)
	}
}

// affordable returns how many keys of a group may be in pairs, so that a row has about
// as many pairs as the table is worth: of 500 rows.
func (m *blockMaker) affordable(most int) int {
	rows := min(500, m.fr.rows)
	worth := max(smallPairs/max(1, m.fr.rows), rowPairs) * rows
	var k rowKeys
	for n := 4; n > 1; n-- {
		pairs := 0
		for i := range rows {
			row := i * m.fr.rows / rows
			k.of(m.fr, row)
			mask := uint64(0)
			for at, key := range k.list {
				if m.counts.count(m.counts.slot(key)) > most && !m.counts.common(key, m.fr.rows) {
					mask |= 1 << at
				}
			}
			k.keep(mask, n)
			pairs += len(k.list) * (len(k.list) - n) / 2
		}
		if pairs <= worth {
			return n
		}
	}
	return 1
}

// rowKeys holds the keys of one row.
type rowKeys struct {
	list  []uint64
	group []uint8         // of each key
	too   [maxKeys]uint64 // for each key, a bit for each later one together with which it is too big
}

// of collects the keys of a row.
func (k *rowKeys) of(fr *frame, row int) {
	k.list, k.group = k.list[:0], k.group[:0]
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
			case len(k.list) < maxKeys:
				k.list, k.group = append(k.list, key), append(k.group, group)
			}
		}
	}
}

// keep leaves the keys in mask, at most perGroup of each group, and returns the mask of
// those left.
func (k *rowKeys) keep(mask uint64, perGroup int) (kept uint64) {
	n, inGroup := 0, 0
	for i, key := range k.list {
		if mask>>i&1 == 0 {
			continue
		}
		if n == 0 || k.group[n-1] != k.group[i] {
			inGroup = 0
		}
		if inGroup++; inGroup > perGroup {
			continue
		}
		kept |= 1 << i
		k.list[n], k.group[n] = key, k.group[i]
		n++
	}
	k.list, k.group = k.list[:n], k.group[:n]
	return kept
}

// gatherer collects the candidates of a row, each once. Each goroutine has its own.
type gatherer struct {
	b    *blocks
	seen []uint32 // for each row the call that saw it last
	call uint32
	rows []int32
}

func newGatherer(b *blocks) *gatherer { return &gatherer{b: b, seen: make([]uint32, b.rows)} }

// before returns the rows below row that share a block with it, valid until the next
// call.
func (g *gatherer) before(row int) []int32 {
	g.rows = g.rows[:0]
	g.call++
	for i := range g.b.levels {
		l := &g.b.levels[i]
		for _, b := range l.list(row) {
			for _, other := range l.rows[l.starts[b]:l.starts[b+1]] {
				if int(other) >= row {
					break
				}
				if g.seen[other] != g.call {
					g.seen[other] = g.call
					g.rows = append(g.rows, other)
				}
			}
		}
	}
	return g.rows
}
