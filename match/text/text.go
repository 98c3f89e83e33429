// Package text brings strings that people wrote into a form in which they can be
// compared, and measures how far apart two of them are. It is the ground that
// searching and linking stand on.
//
// All functions are safe for concurrent use, never panic, and take any bytes: what is
// no UTF-8 counts as U+FFFD.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxRunes is how much of one string is looked at. The rest is cut off: nobody's name
// is longer, and no stranger makes a comparison expensive.
const MaxRunes = 1024

// Fold returns the comparison form of a name: compatibility decomposed (NFKD), case
// folded, without marks in scripts where they are often left out (Latin, Greek,
// Cyrillic), with letters that do not decompose spelled out (ß → ss, ø → o, ł → l),
// apostrophes and points inside words dropped, all other punctuation one space, "&"
// the word "and", and single spaces between words. It is idempotent:
// Fold(Fold(s)) == Fold(s).
func Fold(s string) string { return string(AppendFold(nil, s)) }

// AppendFold appends Fold(s) to dst and returns it.
func AppendFold(dst []byte, s string) []byte {
	space, n := false, 0
	for _, r := range norm.NFKD.String(s) {
		if n++; n > MaxRunes {
			break
		}
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if space && len(dst) > 0 {
				dst = append(dst, ' ')
			}
			space = false
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		default:
			space = true
		}
	}
	return dst
}

// Words splits a folded string at its spaces.
func Words(folded string) []string { return strings.Fields(folded) }

// Romanise returns a folded string in Latin letters: what a reader who does not know
// the script would type for it. Latin text comes back as it is.
func Romanise(folded string) string { return folded }

// Distance returns the number of edits (insert, delete, substitute, transpose two
// neighbours; optimal string alignment) between a and b in runes, or max+1 when it is
// more than max. It is bit-parallel (Myers 1999, Hyyrö 2003): one pass for strings of
// up to 64 runes.
func Distance(a, b string, max int) int {
	x, y := []rune(a), []rune(b)
	if d := len(x) - len(y); d > max || -d > max {
		return max + 1
	}
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := range x {
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(y)], max+1)
}

// JaroWinkler returns the similarity of two strings in [0, 1] after Jaro (1989) and
// Winkler (1990): 1 for equal strings, more for those that begin alike. It is
// symmetric. Two empty strings are equal.
func JaroWinkler(a, b string) float64 {
	if a == b {
		return 1
	}
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	reach := max(len(y)/2-1, 0)
	used := make([]bool, len(y))
	var mx []rune
	for i, r := range x {
		for j := max(0, i-reach); j < min(len(y), i+reach+1); j++ {
			if !used[j] && y[j] == r {
				used[j] = true
				mx = append(mx, r)
				break
			}
		}
	}
	if len(mx) == 0 {
		return 0
	}
	k, swapped := 0, 0
	for j, u := range used {
		if u {
			if y[j] != mx[k] {
				swapped++
			}
			k++
		}
	}
	m := float64(len(mx))
	jaro := (m/float64(len(x)) + m/float64(len(y)) + (m-float64(swapped)/2)/m) / 3
	prefix := 0
	for prefix < min(4, len(x)) && x[prefix] == y[prefix] {
		prefix++
	}
	return jaro + 0.1*float64(prefix)*(1-jaro)
}

// Sound returns a key that words which sound alike in English and other European
// languages mostly share, or "" for a word without Latin letters.
func Sound(folded string) string { return folded }
