package view

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/habeas-data/habeas/scrub/internal/span"
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
	base16 = alphabet{4, 2, &hexDigit}
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
	}
	return t
}()

// The shortest codes, in symbols. Shorter than always, a run of base64 must not look like a
// word: it must have lower case, upper case and digits, of these two, and from minMixed on
// letters of both cases, which one in 300 codes has not.
const (
	minRun    = 6
	minMixed  = 12
	minBase32 = 16
	always    = 64
)

// codes decodes the runs of symbols of a text.
func (s *search) codes(t text, depth int) {
	lo, hi := max(0, t.From-span.Back), min(len(t.Text), t.To+span.Ahead)
	l := &s.levels[depth]
	// Codes have digits or capitals, words have few: look for these, then for the run.
	for i, done := lo, lo; ; {
		i = nextCode(t.Text, i, hi)
		if i >= hi || i >= t.To+always { // past the last start of a run
			break
		}
		start := i
		for start > done && class[t.Text[start-1]] != 0 {
			start--
		}
		var seen uint8
		for k := start; k < i; k++ {
			seen |= class[t.Text[k]]
		}
		for i < hi && class[t.Text[i]] != 0 {
			seen |= class[t.Text[i]]
			i++
		}
		if end := s.spaced(&t, start, hi, depth); end > i {
			i = end
		} else if i-start >= minRun && !t.intact(start, i) {
			s.run(&t, start, i, hi, seen, depth)
		}
		done = i
	}
	clear(l.sym)
	s.chance(&t, l)
}

// chance asks the exact finders about the short stretches of text that were found in
// codes.
func (s *search) chance(t *text, l *level) {
	if len(l.noise.text) == 0 {
		return
	}
	child := text{at: l.noise.at}
	child.Text, child.To, child.Begins, child.Ends = l.noise.text, len(l.noise.text), true, true
	s.find(&child, exact, minNoise)
	l.noise.reset()
}

// nextCode is the first digit or capital in text[i:end].
func nextCode(text []byte, i, end int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for i+8 <= end {
		x := binary.LittleEndian.Uint64(text[i:])
		low := x &^ tops
		digits := (low + (0x80-'0')*ones) &^ (low + (0x80-'9'-1)*ones)
		capitals := (low + (0x80-'A')*ones) &^ (low + (0x80-'Z'-1)*ones)
		if (digits|capitals)&^x&tops != 0 {
			break
		}
		i += 8
	}
	for i < end && class[text[i]]&(upperCase|number) == 0 {
		i++
	}
	return i
}

