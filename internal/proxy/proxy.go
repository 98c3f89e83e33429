// Package proxy is the local agent of a registered person (ENT-40, PRX-01 to PRX-03): it holds
// the key of their registration file in sealed memory, and lets programs of the same machine
// reach the server as that person, over mutual TLS.
//
//	program ──plain HTTP on loopback, bearer token──► proxy ──TLS 1.3, both sides known──► server
//
// # What it refuses
//
//   - a server that is reached without TLS, or whose certificate does not lead to the root in
//     the person's own file (AUTH-06);
//   - to listen where another machine could connect;
//   - callers without the token of this run, so other users of the machine get nothing;
//   - pages of the web: a request with another Host, or that a browser made for a page, ends
//     here, whatever name an attacker's DNS gives to 127.0.0.1.
//
// # What it keeps
//
// Nothing. No cookie passes in either direction, nothing is written to a file, TLS sessions are
// not kept, and the key ends with the [sealed.Session] that it lies in.
package proxy

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/regfile"
)

// Limits of a run.
const (
	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	stopTime   = 5 * time.Second
	maxHeader  = 32 << 10
)

// IdentityPath is where a local program asks as whom it calls. Every other path is the server's.
const IdentityPath = "/.habeas/identity"

// Config says as whom, where to, and where from.
type Config struct {
	Identity *regfile.Identity // opened; its session is the caller's to close
	Server   string            // "https://records.example.org:8443": where certificates are asked for
	Listen   string            // loopback address and port; empty: a free port of 127.0.0.1
	Clock    habeas.Clock
	Log      *slog.Logger // of what fails; it names nobody
}

var (
	errServer = habeas.Invalid("server", "Expected the address of a server that begins with https://, without a path.").WithCode("proxy.server")
	errListen = habeas.Invalid("listen", "Expected an address of this machine only, such as 127.0.0.1:8600.").WithCode("proxy.listen")
	// ErrForeignServer: the certificate of the server does not lead to the root of the file.
	ErrForeignServer = habeas.Forbidden("The server has no certificate of the authority that issued your registration file. Nothing was sent to it.").WithCode("proxy.foreign")
	errAway          = habeas.Unavailable("The server cannot be reached.").WithCode("proxy.away")
	errToken         = (&habeas.Error{Kind: habeas.KindUnauthenticated, Message: "Expected the token that the proxy has printed, as a bearer token."}).WithCode("proxy.token")
	errPage          = habeas.Forbidden("Pages of the web cannot use the proxy, only programs of this machine.").WithCode("proxy.page")
)

// Proxy is one run. Its methods are safe for concurrent use.
type Proxy struct {
	cfg      Config
	server   *url.URL
	token    string
	listener net.Listener
	forward  *httputil.ReverseProxy
}

// New checks everything and begins to listen. Errors: those of the fields server and listen, and
// pki.ErrExpired or pki.ErrNotYetValid for the certificate in the file.
func New(cfg Config) (*Proxy, error) {
	p := &Proxy{cfg: cfg}
	var err error
	if p.server, err = url.Parse(cfg.Server); err != nil || p.server.Scheme != "https" || p.server.Host == "" ||
		p.server.User != nil || strings.Trim(p.server.Path, "/") != "" || p.server.RawQuery != "" {
		return nil, errServer
	}
	own, now := cfg.Identity.Chain[0], cfg.Clock.Now()
	switch {
	case now.After(own.NotAfter):
		return nil, pki.ErrExpired
	case now.Before(own.NotBefore):
		return nil, pki.ErrNotYetValid
	}
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	at, err := netip.ParseAddrPort(cfg.Listen)
	if err != nil || !at.Addr().IsLoopback() {
		return nil, errListen
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: crypto/rand aborts the program instead
	p.token = base64.RawURLEncoding.EncodeToString(raw)
	p.forward = &httputil.ReverseProxy{
		Rewrite: p.rewrite, ModifyResponse: p.answer, Transport: p.transport(), FlushInterval: -1,
		ErrorHandler: p.failed, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
	}
	p.listener, err = net.Listen("tcp", cfg.Listen)
	return p, err
}

// transport speaks TLS 1.3 with servers of the root in the file, and with no others.
func (p *Proxy) transport() *http.Transport {
	chain := p.cfg.Identity.Chain
	roots := x509.NewCertPool()
	roots.AddCert(chain[len(chain)-1])
	own := &tls.Certificate{PrivateKey: p.cfg.Identity.Key, Leaf: chain[0]}
	for _, c := range chain[:len(chain)-1] {
		own.Certificate = append(own.Certificate, c.Raw)
	}
	return &http.Transport{
		TLSClientConfig: &tls.Config{
			MinVersion: tls.VersionTLS13, RootCAs: roots, Time: p.cfg.Clock.Now,
			GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return own, nil },
		},
		ForceAttemptHTTP2: true, TLSHandshakeTimeout: headerTime, IdleConnTimeout: idleTime, MaxIdleConnsPerHost: 8,
		DisableCompression: true,
	}
}

