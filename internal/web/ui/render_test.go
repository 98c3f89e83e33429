package ui

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
)

var today = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

// testPages are pages for the renderer's own tests.
func testPages() fstest.MapFS {
	page := func(main string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(`{{define "title"}}T{{end}}{{define "main"}}` + main + `{{end}}`)}
	}
	return fstest.MapFS{
		"test/plain.html":  page(`<p>{{.Data}}</p>`),
		"test/broken.html": page(`begins {{.Data.NoSuchField}}`),
		"test/rich.html":   page(`{{rich "See {link} <b> {x}." "link" (link "/x?a=1&b" "a<b") "x" .Data}}`),
		"test/words.html":  page(`{{t "today"}} {{plural 2 "{n} day ago" "{n} days ago"}} {{number 12345}} {{age .Data}} {{day .Data}} {{datetime .Data}}`),
		"test/form.html":   page(`{{template "form" .Data}}`),
		"test/field.html":  page(`<dl>{{template "field-row" .Data}}</dl>`),
	}
}

func newTestRenderer(t testing.TB) *Renderer {
	t.Helper()
	rd, err := NewRenderer(Config{
		Org: "Harbour <Arts>", Clock: habeas.NewManualClock(today), Pages: testPages(),
		Nav: []NavItem{
			{Area: AreaPublic, Path: "/", Label: "Start"},
			{Area: AreaMe, Path: "/me", Label: "Records"},
			{Area: AreaMe, Path: "/me/activity", Label: "Activity"},
			{Area: AreaStaff, Path: "/staff/people", Label: "People"},
			{Area: AreaAdmin, Path: "/admin/roles", Label: "Roles"},
			{Area: AreaAdmin, Group: "Privacy", Path: "/admin/policy", Label: "Policy"},
			{Area: AreaAdmin, Path: "/admin/matching", Label: "Matching"},
			{Area: AreaAdmin, Group: "Privacy", Path: "/admin/breaches", Label: "Breaches"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return rd
}

func get(path string, cookies ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for _, c := range cookies {
		r.Header.Add("Cookie", c)
	}
	return r
}

func render(t testing.TB, rd *Renderer, r *http.Request, name string, data any) string {
	t.Helper()
	w := httptest.NewRecorder()
	if err := rd.Render(w, r, http.StatusOK, name, data); err != nil {
		t.Fatal(err)
	}
	return w.Body.String()
}

func TestEveryPageParsesInEveryLanguage(t *testing.T) {
	rd := newTestRenderer(t)
	for tag, pages := range rd.loaded.pages {
		if len(pages) < 2 {
			t.Errorf("%s has %d pages", tag, len(pages))
		}
		for name, parsed := range pages {
			if _, err := parsed(); err != nil {
				t.Errorf("%s in %s: %v", name, tag, err)
			}
		}
	}
}

// dataBlock begins data for programs. Browsers run no script of this type, so the content
// policy does not look at it (HTML, 4.12.1.1: a data block).
var dataBlock = []byte(`<script type="application/ld+json">`)

func TestTemplatesHaveNothingInline(t *testing.T) {
	inline := regexp.MustCompile(`<style|\sstyle=|\son[a-z]+=|javascript:|<script[^>]*>[^<]`)
	err := fs.WalkDir(embedded, ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".html") {
			return err
		}
		data, err := embedded.ReadFile(name)
		if err != nil {
			return err
		}
		data = bytes.ReplaceAll(data, dataBlock, nil)
		if found := inline.Find(data); found != nil {
			t.Errorf("%s: the content policy forbids %q", name, found)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatPeopleTypeIsEscaped(t *testing.T) {
	home := render(t, newTestRenderer(t), get("/"), "public/home", nil)
	if !strings.Contains(home, "Harbour &lt;Arts&gt;") || strings.Contains(home, "<Arts>") {
		t.Error("the name of the organisation is not escaped")
	}
}

func TestAFailingPageWritesNothing(t *testing.T) {
	rd := newTestRenderer(t)
	for _, name := range []string{"test/broken", "test/none"} {
		w := httptest.NewRecorder()
		err := rd.Render(w, get("/"), http.StatusOK, name, "data")
		if habeas.KindOf(err) != habeas.KindInternal {
			t.Errorf("%s: error %v, want one of kind internal", name, err)
		}
		if w.Body.Len() > 0 || len(w.Header()) > 0 {
			t.Errorf("%s: half a page was written", name)
		}
	}
	if body := render(t, rd, get("/"), "test/plain", "fine"); strings.Contains(body, "begins") {
		t.Error("a page shows what a failed one left behind")
	}
}

func TestPagesSpeakTheReadersLanguage(t *testing.T) {
	rd := newTestRenderer(t)
	tests := []struct {
		name, accept, cookie, want string
	}{
		{"nothing said", "", "", `lang="en"`},
		{"browser asks", "es-MX,es;q=0.9", "", `lang="es"`},
		{"choice beats browser", "es", "habeas_lang=en", `lang="en"`},
		{"unknown choice", "es", "habeas_lang=xx", `lang="es"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := get("/", tt.cookie)
			r.Header.Set("Accept-Language", tt.accept)
			if body := render(t, rd, r, "test/plain", ""); !strings.Contains(body, "<html "+tt.want) {
				t.Errorf("want %s in %.60s", tt.want, body)
			}
		})
	}
	es := get("/", "habeas_lang=es")
	want := "hoy hace 2 días 12.345 hace 6 meses 3 de mayo 3 de mayo de 2026, 12:00 UTC"
	if body := render(t, rd, es, "test/words", time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)); !strings.Contains(body, want) {
		t.Errorf("want %q in the page", want)
	}
}

func TestRichSentencesEscapeAllButTheirLinks(t *testing.T) {
	rd := newTestRenderer(t)
	body := render(t, rd, get("/"), "test/rich", "<i>{link}</i>")
	want := `See <a href="/x?a=1&amp;b">a&lt;b</a> &lt;b&gt; &lt;i&gt;{link}&lt;/i&gt;.`
	if !strings.Contains(body, want) {
		t.Errorf("want %s in %s", want, body[strings.Index(body, "<main"):])
	}
	for _, bad := range []string{"javascript:alert(1)", "//evil.example", "https://evil.example", `/\evil.example`} {
		if got := string(link(bad, "x")); got != `<a href="#">x</a>` {
			t.Errorf("link(%q) = %s", bad, got)
		}
	}
}

func TestNavigationShowsWhatTheReaderMayEnter(t *testing.T) {
	rd := newTestRenderer(t)
	account := habeas.NewID[habeas.AccountKind](today)
	staff := habeas.Actor{Account: account, Roles: []habeas.Role{habeas.RoleStaff}, Proof: habeas.ProofPasskey}
	boss := habeas.Actor{Account: account, Roles: []habeas.Role{habeas.RoleStaff, habeas.RoleAdministrator}, Proof: habeas.ProofPasskey}
	tests := []struct {
		name  string
		actor habeas.Actor
		path  string
		area  Area
		areas string
		lines string
	}{
		{"nobody", habeas.Actor{}, "/", AreaPublic, "", ""},
		{"a person", habeas.Actor{Account: account, Proof: habeas.ProofCode}, "/me/activity/7", AreaMe, "Public <Me>", "Records [Activity]"},
		{"staff", staff, "/staff/people", AreaStaff, "Public Me <Staff>", ""},
		{"staff by mailed code only", habeas.Actor{Account: account, Roles: staff.Roles, Proof: habeas.ProofCode}, "/me", AreaMe, "Public <Me>", "[Records] Activity"},
		{"a page in no navigation", staff, "/admin/elsewhere", AreaAdmin, "Public Me Staff", ""},
		{"a line of a group", boss, "/admin/breaches/7", AreaAdmin, "Public Me Staff <Admin>", "Roles <Privacy (Policy [Breaches])> Matching"},
		{"a line beside a group", boss, "/admin/matching", AreaAdmin, "Public Me Staff <Admin>", "Roles Privacy (Policy Breaches) [Matching]"},
		{"a longer name is another page", staff, "/merchandise", AreaPublic, "<Public> Me Staff", ""},
	}
	var show func(links []NavLink) string
	show = func(links []NavLink) string {
		var words []string
		for _, l := range links {
			if l.Below != nil {
				l.Text += " (" + show(l.Below) + ")"
			}
			switch l.Current {
			case "page":
				l.Text = "[" + l.Text + "]"
			case "true":
				l.Text = "<" + l.Text + ">"
			}
			words = append(words, l.Text)
		}
		return strings.Join(words, " ")
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			area, areas, lines := rd.navigation(lang.Printer{}, tt.path, tt.actor)
			if area != tt.area || show(areas) != tt.areas || show(lines) != tt.lines {
				t.Errorf("got %s, %q, %q; want %s, %q, %q", area, show(areas), show(lines), tt.area, tt.areas, tt.lines)
			}
		})
	}
}

// Proves PRX-04: the switches set only cookies that end with the browser session.
func TestPreferencesSetSessionCookiesAndReturn(t *testing.T) {
	rd := newTestRenderer(t)
	tests := []struct {
		form, back string
		cookie     string // name=value, "gone" for one that is removed, or empty
	}{
		{"lang=es&back=/me%3Fx%3D1", "/me?x=1", "habeas_lang=es"},
		{"lang=xx&back=/me", "/me", ""},
		{"theme=dark&back=/me", "/me", "habeas_theme=dark"},
		{"theme=auto&back=/me", "/me", "gone"},
		{"theme=red&back=/me", "/me", ""},
		{"theme=light&back=//evil.example", "/", "habeas_theme=light"},
		{"theme=light", "/", "habeas_theme=light"},
	}
	for _, tt := range tests {
		t.Run(tt.form, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, PreferencesPath, strings.NewReader(tt.form))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			rd.Preferences(w, r)
			if w.Code != http.StatusSeeOther || w.Header().Get("Location") != tt.back {
				t.Errorf("answered %d to %q, want 303 to %q", w.Code, w.Header().Get("Location"), tt.back)
			}
			cookies := w.Result().Cookies()
			switch {
			case tt.cookie == "" && len(cookies) == 0:
			case tt.cookie == "gone" && len(cookies) == 1 && cookies[0].MaxAge < 0:
			case len(cookies) == 1 && cookies[0].Name+"="+cookies[0].Value == tt.cookie && cookies[0].MaxAge == 0 && cookies[0].Expires.IsZero():
			default:
				t.Errorf("cookies %v, want %q for this session", cookies, tt.cookie)
			}
		})
	}
}

func FuzzLocalPath(f *testing.F) {
	for _, s := range []string{"/", "/me?x=1", "//evil", `/\evil`, "/\t/evil", "https://evil", "", "/%2f/evil", "/a//b"} {
		f.Add(s)
	}
	base, err := url.Parse("https://here.example/page")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got := LocalPath(path, "/")
		// Browsers drop tabs and line breaks and read a backslash as a slash.
		seen := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(got)
		u, err := base.Parse(seen)
		if err == nil && u.Host != base.Host {
			t.Fatalf("%q leads to %s", path, u.Host)
		}
	})
}

func TestFailuresBecomePagesForPeople(t *testing.T) {
	rd := newTestRenderer(t)
	failures := &edge.Failures{Page: rd.Failure, Scrub: func(string) string { return "" }}
	tests := []struct {
		name string
		err  error
		want []string
	}{
		{"our fault", errors.New("sql: table party is on fire"), []string{"Something went wrong", "quote this number"}},
		{"not found", habeas.NotFound("There is no such record here."), []string{"There is nothing here", "There is no such record here."}},
		{"several fields", edge.Problems{habeas.Invalid("a", "First is wrong."), habeas.Invalid("b", "Second is wrong.")}, []string{"First is wrong.", "Second is wrong."}},
		{"sign in", &habeas.Error{Kind: habeas.KindUnauthenticated, Message: "Sign in to go on."}, []string{`href="/sign-in"`}},
		{"filled", habeas.TooMany("Wait {minutes} minutes.").With("minutes", "5"), []string{"Wait 5 minutes."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := get("/")
			r.Header.Set("Accept", "text/html")
			w := httptest.NewRecorder()
			failures.Write(w, r, tt.err)
			for _, want := range tt.want {
				if !strings.Contains(w.Body.String(), want) {
					t.Errorf("the page lacks %q", want)
				}
			}
			if strings.Contains(w.Body.String(), "on fire") {
				t.Error("the page shows internals")
			}
		})
	}
}

func TestAssetsAreImmutableUnderTheirHash(t *testing.T) {
	rd := newTestRenderer(t)
	css, err := rd.loaded.assets.URL("app.css")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rd.loaded.assets.URL("no-such.css"); err == nil {
		t.Error("an unknown asset has an address")
	}
	tests := []struct {
		name, path, encoding string
		status               int
		cache, sent          string
	}{
		{"plain", css, "", 200, "immutable", ""},
		{"gzip", css, "br, gzip;q=0.5", 200, "immutable", "gzip"},
		{"gzip refused", css, "gzip;q=0", 200, "immutable", ""},
		{"another version", "/static/000000000000/app.css", "gzip", 200, "no-cache", "gzip"},
		{"unknown", "/static/000000000000/no-such.css", "", 404, "", ""},
		{"outside", "/static/x/../../render.go", "", 404, "", ""},
		{"nothing", "/static/", "", 404, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := get(tt.path)
			r.Header.Set("Accept-Encoding", tt.encoding)
			w := httptest.NewRecorder()
			rd.Assets().ServeHTTP(w, r)
			if w.Code != tt.status || !strings.Contains(w.Header().Get("Cache-Control"), tt.cache) || w.Header().Get("Content-Encoding") != tt.sent {
				t.Fatalf("%d, cache %q, encoding %q", w.Code, w.Header().Get("Cache-Control"), w.Header().Get("Content-Encoding"))
			}
			if tt.sent == "gzip" {
				zr, err := gzip.NewReader(w.Body)
				if err != nil {
					t.Fatal(err)
				}
				if body, err := io.ReadAll(zr); err != nil || !bytes.Equal(body, rd.loaded.assets.files["app.css"].body) {
					t.Errorf("unpacked to something else (%v)", err)
				}
			}
		})
	}
	w := httptest.NewRecorder()
	rd.Assets().ServeHTTP(w, httptest.NewRequest(http.MethodPost, css, nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST answered %d", w.Code)
	}
}

func TestFormShowsEachFaultBesideItsField(t *testing.T) {
	rd := newTestRenderer(t)
	form := func() Form {
		return Form{Submit: "Go", Controls: []Control{{Name: "email", Label: "E-mail", Value: `"><script>`}, {Name: "code", Label: "Code"}}}
	}
	f := form()
	if !f.Fail(lang.Printer{}, edge.Problems{habeas.Invalid("email", "Not an address."), habeas.Invalid("", "Send it again.")}) {
		t.Fatal("input errors are not taken")
	}
	body := render(t, rd, get("/"), "test/form", f)
	for _, want := range []string{
		"2 things need your attention", `<a href="#f-email">Not an address.</a>`, `<li>Send it again.</li>`,
		`aria-invalid="true" aria-describedby="e-email"`, `value="&#34;&gt;&lt;script&gt;"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, err := range []error{errors.New("x"), habeas.TooMany("Wait."), edge.Problems{habeas.Invalid("email", "No."), habeas.TooMany("Wait.")}, context.Canceled} {
		f := form()
		if f.Fail(lang.Printer{}, err) || len(f.Errors) > 0 {
			t.Errorf("%v is taken for an input error", err)
		}
	}
}

func TestMaskHidesMoreThanItShows(t *testing.T) {
	for value, want := range map[string]string{
		"": "••••", "1984": "••••", "1234567": "••••", "12345678": "•••• 5678", "+34 600 000 000": "•••• 000", "ñandúñandú": "•••• andú",
	} {
		if got := Mask(value); got != want {
			t.Errorf("Mask(%q) = %q, want %q", value, got, want)
		}
	}
	rd := newTestRenderer(t)
	body := render(t, rd, get("/"), "test/field", FieldRow{Label: "Number", Value: "secret-value", Masked: "•••• 1984"})
	if strings.Contains(body, "secret-value") || !strings.Contains(body, "hidden, ends in 1984") {
		t.Error("a masked row shows its value, or does not say what it hides")
	}
}

func TestLooksAreGroupedByTheReadersDay(t *testing.T) {
	zone := time.FixedZone("UTC+9", 9*3600)
	at := func(hour int) Look { return Look{At: time.Date(2026, 5, 3, hour, 0, 0, 0, time.UTC)} }
	days := GroupLooks([]Look{at(20), at(16), at(14), at(1)}, zone) // 15:00 UTC is midnight there
	if len(days) != 2 || len(days[0].Looks) != 2 || days[0].Day.Day() != 4 || len(days[1].Looks) != 2 {
		t.Errorf("grouped as %+v", days)
	}
	if GroupLooks(nil, zone) != nil {
		t.Error("no looks make a day")
	}
}

func TestManyReadersAtOnceGetTheirOwnPages(t *testing.T) {
	rd := newTestRenderer(t)
	var wg sync.WaitGroup
	for _, name := range []string{"Ana", "Tim", "Mara", "Yuki"} {
		wg.Go(func() {
			for range 50 {
				w := httptest.NewRecorder()
				if err := rd.Render(w, get("/"), http.StatusOK, "test/plain", name); err != nil || !strings.Contains(w.Body.String(), "<p>"+name+"</p>") {
					t.Errorf("%s got somebody else's page (%v)", name, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkRenderHome(b *testing.B) {
	rd := newTestRenderer(b)
	r := get("/")
	b.ReportAllocs()
	for b.Loop() {
		if err := rd.Render(discard{}, r, http.StatusOK, "public/home", nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewRenderer(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		newTestRenderer(b)
	}
}

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}
