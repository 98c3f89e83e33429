package app

import (
	"context"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Revoke implements web/admin.Roles: the actor takes a role away, for a reason. Its
// certificate is revoked, and the role is gone at the holder's next request.
func (r *Roles) Revoke(ctx context.Context, actor habeas.Actor, id habeas.GrantID, why string) error {
	now := r.clock.Now()
	return r.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		grants, err := tx.Accounts().Grants(ctx)
		if err != nil {
			return err
		}
		var g account.Grant
		administrators := 0
		for _, other := range grants {
			if other.ID == id && other.Stands(now) {
				g = other
			}
			if other.Role == habeas.RoleAdministrator && other.State(now) == account.GrantHolds {
				administrators++
			}
		}
		if g.ID.IsZero() {
			return account.ErrNoGrant
		}
		if g.State(now) == account.GrantWaits {
			administrators++ // one that waits leaves those who hold it
		}
		to, err := r.addressee(ctx, tx.Accounts().Accounts, actor, g.Address, "")
		if err != nil {
			return err
		}
		own := to.own || g.Holder == actor.Account
		if err := account.CanRevoke(actor, g.Role, own, administrators, why); err != nil {
			return err
		}
		g.EndedBy, g.Words.Why = actor.Account, why
		if err := r.accounts.endGrant(tx, g, atWork(actor)); err != nil || g.Holder.IsZero() {
			return err
		}
		return r.accounts.tellMain(tx, g.Holder, Letter{Kind: mail.KindRoleEnded, Link: rolesPage})
	})
}

// endGrant ends a decision and revokes its certificate.
func (a *Accounts) endGrant(tx *sqlstore.Tx, g account.Grant, actor habeas.Actor) error {
	now := a.clock.Now()
	g.EndedAt = now
	if err := tx.Accounts().Revoke(g, a.roleEntry(audit.RoleRevoked, g, actor)); err != nil || g.Serial == (pki.Serial{}) {
		return err
	}
	c := account.Certificate{
		Authority: pki.Attribute, Serial: g.Serial, Account: g.Holder, Role: g.Role, RevokedAt: now, Reason: pki.PrivilegeWithdrawn,
	}
	return tx.Accounts().RevokeCertificate(c, a.entry(audit.CertificateRevoked, habeas.SubjectOf(g.Holder), actor, map[string]string{
		"authority": string(c.Authority), "serial": c.Serial.String(), "role": string(c.Role), "reason": c.Reason.String(),
	}))
}

// endGrants ends every role of an account, those too that wait: what recovery does, because
// a mailbox alone must not lead to one.
func (a *Accounts) endGrants(tx *sqlstore.Tx, id habeas.AccountID, actor habeas.Actor) error {
	grants, err := tx.Accounts().GrantsOf(tx.Context(), id)
	if err != nil {
		return err
	}
	for _, g := range grants {
		if !g.Stands(a.clock.Now()) {
			continue
		}
		if err := a.endGrant(tx, g, actor); err != nil {
			return err
		}
	}
	return nil
}

// Undo implements web/admin.Roles: who took a role away by mistake gives it again, on the
// proof that there was. A certificate that was revoked stays so; another is issued.
func (r *Roles) Undo(ctx context.Context, actor habeas.Actor, id habeas.GrantID) error {
	grants, err := r.db.Accounts().Grants(ctx)
	if err != nil {
		return err
	}
	for _, g := range grants {
		if g.ID == id && g.Undoable(actor, r.clock.Now()) {
			return r.grant(ctx, actor, g.Address, g.Words.Display, account.Granting{Role: g.Role, Ends: g.Ends, Proof: g.Words.Proof})
		}
	}
	return account.ErrNoGrant
}

// SetClosed implements web/admin.Roles.
func (r *Roles) SetClosed(ctx context.Context, actor habeas.Actor, address email.Address, closed bool) error {
	return r.accounts.SetClosed(ctx, actor, address, closed)
}

// ceremony is the proof of what was decided on the machine.
const ceremonyProof = "Designated on the machine of the server."

// Designate makes whoever proves an address the authorization manager, in the place of the
// one that there was: the ceremony on the machine (ATTR-07). While nobody administers the
// server they become administrator too.
func (r *Roles) Designate(ctx context.Context, address email.Address) error {
	holder, err := r.record(ctx, address)
	if err != nil || holder.IsZero() {
		return err
	}
	return r.CarryOut(ctx, holder)
}

// record is Designate without the certificates, and returns who has proved the address.
func (r *Roles) record(ctx context.Context, address email.Address) (holder habeas.AccountID, err error) {
	hash := r.accounts.addressHash(address)
	err = r.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		held, found, err := tx.Accounts().AddressAt(ctx, hash)
		if err != nil {
			return err
		}
		if holder = (habeas.AccountID{}); found && !held.Vouched() {
			holder = held.Account
		}
		return r.accounts.designate(tx, hash, address.Display(), holder)
	})
	return holder, err
}

// designate writes the designation down. holder may be zero: nobody has proved the address.
func (a *Accounts) designate(tx *sqlstore.Tx, hash keyring.LookupHash, display string, holder habeas.AccountID) error {
	now := a.clock.Now()
	grants, err := tx.Accounts().Grants(tx.Context())
	if err != nil {
		return err
	}
	give := []habeas.Role{habeas.RoleManager, habeas.RoleAdministrator}
	for _, g := range grants {
		same := g.Address == hash || !holder.IsZero() && g.Holder == holder
		switch {
		case !g.Stands(now):
		case g.Role == habeas.RoleManager && same:
			give = without(give, habeas.RoleManager)
		case g.Role == habeas.RoleManager:
			if err := a.endGrant(tx, g, habeas.Server); err != nil {
				return err
			}
		case g.Role == habeas.RoleAdministrator && (same || g.State(now) == account.GrantHolds):
			give = without(give, habeas.RoleAdministrator)
		}
	}
	for _, role := range give {
		g := account.Grant{
			ID: habeas.NewID[habeas.GrantKind](now), Role: role, Address: hash, Holder: holder, At: now,
			Words: account.GrantWords{Display: display, Proof: ceremonyProof},
		}
		if err := tx.Accounts().Grant(g, a.roleEntry(audit.RoleGranted, g, habeas.Server)); err != nil {
			return err
		}
	}
	return nil
}

func without(roles []habeas.Role, role habeas.Role) (out []habeas.Role) {
	for _, r := range roles {
		if r != role {
			out = append(out, r)
		}
	}
	return out
}

// administered reports whether somebody administers the server or is to.
func (a *Accounts) administered(ctx context.Context, from sqlstore.Accounts) (bool, error) {
	grants, err := from.Grants(ctx)
	for _, g := range grants {
		if g.Role == habeas.RoleAdministrator && g.Stands(a.clock.Now()) {
			return true, nil
		}
	}
	return false, err
}
