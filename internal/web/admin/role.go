package admin

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Roles is what the pages about roles ask of the server. Every method refuses everybody
// who gives no role, and SetClosed everybody who is no administrator.
type Roles interface {
	Board(ctx context.Context, a habeas.Actor) (RoleBoard, error)
	Grant(ctx context.Context, a habeas.Actor, address email.Address, in account.Granting) error
	// Accept gives the role that somebody applied for; its Role is that of the application.
	Accept(ctx context.Context, a habeas.Actor, id habeas.ApplicationID, in account.Granting) error
	Refuse(ctx context.Context, a habeas.Actor, id habeas.ApplicationID, why string) error
	Revoke(ctx context.Context, a habeas.Actor, id habeas.GrantID, why string) error
	// Undo gives a role again that the actor has just taken away.
	Undo(ctx context.Context, a habeas.Actor, id habeas.GrantID) error
	SetClosed(ctx context.Context, a habeas.Actor, address email.Address, closed bool) error
}

// RoleBoard is what those see who give roles.
type RoleBoard struct {
	Grants       []account.Grant
	Applications []account.Application       // that the reader can decide
	Names        map[habeas.AccountID]string // how those who decided are called here
}

const rolesPath = "/admin/roles"

// roleForm bounds the forms about roles, in bytes.
const roleForm = 16 << 10

func (s *Pages) mountRoles(m *edge.Mux) {
	s.Handle(m, ui.Grantor, "GET "+rolesPath, s.rolesPage)
	s.Handle(m, ui.Grantor, "POST "+rolesPath, s.grantRole)
	s.Handle(m, ui.Grantor, "POST "+rolesPath+"/accept", s.acceptRole)
	s.Handle(m, ui.Grantor, "POST "+rolesPath+"/refuse", s.refuseRole)
	s.Handle(m, ui.Grantor, "POST "+rolesPath+"/revoke", s.revokeRole)
	s.Handle(m, ui.Grantor, "POST "+rolesPath+"/undo", s.undoRole)
	s.Handle(m, ui.Administrator, "POST /admin/accounts", s.setClosed)
}

// RolesPage is the data of admin/roles.
type RolesPage struct {
	Heading ui.Heading
	Asked   []RoleAsked
	Lines   []RoleLine
	Past    []RoleLine
	Give    ui.Form
	Close   *ui.Form // nil: the reader does not administer accounts
}

// RoleLine is one decision.
type RoleLine struct {
	Who   string
	Role  ui.Tag
	State string // what keeps it from counting; else empty
	Note  string // when and by whom
	Proof string
	Why   string   // why it was taken back
	Take  *ui.Form // takes it away; nil: the reader cannot
}

// RoleAsked is one application.
type RoleAsked struct {
	Who    string
	Role   ui.Tag
	Note   string
	Why    string
	Accept ui.Form
	Refuse ui.Form
}

// roleHints say what a role is for.
func roleHint(p lang.Printer, r habeas.Role) string {
	switch r {
	case habeas.RoleAdministrator:
		return p.T("All that staff may do, and decides about roles, accounts and connected systems.")
	case habeas.RoleCreator:
		return p.T("Enters entities on behalf of others, from a site of their own. Everybody can check who has this role.")
	default:
		return p.T("Finds, adds and corrects records. Every look is seen by the person it is about.")
	}
}

func (s *Pages) proofControls(p lang.Printer) []ui.Control {
	return []ui.Control{
		{Kind: ui.ControlTextarea, Name: "checked", Label: p.T("How was it checked?"), MaxLength: account.MaxProof, Hint: p.T("Who this is, and why they may have the role: what you saw, and when. It is kept with the decision.")},
		{Kind: ui.ControlDate, Name: "ends", Label: p.T("Last day"), Optional: true, Hint: p.T("Empty: as long as their registration lasts.")},
	}
}

func (s *Pages) giveForm(p lang.Printer, v ui.Visit) ui.Form {
	role := ui.Control{Kind: ui.ControlRadio, Name: "role", Label: p.T("Role")}
	for _, r := range slices.Backward(account.GrantedRoles()) {
		if account.Gives(v.Actor, r) {
			role.Options = append(role.Options, ui.Option{Value: string(r), Text: ui.RoleName(p, r), Hint: roleHint(p, r)})
		}
	}
	role.Value = role.Options[0].Value
	return ui.Form{
		Action: rolesPath,
		Controls: append([]ui.Control{
			{Kind: ui.ControlEmail, Name: "address", Label: p.T("E-mail address"), Autocomplete: "off", MaxLength: ui.MaxAddress, CheckURL: "/join/check"},
			{Kind: ui.ControlEmail, Name: "again", Label: p.T("The same address again"), Autocomplete: "off", MaxLength: ui.MaxAddress, Same: "address"},
			role,
		}, s.proofControls(p)...),
		Submit: p.T("Give the role"),
		Next:   p.T("They get a certificate of it by mail once they are registered. Your decision stands in the ledger; you can take the role away at any time, with effect at once."),
	}
}

