package sealed_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"hash"
	"reflect"
	"runtime"
	"sync"
	"testing"
	"unsafe"

	"github.com/habeas-data/habeas/sealed"
)

var moveKey = bytes.Repeat([]byte{0x5a, 0x13, 0xc7, 0x88}, 8)

// heapOf is the memory of the object behind a pointer in an interface.
func heapOf(p any) []byte {
	v := reflect.ValueOf(p)
	return unsafe.Slice((*byte)(v.UnsafePointer()), v.Type().Elem().Size())
}

func gcm(t testing.TB) cipher.AEAD {
	t.Helper()
	block, err := aes.NewCipher(moveKey)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return aead
}

// A cipher works in sealed memory as on the heap, where nothing of it is left, and through
// collections of garbage, which must not touch what is not on the heap.
func TestACipherMoves(t *testing.T) {
	s := open(t)
	nonce, want := make([]byte, 12), gcm(t).Seal(nil, make([]byte, 12), []byte("plain"), []byte("place"))
	on := gcm(t)
	m, err := sealed.Move(s, "key", on)
	if err != nil {
		t.Fatal(err)
	}
	if left := heapOf(on); !bytes.Equal(left, make([]byte, len(left))) {
		t.Error("the cipher is still on the heap")
	}
	for range 3 {
		runtime.GC()
		err = m.Use(func(c cipher.AEAD) error {
			if got := c.Seal(nil, nonce, []byte("plain"), []byte("place")); !bytes.Equal(got, want) {
				t.Errorf("sealed %x, want %x", got, want)
			}
			_, err := c.Open(nil, nonce, want, []byte("place"))
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if m.Label() != "key" || m.IsZero() {
		t.Errorf("label %q", m.Label())
	}
	s.Close()
	if err = m.Use(func(cipher.AEAD) error { t.Error("called"); return nil }); !errors.Is(err, sealed.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// What the documentation names can be moved by this version of Go, and a hash goes on from
// where it was.
func TestWhatCanBeMoved(t *testing.T) {
	s := open(t)
	block, err := aes.NewCipher(moveKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = sealed.Move(s, "key", block); err != nil {
		t.Errorf("a block cipher: %v", err)
	}
	for name, h := range map[string]func() hash.Hash{"sha256": sha256.New, "sha512": sha512.New} {
		want := h()
		want.Write([]byte("first, second"))
		m, err := sealed.Move(s, "hash", h())
		for _, part := range []string{"first, ", "second"} {
			err = errors.Join(err, m.Use(func(h hash.Hash) error { _, err := h.Write([]byte(part)); return err }))
		}
		err = errors.Join(err, m.Use(func(h hash.Hash) error {
			if got := h.Sum(nil); !bytes.Equal(got, want.Sum(nil)) {
				t.Errorf("%s: %x", name, got)
			}
			return nil
		}))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatCannotBeMoved(t *testing.T) {
	s := open(t)
	block, err := aes.NewCipher(moveKey)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]any{
		"a struct that holds a pointer": pair, "a pointer to one": &struct{ p *int }{}, "nil": nil, "a nil pointer": (*int)(nil), "a number": 3,
	} {
		if m, err := sealed.Move(s, "key", p); !errors.Is(err, sealed.ErrPointers) || !m.IsZero() {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := pair.Seal(nil, nil, []byte("x"), nil); len(got) == 0 {
		t.Error("what was not moved works no more")
	}
	s.Close()
	on := gcm(t)
	if _, err = sealed.Move(s, "key", on); !errors.Is(err, sealed.ErrClosed) || !bytes.Equal(heapOf(on), make([]byte, len(heapOf(on)))) {
		t.Errorf("into a closed session: %v, and the object must be wiped", err)
	}
}

func TestAnotherCipherTakesThePlace(t *testing.T) {
	s := open(t)
	m, err := sealed.Move(s, "key", gcm(t))
	if err != nil {
		t.Fatal(err)
	}
	seal := func() (out []byte) {
		_ = m.Use(func(c cipher.AEAD) error { out = c.Seal(nil, make([]byte, 12), []byte("plain"), nil); return nil })
		return out
	}
	first := seal()
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	other, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	want := other.Seal(nil, make([]byte, 12), []byte("plain"), nil)
	if err = m.Set(other); err != nil || !bytes.Equal(heapOf(other), make([]byte, len(heapOf(other)))) {
		t.Errorf("%v, and the object must be wiped", err)
	}
	if got := seal(); !bytes.Equal(got, want) || bytes.Equal(got, first) {
		t.Errorf("sealed %x, want %x", got, want)
	}
	random, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []cipher.AEAD{nil, random} {
		if err = m.Set(p); !errors.Is(err, sealed.ErrPointers) {
			t.Errorf("%T: %v", p, err)
		}
	}
	s.Close()
	if err = m.Set(gcm(t)); !errors.Is(err, sealed.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// A cipher that does not change is used by many goroutines at once, while the session closes.
func TestAMovedCipherAndCloseRace(t *testing.T) {
	want := gcm(t).Seal(nil, make([]byte, 12), []byte("plain"), nil)
	for range 20 {
		s := sealed.Open(t.Context())
		m, err := sealed.Move(s, "key", gcm(t))
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for err := error(nil); err == nil; {
					err = m.Use(func(c cipher.AEAD) error {
						if !bytes.Equal(c.Seal(nil, make([]byte, 12), []byte("plain"), nil), want) {
							t.Error("sealed with another key")
						}
						return nil
					})
				}
			})
		}
		runtime.Gosched()
		s.Close()
		wg.Wait()
	}
}

func BenchmarkMovedUse(b *testing.B) {
	m, err := sealed.Move(open(b), "key", gcm(b))
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		_ = m.Use(func(c cipher.AEAD) error { n += c.Overhead(); return nil })
	}
}
