package prose

import (
	"encoding/binary"
	"math/bits"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/habeas-data/habeas/scrub/internal/prose/judge"
	"github.com/habeas-data/habeas/scrub/internal/prose/word"
)

// Most of a log is words that are no names. The scan marks where words begin 64 bytes at a
// time and stops only at those that may be part of a name or an address: some of those with a
// capital, those past ASCII, and the few small ones that are names or lead to one.

// small has a bit for the hash of each small word at which the scan stops. Other words may
// share a bit; the dictionary tells.
var small = sync.OnceValue(func() *[1 << 13]uint64 {
	t := &[1 << 13]uint64{}
	for hash, a := range word.All() {
		if stops(a) {
			t[hash>>6%(1<<13)] |= 1 << (hash & 63)
		}
	}
	return t
})

// stops says whether the scan stops at a word in small letters.
func stops(a word.Attr) bool {
	return ofStreet(a.Class()) || judge.Leads(a.Class()) || judge.HotSmall(a, 4)
}

// ofStreet says whether a class of words makes an address with a number, in small letters
// too.
func ofStreet(c word.Class) bool {
	return c == word.StreetFirst || c == word.StreetLast || c == word.Box
}

// scanner finds the words at which a text is worth a closer look.
type scanner struct {
	text  []byte
	small *[1 << 13]uint64
	memo  *word.Memo
	pos   int    // where the block that is looked at begins
	left  uint64 // of its bytes, the beginnings of words that have not been looked at
	carry uint64 // 1 where the byte before the block after is a letter

	passed [1 << passedBits]uint64 // words met lately that are passed wherever they stand
}

const (
	passedBits = 11
	wide       = 64 // bytes of a block
)

func (s *scanner) reset(text []byte, pos int) {
	s.text, s.small = text, small()
	s.block(pos, 0)
}

// seek goes on at a place where a token ends.
func (s *scanner) seek(pos int) {
	if n := pos - s.pos; n < wide && (pos >= len(s.text) || word.Plain(s.text[pos])) {
		s.left &= ^uint64(0) << n
		return
	}
	s.block(pos, 0)
}

// next finds the next word to stop at before end, or says that there is none.
func (s *scanner) next(end int) (int, bool) {
	for s.pos < end {
		for s.left != 0 {
			p := s.pos + bits.TrailingZeros64(s.left)
			s.left &= s.left - 1
			if at, ok := s.stop(p); ok {
				return at, at < end
			}
		}
		s.block(s.pos+wide, s.carry)
	}
	return 0, false
}

// block marks the beginnings of words in the block at pos, where carry is 1 if the byte before
// is a letter. It leaves out the words that were passed before, which are most, and short ones
// right behind a digit, which are units of numbers or pieces of codes, but for %C3%89mile.
// There are no branches on what the words are: none could be foretold.
func (s *scanner) block(pos int, carry uint64) {
	text := s.text
	letters := uint64(0)
	for i := 0; i < wide; i += 8 {
		m := word.Letters(load(text, pos+i))
		letters |= (m >> 7) * 0x0102040810204080 >> 56 << i // a bit of each byte
	}
	starts := letters &^ (letters<<1 | carry)
	left := starts
	for ; starts != 0; starts &= starts - 1 {
		i := bits.TrailingZeros64(starts)
		p := pos + i
		x := load(text, p)
		after := ^word.Letters(x) & word.High
		w := x & ((after&-after)>>7 - 1) // the bytes of the word, of which there may be more than eight
		drop := uint64(0)
		if p >= 3 {
			if text[p-1]-'0' < 10 {
				drop = 1
			}
			if text[p-3] == '%' {
				drop = 0
			}
			if w&word.High != 0 {
				drop = 0
			}
			if after == 0 {
				drop = 0
			}
		}
		if s.passed[slot(w)] == w {
			drop = 1
		}
		left &^= drop << i
	}
	s.pos, s.left, s.carry = pos, left, letters>>(wide-1)
}

// slot is where among the words that are passed a word is.
func slot(w uint64) uint64 { return w * 0x9E3779B97F4A7C15 >> (64 - passedBits) }

