package channels

import (
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"
	"unique"

	"golang.org/x/sys/unix"

	"github.com/habeas-data/habeas/sealed"
)

// kept is what a child keeps while it waits to be looked at.
var kept []any

// numberOf is the number that stands for a plaintext.
func numberOf(b []byte) uint64 { return binary.LittleEndian.Uint64(b) | 1<<63 }

// indexOf is the same as an index.
func indexOf(b []byte) int { return int(numberOf(b) &^ (1 << 63)) }

// lives are what a child can do with what it holds. Those that reveal are written once for
// both kinds.
var lives = map[string]func(h hand){
	"panic value":      func(h hand) { panic(h.v) },
	"panic struct":     func(h hand) { panic(fmt.Sprintf("%+v", openAny{h.v})) },
	"panic hidden":     func(h hand) { panic(fmt.Sprintf("%+v", hiddenAny{h.v})) },
	"panic error":      func(h hand) { panic(fmt.Errorf("bad: %w", fmt.Errorf("%v", h.v))) },
	"panic goroutine":  func(h hand) { go panic(h.v); select {} },
	"log fatal":        func(h hand) { log.Fatalf("%v", hiddenAny{h.v}) },
	"panic again":      func(h hand) { defer func() { panic(recover()) }(); panic(h.v) },
	"panic again text": func(h hand) { defer func() { panic(fmt.Sprint(recover())) }(); panic(h.v) },
	"panic text":       func(h hand) { reveal(h, func(b []byte) error { panic("bad " + string(b)) }) },
	"panic text error": func(h hand) { reveal(h, func(b []byte) error { panic(fmt.Errorf("bad %s", b)) }) },
	"panic deferred": func(h hand) {
		reveal(h, func(b []byte) error { defer func() { panic("bad " + string(b)) }(); panic(string(b)) })
	},
	"panic index": func(h hand) {
		reveal(h, func(b []byte) error { return errors.New(string(b[indexOf(b):])) })
	},
	"panic crash output": func(h hand) {
		f, err := os.Create("crash")
		must(err)
		must(debug.SetCrashOutput(f, debug.CrashOptions{}))
		reveal(h, func(b []byte) error { panic("bad " + string(b)) })
	},
	"trace copy": func(h hand) {
		reveal(h, func(b []byte) error { return byValue([16]byte(b[:16]), func() { panic("x") }) })
	},
	"test error": func(h hand) { failTest(func(t *testing.T) { t.Errorf("got %+v", hiddenAny{h.v}) }) },
	"test log":   func(h hand) { failTest(func(t *testing.T) { t.Log(h.v, hiddenAny{h.v}); t.Fail() }) },
	"http2 header": func(h hand) {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		server.EnableHTTP2 = true
		server.StartTLS()
		client := server.Client()
		if h.kind == sealedKind {
			client.Transport = sealed.Transport(client.Transport.(*http.Transport))
		}
		r, err := http.NewRequest(http.MethodGet, server.URL, nil)
		must(err)
		must(header(sample{kind: h.kind, v: h.v}, r))
		resp, err := client.Do(r)
		must(err)
		must(resp.Body.Close())
		fmt.Fprintln(os.Stderr, "done", resp.Proto)
	},
	"harden": func(hand) { fmt.Println(sealed.Harden()) },

	"wait kept": func(h hand) { used(h); kept = append(kept, h.v) },
	"dropped":   func(h hand) { used(h); h = hand{}; runtime.GC() },
	"formatted": func(h hand) { used(h); kept = append(kept, fmt.Sprintf("%v", hiddenAny{h.v})) },
	"copied":    func(h hand) { copying(h); ended() },
	"interned":  func(h hand) { intern(h.v); runtime.GC() },
	"deep":      func(h hand) { reveal(h, func(b []byte) error { return deepPointer(b, 2000) }) },
	"deep copy": func(h hand) {
		reveal(h, func(b []byte) error { _ = deepArray([size]byte(b), 2000); return nil })
		ended()
	},
	"heap dump": func(h hand) { used(h); kept = append(kept, h.v); heapDump() },
	"heap dump dropped": func(h hand) {
		used(h)
		if h.kind == plain {
			kept = append(kept, h.v)
		}
		h = hand{}
		heapDump()
	},
	"fork": func(h hand) { kept = append(kept, h.v); fork() },
}

// rawLives begin with the bytes as they were read, and put them somewhere themselves.
var rawLives = map[string]func(k kind, b []byte){
	"trace number": func(k kind, b []byte) { numbers(k, b, func() { panic("x") }) },
	"trace quit":   func(k kind, b []byte) { numbers(k, b, quit) },
	"trace print":  func(k kind, b []byte) { numbers(k, b, debug.PrintStack) },
	"trace array": func(k kind, b []byte) {
		bytesOf(k, b, func(b []byte) { _ = byValue([16]byte(b[:16]), func() { panic("x") }) }, func(b []byte) { withSlice(b, func() { panic("x") }) })
	},
	"trace struct": func(k kind, b []byte) {
		bytesOf(k, b, func(b []byte) { _ = byStruct(card{number: numberOf(b)}, func() { panic("x") }) }, func(b []byte) { withSlice(b, func() { panic("x") }) })
	},
	"bytes": func(k kind, b []byte) {
		if k == sealedKind {
			used(take(k, b))
			return
		}
		kept = append(kept, b)
	},
	"cleared but formatted": func(k kind, b []byte) {
		if k == sealedKind {
			h := take(k, b)
			used(h)
			kept = append(kept, fmt.Sprint(h.v))
			return
		}
		kept = append(kept, fmt.Sprintf("user %s", b))
		clear(b)
	},
	"mapped": func(k kind, b []byte) {
		if k == sealedKind {
			used(take(k, b))
			return
		}
		mem, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		must(err)
		copy(mem, b)
		clear(b)
	},
	"grown": func(k kind, b []byte) {
		if k == plain {
			long := append(make([]byte, 0, size), b...)
			clear(b)
			kept = append(kept, long[:0:0])
			for range 100 {
				long = append(long, 'x')
			}
			clear(long) // the last of several arrays
			return
		}
		store := session.Store()
		for i := range 100 {
			_, err := session.Random(label, "", 20+i)
			must(err)
		}
		must(store.Set("a", append(make([]byte, 0, size), b...)))
		must(store.Set("a", b))
		store.Delete("a")
	},
	"written": func(k kind, b []byte) {
		if k == sealedKind {
			used(take(k, b))
			return
		}
		f, err := os.CreateTemp(".", "x")
		must(err)
		_, err = f.Write(b)
		must(errors.Join(err, os.Remove(f.Name())))
		kept = append(kept, f)
	},
}

