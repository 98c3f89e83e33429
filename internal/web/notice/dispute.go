package notice

import (
	"context"
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
	"github.com/habeas-data/habeas/sealed"
)

// Disputes is what these pages ask of the server about claims that are wrong.
type Disputes interface {
	// DisputeByVisit disputes the claim of a record that knew the visit's address before
	// the claim. number may be a membership number; zero: none was typed.
	DisputeByVisit(ctx context.Context, visit [32]byte, id habeas.PartyID, reason party.DisputeReason, number sealed.Value) error
}

// DisputePage is the data of notice/dispute.
type DisputePage struct {
	Heading ui.Heading
	Form    ui.Form
}

func disputePage(p lang.Printer, id string) DisputePage {
	return DisputePage{
		Heading: ui.Heading{
			Title: p.T("Somebody else has this record"),
			Lead:  p.T("You have shown that this address is yours, and the record knew it before the claim. Say what is wrong: the record is frozen at once, and staff look at it."),
			Back:  &ui.Link{Text: p.T("What is held about you"), URL: "/notice"},
		},
		Form: ui.Form{
			Action: "/notice/records/" + id + "/dispute", Danger: true, Submit: p.T("Freeze the record"),
			Cancel: &ui.Link{Text: p.T("Leave it as it is"), URL: "/notice"},
			Controls: []ui.Control{
				{Kind: ui.ControlRadio, Name: "reason", Label: p.T("What is wrong?"), Options: ui.DisputeReasons(p)},
				{Name: "membership.number", Label: p.T("Membership number"), Optional: true, Autocomplete: "off", MaxLength: 100, Hint: p.T("If you have one, it helps staff to decide. You are not told whether it matches.")},
			},
			Next: p.T("Until staff have decided nobody can change the record. You get a mail at this address then. This cannot be undone by you."),
		},
	}
}

func (s *Pages) askDispute(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	if _, ok := s.Cookies.Visit(r); !ok {
		http.Redirect(w, r, "/notice", http.StatusSeeOther)
		return nil
	}
	return s.Render(w, r, http.StatusOK, "notice/dispute", disputePage(v.P, id.String()))
}

func (s *Pages) dispute(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	f, err := edge.DecodeForm(w, r, formSize)
	if err != nil {
		return err
	}
	reason := party.DisputeReason(f.Choice("reason", ui.DisputeReasonNames()...))
	if reason == "" && f.Problem("reason") == nil {
		f.Fail("reason", habeas.Invalid("reason", "Choose one of the options.").WithCode("form.choice"))
	}
	number := f.Secret("membership.number")
	if err := f.Err(); err != nil {
		page := disputePage(v.P, id.String())
		return s.Again(w, r, v, err, "notice/dispute", &page, &page.Form, f)
	}
	return s.visited(w, r, func(visit [32]byte) (string, error) {
		return "/notice?done=disputed", s.Disputes.DisputeByVisit(r.Context(), visit, id, reason, number)
	})
}
