package party

import (
	"slices"
	"strings"
	"sync"

	"github.com/habeas-data/habeas"
)

// Finder finds parties by what staff type. It lives in memory, is filled after the
// master password opened the keys, and follows every commit; nothing of it is ever
// on disk (ADR 0012).
type Finder interface {
	// Learn takes in what a statement says.
	Learn(p Party, s Statement)
	// Forget drops a party.
	Forget(id habeas.PartyID)
	// Find returns parties in which every word of the query stands, best first.
	Find(query string, limit int) []habeas.PartyID
	// Like returns parties under the same normalised name or address: possible
	// duplicates while staff type.
	Like(v Values, limit int) []habeas.PartyID
	// Len counts the parties known.
	Len() int
}

// Index is the first Finder: an exact map from normalised words to parties. It is
// safe for concurrent use.
type Index struct {
	mu    sync.RWMutex
	words map[string][]int32 // postings, ascending
	names map[string][]int32 // whole normalised name, words sorted
	ids   []habeas.PartyID
	nums  map[habeas.PartyID]int32
}

// NewIndex returns an empty index.
func NewIndex() *Index {
	return &Index{words: make(map[string][]int32), names: make(map[string][]int32), nums: make(map[habeas.PartyID]int32)}
}

// searched are the fields that staff find people by.
var searched = [][2]string{
	{"identity", "given_name"},
	{"identity", "family_name"},
	{"organisation", "name"},
	{"address", "city"},
	{"membership", "number"},
	{"identity", "birth_date"},
	{"identity", "occupation"},
}

// Learn implements Finder.
func (x *Index) Learn(p Party, s Statement) {
	var words []string
	for _, f := range searched {
		if text := s.Values.Get(f[0], f[1]); text != "" {
			words = append(words, strings.Fields(Normalise(text))...)
			if f[1] == "birth_date" {
				words = append(words, text)
			}
		}
	}
	if mail := s.Values.Get("contact", "email"); mail != "" {
		words = append(words, strings.ToLower(mail))
	}
	if number := numberKey(s.Values); number != "" {
		words = append(words, number)
	}
	name := nameKey(s.Values)
	x.mu.Lock()
	defer x.mu.Unlock()
	n, ok := x.nums[p.ID]
	if !ok {
		n = int32(len(x.ids))
		x.ids = append(x.ids, p.ID)
		x.nums[p.ID] = n
	}
	for _, w := range words {
		x.words[w] = post(x.words[w], n)
	}
	if name != "" {
		x.names[name] = post(x.names[name], n)
	}
}

// post adds n to an ascending list once.
func post(list []int32, n int32) []int32 {
	i, found := slices.BinarySearch(list, n)
	if found {
		return list
	}
	return slices.Insert(list, i, n)
}

// nameKey is the whole name, normalised, its words in alphabetical order.
func nameKey(v Values) string {
	words := strings.Fields(Normalise(v.Get("identity", "given_name") + " " + v.Get("identity", "family_name") + " " + v.Get("organisation", "name")))
	slices.Sort(words)
	return strings.Join(words, " ")
}

// numberKey is a whole membership number as a word of its own: no word that is
// typed begins with #, so it meets no other.
func numberKey(v Values) string {
	if n := normaliseNumber(v.Get("membership", "number")); n != "" {
		return "#" + n
	}
	return ""
}

// Forget implements Finder. The number stays used; its party is gone.
func (x *Index) Forget(id habeas.PartyID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if n, ok := x.nums[id]; ok {
		x.ids[n] = habeas.PartyID{}
		delete(x.nums, id)
	}
}

// Find implements Finder. The last word may be the beginning of one.
func (x *Index) Find(query string, limit int) []habeas.PartyID {
	words := strings.Fields(Normalise(query))
	if q := strings.ToLower(strings.TrimSpace(query)); strings.Contains(q, "@") || isDate(q) {
		words = []string{q}
	}
	if len(words) == 0 {
		return nil
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	hits := x.postings(words[len(words)-1], true)
	for _, w := range words[:len(words)-1] {
		hits = intersect(hits, x.postings(w, false))
	}
	exact := strings.Join(slices.Sorted(slices.Values(words)), " ")
	return x.resolve(hits, x.names[exact], limit)
}

func isDate(q string) bool {
	_, bad := cleanDate(q)
	return bad == nil
}

// postings returns the parties of a word, or of all words that begin with it.
func (x *Index) postings(word string, prefix bool) []int32 {
	exact := x.words[word]
	if !prefix || len(word) < 3 {
		return exact
	}
	all := slices.Clone(exact)
	for w, list := range x.words {
		if len(w) > len(word) && strings.HasPrefix(w, word) {
			all = append(all, list...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func intersect(a, b []int32) []int32 {
	var out []int32
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] == b[0]:
			out = append(out, a[0])
			a, b = a[1:], b[1:]
		case a[0] < b[0]:
			a = a[1:]
		default:
			b = b[1:]
		}
	}
	return out
}

// resolve lists those of best first, then the other hits, newest first.
func (x *Index) resolve(hits, best []int32, limit int) []habeas.PartyID {
	var out []habeas.PartyID
	add := func(n int32) {
		if id := x.ids[n]; !id.IsZero() && len(out) < limit {
			out = append(out, id)
		}
	}
	for _, n := range best {
		if _, hit := slices.BinarySearch(hits, n); hit {
			add(n)
		}
	}
	for i := len(hits) - 1; i >= 0 && len(out) < limit; i-- {
		if _, done := slices.BinarySearch(best, hits[i]); !done {
			add(hits[i])
		}
	}
	return out
}

// Like implements Finder.
func (x *Index) Like(v Values, limit int) []habeas.PartyID {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var hits []int32
	if name := nameKey(v); strings.Contains(name, " ") || v.Get("organisation", "name") != "" {
		hits = append(hits, x.names[name]...)
	}
	if mail := v.Get("contact", "email"); mail != "" {
		hits = append(hits, x.words[strings.ToLower(mail)]...)
	}
	if number := numberKey(v); number != "" {
		hits = append(hits, x.words[number]...)
	}
	slices.Sort(hits)
	return x.resolve(slices.Compact(hits), nil, limit)
}

// Len implements Finder.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.nums)
}
