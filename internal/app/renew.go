package app

import (
	"bytes"
	"context"
	"crypto"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/request"
	"github.com/habeas-data/habeas/internal/sqlstore"
	webaccount "github.com/habeas-data/habeas/internal/web/account"
)

// Renew gives the actor a certificate for three more years, counted from now, in the place of the
// one that counts (RET-02): for the same name, by a fresh request for the same key or a new one. The
// old certificate is revoked as superseded. What hangs on it is issued again by those that WhenReissued names, or ends
// with it (RET-05). Errors: those of account.CanRenew, request.Parse, account.ErrForeignAddress,
// account.ErrLostKey, Authorities.Get.
func (c *Certificates) Renew(ctx context.Context, actor habeas.Actor, der []byte) (chain [][]byte, err error) {
	asked, err := c.asked(ctx, actor, der)
	if err != nil {
		return nil, err
	}
	var fresh account.Certificate
	err = c.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		now := c.clock.Now()
		r, _, err := tx.Accounts().Registration(ctx, actor.Account)
		if err != nil {
			return err
		}
		if err := account.CanRenew(r, r.Subject == asked.Subject, now); err != nil {
			return err
		}
		held, err := tx.Accounts().Certificates(ctx, actor.Account)
		if err != nil {
			return err
		}
		old, found := account.ActiveIdentity(held, now)
		if !found {
			return account.ErrNotRegistered
		}
		if lostKey(held, keyOf(asked.Key)) {
			return account.ErrLostKey
		}
		if fresh, err = c.begin(tx, actor, r, asked); err != nil {
			return err
		}
		return c.replace(tx, actor, old, fresh)
	})
	if err != nil {
		return nil, err
	}
	return c.chain(ctx, fresh.DER)
}

var _ webaccount.Renewals = (*Certificates)(nil)

// Held implements web/account.Renewals.
func (c *Certificates) Held(ctx context.Context, actor habeas.Actor) (r account.Registration, held []account.Certificate, err error) {
	if r, _, err = c.db.Accounts().Registration(ctx, actor.Account); err != nil {
		return r, nil, err
	}
	held, err = c.db.Accounts().Certificates(ctx, actor.Account)
	return r, held, err
}

// Chain implements web/account.Renewals.
func (c *Certificates) Chain(ctx context.Context, actor habeas.Actor) ([][]byte, error) {
	h, err := c.Holding(ctx, actor)
	return h.Chain, err
}

// begin lets a registration begin anew, with its certificate.
func (c *Certificates) begin(tx *sqlstore.Tx, actor habeas.Actor, r account.Registration, asked request.Request) (account.Certificate, error) {
	policy, err := c.policies.Current(tx.Context())
	if err != nil {
		return account.Certificate{}, err
	}
	now := c.clock.Now()
	r = account.Registration{Account: r.Account, At: now, Ends: pki.Expiry(now), Policy: policy.Version, Subject: r.Subject}
	fresh, err := c.issue(tx.Context(), r, asked)
	if err != nil {
		return fresh, err
	}
	if err := tx.Accounts().SaveRegistration(r, c.entry(audit.Registered, actor, r.Account, map[string]string{"renewed": "yes"})); err != nil {
		return fresh, err
	}
	return fresh, tx.Accounts().AddCertificate(fresh, c.certificateEntry(audit.CertificateIssued, actor, fresh))
}

// replace ends a certificate in whose place a fresh one came. What is told to its person, and to who
// gives roles, is what became of the roles.
func (c *Certificates) replace(tx *sqlstore.Tx, actor habeas.Actor, old, fresh account.Certificate) error {
	for _, then := range c.reissued {
		if err := then(tx, actor, old, fresh); err != nil {
			return err
		}
	}
	if err := c.revoke(tx, actor, old, pki.Superseded); err != nil {
		return err
	}
	all, err := tx.Accounts().Certificates(tx.Context(), fresh.Account)
	if err != nil {
		return err
	}
	reissued, ended := account.Replaced(all, fresh)
	if len(ended) > 0 {
		if err := c.accounts.TellAdministrators(tx, mail.KindRolesEnded, "/admin/roles"); err != nil {
			return err
		}
	}
	return c.tellRenewed(tx, fresh, reissued, ended)
}

// tellRenewed mails every address of the account.
func (c *Certificates) tellRenewed(tx *sqlstore.Tx, fresh account.Certificate, reissued, ended []habeas.Role) error {
	return c.accounts.tellLetter(tx, fresh.Account, Letter{
		Kind: mail.KindRenewed, Link: renewPage, Days: account.DaysTo(fresh.Ends, c.clock.Now()), Lines: roleLines(reissued), Sets: roleLines(ended),
	})
}

// roleLines are roles as their names in the certificate.
func roleLines(roles []habeas.Role) []string {
	var out []string
	for _, r := range roles {
		out = append(out, string(r))
	}
	return out
}

// The pages of renewing and reactivating.
const (
	renewPage      = "/me/registration/renew"
	reactivatePage = "/reactivate"
)

