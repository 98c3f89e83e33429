package party

import (
	"slices"
	"strings"
	"sync"

	"github.com/habeas-data/habeas/match/link"
	"github.com/habeas-data/habeas/match/text"
)

// rowIndex finds rows under the same name or address.
type rowIndex struct {
	mu   sync.RWMutex
	rows map[string][]string
	keys map[string]map[string]bool // of each key the rows
}

func newRows() *rowIndex {
	return &rowIndex{rows: make(map[string][]string), keys: make(map[string]map[string]bool)}
}

// keysOf returns under what a row is found: its whole name, its address.
func keysOf(values []string) map[string]string {
	words := text.Words(text.Fold(values[0] + " " + values[1] + " " + values[2]))
	slices.Sort(words)
	keys := map[string]string{}
	if len(words) > 1 || values[2] != "" {
		keys["identity.family_name"] = "n" + strings.Join(words, " ")
	}
	if values[4] != "" {
		keys["contact.email"] = "m" + strings.ToLower(values[4])
	}
	return keys
}

func (x *rowIndex) Put(id string, values []string) {
	x.Delete(id)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.rows[id] = values
	for _, k := range keysOf(values) {
		if x.keys[k] == nil {
			x.keys[k] = make(map[string]bool)
		}
		x.keys[k][id] = true
	}
}

func (x *rowIndex) Delete(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, k := range keysOf(append(x.rows[id], make([]string, len(compared))...)) {
		if delete(x.keys[k], id); len(x.keys[k]) == 0 {
			delete(x.keys, k)
		}
	}
	delete(x.rows, id)
}

func (x *rowIndex) Similar(values []string, limit int) []link.Match {
	x.mu.RLock()
	defer x.mu.RUnlock()
	found := map[string]*link.Match{}
	for field, k := range keysOf(values) {
		for id := range x.keys[k] {
			if found[id] == nil {
				found[id] = &link.Match{ID: id, P: 0.5}
			}
			found[id].Reasons = append(found[id].Reasons, link.Reason{Field: field, Code: "exact", Bits: 1})
		}
	}
	var out []link.Match
	for _, m := range found {
		out = append(out, *m)
	}
	slices.SortFunc(out, func(a, b link.Match) int { return strings.Compare(b.ID, a.ID) })
	return out[:min(len(out), limit)]
}
