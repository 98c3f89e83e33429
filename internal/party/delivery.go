package party

import (
	"encoding/json"
	"strconv"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
)

func (a *Asserting) prepareTicket(keys Keys) {
	t := a.in.Ticket
	if t == nil {
		return
	}
	version, state := max(t.Version, 1), t.State
	if state == "" {
		state = TicketActive
	}
	id := TicketIDOf(keys, a.in.Source.System, t.Ref)
	a.ticket = Ticket{ID: id, System: a.in.Source.System, Version: version, State: state, At: a.now, Ref: t.Ref}
	a.statement.Ticket = id
	a.statement.Occ = Occasion{
		Ref: t.Ref, Title: t.Title, Starts: t.Starts, Ends: t.Ends, Role: t.Role, Term: t.Term, Public: t.Public,
		BookedBy: t.BookedBy, Version: version,
	}
}

// TicketIDOf returns the identifier of a system's ticket.
func TicketIDOf(keys Keys, system habeas.SystemID, ref string) habeas.TicketID {
	return habeas.TicketID(keys.Lookup(LookupTicket, system.String()+"|"+ref))
}

// prepareIdempotency makes the request recognisable: by the caller's key for 30
// days, or by its own words where those count once; and, when a system brings a ticket,
// as the last thing it said about this party, so that a repeated delivery changes nothing.
func (a *Asserting) prepareIdempotency(keys Keys) {
	withTicket := a.in.Ticket != nil && a.in.Source.Kind == FromSystem
	if a.in.Idempotent == "" && a.in.Once == 0 && !withTicket {
		return
	}
	words := delivered{a.source.String(), a.in.ExternalID, a.in.Kind, a.values, a.in.Ticket, a.in.Consent.mark()}
	mark := words.mark(keys)
	if withTicket {
		a.said = mark
	}
	switch {
	case a.in.Idempotent != "":
		a.idem = Idempotent{Key: keys.Lookup(LookupIdempotent, a.source.String()+"|"+a.in.Idempotent), Print: mark, At: a.now}
	case a.in.Once > 0:
		a.idem = Idempotent{Key: onceKey(keys, mark, a.in.Once), Print: mark, At: a.now}
	}
}

// delivered is what a delivery says, in one form.
type delivered struct {
	S, X string
	K    Kind
	V    Values
	T    *TicketInput
	C    []byte `json:",omitempty"` // of a consent code
}

func (s delivered) mark(keys Keys) keyring.LookupHash {
	text, err := json.Marshal(s)
	if err != nil { // strings and integers always encode
		return keyring.LookupHash{}
	}
	return keys.Lookup(LookupIdempotent, string(text))
}

func onceKey(keys Keys, mark keyring.LookupHash, nth int) keyring.LookupHash {
	return keys.Lookup(LookupIdempotent, "once|"+string(mark[:])+"|"+strconv.Itoa(nth))
}

// OnceKey is the key under which it is remembered that a statement of an import was
// made, the n-th of these words (Assertion.Once).
func OnceKey(keys Keys, k Kind, s Statement, nth int) keyring.LookupHash {
	return onceKey(keys, delivered{s.Source.knownSource().String(), s.External, k, s.Values, nil, nil}.mark(keys), nth)
}

// mark is the keyed hash of a consent code, which is part of what a request says.
func (c *ConsentCode) mark() []byte {
	if c == nil {
		return nil
	}
	return c.Whole[:]
}

// RepeatedUnder is the key of a request that may be a repetition; zero: it has none.
func (a *Asserting) RepeatedUnder() keyring.LookupHash { return a.idem.Key }
