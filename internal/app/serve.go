package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app/certs"
	"github.com/habeas-data/habeas/internal/app/monitor"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/release"
	"github.com/habeas-data/habeas/internal/web"
	"github.com/habeas-data/habeas/internal/webhook"
	"github.com/habeas-data/habeas/sealed"
)

// stopTime is how long what is under way may take to finish when the server stops.
const stopTime = 20 * time.Second

// acmeDir keeps the keys of the ACME account and certificate, below the data directory.
const acmeDir = "acme"

// ServeOptions say how `habeas serve` runs.
type ServeOptions struct {
	Dir       string
	Password  keyring.Password                  // closed
	Recovery  bool                              // Password is the recovery code
	Addr      string                            // where to listen; empty: as the settings say
	Log       *slog.Logger                      // nil: as the settings say
	Open      error                             // what Harden has left open; it is logged
	Reload    <-chan os.Signal                  // asks for the certificate to be read again; may be nil
	Listening func(url string)                  // called once people can come
	More      func(m *edge.Mux, site *web.Site) // further pages, of tests; may be nil
}

// ErrNoRecords says that a directory was not made yet.
var ErrNoRecords = habeas.NotFound("There are no records in this directory. Make them with \"habeas init --dir DIR\", or name another with --dir.").WithCode("dir.empty")

// Unseal opens the key store of a data directory, in the database that its settings name.
func Unseal(ctx context.Context, dir string, password keyring.Password, recovery bool) (*keyring.Ring, error) {
	options, err := keysOf(dir)
	path, there := filepath.Join(dir, keysFile), false
	if err == nil {
		there, err = keyring.Exists(ctx, path, options)
	}
	if err == nil && !there {
		err = ErrNoRecords
	}
	if err != nil {
		password.Close()
		return nil, err
	}
	if recovery {
		return keyring.OpenWithRecovery(ctx, path, password, options)
	}
	return keyring.Open(ctx, path, password, options)
}

// keysOf says where the keys of a data directory are.
func keysOf(dir string) (keyring.Options, error) {
	settings, err := ReadSettings(dir)
	if err != nil {
		return keyring.Options{}, err
	}
	dsn, err := settings.keysDSN()
	return keyring.Options{DSN: dsn}, err
}

// Harden closes the process to dumps and debuggers, unless the settings allow them: see
// [sealed.Harden]. Call it before anything secret is read. left is what could not be done,
// which stops nobody.
func Harden(dir string) (left, err error) {
	settings, err := ReadSettings(dir)
	if err != nil || settings.CoreDumps {
		return nil, err
	}
	return sealed.Harden(), nil
}

// Serve opens a data directory and serves it until ctx ends; then it lets what is under
// way finish, publishes the ledger and closes everything.
func Serve(ctx context.Context, o ServeOptions) (err error) {
	settings, err := ReadSettings(o.Dir)
	if err != nil {
		o.Password.Close()
		return err
	}
	p := &process{o: o, settings: settings, log: o.Log, secrets: sealed.Open(context.WithoutCancel(ctx))}
	defer func() { err = errors.Join(err, p.close(ctx)) }()
	if p.log == nil {
		p.log = settings.logger()
	}
	if err := p.prepare(ctx); err != nil {
		o.Password.Close()
		return err
	}
	if err := p.open(ctx); err != nil {
		return err
	}
	return p.serve(ctx)
}

// process is a server while it serves: everything between the settings and the end.
type process struct {
	o        ServeOptions
	settings Settings
	log      *slog.Logger
	secrets  *sealed.Session // what was read from secret files

	listener net.Listener
	port     net.Listener // for certificates; nil: there is none
	files    *certs.Files // the certificate: of files,
	acme     *certs.ACME  // or fetched; both nil without TLS of our own
	onPort   *certs.Files // the certificate of the port alone; nil: it has none of its own
	tracer   *monitor.Tracer
	metrics  *monitor.Metrics
	side     []*http.Server // beside the main listener: figures, challenges
	server   *Server
}

// prepare does what can fail before anything is opened.
func (p *process) prepare(ctx context.Context) (err error) {
	if err := checkDir(p.o.Dir, p.log); err != nil {
		return err
	}
	if p.settings.CoreDumps {
		p.log.Warn("core dumps are allowed by core_dumps: they show personal data")
	}
	if p.o.Open != nil {
		p.log.Warn("the memory of the process is not closed to others", "error", p.o.Open)
	}
	for _, name := range p.settings.loaded.Unused {
		p.log.Warn("this variable is no setting", "variable", name)
	}
	address := p.o.Addr
	if address == "" {
		address = p.settings.Listen
	}
	if p.listener, err = net.Listen("tcp", address); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if at := p.settings.Port.Listen; at != "" {
		if p.port, err = net.Listen("tcp", at); err != nil {
			return fmt.Errorf("certificate_port.listen: %w", err)
		}
	}
	if p.settings.Trace.Endpoint != "" {
		p.tracer, err = monitor.NewTracer(ctx, p.settings.Trace.Endpoint, p.settings.Trace.Percent, p.log)
	}
	return err
}

// open opens the directory.
func (p *process) open(ctx context.Context) error {
	cfg, err := p.settings.config(p.listener)
	if err == nil {
		err = p.certificate(cfg.Origin)
	}
	if err == nil && p.port != nil {
		cfg.Port, err = p.portOrigin(cfg.Origin)
	}
	if err != nil {
		p.o.Password.Close()
		return err
	}
	if cfg.Keys, err = Unseal(ctx, p.o.Dir, p.o.Password, p.o.Recovery); err != nil {
		return err
	}
	cfg.Log = p.log
	p.observe(&cfg)
	if p.server, err = Open(ctx, cfg); err != nil {
		return errors.Join(err, cfg.Keys.Close())
	}
	p.control()
	return p.server.Control.Listen(p.o.Dir)
}

