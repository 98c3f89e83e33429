package channels

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/habeas-data/habeas/sealed"
)

func memoryChannels() []channel {
	return []channel{
		{number: 76, name: "SEAL-76 core dump: text", checks: []check{dies("core", "wait kept", coreOf), dies("in an error", "formatted", coreOf)}},
		{number: 77, name: "SEAL-77 core dump: text dropped and collected", checks: []check{dies("core", "dropped", coreOf)}},
		{number: 78, name: "SEAL-78 core dump: bytes", checks: []check{dies("not cleared", "bytes", coreOf)}},
		{number: 79, name: "SEAL-79 core dump: bytes cleared that were formatted", checks: []check{dies("core", "cleared but formatted", coreOf)}},
		{number: 80, name: "SEAL-80 copies made inside Use, after the session", checks: []check{erased(dies("core", "copied", coreOf))}},
		{number: 81, name: "SEAL-81 the same with no collection asked for", checks: []check{
			erased(dies("heap dump", "copied", memoryOfProcess)),
			{name: "Close asks for one", erased: true, judge: collects},
		}},
		{number: 82, name: "SEAL-82 memory of its own (mmap)", checks: []check{
			dies("core", "mapped", coreOf), {name: "left out of dumps", judge: lacks("dd", "secretmem")},
		}},
		{number: 83, name: "SEAL-83 memfd_secret", checks: []check{
			dies("/proc/PID/mem", "wait kept", memoryOfProcess), {name: "the mapping", judge: lacks("secretmem")},
		}},
		{number: 84, name: "SEAL-84 heap dump", checks: []check{
			dies("kept", "heap dump", filesOf), dies("dropped", "heap dump dropped", filesOf),
		}},
		{number: 85, name: "SEAL-85 swap", checks: []check{{name: "locked", judge: lacks("lo", "secretmem")}}},
		{number: 86, name: "SEAL-86 a forked child", checks: []check{
			dies("its memory", "fork", forkOf), {name: "left out of forks", judge: lacks("dc")},
		}},
		{number: 87, name: "SEAL-87 /proc/PID/mem, ptrace", checks: []check{
			dies("from outside", "wait kept", memoryOfProcess),
			{name: "from inside", judge: readsOwnMemory},
			dies("process_vm_readv", "wait kept", vmReadOf),
		}},
		{number: 88, name: "SEAL-88 files written and deleted", checks: []check{dies("open files", "written", openFilesOf), careless(88)}},
		{number: 89, name: "SEAL-89 stacks that have grown", checks: []check{
			dies("a pointer passed on", "deep", stackOf), erased(dies("a copy passed on", "deep copy", memoryOfProcess)),
		}},
		{number: 90, name: "SEAL-90 arrays left behind by append", checks: []check{dies("core", "grown", coreOf), careless(90)}},
		{number: 91, name: "SEAL-91 interned text", checks: []check{dies("unique.Make", "interned", memoryOfProcess), careless(91)}},
	}
}

// stackOf is memoryOfProcess for a life whose plain way needs a copy on the stack.
func stackOf(t *testing.T, c *child) string { return memoryOfProcess(t, c) }

// address calls f with where the plaintext lies.
func address(k kind, f func(b []byte)) {
	if k == plain {
		f(bytes.Clone([]byte(secret)))
		return
	}
	must(value().Use(func(b []byte) error { f(b); return nil }))
}

// lacks says that the memory of the plaintext has none of these marks of /proc/self/smaps:
// a flag of VmFlags, or a part of the mapping's name.
func lacks(marks ...string) func(*testing.T, kind) bool {
	return func(t *testing.T, k kind) (leaks bool) {
		if k == sealedKind && sealed.Report().Protection < sealed.Locked {
			t.Errorf("the arena is %v: this machine has no locked memory to test", sealed.Report().Protection)
		}
		address(k, func(b []byte) {
			name, flags := mapping(t, uintptr(unsafe.Pointer(unsafe.SliceData(b))))
			leaks = true
			for _, m := range marks {
				if strings.Contains(name, m) || strings.Contains(" "+flags+" ", " "+m+" ") {
					leaks = false
				}
			}
		})
		return leaks
	}
}

// mapping is the name and the flags of the memory at an address.
func mapping(t *testing.T, at uintptr) (name, flags string) {
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	inside := false
	for line := range strings.Lines(string(smaps)) {
		var from, to uintptr
		if n, _ := fmt.Sscanf(line, "%x-%x", &from, &to); n == 2 {
			inside, name = from <= at && at < to, strings.Join(strings.Fields(line)[5:], " ")
		}
		if rest, ok := strings.CutPrefix(line, "VmFlags:"); ok && inside {
			return name, strings.TrimSpace(rest)
		}
	}
	t.Fatalf("no memory at %#x", at)
	return "", ""
}

// readsOwnMemory reads the plaintext through the kernel.
func readsOwnMemory(t *testing.T, k kind) (leaks bool) {
	mem, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	address(k, func(b []byte) {
		got := make([]byte, len(b))
		_, err := mem.ReadAt(got, int64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))))
		leaks = err == nil && find(t, got) != ""
	})
	return leaks
}

// vmReadOf reads the child's memory by process_vm_readv, mapping by mapping.
func vmReadOf(t *testing.T, c *child) string {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", c.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for line := range strings.Lines(string(maps)) {
		var from, to uintptr
		var access string
		if n, _ := fmt.Sscanf(line, "%x-%x %s", &from, &to, &access); n < 3 || !strings.HasPrefix(access, "rw") {
			continue
		}
		b := make([]byte, min(to-from, 64<<20))
		local := []unix.Iovec{{Base: &b[0], Len: uint64(len(b))}}
		n, err := unix.ProcessVMReadv(c.cmd.Process.Pid, local, []unix.RemoteIovec{{Base: from, Len: len(b)}}, 0)
		if err != nil {
			continue // memory that the kernel gives to nobody
		}
		read += n
		if found := find(t, b[:n]); found != "" {
			return found
		}
	}
	if read < 1<<20 {
		t.Errorf("%d bytes could be read", read)
	}
	return ""
}

// collects reports whether the end of a session is followed by no collection. Without a
// session there is none that anybody has asked for.
func collects(_ *testing.T, k kind) (leaks bool) {
	if k == plain {
		return true
	}
	if !secretRuntime {
		return true
	}
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	sealed.Open(context.Background()).Close()
	late := time.After(10 * time.Second)
	for {
		select {
		case <-late:
			return true
		default:
		}
		runtime.ReadMemStats(&now)
		if now.NumForcedGC > before.NumForcedGC {
			return false
		}
		runtime.Gosched()
	}
}
