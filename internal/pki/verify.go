package pki

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pki/dn"
)

// Revocations tells whether a certificate has been revoked, as of now: what an earlier call
// said may be held by nobody. An error refuses the certificate.
type Revocations interface {
	IsRevoked(authority Kind, serial Serial) (bool, error)
}

// Issuers are the generations of the identity CA that are neither retired nor revoked, as of now.
type Issuers func() ([]*Authority, error)

// certificates are those of the issuers. Another authority among them, which must not make
// people, is a mistake of the caller.
func (is Issuers) certificates() ([]*x509.Certificate, error) {
	all, err := is()
	if err != nil {
		return nil, unknownState(err)
	}
	certs := make([]*x509.Certificate, len(all))
	for i, a := range all {
		if a.kind != Identity {
			return nil, errRole
		}
		certs[i] = a.cert
	}
	return certs, nil
}

// Verifier decides which client certificates open a connection, and keep it open.
type Verifier struct {
	issuers     Issuers
	revocations Revocations
	clock       habeas.Clock
}

// NewVerifier accepts certificates that one of these issuers has issued, and no others.
func NewVerifier(issuers Issuers, revocations Revocations, clock habeas.Clock) *Verifier {
	return &Verifier{issuers: issuers, revocations: revocations, clock: clock}
}

// Client is who a verified certificate is about.
type Client struct {
	Subject     dn.Subject
	Serial      Serial
	Certificate *x509.Certificate

	issuer *x509.Certificate
}

// VerifyClient checks what a client has shown, its own certificate first; whatever else it
// shows is not looked at, because the issuer is known here. Nothing that a certificate names
// is fetched. Errors: those named Err… above, Unavailable if nobody knows whether it was
// revoked.
func (v *Verifier) VerifyClient(chain []*x509.Certificate) (Client, error) {
	if len(chain) == 0 {
		return Client{}, ErrNoCertificate
	}
	cert := chain[0]
	// The signature first: of a certificate that others made nothing is believed.
	issuers, err := v.issuers.certificates()
	if err != nil {
		return Client{}, err
	}
	at := slices.IndexFunc(issuers, func(ca *x509.Certificate) bool {
		return bytes.Equal(cert.RawIssuer, ca.RawSubject) && ca.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature) == nil
	})
	if at < 0 {
		return Client{}, ErrUnknownIssuer
	}
	serial, ok := SerialOf(cert.SerialNumber)
	who, err := dn.Parse(cert.RawSubject)
	if !ok || err != nil || cert.IsCA || len(cert.UnhandledCriticalExtensions) > 0 ||
		cert.KeyUsage != x509.KeyUsageDigitalSignature ||
		!slices.Equal(cert.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}) || len(cert.UnknownExtKeyUsage) > 0 {
		return Client{}, ErrWrongUse
	}
	c := Client{Subject: who, Serial: serial, Certificate: cert, issuer: issuers[at]}
	return c, v.stands(c)
}

// Recheck tells whether a client that was verified is still welcome. It is cheap, and is
// called at each request: a connection may outlive the certificate that opened it.
func (v *Verifier) Recheck(c Client) error {
	issuers, err := v.issuers.certificates()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(issuers, c.issuer.Equal) {
		return ErrUnknownIssuer
	}
	return v.stands(c)
}

// stands asks the clock, and what became of the certificate.
func (v *Verifier) stands(c Client) error {
	now := v.clock.Now()
	for _, cert := range []*x509.Certificate{c.Certificate, c.issuer} {
		switch {
		case now.Before(cert.NotBefore):
			return ErrNotYetValid
		case now.After(cert.NotAfter):
			return ErrExpired
		}
	}
	switch revoked, err := v.revocations.IsRevoked(Identity, c.Serial); {
	case err != nil:
		return unknownState(err)
	case revoked:
		return ErrRevoked
	}
	return nil
}

func unknownState(err error) error {
	return habeas.Unavailable("Whether this certificate was revoked cannot be told just now. Try again in a moment.").
		WithCode("certificate.state").WithCause(err)
}

// ServerConfig is the TLS of the port for people with certificates: TLS 1.3 only, in which
// nobody on the way sees a client's certificate; a certificate is wanted and verified in
// full, on resumed connections too. certificate returns the server's own. The caller adds
// Offered for each connection.
func (v *Verifier) ServerConfig(certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS13,
		GetCertificate: certificate,
		ClientAuth:     tls.RequireAnyClientCert, // VerifyConnection verifies
		Time:           func() time.Time { return v.clock.Now() },
		NextProtos:     []string{"h2", "http/1.1"},
		VerifyConnection: func(s tls.ConnectionState) error {
			_, err := v.VerifyClient(s.PeerCertificates)
			return err
		},
	}
}

// Offered are the authorities of which browsers are to offer certificates, now.
func (v *Verifier) Offered() (*x509.CertPool, error) {
	issuers, err := v.issuers.certificates()
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	for _, ca := range issuers {
		pool.AddCert(ca)
	}
	return pool, nil
}
