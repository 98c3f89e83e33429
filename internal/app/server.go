package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/release"
	"github.com/habeas-data/habeas/internal/session"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/internal/webhook"
	"github.com/habeas-data/habeas/sealed/wire"
)

// Config is what a server is opened with.
type Config struct {
	Dir          string        // data directory, holding keys.db, records.db and ledger/
	Keys         *keyring.Ring // the unsealed key store; Close closes it
	RecordsDSN   string        // PostgreSQL database of the records; empty: SQLite in Dir
	Clock        habeas.Clock
	Organisation string
	Contact      string // how people reach the organisation
	Origin       edge.Origin
	Proxies      edge.Proxies
	Schemas      []party.SetSchema // nil: the built-in data sets
	Sender       Sender            // where mail goes; nil: it waits in the outbox
	MailDomain   string            // of Message-IDs
	Log          *slog.Logger
	LedgerOrigin string              // name of the log, fixed at the first start
	Changes      account.ChangeRules // of a main address; zero: account.DefaultChangeRules
	Escrow       account.EscrowRules // of resets of registration files; zero: account.DefaultEscrowRules
	Disk         DiskSettings
	Statfs       func(dir string) (Space, error) // nil: the system's
	Watchers     []edge.Watcher                  // told about requests, beside the log
	Observer     sqlstore.Observer               // told how the store works; may be nil
	Resolver     mail.Resolver                   // of the DNS; nil: nothing is looked up
	Unsearched   bool                            // a command that ends: nobody will search people
	SessionDays  int                             // how long session logs are kept; 0: none are written
	BackupWithin time.Duration                   // how old the last backup may be; 0: backup.Expected
	Providers    []ProviderConfig                // by which people may sign in too
	Archive      Archive                         // where the log of accounts goes after six months
	PKI          pki.Organisation                // what certificates say of the organisation; what is empty follows from Organisation and Origin
	Port         edge.Origin                     // where people show certificates; zero: nowhere
	RootAway     bool                            // the root of the certificate authority is on another machine
	QueryLog     QueryLogSettings                // whether questions about entities are noted
	Directory    DirectoryConfig                 // who decides who works here; zero: nobody but administrators
	MailingLists []account.MailingList           // that the organisation runs elsewhere
	EntityTypes  []entity.Template               // types of entities beside the built-in ones, or in their place
	Downloads    *release.Shelf                  // programs that are offered to everybody; nil: none

	WebhookNetworks []netip.Prefix // private networks that webhooks may reach
	WebhookTLS      *tls.Config    // how webhooks are called; nil: with the system's roots
}

// Server is an open data directory with its use cases, ready to serve.
type Server struct {
	Config
	DB           *sqlstore.DB
	Schemas      *party.Schemas
	Finder       party.Finder
	Rolls        *Rolls
	Ledger       *Ledger
	Mailer       *Mailer
	Accounts     *Accounts
	Systems      *Systems
	Policies     *Policies
	Certificates *Certificates
	Terms        *Terms
	Escrows      *Escrows
	Records      *Records
	Notices      *Notices
	Digests      *Digests
	Profiles     *Profiles
	Imports      *Imports
	Disputes     *Disputes
	Control      *Control // listens from app.Serve on
	Disk         *Disk
	Sessions     *Sessions
	Duplicates   *Duplicates
	Bulks        *Bulks
	Lists        *Lists
	Webhooks     *Webhooks
	Directory    *Directory
	Staff        *Provisioning
	Logs         *Logs
	EntityIndex  *EntityIndex
	Entities     *Entities

	operation operation
	providers []provider

	worker *jobs.Worker
	caller *jobs.Worker // of webhooks: what is slow there holds up no mail
	lock   *os.File
	ready  atomic.Bool // the search index has read everything
	stop   context.CancelFunc

	started time.Time // by the server's clock
	tasks   sync.WaitGroup
}

