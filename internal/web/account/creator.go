package account

import (
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

const (
	creatorsAt = "/creators"
	// maxCreatorText is the length of a name or number that is asked about, in characters.
	maxCreatorText = 200
)

func (s *Pages) mountCreators(m *edge.Mux) {
	s.Handle(m, ui.Anybody, "GET "+creatorsAt, s.Limited(s.creators))
	s.Handle(m, ui.Anybody, "POST "+creatorsAt, s.Limited(s.creatorFile))
	s.Handle(m, ui.Anybody, "GET "+creatorsAt+".json", s.Limited(s.creatorsJSON))
}

// CreatorsPage is the data of account/creators.
type CreatorsPage struct {
	Heading ui.Heading
	Answer  *ui.Notice // nil: nothing was asked
	Facts   []CreatorFact
	Sites   []CreatorSheet // of the creator that was asked about
	Ask     ui.Form
	File    ui.Form
	All     []CreatorSheet // when nothing was asked
}

// CreatorSheet is a confirmed site with what it declares.
type CreatorSheet struct {
	Origin, Organisation string
	Facts                []CreatorFact
}

func creatorSheets(p lang.Printer, a account.CreatorAnswer) (out []CreatorSheet) {
	for _, site := range a.Sites {
		logs := p.T("none")
		if n := site.Words.LogDays; n > 0 {
			logs = p.Plural(n, "for {n} day", "for {n} days")
		}
		out = append(out, CreatorSheet{Origin: site.Words.Origin, Organisation: a.Organisation, Facts: []CreatorFact{
			{p.T("Gathers"), site.Words.Gathers},
			{p.T("Uses it for"), site.Words.Why},
			{p.T("Logs of who was there"), logs},
			{p.T("Cookies"), p.T("the current session at most")},
			{p.T("Contact"), site.Words.Contact},
		}})
	}
	return out
}

// CreatorFact is one line of what a creator's certificate shows.
type CreatorFact struct{ Label, Text string }

func creatorsPage(p lang.Printer) CreatorsPage {
	return CreatorsPage{
		Heading: ui.Heading{
			Title: p.T("Is this a trusted entity creator?"),
			Lead:  p.T("Trusted entity creators may enter entities here on behalf of others. Check a site that says it is one, before you trust it. You need no account."),
		},
		Ask: ui.Form{
			Action: creatorsAt, Get: true, Submit: p.T("Check it"),
			Controls: []ui.Control{
				{Kind: ui.ControlText, Name: "organisation", Label: p.T("Name of the organisation"), Optional: true, MaxLength: maxCreatorText, Autocomplete: "off", Hint: p.T("As its certificate has it, to the letter.")},
				{Kind: ui.ControlText, Name: "site", Label: p.T("Address of its site"), Optional: true, MaxLength: maxCreatorText, Autocomplete: "off"},
				{Kind: ui.ControlText, Name: "number", Label: p.T("Number of its certificate"), Optional: true, MaxLength: maxCreatorText, Autocomplete: "off"},
			},
		},
		File: ui.Form{
			Action: creatorsAt, Upload: true, Submit: p.T("Check the certificate"),
			Controls: []ui.Control{{Kind: ui.ControlFile, Name: "file", Label: p.T("Certificate that you were shown"), Accept: ".ac,.pem,.cer,.crt,.der", Hint: p.T("It is looked at and kept nowhere.")}},
		},
	}
}

// tell puts an answer into the page.
func (s *Pages) tell(p lang.Printer, page *CreatorsPage, a account.CreatorAnswer) {
	switch {
	case a.Problem != nil:
		page.Answer = &ui.Notice{Kind: ui.NoticeDanger, Title: p.T("Do not trust this certificate"), Text: ui.ErrorText(p, a.Problem)}
	case !a.Current:
		page.Answer = &ui.Notice{Kind: ui.NoticeWarning, Title: p.T("Not a trusted entity creator"), Text: p.T("Nobody who fits this may create entities here now.")}
	default:
		page.Answer = &ui.Notice{Kind: ui.NoticeDone, Title: p.T("A trusted entity creator"), Text: p.T("It may enter entities here on behalf of others.")}
		name := a.Organisation
		if name == "" {
			name = p.T("None: the certificate names no organisation.")
		}
		page.Facts = []CreatorFact{
			{p.T("Organisation"), name},
			{p.T("Country"), ui.Shown(p, party.Country, a.Country)},
			{p.T("Creator since"), p.Date(a.Since.In(s.Zone()))},
			{p.T("At the latest until"), p.Date(a.Until.In(s.Zone()))},
			{p.T("Number of the certificate"), a.Number},
		}
		page.Sites = creatorSheets(p, a)
	}
}

func question(r *http.Request) account.CreatorQuestion {
	q := r.URL.Query()
	cut := func(name string) string {
		text := []rune(q.Get(name))
		return string(text[:min(len(text), maxCreatorText)])
	}
	return account.CreatorQuestion{Organisation: cut("organisation"), Site: cut("site"), Number: cut("number")}
}

func (s *Pages) creators(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, q := creatorsPage(v.P), question(r)
	if r.URL.RawQuery == "" {
		all, err := s.Roles.Sites(r.Context())
		if err != nil {
			return err
		}
		for _, a := range all {
			page.All = append(page.All, creatorSheets(v.P, a)...)
		}
		return s.Render(w, r, http.StatusOK, "account/creators", page)
	}
	page.Ask.Controls[0].Value, page.Ask.Controls[1].Value, page.Ask.Controls[2].Value = q.Organisation, q.Site, q.Number
	a, err := s.Roles.Creator(r.Context(), q)
	if err != nil {
		if !page.Ask.Fail(v.P, err) {
			return err
		}
		return s.Render(w, r, http.StatusBadRequest, "account/creators", page)
	}
	s.tell(v.P, &page, a)
	return s.Render(w, r, http.StatusOK, "account/creators", page)
}

// creatorFile answers about a certificate. It changes nothing, so it shows its answer itself.
func (s *Pages) creatorFile(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	u, err := edge.DecodeUpload(w, r, account.MaxCreatorFile)
	if err != nil {
		return err
	}
	page := creatorsPage(v.P)
	var file []byte
	if u.File != nil {
		if file, err = io.ReadAll(u.File); err != nil {
			return err
		}
	}
	if len(file) == 0 {
		u.Fail("file", account.ErrCreatorFile)
	}
	var a account.CreatorAnswer
	if err = u.Err(); err == nil {
		a, err = s.Roles.Creator(r.Context(), account.CreatorQuestion{File: file})
	}
	if err != nil {
		return s.Again(w, r, v, err, "account/creators", &page, &page.File, u.Form)
	}
	s.tell(v.P, &page, a)
	return s.Render(w, r, http.StatusOK, "account/creators", page)
}

// creatorJSON is the answer for programs.
type creatorJSON struct {
	Current      bool       `json:"current"`
	Organisation string     `json:"organisation,omitempty"`
	Country      string     `json:"country,omitempty"`
	Number       string     `json:"number,omitempty"`
	Since        *time.Time `json:"since,omitempty"`
	Until        *time.Time `json:"until,omitempty"`
	Sites        []siteJSON `json:"sites,omitempty"`
}

// siteJSON is what a site declares, for programs.
type siteJSON struct {
	Origin   string `json:"origin"`
	Gathers  string `json:"gathers"`
	Why      string `json:"why"`
	LogDays  int    `json:"identityLogDays"`
	Cookies  string `json:"cookies"` // "session": the current one at most
	Contact  string `json:"contact"`
	BadgeURL string `json:"badge"`
}

func (s *Pages) creatorsJSON(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	a, err := s.Roles.Creator(r.Context(), question(r))
	if err != nil {
		return err
	}
	out := creatorJSON{Current: a.Current, Organisation: a.Organisation, Country: a.Country, Number: a.Number}
	if a.Current {
		out.Since, out.Until = &a.Since, &a.Until
		for _, site := range a.Sites {
			w := site.Words
			out.Sites = append(out.Sites, siteJSON{w.Origin, w.Gathers, w.Why, w.LogDays, "session", w.Contact, s.Origin.URL(badgeAt + site.ID.String() + ".svg")})
		}
	}
	body, err := json.Marshal(out)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store") // what is true now may not be in a minute
	return writeJSON(w, body)
}
