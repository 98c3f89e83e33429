package sealed_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/habeas-data/habeas/sealed"
)

// childMode, in the environment, makes the test binary do one thing and end.
const childMode = "SEALED_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childMode) {
	case "":
		os.Exit(m.Run())
	case "fill":
		fill()
	case "wait":
		waitWithValues()
	case "heap":
		dumpHeap()
	case "harden":
		fmt.Println(sealed.Harden())
	}
}

// plainOf is text that is nowhere in the binary, the environment or the arguments.
func plainOf(kind string) []byte {
	sum := sha256.Sum256([]byte(kind + " of the memory tests"))
	b := make([]byte, 2*len(sum))
	hex.Encode(b, sum[:])
	return b
}

// child is this binary in a mode, as an ordinary user with a limit of locked memory, or, with
// no limit given, as who runs the test.
func child(t *testing.T, mode string, memlock string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	if memlock != "" && os.Getuid() == 0 {
		// Others may not enter the folders of go test: the binary moves to one they may.
		dir, err := os.MkdirTemp("", "sealed-")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		copied := filepath.Join(dir, "child")
		b, err := os.ReadFile(self)
		if err == nil {
			err = errors.Join(os.WriteFile(copied, b, 0o755), os.Chmod(dir, 0o777)) //nolint:gosec // for another user
		}
		if err != nil {
			t.Fatal(err)
		}
		cmd.Path, cmd.Dir = copied, dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	} else {
		cmd.Dir = t.TempDir()
	}
	cmd.Env = append(os.Environ(), childMode+"="+mode, "MEMLOCK="+memlock, "GOTRACEBACK=crash", "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	return cmd
}

// lowerMemlock is done in the child, before the first value.
func lowerMemlock() {
	var n uint64
	if _, err := fmt.Sscan(os.Getenv("MEMLOCK"), &n); err != nil {
		return
	}
	if err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: n, Max: n}); err != nil {
		panic(err)
	}
}

// fill seals 600 KiB, checks them, and then as much as strong memory alone allows.
func fill() {
	lowerMemlock()
	s := sealed.Open(context.Background())
	var values []sealed.Value
	for i := range 300 {
		v, err := s.Seal("text", bytes.Repeat([]byte{byte(i)}, 2000))
		if err != nil {
			panic(err)
		}
		values = append(values, v)
	}
	for i, v := range values {
		if !v.EqualBytes(bytes.Repeat([]byte{byte(i)}, 2000)) {
			panic("a value has changed")
		}
	}
	report := sealed.Report()
	sealed.Limit(64<<20, sealed.Secret)
	var err error
	for i := 0; i < 1000 && err == nil; i++ {
		_, err = s.Seal("text", make([]byte, sealed.MaxLen))
	}
	_ = json.NewEncoder(os.Stdout).Encode(struct {
		sealed.Usage
		Strict string
	}{report, fmt.Sprint(err)})
}

// Where the limit of locked memory is small, values go on in memory that is not locked,
// unless that is forbidden.
//
// Proves SEAL-A1.
func TestWhenLockedMemoryIsShort(t *testing.T) {
	for memlock, want := range map[string]struct{ protection string }{
		"65536": {"mapped"}, // a few values fit
		"0":     {"mapped"},
	} {
		out, err := child(t, "fill", memlock).Output()
		if err != nil {
			t.Fatalf("RLIMIT_MEMLOCK %s: %v", memlock, err)
		}
		var got struct {
			Protection             string
			Secret, Locked, Mapped int
			Heap, Used             int
			Strict                 string
		}
		if err = json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		t.Logf("RLIMIT_MEMLOCK %s: %s", memlock, out)
		strong := got.Secret + got.Locked
		if got.Protection != want.protection || got.Mapped == 0 || got.Heap != 0 || got.Used < 600000 ||
			(memlock == "0") != (strong == 0) || strong > 65536 {
			t.Errorf("RLIMIT_MEMLOCK %s: %s", memlock, out)
		}
		if got.Strict != sealed.ErrFull.Error() {
			t.Errorf("with Secret demanded: %q", got.Strict)
		}
	}
}

// control is a plain secret that must be found, so that the search is known to work.
var control []byte

// waitWithValues has used sealed values in every way, keeps them, and waits to be dumped.
func waitWithValues() {
	lowerMemlock()
	if err := errors.Join(
		unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0),
		unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}),
	); err != nil && os.Getuid() == 0 {
		panic(err)
	}
	control = plainOf("control")
	useInEveryWay()
	careless()
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// careless copies plaintext about, where the runtime is built to erase that.
var careless = func() {}

func useInEveryWay() {
	s := sealed.Open(context.Background())
	v, err := s.Seal("code", plainOf("sealed"))
	if err != nil {
		panic(err)
	}
	w, _ := s.Seal("code", plainOf("sealed"))
	ok := v.Equal(w)
	_ = v.Use(func(plain []byte) error { ok = ok && plain[0] != 0; return errors.New("no") })
	cmd := exec.Command("cat")
	if err := v.Stdin(cmd); err != nil || cmd.Run() != nil || !ok {
		panic("use failed")
	}
	_ = s.Store().Set("code", plainOf("sealed"))
	_ = fmt.Sprintf("%v %+v %#v", v, s, s.Store())
}

// Proves SEAL-A6.
func TestACoreDumpHoldsNoPlaintext(t *testing.T) {
	for name, memlock := range map[string]string{"with locked memory": "", "without locked memory": "0"} {
		t.Run(name, func(t *testing.T) {
			core := dump(t, child(t, "wait", memlock))
			found := search(t, core, plainOf("control"), plainOf("sealed"))
			if !found[0] {
				t.Fatal("the dump has not even the control: the search is no good")
			}
			if found[1] {
				t.Error("the dump holds the plaintext")
			}
		})
	}
}

