package edge

import (
	"net/http"

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
		switch {
		case !g.Origin.Serves(r.Host):
			g.Failures.Write(w, r, WithStatus(
				habeas.Forbidden("This server does not answer under this name.").WithCode("host"),
				http.StatusMisdirectedRequest))
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
