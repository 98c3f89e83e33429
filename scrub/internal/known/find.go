package known

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"github.com/habeas-data/habeas/scrub/internal/span"
)

// maxGap is the most characters between two letters of one occurrence.
const maxGap = 5

// How far before From letters are read to know the state there, and how far past To the
// first letters of a span may reach.
const (
	warmUp = 64
	runOut = 200
)

// Find appends the occurrences that start in [w.From, w.To).
func (m *Matcher) Find(dst []span.Span, w span.Window) []span.Span {
	t := m.tables.Load()
	if t == nil || w.From >= w.To {
		return dst
	}
	s := search{text: w.Text, from: w.From, to: w.To, begins: w.Begins, ends: w.Ends, t: t, dst: dst}
	if m.readKeys(&s.keys) != nil {
		return dst
	}
	s.scan(max(0, w.From-warmUp), min(len(w.Text), w.To+runOut))
	found := s.dst[len(dst):]
	if len(found) > 1 {
		slices.SortFunc(found, func(a, b span.Span) int {
			return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End), cmp.Compare(a.Same, b.Same))
		})
		found = slices.Compact(found)
	}
	return s.dst[:len(dst)+len(found)]
}

// Exact marks a finder that does not guess: what it finds in bytes that look like chance
// is no chance, if it is long enough.
func (m *Matcher) Exact() {}

// search is the state of one Find. It lives on the stack.
type search struct {
	text     []byte
	from, to int
	begins   bool // the text begins here, so this is a word border
	ends     bool
	t        *tables
	keys     keys
	dst      []span.Span
	last     int // letters of the run before, or 0
}

// scan looks at text[i:end] letter by letter. The filters decide, and are asked at each
// letter for long patterns and at the end of each word for short ones; what they let
// through is looked at again from scratch. So scan need not know where words begin, and
// runs of plain ASCII, which most text is, cost a few instructions for each byte.
func (s *search) scan(i, end int) {
	text := s.text[:end]
	var h uint64 // the codes of the last eight letters
	for i < len(text) {
		if ascii[text[i]] == 0 {
			if text[i] < utf8.RuneSelf {
				i++
			} else if e, n := next(s.text, i); e.n == 0 {
				i += n
			} else {
				s.last = 0
				i, h = s.wide(i, end, h)
			}
			continue
		}
		start, before, rest := i, h, uint16(0)
		for more := true; more; {
			var classes uint16
			var hit bool
			i, h, classes, hit = run(text, i, h, s.t.long, s.keys.mix0, s.keys.mix1)
			if hit {
				s.long(i)
			}
			rest |= classes
			more = hit && i < len(text) && ascii[text[i]] != 0
		}
		i, h = s.endRun(start, i, end, before, h, rest)
	}
}

// run reads ASCII letters from text[i] on, to the end of the run or to the first letter
// that the filter of long patterns lets through. Its classes are those of the letters.
// It calls nothing, so that its state stays in registers.
func run(text []byte, i int, h uint64, long filter, mix0, mix1 uint64) (_ int, _ uint64, classes uint16, hit bool) {
	for i < len(text) {
		a := ascii[text[i]]
		if a == 0 {
			break
		}
		i++
		classes |= a
		h = h<<8 | uint64(a&0xff)
		if long.has(place(h<<8, mix0, mix1)) {
			return i, h, classes, true
		}
	}
	return i, h, classes, false
}

// endRun looks for short patterns in the run of ASCII letters text[start:i], or goes on
// with it if it is more than that. Before is the state at its start, h at its end.
func (s *search) endRun(start, i, end int, before, h uint64, classes uint16) (int, uint64) {
	if i < end && s.text[i] >= utf8.RuneSelf {
		if e, _ := next(s.text, i); e.class != separates {
			s.last = 0
			return s.wide(start, end, before)
		}
	}
	n := i - start
	if n <= maxRun && !plain(s.text[start:i], uint8(classes>>8)) { //nolint:gosec // the high byte
		s.mixed(s.text[start:i], start, before)
	}
	if n < gramLen {
		s.shorts(h, i, n, n+s.last)
	}
	s.last = n
	return i, h
}

// mixed looks for short patterns between the borders inside a run of ASCII letters that
// begins at text[start].
func (s *search) mixed(run []byte, start int, h uint64) {
	first, a := 0, uint8(0)
	for i, c := range run {
		b := uint8(ascii[c] >> 8) //nolint:gosec // the high byte
		if i > 0 {
			after := uint8(0)
			if i+1 < len(run) {
				after = uint8(ascii[run[i+1]] >> 8) //nolint:gosec // the high byte
			}
			if softBorder(a, b, after) {
				s.soft(h, start+i, i-first)
				first = i
			}
		}
		a = b
		h = h<<8 | uint64(ascii[c]&0xff)
	}
	s.soft(h, start+len(run), len(run)-first)
}

