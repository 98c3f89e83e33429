package admin

import (
	"context"
	"net/http"
	"net/url"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
	"github.com/habeas-data/habeas/sealed"
)

// Systems is what the pages about connected systems ask of the server. Every method
// but NameOf refuses everybody who is no administrator.
type Systems interface {
	// List returns every system, also disconnected ones, oldest first.
	List(ctx context.Context, a habeas.Actor) ([]authz.System, error)
	// ConnectOn makes a system on the given terms; its secret is shown once.
	ConnectOn(ctx context.Context, a habeas.Actor, t authz.Terms) (authz.System, sealed.Value, error)
	// DataSets are what systems can be allowed to read.
	DataSets() []party.SetSchema
	// Rotate gives it a new secret; the one before is good until the next change.
	Rotate(ctx context.Context, a habeas.Actor, id habeas.SystemID) (authz.System, sealed.Value, error)
	// Disconnect ends it and its tokens at once; Reconnect takes that back.
	Disconnect(ctx context.Context, a habeas.Actor, id habeas.SystemID) error
	Reconnect(ctx context.Context, a habeas.Actor, id habeas.SystemID) error
	// NameOf is how a system is called on a page, "" when it is unknown.
	NameOf(ctx context.Context, id habeas.SystemID) string
}

const systemsPath = "/admin/systems"

// The ways in which a system is connected.
const (
	modeLive    = "live"
	modeSandbox = "sandbox"
	modeStaff   = "staff"
)

// readName is what the box is called that lets a system read a data set.
func readName(set party.SetSchema) string { return "read." + set.Name }

// systemForm bounds the forms about systems, in bytes.
const systemForm = 4 << 10

func (s *Pages) mountSystems(m *edge.Mux) {
	s.Handle(m, ui.Administrator, "GET "+systemsPath, s.systemsPage)
	s.Handle(m, ui.Administrator, "POST "+systemsPath, s.connectSystem)
	s.Handle(m, ui.Administrator, "POST "+systemsPath+"/{id}/secret", s.rotateSystem)
	s.Handle(m, ui.Administrator, "POST "+systemsPath+"/{id}/disconnect", s.disconnectSystem)
	s.Handle(m, ui.Administrator, "POST "+systemsPath+"/{id}/reconnect", s.reconnectSystem)
}

// SystemsPage is the data of admin/systems.
type SystemsPage struct {
	Heading ui.Heading
	Rows    []SystemRow
	Empty   ui.Empty
	Connect ui.Form
}

// SystemRow is one system in the list.
type SystemRow struct {
	authz.System
	Actions string // path that its buttons post below
}

// SecretPage is the data of admin/secret: the only time that a secret is shown.
type SecretPage struct {
	Heading ui.Heading
	Fresh   bool // just connected, rather than given a new secret
	ID      ui.Copy
	Secret  ui.Copy
	Token   ui.Copy // commands to try it with
	Call    ui.Copy
	Staff   bool // it says who works here
}

func (s *Pages) systemsData(r *http.Request, v ui.Visit) (SystemsPage, error) {
	systems, err := s.Systems.List(r.Context(), v.Actor)
	if err != nil {
		return SystemsPage{}, err
	}
	p := v.P
	page := SystemsPage{
		Heading: ui.Heading{
			Title: p.T("Connected systems"),
			Lead:  p.T("Programs that may add what they know about people. Whatever one says carries its name, and people see it."),
		},
		Empty: ui.Empty{Text: p.T("No system is connected yet. Connect the first one here, and try it with the two commands you will get.")},
		Connect: ui.Form{
			Action: systemsPath,
			Controls: []ui.Control{{
				Name: "name", Label: p.T("Name"), MaxLength: 80, Autocomplete: "off",
				Hint: p.T("As people should read it beside what it says, for example City Bookings."),
			}, {
				Kind: ui.ControlRadio, Name: "mode", Label: p.T("What for"), Value: modeLive,
				Options: []ui.Option{
					{Value: modeLive, Text: p.T("For real"), Hint: p.T("What it says is kept.")},
					{Value: modeSandbox, Text: p.T("Sandbox, to try things out"), Hint: p.T("It is answered alike, but nothing is written about anybody, and it sees nothing real. It stays a sandbox.")},
					{Value: modeStaff, Text: p.T("For the staff of this organisation"), Hint: p.T("It says who works here (SCIM 2.0), and neither says nor reads anything else. The settings have to allow it.")},
				},
			}},
			Submit: p.T("Connect the system"),
			Next:   p.T("You then see its secret, once. You can disconnect it at any time, with effect at once."),
		},
	}
	for i, set := range s.Systems.DataSets() {
		c := ui.Control{Kind: ui.ControlCheckbox, Name: readName(set), Value: "on", Label: p.T("May read: {set}", "set", p.T(set.Label))}
		if i == 0 {
			c.Hint = p.T("Only of people it has brought itself, only before they have claimed their record, and only what the policy opens. They see each reading.")
		}
		page.Connect.Controls = append(page.Connect.Controls, c)
	}
	for _, sys := range systems {
		page.Rows = append(page.Rows, SystemRow{sys, systemsPath + "/" + sys.ID.String()})
	}
	return page, nil
}

func (s *Pages) systemsPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.systemsData(r, v)
	if err != nil {
		return err
	}
	return s.Render(w, s.systemChanged(r, v), http.StatusOK, "admin/systems", page)
}

