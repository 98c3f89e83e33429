package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
)

// served is a server on SQLite whose disk has as much space as free says.
type served struct {
	*Server
	free atomic.Uint64
	log  bytes.Buffer
	at   net.Listener
}

func newServed(t *testing.T) *served {
	t.Helper()
	s := &served{}
	s.free.Store(10 << 30)
	dir := t.TempDir()
	keys, _, err := keyring.Create(t.Context(), filepath.Join(dir, keysFile), keyring.NewPassword([]byte("a master password")), keyring.Options{KDF: keyring.CheapKDF})
	if err != nil {
		t.Fatal(err)
	}
	if s.at, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	origin, err := edge.ParseOrigin("http://" + s.at.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s.Server, err = Open(t.Context(), Config{
		Dir: dir, Keys: keys, Clock: habeas.SystemClock{}, Organisation: "City Sports", Origin: origin,
		Disk:   DiskSettings{Warn: Mark{Bytes: 1 << 30}, Refuse: Mark{Percent: 3}},
		Statfs: func(string) (Space, error) { return Space{Free: s.free.Load(), Total: 10 << 30}, nil },
		Log:    slog.New(slog.NewTextHandler(&s.log, nil)),
	})
	if err != nil {
		t.Fatal(errors.Join(err, keys.Close()))
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestANearlyFullDiskTakesNothingInAndRecovers(t *testing.T) {
	s := newServed(t)
	h, err := s.Handler(nil)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path string) (int, string) {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(url.Values{}.Encode()))
		r.Host = s.Origin.Host()
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	level := func() Level {
		for _, c := range s.Health(t.Context()).Checks {
			if c.Name == "disk" {
				return c.Level
			}
		}
		return ""
	}
	for _, c := range []struct {
		free    uint64
		level   Level
		refused bool
	}{{10 << 30, Good, false}, {1 << 29, Warned, false}, {1 << 28, Failed, true}, {1, Failed, true}, {2 << 30, Good, false}} {
		s.free.Store(c.free)
		s.Disk.Look()
		if got := level(); got != c.level {
			t.Errorf("with %d MiB free: %s, want %s", c.free>>20, got, c.level)
		}
		code, text := ask("POST", "/join")
		if low := code == http.StatusServiceUnavailable && strings.Contains(text, "disk.low"); low != c.refused {
			t.Errorf("with %d MiB free joining answers %d %s", c.free>>20, code, text)
		}
		for _, request := range [][2]string{{"GET", "/"}, {"POST", "/sign-in/code"}, {"POST", "/me/erase"}, {"POST", "/me/records/x/erase"}} {
			if _, text := ask(request[0], request[1]); strings.Contains(text, "disk.low") {
				t.Errorf("with %d MiB free %s %s is refused", c.free>>20, request[0], request[1])
			}
		}
		if s.Health(t.Context()).Ready && c.refused {
			t.Error("a server that takes nothing in says that it is ready")
		}
	}
	if n := strings.Count(s.log.String(), "nearly full"); n != 1 {
		t.Errorf("the full disk was logged %d times", n)
	}
}

func TestAnImportStopsBeforeTheDiskIsFull(t *testing.T) {
	s := newServed(t)
	s.free.Store(1)
	s.Disk.Look()
	file := filepath.Join(t.TempDir(), "people.csv")
	writeFile(t, file, "given_name,family_name\nAda,Poe\n")
	if _, err := s.Import(t.Context(), ImportOptions{File: file}); habeas.KindOf(err) != habeas.KindUnavailable {
		t.Errorf("the import ends with %v", err)
	}
}

func TestADiskThatCannotBeMeasuredStopsNothing(t *testing.T) {
	d := &Disk{
		Marks: DiskSettings{Refuse: Mark{Bytes: 1}}, Log: slog.New(slog.DiscardHandler),
		Statfs: func(string) (Space, error) { return Space{}, errors.New("no such thing") },
	}
	if d.Look() != Good || d.Err() != nil {
		t.Error("it refuses")
	}
	if s, err := statfs(t.TempDir()); err != nil || s.Free == 0 || s.Total < s.Free {
		t.Errorf("this machine's disk: %+v, %v", s, err)
	}
}

// A stop lets requests under way finish, while nothing new is to be sent here.
func TestAStopIsOrderly(t *testing.T) {
	s := newServed(t)
	under, finish := make(chan struct{}), make(chan struct{})
	h := s.probes(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(under)
		<-finish
		_, _ = io.WriteString(w, "done")
	}))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, s.at, h) }()
	answer := make(chan string, 1)
	go func() {
		res, err := http.Get("http://" + s.at.Addr().String() + "/")
		if err != nil {
			answer <- err.Error()
			return
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body)
		answer <- string(text)
	}()
	<-under
	stop()
	for !s.operation.draining.Load() { // moments
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/readyz", nil))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `"draining":"failed"`) {
		t.Errorf("while it stops: %d %s", w.Code, w.Body)
	}
	w = httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/healthz", nil))
	if w.Code != http.StatusOK {
		t.Errorf("it lives: %d", w.Code)
	}
	close(finish)
	if text := <-answer; text != "done" {
		t.Errorf("the request under way was answered %q", text)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
