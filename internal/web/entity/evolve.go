package entity

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// MergePage is the data of entity/merge: first the search of the other one, then both.
type MergePage struct {
	Heading ui.Heading
	Action  string
	Query   string
	Type    entity.Type
	Hits    []Hit // their addresses choose them
	None    bool
	Notice  *ui.Notice
	Sides   *Sides
	Hidden  []ui.Hidden
	Stays   ui.Control
}

func (s *Pages) mergePage(w http.ResponseWriter, r *http.Request, v ui.Visit, by entity.Writer) error {
	e, err := s.changing(r, v, by)
	if err != nil {
		return err
	}
	to := s.audience(r.Context(), v)
	if with := r.URL.Query().Get("with"); with != "" {
		other, err := s.named(r.Context(), with, to)
		if err == nil {
			err = entity.CanChange(by, other)
		}
		if err != nil {
			return err
		}
		return s.Render(w, r, http.StatusOK, "entity/merge", s.mergeForm(v, e, other, nil))
	}
	page := s.mergeStart(v, e)
	page.Query = clipped(r.URL.Query().Get("q"))
	if page.Query != "" {
		a, err := s.Entities.Find(r.Context(), entity.Question{Text: page.Query, Types: []entity.Type{e.Description.Type}, Limit: shown, Audience: to})
		if err != nil {
			return err
		}
		for _, h := range a.Hits {
			if h.ID == e.ID || h.P < tooWeak {
				continue
			}
			hit := s.hit(v.P, h, false)
			hit.URL = page.Action + "?with=" + url.QueryEscape(hit.ID)
			page.Hits = append(page.Hits, hit)
		}
		page.None = len(page.Hits) == 0
	}
	return s.Render(w, r, http.StatusOK, "entity/merge", page)
}

func (s *Pages) mergeStart(v ui.Visit, e entity.Entity) MergePage {
	at := entityPath + e.ID.String()
	return MergePage{
		Heading: ui.Heading{
			Title: v.P.T("It is the same as another one"), Back: &ui.Link{Text: e.Description.Label(), URL: at},
			Lead: v.P.T("One name stays, and the other one leads to it from then on. This can be undone."),
		},
		Action: at + "/merge",
	}
}

// mergeForm shows both beside each other, in the versions that the writer decides on.
func (s *Pages) mergeForm(v ui.Visit, e, other entity.Entity, notice *ui.Notice) MergePage {
	p, page := v.P, s.mergeStart(v, e)
	sides := s.sides(p, e.ID.String(), other.ID.String(), e.Description, other.Description)
	page.Sides, page.Notice = &sides, notice
	page.Hidden = []ui.Hidden{
		{Name: "version", Value: strconv.FormatInt(e.Version, 10)},
		{Name: "other", Value: other.ID.String()},
		{Name: "other_version", Value: strconv.FormatInt(other.Version, 10)},
	}
	option := func(one entity.Entity) ui.Option {
		return ui.Option{Value: one.ID.String(), Text: one.Description.Label() + " · " + one.ID.String()}
	}
	page.Stays = ui.Control{
		Kind: ui.ControlRadio, Name: "stays", Label: p.T("Which name stays?"), Value: e.ID.String(), Options: []ui.Option{option(e), option(other)},
		Hint: p.T("Its words win where it can say a thing only once. Names of the other one become further names."),
	}
	return page
}

// merge makes one of two. Where one was changed meanwhile, both are shown as they are now.
func (s *Pages) merge(w http.ResponseWriter, r *http.Request, v ui.Visit, by entity.Writer) error {
	f, err := edge.DecodeForm(w, r, smallForm)
	if err != nil {
		return err
	}
	e, to, err := s.at(r, v)
	if err != nil {
		return err
	}
	text := f.String("other", 50)
	a, b := entity.Versioned{ID: e.ID, Version: version(f, "version")}, entity.Versioned{Version: version(f, "other_version")}
	stays := f.Choice("stays", e.ID.String(), text)
	if err := f.Err(); err != nil {
		return err
	}
	other, err := s.named(r.Context(), text, to)
	if err != nil {
		return err
	}
	b.ID = other.ID
	if stays == other.ID.String() {
		a, b = b, a
	}
	_, err = s.Entities.Merge(r.Context(), by, a, []entity.Versioned{b})
	switch {
	case err == nil:
		return done(w, r, a.ID, "merged")
	case codeOf(err) == entity.ErrVersion.Code || codeOf(err) == "merge.types":
		ui.Refused(r, err)
		return s.Render(w, r, http.StatusConflict, "entity/merge", s.mergeForm(v, e, other, warning(v.P, err)))
	}
	return err
}

