package app

import (
	"cmp"
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/internal/web/admin"
)

// Archive says where what leaves the logs goes: files in Dir that only the holder of the key
// behind To can read. Without To nothing is archived: what leaves is gone.
type Archive struct {
	Dir string
	To  age.Recipient
}

// Logs are the use cases about the log of accounts and the contribution log (ADR 0041). It is
// safe for concurrent use.
type Logs struct {
	DB       *sqlstore.DB
	Keys     *keyring.Ring
	Accounts *Accounts
	Clock    habeas.Clock
	Archive  Archive
	Log      *slog.Logger
}

var _ admin.Logs = (*Logs)(nil)

// mostLines bounds what a page of a log shows.
const mostLines = 500

// event makes an entry about an account, or about the house for the zero one.
func (l *Logs) event(event audit.Event, about habeas.AccountID, a habeas.Actor, detail map[string]string) audit.Entry {
	return l.Accounts.entry(event, habeas.SubjectOf(about), a, detail)
}

var (
	errLogNobody = habeas.Invalid("address", "No account has proved this address.").WithCode("log.nobody")
	errLogObject = habeas.Invalid("object", "Give the name of the public thing: what stands at the end of its address.").WithCode("log.object")
)

// Begin notes that an administrator reads a log, and for what, before anything is shown.
// Everybody whose lines the reading shows finds it in their Activity.
func (l *Logs) Begin(ctx context.Context, a habeas.Actor, in account.Reading, address email.Address) (habeas.ReadingID, error) {
	if !a.Has(habeas.RoleAdministrator) {
		return habeas.ReadingID{}, account.ErrNotAdministrator
	}
	now := l.Clock.Now()
	in.ID, in.By, in.At, in.Words = habeas.NewID[habeas.ReadingKind](now), a.Account, now, strings.TrimSpace(in.Words)
	if err := in.Check(); err != nil {
		return in.ID, err
	}
	switch in.Kind {
	case account.ReadAccount, account.ReadShared, account.ReadHolder:
		held, found, err := l.DB.Accounts().AddressAt(ctx, l.Accounts.addressHash(address))
		if err != nil {
			return in.ID, err
		}
		if !found {
			return in.ID, errLogNobody
		}
		in.About = held.Account
	case account.ReadAuthor:
		if in.Object = strings.TrimSpace(in.Object); in.Object == "" || len(in.Object) > 100 {
			return in.ID, errLogObject
		}
	case account.ReadSessions, account.ReadQueries:
	}
	told, err := l.concerned(ctx, in)
	if err != nil {
		return in.ID, err
	}
	a = atWork(a)
	a.Purpose = in.Purpose
	detail := map[string]string{"log": string(in.Kind)}
	return in.ID, l.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		for _, id := range told {
			if err := tx.Audit(l.event(audit.LogRead, id, a, detail)); err != nil && !gone(err) {
				return err
			}
		}
		return tx.Logs().SaveReading(in, l.event(audit.LogRead, in.About, a, detail))
	})
}

// concerned are the accounts that a reading shows beside the one that it is about.
func (l *Logs) concerned(ctx context.Context, r account.Reading) ([]habeas.AccountID, error) {
	var out []habeas.AccountID
	switch r.Kind {
	case account.ReadShared:
		shared, err := l.sharing(ctx, r)
		if err != nil {
			return nil, err
		}
		for _, s := range shared {
			out = append(out, s.Account)
		}
	case account.ReadAuthor:
		acts, err := l.acts(ctx, r)
		if err != nil {
			return nil, err
		}
		for _, act := range acts {
			out = append(out, act.Account, act.Creator)
		}
	case account.ReadAccount, account.ReadSessions, account.ReadQueries, account.ReadHolder:
	}
	slices.SortFunc(out, func(x, y habeas.AccountID) int { return cmp.Compare(string(x[:]), string(y[:])) })
	out = slices.Compact(out)
	return slices.DeleteFunc(out, func(id habeas.AccountID) bool { return id.IsZero() || id == r.About }), nil
}

// View is what a reading shows, to who began it and while it is open. What happened after it
// began is not in it.
func (l *Logs) View(ctx context.Context, a habeas.Actor, id habeas.ReadingID) (admin.LogView, error) {
	var out admin.LogView
	if !a.Has(habeas.RoleAdministrator) {
		return out, account.ErrNotAdministrator
	}
	r, err := l.DB.Logs().Reading(ctx, id)
	if err != nil {
		return out, err
	}
	if r.By != a.Account || !r.Open(l.Clock.Now()) {
		return out, account.ErrNoReading
	}
	out.Reading = r
	if !r.About.IsZero() {
		out.Name = l.Accounts.NameOf(ctx, r.About)
	}
	switch r.Kind {
	case account.ReadAccount:
		out.Lines, err = l.lines(ctx, r.About, r.At)
	case account.ReadShared:
		out.Shared, err = l.sharing(ctx, r)
	case account.ReadAuthor:
		out.Acts, err = l.acts(ctx, r)
	case account.ReadQueries:
		out.Asked, err = l.DB.Entities().Asked(ctx, r.At, mostLines)
	case account.ReadSessions, account.ReadHolder:
	}
	return out, err
}

// lines are what is shown of an account's log.
func (l *Logs) lines(ctx context.Context, id habeas.AccountID, until time.Time) ([]account.LogLine, error) {
	all, err := l.DB.Logs().Lines(ctx, id, account.LogSince(l.Clock.Now()), mostLines)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(one account.LogLine) bool { return one.At.After(until) })
	for i := range all {
		all[i] = all[i].Shown()
	}
	return all, nil
}

