package oidc

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/habeas-data/habeas"
)

// Algorithms are those by which an ID token may be signed: with a key pair each, so that
// nothing that is public signs one (RFC 8725, 3.1).
var Algorithms = []string{goidc.RS256, goidc.PS256, goidc.ES256, goidc.ES384, goidc.EdDSA}

// Claim is one more claim that the ID token must have, with one of these values.
type Claim struct {
	Name   string
	Values []string
}

// Config describes a provider and what is wanted of it.
type Config struct {
	Issuer   string
	ClientID string
	Secret   func() (string, error) // of the client
	Redirect string                 // where browsers come back to: exactly as registered there
	HD       string                 // the hosted domain that people must belong to; empty: any
	ACR      []string               // one of which the token must name; none: any
	Claims   []Claim                // all of which the token must have
	Roots    *x509.CertPool         // nil: the system's
	Clock    habeas.Clock
}

// Why a provider's sign-in ends. The errors that methods return wrap one of them.
var (
	ErrDown   = errors.New("oidc: the provider does not answer")
	ErrAnswer = errors.New("oidc: the answer of the provider does not hold")
	ErrNeeds  = errors.New("oidc: the token lacks what is wanted")
)

// CheckIssuer says what is wrong with the URL of an issuer (OpenID Connect Discovery 1.0, 3).
func CheckIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	switch {
	case err != nil || u.Host == "":
		return errors.New("expected a URL, such as https://login.example.org")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return errors.New("expected a URL without user, query or fragment")
	case u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	case u.Scheme != "https":
		return errors.New("expected an https URL; http is good on this machine only")
	}
	return nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Provider is one identity provider.
type Provider struct {
	cfg    Config
	client *http.Client

	mu    sync.Mutex
	found *metadata
	at    time.Time // when it was looked for
	err   error     // how that ended
}

// metadata is what discovery has shown.
type metadata struct {
	provider   *goidc.Provider
	AuthURL    string   `json:"authorization_endpoint"`
	NamesIss   bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207
	Methods    []string `json:"token_endpoint_auth_methods_supported"`
	Challenges []string `json:"code_challenge_methods_supported"`
	Responses  []string `json:"response_types_supported"`
	Signs      []string `json:"id_token_signing_alg_values_supported"`
}

// How long discovery holds, and for how long a failure is not tried again.
const (
	foundLife  = time.Hour
	failedLife = 5 * time.Second
	waitAtMost = 10 * time.Second
	maxAnswer  = 1 << 20
)

// New returns a provider. Nothing is asked of it before it is used.
func New(cfg Config) (*Provider, error) {
	if err := CheckIssuer(cfg.Issuer); err != nil {
		return nil, err
	}
	t := &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: cfg.Roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: waitAtMost, IdleConnTimeout: time.Minute, MaxIdleConns: 4, ForceAttemptHTTP2: true,
		DialContext: (&net.Dialer{Timeout: waitAtMost}).DialContext,
	}
	return &Provider{cfg: cfg, client: &http.Client{
		Transport: careful{t, strings.HasPrefix(cfg.Issuer, "http://")}, Timeout: waitAtMost,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// careful goes nowhere without TLS, but on loopback where the issuer is there, and reads
// no endless answers.
type careful struct {
	http.RoundTripper
	onLoopback bool
}

var errPlain = errors.New("oidc: an endpoint of the provider is not https")

func (c careful) RoundTrip(r *http.Request) (*http.Response, error) {
	if !c.safe(r.URL) {
		return nil, errPlain
	}
	res, err := c.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, maxAnswer), res.Body}
	}
	return res, err
}

func (c careful) safe(u *url.URL) bool {
	return u.Scheme == "https" || c.onLoopback && u.Scheme == "http" && loopback(u.Hostname())
}

// with gives the libraries our client.
func (p *Provider) with(ctx context.Context) context.Context {
	return goidc.ClientContext(ctx, p.client)
}

// discover returns what the provider says of itself, asked anew when that is old. While it
// is down, what it said before goes on to hold.
func (p *Provider) discover(ctx context.Context) (*metadata, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	age := p.cfg.Clock.Now().Sub(p.at)
	if p.err == nil && p.found != nil && age < foundLife || p.err != nil && age < failedLife {
		return p.known()
	}
	found, err := p.ask(context.WithoutCancel(ctx)) // others wait for it too
	if p.at, p.err = p.cfg.Clock.Now(), err; err == nil {
		p.found = found
	}
	return p.known()
}

func (p *Provider) known() (*metadata, error) {
	if p.found != nil {
		return p.found, nil
	}
	return nil, p.err
}

func (p *Provider) ask(ctx context.Context) (*metadata, error) {
	provider, err := goidc.NewProvider(p.with(ctx), p.cfg.Issuer)
	var other *goidc.IssuerMismatchError
	if errors.As(err, &other) {
		return nil, fmt.Errorf("%w: it names another issuer in its discovery document", ErrAnswer)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: discovery", ErrDown)
	}
	m := &metadata{provider: provider}
	if err := provider.Claims(m); err != nil {
		return nil, fmt.Errorf("%w: discovery", ErrAnswer)
	}
	return m, p.fits(m)
}

// fits says why a provider cannot be used with what it supports, as far as it says so.
func (p *Provider) fits(m *metadata) error {
	lacks := func(list []string, one string) bool { return len(list) > 0 && !slices.Contains(list, one) }
	auth, err := url.Parse(m.AuthURL)
	switch {
	case err != nil || auth.Host == "" || !p.client.Transport.(careful).safe(auth):
		return fmt.Errorf("%w: its authorization endpoint is not https", ErrAnswer)
	case lacks(m.Challenges, "S256"):
		return fmt.Errorf("%w: it does not support PKCE with S256", ErrAnswer)
	case lacks(m.Responses, "code"):
		return fmt.Errorf("%w: it does not support the authorization code flow", ErrAnswer)
	case lacks(m.Methods, "client_secret_basic") && lacks(m.Methods, "client_secret_post"):
		return fmt.Errorf("%w: it takes no client secret", ErrAnswer)
	case len(m.Signs) > 0 && !slices.ContainsFunc(m.Signs, func(alg string) bool { return slices.Contains(Algorithms, alg) }):
		return fmt.Errorf("%w: it signs by no algorithm that is accepted", ErrAnswer)
	}
	return nil
}

// Check asks the provider for its discovery document and says what is wrong with it; nil:
// nothing.
func (p *Provider) Check(ctx context.Context) error {
	_, err := p.ask(ctx)
	return err
}

// oauth is what we are to the provider.
func (p *Provider) oauth(m *metadata) oauth2.Config {
	c := oauth2.Config{
		ClientID: p.cfg.ClientID, RedirectURL: p.cfg.Redirect, Endpoint: m.provider.Endpoint(),
		Scopes: []string{goidc.ScopeOpenID, "email"}, // who, and where to write to: nothing else is asked for
	}
	// Said, because the library would else send the code twice to find out.
	c.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if len(m.Methods) > 0 && !slices.Contains(m.Methods, "client_secret_basic") {
		c.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return c
}
