package view

import (
	"bytes"
	"math/bits"
	"slices"
	"sort"
	"unicode/utf8"
)

// kind is a set of kinds of escapes.
type kind uint8

const (
	backslash kind = 1 << iota
	percent
	entity
	printable // quoted-printable
	ignored   // characters that are left out

	allKinds = backslash | percent | entity | printable | ignored
)

// unit is an escape at Text[pos:end] that stands for out[:n].
type unit struct {
	pos, end int
	out      [utf8.UTFMax]byte
	n        uint8
	kind     kind
}

func (u *unit) rune(r rune, end int) bool {
	u.end, u.n = end, uint8(utf8.EncodeRune(u.out[:], r))
	return true
}

func (u *unit) octet(b byte, end int) bool {
	u.out[0], u.n, u.end = b, 1, end
	return true
}

// reach is a part of a text near escapes.
type reach struct {
	from, to   int // where spans may begin
	begin, end int // the same, not cut off at the part in which spans are wanted
	first      int // its first escape, of those of the level
	kinds      kind
}

// How far from an escape a span may begin that is found thanks to it: before, because the
// escape may be its end; after, because the escape may be its context. What finders see of
// a reach is a little more.
const (
	reachBefore = 128
	reachAfter  = 96
	seenBefore  = 128
	seenAfter   = 320
)

// escapes decodes the escapes of a text.
func (s *search) escapes(t text, kinds kind, depth int) {
	l := &s.levels[depth]
	l.collect(t.Text, kinds)
	if len(l.units) == 0 {
		return
	}
	l.near = l.group(l.near[:0], t.From, t.To)
	for _, r := range l.near {
		s.decodeNear(&t, r, kinds, depth)
	}
	if slices.ContainsFunc(s.finders, isBusy) {
		s.mixed(&t, depth)
	}
	clear(l.units)
}

// mixed decodes the escapes of a level one kind at a time where several kinds are near each
// other. Only a known value may hold what looks like an escape.
func (s *search) mixed(t *text, depth int) {
	l := &s.levels[depth]
	l.near = slices.DeleteFunc(l.near, func(r reach) bool { return r.kinds&(r.kinds-1) == 0 })
	var kinds kind
	for i := range l.near {
		kinds |= l.near[i].kinds
	}
	for k := backslash; k <= kinds; k <<= 1 {
		if k&kinds == 0 {
			continue
		}
		l.collect(t.Text, k)
		l.single = l.group(l.single[:0], t.From, t.To)
		i := 0
		for _, r := range l.single {
			for i < len(l.near) && l.near[i].end < r.end {
				i++
			}
			if i < len(l.near) && l.near[i].begin <= r.begin {
				s.decodeNear(t, r, k, depth)
			}
		}
	}
}

// group appends the parts of a text near its escapes in which spans that start in [from, to)
// may be found.
func (l *level) group(near []reach, from, to int) []reach {
	for i := range l.units {
		u := &l.units[i]
		begin, end := u.pos-reachBefore, u.end+reachAfter
		if n := len(near); n > 0 && begin <= near[n-1].end {
			near[n-1].end = max(end, near[n-1].end)
			near[n-1].kinds |= u.kind
			continue
		}
		near = append(near, reach{begin: begin, end: end, first: i, kinds: u.kind})
	}
	kept := near[:0]
	for _, r := range near {
		if r.from, r.to = max(from, r.begin), min(to, r.end); r.from < r.to {
			kept = append(kept, r)
		}
	}
	return kept
}

// decodeNear looks into the text without the escapes of a level, near some of them.
func (s *search) decodeNear(t *text, r reach, kinds kind, depth int) {
	l := &s.levels[depth]
	i, end := max(0, r.begin-seenBefore), min(len(t.Text), r.end+seenAfter)
	begins, ends := t.Begins && i == 0, t.Ends && end == len(t.Text)
	for r.first > 0 && l.units[r.first-1].pos >= i {
		r.first--
	}
	d := &l.out
	defer d.reset()
	for k := r.first; k < len(l.units); k++ {
		u := &l.units[k]
		if u.end > end {
			end = max(i, min(end, u.pos))
			break
		}
		d.copy(t, i, u.pos)
		from, to := t.raw(u.pos, u.end)
		for _, b := range u.out[:u.n] {
			d.text = append(d.text, b)
			d.at = append(d.at, place{int32(from), int32(to)})
		}
		i = u.end
	}
	d.copy(t, i, end)
	if len(d.text) == 0 {
		return
	}
	child := text{at: d.at, least: t.least}
	child.Text, child.Begins, child.Ends = d.text, begins, ends
	child.From, child.To = d.index(t, r.from), d.index(t, r.to)
	who := everyone
	switch {
	case kinds != allKinds:
		who = exact // only a known value may hold what looks like an escape
	case r.kinds == ignored:
		who = others // known values are found without
	}
	s.find(&child, who)
	s.explore(child, kinds, depth+1)
}

