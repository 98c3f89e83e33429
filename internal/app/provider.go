package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/oidc"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
)

// ProviderConfig is an identity provider as the settings have it.
type ProviderConfig struct {
	account.Provider
	OIDC oidc.Config // Issuer, Redirect and Clock are filled in
}

// provider is one that can be asked.
type provider struct {
	account.Provider
	oidc *oidc.Provider
}

// newProviders makes those of the settings.
func newProviders(all []ProviderConfig, origin edge.Origin, clock habeas.Clock) ([]provider, error) {
	var out []provider
	for _, c := range all {
		c.OIDC.Issuer, c.OIDC.Clock = c.Issuer, clock
		c.OIDC.Redirect = origin.URL(providerBack(c.Name))
		p, err := oidc.New(c.OIDC)
		if err != nil {
			return nil, habeas.Invalid("provider", "The identity provider cannot be used: {why}.").WithCode("provider.settings").With("why", err.Error())
		}
		out = append(out, provider{c.Provider, p})
	}
	return out, nil
}

// providerBack is the path where browsers come back to, one for each provider: an answer
// of one cannot be taken for that of another.
func providerBack(name string) string { return "/sign-in/with/" + name + "/back" }

// Providers are those that people can sign in by.
func (a *Accounts) Providers() []account.Provider {
	var all []account.Provider
	for _, p := range a.providers {
		all = append(all, p.Provider)
	}
	return all
}

func (a *Accounts) provider(name string) (provider, error) {
	for _, p := range a.providers {
		if p.Name == name {
			return p, nil
		}
	}
	return provider{}, account.ErrProviderNone
}

// refusal says to people what went wrong at a provider, and to who runs the server why.
func (a *Accounts) refusal(p provider, err error) error {
	a.log.Warn("a sign-in by a provider ended", "provider", p.Name, "error", err)
	told := account.ErrProviderWrong
	switch {
	case errors.Is(err, oidc.ErrDown):
		told = account.ErrProviderDown
	case errors.Is(err, oidc.ErrNeeds):
		told = account.ErrProviderNeeds
	case !errors.Is(err, oidc.ErrAnswer):
		return habeas.Internal(err)
	}
	return a.named(told, p).WithCause(err)
}

// named fills in what a refusal says about the provider.
func (a *Accounts) named(e *habeas.Error, p provider) *habeas.Error {
	return e.With("provider", p.Label).With("contact", a.mailer.Contact)
}

// stateID names the challenge row of a state: its hash.
func stateID(state string) habeas.ChallengeID {
	sum := sha256.Sum256([]byte("habeas provider state " + state))
	return habeas.ChallengeID(sum[:16])
}

// attempt is the request that a challenge stands for. Nonce and verifier are derived: no
// row holds them (PTY-A24).
func (a *Accounts) attempt(state string) oidc.Attempt {
	id := stateID(state)
	derive := func(use string) string {
		token := a.keys.Token(use, id[:])
		return base64.RawURLEncoding.EncodeToString(token[:])
	}
	return oidc.Attempt{State: state, Nonce: derive("provider-nonce"), Verifier: derive("provider-verifier")}
}

// ProviderURL begins a sign-in by a provider, or with connect its connection with the
// actor's account, and returns where the browser goes.
func (a *Accounts) ProviderURL(ctx context.Context, actor habeas.Actor, name string, in account.Asking, connect bool) (string, error) {
	p, err := a.provider(name)
	if err != nil {
		return "", err
	}
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand aborts the program instead
	attempt := a.attempt(base64.RawURLEncoding.EncodeToString(random[:]))
	to, err := p.oidc.AuthorizeURL(ctx, attempt)
	if err != nil {
		return "", a.refusal(p, err)
	}
	now := a.clock.Now()
	c := account.Challenge{
		ID: stateID(attempt.State), Purpose: account.ForProvider, Flow: in.Flow, MaxTries: 1, CreatedAt: now, ExpiresAt: now.Add(account.ForProvider.Life()),
		Words: account.Words{To: in.To, Language: in.Language, State: []byte(name)},
	}
	if connect {
		c.Purpose, c.Subject = account.ForConnect, habeas.SubjectOf(actor.Account)
	}
	return to, a.db.Ops().PutChallenge(ctx, c)
}

// ProviderAnswer takes what a browser brings back from a provider. A refusal stands in
// the ledger (LOG-01). An answer counts once, whatever comes of it.
func (a *Accounts) ProviderAnswer(ctx context.Context, actor habeas.Actor, name string, in account.ProviderAnswer, b account.Browser) (account.Proved, error) {
	p, err := a.provider(name)
	if err != nil {
		return account.Proved{}, err
	}
	done, err := a.answered(ctx, actor, p, in, b)
	var told *habeas.Error
	if errors.As(err, &told) && told.Kind != habeas.KindInternal {
		e := a.entry(audit.SignInFailed, habeas.SubjectOf(done.Account), habeas.Server, map[string]string{"proof": string(habeas.ProofProvider), "reason": told.Code})
		if auditErr := a.db.InTx(ctx, func(tx *sqlstore.Tx) error { return tx.Audit(e) }); auditErr != nil {
			return account.Proved{}, auditErr
		}
	}
	return done, err
}

