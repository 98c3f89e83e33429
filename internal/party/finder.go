package party

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/match/link"
	"github.com/habeas-data/habeas/match/search"
)

// Finder finds parties by what staff type. It lives in memory, is filled after the
// master password opened the keys, and follows every commit; nothing of it is ever
// on disk (ADR 0012).
type Finder interface {
	// Learn takes in what a statement says.
	Learn(p Party, s Statement)
	// Settle makes what was learned so far ready to be found, so that the first question
	// does not wait for it.
	Settle()
	// Forget drops a party.
	Forget(id habeas.PartyID)
	// Find returns parties in which every word of the query is met, closest first. What
	// is far from all of them finds nothing.
	Find(query string, limit int) []Alike
	// FindIn is Find in the data sets that somebody sees: no other finds anything.
	FindIn(query string, limit int, s Sight) []Alike
	// Like returns parties that may be the one the values are about, likeliest first:
	// possible duplicates while staff type.
	Like(v Values, limit int) []Alike
	// Len counts the parties known.
	Len() int
}

// Alike is a party that a Finder found.
type Alike struct {
	ID habeas.PartyID
	// P is, of Like, the probability that the two are the same; of Find, how close the
	// words are: 1 as typed.
	P       float64
	Reasons []Reason // of Find: for the words that are otherwise than typed
}

// Reason is one thing by which a party was found. It is for who decides what to show of
// it: the words may be of values that a list does not show.
type Reason struct {
	Set, Field string // "identity", "family_name"; of several fields the first
	Code       string // how they compare: exact, typo_1, swapped … (link.Level), typo of Find
	For        bool   // speaks for it, not against it
	Typed      string // of Find: the word of the query
	Word       string // of Find: the word of the record that it was taken for, as written
}

// Listed is a record of a list with what brought it there.
type Listed struct {
	Record
	P       float64
	Reasons []Reason
}

// Index is the Finder of the server. It is safe for concurrent use.
//
// What a party was ever said to be called stays findable until it is forgotten. Learn
// notes what is new and returns; it is brought into the indexes behind its back, many
// parties at once, or by whoever asks first: what was learned before a question is
// found by it. Questions do not wait for each other, and for learning only as long as
// it takes to bring in what was learned before.
type Index struct {
	mu     sync.RWMutex
	known  map[habeas.PartyID]profile
	news   map[habeas.PartyID]bool // known, and not in the indexes as they are
	behind bool                    // a goroutine is bringing in

	bring sync.Mutex   // held while parties are brought into the indexes or taken out
	owed  atomic.Int64 // news, and those being brought in: nothing to wait for at 0
	words *search.Index
	rows  *link.Index
	tags  tags
}

const (
	// enoughNews is from how many on bringing in begins without a question: few at once
	// cost more each. mostNews is how many are brought in at once, so that nobody waits
	// long, and tooMuchNews from how many on Learn waits for that.
	enoughNews, mostNews, tooMuchNews = 2_000, 20_000, 100_000
)

// NewIndex returns an empty index.
func NewIndex() *Index {
	return &Index{
		known: make(map[habeas.PartyID]profile), news: make(map[habeas.PartyID]bool),
		words: search.New(search.Options{}), rows: newRows(),
	}
}

// Learn implements Finder.
func (x *Index) Learn(p Party, s Statement) {
	if p.Disowned(s) {
		return
	}
	x.mu.Lock()
	now, changed := x.known[p.ID].with(said(s.Values))
	if !changed {
		if _, ok := x.known[p.ID]; !ok {
			x.known[p.ID] = now // what it says nobody searches
		}
		x.mu.Unlock()
		return
	}
	x.known[p.ID] = now
	if !x.news[p.ID] {
		x.news[p.ID] = true
		x.owed.Add(1)
	}
	start, help := len(x.news) >= enoughNews && !x.behind, len(x.news) >= tooMuchNews
	x.behind = x.behind || start
	x.mu.Unlock()
	if start {
		go x.bringBehind()
	}
	if help {
		x.bringSome(mostNews)
	}
}

// bringBehind brings in what is new as long as it is much.
func (x *Index) bringBehind() {
	for {
		x.bringSome(mostNews)
		x.mu.Lock()
		if len(x.news) < enoughNews {
			x.behind = false
			x.mu.Unlock()
			return
		}
		x.mu.Unlock()
	}
}

// bringSome brings up to n parties into the indexes.
func (x *Index) bringSome(n int) {
	x.bring.Lock()
	defer x.bring.Unlock()
	x.mu.Lock()
	some := make(map[habeas.PartyID]profile, min(n, len(x.news)))
	for id := range x.news {
		if len(some) == n {
			break
		}
		some[id] = x.known[id]
		delete(x.news, id)
	}
	x.mu.Unlock()
	if len(some) == 0 {
		return
	}
	defer x.owed.Add(-int64(len(some)))
	ids := slices.SortedFunc(maps.Keys(some), func(a, b habeas.PartyID) int { return strings.Compare(string(a[:]), string(b[:])) })
	entities := make([]search.Entity, 0, len(ids))
	for _, id := range ids {
		if names := some[id].names(); len(names) > 0 {
			entities = append(entities, search.Entity{ID: nameOf(id), Names: names})
		}
		x.tags.learn(id, some[id])
		for i, r := range some[id].rows() {
			putRow(x.rows, rowOf(id, i), r)
		}
	}
	if err := x.words.Put(entities...); err != nil {
		// IDs and names are never empty, and no segment reaches 4 GiB before memory ends.
		panic("party: " + err.Error())
	}
}

// Settle implements Finder. It comes before every question.
func (x *Index) Settle() {
	if x.owed.Load() > 0 {
		x.bringSome(tooMuchNews)
	}
}

// Forget implements Finder.
func (x *Index) Forget(id habeas.PartyID) {
	x.bring.Lock()
	defer x.bring.Unlock()
	x.mu.Lock()
	if x.news[id] {
		delete(x.news, id)
		x.owed.Add(-1)
	}
	x.tags.forget(id, x.known[id])
	delete(x.known, id)
	x.mu.Unlock()
	if x.words.Delete(nameOf(id)) > 0 {
		x.words.Compact() // their words leave the memory too
	}
	for i := range maxRows {
		x.rows.Delete(rowOf(id, i))
	}
}

// Len implements Finder.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.known)
}

// profileOf returns what is known of a party.
func (x *Index) profileOf(id habeas.PartyID) (profile, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	p, ok := x.known[id]
	return p, ok
}

// nameOf is the name of a party in the index of words. Of equally good ones those with
// the lowest names come first there: these are the newest parties.
func nameOf(id habeas.PartyID) string {
	for i := range id {
		id[i] = ^id[i]
	}
	return string(id[:])
}

// partyOf is the party of a name.
func partyOf(name string) habeas.PartyID {
	var id habeas.PartyID
	copy(id[:], name)
	for i := range id {
		id[i] = ^id[i]
	}
	return id
}
