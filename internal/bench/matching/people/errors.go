package people

import (
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"

	"github.com/habeas-data/habeas/internal/bench/matching/misspell"
)

// Profile says what happens to rows. Each figure is the share of rows, or of values,
// to which it happens.
type Profile struct {
	Name string
	// Repeats is the mean number of further rows of one person.
	Repeats float64
	Typo    float64 // of a value: one mistake; a third of them two
	Missing float64 // of a value of any column but the names
	NoName  float64 // of a name
	Nick    float64 // of a given name that has short forms
	Initial float64 // of a given name
	Swapped float64 // given and family name
	Dates   float64 // of a birth date: a digit, day and month, a year or a month off
	Moved   float64 // another street, postcode and mostly city
	Changed float64 // of a woman's family name
	Renewed float64 // of an e-mail address or telephone number: another one
	Written float64 // of a telephone number, date or street: another way of writing
	Scanned float64 // of a value: what a scanner mistakes for another
	Upper   float64 // all in capitals, without accents
}

// Profiles are the mixes that are measured. None is made after a public file.
var Profiles = []Profile{
	{Name: "light", Repeats: 0.6, Typo: 0.03, Missing: 0.06, Nick: 0.05, Dates: 0.02, Moved: 0.06, Renewed: 0.05, Changed: 0.02, Written: 0.1},
	{
		Name: "heavy", Repeats: 1.2, Typo: 0.16, Missing: 0.18, NoName: 0.03, Nick: 0.15, Initial: 0.06, Swapped: 0.05, Dates: 0.14,
		Moved: 0.15, Renewed: 0.15, Changed: 0.05, Written: 0.3, Upper: 0.05,
	},
	{Name: "ocr", Repeats: 0.8, Typo: 0.02, Missing: 0.08, Initial: 0.04, Dates: 0.03, Moved: 0.04, Renewed: 0.04, Scanned: 0.28, Written: 0.1, Upper: 0.25},
	{Name: "missing", Repeats: 1, Typo: 0.06, Missing: 0.45, NoName: 0.08, Nick: 0.08, Initial: 0.08, Dates: 0.04, Moved: 0.06, Renewed: 0.06, Written: 0.1},
	{Name: "movers", Repeats: 1, Typo: 0.04, Missing: 0.1, Nick: 0.08, Dates: 0.02, Moved: 0.6, Renewed: 0.45, Changed: 0.2, Written: 0.15},
}

var latin misspell.Speller // knows a to z

// spoil makes one row of somebody.
func (p Profile) spoil(r *rand.Rand, v row) row {
	happens := func(share float64) bool { return r.Float64() < share }
	if happens(p.Moved) {
		before := v[city]
		livesIn(r, &v)
		if happens(0.4) { // within the city
			v[city] = before
		}
		v = v.written()
	}
	if v[gender] == "f" && happens(p.Changed) {
		v[family] = familyName(r, drawCulture(r))
		v = v.written()
	}
	if happens(p.Renewed) {
		v[email] = address(r, v[given], v[family], v[birth])
	}
	if happens(p.Renewed) {
		v[phone] = telephone(r, -1)
	}
	if nick := nicknames[strings.ToLower(v[given])]; nick != nil && happens(p.Nick) {
		v[given] = nick[r.IntN(len(nick))]
		v = v.written()
	}
	if happens(p.Initial) {
		v[given] = string([]rune(v[given])[:1])
	}
	if happens(p.Swapped) {
		v[given], v[family] = v[family], v[given]
	}
	if happens(p.Dates) {
		v[birth] = wrongDate(r, v[birth])
	}
	for at := range v {
		v[at] = p.value(r, at, v[at])
	}
	if happens(p.Upper) {
		for _, at := range []int{given, family, street, city} {
			v[at] = strings.ToUpper(v[at])
		}
	}
	return v
}

// value is what becomes of one value.
func (p Profile) value(r *rand.Rand, at int, s string) string {
	name := at == given || at == family
	switch share := p.Missing; {
	case name && r.Float64() < p.NoName, !name && r.Float64() < share:
		return ""
	case s == "":
		return s
	}
	if r.Float64() < p.Written {
		s = otherwise(r, at, s)
	}
	if r.Float64() < p.Scanned {
		s = scanned(r, s)
	}
	if at == gender || at == birth || r.Float64() >= p.Typo {
		return s
	}
	if at == phone || at == postcode {
		return wrongDigit(r, s)
	}
	s, _ = latin.Misspell(r, s, 1+max(0, r.IntN(3)-1))
	return s
}

