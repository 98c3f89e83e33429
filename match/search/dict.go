package search

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// dict is a set of strings, numbered in the order of their bytes: the folded names of
// a segment, or their words. It finds a string by its whole, by its beginning, and
// forgivingly (near.go).
type dict struct {
	text []byte
	off  []uint32 // one more than strings
	hash []uint32 // open addressing, number + 1
	near nearTable
}

// size returns how many strings there are.
func (d *dict) size() uint32 { return uint32(max(len(d.off), 1) - 1) }

// at returns the string with a number. It belongs to the dict.
func (d *dict) at(id uint32) []byte { return d.text[d.off[id]:d.off[id+1]] }

// find returns the number of a string.
func (d *dict) find(s []byte) (uint32, bool) {
	if len(d.hash) == 0 {
		return 0, false
	}
	mask := uint64(len(d.hash) - 1)
	for i := hashBytes(s, 0) & mask; d.hash[i] != 0; i = (i + 1) & mask {
		if id := d.hash[i] - 1; bytes.Equal(d.at(id), s) {
			return id, true
		}
	}
	return 0, false
}

// prefix returns the numbers [from, to) of the strings within [lo, hi) that begin
// with p; the strings in [lo, hi) must be known to be in order around p.
func (d *dict) prefix(p []byte, lo, hi uint32) (from, to uint32) {
	for a, b := lo, hi; ; {
		if a >= b {
			from = a
			break
		}
		m := a + (b-a)/2
		if bytes.Compare(d.at(m), p) < 0 {
			a = m + 1
		} else {
			b = m
		}
	}
	// Few strings mostly share a prefix: gallop, then halve.
	a, step := from, uint32(1)
	for a < hi && bytes.HasPrefix(d.at(a), p) {
		a = min(a+step, hi)
		step *= 2
	}
	if a == from {
		return from, from
	}
	x, y := max(from, a-min(a, step/2)), a
	for x < y {
		m := x + (y-x)/2
		if bytes.HasPrefix(d.at(m), p) {
			x = m + 1
		} else {
			y = m
		}
	}
	return from, x
}

// index makes the hash table of a dict whose text is complete.
func (d *dict) index() {
	n := 1 << bits.Len(uint(d.size())*3/2)
	d.hash = make([]uint32, n)
	for id := range d.size() {
		i := hashBytes(d.at(id), 0) & uint64(n-1)
		for d.hash[i] != 0 {
			i = (i + 1) & uint64(n-1)
		}
		d.hash[i] = id + 1
	}
}

// newDict returns a dict of distinct strings in order.
func newDict(sorted [][]byte) dict {
	n := 0
	for _, s := range sorted {
		n += len(s)
	}
	d := dict{text: make([]byte, 0, n), off: make([]uint32, 1, len(sorted)+1)}
	for _, s := range sorted {
		d.text = append(d.text, s...)
		d.off = append(d.off, uint32(len(d.text)))
	}
	return d
}

// hashBytes is a multiplicative hash of eight bytes at a step. It is part of the file
// format: the tables in a file were made with it.
func hashBytes(s []byte, seed uint64) uint64 {
	const a, b = 0x9e3779b97f4a7c15, 0xd6e8feb86659fd93
	h := seed*b ^ uint64(len(s))*a
	for len(s) >= 8 {
		h = mix(h^binary.LittleEndian.Uint64(s), a)
		s = s[8:]
	}
	var last uint64
	for i := len(s) - 1; i >= 0; i-- {
		last = last<<8 | uint64(s[i])
	}
	return mix(h^last, b)
}

func mix(x, y uint64) uint64 {
	hi, lo := bits.Mul64(x, y)
	return hi ^ lo
}

// appendWords splits a folded string into its words without copying them.
func appendWords(dst [][]byte, folded []byte) [][]byte {
	for len(folded) > 0 {
		i := bytes.IndexByte(folded, ' ')
		if i < 0 {
			i = len(folded)
		}
		if i > 0 {
			dst = append(dst, folded[:i])
		}
		folded = folded[min(i+1, len(folded)):]
	}
	return dst
}
