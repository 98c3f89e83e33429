package app

import (
	"context"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// RequestsOfMine implements web/party.Rights: what was asked for about one of the actor's
// own records, newest first.
func (n *Notices) RequestsOfMine(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Request, error) {
	if _, _, err := n.records.own(ctx, n.records.DB.Records(), a, id); err != nil {
		return nil, err
	}
	return n.records.DB.Notices().Requests(ctx, id)
}

// RequestForMine implements web/party.Rights: its person restricts the use of a record or
// objects to it. It is in force at once and in the same register as what comes otherwise
// (PTY-29). Asking twice for the same is asking once.
func (n *Notices) RequestForMine(ctx context.Context, a habeas.Actor, id habeas.PartyID, kind party.RequestKind) (q party.Request, err error) {
	if kind != party.AskRestrict && kind != party.AskObject { // the rest has its own way
		return q, errKind
	}
	err = n.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		rec, _, err := n.records.own(ctx, tx.Records(), a, id)
		if err != nil {
			return err
		}
		if rec.Party.State == party.Frozen {
			return party.ErrFrozen
		}
		all, err := tx.Notices().Requests(ctx, id)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(all, func(r party.Request) bool { return r.Kind == kind && standing(r) }); i >= 0 {
			q = all[i]
			return nil
		}
		q = party.NewRequest(id, kind, party.ByAccount, false, n.records.Clock.Now())
		return n.register(tx, q, a, nil)
	})
	return q, err
}

// WithdrawMine implements web/party.Rights: a restriction or an objection is taken back,
// also one that came before the record was claimed.
func (n *Notices) WithdrawMine(ctx context.Context, a habeas.Actor, id habeas.PartyID, request habeas.RequestID) error {
	return n.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		rec, _, err := n.records.own(ctx, tx.Records(), a, id)
		if err != nil {
			return err
		}
		q, err := tx.Notices().Request(ctx, request)
		if err != nil {
			return err
		}
		if q.Party != id {
			return errNotHeld
		}
		if rec.Party.State == party.Frozen {
			return party.ErrFrozen
		}
		return n.withdraw(tx, q, a)
	})
}
