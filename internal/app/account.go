package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	webaccount "github.com/habeas-data/habeas/internal/web/account"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// AccountsDeps is what the use cases about accounts stand on. All are required but Changes, Providers, Log and Port.
type AccountsDeps struct {
	DB           *sqlstore.DB
	Keys         *keyring.Ring
	Mailer       *Mailer
	Clock        habeas.Clock
	Origin       edge.Origin
	Organisation string
	Changes      account.ChangeRules // of the main address; zero: account.DefaultChangeRules
	Providers    []provider
	Log          *slog.Logger
	Port         edge.Origin // where people show certificates; zero: nowhere
}

// Accounts are the use cases about accounts. It implements what web/account and
// web/admin ask of accounts and roles, and ui.SignIns, and is safe for concurrent use.
type Accounts struct {
	db     *sqlstore.DB
	keys   *keyring.Ring
	mailer *Mailer
	clock  habeas.Clock
	rules  account.ChangeRules
	log    *slog.Logger
	rp     *webauthn.WebAuthn
	rpErr  error // why there are no passkeys; nil

	providers []provider
	directory *Directory // nil: every granted role counts
	origin    edge.Origin
	port      edge.Origin                             // where people show certificates; zero: nowhere
	roles     account.Roles                           // as they count now; see Obey
	carryOut  func(context.Context, habeas.AccountID) // what waits of decisions about roles; nil: there are none
	confirmed map[account.Purpose]confirm
}

// confirm does what a right code was for, in the transaction that spends it.
type confirm func(tx *sqlstore.Tx, c account.Challenge, actor habeas.Actor) (account.Proved, error)

var (
	_ webaccount.Accounts  = (*Accounts)(nil)
	_ webaccount.Providers = (*Accounts)(nil)
	_ webaccount.Bearers   = (*Accounts)(nil)
	_ ui.SignIns           = (*Accounts)(nil)
	_ RecordAccounts       = (*Accounts)(nil)
)

// NewAccounts returns the use cases.
func NewAccounts(d AccountsDeps) *Accounts {
	if d.Changes == (account.ChangeRules{}) {
		d.Changes = account.DefaultChangeRules
	}
	a := &Accounts{db: d.DB, keys: d.Keys, mailer: d.Mailer, clock: d.Clock, roles: d.DB.Accounts(), rules: d.Changes, log: providerLog(d.Log), providers: d.Providers, origin: d.Origin, port: d.Port}
	a.rp, a.rpErr = relyingParty(d.Origin, d.Organisation)
	return a
}

// entry makes the audit entry of something that happens to a subject.
func (a *Accounts) entry(event audit.Event, subject habeas.SubjectID, actor habeas.Actor, detail map[string]string) audit.Entry {
	now := a.clock.Now()
	return audit.Entry{
		ID: habeas.NewID[habeas.EventKind](now), Event: event, Subject: subject, Actor: actor, At: now, Detail: detail,
	}
}

func (a *Accounts) addressHash(address email.Address) keyring.LookupHash {
	return a.keys.Lookup(account.LookupAddress, address.Key())
}

// errBlocked says until when an account is kept out.
func (a *Accounts) errBlocked(until time.Time) *habeas.Error {
	return habeas.Forbidden("This account is blocked until {date}. If that is wrong, ask: {contact}").
		WithCode("account.blocked").With("date", until.Format(time.DateOnly)).With("contact", a.mailer.Contact)
}

func (a *Accounts) errClosed() *habeas.Error {
	return habeas.Forbidden("This account was closed by the organisation. If that is wrong, ask: {contact}").
		WithCode("account.closed").With("contact", a.mailer.Contact)
}

// Who implements ui.SignIns. It reads one row, and the roles through their seam, at
// every request: what is revoked is gone at once. A sign-in that opens no more than
// recovery is nobody's here; see Recovering.
func (a *Accounts) Who(ctx context.Context, sign edge.TokenHash) (habeas.Actor, string, error) {
	now := a.clock.Now()
	s, found, err := a.db.Accounts().Standing(ctx, account.Token(sign))
	if err != nil || !found || s.Reach(now) != account.ReachEverything {
		return habeas.Actor{}, "", err
	}
	if now.Sub(s.SeenAt) >= account.TouchEvery {
		if err := a.db.Ops().TouchSignIn(ctx, s.Hash, now); err != nil {
			return habeas.Actor{}, "", err
		}
	}
	roles, err := a.roles.RolesOf(ctx, s.Account, now)
	if err != nil {
		return habeas.Actor{}, "", err
	}
	proof, err := a.proofNow(ctx, s)
	return habeas.Actor{Kind: habeas.ActorPerson, Account: s.Account, Roles: roles, Proof: proof}, s.Name, err
}

// SignOut ends a sign-in.
func (a *Accounts) SignOut(ctx context.Context, sign account.Token) error {
	s, found, err := a.db.Accounts().Standing(ctx, sign)
	if err != nil || !found {
		return err
	}
	actor := habeas.Actor{Kind: habeas.ActorPerson, Account: s.Account, Proof: s.Proof}
	return a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		if err := tx.Ops().EndSignIn(ctx, sign); err != nil {
			return err
		}
		return tx.Audit(a.entry(audit.SignedOut, habeas.SubjectOf(s.Account), actor, nil))
	})
}

