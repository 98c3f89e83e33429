package keyring

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/sealed"
	"github.com/habeas-data/habeas/sealed/canary"
)

// dumpVar names a directory to a child process that is going to be dumped. Its secrets are
// in files there, of which it has read only what it read as a server does.
const dumpVar = "KEYRING_TEST_DUMP"

func init() { children[dumpVar] = useUntilDumped }

// smallKDF is real in all but its size, which would be searched.
var smallKDF = KDF{Passes: 2, MemoryKiB: 4 << 10, Threads: 2}

// control is where a server must keep nothing: on the heap.
var control []byte

// useUntilDumped does with a ring what a server and its commands do in their life, says so,
// and waits. With "closed" in the directory it closes the ring first.
func useUntilDumped(dir string) error {
	if err := errors.Join(
		unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0),
		unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}),
	); err != nil && os.Getuid() == 0 {
		return err
	}
	ctx := context.Background()
	path := filepath.Join(dir, "ring", "keys.db")
	first, err := ReadPassword(PasswordOptions{File: filepath.Join(dir, "first")})
	if err != nil {
		return err
	}
	r, kit, err := Create(ctx, path, first, Options{KDF: smallKDF})
	if err != nil {
		return err
	}
	code, err := os.OpenFile(filepath.Join(dir, "code"), os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		err = errors.Join(kit.WriteCode(code), code.Close())
	}
	if err != nil {
		return err
	}
	kit.Close()
	next, err := ReadPassword(PasswordOptions{New: true, Getenv: func(string) string { return "" }, Prompt: func(string) ([]byte, error) {
		f, err := os.Open(filepath.Join(dir, "next"))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return readLine(f)
	}})
	if err := errors.Join(err, useKeys(ctx, r), r.Rotate(ctx, next), r.Close()); err != nil {
		return err
	}
	typed, err := ReadPassword(PasswordOptions{File: filepath.Join(dir, "code")})
	if err != nil {
		return err
	}
	if r, err = OpenWithRecovery(ctx, path, typed, Options{KDF: smallKDF}); err != nil {
		return err
	}
	if err := errors.Join(useKeys(ctx, r), r.Close()); err != nil {
		return err
	}
	again, err := ReadPassword(PasswordOptions{File: filepath.Join(dir, "next")})
	if err != nil {
		return err
	}
	if r, err = Open(ctx, path, again, Options{KDF: smallKDF, CacheKeys: 64}); err != nil {
		return err
	}
	if err := useKeys(ctx, r); err != nil {
		return err
	}
	if control, err = os.ReadFile(filepath.Join(dir, "control")); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "closed")); err == nil {
		if err := r.Close(); err != nil {
			return err
		}
	}
	fmt.Println("ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, r.Fresh(r.House()))
}

