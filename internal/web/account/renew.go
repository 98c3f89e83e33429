package account

import (
	"bytes"
	"context"
	"encoding/pem"
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Renewals is what the pages of renewing and reactivating ask of the server.
type Renewals interface {
	// Held is the actor's registration, zero without one, and all certificates, newest first.
	Held(ctx context.Context, a habeas.Actor) (account.Registration, []account.Certificate, error)
	// Renew gives a certificate for three more years by a request (PKCS#10, DER).
	Renew(ctx context.Context, a habeas.Actor, der []byte) (chain [][]byte, err error)
	// Chain is the actor's certificate that counts, with those above it; nil without one.
	Chain(ctx context.Context, a habeas.Actor) ([][]byte, error)
	// Reactivating is the registration that this browser may reactivate; Reactivate does it.
	Reactivating(ctx context.Context, sign account.Token) (account.Registration, error)
	Reactivate(ctx context.Context, sign account.Token, der []byte) (chain [][]byte, err error)
}

const (
	renewAt      = "/me/registration/renew"
	reactivateAt = "/reactivate"
)

func (s *Pages) mountRenew(m *edge.Mux) {
	s.Handle(m, ui.SignedIn, "GET "+renewAt, s.renewPage)
	s.Handle(m, ui.SignedIn, "POST "+renewAt, s.Limited(s.renew))
	s.Handle(m, ui.SignedIn, "POST "+renewAt+"/file", s.Limited(s.encrypted(s.renewFromPage)))
	s.Handle(m, ui.SignedIn, "GET "+renewAt+"/certificate", s.renewedFile)
	s.Handle(m, ui.Anybody, "GET "+reactivateAt, s.Continues(s.reactivatePage, ui.FlowSignIn))
	s.Handle(m, ui.Anybody, "POST "+reactivateAt, s.Limited(s.Continues(s.reactivate, ui.FlowSignIn)))
	s.Handle(m, ui.Anybody, "POST "+reactivateAt+"/file", s.Limited(s.Continues(s.encrypted(s.reactivateFromPage), ui.FlowSignIn)))
}

// Fact is a term and what it is here.
type Fact struct{ Term, Is string }

// RenewPage is the data of account/renew and account/reactivate.
type RenewPage struct {
	Heading  ui.Heading
	State    *ui.Notice
	Guard    *ui.Notice // what a new key ends
	Facts    []Fact
	Make     *Make   // the page's script makes key and file; nil: nothing is asked for
	Form     ui.Form // without it: a request that was made elsewhere
	Fresh    bool    // it was renewed just now
	Reissued []string
	Ended    []string
	Chain    string // PEM, once it was reactivated
}

// Make is the data of regfile-again: a new key and file for the name that there is.
type Make struct {
	Who                           dn.Subject
	Policy                        int64
	Submit, Done, Unsaved, Button string
}

// Term is the data of the part about a registration on the page of the account.
type Term struct {
	Icon, Text, Note string
	Tag              *ui.Tag
	Link             *ui.Link
}

// term says how long a registration counts; nil without one.
func (s *Pages) term(ctx context.Context, v ui.Visit) (*Term, error) {
	if s.Renewals == nil {
		return nil, nil
	}
	r, _, err := s.Renewals.Held(ctx, v.Actor)
	if err != nil || r.Ends.IsZero() {
		return nil, err
	}
	p, now := v.P, s.Clock.Now()
	t := &Term{
		Icon: "seal", Text: p.T("It counts until {day}.", "day", p.Date(r.Ends.UTC())), Note: s.daysLeft(p, r),
		Link: &ui.Link{Text: p.T("Look at it"), URL: renewAt},
	}
	if r.Stage(now) == account.StageRenewable {
		t.Icon, t.Tag, t.Link.Text = "warning", &ui.Tag{Kind: ui.TagQuiet, Text: p.T("ends soon")}, p.T("Renew it")
	}
	return t, nil
}

// daysLeft says what is left of a registration, and what comes then.
func (s *Pages) daysLeft(p lang.Printer, r account.Registration) string {
	return p.Plural(account.DaysTo(r.Ends, s.Clock.Now()), "{n} day is left. If it is not renewed, the account is deactivated then, and erased six months later.",
		"{n} days are left. If it is not renewed, the account is deactivated then, and erased six months later.")
}

// nameFacts are the parts of the name in a certificate.
func nameFacts(p lang.Printer, who dn.Subject) []Fact {
	var out []Fact
	for _, f := range []Fact{
		{p.T("Name"), who.Name},
		{p.T("Country"), who.Country},
		{p.T("Organisation"), who.Organisation},
		{p.T("E-mail address"), who.Email},
		{p.T("Username"), who.Username},
	} {
		if f.Is != "" {
			out = append(out, f)
		}
	}
	return out
}

// requestControl is where a request is pasted.
func requestControl(p lang.Printer) ui.Control {
	return ui.Control{
		Kind: ui.ControlTextarea, Name: "request", Label: p.T("Certificate request"), MaxLength: maxRequest, Autocomplete: "off",
		Hint: p.T("In PEM: it begins with -----BEGIN CERTIFICATE REQUEST-----. It has to ask for exactly the name above."),
	}
}

func (s *Pages) renewing(r *http.Request, v ui.Visit) (RenewPage, error) {
	p, now := v.P, s.Clock.Now()
	page := RenewPage{Heading: ui.Heading{
		Title: p.T("Renew your registration"), Back: &ui.Link{Text: p.T("How you sign in"), URL: "/me/credentials"},
		Lead: p.T("A registration and its certificate count for three years. Renewed, they count for three more, from that day on."),
	}}
	reg, held, err := s.Renewals.Held(r.Context(), v.Actor)
	if err != nil {
		return page, err
	}
	page.Facts = nameFacts(p, reg.Subject)
	active, found := account.ActiveIdentity(held, now)
	switch stage := reg.Stage(now); {
	case stage == account.StageNone:
		page.State = &ui.Notice{Kind: ui.NoticeInfo, Text: p.T("You are not registered, so there is nothing to renew. Your account has no end.")}
	case !found:
		page.State = &ui.Notice{Kind: ui.NoticeWarning, Title: p.T("You have no certificate that counts"), Text: p.T("It was revoked. Get a new one first; with it, three years begin anew.")}
	case stage == account.StageRuns:
		page.State = &ui.Notice{Kind: ui.NoticeInfo, Title: s.until(p, reg), Text: p.T("You can renew it from {day} on. We write to you in time.", "day", p.Date(reg.Ends.Add(-account.RenewFrom).UTC()))}
	default:
		page.State = &ui.Notice{Kind: ui.NoticeWarning, Title: s.until(p, reg), Text: s.daysLeft(p, reg)}
		page.Form = ui.Form{
			Action: renewAt, Controls: []ui.Control{requestControl(p)}, Submit: p.T("Renew for three years"),
			Next: p.T("You accept the policy as it stands now. The certificate that you have is revoked: the new one takes its place."),
		}
		page.Make = &Make{
			Who: reg.Subject, Submit: renewAt + "/file", Done: renewAt + "?done=renewed", Button: p.T("Renew and make the file"),
			Unsaved: p.T("It is nowhere but in this page. When you close it without saving, the key is lost, and you have to revoke the certificate and begin again."),
		}
		if page.Make.Policy, err = s.Registrations.Policy(r.Context()); err != nil {
			return page, err
		}
	}
	if r.URL.Query().Get("done") == "renewed" && found {
		page.done(p, held, active)
	}
	return page, nil
}

func (s *Pages) until(p lang.Printer, reg account.Registration) string {
	return p.T("It counts until {day}.", "day", p.Date(reg.Ends.UTC()))
}

// done says that it was renewed, and what became of the roles.
func (page *RenewPage) done(p lang.Printer, held []account.Certificate, active account.Certificate) {
	page.Fresh = true
	page.State = &ui.Notice{Kind: ui.NoticeDone, Title: p.T("Renewed until {day}", "day", p.Date(active.Ends.UTC())), Text: p.T("The certificate before it does not count any more.")}
	reissued, ended := account.Replaced(held, active)
	for _, role := range reissued {
		page.Reissued = append(page.Reissued, string(role))
	}
	for _, role := range ended {
		page.Ended = append(page.Ended, string(role))
	}
}

func (s *Pages) renewPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.renewing(r, v)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "account/renew", page)
}

