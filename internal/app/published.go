package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/api"
	"github.com/habeas-data/habeas/internal/app/certs"
	"github.com/habeas-data/habeas/internal/edge"
)

// published answers what certificates point at.
func (s *Server) published() *api.PKI {
	a := s.Certificates.Authorities
	return api.NewPKI(a, a.Org, s.Clock, s.Proxies, &edge.Failures{Log: s.Log})
}

// plainly answers that on a port of its own, without TLS, and leaves the rest to next. Without
// next, a browser that was sent to the site without https is sent on to its start: what it asked
// for has gone over the wire in the open once already.
func (s *Server) plainly(next http.Handler) http.Handler {
	if next == nil {
		next = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet && r.Method != http.MethodHead {
				http.NotFound(w, r)
				return
			}
			http.Redirect(w, r, s.Origin.String()+"/", http.StatusMovedPermanently)
		})
	}
	watchers := append([]edge.Watcher{edge.LogRequests(s.Log)}, s.Watchers...)
	return s.probes(edge.WithRequestID(edge.Watch(s.Clock, s.published().Wrap(next, true), watchers...)))
}

// listenPlain serves what certificates point at on a port without TLS, where the main one has it.
func (p *process) listenPlain() error {
	at := p.settings.PKI.Listen
	if at == "" {
		if s := p.settings; s.PKI.URL == "" && (p.files != nil || p.acme != nil && s.ACME.Listen == "") {
			p.log.Warn("nobody can read which certificates were revoked: set pki.listen to :80, or pki.url to where something else serves it")
		}
		return nil
	}
	_, err := p.listenAt("pki.listen", at, p.server.plainly(nil))
	return err
}

// portOrigin is how browsers reach the port for certificates.
func (p *process) portOrigin(site edge.Origin) (edge.Origin, error) {
	if u := p.settings.Port.URL; u != "" {
		return edge.ParseOrigin(u)
	}
	_, number, err := net.SplitHostPort(p.port.Addr().String())
	if err != nil {
		return edge.Origin{}, err
	}
	return edge.ParseOrigin("https://" + net.JoinHostPort(site.RPID(), number))
}

// openPort starts the port for certificates, if there is to be one.
func (p *process) openPort(ctx context.Context) error {
	if p.port == nil {
		return nil
	}
	certify, err := p.portCertificate()
	if err != nil {
		return err
	}
	port, err := p.server.NewPort(ctx, certify)
	if err != nil {
		return fmt.Errorf("certificate_port: %w", err)
	}
	srv, failed, err := port.Serve(p.port)
	if err != nil {
		return err
	}
	p.side = append(p.side, srv)
	go func() { // ends with close
		if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
			p.log.Error("a listener ended", "setting", "certificate_port.listen", "error", err)
		}
	}()
	p.log.Info("certificates", "url", p.server.Port.String())
	return nil
}

// portCertificate is what the port shows; nil: a certificate of our own.
func (p *process) portCertificate() (certify func(*tls.ClientHelloInfo) (*tls.Certificate, error), err error) {
	s := p.settings
	switch {
	case s.Port.TLSCert != "":
		p.onPort, err = certs.Open(s.file(s.Port.TLSCert), s.file(s.Port.TLSKey), p.server.Port.RPID(), habeas.SystemClock{}, p.log)
		if err != nil {
			return nil, err
		}
		return p.onPort.Config().GetCertificate, nil
	case s.Port.Show == "own":
		return nil, nil
	case p.files != nil:
		return p.files.Config().GetCertificate, nil
	case p.acme != nil:
		return p.acme.Config().GetCertificate, nil
	}
	return nil, nil
}
