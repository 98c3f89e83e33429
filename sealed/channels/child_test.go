package channels

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/habeas-data/habeas/sealed"
	"github.com/habeas-data/habeas/sealed/canary"
)

// childMode, in the environment, makes this program a child: "KIND LIFE".
const childMode = "CHANNELS_CHILD"

// tests are the tests of this program, for the child that runs one.
var tests *testing.M

func TestMain(m *testing.M) {
	flag.Parse()
	tests = m
	if mode := os.Getenv(childMode); mode != "" {
		live(mode)
		return
	}
	os.Exit(m.Run())
}

// hand is how a child holds the plaintext.
type hand struct {
	kind kind
	v    any
	use  func(func([]byte) error) error
}

// take makes b, which it clears, the plaintext of the child.
func take(k kind, b []byte) hand {
	if k == sealedKind {
		v, err := session.Seal(label, b)
		must(err)
		return hand{k, v, v.Use}
	}
	text := plainText(b)
	clear(b)
	return hand{k, text, func(f func([]byte) error) error { return f([]byte(text)) }}
}

// live reads the plaintext, leads the life that the mode names and then waits for the end of
// standard input. File 3 is told when there is nothing left to come.
func live(mode string) {
	k, name, _ := strings.Cut(mode, " ")
	must(errors.Join(
		unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0),
		unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}),
	))
	b := make([]byte, size)
	_, err := io.ReadFull(os.Stdin, b)
	must(err)
	if raw, ok := rawLives[name]; ok {
		raw(kind(k), b)
	} else {
		lives[name](take(kind(k), b))
	}
	debug.SetTraceback("crash") // so that SIGABRT dumps core
	_, err = os.NewFile(3, "ready").WriteString("ready")
	must(err)
	_, _ = os.Stdin.Read(make([]byte, 1)) // until the parent lets go
	os.Exit(0)
}

// child is a process that has the plaintext.
type child struct {
	cmd            *exec.Cmd
	in             io.Closer
	stdout, stderr bytes.Buffer
}

// start starts a child and returns when it is ready, or has ended.
func start(t *testing.T, k kind, life string, env ...string) *child {
	t.Helper()
	if lives[life] == nil && rawLives[life] == nil {
		t.Fatalf("there is no life %q", life)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: exec.CommandContext(t.Context(), self)}
	c.cmd.Dir = t.TempDir()
	c.cmd.Env = append(os.Environ(), append([]string{childMode + "=" + string(k) + " " + life, "GOTRACEBACK=all"}, env...)...)
	c.cmd.Stdout, c.cmd.Stderr = &c.stdout, &c.stderr
	c.cmd.WaitDelay = time.Minute // for what it has left behind
	in, err := c.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.in = in
	ready, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer ready.Close()
	c.cmd.ExtraFiles = []*os.File{write}
	err = c.cmd.Start()
	_ = write.Close()
	if err != nil {
		t.Fatal(err)
	}
	if _, err = io.WriteString(in, secret); err != nil {
		t.Fatal(err)
	}
	_, _ = io.ReadFull(ready, make([]byte, len("ready"))) // less when it has died, as many must
	t.Cleanup(func() { c.end() })
	return c
}

// end lets the child end by itself.
func (c *child) end() {
	_ = c.in.Close()
	_ = c.cmd.Wait() // most have died
}

// look says what of the plaintext can be seen of a child.
type look func(t *testing.T, c *child) (found string)

// dies is a check of a child's life.
func dies(name, life string, see look, env ...string) check {
	return check{name: name, judge: func(t *testing.T, k kind) bool {
		return see(t, start(t, k, life, env...)) != ""
	}}
}

// erased is a check that only a program with runtimesecret can pass.
func erased(c check) check {
	c.erased = true
	return c
}

func stderrOf(t *testing.T, c *child) string {
	c.end()
	if c.stderr.Len() == 0 {
		t.Errorf("%s: nothing came", c.cmd.Env[len(c.cmd.Env)-1])
	}
	return find(t, c.stderr.Bytes())
}

func stdoutOf(t *testing.T, c *child) string {
	c.end()
	if c.stdout.Len() == 0 {
		t.Error("nothing came")
	}
	return find(t, c.stdout.Bytes())
}

// filesOf searches what the child has written into its directory.
func filesOf(t *testing.T, c *child) string {
	c.end()
	return first(t)(secrets().Files(c.cmd.Dir))
}

// first is the first finding of a report.
func first(t *testing.T) func(canary.Report, error) string {
	return func(report canary.Report, err error) string {
		if err != nil {
			t.Errorf("%v", err)
			return ""
		}
		if len(report.Findings) == 0 {
			return ""
		}
		return report.Findings[0].String()
	}
}

// memoryOfProcess reads the child's memory as a debugger does.
func memoryOfProcess(t *testing.T, c *child) string {
	return first(t)(secrets().Process(c.cmd.Process.Pid))
}

// forkOf reads the memory of the child's own child.
func forkOf(t *testing.T, c *child) string {
	said, err := os.ReadFile(filepath.Join(c.cmd.Dir, forkedFile))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(said))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Kill(pid, unix.SIGKILL) }()
	return first(t)(secrets().Process(pid))
}

// openFilesOf reads every file that the child holds open, those deleted as well.
func openFilesOf(t *testing.T, c *child) string {
	dir := fmt.Sprintf("/proc/%d/fd", c.cmd.Process.Pid)
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Error(err)
	}
	var o out
	for _, f := range files {
		path := filepath.Join(dir, f.Name())
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			o.bytes(os.ReadFile(path))
		}
	}
	return find(t, o.Bytes())
}

// coreOf makes the kernel dump the child's core, or gcore where the kernel gives cores to a
// program.
func coreOf(t *testing.T, c *child) string {
	pattern, err := os.ReadFile("/proc/sys/kernel/core_pattern")
	if err != nil {
		t.Error(err)
	}
	if strings.ContainsAny(string(pattern), "|/") {
		return gcoreOf(t, c)
	}
	if err = c.cmd.Process.Signal(unix.SIGABRT); err != nil {
		t.Error(err)
	}
	_ = c.cmd.Wait() // standard input stays open, or the child would end by itself
	return oneCore(t, c)
}

func gcoreOf(t *testing.T, c *child) string {
	out, err := exec.CommandContext(t.Context(), "gcore", "-o", filepath.Join(c.cmd.Dir, "core"), strconv.Itoa(c.cmd.Process.Pid)).CombinedOutput()
	if err != nil {
		t.Errorf("gcore, of gdb, is needed: %v: %s", err, out)
		return ""
	}
	c.end()
	return oneCore(t, c)
}

func oneCore(t *testing.T, c *child) string {
	cores, err := filepath.Glob(filepath.Join(c.cmd.Dir, "core*"))
	if err != nil || len(cores) != 1 {
		t.Errorf("%d cores, %v, %v: %s", len(cores), err, c.cmd.ProcessState, c.stderr.String())
		return ""
	}
	defer os.Remove(cores[0])
	return first(t)(secrets().Core(cores[0]))
}

// sealNumber seals the number of a plaintext that it clears.
func sealNumber(b []byte) sealed.Of[uint64] {
	n := numberOf(b)
	clear(b)
	v, err := sealed.SealOf(session, label, &n)
	must(err)
	return v
}
