package web

import (
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/lang"
)

// JoinPage is the data of account/join.
type JoinPage struct {
	Heading Heading
	Risk    Notice
	Form    Form
	SignIn  string // for those who have a passkey
}

var errAddressesDiffer = habeas.Invalid("again", "The two addresses are not the same. Type both again.").WithCode("email.mismatch")

// wanted is the path to come back to, of the query or the form.
func wanted(to string) string { return back(to, "") }

func (s *Site) joinForm(p lang.Printer, to string) JoinPage {
	var languages []Option
	for _, l := range s.languages(p.Lang) {
		languages = append(languages, Option{Value: l.Tag, Text: l.Name})
	}
	page := JoinPage{
		Heading: Heading{
			Title: p.T("Find the record about me"),
			Lead:  p.T("We send a code to your e-mail address. Whoever types it has shown that the address is theirs, and sees what is held about it."),
		},
		Risk: Notice{Kind: NoticeInfo, Text: p.T("Use an address that only you read. Whoever can read its mail can take over the record. If others read it too, add a passkey as soon as you are in.")},
		Form: Form{
			Action: "/join",
			Controls: []Control{
				{Kind: ControlEmail, Name: "address", Label: p.T("E-mail address"), Autocomplete: "email", MaxLength: maxAddress, CheckURL: "/join/check"},
				{Kind: ControlEmail, Name: "again", Label: p.T("The same address again"), Hint: p.T("A slip in one letter would send the code to somebody else."), Autocomplete: "off", MaxLength: maxAddress, Same: "address"},
				{Kind: ControlSelect, Name: "language", Label: p.T("Language of our mails"), Options: languages, Value: p.Lang},
			},
			Submit: p.T("Send me a code"),
			Next:   p.T("The code holds for 10 minutes. Until it is typed nothing happens, and nobody learns whether there is a record."),
		},
		SignIn: "/sign-in" + toQuery(to),
	}
	if to != "" {
		page.Form.Hidden = []Hidden{{"to", to}}
	}
	return page
}

func toQuery(to string) string {
	if to == "" {
		return ""
	}
	return "?to=" + url.QueryEscape(to)
}

func (s *Site) joinPage(w http.ResponseWriter, r *http.Request, v Visit) error {
	return s.Render(w, r, http.StatusOK, "account/join", s.joinForm(v.P, wanted(r.URL.Query().Get("to"))))
}

// typedAddress reads an address, and its repetition where the form has one.
func typedAddress(f *edge.Form, again bool) email.Address {
	address := formAddress(f, "address")
	if again && f.String("again", maxAddress) != f.String("address", maxAddress) {
		f.Fail("again", errAddressesDiffer)
	}
	return address
}

func formAddress(f *edge.Form, name string) email.Address {
	address, err := email.Parse(f.String(name, maxAddress))
	if found, ok := inputErrors(err); ok {
		f.Fail(name, found[0])
	}
	return address
}

func (s *Site) asking(w http.ResponseWriter, r *http.Request, address email.Address, language, to string) account.Asking {
	return account.Asking{
		Address: address, Language: language, To: wanted(to), Flow: s.flow(w, r), Client: s.Proxies.LimitKey(r),
	}
}

// join answers every address alike: with the page to type the code on.
func (s *Site) join(w http.ResponseWriter, r *http.Request, v Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	address := typedAddress(f, true)
	language := f.Choice("language", s.catalogue.Languages()...)
	to := f.String("to", 200)
	if err := f.Err(); err != nil {
		page := s.joinForm(v.P, wanted(to))
		return s.again(w, r, v, err, "account/join", &page, &page.Form, f)
	}
	if language == "" {
		language = v.P.Lang
	}
	id, err := s.Accounts.Ask(r.Context(), s.asking(w, r, address, language, to))
	if err != nil {
		return err
	}
	return toCode(w, r, id)
}

func toCode(w http.ResponseWriter, r *http.Request, id habeas.ChallengeID) error {
	http.Redirect(w, r, "/code?c="+id.String(), http.StatusSeeOther)
	return nil
}

// again shows a form once more with what was typed and what is wrong with it. An
// error that is not about input is returned for the error page.
func (s *Site) again(w http.ResponseWriter, r *http.Request, v Visit, err error, name string, page any, form *Form, typed *edge.Form) error {
	for i := range form.Controls {
		c := &form.Controls[i]
		if sent := typed.Typed(c.Name); sent != "" && c.Kind != ControlCheckbox && c.Kind != ControlCode {
			c.Value = sent
		}
	}
	if !form.Fail(v.P, err) {
		return err
	}
	return s.Render(w, r, http.StatusBadRequest, name, page)
}

// checkDomain hints at a likely slip in the domain while the form is filled in. It
// looks at the text alone, so that it tells nothing about anybody.
func (s *Site) checkDomain(w http.ResponseWriter, r *http.Request, v Visit) error {
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

// CodePage is the data of account/code.
type CodePage struct {
	Heading Heading
	Slip    *Notice // a likely slip in the address; nil for none
	Form    Form
	Again   string // where to ask for another code
}

func (s *Site) codeForm(r *http.Request, v Visit, c string) (CodePage, error) {
	p := v.P
	page := CodePage{
		Heading: Heading{
			Title: p.T("Type the code from your mail"),
			Lead:  p.T("It has eight digits and may take a minute to arrive. If it does not, look where your mail program puts unwanted mail."),
		},
		Form: Form{
			Action: "/code", Hidden: []Hidden{{"c", c}},
			Controls: []Control{{Kind: ControlCode, Name: "code", Label: p.T("Code"), Hint: p.T("With or without the space in the middle."), MaxLength: 20}},
			Submit:   p.T("Show that the address is mine"),
			Next:     p.T("Nobody who works here will ever ask you for this code."),
		},
		Again: "/join",
	}
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
			page.Slip = &Notice{Kind: NoticeWarning, Text: slip, Link: &Link{Text: p.T("Correct the address"), URL: page.Again}}
		}
	}
	return page, nil
}

// codePage only shows the form: a mail scanner that opens the link changes nothing
// (PTY-A19).
func (s *Site) codePage(w http.ResponseWriter, r *http.Request, v Visit) error {
	page, err := s.codeForm(r, v, r.URL.Query().Get("c"))
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "account/code", page)
}

func (s *Site) code(w http.ResponseWriter, r *http.Request, v Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	c, typed := f.String("c", 64), f.Code("code", codeDigits)
	var done account.Proved
	b, keep := s.browser(w, r, account.CodeLife)
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
		return s.again(w, r, v, err, "account/code", &page, &page.Form, f)
	}
	if done.SignedIn {
		keep()
	}
	http.Redirect(w, r, back(done.Next, "/me"), http.StatusSeeOther)
	return nil
}
