package app

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/api"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Provisioning is what a connected system says of who works here (SCIM 2.0). It permits
// roles as a directory that is asked does, by the same rows, and makes no account. It
// implements api.Staff and is safe for concurrent use.
type Provisioning struct {
	d          *Directory
	reconciled atomic.Bool
}

var _ api.Staff = (*Provisioning)(nil)

// NewProvisioning returns the use cases over a directory.
func NewProvisioning(d *Directory) *Provisioning { return &Provisioning{d: d} }

var errNoProvisioning = habeas.Forbidden("This server does not let a system say who works here; directory.scim in its settings does.").WithCode("staff.off")

// open refuses unless the settings let a system decide.
func (p *Provisioning) open() error {
	if p.d.rule.Source != account.DirectorySCIM {
		return errNoProvisioning
	}
	return nil
}

func (p *Provisioning) reader() sqlstore.Provisions { return p.d.db.Provisions() }

func (p *Provisioning) entry(a habeas.Actor, what, act, id string) audit.Entry {
	now := p.d.clock.Now()
	return audit.Entry{
		ID: habeas.NewID[habeas.EventKind](now), Event: audit.StaffProvisioned, Actor: a, At: now,
		Detail: map[string]string{"what": what, "act": act, "id": id},
	}
}

func (p *Provisioning) userMark(name string) keyring.LookupHash {
	return p.d.keys.Lookup(account.LookupStaffUser, account.UserKey(name))
}

func (p *Provisioning) addressMark(u account.StaffUser) (h keyring.LookupHash) {
	if address, ok := u.Address(); ok {
		return p.d.keys.Lookup(account.LookupAddress, address.Key())
	}
	return h
}

// User implements api.Staff.
func (p *Provisioning) User(ctx context.Context, a habeas.Actor, id habeas.StaffUserID) (account.StaffUser, []habeas.StaffGroupID, error) {
	if err := p.open(); err != nil {
		return account.StaffUser{}, nil, err
	}
	u, err := p.reader().StaffUser(ctx, a.System, id)
	if err != nil {
		return u, nil, err
	}
	groups, err := p.reader().GroupsOfStaff(ctx, id)
	return u, groups, err
}

// UserNamed implements api.Staff.
func (p *Provisioning) UserNamed(ctx context.Context, a habeas.Actor, name string) (account.StaffUser, bool, error) {
	if err := p.open(); err != nil {
		return account.StaffUser{}, false, err
	}
	return p.reader().StaffUserNamed(ctx, a.System, p.userMark(name))
}

// Users implements api.Staff.
func (p *Provisioning) Users(ctx context.Context, a habeas.Actor, offset, limit int) ([]account.StaffUser, int, error) {
	if err := p.open(); err != nil {
		return nil, 0, err
	}
	return p.reader().StaffUsers(ctx, a.System, offset, limit)
}

// CreateUser implements api.Staff.
func (p *Provisioning) CreateUser(ctx context.Context, a habeas.Actor, u account.StaffUser) (account.StaffUser, error) {
	if err := p.open(); err != nil {
		return u, err
	}
	now := p.d.clock.Now()
	u.ID, u.System, u.Version, u.CreatedAt, u.ChangedAt = habeas.NewID[habeas.StaffUserKind](now), a.System, 1, now, now
	if err := u.Check(); err != nil {
		return u, err
	}
	return u, p.d.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		if _, n, err := tx.Provisions().StaffUsers(ctx, a.System, 0, 0); err != nil {
			return err
		} else if n >= account.MaxStaff {
			return account.ErrStaffMany
		}
		return p.saveUser(tx, a, u, account.StaffUser{}, "create")
	})
}

