package sealed_test

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/hpke"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas/sealed"
)

// encrypt is the sending side of the standard library, for the session's key.
func encrypt(t testing.TB, s *sealed.Session, info, aad, plain []byte) (enc, ciphertext []byte) {
	t.Helper()
	key, err := s.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	public, err := hpke.DHKEM(ecdh.X25519()).NewPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	enc, sender, err := hpke.NewSender(public, hpke.HKDFSHA256(), hpke.AES256GCM(), info)
	if err != nil {
		t.Fatal(err)
	}
	ciphertext, err = sender.Seal(aad, plain)
	if err != nil {
		t.Fatal(err)
	}
	return enc, ciphertext
}

// The sender is crypto/hpke: whatever it encrypts opens, and nothing else does.
//
// Proves SEAL-A8.
func TestOpenHPKEAgreesWithTheStandardLibrary(t *testing.T) {
	s := open(t)
	rapid.Check(t, func(rt *rapid.T) {
		info := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(rt, "info")
		aad := rapid.SliceOfN(rapid.Byte(), 0, 80).Draw(rt, "aad")
		plain := rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(rt, "plain")
		enc, ciphertext := encrypt(t, s, info, aad, plain)
		v, err := s.OpenHPKE("user name", info, aad, enc, ciphertext)
		if err != nil {
			rt.Fatal(err)
		}
		if !v.EqualBytes(plain) || v.Label() != "user name" {
			rt.Fatalf("opened to something else than %d bytes, label %q", len(plain), v.Label())
		}
		s.Forget(v)

		used := sealed.Report().Used
		part := rapid.SampledFrom([]*[]byte{&info, &aad, &enc, &ciphertext}).Draw(rt, "part")
		if len(*part) == 0 {
			*part = []byte{0}
		} else {
			i := rapid.IntRange(0, len(*part)-1).Draw(rt, "at")
			bit := byte(1) << rapid.IntRange(0, 6).Draw(rt, "bit")
			*part = bytes.Clone(*part)
			(*part)[i] ^= bit
		}
		if _, err = s.OpenHPKE("user name", info, aad, enc, ciphertext); !errors.Is(err, sealed.ErrDecrypt) {
			rt.Fatalf("a changed input: %v", err)
		}
		if now := sealed.Report().Used; now != used {
			rt.Fatalf("a refused input keeps %d bytes", now-used)
		}
	})
}

func TestOpenHPKERefusals(t *testing.T) {
	s := sealed.Open(t.Context())
	enc, ciphertext := encrypt(t, s, nil, nil, []byte("x"))
	long, big := encrypt(t, s, nil, nil, make([]byte, sealed.MaxLen+1))
	for name, c := range map[string]struct {
		enc, ciphertext []byte
		want            error
	}{
		"no tag":             {enc, ciphertext[:15], sealed.ErrDecrypt},
		"nothing":            {nil, nil, sealed.ErrDecrypt},
		"a short key":        {enc[:31], ciphertext, sealed.ErrDecrypt},
		"a low order point":  {make([]byte, 32), ciphertext, sealed.ErrDecrypt},
		"too long":           {long, big, sealed.ErrTooLong},
		"of another session": {long, ciphertext, sealed.ErrDecrypt},
	} {
		if _, err := s.OpenHPKE("x", nil, nil, c.enc, c.ciphertext); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.Close()
	if _, err := s.OpenHPKE("x", nil, nil, enc, ciphertext); !errors.Is(err, sealed.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	closed := sealed.Open(context.Background())
	closed.Close()
	if _, err := closed.PublicKey(); !errors.Is(err, sealed.ErrClosed) {
		t.Errorf("a key of a closed session: %v", err)
	}
	<-s.Wiped()
}
