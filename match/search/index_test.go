package search

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func town(id, name string, weight float64, aliases ...string) Entity {
	e := Entity{ID: id, Names: []Name{{Text: name}}, Weight: weight, Type: "place"}
	for _, a := range aliases {
		e.Names = append(e.Names, Name{Text: a, Kind: Alias})
	}
	return e
}

// some are a few invented and well-known places among many others.
func some(t testing.TB) *Index {
	entities := invented(2, 3000)
	entities = append(
		entities,
		town("camb-uk", "Cambridge", 120_000), town("camb-us", "Cambridge", 110_000),
		town("york", "York", 150_000), town("ny", "New York", 8_000_000, "NYC", "Νέα Υόρκη"),
		town("sankt", "Sankt Georgenthal an der Wupfe", 2000), town("zur", "Zürich", 400_000),
		town("tokyo", "Tokyo", 9_000_000, "東京"), town("moscow", "Moscow", 12_000_000, "Москва"),
		town("rio", "Rio de Janeiro", 6_000_000),
	)
	return build(t, entities)
}

func ids(r Result) []string {
	var out []string
	for _, h := range r.Hits {
		out = append(out, h.ID)
	}
	return out
}

func TestTheRightNameIsFirst(t *testing.T) {
	x := some(t)
	for _, c := range []struct {
		text  string
		mode  Mode
		want  string
		least float64
	}{
		{"York", Whole, "york", 0.99},
		{"  york ", Whole, "york", 0.99},
		{"Zurich", Whole, "zur", 0.99},
		{"ZÜRICH", Auto, "zur", 0.99},
		{"Zürcih", Whole, "zur", 0.6},
		{"Newyork", Whole, "ny", 0.6},
		{"nyc", Whole, "ny", 0.9},
		{"Riode Janeiro", Whole, "rio", 0.9},
		{"riodejaneiro", Whole, "rio", 0.8},
		{"Janeiro, Rio de", Whole, "rio", 0.8},
		{"Rio Janeiro", Whole, "rio", 0.6},
		{"Sankt Gerogenthal an der Wufpe", Whole, "sankt", 0.9},
		{"Sankt Georgenthal Wupfe", Whole, "sankt", 0.6},
		{"Georgenthal an der Wupfe Sankt", Whole, "sankt", 0.9},
		{"东京", Whole, "", 0},
		{"東京", Whole, "tokyo", 0.99},
		{"москва", Whole, "moscow", 0.99},
		{"new yo", Typing, "ny", 0.2},
		{"newy", Typing, "ny", 0.01},
		{"sankt georgenthal an", Typing, "sankt", 0.9},
		{"georgenth", Typing, "sankt", 0.3},
		{"wupfe georg", Typing, "sankt", 0.3},
		{"sakt georg", Typing, "sankt", 0.3},
		{"snakt georg", Typing, "sankt", 0.3},
	} {
		r := x.Search(Query{Text: c.text, Mode: c.mode})
		if c.want == "" {
			continue
		}
		if len(r.Hits) == 0 || r.Hits[0].ID != c.want || r.Hits[0].P < c.least {
			t.Errorf("%q: %s should be first with %.2f; got %+v, none %.3f", c.text, c.want, c.least, r.Hits[:min(3, len(r.Hits))], r.None)
		}
	}
}

func TestProbabilitiesOfOneAnswer(t *testing.T) {
	x := some(t)
	r := x.Search(Query{Text: "Cambridge"})
	if len(r.Hits) != 2 || math.Abs(r.Hits[0].P-0.5) > 0.05 || math.Abs(r.Hits[1].P-0.5) > 0.05 {
		t.Errorf("two places of one name share the probability: %+v", r.Hits)
	}
	for _, text := range []string{"qxzvkjwq", "xxxxxxxxxxxxxxxxxxxxxxxxx", "jq", "🙂🙂🙂"} {
		if r := x.Search(Query{Text: text, Mode: Whole}); r.None < 0.7 {
			t.Errorf("%q means nothing here: %+v", text, r)
		}
	}
}