// load reads eight bytes, with zeros past the end.
func load(text []byte, p int) uint64 {
	if p+8 <= len(text) {
		return binary.LittleEndian.Uint64(text[p:])
	}
	var last [8]byte
	copy(last[:], text[min(p, len(text)):])
	return binary.LittleEndian.Uint64(last[:])
}

// stop says whether the word at p is worth a closer look, or one that follows it with nothing
// but signs past ASCII in between, and where that one begins.
func (s *scanner) stop(p int) (int, bool) {
	x := load(s.text, p)
	n := bits.TrailingZeros64(^word.Letters(x)&word.High) / 8 // of 8 bytes, how many are of the word
	if n == 8 || byte(x) >= utf8.RuneSelf {
		return s.stopLong(p)
	}
	x &= 1<<(8*n) - 1
	if x&word.High != 0 {
		return s.stopRun(p)
	}
	if s.passes(x) {
		s.passed[slot(x)] = x
		return p, false
	}
	small := uint64(word.Small) & (1<<(8*n) - 1)
	switch x & small {
	case small:
		if n == 1 { // utca is often written u.
			return p, byte(load(s.text, p)>>8) == '.' && s.digitNear(p, p+1)
		}
		if n == 2 && p > 0 && s.text[p-1] == '_' {
			return p, false // duration_ms
		}
		return s.stopSmall(p, p+n, word.HashShort(x))
	case small &^ 0x20, 0:
		return p, s.capital(p, p+n, s.memo.Look(word.HashShort(x|small)), x&small == 0)
	default: // of mixed forms, McDonald is left
		return s.stopRun(p)
	}
}

// stopLong is stop for words of eight bytes or more.
func (s *scanner) stopLong(p int) (int, bool) {
	x := load(s.text, p)
	capital := byte(x)&0x20 == 0
	if capital {
		x |= 0x20
	}
	h := uint64(word.Seed)
	for at := p; at-p < word.MaxWord; {
		if x&word.High != 0 || x&word.Small != word.Small {
			break
		}
		h = word.Step(h, x)
		at += 8
		x = load(s.text, at)
		n := bits.TrailingZeros64(^word.Letters(x)&word.High) / 8
		if n == 8 {
			continue
		}
		if n > 0 {
			x &= 1<<(8*n) - 1
			if small := uint64(word.Small) & (1<<(8*n) - 1); x&word.High != 0 || x&small != small {
				break
			}
			h = word.Step(h, x)
		}
		if capital {
			return p, s.capital(p, at+n, s.memo.Look(uint32(h)), false)
		}
		return s.stopSmall(p, at+n, uint32(h))
	}
	return s.stopRun(p)
}

// stopRun is stop for a run of letters and of signs past ASCII, word by word.
func (s *scanner) stopRun(p int) (int, bool) {
	for p < len(s.text) {
		r, n := rune(s.text[p]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(s.text[p:])
		} else if r|0x20 < 'a' || r|0x20 > 'z' {
			return p, false
		}
		if r == '⟦' {
			return p, true
		}
		if !unicode.IsLetter(r) {
			p += n
			continue
		}
		end, hump, capitals := s.wordAt(p)
		if at, ok := s.stopWord(p, end, hump, capitals, r); ok {
			return at, true
		}
		p = end
	}
	return p, false
}

// wordAt tells where the word at p ends, how far from p its last part in camelCase begins,
// and how many capitals of ASCII it has.
func (s *scanner) wordAt(p int) (end, hump, capitals int) {
	for end = p; end < len(s.text); {
		b := s.text[end]
		if b < utf8.RuneSelf {
			if b|0x20 < 'a' || b|0x20 > 'z' {
				break
			}
			if b&0x20 == 0 {
				capitals++
				if end > p && s.text[end-1]&0x20 != 0 {
					hump = end - p
				}
			}
			end++
			continue
		}
		r, n := utf8.DecodeRune(s.text[end:])
		if !unicode.IsLetter(r) && !unicode.Is(unicode.M, r) && r != '’' || end > p && word.HanAt(s.text, end) {
			break
		}
		end += n
	}
	return end, hump, capitals
}

