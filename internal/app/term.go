package app

import (
	"context"
	"errors"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Terms carries out how registrations end: reminders, deactivation, the warning before the erasure,
// and the erasure (RET-01 to RET-04).
type Terms struct {
	records      *Records
	accounts     *Accounts
	certificates *Certificates
	clock        habeas.Clock
}

// NewTerms returns the use cases.
func NewTerms(records *Records, accounts *Accounts, certificates *Certificates) *Terms {
	return &Terms{records: records, accounts: accounts, certificates: certificates, clock: records.Clock}
}

// How much one step does at a time, and how often it goes on in one run.
const (
	termBatch = 100
	termRuns  = 1000
)

// Sweep does what is due. It is run by schedule and may be run again at any time, on several nodes
// too: each account is a transaction of its own, which looks again before it does anything. What
// an account cannot have yet (a dispute or staff keep a record of its person) is left for the next run and
// holds up nobody else.
func (t *Terms) Sweep(ctx context.Context) error {
	var failed error
	from, now := t.records.DB.Accounts(), t.clock.Now
	for _, days := range account.Reminders() {
		failed = errors.Join(failed, t.each(ctx, t.remind, func(after habeas.AccountID) ([]habeas.AccountID, error) {
			return from.ToRemind(ctx, now(), days, after, termBatch)
		}))
	}
	return errors.Join(failed,
		t.each(ctx, t.lapse, func(after habeas.AccountID) ([]habeas.AccountID, error) {
			return from.ToLapse(ctx, now(), after, termBatch)
		}),
		t.each(ctx, t.warn, func(after habeas.AccountID) ([]habeas.AccountID, error) {
			return from.ToWarn(ctx, now(), after, termBatch)
		}),
		t.erase(ctx))
}

// each lets a step look at every account of a list, in batches. One that fails holds up no other.
func (t *Terms) each(ctx context.Context, step func(*sqlstore.Tx, account.Account, account.Registration) error, list func(after habeas.AccountID) ([]habeas.AccountID, error)) error {
	var after habeas.AccountID
	var failed error
	for range termRuns {
		due, err := list(after)
		if err != nil {
			return errors.Join(failed, err)
		}
		for _, id := range due {
			after = id
			failed = errors.Join(failed, t.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
				who, r, found, err := termOf(tx, id)
				if err != nil || !found {
					return err
				}
				return step(tx, who, r)
			}))
		}
		if len(due) < termBatch {
			break
		}
	}
	return failed
}

// termOf reads an account with its registration; found is false when either is gone.
func termOf(tx *sqlstore.Tx, id habeas.AccountID) (who account.Account, r account.Registration, found bool, err error) {
	r, found, err = tx.Accounts().Registration(tx.Context(), id)
	if err != nil || !found {
		return who, r, false, ungone(err)
	}
	who, err = tx.Accounts().Account(tx.Context(), id)
	return who, r, err == nil, ungone(err)
}

// ungone leaves out that somebody was erased meanwhile.
func ungone(err error) error {
	if err != nil && gone(err) {
		return nil
	}
	return err
}

func (t *Terms) entry(event audit.Event, id habeas.AccountID, detail map[string]string) audit.Entry {
	return t.accounts.entry(event, habeas.SubjectOf(id), habeas.Server, detail)
}

// remind tells somebody that their registration ends soon. Of several reminders that were missed
// they get the nearest one.
func (t *Terms) remind(tx *sqlstore.Tx, who account.Account, r account.Registration) error {
	now := t.clock.Now()
	due := r.Reminder(now)
	if due == 0 || who.State != account.Active {
		return nil
	}
	r.Reminded = due
	if err := tx.Accounts().SaveTerm(r, t.entry(audit.TermTold, r.Account, map[string]string{"told": "ends"})); err != nil {
		return err
	}
	return t.accounts.tellLetter(tx, r.Account, Letter{Kind: mail.KindTermEnds, Link: renewPage, Days: account.DaysTo(r.Ends, now)})
}

