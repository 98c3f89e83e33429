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
	BookedBy string `json:"booked_by,omitempty"` // reference the system gave for who booked
	Version  int64  `json:"version,omitempty"`
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
}

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
