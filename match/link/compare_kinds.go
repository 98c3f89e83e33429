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
	FullName:     {fullNameLevels, compareFull},
	Organisation: {organisationLevels, compareOrganisation},
	Street:       {streetLevels, compareStreet},
	Text:         {textLevels, compareText},
	Place:        {placeLevels, comparePlace},
	Date:         {dateLevels, compareDate},
	Email:        {emailLevels, compareEmail},
	Phone:        {phoneLevels, comparePhone},
	Identifier:   {identifierLevels, compareIdentifier},
	Postcode:     {postcodeLevels, comparePostcode},
	HouseNumber:  {numberLevels, compareNumber},
	Category:     {categoryLevels, compareCategory},
}

// The levels of each kind: best agreement first, and how often each is seen among
// matches and others as a rule.
var (
	organisationLevels = []Level{
		{Code: "exact", Text: "same", M: .60, U: .001, Frequency: true},
		{Code: "typo", Text: "the same but for a letter or two", M: .10, U: .0005, Frequency: true},
		{Code: "words", Text: "the same but for left out words", M: .15, U: .002},
		{Code: "most", Text: "mostly the same", M: .07, U: .005},
		{Code: "part", Text: "partly the same", M: .05, U: .03},
		{Code: "differs", Text: "different", M: .03, U: .96},
	}
	streetLevels = []Level{
		{Code: "exact", Text: "same", M: .65, U: .001, Frequency: true},
		{Code: "typo", Text: "the same but for a letter or two", M: .12, U: .0005, Frequency: true},
		{Code: "words", Text: "mostly the same", M: .10, U: .002},
		{Code: "number", Text: "the same with another number", M: .03, U: .003},
		{Code: "part", Text: "partly the same", M: .03, U: .05},
		{Code: "differs", Text: "different", M: .07, U: .94},
	}
	textLevels = []Level{
		{Code: "exact", Text: "same", M: .70, U: .002, Frequency: true},
		{Code: "typo", Text: "the same but for a letter or two", M: .10, U: .001, Frequency: true},
		{Code: "words", Text: "mostly the same", M: .08, U: .005},
		{Code: "part", Text: "partly the same", M: .05, U: .04},
		{Code: "differs", Text: "different", M: .07, U: .95},
	}
	placeLevels = []Level{
		{Code: "exact", Text: "same", M: .76, U: .03, Frequency: true},
		{Code: "typo_1", Text: "one letter apart", M: .06, U: .001, Frequency: true},
		{Code: "similar", Text: "similar", M: .04, U: .003},
		{Code: "part", Text: "partly the same", M: .04, U: .01},
		{Code: "differs", Text: "different", M: .10, U: .95},
	}
	dateLevels = []Level{
		{Code: "exact", Text: "same", M: .80, U: .0002, Frequency: true},
		{Code: "day_month", Text: "with day and month swapped", M: .01, U: .00002},
		{Code: "typo_1", Text: "one digit apart", M: .08, U: .002},
		{Code: "near_date", Text: "a few weeks apart", M: .02, U: .002},
		{Code: "part", Text: "with one of day, month and year different", M: .03, U: .004},
		{Code: "typo_2", Text: "two digits apart", M: .02, U: .015},
		{Code: "year", Text: "in the same year", M: .01, U: .015},
		{Code: "differs", Text: "different", M: .03, U: .96},
	}
	phoneLevels = []Level{
		{Code: "exact", Text: "same", M: .75, U: .0002, Frequency: true},
		{Code: "end", Text: "with the same last seven digits", M: .04, U: .00005},
		{Code: "typo_1", Text: "one digit apart", M: .05, U: .0002},
		{Code: "typo_2", Text: "two digits apart", M: .02, U: .001},
		{Code: "differs", Text: "different", M: .14, U: .998},
	}
	identifierLevels = []Level{
		{Code: "exact", Text: "same", M: .88, U: .00005, Frequency: true},
		{Code: "typo_1", Text: "one character apart", M: .06, U: .0002},
		{Code: "typo_2", Text: "two characters apart", M: .02, U: .001},
		{Code: "differs", Text: "different", M: .04, U: .998},
	}
	postcodeLevels = []Level{
		{Code: "exact", Text: "same", M: .80, U: .002, Frequency: true},
		{Code: "typo_1", Text: "one character apart", M: .07, U: .002},
		{Code: "area", Text: "in the same area", M: .04, U: .02},
		{Code: "differs", Text: "different", M: .09, U: .97},
	}
	numberLevels = []Level{
		{Code: "exact", Text: "same", M: .84, U: .02, Frequency: true},
		{Code: "typo_1", Text: "one digit apart", M: .06, U: .1},
		{Code: "differs", Text: "different", M: .10, U: .88},
	}
	categoryLevels = []Level{
		{Code: "exact", Text: "same", M: .92, U: .3, Frequency: true},
		{Code: "differs", Text: "different", M: .08, U: .7},
	}
)

