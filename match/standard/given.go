package standard

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// A line for each name; see there.
//
//go:embed given.txt
var givenText string

// givenTable holds the forms of each name, and for each form the names it is one of.
type givenTable struct {
	groups [][]string
	of     map[string][]uint16
}

var given = sync.OnceValue(func() givenTable {
	t := givenTable{of: map[string][]uint16{}}
	for line := range strings.Lines(givenText) {
		if line[0] == '#' {
			continue
		}
		words := strings.Fields(line)
		for _, w := range words {
			t.of[w] = append(t.of[w], uint16(len(t.groups)))
		}
		t.groups = append(t.groups, words)
	}
	return t
})

// Nicknames returns the other forms of a folded given name, short, familiar, and in
// other languages: of "william" bill, liam, guillermo and more. The table has some 500
// names with 4,700 forms, from English, German, Spanish, French, Italian, Dutch,
// Polish, Russian and other languages. The result is sorted; nil for names it does not know.
func Nicknames(name string) []string {
	var forms []string
	for _, g := range given().of[name] {
		for _, w := range given().groups[g] {
			if w != name {
				forms = append(forms, w)
			}
		}
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

// SameGiven says that two folded given names are equal or forms of one name. It is
// symmetric and not transitive: Sandy is Alexander and Sandra, who are not each other.
func SameGiven(a, b string) bool {
	if a == b {
		return true
	}
	t := given()
	of := t.of[b]
	for _, g := range t.of[a] {
		if slices.Contains(of, g) {
			return true
		}
	}
	return false
}
