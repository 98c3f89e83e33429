// Package text brings strings that people wrote into a form in which they can be
// compared, and measures how far apart two of them are. It is the ground that
// searching and linking stand on.
//
//   - [Fold] gives the comparison form, [Romanise] its reading in Latin letters.
//   - [Distance] counts edits; a [Pattern] does so for one string against thousands.
//   - [Edits] says which edits they are, for the few pairs that somebody looks at.
//   - [JaroWinkler] and [Sound] forgive in other ways.
//
// All functions are safe for concurrent use, never panic, and take any bytes: what is
// no UTF-8 counts as U+FFFD. Work is linear in the input up to [MaxRunes] and bounded
// beyond it.
package text

import "strings"

// MaxRunes is how much of one string is looked at. The rest is cut off: nobody's name
// is longer, and no stranger makes a comparison expensive.
const MaxRunes = 1024

// Words splits a folded string at its spaces.
func Words(folded string) []string { return strings.Fields(folded) }

// head returns the first n runes of s.
func head(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// ascii says that every byte of s is below 0x80.
func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
