package app

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/session"
	"github.com/habeas-data/habeas/internal/web/admin"
)

// sessionsDir is where the session logs lie, below the data directory. Each node has its
// own; no backup holds them.
const sessionsDir = "sessions"

// Sessions are the session logs of a server: the flows that are open, and the files. It
// implements web/admin.Sessions. With Days of zero nothing is recorded.
type Sessions struct {
	Dir   string
	Days  int // how long a log is kept
	Clock habeas.Clock
	Log   *slog.Logger
	Flows *session.Flows // nil: nothing is recorded

	journal *session.Journal
}

var _ admin.Sessions = (*Sessions)(nil)

// OpenSessions opens the logs below the data directory; with SessionDays of zero, for
// reading only.
func OpenSessions(cfg Config) (*Sessions, error) {
	s := &Sessions{Dir: filepath.Join(cfg.Dir, sessionsDir), Days: cfg.SessionDays, Clock: cfg.Clock, Log: cfg.Log}
	if s.Days <= 0 {
		return s, nil
	}
	var err error
	if s.journal, err = session.OpenJournal(s.Dir, s.Clock); err != nil {
		return nil, err
	}
	s.Flows = session.NewFlows(s.journal, s.Clock)
	return s, nil
}

// Keep gives up what is idle, and removes what is too old, until ctx ends. Every node does
// so for its own files.
func (s *Sessions) Keep(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	var pruned time.Time
	for {
		if now := s.Clock.Now(); now.Sub(pruned) >= time.Hour {
			pruned = now
			if n, err := session.Prune(s.Dir, now, s.Days); err != nil {
				s.Log.Error("old session logs cannot be removed", "error", err)
			} else if n > 0 {
				s.Log.Info("old session logs were removed", "files", n)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if s.Flows != nil {
				s.Flows.Sweep()
			}
		}
	}
}

// Close ends the open sessions and makes everything durable.
func (s *Sessions) Close() error {
	if s.journal == nil {
		return nil
	}
	s.Flows.Close()
	return s.journal.Close()
}

// check is the log's part of the server's health.
func (s *Sessions) check() Check {
	c := Check{Name: "sessions", Level: Good}
	if lost, failing := s.state(); failing {
		c.Level, c.Text = Warned, "The session log cannot be written; flows go on without it."
	} else if lost > 0 {
		c.Text = "Some lines of the session log were lost since the start."
	}
	return c
}

func (s *Sessions) state() (lost int64, failing bool) {
	if s.journal == nil {
		return 0, false
	}
	return s.journal.State()
}

// List implements web/admin.Sessions.
func (s *Sessions) List(_ context.Context, a habeas.Actor, f session.Filter) ([]session.Summary, error) {
	if !a.Has(habeas.RoleAdministrator) {
		return nil, account.ErrNotAdministrator
	}
	found, _, err := session.List(s.Dir, f)
	return found, err
}

// DaysLogged implements web/admin.Sessions.
func (s *Sessions) DaysLogged(_ context.Context, a habeas.Actor) ([]time.Time, error) {
	if !a.Has(habeas.RoleAdministrator) {
		return nil, account.ErrNotAdministrator
	}
	return session.Days(s.Dir)
}

// Session implements web/admin.Sessions.
func (s *Sessions) Session(_ context.Context, a habeas.Actor, id string) (session.Session, error) {
	if !a.Has(habeas.RoleAdministrator) {
		return session.Session{}, account.ErrNotAdministrator
	}
	return session.Find(s.Dir, id)
}

// KeptDays implements web/admin.Sessions.
func (s *Sessions) KeptDays() int { return s.Days }

// ListSessions lists the sessions in the log of a data directory, beside a server or
// without one.
func ListSessions(dir string, f session.Filter) ([]session.Summary, session.Damage, error) {
	return session.List(filepath.Join(dir, sessionsDir), f)
}

// FindSession reads one session from the log of a data directory.
func FindSession(dir, id string) (session.Session, error) {
	return session.Find(filepath.Join(dir, sessionsDir), id)
}

// ExportSessions writes sessions one after the other: as XML, or as the JSON lines that
// they are kept in.
func ExportSessions(w io.Writer, dir string, ids []string, asXML bool) error {
	all := func(yield func(session.Session, error) bool) {
		for _, id := range ids {
			s, err := FindSession(dir, id)
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
	if asXML {
		return session.WriteXML(w, all)
	}
	return session.WriteLines(w, all)
}
