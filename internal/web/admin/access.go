package admin

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Access is what the page about who sees which data sets asks of the server. Every method
// refuses everybody who is no administrator.
type Access interface {
	// Members is everybody who works here, with their group.
	Members(ctx context.Context, a habeas.Actor) ([]party.Member, error)
	// SetGroup puts somebody into a group; "" takes them out.
	SetGroup(ctx context.Context, a habeas.Actor, id habeas.AccountID, group string) error
	// Change puts groups into force. version is that of the policy as it was shown.
	Change(ctx context.Context, a habeas.Actor, version int64, to party.Access) error
}

const accessPath = "/admin/access"

func (s *Pages) mountAccess(m *edge.Mux) {
	s.Handle(m, ui.Administrator, "GET "+accessPath, s.accessPage)
	s.Handle(m, ui.Administrator, "GET "+accessPath+"/group", s.askGroup)
	s.Handle(m, ui.Administrator, "POST "+accessPath+"/group", s.changeGroup)
	s.Handle(m, ui.Administrator, "POST "+accessPath+"/remove", s.removeGroup)
	s.Handle(m, ui.Administrator, "POST "+accessPath+"/member", s.moveMember)
}

// AccessPage is the data of admin/access.
type AccessPage struct {
	Heading ui.Heading
	Groups  []GroupPart
	Version int64
	Members []MemberPart
}

// GroupPart is one group with what it reaches.
type GroupPart struct {
	Name    string
	Rest    bool // staff in no group
	Sees    string
	Changes string
	Files   bool   // takes lists away as files
	URL     string // where it is changed
	Remove  string // the group's name, where it can be removed
}

// MemberPart is somebody who works here, and the form that moves them.
type MemberPart struct {
	Name    string
	Account string
	Role    string
	Options []ui.Option
	Group   string
}

func (s *Pages) accessPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	now, err := s.Policies.Current(r.Context())
	if err != nil {
		return err
	}
	members, err := s.Access.Members(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	p := v.P
	page := AccessPage{Version: now.Version, Heading: ui.Heading{
		Title: p.T("Who sees what"),
		Lead:  p.T("Which data sets each group of staff sees and changes. What somebody may not see is not there for them: on no page, in no search, in no file."),
		Actions: []ui.Link{
			{Text: p.T("Add a group"), URL: accessPath + "/group?new"}, {Text: p.T("What changed"), URL: policyPath},
		},
	}}
	rest := GroupPart{Name: p.T("Staff in no group"), Rest: true, URL: accessPath + "/group", Sees: p.T("everything"), Changes: p.T("everything")}
	if now.Access.Rest != nil {
		rest.Sees, rest.Changes = s.setNames(p, now.Access.Rest.Sees), s.setNames(p, now.Access.Rest.Changes)
		rest.Files = now.Access.Rest.Files
	}
	page.Groups = append(page.Groups, rest)
	options := []ui.Option{{Value: "", Text: p.T("no group")}}
	for i, g := range now.Access.Groups {
		part := GroupPart{Name: g.Name, URL: accessPath + "/group?n=" + strconv.Itoa(i), Sees: s.setNames(p, g.Sees), Changes: s.setNames(p, g.Changes), Files: g.Files}
		if !slices.ContainsFunc(members, func(m party.Member) bool { return m.Group == g.Name }) {
			part.Remove = g.Name
		}
		page.Groups = append(page.Groups, part)
		options = append(options, ui.Option{Value: g.Name, Text: g.Name})
	}
	for _, m := range members {
		part := MemberPart{Name: m.Name, Account: m.Account.String(), Role: ui.RoleName(p, habeas.RoleStaff), Options: options, Group: m.Group}
		if m.Administrator {
			part.Role = ui.RoleName(p, habeas.RoleAdministrator)
		}
		page.Members = append(page.Members, part)
	}
	if r.URL.Query().Has("changed") {
		r = ui.WithNotice(r, ui.Notice{Kind: ui.NoticeDone, Text: p.T("It holds at once, also for who is signed in.")})
	}
	return s.Render(w, r, http.StatusOK, "admin/access", page)
}

// setNames lists data sets as people call them.
func (s *Pages) setNames(p lang.Printer, names []string) string {
	var out []string
	for _, set := range s.Registers.DataSets() {
		if slices.Contains(names, set.Name) {
			out = append(out, p.T(set.Label))
		}
	}
	if out == nil {
		return p.T("nothing")
	}
	return strings.Join(out, ", ")
}

// GroupPage is the data of admin/group.
type GroupPage struct {
	Heading ui.Heading
	Form    ui.Form
}

