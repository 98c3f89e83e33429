package party

import (
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
)

// Plan is a hot write in two steps, so that many can share one transaction: Needs
// names what to read, Decide is pure and returns what to write. Decide may be
// called again with other findings when a batch is retried; it must not have any
// effect outside its result.
type Plan interface {
	Needs() Needs
	Decide(Found) (Change, error)
}

// Needs are the rows a plan wants to see. Parties of the known-as rows are read
// without being named.
type Needs struct {
	Hashes     []keyring.LookupHash // known-as rows
	Ticket     habeas.TicketID      // zero: none
	Idempotent keyring.LookupHash   // zero: none
	Party      habeas.PartyID       // a party to look up where no row names one; it need not exist
}

// Found is what the engine read, overlaid with what earlier plans of the same
// batch have decided.
type Found interface {
	KnownAs(keyring.LookupHash) []KnownAs
	Party(habeas.PartyID) (Party, bool)
	// Top is the party whose record shows one: itself, unless it is merged.
	Top(habeas.PartyID) habeas.PartyID
	Ticket(habeas.TicketID) (Ticket, bool)
	Idempotent(keyring.LookupHash) (Idempotent, bool)
}

// Idempotent remembers the answer to a request, for 30 days.
type Idempotent struct {
	Key    keyring.LookupHash
	Print  keyring.LookupHash // keyed hash of the request: the same key with another request is refused
	Answer Reference
	At     time.Time
}

// Change is what a plan writes, all or nothing.
type Change struct {
	NewKey     *keyring.Key // made durable before anything else
	Insert     *Party
	Update     *Party // state, review and version of a party that was found
	KnownAs    []KnownAs
	Statement  *Statement
	Ticket     *Ticket
	Idempotent *Idempotent
	Audit      audit.Entry // no audit, no write (AUD-11)
}

// Empty reports whether nothing is to be written: the answer was there already.
func (c Change) Empty() bool { return c.Statement == nil && c.Insert == nil && c.Update == nil }
