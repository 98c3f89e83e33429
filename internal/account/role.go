package account

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/pki"
)

// Roles answers which roles an account holds at a moment: those of attribute certificates
// that count, bound to its identity certificate that counts (ADR 0044). It is asked at each
// request, so a role withdrawn is gone at once. Whether the sign-in is good enough for a
// role is habeas.Actor's to say.
type Roles interface {
	RolesOf(ctx context.Context, id habeas.AccountID, now time.Time) ([]habeas.Role, error)
}

// Grant is a recorded decision that somebody shall hold a role (ATTR-06). It leads to one
// attribute certificate: when it is made or, where its person is not registered yet, when
// they register. Whatever ends that certificate ends the decision; another certificate
// takes another decision.
type Grant struct {
	ID      habeas.GrantID
	Role    habeas.Role
	Address keyring.LookupHash // for which it was decided
	Holder  habeas.AccountID   // who has proved the address; zero: nobody yet
	By      habeas.AccountID   // zero: the ceremony on the machine (ATTR-07)
	At      time.Time
	Ends    time.Time  // zero: with the identity certificate (ATTR-09)
	Serial  pki.Serial // of the attribute certificate; zero: it waits
	EndedAt time.Time  // when the decision was taken back, or its certificate revoked; zero: it stands
	EndedBy habeas.AccountID
	Words   GrantWords
	Until   time.Time // when the attribute certificate ends; zero: it waits
	Ready   bool      // the holder has a passkey
}

// GrantWords is what people say of a decision. Display is personal data.
type GrantWords struct {
	Display string `json:"d"`           // the address, for people
	Proof   string `json:"p,omitempty"` // how it was checked, by who decided
	Why     string `json:"w,omitempty"` // why it was taken back
}

// GrantState is what became of a decision.
type GrantState uint8

// The states.
const (
	GrantWaits GrantState = iota // its person is not registered yet
	GrantHolds
	GrantExpired
	GrantEnded
)

// State is what became of the decision by now.
func (g Grant) State(now time.Time) GrantState {
	switch {
	case !g.EndedAt.IsZero():
		return GrantEnded
	case g.Serial == (pki.Serial{}) && (g.Ends.IsZero() || now.Before(g.Ends)):
		return GrantWaits
	case now.Before(g.Until):
		return GrantHolds
	}
	return GrantExpired
}

// Stands reports whether it counts, or will when its person registers.
func (g Grant) Stands(now time.Time) bool {
	s := g.State(now)
	return s == GrantWaits || s == GrantHolds
}

// Counts reports whether its holder can act by it: there is a certificate and a way in that
// roles count in.
func (g Grant) Counts(now time.Time) bool { return g.State(now) == GrantHolds && g.Ready }

// Undoable reports whether an actor can take back that they took it away.
func (g Grant) Undoable(actor habeas.Actor, now time.Time) bool {
	return !g.EndedAt.IsZero() && g.EndedBy == actor.Account && !g.EndedBy.IsZero() && now.Sub(g.EndedAt) <= UndoFor
}

// Granting is what a grantor decides.
type Granting struct {
	Role        habeas.Role
	Ends        time.Time // zero: with the identity certificate
	Proof       string
	Application habeas.ApplicationID // that it answers; zero: nobody asked
}

// MaxProof is the length of what is said to a decision, in characters.
const MaxProof = 2000

// grantors says who gives which role (ATTR-03 to ATTR-05). That is the whole rule: a role
// that is no key is given by nobody, the authorization manager's neither, and a role that
// is no value gives none.
var grantors = map[habeas.Role]habeas.Role{
	habeas.RoleAdministrator: habeas.RoleManager,
	habeas.RoleCreator:       habeas.RoleAdministrator,
	habeas.RoleStaff:         habeas.RoleAdministrator,
}

// GrantedRoles are the roles that people give to each other, the weightiest first.
func GrantedRoles() []habeas.Role {
	return []habeas.Role{habeas.RoleAdministrator, habeas.RoleCreator, habeas.RoleStaff}
}

// Grantable reports whether a role is held by a certificate: a person is one anyway.
func Grantable(r habeas.Role) bool { return r == habeas.RoleManager || grantors[r] != "" }

