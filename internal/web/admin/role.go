package admin

import (
	"context"
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Roles is what the pages about roles ask of the server. Every method refuses
// everybody who is no administrator.
type Roles interface {
	Grants(ctx context.Context, a habeas.Actor) ([]account.Grant, error)
	GrantRole(ctx context.Context, a habeas.Actor, address email.Address, role habeas.Role) error
	RevokeRole(ctx context.Context, a habeas.Actor, address keyring.LookupHash, role habeas.Role) error
	SetClosed(ctx context.Context, a habeas.Actor, address email.Address, closed bool) error
}

const rolesPath = "/admin/roles"

// roleForm bounds the forms about roles, in bytes.
const roleForm = 16 << 10

func (s *Pages) mountRoles(m *edge.Mux) {
	s.Handle(m, ui.Administrator, "GET "+rolesPath, s.rolesPage)
	s.Handle(m, ui.Administrator, "POST "+rolesPath, s.grantRole)
	s.Handle(m, ui.Administrator, "POST "+rolesPath+"/revoke", s.revokeRole)
	s.Handle(m, ui.Administrator, "POST /admin/accounts", s.setClosed)
}

// RolesPage is the data of admin/roles.
type RolesPage struct {
	Heading ui.Heading
	Lines   []ui.Line
	Give    ui.Form
	Close   ui.Form
}

func roleName(p lang.Printer, r habeas.Role) string {
	if r == habeas.RoleAdministrator {
		return p.T("Administrator")
	}
	return p.T("Staff")
}

func (s *Pages) roles(r *http.Request, v ui.Visit) (RolesPage, error) {
	p := v.P
	grants, err := s.Roles.Grants(r.Context(), v.Actor)
	if err != nil {
		return RolesPage{}, err
	}
	page := RolesPage{
		Heading: ui.Heading{
			Title: p.T("People who work here"),
			Lead:  p.T("A role belongs to an e-mail address. It counts once its owner has proved the address and signed in with a passkey."),
		},
		Give: ui.Form{
			Action: rolesPath,
			Controls: []ui.Control{
				{Kind: ui.ControlEmail, Name: "address", Label: p.T("E-mail address"), Autocomplete: "off", MaxLength: ui.MaxAddress, CheckURL: "/join/check"},
				{Kind: ui.ControlEmail, Name: "again", Label: p.T("The same address again"), Autocomplete: "off", MaxLength: ui.MaxAddress, Same: "address"},
				{Kind: ui.ControlRadio, Name: "role", Label: p.T("Role"), Value: string(habeas.RoleStaff), Options: []ui.Option{
					{Value: string(habeas.RoleStaff), Text: p.T("Staff"), Hint: p.T("Finds, adds and corrects records. Every look is seen by the person it is about.")},
					{Value: string(habeas.RoleAdministrator), Text: p.T("Administrator"), Hint: p.T("All that staff may do, and decides about roles, accounts and connected systems.")},
				}},
			},
			Submit: p.T("Give the role"), Next: p.T("It is noted in the ledger that you gave it. You can take it away at any time, with effect at once."),
		},
		Close: ui.Form{
			Action: "/admin/accounts",
			Controls: []ui.Control{
				{Kind: ui.ControlEmail, Name: "account", Label: p.T("E-mail address of the account"), Autocomplete: "off", MaxLength: ui.MaxAddress},
				{Kind: ui.ControlRadio, Name: "state", Label: p.T("What to do"), Value: "close", Options: []ui.Option{
					{Value: "close", Text: p.T("Close it"), Hint: p.T("Its sign-ins end at once. It cannot sign in or claim a record until it is opened again.")},
					{Value: "open", Text: p.T("Open it again")},
				}},
			},
			Submit: p.T("Change the account"), Next: p.T("Its records stay as they are."),
		},
	}
	for _, g := range grants {
		page.Lines = append(page.Lines, s.grantLine(p, v, g))
	}
	return page, nil
}

func (s *Pages) grantLine(p lang.Printer, v ui.Visit, g account.Grant) ui.Line {
	l := ui.Line{
		Icon: "staff", Text: g.Display, Tag: &ui.Tag{Kind: ui.TagInfo, Text: roleName(p, g.Role)},
		Note: p.T("Given {day}.", "day", p.Ago(g.At, s.Clock.Now())),
	}
	switch {
	case g.Holder.IsZero():
		l.Note += " " + p.T("The address is not proved yet.")
	case !g.Ready:
		l.Note += " " + p.T("There is no passkey yet, so it does not count.")
	}
	if g.Holder.IsZero() || g.Holder != v.Account {
		l.Action, l.Verb = rolesPath+"/revoke", p.T("Take away")
		l.Hidden = []ui.Hidden{{Name: "address", Value: ui.HashText(g.Address)}, {Name: "role", Value: string(g.Role)}}
	}
	return l
}

func (s *Pages) rolesPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.roles(r, v)
	if err != nil {
		return err
	}
	f := ui.FrameOf(r)
	switch r.URL.Query().Get("done") {
	case "given":
		f.Notices = append(f.Notices, ui.Notice{Kind: ui.NoticeDone, Text: v.P.T("The role is given.")})
	case "taken":
		f.Notices = append(f.Notices, ui.Notice{Kind: ui.NoticeDone, Text: v.P.T("The role is taken away, also where its holder is signed in. If that was a mistake, give it again.")})
	case "changed":
		f.Notices = append(f.Notices, ui.Notice{Kind: ui.NoticeDone, Text: v.P.T("The account is changed.")})
	}
	return s.Render(w, ui.WithFrame(r, f), http.StatusOK, "admin/roles", page)
}

func rolesDone(w http.ResponseWriter, r *http.Request, what string) error {
	http.Redirect(w, r, rolesPath+"?done="+what, http.StatusSeeOther)
	return nil
}

func (s *Pages) grantRole(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, roleForm)
	if err != nil {
		return err
	}
	address := ui.TypedAddress(f, true)
	role := habeas.Role(f.Choice("role", string(habeas.RoleStaff), string(habeas.RoleAdministrator)))
	if err = f.Err(); err == nil {
		err = s.Roles.GrantRole(r.Context(), v.Actor, address, role)
	}
	if err != nil {
		return s.rolesAgain(w, r, v, err, f, func(p *RolesPage) *ui.Form { return &p.Give })
	}
	return rolesDone(w, r, "given")
}

func (s *Pages) rolesAgain(w http.ResponseWriter, r *http.Request, v ui.Visit, err error, f *edge.Form, form func(*RolesPage) *ui.Form) error {
	page, pageErr := s.roles(r, v)
	if pageErr != nil {
		return pageErr
	}
	return s.Again(w, r, v, err, "admin/roles", &page, form(&page), f)
}

func (s *Pages) revokeRole(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, roleForm)
	if err != nil {
		return err
	}
	address, role := f.Required("address", 64), f.Choice("role", string(habeas.RoleStaff), string(habeas.RoleAdministrator))
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.Roles.RevokeRole(r.Context(), v.Actor, ui.ParseHash(address), habeas.Role(role)); err != nil {
		return err
	}
	return rolesDone(w, r, "taken")
}

func (s *Pages) setClosed(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, roleForm)
	if err != nil {
		return err
	}
	address, state := ui.FormAddress(f, "account"), f.Choice("state", "close", "open")
	if err = f.Err(); err == nil {
		err = s.Roles.SetClosed(r.Context(), v.Actor, address, state != "open")
	}
	if err != nil {
		return s.rolesAgain(w, r, v, err, f, func(p *RolesPage) *ui.Form { return &p.Close })
	}
	return rolesDone(w, r, "changed")
}