func closeForm(p lang.Printer) *ui.Form {
	return &ui.Form{
		Action: "/admin/accounts",
		Controls: []ui.Control{
			{Kind: ui.ControlEmail, Name: "account", Label: p.T("E-mail address of the account"), Autocomplete: "off", MaxLength: ui.MaxAddress},
			{Kind: ui.ControlRadio, Name: "state", Label: p.T("What to do"), Value: "close", Options: []ui.Option{
				{Value: "close", Text: p.T("Close it"), Hint: p.T("Its sign-ins end at once. It cannot sign in or claim a record until it is opened again.")},
				{Value: "open", Text: p.T("Open it again")},
			}},
		},
		Submit: p.T("Change the account"), Next: p.T("Its records stay as they are."),
	}
}

func (s *Pages) roles(r *http.Request, v ui.Visit) (RolesPage, error) {
	p := v.P
	board, err := s.Roles.Board(r.Context(), v.Actor)
	if err != nil {
		return RolesPage{}, err
	}
	page := RolesPage{
		Heading: ui.Heading{
			Title: p.T("People who work here"),
			Lead:  p.T("A role is a certificate that hangs on its holder’s registration. It counts once they are registered and signed in with a passkey."),
		},
		Give: s.giveForm(p, v),
	}
	if v.Has(habeas.RoleAdministrator) {
		page.Close = closeForm(p)
	}
	for _, a := range board.Applications {
		page.Asked = append(page.Asked, s.askedLine(p, a))
	}
	now := s.Clock.Now()
	for _, g := range board.Grants {
		if line := s.grantLine(p, v, g, board.Names); g.Stands(now) {
			page.Lines = append(page.Lines, line)
		} else {
			page.Past = append(page.Past, line)
		}
	}
	slices.Reverse(page.Past)
	return page, nil
}

func roleTag(p lang.Printer, r habeas.Role) ui.Tag {
	return ui.Tag{Kind: ui.TagInfo, Text: ui.RoleName(p, r)}
}

func (s *Pages) grantLine(p lang.Printer, v ui.Visit, g account.Grant, names map[habeas.AccountID]string) RoleLine {
	now := s.Clock.Now()
	l := RoleLine{Who: g.Words.Display, Role: roleTag(p, g.Role), Proof: g.Words.Proof, Why: g.Words.Why}
	if g.By.IsZero() {
		l.Proof = p.T("Designated on the machine of the server.")
		l.Note = p.T("Given {day}, by the ceremony on the machine.", "day", p.Ago(g.At, now))
	} else {
		l.Note = p.T("Given {day} by {name}.", "day", p.Ago(g.At, now), "name", names[g.By])
	}
	if until := ui.Until(p, g, s.Zone()); until != "" {
		l.Note += " " + until
	}
	switch g.State(now) {
	case account.GrantWaits:
		l.State = p.T("It waits until they are registered.")
		if g.Holder.IsZero() {
			l.State = p.T("Nobody has proved the address yet, so it waits.")
		}
	case account.GrantHolds:
		if !g.Ready {
			l.State = p.T("There is no passkey yet, so it does not count.")
		}
	case account.GrantExpired:
		l.State = p.T("It has expired.")
	case account.GrantEnded:
		l.State = p.T("Ended {day}.", "day", p.Ago(g.EndedAt, now))
		if name := names[g.EndedBy]; name != "" {
			l.State = p.T("Taken away {day} by {name}.", "day", p.Ago(g.EndedAt, now), "name", name)
		}
	}
	if g.Stands(now) && account.Gives(v.Actor, g.Role) && (g.Holder.IsZero() || g.Holder != v.Account) {
		l.Take = &ui.Form{
			Action: rolesPath + "/revoke", Hidden: []ui.Hidden{{Name: "grant", Value: g.ID.String()}},
			Controls: []ui.Control{{Kind: ui.ControlTextarea, Name: "why", Label: p.T("Why is it taken away?"), MaxLength: account.MaxProof, Hint: p.T("Its holder can read this.")}},
			Submit:   p.T("Take the role away"), Next: p.T("It is gone at once, also where they are signed in. For ten minutes you can take this back."),
		}
	}
	return l
}

func (s *Pages) askedLine(p lang.Printer, a account.Application) RoleAsked {
	id := []ui.Hidden{{Name: "application", Value: a.ID.String()}}
	return RoleAsked{
		Who: a.Display, Role: roleTag(p, a.Role), Why: a.Words.Why,
		Note:   p.T("Asked {day}.", "day", p.Ago(a.At, s.Clock.Now())),
		Accept: ui.Form{Action: rolesPath + "/accept", Hidden: id, Controls: s.proofControls(p), Submit: p.T("Give the role")},
		Refuse: ui.Form{
			Action: rolesPath + "/refuse", Hidden: id, Submit: p.T("Refuse"),
			Controls: []ui.Control{{Kind: ui.ControlTextarea, Name: "why", Label: p.T("Why not?"), MaxLength: account.MaxProof, Hint: p.T("Who asked can read this.")}},
		},
	}
}