// URL is where programs reach it.
func (p *Proxy) URL() string { return "http://" + p.listener.Addr().String() }

// Token is what programs of this machine show, as a bearer token. It ends with the run.
func (p *Proxy) Token() string { return p.token }

// Check reaches the server once, so that its user learns at the start what is wrong. Errors:
// ErrForeignServer, and one of kind Unavailable.
func (p *Proxy) Check(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, p.server.String()+"/", http.NoBody)
	if err != nil {
		return err
	}
	w, err := p.forward.Transport.RoundTrip(r)
	if err != nil {
		return explain(err)
	}
	return w.Body.Close()
}

// Run answers until ctx ends, then lets what is under way finish for some seconds.
func (p *Proxy) Run(ctx context.Context) error {
	srv := &http.Server{
		Handler: p, ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(p.listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	err := srv.Shutdown(grace)
	if err != nil {
		err = srv.Close()
	}
	p.forward.Transport.(*http.Transport).CloseIdleConnections()
	return err
}

// ServeHTTP lets a program of this machine through.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := p.admit(r); err != nil {
		refuse(w, err)
		return
	}
	if r.URL.Path == IdentityPath {
		p.identity(w)
		return
	}
	p.forward.ServeHTTP(w, r)
}

// admit refuses who is no program of this machine with the token of this run.
func (p *Proxy) admit(r *http.Request) *habeas.Error {
	for _, made := range []string{"Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode"} {
		if r.Header.Get(made) != "" {
			return errPage
		}
	}
	if r.Host != p.listener.Addr().String() {
		return errPage
	}
	shown, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer || subtle.ConstantTimeCompare([]byte(shown), []byte(p.token)) != 1 {
		return errToken
	}
	return nil
}

// rewrite makes the request that the server gets: of the program's headers, all but those that
// are the proxy's own or would say who somebody is.
func (p *Proxy) rewrite(r *httputil.ProxyRequest) {
	r.SetURL(p.server)
	for name := range r.Out.Header {
		switch lower := strings.ToLower(name); {
		case lower == "cookie", lower == "authorization", lower == "forwarded", strings.HasPrefix(lower, "x-forwarded-"),
			strings.HasPrefix(lower, "client-cert"), strings.HasPrefix(lower, "x-client-"), strings.HasPrefix(lower, "x-ssl-"):
			delete(r.Out.Header, name)
		}
	}
}

// answer takes cookies away, and leads ways to the server back through the proxy.
func (p *Proxy) answer(w *http.Response) error {
	w.Header.Del("Set-Cookie")
	w.Header.Del("Alt-Svc")
	if to, err := url.Parse(w.Header.Get("Location")); err == nil && to.Host == p.server.Host && to.Scheme == "https" {
		to.Scheme, to.Host = "", ""
		w.Header.Set("Location", to.String())
	}
	return nil
}

func (p *Proxy) failed(w http.ResponseWriter, r *http.Request, err error) {
	said := explain(err)
	if p.cfg.Log != nil && r.Context().Err() == nil {
		p.cfg.Log.Error("the server did not answer", "code", said.Code)
	}
	refuse(w, said)
}

// explain tells a server that is another one from a server that is away.
func explain(err error) *habeas.Error {
	var foreign *tls.CertificateVerificationError
	if errors.As(err, &foreign) {
		return ErrForeignServer.WithCause(err)
	}
	return errAway.WithCause(err)
}

// identity tells as whom the proxy calls: what is in the certificate.
func (p *Proxy) identity(w http.ResponseWriter) {
	v := p.cfg.Identity.Review()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(map[string]any{ // the reader has gone; there is nobody to tell
		"name": v.Subject.Name, "country": v.Subject.Country, "organisation": v.Subject.Organisation,
		"email": v.Subject.Email, "username": v.Subject.Username, "serial": v.Serial,
		"not_after": v.NotAfter.UTC().Format(time.RFC3339), "server": p.server.String(),
	})
}

// status are the answers of HTTP.
var status = map[habeas.ErrorKind]int{
	habeas.KindUnauthenticated: http.StatusUnauthorized,
	habeas.KindForbidden:       http.StatusForbidden,
	habeas.KindUnavailable:     http.StatusBadGateway,
}

func refuse(w http.ResponseWriter, e *habeas.Error) {
	code := status[e.Kind]
	if e.Code == ErrForeignServer.Code {
		code = http.StatusBadGateway
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	if code == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="habeas proxy"`)
	}
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"type": "/problems/" + e.Code, "title": e.Message, "status": code})
}
