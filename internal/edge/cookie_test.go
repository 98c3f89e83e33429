package edge

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// given returns the cookie that w set.
func given(t *testing.T, w *httptest.ResponseRecorder) *http.Cookie {
	t.Helper()
	set := w.Result().Cookies()
	if len(set) != 1 {
		t.Fatalf("%d cookies set", len(set))
	}
	return set[0]
}

func TestSignInCookieIsLockedDown(t *testing.T) {
	for origin, name := range map[string]string{
		"https://records.example.org": "__Host-habeas-sign-in",
		"http://localhost:8080":       "habeas-sign-in-8080",
		"http://localhost":            "habeas-sign-in",
	} {
		c := Cookies{Origin: mustOrigin(t, origin)}
		w := httptest.NewRecorder()
		hash := c.BeginSignIn(t.Context(), w, time.Hour)
		got := given(t, w)
		if got.Name != name || got.Path != "/" || got.Domain != "" || !got.HttpOnly || got.SameSite != http.SameSiteLaxMode ||
			got.MaxAge != 3600 || got.Secure != c.Origin.Secure() {
			t.Errorf("%s: %+v", origin, got)
		}
		token, err := base64.RawURLEncoding.DecodeString(got.Value)
		if err != nil || len(token) != 32 || sha256.Sum256(token) != hash {
			t.Errorf("%s: token of %d bytes, %v", origin, len(token), err)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(&http.Cookie{Name: got.Name, Value: got.Value})
		if back, ok := c.SignIn(r); !ok || back != hash {
			t.Errorf("%s: read back %x, %v", origin, back, ok)
		}
		if _, ok := c.Flow(r); ok {
			t.Error("a sign-in passed for a flow")
		}
		w = httptest.NewRecorder()
		c.EndSignIn(w)
		if end := given(t, w); end.Name != name || end.MaxAge >= 0 || end.Value != "" || end.Path != "/" {
			t.Errorf("%s: %+v", origin, end)
		}
	}
}

func TestFlowCookieIsItsOwn(t *testing.T) {
	c := Cookies{Origin: mustOrigin(t, "https://records.example.org")}
	w := httptest.NewRecorder()
	hash := c.BeginFlow(t.Context(), w, 10*time.Minute)
	got := given(t, w)
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: got.Name, Value: got.Value})
	if back, ok := c.Flow(r); !ok || back != hash || got.MaxAge != 600 {
		t.Errorf("%v, %+v", ok, got)
	}
	if _, ok := c.SignIn(r); ok {
		t.Error("a flow passed for a sign-in")
	}
	w = httptest.NewRecorder()
	c.EndFlow(w)
	if given(t, w).MaxAge >= 0 {
		t.Error("the flow stays")
	}
}

func TestUnfitCookiesAreNoSignIn(t *testing.T) {
	c := Cookies{Origin: mustOrigin(t, "https://records.example.org")}
	const name = "__Host-habeas-sign-in="
	good := strings.Repeat("A", 43)
	for header, want := range map[string]bool{
		name + good:                      true,
		"":                               false,
		name:                             false,
		name + good + "A":                false,
		name + good[1:]:                  false,
		name + good[1:] + "B":            false, // spare bits set: another spelling of the same token
		name + good[1:] + "=":            false,
		name + good + "; " + name + good: false, // one of two may have been planted
		"habeas-sign-in=" + good:         false, // without the prefix anybody on a sibling domain can set it
		"__host-habeas-sign-in=" + good:  false,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", header)
		if _, ok := c.SignIn(r); ok != want {
			t.Errorf("%q: %v", header, ok)
		}
	}
}

func TestTokensAreNeverTheSame(t *testing.T) {
	c := Cookies{Origin: mustOrigin(t, "https://records.example.org")}
	seen := make(map[TokenHash]bool)
	for range 1000 {
		seen[c.BeginSignIn(t.Context(), httptest.NewRecorder(), time.Hour)] = true
	}
	if len(seen) != 1000 {
		t.Errorf("%d different tokens of 1000", len(seen))
	}
}
