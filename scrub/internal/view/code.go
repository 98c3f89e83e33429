package view

import (
	"math/bits"
	"slices"
	"strings"
)

// alphabet is a code that holds a fixed number of bits in each symbol.
type alphabet struct {
	bits   uint
	phases int         // how many symbols there are until bytes begin anew
	value  *[256]uint8 // 255 for what is no symbol
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// The alphabets of RFC 4648. Letters of base16 and base32 may be of either case.
var (
	base16 = alphabet{4, 2, values("0123456789abcdef", "0123456789ABCDEF")}
	base32 = alphabet{5, 8, values(letters+"234567", strings.ToLower(letters)+"234567")}
	base64 = alphabet{6, 4, values(letters+strings.ToLower(letters)+"0123456789+/", letters+strings.ToLower(letters)+"0123456789-_")}
)

// values is the value of each symbol in one of several alphabets.
func values(alphabets ...string) *[256]uint8 {
	t := new([256]uint8)
	for i := range t {
		t[i] = 255
	}
	for _, a := range alphabets {
		for i := range len(a) {
			t[a[i]] = uint8(i)
		}
	}
	return t
}

// The classes of symbols of base64, the widest alphabet.
const (
	lowerCase uint8 = 1 << iota
	upperCase
	number
	other
	beyondHex // a letter that is no hex digit
)

var class = func() (t [256]uint8) {
	for c := range t {
		switch {
		case base64.value[c] == 255:
		case c >= 'a':
			t[c] = lowerCase
		case c == '_':
			t[c] = other
		case c >= 'A':
			t[c] = upperCase
		case c >= '0':
			t[c] = number
		default:
			t[c] = other
		}
		if t[c]&(lowerCase|upperCase) != 0 && hexDigit[c] > 15 {
			t[c] |= beyondHex
		}
	}
	return t
}()

// The shortest codes, in symbols. Shorter than always, a run of base64 must not look like a
// word: see mixed.
const (
	minRun    = 6
	minMixed  = 12
	minBase32 = 16
	minHex    = 8
	always    = 64
)

// codes decodes the runs of symbols of a text.
func (s *search) codes(t *text, depth int) {
	l := &s.levels[depth]
	m := &l.marks
	done, before := m.from, uint64(0)
	for w := range len(m.blocks) - 1 {
		for set := m.codes(w, before); set != 0; set &= set - 1 {
			at := bits.TrailingZeros64(set)
			i := m.from + w*blockLen + at
			if i < done || i >= t.To || m.blocks[w].word(at) || t.Text[i]|0x20 == 'x' && i > m.from && t.Text[i-1] != '0' && class[t.Text[i-1]] != 0 {
				continue
			}
			done = max(done, s.codeAt(t, i, depth))
		}
		before = m.blocks[w].symbol
	}
	clear(l.code.symbols)
	s.chance(t, l)
}

// codeAt decodes the code that may begin at text[i] and is where to go on, or 0.
func (s *search) codeAt(t *text, i int, depth int) int {
	m := &s.levels[depth].marks
	end := m.end(i)
	switch {
	case end-i < minRun || i > m.from && class[t.Text[i-1]] != 0: // a pair, or the x of 0x
		if t.Text[i]|0x20 == 'x' {
			if i == m.from || t.Text[i-1] != '0' {
				return 0
			}
			i--
		}
		return s.spaced(t, i, depth)
	case end-i < always && !m.strong(i, end):
		return end
	case i+2 < end && t.Text[i+2] == '-' || t.Text[i]|0x20 == 'x' || t.Text[i+1]|0x20 == 'x':
		if last := s.spaced(t, i, depth); last > 0 {
			return last
		}
	}
	if !t.intact(i, end) {
		s.run(t, i, end, depth)
	}
	return end
}

// chance asks the exact finders about the short stretches of text that were found in
// codes.
func (s *search) chance(t *text, l *level) {
	if len(l.noise.text) == 0 {
		return
	}
	child := text{at: l.noise.at, least: minNoise}
	child.Text, child.To, child.Begins, child.Ends = l.noise.text, len(l.noise.text), true, true
	s.find(&child, exact)
	l.noise.reset()
}

// run decodes the run of symbols text[i:j].
func (s *search) run(t *text, i, j int, depth int) {
	l := &s.levels[depth]
	var seen uint8
	longest, n := 0, 0 // of what stands between hyphens, slashes and the like
	for _, c := range t.Text[i:j] {
		seen |= class[c]
		if n++; class[c]&other != 0 {
			longest, n = max(longest, n-1), 0
		}
	}
	longest = max(longest, n)
	if longest >= minHex && seen&number != 0 && s.hexParts(t, i, j, depth) {
		return
	}
	short := j-i < always
	if short && (!mixed(seen, j-i) || camel(t.Text[i:j])) {
		return
	}
	if short && seen&other != 0 && longest >= minRun {
		s.parts(t, i, j, depth)
	}
	line := j
	if j-i >= minLine {
		line = nextLine(t.Text, j, l.marks.to)
	}
	l.code.read(t.Text, i, j, &base64)
	l.code.cutHead, l.code.cutTail = i > 0 && t.Text[i-1] == '\n' && symbolsBefore(t.Text, i-1) == minLine, line > j
	s.phases(t, &base64, depth)
	if line > j {
		end := line
		for end < l.marks.to && end-line < seam && class[t.Text[end]] != 0 {
			end++
		}
		l.code.read(t.Text, max(i, j-seam), j, &base64)
		l.code.goOn(t.Text, line, end, &base64)
		l.code.cutHead, l.code.cutTail = j-i > seam, end-line == seam
		s.phases(t, &base64, depth)
	}
	l.code.cutHead, l.code.cutTail = false, false
	if seen&(lowerCase|upperCase) != lowerCase|upperCase && j-i >= minBase32 && l.code.read(t.Text, i, j, &base32) {
		s.phases(t, &base32, depth)
	}
}

// A code may have several lines. Each is decoded alone, if it has minLine symbols or more
// together with the next, of both not more than seam symbols.
const (
	minLine = 32
	seam    = 128
)

// mixed reports that a short run of n symbols is no word, constant, number or path.
func mixed(seen uint8, n int) bool {
	if n >= minMixed {
		return seen&(lowerCase|upperCase) == lowerCase|upperCase || n >= minBase32 && seen&number != 0 && seen&other == 0
	}
	seen &= lowerCase | upperCase | number
	return seen&(seen-1) != 0
}

// camel reports that a short run looks like the identifiers of programs, and words with a
// number: words of two lower-case letters or more after a capital, which the first need not
// have, and digits at the end only. One in a hundred codes of 8 symbols looks like that,
// and none of 16.
func camel(run []byte) bool {
	n := len(run)
	for n > 0 && class[run[n-1]] == number {
		n--
	}
	if n < len(run) && n < 3 {
		return false
	}
	small := 2 // lower-case letters since the last capital
	for i, c := range run[:n] {
		switch class[c] &^ beyondHex {
		case lowerCase:
			small++
		case upperCase:
			if small < 2 && i > 0 {
				return false
			}
			small = 0
		default:
			return false
		}
	}
	return small > 0
}

// parts decodes what stands between hyphens, slashes and the like in text[i:j], each as a
// code of its own.
func (s *search) parts(t *text, i, j int, depth int) {
	for k := i; k < j; k++ {
		start, seen := k, uint8(0)
		for k < j && class[t.Text[k]]&other == 0 {
			seen |= class[t.Text[k]]
			k++
		}
		if k-start >= minRun && k-start < j-i && mixed(seen, k-start) && !camel(t.Text[start:k]) {
			s.levels[depth].code.read(t.Text, start, k, &base64)
			s.phase(t, &base64, 0, s.least, depth)
		}
	}
}

// nextLine is where a code goes on after a line break at text[i], or i.
func nextLine(text []byte, i, hi int) int {
	k := i
	if k < hi && text[k] == '\r' {
		k++
	}
	if k == hi || text[k] != '\n' {
		return i
	}
	for k++; k < hi && k-i < 16 && (text[k] == ' ' || text[k] == '\t'); k++ {
	}
	if k == hi || class[text[k]] == 0 {
		return i
	}
	return k
}

// hexParts decodes what is all hex digits between hyphens, slashes and the like in
// text[i:j], and reports whether that is all of it.
func (s *search) hexParts(t *text, i, j int, depth int) (all bool) {
	for k := i; k < j; k++ {
		start, seen := k, uint8(0)
		for k < j && class[t.Text[k]]&other == 0 {
			seen |= class[t.Text[k]]
			k++
		}
		first := start
		if seen&beyondHex != 0 && k-start > minHex { // x'4a', \x4a and 0x4a
			if t.Text[first] == '0' {
				first++
			}
			if t.Text[first]|0x20 == 'x' {
				first++
			}
			if first > start {
				seen = 0
				for _, c := range t.Text[first:k] {
					seen |= class[c]
				}
			}
		}
		if seen&beyondHex == 0 && k-first >= minHex {
			s.hex(t, first, k, seen, depth)
			all = all || k-start == j-i
		}
	}
	return all
}

// hex decodes the hex digits text[i:j]. A short one with an odd number of digits may have
// lost one at either end; a number of only decimal digits has not.
func (s *search) hex(t *text, i, j int, seen uint8, depth int) {
	odd, short := (j-i)%2 != 0, j-i < always
	least := s.least
	if short && seen == number {
		if odd || j-i < 2*minNoise || !decimalText(t.Text[i:j]) {
			return
		}
		least = always // what is all text
	}
	s.levels[depth].code.read(t.Text, i, j, &base16)
	s.phase(t, &base16, 0, least, depth)
	if odd || !short {
		s.phase(t, &base16, 1, least, depth)
	}
}

// decimalText reports that pairs of decimal digits, read as hex digits, may all be text: it
// is ASCII then.
func decimalText(digits []byte) bool {
	for k := 0; k+1 < len(digits); k += 2 {
		if c := digits[k]; (c < '2' || c > '7') && (c != '0' || digits[k+1] != '9') {
			return false
		}
	}
	return true
}

// spaced decodes pairs of hex digits with something between, such as 4a 75 or 0x4a,0x75,
// and is where they end, or 0.
func (s *search) spaced(t *text, i int, depth int) int {
	l := &s.levels[depth]
	hi := l.marks.to
	if i+2 >= hi || hexDigit[t.Text[i]] > 15 || t.Text[i+1]|0x20 != 'x' && !isBetween(t.Text[i+2]) {
		return 0
	}
	l.code.clear()
	end := 0
	for k := i; k < hi; {
		if k+1 < hi && t.Text[k] == '0' && t.Text[k+1]|0x20 == 'x' {
			k += 2
		}
		if k+2 > hi || hexDigit[t.Text[k]] > 15 || hexDigit[t.Text[k+1]] > 15 {
			break
		}
		l.code.add(t.Text, k, k+2, &base16)
		l.code.at = append(l.code.at, int32(k), int32(k+1))
		k += 2
		end = k
		start := k
		for k < hi && k-start < 3 && isBetween(t.Text[k]) {
			k++
		}
		if k == start {
			break
		}
	}
	if len(l.code.symbols) < 2*minBytes || t.intact(i, end) || end < hi && hexDigit[t.Text[end]] < 16 {
		return 0
	}
	s.phase(t, &base16, 0, minBytes, depth)
	return end
}

func isBetween(c byte) bool { return c == ' ' || c == ':' || c == ',' || c == '-' || c == '\n' }

// code is the values of the symbols of a code, and where they stand in a text.
type code struct {
	symbols []byte
	from    int     // the place of the first symbol
	at      []int32 // the places of all, if they do not stand together
	line    int     // the symbol with which the next line begins, if there is one,
	jump    int     // and the bytes between the lines
	// The symbols go on before their first, after their last one.
	cutHead, cutTail bool
}

func (c *code) clear() { c.symbols, c.at = c.symbols[:0], c.at[:0] }

// read makes text[i:j] the code, unless a byte is no symbol.
func (c *code) read(text []byte, i, j int, a *alphabet) bool {
	c.clear()
	c.from, c.line, c.jump = i, j-i, 0
	return c.add(text, i, j, a)
}

// goOn adds the next line.
func (c *code) goOn(text []byte, i, j int, a *alphabet) {
	c.jump = i - (c.from + c.line)
	c.add(text, i, j, a)
}

func (c *code) add(text []byte, i, j int, a *alphabet) bool {
	n := len(c.symbols)
	c.symbols = slices.Grow(c.symbols, j-i)[:n+j-i]
	all, to := uint8(0), c.symbols[n:]
	for k, b := range text[i:j] {
		v := a.value[b]
		to[k] = v
		all |= v
	}
	return all < 64
}

// place is where a symbol stands.
func (c *code) place(k int) int {
	if len(c.at) > 0 {
		return int(c.at[k])
	}
	if k >= c.line {
		k += c.jump
	}
	return c.from + k
}
