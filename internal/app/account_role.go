package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
)

// atWork is the actor in the capacity of an administrator.
func atWork(actor habeas.Actor) habeas.Actor {
	actor.Kind = habeas.ActorStaff
	return actor
}

// Grants lists the roles that are given.
func (a *Accounts) Grants(ctx context.Context, actor habeas.Actor) ([]account.Grant, error) {
	if !actor.Has(habeas.RoleAdministrator) {
		return nil, account.ErrNotAdministrator
	}
	return a.db.Accounts().Grants(ctx)
}

// roleEntry witnesses a role given or taken, on the account that holds the address,
// or on the house while nobody does.
func (a *Accounts) roleEntry(event audit.Event, g account.Grant, holder habeas.AccountID, actor habeas.Actor) audit.Entry {
	return a.entry(event, habeas.SubjectOf(holder), actor, map[string]string{"role": string(g.Role)})
}

// GrantRole gives a role to whoever proves an address.
func (a *Accounts) GrantRole(ctx context.Context, actor habeas.Actor, address email.Address, role habeas.Role) error {
	g := account.Grant{
		Address: a.addressHash(address), Role: role, By: actor.Account, At: a.clock.Now(), Display: address.Display(),
	}
	return a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		held, _, err := tx.Accounts().AddressAt(ctx, g.Address)
		if err != nil {
			return err
		}
		if err := account.CanGrant(actor, role, held.Account == actor.Account); err != nil {
			return err
		}
		return tx.Accounts().Grant(g, a.roleEntry(audit.RoleGranted, g, held.Account, atWork(actor)))
	})
}

// RevokeRole takes a role away. It is gone at the holder's next request.
func (a *Accounts) RevokeRole(ctx context.Context, actor habeas.Actor, address keyring.LookupHash, role habeas.Role) error {
	g := account.Grant{Address: address, Role: role}
	return a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		held, _, err := tx.Accounts().AddressAt(ctx, address)
		if err != nil {
			return err
		}
		n, err := tx.Accounts().Administrators(ctx)
		if err != nil {
			return err
		}
		if err := account.CanRevoke(actor, role, held.Account == actor.Account, n); err != nil {
			return err
		}
		return tx.Accounts().Revoke(g, a.roleEntry(audit.RoleRevoked, g, held.Account, atWork(actor)))
	})
}

// revokeAll takes every role of an account away: what recovery does, because a
// mailbox alone must not lead to one.
func (a *Accounts) revokeAll(tx *sqlstore.Tx, id habeas.AccountID, actor habeas.Actor) error {
	grants, err := tx.Accounts().Grants(tx.Context())
	if err != nil {
		return err
	}
	for _, g := range grants {
		if g.Holder != id {
			continue
		}
		if err := tx.Accounts().Revoke(g, a.roleEntry(audit.RoleRevoked, g, id, actor)); err != nil {
			return err
		}
	}
	return nil
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

var errFirstLink = habeas.Forbidden("This link was used or has expired, or there is an administrator already. Ask whoever runs the server for a new one.").WithCode("first.used")

// FirstAdministratorLink makes the link by which the operator makes somebody the
// first administrator. It holds 256 random bits, of which the database sees only a
// hash; it works once, for a day, and only while there is no administrator.
func (a *Accounts) FirstAdministratorLink(ctx context.Context) (path string, err error) {
	n, err := a.db.Accounts().Administrators(ctx)
	if err != nil {
		return "", err
	}
	if n > 0 {
		return "", habeas.Conflict("There is an administrator already.").WithCode("first.exists")
	}
	link, err := sealed.In(ctx).Random("first administrator's link", "", sha256.Size)
	if err != nil {
		return "", err
	}
	now := a.clock.Now()
	err = a.db.Ops().PutChallenge(ctx, account.Challenge{
		ID: firstLinkID(link), Purpose: account.ForFirst, MaxTries: 1, CreatedAt: now, ExpiresAt: now.Add(account.ForFirst.Life()),
	})
	return "/first-administrator?t=" + edge.Show(ctx, link), err
}

// firstLinkID is the hash by which a link is found: 128 bits of SHA-256. A link that
// cannot be read is nobody's.
func firstLinkID(link sealed.Value) (id habeas.ChallengeID) {
	err := link.Use(func(text []byte) error {
		long := append([]byte("habeas first administrator "), text...)
		defer clear(long)
		sum := sha256.Sum256(long)
		copy(id[:], sum[:])
		return nil
	})
	if err != nil {
		_, _ = rand.Read(id[:]) // never fails: crypto/rand aborts the program instead
	}
	return id
}

// CheckFirstLink says whether a link would still work. It uses nothing up.
func (a *Accounts) CheckFirstLink(ctx context.Context, link sealed.Value) error {
	_, err := a.firstLink(ctx, link)
	return err
}

func (a *Accounts) firstLink(ctx context.Context, link sealed.Value) (habeas.ChallengeID, error) {
	id := firstLinkID(link)
	return id, a.firstLinkOpen(ctx, a.db.Accounts(), id)
}

func (a *Accounts) firstLinkOpen(ctx context.Context, from sqlstore.Accounts, id habeas.ChallengeID) error {
	c, found, err := from.Challenge(ctx, id)
	if err != nil {
		return err
	}
	n, err := from.Administrators(ctx)
	if err != nil {
		return err
	}
	if !found || c.Purpose != account.ForFirst || n > 0 || !c.Open(account.Token{}, a.clock.Now()) {
		return errFirstLink
	}
	return nil
}

// spendFirstLink uses up the link that led to a code; of two exactly one wins.
func (a *Accounts) spendFirstLink(tx *sqlstore.Tx, c account.Challenge) error {
	id, err := habeas.Bytes16[habeas.ChallengeKind](c.Words.Link)
	if err != nil {
		return habeas.Internal(err)
	}
	if err := a.firstLinkOpen(tx.Context(), tx.Accounts().Accounts, id); err != nil {
		return err
	}
	won, err := tx.Ops().SpendChallenge(tx.Context(), id, a.clock.Now())
	if err == nil && !won {
		err = errFirstLink
	}
	return err
}

// grantFirst makes the account at the proved address the first administrator.
func (a *Accounts) grantFirst(tx *sqlstore.Tx, c account.Challenge, id habeas.AccountID) error {
	g := account.Grant{Address: c.Address, Role: habeas.RoleAdministrator, At: a.clock.Now(), Display: c.Words.Display}
	return tx.Accounts().Grant(g, a.roleEntry(audit.RoleGranted, g, id, habeas.Server))
}
