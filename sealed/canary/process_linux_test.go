package canary

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// keeper starts a process that has a value in its memory, in the directory dir: a shell,
// because the memory of a test under the race detector has no end.
func keeper(t *testing.T, value, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", "read -r kept; echo ready; read -r over", "a shell that is searched")
	cmd.Dir = dir
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() }) // it may have ended before
	if _, err := io.WriteString(in, value+"\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the process says %q, %v", line, err)
	}
	return cmd
}

func TestTheMemoryOfAProcessIsSearched(t *testing.T) {
	var s, other Set
	cmd := keeper(t, s.Invent("kept", Password), t.TempDir())
	other.Invent("elsewhere", Password)
	report, err := s.Process(cmd.Process.Pid)
	if _, found := report.Has("kept"); err != nil || !found || report.Bytes < 100_000 {
		t.Errorf("%d bytes, found %v, %v", report.Bytes, report.Findings, err)
	}
	report, err = other.Process(cmd.Process.Pid)
	if err != nil || len(report.Findings) > 0 {
		t.Errorf("what it never had: %v, %v", report.Findings, err)
	}
	if _, err := s.Process(os.Getpid()); err == nil {
		t.Error("the searching process searches itself")
	}
	if _, err := s.Process(1 << 30); err == nil {
		t.Error("a process that is not there: no error")
	}
}

func TestPagesThatNobodyMayReadAreLeftOut(t *testing.T) {
	p := &pages{from: holes{}, at: pageSize / 2, end: 3 * pageSize}
	b, err := io.ReadAll(p)
	want := append(bytes.Repeat([]byte{1}, pageSize/2), make([]byte, pageSize)...)
	want = append(want, bytes.Repeat([]byte{1}, pageSize)...)
	if err != nil || p.lost != pageSize || !bytes.Equal(b, want) {
		t.Errorf("%d bytes, %d lost, %v", len(b), p.lost, err)
	}
}

// holes is memory of ones whose second page is secret.
type holes struct{}

func (holes) ReadAt(b []byte, at int64) (int, error) {
	n := 0
	for ; n < len(b); n++ {
		if (at+int64(n))/pageSize == 1 {
			return n, syscall.EIO
		}
		b[n] = 1
	}
	return n, nil
}

// coreFile writes a core dump of one piece of memory with a note of the command line.
func coreFile(t *testing.T, command string, memory []byte) string {
	t.Helper()
	var note, b bytes.Buffer
	le := binary.LittleEndian
	put := func(to *bytes.Buffer, values ...any) {
		for _, v := range values {
			if err := binary.Write(to, le, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	args := make([]byte, 80)
	copy(args, command)
	put(&note, uint32(5), uint32(4), uint32(1), []byte("CORE\x00\x00\x00\x00"), uint32(0)) // another note before
	put(&note, uint32(5), uint32(136), uint32(3), []byte("CORE\x00\x00\x00\x00"), make([]byte, 56), args)
	const head, each = 64, 56
	at := uint64(head + 2*each)
	put(&b, []byte("\x7fELF\x02\x01\x01"), make([]byte, 9), uint16(4), uint16(62), uint32(1), uint64(0), uint64(head), uint64(0),
		uint32(0), uint16(head), uint16(each), uint16(2), uint16(0), uint16(0), uint16(0))
	put(&b, uint32(4), uint32(0), at, uint64(0), uint64(0), uint64(note.Len()), uint64(0), uint64(4))
	put(&b, uint32(1), uint32(4), at+uint64(note.Len()), uint64(0x1000), uint64(0), uint64(len(memory)), uint64(len(memory)), uint64(1))
	path := filepath.Join(t.TempDir(), "core")
	if err := os.WriteFile(path, append(append(b.Bytes(), note.Bytes()...), memory...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestACoreDumpIsSearched(t *testing.T) {
	var s Set
	value := s.Invent("kept", Name)
	const program = "/usr/bin/some-program"
	report, err := s.Core(coreFile(t, program+" --flag", []byte("....."+program+"\x00--flag\x00..."+value)))
	if _, found := report.Has("kept"); err != nil || !found {
		t.Errorf("%v, %v", report, err)
	}
	if report, err = s.Core(coreFile(t, program, []byte("..."+program))); err != nil || len(report.Findings) > 0 {
		t.Errorf("what is not there: %v, %v", report, err)
	}
	if _, err = s.Core(coreFile(t, program, []byte("no stack was dumped"))); !errors.Is(err, ErrBlind) {
		t.Errorf("a core without memory: %v", err)
	}
	path := coreFile(t, program, []byte("..."+program))
	if err := os.Truncate(path, 370); err != nil {
		t.Fatal(err)
	}
	if _, err = s.Core(path); err == nil || errors.Is(err, ErrBlind) {
		t.Errorf("a core that was cut off: %v", err)
	}
	if _, err = s.Core(os.Args[0]); err == nil {
		t.Error("a program is no core dump")
	}
}

// Where the kernel writes cores to files, a real one is searched too.
func TestACoreDumpOfTheKernelIsSearched(t *testing.T) {
	pattern, err := os.ReadFile("/proc/sys/kernel/core_pattern")
	if name := strings.TrimSpace(string(pattern)); err != nil || strings.ContainsAny(name, "|/%") {
		t.Logf("the kernel writes no core beside its process here: %q", name)
		return
	}
	var limit, before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &before); err != nil {
		t.Fatal(err)
	}
	if limit = before; limit.Max < 1<<30 {
		t.Logf("cores are limited to %d bytes here", limit.Max)
		return
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &limit); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Setrlimit(syscall.RLIMIT_CORE, &before) }() // as it was
	var s Set
	dir := t.TempDir()
	cmd := keeper(t, s.Invent("kept", Password), dir)
	if err := cmd.Process.Signal(syscall.SIGABRT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it has crashed, as it was told
	cores, err := filepath.Glob(filepath.Join(dir, "core*"))
	if err != nil || len(cores) != 1 {
		t.Fatalf("%q, %v", cores, err)
	}
	report, err := s.Core(cores[0])
	if _, found := report.Has("kept"); err != nil || !found {
		t.Errorf("%v, %v", report.Findings, err)
	}
}
