package link

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

var namesakesHeader = []string{"first_name", "surname", "dob", "email", "postcode", "city"}

func namesakesFields() []Field {
	kinds := []Kind{GivenName, FamilyName, Date, Email, Postcode, Place}
	fields := make([]Field, len(kinds))
	for i, k := range kinds {
		fields[i] = Field{Name: namesakesHeader[i], Kind: k}
	}
	return fields
}

// newNamesakes invents rows of which many have the same names, addresses of e-mail that
// are made from the names, and cities that follow from postcodes; one person in six has
// a second row.
func newNamesakes(seed uint64, rows int) *crowd {
	c := &crowd{r: rand.New(rand.NewPCG(seed, 11))}
	size := math.Sqrt(float64(rows))
	c.given, c.family = c.invent(100+int(size/3), 2, 8), c.invent(200+int(2*size), 3, 15)
	c.cities = c.invent(60, 2, 3)
	hosts := []string{"mail.example", "post.example", "web.example", "inbox.example"}
	place := func() (string, string) {
		at := c.r.IntN(600)
		return fmt.Sprintf("%05d", 10000+at*37), c.cities.names[at/10]
	}
	email := func(given, family string) string {
		number := ""
		if c.chance(.75) {
			number = fmt.Sprintf("%04d", c.r.IntN(10000))
		}
		return given + "." + family + number + "@" + hosts[c.r.IntN(len(hosts))]
	}
	for len(c.rows) < rows {
		row := []string{c.pick(c.given), c.pick(c.family), c.born(), "", "", ""}
		row[3] = email(row[0], row[1])
		row[4], row[5] = place()
		c.rows, c.who = append(c.rows, row), append(c.who, c.people)
		if c.chance(1. / 6) {
			again := append([]string(nil), row...)
			for col, p := range []float64{.1, .1, .1, .1, .05, .05} {
				if c.chance(p) {
					again[col] = c.typo(again[col])
				}
			}
			if c.chance(.15) {
				again[4], again[5] = place()
			}
			if c.chance(.15) {
				again[3] = email(again[0], again[1])
			}
			for col, p := range []float64{0, 0, .05, .1, .05, .05} {
				if c.chance(p) {
					again[col] = ""
				}
			}
			c.rows, c.who = append(c.rows, again), append(c.who, c.people)
		}
		c.people++
	}
	c.rows, c.who = c.rows[:rows], c.who[:rows]
	c.r.Shuffle(len(c.rows), func(i, j int) {
		c.rows[i], c.rows[j] = c.rows[j], c.rows[i]
		c.who[i], c.who[j] = c.who[j], c.who[i]
	})
	return c
}

// What follows from a name or a postcode is no evidence a second time: people of one name
// whose addresses of e-mail are made from it are not one person.
func TestNamesakesStayApart(t *testing.T) {
	c := newNamesakes(1, 12_000/slower/slower)
	r, err := Link(t.Context(), namesakesHeader, all(c.rows), Options{Fields: namesakesFields()})
	if err != nil {
		t.Fatal(err)
	}
	precision, recall, _ := c.f1(r.Cluster)
	if precision < .95 || recall < .93 {
		t.Errorf("precision %.3f, recall %.3f", precision, recall)
	}
}

// Whether day or month comes first is learned from the dates of the column that tell.
func TestDatesAreReadInTheOrderOfTheirColumn(t *testing.T) {
	for _, test := range []struct{ telling, date, same string }{
		{"5/%d/1970", "03/04/1970", "1970-03-04"},
		{"%d/5/1970", "03/04/1970", "1970-04-03"},
	} {
		var rows [][]string
		for day := 13; day < 29; day++ {
			rows = append(rows, []string{fmt.Sprintf(test.telling, day)})
		}
		rows = append(rows, []string{test.date}, []string{test.same})
		r := newRun(t.Context(), Options{Fields: []Field{{Name: "born", Kind: Date}}, Workers: 1})
		if err := r.read([]string{"born"}, all(rows)); err != nil {
			t.Fatal(err)
		}
		at := r.fr.places()
		if ids := r.fr.cols[0].ids; ids[at[16]] != ids[at[17]] {
			t.Errorf("%s is not %s beside %s", test.date, test.same, rows[0][0])
		}
	}
}

// What an address of e-mail has of the names of its row, and what is left of it.
func TestNamesInAddresses(t *testing.T) {
	for _, test := range []struct{ local, rest string }{
		{"ann.richardson", ""},
		{"arichardson", ""},
		{"annr", ""},
		{"richardson_ann1970", "1970"},
		{"ann.richardsen", ""},
		{"skaterann", "skater"},
		{"bluebird", "bluebird"},
	} {
		names := []string{"ann", "richardson"}
		marked, rest := abstract(test.local, names)
		if rest != test.rest {
			t.Errorf("%s: %q is left, want %q", test.local, rest, test.rest)
		}
		if got := spell(marked, names); test.local != "ann.richardsen" && test.local != "skaterann" && got != test.local {
			t.Errorf("%s is spelled %s", test.local, got)
		}
	}
}
