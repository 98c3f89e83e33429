package session

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/sealed"
)

// kept is a sink that remembers.
type kept struct {
	mu    sync.Mutex
	lines []Line
}

func (k *kept) Put(l Line) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lines = append(k.lines, l)
}

// session is what was kept, as reading it back gives it.
func (k *kept) session() Session {
	k.mu.Lock()
	defer k.mu.Unlock()
	var s Session
	for _, l := range k.lines {
		s.take(l)
		if l.N > 0 {
			s.Lines = append(s.Lines, l)
		}
	}
	return s
}

func noon() *habeas.ManualClock {
	return habeas.NewManualClock(time.Date(2026, 11, 23, 12, 7, 31, 0, time.UTC))
}

func open(t *testing.T, sink Sink, clock habeas.Clock) *Log {
	t.Helper()
	l := Open(t.Context(), Options{Flow: "greeting", Sink: sink, Clock: clock})
	t.Cleanup(func() { l.Close("") })
	return l
}

func seal(t *testing.T, tx *Transaction, name, value string) {
	t.Helper()
	if _, err := tx.Seal(name, []byte(value)); err != nil {
		t.Fatal(err)
	}
}

func journal(t *testing.T, dir string, clock habeas.Clock) *Journal {
	t.Helper()
	j, err := OpenJournal(dir, clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func toXML(t *testing.T, sessions ...Session) string {
	t.Helper()
	var b bytes.Buffer
	err := WriteXML(&b, func(yield func(Session, error) bool) {
		for _, s := range sessions {
			if !yield(s, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// everything is the text of all files below dir.
func everything(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		all.WriteString(name + "\n")
		all.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// steady replaces what is random by what it is.
func steady(s string) string {
	s = regexp.MustCompile(`⟦([A-Z]+):[a-z0-9]+⟧`).ReplaceAllString(s, "⟦$1⟧")
	s = regexp.MustCompile(`\b\d{6}-[a-z2-7]{10}\b`).ReplaceAllString(s, "SESSION")
	return regexp.MustCompile(`SecureDataStore@[0-9a-f]+`).ReplaceAllString(s, "SecureDataStore@ID")
}

// storeWith is the store of the session with one value in it.
func storeWith(t *testing.T, l *Log, name, value string) *sealed.Store {
	t.Helper()
	if err := l.Store().Set(name, []byte(value)); err != nil {
		t.Fatal(err)
	}
	return l.Store()
}
