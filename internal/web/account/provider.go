package account

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/session"
	"github.com/habeas-data/habeas/internal/web/ui"
	"github.com/habeas-data/habeas/sealed"
)

// Providers is what the pages about identity providers ask of the server.
type Providers interface {
	// Providers are those that people can sign in by; none: no page speaks of them.
	Providers() []account.Provider
	// ProviderURL begins a sign-in, or with connect a connection with the actor's account,
	// and returns where the browser goes.
	ProviderURL(ctx context.Context, a habeas.Actor, name string, in account.Asking, connect bool) (string, error)
	// ProviderAnswer takes what the browser brings back. Not signed in and no error means
	// that nothing is connected with whom the provider has signed in.
	ProviderAnswer(ctx context.Context, a habeas.Actor, name string, in account.ProviderAnswer, b account.Browser) (account.Proved, error)
	// ProviderLogout ends sign-ins because the provider says so, in a signed token.
	ProviderLogout(ctx context.Context, name string, token sealed.Value) error
	// RemoveProviderLink can be taken back for a while by RestoreProviderLink.
	RemoveProviderLink(ctx context.Context, a habeas.Actor, sign account.Token, hash keyring.LookupHash) error
	RestoreProviderLink(ctx context.Context, a habeas.Actor, hash keyring.LookupHash) error
}

const (
	withAt      = "/sign-in/with/"
	providersAt = "/me/credentials/providers"
	// logoutToken bounds what a provider posts, in bytes.
	logoutToken = 64 << 10
)

func (s *Pages) mountProviders(m *edge.Mux) {
	if s.Providers == nil {
		return
	}
	s.Handle(m, ui.Anybody, "POST "+withAt+"{provider}", s.Limited(s.Begins(ui.FlowSignIn, s.providerBegin)))
	s.Handle(m, ui.Anybody, "GET "+withAt+"{provider}/back", s.Limited(s.Continues(s.providerBack, ui.FlowSignIn)))
	s.Handle(m, ui.Anybody, "GET "+withAt+"{provider}/new", s.providerNew)
	s.Handle(m, ui.Anybody, "POST "+withAt+"{provider}/logout", s.Limited(s.providerLogout))
	s.Handle(m, ui.SignedIn, "POST "+providersAt, s.Limited(s.providerConnect))
	s.Handle(m, ui.SignedIn, "POST "+providersAt+"/remove", s.removeLink)
	s.Handle(m, ui.SignedIn, "POST "+providersAt+"/restore", s.restoreLink)
}

func (s *Pages) listed() []account.Provider {
	if s.Providers == nil {
		return nil
	}
	return s.Providers.Providers()
}

// ProviderButton leads to a provider.
type ProviderButton struct {
	Action string
	Hidden []ui.Hidden
	Text   string
}

func (s *Pages) providerButtons(p lang.Printer, to string) (all []ProviderButton) {
	for _, one := range s.listed() {
		b := ProviderButton{Action: withAt + one.Name, Text: p.T("Sign in with {provider}", "provider", one.Label)}
		if to != "" {
			b.Hidden = []ui.Hidden{{Name: "to", Value: to}}
		}
		all = append(all, b)
	}
	return all
}

// connectButtons are for the providers that the account is not connected with yet.
func (s *Pages) connectButtons(p lang.Printer, h account.Holdings) (all []ProviderButton) {
	for _, one := range s.listed() {
		if !slices.ContainsFunc(h.Links, func(l account.ProviderLink) bool { return l.Issuer == one.Issuer }) {
			all = append(all, ProviderButton{
				Action: providersAt, Hidden: []ui.Hidden{{Name: "provider", Value: one.Name}}, Text: p.T("Connect {provider}", "provider", one.Label),
			})
		}
	}
	return all
}

// providerAt returns the provider that a path names.
func (s *Pages) providerAt(r *http.Request) (account.Provider, error) {
	for _, one := range s.listed() {
		if one.Name == r.PathValue("provider") {
			return one, nil
		}
	}
	return account.Provider{}, account.ErrProviderNone
}

// labelOf is how people know an issuer: by its button, else by its host.
func (s *Pages) labelOf(issuer string) string {
	for _, one := range s.listed() {
		if one.Issuer == issuer {
			return one.Label
		}
	}
	if u, err := url.Parse(issuer); err == nil && u.Host != "" {
		return u.Host
	}
	return issuer
}

