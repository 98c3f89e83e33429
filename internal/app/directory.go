package app

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	ldap "github.com/habeas-data/habeas/internal/directory"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// DirectoryConfig is the directory as the settings have it. The zero value is none: every
// granted role counts.
type DirectoryConfig struct {
	Source account.DirectorySource
	LDAP   ldap.Config   // Groups is filled in
	Grace  time.Duration // zero: account.DirectoryGrace
	Groups []DirectoryGroup
	Exempt []email.Address // that need no directory
}

// DirectoryGroup is a group that matters, by its name there, and what it permits.
type DirectoryGroup struct {
	Name string
	Role habeas.Role
}

// Directory lets only those roles count that the organisation's directory permits, and
// asks it who works here (ADR 0042). It is safe for concurrent use.
type Directory struct {
	db     *sqlstore.DB
	keys   *keyring.Ring
	clock  habeas.Clock
	log    *slog.Logger
	rule   account.Directory
	client *ldap.Client // nil: none is asked

	granted account.Roles // what the directory is held against
	asking  sync.Mutex    // one question at a time from this node
}

// DirectoryDeps is what [NewDirectory] stands on. Log may be nil.
type DirectoryDeps struct {
	DB     *sqlstore.DB
	Keys   *keyring.Ring
	Clock  habeas.Clock
	Log    *slog.Logger
	Config DirectoryConfig
}

// NewDirectory returns the use cases, or what is wrong with the settings.
func NewDirectory(d DirectoryDeps) (*Directory, error) {
	c := d.Config
	out := &Directory{db: d.DB, keys: d.Keys, clock: d.Clock, log: providerLog(d.Log)}
	out.rule = account.Directory{Source: c.Source, Grace: cmp.Or(c.Grace, account.DirectoryGrace), Exempt: map[keyring.LookupHash]bool{}}
	for _, g := range c.Groups {
		out.rule.Groups = append(out.rule.Groups, account.DirectoryGroup{Name: g.Name, Mark: out.mark(g.Name), Role: g.Role})
		c.LDAP.Groups = append(c.LDAP.Groups, g.Name)
	}
	for _, address := range c.Exempt {
		out.rule.Exempt[d.Keys.Lookup(account.LookupAddress, address.Key())] = true
	}
	if c.Source != account.DirectoryLDAP {
		return out, nil
	}
	client, err := ldap.New(c.LDAP)
	if err != nil {
		return nil, habeas.Invalid("directory", "The directory cannot be used: {why}.").WithCode("directory.settings").With("why", err.Error())
	}
	out.client = client
	return out, nil
}

// mark is what rows hold of a group: the same name is another group in another source.
func (d *Directory) mark(name string) keyring.LookupHash {
	key := account.GroupKey(name)
	if d.rule.Source == account.DirectoryLDAP {
		key, _ = ldap.NameKey(name) // which the client has checked
	}
	return d.keys.Lookup(account.LookupStaffGroup, string(d.rule.Source)+"/"+key)
}

// permitting are the roles that are granted and that the directory permits.
type permitting struct {
	granted account.Roles
	d       *Directory
}

// RolesOf implements account.Roles.
func (p permitting) RolesOf(ctx context.Context, id habeas.AccountID, now time.Time) ([]habeas.Role, error) {
	roles, err := p.granted.RolesOf(ctx, id, now)
	if err != nil || p.d.rule.Source == account.DirectoryNone || !slices.ContainsFunc(roles, account.Grantable) {
		return roles, err
	}
	from := p.d.db.Directories()
	addresses, marks, err := from.Marks(ctx, id)
	if err != nil {
		return nil, err
	}
	state, err := from.State(ctx)
	if err != nil {
		return nil, err
	}
	return p.d.rule.Counting(roles, addresses, marks, state, now), nil
}

// Obey lets only those roles count from now on that a directory permits. It is called
// once, before anybody asks.
func (a *Accounts) Obey(d *Directory) {
	d.granted = a.roles
	a.roles = permitting{a.roles, d}
	a.directory = d
}

// counts reports whether a grant counts as far as the directory has a say.
func (a *Accounts) counts(ctx context.Context, g account.Grant) (bool, error) {
	if a.directory == nil || a.directory.rule.Source == account.DirectoryNone {
		return true, nil
	}
	roles, err := a.roles.RolesOf(ctx, g.Holder, a.clock.Now())
	return slices.Contains(roles, g.Role), err
}

// Keep asks the directory when it is due. It is run by schedule, each minute.
func (d *Directory) Keep(ctx context.Context) error {
	if d.client == nil {
		return nil
	}
	state, err := d.db.Directories().State(ctx)
	if err != nil {
		return err
	}
	grants, err := d.db.Accounts().Grants(ctx)
	if err != nil {
		return err
	}
	var newest time.Time
	for _, g := range grants {
		if g.At.After(newest) {
			newest = g.At
		}
	}
	if !d.rule.Due(state, newest, d.clock.Now()) {
		return nil
	}
	return d.ask(ctx, grants)
}

// Ask asks the directory now. That it does not answer is no error of ours: it is noted,
// and told on the pages.
func (d *Directory) Ask(ctx context.Context) error {
	if d.client == nil {
		return nil
	}
	grants, err := d.db.Accounts().Grants(ctx)
	if err != nil {
		return err
	}
	return d.ask(ctx, grants)
}

