package text

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What foldRune answers beside letters.
const (
	partWord   = '\n'     // a word ends here
	voiced     = '\u3099' // Japanese voicing marks, to be put on the kana before
	halfVoiced = '\u309a'
)

// lowFold holds foldRune for the alphabets from Latin to Tibetan, where nearly all text
// is that is neither ASCII nor East Asian. It is made when the first such text comes.
var lowFold = sync.OnceValue(func() *[0x1000]string {
	t := new([0x1000]string)
	for r := range t {
		if r >= utf8.RuneSelf {
			t[r] = string(foldRune(nil, rune(r)))
		}
	}
	return t
})

// foldRune appends what one character of NFC text folds to: letters and digits, kept
// marks, partWord, or nothing.
func foldRune(dst []byte, r rune) []byte {
	low := unicode.ToLower(unicode.ToUpper(r))
	switch {
	case wholeLetters[low]:
		return utf8.AppendRune(dst, low)
	case r >= 0x3041 && r <= 0x30fe && r != '\u309f' && unicode.IsLetter(r),
		r >= 0xac00 && r <= 0xd7a3:
		return utf8.AppendRune(dst, r)
	case r == '\u309b', r == voiced:
		return utf8.AppendRune(dst, voiced)
	case r == '\u309c', r == halfVoiced:
		return utf8.AppendRune(dst, halfVoiced)
	case dropped(r):
		return dst
	}
	d := norm.NFKD.PropertiesString(string(r)).Decomposition()
	if d == nil {
		return foldSimple(dst, r)
	}
	for _, r := range string(d) {
		if !dropped(r) {
			dst = foldSimple(dst, r)
		}
	}
	return dst
}

// wholeLetters have a mark that nobody leaves out.
var wholeLetters = map[rune]bool{'й': true, 'ї': true, 'ў': true, 'ѓ': true, 'ќ': true}

// foldSimple appends the fold of a character that does not decompose.
func foldSimple(dst []byte, r rune) []byte {
	if r < utf8.RuneSelf {
		switch k := asciiClass[r]; k {
		case classSpace, classPoint, classPlus:
			return append(dst, partWord)
		case classDrop:
			return dst
		case classAnd:
			return append(dst, "\nand\n"...)
		default:
			return append(dst, k)
		}
	}
	r = unicode.ToLower(unicode.ToUpper(r))
	if s, ok := spelled[r]; ok {
		return append(dst, s...)
	}
	switch {
	case r == voiced, r == halfVoiced:
		return utf8.AppendRune(dst, r)
	case unicode.Is(unicode.Nd, r):
		return append(dst, digit(r))
	case unicode.IsLetter(r), unicode.IsNumber(r), keptMark(r):
		return utf8.AppendRune(dst, r)
	case unicode.IsMark(r):
		return dst
	}
	return append(dst, partWord)
}

// dropped says that r vanishes without parting a word: apostrophes, lone accents,
// stress and breathing signs, Hebrew abbreviation signs, what is invisible, and the
// Arabic kashida, which only widens a word.
func dropped(r rune) bool {
	switch r {
	case '\'', '`', '‘', '’', '‛', '′', '´', '¨', '¯', '¸', '׳', '״', 'ـ', 'ʔ', 'ʕ', 'ꞌ', 'Ꞌ':
		return true
	}
	return r >= 0x2b9 && r <= 0x2df ||
		r >= utf8.RuneSelf && (unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Sk, r)) ||
		r == 0x34f || r >= 0xfe00 && r <= 0xfe0f
}

// keptMark says that r is a mark which is part of a letter in its script.
func keptMark(r rune) bool {
	if r < 0x700 {
		return false // Latin, Greek, Cyrillic, Hebrew, Arabic and those for all
	}
	return unicode.IsMark(r) && !unicode.In(r, unicode.Inherited, unicode.Common,
		unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Hebrew, unicode.Arabic, unicode.Syriac)
}

// digit returns the ASCII digit of a decimal digit. They come in runs of ten.
func digit(r rune) byte {
	for _, t := range unicode.Nd.R16 {
		if r <= rune(t.Hi) {
			return '0' + byte((r-rune(t.Lo))%10)
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r <= rune(t.Hi) {
			return '0' + byte((r-rune(t.Lo))%10)
		}
	}
	return '0'
}

// spelled holds letters that Unicode does not decompose and that people without them
// on the keyboard type otherwise, in lower case.
var spelled = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'đ': "d", 'ð': "d", 'þ': "th", 'ł': "l",
	'ħ': "h", 'ı': "i", 'ŋ': "n", 'ŧ': "t", 'ĸ': "k", 'ƒ': "f", 'ə': "a", 'ɛ': "e", 'ɔ': "o",
	'ɓ': "b", 'ƀ': "b", 'ɗ': "d", 'ɖ': "d", 'ƙ': "k", 'ƴ': "y", 'ɲ': "n", 'ƞ': "n", 'ɣ': "g",
	'ǥ': "g", 'ɠ': "g", 'ɡ': "g", 'ʉ': "u", 'ʊ': "u", 'ɨ': "i", 'ɩ': "i", 'ɪ': "i", 'ɵ': "o", 'ɑ': "a",
	'ȼ': "c", 'ɇ': "e", 'ɉ': "j", 'ɍ': "r", 'ɏ': "y", 'ʏ': "y", 'ⱥ': "a", 'ꜳ': "aa", 'ꜵ': "ao",
	'ꜷ': "au", 'ꜹ': "av", 'ꝏ': "oo", 'ɫ': "l", 'ƚ': "l", 'ȴ': "l", 'ƶ': "z", 'ȥ': "z", 'ʒ': "z",
	'ƿ': "w", 'ȝ': "y", 'ǝ': "e", 'ɟ': "j", 'ȷ': "j", 'ƈ': "c", 'ƥ': "p", 'ƭ': "t", 'ⱦ': "t",
	'ʀ': "r", 'ʙ': "b", 'ɢ': "g", 'ʜ': "h", 'ʟ': "l", 'ɴ': "n", 'ꝥ': "th", 'ꝛ': "r", 'ꞑ': "n", 'ꞓ': "c",
	// Arabic letters that are typed for each other; their hamza is a mark and gone.
	'ى': "ي", 'ی': "ي", 'ې': "ي", 'ے': "ي", 'ک': "ك", 'ڪ': "ك", 'ة': "ه", 'ہ': "ه", 'ھ': "ه",
	'ە': "ه", 'ۀ': "ه", 'ۃ': "ه", 'ٱ': "ا",
}
