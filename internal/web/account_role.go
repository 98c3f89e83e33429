package web

import (
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
)

// RolesPage is the data of account/roles.
type RolesPage struct {
	Heading Heading
	Lines   []Line
	Give    Form
	Close   Form
}

func roleName(p lang.Printer, r habeas.Role) string {
	if r == habeas.RoleAdministrator {
		return p.T("Administrator")
	}
	return p.T("Staff")
}

func (s *Site) roles(r *http.Request, v Visit) (RolesPage, error) {
	p := v.P
	grants, err := s.Accounts.Grants(r.Context(), v.Actor)
	if err != nil {
		return RolesPage{}, err
	}
	page := RolesPage{
		Heading: Heading{
			Title: p.T("People who work here"),
			Lead:  p.T("A role belongs to an e-mail address. It counts once its owner has proved the address and signed in with a passkey."),
		},
		Give: Form{
			Action: "/admin/roles",
			Controls: []Control{
				{Kind: ControlEmail, Name: "address", Label: p.T("E-mail address"), Autocomplete: "off", MaxLength: maxAddress, CheckURL: "/join/check"},
				{Kind: ControlEmail, Name: "again", Label: p.T("The same address again"), Autocomplete: "off", MaxLength: maxAddress, Same: "address"},
				{Kind: ControlRadio, Name: "role", Label: p.T("Role"), Value: string(habeas.RoleStaff), Options: []Option{
					{Value: string(habeas.RoleStaff), Text: p.T("Staff"), Hint: p.T("Finds, adds and corrects records. Every look is seen by the person it is about.")},
					{Value: string(habeas.RoleAdministrator), Text: p.T("Administrator"), Hint: p.T("All that staff may do, and decides about roles, accounts and connected systems.")},
				}},
			},
			Submit: p.T("Give the role"), Next: p.T("It is noted in the ledger that you gave it. You can take it away at any time, with effect at once."),
		},
		Close: Form{
			Action: "/admin/accounts",
			Controls: []Control{
				{Kind: ControlEmail, Name: "account", Label: p.T("E-mail address of the account"), Autocomplete: "off", MaxLength: maxAddress},
				{Kind: ControlRadio, Name: "state", Label: p.T("What to do"), Value: "close", Options: []Option{
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

func (s *Site) grantLine(p lang.Printer, v Visit, g account.Grant) Line {
	l := Line{
		Icon: "staff", Text: g.Display, Tag: &Tag{Kind: TagInfo, Text: roleName(p, g.Role)},
		Note: p.T("Given {day}.", "day", p.Ago(g.At, s.Clock.Now())),
	}
	switch {
	case g.Holder.IsZero():
		l.Note += " " + p.T("The address is not proved yet.")
	case !g.Ready:
		l.Note += " " + p.T("There is no passkey yet, so it does not count.")
	}
	if g.Holder.IsZero() || g.Holder != v.Account {
		l.Action, l.Verb = "/admin/roles/revoke", p.T("Take away")
		l.Hidden = []Hidden{{"address", hashText(g.Address)}, {"role", string(g.Role)}}
	}
	return l
}

func (s *Site) rolesPage(w http.ResponseWriter, r *http.Request, v Visit) error {
	page, err := s.roles(r, v)
	if err != nil {
		return err
	}
	f := FrameOf(r)
	switch r.URL.Query().Get("done") {
	case "given":
		f.Notices = append(f.Notices, Notice{Kind: NoticeDone, Text: v.P.T("The role is given.")})
	case "taken":
		f.Notices = append(f.Notices, Notice{Kind: NoticeDone, Text: v.P.T("The role is taken away, also where its holder is signed in.")})
	case "changed":
		f.Notices = append(f.Notices, Notice{Kind: NoticeDone, Text: v.P.T("The account is changed.")})
	}
	return s.Render(w, WithFrame(r, f), http.StatusOK, "account/roles", page)
}

func rolesDone(w http.ResponseWriter, r *http.Request, what string) error {
	http.Redirect(w, r, "/admin/roles?done="+what, http.StatusSeeOther)
	return nil
}

func (s *Site) grantRole(w http.ResponseWriter, r *http.Request, v Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	address := typedAddress(f, true)
	role := habeas.Role(f.Choice("role", string(habeas.RoleStaff), string(habeas.RoleAdministrator)))
	if err = f.Err(); err == nil {
		err = s.Accounts.GrantRole(r.Context(), v.Actor, address, role)
	}
	if err != nil {
		return s.rolesAgain(w, r, v, err, f, func(p *RolesPage) *Form { return &p.Give })
	}
	return rolesDone(w, r, "given")
}

func (s *Site) rolesAgain(w http.ResponseWriter, r *http.Request, v Visit, err error, f *edge.Form, form func(*RolesPage) *Form) error {
	page, pageErr := s.roles(r, v)
	if pageErr != nil {
		return pageErr
	}
	return s.again(w, r, v, err, "account/roles", &page, form(&page), f)
}

func (s *Site) revokeRole(w http.ResponseWriter, r *http.Request, v Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	address, role := f.Required("address", 64), f.Choice("role", string(habeas.RoleStaff), string(habeas.RoleAdministrator))
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.Accounts.RevokeRole(r.Context(), v.Actor, parseHash(address), habeas.Role(role)); err != nil {
		return err
	}
	return rolesDone(w, r, "taken")
}

func (s *Site) setClosed(w http.ResponseWriter, r *http.Request, v Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	address, state := formAddress(f, "account"), f.Choice("state", "close", "open")
	if err = f.Err(); err == nil {
		err = s.Accounts.SetClosed(r.Context(), v.Actor, address, state != "open")
	}
	if err != nil {
		return s.rolesAgain(w, r, v, err, f, func(p *RolesPage) *Form { return &p.Close })
	}
	return rolesDone(w, r, "changed")
}
