package app

import (
	"context"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
)

// Holdings is what opens or reaches the actor's account.
func (a *Accounts) Holdings(ctx context.Context, actor habeas.Actor) (account.Holdings, error) {
	return a.holdings(ctx, actor.Account, a.clock.Now())
}

// SetName changes how the account's person is addressed.
func (a *Accounts) SetName(ctx context.Context, actor habeas.Actor, name string) error {
	if err := account.CheckName("name", name); err != nil {
		return err
	}
	e := a.entry(audit.AccountChanged, habeas.SubjectOf(actor.Account), actor, map[string]string{"field": "name"})
	return a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		who, err := tx.Accounts().Account(ctx, actor.Account)
		if err != nil {
			return err
		}
		who.Profile.Name = name
		return tx.Accounts().ChangeAccount(who, e)
	})
}

// ownPasskey reads one of the actor's passkeys inside a transaction.
func ownPasskey(tx *sqlstore.Tx, actor habeas.Actor, hash keyring.LookupHash) (account.Passkey, error) {
	p, err := tx.Accounts().Passkey(tx.Context(), hash)
	if err == nil && p.Account != actor.Account {
		err = habeas.NotFound("There is no such passkey.").WithCode("passkey.none")
	}
	return p, err
}

// RemovePasskey ends a passkey and the sign-ins that were made with it, except the
// one that asks. It can be taken back for account.UndoFor.
func (a *Accounts) RemovePasskey(ctx context.Context, actor habeas.Actor, sign account.Token, hash keyring.LookupHash) error {
	e := a.entry(audit.CredentialEnded, habeas.SubjectOf(actor.Account), actor, map[string]string{"credential": "passkey"})
	return a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		p, err := ownPasskey(tx, actor, hash)
		if err != nil || !p.EndedAt.IsZero() {
			return err
		}
		p.EndedAt = e.At
		if err := tx.Accounts().ChangePasskey(p, e); err != nil {
			return err
		}
		return tx.Ops().EndSignInsBy(ctx, hash, sign)
	})
}

// RestorePasskey takes a removal back.
func (a *Accounts) RestorePasskey(ctx context.Context, actor habeas.Actor, hash keyring.LookupHash) error {
	e := a.entry(audit.CredentialAdded, habeas.SubjectOf(actor.Account), actor, map[string]string{"credential": "passkey", "undo": "yes"})
	return a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		p, err := ownPasskey(tx, actor, hash)
		if err != nil || p.EndedAt.IsZero() {
			return err
		}
		if e.At.Sub(p.EndedAt) >= account.UndoFor {
			return habeas.Gone("It is too late to take this back. Add the passkey anew.").WithCode("passkey.gone")
		}
		p.EndedAt = time.Time{}
		return tx.Accounts().ChangePasskey(p, e)
	})
}

// EndOtherSignIns ends all sign-ins of the actor but the one that asks.
func (a *Accounts) EndOtherSignIns(ctx context.Context, actor habeas.Actor, sign account.Token) error {
	e := a.entry(audit.SignedOut, habeas.SubjectOf(actor.Account), actor, map[string]string{"scope": "all others"})
	return a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		if err := tx.Ops().EndSignIns(ctx, actor.Account, sign); err != nil {
			return err
		}
		return tx.Audit(e)
	})
}

var errRecovery = habeas.Forbidden("To recover an account, ask for a code at its main address first.").WithCode("recover.none")

// Recovering is what a recovery would end, shown to a sign-in that may recover.
func (a *Accounts) Recovering(ctx context.Context, sign account.Token) (account.Holdings, error) {
	now := a.clock.Now()
	s, found, err := a.db.Accounts().Standing(ctx, sign)
	if err != nil {
		return account.Holdings{}, err
	}
	if !found || s.Reach(now) != account.ReachRecovery {
		return account.Holdings{}, errRecovery
	}
	h, err := a.holdings(ctx, s.Account, now)
	if err == nil && h.Main().Hash != s.Address {
		err = errRecovery
	}
	return h, err
}

// Recover gives an account back to whoever proved its main address, and ends what
// could be another's: every sign-in, every passkey, every further address, every
// certificate, every provider, every pending challenge and change of address, every consent code, and the roles (PTY-A2, A3, A4). Every address is told, those
// that go too. The browser stays signed in by its code, under a new cookie.
func (a *Accounts) Recover(ctx context.Context, sign account.Token, b account.Browser) error {
	h, err := a.Recovering(ctx, sign)
	if err != nil {
		return err
	}
	id, main := h.Account.ID, h.Main()
	actor := habeas.Actor{Kind: habeas.ActorPerson, Account: id, Proof: habeas.ProofCode}
	return a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		s, found, err := tx.Accounts().Standing(ctx, sign)
		if err != nil || !found || s.Reach(a.clock.Now()) != account.ReachRecovery {
			return errors.Join(err, errRecovery) // another recovery was first
		}
		if err := a.tell(tx, id, mail.KindRecovered, "/sign-in"); err != nil {
			return err
		}
		if err := a.stripAccount(tx, id, actor); err != nil {
			return err
		}
		if main.Vouched() { // whose mail it is has been shown now
			if err := tx.Accounts().ProveAddress(main, a.entry(audit.AddressProved, habeas.SubjectOf(id), actor, nil)); err != nil {
				return err
			}
		}
		return a.begin(tx, account.SignIn{Account: id, Proof: habeas.ProofCode, Address: main.Hash}, b)
	})
}

