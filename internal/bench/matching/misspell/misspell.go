// Package misspell makes the mistakes that people make when they type a name, by a
// seed, so that a search or a linkage can be measured on errors nobody has chosen.
//
// One mistake is one of five, each as likely as the others: a letter too many, a letter
// too few, another letter, two neighbours the wrong way round, and the letter of a
// neighbouring key. (Damerau 1964 found four of them in four of five misspelled words;
// the fifth is his third as keyboards cause it.) Every letter of the name is as likely
// to be struck, the first as well. A mistake that the comparison form does not show,
// such as a missing accent, is none.
package misspell

import (
	"math/rand/v2"
	"slices"
	"unicode"

	"github.com/habeas-data/habeas/match/text"
)

// alphabets are the scripts whose words are spelled letter by letter, so that a wrong
// letter is a mistake of typing. Syllables and ideographs are chosen, not spelled.
var alphabets = []*unicode.RangeTable{
	unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Arabic, unicode.Hebrew, unicode.Armenian,
	unicode.Georgian, unicode.Devanagari, unicode.Bengali, unicode.Gujarati, unicode.Gurmukhi, unicode.Tamil,
	unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Thai, unicode.Lao, unicode.Ethiopic,
	unicode.Khmer, unicode.Myanmar, unicode.Mongolian,
}

// rows of a keyboard for Latin letters; neighbours are those left and right, and the
// two above and below.
var rows = []string{"qwertyuiop", "asdfghjkl", "zxcvbnm"}

var neighbours = func() map[rune][]rune {
	near := map[rune][]rune{}
	for y, row := range rows {
		for x, r := range row {
			for _, at := range [][2]int{{y, x - 1}, {y, x + 1}, {y - 1, x}, {y - 1, x + 1}, {y + 1, x - 1}, {y + 1, x}} {
				if at[0] >= 0 && at[0] < len(rows) && at[1] >= 0 && at[1] < len(rows[at[0]]) {
					near[r] = append(near[r], rune(rows[at[0]][at[1]]))
				}
			}
		}
	}
	return near
}()

// script returns which of the alphabets a letter is of, or -1.
func script(r rune) int {
	if r < unicode.MaxASCII {
		return 0
	}
	return slices.IndexFunc(alphabets, func(t *unicode.RangeTable) bool { return unicode.Is(t, r) })
}

// Speller knows the letters of each alphabet. The zero value knows a to z. It is safe
// for concurrent use once nothing is learned any more.
type Speller struct {
	counts  []map[rune]int
	letters [][]rune
}

var latin = []rune("abcdefghijklmnopqrstuvwxyz")

// Learn counts the letters of a name. Call Done when all are learned.
func (s *Speller) Learn(name string) {
	if s.counts == nil {
		s.counts = make([]map[rune]int, len(alphabets))
	}
	for _, r := range name {
		if n := script(r); n > 0 && unicode.IsLetter(r) {
			if s.counts[n] == nil {
				s.counts[n] = map[rune]int{}
			}
			s.counts[n][unicode.ToLower(r)]++
		}
	}
}

// Done settles the alphabets: a letter is of one when at least one letter in a thousand
// of its script is it.
func (s *Speller) Done() {
	s.letters = make([][]rune, len(alphabets))
	for n, counts := range s.counts {
		total := 0
		for _, c := range counts {
			total += c
		}
		for r, c := range counts {
			if c*1000 >= total {
				s.letters[n] = append(s.letters[n], r)
			}
		}
		slices.Sort(s.letters[n]) // a map has no order, and a seed must mean the same each time
	}
}

func (s *Speller) alphabet(n int) []rune {
	if n == 0 || n >= len(s.letters) {
		return latin
	}
	return s.letters[n]
}

// Fits reports whether a name has at least least letters, all of alphabets.
func Fits(name string, least int) bool {
	letters := 0
	for _, r := range name {
		if !unicode.IsLetter(r) {
			continue
		}
		if script(r) < 0 {
			return false
		}
		letters++
	}
	return letters >= least
}

// Misspell returns the name with exactly so many mistakes, as [text.Distance] counts
// them between the comparison forms, or false where that cannot be done.
func (s *Speller) Misspell(r *rand.Rand, name string, mistakes int) (string, bool) {
	folded := text.Fold(name)
	for range 50 {
		wrong := []rune(name)
		for range mistakes {
			wrong = s.mistake(r, wrong)
		}
		if after := text.Fold(string(wrong)); after != "" && text.Distance(folded, after, mistakes) == mistakes {
			return string(wrong), true
		}
	}
	return name, false
}

// mistake makes one, or none where the letters do not allow the one that was drawn.
func (s *Speller) mistake(r *rand.Rand, name []rune) []rune {
	at := pick(r, name)
	if at < 0 {
		return name
	}
	old := name[at]
	letters := s.alphabet(max(0, script(old)))
	if len(letters) == 0 {
		return name
	}
	other := like(letters[r.IntN(len(letters))], old)
	switch r.IntN(5) {
	case 0:
		return slices.Insert(name, at+r.IntN(2), other)
	case 1:
		return slices.Delete(name, at, at+1)
	case 2:
		name[at] = other
	case 3:
		if at+1 < len(name) && unicode.IsLetter(name[at+1]) {
			upper := unicode.IsUpper(old) && !unicode.IsUpper(name[at+1])
			name[at], name[at+1] = name[at+1], old
			if upper {
				name[at], name[at+1] = unicode.ToUpper(name[at]), unicode.ToLower(old)
			}
		}
	case 4:
		if near := neighbours[unicode.ToLower(old)]; len(near) > 0 {
			other = like(near[r.IntN(len(near))], old)
		}
		name[at] = other
	}
	return name
}

// pick draws the place of a letter, each as likely, or -1.
func pick(r *rand.Rand, name []rune) int {
	found, seen := -1, 0
	for i, c := range name {
		if unicode.IsLetter(c) {
			if seen++; r.IntN(seen) == 0 {
				found = i
			}
		}
	}
	return found
}

// like gives a letter the case of another.
func like(letter, other rune) rune {
	if unicode.IsUpper(other) {
		return unicode.ToUpper(letter)
	}
	return letter
}
