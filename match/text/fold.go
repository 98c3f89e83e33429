package text

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds of the work that one string may cause. Marks without end ("Zalgo") and
// characters that unfold to a sentence (U+FDFA) stay within them.
const (
	maxInput = 4 * MaxRunes
	maxMarks = 8 // in a row
)

// Fold returns the comparison form of a name, at most [MaxRunes] runes:
//
//   - compatibility forms unfold (NFKD: fullwidth, ligatures, superscripts) and case is
//     folded, also ß → ss, ς → σ, dotless ı → i;
//   - marks go where people leave them out: Latin, Greek, Cyrillic (ё → е, yet й and ї,
//     which are letters, stay), Hebrew and Arabic vowel points; they stay where they
//     are the vowel (Indic scripts, Thai) or the consonant (が is not か);
//   - Latin letters that do not decompose are spelled out: ø → o, ł → l, đ → d, æ → ae,
//     þ → th; Arabic letters that are typed for each other become one;
//   - digits of all scripts become 0 to 9;
//   - apostrophes of all kinds and invisible characters are dropped (O'Brien → obrien);
//   - points between single letters are dropped (U.S.A. → usa, e.V. → ev), other points
//     part words (St.Gallen → st gallen);
//   - "&", and "+" that stands alone, are the word "and";
//   - everything else parts words, between which there is one space.
//
// It is idempotent: Fold(Fold(s)) == Fold(s). A string that is already folded ASCII
// comes back as it is, without allocation.
func Fold(s string) string {
	if foldedASCII(s) {
		return s
	}
	var room [160]byte
	return string(AppendFold(room[:0], s))
}

// AppendFold appends Fold(s) to dst and returns it. It allocates only to grow dst, and
// for text whose letters and marks come apart (not NFC).
func AppendFold(dst []byte, s string) []byte {
	f := folder{dst: dst, start: len(dst)}
	s = head(s, maxInput)
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			return f.general(s, i)
		}
		i = f.byte(s, i, asciiClass[c])
	}
	return f.dst
}

// foldedASCII says that Fold would change nothing.
func foldedASCII(s string) bool {
	if len(s) > MaxRunes {
		return false
	}
	before := byte(' ')
	for i := 0; i < len(s); i++ {
		c := s[i]
		if letter := c < 0x80 && c > classPlus && asciiClass[c] == c; !letter && (c != ' ' || before == ' ') {
			return false
		}
		before = c
	}
	return len(s) == 0 || before != ' '
}

// Classes of ASCII characters that do not stand for themselves.
const (
	classSpace = iota // parts words
	classDrop
	classPoint
	classAnd
	classPlus
)

// asciiClass holds for each ASCII character what it folds to, or its class.
var asciiClass = func() (t [128]byte) {
	for c := byte('0'); c <= '9'; c++ {
		t[c] = c
	}
	for c := byte('a'); c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = c, c
	}
	t['\''], t['`'], t['.'], t['&'], t['+'] = classDrop, classDrop, classPoint, classAnd, classPlus
	return t
}()

// folder is one string on its way.
type folder struct {
	dst   []byte
	start int  // of the folded string in dst
	runes int  // written
	run   int  // letters since the last character that was none, counted to 2
	marks int  // kept in a row
	space bool // a space is due before the next letter
	full  bool
	low   *[0x1000]string
	loose bool // may hold marks or jamo that compose or change places
}

// byte folds the ASCII character of class k at s[i] and returns where the next begins.
func (f *folder) byte(s string, i int, k byte) int {
	if k > classPlus {
		f.put(rune(k))
		if k >= 'a' {
			f.run++
		} else {
			f.run = 2
		}
		return i + 1
	}
	switch k {
	case classDrop:
		return i + 1
	case classPoint:
		if f.run == 1 && singleLetter(s[i+1:]) {
			f.run = 0
			return i + 1
		}
	case classAnd:
		f.and()
	case classPlus:
		if i > 0 && s[i-1] == ' ' && i+1 < len(s) && s[i+1] == ' ' {
			f.and()
		}
	}
	f.part()
	return i + 1
}

// part ends a word.
func (f *folder) part() { f.space, f.run, f.marks = true, 0, 0 }

func (f *folder) and() {
	f.part()
	f.put('a')
	f.put('n')
	f.put('d')
	f.part()
}

