package word

import (
	"encoding/binary"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folds maps the runes below its length to what they are compared as: lower case without
// accents. 0 is for runes that are dropped, such as combining accents.
var folds = sync.OnceValue(func() *[0x2000]uint16 {
	t := &[0x2000]uint16{}
	var buf [32]byte
	for r := range rune(len(t)) {
		folded := unicode.ToLower(r)
		if unicode.IsLetter(r) {
			// The first rune of a decomposition is the letter, what follows its accents. Scripts
			// past Greek and Cyrillic keep theirs, which are vowels there.
			if r < 0x530 || r >= 0x1E00 {
				folded, _ = utf8.DecodeRune(norm.NFD.AppendString(buf[:0], string(folded)))
			}
		}
		if s, ok := single[folded]; ok {
			folded = s
		}
		if r >= 0x300 && r < 0x370 {
			folded = 0
		}
		t[r] = uint16(folded)
	}
	return t
})

// single holds letters that do not decompose and are written with another where a keyboard
// lacks them.
var single = map[rune]rune{
	'ø': 'o', 'đ': 'd', 'ð': 'd', 'ł': 'l', 'ħ': 'h', 'ı': 'i', 'ŧ': 't', 'ŋ': 'n', 'ς': 'σ',
}

// AppendFolded appends a text as it is compared: lower case, without accents, ß as ss.
func AppendFolded(dst, text []byte) []byte {
	table := folds()
	for i := 0; i < len(text); {
		if b := text[i]; b < utf8.RuneSelf {
			if 'A' <= b && b <= 'Z' {
				b |= 0x20
			}
			dst = append(dst, b)
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		i += n
		dst = appendRune(dst, table, r)
	}
	return dst
}

func appendRune(dst []byte, table *[0x2000]uint16, r rune) []byte {
	switch r {
	case 'ß', 'ẞ':
		return append(dst, "ss"...)
	case 'æ', 'Æ', 'ǽ':
		return append(dst, "ae"...)
	case 'œ', 'Œ':
		return append(dst, "oe"...)
	case 'þ', 'Þ':
		return append(dst, "th"...)
	case '’', 'ʼ':
		return append(dst, '\'')
	}
	if int(r) < len(table) {
		if r = rune(table[r]); r == 0 {
			return dst
		}
	}
	return utf8.AppendRune(dst, r)
}

// Hash is the hash of a word by which it is found in the dictionary. The word has to be
// folded. It takes eight bytes at a time, so that a scan can have it almost for free.
func Hash(folded []byte) uint32 {
	h := uint64(Seed)
	for len(folded) >= 8 {
		h = Step(h, binary.LittleEndian.Uint64(folded))
		folded = folded[8:]
	}
	if len(folded) > 0 {
		var last [8]byte
		copy(last[:], folded)
		h = Step(h, binary.LittleEndian.Uint64(last[:]))
	}
	return uint32(h)
}

// Seed is the hash of no word.
const Seed = 0x2545F4914F6CDD1D

// HashShort is Hash of a word of one to eight bytes, given in the low bytes.
func HashShort(eight uint64) uint32 { return uint32(Step(Seed, eight)) }

// Step takes eight bytes more into a hash.
func Step(h, eight uint64) uint64 {
	h = (h ^ eight) * 0x9E3779B97F4A7C15
	return h ^ h>>32
}
