package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/api"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/web/port"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// What a connection to the port for certificates may take.
const (
	handshakeTime = 10 * time.Second // a phone in a tunnel needs less
	maxVisitors   = 4096             // connections at a time
	// A network whose certificates are refused is let in again at this pace, per second, after
	// a first burst: each refusal is a line in the ledger.
	refusedRate, refusedBurst = 0.2, 20
)

// Port is the port at which people show the certificate of their registration: TLS 1.3, a
// certificate of ours wanted, and its state asked at each request.
type Port struct {
	server   *Server
	verifier *pki.Verifier
	failures *edge.Failures
	refused  *edge.Buckets // networks whose certificates were refused
	certify  func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	visitors atomic.Int64
	// HandshakeTime bounds a handshake, and the reading of a request's head.
	HandshakeTime time.Duration
}

// NewPort makes it. certify returns the certificate of the port itself; nil: one of our own
// authority. The identity authority is made if it is not there yet.
func (s *Server) NewPort(ctx context.Context, certify func(*tls.ClientHelloInfo) (*tls.Certificate, error)) (*Port, error) {
	if _, err := s.Certificates.Authorities.Get(ctx, pki.Identity); err != nil {
		return nil, err
	}
	verifier := s.Certificates.Authorities.Verifier()
	if certify == nil {
		own := &ownCertificate{server: s}
		if _, err := own.get(nil); err != nil {
			return nil, err
		}
		certify = own.get
	}
	return &Port{
		server: s, verifier: verifier, certify: certify, HandshakeTime: handshakeTime,
		refused: edge.NewBuckets(s.Clock, refusedRate, refusedBurst, 100_000),
	}, nil
}

// Serve answers on l until the returned server is closed.
func (p *Port) Serve(l net.Listener) (*http.Server, <-chan error, error) {
	h, err := p.handler()
	if err != nil {
		return nil, nil, err
	}
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: p.HandshakeTime, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(p.server.Log.Handler(), slog.LevelDebug),
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, callerKey{}, &caller{})
		},
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(tls.NewListener(gate{l, p}, p.config())) }()
	return srv, failed, nil
}

// config is the verifier's, which tells us whom it refuses.
func (p *Port) config() *tls.Config {
	base := p.verifier.ServerConfig(p.certify)
	base.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		c, from := base.Clone(), networkOf(hello.Conn.RemoteAddr()) // session tickets stay those of base
		var err error
		if c.ClientCAs, err = p.verifier.Offered(); err != nil {
			return nil, err
		}
		verify := c.VerifyConnection
		c.VerifyConnection = func(s tls.ConnectionState) error {
			err := verify(s)
			if err != nil {
				p.refused.Take(hello.Context(), from, 1)
				ctx := hello.Context()
				if at, addrErr := netip.ParseAddrPort(hello.Conn.RemoteAddr().String()); addrErr == nil {
					ctx = audit.WithOrigin(ctx, at.Addr().Unmap())
				}
				_ = p.witness(ctx, s.PeerCertificates, err) // it is refused whatever the ledger does
			}
			return err
		}
		return c, nil
	}
	return base
}

// witness writes down that a certificate was refused: whose it is only when it is one of ours.
// A client that goes away meanwhile does not keep it from the ledger.
func (p *Port) witness(ctx context.Context, shown []*x509.Certificate, err error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handshakeTime)
	defer cancel()
	var holder *pki.Serial
	if len(shown) > 0 && !errors.Is(err, pki.ErrUnknownIssuer) {
		if serial, ok := pki.SerialOf(shown[0].SerialNumber); ok {
			holder = &serial
		}
	}
	return p.server.Accounts.CertificateRefused(ctx, holder, err)
}

// gate lets in no more connections than the port can bear, and none from networks whose
// certificates were refused too often.
type gate struct {
	net.Listener
	port *Port
}

// Accept implements net.Listener.
func (g gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if g.port.visitors.Load() >= maxVisitors || g.port.refused.Left(networkOf(c.RemoteAddr())) < 1 {
			_ = c.Close()
			continue
		}
		g.port.visitors.Add(1)
		return &counted{Conn: c, leave: sync.OnceFunc(func() { g.port.visitors.Add(-1) })}, nil
	}
}

// counted is a connection that counts until it is closed.
type counted struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *counted) Close() error {
	c.leave()
	return c.Conn.Close()
}

// networkOf is under what a client is counted: an address, or the /64 network of IPv6.
func networkOf(a net.Addr) string {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return ""
	}
	ip := at.Addr().Unmap().WithZone("")
	if ip.Is6() {
		if prefix, err := ip.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return ip.String()
}

// caller is who is at the other end of a connection, once that was verified.
type caller struct {
	mu     sync.Mutex
	client pki.Client
	known  bool
}