// saveUser writes somebody and lets what they may do follow.
func (p *Provisioning) saveUser(tx *sqlstore.Tx, a habeas.Actor, u, was account.StaffUser, act string) error {
	w, name := tx.Provisions(), p.userMark(u.UserName)
	if other, found, err := w.StaffUserNamed(tx.Context(), a.System, name); err != nil {
		return err
	} else if found && other.ID != u.ID {
		return account.ErrStaffTaken
	}
	address := p.addressMark(u)
	if err := w.SaveStaffUser(u, name, address, p.entry(a, "user", act, u.ID.String())); err != nil {
		return err
	}
	return p.follow(tx, a, address, p.addressMark(was))
}

// follow makes the groups of addresses what they are by now.
func (p *Provisioning) follow(tx *sqlstore.Tx, a habeas.Actor, addresses ...keyring.LookupHash) error {
	done := map[keyring.LookupHash]bool{{}: true} // whoever has no address is permitted nothing
	for _, address := range addresses {
		if done[address] {
			continue
		}
		done[address] = true
		marks, err := tx.Provisions().StaffMarksAt(tx.Context(), address)
		if err != nil {
			return err
		}
		marks = slices.DeleteFunc(marks, func(m keyring.LookupHash) bool {
			_, matters := p.d.rule.Group(m)
			return !matters
		})
		if err := p.d.apply(tx, address, marks, a); err != nil {
			return err
		}
	}
	return nil
}

// ChangeUser implements api.Staff.
func (p *Provisioning) ChangeUser(ctx context.Context, a habeas.Actor, id habeas.StaffUserID, match int64, change func(*account.StaffUser) error) (u account.StaffUser, err error) {
	if err := p.open(); err != nil {
		return u, err
	}
	err = p.d.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		was, err := tx.Provisions().StaffUser(ctx, a.System, id)
		if err != nil {
			return err
		}
		if match > 0 && match != was.Version {
			return account.ErrStaffMoved
		}
		u = was
		if err := change(&u); err != nil {
			return err
		}
		if err := u.Check(); err != nil {
			return err
		}
		u.Version, u.ChangedAt = was.Version+1, p.d.clock.Now()
		act := "change"
		if was.Active && !u.Active {
			act = "deactivate"
		}
		return p.saveUser(tx, a, u, was, act)
	})
	return u, err
}

// RemoveUser implements api.Staff.
func (p *Provisioning) RemoveUser(ctx context.Context, a habeas.Actor, id habeas.StaffUserID, match int64) error {
	if err := p.open(); err != nil {
		return err
	}
	return p.d.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		u, err := tx.Provisions().StaffUser(ctx, a.System, id)
		if err != nil {
			return err
		}
		if match > 0 && match != u.Version {
			return account.ErrStaffMoved
		}
		if err := tx.Provisions().RemoveStaffUser(u, p.entry(a, "user", "remove", u.ID.String())); err != nil {
			return err
		}
		return p.follow(tx, a, p.addressMark(u))
	})
}

// Group implements api.Staff.
func (p *Provisioning) Group(ctx context.Context, a habeas.Actor, id habeas.StaffGroupID) (account.StaffGroup, error) {
	if err := p.open(); err != nil {
		return account.StaffGroup{}, err
	}
	return p.reader().StaffGroup(ctx, a.System, id)
}

// GroupNamed implements api.Staff.
func (p *Provisioning) GroupNamed(ctx context.Context, a habeas.Actor, name string) (account.StaffGroup, bool, error) {
	if err := p.open(); err != nil {
		return account.StaffGroup{}, false, err
	}
	return p.reader().StaffGroupNamed(ctx, a.System, p.d.mark(name))
}

// Groups implements api.Staff.
func (p *Provisioning) Groups(ctx context.Context, a habeas.Actor, offset, limit int) ([]account.StaffGroup, int, error) {
	if err := p.open(); err != nil {
		return nil, 0, err
	}
	return p.reader().StaffGroups(ctx, a.System, offset, limit)
}