// copy adds t.Text[i:j] as it is.
func (d *decoded) copy(t *text, i, j int) {
	d.text = append(d.text, t.Text[i:j]...)
	if t.at != nil {
		d.at = append(d.at, t.at[i:j]...)
		return
	}
	n := len(d.at)
	d.at = slices.Grow(d.at, j-i)[:n+j-i]
	for k, at := 0, d.at[n:]; k < len(at); k++ {
		at[k] = place{int32(i + k), int32(i + k + 1)}
	}
}

// index is the place in a decoded text of t.Text[i].
func (d *decoded) index(t *text, i int) int {
	if i >= len(t.Text) {
		return len(d.at)
	}
	from, _ := t.raw(i, i+1)
	return sort.Search(len(d.at), func(k int) bool { return int(d.at[k].from) >= from })
}

// begins says which kinds of escapes a byte may begin.
var begins = func() (t [256]kind) {
	t['\\'], t['%'], t['+'], t['&'], t['='] = backslash, percent, percent, entity, printable
	for _, r := range leftOut {
		for c := r[0]; c <= r[1]; c++ {
			t[string(c)[0]] = ignored
		}
	}
	return t
}()

// collect finds the escapes of a text.
func (l *level) collect(text []byte, kinds kind) {
	clear(l.units)
	l.units = l.units[:0]
	if kinds&percent != 0 && bytes.IndexByte(text[l.marks.from:l.marks.to], '%') < 0 {
		kinds &^= percent
	}
	done := 0
	for w := range l.marks.blocks {
		for set := l.marks.blocks[w].escape; set != 0; set &= set - 1 {
			u := unit{pos: l.marks.from + w*blockLen + bits.TrailingZeros64(set)}
			c := text[u.pos]
			if u.pos < done || begins[c]&kinds == 0 || c == '=' && !l.quotes(text, u.pos) {
				continue
			}
			if l.parse(&u, text) {
				l.units = append(l.units, u)
			}
			done = max(done, u.end)
		}
	}
}

// quotes reports that a line end or hex digits stand at text[i], after an equals sign.
func quotes(text []byte, i int) bool {
	return i < len(text) && (text[i] == '\n' || text[i] == '\r' ||
		hexDigit[text[i]] < 16 && i+1 < len(text) && hexDigit[text[i+1]] < 16)
}

// quotes reports that an equals sign may begin an escape. Few do.
func (l *level) quotes(text []byte, i int) bool {
	if !quotes(text, i+1) {
		return false
	}
	n := len(l.units)
	if i+3 >= len(text) || text[i+1] <= ' ' || text[i+3] == '=' || n > 0 && l.units[n-1].end == i {
		return true
	}
	return text[i+1] == '3' && text[i+2]|0x20 == 'd' || text[i+1] == '2' && text[i+2] == '0'
}

// parse reads the escape at text[u.pos]. If there is none, u.end may say where to go on.
func (l *level) parse(u *unit, text []byte) bool {
	t := text[u.pos:]
	switch t[0] {
	case '\\':
		u.kind = backslash
		return u.backslash(t)
	case '%':
		u.kind = percent
		if v, ok := hex(t, 1, 2); ok {
			return u.octet(byte(v), u.pos+3)
		}
		if len(t) > 1 && t[1]|0x20 == 'u' {
			if v, ok := hex(t, 2, 4); ok {
				return u.rune(rune(v), u.pos+6)
			}
		}
	case '+':
		u.kind = percent
		if hasPercent(text, u.pos) {
			return u.octet(' ', u.pos+1)
		}
	case '&':
		u.kind = entity
		return u.entity(t)
	case '=':
		u.kind = printable
		n := len(l.units)
		return u.printable(t, n > 0 && l.units[n-1].kind == printable && l.units[n-1].end == u.pos)
	default:
		u.kind = ignored
		if r, n := utf8.DecodeRune(t); isIgnored(r) {
			u.end = u.pos + n
			return true
		}
	}
	return false
}

// maxBackslashes is the longest run of backslashes that is read as escapes, seven levels
// of quoting. In a longer one nobody can tell locally which of them is an escape.
const maxBackslashes = 128

