package app

import (
	"context"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/sqlstore"
	webaccount "github.com/habeas-data/habeas/internal/web/account"
)

// Mine implements web/account.Roles: what the actor holds, waits for and asked for.
func (r *Roles) Mine(ctx context.Context, actor habeas.Actor) (h webaccount.RoleHolding, err error) {
	from := r.db.Accounts()
	if h.Grants, err = from.GrantsOf(ctx, actor.Account); err != nil {
		return h, err
	}
	if h.Applications, err = from.ApplicationsOf(ctx, actor.Account); err != nil {
		return h, err
	}
	all, err := from.Certificates(ctx, actor.Account)
	identity, found := account.ActiveIdentity(all, r.clock.Now())
	if h.Registered = found; found {
		h.Ends = identity.Ends
	}
	return h, err
}

// RoleCertificate implements web/account.Roles: an attribute certificate of the actor's own.
func (r *Roles) RoleCertificate(ctx context.Context, actor habeas.Actor, serial pki.Serial) (account.Certificate, error) {
	c, found, err := r.db.Accounts().Certificate(ctx, pki.Attribute, serial)
	if err == nil && (!found || c.Account.IsZero() || c.Account != actor.Account) {
		err = account.ErrNoCertificate
	}
	return c, err
}

// Apply implements web/account.Roles: the actor asks for a role. Those who give it are told.
func (r *Roles) Apply(ctx context.Context, actor habeas.Actor, role habeas.Role, why string) error {
	return r.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		w, now := tx.Accounts(), r.clock.Now()
		all, err := w.Certificates(ctx, actor.Account)
		if err != nil {
			return err
		}
		before, err := w.ApplicationsOf(ctx, actor.Account)
		if err != nil {
			return err
		}
		held, err := w.GrantsOf(ctx, actor.Account)
		if err != nil {
			return err
		}
		_, registered := account.ActiveIdentity(all, now)
		if err := account.CanApply(actor, role, why, registered, before, held, now); err != nil {
			return err
		}
		a := account.Application{
			ID: habeas.NewID[habeas.ApplicationKind](now), Account: actor.Account, Role: role, At: now, State: account.ApplicationOpen,
			Words: account.ApplicationWords{Why: why},
		}
		if err := w.SaveApplication(a, r.applicationEntry(audit.RoleApplied, a, actor)); err != nil {
			return err
		}
		if role == habeas.RoleAdministrator {
			return r.accounts.tellRoles(tx, mail.KindRoleAsked, rolesDesk, nil, habeas.RoleManager)
		}
		return r.accounts.TellAdministrators(tx, mail.KindRoleAsked, rolesDesk)
	})
}

func (r *Roles) applicationEntry(event audit.Event, a account.Application, actor habeas.Actor) audit.Entry {
	return r.accounts.entry(event, habeas.SubjectOf(a.Account), actor, map[string]string{"role": string(a.Role), "state": string(a.State)})
}

// Withdraw implements web/account.Roles: the actor takes an application back.
func (r *Roles) Withdraw(ctx context.Context, actor habeas.Actor, id habeas.ApplicationID) error {
	return r.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		mine, err := tx.Accounts().ApplicationsOf(ctx, actor.Account)
		if err != nil {
			return err
		}
		for _, a := range mine {
			if a.ID == id && a.State == account.ApplicationOpen {
				a.State, a.Decided, a.By = account.ApplicationWithdrawn, r.clock.Now(), actor.Account
				return tx.Accounts().SaveApplication(a, r.applicationEntry(audit.RoleAnswered, a, actor))
			}
		}
		return account.ErrNoApplication
	})
}

// applied finds an application that waits for an answer.
func applied(ctx context.Context, from sqlstore.Accounts, id habeas.ApplicationID) (account.Application, error) {
	open, err := from.Applications(ctx)
	if err != nil {
		return account.Application{}, err
	}
	i := slices.IndexFunc(open, func(a account.Application) bool { return a.ID == id })
	if i < 0 {
		return account.Application{}, account.ErrNoApplication
	}
	return open[i], nil
}

// answer closes the application that a decision answers: one of the decision's own holder
// and role. A zero id is a decision that nobody asked for.
func (r *Roles) answer(tx *sqlstore.Tx, actor habeas.Actor, id habeas.ApplicationID, g account.Grant) error {
	if id.IsZero() {
		return nil
	}
	a, err := applied(tx.Context(), tx.Accounts().Accounts, id)
	if err != nil {
		return err
	}
	if a.Account != g.Holder || a.Role != g.Role {
		return account.ErrNoApplication
	}
	a.State, a.Decided, a.By = account.ApplicationGranted, r.clock.Now(), actor.Account
	return tx.Accounts().SaveApplication(a, r.applicationEntry(audit.RoleAnswered, a, atWork(actor)))
}

// Accept implements web/admin.Roles: the actor gives the role that somebody applied for.
func (r *Roles) Accept(ctx context.Context, actor habeas.Actor, id habeas.ApplicationID, in account.Granting) error {
	if !account.Grantor(actor) {
		return account.ErrNotGrantor
	}
	a, err := applied(ctx, r.db.Accounts(), id)
	if err != nil {
		return err
	}
	addresses, err := r.db.Accounts().Addresses(ctx, a.Account)
	if err != nil {
		return err
	}
	main := account.Holdings{Addresses: addresses}.Main()
	in.Role, in.Application = a.Role, id
	return r.grant(ctx, actor, main.Hash, main.Display, in)
}

// Refuse implements web/admin.Roles: the actor refuses an application and says why. The
// applicant is told.
func (r *Roles) Refuse(ctx context.Context, actor habeas.Actor, id habeas.ApplicationID, why string) error {
	if !account.Grantor(actor) {
		return account.ErrNotGrantor
	}
	return r.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		a, err := applied(ctx, tx.Accounts().Accounts, id)
		if err != nil {
			return err
		}
		if err := account.CanRefuse(actor, a, why); err != nil {
			return err
		}
		a.State, a.Decided, a.By, a.Words.Answer = account.ApplicationRefused, r.clock.Now(), actor.Account, why
		if err := tx.Accounts().SaveApplication(a, r.applicationEntry(audit.RoleAnswered, a, atWork(actor))); err != nil {
			return err
		}
		return r.accounts.tellMain(tx, a.Account, Letter{Kind: mail.KindRoleRefused, Link: rolesPage})
	})
}
