package account

import (
	"context"
	"net/http"
	"strconv"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
	"github.com/habeas-data/habeas/sealed"
)

// Creators is what the pages of trusted entity creators, and of those for whom they act, ask of
// the server.
type Creators interface {
	// MySites are the actor's, newest first.
	MySites(ctx context.Context, a habeas.Actor) ([]account.CreatorSite, error)
	EnterSite(ctx context.Context, a habeas.Actor, w account.SiteWords) error
	DeclareSite(ctx context.Context, a habeas.Actor, id habeas.SiteID, w account.SiteWords) error
	EndSite(ctx context.Context, a habeas.Actor, id habeas.SiteID, why string) error
	// Badge says whose site it is, if it counts now.
	Badge(ctx context.Context, id habeas.SiteID) (organisation string, counts bool, err error)

	// Registering is who wants to register the reader of a mail.
	Registering(ctx context.Context, id habeas.ChallengeID) (Registering, error)
	ConfirmHere(ctx context.Context, self habeas.Actor, id habeas.ChallengeID, typed sealed.Value) error

	// Mandates are whom the actor lets act for them, newest first.
	Mandates(ctx context.Context, a habeas.Actor) ([]MandateHeld, error)
	GiveMandate(ctx context.Context, a habeas.Actor, id habeas.SiteID) error
	EndMandate(ctx context.Context, a habeas.Actor, id habeas.MandateID) error
}

const sitesAt = "/me/creator"

func (s *Pages) mountCreatorSites(m *edge.Mux) {
	s.Handle(m, ui.SignedIn, "GET "+sitesAt, s.sites)
	s.Handle(m, ui.SignedIn, "POST "+sitesAt, s.Limited(s.enterSite))
	s.Handle(m, ui.SignedIn, "POST "+sitesAt+"/{id}", s.Limited(ui.OnID("id", account.ErrNoSite, s.declareSite)))
	s.Handle(m, ui.SignedIn, "POST "+sitesAt+"/{id}/end", ui.OnID("id", account.ErrNoSite, s.endSite))
	s.Handle(m, ui.Anybody, "GET "+badgeAt+"{name}", s.badge)
}

// SitesPage is the data of account/creator-sites.
type SitesPage struct {
	Heading ui.Heading
	Sites   []SiteSheet
	Over    []ui.Line
	Enter   ui.Form
}

// SiteSheet is one site of the reader.
type SiteSheet struct {
	ID      string
	Origin  string
	State   ui.Tag
	Proof   *ui.Copy // while it waits: what it has to show
	ProofAt string
	Snippet *ui.Copy // once it counts: the badge
	Badge   string
	Declare ui.Form
	End     ui.Form
}

// declareControls are what every site has to say.
func declareControls(p lang.Printer, w account.SiteWords) []ui.Control {
	return []ui.Control{
		{Kind: ui.ControlTextarea, Name: "gathers", Label: p.T("What the site gathers about people"), Value: w.Gathers, MaxLength: account.MaxDeclared},
		{Kind: ui.ControlTextarea, Name: "why", Label: p.T("What it uses that for"), Value: w.Why, MaxLength: account.MaxDeclared},
		{Kind: ui.ControlNumber, Name: "logs", Label: p.T("For how many days it keeps logs of who was there"), Value: strconv.Itoa(w.LogDays), Hint: p.T("0 if it keeps none.")},
		{Kind: ui.ControlText, Name: "contact", Label: p.T("How people reach who answers for it"), Value: w.Contact, MaxLength: 200, Autocomplete: "off"},
		{Kind: ui.ControlCheckbox, Name: "session", Value: "yes", Checked: w.Gathers != "", Label: p.T("Its cookies hold the current session and nothing else, or it sets none.")},
	}
}

