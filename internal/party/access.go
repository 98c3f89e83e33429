package party

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// Who of the staff sees and changes which data sets (ADR 0033).
//
// An administrator makes groups of staff, such as "front desk", and says for each which
// data sets it sees and which of these it changes. Until then all staff see and change
// everything. A data set that somebody may not see is absent: no page, list, search or file
// shows that it is held. Every record on its way to staff passes [Record.SeenBy], and every
// word [Sight.Words].

// Reach is a choice of data sets, by name.
type Reach struct {
	Sees    []string `json:"sees"`
	Changes []string `json:"changes"`         // of those that are seen
	Files   bool     `json:"files,omitempty"` // takes lists of people away as files
}

// Group is a named group of staff.
type Group struct {
	Name string `json:"name"`
	Reach
}

// Access says which data sets staff reach.
type Access struct {
	Groups []Group `json:"groups,omitempty"`
	Rest   *Reach  `json:"rest,omitempty"` // of staff in no group; nil: everything
}

const (
	maxGroups    = 20
	maxGroupName = 40
)

// Group returns a group by its name.
func (a Access) Group(name string) (Group, bool) {
	i := slices.IndexFunc(a.Groups, func(g Group) bool { return g.Name == name })
	if i < 0 {
		return Group{}, false
	}
	return a.Groups[i], true
}

// Check says what of it cannot be, naming the control of the form.
func (a Access) Check(schemas *Schemas) error {
	if len(a.Groups) > maxGroups {
		return habeas.Invalid("name", "At most {max} groups.").With("max", strconv.Itoa(maxGroups)).WithCode("access.many")
	}
	all := make([]Reach, 0, len(a.Groups)+1)
	for i, g := range a.Groups {
		switch {
		case strings.TrimSpace(g.Name) != g.Name || g.Name == "" || !utf8.ValidString(g.Name) || utf8.RuneCountInString(g.Name) > maxGroupName ||
			strings.ContainsFunc(g.Name, func(r rune) bool { return hidden(r, false) }):
			return habeas.Invalid("name", "Give the group a short name.").WithCode("access.name")
		case slices.ContainsFunc(a.Groups[:i], func(o Group) bool { return Normalise(o.Name) == Normalise(g.Name) }):
			return habeas.Invalid("name", "There is a group of this name already.").WithCode("access.twice")
		}
		all = append(all, g.Reach)
	}
	if a.Rest != nil {
		all = append(all, *a.Rest)
	}
	for _, r := range all {
		for _, name := range r.Sees {
			if _, ok := schemas.Set(name); !ok {
				return habeas.Invalid("sees", "There is no data set of this name.").WithCode("set.unknown")
			}
		}
		for _, name := range r.Changes {
			if !slices.Contains(r.Sees, name) {
				return habeas.Invalid("changes", "Who changes a data set has to see it.").WithCode("access.unseen")
			}
		}
	}
	return nil
}

// words is a reach as the history of the settings tells it.
func (r *Reach) words() string {
	if r == nil {
		return "everything"
	}
	words := "sees " + strings.Join(r.Sees, " ") + "; changes " + strings.Join(r.Changes, " ")
	if r.Files {
		words += "; takes lists away"
	}
	return words
}

// TakesFiles reports whether a member of staff takes lists of people away as files. Until it
// is decided otherwise only an administrator in no group does.
func (a Access) TakesFiles(group string, administrator bool) bool {
	switch {
	case group != "":
		g, _ := a.Group(group)
		return g.Files
	case administrator:
		return true
	}
	return a.Rest != nil && a.Rest.Files
}

// changes names what differs in another choice, for the audit entry.
func (a Access) changes(to Access, note func(name, from, to string)) {
	note("access", a.Rest.words(), to.Rest.words())
	for _, g := range a.Groups {
		now, ok := to.Group(g.Name)
		if !ok {
			note("access."+g.Name, g.words(), "no group")
			continue
		}
		note("access."+g.Name, g.words(), now.words())
	}
	for _, g := range to.Groups {
		if _, ok := a.Group(g.Name); !ok {
			note("access."+g.Name, "no group", g.words())
		}
	}
}

// Of returns what a member of staff reaches. An administrator in no group reaches
// everything; somebody in a group that is there no more reaches nothing.
func (a Access) Of(group string, administrator bool) Sight {
	switch {
	case group != "":
		g, _ := a.Group(group)
		return sightOf(g.Reach)
	case administrator || a.Rest == nil:
		return Sight{}
	}
	return sightOf(*a.Rest)
}

