package party

import (
	"net/http"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

const savedPath = "/staff/lists"

func onSaved(h func(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.SavedListID) error) func(http.ResponseWriter, *http.Request, ui.Visit) error {
	return func(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
		id, err := habeas.ParseID[habeas.SavedListKind](r.PathValue("list"))
		if err != nil {
			return party.ErrNoSavedList
		}
		return h(w, r, v, id)
	}
}

// SavedPage is the data of staff/saved: the saved lists.
type SavedPage struct {
	Heading ui.Heading
	Lists   []SavedLine
	Empty   ui.Empty
}

// SavedLine is one of them. N is what it finds now.
type SavedLine struct {
	Name, URL, N, Whose string
	At                  string // where it is changed; empty: the reader does not
}

func (s *Pages) savedLists(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	lists, err := s.Lists.Saved(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	p, say := v.P, s.voices(r.Context(), v)
	page := SavedPage{
		Heading: ui.Heading{Title: p.T("Saved lists"), Back: &ui.Link{Text: p.T("People"), URL: peoplePath}},
		Empty:   ui.Empty{Text: p.T("No list is saved. Narrow the list of people down, then save it under a name."), Action: &ui.Link{Text: p.T("People"), URL: peoplePath}},
	}
	for _, one := range lists {
		line := SavedLine{Name: one.Name, URL: peoplePath + "?saved=" + one.ID.String(), N: p.Plural(one.N, "{n} record", "{n} records"), Whose: p.T("Only you see it.")}
		switch {
		case one.N < 0:
			line.N = p.T("not counted now")
		case one.More:
			line.N = p.T("more than {n} records", "n", p.Number(int64(one.N)))
		}
		switch {
		case one.Shared && one.By == v.Account:
			line.Whose = p.T("Shared by you with all staff.")
		case one.Shared && one.By.IsZero():
			line.Whose = p.T("Shared with all staff.")
		case one.Shared:
			line.Whose = p.T("Shared by {who} with all staff.", "who", say.name(party.Source{Kind: party.FromStaff, Account: one.By}))
		}
		if one.Changes(v.Account) == nil {
			line.At = savedPath + "/" + one.ID.String()
		}
		page.Lists = append(page.Lists, line)
	}
	r, key, detail := s.withDone(w, r, v)
	if id, err := habeas.ParseID[habeas.SavedListKind](detail); key == "list-removed" && err == nil {
		f := ui.FrameOf(r)
		f.Undo = &ui.Undo{Text: p.T("The list was removed."), Action: savedPath + "/" + id.String() + "/restore", Until: s.Clock.Now().Add(party.SavedRegret).Truncate(time.Second)}
		f.Notices = nil // the undo bar says it already
		r = ui.WithFrame(r, f)
	}
	return s.Render(w, r, http.StatusOK, "staff/saved", page)
}

func (s *Pages) saveList(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return err
	}
	q, err := s.formAsked(r, v, f)
	if err != nil {
		return err
	}
	name, shared := f.String("name", 4*party.MaxSavedName), f.Bool("shared")
	if err := f.Err(); err != nil {
		return err
	}
	id, err := s.Lists.SaveList(r.Context(), v.Actor, name, q.Filter, shared)
	if err != nil {
		return err
	}
	s.done(w, "list-saved")
	http.Redirect(w, r, peoplePath+"?saved="+id.String(), http.StatusSeeOther)
	return nil
}

func (s *Pages) renameList(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.SavedListID) error {
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return err
	}
	name := f.String("name", 4*party.MaxSavedName)
	if err := f.Err(); err != nil {
		return err
	}
	return s.savedDone(w, r, "list-renamed", s.Lists.RenameList(r.Context(), v.Actor, id, name))
}

func (s *Pages) endList(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.SavedListID) error {
	if err := emptyForm(w, r); err != nil {
		return err
	}
	return s.savedDone(w, r, "list-removed."+id.String(), s.Lists.EndList(r.Context(), v.Actor, id))
}

func (s *Pages) restoreList(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.SavedListID) error {
	if err := emptyForm(w, r); err != nil {
		return err
	}
	return s.savedDone(w, r, "undone", s.Lists.RestoreList(r.Context(), v.Actor, id))
}

func (s *Pages) savedDone(w http.ResponseWriter, r *http.Request, key string, err error) error {
	if err != nil {
		return err
	}
	s.done(w, key)
	http.Redirect(w, r, savedPath, http.StatusSeeOther)
	return nil
}
