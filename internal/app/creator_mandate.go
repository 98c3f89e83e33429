package app

import (
	"context"
	"crypto/x509"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/sqlstore"
	webaccount "github.com/habeas-data/habeas/internal/web/account"
)

// Author returns whose entity it is that a creator writes (ATTR-10): the holder of a certificate
// (X.509, DER) of ours that counts, who lets this creator act for them. Errors, all of kind
// Forbidden: account.ErrNotCreator, account.ErrNoCreatorSite, account.ErrMandate; beside the last
// one the holder is told where the certificate is of somebody here, for the log of attempts.
func (c *Creators) Author(ctx context.Context, a habeas.Actor, certificate []byte) (habeas.AccountID, error) {
	var none habeas.AccountID
	if !a.Has(habeas.RoleCreator) {
		return none, account.ErrNotCreator
	}
	if _, err := c.speaks(ctx, c.db.Accounts(), a.Account, ""); err != nil {
		return none, err
	}
	shown, err := x509.ParseCertificate(certificate)
	if err != nil {
		return none, account.ErrMandate
	}
	if err := c.certificates.Roles.identityHolds(shown); habeas.KindOf(err) == habeas.KindForbidden {
		return none, account.ErrMandate
	} else if err != nil {
		return none, err
	}
	serial, ok := pki.SerialOf(shown.SerialNumber)
	if !ok {
		return none, account.ErrMandate
	}
	var author habeas.AccountID
	if _, err := c.accounts.certified(ctx, c.db.Accounts(), serial, &author); err != nil {
		switch habeas.KindOf(err) {
		case habeas.KindInternal, habeas.KindUnavailable:
			return none, err
		default:
			return author, account.ErrMandate
		}
	}
	_, found, err := c.db.Accounts().Mandate(ctx, author, a.Account)
	if err == nil && !found {
		err = account.ErrMandate
	}
	return author, err
}

// authors is Author with the log of attempts that were refused (LOG-10, LOG-11).
type authors struct {
	creators *Creators
	records  *Records
}

// writeForAnother is the operation of such an attempt.
const writeForAnother account.Operation = "entity.on-behalf"

// Author implements api.Authors.
func (s authors) Author(ctx context.Context, a habeas.Actor, certificate []byte) (habeas.AccountID, error) {
	id, err := s.creators.Author(ctx, a, certificate)
	if err != nil {
		err = s.records.refusedFor(ctx, a, id, writeForAnother, err)
	}
	return id, err
}

// Mandates implements web/account.Creators: whom the actor lets act for them, and what was done.
func (c *Creators) Mandates(ctx context.Context, a habeas.Actor) ([]webaccount.MandateHeld, error) {
	all, err := c.db.Accounts().MandatesOf(ctx, a.Account)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	by, err := c.db.Logs().Contributor(ctx, a.Account)
	if err != nil {
		return nil, err
	}
	acts, err := c.db.Logs().ContributionsBy(ctx, by, mostLines)
	if err != nil {
		return nil, err
	}
	certificates, err := c.db.Accounts().Certificates(ctx, a.Account)
	if err != nil {
		return nil, err
	}
	var out []webaccount.MandateHeld
	for _, m := range all {
		held := webaccount.MandateHeld{Mandate: m}
		for _, cert := range certificates {
			if cert.Mandate == m.ID {
				held.Certificates++
			}
		}
		if !m.Creator.IsZero() {
			through, err := c.db.Logs().Contributor(ctx, m.Creator)
			if err != nil {
				return nil, err
			}
			for _, act := range acts {
				if act.Through == through && act.By == by && !act.At.Before(m.At) && (m.EndedAt.IsZero() || !act.At.After(m.EndedAt)) {
					held.Acts = append(held.Acts, act)
				}
			}
		}
		out = append(out, held)
	}
	return out, nil
}

// GiveMandate implements web/account.Creators: the actor lets the creator of a site act for them.
func (c *Creators) GiveMandate(ctx context.Context, a habeas.Actor, id habeas.SiteID) error {
	return c.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		s, found, err := tx.Accounts().Site(ctx, id)
		if err != nil {
			return err
		}
		counts := false
		if found && s.Confirmed() {
			if counts, err = c.counts(ctx, s.Account); err != nil {
				return err
			}
		}
		if !counts || s.Account == a.Account {
			return account.ErrNoSite
		}
		if _, there, err := tx.Accounts().Mandate(ctx, a.Account, s.Account); err != nil || there {
			return orElse(err, account.ErrMandateTwice)
		}
		r, _, err := tx.Accounts().Registration(ctx, s.Account)
		if err != nil {
			return err
		}
		now := c.clock.Now()
		m := account.Mandate{ID: habeas.NewID[habeas.MandateKind](now), Account: a.Account, Creator: s.Account, Site: s.ID, At: now, Words: account.MandateWords{
			Organisation: r.Subject.Organisation, Site: s.Words.Origin, Text: account.MandateText, Manner: account.ConsentExplicit, Where: account.MandateOnPage,
		}}
		if err := tx.Accounts().AddMandate(m, c.mandateEntry(audit.MandateGiven, a, m)); err != nil {
			return err
		}
		return c.accounts.tell(tx, a.Account, mail.KindMandate, mandatePage)
	})
}

// EndMandate implements web/account.Creators. It counts from the next request on.
func (c *Creators) EndMandate(ctx context.Context, a habeas.Actor, id habeas.MandateID) error {
	return c.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		all, err := tx.Accounts().MandatesOf(ctx, a.Account)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(m account.Mandate) bool { return m.ID == id })
		if i < 0 {
			return account.ErrMandateNone
		}
		m := all[i]
		if !m.EndedAt.IsZero() {
			return nil
		}
		m.EndedAt = c.clock.Now()
		if err := tx.Accounts().EndMandate(m, c.mandateEntry(audit.MandateEnded, a, m)); err != nil {
			return err
		}
		return c.accounts.tell(tx, a.Account, mail.KindMandateEnded, mandatePage)
	})
}

// mandateEntry witnesses it on its person, with the words that were agreed to.
func (c *Creators) mandateEntry(event audit.Event, a habeas.Actor, m account.Mandate) audit.Entry {
	return c.accounts.entry(event, habeas.SubjectOf(m.Account), a, map[string]string{
		"creator": m.Words.Name(), "site": m.Words.Site, "manner": string(m.Words.Manner), "where": m.Words.Where,
	})
}
