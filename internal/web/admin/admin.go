// Package admin makes the pages for administrators: who works here, which systems are
// connected, what became of the mail.
package admin

import (
	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/release"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Pages are the pages for administrators.
type Pages struct {
	*ui.Base
	Roles      Roles
	Systems    Systems
	Deliveries Deliveries
	Policies   Policies
	Registers  Registers
	Contact    string // how people reach the organisation
	Health     Health
	Sessions   Sessions
	Trials     Trials
	Breaches   Breaches
	Remainders Remainders
	Access     Access
	Webhooks   Webhooks
	Releases   Releases
	Blocks     Blocks

	Directories Directories
	Logs        Logs
	Downloads   *release.Shelf // nil: this server offers no programs

	Interventions Interventions
	Creators      Creators // nil: nobody acts for others
}

// Mount registers them.
func (s *Pages) Mount(m *edge.Mux) {
	s.mountHealth(m)
	s.mountRoles(m)
	s.mountSystems(m)
	s.mountWebhooks(m)
	s.mountDeliveries(m)
	s.mountPolicy(m)
	s.mountMatching(m)
	s.mountAccess(m)
	s.mountDirectory(m)
	s.mountRegisters(m)
	s.mountProcessing(m)
	s.mountBreaches(m)
	s.mountKept(m)
	s.mountReleases(m)
	s.mountDownloads(m)
	s.mountBlocks(m)
	s.mountInterventions(m)
	s.mountCreators(m)
	s.mountSessions(m)
	s.mountLogs(m)
}

// Nav are their navigation lines: who may do what, what the law asks for, and the
// machine itself.
func Nav() []ui.NavItem {
	access, privacy, server := lang.Mark("Access"), lang.Mark("Privacy"), lang.Mark("Server")
	return []ui.NavItem{
		{Area: ui.AreaAdmin, Path: "/admin", Label: lang.Mark("Overview")},
		{Area: ui.AreaAdmin, Group: access, Path: rolesPath, Label: lang.Mark("People who work here"), Also: habeas.RoleManager},
		{Area: ui.AreaAdmin, Group: access, Path: systemsPath, Label: lang.Mark("Connected systems")},
		{Area: ui.AreaAdmin, Group: access, Path: accessPath, Label: lang.Mark("Who sees what")},
		{Area: ui.AreaAdmin, Group: access, Path: sitesPath, Label: lang.Mark("Sites of creators")},
		{Area: ui.AreaAdmin, Group: access, Path: blocksPath, Label: lang.Mark("Blocks")},
		{Area: ui.AreaAdmin, Group: access, Path: interventionsPath, Label: lang.Mark("Revoke and delete")},
		{Area: ui.AreaAdmin, Group: access, Path: directoryPath, Label: lang.Mark("Directory")},
		{Area: ui.AreaAdmin, Group: privacy, Path: registerPath, Label: lang.Mark("Registers")},
		{Area: ui.AreaAdmin, Group: privacy, Path: processingPath, Label: lang.Mark("Record of processing")},
		{Area: ui.AreaAdmin, Group: privacy, Path: policyPath, Label: lang.Mark("Policy")},
		{Area: ui.AreaAdmin, Group: privacy, Path: breachesPath, Label: lang.Mark("Breaches")},
		{Area: ui.AreaAdmin, Group: privacy, Path: releasesPath, Label: lang.Mark("Releases of data")},
		{Area: ui.AreaAdmin, Group: privacy, Path: keptPath, Label: lang.Mark("Kept by law")},
		{Area: ui.AreaAdmin, Group: server, Path: healthPath, Label: lang.Mark("Health")},
		{Area: ui.AreaAdmin, Group: server, Path: deliveriesPath, Label: lang.Mark("Mail")},
		{Area: ui.AreaAdmin, Group: server, Path: sessionsPath, Label: lang.Mark("Session log")},
		{Area: ui.AreaAdmin, Group: server, Path: logPath, Label: lang.Mark("Logs")},
		{Area: ui.AreaAdmin, Group: server, Path: matchingPath, Label: lang.Mark("Matching")},
	}
}
