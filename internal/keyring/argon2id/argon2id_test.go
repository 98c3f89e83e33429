package argon2id

import (
	"bytes"
	"encoding/hex"
	"testing"

	"golang.org/x/crypto/argon2"
	"pgregory.net/rapid"
)

func TestItComputesWhatXCryptoComputes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		password := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "password")
		salt := rapid.SliceOfN(rapid.Byte(), 8, 40).Draw(t, "salt")
		passes := rapid.Uint32Range(1, 4).Draw(t, "passes")
		lanes := rapid.Uint8Range(1, 5).Draw(t, "lanes")
		memory := rapid.Uint32Range(8*uint32(lanes), 700).Draw(t, "memory")
		got := make([]byte, rapid.IntRange(4, 64).Draw(t, "length"))
		Key(got, password, salt, passes, memory, lanes)
		if want := argon2.IDKey(password, salt, passes, memory, lanes, uint32(len(got))); !bytes.Equal(got, want) {
			t.Fatalf("%x, want %x", got, want)
		}
	})
}

// The values are those of the reference implementation's command line.
func TestKnownKeys(t *testing.T) {
	for _, c := range []struct {
		passes, memory uint32
		lanes          uint8
		want           string
	}{
		{1, 64, 1, "655ad15eac652dc59f7170a7332bf49b8469be1fdb9c28bb"},
		{2, 64, 2, "350ac37222f436ccb5c0972f1ebd3bf6b958bf2071841362"},
		{3, 256, 2, "4668d30ac4187e6878eedeacf0fd83c5a0a30db2cc16ef0b"},
	} {
		got := make([]byte, 24)
		Key(got, []byte("password"), []byte("somesalt"), c.passes, c.memory, c.lanes)
		if hex.EncodeToString(got) != c.want {
			t.Errorf("%+v: %x", c, got)
		}
	}
}

func BenchmarkKey(b *testing.B) {
	dst, password, salt := make([]byte, 32), []byte("correct horse battery"), make([]byte, 16)
	b.Run("ours", func(b *testing.B) {
		for b.Loop() {
			Key(dst, password, salt, 3, 64<<10, 2)
		}
	})
	b.Run("xcrypto", func(b *testing.B) {
		for b.Loop() {
			argon2.IDKey(password, salt, 3, 64<<10, 2, 32)
		}
	})
}
