package search

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/habeas-data/habeas/match/text"
)

// Acronyms that no name in the index is: "UCLA" where only "University of California,
// Los Angeles" is known. A segment keeps the names of several words in the order of
// their initials, which are computed whenever they are compared.

const (
	leastInitials, mostInitials = 3, 8 // of names that are found so
	initialsBearers             = 200  // names with the same initials that are looked at
	// costInitials is what it costs, in nats, that a name was written as its initials
	// where nobody has said that it is.
	costInitials = 2.5
)

// initials packs the first letters of a folded name's words into eight bytes, without
// those of small words. It returns 0 where they are too few, too many, or not a to z.
func initials(name []byte) uint64 {
	packed, n := uint64(0), 0
	for len(name) > 0 {
		end := 0
		for end < len(name) && name[end] != ' ' {
			end++
		}
		if end > 0 && !small[string(name[:end])] {
			if n++; n > mostInitials || name[0] < 'a' || name[0] > 'z' {
				return 0
			}
			packed = packed<<8 | uint64(name[0])
		}
		name = name[min(end+1, len(name)):]
	}
	if n < leastInitials {
		return 0
	}
	return packed
}

// addInitials lists the names that have initials, in their order.
func (s *segment) addInitials() {
	type key struct {
		packed uint64
		nid    uint32
	}
	var keys []key
	for nid := range s.names.size() {
		if packed := initials(s.names.at(nid)); packed != 0 {
			keys = append(keys, key{packed, nid})
		}
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.packed, b.packed), cmp.Compare(a.nid, b.nid))
	})
	s.initialNames = make([]uint32, len(keys))
	for i, k := range keys {
		s.initialNames[i] = k.nid
	}
}

// withInitials returns the names that have initials.
func (s *segment) withInitials(packed uint64) []uint32 {
	from, _ := slices.BinarySearchFunc(s.initialNames, packed, func(nid uint32, want uint64) int {
		return cmp.Compare(initials(s.names.at(nid)), want)
	})
	to := from
	for to < len(s.initialNames) && initials(s.names.at(s.initialNames[to])) == packed {
		to++
	}
	return s.initialNames[from:to]
}

// initials finds the names of which a text in capitals may be the initials.
func (s *search) initials() {
	if n := len(s.fold); n < leastInitials || n > mostInitials || !capitals(s.query.Text) {
		return
	}
	packed := uint64(0)
	for _, c := range s.fold {
		if c < 'a' || c > 'z' {
			return
		}
		packed = packed<<8 | uint64(c)
	}
	for i := range s.parts {
		p := &s.parts[i]
		for _, nid := range first(p.withInitials(packed), initialsBearers) {
			s.add(p, nid, -costInitials, 0, byInitials)
		}
	}
}

// costCode is what it costs, in nats, that an entity was called by a code.
const costCode = 1.5

// lowerCodes makes less of the candidates whose acronym is made of none of their names,
// such as the code of an airport: a town is hardly called so, however large it is.
func (s *search) lowerCodes() {
	if len(s.found) < 2 {
		return
	}
	for i := range s.found {
		if c := &s.found[i]; c.part.kind(c.at) == Acronym && !c.part.abbreviated(c.ord, s.fold) {
			c.code = true
			c.score -= costCode + weightPower*min(max(float64(c.part.weight(c.ord)), 0), 50)
		}
	}
}

// abbreviated says whether letters may stand for a name of an entity: they are in it, in
// this order, from the beginning of a word on.
func (s *segment) abbreviated(ord uint32, letters []byte) bool {
	var room []byte
	found := false
	r := s.record(ord)
	r.names(func(kind Kind, name []byte) {
		if found || kind == Acronym {
			return
		}
		room = text.AppendFold(room[:0], string(name))
		for at := range room {
			if (at == 0 || room[at-1] == ' ') && bytes.IndexByte(room[at:], ' ') >= 0 {
				found = found || spells(letters, room[at:])
			}
		}
	})
	return found
}

// spells says whether letters begin a name and go on in it in their order.
func spells(letters, name []byte) bool {
	if len(letters) == 0 || name[0] != letters[0] {
		return false
	}
	for _, c := range name {
		if len(letters) > 0 && c == letters[0] {
			letters = letters[1:]
		}
	}
	return len(letters) == 0
}
