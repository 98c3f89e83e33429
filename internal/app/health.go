package app

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/habeas-data/habeas/internal/edge"
)

// Check is one thing that the health of a server consists of.
type Check struct {
	Name  string `json:"name"` // "database", "keys", "search", "disk", "sessions", "directory", "log", "certificate", "authorities", "backup", "draining"
	Level Level  `json:"level"`
	Text  string `json:"text,omitempty"` // English, for the administrators' page and the log
}

// Health is how a server is doing. Nothing in it is secret or about a person.
type Health struct {
	Level  Level   `json:"level"` // the worst of the checks
	Ready  bool    `json:"ready"` // requests should be sent here
	Checks []Check `json:"checks"`
}

// expiresSoon is how long before its end a certificate is warned about. ACME renews
// 30 days before, so a certificate that is nearer to its end was not renewed.
const expiresSoon = 14 * 24 * time.Hour

// readyTime bounds how long the database may take to answer.
const readyTime = 2 * time.Second

// operation is what only a serving process has.
type operation struct {
	draining atomic.Bool
	certEnd  func() time.Time // nil: no certificate of our own
}

// Health asks every part how it is doing.
func (s *Server) Health(ctx context.Context) Health {
	h := Health{Level: Good, Ready: true}
	h.add(s.databaseCheck(ctx), true)
	h.add(s.keysCheck(ctx), true)
	search := Check{Name: "search", Level: Good}
	if !s.Ready() {
		search.Level, search.Text = Warned, "The search index is being built."
	}
	h.add(search, false)
	h.Ready = h.Ready && s.Ready()
	disk := Check{Name: "disk", Level: s.Disk.Level()}
	switch disk.Level {
	case Failed:
		disk.Text = "The disk is nearly full: nothing new is taken in."
	case Warned:
		disk.Text = "The disk is filling up."
	case Good:
	}
	h.add(disk, true)
	h.add(s.Sessions.check(), false)
	if c, ok := s.Directory.check(ctx); ok {
		h.add(c, false)
	}
	h.add(s.Logs.check(ctx), false)
	if end := s.operation.certEnd; end != nil {
		h.add(certificateCheck(end(), s.Clock.Now()), false)
	}
	h.add(s.authorityCheck(ctx), false)
	h.add(s.backupCheck(ctx), false)
	if s.operation.draining.Load() {
		h.add(Check{Name: "draining", Level: Failed, Text: "The server is stopping."}, true)
	}
	return h
}

// add takes a check in. A failed one that decides makes the server not ready.
func (h *Health) add(c Check, decides bool) {
	h.Checks = append(h.Checks, c)
	if c.Level == Failed || c.Level == Warned && h.Level == Good {
		h.Level = c.Level
	}
	if decides && c.Level == Failed {
		h.Ready = false
	}
}

func (s *Server) databaseCheck(ctx context.Context) Check {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	if _, err := s.DB.Size(ctx); err != nil {
		return Check{Name: "database", Level: Failed, Text: "The database does not answer."}
	}
	return Check{Name: "database", Level: Good}
}

// keysCheck asks the key store, without which nothing is read or written, and whether
// something of a destroyed key is left in it.
func (s *Server) keysCheck(ctx context.Context) Check {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	p, err := s.Keys.Pending(ctx)
	switch {
	case err != nil:
		return Check{Name: "keys", Level: Failed, Text: "The key store does not answer."}
	case p.Store:
		return Check{Name: "keys", Level: Warned, Text: "The last traces of a destroyed key wait for a long read to end; they are removed within ten minutes after it."}
	}
	return Check{Name: "keys", Level: Good}
}

func certificateCheck(end, now time.Time) Check {
	c := Check{Name: "certificate", Level: Good}
	switch {
	case end.IsZero():
		c.Level, c.Text = Warned, "There is no certificate yet."
	case !now.Before(end):
		c.Level, c.Text = Failed, "The certificate has expired."
	case end.Sub(now) < expiresSoon:
		c.Level, c.Text = Warned, "The certificate ends on "+end.UTC().Format("2006-01-02")+"."
	}
	return c
}

// healthz answers that the process lives. It asks nothing, so that a slow database does
// not get the server killed.
func healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	_ = edge.WriteJSON(w, http.StatusOK, map[string]string{"status": "ok"}) // cannot fail to encode
}

// readyz answers whether requests should be sent here: 200 or 503, with the level of
// each check.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	h := s.Health(r.Context())
	answer := struct {
		Status string           `json:"status"`
		Checks map[string]Level `json:"checks"`
	}{"ready", map[string]Level{}}
	status := http.StatusOK
	if !h.Ready {
		answer.Status, status = "not ready", http.StatusServiceUnavailable
	}
	for _, c := range h.Checks {
		answer.Checks[c.Name] = c.Level
	}
	w.Header().Set("Cache-Control", "no-store")
	_ = edge.WriteJSON(w, status, answer) // cannot fail to encode
}

// probes answers /healthz and /readyz in front of next, under whatever name the server
// was asked: a load balancer asks by address.
func (s *Server) probes(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			next.ServeHTTP(w, r)
		case r.URL.Path == "/healthz":
			healthz(w, r)
		case r.URL.Path == "/readyz":
			s.readyz(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}
