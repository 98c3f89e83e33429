package link

import (
	"strings"

	"github.com/habeas-data/habeas/match/text"
)

// schemeOf returns how values of a kind are compared, or nil for kinds that are not.
func schemeOf(k Kind) *scheme { return schemes[k] }

var schemes = map[Kind]*scheme{
	GivenName:    {givenLevels, compareGiven},
	FamilyName:   {familyLevels, compareFamily},
	FullName:     {textLevels, compareText},
	Organisation: {textLevels, compareText},
	Street:       {textLevels, compareText},
	Text:         {textLevels, compareText},
	Place:        {placeLevels, comparePlace},
	Date:         {dateLevels, compareDate},
	Email:        {emailLevels, compareEmail},
	Phone:        {codeLevels, compareCode},
	Identifier:   {codeLevels, compareCode},
	Postcode:     {postcodeLevels, comparePostcode},
	HouseNumber:  {numberLevels, compareNumber},
	Category:     {categoryLevels, compareCategory},
}

var givenLevels = []Level{
	{"exact", "same", .80, .01, true},
	{"typo_1", "one letter apart", .08, .002, true},
	{"short_form", "short form or initial", .04, .005, true},
	{"similar", "similar", .03, .01, false},
	{"differs", "different", .05, .97, false},
}

var familyLevels = []Level{
	{"exact", "same", .80, .005, true},
	{"typo_1", "one letter apart", .08, .001, true},
	{"swapped", "given and family name swapped", .02, .00001, false},
	{"short_form", "short form or initial", .02, .003, true},
	{"similar", "similar", .03, .01, false},
	{"differs", "different", .05, .98, false},
}

const swappedLevel verdict = 2

// The levels of the other kinds.
var (
	textLevels = []Level{
		{"exact", "same", .70, .001, true},
		{"typo", "nearly the same", .12, .001, true},
		{"similar", "similar", .10, .003, false},
		{"related", "partly the same", .04, .02, false},
		{"differs", "different", .04, .97, false},
	}
	placeLevels = []Level{
		{"exact", "same", .80, .05, true},
		{"typo_1", "one letter apart", .06, .002, true},
		{"similar", "similar", .04, .01, false},
		{"differs", "different", .10, .93, false},
	}
	dateLevels = []Level{
		{"exact", "same", .80, .0005, false},
		{"typo_1", "one digit apart", .08, .002, false},
		{"day_month", "day and month swapped", .01, .00005, false},
		{"part", "one part different", .05, .005, false},
		{"near", "two digits apart", .03, .02, false},
		{"differs", "different", .03, .97, false},
	}
	emailLevels = []Level{
		{"exact", "same", .75, .0002, true},
		{"typo", "one or two letters apart", .12, .0002, true},
		{"local", "same before the @", .04, .0005, true},
		{"similar", "similar", .03, .002, false},
		{"differs", "different", .06, .99, false},
	}
	codeLevels = []Level{
		{"exact", "same", .85, .0002, true},
		{"typo_1", "one digit apart", .06, .0005, true},
		{"typo_2", "two digits apart", .02, .001, true},
		{"differs", "different", .07, .99, false},
	}
	postcodeLevels = []Level{
		{"exact", "same", .80, .001, true},
		{"typo_1", "one character apart", .06, .002, true},
		{"area", "same area", .05, .05, false},
		{"differs", "different", .09, .94, false},
	}
	numberLevels = []Level{
		{"exact", "same", .85, .02, true},
		{"typo_1", "one digit apart", .05, .1, false},
		{"differs", "different", .10, .88, false},
	}
	categoryLevels = []Level{
		{"exact", "same", .92, .3, true},
		{"differs", "different", .08, .7, false},
	}
)

func compareText(a, b *value) verdict {
	if a.text == b.text {
		return 0
	}
	s := text.JaroWinkler(a.text, b.text)
	switch {
	case s > .95:
		return 1
	case s > .88:
		return 2
	case s > .75:
		return 3
	}
	return 4
}

func comparePlace(a, b *value) verdict {
	switch {
	case a.text == b.text:
		return 0
	case text.Distance(a.text, b.text, 1) == 1:
		return 1
	case text.JaroWinkler(a.text, b.text) > .88:
		return 2
	}
	return 3
}

func compareDate(a, b *value) verdict {
	if a.text == b.text {
		return 0
	}
	d := text.Distance(a.text, b.text, 2)
	if len(a.text) != 8 || len(b.text) != 8 {
		return [4]verdict{0, 1, 4, 5}[d]
	}
	ya, yb, ma, mb, da, db := a.text[:4], b.text[:4], a.text[4:6], b.text[4:6], a.text[6:], b.text[6:]
	same := btoi(ya == yb) + btoi(ma == mb) + btoi(da == db)
	switch {
	case d == 1:
		return 1
	case ya == yb && ma == db && mb == da:
		return 2
	case same == 2:
		return 3
	case d == 2:
		return 4
	}
	return 5
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func compareEmail(a, b *value) verdict {
	switch {
	case a.text == b.text:
		return 0
	case text.Distance(a.text, b.text, 2) <= 2:
		return 1
	case a.parts[0] == b.parts[0]:
		return 2
	case text.JaroWinkler(a.text, b.text) > .88:
		return 3
	}
	return 4
}

func compareCode(a, b *value) verdict {
	return verdict(min(3, text.Distance(a.text, b.text, 2)))
}

func comparePostcode(a, b *value) verdict {
	switch {
	case a.text == b.text:
		return 0
	case text.Distance(a.text, b.text, 1) == 1:
		return 1
	case len(a.text) > 3 && len(b.text) > 3 && strings.HasPrefix(b.text, a.text[:len(a.text)-3]):
		return 2
	}
	return 3
}

func compareNumber(a, b *value) verdict {
	return verdict(min(2, text.Distance(a.text, b.text, 1)))
}

func compareCategory(a, b *value) verdict {
	if a.text == b.text {
		return 0
	}
	return 1
}
