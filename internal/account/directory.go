package account

import (
	"context"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
)

// A directory of the organisation says who works there now, and in which groups. It
// permits roles and grants none: a role counts only if it was granted here and the
// directory permits it at this moment (ADR 0042).

// DirectorySource is who tells who works here.
type DirectorySource string

// The sources. They exclude each other: somebody whom one has let go must not stay by the other.
const (
	DirectoryNone DirectorySource = ""     // nobody: every granted role counts
	DirectoryLDAP DirectorySource = "ldap" // a directory that is asked
	DirectorySCIM DirectorySource = "scim" // a connected system that says it by itself
)

// Times of the directory.
const (
	AskDirectoryEvery = 15 * time.Minute     // how often a directory is asked
	DirectoryGrace    = time.Hour            // how long its last answer counts where the settings do not say
	LeastGrace        = AskDirectoryEvery    // of the settings
	MostGrace         = 24 * time.Hour       // of the settings
	KeepMemberships   = 180 * 24 * time.Hour // how long it is known that somebody was permitted something
)

// directorySkew is how far before our clock's time an answer may seem to come from the
// future: nodes differ. More than that, and nobody knows how old it is.
const directorySkew = 5 * time.Minute

// LookupStaffGroup and LookupStaffUser are the kinds of keyed marks of groups and of what
// a provisioning system calls people.
const (
	LookupStaffGroup = "staff-group"
	LookupStaffUser  = "staff-user"
)

// DirectoryGroup is a group that matters, and what it permits.
type DirectoryGroup struct {
	Name string             // as the settings have it
	Mark keyring.LookupHash // of source and name; rows hold nothing else of it
	Role habeas.Role        // that it permits; administrator permits staff too
}

// Directory is what the settings say about it.
type Directory struct {
	Source DirectorySource
	Grace  time.Duration // how long an answer of LDAP counts
	Groups []DirectoryGroup
	Exempt map[keyring.LookupHash]bool // addresses that need no directory, for when it is broken
}

// DirectoryState is how asking went. For SCIM it stays zero.
type DirectoryState struct {
	AskedAt    time.Time // the last time that somebody tried; zero: never
	AnsweredAt time.Time // when the question was put that the last answer is of; zero: there was none
	Failure    string    // why the last question was not answered; empty: it was
}

// Membership is that a directory has somebody in a group: keyed hashes, no names.
type Membership struct {
	Address keyring.LookupHash // of the mail address
	Mark    keyring.LookupHash // of the group
	Since   time.Time
	EndedAt time.Time // zero: so it is now
}

// AnswerEnds is until when the last answer of a directory counts; zero: there is none.
func (d Directory) AnswerEnds(s DirectoryState) time.Time {
	if s.AnsweredAt.IsZero() {
		return time.Time{}
	}
	return s.AnsweredAt.Add(d.Grace)
}

// Answered reports whether what is known of the directory still counts.
func (d Directory) Answered(s DirectoryState, now time.Time) bool {
	switch d.Source {
	case DirectoryNone, DirectorySCIM:
		return true
	case DirectoryLDAP:
		return !s.AnsweredAt.IsZero() && now.Before(d.AnswerEnds(s)) && now.After(s.AnsweredAt.Add(-directorySkew))
	}
	return false
}

// Due reports whether the directory is to be asked: every quarter of an hour, at once
// after a failure, and when a role was granted since.
func (d Directory) Due(s DirectoryState, granted, now time.Time) bool {
	if d.Source != DirectoryLDAP {
		return false
	}
	return s.Failure != "" || s.AskedAt.IsZero() || now.Sub(s.AskedAt) >= AskDirectoryEvery || !granted.Before(s.AskedAt) || now.Before(s.AskedAt.Add(-directorySkew))
}

// Permits returns what the groups of these marks permit together, without what nobody
// knows any more.
func (d Directory) Permits(marks []keyring.LookupHash) []habeas.Role {
	var roles []habeas.Role
	for _, g := range d.Groups {
		if !slices.Contains(marks, g.Mark) {
			continue
		}
		roles = append(roles, g.Role)
		if g.Role == habeas.RoleAdministrator {
			roles = append(roles, habeas.RoleStaff)
		}
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

// Group finds a group by its mark.
func (d Directory) Group(mark keyring.LookupHash) (DirectoryGroup, bool) {
	i := slices.IndexFunc(d.Groups, func(g DirectoryGroup) bool { return g.Mark == mark })
	if i < 0 {
		return DirectoryGroup{}, false
	}
	return d.Groups[i], true
}

// Counting returns those of the granted roles that count for somebody who has proved
// these addresses and is in the groups of these marks. Everybody stays a person.
func (d Directory) Counting(granted []habeas.Role, addresses, marks []keyring.LookupHash, s DirectoryState, now time.Time) []habeas.Role {
	if d.Source == DirectoryNone || slices.ContainsFunc(addresses, func(h keyring.LookupHash) bool { return d.Exempt[h] }) {
		return granted
	}
	var permitted []habeas.Role
	if d.Answered(s, now) {
		permitted = d.Permits(marks)
	}
	var out []habeas.Role
	for _, r := range granted {
		// The authorization manager is designated on the machine, not by a directory.
		if r == habeas.RolePerson || r == habeas.RoleManager || slices.Contains(permitted, r) {
			out = append(out, r)
		}
	}
	return out
}

// Directories reads what is known of the directory.
type Directories interface {
	// Marks returns the addresses that an account has proved by a code, and the marks
	// of the groups that these are in.
	Marks(ctx context.Context, id habeas.AccountID) (addresses, marks []keyring.LookupHash, err error)
	// MarksAt returns the groups that an address is in.
	MarksAt(ctx context.Context, address keyring.LookupHash) ([]keyring.LookupHash, error)
	// Memberships returns all that are, and those that ended and are still known, newest first.
	Memberships(ctx context.Context) ([]Membership, error)
	State(ctx context.Context) (DirectoryState, error)
}

// DirectoryWriter changes it in one transaction.
type DirectoryWriter interface {
	Directories
	// SaveMembership begins or ends one.
	SaveMembership(m Membership, e audit.Entry) error
}
