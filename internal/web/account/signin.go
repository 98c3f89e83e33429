package account

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/session"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// SignInPage is the data of account/sign-in.
type SignInPage struct {
	Heading   ui.Heading
	Passkey   ui.Passkey
	Providers []ProviderButton
	// Certificate leads to the port for certificates, if there is one.
	Certificate []ProviderButton
	Mail        ui.Form
}

func (s *Pages) signInForm(p lang.Printer, to string) SignInPage {
	page := SignInPage{
		Heading: ui.Heading{Title: p.T("Sign in"), Lead: p.T("With the passkey on this device, on your phone or on a security key.")},
		Passkey: ui.Passkey{
			OptionsURL: "/sign-in/passkey/options", FinishURL: "/sign-in/passkey" + toQuery(to), Button: p.T("Sign in with a passkey"),
		},
		Mail: ui.Form{
			Action: "/sign-in/code",
			Controls: []ui.Control{
				{Kind: ui.ControlEmail, Name: "address", Label: p.T("E-mail address"), Autocomplete: "username webauthn", MaxLength: ui.MaxAddress},
			},
			Submit: p.T("Mail me a code"),
			Next:   p.T("If your account has a passkey, a code opens nothing but its recovery: that ends every sign-in and removes all passkeys."),
		},
	}
	if to != "" {
		page.Mail.Hidden = []ui.Hidden{{Name: "to", Value: to}}
	}
	page.Providers, page.Certificate = s.providerButtons(p, to), s.certificateButton(p, to)
	return page
}

func (s *Pages) signInPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	to := wanted(r.URL.Query().Get("to"))
	if !v.Account.IsZero() {
		http.Redirect(w, r, ui.LocalPath(to, "/me"), http.StatusSeeOther)
		return nil
	}
	return s.Render(w, r, http.StatusOK, "account/sign-in", s.signInForm(v.P, to))
}

func (s *Pages) signInByCode(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	ui.Typed(r, f, "address")
	address, to := ui.TypedAddress(f, false), f.String("to", 200)
	if err := f.Err(); err != nil {
		page := s.signInForm(v.P, wanted(to))
		return s.Again(w, r, v, err, "account/sign-in", &page, &page.Mail, f)
	}
	id, err := s.Accounts.Ask(r.Context(), s.asking(w, r, address, v.P.Lang, to))
	if err != nil {
		return err
	}
	ui.Reached(r, "code asked for")
	return toCode(w, r, id)
}

func (s *Pages) passkeyOptions(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	if _, err := edge.DecodeJSON[struct{}](w, r, 4<<10); err != nil {
		return err
	}
	options, err := s.Accounts.PasskeyOptions(r.Context(), s.flow(w, r))
	if err != nil {
		return err
	}
	return writeJSON(w, options)
}

func (s *Pages) passkeySignIn(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	answer, err := edge.DecodeJSON[jsontext.Value](w, r, passkeyAnswer)
	if err != nil {
		return err
	}
	b, keep := NewBrowser(s.Base, w, r, account.PasskeyLife)
	if err := s.Accounts.PasskeySignIn(r.Context(), answer, b); err != nil {
		return err
	}
	keep()
	ui.FlowEnds(r, ui.FlowSignIn, session.Completed)
	return goOn(w, ui.LocalPath(r.URL.Query().Get("to"), "/me"))
}

// goOn tells the passkey script where to go.
func goOn(w http.ResponseWriter, path string) error {
	body, err := json.Marshal(map[string]string{"location": path})
	if err != nil {
		return habeas.Internal(err)
	}
	return writeJSON(w, body)
}

