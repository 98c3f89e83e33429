package link

import (
	"context"
	"fmt"
	"hash/maphash"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/habeas-data/habeas/match/standard"
)

// MaxRows is how many rows one call of Link takes.
const MaxRows = 1<<31 - 2

// RowError says which row cannot be taken, numbered from 0 as read.
type RowError struct {
	Row  int
	Text string
}

// Error implements error.
func (e *RowError) Error() string { return fmt.Sprintf("row %d: %s", e.Row, e.Text) }

// intake reads rows into columns of distinct raw texts.
type intake struct {
	cols []rawColumn
	rows int
}

// rawColumn is one column as read: each distinct text once.
type rawColumn struct {
	arena arena
	texts []string // texts[0] is ""
	ids   []uint32 // for each row its text
	// table finds a text's number: open addressing, 0 is free.
	table []rawSlot
	seed  maphash.Seed
}

type rawSlot struct {
	hash   uint32
	number uint32
}

func newIntake(width int) *intake {
	in := &intake{cols: make([]rawColumn, width)}
	seed := maphash.MakeSeed()
	for i := range in.cols {
		in.cols[i] = rawColumn{texts: []string{""}, table: make([]rawSlot, 1<<10), seed: seed}
	}
	return in
}

// read takes all rows. It calls progress now and then.
func (in *intake) read(ctx context.Context, rows iter.Seq2[[]string, error], progress func(rows int)) error {
	for row, err := range rows {
		if err != nil {
			return fmt.Errorf("after %d rows: %w", in.rows, err)
		}
		if len(row) != len(in.cols) {
			return &RowError{Row: in.rows, Text: fmt.Sprintf("%d fields, expected %d", len(row), len(in.cols))}
		}
		if in.rows == MaxRows {
			return &RowError{Row: in.rows, Text: "too many rows"}
		}
		for c := range in.cols {
			in.cols[c].add(row[c])
		}
		if in.rows++; in.rows%8192 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			progress(in.rows)
		}
	}
	return ctx.Err()
}

// add appends a row with the text s.
func (c *rawColumn) add(s string) {
	c.ids = append(c.ids, c.number(s))
}

// number returns the number of s, a new one when it has not been seen.
func (c *rawColumn) number(s string) uint32 {
	if s == "" {
		return missing
	}
	h := maphash.String(c.seed, s)
	mask := uint64(len(c.table) - 1)
	tag := uint32(h >> 32)
	at := h & mask
	for ; c.table[at].number != 0; at = (at + 1) & mask {
		if c.table[at].hash == tag && c.texts[c.table[at].number] == s {
			return c.table[at].number
		}
	}
	n := uint32(len(c.texts))
	c.texts = append(c.texts, c.arena.text(s))
	c.table[at] = rawSlot{tag, n}
	if len(c.texts)*2 > len(c.table) {
		c.grow()
	}
	return n
}

func (c *rawColumn) grow() {
	c.table = make([]rawSlot, 2*len(c.table))
	mask := uint64(len(c.table) - 1)
	for n := 1; n < len(c.texts); n++ {
		h := maphash.String(c.seed, c.texts[n])
		at := h & mask
		for c.table[at].number != 0 {
			at = (at + 1) & mask
		}
		c.table[at] = rawSlot{uint32(h >> 32), uint32(n)}
	}
}

// sample returns up to n rows spread evenly over the table.
func (in *intake) sample(n int) [][]string {
	n = min(n, in.rows)
	out := make([][]string, n)
	for k := range out {
		row := make([]string, len(in.cols))
		at := k * in.rows / n
		for c := range in.cols {
			row[c] = in.cols[c].texts[in.cols[c].ids[at]]
		}
		out[k] = row
	}
	return out
}

// frame standardises every distinct text once and forgets the raw ones.
func (in *intake) frame(ctx context.Context, fields []Field, workers int) (*frame, error) {
	fields = slices.Clone(fields)
	f := &frame{fields: fields, rows: in.rows, cols: make([]column, len(fields))}
	for c := range f.cols {
		f.cols[c].kind = fields[c].Kind
		if !fields[c].Kind.compared() && fields[c].Kind != Source {
			continue
		}
		if fields[c].Kind == Date && fields[c].Order == standard.OrderUnknown {
			fields[c].Order = dateOrder(in.cols[c].texts)
		}
		if err := in.cols[c].standardise(ctx, fields[c], &f.cols[c], workers); err != nil {
			return nil, err
		}
		in.cols[c] = rawColumn{}
	}
	return f, nil
}

// compared says whether fields of this kind tell rows apart.
func (k Kind) compared() bool { return k != RowID && k != Source && k != Ignore }

const standardiseChunk = 4096

// standardise fills col from the raw texts. Raw texts that mean the same become one
// value; values are numbered in the order of their first row.
func (c *rawColumn) standardise(ctx context.Context, f Field, col *column, workers int) error {
	chunks := make([][]value, (len(c.texts)+standardiseChunk-1)/standardiseChunk)
	err := parallel(ctx, len(chunks), workers, func(_, chunk int) {
		var a arena
		from := chunk * standardiseChunk
		texts := c.texts[from:min(from+standardiseChunk, len(c.texts))]
		out := make([]value, len(texts))
		for i, raw := range texts {
			v := f.standardise(raw)
			v.keys = blockKeys(col.kind, &v)
			out[i] = a.pack(v)
		}
		chunks[chunk] = out
	})
	if err != nil {
		return err
	}
	c.merge(col, chunks)
	return col.outline(ctx, workers)
}

// outline makes the outlines of all values.
func (c *column) outline(ctx context.Context, workers int) error {
	if bounds[c.kind] == nil {
		return nil
	}
	c.outlines = make([]outline, len(c.values))
	return parallel(ctx, (len(c.values)+standardiseChunk-1)/standardiseChunk, workers, func(_, chunk int) {
		for i := chunk * standardiseChunk; i < min((chunk+1)*standardiseChunk, len(c.values)); i++ {
			c.outlines[i] = outlineOf(c.kind, &c.values[i])
		}
	})
}

// merge numbers the distinct values and renames those of the rows.
func (c *rawColumn) merge(col *column, chunks [][]value) {
	seed := maphash.MakeSeed()
	size := 1
	for size < 2*len(c.texts) {
		size *= 2
	}
	table, mask := make([]uint32, size), uint64(size-1)
	rename := make([]uint32, 0, len(c.texts))
	col.values = append(col.values, value{})
	for _, chunk := range chunks {
		for i := range chunk {
			v := &chunk[i]
			if v.text == "" {
				rename = append(rename, missing)
				continue
			}
			at := maphash.String(seed, v.text) & mask
			for table[at] != 0 && !col.values[table[at]].same(v) {
				at = (at + 1) & mask
			}
			if table[at] == 0 {
				table[at] = uint32(len(col.values))
				col.values = append(col.values, *v)
			}
			rename = append(rename, table[at])
		}
	}
	col.values = append(make([]value, 0, len(col.values)), col.values...)
	col.counts = make([]uint32, len(col.values))
	for i, raw := range c.ids {
		c.ids[i] = rename[raw]
		col.counts[rename[raw]]++
	}
	col.ids = c.ids
}

// parallel calls do(worker, i) for every i below n, on up to workers goroutines, and
// stops early when the context ends.
func parallel(ctx context.Context, n, workers int, do func(worker, i int)) error {
	var next atomic.Int64
	var wait sync.WaitGroup
	for w := range max(1, min(workers, n)) {
		wait.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				do(w, i)
			}
		})
	}
	wait.Wait()
	return ctx.Err()
}
