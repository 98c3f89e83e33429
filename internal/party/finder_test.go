package party

import (
	"fmt"
	"slices"
	"strings"
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
		"the same name, otherwise written": {person("TIM", "bergér", "", "", ""), []string{"Tim", "Timothy"}}, // a short form of it
		"a slip, and the birth date":       {person("Tim", "Bergr", "1984-05-03", "", ""), []string{"Tim"}},
		"an address a letter off":          {person("", "", "", "", "timothi@example.org"), []string{"Timothy"}},
		"somebody else":                    {person("Anna", "Schmidt", "1960-01-02", "Bonn", "anna@example.net"), nil},
		"a town alone":                     {person("", "", "", "Bonn", ""), nil},
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

func is(list []Alike, id habeas.PartyID) bool {
	return slices.ContainsFunc(list, func(a Alike) bool { return a.ID == id })
}

func TestWhoIsForgottenIsFoundNoMore(t *testing.T) {
	s := newTown()
	id := s.Find("tim berger", 1)[0].ID
	s.Forget(id)
	s.Forget(id)
	if got := s.found("berger"); !slices.Equal(got, []string{"Timothy"}) || s.Len() != 4 {
		t.Errorf("%q, %d known", got, s.Len())
	}
	if is(s.Like(person("Tim", "Berger", "1984-05-03", "Bonn", "tim@example.org"), 8), id) {
		t.Error("still alike")
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

func TestWhatIsLearnedIsFoundAtOnceWhileManyAreLearned(t *testing.T) {
	x := NewIndex()
	var wg sync.WaitGroup
	load := func(n byte) {
		for i := range 2 * enoughNews {
			id := habeas.PartyID{n, byte(i), byte(i >> 8), 1}
			x.Learn(Party{ID: id}, Statement{Party: id, Values: person("Tim", fmt.Sprint("Import", i), "", "Bonn", "")})
			if i%5 == 0 {
				x.Forget(id)
			}
		}
	}
	for n := range byte(2) {
		wg.Go(func() { load(n) })
	}
	for n := range 3 {
		wg.Go(func() {
			for i := range 40 {
				id, name := habeas.PartyID{9, byte(n), byte(i)}, fmt.Sprintf("Desk%dx%d", n, i)
				x.Learn(Party{ID: id}, Statement{Party: id, Values: person("Ada", name, "", "", "")})
				if got := x.Find(name, 5); len(got) != 1 || got[0].ID != id {
					t.Errorf("%s: %v", name, got)
				}
				if x.Forget(id); is(x.Find(name, 5), id) || is(x.Like(person("Ada", name, "", "", ""), 5), id) {
					t.Errorf("%s is found after it was forgotten", name)
				}
			}
		})
	}
	wg.Wait()
	if want := 2 * 2 * enoughNews * 4 / 5; x.Len() != want || len(x.Find("tim bonn", 10_000)) != 1000 {
		t.Errorf("%d known, want %d; %d found", x.Len(), want, len(x.Find("tim bonn", 10_000)))
	}
}

func TestAMembersPastIsFoundToo(t *testing.T) {
	s := newShelf()
	id := s.put("Tim", person("Tim", "Berger", "1984-05-03", "Bonn", "tim@example.org"))
	say := func(v Values) { s.Learn(Party{ID: id}, Statement{Party: id, Values: v}) }
	say(Values{"address": {"city": "Köln", "street": "Am Dom 1"}})
	say(Values{"contact": {"email": "berger@example.com"}})
	say(Values{"address": {"city": "Köln"}}) // nothing new
	for _, query := range []string{"berger bonn", "berger koln", "tim bonn koln", "tim@example.org", "berger@example.com"} {
		if got := s.found(query); len(got) != 1 {
			t.Errorf("%q: %q", query, got)
		}
	}
	for name, typed := range map[string]Values{
		"the first address": person("", "", "", "", "tim@example.org"), "the second one": person("", "", "", "", "berger@example.com"),
	} {
		if got := s.Like(typed, 8); len(got) != 1 || got[0].ID != id {
			t.Errorf("%s: %v", name, got)
		}
	}
	for i := range 3 * maxRows {
		say(Values{"address": {"city": fmt.Sprint("Stadt ", i)}})
	}
	if rows := s.known[id].rows(); len(rows) != maxRows || rows[maxRows-1][atFamily] != "Berger" {
		t.Errorf("%d rows", len(rows))
	}
}

func TestASearchSaysWhichWordWasTakenForWhich(t *testing.T) {
	s := newTown()
	for query, want := range map[string][]Reason{
		"berger":      nil,
		"tim berg":    nil,
		"burger tim":  {{Set: "identity", Field: "family_name", Code: "typo", For: true, Typed: "burger", Word: "Berger"}},
		"Tim Burger,": {{Set: "identity", Field: "family_name", Code: "typo", For: true, Typed: "Burger", Word: "Berger"}},
		"sevila":      {{Set: "address", Field: "city", Code: "typo", For: true, Typed: "sevila", Word: "Sevilla"}},
	} {
		got := s.Find(query, 1)
		if len(got) != 1 || !slices.Equal(got[0].Reasons, want) {
			t.Errorf("%q: %+v, want %+v", query, got, want)
		}
		if exact := len(want) == 0; exact && query == "berger" && got[0].P != 1 || !exact && got[0].P >= 1 {
			t.Errorf("%q: %v", query, got[0].P)
		}
	}
}

func TestSpacesInANameAreForgiven(t *testing.T) {
	s := newShelf()
	s.put("Ada", person("Ada", "van der Berg", "", "Bonn", ""))
	s.put("Annamaria", person("Annamaria", "Li", "", "", ""))
	for query, want := range map[string][]string{
		"Ada Vanderberg": {"Ada"}, "adavan der berg": {"Ada"}, "Anna Maria Li": {"Annamaria"}, "Ada Vanderbern": {"Ada"},
		"Ada Vandenberk": {}, "Anna Mari": {}, "a d a": {},
	} {
		got := s.Find(query, 5)
		if names := s.found(query); !slices.Equal(names, want) {
			t.Errorf("%q finds %q, want %q", query, names, want)
		}
		if len(got) == 1 && (len(got[0].Reasons) != 1 || got[0].Reasons[0].Typed != query) {
			t.Errorf("%q: %+v", query, got)
		}
	}
}

func FuzzFind(f *testing.F) {
	s := newTown()
	for _, q := range []string{"", "tim berger", "tim@", "M-20417", "1984-05-03", "\xff\xfe @ \x00", strings.Repeat("a\u0301", 500), "0e0 0n0", "мюллер"} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, query string) {
		for _, a := range append(s.Find(query, 10), s.Like(person(query, query, query, query, query), 10)...) {
			if s.names[a.ID] == "" || !(a.P > 0 && a.P <= 1) {
				t.Fatalf("%q: %+v", query, a)
			}
		}
	})
}

func TestPartiesInOtherScriptsAreFound(t *testing.T) {
	s := newShelf()
	s.put("Müller", person("Jürgen", "Müller", "", "", ""))
	s.put("Иванова", person("Анна", "Иванова", "", "Москва", ""))
	for query, want := range map[string]string{
		"мюллер": "Müller", "mueller": "Müller", "MULLER jurgen": "Müller", "ivanova": "Иванова", "Анна Иванова": "Иванова", "ivanova moskva": "Иванова",
	} {
		if got := s.found(query); !slices.Equal(got, []string{want}) {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
	}
}

// A profile gives back what was packed into it, whatever it holds.
func TestAProfileKeepsItsRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p profile
		var last row
		for range rapid.IntRange(1, 6).Draw(t, "statements") {
			v := Values{}
			for _, f := range remembered {
				if rapid.Bool().Draw(t, "says") {
					v.Put(f[0], f[1], rapid.String().Draw(t, "value"))
				}
			}
			now := said(v)
			p, _ = p.with(now)
			last = now
			if again, changed := p.with(now); changed || again != p {
				t.Fatal("what was said is new again")
			}
		}
		rows := p.rows()
		if last != (row{}) && !slices.ContainsFunc(rows, func(r row) bool { return last.in(&r) }) {
			t.Fatalf("%q is not in %q", last, rows)
		}
		if pack(rows) != p && p != "" {
			t.Fatal("packed otherwise")
		}
	})
}
