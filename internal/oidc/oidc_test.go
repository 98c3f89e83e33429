package oidc_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/oidc"
	"github.com/habeas-data/habeas/internal/servertest"
)

const back = "http://localhost:8080/sign-in/with/campus/back"

// world is a provider and a client of it that stands beside a clock.
type world struct {
	*testing.T
	clock  *habeas.ManualClock
	server *servertest.Provider
	cfg    oidc.Config
	n      int
}

func newWorld(t *testing.T, rs256 bool) *world {
	t.Helper()
	w := &world{T: t, clock: habeas.NewManualClock(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))}
	w.server = servertest.NewProvider(t, w.clock.Now, rs256)
	w.server.Redirects = []string{back}
	w.server.Person = map[string]any{"sub": "tim", "email": "tim@example.org", "email_verified": true}
	w.cfg = oidc.Config{
		Issuer: w.server.Issuer, ClientID: w.server.ClientID, Redirect: back, Clock: w.clock,
		Secret: func() (string, error) { return w.server.Secret, nil },
	}
	return w
}

func (w *world) client() *oidc.Provider {
	w.Helper()
	p, err := oidc.New(w.cfg)
	if err != nil {
		w.Fatal(err)
	}
	return p
}

// visit goes to the provider and comes back.
func (w *world) visit(p *oidc.Provider) (oidc.Answer, error) {
	w.Helper()
	w.n++
	attempt := oidc.Attempt{State: fmt.Sprint("state ", w.n), Nonce: fmt.Sprint("nonce ", w.n), Verifier: strings.Repeat(fmt.Sprint(w.n%10), 43)}
	to, err := p.AuthorizeURL(w.Context(), attempt)
	if err != nil {
		return oidc.Answer{}, err
	}
	b := &servertest.Browser{W: &servertest.World{TB: w.T}}
	u, err := url.Parse(b.Elsewhere(to))
	if err != nil {
		w.Fatal(err)
	}
	q := u.Query()
	if q.Get("state") != attempt.State || !strings.HasPrefix(u.String(), back+"?") {
		w.Errorf("the provider sends the browser elsewhere")
	}
	return oidc.Answer{Code: q.Get("code"), Issuer: q.Get("iss"), Attempt: attempt}, nil
}

// signIn goes there, comes back and redeems the code.
func (w *world) signIn(p *oidc.Provider) (oidc.Identity, error) {
	w.Helper()
	a, err := w.visit(p)
	if err != nil {
		return oidc.Identity{}, err
	}
	return p.Redeem(w.Context(), a)
}

func TestAnHonestProviderSignsIn(t *testing.T) {
	for _, rs256 := range []bool{false, true} {
		w := newWorld(t, rs256)
		want := oidc.Identity{Issuer: w.server.Issuer, Subject: "tim", Email: "tim@example.org", Verified: true}
		if got, err := w.signIn(w.client()); err != nil || got != want {
			t.Errorf("%+v, %v", got, err)
		}
		w.server.Discovery = func(d map[string]any) {
			delete(d, "authorization_response_iss_parameter_supported")
			delete(d, "code_challenge_methods_supported")
		}
		w.server.Answer = func(q url.Values) { q.Del("iss") }
		w.server.Token = func(c map[string]any) { delete(c, "at_hash"); c["aud"] = []string{"habeas"}; c["azp"] = "habeas" }
		if got, err := w.signIn(w.client()); err != nil || got != want {
			t.Errorf("one that says less: %+v, %v", got, err)
		}
	}
}

// Each token lies in one thing, and is refused.
func TestATokenThatLiesIsRefused(t *testing.T) {
	w := newWorld(t, false)
	set := func(name string, value any) func(map[string]any) {
		return func(c map[string]any) { c[name] = value }
	}
	at := func(d time.Duration) int64 { return w.clock.Now().Add(d).Unix() }
	for said, lie := range map[string]func(map[string]any){
		"another issuer":           set("iss", "https://login.example.org"),
		"an issuer that begins so": set("iss", w.server.Issuer+"/"),
		"another audience":         set("aud", "another"),
		"no audience":              func(c map[string]any) { delete(c, "aud") },
		"one audience more":        set("aud", []string{"habeas", "another"}),
		"made for another client":  set("azp", "another"),
		"expired":                  set("exp", at(-time.Second)),
		"without an end":           func(c map[string]any) { delete(c, "exp") },
		"of tomorrow":              set("iat", at(2*time.Minute)),
		"of yesterday":             set("iat", at(-24*time.Hour)),
		"without a beginning":      func(c map[string]any) { delete(c, "iat") },
		"not yet":                  set("nbf", at(time.Hour)),
		"another nonce":            set("nonce", "nonce 0"),
		"no nonce":                 func(c map[string]any) { delete(c, "nonce") },
		"another access token":     set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"),
		"nobody":                   func(c map[string]any) { delete(c, "sub") },
		"a long subject":           set("sub", strings.Repeat("x", 256)),
		"a subject that is none":   set("sub", 7),
	} {
		w.server.Token = lie
		if who, err := w.signIn(w.client()); !errors.Is(err, oidc.ErrAnswer) || who != (oidc.Identity{}) {
			t.Errorf("%s: %+v, %v", said, who, err)
		}
	}
	w.server.Token = nil
	for _, sign := range []string{"none", "HS256", "another"} {
		w.server.Sign = sign
		if _, err := w.signIn(w.client()); !errors.Is(err, oidc.ErrAnswer) {
			t.Errorf("signed by %s: %v", sign, err)
		}
	}
}

