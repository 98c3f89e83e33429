package party

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
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
	Stays   []ui.Stays // what the law keeps
	Hold    string     // why staff keep all of it: it cannot be erased now
}

func (s *Pages) askErase(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	rec, err := s.Records.My(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	page, err := s.erasePage(r.Context(), v, rec)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "me/erase", page)
}

func (s *Pages) erasePage(ctx context.Context, v ui.Visit, rec party.Record) (ErasePage, error) {
	id := rec.Party.ID.String()
	page := ErasePage{ID: id, Name: nameOr(v.P, rec), Tickets: len(rec.Tickets), Word: v.P.T("erase")}
	page.Form = eraseForm(v, "/me/records/"+id+"/erase", v.P.T("Erase this record for ever"), "/me/records/"+id)
	bound, err := s.Rights.BoundOfMine(ctx, v.Actor, rec.Party.ID)
	page.Stays, page.Hold = ui.StaysOf(v.P, bound.Owed), bound.Hold.Why
	for _, set := range rec.Sets {
		if slices.ContainsFunc(bound.Owed, func(o party.Owed) bool { return o.Set.Name == set.Schema.Name }) {
			continue
		}
		page.Sets = append(page.Sets, v.P.T(set.Schema.Label))
		page.Fields += len(set.Fields)
		page.Profile = page.Profile || set.Schema.Visibility == party.Public
	}
	if len(page.Stays) > 0 {
		page.Form.Submit = v.P.T("Erase all that may be erased")
	}
	return page, err
}

// ErasedPage is the data of me/erased.
type ErasedPage struct {
	Receipt string // C2SP tlog-proof, or "" while no checkpoint covers it
	Event   string // names the line that proves it; "" when it was not found
	Rest    string // page of what the law keeps; "" when nothing is kept
	Kept    string // the data sets
	Until   time.Time
}

func (s *Pages) erase(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	f, err := edge.DecodeForm(w, r, 1<<10)
	if err != nil {
		return err
	}
	ui.TypedErase(f, v.P)
	if wrong := f.Err(); wrong != nil {
		rec, err := s.Records.My(r.Context(), v.Actor, id)
		if err != nil {
			return err
		}
		page, err := s.erasePage(r.Context(), v, rec)
		if err != nil {
			return err
		}
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
				page.rest(s, v, l)
				break
			}
		}
	}
	return s.Render(w, r, http.StatusOK, "me/erased", page)
}

// rest says what an erasure left.
func (page *ErasedPage) rest(s *Pages, v ui.Visit, l party.Look) {
	if l.Detail["page"] == "" {
		return
	}
	page.Rest, page.Kept = "/erased/"+l.Detail["page"], s.setNames(v.P, l.Detail["kept"])
	page.Until, _ = time.Parse(time.DateOnly, l.Detail["until"]) // written by the server
}

// eraseForm asks for the typed word.
func eraseForm(v ui.Visit, action, submit, back string) ui.Form {
	return ui.Form{
		Action: action, Submit: submit, Danger: true, Cancel: &ui.Link{Text: v.P.T("Keep it"), URL: back},
		Controls: []ui.Control{ui.EraseWord(v.P)},
		Next:     v.P.T("This cannot be undone, by nobody, also not by us."),
	}
}

// EraseMePage is the data of me/erase-me.
type EraseMePage struct {
	Records []ui.Link
	Form    ui.Form
	Stays   []ui.Stays // what the law keeps
	Kept    []string   // the data sets of that
}

func (s *Pages) eraseMePage(r *http.Request, v ui.Visit, c string) (EraseMePage, error) {
	mine, err := s.Records.Mine(r.Context(), v.Actor)
	if err != nil {
		return EraseMePage{}, err
	}
	page := EraseMePage{Form: eraseMeForm(v, c)}
	for _, rec := range mine {
		page.Records = append(page.Records, ui.Link{Text: nameOr(v.P, rec), URL: "/me/records/" + rec.Party.ID.String()})
		bound, err := s.Rights.BoundOfMine(r.Context(), v.Actor, rec.Party.ID)
		if err != nil {
			return page, err
		}
		page.Stays = append(page.Stays, ui.StaysOf(v.P, bound.Owed)...)
		for _, o := range bound.Owed {
			page.Kept = append(page.Kept, v.P.T(o.Set.Label))
		}
	}
	return page, nil
}

// eraseMePath is the page of erasing everything.
const eraseMePath = "/me/erase"

// eraseMeForm asks for a code first, then for code and word. c is the challenge; "" while no code
// was asked for.
func eraseMeForm(v ui.Visit, c string) ui.Form {
	p := v.P
	if c == "" {
		return ui.Form{
			Action: eraseMePath + "/code", Submit: p.T("Mail me a code to confirm it"), Cancel: &ui.Link{Text: p.T("Keep it"), URL: "/me/credentials"},
			Next: p.T("The code goes to your main address, so that nobody erases your account who has only found your browser open. Nothing is erased yet."),
		}
	}
	f := eraseForm(v, eraseMePath, p.T("Erase everything about me"), "/me/credentials")
	f.Hidden = []ui.Hidden{{Name: "c", Value: c}}
	f.Controls = append([]ui.Control{{
		Kind: ui.ControlCode, Name: "code", Label: p.T("Code from your mail"), Hint: p.T("With or without the space in the middle."), MaxLength: 20,
	}}, f.Controls...)
	return f
}

func (s *Pages) askEraseMe(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.eraseMePage(r, v, r.URL.Query().Get("c"))
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "me/erase-me", page)
}

func (s *Pages) mailEraseMe(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	in := account.Asking{Language: v.P.Lang, Flow: account.Token(s.Flow(w, r)), Client: s.Proxies.LimitKey(r)}
	id, err := s.Records.AskErase(r.Context(), v.Actor, in)
	if err != nil {
		return err
	}
	http.Redirect(w, r, eraseMePath+"?c="+id.String(), http.StatusSeeOther)
	return nil
}

func (s *Pages) eraseMe(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, 1<<10)
	if err != nil {
		return err
	}
	c, typed := f.String("c", 64), f.Code("code", ui.CodeDigits)
	ui.TypedErase(f, v.P)
	page, err := s.eraseMePage(r, v, c)
	if err != nil {
		return err
	}
	var receipt []byte
	if err = f.Err(); err == nil {
		// An unreadable id is the id of no challenge: the answer is the same.
		id, _ := habeas.ParseID[habeas.ChallengeKind](c)
		flow, _ := s.Cookies.Flow(r)
		receipt, err = s.Records.EraseMeByCode(r.Context(), v.Actor, id, typed, account.Token(flow))
	}
	if err != nil {
		return s.Again(w, r, v, err, "me/erase-me", &page, &page.Form, f)
	}
	s.Cookies.EndSignIn(w)
	return s.Render(w, ui.WithFrame(r, ui.Frame{}), http.StatusOK, "me/erased-me", ErasedPage{Receipt: string(receipt), Kept: join(v.P, page.Kept)})
}
