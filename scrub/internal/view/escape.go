package view

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sort"
	"unicode/utf8"

	"github.com/habeas-data/habeas/scrub/internal/span"
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

// reach is a part of a text near escapes, and the kinds that are there.
type reach struct {
	from, to int
	kinds    kind
}

// How far from an escape a span may begin that is found thanks to it: before, because the
// escape may be its end; after, because the escape may be its context.
const (
	reachBefore = 256
	reachAfter  = 96
)

// escapes decodes the escapes of a text.
func (s *search) escapes(t text, kinds kind, depth int) {
	l := &s.levels[depth]
	lo, hi := max(0, t.From-span.Back), min(len(t.Text), t.To+span.Ahead)
	l.collect(t.Text, lo, hi, kinds)
	if len(l.units) == 0 {
		return
	}
	mixed := l.group(t.From, t.To)
	s.decode(t, kinds, depth)
	t.From, t.To = mixed.from, mixed.to
	for k := backslash; k <= mixed.kinds; k <<= 1 {
		if k&mixed.kinds != 0 {
			l.collect(t.Text, lo, hi, k)
			l.group(t.From, t.To)
			s.decode(t, k, depth)
		}
	}
	clear(l.units)
}

// group finds the parts of a text near its escapes, and the one that holds all those with
// escapes of several kinds.
func (l *level) group(from, to int) (mixed reach) {
	l.near = l.near[:0]
	for i := range l.units {
		u := &l.units[i]
		r := reach{max(from, u.pos-reachBefore), min(to, u.end+reachAfter), u.kind}
		if r.from >= r.to {
			continue
		}
		if n := len(l.near); n > 0 && r.from <= l.near[n-1].to {
			l.near[n-1].to = max(r.to, l.near[n-1].to)
			l.near[n-1].kinds |= r.kinds
			continue
		}
		l.near = append(l.near, r)
	}
	for _, r := range l.near {
		if r.kinds&(r.kinds-1) != 0 {
			if mixed.kinds == 0 {
				mixed.from = r.from
			}
			mixed.to, mixed.kinds = r.to, mixed.kinds|r.kinds
		}
	}
	return mixed
}

// decode makes the text without the escapes of a level and looks into it.
func (s *search) decode(t text, kinds kind, depth int) {
	l := &s.levels[depth]
	if len(l.near) == 0 {
		return
	}
	i := max(0, l.near[0].from-span.Back)
	end := min(len(t.Text), l.near[len(l.near)-1].to+span.Ahead)
	begins, ends := t.Begins && i == 0, t.Ends && end == len(t.Text)
	d := &l.out
	defer d.reset()
	for k := range l.units {
		u := &l.units[k]
		if u.pos < i {
			continue
		}
		if u.end > end {
			end = max(i, min(end, u.pos))
			break
		}
		d.copy(&t, i, u.pos)
		from, to := t.raw(u.pos, u.end)
		for _, b := range u.out[:u.n] {
			d.text = append(d.text, b)
			d.at = append(d.at, place{int32(from), int32(to)})
		}
		i = u.end
	}
	d.copy(&t, i, end)
	child := text{at: d.at}
	child.Text, child.Begins, child.Ends = d.text, begins, ends
	if len(d.text) == 0 {
		return
	}
	for _, r := range l.near {
		child.From, child.To = d.index(&t, r.from), d.index(&t, r.to)
		who := everyone
		switch {
		case kinds != allKinds:
			who = exact // only a known value may hold what looks like an escape
		case r.kinds == ignored:
			who = others // known values are found without
		}
		s.find(&child, who, 0)
	}
	child.From, child.To = d.index(&t, l.near[0].from), d.index(&t, l.near[len(l.near)-1].to)
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

// triggers are the bytes that escapes begin with, and the kind of each.
var triggers = [...]struct {
	b    byte
	kind kind
}{{'\\', backslash}, {'%', percent}, {'+', percent}, {'&', entity}, {'=', printable}}

// collect finds the escapes in text[i:end].
func (l *level) collect(text []byte, i, end int, kinds kind) {
	clear(l.units)
	l.units = l.units[:0]
	var next [len(triggers) + 1]int
	for k := range next {
		next[k] = i - 1
	}
	if bytes.IndexByte(text[i:end], '%') < 0 {
		kinds &^= percent
	}
	for i < end { // an escape may reach past the end
		pos := end
		for k, tr := range triggers {
			if tr.kind&kinds == 0 {
				continue
			}
			if next[k] < i {
				next[k] = end
				if n := bytes.IndexByte(text[i:end], tr.b); n >= 0 {
					next[k] = i + n
				}
			}
			pos = min(pos, next[k])
		}
		if kinds&ignored != 0 {
			last := len(next) - 1
			if next[last] < i {
				next[last] = nextIgnored(text, i, end)
			}
			pos = min(pos, next[last])
		}
		if pos >= end {
			return
		}
		u := unit{pos: pos}
		if i = pos + 1; l.parse(&u, text) {
			l.units = append(l.units, u)
			i = u.end
		} else if u.end > i {
			i = u.end
		}
	}
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
		_, n := utf8.DecodeRune(t)
		u.end = u.pos + n
		return true
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
	lo, hi := i, i
	for lo > 0 && i-lo < 128 && text[lo-1] > ' ' && text[lo-1] != '"' {
		lo--
	}
	for hi < len(text) && hi-i < 128 && text[hi] > ' ' && text[hi] != '"' {
		hi++
	}
	for word := text[lo:hi]; ; {
		k := bytes.IndexByte(word, '%')
		if k < 0 {
			return false
		}
		if _, ok := hex(word, k+1, 2); ok {
			return true
		}
		word = word[k+1:]
	}
}

// nextIgnored is where the first character of text[i:end] stands that is left out.
func nextIgnored(text []byte, i, end int) int {
	for i < end {
		if i+8 <= end && binary.LittleEndian.Uint64(text[i:])&0x8080808080808080 == 0 {
			i += 8
			continue
		}
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if isIgnored(r) {
			return i
		}
		i += n
	}
	return end
}

func isIgnored(r rune) bool {
	switch {
	case r < 0x300:
		return r == 0xAD
	case r < 0x370, r >= 0x1AB0 && r < 0x1B00, r >= 0x1DC0 && r < 0x1E00, r >= 0x20D0 && r < 0x2100:
		return true // combining marks
	}
	return r >= 0x200B && r < 0x2010 || r >= 0x202A && r < 0x202F || r >= 0x2060 && r < 0x2070 ||
		r >= 0xFE00 && r < 0xFE10 || r == 0xFEFF || r == 0x180E || r == 0x34F || r >= 0xE0000 && r < 0xE1000
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
