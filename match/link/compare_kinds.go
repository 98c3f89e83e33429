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
	{Code: "exact", Text: "same", M: .80, U: .01, Frequency: true},
	{Code: "typo_1", Text: "one letter apart", M: .08, U: .002, Frequency: true},
	{Code: "short_form", Text: "short form or initial", M: .04, U: .005, Frequency: true},
	{Code: "similar", Text: "similar", M: .03, U: .01, Frequency: false},
	{Code: "differs", Text: "different", M: .05, U: .97, Frequency: false},
}

var familyLevels = []Level{
	{Code: "exact", Text: "same", M: .80, U: .005, Frequency: true},
	{Code: "typo_1", Text: "one letter apart", M: .08, U: .001, Frequency: true},
	{Code: "swapped", Text: "given and family name swapped", M: .02, U: .00001, Frequency: false},
	{Code: "short_form", Text: "short form or initial", M: .02, U: .003, Frequency: true},
	{Code: "similar", Text: "similar", M: .03, U: .01, Frequency: false},
	{Code: "differs", Text: "different", M: .05, U: .98, Frequency: false},
}

const swappedLevel verdict = 2

// The levels of the other kinds.
var (
	textLevels = []Level{
		{Code: "exact", Text: "same", M: .70, U: .001, Frequency: true},
		{Code: "typo", Text: "nearly the same", M: .12, U: .001, Frequency: true},
		{Code: "similar", Text: "similar", M: .10, U: .003, Frequency: false},
		{Code: "related", Text: "partly the same", M: .04, U: .02, Frequency: false},
		{Code: "differs", Text: "different", M: .04, U: .97, Frequency: false},
	}
	placeLevels = []Level{
		{Code: "exact", Text: "same", M: .80, U: .05, Frequency: true},
		{Code: "typo_1", Text: "one letter apart", M: .06, U: .002, Frequency: true},
		{Code: "similar", Text: "similar", M: .04, U: .01, Frequency: false},
		{Code: "differs", Text: "different", M: .10, U: .93, Frequency: false},
	}
	dateLevels = []Level{
		{Code: "exact", Text: "same", M: .80, U: .0005, Frequency: false},
		{Code: "typo_1", Text: "one digit apart", M: .08, U: .002, Frequency: false},
		{Code: "day_month", Text: "day and month swapped", M: .01, U: .00005, Frequency: false},
		{Code: "part", Text: "one part different", M: .05, U: .005, Frequency: false},
		{Code: "near", Text: "two digits apart", M: .03, U: .02, Frequency: false},
		{Code: "differs", Text: "different", M: .03, U: .97, Frequency: false},
	}
	emailLevels = []Level{
		{Code: "exact", Text: "same", M: .75, U: .0002, Frequency: true},
		{Code: "typo", Text: "one or two letters apart", M: .12, U: .0002, Frequency: true},
		{Code: "local", Text: "same before the @", M: .04, U: .0005, Frequency: true},
		{Code: "similar", Text: "similar", M: .03, U: .002, Frequency: false},
		{Code: "differs", Text: "different", M: .06, U: .99, Frequency: false},
	}
	codeLevels = []Level{
		{Code: "exact", Text: "same", M: .85, U: .0002, Frequency: true},
		{Code: "typo_1", Text: "one digit apart", M: .06, U: .0005, Frequency: true},
		{Code: "typo_2", Text: "two digits apart", M: .02, U: .001, Frequency: true},
		{Code: "differs", Text: "different", M: .07, U: .99, Frequency: false},
	}
	postcodeLevels = []Level{
		{Code: "exact", Text: "same", M: .80, U: .001, Frequency: true},
		{Code: "typo_1", Text: "one character apart", M: .06, U: .002, Frequency: true},
		{Code: "area", Text: "same area", M: .05, U: .05, Frequency: false},
		{Code: "differs", Text: "different", M: .09, U: .94, Frequency: false},
	}
	numberLevels = []Level{
		{Code: "exact", Text: "same", M: .85, U: .02, Frequency: true},
		{Code: "typo_1", Text: "one digit apart", M: .05, U: .1, Frequency: false},
		{Code: "differs", Text: "different", M: .10, U: .88, Frequency: false},
	}
	categoryLevels = []Level{
		{Code: "exact", Text: "same", M: .92, U: .3, Frequency: true},
		{Code: "differs", Text: "different", M: .08, U: .7, Frequency: false},
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
