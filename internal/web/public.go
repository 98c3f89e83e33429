package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/habeas-data/habeas/internal/edge"
)

func (s *Site) mountPublic(m *edge.Mux) {
	s.handle(m, Anybody, "GET /{$}", func(w http.ResponseWriter, r *http.Request, _ Visit) error {
		return s.Render(w, r, http.StatusOK, "public/home", nil)
	})
	m.HandleHTTP("GET /static/", s.Assets())
	m.HandleHTTP("POST /preferences", http.HandlerFunc(s.Preferences))
}

// queryPath is the page to come back to after signing in: a path of ours, and only
// for a page that was read, never one that was posted to.
func queryPath(r *http.Request) string {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return ""
	}
	return url.QueryEscape(r.URL.Path)
}

// back returns a safe place to go to: a path of this site or the fallback.
func back(to, fallback string) string {
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n") {
		return fallback
	}
	return to
}