// Open takes the directory's lock, opens the stores and starts what runs beside the
// requests: the search index, the publisher of the ledger, the outbox, housekeeping.
// On failure nothing stays open but cfg.Keys.
func Open(ctx context.Context, cfg Config) (_ *Server, err error) {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.LedgerOrigin == "" {
		cfg.LedgerOrigin = cfg.Origin.Host() + "/ledger"
	}
	sets := cfg.Schemas
	if sets == nil {
		sets = party.DefaultSchemas()
	}
	cfg.Log = slog.New(session.NewHandler(cfg.Log.Handler()))
	s := &Server{Config: cfg, Finder: party.NewIndex(), started: cfg.Clock.Now()}
	if s.Schemas, err = party.NewSchemas(sets...); err != nil {
		return nil, err
	}
	kinds, err := entity.NewTypes(cfg.EntityTypes...)
	if err != nil {
		return nil, err
	}
	if s.providers, err = newProviders(cfg.Providers, cfg.Origin, cfg.Clock); err != nil {
		return nil, err
	}
	if s.lock, err = LockDir(cfg.Dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.lock.Close())
		}
	}()
	s.worker = &jobs.Worker{Clock: cfg.Clock, Log: cfg.Log}
	s.caller = &jobs.Worker{Clock: cfg.Clock, Log: cfg.Log, Concurrency: 16, MaxAttempts: 10_000, MaxAge: webhook.KeepTrying}
	s.Duplicates = NewDuplicates(cfg.Log)
	learn := func(p party.Party, said party.Statement) {
		s.Finder.Learn(p, said)
		s.Duplicates.Note(p.ID)
	}
	s.EntityIndex = NewEntityIndex(cfg.Dir, cfg.Log)
	s.Rolls = NewRolls(party.NewRoll(s.Schemas), cfg.Log)
	entered, touched := s.Rolls.Enter, s.Rolls.Touch
	if cfg.Unsearched {
		learn, entered, touched = nil, nil, nil
	}
	s.DB, err = sqlstore.Open(ctx, sqlstore.Config{
		Dir: cfg.Dir, DSN: cfg.RecordsDSN, Keys: cfg.Keys, Clock: cfg.Clock, Learn: learn, Entered: entered, Touched: touched, News: s.tellNews,
		Wake:     func() { s.worker.Wake(); s.caller.Wake() },
		Entities: s.EntityIndex.Wake,
		Observer: cfg.Observer,
	})
	if err != nil {
		return nil, err
	}
	if s.Ledger, err = OpenLedger(ctx, cfg.Dir, cfg.LedgerOrigin, cfg.Keys, s.DB); err != nil {
		return nil, errors.Join(err, s.DB.Close())
	}
	from, err := s.DB.Size(ctx)
	if err != nil {
		return nil, errors.Join(err, s.DB.Close())
	}
	s.Control = NewControl(cfg.Log)
	s.Control.Handle(http.MethodPost, "/doctor", s.examine)
	s.Control.Handle(http.MethodPost, "/bounce", s.bounce)
	s.Control.Handle(http.MethodPost, designatePath, s.designated)
	s.offerDuplicates()
	s.Disk = &Disk{Dir: cfg.Dir, Marks: cfg.Disk, Statfs: cfg.Statfs, Log: cfg.Log}
	s.Disk.Look()
	if s.Sessions, err = OpenSessions(cfg); err != nil {
		return nil, errors.Join(err, s.DB.Close())
	}
	if s.Directory, err = NewDirectory(DirectoryDeps{DB: s.DB, Keys: cfg.Keys, Clock: cfg.Clock, Log: cfg.Log, Config: cfg.Directory}); err != nil {
		return nil, errors.Join(err, s.Sessions.Close(), s.DB.Close())
	}
	s.wire(kinds)
	s.start(ctx, from)
	return s, nil
}

