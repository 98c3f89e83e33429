package party

import (
	"slices"

	"github.com/habeas-data/habeas"
)

// SystemView is what a connected system may read of a party that it has brought
// itself (PTY-22), by data set and field: the record's current values where the
// organisation's policy opens the data set and nobody has claimed the record; else
// what the system has said itself under this reference, which tells it nothing new. So a
// record that was claimed, restrained or denied looks like one that the policy does not
// open, and none of these can be told from another. opened reports whether words of others
// are in it. under tells of a statement without a reference whether it was made under it.
func SystemView(p Party, said []Statement, system habeas.SystemID, ref Reference, under func(Statement) bool, sets []string, policy Policy, schemas *Schemas) (view Values, opened bool) {
	own := slices.DeleteFunc(slices.Clone(said), func(s Statement) bool {
		// What was said under another name, or attached by a pass, is not read under this
		// one: that would tell the system that both are one party, whether two records were
		// merged, or its person has a second address.
		return s.Source.Kind != FromSystem || s.Source.System != system || !s.Pass.IsZero() ||
			s.Ref != ref && (!s.Ref.IsZero() || !under(s))
	})
	// What people have settled shows only on claimed records, which no policy opens.
	mine, all := Fold(Party{}, own, Settled{}, schemas), Fold(p, said, Settled{}, schemas) // both, whichever is needed (PTY-A27)
	view = Values{}
	for _, set := range sets {
		from := mine
		if policy.SystemMayRead(p, set) && !p.Blocked {
			from, opened = all, true
		}
		schema, _ := schemas.Set(set)
		for _, f := range schema.Fields {
			if text := from.Text(set, f.Name); text != "" {
				view.Put(set, f.Name, text)
			}
		}
	}
	return view, opened
}