// linkLines lists what an account is connected with, each with a verb when action is given.
func (s *Pages) linkLines(p lang.Printer, h account.Holdings, action string) (lines []ui.Line) {
	now := s.Clock.Now()
	for _, k := range h.Links {
		l := ui.Line{Icon: "server", Text: s.labelOf(k.Issuer), Note: p.T("Connected {day}, not used since.", "day", p.Ago(k.AddedAt, now))}
		if !k.UsedAt.IsZero() {
			l.Note = p.T("Connected {day}, last used {used}.", "day", p.Ago(k.AddedAt, now), "used", p.Ago(k.UsedAt, now))
		}
		if k.Called != "" {
			l.Note = p.T("As {address}.", "address", k.Called) + " " + l.Note
		}
		if action != "" {
			l.Action, l.Verb, l.Hidden = action, p.T("Disconnect"), []ui.Hidden{{Name: "link", Value: ui.HashText(k.Hash)}}
		}
		lines = append(lines, l)
	}
	return lines
}

// provedNote says how an address came to be the account's.
func (s *Pages) provedNote(p lang.Printer, a account.Address, now time.Time) string {
	if a.Vouched() {
		return p.T("On the word of {provider} alone, {day}.", "provider", s.labelOf(a.Voucher), "day", p.Ago(a.ProvedAt, now))
	}
	return p.T("Proved {day}.", "day", p.Ago(a.ProvedAt, now))
}

// voucherForm asks who it is by the provider on whose word the main address stands; nil
// when that provider is not there any more.
func (s *Pages) voucherForm(p lang.Printer, h account.Holdings, to string) *ui.Form {
	for _, one := range s.listed() {
		if one.Issuer == h.Main().Voucher {
			return &ui.Form{
				Action: withAt + one.Name, Hidden: []ui.Hidden{{Name: "to", Value: to}}, Submit: p.T("Show with {provider} that it is you", "provider", one.Label),
				Next: p.T("With a passkey this takes one touch."),
			}
		}
	}
	return nil
}

// ProviderPage is the data of account/provider: what became of a sign-in, and what to do.
type ProviderPage struct {
	Heading ui.Heading
	Notice  *ui.Notice
	Steps   []ui.Link
}

// GoPage is the data of account/provider-go.
type GoPage struct {
	Heading ui.Heading
	URL     string
	Button  string
}

func (s *Pages) providerBegin(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	to, err := optionalField(w, r, "to")
	if err != nil {
		return err
	}
	return s.leave(w, r, v, r.PathValue("provider"), wanted(to), false)
}

func (s *Pages) providerConnect(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	name, err := oneField(w, r, "provider")
	if err != nil {
		return err
	}
	return s.leave(w, r, v, name, "", true)
}

// optionalField reads a form of one value that need not be there.
func optionalField(w http.ResponseWriter, r *http.Request, name string) (string, error) {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return "", err
	}
	value := f.String(name, 200)
	return value, f.Err()
}

// leave shows where the browser goes and sends it there. It is a page and no redirect,
// because browsers hold redirects after a form against our policy (CSP form-action), also
// those that the provider makes.
func (s *Pages) leave(w http.ResponseWriter, r *http.Request, v ui.Visit, name, to string, connect bool) error {
	in := account.Asking{Language: v.P.Lang, To: to, Flow: s.flow(w, r)}
	target, err := s.Providers.ProviderURL(r.Context(), v.Actor, name, in, connect)
	if err != nil {
		return s.providerFailed(w, r, v, name, err)
	}
	u, err := url.Parse(target)
	if err != nil {
		return habeas.Internal(err)
	}
	ui.Reached(r, "sent to a provider")
	w.Header().Set("Refresh", "0; url="+target)
	return s.Render(w, r, http.StatusOK, "account/provider-go", GoPage{
		Heading: ui.Heading{
			Title: v.P.T("You go on at {host}", "host", u.Host),
			Lead:  v.P.T("You sign in there and come back. They learn that you sign in here; we learn who you are there and your address, and nothing else."),
		},
		URL: target, Button: v.P.T("Go on"),
	})
}

