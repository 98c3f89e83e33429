package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/api"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/web"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// stopTime is how long what is under way may take to finish when the server stops.
const stopTime = 20 * time.Second

// ServeOptions say how `habeas serve` runs.
type ServeOptions struct {
	Dir       string
	Password  []byte // wiped
	Recovery  bool   // Password is the recovery code
	Addr      string
	Log       *slog.Logger
	Listening func(url string) // called once people can come
}

// ErrNoRecords says that a directory was not made yet.
var ErrNoRecords = habeas.NotFound("There are no records in this directory. Make them with \"habeas init --dir DIR\", or name another with --dir.").WithCode("dir.empty")

// Unseal opens the key store of a data directory.
func Unseal(ctx context.Context, dir string, password []byte, recovery bool) (*keyring.Ring, error) {
	path := filepath.Join(dir, keysFile)
	there, err := keyring.Exists(ctx, path, keyring.Options{})
	if err == nil && !there {
		err = ErrNoRecords
	}
	if err != nil {
		clear(password)
		return nil, err
	}
	if recovery {
		return keyring.OpenWithRecovery(ctx, path, string(password), keyring.Options{})
	}
	return keyring.Open(ctx, path, password, keyring.Options{})
}

// Serve opens a data directory and serves it until ctx ends.
func Serve(ctx context.Context, o ServeOptions) error {
	settings, err := ReadSettings(o.Dir)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer l.Close() // a second close after Serve is harmless
	cfg, err := settings.config(l)
	if err != nil {
		return err
	}
	if cfg.Keys, err = Unseal(ctx, o.Dir, o.Password, o.Recovery); err != nil {
		return err
	}
	cfg.Dir, cfg.Log = o.Dir, o.Log
	s, err := Open(ctx, cfg)
	if err != nil {
		return errors.Join(err, cfg.Keys.Close())
	}
	h, err := s.Handler(nil)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	if settings.TLSCert != "" {
		cert, err := tls.LoadX509KeyPair(settings.TLSCert, settings.TLSKey)
		if err != nil {
			return errors.Join(fmt.Errorf("tls_cert, tls_key: %w", err), s.Close())
		}
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}})
	}
	if err := s.Control.Listen(o.Dir); err != nil {
		return errors.Join(err, s.Close())
	}
	o.Listening(cfg.Origin.String())
	err = s.Serve(ctx, l, h)
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	return errors.Join(err, s.Control.Close(stopping), s.Close())
}

// config turns the settings into what Open wants.
func (s Settings) config(l net.Listener) (Config, error) {
	cfg := Config{Clock: habeas.SystemClock{}, Organisation: s.Organisation, Contact: s.Contact, Schemas: s.sets()}
	var err error
	if cfg.Origin, err = s.origin(l); err != nil {
		return cfg, err
	}
	if err := s.secure(cfg.Origin); err != nil {
		return cfg, err
	}
	if cfg.Proxies, err = edge.ParseProxies(s.TrustedProxies); err != nil {
		return cfg, err
	}
	sender, err := s.sender(cfg.Clock)
	if err != nil {
		return cfg, err
	}
	if sender != nil {
		cfg.Sender, cfg.MailDomain = sender, sender.Domain()
	}
	return cfg, nil
}

// Handler returns everything the server answers. more mounts further pages, as the
// demo does; it may be nil.
func (s *Server) Handler(more func(m *edge.Mux, site *web.Site)) (http.Handler, error) {
	renderer, err := ui.NewRenderer(ui.Config{Org: s.Organisation, Clock: s.Clock, Nav: web.Nav(), Secure: s.Origin.Secure()})
	if err != nil {
		return nil, err
	}
	failures := &edge.Failures{Page: renderer.Failure, Log: s.Log}
	mux := &edge.Mux{Failures: failures}
	deliveries := &Deliveries{DB: s.DB}
	site := &web.Site{
		Base: &ui.Base{
			Renderer: renderer, Clock: s.Clock, Origin: s.Origin, Cookies: edge.Cookies{Origin: s.Origin},
			SignIns: s.Accounts, Limits: edge.NewBuckets(s.Clock, 2, 60, 100_000), Proxies: s.Proxies,
		},
		Accounts: s.Accounts, Records: s.Records, Invitations: deliveries, Notices: s.Notices,
		Roles: s.Accounts, Systems: s.Systems, Deliveries: deliveries,
	}
	site.Mount(mux)
	api.New(api.Deps{
		Systems: s.Systems, Records: s.Systems.Records(), Sandbox: s.Systems.Sandbox(), Clock: s.Clock, Origin: s.Origin,
		LedgerDir: s.Ledger.dir, LedgerKey: s.Ledger.VerifierKey(),
	}).Mount(mux)
	if more != nil {
		more(mux, site)
	}
	guard := edge.Guard{Origin: s.Origin, Failures: failures}
	return edge.AccessLog(s.Log, s.Clock, guard.Wrap(mux)), nil
}
