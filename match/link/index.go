package link

import (
	"runtime"
	"slices"
	"sync"
)

// Index answers which rows are like a given one, while rows come and go. It uses the
// same keys, comparisons and weights as Link, with the frequencies of values kept
// current.
//
// It is safe for concurrent use. A reader waits for a writer as long as it takes to
// store one row, some microseconds. Writers take turns. A row of nine columns takes
// about one and a half kilobytes. As many readers are at work as there are processors,
// with a workspace of eight bytes for each row; others wait for their turn.
type Index struct {
	model *Model
	keys  postings
	write sync.Mutex // held by the one writer

	mu   sync.RWMutex // guards what follows
	rows [][]*indexRow
	free []int32 // row numbers that are not in use
	next int32   // the first number never used
	byID map[string]int32
	cols []indexColumn

	readers chan *indexReader
}

// indexRow is a row; it does not change.
type indexRow struct {
	id     string
	values []*indexValue // nil is missing
}

// indexValue is a value that rows share.
type indexValue struct {
	value
	outline outline
	rows    uint32      // guarded by Index.mu, as is next
	next    *indexValue // one written alike and yet different
}

// indexColumn is one field of all rows.
type indexColumn struct {
	kind     Kind
	compared bool
	values   map[string]*indexValue
	rows     float64 // that have a value
	same     float64 // sum of the squares of the values' rows
	// domains are the rows of each domain of an address of e-mail, sameDomain the sum of
	// their squares.
	domains    map[string]float64
	sameDomain float64
}

// countDomain counts one row more, or one less, with an address.
func (c *indexColumn) countDomain(v *value, by float64) {
	if c.domains == nil || len(v.parts) < 2 {
		return
	}
	n := c.domains[v.parts[1]]
	c.sameDomain += by * (2*n + by)
	if n += by; n > 0 {
		c.domains[v.parts[1]] = n
	} else {
		delete(c.domains, v.parts[1])
	}
}

// domainBits is how many bits rarer the domain of an address is than others.
func (c *indexColumn) domainBits(v *value) float64 {
	if c.domains == nil || len(v.parts) < 2 {
		return 0
	}
	return rareBits(c.sameDomain/max(1, c.rows), max(1, c.domains[v.parts[1]]))
}

const indexChunk = 4096 // rows

// NewIndex returns an empty index that compares as model does. The model's fields say
// what the columns of its rows are.
func NewIndex(model *Model) *Index {
	x := &Index{model: model, byID: map[string]int32{}, cols: make([]indexColumn, len(model.Fields))}
	for c, f := range model.Fields {
		x.cols[c] = indexColumn{kind: f.Kind, compared: f.Kind.compared(), values: map[string]*indexValue{}}
		if f.Kind == Email {
			x.cols[c].domains = map[string]float64{}
		}
	}
	n := runtime.GOMAXPROCS(0)
	x.readers = make(chan *indexReader, n)
	for range n {
		x.readers <- nil
	}
	return x
}

// Len returns how many rows there are.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.byID)
}

// standard standardises a row. Columns that it lacks are missing, columns beyond the
// model's are not looked at.
func (x *Index) standard(row []string) []value {
	values := make([]value, len(x.cols))
	for c := range min(len(row), len(x.cols)) {
		if x.cols[c].compared {
			v := x.model.Fields[c].standardise(row[c])
			v.keys = blockKeys(x.cols[c].kind, &v)
			values[c] = v
		}
	}
	return values
}

// Put stores a row under an id, in place of the one that was there.
func (x *Index) Put(id string, row []string) {
	values := x.standard(row)
	r := &indexRow{id: id, values: make([]*indexValue, len(values))}
	x.write.Lock()
	defer x.write.Unlock()
	x.mu.Lock()
	at, gone := x.take(id)
	for c := range values {
		if values[c].text != "" {
			r.values[c] = x.cols[c].share(&values[c])
		}
	}
	x.rows[at/indexChunk][at%indexChunk] = r
	x.byID[id] = at
	x.mu.Unlock()
	x.unpost(at, gone)
	r.eachKey(func(key uint64) { x.keys.add(key, at) })
}

// take returns the number for the row of an id, and the row that it replaces or nil.
func (x *Index) take(id string) (int32, *indexRow) {
	if at, ok := x.byID[id]; ok {
		gone := x.rows[at/indexChunk][at%indexChunk]
		x.release(gone)
		return at, gone
	}
	if n := len(x.free); n > 0 {
		at := x.free[n-1]
		x.free = x.free[:n-1]
		return at, nil
	}
	if int(x.next) == len(x.rows)*indexChunk {
		x.rows = append(x.rows, make([]*indexRow, indexChunk))
	}
	x.next++
	return x.next - 1, nil
}

// Delete removes the row of an id, if there is one.
func (x *Index) Delete(id string) {
	x.write.Lock()
	defer x.write.Unlock()
	x.mu.RLock()
	at, ok := x.byID[id]
	x.mu.RUnlock()
	if !ok {
		return
	}
	gone := x.rows[at/indexChunk][at%indexChunk]
	x.unpost(at, gone)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.rows[at/indexChunk][at%indexChunk] = nil
	delete(x.byID, id)
	x.release(gone)
	x.free = append(x.free, at)
}

// release gives up the values of a row.
func (x *Index) release(r *indexRow) {
	for c, v := range r.values {
		if v == nil {
			continue
		}
		col := &x.cols[c]
		col.rows--
		col.countDomain(&v.value, -1)
		col.same -= 2*float64(v.rows) - 1
		if v.rows--; v.rows == 0 {
			col.forget(v)
		}
	}
}

// find returns the shared value that is the same as v, or nil.
func (c *indexColumn) find(v *value) *indexValue {
	got := c.values[v.text]
	for got != nil && !got.same(v) {
		got = got.next
	}
	return got
}

// forget removes a value that no row has.
func (c *indexColumn) forget(v *indexValue) {
	first := c.values[v.text]
	switch {
	case first != v:
		for first.next != v {
			first = first.next
		}
		first.next = v.next
	case v.next != nil:
		c.values[v.text] = v.next
	default:
		delete(c.values, v.text)
	}
}

// share counts one more row with a value and returns the value that rows share.
func (c *indexColumn) share(v *value) *indexValue {
	c.rows++
	c.countDomain(v, 1)
	got := c.find(v)
	if got == nil {
		got = &indexValue{value: *v, outline: outlineOf(c.kind, v), next: c.values[v.text]}
		got.keys = slices.Clone(v.keys)
		c.values[v.text] = got
	}
	c.same += 2*float64(got.rows) + 1
	got.rows++
	return got
}

// eachKey calls do for every key of a row, each once.
func (r *indexRow) eachKey(do func(uint64)) {
	var room [maxKeys]uint64
	seen := room[:0]
	for _, v := range r.values {
		if v == nil {
			continue
		}
		for _, key := range v.keys {
			if key != groupEnd && len(seen) < maxKeys && !slices.Contains(seen, key) {
				seen = append(seen, key)
				do(key)
			}
		}
	}
}

// unpost removes a row that is gone from its keys.
func (x *Index) unpost(at int32, gone *indexRow) {
	if gone != nil {
		gone.eachKey(func(key uint64) { x.keys.remove(key, at) })
	}
}