func TestFiltersComeBeforeProbabilities(t *testing.T) {
	a, b := town("a", "Springfield", 10), town("b", "Springfield", 10)
	a.Country, a.Type, a.Audience = "US", "city", 0b01
	b.Country, b.Type, b.Audience = "AU", "suburb", 0b10
	x := build(t, append(invented(3, 500), a, b))
	for _, c := range []struct {
		q    Query
		want []string
	}{
		{Query{}, nil},
		{Query{Audience: 0b01}, []string{"a"}},
		{Query{Audience: 0b11}, []string{"a", "b"}},
		{Query{Audience: 0b11, Country: "au"}, []string{"b"}},
		{Query{Audience: 0b11, Types: []string{"city", "village"}}, []string{"a"}},
		{Query{Audience: 0b11, Types: []string{"village"}}, nil},
		{Query{Audience: 0b11, Country: "nowhere"}, nil},
	} {
		for _, mode := range []Mode{Whole, Typing} {
			q := c.q
			q.Text, q.Mode = "Springfield", mode
			r := x.Search(q)
			var got []string
			for _, h := range r.Hits {
				if h.Name == "Springfield" {
					got = append(got, h.ID)
				}
			}
			if slices.Sort(got); !slices.Equal(got, c.want) {
				t.Errorf("%+v: %v, should be %v", q, got, c.want)
			}
			if mode == Whole && len(got) == 1 && r.Hits[0].P < 0.99 {
				t.Errorf("%+v: those who are not seen take no probability: %+v", q, r.Hits)
			}
		}
	}
}

func TestMoreErrorsNeverScoreHigher(t *testing.T) {
	x := some(t)
	r := rand.New(rand.NewPCG(1, 1))
	score := func(q, id string) float64 {
		for _, h := range x.Search(Query{Text: q, Mode: Whole, Limit: 1000}).Hits {
			if h.ID == id {
				return h.P
			}
		}
		return 0
	}
	var c channel
	for _, id := range []string{"zur", "sankt", "rio", "york"} {
		e, _ := x.Get(id)
		name := strings.ToLower(e.Names[0].Text)
		for range 50 {
			one := misspelled(r, name)
			two := misspelled(r, one)
			if x, y := len([]rune(one)), len([]rune(two)); x < 4 || y < 4 {
				continue
			}
			if id == "sankt" && score(name, id) < score(one, id) {
				t.Errorf("%q is less probable than %q", name, one)
			}
			c.set([]byte(one))
			if p := c.logP([]byte(name), 1); p > c.logP([]byte(one), 0) {
				t.Errorf("%q for %q: a misspelling is more probable than the name", one, name)
			}
		}
	}
}

// entityGen draws small entities whose names are often alike.
func entityGen() *rapid.Generator[Entity] {
	name := rapid.StringMatching(`(new |upper )?[abc]{2,6}( [abд]{2,4})?`)
	return rapid.Custom(func(t *rapid.T) Entity {
		e := Entity{
			ID:     rapid.SampledFrom(strings.Split("abcdefghijklmnop", "")).Draw(t, "id"),
			Weight: float64(rapid.IntRange(0, 1000).Draw(t, "weight")),
			Type:   rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "type"),
		}
		for range rapid.IntRange(1, 3).Draw(t, "names") {
			e.Names = append(e.Names, Name{Text: name.Draw(t, "name"), Kind: Kind(rapid.IntRange(0, 3).Draw(t, "kind"))})
		}
		return e
	})
}

