package entity

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

const (
	newPath     = searchPath + "/new"
	licencePath = searchPath + "/licence"
	smallForm   = 64 << 10 // bytes
	codeLicence = "entity.licence"
)

// handler is a page that somebody opens who may write.
type handler func(w http.ResponseWriter, r *http.Request, v ui.Visit, by entity.Writer) error

func (s *Pages) mountWriting(m *edge.Mux) {
	for pattern, h := range map[string]handler{
		"GET " + newPath: s.newPage, "POST " + newPath: s.create, "POST " + licencePath: s.accept,
		"GET " + entityPath + "{id}/edit": s.editPage, "POST " + entityPath + "{id}/edit": s.edit,
		"GET " + entityPath + "{id}/merge": s.mergePage, "POST " + entityPath + "{id}/merge": s.merge,
		"GET " + entityPath + "{id}/split": s.splitPage, "POST " + entityPath + "{id}/split": s.split,
		"GET " + entityPath + "{id}/delete": s.deletePage, "POST " + entityPath + "{id}/delete": s.delete,
		"POST " + entityPath + "{id}/undo": s.undo, "GET " + entityPath + "{id}/history": s.history,
	} {
		s.Handle(m, ui.Anybody, pattern, s.Limited(s.writing(h)))
	}
}

// writing lets those write who may, and shows the others the way: to register, to prove their
// key, to accept the licence. What is posted is judged by the use case, which notes a refusal.
func (s *Pages) writing(h handler) func(http.ResponseWriter, *http.Request, ui.Visit) error {
	return func(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
		w.Header().Set("X-Robots-Tag", "noindex")
		by := writerOf(v)
		var err error
		if r.Method == http.MethodGet {
			err = s.Entities.Standing(r.Context(), by)
		}
		if err == nil {
			err = h(w, r, v, by)
		}
		switch codeOf(err) {
		case entity.ErrUnregistered.Code, entity.ErrProof.Code, codeLicence:
			ui.Refused(r, err)
			return s.Render(w, r, http.StatusForbidden, "entity/gate", s.gate(r, v, codeOf(err)))
		}
		return err
	}
}

func writerOf(v ui.Visit) entity.Writer { return entity.Writer{Actor: v.Actor, Author: v.Account} }

// audience is who reads: registered people who have proved a key see more (ENT-43).
func (s *Pages) audience(ctx context.Context, v ui.Visit) entity.Audience {
	if v.Account.IsZero() {
		return entity.Audience{}
	}
	by := writerOf(v)
	if err := s.Entities.Standing(ctx, by); err != nil && codeOf(err) != codeLicence {
		return entity.Audience{}
	}
	return entity.Audience{Registered: true, Steward: by.Steward(), Account: v.Account}
}

