package party

import (
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// Offer is a record that may be about the person who looks, as the confirm screen
// shows it: masked where more than the address is wanted.
type Offer struct {
	Record Record
	Claim  Claim
	Review Review // not empty: staff must decide first; the record then shows nothing
	Locked bool   // too much wrong evidence: staff must help
}

// Look is one line of a person's Activity: who saw or changed what. Its event id names
// it; its place in the ledger may still be open.
type Look struct {
	audit.Witnessed
	Party     habeas.PartyID // zero: it is about the account
	ActorName string         // "Nora Quill, staff", "City Bookings", "you"
	Mine      bool
}

// Copy is everything held about a person, for them to take away (PTY-18).
type Copy struct {
	Name    string // of the file, without extension
	JSON    []byte
	CSV     []byte
	HTML    []byte
	ZIP     []byte // all of them, with the receipts of the ledger
	Taken   time.Time
	Entries int
}

// Decision is what staff decide about a record that waits for review.
type Decision string

// The decisions.
const (
	KeepApart Decision = "keep-apart" // somebody else than the others at this address: the address no longer leads here
	Release   Decision = "release"    // nothing is wrong: it may be claimed
)

// Tally counts the records for the staff's first page.
type Tally struct{ All, Claimed, Waiting int }

// Listing is a page of the list of people, narrowed down as somebody wants it.
type Listing struct {
	People []Listed
	Total  int  // how many the filter leaves
	More   bool // a search found more than are counted
	Next   bool // older ones follow
	Facets []Facet
	Ready  bool // false: the list is being built, and narrows nothing yet
}

// Counted is a saved list with how many it finds now. N is -1 where that cannot be told.
type Counted struct {
	SavedList
	N    int
	More bool
}

// TagOn is a tag on a record, with who gave it.
type TagOn struct {
	Tag
	By habeas.AccountID
	At time.Time
}

// Pair is two records side by side, as a merge would join them. The first one stays.
type Pair struct {
	Into, From Record
	Together   Record // as it would be, without a choice
	Merge      Merge  // the one that waits for consent; zero while none does
	Unseen     bool   // they differ in what the reader may not see
}

// SeenBy returns the pair as somebody sees it.
func (p Pair) SeenBy(s Sight) Pair {
	p.Unseen = s.Unseen(p.Into, p.From)
	p.Into, p.From, p.Together = p.Into.SeenBy(s), p.From.SeenBy(s), p.Together.SeenBy(s)
	return p
}

// Meanwhile is a merge that was undone, with what people said on the merged record.
type Meanwhile struct {
	Merge      Merge
	Into, From Record
	Words      []Statement
	Keep       map[habeas.StatementID]Keep // what is proposed
	Moved      bool                        // they were decided about, and that can be taken back
}

// Joins is what merges and splits a record has behind it, and what waits for its person.
type Joins struct {
	Merges []Merge
	Splits []Split
	Names  map[habeas.PartyID]string
	More   bool // older ones are left out
}

// Parting is a record whose words are to be told apart.
type Parting struct {
	Record Record
	Words  []Statement // newest first: those that may leave
	Notes  []Note      // newest first: those that may go with them
	Split  Split       // the one that waits for consent; zero while none does
}
