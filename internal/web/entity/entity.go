// Package entity makes the pages of the Entity Name System: the search that answers as one
// types, the page of each entity, and those by which registered people write them.
package entity

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Entities is what the pages ask of the server.
type Entities interface {
	entity.Queries
	entity.Writes
	// Standing says whether somebody may write at all: nil, or why not.
	Standing(ctx context.Context, w entity.Writer) error
	// Check says what there is to say of a description.
	Check(d entity.Description) []entity.Finding
	// Undoable returns the newest evolution of an entity that can be undone; 0 for none.
	Undoable(ctx context.Context, id entity.ID) (int64, error)
	// History returns how an entity was described, newest first, before a version, or from
	// the present one on (0). Administrators only.
	History(ctx context.Context, w entity.Writer, id entity.ID, before int64, limit int) ([]entity.Past, error)
}

// Pages are the pages. Whoever is not registered, or has not proved a key, sees on them what
// everybody sees.
type Pages struct {
	*ui.Base
	Entities Entities
}

const (
	searchPath = "/entities"
	entityPath = "/entity/"
	apiPath    = "/api/v1/entities/"
	maxQuery   = 500 // characters
	shown      = 20  // hits
)

// Mount registers them.
func (s *Pages) Mount(m *edge.Mux) {
	s.Handle(m, ui.Anybody, "GET "+searchPath, s.counted(s.search))
	s.Handle(m, ui.Anybody, "GET "+entityPath+"{id}", s.page)
	s.mountWriting(m)
}

// FindPage is the data of entity/find.
type FindPage struct {
	Query   string
	Type    entity.Type
	Types   []TypeLink // by which the answer is cut down
	Whole   string     // where it is not
	Hits    []Hit
	None    bool // nothing is meant, as far as is known
	Waiting bool // the search is being prepared
	Wrong   string
}

// TypeLink cuts the answer down to a type.
type TypeLink struct {
	ui.Link
	Current bool
}

// Hit is one that may be meant.
type Hit struct {
	ui.Link
	Also   string // the name that matched, when it is another one
	Detail string // type and country
	ID     string
	Sure   string // how sure it is, in words
	Exact  bool
}

// counted refuses what one network asks faster than people type.
func (s *Pages) counted(h func(http.ResponseWriter, *http.Request, ui.Visit) error) func(http.ResponseWriter, *http.Request, ui.Visit) error {
	limit := edge.NewBuckets(s.Clock, 20, 200, 100_000)
	return func(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
		if ok, wait := limit.Take(r.Context(), s.Proxies.LimitKey(r), 1); !ok {
			return edge.RetryAfter(habeas.TooMany("Too many requests from your network. Wait a moment and try again."), wait)
		}
		return h(w, r, v)
	}
}

func (s *Pages) search(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	w.Header().Set("X-Robots-Tag", "noindex") // answers are none for search engines; entities are
	in := r.URL.Query()
	page := FindPage{Query: clipped(in.Get("q")), Type: entity.Type(in.Get("type"))}
	page.Whole = findURL(page.Query, "")
	known := false
	for _, t := range s.Entities.Types() {
		l := TypeLink{ui.Link{Text: v.P.T(t.Label), URL: findURL(page.Query, t.Type)}, t.Type == page.Type}
		page.Types, known = append(page.Types, l), known || l.Current
	}
	if !known {
		page.Type = ""
	}
	if page.Query == "" {
		return s.Render(w, r, http.StatusOK, "entity/find", page)
	}
	q := entity.Question{Text: page.Query, Limit: shown, Form: entity.FormPage, Typing: in.Get("typing") == "1"}
	if q.Typing {
		q.Form = entity.FormTyping
	}
	if page.Type != "" {
		q.Types = []entity.Type{page.Type}
	}
	status := http.StatusOK
	switch err := s.ask(r.Context(), v, q, &page); habeas.KindOf(err) {
	case habeas.KindUnavailable:
		page.Waiting, status = true, http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "2")
	case habeas.KindInvalid:
		var e *habeas.Error
		errors.As(err, &e)
		page.Wrong, status = v.P.Fill(e.Message, e.Args), http.StatusBadRequest
	default:
		if err != nil {
			return err
		}
	}
	return s.Render(w, r, status, "entity/find", page)
}

