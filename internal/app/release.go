package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Releases are the use cases of releasing data about an account (REL-01 to REL-08). All
// refuse everybody who is no administrator and no staff, and whom the case is about. It
// implements web/admin.Releases and is safe for concurrent use.
type Releases struct {
	records  *Records
	accounts *Accounts
	db       *sqlstore.DB
	clock    habeas.Clock
}

// NewReleases returns the use cases.
func NewReleases(records *Records, accounts *Accounts) *Releases {
	return &Releases{records, accounts, records.DB, records.Clock}
}

// may refuses an actor who may not release what a case asks for.
func (s *Releases) may(a *habeas.Actor, c account.Case) error {
	for _, set := range c.Sets {
		if err := account.CanRelease(*a, c.Account, c.Ground, set); err != nil {
			return err
		}
	}
	if err := account.CanWork(*a, c.Account); err != nil {
		return err
	}
	*a = atWork(*a)
	if term, ok := c.Ground.Term(); ok {
		a.Purpose = term.Purpose // what is looked at in a case is looked at because of it
	}
	return nil
}

// List lists the cases, those to decide first. Whom one is about does not see it here, also
// as an administrator.
func (s *Releases) List(ctx context.Context, a habeas.Actor, limit int) ([]account.Case, error) {
	if err := account.CanWork(a, habeas.AccountID{}); err != nil {
		return nil, err
	}
	all, err := s.db.Releases().Cases(ctx, limit)
	return slices.DeleteFunc(all, func(c account.Case) bool { return c.Account == a.Account }), err
}

// At is one case.
func (s *Releases) At(ctx context.Context, a habeas.Actor, id habeas.ReleaseID) (account.Case, error) {
	if err := account.CanWork(a, habeas.AccountID{}); err != nil {
		return account.Case{}, err
	}
	c, err := s.db.Releases().Case(ctx, id)
	if err == nil && c.Account == a.Account {
		return account.Case{}, account.ErrNoCase // nothing tells them that there is one
	}
	return c, err
}

// NameOf is how a page calls somebody of the staff.
func (s *Releases) NameOf(ctx context.Context, id habeas.AccountID) string {
	return s.accounts.NameOf(ctx, id)
}

// Open writes a case down about the account at an address.
func (s *Releases) Open(ctx context.Context, a habeas.Actor, at email.Address, in account.Opening) (c account.Case, err error) {
	if err := account.CanWork(a, habeas.AccountID{}); err != nil {
		return c, err
	}
	id, found, err := s.accounts.AccountAt(ctx, s.accounts.addressHash(at))
	if err != nil {
		return c, err
	}
	if !found {
		return c, habeas.Invalid("address", "No account has this address.").WithCode("account.none")
	}
	in.Account, in.By = id, a.Account
	now := s.clock.Now()
	if c, err = account.OpenCase(in, now); err != nil {
		return c, err
	}
	if err := s.may(&a, c); err != nil {
		return c, err
	}
	return c, s.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		_, err := s.save(tx, a, c, audit.ReleaseOpened, nil)
		return err
	})
}

// save writes a case with what happened to it: on the account's log, or, while a court's hold
// is in force, on the house's and kept for later. It returns the case as it was written.
func (s *Releases) save(tx *sqlstore.Tx, a habeas.Actor, c account.Case, event audit.Event, detail map[string]string) (account.Case, error) {
	e := s.entry(a, &c, event, detail)
	return c, tx.Releases().SaveCase(c, e)
}

// entry makes the entry of a step and keeps it back where it has to be.
func (s *Releases) entry(a habeas.Actor, c *account.Case, event audit.Event, detail map[string]string) audit.Entry {
	now := s.clock.Now()
	all := caseDetail(*c)
	for name, value := range detail {
		all[name] = value
	}
	subject := habeas.SubjectOf(c.Account)
	if c.Held(now) {
		subject, *c = habeas.SubjectID{}, c.Keep(event, a.Account, now)
		all = map[string]string{"case": c.Number()} // the house's log says nothing about people
	}
	return s.accounts.entry(event, subject, a, all)
}