// ask asks about whoever was granted a role, and about nobody else.
func (d *Directory) ask(ctx context.Context, grants []account.Grant) error {
	d.asking.Lock()
	defer d.asking.Unlock()
	began := d.clock.Now()
	people := map[keyring.LookupHash]string{}
	for _, g := range grants {
		if address, err := email.Parse(g.Words.Display); err == nil && g.Stands(began) {
			people[g.Address] = address.Mailbox()
		}
	}
	hashes := slices.Collect(maps.Keys(people))
	mails := make([]string, len(hashes))
	for i, h := range hashes {
		mails[i] = people[h]
	}
	answer, err := d.client.Ask(ctx, mails)
	if err != nil {
		return d.failed(ctx, began, err)
	}
	now := make(map[keyring.LookupHash][]keyring.LookupHash, len(hashes))
	for i, groups := range answer {
		for _, g := range groups {
			now[hashes[i]] = append(now[hashes[i]], d.rule.Groups[g].Mark)
		}
	}
	return d.learn(ctx, began, now)
}

// failed notes that the directory did not answer; what it said before counts on for a while.
func (d *Directory) failed(ctx context.Context, began time.Time, why error) error {
	failure := ldap.ErrAnswer
	errors.As(why, &failure)
	d.log.Warn("the directory was not asked", "reason", failure.Error())
	return d.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		state, err := tx.Directories().State(ctx)
		if err != nil || state.AnsweredAt.After(began) {
			return err // another node was luckier meanwhile
		}
		state.AskedAt, state.Failure = began, string(failure)
		return tx.Ops().MarkDirectory(ctx, state)
	})
}

// learn takes an answer in: whoever it does not name is in no group.
func (d *Directory) learn(ctx context.Context, began time.Time, now map[keyring.LookupHash][]keyring.LookupHash) error {
	return d.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		state, err := tx.Directories().State(ctx)
		if err != nil || state.AnsweredAt.After(began) {
			return err // a newer answer is known
		}
		all, err := tx.Directories().Memberships(ctx)
		if err != nil {
			return err
		}
		concerned := map[keyring.LookupHash]bool{}
		for address := range now {
			concerned[address] = true
		}
		for _, m := range all {
			if m.EndedAt.IsZero() {
				concerned[m.Address] = true
			}
		}
		for address := range concerned {
			if err := d.apply(tx, address, now[address], habeas.Server); err != nil {
				return err
			}
		}
		return tx.Ops().MarkDirectory(ctx, account.DirectoryState{AskedAt: began, AnsweredAt: began})
	})
}

// apply makes the groups of an address what they are now. Whoever loses a role that they
// were given is signed out everywhere.
func (d *Directory) apply(tx *sqlstore.Tx, address keyring.LookupHash, marks []keyring.LookupHash, by habeas.Actor) error {
	ctx, w := tx.Context(), tx.Directories()
	was, err := w.MarksAt(ctx, address)
	if err != nil {
		return err
	}
	held, _, err := tx.Accounts().AddressAt(ctx, address)
	if err != nil {
		return err
	}
	before, after := d.rule.Permits(was), d.rule.Permits(marks)
	at := d.clock.Now()
	save := func(event audit.Event, m account.Membership) error {
		detail := map[string]string{"by": string(d.rule.Source)}
		if g, ok := d.rule.Group(m.Mark); ok {
			detail["role"] = string(g.Role)
		}
		return w.SaveMembership(m, audit.Entry{
			ID: habeas.NewID[habeas.EventKind](at), Event: event, Subject: habeas.SubjectOf(held.Account), Actor: by, At: at, Detail: detail,
		})
	}
	for _, mark := range was {
		if !slices.Contains(marks, mark) {
			if err := save(audit.RoleUnpermitted, account.Membership{Address: address, Mark: mark, Since: at, EndedAt: at}); err != nil {
				return err
			}
		}
	}
	for _, mark := range marks {
		if !slices.Contains(was, mark) {
			if err := save(audit.RolePermitted, account.Membership{Address: address, Mark: mark, Since: at}); err != nil {
				return err
			}
		}
	}
	return d.signOut(tx, held.Account, before, after)
}

// signOut ends the sign-ins of an account that has lost a role it was given.
func (d *Directory) signOut(tx *sqlstore.Tx, id habeas.AccountID, before, after []habeas.Role) error {
	if id.IsZero() {
		return nil
	}
	granted, err := d.granted.RolesOf(tx.Context(), id, d.clock.Now())
	if err != nil {
		return err
	}
	lost := func(r habeas.Role) bool { return slices.Contains(before, r) && !slices.Contains(after, r) }
	if !slices.ContainsFunc(granted, lost) {
		return nil
	}
	return tx.Ops().EndSignIns(tx.Context(), id, account.Token{})
}

// check says how the directory is doing; ok is false when there is none.
func (d *Directory) check(ctx context.Context) (c Check, ok bool) {
	if d == nil || d.client == nil {
		return c, false
	}
	c = Check{Name: "directory", Level: Good}
	state, err := d.db.Directories().State(ctx)
	switch {
	case err != nil:
		c.Level, c.Text = Warned, "Nobody knows what the directory has said."
	case !d.rule.Answered(state, d.clock.Now()):
		c.Level, c.Text = Failed, "The directory does not answer: nobody's role counts any more."
	case state.Failure != "":
		c.Level = Warned
		c.Text = "The directory does not answer; what it said last counts until " + d.rule.AnswerEnds(state).UTC().Format("15:04") + " UTC."
	}
	return c, true
}