// providerBack is where the browser comes back to. Unlike our other links it acts when it
// is opened: OpenID Connect has it so. It does for the browser that began only, and once.
func (s *Pages) providerBack(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	q, name := r.URL.Query(), r.PathValue("provider")
	one := func(key string) string { // a parameter that is given twice is none
		if len(q[key]) != 1 || len(q[key][0]) > 4096 {
			return ""
		}
		return q[key][0]
	}
	in := account.ProviderAnswer{State: one("state"), Code: edge.Secret(r.Context(), one("code")), Issuer: one("iss"), Failed: one("error")}
	b, keep := NewBrowser(s.Base, w, r, account.ProviderLife)
	done, err := s.Providers.ProviderAnswer(r.Context(), v.Actor, name, in, b)
	if err != nil {
		return s.providerFailed(w, r, v, name, err)
	}
	if done.SignedIn {
		keep()
		ui.FlowEnds(r, ui.FlowSignIn, session.Completed)
	}
	http.Redirect(w, r, ui.LocalPath(done.Next, "/me"), http.StatusSeeOther)
	return nil
}

// providerFailed shows what went wrong and the ways on.
func (s *Pages) providerFailed(w http.ResponseWriter, r *http.Request, v ui.Visit, name string, err error) error {
	var told *habeas.Error
	if !errors.As(err, &told) || !strings.HasPrefix(told.Code, "provider.") || told.Code == account.ErrProviderNone.Code {
		return err
	}
	ui.Refused(r, err)
	p := v.P
	page := ProviderPage{
		Heading: ui.Heading{Title: p.T("You are not signed in by this")},
		Notice:  &ui.Notice{Kind: ui.NoticeWarning, Text: p.Fill(told.Message, told.Args)},
		Steps:   []ui.Link{{Text: p.T("Other ways to sign in"), URL: "/sign-in"}},
	}
	if !v.Account.IsZero() {
		page.Heading.Title = p.T("Nothing was connected")
		page.Steps = []ui.Link{{Text: p.T("How you sign in"), URL: "/me/credentials"}}
	}
	status := http.StatusForbidden
	switch told.Kind {
	case habeas.KindInvalid:
		status = http.StatusBadRequest
	case habeas.KindUnavailable:
		status = http.StatusServiceUnavailable
	default:
	}
	return s.Render(w, r, status, "account/provider", page)
}

// providerNew tells somebody whom a provider has signed in, and who is not connected here,
// what to do: the same whether their address has an account or not (PTY-A5).
func (s *Pages) providerNew(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	one, err := s.providerAt(r)
	if err != nil {
		return err
	}
	p, back := v.P, "?to="+url.QueryEscape("/me/credentials")
	return s.Render(w, r, http.StatusOK, "account/provider", ProviderPage{
		Heading: ui.Heading{
			Title: p.T("{provider} is not connected here yet", "provider", one.Label),
			Lead:  p.T("You are signed in there. Here that opens nothing before you have connected it, so that nobody else can do it for you."),
		},
		Steps: []ui.Link{
			{Text: p.T("Sign in as you usually do, then connect"), URL: "/sign-in" + back},
			{Text: p.T("I am new here: prove my address by a code"), URL: "/join" + back},
		},
	})
}

func (s *Pages) providerLogout(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	f, err := edge.DecodeForm(w, r, logoutToken)
	if err != nil {
		return err
	}
	token := f.Secret("logout_token")
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.Providers.ProviderLogout(r.Context(), r.PathValue("provider"), token); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

func (s *Pages) removeLink(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	text, err := oneField(w, r, "link")
	if err != nil {
		return err
	}
	hash := ui.ParseHash(text)
	if err := s.Providers.RemoveProviderLink(r.Context(), v.Actor, account.Token(v.Signed), hash); err != nil {
		return err
	}
	return credentialsDone(w, r, "disconnected&link="+ui.HashText(hash))
}

func (s *Pages) restoreLink(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	text, err := oneField(w, r, "link")
	if err != nil {
		return err
	}
	if err := s.Providers.RestoreProviderLink(r.Context(), v.Actor, ui.ParseHash(text)); err != nil {
		return err
	}
	return credentialsDone(w, r, "reconnected")
}
