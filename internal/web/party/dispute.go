package party

import (
	"context"
	"net/http"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
	"github.com/habeas-data/habeas/sealed"
)

// Disputes is what pages ask about evidence in depth and about claims that turn out to be
// wrong. Every method checks what the actor may do; errors are *habeas.Error.
type Disputes interface {
	// Facts is what is asked about a record on the actor's claim; nothing where facts
	// would not help.
	Facts(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Question, error)
	// ShowFacts answers by the names of the questions. One wrong answer locks the claim.
	ShowFacts(ctx context.Context, a habeas.Actor, id habeas.PartyID, answers map[string]string) (right bool, err error)

	// Disputable says whether the link of a mail disputes a claim, and whether the record
	// is frozen already. It uses nothing up.
	Disputable(ctx context.Context, link sealed.Value) (frozen bool, err error)
	DisputeByLink(ctx context.Context, link sealed.Value, reason party.DisputeReason) error

	// For staff.

	// Disputed are those that wait, oldest first, and those decided, newest first.
	Disputed(ctx context.Context, a habeas.Actor, limit int) (open, ended []party.Dispute, err error)
	DisputesOn(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Dispute, error)
	// File is what a dispute is decided by. The record's person sees that it was read.
	File(ctx context.Context, a habeas.Actor, id habeas.DisputeID) (party.DisputeFile, error)
	// Assess is every claim on a record that the actor has opened, with its risk.
	Assess(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Assessed, error)
	DisputeByStaff(ctx context.Context, a habeas.Actor, id habeas.PartyID, reason party.DisputeReason, note string) (party.Dispute, error)
	KeepClaim(ctx context.Context, a habeas.Actor, id habeas.DisputeID) error
	UndoClaim(ctx context.Context, a habeas.Actor, id habeas.DisputeID) error
	ReopenDispute(ctx context.Context, a habeas.Actor, id habeas.DisputeID) error
	// AdoptWords takes over values of a wrong claimant, named "set.field".
	AdoptWords(ctx context.Context, a habeas.Actor, id habeas.DisputeID, fields []string) error
	// LinkPerson links a record and the account that has proved an address.
	LinkPerson(ctx context.Context, a habeas.Actor, id habeas.PartyID, at email.Address, document party.Document) error
}

// mountDisputes registers the pages about disputes and checks in person.
func (s *Pages) mountDisputes(m *edge.Mux) {
	s.Handle(m, ui.Anybody, "GET /dispute", s.disputePage)
	s.Handle(m, ui.Anybody, "POST /dispute", s.Limited(s.disputeByLink))

	s.Handle(m, ui.SignedIn, "POST /me/offers/{id}/facts", s.Begins(ui.FlowClaim, onParty(s.offerFacts)))
	s.Handle(m, ui.SignedIn, "POST /me/records/{id}/facts", onParty(s.recordFacts))

	s.Handle(m, ui.Staff, "GET /staff/disputes", s.disputes)
	s.Handle(m, ui.Staff, "GET /staff/disputes/{dispute}", onDispute(s.disputeFile))
	s.Handle(m, ui.Staff, "POST /staff/disputes/{dispute}/{verdict}", onDispute(s.decideDispute))
	s.Handle(m, ui.Staff, "GET /staff/people/{id}/dispute", onParty(s.askDispute))
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/dispute", onParty(s.disputeByStaff))
	s.Handle(m, ui.Staff, "GET /staff/people/{id}/check", onParty(s.askCheck))
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/check", onParty(s.check))
}

// DisputePage is the data of public/dispute.
type DisputePage struct {
	Heading ui.Heading
	Done    *ui.Notice
	Form    *ui.Form
}

const disputeAt = "/dispute"

// disputePage only asks: a mail scanner that opens the link disputes nothing, and none
// chooses a reason (PTY-A19, PTY-A20).
func (s *Pages) disputePage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	q := r.URL.Query()
	if q.Get("done") == "yes" {
		return s.Render(w, r, http.StatusOK, "public/dispute", DisputePage{
			Heading: ui.Heading{Title: v.P.T("Thank you for telling us")},
			Done: &ui.Notice{
				Kind: ui.NoticeDone, Title: v.P.T("The record is frozen"),
				Text: v.P.T("Nobody can change it until staff have looked. You get a mail when they have decided."),
			},
		})
	}
	page, err := s.disputeForm(r.Context(), v.P, edge.Secret(r.Context(), q.Get("t")))
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "public/dispute", page)
}

func (s *Pages) disputeForm(ctx context.Context, p lang.Printer, link sealed.Value) (DisputePage, error) {
	frozen, err := s.Disputes.Disputable(ctx, link)
	if err != nil {
		return DisputePage{}, err
	}
	page := DisputePage{Heading: ui.Heading{
		Title: p.T("Is something wrong with this claim?"),
		Lead:  p.T("An account has taken control of a record. If that is as it should be, close this page: nothing has changed by opening it."),
	}}
	if frozen {
		page.Heading.Lead = p.T("An account has taken control of a record.")
		page.Done = &ui.Notice{Kind: ui.NoticeInfo, Title: p.T("The record is frozen already"), Text: p.T("Somebody has said that something is wrong. Staff look at it.")}
		return page, nil
	}
	page.Form = &ui.Form{
		Action: disputeAt, Danger: true, Hidden: []ui.Hidden{{Name: "t", Value: edge.Show(ctx, link)}}, Submit: p.T("Freeze the record"),
		Controls: []ui.Control{{Kind: ui.ControlRadio, Name: "reason", Label: p.T("What is wrong?"), Options: ui.DisputeReasons(p)}},
		Next:     p.T("The record is frozen at once: nobody can change it, and the account sees no more than its own words. Then staff look at it and decide."),
	}
	return page, nil
}