// wire makes the use cases from the stores.
func (s *Server) wire(kinds *entity.Types) {
	cfg := s.Config
	s.Mailer = &Mailer{
		Keys: cfg.Keys, Sender: cfg.Sender, Origin: cfg.Origin, Organisation: cfg.Organisation,
		Contact: cfg.Contact, Domain: cfg.MailDomain, Clock: cfg.Clock,
	}
	s.Accounts = NewAccounts(AccountsDeps{
		DB: s.DB, Keys: cfg.Keys, Mailer: s.Mailer, Clock: cfg.Clock, Origin: cfg.Origin, Organisation: cfg.Organisation,
		Changes: cfg.Changes, Providers: s.providers, Log: cfg.Log, Port: cfg.Port,
	})
	s.Accounts.Obey(s.Directory)
	s.Staff = NewProvisioning(s.Directory)
	s.EntityIndex.DB, s.EntityIndex.Asked = s.DB, NewQueryLog(s.DB, cfg.Clock, cfg.QueryLog, cfg.Log)
	s.Logs = &Logs{DB: s.DB, Keys: cfg.Keys, Accounts: s.Accounts, Clock: cfg.Clock, Archive: cfg.Archive, Log: cfg.Log}
	s.Systems = NewSystems(SystemsDeps{DB: s.DB, Keys: cfg.Keys, Schemas: s.Schemas, Clock: cfg.Clock})
	s.Systems.changes.Log = cfg.Log
	s.Webhooks = &Webhooks{
		DB: s.DB, Changes: s.Systems.changes, Clock: cfg.Clock, Allowed: cfg.WebhookNetworks,
		Sender: webhook.NewSender(cfg.Clock, cfg.WebhookNetworks, cfg.WebhookTLS), TellAdministrators: s.Accounts.TellAdministrators,
	}
	s.Policies = NewPolicies(s.DB, s.Schemas, cfg.Clock)
	s.Certificates = NewCertificates(&Authorities{
		DB: s.DB, Keys: cfg.Keys, Org: certifiedOr(cfg.PKI, cfg.Origin), Clock: cfg.Clock, Elsewhere: cfg.RootAway,
	}, s.Accounts, s.Policies)
	s.Escrows = NewEscrows(s.Certificates, cfg.Escrow)
	s.Records = NewRecords(Records{
		DB: s.DB, Keys: cfg.Keys, Finder: s.Finder, Ready: s.ready.Load, Accounts: s.Accounts, Systems: s.Systems,
		Ledger: s.Ledger, Mailer: s.Mailer, Clock: cfg.Clock, Policies: s.Policies, Rules: party.DefaultRules,
	}, s.Schemas)
	s.Mailer.Receipts = s.Records.MailedReceipt
	s.Entities = NewEntities(s.Records, kinds)
	s.Entities.Index, s.EntityIndex.Kinds = s.EntityIndex, kinds
	s.Terms = NewTerms(s.Records, s.Accounts, s.Certificates)
	s.Digests = NewDigests(s.Records, s.Accounts, s.Policies)
	s.Profiles = NewProfiles(s.Records, s.Policies)
	s.Notices = NewNotices(s.Records, s.Accounts, s.Policies, s.Digests)
	s.Imports = NewImports(Imports{
		DB: s.DB, Keys: cfg.Keys, Schemas: s.Schemas, Records: s.Records, Clock: s.Clock, Disk: s.Disk, Log: s.Log,
	})
	s.Disputes = NewDisputes(s.Records, s.Notices)
	s.Duplicates.Use(s.Records)
	s.Bulks = NewBulks(s.Records, s.Log)
	s.Rolls.Use(s.Records)
	s.Lists = NewLists(s.Records, s.Rolls)
	s.Duplicates.then = s.Bulks.Recount
}

// start begins the work beside the requests. from is the size of the ledger's tree: what
// other nodes add to it from there on is followed.
func (s *Server) start(ctx context.Context, from int64) {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	if !s.Unsearched {
		s.tasks.Go(func() { s.index(work) })
		s.tasks.Go(func() { s.Sessions.Keep(work) })
		s.Imports.TakeUp(work)
		s.tasks.Go(func() { s.Imports.Keep(work) })
		s.tasks.Go(func() { s.Duplicates.Keep(work) })
		s.Bulks.TakeUp(work)
		s.tasks.Go(func() { s.Bulks.Keep(work) })
		s.tasks.Go(func() { s.Rolls.Keep(work) })
		s.tasks.Go(func() { s.EntityIndex.Keep(work, s.RecordsDSN != "") })
		s.tasks.Go(func() { s.EntityIndex.Asked.Keep(work) })
		s.tasks.Go(func() { s.Systems.changes.Keep(work) })
		s.caller.Store = s.DB.Ops().Lane(webhook.Job)
		s.caller.Handlers = map[jobs.Kind]jobs.Handler{webhook.Job: s.Webhooks.Deliver}
		s.tasks.Go(func() { s.caller.Run(work) })
		if s.RecordsDSN != "" {
			s.tasks.Go(func() { s.follow(work, from) })
		}
	}
	s.tasks.Go(func() {
		s.Ledger.Keep(work, func(err error) { s.Log.Error("publishing the ledger failed", "error", err) })
	})
	s.tasks.Go(func() { s.Disk.Keep(work) })
	s.worker.Store, s.worker.Runs = s.DB.Ops(), s.DB.Ops()
	s.worker.Handlers = map[jobs.Kind]jobs.Handler{}
	if s.Sender != nil {
		s.worker.Handlers[JobMail] = s.deliver
	}
	s.worker.Schedules = []jobs.Schedule{
		{Name: "tidy", Every: time.Hour, Do: s.tidy},
		{Name: "switch addresses", Every: time.Minute, Do: s.switchAddresses},
		{Name: "directory", Every: time.Minute, Lease: 5 * time.Minute, Do: s.Directory.Keep},
		{Name: "provisioned staff", Every: time.Minute, Do: s.Staff.Keep},
		{Name: "notices", Every: 10 * time.Minute, Do: s.Notices.Tell},
		{Name: "requests and retention", Every: 10 * time.Minute, Do: s.Notices.Sweep},
		{Name: "registrations", Every: 10 * time.Minute, Do: s.Terms.Sweep},
		{Name: "guardians", Every: time.Hour, Do: NewGuardians(s.Records).Sweep},
		{Name: "proposals", Every: 10 * time.Minute, Do: s.Records.TellProposals},
		{Name: "releases", Every: 10 * time.Minute, Do: NewReleases(s.Records, s.Accounts).Sweep},
		{Name: "digests", Every: 10 * time.Minute, Do: s.Digests.Tell},
		{Name: "old imports", Every: time.Hour, Do: s.Imports.Tidy},
		{Name: "rotate logs", Every: rotateEvery, Do: s.Logs.Rotate},
		{Name: "authorities", Every: time.Hour, Do: s.Certificates.Authorities.Sweep},
		{Name: "authority alarm", Every: time.Hour, Do: s.AlarmAuthorities},
		{Name: "backup alarm", Every: time.Hour, Do: s.AlarmBackup},
		{Name: "roles that wait", Every: 10 * time.Minute, Do: s.Certificates.Roles.CarryOutAll},
		{Name: "escrow", Every: time.Minute, Do: s.Escrows.Sweep},
		{Name: "key keepers", Every: time.Minute, Do: s.Escrows.MissKeepers},
		{Name: "compact keys", Every: 10 * time.Minute, Do: s.compactKeys},
	}
	s.tasks.Go(func() { s.worker.Run(work) })
}

