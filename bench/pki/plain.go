package main

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/habeas-data/habeas/internal/bench"
)

const hash = crypto.SHA256 // in OCSP requests

// plain is what the standard library does in a few lines: it keeps nothing, asks nothing, and
// witnesses nothing. Nothing that does more in Go can be much faster.
type plain struct {
	authority
	mu   sync.Mutex
	kept map[string][]byte // OCSP answers by question; nil: none are kept
}

// measurePlain measures it.
func measurePlain(ctx context.Context, o options) (r bench.PKI, err error) {
	a, err := newAuthority()
	if err != nil {
		return r, err
	}
	p := &plain{authority: a}
	if r.Issue, err = p.issue(ctx, o); err != nil {
		return r, err
	}
	if r.Handshakes, err = p.handshakes(ctx, o); err != nil {
		return r, err
	}
	questions, _, err := a.questions(o.people)
	if err != nil {
		return r, err
	}
	srv := httptest.NewServer(http.HandlerFunc(p.respond))
	defer srv.Close()
	p.kept = map[string][]byte{}
	asked := bench.Pressure{Request: bench.Questions(srv.URL, questions, false), Callers: o.callers, For: longest, Want: http.StatusOK}
	if r.OCSPSigned, err = bench.Press(ctx, asked); err != nil {
		return r, err
	}
	asked.Request, asked.For = bench.Questions(srv.URL, questions, true), o.length
	r.OCSPKept, err = bench.Press(ctx, asked)
	return r, err
}

func (p *plain) issue(ctx context.Context, o options) (bench.Load, error) {
	asking, err := requests(o.people)
	if err != nil {
		return bench.Load{}, err
	}
	own, err := p.end(x509.ExtKeyUsageServerAuth)
	if err != nil {
		return bench.Load{}, err
	}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		der, err := io.ReadAll(r.Body)
		var asked *x509.CertificateRequest
		if err == nil {
			asked, err = x509.ParseCertificateRequest(der)
		}
		if err == nil {
			err = asked.CheckSignature()
		}
		var cert *x509.Certificate
		if err == nil {
			t := template("")
			t.Subject, t.KeyUsage, t.ExtKeyUsage = asked.Subject, x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
			der, err = x509.CreateCertificate(nil, t, p.issuer, asked.PublicKey, p.key)
		}
		if err == nil {
			cert, err = x509.ParseCertificate(der)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = pem.Encode(w, &pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	}))
	srv.TLS = &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{own}}
	srv.StartTLS()
	defer srv.Close()
	return bench.Press(ctx, bench.Pressure{Request: bench.Questions(srv.URL, asking, false), Callers: o.callers, For: longest, Want: http.StatusOK, TLS: &tls.Config{InsecureSkipVerify: true}})
}

func (p *plain) handshakes(ctx context.Context, o options) (bench.Load, error) {
	own, err := p.end(x509.ExtKeyUsageServerAuth)
	if err != nil {
		return bench.Load{}, err
	}
	shown, err := p.end(x509.ExtKeyUsageClientAuth)
	if err != nil {
		return bench.Load{}, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return bench.Load{}, err
	}
	defer l.Close()
	roots := x509.NewCertPool()
	roots.AddCert(p.root)
	go bench.Shake(l, &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{own}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: roots})
	return bench.Handshakes(ctx, l.Addr().String(), &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{shown}}, o.callers, o.length)
}

// respond says of every certificate that it is good.
func (p *plain) respond(w http.ResponseWriter, r *http.Request) {
	question, err := io.ReadAll(r.Body)
	p.mu.Lock()
	answer := p.kept[string(question)]
	p.mu.Unlock()
	if answer == nil && err == nil {
		var asked *ocsp.Request
		if asked, err = ocsp.ParseRequest(question); err == nil {
			now := time.Now()
			answer, err = ocsp.CreateResponse(p.issuer, p.issuer, ocsp.Response{
				Status: ocsp.Good, SerialNumber: asked.SerialNumber, IssuerHash: hash, ThisUpdate: now, NextUpdate: now.Add(time.Hour),
			}, p.key)
		}
		p.mu.Lock()
		p.kept[string(question)] = answer
		p.mu.Unlock()
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/ocsp-response")
	_, _ = w.Write(answer)
}
