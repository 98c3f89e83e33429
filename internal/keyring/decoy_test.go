package keyring

import (
	"testing"
)

func TestADecoyKeepsNothing(t *testing.T) {
	path := t.TempDir() + "/keys.db"
	r, _, err := Create(t.Context(), path, typed("correct horse battery"), Options{KDF: CheapKDF})
	if err != nil {
		t.Fatal(err)
	}
	before, err := r.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := r.Decoy(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if after, err := r.Stats(t.Context()); err != nil || after.Keys != before.Keys {
		t.Errorf("%d keys, want %d (%v)", after.Keys, before.Keys, err)
	}
	if len(r.NewKey(houseID).wrapped) != wrappedSize {
		t.Error("a decoy is not as long as a key")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.Decoy(t.Context()); err == nil {
		t.Error("a closed ring wrote")
	}
	again, err := Open(t.Context(), path, typed("correct horse battery"), Options{KDF: CheapKDF})
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}