// stopWord says whether a word that begins with r is worth a closer look, or leads to one
// that is, and where.
func (s *scanner) stopWord(p, end, hump, capitals int, r rune) (int, bool) {
	if unicode.Is(unicode.Lo, r) {
		return p, true
	}
	escaped := p > 0 && s.text[p-1] == '\\' && (r == 'n' || r == 't' || r == 'r')
	if escaped && end > p+1 { // \nJude
		p++
		r, _ = utf8.DecodeRune(s.text[p:])
		hump = max(hump-1, 0)
	}
	if end-p > word.MaxWord {
		return p, false
	}
	var buf [2 * word.MaxWord]byte
	if unicode.IsUpper(r) {
		if (hump > 3 || hump > 0 && capitals > 2) && s.text[p] < utf8.RuneSelf {
			return s.leads(p, end, s.memo.Look(word.Hash(word.AppendFolded(buf[:0], s.text[p+hump:end])))) // LastName
		}
		a := s.memo.Look(word.Hash(word.AppendFolded(buf[:0], s.text[p:end])))
		return p, s.capital(p, end, a, capitals == end-p && capitals > 1)
	}
	// The last part of firstName leads to a name.
	return s.stopSmall(p, end, word.Hash(word.AppendFolded(buf[:0], s.text[p+hump:end])))
}

// stopSmall is stop for a word in small letters with a hash.
func (s *scanner) stopSmall(p, end int, hash uint32) (int, bool) {
	if s.small[hash>>6%(1<<13)]>>(hash&63)&1 == 0 {
		// Streets in one word: koskikatu 25.
		ok := end+1 < len(s.text) && s.text[end] == ' ' && s.text[end+1]-'0' < 10 && end-p > 5 && end-p <= word.MaxWord && s.streetWord(p, end)
		return p, ok
	}
	a := s.memo.Look(hash)
	switch {
	case ofStreet(a.Class()):
		return p, s.digitNear(p, end)
	case judge.HotSmall(a, 4):
		return p, true
	}
	return s.leads(p, end, a)
}

// streetWord says whether the word that ends at end is a street by its end.
func (s *scanner) streetWord(p, end int) bool {
	var buf [2 * word.MaxWord]byte
	return word.StreetEnd(word.AppendFolded(buf[:0], s.text[p:end])) == 2
}

// digitNear says whether there is a digit near a word, without which small letters are no
// address.
func (s *scanner) digitNear(p, end int) bool {
	for _, b := range s.text[max(0, p-nearby):min(len(s.text), end+nearby/2)] {
		if b-'0' < 10 {
			return true
		}
	}
	return false
}

// leads finds the word that the word before end, of which a is known, leads to, if that one
// is in small letters and may be a name. A word with a capital is stopped at anyhow.
func (s *scanner) leads(p, end int, a word.Attr) (int, bool) {
	if !judge.Leads(a.Class()) {
		return p, false
	}
	for range 2 {
		at, ok := s.following(end)
		if !ok {
			return p, false
		}
		if s.text[at] >= utf8.RuneSelf {
			return at, true
		}
		var hump int
		if end, hump, _ = s.wordAt(at); hump > 0 || end-at > word.MaxWord || s.text[at]&0x20 == 0 {
			return p, false
		}
		var buf [2 * word.MaxWord]byte
		b := s.memo.Look(word.Hash(word.AppendFolded(buf[:0], s.text[at:end])))
		if judge.MaySmall(b) || end < len(s.text) && (s.text[end] == '\'' || s.text[end] == '-') {
			return at, true
		}
		if b.Class() != word.Be { // the name is jude
			return p, false
		}
	}
	return p, false
}

// following finds the word after a place with nothing but a few signs and blanks in between.
func (s *scanner) following(p int) (int, bool) {
	for limit := min(len(s.text), p+2*word.MaxGap+6); p < limit; p++ {
		switch b := s.text[p]; {
		case b >= utf8.RuneSelf || 'a' <= b|0x20 && b|0x20 <= 'z':
			return p, true
		case b-'0' < 10:
			return p, false
		case b == '\\' && p+1 < limit && (s.text[p+1] == 'n' || s.text[p+1] == 't' || s.text[p+1] == 'r'):
			p++
		}
	}
	return p, false
}
