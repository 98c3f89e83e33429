package keyring

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func TestLookupSeparatesKindsAndRings(t *testing.T) {
	r, _, path := makeRing(t)
	other, _, _ := makeRing(t)
	rapid.Check(t, func(t *rapid.T) {
		kind, value := rapid.String().Draw(t, "kind"), rapid.String().Draw(t, "value")
		kind2, value2 := rapid.String().Draw(t, "kind2"), rapid.String().Draw(t, "value2")
		h := r.Lookup(kind, value)
		if h != r.Lookup(kind, value) {
			t.Fatal("not repeatable")
		}
		if same := kind == kind2 && value == value2; same != (h == r.Lookup(kind2, value2)) {
			t.Fatal("two pairs share a hash")
		}
		if h == other.Lookup(kind, value) {
			t.Fatal("two rings share a hash")
		}
	})
	if r.Lookup("ab", "c") == r.Lookup("a", "bc") {
		t.Error("the border between kind and value does not count")
	}
	want := r.Lookup("email", "tim@example.org")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if openRing(t, path).Lookup("email", "tim@example.org") != want {
		t.Error("a hash changed with a restart")
	}
}

func TestLookupIsSafeForConcurrentUse(t *testing.T) {
	r, _, _ := makeRing(t)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			value := fmt.Sprint(g)
			want := r.Lookup("k", value)
			for range 500 {
				if r.Lookup("k", value) != want {
					t.Error("hash changed under concurrency")
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestDerivedValuesDifferByUseAndStayTheSame(t *testing.T) {
	r, _, path := makeRing(t)
	values := func(r *Ring) [][]byte {
		var out [][]byte
		for _, info := range []string{"a", "b"} {
			var block, id [16]byte
			r.Cipher(info).Encrypt(block[:], id[:])
			token := r.Token(info, id[:])
			code := fmt.Appendf(nil, "%016x", r.Code(info, id[:]))
			out = append(out, block[:], token[:], code, fmt.Appendf(nil, "%016x", token[:8]))
			other := r.Token(info, []byte{1})
			out = append(out, other[:])
		}
		return out
	}
	first := values(r)
	for i := range first {
		for j := range i {
			if bytes.Equal(first[i], first[j]) {
				t.Errorf("values %d and %d are the same", i, j)
			}
		}
	}
	var id, ref, back [16]byte
	copy(id[:], "an internal name")
	block := r.Cipher("references of a system")
	block.Encrypt(ref[:], id[:])
	block.Decrypt(back[:], ref[:])
	if back != id || ref == id {
		t.Error("a reference does not lead back")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for i, v := range values(openRing(t, path)) {
		if !bytes.Equal(v, first[i]) {
			t.Errorf("value %d changed with a restart", i)
		}
	}
}
