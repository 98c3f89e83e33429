package party

import (
	"context"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
)

// Reader is what the domain reads. Errors are of kind NotFound when there is no
// such row and Gone when its key was destroyed.
type Reader interface {
	Party(ctx context.Context, id habeas.PartyID) (Party, error)
	// Statements returns what counts in the record of a party, oldest first: what was said
	// of it and of every party merged into it, but what was put aside.
	Statements(ctx context.Context, id habeas.PartyID) ([]Statement, error)
	// Settled returns what the person of a party has decided about proposals; nothing
	// where nobody controls it.
	Settled(ctx context.Context, p Party) (Settled, error)
	// Top is the party whose record shows this one: itself, unless it is merged.
	Top(ctx context.Context, id habeas.PartyID) (habeas.PartyID, error)
	// Members are a party and every party merged into it.
	Members(ctx context.Context, id habeas.PartyID) ([]habeas.PartyID, error)
	PartiesOf(ctx context.Context, account habeas.AccountID) ([]Party, error)
	KnownAt(ctx context.Context, hash keyring.LookupHash) ([]KnownAs, error)
	Blocked(ctx context.Context, hash keyring.LookupHash, id habeas.PartyID) (bool, error)
	Claims(ctx context.Context, account habeas.AccountID) ([]Claim, error)
	Tickets(ctx context.Context, ids []habeas.TicketID) (map[habeas.TicketID]Ticket, error)
	Waiting(ctx context.Context, after habeas.PartyID, limit int) ([]Party, error)
}

// Writer is what a use case writes inside one transaction. Every method takes the
// audit entry that witnesses it (AUD-11).
type Writer interface {
	Reader
	// CreateParty inserts a party whose key is durable already, with its first
	// statement and the rows under which it is known.
	CreateParty(p Party, s Statement, known []KnownAs, e audit.Entry) error
	// ChangeParty updates a party and adds what was said with the change, if anything.
	ChangeParty(p Party, s *Statement, known []KnownAs, e audit.Entry) error
	// Settle is ChangeParty with what its person has now decided about proposals.
	// waiting says whether any are left.
	Settle(p Party, settled Settled, waiting bool, s *Statement, known []KnownAs, e audit.Entry) error
	// SaveClaim inserts or updates a claim.
	SaveClaim(c Claim, e audit.Entry) error
	// Block remembers that an address does not lead to a party any more.
	Block(hash keyring.LookupHash, id habeas.PartyID, e audit.Entry) error
	// Unblock takes that back.
	Unblock(hash keyring.LookupHash, id habeas.PartyID, e audit.Entry) error
	// PutPaperCode keeps the hash of a code that was given on paper.
	PutPaperCode(id habeas.PartyID, hash keyring.LookupHash, expires time.Time, e audit.Entry) error
	// UsePaperCode marks a code used and reports whether it was valid; only then
	// the entry is written.
	UsePaperCode(id habeas.PartyID, hash keyring.LookupHash, now time.Time, e audit.Entry) (bool, error)
	// EraseParty removes every row of a party; its key is destroyed afterwards.
	EraseParty(p Party, hashes []keyring.LookupHash, e audit.Entry) error
	// Turn writes a step of a merge or split. The key of a new party is durable already.
	Turn(t Turn, entries ...audit.Entry) error
	// ChangeTicket sets the state of a ticket.
	ChangeTicket(t Ticket, e audit.Entry) error
}

// HashesOf returns every lookup hash under which statements could have made a
// party known: needed to erase it without an index from parties to addresses.
func HashesOf(statements []Statement, keys Keys, emailKey func(string) (string, bool)) []keyring.LookupHash {
	seen := make(map[keyring.LookupHash]bool)
	var out []keyring.LookupHash
	for _, s := range statements {
		if key, ok := emailKey(s.Values.Get("contact", "email")); ok {
			if h := keys.Lookup(LookupEmail, key); !seen[h] {
				seen[h] = true
				out = append(out, h)
			}
		}
		if s.External != "" {
			if h := keys.Lookup(LookupExternal, s.Source.knownSource().String()+"|"+s.External); !seen[h] {
				seen[h] = true
				out = append(out, h)
			}
		}
	}
	return out
}
