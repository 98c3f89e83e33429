package admin

import (
	"context"
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Creators is what the page about sites of trusted entity creators asks of the server. Everybody
// who is no administrator is refused.
type Creators interface {
	// SiteDesk lists all sites, newest first.
	SiteDesk(ctx context.Context, a habeas.Actor) ([]CreatorSite, error)
	// ConfirmSite takes what the site shows, as the actor has seen it.
	ConfirmSite(ctx context.Context, a habeas.Actor, id habeas.SiteID, shown string) error
	EndSite(ctx context.Context, a habeas.Actor, id habeas.SiteID, why string) error
}

// CreatorSite is a site with whose it is.
type CreatorSite struct {
	account.CreatorSite
	Organisation, Name string
	Own                bool // of the administrator who looks
}

const sitesPath = "/admin/creators"

func (s *Pages) mountCreators(m *edge.Mux) {
	if s.Creators == nil {
		return
	}
	s.Handle(m, ui.Administrator, "GET "+sitesPath, s.creatorSites)
	s.Handle(m, ui.Administrator, "POST "+sitesPath+"/{id}/confirm", ui.OnID("id", account.ErrNoSite, s.confirmSite))
	s.Handle(m, ui.Administrator, "POST "+sitesPath+"/{id}/end", ui.OnID("id", account.ErrNoSite, s.endSite))
}

// CreatorSitesPage is the data of admin/creators.
type CreatorSitesPage struct {
	Heading ui.Heading
	Sites   []CreatorSiteSheet
	Over    ui.Table
}

// CreatorSiteSheet is one site to decide about.
type CreatorSiteSheet struct {
	ID, Origin string
	State      ui.Tag
	Facts      []ui.FieldRow
	Proof      *ui.Link // where the site shows its text; nil: it is confirmed
	Confirm    *ui.Form
	End        ui.Form
}

func (s *Pages) creatorSitesPage(r *http.Request, v ui.Visit) (CreatorSitesPage, error) {
	p := v.P
	page := CreatorSitesPage{
		Heading: ui.Heading{Title: p.T("Sites of creators"), Lead: p.T("Trusted entity creators act for others from these sites. A site counts once you have seen that its creator runs it.")},
		Over:    ui.Table{ID: "over", Caption: p.T("Sites that have ended"), Columns: []ui.Column{{Text: p.T("Site")}, {Text: p.T("Why")}, {Text: p.T("Ended")}}},
	}
	all, err := s.Creators.SiteDesk(r.Context(), v.Actor)
	for _, site := range all {
		if !site.EndedAt.IsZero() {
			page.Over.Rows = append(page.Over.Rows, []ui.Cell{{Text: site.Words.Origin}, {Text: site.Words.Ended}, {Text: p.DateTime(site.EndedAt, s.Zone())}})
			continue
		}
		page.Sites = append(page.Sites, s.siteSheet(p, site))
	}
	return page, err
}

func (s *Pages) siteSheet(p lang.Printer, site CreatorSite) CreatorSiteSheet {
	id, w := site.ID.String(), site.Words
	logs := p.T("none")
	if w.LogDays > 0 {
		logs = p.Plural(w.LogDays, "for {n} day", "for {n} days")
	}
	sheet := CreatorSiteSheet{
		ID: id, Origin: w.Origin, State: ui.Tag{Kind: ui.TagYours, Text: p.T("confirmed")},
		Facts: []ui.FieldRow{
			{Label: p.T("Creator"), Value: site.Organisation + " · " + site.Name},
			{Label: p.T("Entered"), Value: p.DateTime(site.At, s.Zone())},
			{Label: p.T("Gathers"), Value: w.Gathers},
			{Label: p.T("Uses it for"), Value: w.Why},
			{Label: p.T("Logs of who was there"), Value: logs},
			{Label: p.T("Contact"), Value: w.Contact},
		},
		End: ui.Form{Action: sitesPath + "/" + id + "/end", Submit: p.T("End the site"), Danger: true, Controls: []ui.Control{
			{Kind: ui.ControlTextarea, Name: "why", Label: p.T("Why"), MaxLength: 500, Hint: p.T("The creator reads it.")},
		}},
	}
	if site.Waits() {
		sheet.State = ui.Tag{Kind: ui.TagProposal, Text: p.T("waits")}
		sheet.Proof = &ui.Link{Text: w.Origin + account.SiteProofPath, URL: w.Origin + account.SiteProofPath}
		if !site.Own {
			sheet.Confirm = &ui.Form{Action: sitesPath + "/" + id + "/confirm", Submit: p.T("Confirm the site"), Controls: []ui.Control{
				{Kind: ui.ControlText, Name: "shown", Label: p.T("What the site shows there"), MaxLength: 100, Autocomplete: "off", Hint: p.T("Open the address in this browser and copy the text. Compare too what is declared with what the site does.")},
			}}
		}
	}
	return sheet
}

func (s *Pages) creatorSites(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.creatorSitesPage(r, v)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "admin/creators", page)
}

// decideSite does what a form of a site asks for, or shows it again.
func (s *Pages) decideSite(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.SiteID, do func(f *edge.Form) error, form func(*CreatorSiteSheet) *ui.Form) error {
	f, err := edge.DecodeForm(w, r, blockForm)
	if err != nil {
		return err
	}
	if err = do(f); err == nil {
		http.Redirect(w, r, sitesPath, http.StatusSeeOther)
		return nil
	}
	page, wrong := s.creatorSitesPage(r, v)
	if wrong != nil {
		return wrong
	}
	for i := range page.Sites {
		if at := form(&page.Sites[i]); page.Sites[i].ID == id.String() && at != nil {
			return s.Again(w, r, v, err, "admin/creators", &page, at, f)
		}
	}
	return err
}

func (s *Pages) confirmSite(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.SiteID) error {
	return s.decideSite(w, r, v, id, func(f *edge.Form) error {
		shown := f.Required("shown", 100)
		if err := f.Err(); err != nil {
			return err
		}
		return renamed(s.Creators.ConfirmSite(r.Context(), v.Actor, id, shown), "proof", "shown")
	}, func(sheet *CreatorSiteSheet) *ui.Form { return sheet.Confirm })
}

func (s *Pages) endSite(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.SiteID) error {
	return s.decideSite(w, r, v, id, func(f *edge.Form) error {
		why := f.Text("why", 500)
		if err := f.Err(); err != nil {
			return err
		}
		return s.Creators.EndSite(r.Context(), v.Actor, id, why)
	}, func(sheet *CreatorSiteSheet) *ui.Form { return &sheet.End })
}