// answered returns the account as far as it is known, also beside an error.
func (a *Accounts) answered(ctx context.Context, actor habeas.Actor, p provider, in account.ProviderAnswer, b account.Browser) (account.Proved, error) {
	var none account.Proved
	c, err := a.providerChallenge(ctx, p, in.State, b.Flow)
	if err != nil {
		return none, err
	}
	switch in.Failed {
	case "":
	case "temporarily_unavailable", "server_error":
		return none, a.named(account.ErrProviderDown, p)
	default: // access_denied, mostly: they thought better of it
		return none, a.named(account.ErrProviderNo, p)
	}
	answer := oidc.Answer{Issuer: in.Issuer, Attempt: a.attempt(in.State)}
	_ = in.Code.Use(func(code []byte) error {
		answer.Code = string(code) //sealcheck:allow escape it goes to the provider through net/http, and is worth nothing afterwards
		return nil
	})
	said, err := p.oidc.Redeem(ctx, answer)
	if err != nil {
		return none, a.refusal(p, err)
	}
	who := account.Identity(said)
	if c.Purpose == account.ForConnect {
		return a.connect(ctx, actor, p, who, c)
	}
	return a.arrive(ctx, p, who, c, b)
}

// providerChallenge finds and uses up the request that a browser brings an answer to: of
// this provider, from this browser, and not answered yet.
func (a *Accounts) providerChallenge(ctx context.Context, p provider, state string, flow account.Token) (account.Challenge, error) {
	now := a.clock.Now()
	c, found, err := a.db.Accounts().Challenge(ctx, stateID(state))
	if err != nil {
		return c, err
	}
	mine := found && (c.Purpose == account.ForProvider || c.Purpose == account.ForConnect) && string(c.Words.State) == p.Name
	if !mine || c.Flow.IsZero() || !c.Open(flow, now) {
		return c, account.ErrProviderState
	}
	won, err := a.db.Ops().SpendChallenge(ctx, c.ID, now)
	if err == nil && !won {
		err = account.ErrProviderState
	}
	return c, err
}

func (a *Accounts) linkHash(i account.Identity) keyring.LookupHash {
	return a.keys.Lookup(account.LookupProvider, i.LinkKey())
}

// liveLink finds a link that is in use.
func liveLink(ctx context.Context, from account.Reader, hash keyring.LookupHash) (account.ProviderLink, bool, error) {
	l, found, err := from.ProviderLink(ctx, hash)
	return l, found && l.EndedAt.IsZero(), err
}

// proofNow is what a sign-in counts as at this moment: a provider's strong word only as
// long as the settings list it for staff.
func (a *Accounts) proofNow(ctx context.Context, s account.Standing) (habeas.Proof, error) {
	if s.Proof != habeas.ProofProviderStrong {
		return s.Proof, nil
	}
	l, found, err := liveLink(ctx, a.db.Accounts(), s.Passkey)
	if err != nil || !found {
		return habeas.ProofProvider, err
	}
	for _, p := range a.providers {
		if p.Issuer == l.Issuer && p.Staff {
			return habeas.ProofProviderStrong, nil
		}
	}
	return habeas.ProofProvider, nil
}

// ProviderLogout ends what somebody was signed in by at a provider that says that they
// have signed out there (OpenID Connect Back-Channel Logout 1.0).
func (a *Accounts) ProviderLogout(ctx context.Context, name string, token sealed.Value) error {
	p, err := a.provider(name)
	if err != nil {
		return err
	}
	var raw string
	_ = token.Use(func(text []byte) error {
		raw = string(text) //sealcheck:allow escape a signed statement, and no secret
		return nil
	})
	subject, err := p.oidc.LoggedOut(ctx, raw)
	if err != nil {
		return a.refusal(p, err)
	}
	hash := a.linkHash(account.Identity{Issuer: p.Issuer, Subject: subject})
	return a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		l, found, err := liveLink(ctx, tx.Accounts(), hash)
		if err != nil || !found {
			return err // nobody's, or nobody's any more: there is nothing to end
		}
		if err := tx.Ops().EndSignInsBy(ctx, hash, account.Token{}); err != nil {
			return err
		}
		return tx.Audit(a.entry(audit.SignedOut, habeas.SubjectOf(l.Account), habeas.Server, map[string]string{"scope": "provider"}))
	})
}

// providerLog is where failures at providers are told to who runs the server.
func providerLog(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.New(slog.DiscardHandler)
	}
	return l
}
