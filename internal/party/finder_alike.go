package party

import (
	"bytes"
	"cmp"
	"math"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/match/link"
)

// compared are the fields by which one party is told from another: places in a row.
var compared = [...]comparedBy{
	{atGiven, link.GivenName},
	{atFamily, link.FamilyName},
	{atOrganisation, link.Organisation},
	{atBirth, link.Date},
	{atEmail, link.Email},
	{atPhone, link.Phone},
	{atStreet, link.Street},
	{atPostcode, link.Postcode},
	{atCity, link.Place},
}

// comparedBy is a place in a row and how it is compared.
type comparedBy struct {
	at   int
	kind link.Kind
}

// leastLikely is the probability from which a party is worth a look: one in five.
const leastLikely = 0.2

// newRows returns an empty index of rows.
func newRows() *link.Index {
	fields := make([]link.Field, len(compared))
	for i, c := range compared {
		fields[i] = link.Field{Name: fieldName(c.at), Kind: c.kind}
	}
	return link.NewIndex(link.DefaultModel(fields))
}

// among returns by how much to multiply the odds of a match among a thousand rows where
// there are n: the more there are, the more are alike by chance. Names of which many
// have the same are rarer than that already, so it is less than in proportion. Measured
// on invented people, from a hundred to 60,000 of them; TestHintsAreAsLikelyAsTheySay
// has the test.
func among(n int) float64 { return math.Pow(1000/math.Max(float64(n), 100), 0.6) }

// odds multiplies the odds of a probability.
func odds(p, by float64) float64 { return p * by / (1 - p + p*by) }

func fieldName(at int) string { return remembered[at][0] + "." + remembered[at][1] }

// putRow brings one row of a party into the index of rows.
func putRow(x *link.Index, name string, r row) { x.Put(name, linked(r)) }

// linked returns the values of a row by which it is compared.
func linked(r row) []string {
	values := make([]string, len(compared))
	for i, c := range compared {
		values[i] = r[c.at]
	}
	if r[atCity] == "" {
		values[len(values)-1] = r[atOrganisationCity]
	}
	return values
}

// rowOf is the name of a row of a party in the index of rows.
func rowOf(id habeas.PartyID, i int) string { return string(append(id[:], byte(i))) }

// and adds what else was found of the same party. What an address is like otherwise says
// nothing where it differs by a tag only.
func (a Alike) and(b Alike) Alike {
	a.Reasons = append(a.Reasons, b.Reasons...)
	if a.suggests() {
		a.Reasons = slices.DeleteFunc(a.Reasons, func(r Reason) bool { return r.Set == "contact" && r.Field == "email" && r.Code != Tagged })
	}
	return a
}

// Like implements Finder. A membership number is the same or another one.
func (x *Index) Like(v Values, limit int) []Alike {
	x.Settle()
	asked := said(v)
	var out []Alike
	for _, a := range x.exactly(numberWord(asked[atNumber]), limit) {
		a.Reasons = []Reason{{Set: "membership", Field: "number", Code: "exact", For: true}}
		out = append(out, a)
	}
	out = append(out, x.similar(linked(asked), limit)...)
	out = append(out, x.tagged(asked[atEmail], limit)...)
	slices.SortStableFunc(out, func(a, b Alike) int {
		return cmp.Or(cmp.Compare(b.P, a.P), bytes.Compare(b.ID[:], a.ID[:]))
	})
	var one []Alike
	for _, a := range out {
		at := slices.IndexFunc(one, func(b Alike) bool { return a.ID == b.ID })
		switch {
		case at >= 0 && (a.suggests() || len(one[at].Reasons) == 1): // found by its number or address, and otherwise
			one[at] = one[at].and(a)
		case at < 0 && len(one) < limit:
			one = append(one, a)
		}
	}
	return one
}

// telling reports whether values say enough to tell one party from another: a given
// name alone, or where somebody lives, never does.
func telling(values []string) bool {
	for i, c := range compared {
		if values[i] != "" && !slices.Contains([]link.Kind{link.GivenName, link.Street, link.Postcode, link.Place}, c.kind) {
			return true
		}
	}
	return false
}

// similar returns the parties of rows that are alike.
func (x *Index) similar(values []string, limit int) []Alike {
	if !telling(values) {
		return nil
	}
	fewer := among(x.Len())
	var out []Alike
	for _, m := range x.rows.Similar(values, maxRows*limit, odds(leastLikely, 1/fewer)) {
		a := Alike{P: odds(m.P, fewer)}
		copy(a.ID[:], m.ID)
		for _, r := range m.Reasons {
			a.Reasons = append(a.Reasons, reasonOf(r))
		}
		out = append(out, a)
	}
	return out
}