// run decodes the run of symbols text[i:j].
func (s *search) run(t *text, i, j, hi int, seen uint8, depth int) {
	l := &s.levels[depth]
	if seen&number != 0 && s.hexRuns(t, i, j, depth) {
		return
	}
	if j-i < always && !mixed(seen, j-i) {
		return
	}
	if seen&other != 0 && j-i < always {
		s.parts(t, i, j, depth)
	}
	line := j
	if j-i >= minLine {
		line = nextLine(t.Text, j, hi)
	}
	l.symbols(t.Text, i, j, &base64)
	l.cutHead, l.cutTail = i > 1 && t.Text[i-1] == '\n' && class[t.Text[i-2]] != 0, line > j
	s.phases(t, &base64, depth)
	if line > j {
		end := line
		for end < hi && end-line < seam && class[t.Text[end]] != 0 {
			end++
		}
		l.symbols(t.Text, max(i, j-seam), j, &base64)
		l.add(t.Text, line, end, &base64)
		l.cutHead, l.cutTail = j-i > seam, end-line == seam
		s.phases(t, &base64, depth)
	}
	l.cutHead, l.cutTail = false, false
	if seen&(lowerCase|upperCase) != lowerCase|upperCase && j-i >= minBase32 && l.symbols(t.Text, i, j, &base32) {
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
	seen &^= other
	return seen&(seen-1) != 0
}

// parts decodes what stands between hyphens, slashes and the like in text[i:j], each as a
// code of its own.
func (s *search) parts(t *text, i, j int, depth int) {
	for k := i; k < j; k++ {
		start := k
		for k < j && class[t.Text[k]]&other == 0 {
			k++
		}
		if k-start >= minRun && k-start < j-i {
			s.levels[depth].symbols(t.Text, start, k, &base64)
			s.phase(t, &base64, 0, minReadable, depth)
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

// hexRuns decodes the runs of hex digits in text[i:j] and reports whether that is all of
// it.
func (s *search) hexRuns(t *text, i, j int, depth int) (all bool) {
	l := &s.levels[depth]
	for k := i; k < j; k++ {
		start := k
		for k < j && hexDigit[t.Text[k]] < 16 {
			k++
		}
		if k-start >= minRun {
			l.symbols(t.Text, start, k, &base16)
			s.phases(t, &base16, depth)
			all = k-start == j-i
		}
	}
	return all
}

// spaced decodes pairs of hex digits with something between, such as 4a 75 or 0x4a,0x75,
// and is where they end, or 0.
func (s *search) spaced(t *text, i, hi int, depth int) int {
	if i+2 >= hi || hexDigit[t.Text[i]] > 15 || t.Text[i+1]|0x20 != 'x' && !isBetween(t.Text[i+2]) {
		return 0
	}
	l := &s.levels[depth]
	l.sym, l.pos = l.sym[:0], l.pos[:0]
	end := 0
	i = firstPair(t.Text, i)
	for k := i; k < hi; {
		if k+1 < hi && t.Text[k] == '0' && t.Text[k+1]|0x20 == 'x' {
			k += 2
		}
		if k+2 > hi || hexDigit[t.Text[k]] > 15 || hexDigit[t.Text[k+1]] > 15 {
			break
		}
		l.add(t.Text, k, k+2, &base16)
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
	if len(l.sym) < minRun || t.intact(i, end) || end < hi && hexDigit[t.Text[end]] < 16 {
		return 0
	}
	s.phase(t, &base16, 0, minSpaced, depth)
	return end
}

// firstPair goes back over pairs of lower-case letters, by which codes are not noticed.
func firstPair(text []byte, i int) int {
	for range 16 {
		if i < 3 || !isBetween(text[i-1]) || hexDigit[text[i-2]] > 15 || hexDigit[text[i-3]] > 15 ||
			i > 3 && hexDigit[text[i-4]] < 16 {
			break
		}
		i -= 3
	}
	return i
}

func isBetween(c byte) bool { return c == ' ' || c == ':' || c == ',' || c == '-' || c == '\n' }

// symbols makes text[i:j] the symbols of a level, unless one is of another alphabet.
func (l *level) symbols(text []byte, i, j int, a *alphabet) bool {
	l.sym, l.pos = l.sym[:0], l.pos[:0]
	return l.add(text, i, j, a)
}

func (l *level) add(text []byte, i, j int, a *alphabet) bool {
	n := len(l.sym)
	l.sym = slices.Grow(l.sym, j-i)[:n+j-i]
	l.pos = slices.Grow(l.pos, j-i)[:n+j-i]
	sym, pos := l.sym[n:], l.pos[n:]
	for k, c := range text[i:j] {
		v := a.value[c]
		if v == 255 {
			return false
		}
		sym[k], pos[k] = v, int32(i+k)
	}
	return true
}

// phases decodes the symbols of a level at each alignment.
func (s *search) phases(t *text, a *alphabet, depth int) {
	for p := range a.phases {
		s.phase(t, a, p, minReadable, depth)
	}
}

// The stretches of text in what is decoded that count: readable from so many bytes on, or
// if it is all; else perhaps chance, from so many bytes on.
const (
	minReadable = 16
	minNoise    = 6
	minSpaced   = 4 // instead of minReadable: pairs of digits are seldom chance
)

// phase decodes the symbols of a level from one on and looks into the stretches of text,
// which are no chance from readable bytes on.
func (s *search) phase(t *text, a *alphabet, from, readable int, depth int) {
	l := &s.levels[depth]
	if from >= len(l.sym) {
		return
	}
	l.octetsFrom(from, a.bits)
	defer clear(l.octets)
	done := 0
	for _, hit := range l.hits {
		for i := max(done, hit-64); i < hit; {
			j := stretch(l.octets, i)
			if j == i {
				i++
				continue
			}
			s.readable(t, a, from, i, j, readable, depth)
			i = j
			done = j
		}
	}
}

// readable looks into the stretch of text that the octets i to j are.
func (s *search) readable(t *text, a *alphabet, from, i, j, readable int, depth int) {
	l := &s.levels[depth]
	switch all := j == len(l.octets) && i == 0; {
	case j-i >= readable || all && j >= minBytes:
		defer l.out.reset()
		l.take(t, &l.out, a, from, i, j)
		child := text{at: l.out.at}
		child.Text, child.To = l.out.text, len(l.out.text)
		child.Begins, child.Ends = i > 0 || !l.cutHead, j < len(l.octets) || !l.cutTail
		s.find(&child, everyone, 0)
		s.explore(child, allKinds, depth+1)
	case j-i >= minNoise:
		l.take(t, &l.noise, a, from, i, j)
		for range 8 { // apart from the next one
			l.noise.text = append(l.noise.text, 0)
			l.noise.at = append(l.noise.at, l.noise.at[len(l.noise.at)-1])
		}
	}
}

// octetsFrom decodes the symbols of a level from one on, and notes in l.hits after which
// octets the last 64 have, or may have, a stretch of text that counts. Most of what is
// decoded is noise and has none; that is seen without a branch for each octet.
func (l *level) octetsFrom(from int, bits uint) {
	sym := l.sym[from:]
	if need := len(sym)*int(bits)/8 + 1; cap(l.octets) < need {
		l.octets = make([]byte, need+need/2)
	}
	out, k := l.octets[:cap(l.octets)], 0
	l.hits = l.hits[:0]
	var seen texts
	acc, n := uint32(0), uint(0)
	check := 64 - minNoise
	for _, v := range sym {
		acc, n = acc<<(bits&31)|uint32(v), n+bits
		if n < 8 {
			continue
		}
		n -= 8
		b := byte(acc >> (n & 31))
		out[k] = b
		k++
		o := &octetKinds[b]
		seen.plain, seen.first, seen.more = seen.plain>>1|o.plain, seen.first>>1|o.first, seen.more>>1|o.more
		if k == check {
			if seen.stretches(minNoise) {
				l.hits = append(l.hits, k)
			}
			check += 64 - minNoise
		}
	}
	l.octets = out[:k]
	if seen.stretches(minNoise) || k < minNoise && k >= minBytes && seen.stretches(minBytes) {
		l.hits = append(l.hits, k)
	}
}

// texts are sets of the last 64 octets, the last in the highest bit: ASCII text, first
// bytes of longer UTF-8 sequences, and bytes that follow these.
type texts struct{ plain, first, more uint64 }

var octetKinds = func() (t [256]texts) {
	for i := range t {
		switch c := byte(i); {
		case stretch([]byte{c}, 0) == 1:
			t[i].plain = 1 << 63
		case c >= 0xC2 && c <= 0xF4:
			t[i].first = 1 << 63
		case c >= 0x80 && c < 0xC0:
			t[i].more = 1 << 63
		}
	}
	return t
}()

// stretches reports that n octets in a row, 4 or 6, look like text.
func (t *texts) stretches(n int) bool {
	second := t.more & (t.first << 1)
	third := t.more & (second << 1)
	fourth := t.more & (third << 1)
	// A sequence that is cut off at either end of the 64 octets counts as whole.
	all := t.plain | t.first&(t.more>>1|1<<63) | second | third | fourth | t.more&7
	two := all & (all >> 1)
	four := two & (two >> 2)
	if n == minNoise {
		four &= two >> 4
	}
	return four != 0
}

// minBytes is the shortest text that is worth a look.
const minBytes = 4

// take adds the bytes i to j of what was decoded from a symbol on.
func (l *level) take(t *text, d *decoded, a *alphabet, from, i, j int) {
	d.text = append(d.text, l.octets[i:j]...)
	for ; i < j; i++ {
		first := int(l.pos[from+8*i/int(a.bits)])
		last := int(l.pos[from+(8*i+7)/int(a.bits)])
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