// put writes one folded rune, after the space that is due.
func (f *folder) put(r rune) {
	if f.space {
		f.space = false
		if f.runes > 0 {
			if f.runes+2 > MaxRunes {
				f.full = true
			} else if !f.full {
				f.dst = append(f.dst, ' ')
				f.runes++
			}
		}
	}
	if f.full || f.runes == MaxRunes {
		f.full = true
		return
	}
	f.runes++
	if r < utf8.RuneSelf {
		f.dst = append(f.dst, byte(r))
		return
	}
	f.dst = utf8.AppendRune(f.dst, r)
}

// singleLetter says that s begins with one letter which is the end of its word.
func singleLetter(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 || !letter(r) {
		return false
	}
	for range maxMarks {
		s = s[n:]
		if r, n = utf8.DecodeRuneInString(s); !unicode.IsMark(r) {
			break
		}
	}
	return n == 0 || !letter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
}

func letter(r rune) bool {
	if r < utf8.RuneSelf {
		return asciiClass[r] >= 'a'
	}
	return unicode.IsLetter(r)
}

// general folds s from byte i on, where its first character beyond ASCII stands.
func (f *folder) general(s string, i int) []byte {
	// An ASCII letter before s[i] loses its mark anyway.
	if rest := s[i:]; hasMarks(rest) {
		s, i = norm.NFC.String(rest), 0
	}
	for i < len(s) && !f.full {
		if c := s[i]; c < utf8.RuneSelf {
			i = f.byte(s, i, asciiClass[c])
			f.marks = 0
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		if r == middleDot && f.run > 0 && f.dst[len(f.dst)-1] == 'l' && i < len(s) && s[i]|0x20 == 'l' {
			continue // Catalan: Gal·la
		}
		f.wide(r)
	}
	if f.loose {
		f.dst = append(f.dst[:f.start], norm.NFC.Bytes(f.dst[f.start:])...)
	}
	return f.dst
}

const middleDot = '·'

// hasMarks says that s has characters that may compose with the one before.
func hasMarks(s string) bool {
	for _, r := range s {
		switch {
		case r < 0x300, r >= 0x370 && r < 0x483, r >= 0x48a && r < 0x591,
			r >= 0x30a0 && r <= 0xa66e, r >= 0xac00 && r <= 0xd7a3:
		case unicode.IsMark(r), jamo(r):
			return true
		}
	}
	return false
}

// jamo says that r is a part of a Hangul syllable that may compose.
func jamo(r rune) bool {
	return r >= 0x1100 && r <= 0x11ff || r >= 0xa960 && r <= 0xa97f || r >= 0xd7b0 && r <= 0xd7ff
}

// wide folds one character beyond ASCII.
func (f *folder) wide(r rune) {
	if r < 0x1000 {
		if f.low == nil {
			f.low = lowFold()
		}
		f.unfolded(f.low[r])
		return
	}
	switch {
	case r >= 0x4e00 && r <= 0x9fff, // Han
		r >= 0xac00 && r <= 0xd7a3,              // Hangul
		r >= 0x3041 && r <= 0x3096,              // Hiragana
		r >= 0x30a1 && r <= 0x30fa, r == 0x30fc: // Katakana
		f.put(r)
		f.run, f.marks = 2, 0
		return
	}
	var room [64]byte
	f.unfolded(string(foldRune(room[:0], r)))
}

// unfolded takes what foldRune made of one character.
func (f *folder) unfolded(u string) {
	for _, r := range u {
		switch r {
		case partWord:
			f.part()
			continue
		case voiced, halfVoiced:
			f.voice(r)
			continue
		}
		switch {
		case keptMark(r):
			if f.marks++; f.marks <= maxMarks && f.runes > 0 && !f.space {
				f.loose = true
				f.put(r)
			}
			continue
		case jamo(r):
			f.loose = true
		}
		f.put(r)
		f.marks = 0
		if r >= '0' && r <= '9' {
			f.run = 2
		} else {
			f.run++
		}
	}
}

// voice puts the Japanese voicing mark on the kana before it, and drops it elsewhere.
func (f *folder) voice(mark rune) {
	if f.space || f.runes == 0 {
		return
	}
	base, n := utf8.DecodeLastRune(f.dst)
	if base < 0x3041 || base > 0x30fe {
		return
	}
	pair := norm.NFC.String(string([]rune{base, mark}))
	if utf8.RuneCountInString(pair) == 1 {
		f.dst = append(f.dst[:len(f.dst)-n], pair...)
	}
}
