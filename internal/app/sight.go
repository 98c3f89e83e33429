package app

import (
	"context"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Sight is which data sets a member of staff sees and changes now. Every record that a use
// case hands to staff passes it (Record.SeenBy), and so does every word and every search; a
// wall test looks for use cases that forget it, and another one walks the pages of staff.
func (r *Records) Sight(ctx context.Context, a habeas.Actor) (party.Sight, error) {
	if err := staff(&a); err != nil {
		return party.Sight{}, err
	}
	policy, err := r.Policies.Current(ctx)
	if err != nil {
		return party.Sight{}, err
	}
	group, err := r.DB.Groups().GroupOf(ctx, a.Account)
	return policy.Access.Of(group, a.Has(habeas.RoleAdministrator)), err
}

// mayChange refuses values of data sets that the actor does not change.
func (r *Records) mayChange(ctx context.Context, a habeas.Actor, v party.Values) error {
	s, err := r.Sight(ctx, a)
	if err != nil {
		return err
	}
	return s.Change(v)
}

// everything refuses whoever does not see and change everything.
func (r *Records) everything(ctx context.Context, a habeas.Actor) error {
	s, err := r.Sight(ctx, a)
	if err == nil && !s.Everything() {
		err = party.ErrNotYours
	}
	return err
}

// Access are the use cases about who of the staff sees which data sets. Administrators
// only; it implements web/admin.Access.
type Access struct {
	db       *sqlstore.DB
	accounts *Accounts
	policies *Policies
	clock    habeas.Clock
}

// NewAccess returns the use cases.
func NewAccess(db *sqlstore.DB, accounts *Accounts, policies *Policies, clock habeas.Clock) *Access {
	return &Access{db, accounts, policies, clock}
}

// Members implements web/admin.Access: everybody who works here, with their group.
func (s *Access) Members(ctx context.Context, a habeas.Actor) ([]party.Member, error) {
	if !a.Has(habeas.RoleAdministrator) {
		return nil, account.ErrNotAdministrator
	}
	now := s.clock.Now()
	grants, err := s.db.Accounts().Grants(ctx)
	if err != nil {
		return nil, err
	}
	groups, err := s.db.Groups().InGroups(ctx)
	if err != nil {
		return nil, err
	}
	var out []party.Member
	at := map[habeas.AccountID]int{}
	for _, g := range grants {
		if g.Holder.IsZero() || !g.Stands(now) || g.Role != habeas.RoleStaff && g.Role != habeas.RoleAdministrator {
			continue
		}
		i, known := at[g.Holder]
		if !known {
			i = len(out)
			at[g.Holder], out = i, append(out, party.Member{Account: g.Holder, Name: g.Words.Display, Group: groups[g.Holder]})
		}
		if g.Role == habeas.RoleAdministrator {
			out[i].Administrator, out[i].Ready = true, out[i].Ready || g.Counts(now)
		}
	}
	return out, nil
}

// SetGroup implements web/admin.Access. One administrator always stays in no group, so
// that somebody sees everything and can give it back to the others.
func (s *Access) SetGroup(ctx context.Context, a habeas.Actor, id habeas.AccountID, group string) error {
	if !a.Has(habeas.RoleAdministrator) {
		return account.ErrNotAdministrator
	}
	policy, err := s.policies.Current(ctx)
	if err != nil {
		return err
	}
	if _, ok := policy.Access.Group(group); !ok && group != "" {
		return habeas.Invalid("group", "Choose one of the options.").WithCode("form.choice")
	}
	members, err := s.Members(ctx, a)
	if err != nil {
		return err
	}
	if err := party.CanGroup(members, id, group); err != nil {
		return err
	}
	a.Kind = habeas.ActorStaff
	now := s.clock.Now()
	return s.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Groups()
		was, err := w.GroupOf(ctx, id)
		if err != nil || was == group {
			return err
		}
		return w.SetGroup(id, group, audit.Entry{
			ID: habeas.NewID[habeas.EventKind](now), Event: audit.GroupChanged, Subject: habeas.SubjectOf(id), Actor: a, At: now,
			Detail: map[string]string{"from": was, "to": group},
		})
	})
}

// Change implements web/admin.Access. A group that somebody belongs to stays.
func (s *Access) Change(ctx context.Context, a habeas.Actor, version int64, to party.Access) error {
	if !a.Has(habeas.RoleAdministrator) {
		return account.ErrNotAdministrator
	}
	groups, err := s.db.Groups().InGroups(ctx)
	if err != nil {
		return err
	}
	for _, name := range groups {
		if _, ok := to.Group(name); !ok {
			return habeas.Conflict("Somebody belongs to this group. Put them elsewhere first.").WithCode("access.members")
		}
	}
	policy, err := s.policies.Current(ctx)
	if err != nil {
		return err
	}
	policy.Version, policy.Access = version, to
	_, err = s.policies.Change(ctx, a, policy)
	return err
}
