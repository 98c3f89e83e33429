package app

import (
	"net/http"

	"github.com/habeas-data/habeas/internal/api"
	"github.com/habeas-data/habeas/internal/edge"
)

// published answers what certificates point at.
func (s *Server) published() *api.PKI {
	a := s.Certificates.Authorities
	return api.NewPKI(a, a.Org, s.Clock, s.Proxies, &edge.Failures{Log: s.Log})
}

// plainly answers that on a port of its own, without TLS, and leaves the rest to next. Without
// next, a browser that was sent to the site without https is sent on to its start: what it asked
// for has gone over the wire in the open once already.
func (s *Server) plainly(next http.Handler) http.Handler {
	if next == nil {
		next = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet && r.Method != http.MethodHead {
				http.NotFound(w, r)
				return
			}
			http.Redirect(w, r, s.Origin.String()+"/", http.StatusMovedPermanently)
		})
	}
	watchers := append([]edge.Watcher{edge.LogRequests(s.Log)}, s.Watchers...)
	return s.probes(edge.WithRequestID(edge.Watch(s.Clock, s.published().Wrap(next, true), watchers...)))
}