// useKeys uses every kind of key, some by many goroutines at once.
func useKeys(ctx context.Context, r *Ring) error {
	keys := []*Key{r.House()}
	err := r.All(ctx, func(_ habeas.SubjectID, k *Key) error { keys = append(keys, k); return nil })
	for range 100 {
		keys = append(keys, r.NewKey(habeas.NewID[habeas.SubjectKind](time.Now())))
	}
	month, failed := r.Month(ctx, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	if err := errors.Join(err, r.Commit(ctx, keys[len(keys)-100:]...), failed); err != nil {
		return err
	}
	keys = append(keys, month)
	used := make(chan error)
	for range 4 {
		go func() {
			for _, k := range keys {
				k.Derive("event", 32)
				r.Lookup("email", "somebody@example.org")
				if _, err := k.Open("p", k.Seal("p", []byte("value"))); err != nil {
					used <- err
					return
				}
			}
			used <- nil
		}()
	}
	for range 4 {
		err = errors.Join(err, <-used)
	}
	var block [16]byte
	r.Cipher("reference").Encrypt(block[:], block[:])
	r.AEAD("cursor").Seal(nil, nil, block[:], nil)
	r.Code("mailed-code", block[:])
	r.Token("link", block[:])
	secret, failed := r.Secret(ctx, "signing", func() ([]byte, error) {
		b := make([]byte, 40)
		rand.Read(b)
		return b, nil
	})
	health, checked := r.Check(ctx, 1)
	if err = errors.Join(err, failed, checked, r.Destroy(ctx, keys[1].Subject())); err != nil || !health.Good() {
		return fmt.Errorf("the ring: %+v, %w", health, err)
	}
	return secret.Use(func(b []byte) error { block[0] ^= b[0]; return nil })
}

// A process that made, used, rotated and opened a ring, by password and recovery code, has
// no key and no password anywhere in its memory that a dump shows, while the ring is open
// and when it is closed.
//
// Proves SEAL-A7.
func TestACoreDumpShowsNoKeyAndNoPassword(t *testing.T) {
	for _, closed := range []bool{false, true} {
		t.Run(fmt.Sprintf("closed=%v", closed), func(t *testing.T) {
			dir := t.TempDir()
			var set canary.Set
			put := func(name, value string) string {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(value+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				return value
			}
			put("control", set.Invent("control", canary.Password))
			put("first", set.Invent("master password", canary.Password)+" of the first day")
			next := put("next", set.Invent("new master password", canary.Password)+" of the second day")
			if closed {
				put("closed", "yes")
			}
			if err := os.Mkdir(filepath.Join(dir, "ring"), 0o700); err != nil {
				t.Fatal(err)
			}
			core := dumped(t, dir)
			addKeys(t, &set, dir, next)
			report, err := set.Core(core)
			if err := errors.Join(err, report.Require("control"), report.Err()); err != nil {
				t.Error(err)
			}
			t.Logf("%d bytes searched for %d patterns", report.Bytes, set.Patterns())
		})
	}
}

// dumped lets a child work in a directory and returns its core.
func dumped(t *testing.T, dir string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Dir = dir
	cmd.Env = slices.Concat(os.Environ(), []string{dumpVar + "=" + dir, "GOTRACEBACK=crash"})
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		_ = cmd.Wait()
		t.Fatalf("the child says %q, %v: %s", line, err, said.Bytes())
	}
	pattern, err := os.ReadFile("/proc/sys/kernel/core_pattern")
	if err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(string(pattern), "|/") { // the kernel gives cores to a program
		text, err := exec.CommandContext(t.Context(), "gcore", "-o", filepath.Join(dir, "core"), fmt.Sprint(cmd.Process.Pid)).CombinedOutput()
		if err != nil {
			t.Fatalf("gcore (of gdb) is needed: %v: %s", err, text)
		}
	}
	_ = cmd.Process.Signal(unix.SIGABRT)
	_ = cmd.Wait()
	cores, err := filepath.Glob(filepath.Join(dir, "core*"))
	if err != nil || len(cores) == 0 {
		t.Fatalf("no core in %s: %v, %v", dir, cmd.ProcessState, err)
	}
	return cores[0]
}

// addKeys adds what must not be found: the keys of the ring that the child has made.
func addKeys(t *testing.T, set *canary.Set, dir, password string) {
	t.Helper()
	code, err := os.ReadFile(filepath.Join(dir, "code"))
	if err != nil {
		t.Fatal(err)
	}
	set.Text("recovery code", string(code))
	kit, err := ParseRecoveryCode(NewPassword(bytes.Clone(code)))
	if err != nil {
		t.Fatal(err)
	}
	set.Binary("recovery code", []byte(plain(kit.secret)))
	r, err := Open(t.Context(), filepath.Join(dir, "ring", "keys.db"), typed(password), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	key := func(name string, b []byte) {
		set.Binary(name, b)
		for _, fill := range []byte{0x36, 0x5c} { // as HMAC pads it
			padded := bytes.Clone(b)
			for i := range padded {
				padded[i] ^= fill
			}
			set.Binary(name+", padded", padded)
		}
		for part := range slices.Chunk(b, 16) {
			if len(part) == 16 {
				set.Binary(name+", in part", part)
			}
		}
	}
	key("root key", rootOf(t, r))
	for _, use := range []string{"subject keys", "secrets", "lookup", "cipher reference", "cipher cursor", "code mailed-code", "token link"} {
		key("key of "+use, derived(t, r, use))
	}
	subjects := 0
	err = r.All(t.Context(), func(_ habeas.SubjectID, k *Key) error {
		subjects++
		if subjects <= 20 || subjects > 280 {
			key("key of a subject", materialOf(t, k))
		}
		return nil
	})
	if err != nil || subjects < 290 {
		t.Fatalf("%d subjects, %v", subjects, err)
	}
	month, err := r.Month(t.Context(), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	key("key of a month", materialOf(t, month))
	key("key of the house", materialOf(t, r.House()))
	secret, err := r.Secret(t.Context(), "signing", func() ([]byte, error) { return nil, errors.New("it was made") })
	if err := errors.Join(err, secret.Use(func(b []byte) error { set.Binary("signing key", b); return nil })); err != nil {
		t.Fatal(err)
	}
	if sealed.Report().Values == 0 {
		t.Error("nothing is sealed")
	}
}