// systemChanged puts what has just happened above the list: a disconnection can be
// taken back, so nobody is asked whether they are sure.
func (s *Pages) systemChanged(r *http.Request, v ui.Visit) *http.Request {
	q := r.URL.Query()
	f := ui.FrameOf(r)
	if id, err := habeas.ParseID[habeas.SystemKind](q.Get("ended")); err == nil {
		if name := s.Systems.NameOf(r.Context(), id); name != "" {
			f.Undo = &ui.Undo{
				Text:   v.P.T("{name} is disconnected. Its tokens have ended; its secrets do not work.", "name", name),
				Action: systemsPath + "/" + id.String() + "/reconnect",
			}
		}
	}
	if id, err := habeas.ParseID[habeas.SystemKind](q.Get("back")); err == nil {
		if name := s.Systems.NameOf(r.Context(), id); name != "" {
			f.Notices = append(f.Notices, ui.Notice{Kind: ui.NoticeDone, Text: v.P.T("{name} is connected again. It gets in with the secret it had.", "name", name)})
		}
	}
	return ui.WithFrame(r, f)
}

func (s *Pages) connectSystem(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, systemForm)
	if err != nil {
		return err
	}
	mode := f.Choice("mode", modeLive, modeSandbox, modeStaff)
	terms := authz.Terms{Name: f.Required("name", 200), Sandbox: mode == modeSandbox, Staff: mode == modeStaff}
	for _, set := range s.Systems.DataSets() {
		if f.Bool(readName(set)) {
			terms.Reads = append(terms.Reads, set.Name)
		}
	}
	var system authz.System
	var secret sealed.Value
	if err = f.Err(); err == nil {
		system, secret, err = s.Systems.ConnectOn(r.Context(), v.Actor, terms)
	}
	if err == nil {
		return s.secretPage(w, r, v, system, secret, true)
	}
	page, pageErr := s.systemsData(r, v)
	if pageErr != nil {
		return pageErr
	}
	page.Connect.Controls[0].Value = f.Typed("name")
	page.Connect.Controls[1].Value = f.Typed("mode")
	for i := range page.Connect.Controls[2:] {
		c := &page.Connect.Controls[2+i]
		c.Checked = f.Typed(c.Name) != ""
	}
	if !page.Connect.Fail(v.P, err) {
		return err
	}
	return s.Render(w, r, http.StatusBadRequest, "admin/systems", page)
}

func (s *Pages) rotateSystem(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	id, err := systemOf(r)
	if err != nil {
		return err
	}
	system, secret, err := s.Systems.Rotate(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	return s.secretPage(w, r, v, system, secret, false)
}

// secretPage answers the post itself: after a redirect the secret would have to be
// kept somewhere, and it is kept nowhere.
func (s *Pages) secretPage(w http.ResponseWriter, r *http.Request, v ui.Visit, system authz.System, secret sealed.Value, fresh bool) error {
	p := v.P
	page := SecretPage{
		Heading: ui.Heading{Back: &ui.Link{Text: p.T("Connected systems"), URL: systemsPath}, Title: p.T("{name} has a new secret", "name", system.Name)},
		Fresh:   fresh,
		ID:      ui.Copy{ID: "client-id", Label: p.T("Client id"), Text: system.ID.String()},
		Secret:  ui.Copy{ID: "client-secret", Label: p.T("Secret"), Text: edge.Show(r.Context(), secret)},
		Token: ui.Copy{
			ID: "try-token", Label: p.T("Command for a token"),
			Text: "curl -u '" + system.ID.String() + "' -d grant_type=client_credentials \\\n  " + s.Origin.URL("/oauth/token"),
		},
		Call: ui.Copy{
			ID: "try-call", Label: p.T("Command for a first record"),
			Text: "curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n" +
				"  -d '{\"email\":\"tim@example.org\",\"fields\":{\"identity\":{\"given_name\":\"Tim\"}}}' \\\n  " +
				s.Origin.URL("/api/v1/parties:findOrCreate"),
		},
	}
	if page.Staff = system.Provisions(); page.Staff {
		page.Call = ui.Copy{
			ID: "try-call", Label: p.T("Command for the list of staff"),
			Text: "curl -H \"Authorization: Bearer $TOKEN\" \\\n  " + s.Origin.URL("/scim/v2/Users"),
		}
	}
	if fresh {
		page.Heading.Title = p.T("{name} is connected", "name", system.Name)
	}
	return s.Render(w, r, http.StatusOK, "admin/secret", page)
}

func (s *Pages) disconnectSystem(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	return s.switchSystem(w, r, v, "ended", s.Systems.Disconnect)
}

func (s *Pages) reconnectSystem(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	return s.switchSystem(w, r, v, "back", s.Systems.Reconnect)
}

func (s *Pages) switchSystem(w http.ResponseWriter, r *http.Request, v ui.Visit, done string, act func(context.Context, habeas.Actor, habeas.SystemID) error) error {
	id, err := systemOf(r)
	if err != nil {
		return err
	}
	if err := act(r.Context(), v.Actor, id); err != nil {
		return err
	}
	http.Redirect(w, r, systemsPath+"?"+url.Values{done: {id.String()}}.Encode(), http.StatusSeeOther)
	return nil
}

// systemOf reads the system that an address names.
func systemOf(r *http.Request) (habeas.SystemID, error) {
	id, err := habeas.ParseID[habeas.SystemKind](r.PathValue("id"))
	if err != nil {
		return id, authz.ErrNoSystem
	}
	return id, nil
}
