package account

import (
	"context"
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Correspondence is what the pages on which people write to each other ask of the server (TP-05).
type Correspondence interface {
	// Handle is what the link ends with by which the actor is written to, if they have agreed.
	Handle(ctx context.Context, a habeas.Actor) (handle string, on bool, err error)
	// Choose agrees, with a new link, or takes it back.
	Choose(ctx context.Context, a habeas.Actor, on bool) error
	// Readable returns account.ErrNobodyToWrite for a link that leads to nobody.
	Readable(ctx context.Context, handle string) error
	Write(ctx context.Context, a habeas.Actor, handle, words string) error
}

const (
	writtenAt = "/me/written"
	writeAt   = "/write/"
)

func (s *Pages) mountCorrespondence(m *edge.Mux) {
	s.Handle(m, ui.SignedIn, "GET "+writtenAt, s.written)
	s.Handle(m, ui.SignedIn, "POST "+writtenAt, s.chooseWritten)
	s.Handle(m, ui.SignedIn, "GET "+writeAt+"{handle}", s.writePage)
	s.Handle(m, ui.SignedIn, "POST "+writeAt+"{handle}", s.Limited(s.write))
}

// WrittenPage is the data of account/written.
type WrittenPage struct {
	Heading ui.Heading
	State   ui.Notice
	Link    *ui.Copy // nil: nobody may write
	Forms   []ui.Form
}

func (s *Pages) written(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	p := v.P
	handle, on, err := s.Correspondence.Handle(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	page := WrittenPage{
		Heading: ui.Heading{Title: p.T("Who may write to you"), Lead: p.T("Others can write to you without knowing your address: by a link that you give them. They have to be signed in, and you see their address.")},
		State:   ui.Notice{Kind: ui.NoticeInfo, Text: p.T("Nobody can write to you by a link.")},
		Forms:   []ui.Form{{Action: writtenAt, Submit: p.T("Let people write to me"), Hidden: []ui.Hidden{{Name: "on", Value: "yes"}}}},
	}
	if on {
		page.State = ui.Notice{Kind: ui.NoticeDone, Text: p.T("Whoever is signed in here and has this link can write to you. It does not show who you are.")}
		page.Link = &ui.Copy{ID: "write-link", Label: p.T("the link"), Text: s.Origin.URL(writeAt + handle)}
		page.Forms = []ui.Form{
			{Action: writtenAt, Submit: p.T("Let nobody write to me"), Hidden: []ui.Hidden{{Name: "on", Value: "no"}}},
			{Action: writtenAt, Submit: p.T("Make a new link"), Next: p.T("All links that you have given away lead to nobody then."), Hidden: []ui.Hidden{{Name: "on", Value: "yes"}}},
		}
	}
	return s.Render(w, r, http.StatusOK, "account/written", page)
}

func (s *Pages) chooseWritten(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	on := f.Choice("on", "yes", "no") == "yes"
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.Correspondence.Choose(r.Context(), v.Actor, on); err != nil {
		return err
	}
	http.Redirect(w, r, writtenAt, http.StatusSeeOther)
	return nil
}

// WritePage is the data of account/write.
type WritePage struct {
	Heading ui.Heading
	Sent    bool
	Form    ui.Form
}

func (s *Pages) writing(r *http.Request, v ui.Visit, handle string) (WritePage, error) {
	p := v.P
	if err := s.Correspondence.Readable(r.Context(), handle); err != nil {
		return WritePage{}, err
	}
	who, err := s.Accounts.Holdings(r.Context(), v.Actor)
	if err != nil {
		return WritePage{}, err
	}
	return WritePage{
		Heading: ui.Heading{Title: p.T("Write to whoever gave you this link"), Lead: p.T("It goes to them by mail. You do not see their address.")},
		Sent:    r.URL.Query().Get("done") == "sent",
		Form: ui.Form{
			Action: writeAt + handle, Submit: p.T("Send it"),
			Next:     p.T("They see your address, {address}, and can answer to it. The text is kept nowhere here.", "address", who.Main().Display),
			Controls: []ui.Control{{Kind: ui.ControlTextarea, Name: "words", Label: p.T("What you write"), Hint: p.T("At most 1000 characters."), MaxLength: account.MostMessage}},
		},
	}, nil
}

func (s *Pages) writePage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.writing(r, v, r.PathValue("handle"))
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "account/write", page)
}

func (s *Pages) write(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	handle := r.PathValue("handle")
	page, err := s.writing(r, v, handle)
	if err != nil {
		return err
	}
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	words := f.Text("words", account.MostMessage)
	if err = f.Err(); err == nil {
		err = s.Correspondence.Write(r.Context(), v.Actor, handle, words)
	}
	if err != nil {
		return s.Again(w, r, v, err, "account/write", &page, &page.Form, f)
	}
	http.Redirect(w, r, writeAt+handle+"?done=sent", http.StatusSeeOther)
	return nil
}