// lapse deactivates an account whose registration has ended (RET-03): its sign-ins, roles and
// consents end, and what it had under way.
func (t *Terms) lapse(tx *sqlstore.Tx, who account.Account, r account.Registration) error {
	now := t.clock.Now()
	if who.State != account.Active || r.Stage(now) < account.StageEnded {
		return nil
	}
	who.State = account.Lapsed
	if err := tx.Accounts().ChangeAccount(who, t.entry(audit.AccountLapsed, who.ID, nil)); err != nil {
		return err
	}
	if err := tx.Ops().EndSignIns(tx.Context(), who.ID, account.Token{}); err != nil {
		return err
	}
	if err := t.accounts.dropWaiting(tx, who.ID, habeas.Server); err != nil {
		return err
	}
	if err := t.accounts.endPasses(tx, who.ID, party.PassClosed, habeas.Server); err != nil {
		return err
	}
	if err := t.endRoles(tx, who.ID); err != nil {
		return err
	}
	return t.accounts.tellLetter(tx, who.ID, Letter{Kind: mail.KindLapsed, Link: "/sign-in", Days: account.DaysTo(r.GoesAt(now), now)})
}

// endRoles revokes what still hangs on certificates that have expired.
func (t *Terms) endRoles(tx *sqlstore.Tx, id habeas.AccountID) error {
	held, err := tx.Accounts().Certificates(tx.Context(), id)
	if err != nil {
		return err
	}
	for _, cert := range held {
		if cert.Authority != pki.Attribute || !cert.Active(t.clock.Now()) {
			continue
		}
		if err := t.certificates.revoke(tx, habeas.Server, cert, pki.CessationOfOperation); err != nil {
			return err
		}
	}
	return nil
}

// warn tells somebody that their account will be erased.
func (t *Terms) warn(tx *sqlstore.Tx, _ account.Account, r account.Registration) error {
	now := t.clock.Now()
	if !r.WarnDue(now) {
		return nil
	}
	r.WarnedAt = now
	if err := tx.Accounts().SaveTerm(r, t.entry(audit.TermTold, r.Account, map[string]string{"told": "goes"})); err != nil {
		return err
	}
	return t.accounts.tellLetter(tx, r.Account, Letter{Kind: mail.KindTermGoes, Link: "/sign-in", Days: account.DaysTo(r.GoesAt(now), now)})
}

// erase erases the accounts whose time is over (RET-04), with the records of their people, as
// Records.EraseMe does. The keys of a batch go together; a crash before leaves nothing that
// could be read, since the rows are gone, and doctor finds the keys.
func (t *Terms) erase(ctx context.Context) error {
	var after habeas.AccountID
	var failed error
	for range termRuns {
		due, err := t.records.DB.Accounts().ToErase(ctx, t.clock.Now(), after, termBatch)
		if err != nil {
			return errors.Join(failed, err)
		}
		var lost erasing
		for _, id := range due {
			after = id
			err := t.eraseOne(ctx, id, &lost)
			if habeas.KindOf(err) != habeas.KindForbidden && habeas.KindOf(err) != habeas.KindConflict {
				failed = errors.Join(failed, err)
			}
		}
		if len(lost.subjects) > 0 {
			failed = errors.Join(failed, t.records.forget(ctx, lost.parties, lost.subjects...))
		}
		if len(due) < termBatch {
			break
		}
	}
	return failed
}

func (t *Terms) eraseOne(ctx context.Context, id habeas.AccountID, lost *erasing) error {
	var one erasing
	err := t.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		one = erasing{} // a repeated run begins anew
		_, r, found, err := termOf(tx, id)
		if err != nil || !found || !r.Erasable(t.clock.Now()) {
			return err
		}
		one, err = t.records.eraseAccount(tx, id, habeas.Server, mail.KindAccountErased)
		return err
	})
	if err == nil {
		lost.parties, lost.subjects = append(lost.parties, one.parties...), append(lost.subjects, one.subjects...)
	}
	return err
}

// Overdue counts the accounts that should have been erased a day ago: those that a dispute or staff
// keep, or that fail.
func (t *Terms) Overdue(ctx context.Context) (n int, err error) {
	now := t.clock.Now().AddDate(0, 0, -1)
	var after habeas.AccountID
	for range termRuns {
		due, err := t.records.DB.Accounts().ToErase(ctx, now, after, termBatch)
		if err != nil {
			return n, err
		}
		for _, id := range due {
			after = id
			r, found, err := t.records.DB.Accounts().Registration(ctx, id)
			if err := ungone(err); err != nil {
				return n, err
			}
			if found && r.Erasable(now) {
				n++
			}
		}
		if len(due) < termBatch {
			break
		}
	}
	return n, nil
}
