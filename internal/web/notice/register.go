package notice

import (
	"errors"
	"net/http"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// registerPage is how many lines each list shows.
const registerPage = 100

// RegisterPage is the data of notice/register.
type RegisterPage struct {
	Open   []OpenRequest
	Ended  ui.Table
	Kept   []KeptLine
	Count  int
	Filter ui.Form
	Chosen bool // a filter is set
}

// OpenRequest is a request without an answer.
type OpenRequest struct {
	ID      string
	Record  string // its page
	What    string
	Channel string
	At      time.Time
	Left    string // days until the month is over
	Late    bool
	Soon    bool
	Itself  time.Time // when the server carries it out; zero: staff do
	Grant   string
	Danger  bool // granting cannot be undone
	Note    string
	Mine    bool // the reader works on it
	Taken   bool // somebody does
	Due     time.Time
	Longer  bool // its time was extended
}

// KeptLine is a record whose end was announced, or that staff keep.
type KeptLine struct {
	Record string
	Words  string
	At     time.Time
	Why    string
	Held   bool
}

func (s *Pages) register(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.registerPage(r, v)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "notice/register", page)
}

func (s *Pages) registerPage(r *http.Request, v ui.Visit) (page RegisterPage, err error) {
	open, ended, err := s.Notices.Requests(r.Context(), v.Actor, registerPage)
	if err != nil {
		return page, err
	}
	kept, err := s.Notices.Kept(r.Context(), v.Actor, registerPage)
	if err != nil {
		return page, err
	}
	page.Count = len(open)
	f := filterOf(r, v)
	page.Filter, page.Chosen = filterForm(v.P, f), f.Kind != "" || f.Late || f.Mine
	for _, q := range f.Of(open, s.Clock.Now()) {
		page.Open = append(page.Open, s.openRequest(v, q))
	}
	ended = party.RequestFilter{Kind: f.Kind}.Of(ended, s.Clock.Now())
	page.Ended = s.endedTable(v.P, ended)
	for _, k := range kept {
		page.Kept = append(page.Kept, keptLine(v.P, k))
	}
	return page, nil
}

func (s *Pages) openRequest(v ui.Visit, q party.Request) OpenRequest {
	p, days := v.P, q.DaysLeft(s.Clock.Now())
	out := OpenRequest{
		ID: q.ID.String(), Record: "/staff/people/" + q.Party.String(), What: ui.UpperFirst(kindWords(p, q.Kind)),
		Channel: channelWords(p, q.Channel), At: q.At(), Itself: q.ActAt, Late: days < 0, Soon: days >= 0 && days < party.RemindDays,
		Due: q.Due, Longer: !q.ExtendedAt.IsZero(), Mine: !q.Assigned.IsZero() && q.Assigned == v.Account, Taken: !q.Assigned.IsZero(),
	}
	if q.Party.IsZero() {
		out.Record = "/staff/requests/" + q.ID.String()
	}
	out.Left = p.Plural(days, "{n} day left", "{n} days left")
	if days < 0 {
		out.Left = p.Plural(-days, "{n} day late", "{n} days late")
	}
	switch q.Kind {
	case party.AskErase:
		out.Danger, out.Grant, out.Note = true, p.T("Erase it now"), p.T("It goes for good, but for what a legal duty keeps, and its person gets a receipt.")
	case party.AskObject:
		out.Grant, out.Note = p.T("Let it stand"), p.T("The record stays unused. Refusing makes it usable again.")
	case party.AskNotMe:
		out.Grant, out.Note = p.T("Settled"), p.T("The address is off the record already. Look for the right person, or correct the address.")
	case party.AskRestrict:
		out.Grant = p.T("Let it stand")
	case party.AskCopy, party.AskRectify, party.AskPort, party.AskOther:
		out.Grant, out.Note = p.T("It is done"), p.T("Do it first: the answer goes to the address in the record, where there is one.")
	}
	return out
}

func channelWords(p lang.Printer, c party.Channel) string {
	switch c {
	case party.ByNotice:
		return p.T("after a mailed code")
	case party.ByAccount:
		return p.T("signed in")
	case party.ByLetter:
		return p.T("by letter")
	case party.ByTelephone:
		return p.T("by telephone")
	case party.ByVisit:
		return p.T("in person")
	case party.ByMail:
		return p.T("by e-mail")
	case party.ByStaff:
	}
	return p.T("in person, by letter or telephone")
}

func stateWords(p lang.Printer, s party.RequestState) string {
	switch s {
	case party.RequestDone:
		return p.T("done")
	case party.RequestRefused:
		return p.T("refused")
	case party.RequestWithdrawn:
		return p.T("taken back")
	case party.RequestOpen:
	}
	return p.T("open")
}

