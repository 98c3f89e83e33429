package link

import (
	"testing"

	"pgregory.net/rapid"
)

// Whatever two values are, comparing them never finds more than their outlines allow.
func TestOutlinesNeverPromiseTooLittle(t *testing.T) {
	for kind, bound := range bounds {
		letters := []rune("aabcdeilmnorst  019.@-é日本ш")
		if kind == Date || kind == Phone {
			letters = []rune("0011223456789-")
		}
		rapid.Check(t, func(rt *rapid.T) {
			x := rapid.OneOf(rapid.StringOfN(rapid.SampledFrom(letters), 0, 14, -1), rapid.SampledFrom(outlineSeeds[kind])).Draw(rt, "x")
			y := mistaken(rt, x, letters)
			if rapid.Bool().Draw(rt, "another") {
				y = rapid.OneOf(rapid.StringOfN(rapid.SampledFrom(letters), 0, 14, -1), rapid.SampledFrom(outlineSeeds[kind])).Draw(rt, "y")
			}
			a, b := standardise(kind, x), standardise(kind, y)
			if a.text == "" || b.text == "" || a.same(&b) {
				return
			}
			oa, ob := outlineOf(kind, &a), outlineOf(kind, &b)
			got := schemeOf(kind).compare(&a, &b)
			if best := bound(&oa, &ob); best > got && got > 0 || best == 0 {
				rt.Fatalf("%s %q and %q: level %d, at best %d", kind, a.text, b.text, got, best)
			}
			if best, back := bound(&oa, &ob), bound(&ob, &oa); best != back {
				rt.Fatalf("%s %q and %q: %d, the other way round %d", kind, a.text, b.text, best, back)
			}
		})
	}
}

// outlineSeeds are values in which mistakes of their kind show.
var outlineSeeds = map[Kind][]string{
	GivenName:    {"Elizabeth", "Liz", "Anna Maria", "Ann", "J", "William", "Bill", "Jean-Luc", "Александра"},
	FamilyName:   {"Hartmann", "van der Berg", "Garcia Lopez", "O'Neil", "Li", "X"},
	FullName:     {"Otto van Dahlen", "Dahlen, Otto", "Dr. Ann B. Lee"},
	Organisation: {"Linden & Sons Ltd", "Linden Sons", "Bank of Linden"},
	Date:         {"1970-03-04", "1970-04-03", "1970-03-14", "1969-12-30", "1971", "1861-81-01", "1970-12-31", "1971-01-02"},
	Email:        {"otto.dahlen@mail.example", "otto@post.example", "o.dahlen1970@mail.example"},
	Phone:        {"+49 30 1234567", "030 1234567", "1234"},
	Street:       {"12 Linden Road", "Linden Rd 14", "Linden Road", "3/12 Oak Hill"},
	HouseNumber:  {"12", "12a", "1"},
	Place:        {"Neustadt", "Bad Neustadt", "St Ives", "Saint Ives"},
	Postcode:     {"AB1 2CD", "AB1 2CE", "10115", "10117", "123"},
	Identifier:   {"AX-4711-08", "AX-4711-09", "4711"},
	Category:     {"f", "m", "female"},
	Text:         {"a few words", "words, a few more"},
}

// mistaken changes a rune or two.
func mistaken(rt *rapid.T, s string, letters []rune) string {
	r := []rune(s)
	for range rapid.IntRange(0, 3).Draw(rt, "mistakes") {
		at := rapid.IntRange(0, len(r)).Draw(rt, "at")
		switch c := rapid.SampledFrom(letters).Draw(rt, "letter"); {
		case at == len(r):
			r = append(r, c)
		case c < 'd':
			r = append(r[:at:at], r[at+1:]...)
		case at+1 < len(r) && c < 'n':
			r[at], r[at+1] = r[at+1], r[at]
		default:
			r[at] = c
		}
	}
	return string(r)
}
