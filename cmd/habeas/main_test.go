package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
)

// TestMain lets the test binary be the command too: scripts and tests that run
// "habeas" run main of this very build.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"habeas": main})
}

const masterPassword = "Kettenbruch-Zwiebelturm-88"

// site is a data directory that is quick to open, with the file of its password.
type site struct {
	testing.TB
	dir, password       string
	recordsDSN, keysDSN string // databases of PostgreSQL; empty: SQLite in dir
}

func newSite(t testing.TB) *site {
	t.Helper()
	return newSiteOn(t, "", "")
}

// newSiteOn is newSite whose records and keys are in databases.
func newSiteOn(t testing.TB, records, keys string) *site {
	t.Helper()
	at := t.TempDir()
	s := &site{t, filepath.Join(at, "data"), filepath.Join(at, "password"), records, keys}
	s.must(os.WriteFile(s.password, []byte(masterPassword+"\n"), 0o600))
	_, err := app.Init(t.Context(), app.InitOptions{
		Dir: s.dir, Password: keyring.NewPassword([]byte(masterPassword)), Organisation: "City Sports", Addr: "localhost:8080", KDF: keyring.CheapKDF,
		RecordsDSN: records, KeysDSN: keys,
	})
	s.must(err)
	return s
}

// further makes the directory of another node on the same databases, as docs/install.md
// says.
func (s *site) further() *site {
	s.Helper()
	n := &site{s.TB, filepath.Join(s.TempDir(), "data"), s.password, s.recordsDSN, s.keysDSN}
	s.must(os.Mkdir(n.dir, 0o700))
	text, err := os.ReadFile(filepath.Join(s.dir, app.SettingsFile))
	s.must(err)
	s.must(os.WriteFile(filepath.Join(n.dir, app.SettingsFile), text, 0o600))
	if code, out, complaints := s.run("init", "--join", "--dir", n.dir, "--master-password-file", s.password); code != 0 {
		s.Fatalf("join: %d %s%s", code, out, complaints)
	}
	return n
}

func (s *site) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// open opens the directory in this process; the caller closes it.
func (s *site) open() *app.Server {
	s.Helper()
	keys, err := app.Unseal(s.Context(), s.dir, keyring.NewPassword([]byte(masterPassword)), false)
	s.must(err)
	origin, err := edge.ParseOrigin("http://localhost:8080")
	s.must(err)
	opened, err := app.Open(s.Context(), app.Config{
		Dir: s.dir, Keys: keys, RecordsDSN: s.recordsDSN, Clock: habeas.SystemClock{}, Organisation: "City Sports", Origin: origin,
	})
	s.must(err)
	return opened
}

// run runs habeas to its end.
func (s *site) run(args ...string) (code int, stdout, stderr string) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	var out, complaints bytes.Buffer
	cmd := exec.CommandContext(ctx, "habeas", args...)
	cmd.Stdout, cmd.Stderr = &out, &complaints
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), complaints.String()
}

// child is a running "habeas serve".
type child struct {
	*site
	cmd *exec.Cmd
	url string
	log bytes.Buffer // complete once the process has ended
}

// serve starts the server on a free port and waits until it listens.
func (s *site) serve() *child {
	s.Helper()
	return s.serveAs("serve", "--dir", s.dir, "--master-password-file", s.password, "--addr", "localhost:0")
}

// serveAs starts the server with these arguments.
func (s *site) serveAs(args ...string) *child {
	s.Helper()
	c := &child{site: s, cmd: exec.Command("habeas", args...)}
	out, err := c.cmd.StdoutPipe()
	s.must(err)
	c.cmd.Stderr = &c.log
	s.must(c.cmd.Start())
	s.Cleanup(func() { _ = c.cmd.Process.Kill() }) // it has ended already when all went well
	line, err := bufio.NewReader(out).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
		s.Fatalf("the server did not start: %q, %v\n%s", line, err, c.log.Bytes())
	}
	c.url = url
	return c
}

// stop asks the server to end in peace and returns its exit code.
func (c *child) stop() int {
	c.Helper()
	c.must(c.cmd.Process.Signal(os.Interrupt))
	_ = c.cmd.Wait() // the exit code says it
	return c.cmd.ProcessState.ExitCode()
}

// kill ends the server as a power cut does: at once, in the middle of anything.
func (c *child) kill() {
	c.Helper()
	c.must(c.cmd.Process.Kill())
	_ = c.cmd.Wait() // says that it was killed
}
