package app

import (
	"net/http"

	"github.com/habeas-data/habeas/internal/api"
	"github.com/habeas-data/habeas/internal/api/reconcile"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/release"
	"github.com/habeas-data/habeas/internal/web"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// origins remembers for the log of accounts where each request comes from.
func origins(proxies edge.Proxies, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(audit.WithOrigin(r.Context(), proxies.Client(r))))
	})
}

// admit refuses blocked networks, and what would fill the disk.
func (s *Server) admit(blocks *Blocks) func(r *http.Request, pattern string) error {
	return func(r *http.Request, pattern string) error {
		if err := blocks.Admit(r, pattern); err != nil {
			return err
		}
		return s.Disk.Admit(r, pattern)
	}
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
	deliveries := &Deliveries{DB: s.DB, Mailer: s.Mailer, Accounts: s.Accounts, Clock: s.Clock, Resolver: s.Resolver}
	registers := &Registers{DB: s.DB, Policies: s.Policies, Schemas: s.Schemas, Records: s.Records, Clock: s.Clock, SessionDays: s.SessionDays}
	blocks := NewBlocks(s.DB, s.Accounts, s.Proxies, s.Clock, s.Contact)
	site := &web.Site{
		Base: &ui.Base{
			Renderer: renderer, Clock: s.Clock, Origin: s.Origin, Cookies: edge.Cookies{Origin: s.Origin},
			SignIns: s.Accounts, Limits: edge.NewBuckets(s.Clock, 2, 60, 100_000), Proxies: s.Proxies,
			Flows: s.Sessions.Flows,
		},
		Accounts: s.Accounts, Providers: s.Accounts, Bearers: s.Accounts, Records: s.Records, Invitations: deliveries, Notices: s.Notices, Rights: s.Notices, Joins: s.Records,
		Imports: s.Imports, Disputes: s.Disputes, Duplicates: s.Duplicates, Trials: s.Duplicates,
		Profiles: s.Profiles, Tellings: s.Digests, Renewals: s.Certificates, Escrows: s.Escrows,
		Bulks: s.Bulks, Notes: s.Records, Lists: s.Lists, Tags: s.Lists, Access: NewAccess(s.DB, s.Accounts, s.Policies, s.Clock),
		Passes:    NewPasses(s.Records, s.Accounts),
		Relations: NewRelations(s.Records, s.Duplicates.Note), Guardians: NewGuardians(s.Records), Letters: NewLetters(s.Records),
		Roles: s.Certificates.Roles, Directories: s.Directory, Systems: s.Systems, Deliveries: deliveries, Contact: s.Contact,
		Health:   &HealthPage{Server: s, Started: s.Clock.Now()},
		Policies: policyPages{s.Policies, s.Notices}, Registers: registers, Agreements: registers,
		Registrations: s.Certificates, Interventions: NewInterventions(s.Records, s.Certificates, s.Escrows, s.Logs), Creators: NewCreators(s.Certificates), Correspondence: NewCorrespondence(s.Records, s.Accounts),
		Sessions: s.Sessions, Logs: s.Logs, Inspecting: s.Records, Contacting: s.Logs, MailingLists: s.MailingLists, Webhooks: s.Webhooks, Breaches: NewBreaches(s.Records), Remainders: s.Notices,
		Entities: s.Entities,
		Releases: NewReleases(s.Records, s.Accounts), Blocks: blocks, Downloads: s.Downloads,
	}
	site.Mount(mux)
	api.New(api.Deps{
		Systems: s.Systems, Records: s.Systems.Records(), Sandbox: s.Systems.Sandbox(), Webhooks: s.Webhooks, Staff: s.Staff, Clock: s.Clock, Origin: s.Origin,
		Searching: api.NewSearching(s.EntityIndex, s.Origin, s.Proxies, s.Clock, api.Quota{}),
		LedgerDir: s.Ledger.dir, LedgerKey: s.Ledger.VerifierKey(),
		Entities: &api.EntityDeps{Queries: s.Entities, Writes: s.Entities, Origin: s.Origin},
	}).Mount(mux)
	reconciliation, err := reconcile.New(reconcile.Deps{
		Entities: s.Entities, Clock: s.Clock, Origin: s.Origin, Name: s.Organisation, Version: release.Version(), Proxies: s.Proxies,
	})
	if err != nil {
		return nil, err
	}
	reconciliation.Mount(mux)
	if more != nil {
		more(mux, site)
	}
	mux.Admit = s.admit(blocks)
	guard := edge.Guard{Origin: s.Origin, Failures: failures, Open: reconcile.Path}
	watchers := append([]edge.Watcher{edge.LogRequests(s.Log)}, s.Watchers...)
	pages := s.published().Wrap(edge.HintProxies(s.Log, s.Proxies, guard.Wrap(origins(s.Proxies, mux))), false)
	return s.probes(edge.WithRequestID(edge.Sealing(edge.Watch(s.Clock, pages, watchers...)))), nil
}
