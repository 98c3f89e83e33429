package app

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/habeas-data/habeas/internal/session"
)

// stepLog is a session log that remembers.
type stepLog struct {
	mu    sync.Mutex
	lines []session.Line
}

// Put implements session.Sink.
func (s *stepLog) Put(l session.Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, l)
}

// of lists the lines of a flow since the n-th of all.
func (s *stepLog) of(flow string, n int) []session.Line {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []session.Line
	for _, l := range s.lines[n:] {
		if l.Flow == flow {
			out = append(out, l)
		}
	}
	return out
}

// Proves SLG-4.
func TestSigningInByPasskeyIsLogged(t *testing.T) {
	w := newAccountWorld(t)
	_, key := w.member("tim@example.org")
	n := len(w.log.lines)
	b := w.browser()
	if status := b.signIn(newAuthenticator()); status == http.StatusOK {
		t.Fatal("somebody else's device signs in")
	}
	if status := b.signIn(key); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	lines := w.log.of("sign-in", n)
	if len(lines) != 5 || !lines[4].End || lines[4].Outcome != session.Completed {
		t.Fatalf("%d lines: %+v", len(lines), lines)
	}
	for i, want := range []session.Outcome{"", session.Refused, "", session.Completed} {
		if lines[i].Outcome != want || lines[i].Session != lines[0].Session {
			t.Errorf("step %d of %s came out as %q, want %q", i+1, lines[i].Session, lines[i].Outcome, want)
		}
	}
	text, err := json.Marshal(lines)
	w.must(err)
	for _, secret := range []string{"tim@", "acc_", "challenge", "credential"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the log holds %q: %s", secret, text)
		}
	}
}
