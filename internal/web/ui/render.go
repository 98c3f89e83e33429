// Package ui renders the pages for people and is what the pages of every subject
// stand on. A page is a template <area>/<page>.html in this folder that defines
// "title" and "main"; layout.html puts header, navigation and footer around it, and
// parts/*.html are the pieces that carry meaning (field row, decision card, receipt
// …), each with its data shape in parts.go.
//
// To add a page: write the template; in the package of its subject (web/party,
// web/account, web/admin …) write a handler that fills the shapes and calls
// [Renderer.Render], and register it by [Base.Handle]; add its line to the subject's
// Nav; translate its sentences (see package lang). Strings inside the data of a page
// are already in the reader's language: make them with [Visit].P.
package ui

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/session"
)

//go:embed account admin demo entity js me notice parts pass port public staff *.css *.html *.svg
var embedded embed.FS

// devFiles is where a server in development mode finds its templates: relative to
// the checkout it is started from.
const devFiles = "internal/web/ui"

// Config says what all pages of one server share.
type Config struct {
	Org     string         // the organisation that runs the server, named on every page
	Clock   habeas.Clock   // decides what "today" is; the system clock when nil
	Zone    *time.Location // in which times are written; UTC when nil
	Nav     []NavItem      // navigation of all areas, in order
	Find    string         // path where people begin to look for their record; "/join" when empty
	SignIn  string         // path of the sign-in page; "/sign-in" when empty
	SignOut string         // path that a form posts to; "/sign-out" when empty
	Secure  bool           // preference cookies travel over TLS only
	Pages   fs.FS          // further pages beside the built-in ones; nil for none
	Site    string         // where the pages are that these link to; empty: here. Then no cookie is set by these
	Dev     bool           // read templates and assets from the checkout at each request
}

// Renderer writes pages. It is safe for concurrent use.
type Renderer struct {
	cfg       Config
	catalogue *lang.Catalogue
	loaded    *files // nil in development mode
	buffers   sync.Pool
}

// files is everything read from this folder: the assets and, by language and name, the pages.
type files struct {
	assets *Assets
	pages  map[string]map[string]pageTemplate
}

// pageTemplate puts a page together with layout and parts when it is first needed:
// most servers show most pages in one language only.
type pageTemplate = func() (*template.Template, error)

// Page is what layout and page templates see.
type Page struct {
	Lang      string
	Languages []LanguageChoice
	Theme     string // "light", "dark", or empty to follow the device
	Here      string // path to come back to after switching language or theme
	Org       string
	Find      string
	SignIn    string
	SignOut   string
	Site      string    // empty: these pages are the site
	Areas     []NavLink // of those the reader may enter, when more than one
	Nav       []NavLink // of the current area, when more than one
	Area      Area
	Frame
	Data any // what the handler gave
}

// NewRenderer reads assets, layout and parts. An error means that the program is built
// wrongly.
func NewRenderer(cfg Config) (*Renderer, error) {
	if cfg.Clock == nil {
		cfg.Clock = habeas.SystemClock{}
	}
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	if cfg.Find == "" {
		cfg.Find = "/join"
	}
	if cfg.SignIn == "" {
		cfg.SignIn = "/sign-in"
	}
	if cfg.SignOut == "" {
		cfg.SignOut = "/sign-out"
	}
	catalogue, err := lang.Standard()
	if err != nil {
		return nil, err
	}
	rd := &Renderer{cfg: cfg, catalogue: catalogue}
	rd.buffers.New = func() any { return new(bytes.Buffer) }
	loaded, err := rd.load()
	if err != nil {
		return nil, err
	}
	if !cfg.Dev {
		rd.loaded = loaded
	}
	return rd, nil
}

// Org is the name of the organisation that runs the server.
func (rd *Renderer) Org() string { return rd.cfg.Org }

// PrinterIn writes in another language than the reader's: a letter to somebody else.
func (rd *Renderer) PrinterIn(language string) lang.Printer { return rd.catalogue.Printer(language) }

// Zone is in which times are written.
func (rd *Renderer) Zone() *time.Location { return rd.cfg.Zone }