var errReason = habeas.Invalid("reason", "Choose one of the options.").WithCode("form.choice")

// readReason reads what is said to be wrong.
func readReason(f *edge.Form) party.DisputeReason {
	reason := party.DisputeReason(f.Choice("reason", ui.DisputeReasonNames()...))
	if reason == "" && f.Problem("reason") == nil {
		f.Fail("reason", errReason)
	}
	return reason
}

func (s *Pages) disputeByLink(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, 4<<10)
	if err != nil {
		return err
	}
	link, reason := f.Secret("t"), readReason(f)
	if err = f.Err(); err == nil {
		err = s.Disputes.DisputeByLink(r.Context(), link, reason)
	}
	if err != nil {
		page, wrong := s.disputeForm(r.Context(), v.P, link)
		if wrong != nil || page.Form == nil {
			return err
		}
		return s.Again(w, r, v, err, "public/dispute", &page, page.Form, f)
	}
	http.Redirect(w, r, disputeAt+"?done=yes", http.StatusSeeOther)
	return nil
}

// factsForm asks to recognise facts, or is nil where that would not help.
func (s *Pages) factsForm(ctx context.Context, v ui.Visit, id habeas.PartyID, action string) (*ui.Form, error) {
	asked, err := s.Disputes.Facts(ctx, v.Actor, id)
	if err != nil || len(asked) == 0 {
		return nil, err
	}
	p := v.P
	form := &ui.Form{
		Action: action, Submit: p.T("These are my answers"),
		Next: p.T("One wrong answer locks the record until staff have looked. It is not said which. Take your time, or ask staff for a code on paper instead."),
	}
	for _, q := range asked {
		c := ui.Control{Kind: ui.ControlRadio, Name: q.Name, Label: questionWords(p, q.Name)}
		for _, o := range q.Options {
			c.Options = append(c.Options, ui.Option{Value: o, Text: optionWords(p, q.Name, o)})
		}
		c.Options = append(c.Options, ui.Option{Value: party.None, Text: p.T("None of these")})
		form.Controls = append(form.Controls, c)
	}
	return form, nil
}

func questionWords(p lang.Printer, name string) string {
	switch name {
	case party.BirthMonth:
		return p.T("In which month were you born?")
	case party.BirthDay:
		return p.T("On which day of the month were you born?")
	case party.BirthPlace:
		return p.T("In which town were you born?")
	case party.Town:
		return p.T("Which town stands in your postal address?")
	}
	return p.T("Which digits does your postcode end with?")
}

func optionWords(p lang.Printer, name, option string) string {
	if name != party.BirthMonth {
		return option
	}
	t, err := time.Parse("1", option)
	if err != nil {
		return option
	}
	return p.Month(t.Month())
}

// readFacts reads an answer to every question.
func readFacts(w http.ResponseWriter, r *http.Request, form *ui.Form) (*edge.Form, map[string]string, error) {
	f, err := edge.DecodeForm(w, r, 4<<10)
	if err != nil {
		return nil, nil, err
	}
	answers := make(map[string]string)
	for _, c := range form.Controls {
		var values []string
		for _, o := range c.Options {
			values = append(values, o.Value)
		}
		answers[c.Name] = f.Choice(c.Name, values...)
		if answers[c.Name] == "" && f.Problem(c.Name) == nil {
			f.Fail(c.Name, habeas.Invalid(c.Name, "Choose one of the options."))
		}
	}
	return f, answers, f.Err()
}

// facts takes the answers. Whatever comes of them, the page itself says what follows.
func (s *Pages) facts(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID, on evidenceOn) error {
	form, err := s.factsForm(r.Context(), v, id, "")
	if err != nil {
		return err
	}
	if form == nil {
		http.Redirect(w, r, on.path, http.StatusSeeOther)
		return nil
	}
	f, answers, wrong := readFacts(w, r, form)
	if f == nil {
		return wrong
	}
	if wrong == nil {
		right, err := s.Disputes.ShowFacts(r.Context(), v.Actor, id, answers)
		if err != nil {
			return err
		}
		if right {
			s.done(w, "evidence")
		} else {
			s.done(w, "facts")
		}
		http.Redirect(w, r, on.path, http.StatusSeeOther)
		return nil
	}
	ui.Refused(r, wrong)
	page, ev, err := on.load()
	if err != nil {
		return err
	}
	if ev == nil || ev.Facts == nil {
		return wrong
	}
	ev.Facts.Keep(f)
	if !ev.Facts.Fail(v.P, wrong) {
		return wrong
	}
	return s.Render(w, r, http.StatusBadRequest, on.name, page)
}

func (s *Pages) offerFacts(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	return s.facts(w, r, v, id, s.onOffer(r, v, id))
}

func (s *Pages) recordFacts(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	return s.facts(w, r, v, id, s.onRecord(r, v, id))
}
