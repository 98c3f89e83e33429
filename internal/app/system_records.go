package app

import (
	"context"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// SystemRecords is what connected systems do with records. It implements api.Records.
type SystemRecords struct {
	db      *sqlstore.DB
	keys    *ringKeys
	schemas *party.Schemas
	clock   habeas.Clock
}

// Schemas returns the data sets that the organisation keeps.
func (r *SystemRecords) Schemas() *party.Schemas { return r.schemas }

// FindOrCreate takes in what a system says about a party (journey 1). It returns
// the system's reference when record, provenance and ledger leaf are durable.
func (r *SystemRecords) FindOrCreate(ctx context.Context, a habeas.Actor, in party.Assertion) (party.Reference, error) {
	in.Actor, in.Source = a, party.Source{Kind: party.FromSystem, System: a.System}
	said, err := party.Prepare(in, r.schemas, r.keys, r.clock.Now())
	if err != nil {
		return party.Reference{}, err
	}
	if err := r.db.Do(ctx, said); err != nil {
		return party.Reference{}, err
	}
	return said.Answer, nil
}

// Ticket returns the state of one of the system's own tickets.
func (r *SystemRecords) Ticket(ctx context.Context, a habeas.Actor, ref string) (party.Ticket, error) {
	return ownTicket(ctx, r.db.Records(), party.TicketIDOf(r.keys, a.System, ref))
}

// CancelTicket cancels one of the system's own tickets. Version zero cancels it as
// it stands. Doing it twice is the same as once.
func (r *SystemRecords) CancelTicket(ctx context.Context, a habeas.Actor, ref string, version int64) (is party.Ticket, err error) {
	id, now := party.TicketIDOf(r.keys, a.System, ref), r.clock.Now()
	entry := audit.Entry{
		ID: habeas.NewID[habeas.EventKind](now), Event: audit.TicketChanged, Actor: a, At: now,
		Detail: map[string]string{"ticket": id.String(), "state": string(party.TicketCancelled)},
	}
	err = r.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		was, err := ownTicket(ctx, tx.Records().Records, id)
		if err != nil {
			return err
		}
		var changed bool
		if is, changed, err = was.Cancel(version, now); err != nil || !changed {
			return err
		}
		return tx.Records().ChangeTicket(is, entry)
	})
	return is, err
}

// ownTicket reads a ticket by the keyed hash of the system and its number, so no
// system can name another one's.
func ownTicket(ctx context.Context, records sqlstore.Records, id habeas.TicketID) (party.Ticket, error) {
	found, err := records.Tickets(ctx, []habeas.TicketID{id})
	if err != nil {
		return party.Ticket{}, err
	}
	t, ok := found[id]
	if !ok {
		return t, party.ErrNoTicket
	}
	return t, nil
}