// files returns what was read at the start or, in development mode, reads it anew.
func (rd *Renderer) files() (*files, error) {
	if rd.loaded != nil {
		return rd.loaded, nil
	}
	return rd.load()
}

func (rd *Renderer) load() (*files, error) {
	var tree fs.FS = embedded
	assets, err := embeddedAssets()
	if rd.cfg.Dev {
		tree = os.DirFS(devFiles)
		assets, err = newAssets(tree)
	}
	if err != nil {
		return nil, err
	}
	f := &files{assets: assets, pages: map[string]map[string]pageTemplate{}}
	for _, tag := range rd.catalogue.Languages() {
		f.pages[tag], err = rd.parse(tree, assets, rd.catalogue.Printer(tag))
		if err != nil {
			return nil, err
		}
	}
	return f, nil
}

// parse prepares all pages of one language. The language is bound to the template
// functions here, so that parts need not hand a printer down to their parts.
func (rd *Renderer) parse(tree fs.FS, assets *Assets, p lang.Printer) (map[string]pageTemplate, error) {
	base, err := template.New("layout.html").Funcs(rd.funcs(assets, p)).ParseFS(tree, "layout.html", "parts/*.html")
	if err != nil {
		return nil, fmt.Errorf("ui: %w", err)
	}
	pages := map[string]pageTemplate{}
	for _, fsys := range []fs.FS{tree, rd.cfg.Pages} {
		if fsys == nil {
			continue
		}
		names, err := fs.Glob(fsys, "*/*.html")
		if err != nil {
			return nil, fmt.Errorf("ui: %w", err)
		}
		for _, name := range names {
			if !strings.HasPrefix(name, "parts/") {
				pages[strings.TrimSuffix(name, path.Ext(name))] = sync.OnceValues(func() (*template.Template, error) {
					return parsePage(base, fsys, name)
				})
			}
		}
	}
	return pages, nil
}

func parsePage(base *template.Template, fsys fs.FS, name string) (*template.Template, error) {
	page, err := base.Clone()
	if err != nil {
		return nil, fmt.Errorf("ui: %w", err)
	}
	if page, err = page.ParseFS(fsys, name); err != nil {
		return nil, fmt.Errorf("ui: %w", err)
	}
	for _, part := range []string{"title", "main"} {
		if page.Lookup(part) == nil {
			return nil, fmt.Errorf("ui: %s does not define %q", name, part)
		}
	}
	return page, nil
}

// Printer returns the printer for the language of the request: the one chosen in
// the footer, else the best match of what the browser asks for.
func (rd *Renderer) Printer(r *http.Request) lang.Printer {
	if c, err := r.Cookie(langCookie); err == nil && rd.catalogue.Has(c.Value) {
		return rd.catalogue.Printer(c.Value)
	}
	return rd.catalogue.Printer(rd.catalogue.Match(r.Header.Get("Accept-Language")))
}

// Render writes the page name ("<subject>/<page>") with data in its place. The page
// is made in full before the first byte leaves, so an error is returned with nothing
// written yet and the caller can still answer with another page. Security headers and
// "no-store" are edge.Guard's; its policy allows nothing inline, so templates have
// neither style nor script in them.
func (rd *Renderer) Render(w http.ResponseWriter, r *http.Request, status int, name string, data any) error {
	f, err := rd.files()
	if err != nil {
		return habeas.Internal(err)
	}
	p := rd.Printer(r)
	parsed, ok := f.pages[p.Lang][name]
	if !ok {
		return habeas.Internal(fmt.Errorf("ui: no page %q", name))
	}
	page, err := parsed()
	if err != nil {
		return habeas.Internal(err)
	}
	buf := rd.buffers.Get().(*bytes.Buffer)
	defer rd.release(buf)
	if err := page.ExecuteTemplate(buf, "layout", rd.page(r, p, data)); err != nil {
		return habeas.Internal(fmt.Errorf("ui: %w", err))
	}
	session.From(r.Context()).Response("page " + name)
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", p.Lang)
	w.WriteHeader(status)
	if _, err := w.Write(buf.Bytes()); err != nil {
		return nil // the reader has gone; there is nobody to tell
	}
	return nil
}

