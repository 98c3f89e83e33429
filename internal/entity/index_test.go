package entity

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// thing is an entity with names and further attributes.
func thing(t Type, more []Attribute, names ...string) Entity {
	d := Description{Type: t}
	for i, n := range names {
		a := Attribute{Name: AttrAlias, Value: n}
		if i == 0 {
			a.Name = AttrName
		}
		d.Attributes = append(d.Attributes, a)
	}
	d.Attributes = append(d.Attributes, more...)
	return Entity{ID: NewID(), State: Active, Version: 1, Description: d}
}

func sequence(all ...Entity) iter.Seq2[Entity, error] {
	return func(yield func(Entity, error) bool) {
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func built(t testing.TB, all ...Entity) *Index {
	t.Helper()
	x, err := BuildIndex(context.Background(), sequence(all...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x
}

func ask1(t testing.TB, x *Index, q Question) Answer {
	t.Helper()
	a, err := x.Find(q)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func labels(a Answer) []string {
	var out []string
	for _, h := range a.Hits {
		out = append(out, h.Label)
	}
	return out
}

var (
	berlin  = thing(Organization, []Attribute{{Name: AttrCountry, Value: "DE"}, {Name: AttrPlace, Value: "Berlin"}}, "Free University of Berlin", "Freie Universität Berlin")
	cambr   = thing(Organization, []Attribute{{Name: AttrCountry, Value: "GB"}, {Name: AttrPlace, Value: "Cambridge"}}, "University of Cambridge")
	madrid  = thing(Location, []Attribute{{Name: AttrCountry, Value: "ES"}, {Name: AttrWeight, Value: "3300000"}}, "Madrid")
	hospice = thing(Organization, nil, "Hospice of Saint Bride")
)

func TestAQuestionIsForgiving(t *testing.T) {
	x := built(t, berlin, cambr, madrid, hospice)
	for _, tt := range []struct {
		q    Question
		want string
	}{
		{Question{Text: "Universitey of Cambrydge"}, "University of Cambridge"},
		{Question{Text: "freie universitat berlin"}, "Free University of Berlin"},
		{Question{Text: "Madird"}, "Madrid"},
		{Question{Text: "hosp", Typing: true}, "Hospice of Saint Bride"},
		{Question{Text: "University of Cambridge", Country: "gb", Types: []Type{Organization}}, "University of Cambridge"},
		{Question{Text: cambr.ID.String()}, "University of Cambridge"},
	} {
		if a := ask1(t, x, tt.q); len(a.Hits) == 0 || a.Hits[0].Label != tt.want {
			t.Errorf("%+v: %v", tt.q, labels(a))
		}
	}
	for _, q := range []Question{{Text: "Zzyzx Qwfp"}, {Text: "Madrid", Types: []Type{Organization}}, {External: External{"ror", "https://ror.org/013meh722"}}} {
		if a := ask1(t, x, q); a.None < 0.5 {
			t.Errorf("%+v: none %.2f, %v", q, a.None, labels(a))
		}
	}
}

func TestAWrongQuestionIsRefusedByName(t *testing.T) {
	x := NewIndex()
	for field, q := range map[string]Question{
		"q":        {},
		"limit":    {Text: "a", Limit: 101},
		"country":  {Text: "a", Country: "Spain"},
		"type":     {Text: "a", Types: []Type{"no such type"}},
		"external": {External: External{Scheme: "Not a scheme", Value: "x"}},
		"known":    {Text: "a", Known: make([]Attribute, 21)},
	} {
		if _, err := x.Find(q); err == nil || !strings.HasPrefix(err.Error(), field+":") {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := x.Find(Question{Text: strings.Repeat("a", 1<<20)}); err == nil {
		t.Error("a megabyte is a question")
	}
}

// What an index holds for the public is, byte by byte, the same with hidden values and
// without them: there is nothing that could move an answer, a score or the work. Proves ENT-4.
func TestHiddenValuesLeaveNoTraceInTheIndex(t *testing.T) {
	open := []Entity{berlin, cambr, madrid, hospice}
	secret := slices.Clone(open)
	for i := range secret {
		d := secret[i].Description
		d.Attributes = append(slices.Clone(d.Attributes),
			Attribute{Name: AttrAlias, Value: "Zanzibar Shelter", Access: Hidden},
			Attribute{Name: AttrName, Value: "Cambridge", Access: Unsearchable},
			Attribute{Name: AttrPlace, Value: "Berlin", Access: Hidden},
			Attribute{Name: AttrWeight, Value: "1000000000", Access: Hidden})
		secret[i].Description = d
	}
	unsearchable, hidden := thing(Organization, nil, "Zanzibar Shelter"), thing(Organization, nil, "University of Cambridge Press")
	unsearchable.Description.Access, hidden.Description.Access = Unsearchable, Hidden
	hidden.Description.Externals = []External{{"wikidata", "Q42"}}
	person := thing(Person, nil, "Berlin Cambridge")
	person.Description.Externals = []External{{"orcid", "https://orcid.org/0000-0002-1825-0097"}}
	secret = append(secret, unsearchable, hidden, person)

	without, with := built(t, open...), built(t, secret...)
	same := func(when string) {
		t.Helper()
		var a, b bytes.Buffer
		for x, to := range map[*Index]*bytes.Buffer{without: &a, with: &b} {
			if _, err := x.public.names.WriteTo(to); err != nil {
				t.Fatal(err)
			}
			to.Write(x.public.externals.saved())
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Fatalf("%s: the index differs", when)
		}
		if s, u := with.public.names.Stats(), without.public.names.Stats(); s != u {
			t.Fatalf("%s: %+v, and without %+v", when, s, u)
		}
	}
	same("built")
	for _, text := range []string{"Zanzibar Shelter", "Cambridge", "Berlin Cambridge", "Univ of Cambridge Press", "Q42", "0000-0002-1825-0097", person.ID.String()} {
		a, b := ask1(t, without, Question{Text: text, Explain: true}), ask1(t, with, Question{Text: text, Explain: true})
		if !equalAnswers(a, b) {
			t.Errorf("%q: %+v and %+v", text, a, b)
		}
	}
	// Writing something hidden leaves the public's shelf as it is.
	e := secret[0]
	e.Description.Attributes = append(slices.Clone(e.Description.Attributes), Attribute{Name: AttrAlias, Value: "Other secret", Access: Hidden})
	if err := with.Put(e, thing(Person, nil, "Somebody Else"), unsearchable); err != nil {
		t.Fatal(err)
	}
	same("written")
}

func equalAnswers(a, b Answer) bool {
	return a.None == b.None && slices.EqualFunc(a.Hits, b.Hits, func(x, y Hit) bool {
		return x.ID == y.ID && x.P == y.P && x.Name == y.Name && x.Label == y.Label && slices.Equal(x.Reasons, y.Reasons)
	})
}

// Persons are found by the public only when they are published, by name and by identifier;
// registered people find them, and what is hidden nobody does.
func TestPersonsAreFoundByThePublicOnlyWhenPublished(t *testing.T) {
	ada := thing(Person, nil, "Ada Lovelace")
	ada.Description.Externals = []External{{"orcid", "https://orcid.org/0000-0002-1825-0097"}}
	x := built(t, berlin, ada)
	public, registered := Audience{}, Audience{Registered: true}
	questions := []Question{{Text: "Ada Lovelace"}, {Text: "ada lovel", Typing: true}, {Text: "https://orcid.org/0000-0002-1825-0097"}, {External: External{"orcid", "https://orcid.org/0000-0002-1825-0097"}}, {Text: ada.ID.String()}}
	found := func(when string, to Audience, want bool) {
		t.Helper()
		for _, q := range questions {
			q.Audience = to
			a := ask1(t, x, q)
			if got := slices.ContainsFunc(a.Hits, func(h Hit) bool { return h.ID == ada.ID }); got != want {
				t.Errorf("%s: %+v finds her: %v", when, q, got)
			}
		}
		if got := x.ByExternal(External{"orcid", "https://orcid.org/0000-0002-1825-0097"}, to) != 0; got != want {
			t.Errorf("%s: by her identifier: %v", when, got)
		}
	}
	put := func(access Access, s State) {
		t.Helper()
		ada.Description.Access, ada.State = access, s
		if err := x.Put(ada); err != nil {
			t.Fatal(err)
		}
	}
	found("at first", public, false)
	found("at first", registered, true)
	put(Published, Active)
	found("published", public, true)
	found("published", registered, true)
	put(0, Active)
	found("withdrawn", public, false)
	found("withdrawn", registered, true)
	put(Unsearchable|Published, Active)
	found("unsearchable", registered, false)
	put(Published, Deleted)
	found("deleted", public, false)
	found("deleted", registered, false)
}

// Registered people get one answer from what everybody finds and from persons.
func TestTwoShelvesGiveOneAnswer(t *testing.T) {
	x := built(t, cambr, thing(Person, nil, "Cambridge"), thing(Person, nil, "Cambrydge"), thing(Location, nil, "Cambridge"))
	a := ask1(t, x, Question{Text: "Cambridge", Audience: Audience{Registered: true}})
	sum := a.None
	for i, h := range a.Hits {
		sum += h.P
		if i > 0 && h.P > a.Hits[i-1].P {
			t.Errorf("out of order: %+v", a.Hits)
		}
	}
	if len(a.Hits) < 2 || sum > 1.001 || sum < 0.9 {
		t.Errorf("sum %.3f of %+v", sum, a)
	}
}

// An identifier of another registry comes before every name, as it is typed. Proves ENT-44.
func TestIdentifiersOfOtherRegistriesMatchFirst(t *testing.T) {
	meant := thing(Organization, nil, "National Oceanography Centre")
	meant.Description.Externals = []External{
		{"ror", "https://ror.org/00874hx02"}, {"wikidata", "Q1967910"}, {"isni", "0000000107271477"}, {"geonames", "2637487"}, {"lei", "529900T8BM49AURSDO55"},
	}
	// Others are called by these very texts.
	all := []Entity{meant}
	for _, text := range []string{"Q1967910", "https://ror.org/00874hx02", "00874hx02", "geonames:2637487"} {
		all = append(all, thing(Organization, nil, text))
	}
	x := built(t, all...)
	for _, text := range []string{
		"https://ror.org/00874hx02", "ror.org/00874hx02", "00874hx02", "Q1967910", "q1967910", "http://www.wikidata.org/entity/Q1967910",
		"wikidata:Q1967910", "0000 0001 0727 1477", "0000000107271477", "isni:0000000107271477", "https://isni.org/isni/0000000107271477",
		"https://www.geonames.org/2637487/southampton.html", "geonames:2637487", "lei:529900T8BM49AURSDO55",
	} {
		a := ask1(t, x, Question{Text: text})
		if len(a.Hits) != 1 || a.Hits[0].ID != meant.ID || !a.Hits[0].Exact || a.Hits[0].P != 1 {
			t.Errorf("%s: %+v", text, a)
		}
	}
	for _, text := range []string{"0000 0001 0727 1478", "note: Q1967910", "Q", "https://example.org/Q1967910"} {
		if a := ask1(t, x, Question{Text: text}); len(a.Hits) > 0 && a.Hits[0].Exact {
			t.Errorf("%s: %+v", text, a)
		}
	}
}

func FuzzRecognise(f *testing.F) {
	for _, s := range []string{"https://ror.org/00874hx02", "Q42", "isni:0000 0001 0727 1477", "geonames:1", "https://www.wikidata.org/wiki/Q42?x#y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, x := range Recognise(s) {
			if !plainScheme.MatchString(x.Scheme) || x.Value == "" {
				t.Errorf("%q is %+v", s, x)
			}
			if again := x.normal(); again != x {
				t.Errorf("%q is normally %q", x, again)
			}
		}
	})
}

// The table of identifiers says what a map says, whatever changes.
func TestTheTableOfIdentifiersIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, want := &register{}, map[External]ID{}
		key := rapid.Custom(func(t *rapid.T) External {
			return External{"x", rapid.StringMatching(`[a-f]`).Draw(t, "value")}
		})
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			k, id := key.Draw(t, "key"), ID(rapid.Uint64Range(1, 4).Draw(t, "id"))
			switch rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				r.change(nil, []entry{{digestOf(k), id}})
				want[k] = id
			case 1:
				r.change(r.of(map[ID]bool{id: true})[id], nil)
				for k, v := range want {
					if v == id {
						delete(want, k)
					}
				}
			case 2:
				r = &register{table: r.saved()}
			}
			for _, v := range "abcdef" {
				if got := r.find(External{"x", string(v)}); got != want[External{"x", string(v)}] {
					t.Fatalf("%c is %d, not %d", v, got, want[External{"x", string(v)}])
				}
			}
		}
	})
}

func TestASnapshotIsWholeOrRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "entities")
	if _, _, err := OpenIndex(dir); !errors.Is(err, ErrSnapshot) {
		t.Fatal(err)
	}
	e := cambr
	e.Description.Externals = []External{{"wikidata", "Q35794"}}
	secret := thing(Person, nil, "Secretia Hidden")
	x := built(t, berlin, e, secret)
	for turn := range int64(3) { // files take turns
		if err := x.Save(dir, 40+turn); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 3 {
		t.Fatalf("%v, %v", files, err)
	}
	y, turn, err := OpenIndex(dir)
	if err != nil || turn != 42 {
		t.Fatalf("turn %d, %v", turn, err)
	}
	for _, q := range []Question{{Text: "Cambrydge University"}, {Text: "Q35794"}, {Text: "Secretia Hidden"}} {
		if a, b := ask1(t, x, q), ask1(t, y, q); !equalAnswers(a, b) {
			t.Errorf("%+v: %+v, opened %+v", q, a, b)
		}
	}
	if err := y.Close(); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		path := filepath.Join(dir, f.Name())
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(whole, []byte("ecretia")) {
			t.Errorf("%s names a person who is not published", f.Name())
		}
		for name, wrong := range map[string][]byte{
			"cut": whole[:len(whole)/2], "empty": {}, "flipped": flipped(whole, len(whole)/2), "begin": flipped(whole, 3),
		} {
			if err := os.WriteFile(path, wrong, 0o600); err != nil {
				t.Fatal(err)
			}
			if z, _, err := OpenIndex(dir); !errors.Is(err, ErrSnapshot) {
				t.Errorf("%s %s: %v", f.Name(), name, err)
				if err == nil {
					_ = z.Close()
				}
			}
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func flipped(b []byte, at int) []byte {
	out := bytes.Clone(b)
	out[at] ^= 1
	return out
}
