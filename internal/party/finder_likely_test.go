package party

import (
	"testing"

	"github.com/habeas-data/habeas/internal/bench/matching/people"
)

// columns are where the columns of an invented row belong.
var columns = [][2]string{
	{"identity", "given_name"},
	{"identity", "family_name"},
	{"identity", "birth_date"},
	{"identity", "gender"},
	{"contact", "email"},
	{"phone", "number"},
	{"address", "street"},
	{"address", "postcode"},
	{"address", "city"},
}

// invented returns some columns of an invented row.
func invented(row []string, of ...int) Values {
	v := Values{}
	for _, at := range of {
		if f := columns[at]; row[at] != "" {
			v.Put(f[0], f[1], row[at])
		}
	}
	return v
}

// TestHintsAreAsLikelyAsTheySay enters people of whom half are known, and counts how
// many of those that a hint calls likely are them. Proves PTY-5.
func TestHintsAreAsLikelyAsTheySay(t *testing.T) {
	errors := people.Profile{Typo: .05, Missing: .1, Nick: .05, Dates: .02}
	for _, n := range []int{300, 10_000} {
		set, others := people.New(uint64(n)+31, n, errors), people.New(32, 1000, errors)
		x := NewIndex()
		for i := range n {
			x.Learn(Party{ID: numbered(i)}, Statement{Values: invented(set.Row(i), 0, 1, 2, 4, 5, 6, 7, 8)})
		}
		for name, of := range map[string][]int{
			"name": {0, 1}, "name and town": {0, 1, 8}, "name and birth date": {0, 1, 2}, "name and e-mail": {0, 1, 4}, "name and phone": {0, 1, 5},
		} {
			var called, right [3]int // perhaps, probably, very likely
			known, found := 0, 0
			for i := range 400 {
				at := i * 7919 % n
				known++
				for who, row := range [][]string{set.Another(at), others.Row(i)} {
					for _, a := range x.Like(invented(row, of...), 8) {
						same, as := who == 0 && a.ID == numbered(at), 0
						switch {
						case a.P >= .95:
							as = 2
						case a.P >= .6:
							as = 1
						}
						called[as]++
						if same {
							right[as]++
							found++
						}
					}
				}
			}
			t.Logf("%d people, %s: %d of %d found; called %v, right %v", n, name, found, known, called, right)
			if float64(right[2]) < .9*float64(called[2]) {
				t.Errorf("%d people, %s: of %d very likely ones %d are right", n, name, called[2], right[2])
			}
			if float64(right[1]) < .5*float64(called[1]) {
				t.Errorf("%d people, %s: of %d probable ones %d are right", n, name, called[1], right[1])
			}
			if found < known*85/100 {
				t.Errorf("%d people, %s: %d of %d found", n, name, found, known)
			}
		}
	}
}
