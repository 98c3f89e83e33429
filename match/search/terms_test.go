package search

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas/match/text"
)

func listOf(t testing.TB, x *Index, query string) []string {
	t.Helper()
	out := []string{}
	for _, h := range x.Search(Query{Text: query, Mode: Terms, Limit: 20}).Hits {
		out = append(out, h.ID)
	}
	return out
}

func people(t testing.TB) *Index {
	t.Helper()
	x := New(Options{})
	for _, e := range []Entity{
		{ID: "tim", Names: []Name{{Text: "Tim Berger"}, {Text: "Tim Berger Bonn 1984 19840503", Kind: Alias}}},
		{ID: "timothy", Names: []Name{{Text: "Timothy Berger"}, {Text: "Timothy Berger Köln 1985", Kind: Alias}}},
		{ID: "jose", Names: []Name{{Text: "José María Muñoz"}, {Text: "José María Muñoz Sevilla", Kind: Alias}}},
		{ID: "organ", Names: []Name{{Text: "Bonn and Sons"}}},
		{ID: "li", Names: []Name{{Text: "Anna Li"}}},
		{ID: "lill", Names: []Name{{Text: "Anna Lill"}, {Text: "Anna Lill Li", Kind: Alias}}},
	} {
		if err := x.Put(e); err != nil {
			t.Fatal(err)
		}
	}
	return x
}

func TestTermsListsNamesInWhichEachWordStands(t *testing.T) {
	x := people(t)
	for query, want := range map[string][]string{
		"berger":           {"tim", "timothy"},
		"burger":           {"tim", "timothy"},
		"tim berger":       {"tim"},
		"Berger, TIM":      {"tim", "timothy"}, // exactly before by its beginning
		"berger bonn":      {"tim"},
		"bregre":           {}, // two errors are too many for six letters
		"timohty bergre":   {"timothy"},
		"tom berger":       {}, // three letters are forgiven nothing
		"muñoz jose":       {"jose"},
		"munos sevilla":    {"jose"},
		"jose ma":          {}, // two letters begin nothing
		"jose mar":         {"jose"},
		"anna li":          {"li", "lill"}, // the whole name first
		"1984":             {"tim"},
		"1986":             {}, // a number is no misspelled one
		"19840503":         {"tim"},
		"198405":           {"tim"},
		"tim nobody":       {},
		"":                 {},
		"!?":               {},
		"berger berger":    {"tim", "timothy"},
		"bonn sons and":    {"organ"},
		"sons bonn berger": {},
	} {
		if got := listOf(t, x, query); !slices.Equal(got, want) {
			t.Errorf("%q lists %q, want %q", query, got, want)
		}
	}
}

func TestTermsSaysHowCloseAndWhy(t *testing.T) {
	x := people(t)
	ask := func(query string) Hit {
		t.Helper()
		r := x.Search(Query{Text: query, Mode: Terms, Explain: true})
		if len(r.Hits) == 0 || r.None != 1-r.Hits[0].P {
			t.Fatalf("%q: %+v", query, r)
		}
		return r.Hits[0]
	}
	exact, begun, wrong := ask("tim berger"), ask("tim berg"), ask("tim burger")
	if exact.P != 1 || begun.P >= 1 || wrong.P >= begun.P || wrong.P <= 0 {
		t.Errorf("exact %v, begun %v, wrong %v", exact.P, begun.P, wrong.P)
	}
	for code, h := range map[string]Hit{"exact": exact, "prefix": begun, "typo": wrong} {
		if len(h.Reasons) != 2 || h.Reasons[0].Code != "exact" || h.Reasons[1].Code != code {
			t.Errorf("%s: %+v", code, h.Reasons)
		}
	}
	if got := wrong.Reasons[1].Text; got != "one letter differs: burger for berger" {
		t.Error(got)
	}
	if r := x.Search(Query{Text: "nobody", Mode: Terms}); r.None != 1 {
		t.Errorf("%+v", r)
	}
}

// listSlowly is what Terms means, on plain strings.
func listSlowly(names map[string]string, query string) map[string]bool {
	out := map[string]bool{}
	words := text.Words(text.Fold(query))
	for id, name := range names {
		all := len(words) > 0
		for i, w := range words {
			met := false
			for _, n := range text.Words(text.Fold(name)) {
				k := min(forgiven([]byte(w)), 2)
				if forgiven([]byte(n)) == 0 {
					k = 0
				}
				if len([]rune(n)) < minTwo {
					k = 0
				}
				met = met || text.Distance(w, n, k) <= k || i == len(words)-1 && len([]rune(w)) >= 3 && strings.HasPrefix(n, w)
			}
			all = all && met
		}
		if all {
			out[id] = true
		}
	}
	return out
}