// ask answers a question, which may be in the query form.
func (s *Pages) ask(ctx context.Context, v ui.Visit, q entity.Question, page *FindPage) error {
	if begin := strings.TrimSpace(q.Text); !q.Typing && len(begin) >= 5 && strings.EqualFold(begin[:5], "query") && strings.Contains(begin, "{") {
		form, err := entity.ParseQueryForm(begin)
		if err != nil {
			return err
		}
		asked, err := form.Question()
		if err != nil {
			return err
		}
		asked.Form, asked.Limit = entity.FormQuery, min(asked.Limit, shown)
		q = asked
	}
	a, err := s.Entities.Find(ctx, q)
	if err != nil {
		return err
	}
	page.None = len(a.Hits) == 0 || !q.Typing && a.None > mostlyNone
	for _, h := range a.Hits {
		if !q.Typing && h.P < tooWeak {
			continue
		}
		page.Hits = append(page.Hits, s.hit(v.P, h, q.Typing))
	}
	return nil
}

const (
	mostlyNone = 0.5  // from which probability on it is said that there is no such entity
	tooWeak    = 0.01 // hits below are not shown
	sure       = 0.9
	likely     = 0.5
)

func (s *Pages) hit(p lang.Printer, h entity.Hit, typing bool) Hit {
	out := Hit{Link: ui.Link{Text: h.Label, URL: entityPath + h.ID.String()}, ID: h.ID.String(), Detail: s.typeName(p, h.Type), Exact: h.Exact}
	if h.Country != "" {
		out.Detail += " · " + ui.Shown(p, party.Country, h.Country)
	}
	if h.Name != h.Label {
		out.Also = h.Name
	}
	switch {
	case typing:
	case h.Exact:
		out.Sure = p.T("By its identifier")
	case h.P >= sure:
		out.Sure = p.T("Very likely")
	case h.P >= likely:
		out.Sure = p.T("Likely")
	default:
		out.Sure = p.T("Possible")
	}
	return out
}

// template returns the template of a type.
func (s *Pages) template(t entity.Type) entity.Template {
	for _, one := range s.Entities.Types() {
		if one.Type == t {
			return one
		}
	}
	return entity.Template{Type: t, Label: string(t), SchemaOrg: "Thing"}
}

func (s *Pages) typeName(p lang.Printer, t entity.Type) string { return p.T(s.template(t).Label) }

func findURL(query string, t entity.Type) string {
	q := url.Values{}
	if query != "" {
		q.Set("q", query)
	}
	if t != "" {
		q.Set("type", string(t))
	}
	if len(q) == 0 {
		return searchPath
	}
	return searchPath + "?" + q.Encode()
}

func clipped(text string) string {
	if r := []rune(text); len(r) > maxQuery {
		return string(r[:maxQuery])
	}
	return text
}

// prefersData reports whether a program asks rather than a browser: for JSON, or JSON-LD.
func prefersData(r *http.Request) bool {
	accept := strings.Join(r.Header["Accept"], ",")
	return !strings.Contains(accept, "text/html") &&
		(strings.Contains(accept, "application/json") || strings.Contains(accept, "application/ld+json"))
}

// page answers what an identifier means (ENT-1, ENT-12): a page, or, to programs, the way to
// the same in JSON.
func (s *Pages) page(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	w.Header().Set("Vary", "Accept")
	id, err := entity.ParseID(r.PathValue("id"))
	if err != nil {
		return habeas.NotFound(entity.ErrID.Message).WithCode("entity.id")
	}
	if prefersData(r) {
		http.Redirect(w, r, apiPath+id.String(), http.StatusSeeOther)
		return nil
	}
	if r.PathValue("id") != id.String() { // written in another way
		http.Redirect(w, r, entityPath+id.String(), http.StatusMovedPermanently)
		return nil
	}
	to := s.audience(r.Context(), v)
	e, err := s.Entities.Resolve(r.Context(), id, time.Time{}, to)
	if err != nil {
		return err
	}
	if e.State == entity.Merged {
		http.Redirect(w, r, entityPath+e.Successors[0].String()+"?was="+id.String(), http.StatusMovedPermanently)
		return nil
	}
	page, err := s.entityPage(r.Context(), v.P, e, to)
	if err != nil {
		return err
	}
	r = tellDone(r, v.P, e, page.Undo)
	if was, err := entity.ParseID(r.URL.Query().Get("was")); err == nil && was != id {
		r = ui.WithNotice(r, ui.Notice{Kind: ui.NoticeInfo, Text: v.P.T("{id} was merged with others. They have this name now.", "id", was.String())})
	}
	status := map[entity.State]int{entity.Split: http.StatusMultipleChoices, entity.Deleted: http.StatusGone}[e.State]
	if status == 0 {
		status = http.StatusOK
	}
	return s.Render(w, r, status, "entity/page", page)
}
