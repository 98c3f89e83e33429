// Package certs keeps the server's certificate: read from files and read again when
// they change, or fetched from a certificate authority by ACME.
package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/habeas-data/habeas"
)

// lookEvery is how often files are looked at. Whoever wants it sooner asks for [Files.Reload].
const lookEvery = 10 * time.Second

// Files is a certificate with its chain and key in two PEM files. A renewed pair is
// taken into use without a restart; a pair that does not fit together, as happens in
// the middle of a renewal, or that has expired, leaves the one before in use. It is
// safe for concurrent use.
type Files struct {
	cert, key string
	clock     habeas.Clock
	log       *slog.Logger

	now  atomic.Pointer[tls.Certificate]
	seen stamp // of Keep's goroutine, after Open
}

// stamp tells whether files changed.
type stamp struct {
	cert, key time.Time
	sizes     int64
}

// Open reads the pair and refuses one that is broken, expired or not good yet: nobody
// could reach the server with it. host is the name that people ask for; a certificate
// for other names is refused too.
func Open(cert, key, host string, clock habeas.Clock, log *slog.Logger) (*Files, error) {
	f := &Files{cert: cert, key: key, clock: clock, log: log}
	seen, err := f.stamp()
	if err != nil {
		return nil, err
	}
	pair, err := f.read()
	if err != nil {
		return nil, err
	}
	if err := pair.Leaf.VerifyHostname(host); err != nil {
		return nil, habeas.Invalid("tls_cert", "The certificate is for another name than public_url. Get one for that name, or mend public_url.").WithCode("tls.name").WithCause(err)
	}
	f.now.Store(pair)
	f.seen = seen
	return f, nil
}

// read returns the pair if it can be used now.
func (f *Files) read() (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, habeas.Invalid("tls_cert", "The files tls_cert and tls_key cannot be used together: {reason}.").WithCode("tls.files").With("reason", err.Error())
	}
	if pair.Leaf == nil { // GODEBUG=x509keypairleaf=0
		if pair.Leaf, err = x509.ParseCertificate(pair.Certificate[0]); err != nil {
			return nil, err
		}
	}
	now := f.clock.Now()
	switch {
	case now.After(pair.Leaf.NotAfter):
		return nil, habeas.Invalid("tls_cert", "The certificate expired on {day}. Renew it, then start again.").
			WithCode("tls.expired").With("day", pair.Leaf.NotAfter.UTC().Format(time.DateOnly))
	case now.Before(pair.Leaf.NotBefore):
		return nil, habeas.Invalid("tls_cert", "The certificate is good from {day} only. Is the clock of this machine right?").
			WithCode("tls.not-yet").With("day", pair.Leaf.NotBefore.UTC().Format(time.DateOnly))
	}
	return &pair, nil
}

func (f *Files) stamp() (stamp, error) {
	cert, err := os.Stat(f.cert)
	if err != nil {
		return stamp{}, fmt.Errorf("tls_cert: %w", err)
	}
	key, err := os.Stat(f.key)
	if err != nil {
		return stamp{}, fmt.Errorf("tls_key: %w", err)
	}
	return stamp{cert.ModTime(), key.ModTime(), cert.Size()<<20 + key.Size()}, nil
}

// Reload reads the pair again. On failure the one before stays in use.
func (f *Files) Reload() error {
	pair, err := f.read()
	if err != nil {
		return err
	}
	f.now.Store(pair)
	return nil
}

// Keep reads the pair again whenever its files have changed, until ctx ends.
func (f *Files) Keep(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f.look()
		}
	}
}

// look is one turn of Keep. A pair that cannot be used is tried again at the next change.
func (f *Files) look() {
	seen, err := f.stamp()
	if err == nil && seen == f.seen {
		return
	}
	if err == nil {
		f.seen = seen
		err = f.Reload()
	}
	var e *habeas.Error
	switch {
	case err == nil:
		f.log.Info("the certificate was read again", "ends", f.End().Format(time.DateOnly))
	case errors.As(err, &e):
		f.log.Error("the new certificate is not used; the one before stays", "reason", e.Text())
	default:
		f.log.Error("the new certificate is not used; the one before stays", "reason", err)
	}
}

// End returns when the certificate in use expires.
func (f *Files) End() time.Time { return f.now.Load().Leaf.NotAfter }

// Config returns how to serve with it: TLS 1.2 and newer, HTTP/2 and HTTP/1.1.
func (f *Files) Config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return f.now.Load(), nil
		},
	}
}
