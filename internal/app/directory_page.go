package app

import (
	"context"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/web/admin"
)

var _ admin.Directories = (*Directory)(nil)

// mostLosses bounds the list of permissions that ended.
const mostLosses = 200

// AskNow implements web/admin.Directories.
func (d *Directory) AskNow(ctx context.Context, a habeas.Actor) error {
	if !a.Has(habeas.RoleAdministrator) {
		return account.ErrNotAdministrator
	}
	return d.Ask(ctx)
}

// Standing implements web/admin.Directories.
func (d *Directory) Standing(ctx context.Context, a habeas.Actor) (st admin.DirectoryStanding, err error) {
	if !a.Has(habeas.RoleAdministrator) {
		return st, account.ErrNotAdministrator
	}
	st.Rule = d.rule
	if d.rule.Source == account.DirectoryNone {
		return st, nil
	}
	if st.Health, st.State, err = d.health(ctx); err != nil {
		return st, err
	}
	grants, err := d.db.Accounts().Grants(ctx)
	if err != nil {
		return st, err
	}
	all, err := d.db.Directories().Memberships(ctx)
	if err != nil {
		return st, err
	}
	marks := map[keyring.LookupHash][]keyring.LookupHash{}
	for _, m := range all {
		if m.EndedAt.IsZero() {
			marks[m.Address] = append(marks[m.Address], m.Mark)
		}
	}
	shown := map[keyring.LookupHash]string{}
	at := map[keyring.LookupHash]int{}
	for _, g := range grants {
		if !g.Stands(d.clock.Now()) {
			continue
		}
		i, there := at[g.Address]
		if !there {
			i = len(st.People)
			at[g.Address], shown[g.Address] = i, g.Words.Display
			st.People = append(st.People, d.person(g, marks[g.Address]))
		}
		st.People[i].Granted = append(st.People[i].Granted, g.Role)
	}
	for address, in := range marks {
		if _, granted := at[address]; !granted && len(d.rule.Permits(in)) > 0 {
			st.Waiting++
		}
	}
	for _, m := range all {
		if m.EndedAt.IsZero() || len(st.Lost) == mostLosses {
			continue
		}
		l := admin.DirectoryLoss{Who: shown[m.Address], At: m.EndedAt}
		if g, ok := d.rule.Group(m.Mark); ok {
			l.Group, l.Role = g.Name, g.Role
		}
		st.Lost = append(st.Lost, l)
	}
	return st, nil
}

// person shows somebody who was granted a role. What permits nothing is not shown.
func (d *Directory) person(g account.Grant, marks []keyring.LookupHash) admin.DirectoryPerson {
	p := admin.DirectoryPerson{Address: g.Words.Display, Permitted: d.rule.Permits(marks), Exempt: d.rule.Exempt[g.Address]}
	for _, group := range d.rule.Groups {
		if slices.Contains(marks, group.Mark) {
			p.Groups = append(p.Groups, group.Name)
		}
	}
	return p
}

// health is whether the directory does what it is there for.
func (d *Directory) health(ctx context.Context) (h admin.DirectoryHealth, state account.DirectoryState, err error) {
	if d == nil || d.rule.Source == account.DirectoryNone {
		return h, state, nil
	}
	h.Source = d.rule.Source
	if h.Source == account.DirectorySCIM {
		h.Answered = true
		systems, err := d.db.Systems().Systems(ctx)
		h.Silent = !slices.ContainsFunc(systems, func(s authz.System) bool { return s.Connected() && s.Provisions() })
		return h, state, err
	}
	state, err = d.db.Directories().State(ctx)
	h.Answered, h.Ends, h.Failure = d.rule.Answered(state, d.clock.Now()), d.rule.AnswerEnds(state), state.Failure
	return h, state, err
}
