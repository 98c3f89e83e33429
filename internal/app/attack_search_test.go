package app_test

import (
	"bytes"
	"html"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// searched is what somebody might look for, and found what only the record can have said.
var (
	searched = []string{"Tiberius Quillfeather", "1984-05-03"}
	found    = []string{"Canaryville", "555 0177", "M-CANARY", "canary.lane@example.org"}
)

// picture is a small image, as somebody would upload a portrait.
var picture = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89")

// Over every route that the server has: whoever is not staff and asks it for somebody by
// name, by birth date or by picture is told nothing of their record.
// Proves PTY-8.
func TestNobodyButStaffFindsPeopleByNameOrPicture(t *testing.T) {
	w := newWorld(t)
	bookings := w.connect("City Bookings")
	v := person("Tiberius", "Quillfeather", "1984-05-03")
	with(with(with(v, "organisation", "city", "Canaryville"), "phone", "number", "+1 202 555 0177"), "membership", "number", "M-CANARY")
	claimed, _ := bookings.say("canary.lane@example.org", v, ticket("B-1", "A tour"))
	tim := w.member("canary.lane@example.org")
	w.accept(tim, claimed, nil)
	free, _ := bookings.say("canary.lane2@example.org", v, ticket("B-2", "A tour")) // nobody's yet
	if hits, _, err := w.Records.Find(w.ctx(), w.staff("nora@example.org"), "Quillfeather", 10); err != nil || len(hits) != 2 {
		t.Fatalf("staff find %d: %v", len(hits), err)
	}
	patterns := w.routes()
	if len(patterns) < 80 {
		t.Fatalf("%d routes", len(patterns))
	}
	bell := w.browser().join("bell@example.net")
	bell.get("/me")
	bells := w.mine(w.who(bell))[0].Party.ID
	token := w.readingToken(t)
	for caller, send := range map[string]func(method, path string, form url.Values, change func(*http.Request)) page{
		"somebody signed in":                 func(m, p string, f url.Values, c func(*http.Request)) page { return bell.send(m, p, f, c) },
		"somebody who has proved an address": visiting(w.browser().shows("eve@example.net")),
		"somebody on the notice page":        noticing(w),
		"nobody":                             visiting(w.browser()),
		"a connected system that reads all": func(m, p string, f url.Values, c func(*http.Request)) page {
			return w.browser().send(m, p, f, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token); c(r) })
		},
	} {
		asked := 0
		for _, pattern := range patterns {
			method, path, _ := strings.Cut(pattern, " ")
			if strings.Contains(path, "sign-out") || strings.Contains(path, "/erase") || strings.Contains(path, "leave") {
				continue // they end what the caller is, and take no words
			}
			for _, name := range searched {
				for _, ask := range asking(method, fill(path, bells, name), name) {
					w.later(2 * time.Second) // within every limit
					asked++
					p := send(method, ask.path, ask.form, ask.change)
					text := html.UnescapeString(p.text)
					for _, fact := range append([]string{claimed.String(), free.String()}, found...) {
						if strings.Contains(text, fact) {
							t.Errorf("%s learns %q by asking %s for %q (%d)", caller, fact, pattern, name, p.status)
						}
					}
				}
			}
		}
		if asked < len(patterns) {
			t.Errorf("%s asked only %d times", caller, asked)
		}
	}
}

func visiting(b *browser) func(string, string, url.Values, func(*http.Request)) page {
	return func(m, p string, f url.Values, c func(*http.Request)) page { return b.send(m, p, f, c) }
}

func noticing(w *world) func(string, string, url.Values, func(*http.Request)) page {
	b := w.browser()
	b.notice("eve@example.net")
	return visiting(b)
}

// routes are the patterns of everything that the server answers.
func (w *world) routes() (patterns []string) {
	w.Helper()
	must(w.Handler(func(m *edge.Mux, _ *web.Site) { patterns = m.Patterns() }))(w)
	return patterns
}

// readingToken is that of a system to which everything was granted.
func (w *world) readingToken(t *testing.T) string {
	boss := habeas.Actor{Kind: habeas.ActorStaff, Account: habeas.AccountID{15: 9}, Roles: []habeas.Role{habeas.RoleAdministrator}, Proof: habeas.ProofPasskey}
	terms := authz.Terms{Name: "City Register"}
	for _, set := range party.DefaultSchemas() {
		terms.Reads = append(terms.Reads, set.Name)
	}
	s, secret, err := w.Systems.ConnectOn(w.ctx(), boss, terms)
	w.ok(err)
	token := must(w.Systems.Authorize(w.ctx(), s.ID, secret, nil))(t)
	return sealedtest.Text(token.Text)
}

// fill puts the caller's own record, or what is looked for, into the places of a path.
func fill(path string, own habeas.PartyID, name string) string {
	path = strings.NewReplacer("{$}", "", "...}", "}").Replace(path)
	path = strings.ReplaceAll(path, "{id}", own.String())
	for strings.Contains(path, "{") {
		from := strings.Index(path, "{")
		path = path[:from] + url.PathEscape(name) + path[from+strings.Index(path[from:], "}")+1:]
	}
	return path
}

// question is one way to ask.
type question struct {
	path   string
	form   url.Values
	change func(*http.Request)
}

// asking are the ways in which a route could be asked for somebody: in the query, in a
// form, in JSON and with a picture.
func asking(method, path, name string) []question {
	plain := func(*http.Request) {}
	words := url.Values{}
	for _, field := range []string{"q", "query", "search", "find", "name", "value", "person", "party", "identity.given_name", "identity.family_name", "identity.birth_date"} {
		words.Set(field, name)
	}
	if method == http.MethodGet {
		return []question{{path + "?" + words.Encode(), nil, plain}, {path + "?q=" + url.QueryEscape(name), nil, plain}}
	}
	body := func(kind string, text []byte) func(*http.Request) {
		return func(r *http.Request) {
			again := httptest.NewRequest(r.Method, r.URL.String(), bytes.NewReader(text))
			r.Body, r.ContentLength = again.Body, again.ContentLength
			r.Header.Set("Content-Type", kind)
		}
	}
	json := `{"value":"` + name + `"}`
	if strings.HasPrefix(path, "/api/") {
		json = `{"fields":{"identity":{"given_name":"` + name + `"}}}`
	}
	all := []question{{path, words, plain}, {path, url.Values{}, body("application/json", []byte(json))}}
	if name != searched[0] {
		return all
	}
	var buf bytes.Buffer
	form := multipart.NewWriter(&buf)
	for _, field := range []string{"picture", "image", "photo", "file"} {
		part, _ := form.CreateFormFile(field, "portrait.png") // into memory: it cannot fail
		_, _ = part.Write(picture)
	}
	_ = form.Close()
	return append(all,
		question{path, url.Values{}, body(form.FormDataContentType(), buf.Bytes())},
		question{path, url.Values{}, body("image/png", picture)},
	)
}