// sharing finds which accounts and contributions share a network with the account of a
// reading. The addresses themselves are shown to nobody.
func (l *Logs) sharing(ctx context.Context, r account.Reading) ([]admin.SharedAccount, error) {
	logs, since := l.DB.Logs(), account.LogSince(l.Clock.Now())
	own, err := logs.Lines(ctx, r.About, since, mostLines)
	if err != nil {
		return nil, err
	}
	known := make(map[string]netip.Addr)
	for _, one := range own {
		if one.From.IsValid() {
			known[account.Network(one.From)] = one.From
		}
	}
	var from []netip.Addr
	for _, one := range known {
		from = append(from, one)
	}
	lines, acts, err := logs.Sharing(ctx, from, since, r.At, mostLines)
	if err != nil {
		return nil, err
	}
	found := make(map[habeas.AccountID]*admin.SharedAccount)
	at := func(id habeas.AccountID, when time.Time) *admin.SharedAccount {
		s := found[id]
		if s == nil {
			s = &admin.SharedAccount{Account: id, Name: l.Accounts.NameOf(ctx, id), First: when}
			found[id] = s
		}
		s.Last = later(s.Last, when)
		if when.Before(s.First) {
			s.First = when
		}
		return s
	}
	for _, one := range lines {
		if one.Account != r.About && !one.Account.IsZero() && !one.At.After(r.At) {
			at(one.Account, one.At).Lines++
		}
	}
	authors, err := l.authors(ctx, acts)
	if err != nil {
		return nil, err
	}
	for _, act := range acts {
		by := act.By
		if !act.Through.IsZero() { // the network is the third party's
			by = act.Through
		}
		if id := authors[by]; !id.IsZero() && id != r.About && !act.At.After(r.At) {
			at(id, act.At).Contributions++
		}
	}
	out := make([]admin.SharedAccount, 0, len(found))
	for _, s := range found {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(x, y admin.SharedAccount) int {
		return cmp.Or(cmp.Compare(y.Lines, x.Lines), cmp.Compare(string(x.Account[:]), string(y.Account[:])))
	})
	return out, nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// acts are the contributions to the object of a reading, with who made them where their
// account lives (ADM-03).
func (l *Logs) acts(ctx context.Context, r account.Reading) ([]admin.AuthoredAct, error) {
	acts, err := l.DB.Logs().ContributionsTo(ctx, r.Object, mostLines)
	if err != nil {
		return nil, err
	}
	authors, err := l.authors(ctx, acts)
	if err != nil {
		return nil, err
	}
	var out []admin.AuthoredAct
	for _, act := range acts {
		if act.At.After(r.At) {
			continue
		}
		one := admin.AuthoredAct{Contribution: act, Account: authors[act.By], Creator: authors[act.Through]}
		if !one.Account.IsZero() {
			one.Name = l.Accounts.NameOf(ctx, one.Account)
		}
		if !act.Via.IsZero() {
			one.Through = act.Via.String()
		}
		if !one.Creator.IsZero() {
			one.Through = l.Accounts.NameOf(ctx, one.Creator)
		}
		out = append(out, one)
	}
	return out, nil
}

// authors leads pseudonyms back to accounts. It derives each account's pseudonym from its
// key, since no row says which is whose; that takes microseconds for each, and is rare.
func (l *Logs) authors(ctx context.Context, acts []account.Contribution) (map[account.Pseudonym]habeas.AccountID, error) {
	out := make(map[account.Pseudonym]habeas.AccountID)
	for _, act := range acts {
		out[act.By], out[act.Through] = habeas.AccountID{}, habeas.AccountID{}
	}
	delete(out, account.Pseudonym{})
	if len(out) == 0 {
		return out, nil
	}
	err := l.Keys.All(ctx, func(id habeas.SubjectID, key *keyring.Key) error {
		by := account.ContributorOf(key)
		if _, wanted := out[by]; wanted {
			out[by] = habeas.AccountID(id)
		}
		return nil
	})
	return out, err
}

// Readings are the register of who read what, for administrators; newest first.
func (l *Logs) Readings(ctx context.Context, a habeas.Actor, limit int) ([]admin.Reading, error) {
	if !a.Has(habeas.RoleAdministrator) {
		return nil, account.ErrNotAdministrator
	}
	all, err := l.DB.Logs().Readings(ctx, limit)
	if err != nil {
		return nil, err
	}
	out := make([]admin.Reading, 0, len(all))
	for _, r := range all {
		out = append(out, admin.Reading{Reading: r, By: l.Accounts.NameOf(ctx, r.By), Mine: r.By == a.Account && r.Open(l.Clock.Now())})
	}
	return out, nil
}

// MayReadSessions refuses administrators who have not said for what they read the session
// log (LOG-15).
func (l *Logs) MayReadSessions(ctx context.Context, a habeas.Actor) error {
	if !a.Has(habeas.RoleAdministrator) {
		return account.ErrNotAdministrator
	}
	now := l.Clock.Now()
	mine, err := l.DB.Logs().ReadingsBy(ctx, a.Account, now.Add(-account.ReadingLife))
	if err != nil {
		return err
	}
	for _, r := range mine {
		if r.Kind == account.ReadSessions && r.Open(now) {
			return nil
		}
	}
	return account.ErrNoReading
}

// statisticMonths is how far the public statistics reach back.
const statisticMonths = 24

// Statistics are the counts of whole months, newest first, rounded so that they name nobody
// (LOG-08, LOG-14).
func (l *Logs) Statistics(ctx context.Context) ([]account.PublicMonth, error) {
	this := account.MonthOf(l.Clock.Now())
	all, err := l.DB.Logs().Counts(ctx, this.AddDate(0, -statisticMonths, 0))
	if err != nil {
		return nil, err
	}
	return account.PublicMonths(all, this), nil
}
