package word

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// Strip is a row of tokens around a place in a text, cut off as they are asked for in both
// directions: token 0 is about where the strip begins, those before it have numbers below
// zero.
type Strip struct {
	cut    Cutter
	room   []Token // of the tokens, with space before and after them
	lo, hi int     // room[lo:hi] are cut
	zero   int     // where in room token 0 is
	from   int     // where the first token and the gap before it begin
	limit  int     // how far back tokens are cut
	done   bool
	behind []Token // of a piece that goes before the others
}

// Sizes of a strip.
const (
	before = 96 // tokens there is room for before token 0
	chunk  = 32 // bytes that are cut at a time before the first token
	ahead  = 16 // bytes that are cut before the place where a strip begins
	back   = 512
)

// Memo is what the strip looks words up in.
func (s *Strip) Memo() *Memo {
	if s.cut.memo == nil {
		s.cut = NewCutter(nil, 0)
		s.room = make([]Token, 4*before)
	}
	return s.cut.memo
}

// Reset begins a new strip at a border between tokens not far before a place.
func (s *Strip) Reset(text []byte, pos int) {
	s.Memo()
	s.limit = max(0, pos-back)
	s.from = border(text, max(s.limit, pos-ahead), s.limit)
	s.cut.Text, s.cut.Pos = text, s.from
	s.lo, s.hi, s.zero, s.done = before, before, before, false
}

// Text is the text that the strip is of.
func (s *Strip) Text() []byte { return s.cut.Text }

// End is where the last token ends that was cut so far.
func (s *Strip) End() int { return s.cut.Pos }

var outside = Token{Gap: Empty}

// At returns token i, which is an Edge before the first and after the last. The token is
// good until the next call.
func (s *Strip) At(i int) *Token {
	if at := s.zero + i; uint(at-s.lo) < uint(s.hi-s.lo) {
		return &s.room[at]
	}
	return s.reach(i)
}

// reach cuts until token i is there.
func (s *Strip) reach(i int) *Token {
	for s.zero+i < s.lo {
		if !s.prepend() {
			return &outside
		}
	}
	for s.zero+i >= s.hi {
		if s.done {
			return &outside
		}
		if s.hi == len(s.room) {
			s.room = append(s.room, make([]Token, len(s.room))...)
		}
		t := &s.room[s.hi]
		s.cut.Next(t)
		s.hi++
		s.done = t.Kind == Edge && t.Start == t.End && s.cut.Pos >= len(s.cut.Text)
	}
	return &s.room[s.zero+i]
}

// prepend cuts a piece before the first token and says whether there was one.
func (s *Strip) prepend() bool {
	for size := chunk; s.from > s.limit; size *= 2 {
		from := border(s.cut.Text, max(s.limit, s.from-size), s.limit)
		end := s.from
		s.behind = s.behind[:0]
		pos := s.cut.Pos
		s.cut.Pos = from
		for {
			var t Token
			if s.cut.Next(&t); t.End > end || t.Start >= end {
				break
			}
			s.behind = append(s.behind, t)
		}
		s.cut.Pos = pos
		if n := len(s.behind); n > 0 {
			if n > s.lo {
				s.widen(n)
			}
			s.lo -= n
			copy(s.room[s.lo:], s.behind)
			s.from = from
			return true
		}
		if from <= s.limit {
			s.from = s.limit
		}
	}
	return false
}

// widen makes room for n tokens before the first.
func (s *Strip) widen(n int) {
	room := make([]Token, len(s.room)+n+before)
	more := n + before
	copy(room[s.lo+more:], s.room[s.lo:s.hi])
	s.room, s.lo, s.hi, s.zero = room, s.lo+more, s.hi+more, s.zero+more
}

// border goes back from a place to where a token or the gap before one begins, from where on
// the text is cut as it is from its beginning. Where there is none it stays near.
func border(text []byte, p, limit int) int {
	q := p
	for q > limit && !Plain(text[q-1]) && !HanAt(text, q) {
		q--
	}
	switch {
	case q == limit: // a long run of letters, or the beginning of the text
		for q < p && !utf8.RuneStart(text[q]) {
			q++
		}
		return q
	case Plain(text[q-1]):
		q = gapBefore(text, q-1, limit)
	}
	// Within a pseudonym there are no tokens.
	sealed := text[max(limit, q-maxSealed):q]
	if bytes.IndexByte(sealed, opening[0]) < 0 {
		return q
	}
	if i := bytes.LastIndex(sealed, closing); i >= 0 {
		sealed = sealed[i+len(closing):]
	}
	if i := bytes.Index(sealed, opening); i >= 0 {
		q = gapBefore(text, q-len(sealed)+i, limit)
	}
	return q
}

// gapBefore goes back over blanks, as far as a gap is looked across.
func gapBefore(text []byte, q, limit int) int {
	for n := 0; q > limit && n <= MaxGap && byteClass[text[q-1]] == isSpace; n++ {
		q--
	}
	return q
}

// HanAt says whether a Han character begins at p, which is a token whatever stands before.
func HanAt(text []byte, p int) bool {
	if p >= len(text) || text[p] < 0xE2 {
		return false
	}
	r, _ := utf8.DecodeRune(text[p:])
	return unicode.Is(unicode.Han, r)
}

// Plain says that a byte is no part of a word, a number or a rune past ASCII.
func Plain(b byte) bool {
	switch byteClass[b] {
	case isOther:
		return b != '\'' && b != '-'
	case isSpace:
		return true
	default:
		return false
	}
}
