package party

import (
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

func documentWords(p lang.Printer, d party.Document) string {
	switch d {
	case party.DocumentPassport:
		return p.T("Passport")
	case party.DocumentIdentity:
		return p.T("Identity card")
	case party.DocumentDriving:
		return p.T("Driving licence")
	case party.DocumentResidence:
		return p.T("Residence permit")
	case party.DocumentMember:
		return p.T("Membership card with a photograph")
	case party.DocumentBirth, party.DocumentCourt, party.DocumentAttorney, party.DocumentAuthority:
	}
	return guardianPaper(p, d)
}

// documentControl asks which kind of document staff saw.
func documentControl(p lang.Printer, label string, kinds []party.Document) ui.Control {
	c := ui.Control{Kind: ui.ControlRadio, Name: "document", Label: label}
	for _, d := range kinds {
		c.Options = append(c.Options, ui.Option{Value: string(d), Text: documentWords(p, d)})
	}
	return c
}

// seenDocument reads which it was. Staff tick "seen" besides: they have compared the picture.
func seenDocument(f *edge.Form, kinds []party.Document) party.Document {
	var names []string
	for _, d := range kinds {
		names = append(names, string(d))
	}
	document := party.Document(f.Choice("document", names...))
	if document == "" && f.Problem("document") == nil {
		f.Fail("document", habeas.Invalid("document", "Choose one of the options."))
	}
	if !f.Bool("seen") && f.Problem("seen") == nil {
		f.Fail("seen", habeas.Invalid("seen", "Compare the picture and the name first.").WithCode("check.seen"))
	}
	return document
}

// checkPage is the form by which staff link a record and an account after they saw the
// person (PTY-23). It has no place for what stands on the document.
func (s *Pages) checkPage(v ui.Visit, id habeas.PartyID) EditPage {
	p, at := v.P, "/staff/people/"+id.String()
	return EditPage{
		Title: p.T("Check in person"), Name: p.T("The person stands in front of you and shows who they are. Then you link this record to their account."),
		Back: ui.Link{Text: p.T("Back to the record"), URL: at},
		Note: p.T("Only the kind of document is kept, with your name and the time. Write its number nowhere, and take no copy."),
		Form: ui.Form{
			Action: at + "/check", Submit: p.T("Link record and account"), Cancel: &ui.Link{Text: p.T("Leave it as it is"), URL: at},
			Controls: []ui.Control{
				{Kind: ui.ControlEmail, Name: "email", Label: p.T("Address of their account"), MaxLength: ui.MaxAddress, Autocomplete: "off", Hint: p.T("The one that they sign in with. They must have proved it by a code.")},
				documentControl(p, p.T("What did you see?"), party.Documents()),
				{Kind: ui.ControlCheckbox, Name: "seen", Value: "true", Label: p.T("The picture is of this person, and the name on the document is the one in the record")},
			},
			Next: p.T("The account controls the record at once, and everything in it opens. The person is told by mail, and so is every other address that the record knows. A dispute can undo it."),
		},
	}
}

func (s *Pages) askCheck(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	return s.Render(w, r, http.StatusOK, "staff/edit", s.checkPage(v, id))
}

func (s *Pages) check(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	f, err := edge.DecodeForm(w, r, 4<<10)
	if err != nil {
		return err
	}
	at := edge.Parsed(f, "email", ui.MaxAddress, email.Parse)
	document := seenDocument(f, party.Documents())
	if err = f.Err(); err == nil {
		err = s.Disputes.LinkPerson(r.Context(), withPurpose(r, v).Actor, id, at, document)
	}
	if err != nil {
		page := s.checkPage(v, id)
		return s.Again(w, r, v, err, "staff/edit", &page, &page.Form, f)
	}
	s.done(w, "linked")
	http.Redirect(w, r, "/staff/people/"+id.String(), http.StatusSeeOther)
	return nil
}
