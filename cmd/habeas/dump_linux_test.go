package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/sealed/canary"
)

// A running server whose core is dumped, which core_dumps has to allow, shows neither the
// master password it was opened with, nor the recovery code, nor the key it signs with, nor
// the token of a secret file.
//
// Proves SEAL-A7.
func TestADumpedServerShowsNoSecretOfTheHouse(t *testing.T) {
	var set canary.Set
	at := t.TempDir()
	// The race detector's memory would be most of the core, and take minutes to write.
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(at, "habeas"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Setenv("PATH", at+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Chdir(at) // cores lie where the process began
	t.Setenv("GOTRACEBACK", "crash")
	s := &site{TB: t, dir: filepath.Join(at, "data"), password: filepath.Join(at, "password")}
	password := set.Invent("master password", canary.Password)
	s.must(os.WriteFile(s.password, []byte(password+"\n"), 0o600))
	code, out, complaints := s.run("init", "--dir", s.dir, "--master-password-file", s.password, "--json")
	var made struct {
		Code string `json:"recovery_code"`
	}
	if err := json.Unmarshal([]byte(out), &made); err != nil || code != 0 || len(made.Code) != 47 {
		t.Fatalf("init: %d %s, %v", code, complaints, err)
	}
	set.Text("recovery code", made.Code)
	token := filepath.Join(at, "token")
	s.must(os.WriteFile(token, []byte(set.Invent("metrics token", canary.Token)+"\n"), 0o600))
	control := set.Invent("control", canary.Name)
	s.set("core_dumps = true\norganisation = " + strconv.Quote(control) +
		"\n[metrics]\nlisten = \"" + s.freeAddress() + "\"\ntoken_file = \"" + token + "\"\n")

	c := s.serve()
	for code := 0; code != http.StatusOK; { // the search index is built within moments
		code, _ = s.fetch(http.DefaultClient, c.url+"/readyz", "")
	}
	core := c.dump()
	addSigningKey(t, &set, s.dir, password)
	report, err := set.Core(core)
	if err := errors.Join(err, report.Require("control"), report.Err()); err != nil {
		t.Error(err)
	}
}

// A server that the settings do not open is closed to dumps and to other processes.
func TestAServerIsClosedToDumps(t *testing.T) {
	s := newSite(t)
	c := s.serve()
	limits, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(c.cmd.Process.Pid), "limits"))
	s.must(err)
	for line := range strings.Lines(string(limits)) {
		if fields := strings.Fields(line); strings.HasPrefix(line, "Max core") && (fields[4] != "0" || fields[5] != "0") {
			t.Error(line)
		}
	}
	for code := 0; code != http.StatusOK; { // the search index is built within moments
		code, _ = s.fetch(http.DefaultClient, c.url+"/readyz", "")
	}
	if code, out, complaints := s.run("status", "--dir", s.dir); code != 0 || !strings.Contains(out, "Keys and passwords lie in memory of their own") {
		t.Errorf("status: %d %s%s", code, out, complaints)
	}
	if code := c.stop(); code != 0 {
		t.Errorf("it ended with %d: %s", code, c.log.Bytes())
	}
}

// dump ends the server and returns its core.
func (c *child) dump() string {
	c.Helper()
	pid := strconv.Itoa(c.cmd.Process.Pid)
	pattern, err := os.ReadFile("/proc/sys/kernel/core_pattern")
	c.must(err)
	if strings.ContainsAny(string(pattern), "|/") { // the kernel gives cores to a program
		if text, err := exec.CommandContext(c.Context(), "gcore", "-o", "core", pid).CombinedOutput(); err != nil {
			c.Fatalf("gcore (of gdb) is needed: %v: %s", err, text)
		}
	} else {
		c.must(unix.Prlimit(c.cmd.Process.Pid, unix.RLIMIT_CORE, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}, nil))
	}
	_ = c.cmd.Process.Signal(unix.SIGSEGV) // which no handler of ours takes for the wish to stop
	_ = c.cmd.Wait()
	cores, err := filepath.Glob("core*")
	if err != nil || len(cores) == 0 {
		c.Fatalf("no core: %v, %v", c.cmd.ProcessState, err)
	}
	return cores[0]
}

// addSigningKey adds the key that the server has made for its ledger.
func addSigningKey(t *testing.T, set *canary.Set, dir, password string) {
	t.Helper()
	keys, err := keyring.Open(t.Context(), app.KeysPath(dir), keyring.NewPassword([]byte(password)), keyring.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()
	secret, err := keys.Secret(t.Context(), "ledger-signing-key", func() ([]byte, error) { return nil, errors.New("it was made") })
	if err != nil {
		t.Fatal(err)
	}
	err = secret.Use(func(plain []byte) error {
		skey, _, _ := bytes.Cut(plain, []byte("\n"))
		text := string(bytes.SplitN(skey, []byte("+"), 5)[4])
		set.Text("signing key", text)
		raw, err := base64.StdEncoding.DecodeString(text)
		if err == nil {
			set.Binary("signing key", raw[1:])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
