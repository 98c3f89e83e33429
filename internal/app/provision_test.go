package app_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/sealed"
)

// provisioned is the configuration of a server that is told who works here.
func provisioned() app.DirectoryConfig {
	return app.DirectoryConfig{Source: account.DirectorySCIM, Groups: []app.DirectoryGroup{
		{Name: "Clerks", Role: habeas.RoleStaff}, {Name: "Chiefs", Role: habeas.RoleAdministrator},
	}}
}

// provisioner is a system that says who works here.
type provisioner struct {
	*world
	token string
}

func (w *world) provisioner(t authz.Terms) provisioner {
	w.Helper()
	boss := habeas.Actor{Kind: habeas.ActorStaff, Account: habeas.AccountID{15: 9}, Roles: []habeas.Role{habeas.RoleAdministrator}, Proof: habeas.ProofPasskey}
	secrets := sealed.Open(w.ctx())
	w.Cleanup(secrets.Close)
	ctx := sealed.NewContext(w.ctx(), secrets)
	s, secret, err := w.Systems.ConnectOn(ctx, boss, t)
	w.ok(err)
	token := must(w.Systems.Authorize(ctx, s.ID, secret, nil))(w)
	p := provisioner{world: w}
	w.ok(token.Text.Use(func(text []byte) error { p.token = string(text); return nil }))
	return p
}

// scimAnswer is what came back.
type scimAnswer struct {
	status int
	header http.Header
	body   map[string]any
}

