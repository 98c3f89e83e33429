package party

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
)

// shelf is an index with people on it.
type shelf struct {
	*Index
	names map[habeas.PartyID]string
}

func newShelf() shelf { return shelf{NewIndex(), map[habeas.PartyID]string{}} }

func (s shelf) put(name string, v Values) habeas.PartyID {
	id := habeas.PartyID{byte(len(s.names) + 1)}
	s.names[id] = name
	s.Learn(Party{ID: id}, Statement{Party: id, Values: v})
	return id
}

// found names what a search finds, in order.
func (s shelf) found(query string) []string {
	out := []string{}
	for _, a := range s.Find(query, 10) {
		out = append(out, s.names[a.ID])
	}
	return out
}

func person(given, family, born, city, mail string) Values {
	return Values{
		"identity": {"given_name": given, "family_name": family, "birth_date": born}, "address": {"city": city}, "contact": {"email": mail},
	}
}

func newTown() shelf {
	s := newShelf()
	s.put("Tim", person("Tim", "Berger", "1984-05-03", "Bonn", "Tim@Example.org"))
	s.put("Timothy", person("Timothy", "Berger", "1990-01-01", "Köln", "timothy@example.org"))
	s.put("José", person("José María", "Muñoz", "", "Sevilla", ""))
	s.put("Bonn & Sons", Values{"organisation": {"name": "Bonn & Sons"}})
	s.put("member", Values{"membership": {"number": "M-20417"}})
	return s
}

