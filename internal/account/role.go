package account

import (
	"context"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
)

// Roles answers which roles an account holds at this moment. It is the only seam
// through which anything learns of roles; attribute certificates will stand behind
// it later (ADR 0008). It is asked at each request, so a role withdrawn is gone at
// once. Whether the sign-in is good enough for a role is habeas.Actor's to say.
type Roles interface {
	RolesOf(ctx context.Context, id habeas.AccountID) ([]habeas.Role, error)
}

// Grant is one role given to an address.
type Grant struct {
	Address keyring.LookupHash
	Role    habeas.Role
	By      habeas.AccountID // zero: the operator's link
	At      time.Time
	Display string           // the address, for people
	Holder  habeas.AccountID // who has proved the address; zero: nobody yet
	Ready   bool             // the holder has a passkey, so that the role counts
}

var (
	errGrantRole  = habeas.Invalid("role", "Choose one of the options.").WithCode("form.choice")
	errGrantSelf  = habeas.Forbidden("Nobody gives a role to themselves. Ask another administrator.").WithCode("role.self")
	errRevokeSelf = habeas.Forbidden("Nobody takes their own role away. Ask another administrator.").WithCode("role.self")
	// ErrLastAdministrator keeps a server from being left without one.
	ErrLastAdministrator = habeas.Conflict("This is the last administrator. Make somebody else one first.").WithCode("role.last")
)

// Grantable reports whether a role can be given: a person is one anyway.
func Grantable(r habeas.Role) bool { return r == habeas.RoleStaff || r == habeas.RoleAdministrator }

// CanGrant says whether an actor may give a role to the holder of an address; own
// says whether the actor has proved that address.
func CanGrant(actor habeas.Actor, role habeas.Role, own bool) error {
	switch {
	case !actor.Has(habeas.RoleAdministrator):
		return ErrNotAdministrator
	case !Grantable(role):
		return errGrantRole
	case own:
		return errGrantSelf
	}
	return nil
}

// CanRevoke says whether an actor may take a role away; administrators is how many
// there are now.
func CanRevoke(actor habeas.Actor, role habeas.Role, own bool, administrators int) error {
	switch {
	case !actor.Has(habeas.RoleAdministrator):
		return ErrNotAdministrator
	case role == habeas.RoleAdministrator && administrators <= 1:
		return ErrLastAdministrator
	case own:
		return errRevokeSelf
	}
	return nil
}

// ErrNotAdministrator refuses what only administrators may do.
var ErrNotAdministrator = habeas.Forbidden("Only administrators may do this, signed in with a passkey.").WithCode("role.missing")
