package search

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas/match/text"
)

// valley is an invented world of organisations, in which names contain each other, are
// alike, abroad, or of words that others have as well.
var valley = []Entity{
	org("brenn", "DE", "Brennstadt", "University of Brennstadt", "Universität Brennstadt", "UBS"),
	org("brenn-clinic", "DE", "Brennstadt", "University Hospital Brennstadt", "Universitätsklinikum Brennstadt"),
	org("brenn-medical", "DE", "Brennstadt", "Medical University of Brennstadt"),
	org("brenn-abroad", "US", "Millville", "Brennstadt University"),
	org("marlow-system", "US", "Eastport", "University of Marlow"),
	org("marlow-bay", "US", "Quail Bay", "University of Marlow, Quail Bay", "UMQB"),
	org("marlow-school", "US", "Eastport", "University of Marlow Medical Center"),
	org("academy", "IT", "Sarno", "Accademia Nazionale di Vellano", "National Academy of Vellano"),
	org("optics", "IT", "Sarno", "Institute of Optics"),
	org("optics-north", "NO", "Skarvik", "Institute of Optics"),
	org("skarvik", "NO", "Skarvik", "Skarvik Polytechnic", "Skarvik tekniske høgskole"),
	org("tessera", "FR", "Aubrac", "TESSERA", "Centre Tessera de Recherche"),
	org("saint", "FR", "Aubrac", "Hôpital Saint-Aubin", "Saint Aubin Hospital"),
	org("works", "JP", "Kamiya", "Otsuru Works (Japan)"),
	org("works-america", "US", "Millville", "Otsuru Works (United States)"),
	org("scheerer", "DE", "Münsterau", "Scheerer Institut Münsterau"),
	org("kawahara", "JP", "川原市", "川原大学", "Kawahara University"),
	{ID: "place", Type: "place", Country: "DE", Names: []Name{{Text: "Brennstadt"}}, Weight: 90_000},
}

func org(id, country, city string, names ...string) Entity {
	e := Entity{ID: id, Type: "organization", Country: country, Places: []string{city}}
	for _, n := range names {
		e.Names = append(e.Names, Name{Text: n})
	}
	return e
}

var orgs = []string{"organization"}