// reveal hands the plaintext to f; its error is printed.
func reveal(h hand, f func([]byte) error) { fmt.Fprintln(os.Stderr, h.use(f)) }

// used does with a value what programs do.
func used(h hand) {
	v, ok := h.v.(sealed.Value)
	if !ok {
		_ = fmt.Sprintf("%v", h.v)
		return
	}
	w, err := session.Random(label, "", 20)
	must(err)
	_ = v.Equal(w) || v.EqualBytes([]byte("x"))
	_ = v.Use(func(b []byte) error { return errors.New(string(b[:1])) })
	_ = fmt.Sprintf("%v %+v", v, hiddenAny{v})
	cmd := exec.Command("cat")
	must(v.Stdin(cmd))
	must(cmd.Run())
	_ = v.SQL(func(arg any) error { _ = fmt.Sprint(arg); return nil })
}

// copying copies the plaintext about on the heap and the stack, as a function inside Use
// may do. It does not use fmt, whose buffers are kept in a pool and are never garbage.
func copying(h hand) {
	f := func(b []byte) error {
		var onStack [64]byte
		copy(onStack[:], b)
		return errors.New("bad " + string(b) + string(onStack[:]))
	}
	for range 100 {
		_ = h.use(f)
	}
}

// ended closes the session and, where that has an effect, waits until the collection that
// follows it has run.
func ended() {
	session.Close()
	var m runtime.MemStats
	for runtime.ReadMemStats(&m); secretRuntime && m.NumForcedGC == 0; runtime.ReadMemStats(&m) {
		runtime.Gosched()
	}
	runtime.GC() // the one before may still be sweeping
}

func intern(v any) {
	switch v := v.(type) {
	case plainText:
		kept = append(kept, unique.Make(string(v)))
	case sealed.Value:
		kept = append(kept, unique.Make(v))
	}
}

func heapDump() {
	f, err := os.Create("heap")
	must(err)
	debug.WriteHeapDump(f.Fd())
	must(f.Close())
}

// inChild is what TestInAChild does, in a child alone.
var inChild func(*testing.T)

// failTest runs a test that fails.
func failTest(f func(*testing.T)) {
	inChild = f
	must(flag.Set("test.run", "^TestInAChild$"))
	tests.Run()
}

func TestInAChild(t *testing.T) {
	if inChild != nil {
		inChild(t)
	}
}

// quit asks for the traceback of all goroutines, of this one while it stands here.
func quit() {
	must(unix.Kill(os.Getpid(), unix.SIGQUIT))
	select {}
}

// forkedFile holds the number of the process that fork has made.
const forkedFile = "forked"

// fork makes a process that is a copy of this one and only waits. Nothing but raw system
// calls can run there: the other threads are gone.
func fork() {
	pid, _, errno := unix.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if errno != 0 {
		must(errno)
	}
	for pid == 0 {
		unix.RawSyscall6(unix.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
	}
	must(os.WriteFile(forkedFile, []byte(strconv.Itoa(int(pid))), 0o600))
}

// numbers calls f below a function that has the number as arguments, or a pointer to the
// sealed one.
func numbers(k kind, b []byte, f func()) {
	if k == plain {
		withArguments(numberOf(b), [2]uint64{numberOf(b), 1}, f)
		return
	}
	_ = sealNumber(b).Use(func(n *uint64) error { withPointer(n, f); return nil })
}

// bytesOf calls one function with the plain bytes, the other with the sealed ones.
func bytesOf(k kind, b []byte, ofPlain, ofSealed func([]byte)) {
	if k == plain {
		ofPlain(b)
		return
	}
	reveal(take(k, b), func(b []byte) error { ofSealed(b); return nil })
}

// card is too large for registers.
type card struct {
	number uint64
	rest   [3]uint64
}

//go:noinline
func byValue(b [16]byte, f func()) error { f(); return errors.New(string(b[:1])) }

//go:noinline
func byStruct(c card, f func()) uint64 { f(); return c.number + c.rest[0] }

// deepArray makes the stack grow, and so be copied, with the plaintext on it.
//
//go:noinline
func deepArray(b [size]byte, n int) byte {
	if n == 0 {
		return b[0]
	}
	return b[n%size] + deepArray(b, n-1)
}

// deepPointer does so with a pointer to it.
//
//go:noinline
func deepPointer(b []byte, n int) error {
	var frame [64]byte
	frame[n%64] = byte(n)
	if n == 0 {
		return errors.New(string(frame[:1]))
	}
	return deepPointer(b, n-1+int(frame[(n+1)%64]))
}