func (s *Pages) sitesPage(r *http.Request, v ui.Visit) (SitesPage, error) {
	p := v.P
	page := SitesPage{
		Heading: ui.Heading{
			Title: p.T("Your sites as a creator"), Back: &ui.Link{Text: p.T("Your roles"), URL: rolesAt},
			Lead: p.T("A trusted entity creator acts for others from sites that are entered here. What you declare of them is public."),
		},
		Enter: ui.Form{Action: sitesAt, Submit: p.T("Enter the site"), Next: p.T("An administrator looks at it. You are told by mail."), Controls: append([]ui.Control{
			{Kind: ui.ControlText, Name: "origin", Label: p.T("Address of the site"), Hint: p.T("It begins with https:// and has no path: sites of creators are reached over TLS only."), MaxLength: 200, Autocomplete: "url"},
		}, declareControls(p, account.SiteWords{})...)},
	}
	all, err := s.Creators.MySites(r.Context(), v.Actor)
	for _, site := range all {
		if !site.EndedAt.IsZero() {
			page.Over = append(page.Over, ui.Line{Icon: "server", Text: site.Words.Origin, Note: p.T("Ended {day}.", "day", p.Date(site.EndedAt.In(s.Zone()))) + " " + site.Words.Ended})
			continue
		}
		page.Sites = append(page.Sites, s.siteSheet(p, site))
	}
	return page, err
}

func (s *Pages) siteSheet(p lang.Printer, site account.CreatorSite) SiteSheet {
	id := site.ID.String()
	sheet := SiteSheet{
		ID: id, Origin: site.Words.Origin, State: ui.Tag{Kind: ui.TagProposal, Text: p.T("waits")},
		Declare: ui.Form{Action: sitesAt + "/" + id, Submit: p.T("Declare this from now on"), Controls: declareControls(p, site.Words)},
		End:     ui.Form{Action: sitesAt + "/" + id + "/end", Submit: p.T("End the site"), Danger: true, Next: p.T("Then you act for nobody from there. You can enter it again.")},
	}
	if site.Waits() {
		sheet.Proof, sheet.ProofAt = &ui.Copy{ID: "proof-" + id, Label: p.T("the text"), Text: site.Words.Proof}, site.Words.Origin+account.SiteProofPath
		return sheet
	}
	sheet.State = ui.Tag{Kind: ui.TagYours, Text: p.T("counts")}
	sheet.Badge = badgeAt + id + ".svg"
	sheet.Snippet = &ui.Copy{ID: "badge-" + id, Label: p.T("the badge"), Text: `<a href="` + s.Origin.URL(creatorsAt+"?site="+site.Words.Origin) + `"><img src="` + s.Origin.URL(sheet.Badge) + `" alt="` + p.T("Trusted entity creator: check it") + `" width="220" height="40"></a>`}
	return sheet
}

func (s *Pages) sites(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.sitesPage(r, v)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "account/creator-sites", page)
}

var errSession = habeas.Invalid("session", "Cookies of a creator’s site may hold the current session and nothing else. Change the site, then tick this.").WithCode("site.cookies")

// declared reads what a form declares.
func declared(f *edge.Form) account.SiteWords {
	w := account.SiteWords{
		Gathers: f.Text("gathers", account.MaxDeclared), Why: f.Text("why", account.MaxDeclared),
		LogDays: f.Int("logs", 0, account.MaxLogDays), Contact: f.String("contact", 200),
	}
	if f.String("session", 10) != "yes" {
		f.Fail("session", errSession)
	}
	return w
}

func (s *Pages) enterSite(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	words := declared(f)
	words.Origin = f.Required("origin", 200)
	if err = f.Err(); err == nil {
		err = s.Creators.EnterSite(r.Context(), v.Actor, words)
	}
	if err != nil {
		page, pageErr := s.sitesPage(r, v)
		if pageErr != nil {
			return pageErr
		}
		return s.Again(w, r, v, err, "account/creator-sites", &page, &page.Enter, f)
	}
	http.Redirect(w, r, sitesAt, http.StatusSeeOther)
	return nil
}

func (s *Pages) declareSite(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.SiteID) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	words := declared(f)
	if err = f.Err(); err == nil {
		err = s.Creators.DeclareSite(r.Context(), v.Actor, id, words)
	}
	if err != nil {
		page, pageErr := s.sitesPage(r, v)
		if pageErr != nil {
			return pageErr
		}
		for i := range page.Sites {
			if page.Sites[i].ID == id.String() {
				return s.Again(w, r, v, err, "account/creator-sites", &page, &page.Sites[i].Declare, f)
			}
		}
		return err
	}
	http.Redirect(w, r, sitesAt, http.StatusSeeOther)
	return nil
}

func (s *Pages) endSite(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.SiteID) error {
	if err := s.Creators.EndSite(r.Context(), v.Actor, id, ""); err != nil {
		return err
	}
	http.Redirect(w, r, sitesAt, http.StatusSeeOther)
	return nil
}
