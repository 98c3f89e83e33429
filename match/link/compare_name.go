package link

import (
	"strings"

	"github.com/habeas-data/habeas/match/standard"
	"github.com/habeas-data/habeas/match/text"
)

var givenLevels = []Level{
	{Code: "exact", Text: "same", M: .78, U: .01, Frequency: true},
	{Code: "typo_1", Text: "one letter apart", M: .08, U: .002, Frequency: true},
	{Code: "nickname", Text: "forms of one name", M: .04, U: .002, Frequency: true},
	{Code: "typo_2", Text: "two letters apart", M: .03, U: .003},
	{Code: "part", Text: "partly the same", M: .015, U: .003},
	{Code: "initial", Text: "same initial", M: .015, U: .008},
	{Code: "differs", Text: "different", M: .04, U: .97},
}

var familyLevels = []Level{
	{Code: "exact", Text: "same", M: .80, U: .005, Frequency: true},
	{Code: "swapped", Text: "and given name swapped", M: .01, U: .00001},
	{Code: "typo_1", Text: "one letter apart", M: .08, U: .001, Frequency: true},
	{Code: "typo_2", Text: "two letters apart", M: .03, U: .002},
	{Code: "part", Text: "partly the same", M: .02, U: .001},
	{Code: "initial", Text: "same initial", M: .01, U: .003},
	{Code: "differs", Text: "different", M: .05, U: .98},
}

const familySwapped verdict = 1

// likeness is how alike two names are.
type likeness uint8

const (
	same likeness = iota
	typo1
	nickname
	typo2
	part
	initial
	unlike
)

func compareGiven(a, b *value) verdict { return verdict(alike(a, b, true)) }

// compareFamily leaves out nicknames, which family names do not have.
func compareFamily(a, b *value) verdict {
	return familyOf[alike(a, b, false)]
}

// alike compares two names; forms says whether short and foreign forms count.
func alike(a, b *value, forms bool) likeness {
	x, y := a.text, b.text
	if x == y {
		return same
	}
	short := min(len(x), len(y))
	if short > 1 {
		// Two letters of Al and Li are all of them.
		switch d := text.Distance(x, y, 2); {
		case d <= 1 && short > 2:
			return typo1
		case forms && standard.SameGiven(x, y):
			return nickname
		case d == 2 && short > 4 || short > 3 && text.JaroWinkler(x, y) > .92:
			return typo2
		}
	}
	if short == 1 {
		if x[0] == y[0] {
			return initial
		}
		return unlike
	}
	if short > 2 && (strings.HasPrefix(x, y) || strings.HasPrefix(y, x)) || shareWord(a.parts, b.parts) {
		return part
	}
	if len(a.parts)+len(b.parts) == 2 && text.JaroWinkler(x, y) > .85 {
		return typo2
	}
	return unlike
}

// shareWord reports whether two names of several words have one in common.
func shareWord(a, b []string) bool {
	if len(a) < 2 && len(b) < 2 {
		return false
	}
	for _, x := range a {
		for _, y := range b {
			if x == y && len(x) > 2 {
				return true
			}
		}
	}
	return false
}

// swapped finds out whether the given name of each row is the family name of the
// other, give or take a letter.
func (p *pairing) swapped(i, j int32) bool {
	gi, gj, fi, fj := p.other.ids[i], p.other.ids[j], p.col.ids[i], p.col.ids[j]
	if gi == missing || gj == missing || fi == missing || fj == missing {
		return false
	}
	return alike(&p.other.values[gi], &p.col.values[fj], false) <= typo1 &&
		alike(&p.other.values[gj], &p.col.values[fi], false) <= typo1
}

// What is left of a full name without given and family name: middle names, titles.
var restLevels = []Level{
	{Code: "exact", Text: "have the same other words", M: .70, U: .01},
	{Code: "part", Text: "have other words in common", M: .15, U: .02},
	{Code: "differs", Text: "have different other words", M: .15, U: .97},
}

// compareRest compares the words of two full names that are in neither's given nor
// family name.
func (p *pairing) compareRest(i, j int32) verdict {
	a, b := p.rest[i], p.rest[j]
	if len(a) == 0 || len(b) == 0 {
		return noLevel
	}
	switch n := sharedWords(a, b); {
	case n == min(len(a), len(b)):
		return 0
	case n > 0:
		return 1
	}
	return 2
}

// sharedWords counts the words that a and b have in common, give or take a letter or
// with one as the other's initial.
func sharedWords(a, b []string) int {
	var used uint64
	n := 0
	for _, x := range a {
		for k, y := range b {
			if k < 64 && used&(1<<k) == 0 && sameWord(x, y) {
				used |= 1 << k
				n++
				break
			}
		}
	}
	return n
}

func sameWord(x, y string) bool {
	switch short := min(len(x), len(y)); {
	case x == y:
		return true
	case short == 0 || isNumber(x) || isNumber(y):
		return false
	case short == 1:
		return x[0] == y[0]
	case short < 4:
		return false
	}
	return text.Distance(x, y, 1) == 1
}

func isNumber(s string) bool { return s[0] >= '0' && s[0] <= '9' }

var fullNameLevels = []Level{
	{Code: "exact", Text: "same", M: .60, U: .0005, Frequency: true},
	{Code: "typo", Text: "the same but for a letter or two", M: .15, U: .0005, Frequency: true},
	{Code: "words", Text: "the same but for left out words, initials or short forms", M: .15, U: .001},
	{Code: "most", Text: "mostly the same", M: .04, U: .003},
	{Code: "part", Text: "partly the same", M: .03, U: .03},
	{Code: "differs", Text: "different", M: .03, U: .96},
}

// compareFull compares full names word by word in any order.
func compareFull(a, b *value) verdict {
	if a.text == b.text {
		return 0
	}
	if d := text.Distance(a.text, b.text, 2); d <= 1 || d == 2 && min(len(a.text), len(b.text)) > 8 {
		return 1
	}
	x, y := a.parts, b.parts
	if len(x) > len(y) {
		x, y = y, x
	}
	whole, loose := 0, 0
	var used uint64
	for _, w := range x {
		for k, z := range y {
			if k >= 64 || used&(1<<k) != 0 {
				continue
			}
			if ok := sameWord(w, z); ok || standard.SameGiven(w, z) {
				if ok && len(w) > 1 && len(z) > 1 {
					whole++
				} else {
					loose++
				}
				used |= 1 << k
				break
			}
		}
	}
	switch n := whole + loose; {
	case n == len(x) && n > 1 && whole > 0:
		return 2
	case n > 1 && whole > 0:
		return 3
	case whole > 0:
		return 4
	}
	return 5
}