func codeOf(err error) string {
	var e *habeas.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// GatePage is the data of entity/gate: why somebody cannot write yet, and what to do.
type GatePage struct {
	Heading ui.Heading
	Text    string
	Passkey *ui.Passkey
	Links   []ui.Link
	Licence *ui.Form
	Terms   ui.Link
}

func (s *Pages) gate(r *http.Request, v ui.Visit, code string) GatePage {
	p, here := v.P, r.URL.RequestURI()
	if r.Method != http.MethodGet {
		here = r.URL.Path
		if here == licencePath {
			here = newPath
		}
	}
	page := GatePage{Heading: ui.Heading{Title: p.T("Who writes about things"), Back: &ui.Link{Text: p.T("Names of things"), URL: searchPath}}}
	switch {
	case code == codeLicence:
		page.Heading.Title = p.T("What you write is for everybody")
		page.Text = p.T("Whatever you write about things may be used by everybody for everything, without asking and without naming you. Nobody is told that you wrote it. You accept this once; it holds for all that you write.")
		page.Terms = ui.Link{Text: p.T("The whole licence: CC0 1.0"), URL: entity.Licence}
		page.Licence = &ui.Form{
			Action: licencePath, Submit: p.T("Accept and go on"), Cancel: &ui.Link{Text: p.T("Not now"), URL: searchPath},
			Hidden: []ui.Hidden{{Name: "words", Value: strconv.Itoa(entity.LicenceWords)}, {Name: "to", Value: here}},
		}
	case v.Account.IsZero():
		page.Text = p.T("Registered people write about things, so that somebody answers for each line; who it was is never shown. Sign in with the key of your registration, or register first.")
		page.Links = []ui.Link{{Text: p.T("Sign in"), URL: "/sign-in?to=" + url.QueryEscape(here)}, {Text: p.T("Register"), URL: "/me/registration"}}
	case code == entity.ErrProof.Code:
		page.Text = p.T("You came in by a code or an identity provider. To write about things, show your key: your passkey or your certificate.")
		page.Passkey = &ui.Passkey{OptionsURL: "/sign-in/passkey/options", FinishURL: "/sign-in/passkey?to=" + url.QueryEscape(here), Button: p.T("Sign in with a passkey")}
		page.Links = []ui.Link{{Text: p.T("Add a passkey"), URL: "/me/credentials"}, {Text: p.T("Your registration"), URL: "/me/registration"}}
	default:
		page.Text = p.T("You are signed in, but not registered, or your certificate has ended. Registering takes a few minutes and gives you a certificate; afterwards you can write.")
		page.Links = []ui.Link{{Text: p.T("Register"), URL: "/me/registration"}}
	}
	return page
}

// accept notes that somebody has accepted the licence, and leads back to what they were about to do.
func (s *Pages) accept(w http.ResponseWriter, r *http.Request, _ ui.Visit, by entity.Writer) error {
	f, err := edge.DecodeForm(w, r, smallForm)
	if err != nil {
		return err
	}
	words, to := f.Int("words", 1, 1<<20), ui.LocalPath(f.String("to", 300), newPath)
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.Entities.Accept(r.Context(), by, words); err != nil {
		return err
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// at reads the identifier in the address, and what it means to the reader.
func (s *Pages) at(r *http.Request, v ui.Visit) (e entity.Entity, to entity.Audience, err error) {
	id, err := entity.ParseID(r.PathValue("id"))
	if err != nil {
		return e, to, habeas.NotFound(entity.ErrID.Message).WithCode("entity.id")
	}
	to = s.audience(r.Context(), v)
	e, err = s.Entities.Resolve(r.Context(), id, time.Time{}, to)
	return e, to, err
}

// changing is at for what the writer may change.
func (s *Pages) changing(r *http.Request, v ui.Visit, by entity.Writer) (entity.Entity, error) {
	e, _, err := s.at(r, v)
	if err == nil {
		err = entity.CanChange(by, e)
	}
	return e, err
}

// done leads to the page of an entity, which tells what was done.
func done(w http.ResponseWriter, r *http.Request, id entity.ID, what string) error {
	http.Redirect(w, r, entityPath+id.String()+"?done="+what, http.StatusSeeOther)
	return nil
}

// tellDone puts what was just done above the page; what evolved can be taken back at once.
func tellDone(r *http.Request, p lang.Printer, e entity.Entity, undo int64) *http.Request {
	text := ""
	switch r.URL.Query().Get("done") {
	case "created":
		text = p.T("The name is given. It leads here for ever.")
	case "edited":
		text = p.T("Saved.")
	case "undone":
		text = p.T("It is as it was before.")
	case "merged":
		text = p.T("The two are one now. The other name leads here.")
	case "split":
		text = p.T("The name leads to its parts now.")
	case "deleted":
		text = p.T("The name is given up.")
	}
	if text == "" {
		return r
	}
	f := ui.FrameOf(r)
	if how := r.URL.Query().Get("done"); undo > 0 && (how == "merged" || how == "split" || how == "deleted") {
		f.Undo = &ui.Undo{Text: text, Action: entityPath + e.ID.String() + "/undo", Hidden: []ui.Hidden{{Name: "seq", Value: strconv.FormatInt(undo, 10)}}}
	} else {
		f.Notices = append(f.Notices, ui.Notice{Kind: ui.NoticeDone, Text: text})
	}
	return ui.WithFrame(r, f)
}

// typeChoice are the types, for a select.
func (s *Pages) typeChoice(p lang.Printer, now entity.Type, wrong string) *ui.Control {
	c := &ui.Control{Kind: ui.ControlSelect, Name: "type", Label: p.T("Type"), Value: string(now), Error: wrong}
	for _, t := range s.Entities.Types() {
		c.Options = append(c.Options, ui.Option{Value: string(t.Type), Text: p.T(t.Label)})
	}
	return c
}

// added reports which part of the form wants another row.
func added(f *edge.Form) string { return strings.TrimSpace(f.Choice("add", allParts...)) }
