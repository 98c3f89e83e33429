package admin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Releases is what the pages about releases of data ask of the server. All but Figures
// refuse everybody who is no administrator and no staff, and hide a case from whom it is about.
type Releases interface {
	List(ctx context.Context, a habeas.Actor, limit int) ([]account.Case, error)
	At(ctx context.Context, a habeas.Actor, id habeas.ReleaseID) (account.Case, error)
	NameOf(ctx context.Context, id habeas.AccountID) string
	Open(ctx context.Context, a habeas.Actor, at email.Address, in account.Opening) (account.Case, error)
	Hold(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, version int64, reference string, until time.Time) error
	Lift(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, version int64) error
	Move(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, version int64, reference string, filed time.Time) error
	Order(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, version int64, reference string, disclose bool) error
	Notify(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, version int64) error
	// Preview is what would be handed over; it is witnessed.
	Preview(ctx context.Context, a habeas.Actor, id habeas.ReleaseID) (account.Case, account.Handed, error)
	Release(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, version int64, why string) error
	Confirm(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, version int64) error
	Close(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, version int64, to account.CaseState, why string) error
	Reopen(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, version int64) error
	// File is what was handed over, as "json" or "csv"; it is witnessed.
	File(ctx context.Context, a habeas.Actor, id habeas.ReleaseID, format string) ([]byte, error)
	// Figures are public, and count what was decided before the moment that they come with.
	Figures(ctx context.Context) ([]account.Figures, time.Time, error)
}

const (
	releasesPath = "/admin/releases"
	releaseList  = 200
	releaseForm  = 64 << 10 // bytes
)

func (s *Pages) mountReleases(m *edge.Mux) {
	s.Handle(m, ui.Staff, "GET /staff/releases", s.releases) // where staff who administer nothing look for it
	s.Handle(m, ui.Staff, "GET "+releasesPath, s.releases)
	s.Handle(m, ui.Staff, "POST "+releasesPath, s.openRelease)
	s.Handle(m, ui.Staff, "GET "+releasesPath+"/{id}", onRelease(s.release))
	s.Handle(m, ui.Staff, "POST "+releasesPath+"/{id}/{step}", onRelease(s.changeRelease))
	s.Handle(m, ui.Staff, "POST "+releasesPath+"/{id}/data", onRelease(s.releaseData))
	s.Handle(m, ui.Staff, "POST "+releasesPath+"/{id}/file/{format}", onRelease(s.releaseFile))
	s.Handle(m, ui.Anybody, "GET "+transparencyPath, s.transparency)
}

func onRelease(h func(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.ReleaseID) error) func(http.ResponseWriter, *http.Request, ui.Visit) error {
	return ui.OnID("id", account.ErrNoCase, h)
}

// ReleasesPage is the data of admin/releases.
type ReleasesPage struct {
	Heading ui.Heading
	Table   ui.Table
	Form    ui.Form
	Open    bool // the form is shown open
}

func (s *Pages) releasesPage(r *http.Request, v ui.Visit) (ReleasesPage, error) {
	p := v.P
	page := ReleasesPage{
		Heading: ui.Heading{
			Title:   p.T("Releases of data"),
			Lead:    p.T("Nothing about an account goes to anybody else but through a case here, on one of six grounds. Until somebody decides otherwise, it is refused."),
			Actions: []ui.Link{{Text: p.T("See the public figures"), URL: transparencyPath}},
		},
		Table: ui.Table{
			ID: "releases", Caption: p.T("Cases, those to decide first"),
			Columns: []ui.Column{{Text: p.T("Case")}, {Text: p.T("Ground")}, {Text: p.T("Who asks")}, {Text: p.T("Arrived")}, {Text: p.T("Notice")}, {Text: p.T("State")}},
			Empty:   ui.Empty{Text: p.T("Nobody has asked for data about an account.")},
		},
		Form: ui.Form{
			Action: releasesPath, Controls: s.openingControls(p), Submit: p.T("Open the case"),
			Next: p.T("Nothing goes out by this. A legal demand starts the clock of the notice from the day it arrived."),
		},
	}
	all, err := s.Releases.List(r.Context(), v.Actor, releaseList)
	for _, c := range all {
		page.Table.Rows = append(page.Table.Rows, []ui.Cell{
			{Text: c.Number(), URL: releasesPath + "/" + c.ID.String(), Mono: true},
			{Text: groundLabel(p, c.Ground)},
			{Text: requester(p, c)},
			{Text: p.Date(c.ArrivedAt.In(s.Zone()))},
			{Tag: s.noticeTag(p, c)},
			{Tag: caseTag(p, c)},
		})
	}
	return page, err
}

