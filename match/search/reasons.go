package search

import (
	"fmt"
	"math"

	"github.com/habeas-data/habeas/match/text"
)

// reasons says what speaks for and against a candidate, in bits. unknown is the
// logarithm of the probability of the text as an unknown name.
func (s *search) reasons(c *candidate, unknown float64) []Reason {
	p := c.part
	nid := p.nameOf(c.at)
	name := string(p.names.at(nid))
	bits := func(nats float64) float64 { return nats / math.Ln2 }
	first := Reason{Weight: bits(-costNone - unknown)}
	switch c.how {
	case byExact:
		first.Code, first.Text = "exact", "it is exactly this name"
	case byEdits:
		first.Code, first.Text = "similar", "one of its names is nearly this"
	case byWords:
		first.Code, first.Text = "words", "words of this name stand in it"
	case byInitials:
		first.Code, first.Text = "acronym", "the first letters of this name"
	case byPrefix:
		first.Code, first.Text = "prefix", "a name begins so"
	}
	out := []Reason{first}
	switch {
	case name == string(s.fold):
		if c.how != byExact {
			out[0].Code, out[0].Text = "exact", "it is exactly this name"
		}
	case c.how == byEdits:
		out = append(out, s.typos(name, string(s.fold), bits)...)
	case c.how == byWords:
		out = append(out, s.wordReasons(name, bits)...)
	}
	if c.code {
		return append(out, Reason{"code", -bits(costCode + kindCost[Acronym]), "a code that is made of none of its names"})
	}
	if w := float64(p.weight(c.ord)); w != 0 {
		mean := float64(s.stats.mass.Load()) / 1000 / float64(max(s.stats.entities.Load(), 1))
		r := Reason{"weight", bits(weightPower*min(max(w, 0), 50) - math.Log(mean)), "meant more often than most"}
		if r.Weight < 0 {
			r.Text = "meant less often than most"
		}
		out = append(out, r)
	}
	if k := p.kind(c.at); kindCost[k] > 0 {
		text := map[Kind]string{Alias: "one of its other names", Acronym: "an acronym", Former: "a name of the past", Romanised: "from another script"}[k]
		out = append(out, Reason{"kind", -bits(kindCost[k]), text})
	}
	return out
}

// typos explains the edits that make a name into the text.
func (s *search) typos(name, written string, bits func(float64) float64) []Reason {
	var out []Reason
	edits := text.Edits(name, written)
	if len(edits) == 0 || len(edits) > maxEdits {
		return []Reason{{"script", -bits(romanCost), "in Latin letters"}}
	}
	s.channel.set([]byte(written))
	each := (s.channel.logP([]byte(name), len(edits)) + costNone) / float64(len(edits))
	for _, e := range edits {
		var what string
		switch e.Kind {
		case text.Insert:
			what = fmt.Sprintf("a letter too many: %c", e.To)
		case text.Delete:
			what = fmt.Sprintf("a letter is missing: %c", e.From)
		case text.Substitute:
			what = fmt.Sprintf("one letter differs: %c for %c", e.To, e.From)
		case text.Transpose:
			what = fmt.Sprintf("two letters changed places: %c and %c", e.From, e.To)
		case text.InsertSpace:
			what = "a word is in two"
		case text.DeleteSpace:
			what = "two words are one"
		}
		out = append(out, Reason{"typo", bits(each), what})
	}
	return out
}

// wordReasons explains words out of place.
func (s *search) wordReasons(name string, bits func(float64) float64) []Reason {
	var out []Reason
	in := func(words []string, w string) bool {
		for _, v := range words {
			if text.Distance(v, w, maxEdits) <= maxEdits {
				return true
			}
		}
		return false
	}
	have, want := text.Words(string(s.fold)), text.Words(name)
	for _, w := range have {
		if !in(want, w) {
			out = append(out, Reason{"extra_word", -bits(costExtra), "a word too many: " + w})
		}
	}
	for _, w := range want {
		if !in(have, w) {
			idf := math.Log1p(s.total() / (float64(s.textDF([]byte(w))) + 0.5))
			out = append(out, Reason{"missing_word", -bits(costMissing + costIDF*idf), "a word is missing: " + w})
		}
	}
	if len(out) == 0 {
		out = append(out, Reason{"order", -bits(costWordy), "the words are in another order"})
	}
	return out
}
