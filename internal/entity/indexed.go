package entity

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/habeas-data/habeas/match/search"
)

// unseen are the flags of an attribute that no question is ranked by.
const unseen = Unsearchable | Hidden

// nameKinds are the attributes that are names, and as which the index takes them.
var nameKinds = map[string]search.Kind{
	AttrName: search.Primary, AttrAlias: search.Alias, AttrAcronym: search.Acronym, AttrFormerName: search.Former,
}

// indexed is what an index knows of an entity: what of its description may be found. It
// reports false when there is nothing to find it by.
func indexed(e Entity) (search.Entity, bool) {
	out := search.Entity{ID: e.ID.String(), Type: string(e.Description.Type)}
	first := true
	for _, a := range e.Description.Attributes {
		if a.Access&unseen != 0 || a.Value == "" {
			continue
		}
		kind, named := nameKinds[a.Name]
		switch {
		case named:
			if kind == search.Primary && !first {
				kind = search.Alias // in other languages
			}
			first = first && kind != search.Primary
			out.Names = append(out.Names, search.Name{Text: a.Value, Kind: kind, Lang: a.Lang})
		case a.Name == AttrCountry && out.Country == "" && isCountry(strings.ToUpper(a.Value)):
			out.Country = strings.ToUpper(a.Value)
		case a.Name == AttrPlace:
			out.Places = append(out.Places, a.Value)
		case a.Name == AttrWeight:
			if w, err := strconv.ParseFloat(a.Value, 64); err == nil && w > 0 && !math.IsInf(w, 0) {
				out.Weight = w
			}
		}
	}
	return out, len(out.Names) > 0
}

// sameIndexed reports whether two say the same to the index. A change of what nobody finds
// leaves the index alone, so that it is not even slower afterwards.
func sameIndexed(a, b search.Entity) bool {
	return a.ID == b.ID && a.Type == b.Type && a.Country == b.Country && a.Weight == b.Weight &&
		slices.Equal(a.Names, b.Names) && slices.Equal(a.Places, b.Places)
}
