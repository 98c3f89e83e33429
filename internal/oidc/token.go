package oidc

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Attempt is one request to a provider. Its texts are drawn at random for it alone.
type Attempt struct {
	State    string // comes back with the answer
	Nonce    string // comes back in the token
	Verifier string // of PKCE: 43 to 128 characters
}

// AuthorizeURL returns where to send the browser.
func (p *Provider) AuthorizeURL(ctx context.Context, a Attempt) (string, error) {
	m, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	with := []oauth2.AuthCodeOption{goidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)}
	if p.cfg.HD != "" {
		with = append(with, oauth2.SetAuthURLParam("hd", p.cfg.HD))
	}
	if len(p.cfg.ACR) > 0 {
		with = append(with, oauth2.SetAuthURLParam("acr_values", joined(p.cfg.ACR)))
	}
	c := p.oauth(m)
	return c.AuthCodeURL(a.State, with...), nil
}

func joined(all []string) string {
	text := all[0]
	for _, one := range all[1:] {
		text += " " + one
	}
	return text
}

// Answer is what the browser brings back, with what was drawn for the attempt.
type Answer struct {
	Code   string
	Issuer string // the parameter iss of RFC 9207; empty: there was none
	Attempt
}

// Identity is what the provider says, checked.
type Identity struct {
	Issuer, Subject string
	Email           string // as it says, which may be anything
	Verified        bool   // and it has verified it
	ACR             string
}

// Redeem gives a code for a token and checks it.
func (p *Provider) Redeem(ctx context.Context, a Answer) (Identity, error) {
	m, err := p.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	if a.Issuer != "" && a.Issuer != p.cfg.Issuer || a.Issuer == "" && m.NamesIss {
		return Identity{}, fmt.Errorf("%w: another issuer answers", ErrAnswer)
	}
	c := p.oauth(m)
	if c.ClientSecret, err = p.cfg.Secret(); err != nil {
		return Identity{}, fmt.Errorf("oidc: the client's secret: %w", err)
	}
	ctx, cancel := context.WithTimeout(p.with(ctx), waitAtMost)
	defer cancel()
	token, err := c.Exchange(ctx, a.Code, oauth2.VerifierOption(a.Verifier))
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused) && refused.Response != nil && refused.Response.StatusCode < 500:
		return Identity{}, fmt.Errorf("%w: the code was refused", ErrAnswer)
	case err != nil:
		return Identity{}, fmt.Errorf("%w: token", ErrDown)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return Identity{}, fmt.Errorf("%w: there is no ID token", ErrAnswer)
	}
	return p.read(ctx, m, raw, token.AccessToken, a.Nonce)
}

func (p *Provider) verifier(m *metadata) *goidc.IDTokenVerifier {
	return m.provider.Verifier(&goidc.Config{ClientID: p.cfg.ClientID, SupportedSigningAlgs: Algorithms, Now: p.cfg.Clock.Now})
}

// How far the clock of a provider may be ahead, and how old a token may be that was made
// for a request just now.
const (
	ahead  = time.Minute
	tooOld = 10 * time.Minute
)

// claims are those that are looked at beside what the library does.
type claims struct {
	Azp      string `json:"azp"`
	Email    string `json:"email"`
	Verified any    `json:"email_verified"` // anything but true is no
	HD       string `json:"hd"`
	ACR      string `json:"acr"`
}

// read checks an ID token (OpenID Connect Core 1.0, 3.1.3.7).
func (p *Provider) read(ctx context.Context, m *metadata, raw, access, nonce string) (Identity, error) {
	wrong := func(what string) (Identity, error) { return Identity{}, fmt.Errorf("%w: %s", ErrAnswer, what) }
	t, err := p.verifier(m).Verify(ctx, raw) // signature, algorithm, issuer, audience, expiry
	if err != nil {
		return wrong("the ID token does not verify")
	}
	var c claims
	var all map[string]json.RawMessage
	if err := errors.Join(t.Claims(&c), t.Claims(&all)); err != nil {
		return wrong("the ID token cannot be read")
	}
	now := p.cfg.Clock.Now()
	switch {
	case t.Issuer != p.cfg.Issuer: // the library lets one other spelling pass
		return wrong("another issuer signed")
	case t.Subject == "" || len(t.Subject) > 255:
		return wrong("the token names nobody")
	case len(t.Audience) != 1 || c.Azp != "" && c.Azp != p.cfg.ClientID:
		return wrong("the token is for others too")
	case subtle.ConstantTimeCompare([]byte(t.Nonce), []byte(nonce)) != 1:
		return wrong("the token is of another request")
	case t.IssuedAt.After(now.Add(ahead)) || t.IssuedAt.Before(now.Add(-tooOld)):
		return wrong("the token is of another time")
	case t.AccessTokenHash != "" && t.VerifyAccessToken(access) != nil:
		return wrong("the token is of another access token")
	case p.cfg.HD != "" && c.HD != p.cfg.HD, len(p.cfg.ACR) > 0 && !slices.Contains(p.cfg.ACR, c.ACR):
		return Identity{}, ErrNeeds
	}
	for _, want := range p.cfg.Claims {
		if !has(all[want.Name], want.Values) {
			return Identity{}, ErrNeeds
		}
	}
	return Identity{Issuer: t.Issuer, Subject: t.Subject, Email: c.Email, Verified: c.Verified == true, ACR: c.ACR}, nil
}

// has reports whether a claim, a text or a list of texts, holds one of the values.
func has(claim json.RawMessage, values []string) bool {
	var one string
	if json.Unmarshal(claim, &one) == nil {
		return slices.Contains(values, one)
	}
	var many []string
	return json.Unmarshal(claim, &many) == nil && slices.ContainsFunc(many, func(s string) bool { return slices.Contains(values, s) })
}

// LoggedOut reads a token by which the provider says that somebody has signed out there
// (OpenID Connect Back-Channel Logout 1.0), and returns who.
func (p *Provider) LoggedOut(ctx context.Context, raw string) (subject string, err error) {
	m, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	t, err := p.verifier(m).VerifyLogout(p.with(ctx), raw)
	now := p.cfg.Clock.Now()
	if err != nil || t.Issuer != p.cfg.Issuer || len(t.Audience) != 1 || t.Subject == "" ||
		t.IssuedAt.After(now.Add(ahead)) || t.IssuedAt.Before(now.Add(-tooOld)) {
		return "", fmt.Errorf("%w: the logout token does not hold", ErrAnswer)
	}
	return t.Subject, nil
}
