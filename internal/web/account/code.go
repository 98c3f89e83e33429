package account

import (
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/session"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// JoinPage is the data of account/join.
type JoinPage struct {
	Heading ui.Heading
	Risk    ui.Notice
	Form    ui.Form
	SignIn  string // for those who have a passkey
}

// wanted is the path to come back to, of the query or the form.
func wanted(to string) string { return ui.LocalPath(to, "") }

func (s *Pages) joinForm(p lang.Printer, to string) JoinPage {
	var languages []ui.Option
	for _, l := range s.Languages(p.Lang) {
		languages = append(languages, ui.Option{Value: l.Tag, Text: l.Name})
	}
	page := JoinPage{
		Heading: ui.Heading{
			Title: p.T("Find the record about me"),
			Lead:  p.T("We send a code to your e-mail address. Whoever types it has shown that the address is theirs, and sees what is held about it."),
		},
		Risk: ui.Notice{Kind: ui.NoticeInfo, Text: p.T("Use an address that only you read. Whoever can read its mail can take over the record. If others read it too, add a passkey as soon as you are in.")},
		Form: ui.Form{
			Action: "/join",
			Controls: []ui.Control{
				{Kind: ui.ControlEmail, Name: "address", Label: p.T("E-mail address"), Autocomplete: "email", MaxLength: ui.MaxAddress, CheckURL: "/join/check"},
				{Kind: ui.ControlEmail, Name: "again", Label: p.T("The same address again"), Hint: p.T("A slip in one letter would send the code to somebody else."), Autocomplete: "off", MaxLength: ui.MaxAddress, Same: "address"},
				{Kind: ui.ControlSelect, Name: "language", Label: p.T("Language of our mails"), Options: languages, Value: p.Lang},
			},
			Submit: p.T("Send me a code"),
			Next:   p.T("The code holds for 10 minutes. Until it is typed nothing happens, and nobody learns whether there is a record."),
		},
		SignIn: "/sign-in" + toQuery(to),
	}
	if to != "" {
		page.Form.Hidden = []ui.Hidden{{Name: "to", Value: to}}
	}
	return page
}

func toQuery(to string) string {
	if to == "" {
		return ""
	}
	return "?to=" + url.QueryEscape(to)
}

func (s *Pages) joinPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	return s.Render(w, r, http.StatusOK, "account/join", s.joinForm(v.P, wanted(r.URL.Query().Get("to"))))
}

func (s *Pages) asking(w http.ResponseWriter, r *http.Request, address email.Address, language, to string) account.Asking {
	return account.Asking{
		Address: address, Language: language, To: wanted(to), Flow: s.flow(w, r), Client: s.Proxies.LimitKey(r),
	}
}

// join answers every address alike: with the page to type the code on.
func (s *Pages) join(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	ui.Typed(r, f, "address", "again")
	address := ui.TypedAddress(f, true)
	var tags []string
	for _, l := range s.Languages("") {
		tags = append(tags, l.Tag)
	}
	language := f.Choice("language", tags...)
	to := f.String("to", 200)
	if err := f.Err(); err != nil {
		page := s.joinForm(v.P, wanted(to))
		return s.Again(w, r, v, err, "account/join", &page, &page.Form, f)
	}
	if language == "" {
		language = v.P.Lang
	}
	id, err := s.Accounts.Ask(r.Context(), s.asking(w, r, address, language, to))
	if err != nil {
		return err
	}
	ui.Reached(r, "code asked for")
	return toCode(w, r, id)
}

func toCode(w http.ResponseWriter, r *http.Request, id habeas.ChallengeID) error {
	http.Redirect(w, r, "/code?c="+id.String(), http.StatusSeeOther)
	return nil
}

// checkDomain hints at a likely slip in the domain while the form is filled in. It
// looks at the text alone, so that it tells nothing about anybody.
func (s *Pages) checkDomain(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	in, err := edge.DecodeJSON[struct {
		Value string `json:"value"`
	}](w, r, 4<<10)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]string{"hint": suggestion(v.P, in.Value)})
	if err != nil {
		return habeas.Internal(err)
	}
	return writeJSON(w, body)
}

// suggestion asks whether another domain was meant; "" for no reason to ask.
func suggestion(p lang.Printer, typed string) string {
	address, err := email.Parse(typed)
	if err != nil {
		return ""
	}
	for _, s := range email.Suggest(address) {
		return p.T("Did you mean {address}?", "address", s.Address)
	}
	return ""
}

func (s *Pages) codeForm(r *http.Request, v ui.Visit, c string) (ui.CodePage, error) {
	p := v.P
	page := ui.NewCodePage(p, "/code", "/join", c)
	flow, _ := s.Cookies.Flow(r)
	id, err := habeas.ParseID[habeas.ChallengeKind](c)
	if err != nil {
		return page, nil // the form says so when a code is typed
	}
	waiting, err := s.Accounts.Waiting(r.Context(), id, account.Token(flow))
	if err != nil {
		return page, err
	}
	page.Again = "/join" + toQuery(waiting.To)
	if waiting.Sent != "" {
		page.Heading.Lead = p.T("We sent it to {address}. It has eight digits and may take a minute to arrive. If it does not, look where your mail program puts unwanted mail.", "address", waiting.Sent)
		if slip := suggestion(p, waiting.Sent); slip != "" {
			page.Slip = &ui.Notice{Kind: ui.NoticeWarning, Text: slip, Link: &ui.Link{Text: p.T("Correct the address"), URL: page.Again}}
		}
	}
	return page, nil
}

// codePage only shows the form: a mail scanner that opens the link changes nothing
// (PTY-A19).
func (s *Pages) codePage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.codeForm(r, v, r.URL.Query().Get("c"))
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "public/code", page)
}

func (s *Pages) code(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	ui.Typed(r, f, "code")
	c, typed := f.String("c", 64), f.Code("code", ui.CodeDigits)
	var done account.Proved
	b, keep := NewBrowser(s.Base, w, r, account.CodeLife)
	if err = f.Err(); err == nil {
		// An unreadable id is the id of no challenge: the answer is the same.
		id, _ := habeas.ParseID[habeas.ChallengeKind](c)
		done, err = s.Accounts.Prove(r.Context(), v.Actor, id, typed, b)
	}
	if err != nil {
		page, pageErr := s.codeForm(r, v, c)
		if pageErr != nil {
			return pageErr
		}
		return s.Again(w, r, v, err, "public/code", &page, &page.Form, f)
	}
	if done.SignedIn {
		keep()
		s.Cookies.KeepFlow(w, r, account.KnownBrowserFor) // this browser keeps its share of codes
	}
	if ui.Reached(r, "address proved"); ui.LocalPath(done.Next, "/me") != "/recover" {
		ui.FlowEnds(r, ui.FlowSignIn, session.Completed)
	}
	http.Redirect(w, r, ui.LocalPath(done.Next, "/me"), http.StatusSeeOther)
	return nil
}
