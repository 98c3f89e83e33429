package party

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
)

// cipherOf makes the block cipher of a system.
func cipherOf(system byte) cipher.Block {
	c, err := aes.NewCipher(bytes.Repeat([]byte{system}, 32))
	if err != nil {
		panic(err) // a key of 32 bytes always fits
	}
	return c
}

func TestAReferenceComesBackAndTwoSystemsCannotCompareTheirs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var hash, other keyring.LookupHash
		copy(hash[:], rapid.SliceOfN(rapid.Byte(), len(hash), len(hash)).Draw(t, "hash"))
		copy(other[:], rapid.SliceOfN(rapid.Byte(), len(hash), len(hash)).Draw(t, "other"))
		n := rapid.Uint32().Draw(t, "n")
		mine, theirs := cipherOf(1), cipherOf(2)
		r := MakeReference(mine, hash, n)
		if back, err := ParseReference("party", r.String()); err != nil || back != r {
			t.Fatalf("%v came back as %v (%v)", r, back, err)
		}
		if prefix, m := r.Handle(mine); !bytes.Equal(prefix[:], hash[:12]) || m != n {
			t.Fatal("the handle does not come back")
		}
		if r == MakeReference(theirs, hash, n) {
			t.Fatal("two systems hold one reference")
		}
		if r != MakeReference(mine, hash, n) {
			t.Fatal("one handle has two references")
		}
		if !bytes.Equal(hash[:12], other[:12]) && r == MakeReference(mine, other, n) || r == MakeReference(mine, hash, n+1) {
			t.Fatal("two handles have one reference")
		}
	})
}

func FuzzParseReference(f *testing.F) {
	f.Add(MakeReference(cipherOf(1), keyring.LookupHash{1}, 7).String())
	f.Add(Reference{}.String())
	f.Add(strings.Repeat("z", 26))
	f.Add("")
	f.Add(strings.Repeat("0", 25) + "O")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseReference("booked_by", s)
		if err == nil && r.String() != s {
			t.Fatalf("%q and %q are one reference", s, r.String())
		}
		if err != nil && (habeas.KindOf(err) != habeas.KindInvalid || !r.IsZero() || len(s) > 3 && strings.Contains(err.Error(), s) && !strings.Contains("booked_by: This is not a party reference. Send one that find-or-create returned.", s)) {
			t.Fatalf("%v", err)
		}
	})
}
