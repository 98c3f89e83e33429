package ui

import (
	"context"
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/sealed"
)

// Proving is how somebody without an account shows that they read an address: a code is
// mailed to it, and typing the code begins a visit. It holds no state of its own.
type Proving struct {
	*Base
	Prover Prover
	Code   string // path of the page for the code
	Asks   string // where another code is asked for
	Opens  string // where the visit leads
	// Words are those of the page for the code.
	Words func(p lang.Printer) ProvingWords
}

// Prover mails codes and looks at them.
type Prover interface {
	// Ask mails a code, alike for every address (PTY-A26).
	Ask(ctx context.Context, in account.Asking) (habeas.ChallengeID, error)
	// Prove begins a visit; every refusal of a code is account.ErrCode.
	Prove(ctx context.Context, id habeas.ChallengeID, typed sealed.Value, flow account.Token, visit [32]byte) error
}

// ProvingWords are what differs between the pages: why the code is asked for, and the
// button.
type ProvingWords struct{ Lead, Submit string }

// CodePage is the data of public/code: the form for a mailed code.
type CodePage struct {
	Heading Heading
	Slip    *Notice // a likely slip in the address; nil for none
	Form    Form
	Again   string // where to ask for another code
}

// NewCodePage is the page that posts to a path, with the words that all such pages share.
// c is the challenge.
func NewCodePage(p lang.Printer, path, again, c string) CodePage {
	return CodePage{
		Heading: Heading{
			Title: p.T("Type the code from your mail"),
			Lead:  p.T("It has eight digits and may take a minute to arrive. If it does not, look where your mail program puts unwanted mail."),
		},
		Form: Form{
			Action: path, Hidden: []Hidden{{Name: "c", Value: c}},
			Controls: []Control{{Kind: ControlCode, Name: "code", Label: p.T("Code"), Hint: p.T("With or without the space in the middle."), MaxLength: 20}},
			Submit:   p.T("Show that the address is mine"),
			Next:     p.T("Nobody who works here will ever ask you for this code."),
		},
		Again: again,
	}
}

// CodeDigits is how long a mailed code is.
const CodeDigits = 8

// provingForm bounds what these pages post, in bytes.
const provingForm = 16 << 10

// Mount registers the page for the code; the one that asks for the address is the caller's.
func (s Proving) Mount(m *edge.Mux) {
	s.Handle(m, Anybody, "GET "+s.Code, s.page)
	s.Handle(m, Anybody, "POST "+s.Code, s.Limited(s.prove))
}

// Mail mails a code to the address and leads to the page for it.
func (s Proving) Mail(w http.ResponseWriter, r *http.Request, v Visit, in account.Asking) error {
	in.Language, in.Flow, in.Client = v.P.Lang, account.Token(s.Flow(w, r)), s.Proxies.LimitKey(r)
	id, err := s.Prover.Ask(r.Context(), in)
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.Code+"?c="+id.String(), http.StatusSeeOther)
	return nil
}

func (s Proving) form(p lang.Printer, c string) CodePage {
	page, words := NewCodePage(p, s.Code, s.Asks, c), s.Words(p)
	page.Heading.Back = &Link{Text: p.T("Another address"), URL: s.Asks}
	if words.Lead != "" {
		page.Heading.Lead = words.Lead
	}
	if words.Submit != "" {
		page.Form.Submit = words.Submit
	}
	return page
}

// page only shows the form: whoever opens it changes nothing (PTY-A19).
func (s Proving) page(w http.ResponseWriter, r *http.Request, v Visit) error {
	return s.Render(w, r, http.StatusOK, "public/code", s.form(v.P, r.URL.Query().Get("c")))
}

func (s Proving) prove(w http.ResponseWriter, r *http.Request, v Visit) error {
	f, err := edge.DecodeForm(w, r, provingForm)
	if err != nil {
		return err
	}
	c, typed := f.String("c", 64), f.Code("code", CodeDigits)
	visit, keep := s.Cookies.NewVisit(r.Context(), party.VisitLife)
	if err = f.Err(); err == nil {
		// An unreadable id is the id of no challenge: the answer is the same.
		id, _ := habeas.ParseID[habeas.ChallengeKind](c)
		flow, _ := s.Cookies.Flow(r)
		err = s.Prover.Prove(r.Context(), id, typed, account.Token(flow), visit)
	}
	if err != nil {
		page := s.form(v.P, c)
		return s.Again(w, r, v, err, "public/code", &page, &page.Form, f)
	}
	keep(w)
	http.Redirect(w, r, s.Opens, http.StatusSeeOther)
	return nil
}
