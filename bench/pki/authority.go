package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/crypto/ocsp"
)

// authority is a root and one authority below it, on P-256 like ours, for the rivals.
type authority struct {
	root, issuer *x509.Certificate
	key          *ecdsa.PrivateKey // of the issuer
}

func newAuthority() (a authority, err error) {
	rootKey, err := newKey()
	if err != nil {
		return a, err
	}
	if a.key, err = newKey(); err != nil {
		return a, err
	}
	of := func(name string) *x509.Certificate {
		t := template(name)
		t.IsCA, t.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign|x509.KeyUsageDigitalSignature
		return t
	}
	root := of("Root")
	if a.root, err = signed(root, root, &rootKey.PublicKey, rootKey); err != nil {
		return a, err
	}
	a.issuer, err = signed(of("Users"), a.root, &a.key.PublicKey, rootKey)
	return a, err
}

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

func template(name string) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)) // its source has no errors
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true,
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
	}
}

func signed(t, parent *x509.Certificate, key *ecdsa.PublicKey, by *ecdsa.PrivateKey) (*x509.Certificate, error) {
	raw, err := x509.CreateCertificate(rand.Reader, t, parent, key, by)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(raw)
}

// end issues a certificate for a TLS server or client of this machine.
func (a authority) end(use x509.ExtKeyUsage) (tls.Certificate, error) {
	key, err := newKey()
	if err != nil {
		return tls.Certificate{}, err
	}
	t := template("Nora Quill")
	t.KeyUsage, t.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{use}
	t.DNSNames, t.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)}
	cert, err := signed(t, a.issuer, &key.PublicKey, a.key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{cert.Raw, a.issuer.Raw}, PrivateKey: key}, nil
}

// questions are OCSP requests about certificates of so many numbers.
func (a authority) questions(n int) (all [][]byte, serials []*big.Int, err error) {
	for range n {
		serial := template("").SerialNumber
		der, err := ocsp.CreateRequest(&x509.Certificate{SerialNumber: serial}, a.issuer, &ocsp.RequestOptions{Hash: hash})
		if err != nil {
			return nil, nil, err
		}
		all, serials = append(all, der), append(serials, serial)
	}
	return all, serials, nil
}

// requests are certificate requests of so many people, each with a key of their own.
func requests(n int) (all [][]byte, err error) {
	for range n {
		key, err := newKey()
		if err != nil {
			return nil, err
		}
		der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "Nora Quill"}}, key)
		if err != nil {
			return nil, err
		}
		all = append(all, der)
	}
	return all, nil
}

// write puts the certificates and the issuer's key into a directory, as PEM.
func (a authority) write(dir string) error {
	key, err := x509.MarshalECPrivateKey(a.key)
	if err != nil {
		return err
	}
	for name, b := range map[string]*pem.Block{
		"root.pem": {Type: "CERTIFICATE", Bytes: a.root.Raw}, "issuer.pem": {Type: "CERTIFICATE", Bytes: a.issuer.Raw},
		"issuer.key": {Type: "EC PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(b), 0o600); err != nil {
			return err
		}
	}
	return nil
}
