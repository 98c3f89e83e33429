package search

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// Whether a text is one name or a mixture is found out: over both kinds of texts, Auto
// finds what the better of the two paths finds, and is wrongly sure no more often than
// it when what is meant is not there.
func TestAutoIsAsGoodAsTheBetterPath(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	all := registry(r, 400)
	var known []Entity
	for i, e := range all {
		if i%4 > 0 {
			known = append(known, e)
		}
	}
	x := build(t, known)
	kinds := map[string]func(e *Entity) string{
		"misspelled": func(e *Entity) string { return misspelled(r, e.Names[0].Text) },
		"mixture":    func(e *Entity) string { return affiliation(r, e) },
		"words out of place": func(e *Entity) string {
			w := strings.Fields(e.Names[0].Text)
			return strings.Join(append(w[1:], w[0]), " ")
		},
	}
	for kind, write := range kinds {
		var found, sure [Mention + 1]float64
		for i := range all {
			q := write(&all[i])
			for _, m := range []Mode{Auto, Whole, Mention} {
				a := x.Search(Query{Text: q, Mode: m})
				switch {
				case len(a.Hits) == 0:
				case i%4 > 0 && a.Hits[0].ID == all[i].ID:
					found[m]++
				case i%4 == 0 && a.Hits[0].P > 0.5:
					sure[m]++
				}
			}
		}
		n := float64(len(known))
		t.Logf("%s: found %.3f, whole %.3f, mention %.3f; wrongly sure %.0f, %.0f, %.0f of %d", kind,
			found[Auto]/n, found[Whole]/n, found[Mention]/n, sure[Auto], sure[Whole], sure[Mention], len(all)-len(known))
		if found[Auto] < max(found[Whole], found[Mention])-0.01*n {
			t.Errorf("%s: found %.0f, whole %.0f, mention %.0f", kind, found[Auto], found[Whole], found[Mention])
		}
		if sure[Auto] > max(sure[Whole], sure[Mention])+0.03*n {
			t.Errorf("%s: wrongly sure %.0f, whole %.0f, mention %.0f", kind, sure[Auto], sure[Whole], sure[Mention])
		}
	}
}

// A name that is not there is not taken for one made of nearly the same words.
func TestANameOfNearlyTheSameWordsIsNotMeant(t *testing.T) {
	x := build(t, append(registry(rand.New(rand.NewPCG(5, 6)), 100),
		org("laser", "CN", "Ambar", "State Key Laboratory of Laser Technology"),
		org("map", "KE", "Belor", "Belor Institute of Surveying and Mapping")))
	for _, q := range []string{
		"Provincial Key Laboratory of Glass Technology and Application",
		"Cordel Academy of Surveying and Cartography",
	} {
		if a := x.Search(Query{Text: q}); len(a.Hits) > 0 && a.Hits[0].P > 0.5 {
			t.Errorf("%q: %+v", q, a.Hits[0])
		}
	}
	for _, q := range []string{"Laser Technology State Key Laboratory", "Surveying and Mapping Institute Belor"} {
		if a := x.Search(Query{Text: q}); len(a.Hits) == 0 || a.Hits[0].P < 0.5 {
			t.Errorf("%q: %+v", q, a)
		}
	}
}

func TestInitialsAreAnAcronymThatNobodyListed(t *testing.T) {
	x := build(t, append(invented(9, 2000),
		org("made", "DE", "Ambar", "Ambar Institute for Quiet Machines"),
		org("listed", "DE", "Ambar", "Zonal Quarry of Yards", "ZQX")))
	first := func(q string) (string, float64) {
		a := x.Search(Query{Text: q, Explain: true})
		if len(a.Hits) == 0 {
			return "", 0
		}
		return a.Hits[0].ID, a.Hits[0].P
	}
	if id, p := first("AIQM"); id != "made" || p < 0.2 || p > 0.995 {
		t.Errorf("initials: %s %.2f", id, p)
	}
	if id, p := first("ZQX"); id != "listed" || p < 0.8 {
		t.Errorf("a listed acronym: %s %.2f", id, p)
	}
	if id, p := first("aiqm"); id == "made" {
		t.Errorf("small letters are no acronym: %.2f", p)
	}
	if a := x.Search(Query{Text: "AIQM", Explain: true}); a.Hits[0].Reasons[0].Code != "acronym" {
		t.Errorf("%+v", a.Hits[0].Reasons)
	}
	if id, _ := first("ZQY"); id != "listed" { // one letter off, and the initials
		t.Errorf("%s", id)
	}
}

func TestACodeSaysLessThanAnAcronym(t *testing.T) {
	town := Entity{ID: "town", Weight: 1e6, Names: []Name{{Text: "Shandor"}, {Text: "BIT", Kind: Acronym}}}
	x := build(t, []Entity{town, {ID: "org", Names: []Name{{Text: "Belor Institute of Technology"}, {Text: "BIT", Kind: Acronym}}}})
	a := x.Search(Query{Text: "BIT", Explain: true})
	if len(a.Hits) != 2 || a.Hits[0].ID != "org" || a.Hits[1].P > 0.3 || a.Hits[1].Reasons[1].Code != "code" {
		t.Errorf("%+v", a)
	}
}

// The fewer letters an acronym has, the more others have it that are not known.
func TestShortAcronymsAreLessSure(t *testing.T) {
	last := 1.0
	for _, letters := range []string{"QZ", "QZX", "QZXW", "QZXWV", "QZXWVQZ"} {
		x := build(t, []Entity{{ID: "a", Names: []Name{{Text: "Belor"}, {Text: letters, Kind: Acronym}}}})
		a := x.Search(Query{Text: letters})
		if a.None >= last || a.None < exactNone {
			t.Errorf("%s: %+v", letters, a)
		}
		last = a.None
	}
}

// A text of words that very many names have is answered within the limits, and says so.
func TestAMentionSaysWhenTheWorkWasCut(t *testing.T) {
	var es []Entity
	for i := range 2 * mentionPostings {
		es = append(es, town(fmt.Sprint(i), fmt.Sprintf("Ambar Quarter %d", i), 1))
	}
	x := build(t, es)
	for q, cut := range map[string]bool{"cellar, Ambar, Quarter": true, "in a cellar nobody 17": false} {
		for _, m := range []Mode{Mention, Auto} {
			if a := x.Search(Query{Text: q, Mode: m}); a.Cut != cut {
				t.Errorf("%q, mode %d: cut %v", q, m, a.Cut)
			}
		}
	}
}
