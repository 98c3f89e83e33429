package account

import (
	"bytes"
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
)

// StaffUser is somebody whom a connected system has named as working here (SCIM 2.0,
// RFC 7643). It is a permission that waits for an address, and no account.
type StaffUser struct {
	ID        habeas.StaffUserID
	System    habeas.SystemID // that named them; no other sees them
	Active    bool
	Version   int64
	CreatedAt time.Time
	ChangedAt time.Time
	StaffWords
}

// StaffWords are what the system says of somebody. They are kept sealed.
type StaffWords struct {
	UserName   string      `json:"u"`
	ExternalID string      `json:"x,omitempty"`
	Display    string      `json:"d,omitempty"`
	Formatted  string      `json:"n,omitempty"`
	Given      string      `json:"g,omitempty"`
	Family     string      `json:"f,omitempty"`
	Emails     []StaffMail `json:"e,omitempty"`
}

// StaffMail is one address of somebody.
type StaffMail struct {
	Value   string `json:"v"`
	Type    string `json:"t,omitempty"`
	Primary bool   `json:"p,omitempty"`
}

// StaffGroup is a group of them.
type StaffGroup struct {
	ID         habeas.StaffGroupID
	System     habeas.SystemID
	Version    int64
	CreatedAt  time.Time
	ChangedAt  time.Time
	Name       string
	ExternalID string
	Members    []habeas.StaffUserID // sorted
}

// Bounds of what one system may say.
const (
	MaxStaff       = 10_000 // people, and as many groups
	maxStaffText   = 256    // characters
	maxStaffEmails = 10
)

// Errors about staff that a system names, for programs.
var (
	ErrStaffNone  = habeas.NotFound("There is no such resource.").WithCode("staff.none")
	ErrStaffTaken = habeas.Conflict("There is one of this name already.").WithCode("staff.taken")
	ErrStaffMoved = habeas.Conflict("The resource was changed meanwhile. Read it again.").WithCode("staff.version")
	ErrStaffMany  = habeas.TooMany("There are as many as one system may name.").WithCode("staff.many")
	errStaffMail  = habeas.Invalid("emails", "Somebody has at most 10 addresses, each of at most 256 characters.").WithCode("staff.emails")
)

// UserKey is the form by which two spellings of a userName are equal (RFC 7643, 4.1.1:
// case does not matter).
func UserKey(name string) string { return strings.ToLower(name) }

// GroupKey is the same for names of groups.
func GroupKey(name string) string { return strings.ToLower(name) }

// Check returns what is wrong with somebody.
func (u StaffUser) Check() error {
	if err := staffText("userName", u.UserName, true); err != nil {
		return err
	}
	for name, text := range map[string]string{"externalId": u.ExternalID, "displayName": u.Display, "name.formatted": u.Formatted, "name.givenName": u.Given, "name.familyName": u.Family} {
		if err := staffText(name, text, false); err != nil {
			return err
		}
	}
	if len(u.Emails) > maxStaffEmails {
		return errStaffMail
	}
	for _, e := range u.Emails {
		if staffText("", e.Value, false) != nil || staffText("", e.Type, false) != nil {
			return errStaffMail
		}
	}
	return nil
}

// Check returns what is wrong with a group.
func (g StaffGroup) Check() error {
	if err := staffText("displayName", g.Name, true); err != nil {
		return err
	}
	if len(g.Members) > MaxStaff {
		return ErrStaffMany
	}
	return staffText("externalId", g.ExternalID, false)
}

func staffText(name, text string, needed bool) error {
	bad := !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxStaffText || strings.ContainsFunc(text, unicode.IsControl)
	if bad || needed && strings.TrimSpace(text) == "" {
		return habeas.Invalid(name, "Expected a text of at most 256 characters.").WithCode("staff.text")
	}
	return nil
}

// Address is by which somebody is known here: the primary address, else the first, else
// the userName if it is one. ok is false when there is none: then nothing is permitted.
func (u StaffUser) Address() (address email.Address, ok bool) {
	text := u.UserName
	for i, e := range u.Emails {
		if i == 0 || e.Primary {
			text = e.Value
		}
		if e.Primary {
			break
		}
	}
	address, err := email.Parse(text)
	return address, err == nil
}

// MembersBetween tells who joined a group and who left it; both lists are sorted.
func MembersBetween(was, is []habeas.StaffUserID) (joined, left []habeas.StaffUserID) {
	for len(was) > 0 || len(is) > 0 {
		switch {
		case len(was) == 0 || len(is) > 0 && bytes.Compare(is[0][:], was[0][:]) < 0:
			joined, is = append(joined, is[0]), is[1:]
		case len(is) == 0 || was[0] != is[0]:
			left, was = append(left, was[0]), was[1:]
		default:
			was, is = was[1:], is[1:]
		}
	}
	return joined, left
}

// NoMember says that a group names somebody who is none of the system's; another error passes.
func NoMember(err error) error {
	if habeas.KindOf(err) != habeas.KindNotFound {
		return err
	}
	return habeas.Invalid("members", "Members are named by the ids of users that were created here.").WithCode("staff.member")
}

// Provisions reads what systems have said about staff.
type Provisions interface {
	StaffUser(ctx context.Context, of habeas.SystemID, id habeas.StaffUserID) (StaffUser, error)
	// StaffUserNamed finds by the keyed hash of a userName; found is false when there is none.
	StaffUserNamed(ctx context.Context, of habeas.SystemID, name keyring.LookupHash) (u StaffUser, found bool, err error)
	// StaffUsers returns a page in the order of creation, and how many there are in all.
	StaffUsers(ctx context.Context, of habeas.SystemID, offset, limit int) ([]StaffUser, int, error)
	StaffGroup(ctx context.Context, of habeas.SystemID, id habeas.StaffGroupID) (StaffGroup, error)
	StaffGroupNamed(ctx context.Context, of habeas.SystemID, name keyring.LookupHash) (g StaffGroup, found bool, err error)
	StaffGroups(ctx context.Context, of habeas.SystemID, offset, limit int) ([]StaffGroup, int, error)
	// GroupsOfStaff returns the groups that somebody is in.
	GroupsOfStaff(ctx context.Context, id habeas.StaffUserID) ([]habeas.StaffGroupID, error)
	// StaffMarksAt returns the marks of all groups in which somebody active with an
	// address is, whichever system says so.
	StaffMarksAt(ctx context.Context, address keyring.LookupHash) ([]keyring.LookupHash, error)
	// StaffAddresses returns the addresses of people; those without one are left out.
	StaffAddresses(ctx context.Context, ids []habeas.StaffUserID) ([]keyring.LookupHash, error)
	// AllStaffAddresses returns those of everybody, whichever system has named them.
	AllStaffAddresses(ctx context.Context) ([]keyring.LookupHash, error)
}

// ProvisionWriter changes it in one transaction.
type ProvisionWriter interface {
	Provisions
	// SaveStaffUser inserts version 1, or replaces the version before. name and address
	// are keyed hashes; address is zero without one.
	SaveStaffUser(u StaffUser, name, address keyring.LookupHash, e audit.Entry) error
	RemoveStaffUser(u StaffUser, e audit.Entry) error
	// SaveStaffGroup does so with a group; mark is that of its name.
	SaveStaffGroup(g StaffGroup, mark keyring.LookupHash, e audit.Entry) error
	RemoveStaffGroup(g StaffGroup, e audit.Entry) error
}