func mentioned50(x *Index, s string) []string {
	var ids []string
	for _, h := range x.Search(Query{Text: s, Mode: Mention, Types: orgs}).Hits {
		if h.P >= 0.5 {
			ids = append(ids, h.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

func TestNamesAreFoundAmongOtherWords(t *testing.T) {
	x := build(t, valley)
	for _, c := range []struct{ text, want string }{
		{"Department of Physics, University of Brennstadt, Brennstadt, Germany", "brenn"},
		{"Dept. of Physics, Univ. Brennstadt, Brennstadt, Germany", "brenn"},
		{"Brennstadt University, Brennstadt, Germany", "brenn"},
		{"Brennstadt University, Millville, OH 45011, USA", "brenn-abroad"},
		{"Clinic for Surgery, University Hospital Brennstadt, Germany", "brenn-clinic"},
		{"Medical University of Brennstadt, Brennstadt, Germany", "brenn-medical"},
		{"School of Law, University of Marlow, Quail Bay, Quail Bay, USA", "marlow-bay"},
		{"University of Marlow Medical Center, Eastport, USA", "marlow-school"},
		{"University of Marlow, Eastport, USA", "marlow-system"},
		{"Institute of Optics, Skarvik, Norway", "optics-north"},
		{"Institute of Optics, National Academy of Vellano, Sarno, Italy", "academy optics"},
		{"Service de radiologie, Hopital St Aubin, Aubrac, France", "saint"},
		{"Service de radiologie, Hôpital Saint-Aubni, Aubrac, France", "saint"},
		{"Laser Group, SkarvikPolytechnic, Skarvik, Norway", "skarvik"},
		{"川原大学工学部物理学科", "kawahara"},
		{"日本 川原市 川原大学", "kawahara"},
		{"Scheerer-Institut, Muensterau, Germany", "scheerer"},
		{"Otsuru Works, Kamiya, Japan", "works"},
		{"University of Brennstadt, Brennstadt, Germany; Skarvik Polytechnic, Skarvik, Norway", "brenn skarvik"},
		{"Department of Physics, Brennstadt, Germany", ""},
		{"Department of Medicine, University of Nowhere, Norway", ""},
		{"Institute of Chemistry", ""},
		{"Germany", ""},
		{"and of the", ""},
		{"", ""},
	} {
		if got := strings.Join(mentioned50(x, c.text), " "); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

func TestAHitSaysWhereItStandsAndWhy(t *testing.T) {
	x := build(t, valley)
	const s = "Dép. de radiologie, Hopital Staint Aubin, Aubrac, France"
	r := x.Search(Query{Text: s, Mode: Mention, Types: orgs, Explain: true})
	if len(r.Hits) == 0 || r.Hits[0].ID != "saint" {
		t.Fatalf("hits: %+v", r.Hits)
	}
	h := r.Hits[0]
	if got := s[h.Begin:h.End]; got != "Hopital Staint Aubin" {
		t.Errorf("span %q", got)
	}
	var codes []string
	for _, reason := range h.Reasons {
		codes = append(codes, reason.Code)
		if reason.Text == "" || math.IsNaN(reason.Weight) {
			t.Errorf("reason %+v", reason)
		}
	}
	for _, want := range []string{"words", "country", "place", "typo"} {
		if !slices.Contains(codes, want) {
			t.Errorf("no reason %q in %v", want, codes)
		}
	}
	if r.None > 0.5 {
		t.Errorf("none %.2f beside a hit of %.2f", r.None, h.P)
	}
}

func TestWhatIsFilteredDoesNotCompete(t *testing.T) {
	hidden := org("hidden", "DE", "Brennstadt", "University of Brennstadt, Brennstadt")
	hidden.Audience = 2
	x := build(t, append(slices.Clone(valley), hidden))
	const s = "University of Brennstadt, Brennstadt, Germany"
	for _, h := range x.Search(Query{Text: s, Mode: Mention, Types: orgs, Audience: 1}).Hits {
		if h.ID == "hidden" || h.Type == "place" {
			t.Errorf("%s was not asked for", h.ID)
		}
	}
	if got := x.Search(Query{Text: s, Mode: Mention, Types: orgs, Audience: 2, Limit: 1}).Hits; got[0].ID != "hidden" {
		t.Errorf("hits: %+v", got)
	}
}

func TestMentionsDoNotDependOnSegments(t *testing.T) {
	one, many := build(t, valley), New(Options{})
	for _, e := range valley {
		if err := many.Put(e); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := address(t)
		a, b := one.Search(Query{Text: s, Mode: Mention}), many.Search(Query{Text: s, Mode: Mention})
		if len(a.Hits) != len(b.Hits) {
			t.Fatalf("%q: %d and %d hits", s, len(a.Hits), len(b.Hits))
		}
		for i := range a.Hits {
			if a.Hits[i].ID != b.Hits[i].ID || math.Abs(a.Hits[i].P-b.Hits[i].P) > 1e-9 {
				t.Fatalf("%q: %+v and %+v", s, a.Hits[i], b.Hits[i])
			}
		}
	})
}

// address draws a text from the words of the valley and others.
func address(t *rapid.T) string {
	parts := []string{
		"Dept. of Physics", "School of Medicine", "12 Main St", "Germany", "USA", "Norway", "(UBS)", "Quail Bay",
		"Brennstadt", "Brennstdt University", "Institute of", "& Co", "–", "",
	}
	for _, e := range valley {
		parts = append(parts, e.Names[0].Text)
	}
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 8).Draw(t, "parts"),
		rapid.SampledFrom([]string{", ", " ", "; ", "\n", " - "}).Draw(t, "separator"))
}

// probabilityOf returns the probability that an entity is mentioned.
func probabilityOf(x *Index, s, id string) float64 {
	for _, h := range x.Search(Query{Text: s, Mode: Mention, Types: orgs, Limit: 100}).Hits {
		if h.ID == id {
			return h.P
		}
	}
	return 0
}

func TestItsCountryNeverSpeaksAgainstAnEntity(t *testing.T) {
	x := build(t, valley)
	countries := map[string]string{"DE": "Germany", "US": "USA", "IT": "Italy", "NO": "Norway", "FR": "France", "JP": "Japan"}
	rapid.Check(t, func(t *rapid.T) {
		e := rapid.SampledFrom(valley[:len(valley)-1]).Draw(t, "entity")
		s := rapid.SampledFrom(e.Names).Draw(t, "name").Text
		if rapid.Bool().Draw(t, "department") {
			s = "Department of Law, " + s
		}
		if rapid.Bool().Draw(t, "city") {
			s += ", " + e.Places[0]
		}
		before, after := probabilityOf(x, s, e.ID), probabilityOf(x, s+", "+countries[e.Country], e.ID)
		if after < before-1e-9 {
			t.Fatalf("%q: %.4f, with its country %.4f", s, before, after)
		}
	})
}

func TestAWordLessNeverSpeaksForAName(t *testing.T) {
	x := build(t, valley)
	rapid.Check(t, func(t *rapid.T) {
		e := rapid.SampledFrom(valley[:len(valley)-1]).Draw(t, "entity")
		words := strings.Fields(e.Names[0].Text)
		if len(words) < 2 {
			return
		}
		i := rapid.IntRange(0, len(words)-1).Draw(t, "word")
		if w := strings.ToLower(words[i]); small[w] {
			return
		}
		tail := ", " + e.Places[0]
		whole := probabilityOf(x, strings.Join(words, " ")+tail, e.ID)
		less := probabilityOf(x, strings.Join(slices.Delete(words, i, i+1), " ")+tail, e.ID)
		if less > whole+1e-9 {
			t.Fatalf("%q: %.4f, without word %d %.4f", e.Names[0].Text, whole, i, less)
		}
	})
}

func TestALongTextIsReadInBounds(t *testing.T) {
	x := build(t, valley)
	for _, s := range []string{
		strings.Repeat("University of Brennstadt, Germany; ", 400),
		strings.Repeat("a,", 5000),
		strings.Repeat("é́́", 5000),
		strings.Repeat("Brennstdt ", 1000),
		strings.Repeat("\xff", 10_000),
		strings.Repeat("University ", 1000),
	} {
		r := x.Search(Query{Text: s, Mode: Mention, Limit: 1000})
		for _, h := range r.Hits {
			if h.Begin < 0 || h.Begin >= h.End || h.End > len(s) {
				t.Fatalf("%.20q: span [%d, %d)", s, h.Begin, h.End)
			}
		}
	}
}

func TestTheVocabularyIsFolded(t *testing.T) {
	check := func(w string) {
		if f := text.Fold(w); f != w {
			t.Errorf("%q is looked up as %q", w, f)
		}
	}
	for w := range countriesCalled {
		check(w)
	}
	for w := range concepts {
		check(w)
	}
	for w := range small {
		check(w)
	}
}

func FuzzMentions(f *testing.F) {
	for _, s := range []string{
		"Department of Physics, University of Brennstadt (UBS), 12345 Brennstadt, Germany",
		"Inst. Optics; Natl. Acad. Vellano", "SkarvikPolytechnic", "U.S.A.", "(((", "大学, 日本", "a\u0301\u0301", "\xff\xfe", "ﷺ",
	} {
		f.Add(s)
	}
	x := build(f, valley)
	f.Fuzz(func(t *testing.T, s string) {
		r := x.Search(Query{Text: s, Mode: Mention, Explain: true})
		if r.None < 0 || r.None > 1 || math.IsNaN(r.None) {
			t.Fatalf("none %v", r.None)
		}
		seen := map[string]bool{}
		for i, h := range r.Hits {
			switch {
			case !(h.P > 0 && h.P <= 1):
				t.Fatalf("P %v", h.P)
			case i > 0 && h.P > r.Hits[i-1].P:
				t.Fatalf("hit %d is better than the one before", i)
			case seen[h.ID]:
				t.Fatalf("%s twice", h.ID)
			case h.Begin < 0 || h.Begin >= h.End || h.End > len(s):
				t.Fatalf("span [%d, %d) of %d", h.Begin, h.End, len(s))
			}
			seen[h.ID] = true
		}
	})
}

// BenchmarkMentions asks for affiliations over 100,000 invented entities.
func BenchmarkMentions(b *testing.B) {
	entities := invented(3, 100_000)
	x := build(b, entities)
	texts := make([]string, 256)
	for i := range texts {
		e := entities[i*379]
		texts[i] = "Department of Physics and Astronomy, School of Science, " + e.Names[0].Text + ", 12 Main Street, Springfield, Germany"
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		x.Search(Query{Text: texts[i%len(texts)], Mode: Mention})
	}
}
