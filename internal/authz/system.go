package authz

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/sealed"
)

// Scope is one thing that a token permits.
type Scope string

// The scopes of connected systems.
const (
	ScopeParties Scope = "parties:write" // find or create a party and say what is known about it
	ScopeTickets Scope = "tickets:write" // read and cancel the system's own tickets
	ScopeStaff   Scope = "staff:write"   // say who works here (SCIM); a system that has it has nothing else
)

// readPrefix begins the scopes that let a system read one data set each.
const readPrefix = "parties:read."

// ReadScope is the scope that lets a system read a data set of the parties it has
// itself brought (PTY-22). No system has one unless an administrator grants it.
func ReadScope(set string) Scope { return Scope(readPrefix + set) }

// AllScopes are granted to every system when it is connected.
func AllScopes() []Scope { return []Scope{ScopeParties, ScopeTickets} }

// System is a program of somebody's that speaks to this server: bookings,
// memberships, timetables. Its name is shown to people as the source of what it
// says and is not personal.
type System struct {
	ID        habeas.SystemID
	Name      string
	Scopes    []Scope
	CreatedAt time.Time
	UsedAt    time.Time // when it last got a token; zero: never
	EndedAt   time.Time // when it was disconnected; zero: it is connected
	Secret    Hash      // of the current secret
	OldSecret Hash      // of the one before, good until the next change; zero: none
	Sandbox   bool      // for trying things out: nothing it says is kept, and it reads nothing real
}

// Terms are on what terms a system is connected. They do not change later: a system
// that was tried out in a sandbox is connected anew, with credentials of its own.
type Terms struct {
	Name    string
	Sandbox bool
	Reads   []string // names of the data sets that it may read
	Staff   bool     // it says who works here, and does nothing else
}

// Connected reports whether the system may do anything at all.
func (s System) Connected() bool { return s.EndedAt.IsZero() }

// Provisions reports whether the system says who works here.
func (s System) Provisions() bool { return slices.Contains(s.Scopes, ScopeStaff) }

// Errors about systems, for people.
var (
	ErrNoSystem  = habeas.NotFound("There is no such connected system.").WithCode("system.none")
	errNotAdmin  = habeas.Forbidden("Only administrators connect and disconnect systems.").WithCode("role.missing")
	errName      = habeas.Invalid("name", "Give the system a name of 2 to 80 characters, as people should see it.").WithCode("system.name")
	errStaffOnly = habeas.Invalid("mode", "A system that says who works here reads nothing and is no sandbox.").WithCode("system.staff")
	errEnded     = habeas.Conflict("This system is disconnected. Connect it again first.").WithCode("system.ended")
	errConnected = habeas.Conflict("This system is connected already.").WithCode("system.connected")
)

// MayManage refuses everybody but administrators.
func MayManage(a habeas.Actor) error {
	if !a.Has(habeas.RoleAdministrator) {
		return errNotAdmin
	}
	return nil
}

// Connect makes a new system and its first secret, which lives as long as the session and
// is kept nowhere else.
func Connect(in *sealed.Session, a habeas.Actor, t Terms, now time.Time) (System, sealed.Value, audit.Entry, error) {
	var none sealed.Value
	if err := MayManage(a); err != nil {
		return System{}, none, audit.Entry{}, err
	}
	name := strings.Join(strings.Fields(t.Name), " ")
	if n := utf8.RuneCountInString(name); n < 2 || n > 80 || strings.ContainsFunc(name, unseen) {
		return System{}, none, audit.Entry{}, errName
	}
	secret, hash, err := draw(in, secretPrefix)
	if err != nil {
		return System{}, none, audit.Entry{}, err
	}
	s := System{
		ID: habeas.NewID[habeas.SystemKind](now), Name: name, Scopes: AllScopes(), CreatedAt: now, Secret: hash,
		Sandbox: t.Sandbox,
	}
	if t.Staff {
		if t.Sandbox || len(t.Reads) > 0 {
			return System{}, none, audit.Entry{}, errStaffOnly
		}
		s.Scopes = []Scope{ScopeStaff}
	}
	for _, set := range slices.Sorted(slices.Values(t.Reads)) {
		s.Scopes = append(s.Scopes, ReadScope(set))
	}
	s.Scopes = slices.Compact(s.Scopes)
	e := s.entry(a, audit.SystemConnected, "connect", now)
	e.Detail["scopes"] = JoinScopes(s.Scopes)
	if s.Sandbox {
		e.Detail["sandbox"] = "yes"
	}
	return s, secret, e, nil
}

