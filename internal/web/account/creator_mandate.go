package account

import (
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// MandateHeld is whom somebody lets act for them, with what was done.
type MandateHeld struct {
	account.Mandate
	Certificates int                    // that were asked for under it
	Acts         []account.Contribution // of which its person is the author, newest first
}

// Registering is who wants to register the reader of a mail.
type Registering struct {
	Words account.MandateWords
	Site  habeas.SiteID
}

const (
	mandatesAt = "/me/creators"
	behalfAt   = "/registering"
)

func (s *Pages) mountMandates(m *edge.Mux) {
	s.Handle(m, ui.SignedIn, "GET "+mandatesAt, s.mandates)
	s.Handle(m, ui.SignedIn, "POST "+mandatesAt, s.giveMandate)
	s.Handle(m, ui.SignedIn, "POST "+mandatesAt+"/{id}/end", ui.OnID("id", account.ErrMandateNone, s.endMandate))
	s.Handle(m, ui.Anybody, "GET "+behalfAt, s.Limited(s.registeringPage))
	s.Handle(m, ui.Anybody, "POST "+behalfAt, s.Limited(s.encrypted(s.registering)))
}

// MandatesPage is the data of account/mandates.
type MandatesPage struct {
	Heading ui.Heading
	Stand   []MandateSheet
	Over    []MandateSheet
	Give    *ui.Form // nil: there is no creator to choose
}

// MandateSheet is one creator that acts or acted for the reader.
type MandateSheet struct {
	Name   string
	State  ui.Tag
	Facts  []ui.FieldRow
	Said   string // the words that were agreed to
	Action string // that ends it; empty: it has ended
}

func (s *Pages) mandatesPage(r *http.Request, v ui.Visit) (MandatesPage, error) {
	p := v.P
	page := MandatesPage{Heading: ui.Heading{
		Title: p.T("Who acts for you"),
		Lead:  p.T("Trusted entity creators that you let act for you, in which words, and what they did. You end it here, and it counts at once."),
	}}
	all, err := s.Creators.Mandates(r.Context(), v.Actor)
	if err != nil {
		return page, err
	}
	standing := map[habeas.SiteID]bool{}
	for _, m := range all {
		sheet := s.mandateSheet(p, m)
		if m.Stands() {
			standing[m.Site] = true
			page.Stand = append(page.Stand, sheet)
		} else {
			page.Over = append(page.Over, sheet)
		}
	}
	creators, err := s.Roles.Sites(r.Context())
	if err != nil {
		return page, err
	}
	choice := ui.Control{Kind: ui.ControlSelect, Name: "site", Label: p.T("Creator")}
	for _, c := range creators {
		for _, site := range c.Sites {
			if site.Account != v.Account && !standing[site.ID] {
				choice.Options = append(choice.Options, ui.Option{Value: site.ID.String(), Text: named(c.Organisation, site.Words.Origin)})
			}
		}
	}
	if len(choice.Options) > 0 {
		agree := ui.Control{Kind: ui.ControlCheckbox, Name: "agree", Value: "yes", Label: p.T(account.MandateText)}
		page.Give = &ui.Form{Action: mandatesAt, Controls: []ui.Control{choice, agree}, Submit: p.T("Let this creator act for me")}
	}
	return page, nil
}

// named is an organisation with its site.
func named(organisation, origin string) string {
	if organisation == "" {
		return origin
	}
	return organisation + " · " + origin
}

func (s *Pages) mandateSheet(p lang.Printer, m MandateHeld) MandateSheet {
	sheet := MandateSheet{
		Name: m.Words.Name(), State: ui.Tag{Kind: ui.TagYours, Text: p.T("may act for you")}, Said: m.Words.Text, Action: mandatesAt + "/" + m.ID.String() + "/end",
		Facts: []ui.FieldRow{{Label: p.T("Site"), Value: m.Words.Site}, {Label: p.T("Since"), Value: p.DateTime(m.At, s.Zone())}, {Label: p.T("How you agreed"), Value: mannerWords(p, m.Words)}},
	}
	if m.Words.Text == account.MandateText {
		sheet.Said = p.T(account.MandateText)
	}
	if !m.Stands() {
		sheet.State, sheet.Action = ui.Tag{Kind: ui.TagQuiet, Text: p.T("ended")}, ""
		sheet.Facts = append(sheet.Facts, ui.FieldRow{Label: p.T("Ended"), Value: p.DateTime(m.EndedAt, s.Zone())})
	}
	done := ui.FieldRow{Label: p.T("What it did"), Value: p.T("nothing yet")}
	switch {
	case len(m.Acts) > 0:
		done.Value = p.Plural(len(m.Acts), "{n} entry or change of an entity", "{n} entries and changes of entities") + ", " + p.DateTime(m.Acts[0].At, s.Zone())
	case m.Certificates > 0:
		done.Value = p.Plural(m.Certificates, "registered you: {n} certificate", "registered you: {n} certificates")
	}
	sheet.Facts = append(sheet.Facts, done)
	return sheet
}

// mannerWords says how consent was given, by whose word.
func mannerWords(p lang.Printer, w account.MandateWords) string {
	switch {
	case w.Where == account.MandateOnPage:
		return p.T("On this page.")
	case w.Manner == account.ConsentImplicit:
		return p.T("By registering there, as the creator says (implicit), and by the mailed code.")
	}
	return p.T("By a step of its own there, as the creator says (explicit), and by the mailed code.")
}

func (s *Pages) mandates(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.mandatesPage(r, v)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "account/mandates", page)
}

