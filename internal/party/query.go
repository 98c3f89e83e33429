package party

import (
	"slices"

	"github.com/habeas-data/habeas"
)

// SystemView is what a connected system may read of a party that it has brought
// itself (PTY-22), by data set and field: the record's current values where the
// organisation's policy opens the data set and nobody has claimed the record; else
// what the system has said itself, which tells it nothing new. So a record that was
// claimed, restrained or denied looks like one that the policy does not open, and none
// of these can be told from another. opened reports whether words of others are in it.
func SystemView(p Party, said []Statement, system habeas.SystemID, sets []string, policy Policy, schemas *Schemas) (view Values, opened bool) {
	own := slices.DeleteFunc(slices.Clone(said), func(s Statement) bool {
		// What was attached by a pass is not read under another name: that would tell
		// the system that both are one party.
		return s.Source.Kind != FromSystem || s.Source.System != system || !s.Pass.IsZero()
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
