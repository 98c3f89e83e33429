package known

import (
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The classes of characters. Word borders follow from them.
const (
	separates uint8 = 0
	small     uint8 = 1 << iota >> 1 // a letter that is not upper case
	upper
	digit
	solo // a letter of a script that writes no blanks between words
	dropped
)

// maxFold is the most letters that one character folds to; what would be longer is a
// presentation form of a phrase and separates.
const maxFold = 3

// entry is what a character folds to.
type entry struct {
	letters [maxFold]rune
	code    [maxFold]uint8 // a letter in eight bits for the filters: collisions only cost time
	n       uint8
	class   uint8
	mark    bool // dropped because it belongs to the letter before
}

type page [256]entry

// pages hold the folding of all characters, each page computed when it is first met.
var pages [(unicode.MaxRune + 1) >> 8]atomic.Pointer[page]

// letterless is the page of characters that all separate.
var letterless page

func lookup(r rune) *entry {
	p := pages[r>>8].Load()
	if p == nil {
		p = &page{}
		for i := range p {
			p[i] = fold(r&^0xff + rune(i))
		}
		if *p == (page{}) {
			p = &letterless // most of Unicode has no letters yet
		}
		pages[r>>8].Store(p)
	}
	return &p[r&0xff]
}

// ascii has the code of each ASCII letter and digit in its low byte and the class in its
// high byte; 0 for everything else.
var ascii = func() (t [256]uint16) {
	for c := range rune(utf8.RuneSelf) {
		if e := fold(c); e.n > 0 {
			t[c] = uint16(e.code[0]) | uint16(e.class)<<8
		}
	}
	return t
}()

// next is the character at t[i] and its length. A byte that is not UTF-8 is read as
// Latin-1, so that old text is understood too.
func next(t []byte, i int) (*entry, int) {
	if t[i] < utf8.RuneSelf {
		return lookup(rune(t[i])), 1
	}
	r, n := utf8.DecodeRune(t[i:])
	if r == utf8.RuneError && n == 1 {
		r = rune(t[i])
	}
	return lookup(r), n
}

// prev is the character that ends at t[i] and its length; i > 0.
func prev(t []byte, i int) (*entry, int) {
	if t[i-1] < utf8.RuneSelf {
		return lookup(rune(t[i-1])), 1
	}
	r, n := utf8.DecodeLastRune(t[:i])
	if r == utf8.RuneError && n == 1 {
		r = rune(t[i-1])
	}
	return lookup(r), n
}

// bare are letters that people write without their stroke or as two, and that Unicode does
// not decompose.
var bare = map[rune]string{
	'ß': "ss", 'ẞ': "ss", 'æ': "ae", 'Æ': "ae", 'œ': "oe", 'Œ': "oe", 'ø': "o", 'Ø': "o",
	'ł': "l", 'Ł': "l", 'đ': "d", 'Đ': "d", 'ð': "d", 'Ð': "d", 'þ': "th", 'Þ': "th",
	'ħ': "h", 'Ħ': "h", 'ı': "i", 'ŧ': "t", 'Ŧ': "t",
}

func fold(r rune) entry {
	if unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point, unicode.Me) {
		return entry{class: dropped}
	}
	var e entry
	marks := true
	for _, d := range norm.NFKD.String(string(r)) {
		if norm.NFD.PropertiesString(string(d)).CCC() != 0 {
			continue
		}
		marks = false
		if !unicode.In(d, unicode.L, unicode.N, unicode.M) {
			continue
		}
		for _, l := range bareFold(d) {
			if e.n == maxFold {
				return entry{}
			}
			e.letters[e.n], e.code[e.n] = l, code(l)
			e.n++
		}
	}
	switch {
	case marks:
		return entry{class: dropped, mark: true}
	case e.n > 0:
		e.class = classOf(r)
	}
	return e
}

func bareFold(r rune) string {
	if s := bare[r]; s != "" {
		return s
	}
	least := r
	for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
		least = min(least, o)
	}
	return string(unicode.ToLower(least))
}

func classOf(r rune) uint8 {
	switch {
	case unicode.IsNumber(r):
		return digit
	case unicode.IsUpper(r), unicode.IsTitle(r):
		return upper
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai,
		unicode.Lao, unicode.Khmer, unicode.Myanmar):
		return solo
	}
	return small
}

func code(l rune) uint8 {
	if l < utf8.RuneSelf {
		return uint8(l)
	}
	return uint8(uint32(l)*0x9E3779B1>>25) | 0x80
}

// softBorder reports a border between two letters that touch: after is the class of the
// letter that follows b, which decides for the last capital of XMLFile.
func softBorder(a, b, after uint8) bool {
	switch {
	case a == solo || b == solo:
		return true
	case (a == digit) != (b == digit):
		return true
	case a == small && b == upper:
		return true
	}
	return a == upper && b == upper && after == small
}
