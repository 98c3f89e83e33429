package sealed_test

import (
	"bytes"
	"errors"
	"os"
	"runtime"
	"testing"
	"unsafe"

	"github.com/habeas-data/habeas/sealed"
)

// Proves SEAL-A6.
func TestWhatAFunctionLeavesOnTheStackIsErased(t *testing.T) {
	plain := plainOf("stack")
	v, err := open(t).Seal("code", bytes.Clone(plain))
	if err != nil {
		t.Fatal(err)
	}
	ways := map[string]func(){
		"called":            func() { careful(plain) },
		"Use":               func() { _ = v.Use(func(b []byte) error { careful(b); return nil }) },
		"Use with an error": func() { _ = v.Use(func(b []byte) error { careful(b); return errors.New("no") }) },
		"Use with a panic":  func() { defer func() { _ = recover() }(); _ = v.Use(func(b []byte) error { careful(b); panic("no") }) },
		"Do":                func() { sealed.Do(func() { careful(plain) }) },
		"Do with a panic":   func() { defer func() { _ = recover() }(); sealed.Do(func() { careful(plain); panic("no") }) },
	}
	for name, way := range ways {
		if found, want := bytes.Contains(stackAfter(t, way), plain), name == "called"; found != want {
			t.Errorf("%s: the stack shows it: %v, want %v", name, found, want)
		}
	}
}

// careful makes copies all over the next kilobytes of the stack, and nowhere else.
//
//go:noinline
func careful(plain []byte) {
	var copies [2 << 10]byte
	for n := 0; n < len(copies); {
		n += copy(copies[n:], plain)
	}
	runtime.KeepAlive(&copies)
}

// stackAfter is the stack below f after a call of f, as another goroutine sees it.
func stackAfter(t *testing.T, f func()) []byte {
	t.Helper()
	mem, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	at, end := make(chan uintptr), make(chan struct{})
	go func() {
		var here byte
		f()
		at <- uintptr(unsafe.Pointer(&here))
		<-end // the goroutine, and its stack, stay until then
		runtime.KeepAlive(&here)
	}()
	below := make([]byte, 4<<10)
	if _, err := mem.ReadAt(below, int64(<-at)-int64(len(below))); err != nil { //nolint:gosec // an address
		t.Error(err)
	}
	close(end)
	return below
}