var errMandateAgree = habeas.Invalid("agree", "Tick that you agree, or leave it as it is.").WithCode("mandate.agree")

func (s *Pages) giveMandate(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	id, wrong := habeas.ParseID[habeas.SiteKind](f.String("site", 64))
	if wrong != nil {
		f.Fail("site", habeas.Invalid("site", "Choose one of the options.").WithCode("form.choice"))
	}
	if f.String("agree", 10) != "yes" {
		f.Fail("agree", errMandateAgree)
	}
	if err = f.Err(); err == nil {
		err = s.Creators.GiveMandate(r.Context(), v.Actor, id)
	}
	if err != nil {
		page, pageErr := s.mandatesPage(r, v)
		if pageErr != nil {
			return pageErr
		}
		if page.Give == nil {
			return err
		}
		return s.Again(w, r, v, err, "account/mandates", &page, page.Give, f)
	}
	http.Redirect(w, r, mandatesAt, http.StatusSeeOther)
	return nil
}

func (s *Pages) endMandate(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.MandateID) error {
	if err := s.Creators.EndMandate(r.Context(), v.Actor, id); err != nil {
		return err
	}
	http.Redirect(w, r, mandatesAt, http.StatusSeeOther)
	return nil
}

// RegisteringPage is the data of account/registering.
type RegisteringPage struct {
	Heading ui.Heading
	Facts   []CreatorFact
	Said    string
	Check   ui.Link
	Form    ui.Form
	Done    *ui.Notice // the code was right
}

func (s *Pages) registeringForm(r *http.Request, v ui.Visit, c string) (RegisteringPage, error) {
	p := v.P
	id, _ := habeas.ParseID[habeas.ChallengeKind](c) // an unreadable one is the id of no challenge
	who, err := s.Creators.Registering(r.Context(), id)
	if err != nil {
		return RegisteringPage{}, err
	}
	return RegisteringPage{
		Heading: ui.Heading{
			Title: p.T("{creator} wants to register you", "creator", who.Words.Name()),
			Lead:  p.T("You began this at the site of a trusted entity creator. Type the code from your mail here or there: it is the same."),
		},
		Facts: []CreatorFact{
			{p.T("Creator"), who.Words.Name()},
			{p.T("Site"), who.Words.Site},
			{p.T("What you get"), p.T("A registration and its certificate. The key was made in your browser, and nobody else has it.")},
			{p.T("What the creator gets"), p.T("The certificate, and the right to act for you until you end that.")},
		},
		Said: who.Words.Text, Check: ui.Link{Text: p.T("Check this creator"), URL: creatorsAt + "?site=" + who.Words.Site},
		Form: ui.Form{
			Action: behalfAt, Hidden: []ui.Hidden{{Name: "c", Value: c}}, Submit: p.T("Register me"),
			Controls: []ui.Control{{Kind: ui.ControlCode, Name: "code", Label: p.T("Code from the mail"), Autocomplete: "one-time-code"}},
			Next:     p.T("If you did not begin this, close the page: without the code nothing happens."),
		},
	}, nil
}

// registeringPage only shows: whoever opens the link changes nothing.
func (s *Pages) registeringPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	if r.URL.Query().Get("done") == "yes" {
		p := v.P
		return s.Render(w, r, http.StatusOK, "account/registering", RegisteringPage{
			Heading: ui.Heading{Title: p.T("You are registered")},
			Done: &ui.Notice{
				Kind: ui.NoticeDone, Text: p.T("Go back to the page where you began: it makes your registration file. Who acts for you, and how to end that, is on a page of your account."),
				Link: &ui.Link{Text: p.T("Who acts for you"), URL: mandatesAt},
			},
		})
	}
	page, err := s.registeringForm(r, v, r.URL.Query().Get("c"))
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "account/registering", page)
}

func (s *Pages) registering(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	c, typed := f.String("c", 64), f.Code("code", ui.CodeDigits)
	id, _ := habeas.ParseID[habeas.ChallengeKind](c)
	if err = f.Err(); err == nil {
		err = s.Creators.ConfirmHere(r.Context(), v.Actor, id, typed)
	}
	if err != nil {
		page, pageErr := s.registeringForm(r, v, c)
		if pageErr != nil {
			return err
		}
		return s.Again(w, r, v, err, "account/registering", &page, &page.Form, f)
	}
	http.Redirect(w, r, behalfAt+"?done=yes", http.StatusSeeOther)
	return nil
}