func (s *Pages) renew(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	der := typedRequest(f)
	if err = f.Err(); err == nil {
		_, err = s.Renewals.Renew(r.Context(), v.Actor, der)
	}
	if err != nil {
		page, pageErr := s.renewing(r, v)
		if pageErr != nil {
			return pageErr
		}
		return s.Again(w, r, v, atRequest(err), "account/renew", &page, &page.Form, f)
	}
	http.Redirect(w, r, renewAt+"?done=renewed", http.StatusSeeOther)
	return nil
}

// accepted reads what the page's script hands in: a request, and that the policy that is in force
// was accepted.
func (s *Pages) accepted(w http.ResponseWriter, r *http.Request) (der []byte, err error) {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return nil, err
	}
	version := accepting(f)
	der = requestIn([]byte(f.Required("request", maxRequest)))
	if err := f.Err(); err != nil {
		return nil, err
	}
	now, err := s.Registrations.Policy(r.Context())
	if err == nil && now != version {
		err = account.ErrPolicyMoved
	}
	return der, err
}

// renewFromPage takes the request that the page's script made, and answers with the chain.
func (s *Pages) renewFromPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	der, err := s.accepted(w, r)
	if err != nil {
		return err
	}
	chain, err := s.Renewals.Renew(r.Context(), v.Actor, der)
	if err != nil {
		return err
	}
	return writeSubmitted(w, account.Submitted{Chain: chain})
}