// dump makes the kernel dump the core of a child that has said that it is ready, or, where
// the kernel gives cores to a program, gcore.
func dump(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = nil // the traceback is long
	if err = cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	pattern, err := os.ReadFile("/proc/sys/kernel/core_pattern")
	if err != nil {
		t.Fatal(err)
	}
	kernel := !strings.ContainsAny(string(pattern), "|/")
	if !kernel {
		said, err := exec.CommandContext(t.Context(), "gcore", "-o", filepath.Join(cmd.Dir, "core"), fmt.Sprint(cmd.Process.Pid)).CombinedOutput()
		if err != nil {
			t.Fatalf("the kernel gives cores to %s, so gcore (of gdb) is needed: %v: %s", pattern, err, said)
		}
	}
	_ = cmd.Process.Signal(unix.SIGABRT)
	_ = cmd.Wait()
	cores, err := filepath.Glob(filepath.Join(cmd.Dir, "core*"))
	if err != nil || len(cores) == 0 {
		t.Fatalf("no core in %s, %v, %v", cmd.Dir, cmd.ProcessState, err)
	}
	return cores[0]
}

// search says which texts are in a file. It reads in pieces, each with the end of the one
// before, since a dump is large.
func search(t *testing.T, file string, texts ...[]byte) []bool {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	found := make([]bool, len(texts))
	const overlap = 128
	buf := make([]byte, overlap+4<<20)
	for {
		n, err := io.ReadFull(f, buf[overlap:])
		for i, text := range texts {
			found[i] = found[i] || bytes.Contains(buf[:overlap+n], text)
		}
		if err != nil {
			return found
		}
		copy(buf, buf[n:])
	}
}

// What a debugger would do: read the memory through the kernel. The control is ordinary
// memory, read in the same way.
func TestSecretMemoryCannotBeReadFromOutside(t *testing.T) {
	mem, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	read := func(b []byte) ([]byte, error) {
		got := make([]byte, len(b))
		_, err := mem.ReadAt(got, int64(uintptr(unsafe.Pointer(unsafe.SliceData(b))))) //nolint:gosec // an address
		return got, err
	}
	open := plainOf("control")
	if got, err := read(open); err != nil || !bytes.Equal(got, open) {
		t.Fatalf("ordinary memory cannot be read either: %v", err)
	}
	err = seal(t, sealed.Open(t.Context()), "code", secret).Use(func(plain []byte) error {
		got, err := read(plain)
		// Kernels without memfd_secret give it out; then the report promises none.
		if given := err == nil && bytes.Equal(got, plain); given && sealed.Report().Secret > 0 {
			t.Error("the kernel gives the plaintext out")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// dumpHeap uses sealed values in every way, an encrypted one too, and writes a heap dump.
func dumpHeap() {
	control = plainOf("control")
	useInEveryWay()
	s := sealed.Open(context.Background())
	if _, err := s.PublicKey(); err != nil {
		panic(err)
	}
	openEncrypted(s)
	file, err := os.Create("heap")
	if err != nil {
		panic(err)
	}
	debug.WriteHeapDump(file.Fd())
	// The parent has to know what to look for; a heap dump shows this only if it was there.
	_ = sealed.PrivateKeyOf(s).Use(func(key *[32]byte) error {
		_, err := os.Stdout.Write(key[:])
		return err
	})
}

func openEncrypted(s *sealed.Session) {
	key, err := s.PublicKey()
	if err != nil {
		panic(err)
	}
	public, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(key)
	if err != nil {
		panic(err)
	}
	enc, sender, err := hpke.NewSender(public, hpke.HKDFSHA256(), hpke.AES256GCM(), nil)
	if err != nil {
		panic(err)
	}
	ciphertext, err := sender.Seal(nil, []byte("x"))
	if err != nil {
		panic(err)
	}
	if _, err = s.OpenHPKE("code", nil, nil, enc, ciphertext); err != nil {
		panic(err)
	}
}

// A heap dump while values live, and after the private key of the session was used, shows
// neither.
//
// Proves SEAL-A6.
func TestAHeapDumpHoldsNoPlaintext(t *testing.T) {
	cmd := child(t, "heap", "")
	key, err := cmd.Output()
	if err != nil || len(key) != 32 {
		t.Fatalf("the child wrote %d bytes, %v", len(key), err)
	}
	found := search(t, filepath.Join(cmd.Dir, "heap"), plainOf("control"), plainOf("sealed"), key, key[:16], key[16:])
	if !found[0] {
		t.Error("the dump has not even the control: the search is no good")
	}
	if found[1] {
		t.Error("the dump holds the plaintext")
	}
	if found[2] || found[3] || found[4] {
		t.Error("the dump holds the private key")
	}
}

func TestHarden(t *testing.T) {
	cmd := child(t, "harden", "")
	cmd.Env = append(cmd.Env, "GODEBUG=http2debug=1", "GOTRACEBACK=single")
	out, err := cmd.Output()
	if err != nil || !strings.Contains(string(out), "http2debug") || strings.Contains(string(out), "\nsealed: ") {
		t.Errorf("it says %s, %v", out, err)
	}
	cmd = child(t, "harden", "")
	cmd.Env = append(cmd.Env, "GODEBUG=", "GOTRACEBACK=single")
	if out, err = cmd.Output(); err != nil || string(out) != "<nil>\n" {
		t.Errorf("it says %s, %v", out, err)
	}
}
