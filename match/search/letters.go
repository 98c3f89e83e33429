package search

import (
	"math"
	"sync/atomic"
	"unicode/utf8"
)

// letterModel says how probable a string is as the name of something that is not in
// the index: which letter follows which two in the names that are (an interpolated
// trigram model). Non-Latin letters count by blocks of 64 code points, within which all
// are alike.
type letterModel struct {
	count []atomic.Uint32 // trigrams, then pairs, then letters
}

const (
	symbols  = 64
	pairsAt  = symbols * symbols * symbols
	singleAt = pairsAt + symbols*symbols
	letterN  = singleAt + symbols
)

// symbol returns the class of a rune and how many runes share it.
func symbol(r rune) (class uint32, members float64) {
	switch {
	case r >= 'a' && r <= 'z':
		return uint32(r-'a') + 1, 1
	case r == ' ':
		return 27, 1
	case r >= '0' && r <= '9':
		return 28, 10
	case r < 0x3000:
		return 29 + uint32(r>>6)%24, 48
	default:
		return 53 + uint32(r>>8)%11, 2000
	}
}

// walk calls yield with the cells of each letter of a name and the one after it.
func walk(name []byte, yield func(a, b, c uint32, members float64)) {
	a, b := uint32(0), uint32(0)
	for i := 0; i < len(name); {
		r, w := rune(name[i]), 1
		if r >= utf8.RuneSelf {
			r, w = utf8.DecodeRune(name[i:])
		}
		c, members := symbol(r)
		yield(a, b, c, members)
		a, b = b, c
		i += w
	}
	yield(a, b, 0, 1)
}

// add counts a name some times.
func (m *letterModel) add(name []byte, times uint32) {
	walk(name, func(a, b, c uint32, _ float64) {
		m.count[(a*symbols+b)*symbols+c].Add(times)
		m.count[pairsAt+b*symbols+c].Add(times)
		m.count[singleAt+c].Add(times)
	})
}

// countLetters counts all names of a segment.
func countLetters(count []uint32, s *segment, from, to uint32) {
	for nid := from; nid < to; nid++ {
		times := s.entryOff[nid+1] - s.entryOff[nid]
		walk(s.names.at(nid), func(a, b, c uint32, _ float64) {
			count[(a*symbols+b)*symbols+c] += times
			count[pairsAt+b*symbols+c] += times
			count[singleAt+c] += times
		})
	}
}

// backOff is how many observations it takes for a longer context to count half.
const backOff = 8

// logP returns the logarithm of the probability of a folded string as a name of which
// nothing is known, or with open, as the beginning of one.
func (m *letterModel) logP(name []byte, pairs float64, open bool) float64 {
	n := func(i uint32) float64 { return float64(m.count[i].Load()) }
	letters := 0.0
	for i := range uint32(symbols) {
		letters += n(singleAt + i)
	}
	sum, last := 0.0, 0.0
	walk(name, func(a, b, c uint32, members float64) {
		p := (n(singleAt+c) + backOff/symbols) / (letters + backOff)
		p = (n(pairsAt+b*symbols+c) + backOff*p) / (n(singleAt+b) + backOff)
		context := n(pairsAt + a*symbols + b)
		if a|b == 0 {
			context = pairs
		}
		p = (n((a*symbols+b)*symbols+c) + backOff*p) / (context + backOff)
		last = math.Log(p / members)
		sum += last
	})
	if open {
		sum -= last
	}
	return sum
}