// begin starts a sign-in in the transaction in which it was proved, and ends the
// one that the browser carried before. Every way of signing in ends here, so a blocked
// account is refused here.
func (a *Accounts) begin(tx *sqlstore.Tx, s account.SignIn, b account.Browser) error {
	now := a.clock.Now()
	until, err := tx.Blocks().BlockedUntil(tx.Context(), s.Account, now)
	if err != nil {
		return err
	}
	if !until.IsZero() {
		return a.errBlocked(until)
	}
	s.Hash, s.Device = b.New, b.Device
	end := now.Add(account.Life(s.Proof))
	if s.ExpiresAt.IsZero() || end.Before(s.ExpiresAt) { // else what proved it ends sooner
		s.ExpiresAt = end
	}
	s.CreatedAt, s.SeenAt = now, now
	if !b.Old.IsZero() {
		if err := tx.Ops().EndSignIn(tx.Context(), b.Old); err != nil {
			return err
		}
	}
	return tx.Ops().StartSignIn(tx.Context(), s)
}

// Claimant tells which addresses the actor has proved and what stands against a
// claim (PTY-A36, PTY-A37).
func (a *Accounts) Claimant(ctx context.Context, actor habeas.Actor) (party.Claimant, error) {
	return a.claimant(ctx, a.db.Accounts(), actor)
}

// ClaimantIn is Claimant as this transaction sees it.
func (a *Accounts) ClaimantIn(tx *sqlstore.Tx, actor habeas.Actor) (party.Claimant, error) {
	return a.claimant(tx.Context(), tx.Accounts(), actor)
}

func (a *Accounts) claimant(ctx context.Context, from account.Reader, actor habeas.Actor) (party.Claimant, error) {
	c := party.Claimant{Account: actor.Account}
	who, err := from.Account(ctx, actor.Account)
	if err != nil {
		return c, err
	}
	c.Active, c.Name = who.StateAt(a.clock.Now()) == account.Active, who.Profile.Name
	addresses, err := from.Addresses(ctx, actor.Account)
	if err != nil {
		return c, err
	}
	for _, address := range addresses {
		c.Addresses = append(c.Addresses, address.Hash)
	}
	c.Privileged, err = from.Privileged(ctx, actor.Account)
	return c, err
}

// MainAddress is where mail to an account goes, and in which language.
func (a *Accounts) MainAddress(ctx context.Context, id habeas.AccountID) (address, language string, err error) {
	who, err := a.db.Accounts().Account(ctx, id)
	if err != nil {
		return "", "", err
	}
	addresses, err := a.db.Accounts().Addresses(ctx, id)
	if err != nil {
		return "", "", err
	}
	return account.Holdings{Addresses: addresses}.Main().Mailbox, who.Profile.Language, nil
}

// NameOf is how an account is called on a page, never its address.
func (a *Accounts) NameOf(ctx context.Context, id habeas.AccountID) string {
	who, err := a.db.Accounts().Account(ctx, id)
	if err != nil || who.Profile.Name == "" {
		return "somebody"
	}
	return who.Profile.Name
}

// AccountAt finds the account that has proved an address.
func (a *Accounts) AccountAt(ctx context.Context, hash keyring.LookupHash) (habeas.AccountID, bool, error) {
	address, found, err := a.db.Accounts().AddressAt(ctx, hash)
	return address.Account, found, err
}

// EraseAccount removes the rows of an account in this transaction. The caller
// destroys its key once the transaction has committed. The last administrator cannot
// go, because nobody could give the role again.
func (a *Accounts) EraseAccount(tx *sqlstore.Tx, actor habeas.Actor, e audit.Entry) error {
	grants, err := tx.Accounts().Grants(tx.Context())
	if err != nil {
		return err
	}
	others, own := 0, 0
	for _, g := range grants {
		switch {
		case g.Role != habeas.RoleAdministrator || g.State(a.clock.Now()) != account.GrantHolds:
		case g.Holder == actor.Account:
			own++
		default:
			others++
		}
	}
	if own > 0 && others == 0 {
		return account.ErrLastAdministrator
	}
	return tx.Accounts().EraseAccount(actor.Account, e)
}

// holdings collects what opens or reaches an account.
func (a *Accounts) holdings(ctx context.Context, id habeas.AccountID, now time.Time) (h account.Holdings, err error) {
	r := a.db.Accounts()
	if h.Account, err = r.Account(ctx, id); err != nil {
		return h, err
	}
	if h.Passkeys, err = r.Passkeys(ctx, id); err != nil {
		return h, err
	}
	if h.Links, err = r.ProviderLinks(ctx, id); err != nil {
		return h, err
	}
	if h.Addresses, err = r.Addresses(ctx, id); err != nil {
		return h, err
	}
	certificates, err := r.Certificates(ctx, id)
	if err != nil {
		return h, err
	}
	if active, found := account.ActiveIdentity(certificates, now); found {
		h.Certificate = &active
	}
	open, err := r.SignIns(ctx, id, now)
	if err != nil {
		return h, err
	}
	for _, s := range open {
		if s.Alive(now) {
			h.SignIns = append(h.SignIns, s)
		}
	}
	if h.Roles, err = a.roles.RolesOf(ctx, id, now); err != nil {
		return h, err
	}
	decided, err := r.GrantsOf(ctx, id)
	for _, g := range decided {
		if g.State(now) == account.GrantWaits {
			h.Waiting = append(h.Waiting, g.Role)
		}
	}
	return h, err
}
