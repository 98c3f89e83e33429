package party

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
	"github.com/habeas-data/habeas/sealed"
)

// PrintedLetter is a letter as it is printed, once.
type PrintedLetter struct {
	Lines    []string // name, street, town
	Country  string   // ISO 3166-1 alpha-2; may be empty
	Code     sealed.Value
	Until    time.Time
	Language string
}

// Letters is what the pages about codes by letter ask of the server. Every method checks
// what the actor may do; errors are *habeas.Error.
type Letters interface {
	// Print makes letters, all or none. Their codes are kept nowhere.
	Print(ctx context.Context, a habeas.Actor, ids []habeas.PartyID) ([]PrintedLetter, error)
	LettersTo(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Letter, error)
	// Returned notes that a letter came back, or takes that back.
	Returned(ctx context.Context, a habeas.Actor, id habeas.LetterID, back bool) (party.Letter, error)
	// WithoutMail lists people whom only a letter reaches; next is where to go on, zero at the end.
	WithoutMail(ctx context.Context, a habeas.Actor, after habeas.PartyID) (found []party.Posted, next habeas.PartyID, err error)
	// Redeem takes the code of a letter; every refusal is party.ErrLetter, but for too many.
	Redeem(ctx context.Context, a habeas.Actor, client string, code sealed.Value) (habeas.PartyID, error)
}

const (
	// letterPath is what stands in every letter.
	letterPath  = "/letter"
	lettersPath = "/staff/letters"
)

// mountLetters registers their pages.
func (s *Pages) mountLetters(m *edge.Mux) {
	s.Handle(m, ui.Staff, "GET "+lettersPath, s.letters)
	s.Handle(m, ui.Staff, "POST "+lettersPath, s.printLetters)
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/letter", onParty(s.printLetter))
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/letters/{letter}/{step}", onParty(s.stepLetter))

	s.Handle(m, ui.Anybody, "GET "+letterPath, s.letterPage)
	s.Handle(m, ui.SignedIn, "POST "+letterPath, s.Limited(s.redeemLetter))
}

// LetterRow is a letter to a person, for staff.
type LetterRow struct {
	Words string
	Back  string // where the button posts to that says that it came back; empty when it is over
}

func letterWords(p lang.Printer, l party.Letter, now time.Time) string {
	day := p.Date(l.At())
	switch l.State {
	case party.LetterUsed:
		return p.T("The code in the letter of {day} was used on {date}.", "day", day, "date", p.Date(l.EndedAt))
	case party.LetterReplaced:
		return p.T("The letter of {day} was replaced by a newer one.", "day", day)
	case party.LetterReturned:
		return p.T("The letter of {day} came back.", "day", day)
	case party.LetterSent:
	}
	if !l.Opens(now) {
		return p.T("The letter of {day} was never used; its code is over.", "day", day)
	}
	return p.T("The letter of {day} was not used yet. Its code holds until {date}.", "day", day, "date", p.Date(l.Expires))
}

// canPost reports whether a letter can be written to the person of a record now.
func (s *Pages) canPost(r *http.Request, v ui.Visit, rec party.Record) (bool, error) {
	if party.CanWrite(rec, false) != nil {
		return false, nil
	}
	all, err := s.Guardians.GuardiansFor(r.Context(), v.Actor, rec.Party.ID)
	guardians := make([]party.Guardian, len(all))
	for i, g := range all {
		guardians[i] = g.Guardian
	}
	return !party.Guarded(guardians, s.Clock.Now()), err
}

