package servertest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/oidc"
)

// Provider is an OpenID provider on loopback: discovery, authorization, token and keys,
// with PKCE, one use of each code and exact redirect URIs. It is honest unless a test
// tells it otherwise.
type Provider struct {
	Issuer   string
	ClientID string
	Secret   string
	Now      func() time.Time

	// Person is who is signed in there: the claims of the ID token, "sub" at least.
	Person map[string]any
	// Redirects are the addresses that it sends browsers back to.
	Redirects []string

	// How it misbehaves; nil and empty: it does not.
	Discovery func(d map[string]any)      // another discovery document
	Answer    func(q url.Values)          // another answer of the browser
	Token     func(claims map[string]any) // other claims
	Sign      string                      // "none", "HS256" by the public key, "another" key; else honestly
	Lax       bool                        // a code may be used again, by anybody
	Down      bool

	key  crypto.Signer
	alg  jose.SignatureAlgorithm
	mu   sync.Mutex
	open map[string]grant
}

// grant is a code that waits to be redeemed.
type grant struct {
	redirect, challenge, nonce string
	person                     map[string]any
}

// NewProvider serves a provider that signs with ES256 or, with rs256, RS256.
func NewProvider(t testing.TB, now func() time.Time, rs256 bool) *Provider {
	t.Helper()
	p := &Provider{ClientID: "habeas", Secret: "sésamo: öffne dich", Now: now, open: map[string]grant{}, alg: jose.ES256}
	var err error
	if p.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); rs256 {
		p.alg = jose.RS256
		p.key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /keys", p.keys)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	p.Issuer = s.URL
	return p
}

// Config is the provider as a server's settings name it.
func (p *Provider) Config(name string, vouches ...string) app.ProviderConfig {
	return app.ProviderConfig{
		Provider: account.Provider{Name: name, Label: strings.ToUpper(name[:1]) + name[1:] + " login", Issuer: p.Issuer, Vouches: vouches},
		OIDC:     oidc.Config{ClientID: p.ClientID, Secret: func() (string, error) { return p.Secret, nil }},
	}
}

// At lets a server sign people in by the provider, which vouches for some domains.
func (p *Provider) At(name string, vouches ...string) Settings {
	return p.As(p.Config(name, vouches...))
}

// As does so with a configuration.
func (p *Provider) As(c app.ProviderConfig) Settings {
	return func(cfg *app.Config) {
		cfg.Providers = append(cfg.Providers, c)
		p.Redirects = append(p.Redirects, cfg.Origin.URL("/sign-in/with/"+c.Name+"/back"))
	}
}

func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) {
	if p.Down {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	d := map[string]any{
		"issuer": p.Issuer, "authorization_endpoint": p.Issuer + "/authorize", "token_endpoint": p.Issuer + "/token", "jwks_uri": p.Issuer + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "code_challenge_methods_supported": []string{"S256"},
		"id_token_signing_alg_values_supported": []string{string(p.alg)}, "authorization_response_iss_parameter_supported": true,
	}
	if p.Discovery != nil {
		p.Discovery(d)
	}
	answer(w, d)
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the reader may have gone
}

// authorize sends the browser back with a code for whoever is signed in.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	good := q.Get("client_id") == p.ClientID && q.Get("response_type") == "code" && slices.Contains(strings.Fields(q.Get("scope")), "openid") &&
		slices.Contains(p.Redirects, q.Get("redirect_uri")) && q.Get("code_challenge_method") == "S256" && len(q.Get("code_challenge")) == 43
	if !good {
		http.Error(w, "this request is none", http.StatusBadRequest)
		return
	}
	code := rand.Text()
	p.mu.Lock()
	p.open[code] = grant{q.Get("redirect_uri"), q.Get("code_challenge"), q.Get("nonce"), p.Person}
	p.mu.Unlock()
	back := url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.Issuer}}
	if p.Person == nil {
		back = url.Values{"error": {"access_denied"}, "state": {q.Get("state")}, "iss": {p.Issuer}}
	}
	if p.Answer != nil {
		p.Answer(back)
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusSeeOther)
}

