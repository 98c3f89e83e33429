package party

import (
	"bytes"
	"slices"
	"sync"
	"time"

	"github.com/habeas-data/habeas"
)

// Roll is every record by what the list of people can be narrowed by: its state, its tags,
// who spoke of it and when. Like [Index] it lives in memory, because tags and what is known
// are sealed on disk, and it holds no word of anybody's. One pass over it counts every value
// of every way at once. It is safe for concurrent use.
type Roll struct {
	sets map[string]int // the bit of each data set

	mu      sync.RWMutex
	all     []*rolled // by id
	sources codes[string]
	tags    codes[habeas.TagID]

	dirty sync.Mutex
	touch map[habeas.PartyID]bool
}

// rolled is one record.
type rolled struct {
	id    habeas.PartyID
	plain [len(plainWays)]uint8 // 1 + the place of its value; 0: none
	said  []rolledWord
	tags  []uint16
}

// rolledWord is that a source said something of some data sets at a time.
type rolledWord struct {
	sets   uint64
	at     uint32 // seconds
	source uint16
}

// codes numbers values, each once.
type codes[T comparable] struct {
	of  map[T]uint16
	all []T
}

func (c *codes[T]) code(v T) uint16 {
	n, ok := c.of[v]
	if !ok {
		if c.of == nil {
			c.of = map[T]uint16{}
		}
		n = uint16(len(c.all)) //nolint:gosec // systems and tags are some hundreds
		c.of[v], c.all = n, append(c.all, v)
	}
	return n
}

// Entry is a record as the roll takes it in.
type Entry struct {
	Party  Party
	Said   []Statement
	Mail   bool // an e-mail address is known
	Joined bool // others are merged into it
	Tags   []habeas.TagID
}

// NewRoll returns an empty one.
func NewRoll(schemas *Schemas) *Roll {
	x := &Roll{sets: map[string]int{}, touch: map[habeas.PartyID]bool{}}
	for i, s := range schemas.Sets() {
		x.sets[s.Name] = min(i, 63)
	}
	return x
}

// Put takes in a record or its new state; one that was merged into another goes.
func (x *Roll) Put(e Entry) {
	if e.Party.State == Merged {
		x.Forget(e.Party.ID)
		return
	}
	r := &rolled{id: e.Party.ID, plain: plainOf(e), said: make([]rolledWord, 0, len(e.Said))}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range e.Said {
		w := rolledWord{at: uint32(s.At().Unix()), source: x.sources.code(SourceCode(s.Source))} //nolint:gosec // until 2106
		for set := range s.Values {
			if bit, ok := x.sets[set]; ok {
				w.sets |= 1 << bit
			}
		}
		r.said = append(r.said, w)
	}
	for _, id := range e.Tags {
		if c := x.tags.code(id); !slices.Contains(r.tags, c) {
			r.tags = append(r.tags, c)
		}
	}
	at, known := x.place(r.id)
	if known {
		x.all[at] = r
	} else {
		x.all = slices.Insert(x.all, at, r)
	}
}

// Enter takes in a record that has just come to be.
func (x *Roll) Enter(p Party, s Statement) {
	x.Put(Entry{Party: p, Said: []Statement{s}, Mail: s.Values.Get("contact", "email") != ""})
}

// Forget drops a record.
func (x *Roll) Forget(id habeas.PartyID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if at, known := x.place(id); known {
		x.all = slices.Delete(x.all, at, at+1)
	}
}

// place is where a record is or belongs. New ones belong at the end.
func (x *Roll) place(id habeas.PartyID) (int, bool) {
	if n := len(x.all); n == 0 || bytes.Compare(x.all[n-1].id[:], id[:]) < 0 {
		return n, false
	}
	return slices.BinarySearchFunc(x.all, id, func(r *rolled, id habeas.PartyID) int { return bytes.Compare(r.id[:], id[:]) })
}

// Touch notes that a record changed and has to be read again.
func (x *Roll) Touch(id habeas.PartyID) {
	x.dirty.Lock()
	defer x.dirty.Unlock()
	x.touch[id] = true
}

// Due takes at most n of the records that have to be read again.
func (x *Roll) Due(n int) []habeas.PartyID {
	x.dirty.Lock()
	defer x.dirty.Unlock()
	var out []habeas.PartyID
	for id := range x.touch {
		if len(out) == n {
			break
		}
		out = append(out, id)
		delete(x.touch, id)
	}
	return out
}

// Waits counts them.
func (x *Roll) Waits() int {
	x.dirty.Lock()
	defer x.dirty.Unlock()
	return len(x.touch)
}

// Has reports whether a record is in it.
func (x *Roll) Has(id habeas.PartyID) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	_, known := x.place(id)
	return known
}

// Len counts the records.
func (x *Roll) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.all)
}

// plainOf numbers the values that a record has one of.
func plainOf(e Entry) (out [len(plainWays)]uint8) {
	yes := func(is bool, value string) string {
		if is {
			return value
		}
		return ""
	}
	mail := "without"
	if e.Mail {
		mail = "with"
	}
	values := [len(plainWays)]string{
		string(e.Party.State), yes(e.Party.Review != ReviewNone, "yes"), string(e.Party.Kind), mail,
		yes(e.Joined, "yes"), yes(e.Party.Restraint != RestraintNone, "restrained"), yes(e.Party.Stub, "yes"),
	}
	for i, w := range plainWays {
		out[i] = uint8(1 + slices.Index(w.values, values[i])) //nolint:gosec // a few values
	}
	return out
}

// Narrowed is what a filter finds: the records, the newest first or in the order in which a
// search found them, and how many each value of each way leaves.
type Narrowed struct {
	IDs    []habeas.PartyID
	Facets []Facet
}

// Find counts and lists. among are the records that a search found, closest first; nil asks
// for all. What s does not see neither finds nor counts anything.
func (x *Roll) Find(f Filter, among []habeas.PartyID, s Sight, now time.Time) Narrowed {
	x.mu.RLock()
	defer x.mu.RUnlock()
	c := x.newCount(f, s, now)
	if among == nil {
		for _, r := range slices.Backward(x.all) {
			c.look(r)
		}
		return c.found()
	}
	seen := make(map[habeas.PartyID]bool, len(among))
	for _, id := range among {
		if at, known := x.place(id); known && !seen[id] {
			seen[id] = true
			c.look(x.all[at])
		}
	}
	return c.found()
}