// soft asks for the short patterns of n letters that end at text[end], between borders of
// which one is soft.
func (s *search) soft(h uint64, end, n int) {
	if n >= minSoft && n < gramLen && s.t.short.has(s.keys.place(mask(h, n))) {
		s.short(end, n)
	}
}

// plain reports that a run of letters has no border inside: it is all of one class, or
// lower case after a capital.
func plain(run []byte, classes uint8) bool {
	switch classes {
	case small, upper, digit:
		return true
	case small | upper:
		return run[0] <= 'Z' && allSmall(run[1:])
	}
	return false
}

func allSmall(run []byte) bool {
	for _, c := range run {
		if c < 'a' {
			return false
		}
	}
	return true
}

// shorts asks for the short patterns that end at text[end], where a word of n letters
// ends, and that have n letters or at least more.
func (s *search) shorts(h uint64, end, n, more int) {
	for ; n < gramLen; n = max(n+1, more) {
		if s.t.short.has(s.keys.place(mask(h, n))) {
			s.short(end, n)
		}
	}
}

// wide is scan for a run of letters that is not plain ASCII: to its end, or to end.
func (s *search) wide(i, end int, h uint64) (int, uint64) {
	for i < end {
		e, n := next(s.text, i)
		if e.class == separates {
			break
		}
		i += n
		for j := range e.n {
			h = h<<8 | uint64(e.code[j])
			if s.t.long.has(s.keys.place(mask(h, gramLen))) {
				s.longIn(i-n, int(j)+1)
			}
		}
		if e.n == 0 {
			continue
		}
		if b, c := classesAfter(s.text, i); b == separates || softBorder(e.class, b, c) {
			s.shorts(h, i, 2, 0)
		}
	}
	return i, h
}

// long looks for patterns whose first letters end with the character before text[end].
func (s *search) long(end int) { s.longIn(end-1, 1) }

// longIn looks for patterns whose first letters end with the letter used-1 of the
// character at text[i].
func (s *search) longIn(i, used int) {
	at := cursor{i, 0}
	for need, gap := gramLen-used, 0; need > 0; {
		if at.pos == 0 || gap > maxGap {
			return
		}
		e, n := prev(s.text, at.pos)
		at.pos -= n
		switch {
		case e.n == 0:
			gap++
		case int(e.n) >= need:
			at.skip, need = int(e.n)-need, 0
		default:
			need, gap = need-int(e.n), 0
		}
	}
	s.forward(at)
}

// candidate is a stretch of letters whose length and hash a pattern may have.
type candidate struct {
	key    uint64
	n, end int
}

// forward follows the letters from a place and looks for the patterns that begin there.
func (s *search) forward(from cursor) {
	var found [maxLen + 1]candidate
	count, digits := 0, 0
	hash, codes, lengths := s.keys.sip(), uint64(0), uint64(0)
	for at, n, gap := from, 0, 0; n < maxLen && at.pos < len(s.text); {
		e, size := next(s.text, at.pos)
		if e.n == 0 {
			if gap++; gap > maxGap {
				break
			}
			at.pos += size
			continue
		}
		hash.add(uint64(e.letters[at.skip])) //nolint:gosec // a rune of a table
		codes = codes<<8 | uint64(e.code[at.skip])
		n, gap = n+1, 0
		if e.class == digit {
			digits++
		}
		if n == gramLen {
			if lengths = s.t.lengths(s.keys.gram(mask(codes, gramLen))); lengths == 0 {
				return
			}
		}
		if lengths>>n&1 != 0 && !(digits == n && s.digitsTouch(from.pos, at.pos+size)) {
			found[count] = candidate{hash.sum(n), n, at.pos + size}
			count++
		}
		if at.skip++; at.skip == int(e.n) {
			at = cursor{at.pos + size, 0}
		}
	}
	for i := range count {
		if c := &found[i]; c.key != 0 {
			if p := s.t.find(c.key); p != nil {
				s.verify(p, c.key, from, c.end, c.n)
			}
		}
	}
}

// digitsTouch reports a digit next to text[start:end].
func (s *search) digitsTouch(start, end int) bool {
	b := classBefore(s.text, start)
	a, _ := classesAfter(s.text, end)
	return a == digit || b == digit
}