// unseen are characters that serve only to deceive in a name.
func unseen(r rune) bool { return r == utf8.RuneError || !unicode.IsGraphic(r) }

// Rotate gives the system a new secret. The one before stays good until the next
// change, so that the system can take the new one up when it is ready.
func (s System) Rotate(in *sealed.Session, a habeas.Actor, now time.Time) (System, sealed.Value, audit.Entry, error) {
	var none sealed.Value
	if err := MayManage(a); err != nil {
		return s, none, audit.Entry{}, err
	}
	if !s.Connected() {
		return s, none, audit.Entry{}, errEnded
	}
	secret, hash, err := draw(in, secretPrefix)
	if err != nil {
		return s, none, audit.Entry{}, err
	}
	s.OldSecret, s.Secret = s.Secret, hash
	return s, secret, s.entry(a, audit.SystemConnected, "secret", now), nil
}

// MayRevoke says whether somebody who shows this secret may end the system's tokens
// (RFC 7009, 2.1). The zero System is refused in the same time.
func (s System) MayRevoke(secret sealed.Value) error {
	if !s.Knows(secret) || !s.Connected() {
		return ErrClient
	}
	return nil
}

// Revoked witnesses that the system ended one of its tokens itself.
func (s System) Revoked(now time.Time) audit.Entry {
	return s.entry(s.Actor(), audit.SystemRevoked, "token", now)
}

// Disconnect ends the system. Its tokens end with it.
func (s System) Disconnect(a habeas.Actor, now time.Time) (System, audit.Entry, error) {
	if err := MayManage(a); err != nil {
		return s, audit.Entry{}, err
	}
	if !s.Connected() {
		return s, audit.Entry{}, errEnded
	}
	s.EndedAt = now
	return s, s.entry(a, audit.SystemDisconnected, "disconnect", now), nil
}

// Reconnect takes a disconnection back. Its secrets are good again; tokens are not.
func (s System) Reconnect(a habeas.Actor, now time.Time) (System, audit.Entry, error) {
	if err := MayManage(a); err != nil {
		return s, audit.Entry{}, err
	}
	if s.Connected() {
		return s, audit.Entry{}, errConnected
	}
	s.EndedAt = time.Time{}
	return s, s.entry(a, audit.SystemConnected, "reconnect", now), nil
}

// entry witnesses a change of the system or an authorization of it.
func (s System) entry(a habeas.Actor, e audit.Event, act string, now time.Time) audit.Entry {
	return audit.Entry{
		ID: habeas.NewID[habeas.EventKind](now), Event: e, Actor: a, At: now,
		Detail: map[string]string{"system": s.ID.String(), "act": act},
	}
}

// Actor is the system as it acts.
func (s System) Actor() habeas.Actor { return habeas.Actor{Kind: habeas.ActorSystem, System: s.ID} }

// narrow returns the scopes to grant: those asked for, or all when none are named.
// Asking for one that the system does not have is an error (RFC 6749, 5.2).
func (s System) narrow(asked []Scope) ([]Scope, error) {
	if len(asked) == 0 {
		return s.Scopes, nil
	}
	for _, scope := range asked {
		if !slices.Contains(s.Scopes, scope) {
			return nil, ErrScope
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(asked))), nil
}
