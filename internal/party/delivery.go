package party

import (
	"encoding/json"

	"github.com/habeas-data/habeas"
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
	a.statement.Occ = Occasion{Ref: t.Ref, Title: t.Title, Starts: t.Starts, BookedBy: t.BookedBy, Version: version}
}

// TicketIDOf returns the identifier of a system's ticket.
func TicketIDOf(keys Keys, system habeas.SystemID, ref string) habeas.TicketID {
	return habeas.TicketID(keys.Lookup(LookupTicket, system.String()+"|"+ref))
}

// prepareIdempotency makes the request recognisable: by the caller's key for 30
// days; and, when a system brings a ticket, as the last thing it said about this
// party, so that a repeated delivery changes nothing.
func (a *Asserting) prepareIdempotency(keys Keys) {
	withTicket := a.in.Ticket != nil && a.in.Source.Kind == FromSystem
	if a.in.Idempotent == "" && !withTicket {
		return
	}
	request, err := json.Marshal(struct {
		S, X string
		K    Kind
		V    Values
		T    *TicketInput
	}{a.source.String(), a.in.ExternalID, a.in.Kind, a.values, a.in.Ticket})
	if err != nil { // strings and integers always encode
		return
	}
	mark := keys.Lookup(LookupIdempotent, string(request))
	if withTicket {
		a.said = mark
	}
	if a.in.Idempotent != "" {
		a.idem = Idempotent{Key: keys.Lookup(LookupIdempotent, a.source.String()+"|"+a.in.Idempotent), Print: mark, At: a.now}
	}
}
