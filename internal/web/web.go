// Package web is all pages for people. They live with their subject (web/party,
// web/notice, web/pass, web/account, web/admin, web/demo), stand on web/ui, which renders them, and are put
// together here.
package web

import (
	"slices"

	domain "github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/release"
	"github.com/habeas-data/habeas/internal/web/account"
	"github.com/habeas-data/habeas/internal/web/admin"
	entitypages "github.com/habeas-data/habeas/internal/web/entity"
	"github.com/habeas-data/habeas/internal/web/notice"
	"github.com/habeas-data/habeas/internal/web/party"
	"github.com/habeas-data/habeas/internal/web/pass"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Site is all pages for people. The interfaces are what each subject's pages ask of
// the server; internal/app implements them.
type Site struct {
	*ui.Base
	Accounts    account.Accounts
	Providers   account.Providers
	Bearers     account.Bearers
	Records     party.Records
	Invitations party.Invitations
	Notices     notice.Notices
	Passes      pass.Passes
	Rights      party.Rights
	Joins       party.Joining
	Imports     party.Imports
	Disputes    Disputes
	Duplicates  party.Duplicates
	Bulks       party.Bulks
	Lists       party.Lists
	Tags        party.Tags
	Notes       party.Notes
	Access      admin.Access
	Profiles    party.Profiles
	Tellings    account.Tellings
	Renewals    account.Renewals
	Escrows     account.Escrows
	Roles       Roles
	Systems     admin.Systems
	Deliveries  admin.Deliveries
	Policies    admin.Policies
	Registers   admin.Registers
	Agreements  account.Agreements
	Contact     string // how people reach the organisation
	Health      admin.Health
	Directories admin.Directories
	Sessions    admin.Sessions
	Trials      admin.Trials
	Breaches    admin.Breaches
	Remainders  admin.Remainders
	Relations   party.Relations
	Guardians   party.Guardians
	Letters     party.Letters
	Webhooks    admin.Webhooks
	Releases    admin.Releases
	Blocks      admin.Blocks
	Logs        admin.Logs
	Inspecting  account.Inspecting
	Contacting  notice.Contacting
	// MailingLists are those that the organisation runs elsewhere.
	MailingLists []domain.MailingList
	Entities     entitypages.Entities
	Downloads    *release.Shelf // nil: this server offers no programs

	Registrations account.Registrations
	Interventions admin.Interventions
	Creators      Creators
	// Correspondence lets people write to each other.
	Correspondence account.Correspondence
}

// Creators is what all pages about trusted entity creators ask of the server.
type Creators interface {
	account.Creators
	admin.Creators
}

// Disputes is what all pages about disputes ask of the server.
type Disputes interface {
	party.Disputes
	notice.Disputes
}

// Roles is what all pages about roles ask of the server.
type Roles interface {
	admin.Roles
	account.Roles
}

// Mount registers every page.
func (s *Site) Mount(m *edge.Mux) {
	s.Base.Mount(m)
	(&account.Pages{Base: s.Base, Accounts: s.Accounts, Providers: s.Providers, Bearers: s.Bearers, Agreements: s.Agreements, Tellings: s.Tellings, Inspecting: s.Inspecting, Roles: s.Roles, Registrations: s.Registrations, Renewals: s.Renewals, Escrows: s.Escrows, Creators: s.Creators, Correspondence: s.Correspondence}).Mount(m)
	(&party.Pages{
		Base: s.Base, Records: s.Records, Invitations: s.Invitations, Rights: s.Rights, Joins: s.Joins, Imports: s.Imports,
		Disputes: s.Disputes, Duplicates: s.Duplicates, Bulks: s.Bulks, Notes: s.Notes, Lists: s.Lists, Tags: s.Tags,
		Relations: s.Relations, Guardians: s.Guardians, Letters: s.Letters, Profiles: s.Profiles,
	}).Mount(m)
	(&notice.Pages{Base: s.Base, Notices: s.Notices, Disputes: s.Disputes, Contacting: s.Contacting, MailingLists: s.MailingLists}).Mount(m)
	(&entitypages.Pages{Base: s.Base, Entities: s.Entities}).Mount(m)
	(&pass.Pages{Base: s.Base, Passes: s.Passes}).Mount(m)
	(&admin.Pages{
		Base: s.Base, Roles: s.Roles, Systems: s.Systems, Deliveries: s.Deliveries, Health: s.Health, Directories: s.Directories,
		Policies: s.Policies, Registers: s.Registers, Contact: s.Contact, Sessions: s.Sessions,
		Trials: s.Trials, Webhooks: s.Webhooks, Access: s.Access, Breaches: s.Breaches, Remainders: s.Remainders, Logs: s.Logs,
		Releases: s.Releases, Blocks: s.Blocks, Downloads: s.Downloads, Interventions: s.Interventions, Creators: s.Creators,
	}).Mount(m)
}

// Nav is the navigation of all areas.
func Nav() []ui.NavItem { return slices.Concat(party.Nav(), notice.Nav(), account.Nav(), admin.Nav()) }
