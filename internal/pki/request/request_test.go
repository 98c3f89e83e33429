package request_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/request"
)

var (
	tim = dn.Subject{
		Name: "Tim Okafor", Country: "GB", Organisation: "Harbour Arts Trust", Email: "tim@example.org", Username: "tim.okafor",
	}
	zoe = dn.Subject{Name: "Zoë 名前 O’Neill", Country: "IE", Email: "zoe@xn--bcher-kva.example", Username: "zoë 🌊"}
)

func newKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func made(t testing.TB, key crypto.Signer, who dn.Subject) []byte {
	t.Helper()
	raw, err := request.Make(key, who)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Proves REG-06.
func TestARequestSaysWhoAndWhichKey(t *testing.T) {
	for _, who := range []dn.Subject{tim, zoe} {
		key := newKey(t, elliptic.P256())
		raw := made(t, key, who)
		r, err := request.Parse(raw)
		if err != nil || r.Subject != who || !r.Key.Equal(key.Public()) {
			t.Fatalf("read back: %v", err)
		}
		other, err := x509.ParseCertificateRequest(raw) // by the standard library
		if err != nil || other.CheckSignature() != nil || other.Subject.CommonName != who.Name || len(other.Extensions) != 1 {
			t.Errorf("the standard library: %v", err)
		}
		if len(other.EmailAddresses) != 1 || other.EmailAddresses[0] != who.Email {
			t.Error("another address as alternative name")
		}
	}
}

func TestARequestIsNotMadeForANameThatDoesNotFit(t *testing.T) {
	who := tim
	who.Country = ""
	raw, err := request.Make(newKey(t, elliptic.P256()), who)
	var said *habeas.Error
	if raw != nil || !errors.As(err, &said) || said.Field != "country" || said.Kind != habeas.KindInvalid {
		t.Errorf("without a country: %v", err)
	}
}

func TestOnlyTheOneFormOfARequestIsRead(t *testing.T) {
	key := newKey(t, elliptic.P256())
	right := made(t, key, tim)
	if _, err := request.Make(newKey(t, elliptic.P384()), tim); err == nil {
		t.Error("a key on another curve signs")
	}
	name, err := tim.DER()
	if err != nil {
		t.Fatal(err)
	}
	authority, err := dn.OfAuthority("GB", "Harbour Arts Trust", "Root CA 1")
	if err != nil {
		t.Fatal(err)
	}
	foreign := func(key crypto.Signer, change func(*x509.CertificateRequest)) []byte {
		asked := &x509.CertificateRequest{RawSubject: name, EmailAddresses: []string{tim.Email}}
		change(asked)
		raw, err := x509.CreateCertificateRequest(rand.Reader, asked, key)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	if _, err := request.Parse(foreign(key, func(*x509.CertificateRequest) {})); err != nil {
		t.Errorf("the same by the standard library: %v", err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for what, raw := range map[string][]byte{
		"nothing":           nil,
		"trailing bytes":    append(bytes.Clone(right), 0),
		"too long":          append(bytes.Clone(right), make([]byte, request.MaxLen)...),
		"a flipped byte":    append(bytes.Clone(right[:len(right)-1]), right[len(right)-1]^1),
		"open lengths":      append(append([]byte{0x30, 0x80}, right[4:]...), 0, 0),
		"another curve":     foreign(newKey(t, elliptic.P384()), func(*x509.CertificateRequest) {}),
		"another algorithm": foreign(edwards, func(*x509.CertificateRequest) {}),
		"another hash":      foreign(key, func(r *x509.CertificateRequest) { r.SignatureAlgorithm = x509.ECDSAWithSHA512 }),
		"no extension":      foreign(key, func(r *x509.CertificateRequest) { r.EmailAddresses = nil }),
		"another address":   foreign(key, func(r *x509.CertificateRequest) { r.EmailAddresses[0] = "eve@example.org" }),
		"two addresses":     foreign(key, func(r *x509.CertificateRequest) { r.EmailAddresses = append(r.EmailAddresses, "eve@example.org") }),
		"a host":            foreign(key, func(r *x509.CertificateRequest) { r.DNSNames = []string{"example.org"} }),
		"another extension": foreign(key, func(r *x509.CertificateRequest) {
			r.ExtraExtensions = []pkix.Extension{{Id: []int{2, 5, 29, 19}, Value: []byte{0x30, 3, 1, 1, 255}}}
		}),
		"an authority": foreign(key, func(r *x509.CertificateRequest) { r.RawSubject = authority }),
		"another name": foreign(key, func(r *x509.CertificateRequest) { r.RawSubject = nil; r.Subject = pkix.Name{CommonName: "Tim Okafor"} }),
		"an attribute": foreign(key, func(r *x509.CertificateRequest) {
			r.Attributes = []pkix.AttributeTypeAndValueSET{{Type: []int{1, 2, 840, 113549, 1, 9, 7}, Value: [][]pkix.AttributeTypeAndValue{{{Type: []int{1, 2}, Value: "x"}}}}} //nolint:staticcheck // deprecated, and just what is refused
		}),
	} {
		if r, err := request.Parse(raw); err == nil || r.Key != nil || r.Subject != (dn.Subject{}) {
			t.Errorf("%s: %v", what, err)
		} else if k := habeas.KindOf(err); k != habeas.KindInvalid && k != habeas.KindTooLarge {
			t.Errorf("%s: kind %v", what, k)
		}
	}
	for at := range right {
		bad := bytes.Clone(right)
		bad[at] ^= 0x10
		if _, err := request.Parse(bad); err == nil {
			t.Errorf("byte %d flipped: no error", at)
		}
	}
}

func FuzzRequest(f *testing.F) {
	key := newKey(f, elliptic.P256())
	f.Add(made(f, key, tim))
	f.Add(made(f, key, zoe))
	f.Add([]byte{0x30, 0x80, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := request.Parse(raw)
		if err != nil {
			if r.Key != nil {
				t.Error("an error and a key")
			}
			return
		}
		other, err := x509.ParseCertificateRequest(raw)
		if err != nil || other.CheckSignature() != nil || r.Subject.Check() != nil {
			t.Errorf("the standard library refuses it: %v", err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	raw := made(b, newKey(b, elliptic.P256()), tim)
	for b.Loop() {
		if _, err := request.Parse(raw); err != nil {
			b.Fatal(err)
		}
	}
}
