package web

import (
	"net/http"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
)

// CopyPage is the data of me/copy.
type CopyPage struct {
	Records []InboxRecord
	Masked  bool // something is still hidden, and will be in the copy
}

func (s *Site) copyPage(w http.ResponseWriter, r *http.Request, v Visit) error {
	mine, err := s.Records.Mine(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	var page CopyPage
	for _, rec := range mine {
		row := s.inboxRecord(v.P, rec)
		page.Records = append(page.Records, row)
		page.Masked = page.Masked || row.Masked > 0
	}
	return s.Render(w, r, http.StatusOK, "me/copy", page)
}

func (s *Site) takeCopy(w http.ResponseWriter, r *http.Request, v Visit) error {
	f, err := edge.DecodeForm(w, r, 1<<10)
	if err != nil {
		return err
	}
	if err := f.Err(); err != nil {
		return err
	}
	format := r.PathValue("format")
	if format != "json" && format != "csv" && format != "html" {
		return habeas.NotFound("A copy comes as JSON, CSV or a page.").WithCode("copy.format")
	}
	c, err := s.Records.Copy(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	switch format {
	case "json":
		download(w, c.Name+".json", "application/json", c.JSON)
	case "csv":
		download(w, c.Name+".csv", "text/csv; charset=utf-8", c.CSV)
	case "html":
		download(w, c.Name+".html", "text/html; charset=utf-8", c.HTML)
	}
	return nil
}

// ErasePage is the data of me/erase.
type ErasePage struct {
	ID      string
	Name    string
	Sets    []string // labels of what goes
	Fields  int
	Tickets int
	Profile bool // a public profile goes too
	Word    string
	Form    Form
}

func (s *Site) askErase(w http.ResponseWriter, r *http.Request, v Visit) error {
	id, err := pathParty(r)
	if err != nil {
		return err
	}
	rec, err := s.Records.My(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "me/erase", s.erasePage(v, rec))
}

func (s *Site) erasePage(v Visit, rec party.Record) ErasePage {
	id := rec.Party.ID.String()
	page := ErasePage{ID: id, Name: nameOr(v.P, rec), Tickets: len(rec.Tickets), Word: v.P.T("erase")}
	for _, set := range rec.Sets {
		page.Sets = append(page.Sets, v.P.T(set.Schema.Label))
		page.Fields += len(set.Fields)
		page.Profile = page.Profile || set.Schema.Visibility == party.Public
	}
	page.Form = Form{
		Action: "/me/records/" + id + "/erase", Submit: v.P.T("Erase this record for ever"), Danger: true,
		Cancel: &Link{Text: v.P.T("Keep it"), URL: "/me/records/" + id},
		Controls: []Control{{
			Name: "word", Label: v.P.T("Type the word “{word}”", "word", page.Word), Autocomplete: "off", MaxLength: 20,
			Hint: v.P.T("So that it does not happen by accident."),
		}},
		Next: v.P.T("This cannot be undone, by nobody, also not by us."),
	}
	return page
}

// ErasedPage is the data of me/erased.
type ErasedPage struct {
	Receipt string // C2SP tlog-proof, or "" while no checkpoint covers it
	Index   int64  // of the line that proves it
	Proves  bool   // whether the line was found
}

func (s *Site) erase(w http.ResponseWriter, r *http.Request, v Visit) error {
	id, err := pathParty(r)
	if err != nil {
		return err
	}
	f, err := edge.DecodeForm(w, r, 1<<10)
	if err != nil {
		return err
	}
	word := f.Required("word", 20)
	if word != "" && !strings.EqualFold(word, v.P.T("erase")) && !strings.EqualFold(word, "erase") {
		f.Fail("word", habeas.Invalid("word", "This is not the word. Nothing was erased.").WithCode("erase.word"))
	}
	if wrong := f.Err(); wrong != nil {
		rec, err := s.Records.My(r.Context(), v.Actor, id)
		if err != nil {
			return err
		}
		page := s.erasePage(v, rec)
		page.Form.keep(f)
		if !page.Form.Fail(v.P, wrong) {
			return wrong
		}
		return s.Render(w, r, http.StatusBadRequest, "me/erase", page)
	}
	receipt, err := s.Records.Erase(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	page := ErasedPage{Receipt: string(receipt)}
	if looks, err := s.Records.Activity(r.Context(), v.Actor, 0, 20); err == nil {
		for _, l := range looks {
			if l.Event == audit.PartyErased && l.Mine {
				page.Index, page.Proves = l.Index, true
				break
			}
		}
	}
	return s.Render(w, r, http.StatusOK, "me/erased", page)
}
