package party

import (
	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/match/search"
)

// mostLooked is how many parties are looked at for somebody who does not see everything.
const mostLooked = 500

// FindIn implements Finder. Whoever is found in all data sets is looked for once more, in
// an index of only the words that are seen, so that a search confirms nothing else.
func (x *Index) FindIn(query string, limit int, s Sight) []Alike {
	if s.Everything() {
		return x.Find(query, limit)
	}
	seen := &Index{known: make(map[habeas.PartyID]profile), words: search.New(search.Options{})}
	var entities []search.Entity
	for _, a := range x.Find(query, mostLooked) {
		p, _ := x.profileOf(a.ID)
		p = p.seenBy(s)
		seen.known[a.ID] = p
		if names := p.names(); len(names) > 0 {
			entities = append(entities, search.Entity{ID: nameOf(a.ID), Names: names})
		}
	}
	if len(entities) == 0 || seen.words.Put(entities...) != nil {
		return nil
	}
	return seen.Find(query, limit)
}

// seenBy returns a profile without the values that somebody does not see.
func (p profile) seenBy(s Sight) profile {
	rows := p.rows()
	for i := range rows {
		for at, f := range remembered {
			if !s.Sees(f[0]) {
				rows[i][at] = ""
			}
		}
	}
	return pack(rows)
}