// stripAccount leaves an account with nothing but its main address.
func (a *Accounts) stripAccount(tx *sqlstore.Tx, id habeas.AccountID, actor habeas.Actor) error {
	ctx, w, subject := tx.Context(), tx.Accounts(), habeas.SubjectOf(id)
	if err := tx.Ops().EndSignIns(ctx, id, account.Token{}); err != nil {
		return err
	}
	if err := tx.Ops().EndChallenges(ctx, id); err != nil {
		return err
	}
	if err := w.RemovePasskeys(id, a.entry(audit.AccountRecovered, subject, actor, nil)); err != nil {
		return err
	}
	links := a.entry(audit.CredentialEnded, subject, actor, map[string]string{"credential": "provider"})
	if err := w.RemoveProviderLinks(id, links); err != nil {
		return err
	}
	if err := a.endCertificates(tx, id, actor); err != nil {
		return err
	}
	if err := a.endGrants(tx, id, actor); err != nil {
		return err
	}
	if err := a.dropWaiting(tx, id, actor); err != nil {
		return err
	}
	if err := a.endPasses(tx, id, party.PassRecovered, actor); err != nil {
		return err
	}
	return a.stripAddresses(tx, id, actor)
}

// endPasses ends the consents that an account gave, when somebody else may have given
// them or nobody can take them back.
func (a *Accounts) endPasses(tx *sqlstore.Tx, id habeas.AccountID, why party.PassEnd, actor habeas.Actor) error {
	return tx.Passes().EndPassesOf(id, why, a.entry(audit.PassEnded, habeas.SubjectOf(id), actor, map[string]string{"why": string(why)}))
}

// stripAddresses takes every further address away, those too that could still be
// taken back. The address that was the main one until lately stays while its link can
// take the change back: else who changed it could recover the account to be rid of it.
func (a *Accounts) stripAddresses(tx *sqlstore.Tx, id habeas.AccountID, actor habeas.Actor) error {
	ctx, w, subject := tx.Context(), tx.Accounts(), habeas.SubjectOf(id)
	change, found, err := w.Changing(ctx, id)
	if err != nil {
		return err
	}
	changed := found && change.Stoppable(a.clock.Now())
	addresses, err := w.Addresses(ctx, id)
	if err != nil {
		return err
	}
	for _, address := range addresses {
		if address.Main || changed && address.Hash == change.From {
			continue
		}
		e := a.entry(audit.CredentialEnded, subject, actor, map[string]string{"credential": "address"})
		if err := w.RemoveAddress(address, e); err != nil {
			return err
		}
	}
	return w.ForgetRemoved(id, a.entry(audit.AccountChanged, subject, actor, map[string]string{"field": "addresses"}))
}

// AskToErase mails a code to the main address of the actor's account, whatever address in names:
// it confirms that the account is to be erased, and does nothing else.
func (a *Accounts) AskToErase(ctx context.Context, actor habeas.Actor, in account.Asking) (habeas.ChallengeID, error) {
	all, err := a.db.Accounts().Addresses(ctx, actor.Account)
	if err != nil {
		return habeas.ChallengeID{}, err
	}
	if in.Address, err = email.Parse(account.Holdings{Addresses: all}.Main().Display); err != nil {
		return habeas.ChallengeID{}, habeas.Internal(err)
	}
	return a.ask(ctx, account.Challenge{Purpose: account.ForErase, Subject: habeas.SubjectOf(actor.Account)}, in)
}

// EraseByCode does something in the transaction in which that code is used up. A code that was
// mailed for another account is a wrong one.
func (a *Accounts) EraseByCode(ctx context.Context, actor habeas.Actor, id habeas.ChallengeID, typed sealed.Value, flow account.Token, erase func(tx *sqlstore.Tx) error) error {
	return a.answer(ctx, account.ForErase, id, typed, flow, func(tx *sqlstore.Tx, c account.Challenge) error {
		if actor.Account.IsZero() || c.Subject != habeas.SubjectOf(actor.Account) {
			return account.ErrCode
		}
		return erase(tx)
	})
}
