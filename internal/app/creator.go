package app

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/sqlstore"
	webaccount "github.com/habeas-data/habeas/internal/web/account"
	"github.com/habeas-data/habeas/internal/web/admin"
	"github.com/habeas-data/habeas/internal/web/port"
)

// Creators are the use cases of trusted entity creators: the sites that they speak for, whom
// they register, and for whom they write (ADR 0051). They are safe for concurrent use.
type Creators struct {
	db           *sqlstore.DB
	accounts     *Accounts
	certificates *Certificates
	clock        habeas.Clock
}

var (
	_ webaccount.Creators = (*Creators)(nil)
	_ admin.Creators      = (*Creators)(nil)
	_ port.Creators       = (*Creators)(nil)
)

// NewCreators returns the use cases.
func NewCreators(c *Certificates) *Creators {
	return &Creators{db: c.db, accounts: c.accounts, certificates: c, clock: c.clock}
}

// The pages of creators and of those for whom they act.
const (
	sitePage    = "/me/creator"
	mandatePage = "/me/creators"
	behalfPage  = "/registering"
	siteDesk    = "/admin/creators"
)

// counts reports whether an account is a trusted entity creator now.
func (c *Creators) counts(ctx context.Context, id habeas.AccountID) (bool, error) {
	if id.IsZero() {
		return false, nil
	}
	roles, err := c.accounts.roles.RolesOf(ctx, id, c.clock.Now())
	return slices.Contains(roles, habeas.RoleCreator), err
}

// speaks finds the confirmed site of a creator that an origin names, or its first one. Errors:
// account.ErrNotCreator, account.ErrNoCreatorSite.
func (c *Creators) speaks(ctx context.Context, from account.SiteReader, id habeas.AccountID, origin string) (account.CreatorSite, error) {
	ok, err := c.counts(ctx, id)
	if err != nil {
		return account.CreatorSite{}, err
	}
	if !ok {
		return account.CreatorSite{}, account.ErrNotCreator
	}
	sites, err := from.Sites(ctx)
	if err != nil {
		return account.CreatorSite{}, err
	}
	i := slices.IndexFunc(sites, func(s account.CreatorSite) bool {
		return s.Account == id && s.Confirmed() && (origin == "" || s.Words.Origin == origin)
	})
	if i < 0 {
		return account.CreatorSite{}, account.ErrNoCreatorSite
	}
	return sites[i], nil
}

// MySites implements web/account.Creators: the sites of the actor, newest first. Error:
// account.ErrNotCreator.
func (c *Creators) MySites(ctx context.Context, a habeas.Actor) ([]account.CreatorSite, error) {
	if !a.Has(habeas.RoleCreator) {
		return nil, account.ErrNotCreator
	}
	sites, err := c.db.Accounts().Sites(ctx)
	sites = slices.DeleteFunc(sites, func(s account.CreatorSite) bool { return s.Account != a.Account })
	slices.Reverse(sites)
	return sites, err
}

// EnterSite implements web/account.Creators: the actor speaks for a site and declares what it
// does with data. It counts once an administrator has confirmed it (TP-01).
func (c *Creators) EnterSite(ctx context.Context, a habeas.Actor, w account.SiteWords) error {
	if !a.Has(habeas.RoleCreator) {
		return account.ErrNotCreator
	}
	origin, err := account.ParseSiteOrigin(w.Origin)
	if err == nil {
		err = w.Check()
	}
	if err != nil {
		return err
	}
	proof := make([]byte, 18)
	_, _ = rand.Read(proof) // never fails: crypto/rand aborts the program instead
	now := c.clock.Now()
	w.Origin, w.Proof, w.Ended = origin, base64.RawURLEncoding.EncodeToString(proof), ""
	s := account.CreatorSite{ID: habeas.NewID[habeas.SiteKind](now), Account: a.Account, At: now, Words: w}
	return c.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		all, err := tx.Accounts().Sites(ctx)
		if err != nil {
			return err
		}
		own := 0
		for _, other := range all {
			switch {
			case !other.EndedAt.IsZero():
			case other.Words.Origin == origin && (other.Account == a.Account || other.Confirmed()):
				return account.ErrSiteTaken
			case other.Account == a.Account:
				own++
			}
		}
		if own >= account.MaxSites {
			return account.ErrSiteMany
		}
		if err := tx.Accounts().SaveSite(s, c.siteEntry(a, s, "entered")); err != nil {
			return err
		}
		return c.accounts.TellAdministrators(tx, mail.KindSiteWaits, siteDesk)
	})
}

// DeclareSite implements web/account.Creators: what a site declares from now on.
func (c *Creators) DeclareSite(ctx context.Context, a habeas.Actor, id habeas.SiteID, w account.SiteWords) error {
	if err := w.Check(); err != nil {
		return err
	}
	return c.changeSite(ctx, a, id, "declared", func(s *account.CreatorSite) error {
		if !a.Has(habeas.RoleCreator) || s.Account != a.Account {
			return account.ErrNoSite
		}
		w.Origin, w.Proof, w.Ended = s.Words.Origin, s.Words.Proof, ""
		s.Words = w
		return nil
	})
}