// withLetters adds what became of letters to a person.
func (s *Pages) withLetters(r *http.Request, v ui.Visit, id habeas.PartyID, page *KinPage) error {
	all, err := s.Letters.LettersTo(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	for _, l := range all {
		row := LetterRow{Words: letterWords(v.P, l, s.Clock.Now())}
		if l.Opens(s.Clock.Now()) {
			row.Back = "/staff/people/" + id.String() + "/letters/" + l.ID.String() + "/returned"
		}
		page.Letters = append(page.Letters, row)
	}
	return nil
}

// LettersPage is the data of staff/letters: whom only a letter reaches.
type LettersPage struct {
	People []LetterPerson
	Next   string
	First  bool
}

// LetterPerson is one of them.
type LetterPerson struct {
	ID    string
	Name  string
	Lines string
	Last  string // what became of the newest letter
}

func (s *Pages) letters(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	v, asked, err := s.purposeFirst(w, r, v)
	if asked || err != nil {
		return err
	}
	after, _ := habeas.ParseID[habeas.PartyKind](r.URL.Query().Get("after")) // anything else: from the first
	found, next, err := s.Letters.WithoutMail(r.Context(), v.Actor, after)
	if err != nil {
		return err
	}
	page := LettersPage{First: after.IsZero()}
	if !next.IsZero() {
		page.Next = lettersPath + "?after=" + next.String()
	}
	for _, one := range found {
		row := LetterPerson{ID: one.Record.Party.ID.String(), Name: nameOr(v.P, one.Record), Lines: strings.Join(party.PostalLines(one.Record)[1:], ", ")}
		if !one.ID.IsZero() {
			row.Last = letterWords(v.P, one.Letter, s.Clock.Now())
		}
		page.People = append(page.People, row)
	}
	return s.Render(w, r, http.StatusOK, "staff/letters", page)
}

func (s *Pages) printLetters(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, 64<<10)
	if err != nil {
		return err
	}
	var ids []habeas.PartyID
	for _, text := range f.Strings("to", 40, party.MaxLetters) {
		id, err := habeas.ParseID[habeas.PartyKind](text)
		if err != nil {
			return errNoRecord
		}
		ids = append(ids, id)
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.print(w, r, v, lettersPath, ids...)
}

func (s *Pages) printLetter(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	if err := emptyForm(w, r); err != nil {
		return err
	}
	return s.print(w, r, v, kinPath(id), id)
}

// PrintPage is the data of staff/letters-print: letters, a sheet each, shown once.
type PrintPage struct {
	Back   string
	Sheets []LetterSheet
}

// LetterSheet is one letter in the language of who gets it.
type LetterSheet struct {
	Lang, Sender, Date       string
	Lines                    []string
	Subject, Hello, Why, How string
	Steps                    []string
	Code, Until, Wrong       string
}

// print answers the post itself: after a redirect the codes would have to be kept
// somewhere, and they are kept nowhere.
func (s *Pages) print(w http.ResponseWriter, r *http.Request, v ui.Visit, back string, ids ...habeas.PartyID) error {
	printed, err := s.Letters.Print(r.Context(), withPurpose(r, v).Actor, ids)
	if err != nil {
		return err
	}
	page := PrintPage{Back: back}
	for _, l := range printed {
		page.Sheets = append(page.Sheets, s.sheet(s.PrinterIn(l.Language), l, edge.Show(r.Context(), l.Code)))
	}
	return s.Render(w, r, http.StatusOK, "staff/letters-print", page)
}

func (s *Pages) sheet(p lang.Printer, l PrintedLetter, code string) LetterSheet {
	lines := l.Lines
	if l.Country != "" {
		lines = append(lines[:len(lines):len(lines)], ui.Shown(p, party.Country, l.Country))
	}
	return LetterSheet{
		Lang: p.Lang, Sender: s.Org(), Lines: lines, Date: p.Date(s.Clock.Now()), Code: code,
		Subject: p.T("A record about you, and how to see it"), Hello: p.T("Good day,"),
		Why: p.T("{organisation} keeps a record about you. It is yours to see, to correct, to take with you or to have erased. We know no e-mail address of yours, so we write to you.", "organisation", s.Org()),
		How: p.T("To see it, you need a browser and an e-mail address that only you read:"),
		Steps: []string{
			p.T("Open {address}", "address", strings.TrimPrefix(strings.TrimPrefix(s.Origin.URL(letterPath), "https://"), "http://")),
			p.T("Give your e-mail address, and type the code that we mail you."),
			p.T("Type the code of this letter:"),
		},
		Until: p.T("The code can be used once, until {date}. Keep it like a key.", "date", p.Date(l.Until)),
		Wrong: p.T("If this letter is not meant for you, please send it back. If you want no record with us, tell us in any way you like."),
	}
}

// stepLetter notes that a letter came back, or takes that back.
func (s *Pages) stepLetter(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	letter, err := habeas.ParseID[habeas.LetterKind](r.PathValue("letter"))
	if err != nil {
		return party.ErrNoLetter
	}
	if err := emptyForm(w, r); err != nil {
		return err
	}
	step, key := r.PathValue("step"), "letter-back."+id.String()+"."+letter.String()
	if step == "undo" {
		key = "undone"
	} else if step != "returned" {
		return party.ErrNoLetter
	}
	if _, err := s.Letters.Returned(r.Context(), withPurpose(r, v).Actor, letter, step == "returned"); err != nil {
		return err
	}
	s.done(w, key)
	http.Redirect(w, r, kinPath(id), http.StatusSeeOther)
	return nil
}

// LetterPage is the data of public/letter: where somebody goes who got a letter.
type LetterPage struct {
	Heading ui.Heading
	Form    ui.Form
	SignIn  string // empty: they are signed in
}

func letterStart(p lang.Printer) LetterPage {
	return LetterPage{
		Heading: ui.Heading{
			Title: p.T("You have a letter with a code"),
			Lead:  p.T("First show an e-mail address that is yours. Then type the code of the letter, and see the record about you."),
		},
		Form: ui.Form{
			Action: "/join", Hidden: []ui.Hidden{{Name: "to", Value: letterPath}, {Name: "language", Value: p.Lang}},
			Controls: []ui.Control{
				{Kind: ui.ControlEmail, Name: "address", Label: p.T("E-mail address"), Autocomplete: "email", MaxLength: ui.MaxAddress, CheckURL: "/join/check", Hint: p.T("One that only you read. We did not know any.")},
				{Kind: ui.ControlEmail, Name: "again", Label: p.T("The same address again"), Autocomplete: "off", MaxLength: ui.MaxAddress, Same: "address"},
			},
			Submit: p.T("Send me a code"),
			Next:   p.T("The code in that mail is another one than in the letter. Have the letter ready."),
		},
		SignIn: "/sign-in?to=" + letterPath,
	}
}

func letterCode(p lang.Printer) LetterPage {
	return LetterPage{
		Heading: ui.Heading{Title: p.T("Type the code of the letter"), Lead: p.T("Your address is shown. Now the three groups of four from the letter.")},
		Form: ui.Form{
			Action: letterPath, Submit: p.T("Show me the record"),
			Controls: []ui.Control{{
				Kind: ui.ControlCode, Name: "code", Label: p.T("Code of the letter"), InputMode: "text", MaxLength: 40,
				Hint: p.T("Capitals, spaces and dashes do not matter."),
			}},
			Next: p.T("You see what is held and decide then whether it is about you. The code can be used once."),
		},
	}
}

func (s *Pages) letterPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page := letterCode(v.P)
	if v.Account.IsZero() {
		page = letterStart(v.P)
	}
	return s.Render(w, r, http.StatusOK, "public/letter", page)
}

func (s *Pages) redeemLetter(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, 4<<10)
	if err != nil {
		return err
	}
	code := f.Secret("code")
	if err = f.Err(); err == nil && code.IsZero() {
		err = habeas.Invalid("code", "Please fill this in.").WithCode("form.required")
	}
	var id habeas.PartyID
	if err == nil {
		id, err = s.Letters.Redeem(r.Context(), v.Actor, s.Proxies.LimitKey(r), code)
	}
	if err != nil {
		page := letterCode(v.P)
		return s.Again(w, r, v, err, "public/letter", &page, &page.Form, f)
	}
	http.Redirect(w, r, "/me/offers/"+id.String(), http.StatusSeeOther)
	return nil
}