// Whatever was put and deleted before, and however the segments were merged, the
// answers are those of an index built of what is left.
func TestWritingEqualsBuildingAnew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := New(Options{})
		now := map[string]Entity{}
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			if rapid.IntRange(0, 3).Draw(t, "what") == 0 {
				id := entityGen().Draw(t, "gone").ID
				n := 0
				if _, ok := now[id]; ok {
					n = 1
				}
				if x.Delete(id, id) != n {
					t.Fatalf("Delete of %q should be %d", id, n)
				}
				delete(now, id)
				continue
			}
			some := rapid.SliceOfN(entityGen(), 1, 6).Draw(t, "put")
			if err := x.Put(some...); err != nil {
				t.Fatal(err)
			}
			for _, e := range some {
				now[e.ID] = e
			}
		}
		var left []Entity
		for _, e := range now {
			left = append(left, e)
		}
		fresh, err := Build(context.Background(), slices.Values(left), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if x.Len() != fresh.Len() || x.Names() != fresh.Names() {
			t.Fatalf("%d entities and %d names, should be %d and %d", x.Len(), x.Names(), fresh.Len(), fresh.Names())
		}
		for range 5 {
			q := Query{
				Text: rapid.StringMatching(`[abc]{1,7}( [abcд]{1,4})?`).Draw(t, "text"), Limit: 1000,
				Mode: rapid.SampledFrom([]Mode{Whole, Typing}).Draw(t, "mode"),
			}
			same(t, q, x.Search(q), fresh.Search(q))
		}
	})
}

func same(t interface{ Fatalf(string, ...any) }, q Query, a, b Result) {
	p := func(r Result) map[string]float64 {
		out := map[string]float64{"": r.None}
		for _, h := range r.Hits {
			out[h.ID+" "+h.Name] = h.P
		}
		return out
	}
	x, y := p(a), p(b)
	for k, v := range x {
		if w, ok := y[k]; !ok || math.Abs(v-w) > 1e-9 {
			t.Fatalf("%+v: %q has %v here and %v in the other\n%v\n%v", q, k, v, w, a, b)
		}
	}
	if len(x) != len(y) {
		t.Fatalf("%+v: %d hits here and %d in the other", q, len(x), len(y))
	}
}

func TestGetGivesBackWhatWasPut(t *testing.T) {
	x := New(Options{})
	e := Entity{
		ID: "id/1", Names: []Name{{"Aß", Alias, "de"}, {"  ", Former, ""}, {strings.Repeat("é", 600), Acronym, "x"}},
		Weight: 1.5, Type: "t", Country: "de", Places: []string{"Here", "Da"}, Audience: 7,
	}
	if err := x.Put(e); err != nil {
		t.Fatal(err)
	}
	got, ok := x.Get("id/1")
	e.Names[2].Text = strings.Repeat("é", 512) // 1 KiB
	if !ok || fmt.Sprint(got) != fmt.Sprint(e) {
		t.Errorf("got %v, put %v", got, e)
	}
	if _, ok := x.Get("id"); ok {
		t.Error("found what was never put")
	}
}

func TestWhatCannotBePutIsRefused(t *testing.T) {
	name := []Name{{Text: "x"}}
	for _, e := range []Entity{
		{},
		{ID: "a"},
		{ID: "a", Names: []Name{{}}},
		{Names: name},
		{ID: strings.Repeat("x", 256), Names: name},
		{ID: "a", Names: name, Country: "DEU"},
		{ID: "a", Names: name, Country: "d1"},
		{ID: "a", Names: name, Type: strings.Repeat("x", 256)},
	} {
		x := New(Options{})
		if x.Put(town("ok", "ok", 1), e) == nil || x.Len() != 0 {
			t.Errorf("%+v was taken", e)
		}
	}
	var many []Entity
	for i := range 300 {
		e := town(fmt.Sprint(i), "x", 1)
		e.Type = fmt.Sprint(i)
		many = append(many, e)
	}
	if New(Options{}).Put(many...) == nil {
		t.Error("300 types were taken")
	}
}