// token redeems a code.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	id, _ := url.QueryUnescape(user)
	secret, _ := url.QueryUnescape(password)
	p.mu.Lock()
	code := r.PostFormValue("code")
	g, found := p.open[code]
	if !p.Lax {
		delete(p.open, code)
	}
	p.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	proved := subtle.ConstantTimeCompare([]byte(g.challenge), []byte(base64.RawURLEncoding.EncodeToString(sum[:]))) == 1
	switch {
	case p.Down:
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	case id != p.ClientID || secret != p.Secret:
		w.WriteHeader(http.StatusUnauthorized)
		answer(w, map[string]string{"error": "invalid_client"})
		return
	case !p.Lax && (!found || !proved || g.redirect != r.PostFormValue("redirect_uri")):
		w.WriteHeader(http.StatusBadRequest)
		answer(w, map[string]string{"error": "invalid_grant"})
		return
	}
	now, access := p.Now(), rand.Text()
	half := sha256.Sum256([]byte(access))
	claims := map[string]any{
		"iss": p.Issuer, "aud": p.ClientID, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "nonce": g.nonce,
		"at_hash": base64.RawURLEncoding.EncodeToString(half[:16]),
	}
	for name, value := range g.person {
		claims[name] = value
	}
	if p.Token != nil {
		p.Token(claims)
	}
	answer(w, map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": p.Signed(claims)})
}

const keyID = "key"

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: keyID, Algorithm: string(p.alg), Use: "sig"}}})
}

// Signed is a token with claims, signed as the provider does now.
func (p *Provider) Signed(claims map[string]any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err) // a test gave what is no JSON
	}
	key := jose.SigningKey{Algorithm: p.alg, Key: jose.JSONWebKey{Key: p.key, KeyID: keyID}}
	switch p.Sign {
	case "none":
		part := base64.RawURLEncoding.EncodeToString
		return part([]byte(`{"alg":"none"}`)) + "." + part(payload) + "."
	case "HS256":
		public, _ := x509.MarshalPKIXPublicKey(p.key.Public()) // never fails for these keys
		key = jose.SigningKey{Algorithm: jose.HS256, Key: jose.JSONWebKey{Key: public, KeyID: keyID}}
	case "another":
		other, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader) // never fails
		key = jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: other, KeyID: keyID}}
	}
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		panic(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		panic(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return text
}

// LogoutToken is what the provider posts when somebody has signed out there.
func (p *Provider) LogoutToken(subject string) string {
	now := p.Now()
	return p.Signed(map[string]any{
		"iss": p.Issuer, "aud": p.ClientID, "sub": subject, "iat": now.Unix(), "exp": now.Add(2 * time.Minute).Unix(), "jti": rand.Text(),
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	})
}

// Leaves begins a sign-in by the button of a page, as far as the provider's own.
func (b *Browser) Leaves(page, action string, pairs ...string) (at string) {
	b.W.Helper()
	r := b.Fill(page, action, pairs...)
	_, at, found := strings.Cut(r.Header.Get("Refresh"), "url=")
	if r.Status != http.StatusOK || !found {
		b.W.Fatalf("%s leads to no provider: status %d: %s", action, r.Status, r.Complaint())
	}
	return at
}

// Elsewhere opens a page of a provider and returns where it sends the browser.
func (b *Browser) Elsewhere(at string) (back string) {
	b.W.Helper()
	r, err := http.NewRequestWithContext(b.W.Context(), http.MethodGet, at, http.NoBody)
	b.W.Must(err)
	res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
	b.W.Must(err)
	b.W.Must(res.Body.Close())
	if res.StatusCode != http.StatusSeeOther {
		b.W.Fatalf("the provider answers %d", res.StatusCode)
	}
	return res.Header.Get("Location")
}

// Returns opens the address that a provider sends the browser back to.
func (b *Browser) Returns(back string) Reply {
	b.W.Helper()
	path, ours := strings.CutPrefix(back, b.W.HTTP.URL)
	if !ours {
		b.W.Fatalf("the provider sends the browser elsewhere")
	}
	return b.Send(http.MethodGet, path, "", "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document")
}

// SignInBy goes all the way by the button of a provider.
func (b *Browser) SignInBy(name string) Reply {
	b.W.Helper()
	return b.Returns(b.Elsewhere(b.Leaves("/sign-in", "/sign-in/with/"+name)))
}

// Connect does so for the account that the browser is signed in to.
func (b *Browser) Connect(name string) Reply {
	b.W.Helper()
	return b.Returns(b.Elsewhere(b.Leaves("/me/credentials", "/me/credentials/providers", "provider", name)))
}
