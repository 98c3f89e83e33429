// Package pgtest gives tests a real PostgreSQL: a throw-away cluster from Debian's
// binaries, run as a user without rights, listening on a socket in a temporary
// directory and on nothing else.
//
// A package that uses it says so once:
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
//
// Then [Database] gives each test an empty database of its own in one cluster for
// the package, started at the first use. A test that kills PostgreSQL starts its own
// with [Start]. Only tests import this package.
package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// shared is the package's cluster.
var shared struct {
	once    sync.Once
	cluster *Cluster
	err     error

	fill   func(dir, dsn string) error
	filled sync.Once
	copies chan made

	laid  sync.Once
	files map[string][]byte // what fill has made in a directory
	bad   error
}

// Main runs the tests and takes the cluster away. fill, when it is given, makes the
// schema in an empty database, or with an empty dsn in files of an empty directory, and leaves no
// connection: [Filled], [FilledDatabase] and [FilledDir] give out copies of it.
func Main(m *testing.M, fill ...func(dir, dsn string) error) {
	if len(fill) > 0 {
		shared.fill = fill[0]
	}
	code := m.Run()
	if c := shared.cluster; c != nil {
		c.remove()
	}
	os.Exit(code)
}

// Database makes an empty database in the package's cluster and returns its DSN. It
// is dropped when the test ends. Where PostgreSQL is not installed the test is
// skipped, and fails when CI is set.
func Database(t testing.TB) string {
	t.Helper()
	return cluster(t).Database(t)
}

// cluster starts the package's cluster.
func cluster(t testing.TB) *Cluster {
	t.Helper()
	need(t)
	shared.once.Do(func() {
		// Nobody pulls the plug here, so a commit need not wait for the disk.
		shared.cluster, shared.err = newCluster("fsync=off", "full_page_writes=off", "max_connections=300")
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.cluster
}

// DSN is [Database] where the environment says HABEAS_TEST_ENGINE=postgres, and empty,
// which stands for SQLite, otherwise: tests of whole servers run on either.
func DSN(t testing.TB) string {
	t.Helper()
	if !OnPostgres() {
		return ""
	}
	return Database(t)
}

// OnPostgres reports whether tests that choose their engine run on PostgreSQL.
func OnPostgres() bool { return os.Getenv("HABEAS_TEST_ENGINE") == "postgres" }

const (
	template = "filled" // the database that the others are copies of
	ahead    = 2        // copies that are made while a test runs
)

// Filled is [DSN] with the schema in it that [Main] was told how to make; for SQLite it lies
// in dir.
func Filled(t testing.TB, dir string) string {
	t.Helper()
	if !OnPostgres() {
		FilledDir(t, dir)
		return ""
	}
	return FilledDatabase(t)
}

// FilledDir puts copies of the files into dir: a hundred schema changes, each of which waits
// for the disk, are made once for a package.
func FilledDir(t testing.TB, dir string) {
	t.Helper()
	shared.laid.Do(func() { shared.files, shared.bad = lay() })
	if shared.bad != nil {
		t.Fatal(shared.bad)
	}
	for name, text := range shared.files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// lay makes the files once.
func lay() (files map[string][]byte, err error) {
	dir, err := os.MkdirTemp("", "habeas-filled-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := shared.fill(dir, ""); err != nil {
		return nil, err
	}
	all, err := os.ReadDir(dir)
	files = map[string][]byte{}
	for _, f := range all {
		if files[f.Name()], err = os.ReadFile(filepath.Join(dir, f.Name())); err != nil {
			return nil, err
		}
	}
	return files, err
}

// FilledDatabase is [Database] with the schema in it. Nobody waits for it as a rule: copies
// are made ahead, and dropped when there is time.
func FilledDatabase(t testing.TB) string {
	t.Helper()
	c := cluster(t)
	shared.filled.Do(func() {
		c.exec(t, "CREATE DATABASE "+template)
		if err := shared.fill("", c.DSN(template)); err != nil {
			t.Fatal(err)
		}
		shared.copies = make(chan made, ahead)
		go c.copyAhead()
	})
	one := <-shared.copies
	if one.err != nil {
		t.Fatal(one.err)
	}
	t.Cleanup(func() { go func() { _ = c.drop(one.name) }() }) // the cluster's end takes what is left
	return c.DSN(one.name)
}

// made is a copy of the template, or why there is none.
type made struct {
	name string
	err  error
}

// copyAhead makes copies as they are taken, until the tests end.
func (c *Cluster) copyAhead() {
	for {
		one := made{name: "t_" + strings.ToLower(rand.Text())}
		one.err = c.run(context.Background(), "CREATE DATABASE "+one.name+" TEMPLATE "+template)
		shared.copies <- one
	}
}

// Start starts a cluster of the test's own, durable as in production, and takes it
// away when the test ends. Settings are as on the command line: "name=value".
func Start(t testing.TB, settings ...string) *Cluster {
	t.Helper()
	need(t)
	c, err := newCluster(settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.remove)
	return c
}

func need(t testing.TB) {
	t.Helper()
	if binaries() != "" {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("PostgreSQL is not installed; scripts/setup test installs it")
	}
	t.Skip("PostgreSQL is not installed; scripts/setup test installs it")
}

// binaries is the directory of the newest server's programs, or empty.
func binaries() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres") // the pattern is good
	newest, dir := 0, ""
	for _, path := range found {
		major, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		if err == nil && major > newest {
			newest, dir = major, filepath.Dir(path)
		}
	}
	return dir
}

// Cluster is a running PostgreSQL. Its superuser is "postgres", trusted by the
// permissions of the socket's directory.
type Cluster struct {
	Dir string // holds data/, the socket and the log

	settings []string
	as       *syscall.Credential // nil: who runs the tests
	cmd      *exec.Cmd
	gone     chan struct{}
}

func newCluster(settings ...string) (_ *Cluster, err error) {
	// Socket paths are short: 107 bytes.
	dir, err := os.MkdirTemp("", "habeas-pg-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{Dir: dir, settings: settings}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	if err := c.unprivileged(); err != nil {
		return nil, err
	}
	initdb := exec.Command(filepath.Join(binaries(), "initdb"), "--pgdata", c.data(), "--username=postgres",
		"--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions")
	initdb.Dir, initdb.SysProcAttr = dir, c.attributes()
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return c, c.Start()
}

// unprivileged picks another user when root runs the tests: PostgreSQL refuses root.
func (c *Cluster) unprivileged() error {
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr, os.Chown(c.Dir, int(uid), int(gid))); err != nil {
			return err
		}
		c.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		return nil
	}
	return errors.New("there is no user to run PostgreSQL as: neither postgres nor nobody")
}

