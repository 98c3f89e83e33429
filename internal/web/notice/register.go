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
	Open  []OpenRequest
	Ended ui.Table
	Kept  []KeptLine
	Count int
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
	for _, q := range open {
		page.Open = append(page.Open, s.openRequest(v.P, q))
	}
	page.Ended = s.endedTable(v.P, ended)
	for _, k := range kept {
		page.Kept = append(page.Kept, keptLine(v.P, k))
	}
	return page, nil
}

func (s *Pages) openRequest(p lang.Printer, q party.Request) OpenRequest {
	days := q.DaysLeft(s.Clock.Now())
	out := OpenRequest{
		ID: q.ID.String(), Record: "/staff/people/" + q.Party.String(), What: ui.UpperFirst(kindWords(p, q.Kind)),
		Channel: channelWords(p, q.Channel), At: q.At(), Itself: q.ActAt, Late: days < 0, Soon: days >= 0 && days < 7,
	}
	out.Left = p.Plural(days, "{n} day left", "{n} days left")
	if days < 0 {
		out.Left = p.Plural(-days, "{n} day late", "{n} days late")
	}
	switch q.Kind {
	case party.AskErase:
		out.Danger, out.Grant, out.Note = true, p.T("Erase it now"), p.T("It goes for good, and its person gets a receipt.")
	case party.AskObject:
		out.Grant, out.Note = p.T("Let it stand"), p.T("The record stays unused. Refusing makes it usable again.")
	case party.AskNotMe:
		out.Grant, out.Note = p.T("Settled"), p.T("The address is off the record already. Look for the right person, or correct the address.")
	case party.AskRestrict:
		out.Grant = p.T("Let it stand")
	}
	return out
}

func channelWords(p lang.Printer, c party.Channel) string {
	switch c {
	case party.ByNotice:
		return p.T("after a mailed code")
	case party.ByAccount:
		return p.T("signed in")
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
		what := ui.Cell{Text: ui.UpperFirst(kindWords(p, q.Kind))}
		if !q.Party.IsZero() {
			what.URL = "/staff/people/" + q.Party.String() + "/requests"
		}
		t.Rows = append(t.Rows, []ui.Cell{
			what, {Text: p.Date(q.At().In(s.Zone()))}, {Text: channelWords(p, q.Channel)}, {Text: stateWords(p, q.State)}, {Text: p.Date(q.EndedAt.In(s.Zone()))},
		})
	}
	return t
}

func keptLine(p lang.Printer, k party.Keeping) KeptLine {
	line := KeptLine{Record: "/staff/people/" + k.Party.String(), At: k.WarnedAt, Why: k.Why, Held: k.Held()}
	line.Words = p.T("Nobody has spoken of it for long. Its end was announced.")
	if k.Held() {
		line.At, line.Words = k.HeldAt, p.T("Kept by staff beyond its time.")
	}
	return line
}

// answer takes the decision on one request. What is wrong with the form is said above
// the list, because each request has a form of its own.
func (s *Pages) answer(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	id, err := habeas.ParseID[habeas.RequestKind](r.PathValue("id"))
	if err != nil {
		return err
	}
	f, err := edge.DecodeForm(w, r, formSize)
	if err != nil {
		return err
	}
	answer, reason := f.String("answer", 20), f.Text("reason", 1000)
	if err = f.Err(); err == nil {
		err = s.Notices.Answer(r.Context(), v.Actor, id, party.Answer(answer), reason)
	}
	if again, ok := s.failed(r, v, err); ok {
		page, err := s.registerPage(r, v)
		if err != nil {
			return err
		}
		return s.Render(w, again, http.StatusBadRequest, "notice/register", page)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/staff/requests", http.StatusSeeOther)
	return nil
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

func (s *Pages) onePage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	id, err := pathParty(r.PathValue("id"))
	if err != nil {
		return err
	}
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
	page.Requests.Caption, page.Requests.Empty.Text = p.T("Asked for so far"), p.T("Nothing was asked for yet.")
	if kept.Held() {
		line := keptLine(p, kept)
		page.Held = &line
	}
	page.Enter = ui.Form{
		Action: "/staff/people/" + page.ID + "/requests", Submit: p.T("Write it down"),
		Controls: []ui.Control{{
			Kind: ui.ControlRadio, Name: "kind", Label: p.T("What does the person ask for?"), Options: []ui.Option{
				{Value: string(party.AskErase), Text: p.T("Erase it"), Hint: p.T("You carry it out from the list of requests, or say why not.")},
				{Value: string(party.AskObject), Text: p.T("I object to its use"), Hint: p.T("Connected systems stop at once; answer within a month.")},
				{Value: string(party.AskRestrict), Text: p.T("Keep it, but do not use it"), Hint: p.T("Connected systems stop at once.")},
				{Value: string(party.AskNotMe), Text: p.T("This is not me"), Hint: p.T("The record then waits for a decision.")},
			},
		}},
		Next: p.T("The law gives a month to answer, counted from today."),
	}
	page.Hold = ui.Form{
		Action: "/staff/people/" + page.ID + "/hold", Submit: p.T("Keep the record"),
		Controls: []ui.Control{{Kind: ui.ControlTextarea, Name: "reason", Label: p.T("Why it has to be kept"), Hint: p.T("A complaint, a debt, a legal duty. It stands in the record's own log."), MaxLength: 1000}},
	}
	return page, nil
}

func (s *Pages) enter(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	return s.onOne(w, r, v, func(id habeas.PartyID, f *edge.Form) error {
		kind := f.String("kind", 20)
		if err := f.Err(); err != nil {
			return err
		}
		_, err := s.Notices.Register(r.Context(), v.Actor, id, party.RequestKind(kind))
		return err
	})
}

func (s *Pages) hold(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	return s.onOne(w, r, v, func(id habeas.PartyID, f *edge.Form) error {
		reason := f.Text("reason", 1000)
		if err := f.Err(); err != nil {
			return err
		}
		return s.Notices.Hold(r.Context(), v.Actor, id, reason)
	})
}

func (s *Pages) free(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	return s.onOne(w, r, v, func(id habeas.PartyID, _ *edge.Form) error {
		return s.Notices.Free(r.Context(), v.Actor, id)
	})
}

// onOne does something to one record and comes back to its page.
func (s *Pages) onOne(w http.ResponseWriter, r *http.Request, v ui.Visit, do func(habeas.PartyID, *edge.Form) error) error {
	id, err := pathParty(r.PathValue("id"))
	if err != nil {
		return err
	}
	f, err := edge.DecodeForm(w, r, formSize)
	if err != nil {
		return err
	}
	err = do(id, f)
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
