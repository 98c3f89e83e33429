package regfile

import (
	"crypto/x509"
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/pkitest"
	"github.com/habeas-data/habeas/internal/pki/request"
	"github.com/habeas-data/habeas/sealed"
)

// few is how often tests iterate where it does not matter. Two, so that the loops run.
const few = 2

var tim = dn.Subject{
	Name: "Tim Okafor", Country: "GB", Organisation: "Harbour Arts Trust", Email: "tim@example.org", Username: "tim.okafor",
}

const phrase = "correct horse battery"

// seal is a password as callers have it.
func seal(t testing.TB, text string) sealed.Value {
	t.Helper()
	s := sealed.Open(t.Context())
	v, err := s.Seal("password", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// registered is a user with a key and a certificate.
func registered(t testing.TB, who dn.Subject) (Key, []*x509.Certificate) {
	t.Helper()
	authority, err := pkitest.New(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	key, err := NewKey(sealed.Open(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	asked, err := request.Make(key, who)
	if err != nil {
		t.Fatal(err)
	}
	read, err := request.Parse(asked)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := authority.Issue(read)
	if err != nil {
		t.Fatal(err)
	}
	return key, chain
}

// file is a registration file of few iterations, and what is in it.
func file(t testing.TB, who dn.Subject, password string) ([]byte, Key, []*x509.Certificate) {
	t.Helper()
	key, chain := registered(t, who)
	out, err := maker{few}.make(key, chain, seal(t, password))
	if err != nil {
		t.Fatal(err)
	}
	return out, key, chain
}

// opened opens a file as Open does, with few iterations for what cannot be read.
func opened(t testing.TB, file []byte, password string) (*Identity, error) {
	t.Helper()
	return opener{few}.open(sealed.Open(t.Context()), file, seal(t, password))
}
