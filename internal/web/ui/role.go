package ui

import (
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/lang"
)

// RoleName is how people call a role.
func RoleName(p lang.Printer, r habeas.Role) string {
	switch r {
	case habeas.RoleManager:
		return p.T("Authorization manager")
	case habeas.RoleAdministrator:
		return p.T("Administrator")
	case habeas.RoleCreator:
		return p.T("Trusted entity creator")
	case habeas.RoleStaff:
		return p.T("Staff")
	case habeas.RolePerson:
	}
	return p.T("Person")
}

// Until says when a role ends by itself; empty while nobody knows, as it waits for a
// registration.
func Until(p lang.Printer, g account.Grant, zone *time.Location) string {
	end := g.Until
	if end.IsZero() {
		end = g.Ends
	}
	if end.IsZero() {
		return ""
	}
	return p.T("Until {day}.", "day", p.Date(end.In(zone)))
}
