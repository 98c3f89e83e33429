package search

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// registry returns invented organisations of invented cities: universities with their
// hospitals, institutes, colleges called after people.
func registry(r *rand.Rand, cities int) []Entity {
	word := func() string {
		w := syllables[r.IntN(len(syllables))] + syllables[r.IntN(len(syllables))] + syllables[r.IntN(len(syllables))]
		return strings.ToUpper(w[:1]) + w[1:]
	}
	countries := []string{"DE", "ES", "JP", "US", "FR", "BR"}
	subjects := strings.Fields("Physics Oncology Economics Forestry Mathematics Surgery History")
	var out []Entity
	add := func(country, city string, names ...string) {
		out = append(out, org(fmt.Sprint(len(out)), country, city, names...))
	}
	for range cities {
		city, country := word(), countries[r.IntN(len(countries))]
		add(country, city, "University of "+city, city+" University")
		if r.IntN(2) == 0 {
			add(country, city, city+" University Hospital", "University Medical Center "+city)
		}
		if r.IntN(2) == 0 {
			add(country, city, "Technical University of "+city)
		}
		add(country, city, city+" Institute of "+subjects[r.IntN(len(subjects))])
		add(country, city, word()+" "+word()+" College")
		add(country, city, word()+" Research Foundation", strings.ToUpper(word()[:4]))
	}
	return out
}

// affiliation writes an entity as an author would.
func affiliation(r *rand.Rand, e *Entity) string {
	name := e.Names[r.IntN(len(e.Names))].Text
	switch r.IntN(8) {
	case 0:
		name = strings.NewReplacer("University", "Univ.", "Institute", "Inst.", "Hospital", "Hosp.").Replace(name)
	case 1:
		name = misspelled(r, name)
	case 2:
		name += " School of Medicine"
	}
	s := []string{}
	for range r.IntN(3) {
		s = append(s, []string{"Department of Physics", "Faculty of Law", "Section of Oncology and Surgery", "Dept. of History", "Laboratory 5"}[r.IntN(5)])
	}
	s = append(s, name)
	if r.IntN(4) > 0 {
		s = append(s, e.Places[0])
	}
	if r.IntN(4) > 0 {
		s = append(s, map[string]string{"DE": "Germany", "ES": "Spain", "JP": "Japan", "US": "USA", "FR": "France", "BR": "Brazil"}[e.Country])
	}
	return strings.Join(s, ", ")
}

// Of what is said to be so probable, about so much is right, also where what is meant is
// not in the index.
func TestMentionsAreAsProbableAsTheySay(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 7))
	all := registry(r, 400)
	known := make([]Entity, 0, len(all))
	for i, e := range all {
		if i%4 > 0 {
			known = append(known, e)
		}
	}
	x := build(t, known)
	var said, right, hits, found, there float64
	for i := range all {
		want := all[i].ID
		if i%4 > 0 {
			there++
		}
		for _, h := range x.Search(Query{Text: affiliation(r, &all[i]), Mode: Mention}).Hits {
			if h.P < 0.5 {
				continue
			}
			hits++
			said += h.P
			if h.ID == want {
				right++
				found++
			}
		}
	}
	precision, recall := right/hits, found/there
	if math.Abs(said-right)/hits > 0.1 {
		t.Errorf("hits are right in %.3f of the cases, and say %.3f", precision, said/hits)
	}
	if precision < 0.85 || recall < 0.85 {
		t.Errorf("precision %.3f, recall %.3f", precision, recall)
	}
	t.Logf("precision %.3f, said %.3f, recall %.3f", precision, said/hits, recall)
}