// wrongDate writes a date as people get it wrong.
func wrongDate(r *rand.Rand, s string) string {
	b := []byte(s)
	switch r.IntN(5) {
	case 0: // day and month the other way round, where a calendar allows it
		if day := s[8:10]; day <= "12" {
			return s[:5] + day + "-" + s[5:7]
		}
		fallthrough
	case 1: // a month off
		b[6] = '1' + byte(r.IntN(9))
		if b[5] == '1' {
			b[6] = '0' + byte(r.IntN(3))
		}
	case 2: // some years off
		b[3] = '0' + byte(r.IntN(10))
	case 3: // a day off
		if b[9] = '0' + byte(r.IntN(9)); b[8] == '3' {
			b[8] = '2'
		} else if b[8] == '0' && b[9] == '0' {
			b[9] = '1'
		}
	case 4: // the year only
		return s[:5] + "01-01"
	}
	return string(b)
}

func wrongDigit(r *rand.Rand, s string) string {
	b := []byte(s)
	var digits []int
	for i, c := range b {
		if '0' <= c && c <= '9' {
			digits = append(digits, i)
		}
	}
	if len(digits) < 2 {
		return s
	}
	i := r.IntN(len(digits) - 1)
	if r.IntN(2) == 0 {
		b[digits[i]], b[digits[i+1]] = b[digits[i+1]], b[digits[i]]
	} else {
		b[digits[i]] = '0' + byte(r.IntN(10))
	}
	return string(b)
}

var shortened = strings.NewReplacer(" Road", " Rd", " Street", " St", " Avenue", " Ave", " Lane", " Ln", " Close", " Cl",
	" Drive", " Dr", " Gardens", " Gdns", " Crescent", " Cres", " Place", " Pl", " Court", " Ct", " Terrace", " Ter", "Flat ", "Apt ")

// otherwise writes the same another way.
func otherwise(r *rand.Rand, at int, s string) string {
	switch at {
	case phone:
		return [...]string{"+44 " + s[1:], strings.ReplaceAll(s, " ", ""), "0044" + strings.ReplaceAll(s[1:], " ", ""), s[:5] + "-" + s[6:]}[r.IntN(4)]
	case street:
		return shortened.Replace(s)
	case postcode:
		return strings.ToLower(strings.ReplaceAll(s, " ", ""))
	case given, family:
		if strings.Contains(s, " ") {
			if r.IntN(2) == 0 {
				return strings.ReplaceAll(s, " ", "-")
			}
			return s[:strings.IndexByte(s, ' ')]
		}
	}
	return s
}

// mistaken is what a scanner reads for something else.
var mistaken = []struct{ from, to string }{
	{"l", "1"},
	{"1", "l"},
	{"o", "0"},
	{"0", "O"},
	{"rn", "m"},
	{"m", "rn"},
	{"cl", "d"},
	{"S", "5"},
	{"5", "S"},
	{"B", "8"},
	{"8", "B"},
	{"i", "l"},
	{"l", "i"},
	{"e", "c"},
	{"c", "e"},
	{"h", "b"},
	{"u", "ii"},
	{"t", "f"},
	{"2", "Z"},
	{"vv", "w"},
	{"n", "ri"},
}

// scanned replaces one or two things that look alike, or drops an accent or a space.
func scanned(r *rand.Rand, s string) string {
	for range 1 + r.IntN(2) {
		if at := strings.IndexByte(s, ' '); at > 0 && r.IntN(8) == 0 {
			s = s[:at] + s[at+1:]
			continue
		}
		start := r.IntN(len(mistaken))
		for i := range mistaken {
			m := mistaken[(start+i)%len(mistaken)]
			if at := strings.Index(s, m.from); at >= 0 {
				s = s[:at] + m.to + s[at+len(m.from):]
				break
			}
		}
	}
	if i := slices.IndexFunc([]rune(s), func(c rune) bool { return c > unicode.MaxASCII }); i >= 0 && r.IntN(2) == 0 {
		plain := []rune(s)
		plain[i] = '?'
		s = string(plain)
	}
	return s
}