func sightOf(r Reach) Sight {
	return Sight{limited: true, sees: slices.Clone(r.Sees), changes: slices.Clone(r.Changes)}
}

// Sight is which data sets somebody sees and changes. The zero value is everything.
type Sight struct {
	limited       bool
	sees, changes []string
}

// Everything reports whether nothing is hidden and nothing is fixed.
func (s Sight) Everything() bool { return !s.limited }

// Sees reports whether a data set is shown.
func (s Sight) Sees(set string) bool { return !s.limited || slices.Contains(s.sees, set) }

// Changes reports whether a data set may be changed.
func (s Sight) Changes(set string) bool { return !s.limited || slices.Contains(s.changes, set) }

// ErrNotYours refuses to change a data set. It says nothing of what is held.
var ErrNotYours = habeas.Forbidden("Your group does not change this. Ask an administrator.").WithCode("access.missing")

// Change refuses values of data sets that may not be changed.
func (s Sight) Change(v Values) error {
	for set, fields := range v {
		if len(fields) > 0 && !s.Changes(set) {
			return ErrNotYours
		}
	}
	return nil
}

// Values returns those that are seen.
func (s Sight) Values(v Values) Values {
	if !s.limited {
		return v
	}
	out := Values{}
	for set, fields := range v {
		if s.Sees(set) {
			out[set] = fields
		}
	}
	return out
}

// Words returns statements with the values that are seen.
func (s Sight) Words(said []Statement) []Statement {
	if !s.limited {
		return said
	}
	out := make([]Statement, len(said))
	for i, one := range said {
		one.Values = s.Values(one.Values)
		out[i] = one
	}
	return out
}

// Reasons returns those about fields that are seen.
func (s Sight) Reasons(all []Reason) []Reason {
	if !s.limited {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(r Reason) bool { return !s.Sees(r.Set) })
}

// SeenBy returns the record as somebody sees it: what they may not see is not there.
func (r Record) SeenBy(s Sight) Record {
	if !s.limited {
		return r
	}
	r.Sets = slices.DeleteFunc(slices.Clone(r.Sets), func(set Set) bool { return !s.Sees(set.Schema.Name) })
	r.Proposals = slices.DeleteFunc(slices.Clone(r.Proposals), func(p Proposal) bool { return !s.Sees(p.Set.Name) })
	r.Party.Opened = slices.DeleteFunc(slices.Clone(r.Party.Opened), func(set string) bool { return !s.Sees(set) })
	r.Settled = Settled{}
	return r
}

// Unseen reports whether two records differ in a data set that is not seen: all that may be
// said about it beside others.
func (s Sight) Unseen(one, other Record) bool {
	return s.limited && slices.ContainsFunc(one.differing(other), func(set string) bool { return !s.Sees(set) })
}

// Groups tells to which group staff belong.
type Groups interface {
	// GroupOf returns the group of an account, "" when it is in none.
	GroupOf(ctx context.Context, id habeas.AccountID) (string, error)
	// InGroups returns everybody who is in a group.
	InGroups(ctx context.Context) (map[habeas.AccountID]string, error)
}

// GroupWriter changes that in a transaction.
type GroupWriter interface {
	Groups
	// SetGroup puts an account into a group; "" takes it out.
	SetGroup(id habeas.AccountID, group string, e audit.Entry) error
}

// Member is somebody who works here.
type Member struct {
	Account       habeas.AccountID
	Name          string // how they are called where roles are given
	Group         string // "" for none
	Administrator bool
	Ready         bool // can act as an administrator now
}

// CanGroup says whether somebody may be put into a group: one administrator always stays in
// none, so that nobody is locked out for good.
func CanGroup(members []Member, id habeas.AccountID, group string) error {
	i := slices.IndexFunc(members, func(m Member) bool { return m.Account == id })
	switch {
	case i < 0:
		return habeas.NotFound("Nobody of this name works here.").WithCode("access.nobody")
	case group == "" || !members[i].Administrator:
		return nil
	}
	for _, m := range members {
		if m.Account != id && m.Ready && m.Group == "" {
			return nil
		}
	}
	return habeas.Conflict("One administrator has to stay in no group: else nobody sees everything.").WithCode("access.last")
}
