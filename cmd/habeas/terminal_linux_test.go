package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a pseudo-terminal: who runs there writes to the second file, and the first
// has what a person would see.
func terminal(t *testing.T) (screen, inside *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = screen.Close() })
	number, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	inside, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return screen, inside
}

// conversation types lines into a command, each after its question was asked and the
// terminal shows, or does not show, what is typed. It returns what stood on the screen in
// the end.
func conversation(t *testing.T, echo bool, lines [][2]string, command string, args ...string) string {
	t.Helper()
	screen, inside := terminal(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, command, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = inside, inside, inside
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = inside.Close()
	var seen []byte
	part := make([]byte, 4096)
	for {
		n, err := screen.Read(part)
		seen = append(seen, part[:n]...)
		if err != nil {
			break // EIO is how a terminal ends
		}
		if len(lines) > 0 && strings.Contains(string(seen), lines[0][0]) {
			for ctx.Err() == nil && echoes(t, screen) != echo {
				runtime.Gosched()
			}
			if _, err := screen.WriteString(lines[0][1] + "\n"); err != nil {
				t.Fatal(err)
			}
			lines = lines[1:]
		}
	}
	if err := cmd.Wait(); err != nil || len(lines) > 0 {
		t.Fatalf("%v, %d lines were not asked for:\n%s", err, len(lines), seen)
	}
	return string(seen)
}

func echoes(t *testing.T, terminal *os.File) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// What is typed as a password is not on the screen, where the same typed elsewhere is.
//
// Proves SEAL-98.
func TestAPasswordThatIsTypedIsNotShown(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	seen := conversation(t, false, [][2]string{
		{"New master password: ", masterPassword}, {"The same once more: ", masterPassword},
	}, "habeas", "init", "--dir", dir)
	if strings.Contains(seen, masterPassword) || !strings.Contains(seen, "Recovery kit") {
		t.Errorf("the screen:\n%s", seen)
	}
	shown := conversation(t, true, [][2]string{{"ready", masterPassword}}, "sh", "-c", "echo ready; read -r password")
	if !strings.Contains(shown, masterPassword) {
		t.Error("this terminal shows nothing that is typed, so that the test proves nothing")
	}
}
