package link

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

const (
	// similarWork is how many entries of key lists one question looks at, the rarest
	// keys first; similarRows is how many rows it compares, those first that share the
	// most.
	similarWork = 10_000
	similarRows = 100
)

// indexReader is the workspace of one question.
type indexReader struct {
	hits    []hit // for each row
	touched []int32
	kept    []int32
	bits    []float32 // of touched
	lists   []sharing
	ones    []int32 // the rows of lists of one
	rows    []*indexRow
	fr      *frame
	extra   [][]float64 // for each column and value of fr
	domains [][]float64 // the same of domains
}

// hit is how much a row shares with the one asked about.
type hit struct {
	bits   float32
	groups uint32 // of keys that were counted, one for each word or number
}

// sharing is the rows that share a key with the one asked about.
type sharing struct {
	rows  []int32
	group uint32
}

// Similar returns the rows that are the one asked about with at least probability
// least, the likeliest first, no more than limit, each with its reasons. A row that is
// in the index itself finds itself.
func (x *Index) Similar(row []string, limit int, least float64) []Match {
	r := <-x.readers
	defer func() { x.readers <- r }()
	if r == nil {
		r = &indexReader{}
	}
	values := x.standard(row)
	found := r.candidates(x, values)
	r.load(x, values, found)
	return r.compare(x.model, limit, least)
}

// candidates returns the numbers of the rows that share the most.
func (r *indexReader) candidates(x *Index, values []value) []int32 {
	n := r.lookUp(x, values)
	slices.SortStableFunc(r.lists, func(a, b sharing) int { return cmp.Compare(len(a.rows), len(b.rows)) })
	r.touched = r.touched[:0]
	work := 0
	for i := range r.lists {
		l := &r.lists[i]
		if work += len(l.rows); work > similarWork {
			break
		}
		bits := float32(math.Log2(float64(n+1) / float64(len(l.rows))))
		for _, at := range l.rows {
			if int(at) >= len(r.hits) {
				continue // stored since
			}
			h := &r.hits[at]
			if h.groups == 0 {
				r.touched = append(r.touched, at)
			}
			if h.groups&l.group == 0 {
				h.groups |= l.group
				h.bits += bits
			}
		}
	}
	return r.most()
}

// lookUp collects the lists of the row's keys and returns how many rows there are.
func (r *indexReader) lookUp(x *Index, values []value) int {
	x.mu.RLock()
	n, rows := int(x.next), len(x.byID)
	x.mu.RUnlock()
	if len(r.hits) < n {
		r.hits = append(r.hits, make([]hit, n-len(r.hits)+n/8)...)
	}
	r.lists, r.ones = r.lists[:0], r.ones[:0]
	group := uint32(1)
	for c := range values {
		for _, key := range values[c].keys {
			if key == groupEnd {
				group = group<<1 | group>>31
				continue
			}
			r.ones = append(r.ones, 0)
			if l := x.keys.list(key, r.ones[len(r.ones)-1:]); len(l) > 0 {
				r.lists = append(r.lists, sharing{l, group})
			}
		}
	}
	return rows
}

// most returns the rows that share the most and clears the hits.
func (r *indexReader) most() []int32 {
	if len(r.touched) > similarRows {
		r.bits, r.kept = r.bits[:0], r.kept[:0]
		for _, at := range r.touched {
			r.bits = append(r.bits, r.hits[at].bits)
		}
		least := nth(r.bits, similarRows)
		for _, at := range r.touched {
			if r.hits[at].bits >= least && len(r.kept) < 2*similarRows {
				r.kept = append(r.kept, at)
			}
			r.hits[at] = hit{}
		}
		return r.kept
	}
	for _, at := range r.touched {
		r.hits[at] = hit{}
	}
	return r.touched
}