func TestFindTakesWhatStaffType(t *testing.T) {
	s := newTown()
	for query, want := range map[string][]string{
		"berger":            {"Timothy", "Tim"}, // newest first
		"tim berger":        {"Tim"},
		"berger tim":        {"Tim", "Timothy"}, // the last word may be a beginning; the whole name first
		"BERGER, Tim":       {"Tim", "Timothy"},
		"bonn":              {"Bonn & Sons", "Tim"},
		"berger bonn":       {"Tim"},
		"munoz jose":        {"José"},
		"Muñoz  José":       {"José"},
		"josé mar":          {"José"},
		"jo":                {}, // two letters are no beginning
		"1984-05-03":        {"Tim"},
		"1984":              {"Tim"},
		"tim@example.org":   {"Tim"},
		"TIM@":              {"Tim"},
		"m-20417":           {"member"},
		"nobody":            {},
		"tim nobody":        {},
		"burger":            {"Timothy", "Tim"}, // a slip of the finger
		"timohty":           {"Timothy"},
		"tim nobody bonn":   {},
		"03.05.1984":        {"Tim"},
		"1984-05":           {"Tim"},
		"1985":              {}, // a number is no slip
		"1984-05-04":        {},
		"M 20417":           {"member"},
		"20417":             {"member"},
		"m-204":             {"member"},
		"m-20418":           {},
		"tim@example.com":   {},
		"berger tim@exampl": {"Tim"},
		"example":           {}, // the inside of an address is not searched
		"muller":            {},
		"   ":               {},
		"!?":                {},
	} {
		if got := s.found(query); !slices.Equal(got, want) {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
	}
	if got := s.Find("berger", 1); len(got) != 1 {
		t.Errorf("a limit of one gives %d", len(got))
	}
}

func TestAWholeNameComesFirst(t *testing.T) {
	s := newShelf()
	s.put("the very one", person("Anna", "Li", "", "", ""))
	s.put("another", person("Anna", "Lindt", "", "Lima", ""))
	s.put("a third", person("Anna", "Lill", "", "Li", ""))
	if got := s.found("anna li"); got[0] != "the very one" {
		t.Errorf("%q", got)
	}
}

// Proves PTY-5.
func TestLikeFindsPossibleDuplicates(t *testing.T) {
	s := newTown()
	for name, c := range map[string]struct {
		typed Values
		want  []string
	}{
		"the same name, otherwise written": {person("TIM", "bergér", "", "", ""), []string{"Tim"}},
		"name parts swapped":               {person("Berger", "Tim", "", "", ""), []string{"Tim"}},
		"the address alone":                {person("", "", "", "", "timothy@EXAMPLE.org"), []string{"Timothy"}},
		"another number":                   {Values{"membership": {"number": "M-2041"}}, nil},
		"the same number":                  {Values{"membership": {"number": "m 20417"}}, []string{"member"}},
		"an organisation":                  {Values{"organisation": {"name": "bonn &  sons"}}, []string{"Bonn & Sons"}},
		"a given name alone":               {person("Tim", "", "", "", ""), nil},
		"nothing":                          {Values{}, nil},
	} {
		var got []string
		for _, a := range s.Like(c.typed, 8) {
			got = append(got, s.names[a.ID])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestWhoIsForgottenIsFoundNoMore(t *testing.T) {
	s := newTown()
	id := s.Find("tim berger", 1)[0].ID
	s.Forget(id)
	s.Forget(id)
	if got := s.found("berger"); !slices.Equal(got, []string{"Timothy"}) || s.Len() != 4 {
		t.Errorf("%q, %d known", got, s.Len())
	}
	if got := s.Like(person("Tim", "Berger", "", "", "tim@example.org"), 8); len(got) != 0 {
		t.Errorf("still like %v", got)
	}
	s.put("again", person("Tim", "Berger", "", "", ""))
	if got := s.found("tim berger"); !slices.Equal(got, []string{"again"}) {
		t.Errorf("%q", got)
	}
}

func TestWhatWasLearnedIsFoundUntilForgotten(t *testing.T) {
	words := []string{"anna", "berger", "carla", "diaz", "evans"}
	rapid.Check(t, func(t *rapid.T) {
		x := NewIndex()
		said := map[habeas.PartyID]map[string]bool{}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			id := habeas.PartyID{byte(rapid.IntRange(1, 6).Draw(t, "party"))}
			if rapid.IntRange(0, 4).Draw(t, "forget") == 0 {
				x.Forget(id)
				delete(said, id)
				continue
			}
			w := rapid.SampledFrom(words).Draw(t, "word")
			x.Learn(Party{ID: id}, Statement{Party: id, Values: Values{"identity": {"family_name": w}}})
			if said[id] == nil {
				said[id] = map[string]bool{}
			}
			said[id][w] = true
		}
		for _, w := range words {
			want := map[habeas.PartyID]bool{}
			for id, known := range said {
				if known[w] {
					want[id] = true
				}
			}
			got := x.Find(w, 100)
			if len(got) != len(want) || x.Len() != len(said) {
				t.Fatalf("%q: %d found, want %d; %d known, want %d", w, len(got), len(want), x.Len(), len(said))
			}
			for _, a := range got {
				if !want[a.ID] {
					t.Fatalf("%q finds a stranger", w)
				}
			}
		}
	})
}

func TestTheIndexIsUsedByManyAtOnce(t *testing.T) {
	x := NewIndex()
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := range 100 {
				id := habeas.PartyID{byte(n), byte(i), 1}
				x.Learn(Party{ID: id}, Statement{Party: id, Values: person("Tim", fmt.Sprint("Berger", i), "", "Bonn", "")})
				x.Find("tim berger1", 5)
				x.Like(person("Tim", fmt.Sprint("Berger", i), "", "", ""), 5)
				if i%2 == 1 {
					x.Forget(id)
				}
			}
		})
	}
	wg.Wait()
	if x.Len() != 400 {
		t.Errorf("%d known, want 400", x.Len())
	}
}

func BenchmarkFind(b *testing.B) {
	x := NewIndex()
	for i := range 100_000 {
		id := habeas.PartyID{byte(i >> 16), byte(i >> 8), byte(i), 1}
		x.Learn(Party{ID: id}, Statement{Party: id, Values: person(fmt.Sprint("given", i%997), fmt.Sprint("family", i%9973), "", "Bonn", "")})
	}
	for b.Loop() {
		x.Find("given7 family77", 20)
	}
}