func (s *Pages) endedTable(p lang.Printer, ended []party.Request) ui.Table {
	t := ui.Table{
		ID: "ended", Caption: p.T("Answered lately"),
		Columns: []ui.Column{{Text: p.T("Request")}, {Text: p.T("Came")}, {Text: p.T("How it came")}, {Text: p.T("Answer")}, {Text: p.T("Answered")}},
		Empty:   ui.Empty{Text: p.T("Nothing was answered yet.")},
	}
	for _, q := range ended {
		answered := "–"
		if !q.EndedAt.IsZero() {
			answered = p.Date(q.EndedAt.In(s.Zone()))
		}
		what := ui.Cell{Text: ui.UpperFirst(kindWords(p, q.Kind)), URL: "/staff/requests/" + q.ID.String()}
		t.Rows = append(t.Rows, []ui.Cell{
			what, {Text: p.Date(q.At().In(s.Zone()))}, {Text: channelWords(p, q.Channel)}, {Text: stateWords(p, q.State)}, {Text: answered},
		})
	}
	return t
}

func keptLine(p lang.Printer, k party.Keeping) KeptLine {
	line := KeptLine{Record: "/staff/people/" + k.Party.String(), At: k.WarnedAt, Why: k.Why, Held: k.Held()}
	line.Words = p.T("Nobody has spoken of it for long. Its end was announced.")
	if k.Held() {
		line.At, line.Words = k.HeldAt, p.T("Kept by staff beyond its time.")
		if !k.HeldUntil.IsZero() {
			line.Words = p.T("Kept by staff until {date}.", "date", p.Date(k.HeldUntil))
		}
	}
	return line
}

// answer takes the decision on one request. To erase, staff type the word: it does not come back.
func (s *Pages) answer(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.RequestID) error {
	f, err := edge.DecodeForm(w, r, formSize)
	if err != nil {
		return err
	}
	answer, reason := f.String("answer", 20), f.Text("reason", 1000)
	q, err := s.Notices.RequestAt(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	if q.Kind == party.AskErase && party.Answer(answer) == party.AnswerGrant {
		ui.TypedErase(f, v.P)
	} else {
		f.String("word", 20) // stands empty in the form of whoever refuses
	}
	if err = f.Err(); err == nil {
		err = s.Notices.Answer(r.Context(), v.Actor, id, party.Answer(answer), reason)
	}
	return s.stepped(w, r, v, id, err, requestsPath)
}

// failed puts an error of input above the page.
func (s *Pages) failed(r *http.Request, v ui.Visit, err error) (*http.Request, bool) {
	var e *habeas.Error
	if !errors.As(err, &e) || e.Kind != habeas.KindInvalid {
		return r, false
	}
	return ui.WithNotice(r, ui.Notice{Kind: ui.NoticeDanger, Text: ui.ErrorText(v.P, e)}), true
}

// OnePage is the data of notice/one: what was asked for about one record.
type OnePage struct {
	ID       string
	Enter    ui.Form
	Hold     ui.Form
	Held     *KeptLine
	Requests ui.Table
}

func (s *Pages) onePage(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	page, err := s.one(r, v, id)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "notice/one", page)
}

func (s *Pages) one(r *http.Request, v ui.Visit, id habeas.PartyID) (page OnePage, err error) {
	all, kept, err := s.Notices.RequestsOn(r.Context(), v.Actor, id)
	if err != nil {
		return page, err
	}
	p := v.P
	page = OnePage{ID: id.String(), Requests: s.endedTable(p, all)}
	page.Requests.Caption = p.T("Asked for so far")
	if kept.Held() {
		line := keptLine(p, kept)
		page.Held = &line
	}
	page.Enter = enterForm(p, "/staff/people/"+page.ID+"/requests", true)
	page.Hold = ui.Form{
		Action: "/staff/people/" + page.ID + "/hold", Submit: p.T("Keep the record"),
		Controls: []ui.Control{
			{Kind: ui.ControlTextarea, Name: "reason", Label: p.T("Why it has to be kept"), Hint: p.T("A complaint, a debt, a legal duty. Its person reads it."), MaxLength: 1000},
			{Kind: ui.ControlDate, Name: "until", Label: p.T("Until when"), Hint: p.T("Without a day it holds until somebody ends it."), Optional: true},
		},
	}
	return page, nil
}

func (s *Pages) enter(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	return s.onOne(w, r, v, id, func(f *edge.Form) error {
		in := s.entered(f)
		if err := f.Err(); err != nil {
			return err
		}
		in.Party = id
		_, err := s.Notices.Enter(r.Context(), v.Actor, in)
		return err
	})
}

func (s *Pages) hold(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	return s.onOne(w, r, v, id, func(f *edge.Form) error {
		reason, until := f.Text("reason", 1000), f.Date("until")
		if err := f.Err(); err != nil {
			return err
		}
		return s.Notices.HoldUntil(r.Context(), v.Actor, id, reason, until)
	})
}

func (s *Pages) free(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	return s.onOne(w, r, v, id, func(*edge.Form) error {
		return s.Notices.Free(r.Context(), v.Actor, id)
	})
}

// onOne does something to one record and comes back to its page.
func (s *Pages) onOne(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID, do func(*edge.Form) error) error {
	f, err := edge.DecodeForm(w, r, formSize)
	if err != nil {
		return err
	}
	err = do(f)
	if again, ok := s.failed(r, v, err); ok {
		page, err := s.one(r, v, id)
		if err != nil {
			return err
		}
		return s.Render(w, again, http.StatusBadRequest, "notice/one", page)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/staff/people/"+id.String()+"/requests", http.StatusSeeOther)
	return nil
}
