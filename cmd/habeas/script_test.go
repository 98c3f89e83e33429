package main

import (
	"context"
	"errors"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/keyring"
)

// The scripts use the command as somebody would who meets it for the first time.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata", RequireUniqueNames: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "archives": archives, "site": makeSite},
	})
}

// makeSite makes a data directory as init does, but for the cost of its password's hash, which each
// command pays that opens it; other scripts try init itself: site DIR PASSWORDFILE.
func makeSite(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: site DIR PASSWORDFILE")
	}
	password := strings.TrimSpace(ts.ReadFile(args[1]))
	made, err := app.Init(context.Background(), app.InitOptions{
		Dir: ts.MkAbs(args[0]), Password: keyring.NewPassword([]byte(password)), Organisation: "City Sports", Addr: "localhost:8080", KDF: keyring.CheapKDF,
	})
	ts.Check(err)
	made.Kit.Close()
}

// exits runs a command that has to end with one of the given codes: exits CODE[|CODE] COMMAND ARG…
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE[|CODE] COMMAND ARG…")
	}
	code := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if !slices.Contains(strings.Split(args[0], "|"), strconv.Itoa(code)) {
		ts.Fatalf("it ended with %d, want %s", code, args[0])
	}
}