// nth returns the n-th largest of x, which it reorders (Hoare 1961).
func nth(x []float32, n int) float32 {
	for lo, hi := 0, len(x)-1; ; {
		if lo >= hi {
			return x[n-1]
		}
		pivot, i, j := x[(lo+hi)/2], lo, hi
		for i <= j {
			for x[i] > pivot {
				i++
			}
			for x[j] < pivot {
				j--
			}
			if i <= j {
				x[i], x[j] = x[j], x[i]
				i++
				j--
			}
		}
		switch {
		case n-1 <= j:
			hi = j
		case n-1 >= i:
			lo = i
		default:
			return x[n-1]
		}
	}
}

// load makes a frame of the row asked about, at 0, and the rows found.
func (r *indexReader) load(x *Index, values []value, found []int32) {
	if r.fr == nil {
		r.fr = &frame{fields: x.model.Fields, cols: make([]column, len(x.cols)), brief: true}
		r.extra, r.domains = make([][]float64, len(x.cols)), make([][]float64, len(x.cols))
		for c := range r.fr.cols {
			r.fr.cols[c] = column{kind: x.cols[c].kind, counts: []uint32{0}}
		}
	}
	clear(r.rows)
	r.rows = r.rows[:0]
	x.mu.RLock()
	defer x.mu.RUnlock()
	for _, at := range found {
		if row := x.rows[at/indexChunk][at%indexChunk]; row != nil {
			r.rows = append(r.rows, row)
		}
	}
	r.fr.rows = 1 + len(r.rows)
	for c := range r.fr.cols {
		r.loadColumn(&x.cols[c], c, &values[c])
	}
}

// loadColumn fills one column. A value that equals the one asked about has its number.
func (r *indexReader) loadColumn(from *indexColumn, c int, asked *value) {
	col, extra, domains := &r.fr.cols[c], r.extra[c][:0], r.domains[c][:0]
	col.values, col.outlines, col.ids = append(col.values[:0], value{}), append(col.outlines[:0], outline{}), col.ids[:0]
	extra, domains = append(extra, 0), append(domains, 0)
	average := from.same / max(1, from.rows)
	add := func(v *value, o outline, rows uint32) {
		col.ids = append(col.ids, uint32(len(col.values)))
		col.values, col.outlines = append(col.values, *v), append(col.outlines, o)
		extra = append(extra, rareBits(average, float64(max(1, rows))))
		domains = append(domains, from.domainBits(v))
	}
	known := from.find(asked)
	switch {
	case asked.text == "":
		col.ids = append(col.ids, missing)
	case known != nil:
		add(asked, known.outline, known.rows)
	default:
		add(asked, outlineOf(from.kind, asked), 1)
	}
	for _, row := range r.rows {
		switch v := row.values[c]; v {
		case nil:
			col.ids = append(col.ids, missing)
		case known:
			col.ids = append(col.ids, 1)
		default:
			add(&v.value, v.outline, v.rows)
		}
	}
	r.extra[c], r.domains[c] = extra, domains
}

// compare weighs the rows of the frame against the first.
func (r *indexReader) compare(m *Model, limit int, least float64) []Match {
	c := newComparer(r.fr, m)
	for k := range c.w.rare {
		at := m.Comparisons[k].Columns[0]
		c.w.rare[k].extra = r.extra[at]
		if c.parts[k].mails != nil {
			c.w.rare[k].domains = r.domains[at]
		}
	}
	type scored struct {
		row int32
		p   float64
	}
	var list []scored
	var v []verdict
	s := newScreen(c, byRow(r.fr, m), logOdds(min(least, 1)))
	s.begin(0)
	for j := int32(1); int(j) < r.fr.rows; j++ {
		if s.rejects(j) {
			continue
		}
		v = c.verdicts(0, j, v)
		if p := probability(c.weigh(0, j, v)); p >= least {
			list = append(list, scored{j, p})
		}
	}
	slices.SortFunc(list, func(a, b scored) int {
		if d := cmp.Compare(b.p, a.p); d != 0 {
			return d
		}
		return strings.Compare(r.rows[a.row-1].id, r.rows[b.row-1].id)
	})
	matches := make([]Match, min(max(limit, 0), len(list)))
	for i := range matches {
		row := list[i].row
		matches[i] = Match{ID: r.rows[row-1].id, P: list[i].p, Reasons: c.explain(0, row)}
	}
	return matches
}
