package sealed

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/sha256"
	"reflect"
	"testing"
	"unsafe"
)

func TestTalkativeSettings(t *testing.T) {
	for _, c := range []struct {
		godebug, traceback string
		found              int
	}{
		{"", "", 0},
		{"http2debug=2", "", 1},
		{"gctrace=1, http2debug=1,netdns=go+2", "crash", 3},
		{"http2debug=0,netdns=go,http2client=0", "all", 0},
	} {
		if got := talkative(c.godebug, c.traceback); len(got) != c.found {
			t.Errorf("GODEBUG=%s GOTRACEBACK=%s: %v, want %d", c.godebug, c.traceback, got, c.found)
		}
	}
}

// image is a copy of the memory of an object and of a slice it had.
func image[T any](p *T) []byte {
	return bytes.Clone(unsafe.Slice((*byte)(unsafe.Pointer(p)), unsafe.Sizeof(*p)))
}

type keeper struct {
	name  string
	key   []byte
	parts [2][]uint32
	next  *keeper
	inner struct{ pad []byte }
	any   any
}

func TestWipe(t *testing.T) {
	key := []byte("0123456789abcdef0123456789abcdef")
	parts, pad := []uint32{1, 2}, []byte("pad")
	shared := &keeper{key: []byte("shared")}
	k := &keeper{name: "n", key: key[:4], parts: [2][]uint32{parts}, next: shared, any: shared}
	k.inner.pad = pad
	Wipe(k)
	if !bytes.Equal(key, make([]byte, len(key))) || parts[1] != 0 || pad[0] != 0 || k.name != "" || k.next != nil {
		t.Errorf("left: key %q, parts %v, pad %q, %+v", key, parts, pad, k)
	}
	if string(shared.key) != "shared" {
		t.Error("what lies behind pointers was wiped as well")
	}
	Wipe(nil)
	Wipe((*keeper)(nil))
	Wipe(3)
}

// The objects that the documentation names hold the key before, and nothing after.
func TestWipeKnowsTheStandardLibrary(t *testing.T) {
	key := bytes.Repeat([]byte{0xa7, 0x31, 0x5c, 0x99}, 8)
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.New()
	hash.Write(key)
	for name, object := range map[string]any{"aes": block, "gcm": aead, "sha256": hash} {
		before := memoryOf(object)
		Wipe(object)
		if after := memoryOf(object); !holdsKey(before, key) || holdsKey(after, key) {
			t.Errorf("%s: key found before %v, after %v", name, holdsKey(before, key), holdsKey(after, key))
		}
	}
	pair, err := ecdh.X25519().NewPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	// Its first slice is the clone of the key; an address of it is kept to look again.
	at := bytes.Index(image(pair), []byte{32, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0})
	if at < 8 {
		t.Fatal("crypto/ecdh.PrivateKey has another form now: look whether Wipe still serves")
	}
	clone := unsafe.Slice(*(**byte)(unsafe.Add(unsafe.Pointer(pair), at-8)), 32)
	if !bytes.Equal(clone, key) {
		t.Fatal("not the key")
	}
	Wipe(pair)
	if !bytes.Equal(clone, make([]byte, 32)) {
		t.Error("the key is still there")
	}
}

// holdsKey looks for one word of the key, in either byte order: expanded keys begin with
// the key itself.
func holdsKey(mem, key []byte) bool {
	return bytes.Contains(mem, key[:4]) || bytes.Contains(mem, []byte{key[3], key[2], key[1], key[0]})
}

// memoryOf is the memory of the struct behind a pointer in an interface.
func memoryOf(p any) []byte {
	v := reflect.ValueOf(p).Elem()
	return bytes.Clone(unsafe.Slice((*byte)(v.Addr().UnsafePointer()), v.Type().Size()))
}