func compareText(a, b *value) verdict {
	if a.text == b.text {
		return 0
	}
	if closeText(a.text, b.text) {
		return 1
	}
	n := float64(2*sharedWords(a.parts, b.parts)) / float64(len(a.parts)+len(b.parts))
	switch {
	case n >= .66:
		return 2
	case n > .25 || text.JaroWinkler(a.text, b.text) > .9:
		return 3
	}
	return 4
}

// closeText reports whether two texts are two edits apart, short ones only one.
func closeText(a, b string) bool {
	short := min(len(a), len(b))
	d := text.Distance(a, b, 2)
	return d <= 1 && short > 2 || d == 2 && short > 5
}

func compareOrganisation(a, b *value) verdict {
	if a.text == b.text {
		return 0
	}
	if closeText(a.text, b.text) {
		return 1
	}
	n, short, long := sharedWords(a.parts, b.parts), min(len(a.parts), len(b.parts)), max(len(a.parts), len(b.parts))
	switch {
	case n == short && (n > 1 || long == 2 && n == 1):
		return 2
	case 2*n > long || strings.ReplaceAll(a.text, " ", "") == strings.ReplaceAll(b.text, " ", ""):
		return 3
	case n > 0 || text.JaroWinkler(a.text, b.text) > .88:
		return 4
	}
	return 5
}

// compareStreet looks at the number before the words: neighbours share the words.
func compareStreet(a, b *value) verdict {
	if a.text == b.text {
		return 0
	}
	number := a.num == b.num || a.num == 0 || b.num == 0
	if number && closeText(a.text, b.text) {
		return 1
	}
	n, long := sharedWords(a.parts, b.parts), max(len(a.parts), len(b.parts))
	switch {
	case long == 0:
		return 5
	case number && 5*n >= 3*long || number && a.num != 0 && a.num == b.num && n > 0:
		return 2
	case 2*n > long || text.JaroWinkler(a.text, b.text) > .95:
		return 3
	case n > 0:
		return 4
	}
	return 5
}

func comparePlace(a, b *value) verdict {
	if a.text == b.text {
		return 0
	}
	short := min(len(a.text), len(b.text))
	switch d := text.Distance(a.text, b.text, 3); {
	case d == 1 && short > 2:
		return 1
	case d == 2 && short > 4 || d == 3 && short > 7 || text.JaroWinkler(a.text, b.text) > .92:
		return 2
	case sharedWords(a.parts, b.parts) > 0:
		return 3
	}
	return 4
}

const (
	dateTypo1 verdict = iota + 2
	dateNear
	dateOnePart
	dateTypo2
	dateYear
	dateDiffers
)

const nearDays = 40

func compareDate(a, b *value) verdict {
	x, y := a.text, b.text
	if x == y {
		return 0
	}
	d := text.Distance(x, y, 2)
	if len(x) != 8 || len(y) != 8 {
		return [3 + 1]verdict{0, dateTypo1, dateTypo2, dateDiffers}[d]
	}
	year, month, day := x[:4] == y[:4], x[4:6] == y[4:6], x[6:] == y[6:]
	if (a.flags|b.flags)&datePart != 0 {
		switch {
		case year && month:
			return dateOnePart
		case year:
			return dateYear
		}
		return dateDiffers
	}
	near := a.num - b.num
	switch {
	case year && x[4:6] == y[6:] && x[6:] == y[4:6]:
		return 1
	case d == 1:
		return dateTypo1
	case (a.flags|b.flags)&dateBroken == 0 && near <= nearDays && near >= -nearDays:
		return dateNear
	case btoi(year)+btoi(month)+btoi(day) == 2:
		return dateOnePart
	case d == 2:
		return dateTypo2
	case year:
		return dateYear
	}
	return dateDiffers
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func comparePhone(a, b *value) verdict {
	x, y := a.text, b.text
	if x == y {
		return 0
	}
	if len(x) >= 7 && len(y) >= 7 && x[len(x)-7:] == y[len(y)-7:] {
		return 1
	}
	return [...]verdict{0, 2, 3, 4}[text.Distance(x, y, 2)]
}

func compareIdentifier(a, b *value) verdict { return verdict(text.Distance(a.text, b.text, 2)) }

func comparePostcode(a, b *value) verdict {
	x, y := a.text, b.text
	switch {
	case x == y:
		return 0
	case text.Distance(x, y, 1) == 1:
		return 1
	case areaOf(x) == areaOf(y):
		return 2
	}
	return 3
}

// areaOf returns the part of a postcode that names an area: without the last three
// characters when it has letters (Britain, Canada, the Netherlands), else the first
// three digits.
func areaOf(code string) string {
	if len(code) < 5 {
		return code[:min(2, len(code))]
	}
	if strings.ContainsAny(code, "abcdefghijklmnopqrstuvwxyz") {
		return code[:len(code)-3]
	}
	return code[:3]
}

func compareNumber(a, b *value) verdict { return verdict(text.Distance(a.text, b.text, 1)) }

func compareCategory(a, b *value) verdict { return verdict(btoi(a.text != b.text)) }
