// Package admin makes the pages for administrators: who works here, which systems are
// connected, what became of the mail.
package admin

import (
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
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
}

// Mount registers them.
func (s *Pages) Mount(m *edge.Mux) {
	s.mountHealth(m)
	s.mountRoles(m)
	s.mountSystems(m)
	s.mountDeliveries(m)
	s.mountPolicy(m)
	s.mountRegisters(m)
	s.mountSessions(m)
}

// Nav are their navigation lines.
func Nav() []ui.NavItem {
	return []ui.NavItem{
		{Area: ui.AreaAdmin, Path: "/admin", Label: lang.Mark("Overview")},
		{Area: ui.AreaAdmin, Path: healthPath, Label: lang.Mark("Health")},
		{Area: ui.AreaAdmin, Path: rolesPath, Label: lang.Mark("People who work here")},
		{Area: ui.AreaAdmin, Path: systemsPath, Label: lang.Mark("Connected systems")},
		{Area: ui.AreaAdmin, Path: deliveriesPath, Label: lang.Mark("Mail")},
		{Area: ui.AreaAdmin, Path: sessionsPath, Label: lang.Mark("Session log")},
		{Area: ui.AreaAdmin, Path: policyPath, Label: lang.Mark("Policy")},
		{Area: ui.AreaAdmin, Path: registerPath, Label: lang.Mark("Registers")},
	}
}
