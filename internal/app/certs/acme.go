package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// Authority says where certificates come from (RFC 8555).
type Authority struct {
	Directory string         // its URL
	Roots     *x509.CertPool // to check it with; nil: the system's
	Email     string         // where it writes to
	Host      string         // the one name to ask for
	Cache     string         // directory for the account's and certificate's keys, made with mode 0700
}

// ACME fetches the certificate when somebody first asks, and renews it 30 days before
// its end. It is safe for concurrent use.
type ACME struct {
	m   *autocert.Manager
	end atomic.Int64 // Unix seconds; 0: none yet
}

// NewACME returns the fetcher. Whoever calls it has accepted the authority's terms.
func NewACME(a Authority) (*ACME, error) {
	if err := os.MkdirAll(a.Cache, 0o700); err != nil {
		return nil, err
	}
	if err := os.Chmod(a.Cache, 0o700); err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: a.Roots, MinVersion: tls.VersionTLS12}
	c := &ACME{}
	c.m = &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(a.Cache), HostPolicy: autocert.HostWhitelist(a.Host), Email: a.Email,
		Client: &acme.Client{DirectoryURL: a.Directory, HTTPClient: &http.Client{Transport: transport, Timeout: time.Minute}, UserAgent: "habeas"},
	}
	return c, nil
}

// Config returns how to serve: the certificate, and the TLS-ALPN-01 challenge (RFC 8737).
func (c *ACME) Config() *tls.Config {
	t := c.m.TLSConfig()
	t.MinVersion = tls.VersionTLS12
	get := t.GetCertificate
	t.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		cert, err := get(hello)
		if err == nil && cert.Leaf != nil && !challenged(hello) {
			c.end.Store(cert.Leaf.NotAfter.Unix())
		}
		return cert, err
	}
	return t
}

// challenged reports whether it is the authority that asks, about a challenge.
func challenged(hello *tls.ClientHelloInfo) bool {
	return len(hello.SupportedProtos) == 1 && hello.SupportedProtos[0] == acme.ALPNProto
}

// Handler answers HTTP-01 challenges and sends everybody else to https. Serve it at
// port 80 of the host.
func (c *ACME) Handler() http.Handler {
	answer := c.m.HTTPHandler(nil)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host, _, err := net.SplitHostPort(r.Host); err == nil {
			r.Host = host // autocert compares names only; behind a port mapping there is more
		}
		answer.ServeHTTP(w, r)
	})
}

// End returns when the certificate in use expires; zero before the first one.
func (c *ACME) End() time.Time {
	if s := c.end.Load(); s != 0 {
		return time.Unix(s, 0)
	}
	return time.Time{}
}

// Fetch gets the certificate now, so that the first visitor does not wait and a mistake
// shows in the log at once. It tries again until ctx ends.
func (c *ACME) Fetch(ctx context.Context, host string, log *slog.Logger) {
	wait := time.Minute
	hello := &tls.ClientHelloInfo{ServerName: host, SupportedProtos: []string{"h2", "http/1.1"}, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}
	for {
		cert, err := c.m.GetCertificate(hello)
		if err == nil {
			c.end.Store(cert.Leaf.NotAfter.Unix())
			log.Info("there is a certificate", "ends", cert.Leaf.NotAfter.UTC().Format(time.DateOnly))
			return
		}
		var problem *acme.Error
		if errors.As(err, &problem) {
			log.Error("no certificate yet; it is tried again", "problem", problem.ProblemType, "detail", problem.Detail)
		} else {
			log.Error("no certificate yet; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
			wait = min(2*wait, time.Hour)
		}
	}
}
