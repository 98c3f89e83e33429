package keyring

import (
	"bytes"
	"hash"
	"testing"
)

// typed is a password as somebody typed it.
func typed(s string) Password { return NewPassword([]byte(s)) }

// plain returns what a password holds.
func plain(p Password) (s string) {
	_ = p.use(func(b []byte) error { s = string(b); return nil })
	return s
}

// codeOf returns the code of a kit, "" of a closed one.
func codeOf(k RecoveryKit) string {
	var b bytes.Buffer
	_ = k.WriteCode(&b)
	return b.String()
}

// rootOf returns the root key.
func rootOf(t *testing.T, r *Ring) (root []byte) {
	t.Helper()
	if err := r.root.Use(func(b *[rootSize]byte) error { root = bytes.Clone(b[:]); return nil }); err != nil {
		t.Fatal(err)
	}
	return root
}

// materialOf returns the two keys of a Key.
func materialOf(t *testing.T, k *Key) (material []byte) {
	t.Helper()
	if err := k.open(func(r *room, _ hash.Hash) error { material = bytes.Clone(r.material[:]); return nil }); err != nil {
		t.Fatal(err)
	}
	return material
}

// derived returns the key of one use of the root key.
func derived(t *testing.T, r *Ring, use string) (key []byte) {
	t.Helper()
	if err := r.derive(use, func(room *room, _ hash.Hash) error { key = bytes.Clone(room.key[:]); return nil }); err != nil {
		t.Fatal(err)
	}
	return key
}
