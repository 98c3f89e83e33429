package pass

import (
	"net/http"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// AskPage is the data of pass/ask: who are you?
type AskPage struct {
	Heading ui.Heading
	Form    ui.Form
	SignIn  string
}

// UsePage is the data of pass/use: the form for a consent code.
type UsePage struct {
	Heading ui.Heading
	Form    ui.Form
	Leave   bool // nobody is signed in: the visit can be closed
}

// SharedPage is the data of pass/shared.
type SharedPage struct {
	Heading ui.Heading
	Sets    []ui.Fields
	Until   time.Time
	Leave   bool
}

// booker is who makes a request.
func (s *Pages) booker(r *http.Request, v ui.Visit) Booker {
	visit, _ := s.Cookies.Visit(r)
	return Booker{Actor: v.Actor, Visit: visit, Client: s.Proxies.LimitKey(r)}
}

func useHeading(p lang.Printer) ui.Heading {
	return ui.Heading{
		Title: p.T("Use a consent code"),
		Lead:  p.T("Somebody has given you a code or a link, so that you can book for them. You see what they ticked, and nothing else."),
	}
}

func askPage(p lang.Printer) AskPage {
	return AskPage{
		Heading: useHeading(p), SignIn: "/sign-in?to=" + usePath,
		Form: ui.Form{
			Action: usePath + "/address",
			Controls: []ui.Control{{
				Kind: ui.ControlEmail, Name: "address", Label: p.T("Your e-mail address"), Autocomplete: "email", MaxLength: ui.MaxAddress, CheckURL: "/join/check",
				Hint: p.T("Your own, not that of the person you book for. They will see that it was you."),
			}},
			Submit: p.T("Send me a code"),
			Next:   p.T("You type that code first, then the consent code. You need no account."),
		},
	}
}

func usePage(p lang.Printer, as string, leave bool) UsePage {
	page := UsePage{
		Heading: useHeading(p), Leave: leave,
		Form: ui.Form{
			Action: usePath,
			Controls: []ui.Control{{
				Kind: ui.ControlCode, Name: "code", Label: p.T("Consent code"), InputMode: "text", MaxLength: 60,
				Hint: p.T("Twelve letters and digits, or what stands behind the # sign of the link."),
			}},
			Submit: p.T("Show what is shared with me"),
			Next:   p.T("The person will see that {address} looked, when, and at what.", "address", as),
		},
	}
	return page
}

// page asks a booker for the code, and everybody else for an address. It changes nothing:
// a mail scanner opens links too (PTY-A19).
func (s *Pages) page(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	by := s.booker(r, v)
	as, err := s.Passes.Who(r.Context(), by)
	if habeas.KindOf(err) == habeas.KindForbidden && err != nil {
		return s.Render(w, r, http.StatusOK, "pass/ask", askPage(v.P))
	}
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "pass/use", usePage(v.P, as, v.Account.IsZero()))
}

// ask answers every address alike: with the page to type the mailed code on (PTY-A26).
func (s *Pages) ask(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, formSize)
	if err != nil {
		return err
	}
	address := ui.FormAddress(f, "address")
	if err := f.Err(); err != nil {
		page := askPage(v.P)
		return s.Again(w, r, v, err, "pass/ask", &page, &page.Form, f)
	}
	return s.proving().Mail(w, r, v, account.Asking{Address: address})
}

// proving is the page for the mailed code: the consent code comes after it.
func (s *Pages) proving() ui.Proving {
	return ui.Proving{
		Base: s.Base, Prover: s.Passes, Code: usePath + "/code", Asks: usePath, Opens: usePath,
		Words: func(p lang.Printer) ui.ProvingWords {
			return ui.ProvingWords{Lead: p.T("It shows that the address is yours. The consent code comes next.")}
		},
	}
}

// use takes a consent code that a person typed or sent.
func (s *Pages) use(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, formSize)
	if err != nil {
		return err
	}
	by, code := s.booker(r, v), f.Secret("code")
	as, err := s.Passes.Who(r.Context(), by)
	if err != nil {
		return again(w, r, err)
	}
	err = f.Err()
	if err == nil && code.IsZero() {
		err = habeas.Invalid("code", "Please fill this in.").WithCode("form.required")
	}
	var id habeas.PassID
	if err == nil {
		id, err = s.Passes.Use(r.Context(), by, code)
	}
	if err != nil {
		page := usePage(v.P, as, v.Account.IsZero())
		return s.Again(w, r, v, err, "pass/use", &page, &page.Form, f)
	}
	http.Redirect(w, r, usePath+"/"+id.String(), http.StatusSeeOther)
	return nil
}

func (s *Pages) look(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	// An unreadable id is the id of nothing: the answer is the same.
	id, _ := habeas.ParseID[habeas.PassKind](r.PathValue("pass"))
	shared, as, err := s.Passes.Look(r.Context(), s.booker(r, v), id)
	if err != nil {
		return again(w, r, err)
	}
	p := v.P
	page := SharedPage{
		Heading: ui.Heading{
			Title: p.T("What is shared with you"),
			Lead:  p.T("With {address}, for a booking. Keep it to yourself. The person sees that you have looked.", "address", as),
			Back:  &ui.Link{Text: p.T("Use another code"), URL: usePath},
		},
		Until: shared.Until, Leave: v.Account.IsZero(),
	}
	for _, set := range shared.Sets {
		sheet := ui.Fields{Title: p.T(set.Schema.Label)}
		for _, f := range set.Fields {
			sheet.Rows = append(sheet.Rows, ui.FieldRow{Label: p.T(f.Schema.Label), Value: ui.Shown(p, f.Schema.Type, f.Current.Text)})
		}
		page.Sets = append(page.Sets, sheet)
	}
	return s.Render(w, r, http.StatusOK, "pass/shared", page)
}

// again lets somebody whose half hour is over begin anew.
func again(w http.ResponseWriter, r *http.Request, err error) error {
	if habeas.KindOf(err) != habeas.KindForbidden {
		return err
	}
	http.Redirect(w, r, usePath, http.StatusSeeOther)
	return nil
}

func (s *Pages) leave(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	defer http.Redirect(w, r, "/", http.StatusSeeOther)
	visit, ok := s.Cookies.Visit(r)
	if !ok {
		return nil
	}
	s.Cookies.EndVisit(w)
	return s.Passes.Leave(r.Context(), visit)
}
