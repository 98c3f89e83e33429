package party

import (
	"slices"
	"strings"

	"github.com/habeas-data/habeas/match/search"
	"github.com/habeas-data/habeas/match/text"
)

// remembered are the fields that parties are found by, in their order in a row.
var remembered = [...][2]string{
	{"identity", "given_name"},
	{"identity", "family_name"},
	{"organisation", "name"},
	{"membership", "number"},
	{"contact", "email"},
	{"identity", "birth_date"},
	{"address", "city"},
	{"organisation", "city"},
	{"identity", "occupation"},
	{"phone", "number"},
	{"address", "street"},
	{"address", "postcode"},
}

// Places in a row.
const (
	atGiven = iota
	atFamily
	atOrganisation
	atNumber
	atEmail
	atBirth
	atCity
	atOrganisationCity
	atOccupation
	atPhone
	atStreet
	atPostcode
	rowLength
)

// row holds the values of remembered, "" where there is none.
type row [rowLength]string

// said returns what values say about the remembered fields.
func said(v Values) row {
	var r row
	for i, f := range remembered {
		r[i] = unmarked(v.Get(f[0], f[1]))
	}
	return r
}

// unmarked is a text without the characters that end a field or a row.
func unmarked(text string) string {
	return strings.Map(func(c rune) rune {
		if c == fieldEnd || c == rowEnd {
			return ' '
		}
		return c
	}, text)
}

// in reports whether a row says all that r says.
func (r *row) in(other *row) bool {
	for i, v := range r {
		if v != "" && v != other[i] {
			return false
		}
	}
	return true
}

// profile is what was said about a party over time, packed into one string: a row of
// values that were said to hold together, and another one each time that something
// else was said, which repeats what was not said anew. The newest is the last.
type profile string

const (
	fieldEnd, rowEnd = '\x1f', '\x1e'
	// maxRows is how many rows are kept: the newest.
	maxRows = 8
)

// rows returns the rows of a profile.
func (p profile) rows() []row {
	if p == "" {
		return nil
	}
	var rows []row
	for one := range strings.SplitSeq(string(p), string(rowEnd)) {
		var r row
		i := 0
		for v := range strings.SplitSeq(one, string(fieldEnd)) {
			r[i] = v
			i++
		}
		rows = append(rows, r)
	}
	return rows
}

// with returns the profile after something was said, and whether that was new.
func (p profile) with(said row) (profile, bool) {
	if said == (row{}) {
		return p, false
	}
	rows := p.rows()
	for i := range rows {
		if said.in(&rows[i]) {
			return p, false
		}
	}
	var next row
	fits := len(rows) > 0
	if fits {
		next = rows[len(rows)-1]
	}
	for i, v := range said {
		fits = fits && (v == "" || next[i] == "" || v == next[i])
		if v != "" {
			next[i] = v
		}
	}
	if fits {
		rows = rows[:len(rows)-1]
	}
	rows = append(rows, next)
	return pack(rows[max(0, len(rows)-maxRows):]), true
}

func pack(rows []row) profile {
	parts := make([]string, len(rows))
	for i := range rows {
		parts[i] = strings.Join(rows[i][:], string(fieldEnd))
	}
	return profile(strings.Join(parts, string(rowEnd)))
}

// names returns under which names the index of words knows a party: what it is called,
// and one that holds all words that staff find it by, the newest first.
func (p profile) names() []search.Name {
	var names []search.Name
	add := func(kind search.Kind, name string) {
		if name != "" && !slices.ContainsFunc(names, func(n search.Name) bool { return n.Text == name }) {
			names = append(names, search.Name{Text: name, Kind: kind})
		}
	}
	var words []string
	rows := p.rows()
	for _, r := range slices.Backward(rows) {
		add(search.Primary, strings.TrimSpace(r[atGiven]+" "+r[atFamily]))
		add(search.Primary, r[atOrganisation])
		for i, v := range r {
			for _, w := range indexed(i, v) {
				if !slices.Contains(words, w) {
					words = append(words, w)
				}
			}
		}
	}
	add(search.Alias, strings.Join(words, " "))
	return slices.DeleteFunc(names, func(n search.Name) bool { return text.Fold(n.Text) == "" })
}

// indexed returns the words that a value is found by.
func indexed(field int, value string) []string {
	switch {
	case value == "" || field > atOccupation:
		return nil
	case field == atEmail:
		return []string{mailWord(value)}
	}
	var words []string
	for _, w := range strings.Fields(value) {
		words = append(words, typed(w)...)
		words = append(words, text.Words(text.Fold(w))...)
	}
	switch field {
	case atNumber: // "M" of "M 20417" tells nobody apart
		words = slices.DeleteFunc(words, func(w string) bool { return !hasDigit(w) })
		if whole := numberWord(value); whole != "" {
			words = append(words, whole)
		}
	case atBirth: // day and month neither
		words = slices.DeleteFunc(words, func(w string) bool { return len(w) < len("1984") })
	}
	return words
}

// Words that stand for a whole e-mail address or membership number. No word that is
// typed looks like them, and their digits make sure that they are met as they are or
// not at all.
const (
	mailMark   = "0e0"
	numberMark = "0n0"
)

// mailWord is an address, or its beginning, as one word: letters and digits stay, but
// what has a digit of its own is told from what is written with one.
func mailWord(address string) string {
	var b strings.Builder
	b.WriteString(mailMark)
	for _, c := range strings.ToLower(address) {
		switch {
		case c >= 'a' && c <= 'z' || c >= '1' && c <= '9':
			b.WriteRune(c)
		case c == '0':
			b.WriteString("00")
		default:
			b.WriteByte('0')
			for ; c > 0; c >>= 4 {
				b.WriteByte('a' + byte(c&15))
			}
			b.WriteByte('z')
		}
	}
	return b.String()
}

// numberWord is a whole membership number as one word, "" when there is none.
func numberWord(number string) string {
	if n := normaliseNumber(number); n != "" {
		return numberMark + strings.ToLower(n)
	}
	return ""
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

// typed returns the words of one typed word, folded. What has digits stays one word, as
// M-20417 and 1984-05-03 are one thing.
func typed(word string) []string {
	words := text.Words(text.Fold(word))
	if len(words) > 1 && hasDigit(word) {
		return []string{strings.Join(words, "")}
	}
	return words
}
