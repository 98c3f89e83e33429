package app

import (
	"context"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// atWork is the actor in the capacity of an administrator.
func atWork(actor habeas.Actor) habeas.Actor {
	actor.Kind = habeas.ActorStaff
	return actor
}

// SetClosed closes the account at an address, or opens it again: a closed one signs
// in nowhere and claims nothing (PTY-A37), at once.
func (a *Accounts) SetClosed(ctx context.Context, actor habeas.Actor, address email.Address, closed bool) error {
	if !actor.Has(habeas.RoleAdministrator) {
		return account.ErrNotAdministrator
	}
	state := account.Active
	if closed {
		state = account.Deactivated
	}
	return a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Accounts()
		held, found, err := w.AddressAt(ctx, a.addressHash(address))
		switch {
		case err != nil:
			return err
		case !found:
			return habeas.Invalid("account", "No account has this address.").WithCode("account.none")
		case held.Account == actor.Account:
			return habeas.Forbidden("Nobody closes their own account here. Ask another administrator.").WithCode("account.self")
		}
		who, err := w.Account(ctx, held.Account)
		if err != nil {
			return err
		}
		who.State = state
		event := audit.AccountReopened
		if closed {
			event = audit.AccountClosed
		}
		e := a.entry(event, habeas.SubjectOf(who.ID), atWork(actor), map[string]string{"state": string(state)})
		if err := w.ChangeAccount(who, e); err != nil || !closed {
			return err
		}
		if err := a.dropWaiting(tx, who.ID, atWork(actor)); err != nil {
			return err
		}
		if err := a.endPasses(tx, who.ID, party.PassClosed, atWork(actor)); err != nil {
			return err
		}
		return tx.Ops().EndSignIns(ctx, who.ID, account.Token{})
	})
}