func TestTermsFindsWhatComparingAllWordsFinds(t *testing.T) {
	word := rapid.StringMatching(`[abß1]{1,3}[ab]{0,6}`)
	name := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(word, 1, 4).Draw(t, "words"), " ")
	})
	rapid.Check(t, func(t *rapid.T) {
		x, names := New(Options{}), map[string]string{}
		for i, n := range rapid.SliceOfN(name, 1, 12).Draw(t, "names") {
			id := fmt.Sprint(i % 9) // some are replaced
			names[id] = n
			if err := x.Put(Entity{ID: id, Names: []Name{{Text: n}}}); err != nil {
				t.Fatal(err)
			}
		}
		query := strings.Join(rapid.SliceOfN(word, 1, 3).Draw(t, "query"), " ")
		r := x.Search(Query{Text: query, Mode: Terms, Limit: 100})
		want := listSlowly(names, query)
		if len(r.Hits) != len(want) || r.Cut {
			t.Fatalf("%q among %q: %+v, want %v", query, names, r, want)
		}
		for i, h := range r.Hits {
			if !want[h.ID] || h.P <= 0 || h.P > 1 {
				t.Fatalf("%q among %q: %+v", query, names, h)
			}
			if i > 0 && h.P > r.Hits[i-1].P*1.5 { // of about equals the completer name comes first
				t.Fatalf("%q: %v before %v", query, r.Hits[i-1], h)
			}
		}
	})
}

func TestTermsIsBounded(t *testing.T) {
	var all []Entity
	for i := range 2 * termNames {
		all = append(all, Entity{ID: fmt.Sprint(i), Names: []Name{{Text: fmt.Sprintf("anna nr%d", i)}}})
	}
	x, err := Build(context.Background(), slices.Values(all), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r := x.Search(Query{Text: "anna", Mode: Terms, Limit: 7}); !r.Cut || len(r.Hits) != 7 {
		t.Errorf("%d hits, cut %v", len(r.Hits), r.Cut)
	}
	if r := x.Search(Query{Text: "nr39999 anna", Mode: Terms}); r.Cut || len(r.Hits) != 1 || r.Hits[0].ID != "39999" {
		t.Errorf("%+v", r)
	}
	if r := x.Search(Query{Text: strings.Repeat("anna ", 500), Mode: Terms}); len(r.Hits) == 0 || !r.Cut {
		t.Errorf("%d hits, cut %v", len(r.Hits), r.Cut)
	}
}

func FuzzTerms(f *testing.F) {
	x := people(f)
	for _, q := range []string{"", "tim berger", "\xff\xfe", strings.Repeat("a\u0301", 500), "a", "мюллер", "1984 198"} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, query string) {
		r := x.Search(Query{Text: query, Mode: Terms, Explain: true})
		for _, h := range r.Hits {
			if h.P <= 0 || h.P > 1 || len(h.Reasons) == 0 || h.Begin < 0 || h.End > len(query) {
				t.Fatalf("%q: %+v", query, h)
			}
		}
	})
}

func BenchmarkTerms(b *testing.B) {
	var all []Entity
	for i := range 100_000 {
		all = append(all, Entity{ID: fmt.Sprint(i), Names: []Name{{Text: fmt.Sprintf("given%c family%d", 'a'+i%26, i%9973)}}})
	}
	x, err := Build(context.Background(), slices.Values(all), Options{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		x.Search(Query{Text: "givenc family7", Mode: Terms, Limit: 50})
	}
}

func ExampleIndex_Search_terms() {
	x := New(Options{})
	err := x.Put(
		Entity{ID: "1", Names: []Name{{Text: "Tim Berger"}, {Text: "Tim Berger, Bonn, 1984", Kind: Alias}}},
		Entity{ID: "2", Names: []Name{{Text: "Anna Berger"}, {Text: "Anna Berger, Köln, 1990", Kind: Alias}}},
	)
	if err != nil {
		panic(err)
	}
	for _, query := range []string{"koln berger", "burger 1984", "berger münchen"} {
		r := x.Search(Query{Text: query, Mode: Terms, Explain: true})
		fmt.Println(query, len(r.Hits))
		for _, h := range r.Hits {
			fmt.Println(" ", h.ID, h.Reasons[0].Text)
		}
	}
	// Output:
	// koln berger 1
	//   2 the word koln
	// burger 1984 1
	//   1 one letter differs: burger for berger
	// berger münchen 0
}