func (c *Cluster) attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: c.as, Pdeathsig: syscall.SIGQUIT}
}

func (c *Cluster) data() string { return filepath.Join(c.Dir, "data") }

// Start starts the server of a cluster that was killed and waits until it answers.
func (c *Cluster) Start() error {
	log, err := os.OpenFile(filepath.Join(c.Dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	args := []string{"-D", c.data(), "-k", c.Dir, "-c", "listen_addresses="}
	for _, s := range c.settings {
		args = append(args, "-c", s)
	}
	c.cmd = exec.Command(filepath.Join(binaries(), "postgres"), args...)
	c.cmd.Dir, c.cmd.Stdout, c.cmd.Stderr, c.cmd.SysProcAttr = c.Dir, log, log, c.attributes()
	c.gone = make(chan struct{})
	started := make(chan error)
	go func() {
		// The server dies with the thread that started it, so this one stays.
		runtime.LockOSThread()
		err := c.cmd.Start()
		started <- err
		if err == nil {
			_ = c.cmd.Wait() // how it ended is in its log
		}
		close(c.gone)
	}()
	if err := <-started; err != nil {
		return err
	}
	return c.answer()
}

// answer waits until the server takes connections.
func (c *Cluster) answer() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, c.DSN("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-tick.C:
		case <-c.gone:
			text, _ := os.ReadFile(filepath.Join(c.Dir, "log")) // best effort, for the message
			return fmt.Errorf("PostgreSQL ended: %s", text)
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not answer: %w", err)
		}
	}
}

