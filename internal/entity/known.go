package entity

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/habeas-data/habeas/match/text"
)

// What a known attribute speaks for or against a hit, in bits.
const (
	saysSame   = 3.0  // it says the same
	saysWords  = 1.5  // it says it elsewhere
	saysOther  = -2.0 // it says something else
	weighedMax = 50   // so many hits of a name are looked at
)

// The codes of reasons that do not come from the names.
const (
	reasonAttribute  = "attribute"
	reasonIdentifier = "identifier"
)

// Weigh orders an answer anew by what else is known of what is meant. described returns what
// is said of a hit; only what may be searched counts, so that a hidden value has no weight.
func (a Answer) Weigh(known []Attribute, explain bool, described func(ID) (Description, bool)) Answer {
	if len(known) == 0 || len(a.Hits) == 0 {
		return a
	}
	before, after := a.None, a.None
	out := Answer{None: a.None, Hits: slices.Clone(a.Hits)}
	for i := range out.Hits {
		h := &out.Hits[i]
		before += h.P
		if d, ok := described(h.ID); ok && !h.Exact {
			for _, k := range known {
				if r, ok := d.says(k); ok {
					h.P *= math.Exp2(r.Weight)
					if explain {
						h.Reasons = append(slices.Clip(h.Reasons), r)
					}
				}
			}
		}
		after += h.P
	}
	for i := range out.Hits { // what there is to be sure of is shared out anew
		out.Hits[i].P = min(1, out.Hits[i].P*before/after)
	}
	out.None = min(1, out.None*before/after)
	slices.SortStableFunc(out.Hits, func(x, y Hit) int { return cmp.Compare(y.P, x.P) })
	return out
}

// says tells what a description says to a known attribute, if anything.
func (d Description) says(k Attribute) (Reason, bool) {
	want := text.Fold(k.Value)
	if want == "" {
		return Reason{}, false
	}
	named, within := false, false
	for _, a := range d.Attributes {
		if a.Access&unseen != 0 {
			continue
		}
		has := text.Fold(a.Value)
		fits := holdsWords(has, want)
		if a.Name == k.Name {
			if fits {
				return Reason{reasonAttribute, saysSame, k.Name + " fits"}, true
			}
			named = true
		}
		within = within || fits
	}
	switch {
	case within:
		return Reason{reasonAttribute, saysWords, k.Name + " is mentioned"}, true
	case named:
		return Reason{reasonAttribute, saysOther, k.Name + " differs"}, true
	}
	return Reason{}, false
}

// holdsWords reports whether folded words stand next to each other in a folded text.
func holdsWords(s, words string) bool { return strings.Contains(" "+s+" ", " "+words+" ") }

// Widened returns the question to ask for hits that Weigh is to order.
func (q Question) Widened() Question {
	if len(q.Known) > 0 {
		q.Limit = max(q.Limit, weighedMax)
	}
	return q
}