func (s *Pages) rolesPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.roles(r, v)
	if err != nil {
		return err
	}
	f := ui.FrameOf(r)
	done := func(text string) { f.Notices = append(f.Notices, ui.Notice{Kind: ui.NoticeDone, Text: text}) }
	switch q := r.URL.Query(); q.Get("done") {
	case "given":
		done(v.P.T("The role is given."))
	case "refused":
		done(v.P.T("The application is refused, and who asked is told."))
	case "taken":
		if id, err := habeas.ParseID[habeas.GrantKind](q.Get("grant")); err == nil {
			f.Undo = &ui.Undo{
				Text:   v.P.T("The role is taken away, also where its holder is signed in."),
				Action: rolesPath + "/undo", Hidden: []ui.Hidden{{Name: "grant", Value: id.String()}},
			}
		}
	case "changed":
		done(v.P.T("The account is changed."))
	}
	return s.Render(w, ui.WithFrame(r, f), http.StatusOK, "admin/roles", page)
}

func rolesDone(w http.ResponseWriter, r *http.Request, what string) error {
	http.Redirect(w, r, rolesPath+"?done="+what, http.StatusSeeOther)
	return nil
}

// granting reads what both ways of giving a role ask. The last day counts until its end.
func granting(f *edge.Form) account.Granting {
	in := account.Granting{Proof: f.Text("checked", account.MaxProof), Ends: f.Date("ends")}
	if !in.Ends.IsZero() {
		in.Ends = in.Ends.Add(24*time.Hour - time.Second)
	}
	return in
}

func (s *Pages) grantRole(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, roleForm)
	if err != nil {
		return err
	}
	address, in := ui.TypedAddress(f, true), granting(f)
	in.Role = habeas.Role(f.Choice("role", string(habeas.RoleStaff), string(habeas.RoleCreator), string(habeas.RoleAdministrator)))
	if err = f.Err(); err == nil {
		err = s.Roles.Grant(r.Context(), v.Actor, address, in)
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
	at := form(&page)
	if at == nil {
		return err
	}
	return s.Again(w, r, v, err, "admin/roles", &page, at, f)
}

// answered finds the form of the application that is being answered.
func answered(p *RolesPage, id string, refuse bool) *ui.Form {
	for i := range p.Asked {
		if p.Asked[i].Accept.Hidden[0].Value != id {
			continue
		}
		if refuse {
			return &p.Asked[i].Refuse
		}
		return &p.Asked[i].Accept
	}
	return nil
}

func (s *Pages) acceptRole(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, roleForm)
	if err != nil {
		return err
	}
	typed, in := f.Required("application", 64), granting(f)
	id, err := habeas.ParseID[habeas.ApplicationKind](typed)
	if err != nil {
		return account.ErrNoApplication
	}
	if err = f.Err(); err == nil {
		err = s.Roles.Accept(r.Context(), v.Actor, id, in)
	}
	if err != nil {
		return s.rolesAgain(w, r, v, err, f, func(p *RolesPage) *ui.Form { return answered(p, typed, false) })
	}
	return rolesDone(w, r, "given")
}

func (s *Pages) refuseRole(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, roleForm)
	if err != nil {
		return err
	}
	typed, why := f.Required("application", 64), f.Text("why", account.MaxProof)
	id, err := habeas.ParseID[habeas.ApplicationKind](typed)
	if err != nil {
		return account.ErrNoApplication
	}
	if err = f.Err(); err == nil {
		err = s.Roles.Refuse(r.Context(), v.Actor, id, why)
	}
	if err != nil {
		return s.rolesAgain(w, r, v, err, f, func(p *RolesPage) *ui.Form { return answered(p, typed, true) })
	}
	return rolesDone(w, r, "refused")
}

func (s *Pages) revokeRole(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, roleForm)
	if err != nil {
		return err
	}
	typed, why := f.Required("grant", 64), f.Text("why", account.MaxProof)
	id, err := habeas.ParseID[habeas.GrantKind](typed)
	if err != nil {
		return account.ErrNoGrant
	}
	if err = f.Err(); err == nil {
		err = s.Roles.Revoke(r.Context(), v.Actor, id, why)
	}
	if err != nil {
		return s.rolesAgain(w, r, v, err, f, func(p *RolesPage) *ui.Form {
			for _, l := range p.Lines {
				if l.Take != nil && l.Take.Hidden[0].Value == typed {
					return l.Take
				}
			}
			return nil
		})
	}
	return rolesDone(w, r, "taken&grant="+id.String())
}

func (s *Pages) undoRole(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, roleForm)
	if err != nil {
		return err
	}
	id, err := habeas.ParseID[habeas.GrantKind](f.Required("grant", 64))
	if err != nil {
		return account.ErrNoGrant
	}
	if err = f.Err(); err == nil {
		err = s.Roles.Undo(r.Context(), v.Actor, id)
	}
	if err != nil {
		return err
	}
	return rolesDone(w, r, "given")
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
		return s.rolesAgain(w, r, v, err, f, func(p *RolesPage) *ui.Form { return p.Close })
	}
	return rolesDone(w, r, "changed")
}
