// Package pkitest is a small certificate authority for tests: a root, one authority below
// it, and certificates for users. Only tests and the programs of e2e/ import it.
package pkitest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"time"

	"github.com/habeas-data/habeas/internal/pki/request"
)

// Authority signs certificates. Its keys are on P-256. It is safe for concurrent use.
type Authority struct {
	root, issuer *x509.Certificate
	key          *ecdsa.PrivateKey // of the issuer
	now          time.Time
}

// New makes an authority whose certificates are valid from a time on.
func New(now time.Time) (*Authority, error) {
	a := &Authority{now: now.UTC().Truncate(time.Second)}
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	root := a.template("Test Root", 20)
	root.IsCA, root.KeyUsage = true, x509.KeyUsageCertSign
	if a.root, err = signed(root, root, &rootKey.PublicKey, rootKey); err != nil {
		return nil, err
	}
	issuer := a.template("Test Users", 10)
	issuer.IsCA, issuer.KeyUsage = true, x509.KeyUsageCertSign
	a.issuer, err = signed(issuer, a.root, &a.key.PublicKey, rootKey)
	return a, err
}

// Issue signs a certificate of three years for what a request asks, and returns it with its
// chain up to the root.
func (a *Authority) Issue(r request.Request) ([]*x509.Certificate, error) {
	name, err := r.Subject.DER()
	if err != nil {
		return nil, err
	}
	user := a.template("", 3)
	user.RawSubject = name
	user.KeyUsage = x509.KeyUsageDigitalSignature
	user.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	user.EmailAddresses = []string{r.Subject.Email}
	own, err := signed(user, a.issuer, r.Key, a.key)
	return []*x509.Certificate{own, a.issuer, a.root}, err
}

// IssueServer makes a key and a certificate for a TLS server on this machine.
func (a *Authority) IssueServer() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	server := a.template("", 1)
	server.KeyUsage, server.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	server.IPAddresses, server.DNSNames = []net.IP{net.IPv4(127, 0, 0, 1)}, []string{"localhost"}
	own, err := signed(server, a.issuer, &key.PublicKey, a.key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{own.Raw, a.issuer.Raw}, PrivateKey: key}, nil
}

// Root is the certificate that everything leads to.
func (a *Authority) Root() *x509.Certificate { return a.root }

func (a *Authority) template(name string, years int) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)) // its source has no errors
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true,
		NotBefore: a.now, NotAfter: a.now.AddDate(years, 0, 0),
	}
}

func signed(template, parent *x509.Certificate, key *ecdsa.PublicKey, by *ecdsa.PrivateKey) (*x509.Certificate, error) {
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, key, by)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(raw)
}