func requester(p lang.Printer, c account.Case) string {
	if c.Account.IsZero() {
		return p.T("erased with the account")
	}
	return firstLine(c.Words.Requester)
}

func groundLabel(p lang.Printer, g account.Ground) string {
	t, _ := g.Term()
	return p.T(t.Purpose)
}

func caseTag(p lang.Printer, c account.Case) *ui.Tag {
	switch c.State {
	case account.CaseOpen:
		return &ui.Tag{Kind: ui.TagProposal, Text: p.T("to decide")}
	case account.CaseAsked:
		return &ui.Tag{Kind: ui.TagProposal, Text: p.T("waits for a second administrator")}
	case account.CaseReleased:
		return &ui.Tag{Kind: ui.TagDanger, Text: p.T("released")}
	case account.CaseRefused:
		return &ui.Tag{Kind: ui.TagQuiet, Text: p.T("refused")}
	case account.CaseWithdrawn:
		return &ui.Tag{Kind: ui.TagQuiet, Text: p.T("withdrawn")}
	case account.CaseLapsed:
	}
	return &ui.Tag{Kind: ui.TagQuiet, Text: p.T("lapsed: the account was erased")}
}

// noticeTag is where the notice stands, in a word.
func (s *Pages) noticeTag(p lang.Printer, c account.Case) *ui.Tag {
	now := s.Clock.Now()
	switch {
	case c.Ground != account.GroundLaw:
		return &ui.Tag{Kind: ui.TagQuiet, Text: p.T("none is owed")}
	case !c.NoticeFailed.IsZero():
		return &ui.Tag{Kind: ui.TagDanger, Text: p.T("does not arrive")}
	case !c.NoticeAt.IsZero():
		return &ui.Tag{Kind: ui.TagInfo, Text: p.T("sent")}
	case !c.NoticeOwed():
		return &ui.Tag{Kind: ui.TagQuiet, Text: p.T("none is owed")}
	case c.NoticeLate(now):
		return &ui.Tag{Kind: ui.TagDanger, Text: p.T("overdue")}
	case c.Held(now):
		return &ui.Tag{Kind: ui.TagQuiet, Text: p.T("held until {date}", "date", p.Date(c.HoldUntil.In(s.Zone())))}
	}
	return &ui.Tag{Kind: ui.TagProposal, Text: p.T("goes out on {date}", "date", p.Date(c.NoticeFrom.In(s.Zone())))}
}