// tellNews is called after commits of which connected systems may have to be told; the
// first come while the server is still being made.
func (s *Server) tellNews() {
	if s.Systems != nil {
		s.Systems.changes.Wake()
	}
}

// index reads every statement into the search index and into the roll. Commits that happen meanwhile
// reach it through Learn; taking a statement in twice changes nothing.
func (s *Server) index(ctx context.Context) {
	err := s.Rolls.Build(ctx, func(visit func(party.Party, party.Statement)) error {
		return s.DB.Records().Each(ctx, func(p party.Party, said party.Statement) {
			s.Finder.Learn(p, said)
			visit(p, said)
		})
	})
	if err != nil {
		if ctx.Err() == nil {
			s.Log.Error("building the search index failed", "error", err)
		}
		return
	}
	s.Finder.Settle()
	s.ready.Store(true)
}

// switchAddresses carries out the changes of main addresses whose wait is over.
func (s *Server) switchAddresses(ctx context.Context) error {
	return s.Accounts.SwitchAddresses(ctx, s.Records.SayAddress)
}

// deliver sends a mail as one step that can be observed.
func (s *Server) deliver(ctx context.Context, job jobs.Job) error {
	if s.Observer == nil {
		return s.Mailer.Deliver(ctx, job)
	}
	ctx, end := s.Observer.Span(ctx, "mail.deliver")
	err := s.Mailer.Deliver(ctx, job)
	end(err)
	return err
}

// tidy removes technical rows whose time is over.
func (s *Server) tidy(ctx context.Context) error {
	return s.DB.Ops().Tidy(ctx, s.Clock.Now())
}

// compactKeys removes the last bytes of destroyed keys that had to wait for a long read
// or for the database when they were destroyed.
func (s *Server) compactKeys(ctx context.Context) error {
	p, err := s.Keys.Pending(ctx)
	if err != nil || !p.Store {
		return err
	}
	return s.Keys.Compact(ctx)
}

// Ready reports whether search covers everything.
func (s *Server) Ready() bool { return s.ready.Load() }

// Close ends the work beside the requests and closes the stores and the key ring.
// The HTTP server must have stopped before.
func (s *Server) Close() error {
	s.stop()
	s.tasks.Wait()
	s.Webhooks.Sender.Close()
	return errors.Join(s.Sessions.Close(), s.DB.Close(), s.Keys.Close(), s.lock.Close())
}

// Serve answers requests on l until ctx ends, then lets those under way finish.
func (s *Server) Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 2 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
	}
	if tcp, ok := l.(*net.TCPListener); ok { // without TLS: behind a proxy, or on loopback
		wire.Prepare(srv)
		l = wire.Listen(tcp, edge.Cookies{Origin: s.Origin}.SecretRules())
	}
	srv.RegisterOnShutdown(s.Systems.changes.Release) // nobody waits for news any more
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	s.operation.draining.Store(true)
	notify(s.Log, "STOPPING=1")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		return errors.Join(fmt.Errorf("stop serving: %w", err), srv.Close())
	}
	return nil
}
