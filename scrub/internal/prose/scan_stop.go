package prose

import (
	"encoding/binary"
	"math/bits"

	"github.com/habeas-data/habeas/scrub/internal/prose/judge"
	"github.com/habeas-data/habeas/scrub/internal/prose/word"
)

// Most words with a capital in a log are no names, and no streets where no number is beside.
// What the dictionary and a few bytes tell is enough to pass them.

// passes says of a word of up to seven ASCII letters that the scan does not stop at it
// whatever stands around it.
func (s *scanner) passes(w uint64) bool {
	n := (bits.Len64(w) + 7) / 8
	small := uint64(word.Small) >> (64 - 8*n)
	if n == 1 {
		return w != 'u'
	}
	switch w & small {
	case small:
		hash := word.HashShort(w)
		if s.small[hash>>6%(1<<13)]>>(hash&63)&1 != 0 && stops(s.memo.Look(hash)) {
			return false
		}
		var buf [8]byte
		binary.LittleEndian.PutUint64(buf[:], w)
		return n < 6 || word.StreetEnd(buf[:n]) < 2
	case small &^ 0x20, 0:
		a, upper := s.memo.Look(word.HashShort(w|small)), w&small == 0
		return upper && a == 0 || !nameable(a, upper) && streetless(a)
	default:
		return false
	}
}

// nameable says whether a word with a capital may be a name as far as the word itself tells.
// Of those in capitals only known names are.
func nameable(a word.Attr, upper bool) bool {
	return !judge.Cold(a) && !judge.Never(a.Class()) && !judge.Plays(a) && (!upper || a.Name())
}

// streetless says of a word with a capital that it is no part of the name of a street: those
// of logs, mostly.
func streetless(a word.Attr) bool {
	switch a.Class() {
	case word.Pronoun, word.Be, word.Have, word.NameKey, word.Place, word.Say, word.Tech:
		return !a.Name()
	default:
		return false
	}
}

// capital says whether the scan stops at a word with a capital, of which a is known.
func (s *scanner) capital(p, end int, a word.Attr, upper bool) bool {
	if upper && a == 0 { // of words in capitals only known ones
		return false
	}
	return s.mayName(end, a, upper) || s.mayStreet(p, end, a)
}

// mayName says whether a word with a capital is worth judging.
func (s *scanner) mayName(end int, a word.Attr, upper bool) bool {
	c := a.Class()
	return nameable(a, upper) && (c != word.Month && c != word.Weekday || !s.numbered(end))
}

// numbered says whether a number follows a word after blanks: Mar 1.
func (s *scanner) numbered(end int) bool {
	for n := 0; n < 3 && end < len(s.text); n++ {
		if s.text[end]-'0' < 10 {
			return true
		}
		if s.text[end] != ' ' {
			return false
		}
		end++
	}
	return false
}

// mayStreet says whether a word with a capital may be that by which an address is found.
func (s *scanner) mayStreet(p, end int, a word.Attr) bool {
	switch a.Class() {
	case word.StreetFirst, word.StreetLast, word.StreetWeak, word.Box, word.Military:
		return true
	case word.Title: // Dr may be a drive
		if end-p == 2 {
			return true
		}
	default:
		if streetless(a) {
			return false
		}
	}
	return a.Class() == word.None && s.numberAfter(end) || s.numberBefore(p)
}

// numberAfter says whether the number of a house may follow a word: Koskikatu 25, Rozbrat no. 12.
func (s *scanner) numberAfter(end int) bool {
	rest := s.text[end:min(len(s.text), end+16)]
	if len(rest) == 0 || inCode(rest[0]) {
		return false
	}
	if rest[0] == ',' || rest[0] == '.' {
		rest = rest[1:]
	}
	for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '+') {
		rest = rest[1:]
	}
	if len(rest) == 0 {
		return false
	}
	if b := rest[0]; b|0x20 != 'n' && b < 0x80 {
		return b-'0' < 10 || b == '%'
	}
	for _, b := range rest {
		if b-'0' < 10 {
			return true
		}
	}
	return false
}

// numberBefore says whether a word stands behind a number that begins a value or goes on
// from another: address="12 Linden, 3-20 Sakuragaoka.
func (s *scanner) numberBefore(p int) bool {
	if p < 2 || s.text[p-1]-'0' < 10 {
		return p > 2 && s.text[p-3] == '%'
	}
	if s.text[p-1] != ' ' && s.text[p-1] != '+' || s.text[p-2]-'0' >= 10 {
		return false
	}
	q := p - 2
	for q > 0 && p-q < 8 && s.text[q-1]-'0' < 10 {
		q--
	}
	for n := 0; q > 0 && n <= word.MaxGap && (s.text[q-1] == ' ' || s.text[q-1]-'\t' < 5); n++ {
		q--
	}
	if q == 0 {
		return false
	}
	b := s.text[q-1]
	return word.Plain(b) && b != '.' && b != ',' || b == '-' || b == '\'' || b >= 0x80
}
