package proof_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/habeas-data/habeas/internal/servertest"
)

// child is a server in a process of its own.
type child struct {
	testing.TB
	program, dir, password string
	out                    string // directory of its standard error, its temporary files and its cores
	addr                   string // where it listened first, and does again

	cmd    *exec.Cmd
	stderr *os.File
}

// newChild builds the server for a data directory, without the race detector, which keeps
// copies of its own.
func newChild(t testing.TB, dir string) *child {
	t.Helper()
	at := t.TempDir()
	c := &child{TB: t, program: filepath.Join(at, "server"), dir: dir, password: filepath.Join(at, "password"), out: filepath.Join(at, "out"), addr: "localhost:0"}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", c.program, "./testdata/server")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for _, err := range []error{os.MkdirAll(c.temp(), 0o700), os.WriteFile(c.password, []byte(servertest.MasterPassword+"\n"), 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// start runs it and returns its address.
func (c *child) start() *httptest.Server {
	c.Helper()
	run := len(c.glob("stderr-*")) + 1
	c.cmd = exec.CommandContext(c.Context(), c.program, "--dir", c.dir, "--master-password-file", c.password, "--addr", c.addr)
	c.cmd.Dir = c.out // where the kernel leaves cores
	c.cmd.Env = append(os.Environ(), "GOTRACEBACK=crash", "TMPDIR="+c.temp(), "SQLITE_TMPDIR="+c.temp())
	out, err := c.cmd.StdoutPipe()
	if err == nil {
		c.stderr, err = os.Create(filepath.Join(c.out, fmt.Sprintf("stderr-%d", run)))
		c.cmd.Stderr = c.stderr
	}
	if err == nil {
		err = c.cmd.Start()
	}
	if err != nil {
		c.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok {
		_ = c.cmd.Wait()
		c.Fatalf("the server did not start: %q, %v\n%s", line, err, c.logged())
	}
	c.addr = strings.TrimPrefix(url, "http://")
	return &httptest.Server{URL: url}
}

// temp is where it has its temporary files.
func (c *child) temp() string { return filepath.Join(c.out, "temporary") }

func (c *child) glob(pattern string) []string {
	c.Helper()
	found, err := filepath.Glob(filepath.Join(c.out, pattern))
	if err != nil {
		c.Fatal(err)
	}
	return found
}

// logged is what all runs have written to standard error.
func (c *child) logged() []byte {
	c.Helper()
	var all []byte
	for _, path := range c.glob("stderr-*") {
		text, err := os.ReadFile(path)
		if err != nil {
			c.Fatal(err)
		}
		all = append(all, text...)
	}
	return all
}

// stop asks it to end in peace.
func (c *child) stop() {
	c.Helper()
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil {
		c.Fatal(err)
	}
	if err := c.cmd.Wait(); err != nil {
		c.Errorf("asked to stop, it ended with %v: %s", err, c.logged())
	}
	_ = c.stderr.Close() // a file of the child's
}

// crash ends it at once, wherever it is, and returns its core.
func (c *child) crash(name string) string {
	c.Helper()
	core := filepath.Join(filepath.Dir(c.out), name)
	pattern, err := os.ReadFile("/proc/sys/kernel/core_pattern")
	if err != nil {
		c.Fatal(err)
	}
	if bytes.ContainsAny(pattern, "|/") { // the kernel gives cores to a program
		text, err := exec.CommandContext(c.Context(), "gcore", "-o", filepath.Join(c.out, "core"), fmt.Sprint(c.cmd.Process.Pid)).CombinedOutput()
		if err != nil {
			c.Fatalf("gcore (of gdb) is needed: %v: %s", err, text)
		}
	} else if err := unix.Prlimit(c.cmd.Process.Pid, unix.RLIMIT_CORE, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}, nil); err != nil {
		c.Fatal(err)
	}
	_ = c.cmd.Process.Signal(syscall.SIGABRT) // Wait says that it ended
	_ = c.cmd.Wait()
	_ = c.stderr.Close()
	cores := c.glob("core*")
	if len(cores) == 0 {
		c.Fatalf("no core: %v", c.cmd.ProcessState)
	}
	if err := os.Rename(cores[0], core); err != nil {
		c.Fatal(err)
	}
	return core
}