// What a provider says of the address is passed on as it is: only the word true is true.
func TestAnAddressIsVerifiedByTheWordTrueOnly(t *testing.T) {
	w := newWorld(t, false)
	for _, said := range []any{false, "true", "false", 1, nil, []bool{true}} {
		w.server.Token = func(c map[string]any) { c["email_verified"] = said }
		if who, err := w.signIn(w.client()); err != nil || who.Verified {
			t.Errorf("%#v: %+v, %v", said, who, err)
		}
	}
	w.server.Token = func(c map[string]any) { delete(c, "email_verified") }
	if who, err := w.signIn(w.client()); err != nil || who.Verified {
		t.Errorf("nothing: %+v, %v", who, err)
	}
}

func TestAnAnswerIsRedeemedOnceAndByWhoAsked(t *testing.T) {
	w := newWorld(t, false)
	p := w.client()
	refused := func(said string, a oidc.Answer) {
		t.Helper()
		if _, err := p.Redeem(t.Context(), a); !errors.Is(err, oidc.ErrAnswer) {
			t.Errorf("%s: %v", said, err)
		}
	}
	fresh := func(change func(a *oidc.Answer)) oidc.Answer {
		a, err := w.visit(p)
		if err != nil {
			t.Fatal(err)
		}
		change(&a)
		return a
	}
	once := fresh(func(*oidc.Answer) {})
	if _, err := p.Redeem(t.Context(), once); err != nil {
		t.Fatal(err)
	}
	refused("the same code again", once)
	refused("another verifier", fresh(func(a *oidc.Answer) { a.Verifier = strings.Repeat("z", 43) }))
	refused("another issuer's answer", fresh(func(a *oidc.Answer) { a.Issuer = "https://login.example.org" }))
	refused("an answer without issuer", fresh(func(a *oidc.Answer) { a.Issuer = "" }))
	refused("another nonce", fresh(func(a *oidc.Answer) { a.Nonce = "nonce" }))
	w.server.Lax = true // it gives tokens for codes that are none: the nonce is not ours
	refused("a code of nobody", fresh(func(a *oidc.Answer) { a.Code = "x" }))
	w.server.Lax = false
	w.cfg.Secret = func() (string, error) { return "another", nil }
	p = w.client()
	refused("another secret", fresh(func(*oidc.Answer) {}))
}

func TestWhatTheOrganisationWantsIsLookedUp(t *testing.T) {
	w := newWorld(t, false)
	w.cfg.HD, w.cfg.ACR = "example.org", []string{"mfa", "card"}
	w.cfg.Claims = []oidc.Claim{{Name: "affiliation", Values: []string{"staff", "member"}}}
	good := map[string]any{"sub": "tim", "hd": "example.org", "acr": "card", "affiliation": []string{"alum", "member"}}
	for said, c := range map[string]struct {
		change func(p map[string]any)
		want   error
	}{
		"all of it":           {func(map[string]any) {}, nil},
		"one text":            {func(p map[string]any) { p["affiliation"] = "staff" }, nil},
		"another domain":      {func(p map[string]any) { p["hd"] = "example.net" }, oidc.ErrNeeds},
		"no domain":           {func(p map[string]any) { delete(p, "hd") }, oidc.ErrNeeds},
		"by password":         {func(p map[string]any) { p["acr"] = "password" }, oidc.ErrNeeds},
		"in no known way":     {func(p map[string]any) { delete(p, "acr") }, oidc.ErrNeeds},
		"not one of them":     {func(p map[string]any) { p["affiliation"] = "alum" }, oidc.ErrNeeds},
		"nothing":             {func(p map[string]any) { delete(p, "affiliation") }, oidc.ErrNeeds},
		"a number":            {func(p map[string]any) { p["affiliation"] = 1 }, oidc.ErrNeeds},
		"a domain as a truth": {func(p map[string]any) { p["hd"] = true }, oidc.ErrAnswer},
	} {
		w.server.Person = map[string]any{}
		for k, v := range good {
			w.server.Person[k] = v
		}
		c.change(w.server.Person)
		if _, err := w.signIn(w.client()); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", said, err, c.want)
		}
	}
	to, err := w.client().AuthorizeURL(t.Context(), oidc.Attempt{State: "s", Nonce: "n", Verifier: strings.Repeat("v", 43)})
	u, _ := url.Parse(to)
	if q := u.Query(); err != nil || q.Get("hd") != "example.org" || q.Get("acr_values") != "mfa card" || q.Get("scope") != "openid email" {
		t.Errorf("%s, %v", to, err)
	}
}

