package canary

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// gramLen is how many bytes of a pattern the index is made of.
const gramLen = 6

const (
	gramMask = 1<<(8*gramLen) - 1
	caseBits = 0x202020202020 // set in every byte of a gram: a letter's case is gone
	bitsLog  = 22
	padding  = 8 // bytes behind what is searched that may be read
)

// pattern is one way in which a canary could have been written.
type pattern struct {
	text   []byte // in lower case, as far as ASCII goes
	canary int
	form   string
}

// matcher finds many patterns in one pass: a field of bits of hashed grams rejects nearly
// every place, a map of grams the rest, then bytes are compared. ASCII case never counts;
// that finds what a log has lower-cased, and costs less than two patterns.
type matcher struct {
	bits    [1 << (bitsLog - 6)]uint64
	index   map[uint64][]pattern
	longest int
	size    int
}

var lower = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if 'A' <= i && i <= 'Z' {
			t[i] += 'a' - 'A'
		}
	}
	return t
}()

func newMatcher() *matcher { return &matcher{index: map[uint64][]pattern{}} }

func gram(v uint64) uint64 { return (v & gramMask) | caseBits }
func slot(g uint64) uint64 { return (g * 0x9e3779b97f4a7c15) >> (64 - bitsLog) }

func (m *matcher) add(canary int, form string, text []byte) {
	if len(text) < gramLen {
		return
	}
	folded := make([]byte, len(text), len(text)+padding)
	for i, b := range text {
		folded[i] = lower[b]
	}
	g := gram(binary.LittleEndian.Uint64(folded[:cap(folded)]))
	if slices.ContainsFunc(m.index[g], func(p pattern) bool { return p.canary == canary && bytes.Equal(p.text, folded) }) {
		return
	}
	h := slot(g)
	m.bits[h/64] |= 1 << (h % 64)
	m.index[g] = append(m.index[g], pattern{folded, canary, form})
	m.longest = max(m.longest, len(folded))
	m.size++
}

// magics are the first two bytes of compressed members, as a set.
var magics = func() (set [1 << 10]uint64) {
	for _, m := range []uint16{0x8b1f, 0x0178, 0x5e78, 0x9c78, 0xda78, 0x4b50, 0xb528} { // little endian
		set[m>>6] |= 1 << (m & 63)
	}
	return set
}()

// scan looks at the places from 0 to end of data and calls hit for each pattern that
// begins there, and member for each place where a compressed member may begin. Behind
// data there must be padding in its array.
func (m *matcher) scan(data []byte, end int, hit func(at int, p *pattern), member func(at int)) {
	wide := data[:len(data)+padding]
	for i := 0; i < end; i++ {
		v := binary.LittleEndian.Uint64(wide[i : i+8 : len(wide)])
		if magics[uint16(v)>>6]&(1<<(v&63)) != 0 {
			member(i)
		}
		g := gram(v)
		h := slot(g)
		if m.bits[h/64]&(1<<(h%64)) == 0 {
			if v == 0 && i%stretch == 0 { // nor does a pattern begin with more zeros
				i += max(0, zeros(data[i:end])-padding)
			}
			continue
		}
		for k := range m.index[g] {
			if p := &m.index[g][k]; begins(data[i:], p.text) {
				hit(i, p)
			}
		}
	}
}

// stretch is how many zeros are passed at once: much of a core is memory not yet used.
const stretch = 512

var unused [stretch]byte

// zeros is how many zeros data begins with, in whole stretches.
func zeros(data []byte) (n int) {
	for len(data)-n >= stretch && bytes.Equal(data[n:n+stretch], unused[:]) {
		n += stretch
	}
	return n
}

// begins reports whether data begins with a text in lower case, whatever data's case.
func begins(data, text []byte) bool {
	if len(data) < len(text) {
		return false
	}
	for i, b := range text {
		if lower[data[i]] != b {
			return false
		}
	}
	return true
}
