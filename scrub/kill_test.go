//go:build linux

package scrub

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// childFile names the file that this test binary scrubs when it is run as a child. childLimit
// is set where it may write small files only, and childDisk is a small file system that it
// mounts and makes the file on.
const (
	childFile  = "SCRUB_TEST_FILE"
	childLimit = "SCRUB_TEST_LIMIT"
	childDisk  = "SCRUB_TEST_DISK"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childFile); path != "" {
		scrubAsChild(path)
		return
	}
	os.Exit(m.Run())
}

// scrubAsChild tells its progress, so that it can be killed at any point of it.
func scrubAsChild(path string) {
	if os.Getenv(childLimit) != "" {
		limit := unix.Rlimit{Cur: 300_000, Max: 300_000}
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
			panic(err)
		}
	}
	if dir := os.Getenv(childDisk); dir != "" {
		if err := smallDisk(dir, path); err != nil {
			panic(err)
		}
		defer func() {
			b, err := os.ReadFile(path)
			names, err2 := filepath.Glob(filepath.Join(dir, ".*"))
			fmt.Println("kept:", string(b) == killText(), names, err, err2)
		}()
	}
	_, err := newQuick().File(path, FileOptions{Progress: func(done, _ int64) { fmt.Println(done) }})
	fmt.Println("end:", err)
}

// smallDisk mounts a disk that nobody else sees, with room for one copy of the text and
// not for two.
func smallDisk(dir, path string) error {
	if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1536k"); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(killText()), 0o600)
}

func child(t testing.TB, path string, env ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), append(env, childFile+"="+path)...)
	return cmd
}

// killText is long enough for several pieces.
func killText() string { return strings.Repeat("a line with a secret in it\n", 40_000) }

// Proves SCR-2.
func TestAKilledProcessLeavesTheOldFileOrTheNew(t *testing.T) {
	old := killText()
	path := writeFile(t, t.TempDir(), "f", old)
	if _, err := newQuick().File(path, FileOptions{}); err != nil {
		t.Fatal(err)
	}
	fresh := shown([]byte(readFile(t, path)))
	kept, replaced := 0, 0
	for lines := range 9 { // it tells its progress about six times
		path := writeFile(t, t.TempDir(), "f", old)
		cmd := child(t, path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		r := bufio.NewScanner(out)
		for range lines {
			if !r.Scan() {
				break
			}
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // says that it was killed
		switch got := readFile(t, path); {
		case got == old:
			kept++
		case shown([]byte(got)) == fresh:
			replaced++
		default:
			t.Fatalf("killed after %d lines, the file is neither old nor new: %d bytes", lines, len(got))
		}
		left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".f.scrub-*"))
		if err != nil || len(left) > 1 {
			t.Errorf("left: %v, %v", left, err)
		}
		for _, name := range left {
			if b := readFile(t, name); strings.Contains(b, "secret") {
				t.Error("the temporary file holds what was to be taken out")
			}
		}
	}
	if kept == 0 || replaced == 0 {
		t.Errorf("kept %d times and replaced %d times: no kill came at the right time", kept, replaced)
	}
}

// Proves SCR-2.
func TestAFullDiskLeavesTheFile(t *testing.T) {
	dir := t.TempDir()
	path := writeFile(t, dir, "f", killText())
	out, err := child(t, path, childLimit+"=1").CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("end: "+path+": file too large")) {
		t.Errorf("%v\n%s", err, out)
	}
	if readFile(t, path) != killText() {
		t.Error("the file changed")
	}
	alone(t, dir, "f")
}

// Proves SCR-2.
func TestADiskWithoutRoomLeavesTheFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	cmd := child(t, path, childDisk+"="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, fs.ErrPermission) || bytes.Contains(out, []byte("panic: operation not permitted")) {
		t.Log("no file system can be mounted here; a limit for files stands for it in TestAFullDiskLeavesTheFile")
		return
	}
	if err != nil || !bytes.Contains(out, []byte("end: "+path+": no space left on device")) || !bytes.Contains(out, []byte("kept: true [] <nil> <nil>")) {
		t.Errorf("%v\n%s", err, out)
	}
}

// Whoever may not write to a directory cannot replace a file in it. Root always may, so a
// child without its rights tries.
func TestADirectoryThatTakesNoFilesLeavesTheFile(t *testing.T) {
	dir, err := os.MkdirTemp("", "scrub") // others cannot enter t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := writeFile(t, dir, "f", "secret")
	exe := filepath.Join(dir, "exe")
	b, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"exe":    os.WriteFile(exe, b, 0o755),
		"chmod":  os.Chmod(path, 0o666),
		"chmod2": os.Chmod(dir, 0o555),
	} {
		if err != nil {
			t.Fatal(name, err)
		}
	}
	defer func() { _ = os.Chmod(dir, 0o755) }() // so that it can be removed
	cmd := child(t, path)
	cmd.Path = exe
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	out, err := cmd.CombinedOutput()
	want := "end: " + path + ": no temporary file can be made beside it: permission denied"
	if err != nil || !bytes.Contains(out, []byte(want)) {
		t.Errorf("%v\n%s", err, out)
	}
	if readFile(t, path) != "secret" {
		t.Error("the file changed")
	}
}