func (u *unit) backslash(t []byte) bool {
	if len(t) < 2 {
		return false
	}
	const short, means = `nrtbfav0"'/`, "\n\r\t\b\f\a\v\x00\"'/"
	switch c := t[1]; {
	case c == '\\':
		n := 2
		for n < len(t) && n <= maxBackslashes && t[n] == '\\' {
			n++
		}
		if n > maxBackslashes {
			for n < len(t) && t[n] == '\\' {
				n++
			}
			u.end = u.pos + n
			return false
		}
		return u.octet('\\', u.pos+2)
	case c == 'u':
		return u.unicode(t)
	case c == 'U':
		if v, ok := hex(t, 2, 8); ok && v <= utf8.MaxRune {
			return u.rune(rune(v), u.pos+10)
		}
	case c == 'x':
		if v, ok := hex(t, 2, 2); ok {
			return u.octet(byte(v), u.pos+4)
		}
	case c >= '0' && c <= '3' && len(t) > 3 && t[2]&^7 == '0' && t[3]&^7 == '0':
		return u.octet((c-'0')<<6|(t[2]-'0')<<3|(t[3]-'0'), u.pos+4)
	case c == '\n':
		u.end = u.pos + 2 // a line that goes on
		return true
	default:
		if i := bytes.IndexByte([]byte(short), c); i >= 0 {
			return u.octet(means[i], u.pos+2)
		}
	}
	return false
}

// unicode reads \u0041, a pair of surrogates, or \u{41}.
func (u *unit) unicode(t []byte) bool {
	if len(t) > 2 && t[2] == '{' {
		v, i := rune(0), 3
		for ; i < len(t) && i < 9 && hexDigit[t[i]] < 16; i++ {
			v = v<<4 | rune(hexDigit[t[i]])
		}
		return i > 3 && i < len(t) && t[i] == '}' && v <= utf8.MaxRune && u.rune(v, u.pos+i+1)
	}
	v, ok := hex(t, 2, 4)
	if !ok {
		return false
	}
	if v&0xfc00 == 0xd800 && len(t) > 7 && t[6] == '\\' && t[7] == 'u' {
		if w, ok := hex(t, 8, 4); ok && w&0xfc00 == 0xdc00 {
			return u.rune(rune(v&0x3ff<<10|w&0x3ff)+0x10000, u.pos+12)
		}
	}
	return u.rune(rune(v), u.pos+6)
}

// printable reads =C3, where after says that an escape of this kind ends here.
func (u *unit) printable(t []byte, after bool) bool {
	switch {
	case bytes.HasPrefix(t, []byte("=\n")):
		u.end = u.pos + 2
		return true
	case bytes.HasPrefix(t, []byte("=\r\n")):
		u.end = u.pos + 3
		return true
	}
	v, ok := hex(t, 1, 2)
	if !ok {
		return false
	}
	if _, pair := hex(t, 4, 2); pair && t[3] == '=' || after {
		return u.octet(byte(v), u.pos+3)
	}
	// k=42 and status=200 are more often a key and its value. Alone are only an equals sign
	// and the blank at the end of a line.
	if bytes.HasPrefix(t, []byte("=3D")) || bytes.HasPrefix(t, []byte("=20")) && len(t) > 3 && (t[3] == '\r' || t[3] == '\n') {
		return u.octet(byte(v), u.pos+3)
	}
	return false
}

// hasPercent reports %41 in the word around text[i], up to 128 bytes away.
func hasPercent(text []byte, i int) bool {
	inWord := func(k int) bool { return text[k] > ' ' && text[k] != '"' }
	for k := i - 1; k >= 0 && i-k <= 128 && inWord(k); k-- {
		if text[k] == '%' && isPercent(text, k) {
			return true
		}
	}
	for k := i + 1; k < len(text) && k-i <= 128 && inWord(k); k++ {
		if text[k] == '%' && isPercent(text, k) {
			return true
		}
	}
	return false
}

func isPercent(text []byte, i int) bool {
	_, ok := hex(text, i+1, 2)
	return ok
}

// leftOut are the characters that are left out: the soft hyphen, combining marks, and what
// has no width.
var leftOut = [...][2]rune{
	{0xAD, 0xAD},
	{0x300, 0x36F},
	{0x180E, 0x180E},
	{0x1AB0, 0x1AFF},
	{0x1DC0, 0x1DFF},
	{0x200B, 0x200F},
	{0x202A, 0x202E},
	{0x2060, 0x206F},
	{0x20D0, 0x20FF},
	{0xFE00, 0xFE0F},
	{0xFEFF, 0xFEFF},
	{0xE0000, 0xE0FFF},
}

func isIgnored(r rune) bool {
	for i := range leftOut {
		if r <= leftOut[i][1] {
			return r >= leftOut[i][0]
		}
	}
	return false
}

// hexDigit is the value of each hexadecimal digit, and 255 for everything else.
var hexDigit = func() (t [256]uint8) {
	for i := range t {
		t[i] = 255
	}
	for i := range uint8(10) {
		t['0'+i] = i
	}
	for i := range uint8(6) {
		t['a'+i], t['A'+i] = 10+i, 10+i
	}
	return t
}()

// hex reads n hexadecimal digits at t[i].
func hex(t []byte, i, n int) (v uint32, ok bool) {
	if i+n > len(t) {
		return 0, false
	}
	for _, c := range t[i : i+n] {
		d := hexDigit[c]
		if d > 15 {
			return 0, false
		}
		v = v<<4 | uint32(d)
	}
	return v, true
}
