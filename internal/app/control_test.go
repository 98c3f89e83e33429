package app

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
)

// listening returns a control socket in dir that echoes and refuses.
func listening(t *testing.T, dir string) *Control {
	t.Helper()
	c := NewControl(slog.New(slog.DiscardHandler))
	c.Handle("POST", "/echo", func(w http.ResponseWriter, r *http.Request) error {
		var v map[string]string
		if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
			return err
		}
		return edge.WriteJSON(w, http.StatusOK, v)
	})
	c.Handle("POST", "/refuse", func(http.ResponseWriter, *http.Request) error {
		return habeas.Conflict("A backup is being made already.").WithCode("backup.running")
	})
	if err := c.Listen(dir); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestACommandTalksToTheRunningServer(t *testing.T) {
	for name, dir := range map[string]string{
		"a short name":                         t.TempDir(),
		"a name longer than a socket's may be": filepath.Join(t.TempDir(), strings.Repeat("long", 30)),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if _, err := DialControl(dir); !errors.Is(err, ErrNotRunning) {
				t.Fatalf("no server: %v", err)
			}
			server := listening(t, dir)
			info, err := os.Lstat(filepath.Join(dir, SocketFile))
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Fatalf("the socket: %v, %v", info.Mode(), err)
			}
			client, err := DialControl(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			var answer map[string]string
			if err := client.Call(t.Context(), "POST", "/echo", map[string]string{"say": "hello"}, &answer); err != nil || answer["say"] != "hello" {
				t.Errorf("answered %v, %v", answer, err)
			}
			body, err := client.Stream(t.Context(), "POST", "/echo", "application/json", strings.NewReader(`{"a":"b"}`))
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(body); err != nil || !strings.Contains(string(text), `"a":"b"`) {
				t.Errorf("streamed %s, %v", text, err)
			}
			body.Close()
			err = client.Call(t.Context(), "POST", "/refuse", nil, nil)
			var e *habeas.Error
			if !errors.As(err, &e) || e.Kind != habeas.KindConflict || e.Code != "backup.running" || !strings.Contains(e.Text(), "already") {
				t.Errorf("refused with %v", err)
			}
			if err := client.Call(t.Context(), "GET", "/nothing", nil, nil); habeas.KindOf(err) != habeas.KindNotFound {
				t.Errorf("an unknown path: %v", err)
			}
			if err := server.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if _, err := os.Lstat(filepath.Join(dir, SocketFile)); !os.IsNotExist(err) {
				t.Errorf("the socket is left: %v", err)
			}
		})
	}
}

func TestTheSocketOfADeadServerIsReplacedAndAFileIsNot(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, SocketFile)
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false) // as after a crash
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := DialControl(dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("a dead server: %v", err)
	}
	server := listening(t, dir)
	client, err := DialControl(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(client.Close(), server.Close(t.Context())); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(path, []byte("something of somebody"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := NewControl(slog.New(slog.DiscardHandler)).Listen(dir); habeas.KindOf(err) != habeas.KindConflict {
		t.Errorf("over a file: %v", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the file is gone: %v", err)
	}
}
