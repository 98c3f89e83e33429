package app

import (
	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// SayAddress lets an account's person say their new main address in the records they
// control, in the transaction in which it became the main one. The direction is from
// the account to its records and never back (PTY-11). A record that is frozen, or that
// says the address already, stays as it is.
func (r *Records) SayAddress(tx *sqlstore.Tx, id habeas.AccountID, address string) error {
	ctx, w := tx.Context(), tx.Records()
	self := habeas.Actor{Kind: habeas.ActorPerson, Account: id}
	mine, err := w.PartiesOf(ctx, id)
	if err != nil {
		return err
	}
	who, err := r.Accounts.ClaimantIn(tx, self)
	if err != nil {
		return err
	}
	for _, p := range mine {
		if p.State != party.Claimed {
			continue
		}
		rec, said, err := r.load(ctx, w, p.ID)
		if err != nil {
			return err
		}
		s := r.correction(rec, self, party.Values{"contact": {"email": address}})
		if s == nil {
			continue
		}
		if p, err = edited(p); err != nil {
			return err
		}
		known, err := r.knownBySelf(ctx, w, p.ID, who.Addresses, identityOf(party.Fold(p, append(said, *s), rec.Settled, r.schemas)))
		if err != nil {
			return err
		}
		e := r.event(audit.PartyCorrected, p.ID, self, map[string]string{"sets": sets(s.Values)})
		if err := w.ChangeParty(p, s, known, e); err != nil {
			return err
		}
	}
	return nil
}