// release wipes the buffer before another page uses it, and lets huge ones go.
func (rd *Renderer) release(buf *bytes.Buffer) {
	if buf.Cap() > 256<<10 {
		return
	}
	clear(buf.Bytes())
	buf.Reset()
	rd.buffers.Put(buf)
}

func (rd *Renderer) page(r *http.Request, p lang.Printer, data any) *Page {
	frame := FrameOf(r)
	area, areas, nav := rd.navigation(p, r.URL.Path, frame.Actor)
	here := r.URL.Path
	if r.Method == http.MethodGet {
		here = r.URL.RequestURI()
	}
	return &Page{
		Lang: p.Lang, Languages: rd.Languages(p.Lang), Theme: themeOf(r), Here: here,
		Org: rd.cfg.Org, Find: rd.cfg.Find, SignIn: rd.cfg.SignIn, SignOut: rd.cfg.SignOut, Site: rd.cfg.Site,
		Areas: areas, Nav: nav, Area: area, Frame: frame, Data: data,
	}
}

// RenderPart writes one part of a page without the frame around it, for a script
// that puts it in place.
func (rd *Renderer) RenderPart(w http.ResponseWriter, r *http.Request, page, part string, data any) error {
	f, err := rd.files()
	if err != nil {
		return habeas.Internal(err)
	}
	p := rd.Printer(r)
	find, ok := f.pages[p.Lang][page]
	if !ok {
		return habeas.Internal(fmt.Errorf("ui: no page %q", page))
	}
	t, err := find()
	if err != nil {
		return habeas.Internal(err)
	}
	var buf bytes.Buffer
	if err := t.ExecuteTemplate(&buf, part, data); err != nil {
		return habeas.Internal(fmt.Errorf("ui: %w", err))
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(buf.Bytes()) // an error here means that the reader has gone
	return nil
}

// ErrorPage is the data of public/error.
type ErrorPage struct {
	Status   int
	Title    string
	Text     string   // what to do
	Details  []string // what is wrong field by field
	Incident string   // what to quote when asking for help with a fault of ours
	Action   *Link    // the way on
}

// Failure answers with the page for an error, in the reader's language. It is the
// Page of edge.Failures.
func (rd *Renderer) Failure(w http.ResponseWriter, r *http.Request, f edge.Failure) {
	p := rd.Printer(r)
	data := ErrorPage{
		Status: f.Status, Title: p.T(errorTitle(f.Kind)), Text: ErrorText(p, f.Main), Incident: f.Incident,
		Action: &Link{Text: p.T("Go to the start page"), URL: "/"},
	}
	for _, e := range f.Fields {
		if e != f.Main {
			data.Details = append(data.Details, ErrorText(p, e))
		}
	}
	if f.Kind == habeas.KindUnauthenticated {
		data.Action = &Link{Text: p.T("Sign in"), URL: rd.cfg.SignIn}
	}
	if rd.Render(w, r, f.Status, "public/error", data) != nil {
		http.Error(w, data.Title, http.StatusInternalServerError)
	}
}

// ErrorText returns the message of an error for people, in their language.
func ErrorText(p lang.Printer, err error) string {
	var e *habeas.Error
	if !errors.As(err, &e) {
		e = habeas.Internal(err)
	}
	return p.Fill(e.Message, e.Args)
}

func errorTitle(kind habeas.ErrorKind) string {
	switch kind {
	case habeas.KindInvalid, habeas.KindTooLarge:
		return lang.Mark("That did not fit")
	case habeas.KindUnauthenticated:
		return lang.Mark("Sign in first")
	case habeas.KindForbidden:
		return lang.Mark("This is not open to you")
	case habeas.KindNotFound:
		return lang.Mark("There is nothing here")
	case habeas.KindConflict:
		return lang.Mark("Somebody was quicker")
	case habeas.KindGone:
		return lang.Mark("This is over")
	case habeas.KindTooMany:
		return lang.Mark("Too many tries")
	case habeas.KindUnavailable, habeas.KindSealed:
		return lang.Mark("Not available right now")
	case habeas.KindInternal:
	}
	return lang.Mark("Something went wrong")
}