// openingControls ask for what a case begins with.
func (s *Pages) openingControls(p lang.Printer) []ui.Control {
	ground := ui.Control{Kind: ui.ControlRadio, Name: "ground", Label: p.T("Ground")}
	for _, t := range account.GroundTerms() {
		ground.Options = append(ground.Options, ui.Option{Value: string(t.Ground), Text: p.T(t.Purpose), Hint: p.T(t.Says)})
	}
	legal := ui.Control{Kind: ui.ControlSelect, Name: "legal", Label: p.T("Calendar and words of the notice"), Value: string(account.LegalGeneric), Hint: p.T("For a legal demand: by which holidays the days count, and what the remedy is called.")}
	for _, t := range account.LegalTerms() {
		legal.Options = append(legal.Options, ui.Option{Value: string(t.Profile), Text: p.T(t.Label) + ": " + p.T(t.Says)})
	}
	out := []ui.Control{
		{Kind: ui.ControlEmail, Name: "address", Label: p.T("Address of the account"), MaxLength: ui.MaxAddress, Autocomplete: "off"},
		ground,
		{Kind: ui.ControlHeading, Label: p.T("Data that are asked for"), Hint: p.T("Choose no more than the demand says. The ground decides what can be chosen at all.")},
	}
	for _, t := range account.DataTerms() {
		out = append(out, ui.Control{Kind: ui.ControlCheckbox, Name: "set_" + string(t.Set), Value: "on", Label: p.T(t.Label), Hint: p.T(t.Says)})
	}
	return append(out,
		ui.Control{Kind: ui.ControlHeading, Label: p.T("The demand")},
		ui.Control{Name: "requester", Label: p.T("Who asks"), Hint: p.T("Court, authority or person, with their reference."), MaxLength: account.MaxCaseText},
		ui.Control{Kind: ui.ControlTextarea, Name: "document", Label: p.T("What shows it"), Hint: p.T("The document with number and date, the person's permission, the complaint."), MaxLength: account.MaxCaseText},
		ui.Control{Kind: ui.ControlMoment, Name: "arrived", Label: p.T("When it arrived"), Value: s.Clock.Now().In(s.Zone()).Format(momentLayout)},
		legal,
		ui.Control{Kind: ui.ControlHeading, Label: p.T("Only if a court has ordered that the person is not told yet")},
		ui.Control{Name: "hold", Label: p.T("Reference of the court's order"), Optional: true, MaxLength: account.MaxCaseText},
		ui.Control{Kind: ui.ControlDate, Name: "hold_until", Label: p.T("The hold ends on"), Optional: true},
	)
}

func (s *Pages) releases(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.releasesPage(r, v)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "admin/releases", page)
}

// renamed puts what is wrong with a field beside the control that has another name, because
// two forms of a page cannot have controls of one name.
func renamed(err error, from, to string) error {
	var e *habeas.Error
	if !errors.As(err, &e) || e.Field != from {
		return err
	}
	other := *e
	other.Field = to
	return &other
}

// day reads a day in the zone of the server; one that was not given is the zero time.
func (s *Pages) day(f *edge.Form, name string) time.Time {
	d := f.Date(name)
	if d.IsZero() {
		return d
	}
	y, m, day := d.Date()
	return time.Date(y, m, day, 0, 0, 0, 0, s.Zone())
}

func (s *Pages) openRelease(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, releaseForm)
	if err != nil {
		return err
	}
	address := ui.TypedAddress(f, false)
	in := account.Opening{
		Ground: account.Ground(f.String("ground", 20)), Legal: account.LegalProfile(f.String("legal", 20)), Arrived: s.moment(f, "arrived").In(s.Zone()),
		Requester: f.String("requester", account.MaxCaseText), Document: f.Text("document", account.MaxCaseText),
		Hold: f.String("hold", account.MaxCaseText), HoldUntil: s.day(f, "hold_until"),
	}
	for _, t := range account.DataTerms() {
		if f.Bool("set_" + string(t.Set)) {
			in.Sets = append(in.Sets, t.Set)
		}
	}
	if err = f.Err(); err == nil {
		var c account.Case
		if c, err = s.Releases.Open(r.Context(), v.Actor, address, in); err == nil {
			http.Redirect(w, r, releasesPath+"/"+c.ID.String(), http.StatusSeeOther)
			return nil
		}
	}
	page, wrong := s.releasesPage(r, v)
	if wrong != nil {
		return wrong
	}
	page.Open = true
	return s.Again(w, r, v, err, "admin/releases", &page, &page.Form, f)
}
