package known

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/sealed"
)

// shift hides a text from a search of the heap.
func shift(b []byte, by byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = c + by
	}
	return out
}

// dump is the heap as debug.WriteHeapDump shows it.
func dump(t *testing.T) []byte {
	t.Helper()
	runtime.GC()
	f, err := os.Create(filepath.Join(t.TempDir(), "heap"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	debug.WriteHeapDump(f.Fd())
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// utf32 is a text as a []rune has it in memory.
func utf32(s string) (b []byte) {
	for _, r := range s {
		b = binary.LittleEndian.AppendUint32(b, uint32(r))
	}
	return b
}

func TestTheHeapHoldsNoPlaintextAndNoKeys(t *testing.T) {
	session := sealed.Open(context.Background())
	defer session.Close()
	m := New()
	defer m.Close()
	hidden := shift([]byte("Zebediah Quuxworth"), 1)
	control := shift(hidden, 255)
	control[0] = 'B'
	done, others := make(chan error), runtime.NumGoroutine()
	go func() { // its stack is gone when it ends
		var first error
		for range 300 { // the tables grow
			v, err := session.Seal("name", shift(hidden, 255))
			if err == nil {
				err = m.Add("name", v)
			}
			if err != nil && first == nil {
				first = err
			}
		}
		done <- first
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for runtime.NumGoroutine() > others { // it may have sent, and not have ended
		runtime.Gosched()
	}
	heap := dump(t)

	plain := string(shift(hidden, 255))
	if !bytes.Contains(heap, []byte("B"+plain[1:])) {
		t.Fatal("the control is not in the dump: the search is broken")
	}
	for _, s := range []string{plain, strings.ToLower(plain), "Quuxworth", "quuxworth", "zebediah", strings.ToLower(strings.ReplaceAll(plain, " ", ""))} {
		control = []byte("B" + plain[1:])
		heap = bytes.ReplaceAll(heap, control, nil)
		if bytes.Contains(heap, []byte(s)) || bytes.Contains(heap, utf32(s)) {
			t.Errorf("a form of the value with %d letters is on the heap", len(s))
		}
	}
	var k keys
	if err := m.readKeys(&k); err != nil {
		t.Fatal(err)
	}
	for _, key := range []uint64{k.sip0, k.sip1, k.mix1} {
		if bytes.Contains(heap, binary.LittleEndian.AppendUint64(nil, key)) {
			t.Error("a key is on the heap")
		}
	}
	runtime.KeepAlive(control)
}
