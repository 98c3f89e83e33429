package party

import (
	"crypto/rand"
	"encoding/json"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
)

// NewsKind is what a connected system is told of a party that it has brought (PTY-30).
type NewsKind string

// The kinds of news. Docs/adr/0030 says why a claim is none of them.
const (
	NewsCorrected    NewsKind = "corrected"    // what the system may read of it has changed
	NewsMerged       NewsKind = "merged"       // two of its names turn out to be of one party
	NewsUnmerged     NewsKind = "unmerged"     // which was said before and does not hold any more
	NewsRestricted   NewsKind = "restricted"   // kept, and not to be used (GDPR article 18)
	NewsObjected     NewsKind = "objected"     // its person objects (GDPR article 21)
	NewsUnrestricted NewsKind = "unrestricted" // used again
	NewsErased       NewsKind = "erased"       // gone (GDPR article 17)
	NewsReset        NewsKind = "reset"        // more than can be told has changed: read everything again
	NewsTest         NewsKind = "test"         // asked for, to see whether news arrive; about nobody
)

// NewsKinds are those that a system can choose to be sent; a reset is always sent.
func NewsKinds() []NewsKind {
	return []NewsKind{NewsCorrected, NewsMerged, NewsUnmerged, NewsRestricted, NewsObjected, NewsUnrestricted, NewsErased}
}

// KeepNews is how long an event can be fetched. The newest of each system stays, so
// that a place after it stays good.
const KeepNews = 30 * 24 * time.Hour

// NewsID is the name of an event: random, so that it tells neither when nor how many.
type NewsID [16]byte

// NewNewsID draws one.
func NewNewsID() (id NewsID) {
	rand.Read(id[:]) // never fails: crypto/rand aborts the program instead
	return id
}

// String returns the 26 characters by which it is known outside.
func (id NewsID) String() string { return refText.EncodeToString(id[:]) }

// News is one event in the feed of one system. It says that something has changed, and
// never what: the system asks, and that is witnessed.
type News struct {
	System habeas.SystemID
	Seq    int64 // its place among the system's own, from 1; never shown
	ID     NewsID
	Kind   NewsKind
	Ref    Reference // the system's name for the party; zero for a reset or test
	Other  Reference // the other name, for merged and unmerged
	Hour   time.Time // in which it was noticed: no finer, so that nothing is known by it
}

// Feed is what a system follows.
type Feed struct {
	System habeas.SystemID
	Epoch  [8]byte // names the place before the first event
	Head   int64   // the newest event
	// Basis is what the system may read, of which its fingerprints were taken. Empty:
	// they are being taken, and Place is how far that has come.
	Basis string
	Place keyring.LookupHash
}

// Watched is what a system was last told of a party, by one of its names for it.
type Watched struct {
	System    habeas.SystemID
	Ref       Reference
	Party     habeas.PartyID
	Own       keyring.LookupHash // fingerprint of what it has said itself
	Seen      keyring.LookupHash // fingerprint of what it could read
	Restraint Restraint
	One       Reference // told to be one with others of the same mark; zero: with none
}

// Glance is what a system can read of a party at a moment, as fingerprints.
type Glance struct {
	Own, Seen keyring.LookupHash
	Open      bool // words of others are open to it
}

// reads is the fingerprint of what a query returns.
func (g Glance) reads() keyring.LookupHash {
	if g.Open {
		return g.Seen
	}
	return g.Own
}

// GlanceOf takes the fingerprints of what [SystemView] shows under a reference.
func GlanceOf(p Party, said []Statement, system habeas.SystemID, ref Reference, under func(Statement) bool, sets []string, policy Policy, schemas *Schemas, keys Keys) Glance {
	own, _ := SystemView(p, said, system, ref, under, sets, Policy{}, schemas)
	seen, open := SystemView(p, said, system, ref, under, sets, policy, schemas)
	return Glance{Own: fingerprint(keys, system, own), Seen: fingerprint(keys, system, seen), Open: open}
}

// fingerprint is a keyed hash, zero for nothing. It is taken per system, so that those
// of two systems cannot be compared.
func fingerprint(keys Keys, system habeas.SystemID, v Values) keyring.LookupHash {
	if v.Len() == 0 {
		return keyring.LookupHash{}
	}
	text, _ := json.Marshal(v) // maps of texts always encode, in the order of their keys
	return keys.Lookup("change", system.String()+"|"+string(text))
}

// Watch begins to watch: what can be read now counts as told.
func Watch(system habeas.SystemID, ref Reference, p Party, g Glance) Watched {
	return Watched{System: system, Ref: ref, Party: p.ID, Own: g.Own, Seen: g.reads(), Restraint: p.Restraint}
}

// Mark is the trace of one change: of what, by whom, and what was said with it.
type Mark struct {
	ID        habeas.EventID // in the order of the changes
	Party     habeas.PartyID
	By        habeas.SystemID // zero: no system, or one that does not follow
	Ref       Reference       // under which By spoke
	Statement habeas.StatementID
	Moved     bool // words came or went, by a merge or split
	Closed    bool // afterwards nothing of others could be read, whatever the policy
}

// Closed reports whether connected systems read nothing of it but their own words,
// whatever the policy opens.
func (p Party) Closed() bool {
	return p.State != Unclaimed && p.State != Merged || p.Restraint != RestraintNone || p.Blocked
}

// SaidBy returns what had been said when only the first n marks were left.
func SaidBy(said []Statement, marks []Mark, n int) []Statement {
	later := marks[n:]
	return slices.DeleteFunc(slices.Clone(said), func(s Statement) bool {
		return slices.ContainsFunc(later, func(m Mark) bool { return m.Statement == s.ID && !m.Statement.IsZero() })
	})
}

// Notice says what a system is told after changes, "" for nothing, and what counts as
// told from then on. glances holds one for each mark, taken after it; the last is how
// things stand. Its own words are no news to it.
//
// Where a record closes (it is claimed, frozen, or its address says "not me"), a query
// returns less than before and the system is told nothing: whoever was told would know
// that its person has come (PTY-7). What it was told stays what it was, until it opens
// again or the system's own words move.
func (w Watched) Notice(p Party, marks []Mark, glances []Glance) (Watched, NewsKind) {
	kind := NewsKind("")
	for i, g := range glances {
		own := marks[i].By == w.System && marks[i].Ref == w.Ref
		changed := g.Own != w.Own
		if g.Open {
			changed = g.Seen != w.Seen
		}
		if changed && !own {
			kind = NewsCorrected
		}
		if changed {
			w.Seen = g.reads()
		}
		w.Own = g.Own
	}
	if w.Restraint != p.Restraint {
		kind = map[Restraint]NewsKind{RestraintNone: NewsUnrestricted, Restricted: NewsRestricted, Objected: NewsObjected}[p.Restraint]
		w.Restraint, w.Seen = p.Restraint, glances[len(glances)-1].reads()
	}
	w.Party = p.ID
	return w, kind
}
