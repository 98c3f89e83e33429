package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A long file is replaced in front of somebody who watches: the terminal shows how far it
// is and what was found by type, and nothing of what was taken out.
//
// Proves SCR-4.
func TestScrubbingALongFileShowsHowFarItIsAndNotWhatItFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	const line = "2026-05-01T10:00:00Z INFO mail to jude.fawley@example.org took 12 ms\n"
	if err := os.WriteFile(path, bytes.Repeat([]byte(line), 20_000), 0o600); err != nil {
		t.Fatal(err)
	}
	screen, inside := terminal(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "habeas", "scrub", "--in-place", "--report", path)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = inside, inside, inside
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = inside.Close() // so that reading ends with the command
	seen, err := io.ReadAll(screen)
	if err != nil && !errors.Is(err, syscall.EIO) { // which is how a terminal ends
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v:\n%s", err, seen)
	}
	var steps []string
	for _, m := range regexp.MustCompile(`Scrubbing (\d+) %`).FindAllStringSubmatch(string(seen), -1) {
		steps = append(steps, m[1])
	}
	if len(steps) < 3 || steps[len(steps)-1] != "100" {
		t.Errorf("the progress was %v", steps)
	}
	if !regexp.MustCompile(`app\.log +email +20,?000`).Match(seen) {
		t.Errorf("no report by type:\n%s", seen)
	}
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{"the terminal": string(seen), "the file": string(after)} {
		if strings.Contains(strings.ToLower(text), "jude") {
			t.Errorf("%s shows what was found", where)
		}
	}
	if n := strings.Count(string(after), "INFO mail to ⟦EMAIL:"); n != 20_000 {
		t.Errorf("%d lines are as they should be", n)
	}
}