// DSN names a database of the cluster.
func (c *Cluster) DSN(database string) string {
	return "postgres:///" + database + "?" + url.Values{"host": {c.Dir}, "user": {"postgres"}}.Encode()
}

// Database makes an empty database, dropped when the test ends, and returns its DSN.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	name := "t_" + strings.ToLower(rand.Text())
	c.exec(t, "CREATE DATABASE "+name)
	t.Cleanup(func() {
		if err := c.drop(name); err != nil {
			t.Error(err)
		}
	})
	return c.DSN(name)
}

// drop drops a database, unless the test has killed the cluster.
func (c *Cluster) drop(name string) error {
	conn, err := pgx.Connect(context.Background(), c.DSN("postgres"))
	if err != nil {
		return nil //nolint:nilerr // it is gone
	}
	_, err = conn.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
	return errors.Join(err, conn.Close(context.Background()))
}

func (c *Cluster) exec(t testing.TB, statement string) {
	t.Helper()
	if err := c.run(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func (c *Cluster) run(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, c.DSN("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

// Kill ends every process of the server at once, as a power cut would, and returns
// when they are gone. [Cluster.Start] brings it back; it then recovers from its log.
func (c *Cluster) Kill() {
	_ = c.cmd.Process.Signal(syscall.SIGSTOP) // it may have ended by itself; stopped, it starts no other process
	pids := children(c.cmd.Process.Pid)
	_ = c.cmd.Process.Kill() // likewise
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL) // likewise
	}
	<-c.gone
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for _, pid := range pids { // while one lives, the server does not start again
		for alive(pid) {
			<-tick.C
		}
	}
}

// LimitFiles bounds how large a file the server's processes may write from now on, in
// bytes: what a full disk is to a program that may not fill a real one. A negative size
// takes the limit away. Log segments have 16 MiB: below that the server falls.
func (c *Cluster) LimitFiles(t testing.TB, size int64) {
	t.Helper()
	limit := "unlimited"
	if size >= 0 {
		limit = strconv.FormatInt(size, 10)
	}
	for _, pid := range append([]int{c.cmd.Process.Pid}, children(c.cmd.Process.Pid)...) {
		// Only who owns a process may limit it, so another program does it as that user.
		cmd := exec.Command("prlimit", "--pid", strconv.Itoa(pid), "--fsize="+limit+":unlimited")
		cmd.SysProcAttr = c.attributes()
		if out, err := cmd.CombinedOutput(); err != nil && alive(pid) {
			t.Fatalf("prlimit: %v: %s", err, out)
		}
	}
}

// alive reports whether a process still runs. One that has ended and that nobody has
// asked about (a zombie) does not.
func alive(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, _ := strings.Cut(string(text), ") ")
	return err == nil && !strings.HasPrefix(state, "Z")
}

// Stop ends the server in good order.
func (c *Cluster) Stop() {
	_ = c.cmd.Process.Signal(syscall.SIGINT) // it may have ended by itself
	<-c.gone
}

// Copy stops the server, copies all its files, as a backup of the machine does, and starts
// both. The copy goes when the test ends.
func (c *Cluster) Copy(t testing.TB) *Cluster {
	t.Helper()
	dir, err := os.MkdirTemp("", "habeas-pg-")
	if err != nil {
		t.Fatal(err)
	}
	to := &Cluster{Dir: dir, settings: c.settings, as: c.as}
	c.Stop()
	out, err := exec.Command("cp", "-a", c.Dir+"/.", dir).CombinedOutput() // with their owner
	if err = errors.Join(err, c.Start(), to.Start()); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Cleanup(to.remove)
	return to
}

func (c *Cluster) remove() {
	_ = c.cmd.Process.Signal(syscall.SIGQUIT) // it may have ended by itself
	<-c.gone
	_ = os.RemoveAll(c.Dir) // a temporary directory
}

// children lists the processes that a process has started.
func children(parent int) []int {
	var out []int
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent)) // the pattern is good
	for _, path := range tasks {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for word := range strings.FieldsSeq(string(text)) {
			if pid, err := strconv.Atoi(word); err == nil {
				out = append(out, pid)
			}
		}
	}
	return out
}