// named resolves an entity that a form names.
func (s *Pages) named(ctx context.Context, text string, to entity.Audience) (entity.Entity, error) {
	id, err := entity.ParseID(text)
	if err != nil {
		return entity.Entity{}, habeas.NotFound(entity.ErrID.Message).WithCode("entity.id")
	}
	return s.Entities.Resolve(ctx, id, time.Time{}, to)
}

// DeletePage is the data of entity/delete.
type DeletePage struct {
	Heading ui.Heading
	Notice  *ui.Notice
	Form    ui.Form
}

func (s *Pages) deletePage(w http.ResponseWriter, r *http.Request, v ui.Visit, by entity.Writer) error {
	e, err := s.changing(r, v, by)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "entity/delete", deleteForm(v, e, nil))
}

func deleteForm(v ui.Visit, e entity.Entity, notice *ui.Notice) DeletePage {
	p, at := v.P, entityPath+e.ID.String()
	return DeletePage{
		Notice: notice,
		Heading: ui.Heading{
			Title: p.T("Give the name up"), Back: &ui.Link{Text: e.Description.Label(), URL: at},
			Lead: p.T("For what never was, or should not be named here. If it is the same as another one, say that instead: then the name leads there."),
		},
		Form: ui.Form{
			Action: at + "/delete", Hidden: []ui.Hidden{{Name: "version", Value: strconv.FormatInt(e.Version, 10)}}, Danger: true,
			Submit: p.T("Give the name up"), Cancel: &ui.Link{Text: p.T("Leave it as it was"), URL: at},
			Next: p.T("Its identifier says for ever that it means nothing any more. You can undo this on the same page."),
		},
	}
}

func (s *Pages) delete(w http.ResponseWriter, r *http.Request, v ui.Visit, by entity.Writer) error {
	f, err := edge.DecodeForm(w, r, smallForm)
	if err != nil {
		return err
	}
	seen := version(f, "version")
	if err := f.Err(); err != nil {
		return err
	}
	e, _, err := s.at(r, v)
	if err != nil {
		return err
	}
	_, err = s.Entities.Delete(r.Context(), by, entity.Versioned{ID: e.ID, Version: seen})
	switch {
	case err == nil:
		return done(w, r, e.ID, "deleted")
	case codeOf(err) == entity.ErrVersion.Code:
		ui.Refused(r, err)
		return s.Render(w, r, http.StatusConflict, "entity/delete", deleteForm(v, e, warning(v.P, err)))
	}
	return err
}

// undo takes an evolution back, and leads to what the name means then.
func (s *Pages) undo(w http.ResponseWriter, r *http.Request, v ui.Visit, by entity.Writer) error {
	f, err := edge.DecodeForm(w, r, smallForm)
	if err != nil {
		return err
	}
	seq := version(f, "seq")
	if err := f.Err(); err != nil {
		return err
	}
	id, err := entity.ParseID(r.PathValue("id"))
	if err != nil {
		return habeas.NotFound(entity.ErrID.Message).WithCode("entity.id")
	}
	if _, err := s.Entities.Undo(r.Context(), by, seq); err != nil {
		return err
	}
	return done(w, r, id, "undone")
}

// mostVersions is how many versions a page of the history shows.
const mostVersions = 20

// HistoryPage is the data of entity/history: how an entity was described.
type HistoryPage struct {
	Heading  ui.Heading
	Versions []Version
	Older    *ui.Link
}

// Version is how an entity was described once.
type Version struct {
	Number int64
	At     time.Time
	State  string
	Why    string
	Said   []Fact
}

func (s *Pages) history(w http.ResponseWriter, r *http.Request, v ui.Visit, by entity.Writer) error {
	e, _, err := s.at(r, v)
	if err != nil {
		return err
	}
	before, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	if err != nil {
		before = 0
	}
	all, err := s.Entities.History(r.Context(), by, e.ID, before, mostVersions)
	if err != nil {
		return err
	}
	p, at := v.P, entityPath+e.ID.String()
	page := HistoryPage{Heading: ui.Heading{
		Title: p.T("How it was described"), Back: &ui.Link{Text: p.T("Its page"), URL: at},
		Lead: p.T("For administrators. Who wrote a version is said in the contribution log alone."),
	}}
	for _, one := range all {
		version := Version{Number: one.Version, At: one.Changed, Why: one.Why}
		if one.State == entity.Active {
			version.Said = s.said(p, one.Description)
		} else {
			version.State = stateName(p, one.State)
		}
		page.Versions = append(page.Versions, version)
	}
	if n := len(all); n == mostVersions && all[n-1].Version > 1 {
		page.Older = &ui.Link{Text: p.T("Older versions"), URL: at + "/history?before=" + strconv.FormatInt(all[n-1].Version, 10)}
	}
	return s.Render(w, r, http.StatusOK, "entity/history", page)
}
