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

// Idle reports that no value is known.
func (m *Matcher) Idle() bool { return m.tables.Load() == nil }

// search is the state of one Find. It lives on the stack.
type search struct {
	text     []byte
	from, to int
	begins   bool // the text begins here, so this is a word border
	ends     bool
	t        *tables
	keys     keys
	dst      []span.Span
}

// scan looks at text[i:end] letter by letter. The filters decide, and are asked at each
// letter for long patterns and at the end of each word for short ones; what they let
// through is looked at again from scratch. So scan need not know where words begin, and
// runs of plain ASCII, which most text is, cost a few instructions for each byte and one
// question for each word, whether it is a short pattern or the end of one. Only where
// letters stand alone more than that is asked, because they may be a word with blanks put
// between its letters.
func (s *search) scan(i, end int) {
	text, pairs, short, k := s.text[:end], s.t.pairs, s.t.short, s.keys
	var h uint64 // the codes of the last eight letters
	last := 1    // the letters of the run before, 1 if not known
	for i < len(text) {
		if ascii[text[i]] == 0 {
			if text[i] < utf8.RuneSelf {
				i++
			} else if e, n := next(s.text, i); e.n == 0 {
				i += n
			} else {
				i, h = s.wide(i, end, h)
				last = 1
			}
			continue
		}
		start, before := i, h
		var classes uint16
		var hit bool
		for i, h, classes, hit = run(text, i, h, 0, pairs, k.mix0, k.mix1); hit; {
			if s.t.long.has(k.place(mask(h, gramLen))) {
				s.long(h, i-1, 1)
			}
			s.ahead(h, i)
			i, h, classes, hit = run(text, i, h, classes, pairs, k.mix0, k.mix1)
		}
		n := i - start
		switch classes >>= 8; {
		case i < end && text[i] >= utf8.RuneSelf && s.goesOn(i):
			i, h = s.wide(start, end, before)
			n = 1
		case classes&(classes-1) != 0 && !plain(text[start:i], uint8(classes)):
			s.mixed(text[start:i], start, before)
			s.shorts(h, i, n)
		case n < gramLen && short.has(k.place(mask(h, n))) || n == 1 && last == 1:
			s.shorts(h, i, n)
		}
		last = n
	}
}

// goesOn reports that the character at text[i] does not end a run of letters.
func (s *search) goesOn(i int) bool {
	e, _ := next(s.text, i)
	return e.class != separates
}

// run reads ASCII letters from text[i] on, two at a time, to the end of the run or to where
// the filter of pairs lets one through: the letters of a long pattern may end there, or with
// the letter after. The last letter of a run is always looked at. The classes of the letters
// are added up. It calls nothing, so that its state stays in registers.
func run(text []byte, i int, h uint64, classes uint16, pairs filter, mix0, mix1 uint64) (int, uint64, uint16, bool) {
	for i < len(text) {
		a := ascii[text[i]]
		if a == 0 {
			break
		}
		i++
		classes |= a
		h = h<<8 | uint64(a&0xff)
		if i < len(text) {
			if b := ascii[text[i]]; b != 0 {
				i++
				classes |= b
				h = h<<8 | uint64(b&0xff)
			}
		}
		if pairs.has(place(mask(h, windowLen), mix0, mix1)) {
			return i, h, classes, true
		}
	}
	return i, h, classes, false
}

// ahead looks for long patterns whose first letters have the codes h, and end with the next
// letter from text[i] on.
func (s *search) ahead(h uint64, i int) {
	for gap := 0; i < len(s.text) && gap <= maxGap; gap++ {
		e, n := next(s.text, i)
		if e.n == 0 {
			i += n
			continue
		}
		if h = h<<8 | uint64(e.code[0]); s.t.long.has(s.keys.place(mask(h, gramLen))) {
			s.long(h, i, 1)
		}
		return
	}
}

// mixed looks for short patterns between the borders inside a run of ASCII letters that
// begins at text[start]. Only short runs have borders inside.
func (s *search) mixed(run []byte, start int, h uint64) {
	if len(run) > maxRun {
		return
	}
	first, a := 0, uint8(0)
	for i, c := range run {
		b := uint8(ascii[c] >> 8)
		if i > 0 && (a != b || b == upper) {
			after := uint8(0)
			if i+1 < len(run) {
				after = uint8(ascii[run[i+1]] >> 8)
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

// shorts asks for the short patterns of at least n letters that end at text[end].
func (s *search) shorts(h uint64, end, n int) {
	for ; n < gramLen; n++ {
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
				s.long(h, i-n, int(j)+1)
			}
		}
		if e.n == 0 {
			continue
		}
		if b, c := classesAfter(s.text, i); b == separates || softBorder(e.class, b, c) {
			s.shorts(h, i, 1)
		}
	}
	s.ahead(h, i)
	return i, h
}

// long looks for patterns whose first letters, with the codes h, end with the letter used-1
// of the character at text[i].
func (s *search) long(h uint64, i, used int) {
	lengths := s.t.lengths(s.keys.gram(mask(h, gramLen)))
	if lengths == 0 {
		return
	}
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
	s.forward(at, lengths)
}

// candidate is a stretch of letters whose length and hash a pattern may have.
type candidate struct {
	key    uint64
	n, end int
}

// forward follows the letters from a place and looks for the patterns of some lengths that
// begin there.
func (s *search) forward(from cursor, lengths uint64) {
	var found [maxLen + 1]candidate
	count, digits, hash := 0, 0, s.keys.sip()
	for at, n, gap := from, 0, 0; lengths>>n > 1 && at.pos < len(s.text); {
		e, size := next(s.text, at.pos)
		if e.n == 0 {
			if gap++; gap > maxGap {
				break
			}
			at.pos += size
			continue
		}
		hash.add(uint64(e.letters[at.skip]))
		n, gap = n+1, 0
		if e.class == digit {
			digits++
		}
		if lengths>>n&1 != 0 && (digits < n || n == maxLen || !s.digitsTouch(from.pos, at.pos+size)) {
			found[count] = candidate{hash.sum(n), n, at.pos + size}
			count++
		}
		if at.skip++; at.skip == int(e.n) {
			at = cursor{at.pos + size, 0}
		}
	}
	for i := range count {
		c := &found[i]
		if p := s.t.find(c.key); p != nil {
			s.verify(p, c.key, from, c.end, c.n)
		}
	}
}

// digitsTouch reports a digit next to text[start:end].
func (s *search) digitsTouch(start, end int) bool {
	b := classBefore(s.text, start)
	a, _ := classesAfter(s.text, end)
	return a == digit || b == digit
}