// Reactivating is the registration that a browser may reactivate, in which a code for the main
// address of a deactivated account was typed. Nothing else of the account opens to it. Error:
// account.ErrNotLapsed.
func (c *Certificates) Reactivating(ctx context.Context, sign account.Token) (account.Registration, error) {
	return c.reactivating(ctx, c.db.Accounts(), sign)
}

func (c *Certificates) reactivating(ctx context.Context, from sqlstore.Accounts, sign account.Token) (r account.Registration, err error) {
	s, found, err := from.Standing(ctx, sign)
	if err != nil {
		return r, err
	}
	if !found || s.Reach(c.clock.Now()) != account.ReachReactivation {
		return r, account.ErrNotLapsed
	}
	all, err := from.Addresses(ctx, s.Account)
	if err != nil {
		return r, err
	}
	if (account.Holdings{Addresses: all}).Main().Hash != s.Address {
		return r, account.ErrNotLapsed
	}
	r, _, err = from.Registration(ctx, s.Account)
	return r, err
}

// Reactivate makes the account of such a browser active again and lets its registration begin anew,
// by what a renewal asks (RET-03). The account has what it had and claims nothing new (T13).
//
// A code alone opens no account that a passkey or a provider guards (ADR 0005), so it must not
// here either: asked for with the key of its last certificate nothing of it changes; with a new key
// everything ends that recovery ends.
func (c *Certificates) Reactivate(ctx context.Context, sign account.Token, der []byte) (chain [][]byte, err error) {
	lapsed, err := c.Reactivating(ctx, sign)
	if err != nil {
		return nil, err
	}
	self := habeas.Actor{Kind: habeas.ActorPerson, Account: lapsed.Account, Roles: []habeas.Role{habeas.RolePerson}, Proof: habeas.ProofCode}
	asked, err := c.asked(ctx, self, der)
	if err != nil {
		return nil, err
	}
	self.Roles = nil
	var fresh account.Certificate
	err = c.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		fresh, err = c.reactivate(tx, sign, self, asked)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.chain(ctx, fresh.DER)
}

func (c *Certificates) reactivate(tx *sqlstore.Tx, sign account.Token, self habeas.Actor, asked request.Request) (fresh account.Certificate, err error) {
	ctx, w, now := tx.Context(), tx.Accounts(), c.clock.Now()
	r, err := c.reactivating(ctx, w.Accounts, sign)
	if err != nil {
		return fresh, err
	}
	who, err := w.Account(ctx, r.Account)
	if err != nil {
		return fresh, err
	}
	if err := account.CanReactivate(who.StateAt(now), r, r.Subject == asked.Subject, now); err != nil {
		return fresh, err
	}
	held, err := w.Certificates(ctx, r.Account)
	if err != nil {
		return fresh, err
	}
	guarded, err := c.guarded(tx, r.Account)
	if err != nil {
		return fresh, err
	}
	if lostKey(held, keyOf(asked.Key)) {
		return fresh, account.ErrLostKey
	}
	if guarded && !ofLast(asked.Key, held) {
		if err := c.accounts.tell(tx, r.Account, mail.KindRecovered, "/sign-in"); err != nil {
			return fresh, err
		}
		if err := c.accounts.stripAccount(tx, r.Account, self); err != nil {
			return fresh, err
		}
	}
	who.State = account.Active
	if err := w.ChangeAccount(who, c.entry(audit.AccountReactivated, self, r.Account, nil)); err != nil {
		return fresh, err
	}
	if fresh, err = c.begin(tx, self, r, asked); err != nil {
		return fresh, err
	}
	// The code that was typed for this is used up: who goes on signs in.
	if err := tx.Ops().EndSignIns(ctx, r.Account, account.Token{}); err != nil {
		return fresh, err
	}
	return fresh, c.tellRenewed(tx, fresh, nil, nil)
}

// guarded reports whether more than a mailed code opens an account.
func (c *Certificates) guarded(tx *sqlstore.Tx, id habeas.AccountID) (bool, error) {
	keys, err := tx.Accounts().Passkeys(tx.Context(), id)
	if err != nil {
		return false, err
	}
	links, err := tx.Accounts().ProviderLinks(tx.Context(), id)
	return len(keys)+len(links) > 0, err
}

// ofLast reports whether a key is that of the newest identity certificate, which nobody revoked.
func ofLast(key crypto.PublicKey, held []account.Certificate) bool {
	var last account.Certificate
	for _, cert := range held {
		if cert.Authority == pki.Identity && cert.IssuedAt.After(last.IssuedAt) {
			last = cert
		}
	}
	return !last.IssuedAt.IsZero() && !last.Revoked() && bytes.Equal(keyOf(key), keyIn(last.DER))
}

// errLapsed is the refusal of somebody whose registration has ended.
func (a *Accounts) errLapsed(ends time.Time) *habeas.Error {
	return habeas.Forbidden("Your registration ended on {day}, so the account is deactivated. Ask for a code at its main address: it lets you reactivate the account.").
		WithCode("account.lapsed").With("day", ends.UTC().Format(time.DateOnly))
}

// errShut is the refusal of an account that is not active.
func (a *Accounts) errShut(who account.Account) *habeas.Error {
	if who.StateAt(a.clock.Now()) == account.Lapsed {
		return a.errLapsed(who.Ends)
	}
	return a.errClosed()
}
