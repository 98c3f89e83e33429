package party

import (
	"slices"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/match/text"
)

// Lookup kinds: what a keyed hash stands for. Birth dates are never among them,
// because their few values could be guessed (design.md, Storage).
const (
	LookupEmail      = "email"
	LookupExternal   = "external"   // a system's own id for a party
	LookupMembership = "membership" // a membership number
	LookupTicket     = "ticket"
	LookupIdempotent = "idempotency"
)

// Identity is under which name and birth date a source knows a party. Two people
// who share an address differ in it (PTY-26).
type Identity struct {
	Given  string `json:"g,omitempty"`
	Family string `json:"f,omitempty"`
	Birth  string `json:"b,omitempty"`
	Org    string `json:"o,omitempty"`
	Kind   Kind   `json:"k,omitempty"` // a person and an organisation are never one party
	Left   bool   `json:"l,omitempty"` // the address was mistyped: it leads to the party no more
}

// IdentityOf picks the identity out of values, normalised for comparison.
func IdentityOf(v Values) Identity {
	return Identity{
		Given:  Normalise(v.Get("identity", "given_name")),
		Family: Normalise(v.Get("identity", "family_name")),
		Birth:  v.Get("identity", "birth_date"),
		Org:    Normalise(v.Get("organisation", "name")),
	}
}

// of returns the identity with the kind of party it is about.
func (a Identity) of(k Kind) Identity {
	a.Kind = k
	return a
}

// Conflicts reports whether the two cannot be one party: both name the birth date
// and it differs, or both name the person and the names differ by more than a
// typing error, a short form, an initial or an extra name.
func (a Identity) Conflicts(b Identity) bool {
	return a.Kind != "" && b.Kind != "" && a.Kind != b.Kind ||
		rival(a.Birth, b.Birth, func(x, y string) bool { return x == y }) ||
		rival(a.Org, b.Org, namesAgree) ||
		(rival(a.Given, b.Given, namesAgree) || rival(a.Family, b.Family, namesAgree)) && !a.swapped(b)
}

// swapped reports whether given and family name stand in each other's place: a slip
// of who typed it, not another person.
func (a Identity) swapped(b Identity) bool {
	return a.Given != "" && a.Family != "" && b.Given != "" && b.Family != "" &&
		namesAgree(a.Given, b.Family) && namesAgree(a.Family, b.Given)
}

func rival(a, b string, agree func(a, b string) bool) bool {
	return a != "" && b != "" && a != b && !agree(a, b)
}

// Merge adds what a does not know from b.
func (a Identity) Merge(b Identity) Identity {
	or := func(x, y string) string {
		if x != "" {
			return x
		}
		return y
	}
	return Identity{
		Given: or(a.Given, b.Given), Family: or(a.Family, b.Family), Birth: or(a.Birth, b.Birth), Org: or(a.Org, b.Org),
		Kind: Kind(or(string(a.Kind), string(b.Kind))), Left: a.Left,
	}
}

// namesAgree reports whether every word of the shorter name fits a word of the
// longer: equal, one letter apart, an initial, or the start of it (Tim, Timothy). Of two
// names of as many words each has to fit into the other.
func namesAgree(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	return fitsInto(x, y) && (len(x) != len(y) || fitsInto(y, x))
}

func fitsInto(x, y []string) bool {
	return !slices.ContainsFunc(x, func(p string) bool {
		return !slices.ContainsFunc(y, func(q string) bool { return wordsAgree(p, q) })
	})
}

// wordsAgree allows short forms and typing errors, but not a different last letter:
// Paul and Paula, Maria and Mario may well share a mailbox.
func wordsAgree(p, q string) bool {
	if len(p) > len(q) {
		p, q = q, p
	}
	if p == q || strings.HasPrefix(q, p) && (len(p) == 1 || len(p) >= 3 && len(q)-len(p) >= 2) {
		return true
	}
	x, y := []rune(p), []rune(q)
	return len(x) >= 3 && len(y) >= 4 && x[len(x)-1] == y[len(y)-1] && text.Distance(p, q, 1) <= 1
}

// Normalise folds a name for comparison: case, diacritics, punctuation and extra
// spaces go; letters of all scripts stay. It is for finding, never for identity.
func Normalise(s string) string { return text.Fold(s) }

// KnownAs says that at one address, one source knows one party under an identity.
// N counts the parties that this source knows at this address: what a source can
// observe depends on its own rows only, never on what others said (PTY-A27).
type KnownAs struct {
	Hash     keyring.LookupHash
	Source   habeas.SystemID // StaffSource and SelfSource stand for people
	N        uint32
	Party    habeas.PartyID
	Ref      Reference          // the name this source was given for the party; zero for people
	Identity Identity           // sealed under the party's key
	Said     keyring.LookupHash // keyed hash of the last delivery with a ticket; zero: none
}

// StaffSource and SelfSource are the sources of known-as rows that are no system.
var (
	StaffSource = habeas.SystemID{}
	SelfSource  = habeas.SystemID{15: 1}
)

// Leave returns the rows under which a party is known at an address, marked as left
// when the address no longer leads to it, or as good again. They are kept, because
// what a system can observe depends on its own words only: its handle stays.
func Leave(rows []KnownAs, id habeas.PartyID, left bool) []KnownAs {
	var out []KnownAs
	for _, k := range rows {
		if k.Party == id {
			k.Identity.Left = left
			out = append(out, k)
		}
	}
	return out
}

// choose returns which of the parties known at an address a new statement is about: of
// those that do not conflict with it the one that agrees in most. It is zero when there is
// none, and when several fit as well as each other: nobody is the first of them (PTY-10).
// top is the party whose record shows another one: two that are merged are not several.
func choose(rows []KnownAs, id Identity, top func(habeas.PartyID) habeas.PartyID) (one habeas.PartyID, several bool) {
	conflicts, agree := make(map[habeas.PartyID]bool), make(map[habeas.PartyID]int)
	for _, k := range rows {
		conflicts[k.Party] = conflicts[k.Party] || k.Identity.Left || k.Identity.Conflicts(id)
		agree[k.Party] = max(agree[k.Party], k.Identity.shared(id))
	}
	most := -1
	for p, n := range agree {
		switch {
		case conflicts[p] || n < most:
		case n > most:
			one, most, several = p, n, false
		default:
			several = several || top(p) != top(one)
			if string(p[:]) < string(one[:]) { // of one record: the oldest
				one = p
			}
		}
	}
	if several {
		return habeas.PartyID{}, true
	}
	return one, false
}

// shared counts what both name.
func (a Identity) shared(b Identity) (n int) {
	for _, both := range [][2]string{{a.Given, b.Given}, {a.Family, b.Family}, {a.Birth, b.Birth}, {a.Org, b.Org}} {
		if both[0] != "" && both[1] != "" {
			n++
		}
	}
	return n
}
