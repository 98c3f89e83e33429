package account

import (
	"context"
	"encoding/pem"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/attrcert"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Roles is what a person's page about roles, and the public one about trusted entity
// creators, ask of the server.
type Roles interface {
	Mine(ctx context.Context, a habeas.Actor) (RoleHolding, error)
	// RoleCertificate is an attribute certificate of the actor's own.
	RoleCertificate(ctx context.Context, a habeas.Actor, serial pki.Serial) (account.Certificate, error)
	Apply(ctx context.Context, a habeas.Actor, role habeas.Role, why string) error
	Withdraw(ctx context.Context, a habeas.Actor, id habeas.ApplicationID) error
	// Creator says whether somebody is a trusted entity creator; everybody may ask.
	Creator(ctx context.Context, q account.CreatorQuestion) (account.CreatorAnswer, error)
	// Sites are those of everybody who is one now, with what they declare.
	Sites(ctx context.Context) ([]account.CreatorAnswer, error)
}

// RoleHolding is what somebody holds of roles, waits for and has asked for.
type RoleHolding struct {
	Registered   bool
	Ends         time.Time // of the registration; zero: there is none
	Grants       []account.Grant
	Applications []account.Application // newest first
}

const rolesAt = "/me/roles"

func (s *Pages) mountRoles(m *edge.Mux) {
	s.Handle(m, ui.SignedIn, "GET "+rolesAt, s.myRoles)
	s.Handle(m, ui.SignedIn, "POST "+rolesAt, s.Limited(s.apply))
	s.Handle(m, ui.SignedIn, "POST "+rolesAt+"/withdraw", s.withdraw)
	s.Handle(m, ui.SignedIn, "GET "+rolesAt+"/{serial}", s.roleFile)
	s.mountCreators(m)
}

// RolesPage is the data of account/roles.
type RolesPage struct {
	Heading ui.Heading
	Advice  *ui.Notice
	Lines   []RoleLine
	Past    []RoleLine
	Asked   []ui.Line
	Ways    []RoleWay
	Apply   *ui.Form // nil: the reader cannot ask for a role now
}

// RoleLine is one role that somebody holds or held.
type RoleLine struct {
	Role  string
	State ui.Tag
	Note  string
	Proof string // what was noted when it was given
	Why   string // why it ended
	File  string // where its certificate is; empty: there is none
}

// RoleWay says what a role is for and how one gets it (ATTR-13).
type RoleWay struct{ Role, Does, Way string }

func roleWays(p lang.Printer) []RoleWay {
	return []RoleWay{
		{ui.RoleName(p, habeas.RoleStaff), p.T("Finds, adds and corrects records. Every look is seen by the person it is about."), p.T("An administrator decides, after seeing that you work here and are who you say.")},
		{ui.RoleName(p, habeas.RoleCreator), p.T("Enters entities on behalf of others, from a site of their own. Everybody can check who has this role."), p.T("An administrator decides, after checking the organisation, the site and who answers for it.")},
		{ui.RoleName(p, habeas.RoleAdministrator), p.T("All that staff may do, and decides about roles, accounts and connected systems."), p.T("The authorization manager decides, after seeing who you are and who asked you to take this on.")},
		{ui.RoleName(p, habeas.RoleManager), p.T("Makes administrators, and nobody else does."), p.T("Nobody can ask for it here. Whoever runs the server designates one person, on the machine itself.")},
	}
}

func (s *Pages) rolesPage(r *http.Request, v ui.Visit) (RolesPage, error) {
	p, now := v.P, s.Clock.Now()
	h, err := s.Roles.Mine(r.Context(), v.Actor)
	if err != nil {
		return RolesPage{}, err
	}
	page := RolesPage{
		Heading: ui.Heading{
			Title: p.T("Your roles"), Back: &ui.Link{Text: p.T("How you sign in"), URL: "/me/credentials"},
			Lead: p.T("A role is a certificate that somebody who may give it has decided on. It hangs on your registration and ends with it."),
		},
		Ways: roleWays(p),
	}
	waits := false
	for _, g := range h.Grants {
		line := s.roleLine(p, g)
		if g.Stands(now) {
			page.Lines = append(page.Lines, line)
		} else {
			page.Past = append(page.Past, line)
		}
		waits = waits || g.State(now) == account.GrantWaits
	}
	for _, a := range h.Applications {
		page.Asked = append(page.Asked, s.applicationLine(p, a))
	}
	switch {
	case !h.Registered && waits:
		page.Advice = makeRegistration(p)
	case !h.Registered:
		page.Advice = &ui.Notice{
			Kind: ui.NoticeInfo, Title: p.T("Only who is registered can hold a role"),
			Text: p.T("Make your registration file first; then you can ask for a role here."),
			Link: &ui.Link{Text: p.T("Make your registration file"), URL: registrationAt},
		}
	default:
		page.Apply = applyForm(p)
	}
	return page, nil
}

// makeRegistration tells somebody for whom a role waits what is missing.
func makeRegistration(p lang.Printer) *ui.Notice {
	return &ui.Notice{
		Kind: ui.NoticeWarning, Title: p.T("A role waits for you"),
		Text: p.T("It counts once you are registered: make your registration file. It takes a minute."),
		Link: &ui.Link{Text: p.T("Make your registration file"), URL: registrationAt},
	}
}

func applyForm(p lang.Printer) *ui.Form {
	role := ui.Control{Kind: ui.ControlRadio, Name: "role", Label: p.T("Role"), Value: string(habeas.RoleStaff)}
	for _, r := range slices.Backward(account.GrantedRoles()) {
		role.Options = append(role.Options, ui.Option{Value: string(r), Text: ui.RoleName(p, r)})
	}
	return &ui.Form{
		Action: rolesAt, Submit: p.T("Ask for the role"),
		Controls: []ui.Control{role, {
			Kind: ui.ControlTextarea, Name: "reason", Label: p.T("What do you need it for?"), MaxLength: account.MaxProof,
			Hint: p.T("Say too how they can check who you are: whoever decides notes what they saw."),
		}},
		Next: p.T("Those who give the role are told. You get the answer by mail, and can take the application back until then."),
	}
}

func (s *Pages) roleLine(p lang.Printer, g account.Grant) RoleLine {
	now := s.Clock.Now()
	l := RoleLine{
		Role: ui.RoleName(p, g.Role), Proof: g.Words.Proof, Why: g.Words.Why,
		Note: p.T("Given {day}.", "day", p.Ago(g.At, now)),
	}
	if g.By.IsZero() {
		l.Proof = p.T("Designated on the machine of the server.")
	}
	if until := ui.Until(p, g, s.Zone()); until != "" {
		l.Note += " " + until
	}
	if g.Serial != (pki.Serial{}) {
		l.File = rolesAt + "/" + g.Serial.String()
		l.Note += " " + p.T("Number of the certificate: {number}.", "number", g.Serial.String())
	}
	switch g.State(now) {
	case account.GrantWaits:
		l.State = ui.Tag{Kind: ui.TagProposal, Text: p.T("waits")}
	case account.GrantHolds:
		l.State = ui.Tag{Kind: ui.TagYours, Text: p.T("active")}
	case account.GrantExpired:
		l.State = ui.Tag{Kind: ui.TagQuiet, Text: p.T("expired")}
	case account.GrantEnded:
		l.State = ui.Tag{Kind: ui.TagDanger, Text: p.T("revoked")}
		l.Note += " " + p.T("Ended {day}.", "day", p.Ago(g.EndedAt, now))
	}
	return l
}

func (s *Pages) applicationLine(p lang.Printer, a account.Application) ui.Line {
	now := s.Clock.Now()
	l := ui.Line{Icon: "mail", Text: ui.RoleName(p, a.Role), Note: p.T("Asked {day}.", "day", p.Ago(a.At, now))}
	switch a.State {
	case account.ApplicationOpen:
		l.Tag = &ui.Tag{Kind: ui.TagProposal, Text: p.T("waits")}
		l.Action, l.Verb = rolesAt+"/withdraw", p.T("Take it back")
		l.Hidden = []ui.Hidden{{Name: "application", Value: a.ID.String()}}
	case account.ApplicationGranted:
		l.Tag = &ui.Tag{Kind: ui.TagYours, Text: p.T("granted")}
	case account.ApplicationRefused:
		l.Tag = &ui.Tag{Kind: ui.TagDanger, Text: p.T("refused")}
		l.Note += " " + a.Words.Answer
	case account.ApplicationWithdrawn:
		l.Tag = &ui.Tag{Kind: ui.TagQuiet, Text: p.T("taken back")}
	}
	return l
}

func (s *Pages) myRoles(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.rolesPage(r, v)
	if err != nil {
		return err
	}
	switch r.URL.Query().Get("done") {
	case "asked":
		r = ui.WithNotice(r, ui.Notice{Kind: ui.NoticeDone, Text: v.P.T("You have asked for the role. Those who give it are told.")})
	case "withdrawn":
		r = ui.WithNotice(r, ui.Notice{Kind: ui.NoticeDone, Text: v.P.T("The application is taken back. You can ask again at any time.")})
	}
	return s.Render(w, r, http.StatusOK, "account/roles", page)
}

func (s *Pages) apply(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	why := f.Text("reason", account.MaxProof)
	role := habeas.Role(f.Choice("role", string(habeas.RoleStaff), string(habeas.RoleCreator), string(habeas.RoleAdministrator)))
	if err = f.Err(); err == nil {
		err = s.Roles.Apply(r.Context(), v.Actor, role, why)
	}
	if err != nil {
		page, pageErr := s.rolesPage(r, v)
		if pageErr != nil {
			return pageErr
		}
		if page.Apply == nil {
			return err
		}
		return s.Again(w, r, v, err, "account/roles", &page, page.Apply, f)
	}
	http.Redirect(w, r, rolesAt+"?done=asked", http.StatusSeeOther)
	return nil
}

func (s *Pages) withdraw(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	typed, err := oneField(w, r, "application")
	if err != nil {
		return err
	}
	id, err := habeas.ParseID[habeas.ApplicationKind](typed)
	if err != nil {
		return account.ErrNoApplication
	}
	if err := s.Roles.Withdraw(r.Context(), v.Actor, id); err != nil {
		return err
	}
	http.Redirect(w, r, rolesAt+"?done=withdrawn", http.StatusSeeOther)
	return nil
}

// roleFile gives an attribute certificate out, as DER; with ?form=pem as text.
func (s *Pages) roleFile(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	serial, ok := pki.ParseSerial(r.PathValue("serial"))
	if !ok {
		return account.ErrNoCertificate
	}
	c, err := s.Roles.RoleCertificate(r.Context(), v.Actor, serial)
	if err != nil {
		return err
	}
	body, kind, name := c.DER, account.RoleCertificateType, string(c.Role)+".ac"
	if r.URL.Query().Get("form") == "pem" {
		body, kind, name = pem.EncodeToMemory(&pem.Block{Type: attrcert.PEMType, Bytes: c.DER}), "application/x-pem-file", string(c.Role)+".pem"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // the reader may have gone
	return nil
}
