package ledger

import (
	"context"
	"crypto/sha256"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

const testOrigin = "example.org/log"

// testKey makes a signer and its verifier.
func testKey(t testing.TB, origin string) (note.Signer, note.Verifier) {
	t.Helper()
	skey, vkey, err := GenerateKey(origin)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier
}

// testLeaf gives leaves of varied length, some empty, some longer than the
// stack buffer of leafHash.
func testLeaf(i int64) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "leaf %d", i))
	switch {
	case i%97 == 13:
		return nil
	case i%101 == 7:
		long := make([]byte, 600)
		copy(long, sum[:])
		return long
	}
	return sum[:1+i%32]
}

func grow(t testing.TB, m *Memory, size int64) {
	t.Helper()
	for i := int64(len(m.rows)); i < size; i++ {
		if _, err := m.Append(testLeaf(i)); err != nil {
			t.Fatal(err)
		}
	}
}

// publish grows the log to the size and publishes it.
func publish(t testing.TB, dir string, m *Memory, size int64, signer note.Signer) Checkpoint {
	t.Helper()
	grow(t, m, size)
	c, err := Publish(context.Background(), dir, m, signer)
	if err != nil {
		t.Fatalf("publishing %d leaves: %v", size, err)
	}
	return c
}