// groupPage makes the form of a group; name is "" for a new one, rest stands for staff in
// no group.
func (s *Pages) groupPage(p lang.Printer, version int64, name string, rest bool, reach party.Reach) GroupPage {
	page := GroupPage{
		Heading: ui.Heading{
			Title: p.T("A group of staff"), Back: &ui.Link{Text: p.T("Who sees what"), URL: accessPath},
			Lead: p.T("Tick what they see, and what of it they change. Public data sets are seen by everybody anyway, but not on the pages of staff."),
		},
		Form: ui.Form{
			Action: accessPath + "/group", Submit: p.T("Put into force"), Cancel: &ui.Link{Text: p.T("Leave it as it is"), URL: accessPath},
			Hidden: []ui.Hidden{{Name: "version", Value: strconv.FormatInt(version, 10)}},
			Next:   p.T("It holds at once and stands in the history of the policy. A data set that is added later is hidden until it is ticked here."),
		},
	}
	switch {
	case rest:
		page.Heading.Title = p.T("Staff in no group")
		page.Form.Hidden = append(page.Form.Hidden, ui.Hidden{Name: "rest", Value: "on"})
	case name != "":
		page.Heading.Title = name
		page.Form.Hidden = append(page.Form.Hidden, ui.Hidden{Name: "name", Value: name}, ui.Hidden{Name: "known", Value: "on"})
	default:
		page.Form.Controls = append(page.Form.Controls, ui.Control{Name: "name", Label: p.T("Name of the group"), Hint: p.T("For example: front desk, membership office."), MaxLength: 40, Autocomplete: "off"})
	}
	for _, set := range s.Registers.DataSets() {
		value := "no"
		switch {
		case slices.Contains(reach.Changes, set.Name):
			value = "changes"
		case slices.Contains(reach.Sees, set.Name):
			value = "sees"
		}
		page.Form.Controls = append(page.Form.Controls, ui.Control{
			Kind: ui.ControlSelect, Name: "set_" + set.Name, Label: p.T(set.Label), Value: value, Options: []ui.Option{
				{Value: "no", Text: p.T("Not there for them")}, {Value: "sees", Text: p.T("See it")}, {Value: "changes", Text: p.T("See and change it")},
			},
		})
	}
	page.Form.Controls = append(page.Form.Controls, ui.Control{
		Kind: ui.ControlCheckbox, Name: "files", Value: "on", Checked: reach.Files, Label: p.T("They take lists of people away as files"),
		Hint: p.T("With the data sets that they see. Everybody in a file sees that. An administrator in no group always can."),
	})
	return page
}

// all is the reach of everything.
func (s *Pages) all() (out party.Reach) {
	for _, set := range s.Registers.DataSets() {
		out.Sees, out.Changes = append(out.Sees, set.Name), append(out.Changes, set.Name)
	}
	return out
}

func (s *Pages) askGroup(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	now, err := s.Policies.Current(r.Context())
	if err != nil {
		return err
	}
	q := r.URL.Query()
	name, rest, reach := "", false, s.all()
	switch n, err := strconv.Atoi(q.Get("n")); {
	case q.Has("new"):
	case !q.Has("n"):
		rest = true
		if now.Access.Rest != nil {
			reach = *now.Access.Rest
		}
	case err != nil || n < 0 || n >= len(now.Access.Groups):
		return habeas.NotFound("There is no such group.").WithCode("access.none")
	default:
		name, reach = now.Access.Groups[n].Name, now.Access.Groups[n].Reach
	}
	return s.Render(w, r, http.StatusOK, "admin/group", s.groupPage(v.P, now.Version, name, rest, reach))
}

func (s *Pages) changeGroup(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, policyForm)
	if err != nil {
		return err
	}
	now, err := s.Policies.Current(r.Context())
	if err != nil {
		return err
	}
	version, rest, known, name := int64(f.Int("version", 0, 1<<30)), f.Bool("rest"), f.Bool("known"), ""
	if !rest {
		name = f.Required("name", 40)
	}
	var reach party.Reach
	for _, set := range s.Registers.DataSets() {
		switch f.Choice("set_"+set.Name, "no", "sees", "changes") {
		case "changes":
			reach.Sees, reach.Changes = append(reach.Sees, set.Name), append(reach.Changes, set.Name)
		case "sees":
			reach.Sees = append(reach.Sees, set.Name)
		}
	}
	reach.Files = f.Bool("files")
	to := now.Access
	to.Groups = slices.Clone(to.Groups)
	at := slices.IndexFunc(to.Groups, func(g party.Group) bool { return g.Name == name })
	switch {
	case rest && len(reach.Changes) == len(s.all().Changes) && !reach.Files:
		to.Rest = nil
	case rest:
		to.Rest = &reach
	case known && at >= 0:
		to.Groups[at].Reach = reach
	default:
		to.Groups = append(to.Groups, party.Group{Name: name, Reach: reach})
	}
	if err = f.Err(); err == nil {
		err = s.Access.Change(r.Context(), v.Actor, version, to)
	}
	if err != nil {
		shown := name
		if !known {
			shown = ""
		}
		page := s.groupPage(v.P, now.Version, shown, rest, reach)
		return s.Again(w, r, v, err, "admin/group", &page, &page.Form, f)
	}
	http.Redirect(w, r, accessPath+"?changed", http.StatusSeeOther)
	return nil
}

func (s *Pages) removeGroup(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, policyForm)
	if err != nil {
		return err
	}
	version, name := int64(f.Int("version", 0, 1<<30)), f.Required("name", 40)
	if err := f.Err(); err != nil {
		return err
	}
	now, err := s.Policies.Current(r.Context())
	if err != nil {
		return err
	}
	to := now.Access
	to.Groups = slices.DeleteFunc(slices.Clone(to.Groups), func(g party.Group) bool { return g.Name == name })
	if err := s.Access.Change(r.Context(), v.Actor, version, to); err != nil {
		return err
	}
	http.Redirect(w, r, accessPath+"?changed", http.StatusSeeOther)
	return nil
}

func (s *Pages) moveMember(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, policyForm)
	if err != nil {
		return err
	}
	id, wrong := habeas.ParseID[habeas.AccountKind](f.Required("account", 60))
	group := f.String("group", 40)
	if err := f.Err(); err != nil {
		return err
	}
	if wrong != nil {
		return habeas.NotFound("Nobody of this name works here.").WithCode("access.nobody")
	}
	if err := s.Access.SetGroup(r.Context(), v.Actor, id, group); err != nil {
		return err
	}
	http.Redirect(w, r, accessPath+"?changed", http.StatusSeeOther)
	return nil
}
