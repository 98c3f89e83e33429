package regfile

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
	gopkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/habeas-data/habeas/sealed"
)

// Proves FILE-01.
func TestAFileOpensWithItsPasswordAndHoldsKeyCertificateAndChain(t *testing.T) {
	file, key, chain := file(t, tim, phrase) // the matrix has one of all iterations
	id, err := Open(sealed.Open(t.Context()), file, seal(t, phrase))
	if err != nil {
		t.Fatal(err)
	}
	if !id.Key.public.Equal(key.Public()) || !slices.EqualFunc(id.Chain, chain, (*x509.Certificate).Equal) || id.Subject != tim {
		t.Error("another key, chain or subject")
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(id.Chain[2])
	between.AddCert(id.Chain[1])
	if _, err := id.Chain[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: chain[0].NotBefore, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}); err != nil {
		t.Errorf("the chain: %v", err)
	}
	signs(t, id.Key, chain[0])

	// What another library of Go makes of it.
	other, own, above, err := gopkcs12.DecodeChain(file, phrase)
	if err != nil {
		t.Fatal(err)
	}
	if !other.(*ecdsa.PrivateKey).PublicKey.Equal(key.Public()) || !own.Equal(chain[0]) || len(above) != 2 {
		t.Error("another library finds something else")
	}
}

// signs proves that a key is the one of a certificate, through the interface that TLS uses.
func signs(t *testing.T, key Key, own *x509.Certificate) {
	t.Helper()
	signer := tls.Certificate{PrivateKey: key}.PrivateKey.(crypto.Signer)
	digest := sha256.Sum256([]byte("a challenge"))
	signature, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil || !ecdsa.VerifyASN1(own.PublicKey.(*ecdsa.PublicKey), digest[:], signature) {
		t.Errorf("the key does not sign for the certificate: %v", err)
	}
}

func TestAFileIsReviewedWithoutAnybodyElse(t *testing.T) {
	out, _, chain := file(t, tim, phrase)
	v, err := ReviewFile(out, seal(t, phrase))
	if err != nil {
		t.Fatal(err)
	}
	if v.Subject != tim || !v.NotBefore.Equal(chain[0].NotBefore) || v.NotAfter.Year() != 2029 ||
		!slices.Equal(v.Issuers, []string{"Test Users", "Test Root"}) ||
		v.Fingerprint != sha256.Sum256(chain[0].Raw) || v.Root != sha256.Sum256(chain[2].Raw) ||
		v.Serial != hex.EncodeToString(chain[0].SerialNumber.Bytes()) && v.Serial != chain[0].SerialNumber.Text(16) {
		t.Error("the review says something else than the certificate")
	}
}

func TestAFileAndItsPasswordEndWithTheirSessions(t *testing.T) {
	key, chain := registered(t, tim)
	s := sealed.Open(t.Context())
	password, err := s.Seal("password", []byte(phrase))
	if err != nil {
		t.Fatal(err)
	}
	out, err := maker{few}.make(key, chain, password)
	if err != nil {
		t.Fatal(err)
	}
	id, err := opener{few}.open(s, out, password)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := id.Key.Sign(rand.Reader, make([]byte, 32), crypto.SHA256); !errors.Is(err, sealed.ErrClosed) {
		t.Errorf("a key of a closed session signs: %v", err)
	}
	if _, err := (maker{few}).make(id.Key, chain, seal(t, phrase)); !errors.Is(err, sealed.ErrClosed) {
		t.Errorf("a file is made of it: %v", err)
	}
	if _, err := (opener{few}).open(sealed.Open(t.Context()), out, password); !errors.Is(err, ErrIntegrity) {
		t.Errorf("a password that is gone: %v", err)
	}
}

func TestAnOpenedKeyMakesTheNextFile(t *testing.T) {
	out, key, chain := file(t, tim, phrase)
	id, err := opened(t, out, phrase)
	if err != nil {
		t.Fatal(err)
	}
	again, err := maker{few}.make(id.Key, id.Chain, seal(t, "another password"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := opened(t, again, phrase); !errors.Is(err, ErrIntegrity) {
		t.Errorf("the old password opens the new file: %v", err)
	}
	id, err = opened(t, again, "another password")
	if err != nil || !id.Key.public.Equal(key.Public()) || !id.Chain[0].Equal(chain[0]) {
		t.Errorf("the new file: %v", err)
	}
}

func TestAPasswordIsComposedTheSameWayEachTime(t *testing.T) {
	out, _, _ := file(t, tim, "se\u0301same ouvre-toi") // e and an accent
	if _, err := opened(t, out, "s\u00e9same ouvre-toi"); err != nil {
		t.Errorf("composed: %v", err)
	}
	if _, err := opened(t, out, "sesame ouvre-toi"); !errors.Is(err, ErrIntegrity) {
		t.Errorf("without the accent: %v", err)
	}
}

func TestAFileIsMadeOnlyOfWhatBelongsTogether(t *testing.T) {
	key, chain := registered(t, tim)
	other, foreign := registered(t, tim)
	for name, c := range map[string]struct {
		key   Key
		chain []*x509.Certificate
		pass  string
	}{
		"no certificate":        {key, nil, phrase},
		"no chain":              {key, chain[:1], phrase},
		"no root":               {key, chain[:2], phrase},
		"another root":          {key, []*x509.Certificate{chain[0], chain[1], foreign[2]}, phrase},
		"wrong order":           {key, []*x509.Certificate{chain[0], chain[2], chain[1]}, phrase},
		"another key":           {other, chain, phrase},
		"an authority":          {key, chain[1:], phrase},
		"no password":           {key, chain, ""},
		"a line as password":    {key, chain, "one\ntwo"},
		"no text as password":   {key, chain, "\xff\xfe"},
		"a very long password":  {key, chain, strings.Repeat("x", MaxPassword+1)},
		"more than eight above": {key, append(chain[:2:2], slices.Repeat(chain[2:], 7)...), phrase},
	} {
		if out, err := (maker{few}).make(c.key, c.chain, seal(t, c.pass)); err == nil || out != nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// Vectors: RFC 7914, section 11, for PBKDF2; crypto/pbkdf2 for all others.
func TestDerivationsAreThoseOfTheStandards(t *testing.T) {
	derive := func(password string, f func(*room, digest)) (key [keyLen]byte) {
		if err := work(seal(t, password), func(r *room, h digest) error { f(r, h); key = r.key; return nil }); err != nil {
			t.Fatal(err)
		}
		return key
	}
	want, _ := hex.DecodeString("55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc")
	if got := derive("passwd", func(r *room, h digest) { r.pbkdf2(h, []byte("salt"), 1) }); string(got[:]) != string(want) {
		t.Errorf("PBKDF2 of RFC 7914: %x", got)
	}
	rapid.Check(t, func(r *rapid.T) {
		password := rapid.StringMatching(`[ -~]{1,200}`).Draw(r, "password")
		salt := rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(r, "salt")
		n := rapid.IntRange(1, 5).Draw(r, "iterations")
		got := derive(password, func(r *room, h digest) { r.pbkdf2(h, salt, n) })
		want, err := pbkdf2.Key(sha256.New, password, salt, n, keyLen)
		if err != nil || string(got[:]) != string(want) {
			r.Fatalf("PBKDF2 differs: %v", err)
		}
	})
}
