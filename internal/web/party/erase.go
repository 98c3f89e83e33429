package party

import (
	"net/http"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// ErasePage is the data of me/erase.
type ErasePage struct {
	ID      string
	Name    string
	Sets    []string // labels of what goes
	Fields  int
	Tickets int
	Profile bool // a public profile goes too
	Word    string
	Form    ui.Form
}

func (s *Pages) askErase(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	rec, err := s.Records.My(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "me/erase", s.erasePage(v, rec))
}

func (s *Pages) erasePage(v ui.Visit, rec party.Record) ErasePage {
	id := rec.Party.ID.String()
	page := ErasePage{ID: id, Name: nameOr(v.P, rec), Tickets: len(rec.Tickets), Word: v.P.T("erase")}
	for _, set := range rec.Sets {
		page.Sets = append(page.Sets, v.P.T(set.Schema.Label))
		page.Fields += len(set.Fields)
		page.Profile = page.Profile || set.Schema.Visibility == party.Public
	}
	page.Form = eraseForm(v, "/me/records/"+id+"/erase", v.P.T("Erase this record for ever"), "/me/records/"+id)
	return page
}

// ErasedPage is the data of me/erased.
type ErasedPage struct {
	Receipt string // C2SP tlog-proof, or "" while no checkpoint covers it
	Event   string // names the line that proves it; "" when it was not found
}

func (s *Pages) erase(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	f, err := edge.DecodeForm(w, r, 1<<10)
	if err != nil {
		return err
	}
	typedErase(f, v)
	if wrong := f.Err(); wrong != nil {
		rec, err := s.Records.My(r.Context(), v.Actor, id)
		if err != nil {
			return err
		}
		page := s.erasePage(v, rec)
		page.Form.Keep(f)
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
	if looks, err := s.Records.Activity(r.Context(), v.Actor, habeas.EventID{}, 20); err == nil {
		for _, l := range looks {
			if l.Event == audit.PartyErased && l.Mine {
				page.Event = l.ID.String()
				break
			}
		}
	}
	return s.Render(w, r, http.StatusOK, "me/erased", page)
}

// eraseForm asks for the typed word.
func eraseForm(v ui.Visit, action, submit, back string) ui.Form {
	return ui.Form{
		Action: action, Submit: submit, Danger: true, Cancel: &ui.Link{Text: v.P.T("Keep it"), URL: back},
		Controls: []ui.Control{{
			Name: "word", Label: v.P.T("Type the word “{word}”", "word", v.P.T("erase")), Autocomplete: "off", MaxLength: 20,
			Hint: v.P.T("So that it does not happen by accident."),
		}},
		Next: v.P.T("This cannot be undone, by nobody, also not by us."),
	}
}

// typedErase fails the form unless the word was typed, in either language.
func typedErase(f *edge.Form, v ui.Visit) {
	word := f.Required("word", 20)
	if word != "" && !strings.EqualFold(word, v.P.T("erase")) && !strings.EqualFold(word, "erase") {
		f.Fail("word", habeas.Invalid("word", "This is not the word. Nothing was erased.").WithCode("erase.word"))
	}
}

// EraseMePage is the data of me/erase-me.
type EraseMePage struct {
	Records []ui.Link
	Form    ui.Form
}

func (s *Pages) eraseMePage(r *http.Request, v ui.Visit) (EraseMePage, error) {
	mine, err := s.Records.Mine(r.Context(), v.Actor)
	if err != nil {
		return EraseMePage{}, err
	}
	page := EraseMePage{Form: eraseForm(v, "/me/erase", v.P.T("Erase everything about me"), "/me/credentials")}
	for _, rec := range mine {
		page.Records = append(page.Records, ui.Link{Text: nameOr(v.P, rec), URL: "/me/records/" + rec.Party.ID.String()})
	}
	return page, nil
}

func (s *Pages) askEraseMe(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.eraseMePage(r, v)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "me/erase-me", page)
}

func (s *Pages) eraseMe(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, 1<<10)
	if err != nil {
		return err
	}
	typedErase(f, v)
	if wrong := f.Err(); wrong != nil {
		page, err := s.eraseMePage(r, v)
		if err != nil {
			return err
		}
		page.Form.Keep(f)
		if !page.Form.Fail(v.P, wrong) {
			return wrong
		}
		return s.Render(w, r, http.StatusBadRequest, "me/erase-me", page)
	}
	receipt, err := s.Records.EraseMe(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	s.Cookies.EndSignIn(w)
	return s.Render(w, ui.WithFrame(r, ui.Frame{}), http.StatusOK, "me/erased-me", ErasedPage{Receipt: string(receipt)})
}
