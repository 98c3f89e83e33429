package link

import (
	"cmp"
	"slices"
)

// Rows are handled in an order that follows from what is in them, so that the order in
// which they were read changes nothing: neither the samples nor who wins a tie.

// arrange brings the rows of a frame into that order. Rows that are alike in everything
// keep the order in which they were read.
func (f *frame) arrange() {
	sums := make([]uint64, f.rows)
	for c := range f.cols {
		col := &f.cols[c]
		if len(col.values) == 0 {
			continue
		}
		hashes := make([]uint64, len(col.values))
		for i := range col.values {
			v := &col.values[i]
			hashes[i] = hashText(uint64(c)^uint64(v.flags)<<16^uint64(v.num)<<24, v.text)
		}
		for row, id := range col.ids {
			sums[row] += hashes[id]
		}
	}
	f.order = make([]int32, f.rows)
	for i := range f.order {
		f.order[i] = int32(i)
	}
	slices.SortFunc(f.order, func(a, b int32) int {
		if c := cmp.Compare(sums[a], sums[b]); c != 0 {
			return c
		}
		return cmp.Compare(a, b)
	})
	for c := range f.cols {
		if ids := f.cols[c].ids; len(ids) > 0 {
			moved := make([]uint32, len(ids))
			for i, row := range f.order {
				moved[i] = ids[row]
			}
			f.cols[c].ids = moved
		}
	}
}

// places is the inverse of order: for each row as read where it is in the frame.
func (f *frame) places() []int32 {
	at := make([]int32, len(f.order))
	for i, row := range f.order {
		at[row] = int32(i)
	}
	return at
}
