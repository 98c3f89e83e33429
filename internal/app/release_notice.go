package app

import (
	"context"
	"errors"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Notify sends the notice of a demand now, before it goes out by itself.
func (s *Releases) Notify(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, version int64) error {
	c, err := s.At(ctx, a, id)
	if err != nil {
		return err
	}
	if err := s.may(&a, c); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		c, err := tx.Releases().Case(ctx, id)
		if err != nil {
			return err
		}
		if c.Version != version {
			return account.ErrCaseMoved
		}
		return s.notify(tx, a, c)
	})
}

// notify writes to the person of a case, at the registered address.
func (s *Releases) notify(tx *sqlstore.Tx, a habeas.Actor, c account.Case) error {
	if c.Account.IsZero() {
		return account.ErrNoCase
	}
	who, err := tx.Accounts().Account(tx.Context(), c.Account)
	if err != nil {
		return err
	}
	main, err := mainOf(tx, c.Account)
	if err != nil {
		return err
	}
	language := mailLanguage(who.Profile.Language, "")
	p := printer(language)
	var sets []string
	for _, set := range c.Sets {
		sets = append(sets, p.T(set.Label()))
	}
	sent, err := s.accounts.mailer.post(tx, habeas.SubjectOf(c.Account), Letter{
		Kind: mail.KindRelease, To: main.Mailbox, Language: language, Link: "/me/activity", Reason: c.Number(), Sets: sets, Legal: string(c.Legal),
	})
	if err != nil {
		return err
	}
	if c, err = c.Notified(sent, s.clock.Now()); err != nil {
		return err
	}
	_, err = s.save(tx, a, c, audit.ReleaseNotified, nil)
	return err
}

// Sweep does what the clock asks for: it notifies people whose demand is three business days
// old or whose hold has ended, shows them what a hold had kept back, and notes notices that
// do not arrive. One case that cannot be done holds no other up.
func (s *Releases) Sweep(ctx context.Context) error {
	now, r := s.clock.Now(), s.db.Releases()
	due, err := r.ToNotify(ctx, now, sweepBatch)
	all := []error{err, s.each(ctx, due, func(tx *sqlstore.Tx, c account.Case) error {
		if !c.NoticeDue(now) {
			return nil
		}
		return s.notify(tx, habeas.Server, c)
	})}
	hidden, err := r.ToShow(ctx, now, sweepBatch)
	all = append(all, err, s.each(ctx, hidden, s.show))
	back, err := r.Bounced(ctx, sweepBatch)
	return errors.Join(append(all, err, s.each(ctx, back, func(tx *sqlstore.Tx, c account.Case) error {
		if c.NoticeAt.IsZero() || !c.NoticeFailed.IsZero() || c.Account.IsZero() {
			return nil
		}
		_, err := s.save(tx, habeas.Server, c.Undelivered(now), audit.ReleaseUnnotified, nil)
		return err
	}))...)
}

// each does something with every case as it is by now, in a transaction of its own.
func (s *Releases) each(ctx context.Context, cases []account.Case, do func(*sqlstore.Tx, account.Case) error) error {
	var all []error
	for _, c := range cases {
		all = append(all, s.db.InTx(ctx, func(tx *sqlstore.Tx) error {
			is, err := tx.Releases().Case(ctx, c.ID)
			if err != nil || is.Account.IsZero() {
				return err
			}
			return do(tx, is)
		}))
	}
	return errors.Join(all...)
}

// show writes what a hold had kept back into the log of its person, each step with its moment
// and who did it.
func (s *Releases) show(tx *sqlstore.Tx, c account.Case) error {
	if c.Held(s.clock.Now()) || !c.Hidden {
		return nil
	}
	c, kept := c.Show()
	term, _ := c.Ground.Term()
	for i, step := range kept {
		by := habeas.Server
		if !step.By.IsZero() {
			by = habeas.Actor{Kind: habeas.ActorStaff, Account: step.By, Purpose: term.Purpose}
		}
		detail := caseDetail(c)
		detail["event"], detail["at"] = string(step.Event), step.At.Format("2006-01-02")
		e := s.accounts.entry(audit.ReleaseShown, habeas.SubjectOf(c.Account), by, detail)
		if i == len(kept)-1 {
			return tx.Releases().SaveCase(c, e)
		}
		if err := tx.Audit(e); err != nil {
			return err
		}
	}
	return nil
}