func (p provisioner) send(method, path, body string, header ...string) scimAnswer {
	p.Helper()
	p.later(0)
	r := httptest.NewRequestWithContext(p.ctx(), method, "https://records.example.org/scim/v2"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+p.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/scim+json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	p.pages.ServeHTTP(rec, r)
	a := scimAnswer{status: rec.Code, header: rec.Header()}
	if rec.Body.Len() > 0 {
		if err := json.Unmarshal(rec.Body.Bytes(), &a.body); err != nil {
			p.Fatalf("%s %s: %v in %s", method, path, err, rec.Body)
		}
	}
	return a
}

// want checks a status and returns the body.
func (p provisioner) want(status int, method, path, body string, header ...string) scimAnswer {
	p.Helper()
	a := p.send(method, path, body, header...)
	if a.status != status {
		p.Fatalf("%s %s %s: status %d, want %d: %v", method, path, body, a.status, status, a.body)
	}
	if status >= 400 && (a.body["status"] != http.StatusText(status) && a.header.Get("Content-Type") != "application/scim+json" || len(a.body["schemas"].([]any)) != 1) {
		p.Errorf("%s %s: no error of SCIM: %v", method, path, a.body)
	}
	return a
}

func (a scimAnswer) id() string {
	id, _ := a.body["id"].(string)
	return id
}

// hire makes somebody and returns their id.
func (p provisioner) hire(name string) string {
	p.Helper()
	return p.want(201, "POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"`+name+`","password":"not kept","title":"not kept"}`).id()
}

const patch = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`

func TestWhoASystemDeactivatesLosesAccessAtOnce(t *testing.T) {
	w := newWorldWith(t, provisioned())
	p := w.provisioner(authz.Terms{Name: "Campus identities", Staff: true})
	nora := w.staffBrowser("nora@example.org")
	if page := nora.send(http.MethodGet, "/staff/add", nil); page.status != http.StatusForbidden {
		t.Fatalf("before anybody said so: status %d", page.status)
	}
	id := p.hire("nora@example.org")
	if got := w.countsAt("nora@example.org"); len(got) != 0 {
		t.Errorf("without a group: %v", got)
	}
	group := p.want(201, "POST", "/Groups", `{"displayName":"clerks","members":[{"value":"`+id+`"}]}`).id()
	nora.get("/staff/add")
	// Provisioned and never granted is nothing, and makes no account.
	tim := p.hire("tim@example.org")
	p.want(201, "POST", "/Groups", `{"displayName":"Chiefs","members":[{"value":"`+tim+`"}]}`)
	if _, found, err := w.DB.Accounts().AddressAt(w.ctx(), w.Backstage().AddressHash(w.address("tim@example.org"))); found || err != nil {
		t.Errorf("an account was made: %v, %v", found, err)
	}
	w.join("tim@example.org")
	if got := w.countsAt("tim@example.org"); len(got) != 0 {
		t.Errorf("provisioning has granted %v", got)
	}
	for name, c := range map[string]struct{ off, on [3]string }{
		"deactivated": {
			[3]string{"PATCH", "/Users/" + id, patch + `{"op":"Replace","path":"active","value":"False"}]}`},
			[3]string{"PATCH", "/Users/" + id, patch + `{"op":"replace","value":{"active":true}}]}`},
		},
		"put away": {
			[3]string{"PUT", "/Users/" + id, `{"userName":"nora@example.org","active":false}`},
			[3]string{"PUT", "/Users/" + id, `{"USERNAME":"nora@example.org","active":true}`},
		},
		"taken out of the group": {
			[3]string{"PATCH", "/Groups/" + group, patch + `{"op":"remove","path":"members[value eq \"` + id + `\"]"}]}`},
			[3]string{"PATCH", "/Groups/" + group, patch + `{"op":"add","path":"members","value":[{"value":"` + id + `"}]}]}`},
		},
		"taken out with a value": {
			[3]string{"PATCH", "/Groups/" + group, patch + `{"op":"Remove","path":"members","value":[{"value":"` + id + `"}]}]}`},
			[3]string{"PUT", "/Groups/" + group, `{"displayName":"Clerks","members":[{"value":"` + id + `"}]}`},
		},
		"the group renamed": {
			[3]string{"PATCH", "/Groups/" + group, patch + `{"op":"replace","path":"displayName","value":"Others"}]}`},
			[3]string{"PATCH", "/Groups/" + group, patch + `{"op":"replace","path":"displayName","value":"CLERKS"}]}`},
		},
		"another address": {
			[3]string{"PATCH", "/Users/" + id, patch + `{"op":"add","path":"emails[type eq \"work\"].value","value":"other@example.org"}]}`},
			[3]string{"PATCH", "/Users/" + id, patch + `{"op":"remove","path":"emails"}]}`},
		},
	} {
		p.want(200, c.off[0], c.off[1], c.off[2])
		if got := w.countsAt("nora@example.org"); len(got) != 0 {
			t.Errorf("%s: %v", name, got)
		}
		p.want(200, c.on[0], c.on[1], c.on[2])
		if got := w.countsAt("nora@example.org"); !slices.Equal(got, []habeas.Role{habeas.RoleStaff}) {
			t.Errorf("%s, and back: %v", name, got)
		}
	}
	if page := nora.send(http.MethodGet, "/me", nil); page.status == http.StatusOK {
		t.Error("she is still signed in")
	}
	p.want(204, "DELETE", "/Users/"+id, "")
	if got := w.countsAt("nora@example.org"); len(got) != 0 {
		t.Errorf("deleted: %v", got)
	}
	if n := w.lines("nora@example.org", audit.RoleUnpermitted); n != 7 {
		t.Errorf("%d lines tell that it ended, want 7", n)
	}
	if members := p.want(200, "GET", "/Groups/"+group, "").body["members"].([]any); len(members) != 0 {
		t.Errorf("the group holds %v", members)
	}
	w.verify()
}

func TestSCIMAsItsProgramsSpeakIt(t *testing.T) {
	w := newWorldWith(t, provisioned())
	p := w.provisioner(authz.Terms{Name: "Campus identities", Staff: true})
	made := p.want(201, "POST", "/Users", `{"userName":"Tim@Example.org","externalId":"7","name":{"givenName":"Tim","familyName":"Berger"},
		"emails":[{"value":"tim@example.org","type":"work","primary":true}],"active":true,"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"x"}}`)
	tim := made.id()
	if made.header.Get("Location") != "https://records.example.org/scim/v2/Users/"+tim || made.header.Get("ETag") != `W/"1"` {
		t.Errorf("made: %v", made.header)
	}
	for i := range 4 {
		p.hire("u" + string(rune('a'+i)) + "@example.org")
	}
	// Lists, pages, filters.
	for query, want := range map[string]struct{ total, here int }{
		"":                       {5, 5},
		"?startIndex=2&count=2":  {5, 2},
		"?startIndex=5&count=10": {5, 1},
		"?startIndex=-3&count=0": {5, 0},
		"?startIndex=99":         {5, 0},
		"?filter=userName+eq+%22TIM%40example.org%22":                           {1, 1},
		"?filter=userName+eq+%22nobody%22":                                      {0, 0},
		"?filter=externalId+eq+%227%22+and+active+eq+true":                      {1, 1},
		"?filter=userName+eq+%22tim%40example.org%22+and+externalId+eq+%228%22": {0, 0},
		"?sortBy=userName": {5, 5},
	} {
		got := p.want(200, "GET", "/Users"+query, "")
		if got.body["totalResults"] != float64(want.total) || len(got.body["Resources"].([]any)) != want.here {
			t.Errorf("%s: %v of %v", query, len(got.body["Resources"].([]any)), got.body["totalResults"])
		}
	}
	narrow := p.want(200, "GET", "/Users/"+tim+"?attributes=userName", "").body
	if len(narrow) != 3 || narrow["userName"] != "Tim@Example.org" {
		t.Errorf("narrowed: %v", narrow)
	}
	// Versions.
	p.want(304, "GET", "/Users/"+tim, "", "If-None-Match", `W/"1"`)
	changed := p.want(200, "PATCH", "/Users/"+tim, patch+`{"op":"replace","value":{"name.familyName":"Quill","displayName":"Tim"}}]}`, "If-Match", `W/"1"`)
	if changed.header.Get("ETag") != `W/"2"` || changed.body["name"].(map[string]any)["familyName"] != "Quill" {
		t.Errorf("changed: %v %v", changed.header, changed.body)
	}
	p.want(412, "PUT", "/Users/"+tim, `{"userName":"x"}`, "If-Match", `W/"1"`)
	p.want(412, "DELETE", "/Users/"+tim, "", "If-Match", `W/"1"`)
	// Refusals, in the form of SCIM.
	for name, c := range map[string]struct {
		status                   int
		method, path, body, kind string
	}{
		"a name twice":         {409, "POST", "/Users", `{"userName":"tim@EXAMPLE.org"}`, "uniqueness"},
		"a name taken over":    {409, "PATCH", "/Users/" + tim, patch + `{"op":"replace","path":"userName","value":"ua@example.org"}]}`, "uniqueness"},
		"no name":              {400, "POST", "/Users", `{"active":true}`, "invalidValue"},
		"a name of control":    {400, "POST", "/Users", `{"userName":"a\u0000"}`, "invalidValue"},
		"no JSON":              {400, "POST", "/Users", `{"userName":`, "invalidSyntax"},
		"a list for a text":    {400, "POST", "/Users", `{"userName":["x"]}`, "invalidSyntax"},
		"a foreign filter":     {400, "GET", "/Users?filter=name.familyName+eq+%22x%22", "", "invalidFilter"},
		"an unknown operator":  {400, "GET", "/Users?filter=userName+sw+%22x%22", "", "invalidFilter"},
		"no number":            {400, "GET", "/Users?count=many", "", "invalidValue"},
		"nobody":               {404, "GET", "/Users/stu_00000000000000000000000000", "", ""},
		"a group as a user":    {404, "GET", "/Users/x", "", ""},
		"a path that is none":  {400, "PATCH", "/Users/" + tim, patch + `{"op":"replace","path":"emails[","value":"x"}]}`, "invalidPath"},
		"an unknown operation": {400, "PATCH", "/Users/" + tim, patch + `{"op":"move","path":"active"}]}`, "invalidSyntax"},
		"no operation":         {400, "PATCH", "/Users/" + tim, `{"Operations":[]}`, "invalidSyntax"},
		"no truth":             {400, "PATCH", "/Users/" + tim, patch + `{"op":"replace","path":"active","value":"perhaps"}]}`, "invalidValue"},
		"a member who is none": {400, "POST", "/Groups", `{"displayName":"X","members":[{"value":"tim"}]}`, "invalidValue"},
		"a place that is none": {404, "GET", "/Me", "", ""},
		"many at once":         {404, "POST", "/Bulk", "{}", ""},
	} {
		got := p.want(c.status, c.method, c.path, c.body)
		if kind, _ := got.body["scimType"].(string); kind != c.kind {
			t.Errorf("%s: %v", name, got.body)
		}
	}
	for _, path := range []string{"/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/User", "/Schemas", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group"} {
		p.want(200, "GET", path, "")
	}
	// Another system sees nothing of it, and may not take its people into its groups.
	other := w.provisioner(authz.Terms{Name: "Elsewhere", Staff: true})
	other.want(404, "GET", "/Users/"+tim, "")
	other.want(404, "DELETE", "/Users/"+tim, "")
	other.want(400, "POST", "/Groups", `{"displayName":"Chiefs","members":[{"value":"`+tim+`"}]}`)
	if n := other.want(200, "GET", "/Users", "").body["totalResults"]; n != float64(0) {
		t.Errorf("it sees %v", n)
	}
}