// caseDetail is what its person reads of a case.
func caseDetail(c account.Case) map[string]string {
	out := map[string]string{"case": c.Number(), "ground": string(c.Ground), "sets": joinSets(c.Sets), "requester": short(c.Words.Requester)}
	if c.State != account.CaseOpen {
		out["state"] = string(c.State)
	}
	return out
}

// short cuts a text to what a line of Activity shows.
func short(text string) string {
	if r := []rune(strings.Join(strings.Fields(text), " ")); len(r) > 120 {
		return string(r[:119]) + "…"
	}
	return strings.Join(strings.Fields(text), " ")
}

func joinSets(sets []account.DataSet) string {
	var out []string
	for _, set := range sets {
		out = append(out, string(set))
	}
	return strings.Join(out, " ")
}

// change does one step on the version that was seen.
func (s *Releases) change(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, version int64, event audit.Event, detail map[string]string,
	step func(c account.Case, now time.Time) (account.Case, error),
) (out account.Case, err error) {
	is, err := s.At(ctx, a, id)
	if err != nil {
		return out, err
	}
	if err := s.may(&a, is); err != nil {
		return out, err
	}
	err = s.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		c, err := tx.Releases().Case(ctx, id)
		if err != nil {
			return err
		}
		if c.Version != version {
			return account.ErrCaseMoved
		}
		if c.Account.IsZero() {
			return account.ErrNoCase
		}
		if c, err = step(c, s.clock.Now()); err != nil {
			return err
		}
		out, err = s.save(tx, a, c, event, detail)
		return err
	})
	return out, err
}

// Hold records a court's order that keeps a demand from its person until a day.
func (s *Releases) Hold(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, version int64, reference string, until time.Time) error {
	_, err := s.change(ctx, a, id, version, audit.ReleaseHeld, map[string]string{"step": "held"}, func(c account.Case, now time.Time) (account.Case, error) {
		return c.Hold(reference, until, now)
	})
	return err
}

// Lift ends a hold before its time.
func (s *Releases) Lift(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, version int64) error {
	_, err := s.change(ctx, a, id, version, audit.ReleaseHeld, map[string]string{"step": "lifted"}, account.Case.Lift)
	return err
}

// Move records a motion to quash.
func (s *Releases) Move(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, version int64, reference string, filed time.Time) error {
	_, err := s.change(ctx, a, id, version, audit.ReleaseMoved, map[string]string{"step": "filed"}, func(c account.Case, now time.Time) (account.Case, error) {
		return c.Move(reference, filed, now)
	})
	return err
}

// Order records what the court has ordered on a motion.
func (s *Releases) Order(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, version int64, reference string, disclose bool) error {
	step := map[bool]string{true: "disclose", false: "quashed"}[disclose]
	_, err := s.change(ctx, a, id, version, audit.ReleaseMoved, map[string]string{"step": step}, func(c account.Case, now time.Time) (account.Case, error) {
		return c.Order(reference, disclose, now)
	})
	return err
}

// Close refuses a case, or notes that it was withdrawn.
func (s *Releases) Close(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, version int64, to account.CaseState, why string) error {
	_, err := s.change(ctx, a, id, version, audit.ReleaseClosed, nil, func(c account.Case, now time.Time) (account.Case, error) {
		return c.Close(to, a.Account, why, now)
	})
	return err
}

// Reopen takes a refusal or withdrawal back.
func (s *Releases) Reopen(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, version int64) error {
	_, err := s.change(ctx, a, id, version, audit.ReleaseReopened, nil, func(c account.Case, _ time.Time) (account.Case, error) { return c.Reopen() })
	return err
}

// Figures are what the public page tells.
func (s *Releases) Figures(ctx context.Context) ([]account.Figures, time.Time, error) {
	until := account.FiguresUntil(s.clock.Now())
	all, err := s.db.Releases().Figures(ctx, until)
	return all, until, err
}