type callerKey struct{}

// client verifies who asks: in full at the first request of a connection, and whether they are
// still welcome at each.
func (p *Port) client(r *http.Request) (pki.Client, error) {
	v, ok := r.Context().Value(callerKey{}).(*caller)
	if !ok || r.TLS == nil {
		return pki.Client{}, pki.ErrNoCertificate
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.known {
		return v.client, p.verifier.Recheck(v.client)
	}
	c, err := p.verifier.VerifyClient(r.TLS.PeerCertificates)
	if err == nil {
		v.client, v.known = c, true
	}
	return c, err
}

// handler is everything that the port answers.
func (p *Port) handler() (http.Handler, error) {
	s := p.server
	renderer, err := ui.NewRenderer(ui.Config{
		Org: s.Organisation, Clock: s.Clock, Site: s.Origin.String(), Secure: true,
		Find: s.Origin.URL("/join"), SignIn: s.Origin.URL("/sign-in"), SignOut: s.Origin.URL("/sign-out"),
	})
	if err != nil {
		return nil, err
	}
	p.failures = &edge.Failures{Page: renderer.Failure, Log: s.Log}
	// Nothing stands in between that could be believed about who asks.
	mux := &edge.Mux{Failures: p.failures, Admit: s.admit(NewBlocks(s.DB, s.Accounts, edge.Proxies{}, s.Clock, s.Contact))}
	creators := NewCreators(s.Certificates)
	(&port.Pages{Renderer: renderer, Bearers: s.Accounts, Creators: creators, Site: s.Origin}).Mount(mux)
	api.MountEntities(mux, api.EntityDeps{Queries: s.Entities, Writes: s.Entities, Origin: s.Origin, Caller: p.actor, Authors: authors{creators, s.Records}})
	searching := api.NewSearching(s.EntityIndex, s.Origin, edge.Proxies{}, s.Clock, api.Quota{})
	searching.Audience = p.audience
	searching.Mount(mux)
	guard := edge.Guard{Origin: s.Port, Failures: p.failures, Mixed: !s.Origin.Secure()}
	watchers := append([]edge.Watcher{edge.LogRequests(s.Log)}, s.Watchers...)
	return edge.WithRequestID(edge.Sealing(edge.Watch(s.Clock, origins(edge.Proxies{}, p.admit(guard.Wrap(mux))), watchers...))), nil
}

// audience is what a registered person finds.
func (p *Port) audience(r *http.Request) (entity.Audience, error) {
	a, err := p.actor(r)
	return entity.Audience{Registered: err == nil, Steward: a.Has(habeas.RoleAdministrator), Account: a.Account}, err
}

// actor is who asks, as their certificate says; who may not in is witnessed.
func (p *Port) actor(r *http.Request) (habeas.Actor, error) {
	c, ok := port.ClientOf(r)
	if !ok {
		return habeas.Actor{}, pki.ErrNoCertificate
	}
	b, err := p.server.Accounts.Bearer(r.Context(), c)
	if err != nil {
		return habeas.Actor{}, p.server.Accounts.CertificateRefused(r.Context(), &c.Serial, err)
	}
	return b.Actor(), nil
}

// admit lets in who has shown a certificate that counts now. Cookies are of the site, which
// browsers send here too because ports are one to them: nobody behind this line sees them.
func (p *Port) admit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Cookie")
		w.Header().Set("Cache-Control", "no-store")
		if carried(r.Header) {
			p.failures.Write(w, r, account.ErrCarried)
			return
		}
		c, err := p.client(r)
		if err != nil {
			w.Header().Set("Connection", "close")
			if auditErr := p.witness(r.Context(), r.TLS.PeerCertificates, err); habeas.KindOf(auditErr) == habeas.KindInternal {
				err = auditErr
			}
			p.failures.Write(w, r, err)
			return
		}
		next.ServeHTTP(w, port.WithClient(r, c))
	})
}

// carried reports whether a request brings a certificate in a header, as proxies put it there
// (RFC 9440 and its many forerunners): here nobody stands in between, so somebody made it up.
func carried(h http.Header) bool {
	for name := range h {
		n := strings.ToLower(name)
		n = strings.NewReplacer("-", "", "_", "").Replace(n)
		switch {
		case strings.Contains(n, "client") && (strings.Contains(n, "cert") || strings.Contains(n, "verify") || strings.Contains(n, "sdn") || strings.HasPrefix(n, "ssl")),
			strings.HasPrefix(n, "xssl"), strings.HasPrefix(n, "xamznmtls"), strings.HasPrefix(n, "sslcert"), strings.Contains(n, "tlscert"):
			return true
		}
	}
	return false
}
