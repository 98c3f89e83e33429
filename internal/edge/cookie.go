package edge

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/habeas-data/habeas/sealed"
)

// TokenHash is the SHA-256 of a cookie's token: all that storage ever sees, so
// a copy of the database signs nobody in (PTY-A24).
type TokenHash [sha256.Size]byte

// Cookies sets and reads the three cookies of the server. All are HttpOnly,
// SameSite=Lax, Path=/ and without Domain; over https they are Secure and carry
// the __Host- prefix, so that no sibling domain can plant one (RFC 6265bis).
// Their tokens, 256 random bits, never leave this package, and are sealed in it.
//
//   - the sign-in names who is signed in;
//   - the flow names the browser in which a flow with a mailed code began; a
//     flow that began in a browser is finished in that one (PTY-A20);
//   - the visit names the browser in which an address was proved to see what is held
//     at it: no sign-in, and good for nothing else (ADR 0017).
type Cookies struct {
	Origin Origin
}

const (
	signInName = "habeas-sign-in"
	flowName   = "habeas-flow"
	visitName  = "habeas-visit"
)

// BeginSignIn gives the browser a new sign-in that lasts d, replacing any it
// had, and returns the hash to store.
func (c Cookies) BeginSignIn(ctx context.Context, w http.ResponseWriter, d time.Duration) TokenHash {
	return c.begin(ctx, w, signInName, d)
}

// SignIn returns the hash of the sign-in that r carries. Whether it is known
// and still valid is the store's to say.
func (c Cookies) SignIn(r *http.Request) (TokenHash, bool) { return c.read(r, signInName) }

// EndSignIn makes the browser forget its sign-in. The store must forget it too.
func (c Cookies) EndSignIn(w http.ResponseWriter) { c.end(w, signInName) }

// BeginFlow marks the browser in which a flow begins, for at most d.
func (c Cookies) BeginFlow(ctx context.Context, w http.ResponseWriter, d time.Duration) TokenHash {
	return c.begin(ctx, w, flowName, d)
}

// Flow returns the hash of the flow that r carries.
func (c Cookies) Flow(r *http.Request) (TokenHash, bool) { return c.read(r, flowName) }

// KeepFlow lets the flow that r carries last for d from now on.
func (c Cookies) KeepFlow(w http.ResponseWriter, r *http.Request, d time.Duration) {
	if _, ok := c.Flow(r); ok {
		token := Secret(r.Context(), r.CookiesNamed(c.name(flowName))[0].Value)
		c.set(w, flowName, Show(r.Context(), token), int(d/time.Second))
	}
}

// EndFlow makes the browser forget its flow.
func (c Cookies) EndFlow(w http.ResponseWriter) { c.end(w, flowName) }

// NewVisit draws the token of a visit that lasts d: the hash to store, and keep, which
// gives it to the browser once the visit has begun.
func (c Cookies) NewVisit(ctx context.Context, d time.Duration) (hash TokenHash, keep func(http.ResponseWriter)) {
	token, hash := drawToken(ctx)
	return hash, func(w http.ResponseWriter) {
		c.set(w, visitName, Show(ctx, token), int(d/time.Second))
	}
}

// Visit returns the hash of the visit that r carries.
func (c Cookies) Visit(r *http.Request) (TokenHash, bool) { return c.read(r, visitName) }

// EndVisit makes the browser forget its visit. The store must forget it too.
func (c Cookies) EndVisit(w http.ResponseWriter) { c.end(w, visitName) }

func (c Cookies) begin(ctx context.Context, w http.ResponseWriter, name string, d time.Duration) TokenHash {
	token, hash := drawToken(ctx)
	c.set(w, name, Show(ctx, token), int(d/time.Second))
	return hash
}

// drawToken draws the token of a cookie. Where no protected memory is left it is the zero
// Value, the cookie is empty, and the hash fits no token.
func drawToken(ctx context.Context) (sealed.Value, TokenHash) {
	token, err := sealed.In(ctx).Random("token of a cookie", "", sha256.Size)
	hash, ok := HashToken(token)
	if err != nil || !ok {
		_, _ = rand.Read(hash[:]) // never fails: crypto/rand aborts the program instead
		return sealed.Value{}, hash
	}
	return token, hash
}

// HashToken hashes the 32 bytes that a token's text, in base64url, stands for.
func HashToken(token sealed.Value) (hash TokenHash, ok bool) {
	_ = token.Use(func(text []byte) error {
		var raw [sha256.Size]byte
		defer clear(raw[:])
		if len(text) != base64.RawURLEncoding.EncodedLen(len(raw)) {
			return nil
		}
		if _, err := base64.RawURLEncoding.Strict().Decode(raw[:], text); err == nil {
			hash, ok = sha256.Sum256(raw[:]), true
		}
		return nil
	})
	return hash, ok
}

func (c Cookies) end(w http.ResponseWriter, name string) { c.set(w, name, "", -1) }

func (c Cookies) set(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: c.name(name), Value: value, Path: "/", MaxAge: maxAge,
		Secure: c.Origin.Secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// read refuses a name that is given twice: one of them may have been planted.
func (c Cookies) read(r *http.Request, name string) (TokenHash, bool) {
	found := r.CookiesNamed(c.name(name))
	if len(found) != 1 {
		return TokenHash{}, false
	}
	return HashToken(Secret(r.Context(), found[0].Value))
}

// name carries the prefix where browsers accept it. On loopback, where there
// is no https, the port keeps two servers of one machine apart, because
// cookies do not.
func (c Cookies) name(name string) string {
	switch {
	case c.Origin.Secure():
		return "__Host-" + name
	case c.Origin.port != "":
		return name + "-" + c.Origin.port
	}
	return name
}
