package party

import (
	"time"

	"github.com/habeas-data/habeas"
)

// Occasion is a ticket as it stands on one person's copy: sealed with the rest of
// the statement under that person's key, so that erasing one participant leaves
// the others' copies alone (PTY-21).
type Occasion struct {
	Ref      string `json:"ref,omitempty"`   // the system's own ticket number
	Title    string `json:"title,omitempty"` // "Guided tour, North Wing"
	Starts   string `json:"starts,omitempty"`
	Ends     string `json:"ends,omitempty"`
	Role     string `json:"role,omitempty"`      // what the person is in it: "Lecturer"
	Term     string `json:"term,omitempty"`      // when, in the words of the system: "Autumn 2026"
	Public   bool   `json:"public,omitempty"`    // it may stand on the person's public profile
	BookedBy string `json:"booked_by,omitempty"` // reference the system gave for who booked
	Version  int64  `json:"version,omitempty"`
	Agreed   bool   `json:"agreed,omitempty"` // no ticket: said when records were merged, and its person agreed
}

// TicketState says whether a ticket still stands.
type TicketState string

// The states of a ticket.
const (
	TicketActive    TicketState = "active"
	TicketCancelled TicketState = "cancelled"
)

// Ticket is a booking, membership or other occasion: an entity in its own right
// with a version and a state. Nothing in it is personal; the words are on each
// person's copy. Its ID is the keyed hash of (system, the system's ticket number).
type Ticket struct {
	ID      habeas.TicketID
	System  habeas.SystemID
	Version int64
	State   TicketState
	At      time.Time // when its newest version arrived
	Ref     string    // the system's own number of it; read only where tickets are listed
}

// TicketMark is a place in a system's list of tickets, which runs from the longest
// unchanged to the latest change: what changes meanwhile comes up again at its end.
type TicketMark struct {
	At time.Time
	ID habeas.TicketID
}

// Mark is where a ticket stands in that list.
func (t Ticket) Mark() TicketMark { return TicketMark{t.At, t.ID} }

// ErrNoTicket says that the system has no such ticket; another system's looks the same.
var ErrNoTicket = habeas.NotFound("There is no such ticket.").WithCode("ticket.none")

var errTicketStale = habeas.Conflict("The ticket has a newer version. Read it again.").WithCode("ticket.stale")

// succeeds reports whether t is news after what is known: a higher version, or a
// cancellation of the same one. So a late delivery does not revive a ticket.
func (t Ticket) succeeds(known Ticket) bool {
	return t.Version > known.Version ||
		t.Version == known.Version && t.State == TicketCancelled && known.State != TicketCancelled
}

// Cancel returns the ticket cancelled in the given version (0: in the one it has),
// and whether that changes anything. A version older than the known one is refused.
func (t Ticket) Cancel(version int64, now time.Time) (Ticket, bool, error) {
	if version == 0 {
		version = t.Version
	}
	c := t
	c.Version, c.State, c.At = version, TicketCancelled, now
	if version < t.Version {
		return t, false, errTicketStale
	}
	if !c.succeeds(t) {
		return t, false, nil
	}
	return c, true, nil
}

// TicketInput is a ticket as a connected system sends it.
type TicketInput struct {
	Ref      string
	Version  int64 // grows with each change of the ticket; zero means 1
	State    TicketState
	Title    string
	Starts   string // RFC 3339 date or moment; kept as sent
	Ends     string `json:",omitempty"` // as Starts
	Role     string `json:",omitempty"`
	Term     string `json:",omitempty"`
	Public   bool   `json:",omitempty"` // the system says that the person's public profile may name it
	BookedBy string // reference of the party that booked
}

// Attended is one occasion on a record, as its person sees it.
type Attended struct {
	Occasion
	Ticket   Ticket
	System   string // name of the connected system
	BookedBy string // short name of who booked, when it was somebody else
	Said     Values // what was stated with it, in the words of the ticket
	At       time.Time
}

// TicketMatch is a condition of a caller about a ticket as it stands (RFC 9110,
// 13.1.1): the versions it takes, each with its state. Nil takes anything; the empty
// list takes any ticket that is there.
type TicketMatch []TicketVersion

// TicketVersion is one version of a ticket. A ticket keeps its version when it is
// cancelled, so the state is part of what changes.
type TicketVersion struct {
	Version int64
	State   TicketState
}

// errTicketChanged answers a condition that does not hold. It is the same for a
// ticket that is not there.
var errTicketChanged = habeas.Conflict("The ticket is not as If-Match says. Read it again.").WithCode("ticket.changed")

// Check returns an error unless the ticket, when it is there, is as wanted.
func (m TicketMatch) Check(t Ticket, there bool) error {
	switch {
	case m == nil, there && len(m) == 0:
		return nil
	case there:
		for _, v := range m {
			if v.Version == t.Version && v.State == t.State {
				return nil
			}
		}
	}
	return errTicketChanged
}
