package view

import (
	"math/bits"
	"strings"
	"unicode/utf8"
)

// phases decodes a code at each alignment.
func (s *search) phases(t *text, a *alphabet, depth int) {
	for p := range a.phases {
		s.phase(t, a, p, s.least, depth)
	}
}

// The stretches of text in what is decoded that count: readable from so many bytes on, or
// if it is all; else perhaps chance, from so many bytes on.
const (
	minReadable = 16
	minNoise    = 6
	minBytes    = 4 // of what is all text
	minPhrase   = 8
)

// phase decodes a code from a symbol on and looks into the stretches of text of so many
// bytes, or into the only one.
func (s *search) phase(t *text, a *alphabet, from, least int, depth int) {
	l := &s.levels[depth]
	if (len(l.code.symbols)-from)*int(a.bits)/8 < minBytes {
		return
	}
	l.octetsFrom(from, a.bits, min(least, 64/2))
	if len(l.hits) == 0 {
		return
	}
	defer clear(l.octets)
	done := 0
	for _, h := range l.hits {
		for set := h.set; set != 0; set &= set - 1 {
			i := h.at + bits.TrailingZeros64(set)
			if i < done || i >= len(l.octets) {
				continue
			}
			if done = stretch(l.octets, i); done > i {
				s.readable(t, a, from, i, done, least, depth)
			}
		}
	}
}

// phrase reports that a short text is words, numbers and what stands between them, which one
// in 7,000 codes of 8 bytes is by chance.
func phrase(text []byte) bool {
	if len(text) < minPhrase {
		return false
	}
	for _, c := range text {
		if class[c]&(lowerCase|upperCase|number) == 0 && c < utf8.RuneSelf && strings.IndexByte(" \t\r\n.,:;=_-'\"@/(){}[]<>", c) < 0 {
			return false
		}
	}
	return true
}

// hit is 64 octets with the beginnings of what may be stretches of text.
type hit struct {
	at  int
	set uint64
}

// readable looks into the stretch of text that the octets i to j are.
func (s *search) readable(t *text, a *alphabet, from, i, j, least int, depth int) {
	l := &s.levels[depth]
	switch all := j == len(l.octets) && i == 0; {
	case j-i >= minReadable && least <= minReadable || j-i >= least && least < minNoise || all && j >= minBytes:
		defer l.out.reset()
		l.take(t, &l.out, a, from, i, j)
		child := text{at: l.out.at}
		child.Text, child.To = l.out.text, len(l.out.text)
		child.Begins, child.Ends = i > 0 || !l.code.cutHead, j < len(l.octets) || !l.code.cutTail
		if j-i < minReadable && (least == always || !phrase(child.Text)) {
			child.least = minNoise
		}
		s.find(&child, everyone)
		s.explore(child, allKinds, depth+1)
	case j-i >= least:
		l.take(t, &l.noise, a, from, i, j)
		for range 8 { // apart from the next one
			l.noise.text = append(l.noise.text, 0)
			l.noise.at = append(l.noise.at, l.noise.at[len(l.noise.at)-1])
		}
	}
}

// octetsFrom decodes a code from a symbol on, and notes in l.hits which octets begin, or may
// begin, a stretch of text of so many bytes. Most of what is decoded is
// noise and has none; that is seen without a branch for each octet.
func (l *level) octetsFrom(from int, width uint, least int) {
	symbols := l.code.symbols[from:]
	n := len(symbols) * int(width) / 8
	if need := n + 2*blockLen; cap(l.octets) < need {
		l.octets = make([]byte, need+need/2)
	}
	out := l.octets[:n+blockLen]
	unpack(out[:n], symbols, width)
	clear(out[n:])
	least = min(least, n)
	l.hits = l.hits[:0]
	for k := 0; k < n; k += blockLen - least {
		seen := textsOf(out[k:min(k+blockLen, n+15)])
		if set := seen.stretches(least); set != 0 {
			l.hits = append(l.hits, hit{k, set})
		}
	}
	l.octets = out[:n]
}

// unpack makes octets of symbols that have some bits each.
func unpack(out, symbols []byte, width uint) {
	switch width {
	case 4:
		for k := range out {
			p := symbols[2*k : 2*k+2 : 2*k+2]
			out[k] = p[0]<<4 | p[1]
		}
		return
	case 6:
		whole := len(out) / 3
		for k := range whole {
			q, o := symbols[4*k:4*k+4:4*k+4], out[3*k:3*k+3:3*k+3]
			o[0], o[1], o[2] = q[0]<<2|q[1]>>4, q[1]<<4|q[2]>>2, q[2]<<6|q[3]
		}
		out, symbols = out[3*whole:], symbols[4*whole:]
	}
	acc, n, k := uint32(0), uint(0), 0
	for _, v := range symbols {
		if acc, n = acc<<(width&31)|uint32(v), n+width; n >= 8 {
			n -= 8
			out[k] = byte(acc >> (n & 31)) //nolint:gosec // the octet that is complete
			k++
		}
	}
}

// texts are sets of up to 64 octets: ASCII text, first bytes of longer UTF-8 sequences, and
// bytes that follow these.
type texts struct{ plain, first, more uint64 }

// octetKinds has what an octet is, in the lowest bits of three lanes of 16.
var octetKinds = func() (t [256]uint64) {
	for i := range t {
		switch c := byte(i); {
		case stretch([]byte{c}, 0) == 1:
			t[i] = 1
		case c >= 0xC2 && c <= 0xF4:
			t[i] = 1 << 16
		case c >= 0x80 && c < 0xC0:
			t[i] = 1 << 32
		}
	}
	return t
}()

func textsOf(octets []byte) (t texts) {
	for k := 0; k+16 <= len(octets); k += 16 {
		v := lane(&octetKinds, (*[16]byte)(octets[k:]))
		t.plain |= v & 0xffff << k
		t.first |= v >> 16 & 0xffff << k
		t.more |= v >> 32 << k
	}
	return t
}

// stretches are the octets from which on so many in a row look like text.
func (t *texts) stretches(n int) uint64 {
	second := t.more & (t.first << 1)
	third := t.more & (second << 1)
	fourth := t.more & (third << 1)
	// A sequence that is cut off at either end of the 64 octets counts as whole.
	all := t.plain | t.first&(t.more>>1|1<<63) | second | third | fourth | t.more&7
	for have := 1; have < n; {
		by := min(have, n-have)
		all &= all >> by
		have += by
	}
	return all
}

// take adds the bytes i to j of what was decoded from a symbol on.
func (l *level) take(t *text, d *decoded, a *alphabet, from, i, j int) {
	d.text = append(d.text, l.octets[i:j]...)
	for ; i < j; i++ {
		first := l.code.place(from + 8*i/int(a.bits))
		last := l.code.place(from + (8*i+7)/int(a.bits))
		start, _ := t.raw(first, first+1)
		_, end := t.raw(last, last+1)
		d.at = append(d.at, place{int32(start), int32(end)})
	}
}

// stretch is the end of the text that begins at b[i]: printable characters in UTF-8.
func stretch(b []byte, i int) int {
	for i < len(b) {
		c := b[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\n' && c != '\t' && c != '\r' || c == 0x7f {
				break
			}
			i++
			continue
		}
		if c < 0xC2 || c > 0xF4 || i+1 == len(b) || b[i+1]&0xC0 != 0x80 {
			break // most noise ends here
		}
		r, n := utf8.DecodeRune(b[i:])
		if n == 1 || r < 0xA0 {
			break
		}
		i += n
	}
	return i
}