// EndSite ends a site: by its creator, or by an administrator, who says why.
func (c *Creators) EndSite(ctx context.Context, a habeas.Actor, id habeas.SiteID, why string) error {
	return c.changeSite(ctx, a, id, "ended", func(s *account.CreatorSite) error {
		own := s.Account == a.Account
		switch {
		case !own && !a.Has(habeas.RoleAdministrator):
			return account.ErrNoSite
		case !own && strings.TrimSpace(why) == "":
			return habeas.Invalid("why", "Say why: the creator will read it.").WithCode("site.why")
		}
		s.EndedAt, s.Words.Ended = c.clock.Now(), strings.TrimSpace(why)
		return nil
	})
}

// errSiteProof refuses another text than the site was given.
var errSiteProof = habeas.Invalid("proof", "The site shows another text than it was given, so whoever entered it may not run it.").WithCode("site.proof")

// ConfirmSite implements web/admin.Creators: an administrator has opened SiteProofPath at the
// site in their own browser, and types what it shows. This server calls nobody.
func (c *Creators) ConfirmSite(ctx context.Context, a habeas.Actor, id habeas.SiteID, shown string) error {
	if !a.Has(habeas.RoleAdministrator) {
		return account.ErrNotAdministrator
	}
	return c.changeSite(ctx, a, id, "confirmed", func(s *account.CreatorSite) error {
		switch {
		case s.Account == a.Account:
			return habeas.Forbidden("Nobody confirms a site of their own.").WithCode("site.own")
		case strings.TrimSpace(shown) != s.Words.Proof:
			return errSiteProof
		}
		s.ConfirmedAt, s.ConfirmedBy = c.clock.Now(), a.Account
		return nil
	})
}

// changeSite changes one that has not ended, and tells its creator if somebody else did.
func (c *Creators) changeSite(ctx context.Context, a habeas.Actor, id habeas.SiteID, what string, change func(*account.CreatorSite) error) error {
	return c.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		s, found, err := tx.Accounts().Site(ctx, id)
		if err != nil {
			return err
		}
		if !found || !s.EndedAt.IsZero() {
			return account.ErrNoSite
		}
		if err := change(&s); err != nil {
			return err
		}
		if what == "confirmed" {
			if err := c.onlyOne(ctx, tx, s); err != nil {
				return err
			}
		}
		by := a
		if s.Account != a.Account {
			by = atWork(a)
		}
		if err := tx.Accounts().SaveSite(s, c.siteEntry(by, s, what)); err != nil {
			return err
		}
		if s.Account == a.Account {
			return nil
		}
		return c.accounts.tellMain(tx, s.Account, Letter{Kind: mail.KindSiteAnswer, Link: sitePage})
	})
}

// onlyOne refuses to confirm a site twice, for two creators.
func (c *Creators) onlyOne(ctx context.Context, tx *sqlstore.Tx, s account.CreatorSite) error {
	all, err := tx.Accounts().Sites(ctx)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.ID != s.ID && other.Confirmed() && other.Words.Origin == s.Words.Origin {
			return account.ErrSiteTaken
		}
	}
	return nil
}

func (c *Creators) siteEntry(a habeas.Actor, s account.CreatorSite, what string) audit.Entry {
	return c.accounts.entry(audit.CreatorSiteChanged, habeas.SubjectOf(s.Account), a, map[string]string{"site": s.Words.Origin, "what": what})
}

// SiteDesk implements web/admin.Creators: every site, newest first, with the name of its creator.
func (c *Creators) SiteDesk(ctx context.Context, a habeas.Actor) ([]admin.CreatorSite, error) {
	if !a.Has(habeas.RoleAdministrator) {
		return nil, account.ErrNotAdministrator
	}
	sites, err := c.db.Accounts().Sites(ctx)
	if err != nil {
		return nil, err
	}
	var out []admin.CreatorSite
	for _, s := range slices.Backward(sites) {
		r, _, err := c.db.Accounts().Registration(ctx, s.Account)
		if err != nil {
			return nil, err
		}
		out = append(out, admin.CreatorSite{CreatorSite: s, Organisation: r.Subject.Organisation, Name: r.Subject.Name, Own: s.Account == a.Account})
	}
	return out, nil
}

// Badge implements web/account.Creators: whose site it is, if it counts now.
func (c *Creators) Badge(ctx context.Context, id habeas.SiteID) (organisation string, counts bool, err error) {
	s, found, err := c.db.Accounts().Site(ctx, id)
	if err != nil || !found || !s.Confirmed() {
		return "", false, err
	}
	if counts, err = c.counts(ctx, s.Account); err != nil || !counts {
		return "", false, err
	}
	r, _, err := c.db.Accounts().Registration(ctx, s.Account)
	return r.Subject.Organisation, true, err
}