func (s *Pages) signOut(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	if sign, ok := s.Cookies.SignIn(r); ok {
		if err := s.Accounts.SignOut(r.Context(), account.Token(sign)); err != nil {
			return err
		}
	}
	// Not "cookies": browsers would delete those of every server of the organisation's domain.
	// On a machine that others use, too, the mark of the browser and its preferences go as well
	// (PRX-05). Elsewhere the mark stays, which opens nothing: by it the codes that its person
	// asks for are counted apart from those that strangers ask for (ADR 0018).
	s.Cookies.EndSignIn(w)
	s.Cookies.EndVisit(w)
	if r.URL.Query().Get("machine") == "shared" {
		s.Cookies.EndFlow(w)
		s.EndPreferences(w)
	}
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

// RecoverPage is the data of account/recover.
type RecoverPage struct {
	Heading   ui.Heading
	Passkeys  []ui.Line
	Providers []ui.Line
	Certified []ui.Line // the certificate that counts
	Addresses []ui.Line
	SignIns   []ui.Line
	Roles     bool // the account holds roles, which end too
	Form      ui.Form
}

func (s *Pages) recoverPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	sign, _ := s.Cookies.SignIn(r)
	h, err := s.Accounts.Recovering(r.Context(), account.Token(sign))
	if habeas.KindOf(err) == habeas.KindForbidden {
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	p := v.P
	page := RecoverPage{
		Heading: ui.Heading{
			Title: p.T("Recover your account"),
			Lead:  p.T("You have shown that the main address is yours. The account has a passkey, so a code alone does not open it. If you have the passkey, sign in with it instead."),
			Back:  &ui.Link{Text: p.T("Sign in with a passkey"), URL: "/sign-in"},
		},
		Passkeys: s.passkeyLines(p, h, ""), Providers: s.linkLines(p, h, ""), Certified: s.certificateLines(p, h), Addresses: s.addressLines(p, h), SignIns: s.signInLines(p, h, account.Token(sign)),
		Form: ui.Form{
			Action: "/recover", Danger: true, Submit: p.T("End all this and recover my account"),
			Cancel: &ui.Link{Text: p.T("Leave everything as it is"), URL: "/"},
			Next:   p.T("This cannot be undone. Every address of the account is told. Your records stay yours. Then you add a new passkey."),
		},
	}
	if len(h.Passkeys) == 0 { // then it stands on a provider's word
		page.Heading.Lead = p.T("You have shown that the main address is yours. The account was opened on the word of an identity provider, so a code alone does not open it. If that was you, sign in there instead.")
		page.Heading.Back.Text = p.T("Sign in as you usually do")
	}
	for _, role := range slices.Concat(h.Roles, h.Waiting) {
		page.Roles = page.Roles || account.Grantable(role)
	}
	return s.Render(w, r, http.StatusOK, "account/recover", page)
}

func (s *Pages) recover(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	if err := f.Err(); err != nil {
		return err
	}
	sign, _ := s.Cookies.SignIn(r)
	b, keep := NewBrowser(s.Base, w, r, account.CodeLife)
	if err := s.Accounts.Recover(r.Context(), account.Token(sign), b); err != nil {
		return err
	}
	keep()
	ui.Reached(r, "recovered")
	ui.FlowEnds(r, ui.FlowSignIn, session.Completed)
	http.Redirect(w, r, "/me/credentials?done=recovered", http.StatusSeeOther)
	return nil
}

// FirstPage is the data of account/first.
type FirstPage struct {
	Heading ui.Heading
	Form    ui.Form
}

func firstForm(p lang.Printer, link string) FirstPage {
	return FirstPage{
		Heading: ui.Heading{
			Title: p.T("Become authorization manager and first administrator"),
			Lead:  p.T("We send a code to your e-mail address. After it is typed you add a passkey and make your registration file. From then on you decide who works here."),
		},
		Form: ui.Form{
			Action: "/first-administrator", Hidden: []ui.Hidden{{Name: "t", Value: link}},
			Controls: []ui.Control{
				{Kind: ui.ControlEmail, Name: "address", Label: p.T("E-mail address"), Autocomplete: "email", MaxLength: ui.MaxAddress, CheckURL: "/join/check"},
				{Kind: ui.ControlEmail, Name: "again", Label: p.T("The same address again"), Autocomplete: "off", MaxLength: ui.MaxAddress, Same: "address"},
			},
			Submit: p.T("Send me a code"),
			Next:   p.T("This link works once, and only while there is no administrator."),
		},
	}
}

func (s *Pages) firstPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	link := edge.Secret(r.Context(), r.URL.Query().Get("t"))
	if err := s.Accounts.CheckFirstLink(r.Context(), link); err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "account/first", firstForm(v.P, edge.Show(r.Context(), link)))
}

func (s *Pages) first(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	link, address := f.Secret("t"), ui.TypedAddress(f, true)
	if err := f.Err(); err != nil {
		page := firstForm(v.P, edge.Show(r.Context(), link))
		return s.Again(w, r, v, err, "account/first", &page, &page.Form, f)
	}
	in := s.asking(w, r, address, v.P.Lang, "")
	in.Link = link
	id, err := s.Accounts.Ask(r.Context(), in)
	if err != nil {
		return err
	}
	return toCode(w, r, id)
}
