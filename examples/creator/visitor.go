package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/habeas-data/habeas/internal/pki/dn"
)

// visitors is the TLS of the site. A certificate is taken if it leads to the Project's root, is
// for clients and counts today; any other ends the connection, whatever name stands in it
// (AUTH-05). Without one the site is open to be read and to register. No session is resumed, so
// each connection is verified.
func (o *office) visitors(shown tls.Certificate) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{shown}, SessionTicketsDisabled: true,
		ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: pool(o.authorities...),
	}
}

// visitor is somebody whose certificate counts at this moment.
type visitor struct {
	dn.Subject
	certificate *x509.Certificate
}

var (
	errNoVisitor = errors.New("nobody has shown a certificate")
	errRevoked   = errors.New("this certificate does not count any more")
	errState     = errors.New("whether this certificate was revoked cannot be told just now")
)

// visitor tells who is at the other end, and asks the authority at each request whether the
// certificate still counts: a connection may outlive it. Errors: those above.
func (s *site) visitor(r *http.Request) (*visitor, error) {
	if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
		return nil, errNoVisitor
	}
	chain := r.TLS.VerifiedChains[0] // of two at least: authorities are no clients
	if len(chain) < 2 || chain[0].IsCA || time.Now().After(chain[0].NotAfter) {
		return nil, errRevoked
	}
	who, err := dn.Parse(chain[0].RawSubject)
	if err != nil {
		return nil, errRevoked
	}
	if err := s.counts(r.Context(), chain[0], chain[1]); err != nil {
		return nil, err
	}
	return &visitor{who, chain[0]}, nil
}

// counts asks the responder that the certificate names, once that certificate was verified
// (RFC 6960). No answer, or one that nobody signed who may, is not taken for a yes.
func (s *site) counts(ctx context.Context, cert, issuer *x509.Certificate) error {
	if len(cert.OCSPServer) == 0 {
		return errState
	}
	question, err := ocsp.CreateRequest(cert, issuer, &ocsp.RequestOptions{Hash: crypto.SHA256})
	if err != nil {
		return errState
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, cert.OCSPServer[0], bytes.NewReader(question))
	if err != nil {
		return errState
	}
	r.Header.Set("Content-Type", "application/ocsp-request")
	answer, err := s.public.Do(r)
	if err != nil {
		return errState
	}
	defer answer.Body.Close()
	der, err := io.ReadAll(io.LimitReader(answer.Body, 16<<10))
	if err != nil {
		return errState
	}
	said, err := ocsp.ParseResponseForCert(der, cert, issuer)
	now := time.Now()
	switch {
	case err != nil, !mayAnswer(said), now.Before(said.ThisUpdate.Add(-time.Minute)), now.After(said.NextUpdate):
		return errState
	case said.Status != ocsp.Good:
		return errRevoked
	}
	return nil
}

// mayAnswer refuses answers that another holder of a certificate has signed (RFC 6960, 4.2.2.2):
// only the issuer answers, and whom it has certified for that.
func mayAnswer(said *ocsp.Response) bool {
	return said.Certificate == nil || slices.Contains(said.Certificate.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning)
}