func TestWhoMayProvision(t *testing.T) {
	w := newWorldWith(t, provisioned())
	for name, terms := range map[string]authz.Terms{
		"a booking system": {Name: "City Bookings"}, "a sandbox": {Name: "Trial", Sandbox: true},
	} {
		if got := w.provisioner(terms).send("GET", "/Users", ""); got.status != http.StatusForbidden || got.body["status"] != "403" {
			t.Errorf("%s: %d %v", name, got.status, got.body)
		}
	}
	p := w.provisioner(authz.Terms{Name: "Campus identities", Staff: true})
	r := httptest.NewRequestWithContext(w.ctx(), "GET", "https://records.example.org/api/v1/tickets", nil)
	r.Header.Set("Authorization", "Bearer "+p.token)
	rec := httptest.NewRecorder()
	if w.pages.ServeHTTP(rec, r); rec.Code != http.StatusForbidden {
		t.Errorf("it reads tickets: %d", rec.Code)
	}
	p.token = "hbt_guess"
	if got := p.send("GET", "/Users", ""); got.status != http.StatusUnauthorized || got.header.Get("WWW-Authenticate") == "" {
		t.Errorf("a guess: %d", got.status)
	}
	// Where a directory is asked, or nobody is, no system says anything.
	w = newWorld(t)
	if got := w.provisioner(authz.Terms{Name: "Campus identities", Staff: true}).send("POST", "/Users", `{"userName":"x"}`); got.status != http.StatusForbidden {
		t.Errorf("without the setting: %d", got.status)
	}
}
