package account

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
)

// ApplicationState is what became of an application.
type ApplicationState string

// The states.
const (
	ApplicationOpen      ApplicationState = "open"
	ApplicationGranted   ApplicationState = "granted"
	ApplicationRefused   ApplicationState = "refused"
	ApplicationWithdrawn ApplicationState = "withdrawn" // by who applied
)

// Application is somebody's request for a role (ATTR-13). It gives nothing: somebody who
// may give the role decides.
type Application struct {
	ID      habeas.ApplicationID
	Account habeas.AccountID
	Role    habeas.Role
	At      time.Time
	State   ApplicationState
	Decided time.Time        // zero: it is open
	By      habeas.AccountID // who decided
	Words   ApplicationWords
	Display string // the applicant's main address, for who decides; read with it
}

// ApplicationWords is what both sides say.
type ApplicationWords struct {
	Why    string `json:"w"`           // the applicant: what the role is for
	Answer string `json:"a,omitempty"` // who refused: why
}

var (
	errApplyWhy  = habeas.Invalid("reason", "Say what you need the role for.").WithCode("role.apply-why")
	errApplyLong = habeas.Invalid("reason", "This is too long: at most {max} characters.").WithCode("form.long").With("max", "2000")
	errApplied   = habeas.Invalid("role", "You have asked for this role already. It is waiting for a decision.").WithCode("role.applied")
	errHave      = habeas.Invalid("role", "You hold this role, or it waits for your registration.").WithCode("role.have")
	// ErrNoApplication: there is none, it is somebody else's, or it was decided.
	ErrNoApplication = habeas.NotFound("There is no such application, or it was decided already.").WithCode("role.application")
)

// CanApply says whether an actor may ask for a role: who is registered may (ATTR-02), once
// at a time, for a role that people give and that they do not hold.
func CanApply(actor habeas.Actor, role habeas.Role, why string, registered bool, before []Application, held []Grant, now time.Time) error {
	switch {
	case !actor.Has(habeas.RolePerson) || actor.Kind != habeas.ActorPerson:
		return habeas.Forbidden("Sign in first.").WithCode("signin.needed")
	case grantors[role] == "":
		return errGrantRole
	case !registered:
		return ErrNotRegistered
	case strings.TrimSpace(why) == "":
		return errApplyWhy
	case utf8.RuneCountInString(why) > MaxProof:
		return errApplyLong
	case slices.ContainsFunc(before, func(a Application) bool { return a.Role == role && a.State == ApplicationOpen }):
		return errApplied
	case slices.ContainsFunc(held, func(g Grant) bool { return g.Role == role && g.Stands(now) }):
		return errHave
	}
	return nil
}

// CanRefuse says whether an actor may refuse an application: who may give the role may, and
// says why.
func CanRefuse(actor habeas.Actor, a Application, why string) error {
	switch {
	case !Grantor(actor):
		return ErrNotGrantor
	case a.State != ApplicationOpen:
		return ErrNoApplication
	case !Gives(actor, a.Role):
		return errGrantor
	case a.Account == actor.Account:
		return errGrantSelf
	}
	return checkWhy(why)
}
