package sqlstore

import (
	"context"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
)

// TicketsOf lists a system's tickets after a place in their order, at most limit,
// with the numbers that the system gave them.
func (r Records) TicketsOf(ctx context.Context, system habeas.SystemID, after party.TicketMark, limit int) ([]party.Ticket, error) {
	at := millis(after.At)
	rows, err := r.q.QueryContext(ctx, `SELECT id, system, version, state, at, sealed FROM ticket
		WHERE system = ? AND sealed IS NOT NULL AND (at > ? OR at = ? AND id > ?) ORDER BY at, id LIMIT ?`,
		system[:], at, at, after.ID[:], limit)
	return collect(rows, err, func(row row) (party.Ticket, error) {
		var sealed []byte
		t, err := scanTicket(withMore{row, []any{&sealed}})
		if err != nil {
			return t, err
		}
		ref, err := r.keys.House().Open(ticketPlace(t.ID), sealed)
		t.Ref = string(ref)
		return t, err
	})
}
