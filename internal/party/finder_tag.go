package party

import (
	"slices"
	"strings"
	"sync"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/email"
)

// Tagged is the code of a reason: two addresses differ by a tag or by dots only, and may
// be one mailbox. It is a suggestion and makes nothing likelier (PTY-A16).
const Tagged = "tagged"

// baseOf returns what is left of an address without its tag and, where the provider is
// known to deliver so, without dots; and whether the address is another one than that.
func baseOf(address string) (base string, tagged bool) {
	low := strings.ToLower(address)
	if !strings.Contains(low, "+") && !strings.HasSuffix(low, "mail.com") { // nothing to leave out: most
		return low, false
	}
	a, err := email.Parse(address)
	if err != nil {
		return low, false
	}
	key, ok := email.PlusBase(a)
	if !ok {
		return low, false
	}
	base = strings.TrimPrefix(key, "base:")
	return base, base != a.Key()
}

// tags leads from what is left of tagged addresses to the parties known at them: few, so
// that looking there costs next to nothing. It is safe for concurrent use.
type tags struct {
	mu sync.RWMutex
	at map[string][]habeas.PartyID
}

// learn notes the tagged addresses of a party.
func (t *tags) learn(id habeas.PartyID, p profile) {
	for _, r := range p.rows() {
		base, tagged := baseOf(r[atEmail])
		if !tagged {
			continue
		}
		t.mu.Lock()
		if t.at == nil {
			t.at = make(map[string][]habeas.PartyID)
		}
		if !slices.Contains(t.at[base], id) {
			t.at[base] = append(t.at[base], id)
		}
		t.mu.Unlock()
	}
}

// forget takes a party out.
func (t *tags) forget(id habeas.PartyID, p profile) {
	for _, r := range p.rows() {
		base, tagged := baseOf(r[atEmail])
		if !tagged {
			continue
		}
		t.mu.Lock()
		if t.at[base] = slices.DeleteFunc(t.at[base], func(one habeas.PartyID) bool { return one == id }); len(t.at[base]) == 0 {
			delete(t.at, base)
		}
		t.mu.Unlock()
	}
}

// with returns the parties known at tagged addresses of which this is left.
func (t *tags) with(base string) []habeas.PartyID {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return slices.Clone(t.at[base])
}

// tagged returns the parties known at an address that differs from the given one by a
// tag or by dots only.
func (x *Index) tagged(address string, limit int) []Alike {
	if address == "" {
		return nil
	}
	base, tagged := baseOf(address)
	ids := x.tags.with(base)
	if tagged { // there may be somebody at the address without
		for _, a := range x.exactly(mailWord(base), limit+1) {
			ids = append(ids, a.ID)
		}
	}
	word := mailWord(address)
	var out []Alike
	for _, id := range ids {
		p, known := x.profileOf(id)
		same := slices.ContainsFunc(p.rows(), func(r row) bool { return mailWord(r[atEmail]) == word })
		if known && !same && len(out) <= limit {
			out = append(out, Alike{ID: id, P: leastLikely, Reasons: []Reason{{Set: "contact", Field: "email", Code: Tagged, For: true}}})
		}
	}
	return out
}

// suggests reports whether a party was found by an address that may be the same mailbox.
func (a Alike) suggests() bool {
	return slices.ContainsFunc(a.Reasons, func(r Reason) bool { return r.Code == Tagged })
}
