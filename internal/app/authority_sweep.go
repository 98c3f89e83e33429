package app

import (
	"context"
	"errors"
	"time"

	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// subordinates are the authorities below the root.
var subordinates = []pki.Kind{pki.Identity, pki.Server, pki.Attribute}

// Sweep lets authorities follow one another: it makes the next generation in good time where the
// root is here, takes up what a ceremony has brought in, and retires those whose last certificate
// has expired. It is run by schedule, and may be run again at any time, on several nodes too.
func (a *Authorities) Sweep(ctx context.Context) error {
	a.making.Lock()
	defer a.making.Unlock()
	var failed error
	if !a.Elsewhere {
		failed = a.follow(ctx, pki.Root)
	}
	for _, kind := range subordinates {
		failed = errors.Join(failed, a.follow(ctx, kind), a.retire(ctx, kind))
	}
	return failed
}

// follow makes the heir of the newest generation when it is due. An authority that nobody has
// needed yet gets none.
func (a *Authorities) follow(ctx context.Context, kind pki.Kind) error {
	all, err := a.generations(ctx, kind)
	if err == nil && len(all) > 0 && kind != pki.Root {
		err = a.discover(ctx, kind, last(all).Generation)
	}
	if err != nil {
		return err
	}
	newest, err := a.newest(ctx, kind)
	switch {
	case errors.Is(err, pki.ErrNoAuthority):
		return nil
	case err != nil:
		return err
	case !a.Elsewhere && newest.HeirDue(a.Clock.Now(), pki.Lead):
		_, err = a.make(ctx, kind)
	}
	return err
}

// retire destroys the keys of the generations that have nothing left to answer for. The key
// first: if the row fails, the next run writes it.
func (a *Authorities) retire(ctx context.Context, kind pki.Kind) error {
	all, err := a.DB.Authorities(ctx, kind)
	if err != nil {
		return err
	}
	for i, g := range all {
		if i == len(all)-1 {
			break // the newest
		}
		ends, err := a.DB.Revocations().LastEnd(ctx, g.Issuer)
		if err != nil {
			return err
		}
		now := a.Clock.Now()
		if now.Before(ends.Add(pki.RetireAfter)) && now.Before(g.Ends.Add(pki.RetireAfter)) {
			continue
		}
		// Each time, also of one that is retired: a restore may have brought its key back, and
		// another node may still hold it.
		if err := pki.Retire(ctx, a.Keys, g.Issuer); err != nil {
			return err
		}
		a.forget(g.Issuer)
		err = a.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
			return tx.RetireAuthority(g.Issuer, now, a.entry(audit.AuthorityRetired, g.Issuer))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// forget closes a generation whose key was destroyed.
func (a *Authorities) forget(i pki.Issuer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.open, i)
	delete(a.responders, i)
}

// Needs returns what has to be done in a ceremony, and by when: nothing where the root is here,
// because there it is done by itself.
func (a *Authorities) Needs(ctx context.Context) ([]pki.Need, error) {
	if !a.Elsewhere {
		return nil, nil
	}
	var all []pki.Generation
	for _, kind := range subordinates {
		some, err := a.DB.Authorities(ctx, kind)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	list, err := a.DB.Revocations().LatestCRL(ctx, pki.Root.Nth(1), 0)
	return pki.Needs(all, list.NextUpdate, a.Clock.Now()), err
}

// tellAgain is after what time administrators are told once more what is still not done.
const tellAgain = 30 * 24 * time.Hour

// AlarmAuthorities mails the administrators what has to be done at the machine of the root: once
// a month, until it is done.
func (s *Server) AlarmAuthorities(ctx context.Context) error {
	needs, err := s.Certificates.Authorities.Needs(ctx)
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	for _, n := range needs {
		err := s.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
			first, err := tx.Ops().MarkAuthorityTold(ctx, n.Issuer, now.Add(-tellAgain), now)
			if err != nil || !first {
				return err
			}
			s.Log.Warn("the root is needed", "authority", n.Issuer.String())
			return s.Accounts.tellRolesLetter(tx, Letter{Kind: mail.KindRootNeeded, Link: "/admin/health"})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// authorityCheck is what the health of the server says of its authorities.
func (s *Server) authorityCheck(ctx context.Context) Check {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	c := Check{Name: "authorities", Level: Good}
	needs, err := s.Certificates.Authorities.Needs(ctx)
	if err != nil {
		return Check{Name: c.Name, Level: Warned, Text: "How long the certificate authorities last cannot be read."}
	}
	for _, n := range needs {
		if c.Level == Good {
			c.Level = Warned
		} else {
			c.Text += " "
		}
		if n.Late(s.Clock.Now()) {
			c.Level = Failed
		}
		c.Text += n.What() + " " + n.Do()
	}
	return c
}
