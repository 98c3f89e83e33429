package app

import (
	"context"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

var errNotOwn = habeas.NotFound("There is no such record of yours.").WithCode("party.not-yours")

// own reads one of the actor's own records as it is held.
func (r *Records) own(ctx context.Context, from party.Reader, a habeas.Actor, id habeas.PartyID) (party.Record, []party.Statement, error) {
	rec, said, err := r.load(ctx, from, id)
	if err != nil {
		return rec, nil, err
	}
	if a.Account.IsZero() || rec.Party.Account != a.Account {
		return party.Record{}, nil, errNotOwn
	}
	if rec.Party.State == party.Frozen { // who has it may be the wrong person: what evidence opened is shut
		rec.Party.Opened = nil
	}
	return rec, said, nil
}

// Mine implements web/party.Records.
func (r *Records) Mine(ctx context.Context, a habeas.Actor) ([]party.Record, error) {
	parties, err := r.DB.Records().PartiesOf(ctx, a.Account)
	if err != nil {
		return nil, err
	}
	ids := make([]habeas.PartyID, len(parties))
	for i, p := range parties {
		ids[i] = p.ID
	}
	records, err := r.loadAll(ctx, ids)
	for i := range records {
		records[i] = records[i].MaskFor(false)
	}
	return records, err
}

// My implements web/party.Records.
func (r *Records) My(ctx context.Context, a habeas.Actor, id habeas.PartyID) (party.Record, error) {
	rec, _, err := r.own(ctx, r.DB.Records(), a, id)
	return rec.MaskFor(false), err
}

// Occasions implements web/party.Records.
func (r *Records) Occasions(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Attended, error) {
	rec, said, err := r.own(ctx, r.DB.Records(), a, id)
	if err != nil || rec.Party.State == party.Frozen {
		return nil, err
	}
	return r.occasions(ctx, rec, said)
}

// occasions lists the tickets of a record, the newest statement of each first.
func (r *Records) occasions(ctx context.Context, rec party.Record, said []party.Statement) ([]party.Attended, error) {
	tickets, err := r.DB.Records().Tickets(ctx, rec.Tickets)
	if err != nil {
		return nil, err
	}
	seen := make(map[habeas.TicketID]bool)
	var out []party.Attended
	for _, s := range slices.Backward(said) {
		if s.Ticket.IsZero() || seen[s.Ticket] {
			continue
		}
		seen[s.Ticket] = true
		out = append(out, party.Attended{
			Occasion: s.Occ, Ticket: tickets[s.Ticket], System: r.Systems.NameOf(ctx, s.Source.System),
			BookedBy: r.booker(ctx, rec, s), Said: r.maskSaid(rec, s), At: s.At(),
		})
	}
	return out, nil
}

// maskSaid hides in a ticket's wording what the record hides.
func (r *Records) maskSaid(rec party.Record, s party.Statement) party.Values {
	out := party.Values{}
	for set, fields := range s.Values {
		schema, ok := r.schemas.Set(set)
		for name, text := range fields {
			if f, known := schema.Field(name); ok && known && schema.StepUp && !slices.Contains(rec.Party.Opened, set) {
				text = party.Mask(f, text)
			}
			out.Put(set, name, text)
		}
	}
	return out
}

// booker is the short name of who booked: given name and initial, as a confirmation
// would show it; empty when it was the person or nobody was named.
func (r *Records) booker(ctx context.Context, rec party.Record, s party.Statement) string {
	if s.Occ.BookedBy == "" {
		return ""
	}
	ref, err := party.ParseReference("booked_by", s.Occ.BookedBy)
	if err != nil {
		return ""
	}
	prefix, n := ref.Handle(r.Keys.Cipher("reference/" + s.Source.System.String()))
	id, err := r.DB.Records().ByReference(ctx, s.Source.System, prefix, n)
	if err != nil || id == rec.Party.ID {
		return ""
	}
	who, _, err := r.load(ctx, r.DB.Records(), id)
	if err != nil {
		return ""
	}
	if who.Party.ID == rec.Party.ID {
		return ""
	}
	given, family := who.Text("identity", "given_name"), []rune(who.Text("identity", "family_name"))
	if len(family) > 0 {
		return given + " " + string(family[0]) + "."
	}
	return given
}

// Correct implements web/party.Records.
func (r *Records) Correct(ctx context.Context, a habeas.Actor, id habeas.PartyID, version int64, said party.Values) error {
	said, err := r.schemas.Clean(said)
	if err != nil {
		return err
	}
	return r.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Records()
		rec, before, err := r.own(ctx, w, a, id)
		if err != nil {
			return err
		}
		id := rec.Party.ID // of a merged one, the record that shows it
		p, err := edited(rec.Party)
		if err != nil {
			return err
		}
		if rec.Party.Version != version {
			return errChanged
		}
		s := r.correction(rec, a, said)
		if s == nil {
			return nil
		}
		// Under the name that counts now, so that nobody else at the address is taken
		// for this person (PTY-26).
		who, err := r.Accounts.ClaimantIn(tx, a)
		if err != nil {
			return err
		}
		now := party.Fold(p, append(before, *s), rec.Settled, r.schemas)
		known, err := r.knownBySelf(ctx, w, id, who.Addresses, identityOf(now))
		if err != nil {
			return err
		}
		e := r.event(audit.PartyCorrected, id, a, map[string]string{"sets": sets(s.Values)})
		if err := w.ChangeParty(p, s, known, e); err != nil {
			return err
		}
		q, first, err := r.fulfilledToday(tx, id, party.AskRectify)
		if err != nil || !first {
			return err
		}
		return tx.Notices().SaveFulfilled(q, e)
	})
}
