package app

import (
	"bytes"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
)

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAClockThatWasSetIsLoggedOnce(t *testing.T) {
	wall := habeas.NewManualClock(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC))
	var passed time.Duration
	var log bytes.Buffer
	c := &clockWatch{wall: wall, steady: func() time.Duration { return passed }, log: slog.New(slog.NewTextHandler(&log, nil))}
	for _, step := range []struct{ wall, steady, jump time.Duration }{
		{0, 0, 0},
		{10 * time.Second, 10 * time.Second, 0},
		{12 * time.Second, 10 * time.Second, 0}, // slewed
		{-time.Hour, 10 * time.Second, -time.Hour - 10*time.Second},
		{10 * time.Second, 10 * time.Second, 0},
		{24 * time.Hour, 10 * time.Second, 24*time.Hour - 10*time.Second},
		{10 * time.Second, 10 * time.Second, 0},
	} {
		wall.Advance(step.wall)
		passed += step.steady
		if got := c.look(); got != step.jump {
			t.Errorf("after %s of wall time: a jump of %s, want %s", step.wall, got, step.jump)
		}
	}
	if strings.Count(log.String(), "clock was set") != 2 || !strings.Contains(log.String(), "direction=back seconds=3610") {
		t.Errorf("logged:\n%s", &log)
	}
}

func TestADirectoryThatOthersCanEnterIsRefused(t *testing.T) {
	dir := t.TempDir()
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	for mode, want := range map[fs.FileMode]error{0o700: nil, 0o750: nil, 0o755: errDirOpen, 0o701: errDirOpen} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		if err := checkDir(dir, logger); err != want {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	if strings.Count(log.String(), "chmod 700 is safer") != 1 {
		t.Errorf("logged:\n%s", &log)
	}
	if err := checkDir(filepath.Join(dir, "nothing"), logger); err != ErrNoRecords {
		t.Errorf("no directory: %v", err)
	}
}

func TestADirectoryThatCannotBeWrittenIsNamed(t *testing.T) {
	for _, err := range []error{syscall.EROFS, syscall.EACCES} {
		got := lockError(&fs.PathError{Op: "open", Path: "lock", Err: err})
		if habeas.KindOf(got) != habeas.KindUnavailable || !strings.Contains(got.Error(), "cannot be written") {
			t.Errorf("%v: %v", err, got)
		}
	}
}

func TestTheServiceManagerSaysHowOftenItWantsToHear(t *testing.T) {
	for name, c := range map[string]struct {
		usec, pid string
		every     time.Duration
		ok        bool
	}{
		"half of what it wants": {"30000000", "", 15 * time.Second, true},
		"of this process":       {"30000000", "42", 15 * time.Second, true},
		"of another process":    {"30000000", "43", 0, false},
		"not at all":            {"", "", 0, false},
		"nonsense":              {"often", "42", 0, false},
	} {
		env := map[string]string{"WATCHDOG_USEC": c.usec, "WATCHDOG_PID": c.pid}
		if every, ok := watchdogEvery(func(k string) string { return env[k] }, 42); every != c.every || ok != c.ok {
			t.Errorf("%s: %s, %v", name, every, ok)
		}
	}
}

func TestAServiceManagerThatDoesNotListenHoldsNothingUp(t *testing.T) {
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	t.Setenv("NOTIFY_SOCKET", manager.LocalAddr().String())
	var log bytes.Buffer
	for log.Len() == 0 { // until its queue is full
		notify(slog.New(slog.NewTextHandler(&log, nil)), strings.Repeat("x", 1<<14))
	}
	if !strings.Contains(log.String(), "was not told") {
		t.Errorf("logged %s", &log)
	}
}