// certificate prepares TLS, if the server does it itself.
func (p *process) certificate(origin edge.Origin) (err error) {
	s := p.settings
	var config *tls.Config
	switch {
	case s.TLSCert != "":
		if p.files, err = certs.Open(s.file(s.TLSCert), s.file(s.TLSKey), origin.RPID(), habeas.SystemClock{}, p.log); err != nil {
			return err
		}
		config = p.files.Config()
	case s.ACME.AcceptTerms:
		roots, err := s.pool(s.ACME.CAFile)
		if err != nil {
			return err
		}
		p.acme, err = certs.NewACME(certs.Authority{
			Directory: s.ACME.Directory, Roots: roots, Email: s.ACME.Email, Host: origin.RPID(),
			Cache: filepath.Join(p.o.Dir, acmeDir),
		})
		if err != nil {
			return fmt.Errorf("acme: %w", err)
		}
		config = p.acme.Config()
	default:
		return nil
	}
	p.listener = tls.NewListener(p.listener, config)
	return nil
}

// serve answers until ctx ends.
func (p *process) serve(ctx context.Context) error {
	s := p.server
	h, err := s.Handler(p.o.More)
	if err != nil {
		return err
	}
	if err := p.listenBeside(); err != nil {
		return err
	}
	if err := p.openPort(ctx); err != nil {
		return err
	}
	work, stop := context.WithCancel(ctx)
	defer stop()
	p.beside(work)
	p.o.Listening(s.Origin.String())
	notify(p.log, "READY=1")
	p.log.Info("serving", "url", s.Origin.String(), "version", release.Version())
	return s.Serve(ctx, p.listener, h)
}

// beside starts what a serving process does beside answering; it ends with ctx.
func (p *process) beside(ctx context.Context) {
	if p.files != nil {
		p.server.operation.certEnd = p.files.End
		go p.files.Keep(ctx)
	}
	if p.onPort != nil {
		go p.onPort.Keep(ctx)
	}
	if p.acme != nil {
		p.server.operation.certEnd = p.acme.End
		go p.acme.Fetch(ctx, p.server.Origin.RPID(), p.log)
	}
	go (&clockWatch{wall: p.server.Clock, log: p.log}).keep(ctx)
	go watchdog(ctx, p.log)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-p.o.Reload:
				if err := p.reload(); err != nil {
					p.log.Error("reloading failed; what was in use stays", "error", err)
				}
			}
		}
	}()
}

// reload takes up what may change while the server runs.
func (p *process) reload() error {
	if p.files == nil {
		p.log.Info("there is nothing to reload: the other settings are read at the start")
		return nil
	}
	if err := p.files.Reload(); err != nil {
		return err
	}
	p.log.Info("the certificate was read again", "ends", p.files.End().Format(time.DateOnly))
	return nil
}

// close ends whatever has begun, in the order in which one thing needs another.
func (p *process) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	defer p.secrets.Close()
	var errs []error
	for _, l := range []net.Listener{p.listener, p.port} {
		if l != nil {
			_ = l.Close() // serving has closed it already, or it was never used
		}
	}
	if p.server != nil {
		errs = append(errs, p.server.Control.Close(ctx))
	}
	for _, s := range p.side {
		errs = append(errs, s.Close())
	}
	if p.server != nil {
		errs = append(errs, p.server.Close())
	}
	if p.tracer != nil {
		_ = p.tracer.Close(ctx) // spans that cannot be sent are no failure of the server
	}
	return errors.Join(errs...)
}

// config turns the settings into what Open wants.
func (s Settings) config(l net.Listener) (Config, error) {
	cfg := Config{
		Dir: s.dir, Clock: habeas.SystemClock{}, Organisation: s.Organisation, Contact: s.Contact, Schemas: s.sets(), EntityTypes: s.EntityTypes, MailingLists: s.MailingLists, Disk: s.Disk,
		SessionDays: s.SessionLog.KeepDays, QueryLog: s.QueryLog, BackupWithin: time.Duration(s.Backup.ExpectHours) * time.Hour,
	}
	var err error
	if cfg.Origin, err = s.origin(l); err != nil {
		return cfg, err
	}
	cfg.PKI, cfg.RootAway = s.certified(cfg.Origin), s.rootAway()
	if err := s.secure(cfg.Origin); err != nil {
		return cfg, err
	}
	if cfg.Archive, err = s.archive(); err != nil {
		return cfg, err
	}
	if cfg.Proxies, err = edge.ParseProxies(s.TrustedProxies); err != nil {
		return cfg, err
	}
	if cfg.RecordsDSN, err = s.recordsDSN(); err != nil {
		return cfg, err
	}
	if cfg.Changes, err = s.AddressChange.rules(); err != nil {
		return cfg, err
	}
	if cfg.Escrow, err = s.Escrow.rules(); err != nil {
		return cfg, err
	}
	if cfg.Providers, err = s.providerConfigs(); err != nil {
		return cfg, err
	}
	if cfg.Directory, err = s.directoryConfig(); err != nil {
		return cfg, err
	}
	if cfg.Downloads, err = s.shelf(); err != nil {
		return cfg, err
	}
	if cfg.WebhookNetworks, err = webhook.ParseNetworks(s.Webhook.AllowNetworks); err != nil {
		return cfg, err
	}
	sender, err := s.sender(cfg.Clock)
	if err != nil {
		return cfg, err
	}
	if sender != nil {
		cfg.Sender, cfg.MailDomain, cfg.Resolver = sender, sender.Domain(), net.DefaultResolver
	}
	return cfg, nil
}
