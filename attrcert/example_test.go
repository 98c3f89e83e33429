package attrcert_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"log"
	"math/big"
	"time"

	"github.com/habeas-data/habeas/attrcert"
)

// An editor's role, from the authority that grants it to the server that asks for it.
func Example() {
	authority, authorityKey := selfSigned("Attribute Authority", 1)
	holder, _ := selfSigned("Clarence Leumane", 7)

	// The authority grants the role for as long as the holder's certificate lasts.
	der, err := attrcert.Create(&attrcert.AttributeCertificate{
		SerialNumber: big.NewInt(1001),
		Holder:       attrcert.Holder{EntityName: []attrcert.GeneralName{attrcert.DirectoryName(holder.RawSubject)}},
		Roles:        []attrcert.Role{{Name: attrcert.URIName("urn:example:role:editor")}},
		NoRevAvail:   true,
	}, holder, authority, authorityKey)
	if err != nil {
		log.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: attrcert.PEMType, Bytes: der})

	// The server has the holder's chain from the TLS handshake.
	block, _ := pem.Decode(text)
	ac, err := attrcert.Parse(block.Bytes)
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(authority)
	options := attrcert.VerifyOptions{
		HolderChain: []*x509.Certificate{holder},
		Issuers:     []*x509.Certificate{authority},
		Roots:       roots,
		CurrentTime: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC),
	}
	if err := ac.Verify(options); err != nil {
		log.Fatal(err)
	}
	fmt.Println(ac.Holder.EntityName[0], "may be", ac.Roles[0].Name)

	// The same person with another certificate.
	again, _ := selfSigned("Clarence Leumane", 8)
	options.HolderChain = []*x509.Certificate{again}
	var broken *attrcert.VerifyError
	if err := ac.Verify(options); errors.As(err, &broken) {
		fmt.Println(broken.Rule)
	}

	// Output:
	// CN=Clarence Leumane may be urn:example:role:editor
	// the certificate belongs to another holder
}

// A CRL of the attribute authority, looked up on verification.
func ExampleCheckCRLs() {
	authority, authorityKey := selfSigned("Attribute Authority", 1)
	holder, _ := selfSigned("Clarence Leumane", 7)
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

	der, err := attrcert.Create(&attrcert.AttributeCertificate{
		SerialNumber: big.NewInt(1001),
		Roles:        []attrcert.Role{{Name: attrcert.URIName("urn:example:role:editor")}},
	}, holder, authority, authorityKey)
	if err != nil {
		log.Fatal(err)
	}
	ac, err := attrcert.Parse(der)
	if err != nil {
		log.Fatal(err)
	}
	list, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number:     big.NewInt(1),
		ThisUpdate: noon.Add(-time.Hour),
		NextUpdate: noon.Add(time.Hour),
		RevokedCertificateEntries: []x509.RevocationListEntry{
			{SerialNumber: ac.SerialNumber, RevocationTime: noon.Add(-2 * time.Hour)},
		},
	}, authority, authorityKey)
	if err != nil {
		log.Fatal(err)
	}
	crl, err := x509.ParseRevocationList(list)
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(authority)
	fmt.Println(ac.Verify(attrcert.VerifyOptions{
		HolderChain: []*x509.Certificate{holder},
		Issuers:     []*x509.Certificate{authority},
		Roots:       roots,
		CurrentTime: noon,
		Revocation:  attrcert.CheckCRLs(crl),
	}))
	// Output:
	// attrcert: the certificate is revoked: revoked at 2026-07-01T10:00:00Z, reason 0
}

// selfSigned stands for the certificates that an authority of one's own would issue.
func selfSigned(name string, serial int64) (*x509.Certificate, ed25519.PrivateKey) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageCRLSign,
		SubjectKeyId: []byte(name),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		log.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		log.Fatal(err)
	}
	return cert, private
}