// Readers see a whole state at any time: an entity that is renamed again and again is
// always found under exactly one of its names, while others come and go and segments
// are merged.
func TestReadingWhileWriting(t *testing.T) {
	x := build(t, invented(4, 2000))
	put := func(i int) {
		if err := x.Put(town("it", fmt.Sprintf("Wandelheim %04d", i), 5)); err != nil {
			t.Error(err)
		}
	}
	put(0)
	const writes = 300
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				n := 0
				for _, h := range x.Search(Query{Text: "Wandelheim", Mode: Typing, Limit: 100}).Hits {
					if h.ID == "it" {
						n++
					}
				}
				e, ok := x.Get("it")
				if n != 1 || !ok || !strings.HasPrefix(e.Names[0].Text, "Wandelheim") {
					t.Errorf("found %d times, got %v %v", n, e, ok)
					return
				}
				x.Search(Query{Text: e.Names[0].Text + "x", Mode: Whole})
				x.Stats()
			}
		})
	}
	more := invented(6, writes)
	for i := range writes {
		put(i + 1)
		if err := x.Put(more[i]); err != nil {
			t.Error(err)
		}
		x.Delete(more[i/2].ID)
	}
	close(stop)
	wg.Wait()
	if s := x.Stats(); s.Segments > 10 {
		t.Errorf("%d segments are too many", s.Segments)
	}
	if err := x.Close(); err != nil {
		t.Error(err)
	}
}

// A large merge runs behind the writers, and what is deleted meanwhile stays deleted.
func TestMergingBehind(t *testing.T) {
	entities := invented(9, 3*inline)
	x := build(t, entities[:2*inline])
	for i := 2 * inline; i < len(entities); i += inline / 2 {
		if err := x.Put(entities[i : i+inline/2]...); err != nil {
			t.Fatal(err)
		}
		for _, e := range entities[i-100 : i] {
			if x.Delete(e.ID) != 1 {
				t.Fatalf("%s was not there", e.ID)
			}
		}
	}
	if err := x.Close(); err != nil { // waits
		t.Fatal(err)
	}
	if s := x.Stats(); s.Segments != 1 && s.Segments != 2 || x.Len() != len(entities)-200 {
		t.Errorf("%+v", s)
	}
	for _, e := range entities[2*inline-100 : 2*inline] {
		if _, ok := x.Get(e.ID); ok {
			t.Errorf("%s is back", e.ID)
		}
	}
}

func TestAnyTextIsAnswered(t *testing.T) {
	x := some(t)
	empty := New(Options{})
	for _, q := range []string{
		"", " ", "a", "é", "字", "\xff\xfe\xfd", "new\xffyork", strings.Repeat("a", 10_000), strings.Repeat("字", 10_000),
		"a" + strings.Repeat("\u0301", 10_000), strings.Repeat("a b ", 5_000), strings.Repeat("new york ", 1_000),
		strings.Repeat("\u200d", 100), "\x00\x01", "....", "🙂", strings.Repeat("aaaaaaaab", 8),
	} {
		for _, mode := range []Mode{Auto, Whole, Mention, Typing, 77} {
			for _, limit := range []int{-1, 0, 1, 1 << 40} {
				r := x.Search(Query{Text: q, Mode: mode, Limit: limit, Explain: true})
				if r.None < 0 || r.None > 1 || math.IsNaN(r.None) {
					t.Errorf("%.20q %d: none %v", q, mode, r.None)
				}
				if r := empty.Search(Query{Text: q, Mode: mode}); r.None != 1 || len(r.Hits) > 0 {
					t.Errorf("%.20q: an empty index answers %v", q, r)
				}
			}
		}
	}
}

func FuzzSearch(f *testing.F) {
	x := some(f)
	for _, s := range []string{"York", "new yrok", "Rio Janeiro de", "\xff", "a\u0301\u0301", "東京 tokyo", "NYC", "SGW", "in Zürich, York"} {
		f.Add(s, uint8(0), uint32(0))
	}
	f.Fuzz(func(t *testing.T, s string, mode uint8, audience uint32) {
		q := Query{Text: s, Mode: Mode(mode % 5), Audience: audience, Explain: true, Limit: int(mode)}
		r := x.Search(q)
		sum := r.None
		for _, h := range r.Hits {
			if !(h.P >= 0 && h.P <= 1) || h.Begin < 0 || h.Begin > h.End || h.End > len(s) {
				t.Fatalf("%+v", h)
			}
			sum += h.P
		}
		if q.Mode == Whole && sum > 1+1e-9 {
			t.Fatalf("the probabilities are %v together", sum)
		}
	})
}
