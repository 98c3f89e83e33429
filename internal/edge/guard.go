package edge

import (
	"net/http"
	"path"
	"strings"

	"github.com/habeas-data/habeas"
)

// Guard refuses requests that no person meant to send and puts the security
// headers on every answer:
//
//   - a Host that is not the configured origin: 421 (PTY-A41);
//   - a page of ours inside a frame: 403, beside the headers that forbid it (PTY-A42);
//   - a state-changing request that a browser sent from another origin: 403,
//     by [http.CrossOriginProtection] (PTY-A42). GET and HEAD pass, because they
//     change nothing. Programs send neither Sec-Fetch-Site nor Origin and pass too.
//
// Everything is answered "Cache-Control: no-store" unless the handler says
// otherwise; assets do, by [Immutable].
type Guard struct {
	Origin   Origin
	Failures *Failures
	// Mixed: other pages of the same host are reached by http, which browsers must not be told
	// to refuse.
	Mixed bool
	// Open says below which path pages of every website may ask, read the answers, and put
	// them into a frame where the handler allows it: a public service, which knows nobody and
	// changes nothing. What a browser adds to say who asks is taken away before it, and every
	// answer says so to browsers (CORS), a failure too. Empty: there is none.
	Open string
}

// contentPolicy allows what our own pages need: style, script and data from
// here; nothing inline, nothing from elsewhere, no frames around us.
const contentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// Wrap returns next behind the guard.
func (g Guard) Wrap(next http.Handler) http.Handler {
	headers := g.headers()
	sameOrigin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for name, value := range headers {
			h[name] = value // the slices are full, so a later Add copies them
		}
		open := g.open(r.URL.Path)
		if open {
			openTo(h, r)
		}
		switch {
		case !g.Origin.Serves(r.Host):
			g.Failures.Write(w, r, WithStatus(
				habeas.Forbidden("This server does not answer under this name.").WithCode("host"),
				http.StatusMisdirectedRequest))
		case open && r.Method == http.MethodOptions: // a browser asks before it asks
			w.WriteHeader(http.StatusNoContent)
		case open:
			next.ServeHTTP(w, r)
		case framed(r):
			g.Failures.Write(w, r, habeas.Forbidden("This page does not open inside another one. Open it in a window of its own.").
				WithCode("framed"))
		case sameOrigin.Check(r) != nil:
			g.Failures.Write(w, r, habeas.Forbidden("This was sent from another website, so nothing was done. Open the page here and try again.").
				WithCode("cross-origin"))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// open reports whether a path is of the open part. One that is not clean is not: the
// multiplexer might take it for another.
func (g Guard) open(p string) bool {
	if g.Open == "" || p != path.Clean(p) {
		return false
	}
	return p == g.Open || strings.HasPrefix(p, g.Open+"/")
}

// openTo tells browsers that every page may read the answer (Fetch Standard, 3.2), and takes
// from the request what could make it somebody's.
func openTo(h http.Header, r *http.Request) {
	for _, who := range []string{"Cookie", "Authorization"} {
		r.Header.Del(who)
	}
	for name, value := range openHeaders {
		h[name] = value
	}
}

var openHeaders = map[string][]string{
	"Access-Control-Allow-Origin":   {"*"},
	"Access-Control-Allow-Methods":  {"GET, HEAD, POST, OPTIONS"},
	"Access-Control-Allow-Headers":  {"Accept, Accept-Language, Content-Type, Origin, X-CSRF-Token, X-Requested-With"},
	"Access-Control-Expose-Headers": {"Content-Language, Link, RateLimit, RateLimit-Policy, Retry-After"},
	"Access-Control-Max-Age":        {"86400"},
	"Cross-Origin-Resource-Policy":  {"cross-origin"},
}

// framed reports whether the browser says it loads the answer into a frame or
// a plug-in (Fetch Metadata).
func framed(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Dest") {
	case "iframe", "frame", "embed", "object", "fencedframe":
		return true
	}
	return false
}

func (g Guard) headers() map[string][]string {
	h := map[string][]string{
		"Content-Security-Policy":      {contentPolicy},
		"Referrer-Policy":              {"no-referrer"},
		"X-Content-Type-Options":       {"nosniff"},
		"X-Frame-Options":              {"DENY"},
		"Permissions-Policy":           {"camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"},
		"Cross-Origin-Opener-Policy":   {"same-origin"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		"Cache-Control":                {"no-store"},
	}
	if g.Origin.Secure() && !g.Mixed {
		h["Strict-Transport-Security"] = []string{"max-age=31536000"}
	}
	return h
}

// Immutable lets browsers and proxies keep an answer for a year. It is for
// assets whose name changes with their content, and nothing else.
func Immutable(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
}