// Gives reports whether an actor gives a role to others.
func Gives(actor habeas.Actor, role habeas.Role) bool {
	by, ok := grantors[role]
	return ok && actor.Has(by)
}

// Grantor reports whether an actor gives any role.
func Grantor(actor habeas.Actor) bool {
	return actor.Has(habeas.RoleManager) || actor.Has(habeas.RoleAdministrator)
}

var (
	errGrantRole  = habeas.Invalid("role", "Choose one of the options.").WithCode("form.choice")
	errGrantor    = habeas.Forbidden("Only the authorization manager makes administrators; only administrators give other roles.").WithCode("role.grantor")
	errGrantSelf  = habeas.Forbidden("Nobody gives a role to themselves. Ask somebody else who may give it.").WithCode("role.self")
	errRevokeSelf = habeas.Forbidden("Nobody takes their own role away. Ask somebody else who may give it.").WithCode("role.self")
	errProof      = habeas.Invalid("checked", "Say how it was checked who this is and that they may have the role.").WithCode("role.proof")
	errReason     = habeas.Invalid("why", "Say why.").WithCode("role.why")
	errLong       = habeas.Invalid("checked", "This is too long: at most {max} characters.").WithCode("form.long").With("max", "2000")
	errPast       = habeas.Invalid("ends", "Choose a day that is still to come.").WithCode("role.past")
	// ErrGrantEnds refuses a role that would outlast its holder's registration (ATTR-09).
	ErrGrantEnds = habeas.Invalid("ends", "A role ends at the latest with its holder’s registration. Choose an earlier day, or none.").WithCode("role.ends")
	// ErrLastAdministrator keeps a server from being left without one.
	ErrLastAdministrator = habeas.Conflict("This is the last administrator. Make somebody else one first.").WithCode("role.last")
	// ErrHolds refuses a second decision beside one that stands.
	ErrHolds = habeas.Invalid("role", "This role is given to them already.").WithCode("role.given")
	// ErrNoGrant: there is no such decision, or it has ended.
	ErrNoGrant = habeas.NotFound("There is no such role, or it has ended.").WithCode("role.none")
	// ErrNotAdministrator refuses what only administrators may do.
	ErrNotAdministrator = habeas.Forbidden("Only administrators may do this, signed in with a passkey.").WithCode("role.missing")
	// ErrNotGrantor refuses what only those may do who give roles.
	ErrNotGrantor = habeas.Forbidden("Only those who give roles may do this, signed in with a passkey.").WithCode("role.missing")
)

// CanGrant says whether an actor may give a role to the holder of an address; own says
// whether the actor has proved that address, and registered when the holder's registration
// ends: at the earliest the one that they could begin now.
func CanGrant(actor habeas.Actor, in Granting, own bool, registered, now time.Time) error {
	switch {
	case !Grantor(actor):
		return ErrNotGrantor
	case grantors[in.Role] == "":
		return errGrantRole
	case !Gives(actor, in.Role):
		return errGrantor
	case own:
		return errGrantSelf
	case strings.TrimSpace(in.Proof) == "":
		return errProof
	case utf8.RuneCountInString(in.Proof) > MaxProof:
		return errLong
	case !in.Ends.IsZero() && !in.Ends.After(now):
		return errPast
	case in.Ends.After(registered):
		return ErrGrantEnds
	}
	return nil
}

// CanRevoke says whether an actor may take a role away: who may give it may. administrators
// is how many there are now.
func CanRevoke(actor habeas.Actor, role habeas.Role, own bool, administrators int, why string) error {
	switch {
	case !Grantor(actor):
		return ErrNotGrantor
	case !Gives(actor, role):
		return errGrantor
	case role == habeas.RoleAdministrator && administrators <= 1:
		return ErrLastAdministrator
	case own:
		return errRevokeSelf
	}
	return checkWhy(why)
}

func checkWhy(why string) error {
	switch {
	case strings.TrimSpace(why) == "":
		return errReason
	case utf8.RuneCountInString(why) > MaxProof:
		return habeas.Invalid("why", errLong.Message).WithCode(errLong.Code).With("max", "2000")
	}
	return nil
}