func TestAProviderThatCannotBeUsedSaysWhy(t *testing.T) {
	w := newWorld(t, false)
	for said, c := range map[string]struct {
		change func(d map[string]any)
		want   string
	}{
		"another issuer":    {func(d map[string]any) { d["issuer"] = "https://login.example.org" }, "another issuer"},
		"no https":          {func(d map[string]any) { d["authorization_endpoint"] = "http://login.example.org/a" }, "is not https"},
		"no PKCE":           {func(d map[string]any) { d["code_challenge_methods_supported"] = []string{"plain"} }, "PKCE"},
		"no code flow":      {func(d map[string]any) { d["response_types_supported"] = []string{"id_token"} }, "code flow"},
		"no secret":         {func(d map[string]any) { d["token_endpoint_auth_methods_supported"] = []string{"private_key_jwt"} }, "secret"},
		"only shared keys":  {func(d map[string]any) { d["id_token_signing_alg_values_supported"] = []string{"HS256", "none"} }, "algorithm"},
		"everything needed": {func(map[string]any) {}, ""},
	} {
		w.server.Discovery = c.change
		err := w.client().Check(t.Context())
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", said, err)
		}
	}
	w.server.Discovery = func(d map[string]any) { d["token_endpoint"] = "http://192.0.2.1/token" }
	if _, err := w.signIn(w.client()); !errors.Is(err, oidc.ErrDown) {
		t.Errorf("a token endpoint without TLS elsewhere: %v", err)
	}
}

// While a provider is down, what it said before holds; it is asked anew in time.
func TestAProviderMayComeAndGo(t *testing.T) {
	w := newWorld(t, false)
	p := w.client()
	w.server.Down = true
	if _, err := w.signIn(p); !errors.Is(err, oidc.ErrDown) {
		t.Errorf("down: %v", err)
	}
	w.server.Down = false
	if _, err := w.signIn(p); !errors.Is(err, oidc.ErrDown) {
		t.Errorf("it is asked again at once: %v", err)
	}
	w.clock.Advance(10 * time.Second)
	if _, err := w.signIn(p); err != nil {
		t.Errorf("up again: %v", err)
	}
	w.clock.Advance(2 * time.Hour)
	a, err := w.visit(p)
	if err != nil {
		t.Fatal(err)
	}
	w.server.Down = true
	if _, err := p.Redeem(t.Context(), a); !errors.Is(err, oidc.ErrDown) {
		t.Errorf("down before the token: %v", err)
	}
	w.clock.Advance(2 * time.Hour)
	if _, err := w.visit(p); err != nil {
		t.Errorf("what it said before is forgotten: %v", err)
	}
}

func TestALogoutTokenNamesWhoHasLeft(t *testing.T) {
	w := newWorld(t, false)
	p := w.client()
	if who, err := p.LoggedOut(t.Context(), w.server.LogoutToken("tim")); err != nil || who != "tim" {
		t.Errorf("%q, %v", who, err)
	}
	now := w.clock.Now()
	idToken := w.server.Signed(map[string]any{"iss": w.server.Issuer, "aud": "habeas", "sub": "tim", "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "nonce": "n"})
	old := w.server.LogoutToken("tim")
	w.clock.Advance(11 * time.Minute)
	w.server.Sign = "another"
	for said, token := range map[string]string{"an ID token": idToken, "an old one": old, "another's": w.server.LogoutToken("tim"), "none": "x"} {
		if who, err := p.LoggedOut(t.Context(), token); !errors.Is(err, oidc.ErrAnswer) || who != "" {
			t.Errorf("%s: %q, %v", said, who, err)
		}
	}
}

func TestAnIssuerIsReachedSafely(t *testing.T) {
	for issuer, good := range map[string]bool{
		"https://login.example.org": true, "https://login.example.org/realms/a": true, "http://localhost:8081": true, "http://127.0.0.1:8081": true, "http://[::1]:8081": true,
		"http://login.example.org": false, "https://": false, "login.example.org": false, "": false, "ftp://login.example.org": false,
		"https://a@login.example.org": false, "https://login.example.org?a": false, "https://login.example.org?": false, "https://login.example.org#a": false,
		"http://localhost.example.org": false,
	} {
		if err := oidc.CheckIssuer(issuer); (err == nil) != good {
			t.Errorf("%q: %v", issuer, err)
		}
		if _, err := oidc.New(oidc.Config{Issuer: issuer}); (err == nil) != good {
			t.Errorf("new %q: %v", issuer, err)
		}
	}
}