// renewedFile is the certificate that counts, with its chain.
func (s *Pages) renewedFile(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	chain, err := s.Renewals.Chain(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	if chain == nil {
		return account.ErrNoCertificate
	}
	w.Header().Set("Content-Type", "application/x-pem-file")
	w.Header().Set("Content-Disposition", `attachment; filename="certificate.pem"`)
	_, _ = w.Write([]byte(pemOf(chain))) // the reader may have gone
	return nil
}

func (s *Pages) reactivating(r *http.Request, v ui.Visit, reg account.Registration) (RenewPage, error) {
	policy, err := s.Registrations.Policy(r.Context())
	p, now := v.P, s.Clock.Now()
	left := account.DaysTo(reg.GoesAt(now), now)
	return RenewPage{
		Heading: ui.Heading{Title: p.T("Reactivate your account"), Lead: p.T("Your registration ended on {day}, so the account is deactivated. Renew the registration, and everything is as it was.", "day", p.Date(reg.Ends.UTC()))},
		State: &ui.Notice{Kind: ui.NoticeWarning, Text: p.Plural(left, "{n} day is left. Then the account is erased, with the records that are yours.",
			"{n} days are left. Then the account is erased, with the records that are yours.")},
		Guard: &ui.Notice{Kind: ui.NoticeInfo, Title: p.T("The key of your registration file keeps everything"), Text: p.T("With a new key, what else opens the account ends, if there is anything: passkeys, further addresses, providers, roles. A mailbox alone must not lead to them.")},
		Facts: nameFacts(p, reg.Subject),
		Form: ui.Form{
			Action: reactivateAt, Controls: []ui.Control{requestControl(p)}, Submit: p.T("Reactivate for three years"),
			Cancel: &ui.Link{Text: p.T("Leave everything as it is"), URL: "/"}, Next: p.T("You accept the policy as it stands now."),
		},
		Make: &Make{
			Who: reg.Subject, Policy: policy, Submit: reactivateAt + "/file", Done: "/sign-in", Button: p.T("Reactivate and make the file"),
			Unsaved: p.T("It is nowhere but in this page. When you close it without saving, the key is lost: your account is back, and you have to revoke the certificate and register again."),
		},
	}, err
}

func (s *Pages) reactivatePage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	sign, _ := s.Cookies.SignIn(r)
	reg, err := s.Renewals.Reactivating(r.Context(), account.Token(sign))
	if habeas.KindOf(err) == habeas.KindForbidden {
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	page, err := s.reactivating(r, v, reg)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "account/reactivate", page)
}

// reactivateFromPage takes the request that the page's script made, and answers with the chain.
// The code is used up: who goes on signs in.
func (s *Pages) reactivateFromPage(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	sign, _ := s.Cookies.SignIn(r)
	if _, err := s.Renewals.Reactivating(r.Context(), account.Token(sign)); err != nil {
		return err
	}
	der, err := s.accepted(w, r)
	if err != nil {
		return err
	}
	chain, err := s.Renewals.Reactivate(r.Context(), account.Token(sign), der)
	if err != nil {
		return err
	}
	s.Cookies.EndSignIn(w)
	return writeSubmitted(w, account.Submitted{Chain: chain})
}

// reactivate answers with the certificate itself: the code is used up, so that no page after it
// could show it.
func (s *Pages) reactivate(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, accountForm)
	if err != nil {
		return err
	}
	sign, _ := s.Cookies.SignIn(r)
	reg, err := s.Renewals.Reactivating(r.Context(), account.Token(sign))
	if err != nil {
		return err
	}
	page, err := s.reactivating(r, v, reg)
	if err != nil {
		return err
	}
	der := typedRequest(f)
	var chain [][]byte
	if err = f.Err(); err == nil {
		chain, err = s.Renewals.Reactivate(r.Context(), account.Token(sign), der)
	}
	if err != nil {
		return s.Again(w, r, v, atRequest(err), "account/reactivate", &page, &page.Form, f)
	}
	s.Cookies.EndSignIn(w)
	p := v.P
	done := RenewPage{
		Heading: ui.Heading{Title: p.T("Your account is back"), Lead: p.T("It has what it had, for three more years. Sign in as you usually do.")},
		State:   &ui.Notice{Kind: ui.NoticeDone, Text: p.T("The registration was renewed.")}, Chain: pemOf(chain),
	}
	return s.Render(w, r, http.StatusOK, "account/reactivate", done)
}

// pemOf writes certificates one after the other.
func pemOf(chain [][]byte) string {
	var out bytes.Buffer
	for _, der := range chain {
		_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: der}) // a buffer takes everything
	}
	return out.String()
}

// typedRequest reads a request that was pasted.
func typedRequest(f *edge.Form) []byte { return requestIn([]byte(f.Text("request", maxRequest))) }

// atRequest puts what is wrong with a request beside it, whatever part of it that is.
func atRequest(err error) error {
	if e, ok := err.(*habeas.Error); ok && e.Kind == habeas.KindInvalid && e.Field != "request" {
		at := *e
		at.Field = "request"
		return &at
	}
	return err
}
