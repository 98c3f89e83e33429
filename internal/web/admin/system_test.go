package admin

import (
	"bytes"
	"context"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
	"github.com/habeas-data/habeas/sealed"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// systemsInMemory keeps systems by the rules of authz, without a store.
type systemsInMemory struct {
	clock habeas.Clock
	held  []authz.System
}

func (m *systemsInMemory) List(_ context.Context, a habeas.Actor) ([]authz.System, error) {
	return m.held, authz.MayManage(a)
}

func (m *systemsInMemory) DataSets() []party.SetSchema { return party.DefaultSchemas() }

func (m *systemsInMemory) ConnectOn(_ context.Context, a habeas.Actor, t authz.Terms) (authz.System, sealed.Value, error) {
	s, secret, _, err := authz.Connect(sealed.In(context.Background()), a, t, m.clock.Now())
	if err == nil {
		m.held = append(m.held, s)
	}
	return s, secret, err
}

func (m *systemsInMemory) change(id habeas.SystemID, rule func(authz.System) (authz.System, error)) error {
	for i := range m.held {
		if m.held[i].ID == id {
			s, err := rule(m.held[i])
			m.held[i] = s
			return err
		}
	}
	return authz.ErrNoSystem
}

func (m *systemsInMemory) Rotate(_ context.Context, a habeas.Actor, id habeas.SystemID) (system authz.System, secret sealed.Value, err error) {
	err = m.change(id, func(s authz.System) (_ authz.System, err error) {
		system, secret, _, err = s.Rotate(sealed.In(context.Background()), a, m.clock.Now())
		return system, err
	})
	return system, secret, err
}

func (m *systemsInMemory) Disconnect(_ context.Context, a habeas.Actor, id habeas.SystemID) error {
	return m.change(id, func(s authz.System) (authz.System, error) { return only(s.Disconnect(a, m.clock.Now())) })
}

func (m *systemsInMemory) Reconnect(_ context.Context, a habeas.Actor, id habeas.SystemID) error {
	return m.change(id, func(s authz.System) (authz.System, error) { return only(s.Reconnect(a, m.clock.Now())) })
}

func only(s authz.System, _ audit.Entry, err error) (authz.System, error) { return s, err }

func (m *systemsInMemory) NameOf(_ context.Context, id habeas.SystemID) string {
	for _, s := range m.held {
		if s.ID == id {
			return s.Name
		}
	}
	return ""
}

// signedInAs answers for every sign-in.
type signedInAs struct{ actor habeas.Actor }

func (s signedInAs) Who(context.Context, edge.TokenHash) (habeas.Actor, string, error) {
	return s.actor, "Nora Quill", nil
}

// desk is the pages for administrators with somebody who is signed in.
type desk struct {
	*testing.T
	site    *Pages
	systems *systemsInMemory
	mux     *edge.Mux
	cookie  string
	logged  bytes.Buffer
}

func newSystemsDesk(t *testing.T, actor habeas.Actor) *desk {
	return newDesk(t, actor, func(*Pages) {})
}

// newDesk mounts all pages; with gives them what else they ask for.
func newDesk(t *testing.T, actor habeas.Actor, with func(*Pages)) *desk {
	t.Helper()
	clock := habeas.NewManualClock(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	rd, err := ui.NewRenderer(ui.Config{Org: "Harbour Museum", Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	origin, err := edge.ParseOrigin("http://localhost:8080")
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{T: t, systems: &systemsInMemory{clock: clock}}
	d.mux = &edge.Mux{Failures: &edge.Failures{Page: rd.Failure, Log: slog.New(slog.NewTextHandler(&d.logged, nil))}}
	d.site = &Pages{Base: &ui.Base{Renderer: rd, Clock: clock, Origin: origin, SignIns: signedInAs{actor}}, Systems: d.systems}
	with(d.site)
	d.site.Mount(d.mux)
	w := httptest.NewRecorder()
	edge.Cookies{}.BeginSignIn(t.Context(), w, time.Hour)
	d.cookie = strings.SplitN(w.Header().Get("Set-Cookie"), ";", 2)[0]
	return d
}

func (d *desk) request(method, path string, form url.Values) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Cookie", d.cookie)
	r.Header.Set("Accept", "text/html")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

func (d *desk) ask(method, path string, form url.Values) *httptest.ResponseRecorder {
	d.Helper()
	w := httptest.NewRecorder()
	d.mux.ServeHTTP(w, d.request(method, path, form))
	return w
}

var systemsAdministrator = habeas.Actor{
	Kind: habeas.ActorStaff, Account: habeas.AccountID{15: 1}, Proof: habeas.ProofPasskey,
	Roles: []habeas.Role{habeas.RoleAdministrator},
}

func TestASecretIsShownOnceAndWorks(t *testing.T) {
	d := newSystemsDesk(t, systemsAdministrator)
	if page := d.ask("GET", systemsPath, nil); page.Code != 200 || !strings.Contains(page.Body.String(), "No system is connected yet") {
		t.Errorf("empty list: %d", page.Code)
	}
	page := d.ask("POST", systemsPath, url.Values{"name": {"City Bookings"}, "mode": {"live"}})
	secret := regexp.MustCompile(`hbs_[A-Za-z0-9_-]{43}`).FindString(page.Body.String())
	if page.Code != 200 || !d.systems.held[0].Knows(sealedtest.Seal(secret)) {
		t.Fatalf("%d, secret %d bytes", page.Code, len(secret))
	}
	if text := html.UnescapeString(page.Body.String()); !strings.Contains(text, d.systems.held[0].ID.String()) ||
		!strings.Contains(text, "http://localhost:8080/oauth/token") || strings.Count(text, secret) != 1 {
		t.Error("the page wants the id, the commands and the secret once")
	}
	if list := d.ask("GET", systemsPath, nil).Body.String(); strings.Contains(list, secret) || !strings.Contains(list, "City Bookings") {
		t.Error("the list wants the name and no secret")
	}
	again := d.ask("POST", systemsPath+"/"+d.systems.held[0].ID.String()+"/secret", nil)
	next := regexp.MustCompile(`hbs_[A-Za-z0-9_-]{43}`).FindString(again.Body.String())
	if again.Code != 200 || next == secret || !d.systems.held[0].Knows(sealedtest.Seal(next)) || !d.systems.held[0].Knows(sealedtest.Seal(secret)) {
		t.Errorf("new secret: %d", again.Code)
	}
}

func TestADisconnectionCanBeTakenBack(t *testing.T) {
	d := newSystemsDesk(t, systemsAdministrator)
	d.ask("POST", systemsPath, url.Values{"name": {"City Bookings"}, "mode": {"live"}})
	path := systemsPath + "/" + d.systems.held[0].ID.String()
	done := d.ask("POST", path+"/disconnect", nil)
	if done.Code != http.StatusSeeOther || d.systems.held[0].Connected() {
		t.Fatalf("disconnect: %d", done.Code)
	}
	page := d.ask("GET", done.Header().Get("Location"), nil).Body.String()
	if !strings.Contains(page, `action="`+path+`/reconnect"`) || !strings.Contains(page, "City Bookings is disconnected") {
		t.Error("no undo bar")
	}
	back := d.ask("POST", path+"/reconnect", nil)
	if back.Code != http.StatusSeeOther || !d.systems.held[0].Connected() {
		t.Errorf("reconnect: %d", back.Code)
	}
	if page := d.ask("GET", back.Header().Get("Location"), nil).Body.String(); !strings.Contains(page, "is connected again") {
		t.Error("the page does not say that it is connected again")
	}
}

func TestPagesAboutSystemsRefuseWhatIsWrong(t *testing.T) {
	d := newSystemsDesk(t, systemsAdministrator)
	for _, name := range []string{"", "x", strings.Repeat("x", 81)} {
		page := d.ask("POST", systemsPath, url.Values{"name": {name}, "mode": {"live"}})
		if page.Code != http.StatusBadRequest || !strings.Contains(page.Body.String(), `aria-invalid="true"`) {
			t.Errorf("name of %d characters: %d", len(name), page.Code)
		}
	}
	for _, path := range []string{"/sys_0000000000000000000000000r/disconnect", "/nonsense/secret", "/acc_0000000000000000000000000r/reconnect"} {
		if page := d.ask("POST", systemsPath+path, nil); page.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, page.Code)
		}
	}
	if page := d.ask("GET", systemsPath+"?ended=sys_0000000000000000000000000r&back=nonsense", nil); page.Code != 200 {
		t.Errorf("an unknown system in the address: %d", page.Code)
	}
	if len(d.systems.held) != 0 || d.logged.Len() > 0 {
		t.Errorf("%d systems, log %q", len(d.systems.held), d.logged.String())
	}
}

func TestOnlyAdministratorsSeeTheSystems(t *testing.T) {
	staff, code := systemsAdministrator, systemsAdministrator
	staff.Roles = []habeas.Role{habeas.RoleStaff}
	code.Proof = habeas.ProofCode
	for name, c := range map[string]struct {
		actor habeas.Actor
		want  int
	}{"staff": {staff, 403}, "a mailed code": {code, 403}, "nobody": {habeas.Actor{}, 303}} {
		t.Run(name, func(t *testing.T) {
			d := newSystemsDesk(t, c.actor)
			for _, ask := range [][2]string{
				{"GET", ""}, {"POST", ""}, {"POST", "/sys_0000000000000000000000000r/secret"}, {"POST", "/sys_0000000000000000000000000r/disconnect"},
			} {
				if page := d.ask(ask[0], systemsPath+ask[1], url.Values{"name": {"City Bookings"}, "mode": {"live"}}); page.Code != c.want {
					t.Errorf("%v: %d, want %d", ask, page.Code, c.want)
				}
			}
		})
	}
}

func TestASandboxIsConnectedOnItsTermsAndShownAsOne(t *testing.T) {
	d := newSystemsDesk(t, systemsAdministrator)
	d.ask("POST", systemsPath, url.Values{"name": {"Trial run"}, "mode": {"sandbox"}, "read.contact": {"on"}})
	if len(d.systems.held) != 1 || !d.systems.held[0].Sandbox || authz.JoinScopes(d.systems.held[0].Scopes) != "parties:write tickets:write parties:read.contact" {
		t.Fatalf("connected %+v", d.systems.held)
	}
	if list := d.ask("GET", systemsPath, nil).Body.String(); !strings.Contains(list, ">Sandbox<") {
		t.Error("the list does not show that it is a sandbox")
	}
	wrong := d.ask("POST", systemsPath, url.Values{"name": {"x"}, "mode": {"sandbox"}, "read.phone": {"on"}}).Body.String()
	if !strings.Contains(wrong, `value="sandbox" checked`) || !strings.Contains(wrong, `name="read.phone" value="on" checked`) {
		t.Error("what was chosen is lost")
	}
}