// CreateGroup implements api.Staff.
func (p *Provisioning) CreateGroup(ctx context.Context, a habeas.Actor, g account.StaffGroup) (account.StaffGroup, error) {
	if err := p.open(); err != nil {
		return g, err
	}
	now := p.d.clock.Now()
	g.ID, g.System, g.Version, g.CreatedAt, g.ChangedAt = habeas.NewID[habeas.StaffGroupKind](now), a.System, 1, now, now
	return g, p.d.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		if _, n, err := tx.Provisions().StaffGroups(ctx, a.System, 0, 0); err != nil {
			return err
		} else if n >= account.MaxStaff {
			return account.ErrStaffMany
		}
		return p.saveGroup(tx, a, g, account.StaffGroup{}, "create")
	})
}

// saveGroup writes a group and lets what its members may do follow. Members that are not
// this system's are refused.
func (p *Provisioning) saveGroup(tx *sqlstore.Tx, a habeas.Actor, g, was account.StaffGroup, act string) error {
	if err := g.Check(); err != nil {
		return err
	}
	ctx, w, mark := tx.Context(), tx.Provisions(), p.d.mark(g.Name)
	if other, found, err := w.StaffGroupNamed(ctx, a.System, mark); err != nil {
		return err
	} else if found && other.ID != g.ID {
		return account.ErrStaffTaken
	}
	joined, left := account.MembersBetween(was.Members, g.Members)
	for _, id := range joined {
		if _, err := w.StaffUser(ctx, a.System, id); err != nil {
			return account.NoMember(err)
		}
	}
	if err := w.SaveStaffGroup(g, mark, p.entry(a, "group", act, g.ID.String())); err != nil {
		return err
	}
	concerned := slices.Concat(joined, left)
	if account.GroupKey(g.Name) != account.GroupKey(was.Name) {
		concerned = slices.Concat(was.Members, g.Members)
	}
	addresses, err := w.StaffAddresses(ctx, concerned)
	if err != nil {
		return err
	}
	return p.follow(tx, a, addresses...)
}

// ChangeGroup implements api.Staff.
func (p *Provisioning) ChangeGroup(ctx context.Context, a habeas.Actor, id habeas.StaffGroupID, match int64, change func(*account.StaffGroup) error) (g account.StaffGroup, err error) {
	if err := p.open(); err != nil {
		return g, err
	}
	err = p.d.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		was, err := tx.Provisions().StaffGroup(ctx, a.System, id)
		if err != nil {
			return err
		}
		if match > 0 && match != was.Version {
			return account.ErrStaffMoved
		}
		g = was
		if err := change(&g); err != nil {
			return err
		}
		g.Version, g.ChangedAt = was.Version+1, p.d.clock.Now()
		return p.saveGroup(tx, a, g, was, "change")
	})
	return g, err
}

// RemoveGroup implements api.Staff.
func (p *Provisioning) RemoveGroup(ctx context.Context, a habeas.Actor, id habeas.StaffGroupID, match int64) error {
	if err := p.open(); err != nil {
		return err
	}
	return p.d.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		g, err := tx.Provisions().StaffGroup(ctx, a.System, id)
		if err != nil {
			return err
		}
		if match > 0 && match != g.Version {
			return account.ErrStaffMoved
		}
		addresses, err := tx.Provisions().StaffAddresses(ctx, g.Members)
		if err != nil {
			return err
		}
		if err := tx.Provisions().RemoveStaffGroup(g, p.entry(a, "group", "remove", g.ID.String())); err != nil {
			return err
		}
		return p.follow(tx, a, addresses...)
	})
}

// Keep brings the permissions in line with what systems have said, once after each start:
// the settings may name other groups by then, or the records be those of a backup.
func (p *Provisioning) Keep(ctx context.Context) error {
	if p.open() != nil || p.reconciled.Load() {
		return nil
	}
	err := p.d.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		addresses, err := tx.Provisions().AllStaffAddresses(ctx)
		if err != nil {
			return err
		}
		all, err := tx.Directories().Memberships(ctx)
		if err != nil {
			return err
		}
		for _, m := range all {
			if m.EndedAt.IsZero() {
				addresses = append(addresses, m.Address)
			}
		}
		return p.follow(tx, habeas.Server, addresses...)
	})
	p.reconciled.Store(err == nil)
	return err
}
