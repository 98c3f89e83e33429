package notice

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

const requestsPath = "/staff/requests"

// filterOf reads which requests staff want to see from the address of the page.
func filterOf(r *http.Request, v ui.Visit) party.RequestFilter {
	q := r.URL.Query()
	f := party.RequestFilter{Late: q.Get("show") == "late", Mine: q.Get("show") == "mine", Reader: v.Account}
	for _, kind := range party.Rights() {
		if q.Get("kind") == string(kind) {
			f.Kind = kind
		}
	}
	return f
}

func filterForm(p lang.Printer, f party.RequestFilter) ui.Form {
	show := ui.Control{Kind: ui.ControlSelect, Name: "show", Label: p.T("Show"), Options: []ui.Option{
		{Text: p.T("All that wait")}, {Value: "late", Text: p.T("Those that are late")}, {Value: "mine", Text: p.T("Those that I work on")},
	}}
	switch {
	case f.Late:
		show.Value = "late"
	case f.Mine:
		show.Value = "mine"
	}
	kind := ui.Control{Kind: ui.ControlSelect, Name: "kind", Label: p.T("Right"), Value: string(f.Kind), Options: []ui.Option{{Text: p.T("Every kind")}}}
	for _, k := range party.Rights() {
		kind.Options = append(kind.Options, ui.Option{Value: string(k), Text: ui.UpperFirst(kindWords(p, k))})
	}
	return ui.Form{Action: requestsPath, Get: true, Controls: []ui.Control{show, kind}, Submit: p.T("Show")}
}

// enterForm asks for a request that reached staff; onRecord says that it is about a known
// record.
func enterForm(p lang.Printer, action string, onRecord bool) ui.Form {
	kind := ui.Control{Kind: ui.ControlRadio, Name: "kind", Label: p.T("What does the person ask for?")}
	for _, k := range party.Rights() {
		o := ui.Option{Value: string(k), Text: ui.UpperFirst(kindWords(p, k))}
		switch k {
		case party.AskErase:
			o.Hint = p.T("You carry it out from the list of requests, or say why not.")
		case party.AskObject:
			o.Hint = p.T("Connected systems stop at once; answer within a month.")
		case party.AskRestrict:
			o.Hint = p.T("Connected systems stop at once.")
		case party.AskNotMe:
			o.Hint = p.T("The record then waits for a decision.")
		case party.AskCopy, party.AskRectify, party.AskPort, party.AskOther:
		}
		if onRecord || !k.Known() {
			kind.Options = append(kind.Options, o)
		}
	}
	channel := ui.Control{Kind: ui.ControlSelect, Name: "channel", Label: p.T("How it came")}
	for _, c := range party.Desk() {
		channel.Options = append(channel.Options, ui.Option{Value: string(c), Text: channelWords(p, c)})
	}
	return ui.Form{
		Action: action, Submit: p.T("Write it down"),
		Controls: []ui.Control{
			kind, channel,
			{Kind: ui.ControlDate, Name: "came", Label: p.T("When it came"), Hint: p.T("The month is counted from this day. Without one: today."), Optional: true},
			{Kind: ui.ControlTextarea, Name: "note", Label: p.T("What exactly is asked for"), Optional: true, MaxLength: 1000},
			{Name: "identity", Label: p.T("How you made sure who asks"), Hint: p.T("For example: came with an identity card. No numbers of documents."), Optional: true, MaxLength: 300},
		},
		Next: p.T("The law gives a month to answer. Staff are reminded a week before it is over."),
	}
}

// entered reads the form. Without a channel it is from before these were told apart.
func (s *Pages) entered(f *edge.Form) party.Entered {
	in := party.Entered{
		Kind: party.RequestKind(f.String("kind", 20)), Channel: party.Channel(f.String("channel", 20)), Came: f.Date("came"),
		Note: f.Text("note", 1000), Identity: f.String("identity", 300),
	}
	if in.Channel == "" {
		in.Channel = party.ByStaff
	}
	return in
}

// NewRequestPage is the data of notice/new.
type NewRequestPage struct {
	Heading ui.Heading
	Form    ui.Form
}

func newRequestPage(p lang.Printer) NewRequestPage {
	return NewRequestPage{
		Heading: ui.Heading{
			Title: p.T("Write a request down"),
			Lead:  p.T("Of somebody whose record is not found yet, or who has none. Where you know the record, write it down there: what is done to a record needs one."),
			Back:  &ui.Link{Text: p.T("Requests"), URL: requestsPath}, Actions: []ui.Link{{Text: p.T("Find the record"), URL: "/staff/people"}},
		},
		Form: enterForm(p, requestsPath+"/new", false),
	}
}

func (s *Pages) newRequest(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	return s.Render(w, r, http.StatusOK, "notice/new", newRequestPage(v.P))
}

func (s *Pages) enterNew(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, formSize)
	if err != nil {
		return err
	}
	in := s.entered(f)
	if err = f.Err(); err == nil {
		var q party.Request
		if q, err = s.Notices.Enter(r.Context(), v.Actor, in); err == nil {
			http.Redirect(w, r, requestsPath+"/"+q.ID.String(), http.StatusSeeOther)
			return nil
		}
	}
	page := newRequestPage(v.P)
	return s.Again(w, r, v, err, "notice/new", &page, &page.Form, f)
}

// RequestPage is the data of notice/request.
type RequestPage struct {
	Heading  ui.Heading
	Request  OpenRequest
	Open     bool
	State    string
	Answer   string
	EndedAt  time.Time
	Note     string
	Identity string
	Longer   string // why it takes longer
	Known    bool   // a record is known
	Stays    []ui.Stays
	Hold     string
	Extend   *ui.Form // nil: not any more
	Identify ui.Form
	Reopen   bool
	Word     *ui.Control // to type before what cannot come back
}

// onRequest hands a page the request that its path names.
func onRequest(h func(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.RequestID) error) func(http.ResponseWriter, *http.Request, ui.Visit) error {
	return ui.OnID("id", nil, h)
}

func (s *Pages) requestPage(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.RequestID) error {
	page, err := s.oneRequest(r, v, id)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "notice/request", page)
}

func (s *Pages) oneRequest(r *http.Request, v ui.Visit, id habeas.RequestID) (page RequestPage, err error) {
	q, err := s.Notices.RequestAt(r.Context(), v.Actor, id)
	if err != nil {
		return page, err
	}
	p := v.P
	page = RequestPage{
		Request: s.openRequest(v, q), Open: q.State == party.RequestOpen, State: stateWords(p, q.State), Answer: q.Answer, EndedAt: q.EndedAt,
		Note: q.Note, Identity: q.Identity, Longer: q.WhyLonger, Known: !q.Party.IsZero(),
	}
	page.Heading = ui.Heading{
		Title: p.T("Request: {what}", "what", kindWords(p, q.Kind)), Back: &ui.Link{Text: p.T("Requests"), URL: requestsPath},
		Lead: p.T("Came {date}, {channel}.", "date", p.Date(q.At().In(s.Zone())), "channel", channelWords(p, q.Channel)),
	}
	at := requestsPath + "/" + q.ID.String()
	page.Identify = ui.Form{Action: at + "/identity", Submit: p.T("Note it"), Controls: []ui.Control{
		{Name: "identity", Label: p.T("How you made sure who asks"), Hint: p.T("For example: came with an identity card. No numbers of documents."), Value: q.Identity, MaxLength: 300},
	}}
	if page.Open && q.ExtendedAt.IsZero() && !s.Clock.Now().After(q.Due) {
		page.Extend = &ui.Form{Action: at + "/extend", Submit: p.T("Take two months more"), Controls: []ui.Control{
			{Kind: ui.ControlTextarea, Name: "why", Label: p.T("Why it takes longer"), Hint: p.T("Because it is complex, or there are many. The person reads it, now."), MaxLength: 1000},
		}, Next: p.T("The law allows it once.")}
	}
	page.Reopen = !page.Open && !q.Final()
	if page.Open && page.Known && q.Kind == party.AskErase {
		bound, err := s.Notices.Bound(r.Context(), v.Actor, q.Party)
		if err != nil {
			return page, err
		}
		page.Stays, page.Hold = ui.StaysOf(p, bound.Owed), bound.Hold.Why
		word := ui.EraseWord(p)
		page.Word = &word
	}
	return page, nil
}

// step does one thing to a request and comes back to its page.
func (s *Pages) step(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.RequestID) error {
	f, err := edge.DecodeForm(w, r, formSize)
	if err != nil {
		return err
	}
	ctx := r.Context()
	switch r.PathValue("step") {
	case "extend":
		if why := f.Text("why", 1000); f.Err() == nil {
			err = s.Notices.Extend(ctx, v.Actor, id, why)
		}
	case "identity":
		if how := f.String("identity", 300); f.Err() == nil {
			err = s.Notices.Identify(ctx, v.Actor, id, how)
		}
	case "take":
		err = s.Notices.TakeOn(ctx, v.Actor, id, true)
	case "leave":
		err = s.Notices.TakeOn(ctx, v.Actor, id, false)
	case "reopen":
		err = s.Notices.ReopenRequest(ctx, v.Actor, id)
	default:
		return habeas.NotFound("There is no such page.").WithCode("page.none")
	}
	if err == nil {
		err = f.Err()
	}
	return s.stepped(w, r, v, id, err, requestsPath+"/"+id.String())
}

// stepped goes on after a step or an answer, or says above the request what is wrong with it.
func (s *Pages) stepped(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.RequestID, err error, to string) error {
	again, ok := s.failed(r, v, err)
	switch {
	case ok:
		page, err := s.oneRequest(r, v, id)
		if err != nil {
			return err
		}
		return s.Render(w, again, http.StatusBadRequest, "notice/request", page)
	case err != nil:
		return err
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// registerFile is the register without anything personal: no record, no name, no words.
func (s *Pages) registerFile(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	p, now := v.P, s.Clock.Now()
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="requests-`+now.Format(time.DateOnly)+`.csv"`)
	c := csv.NewWriter(w)
	_ = c.Write([]string{p.T("Request"), p.T("Came"), p.T("How it came"), p.T("Due"), p.T("Extended"), p.T("Answer"), p.T("Answered"), p.T("Days left")})
	err := s.Notices.EachRequest(r.Context(), v.Actor, func(q party.Request) error {
		left := ""
		if q.State == party.RequestOpen {
			left = strconv.Itoa(q.DaysLeft(now))
		}
		return c.Write([]string{kindWords(p, q.Kind), day(q.At()), channelWords(p, q.Channel), day(q.Due), day(q.ExtendedAt), stateWords(p, q.State), day(q.EndedAt), left})
	})
	c.Flush()
	return err
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// ErasedPage is the data of notice/erased: what one erasure left.
type ErasedPage struct {
	Heading ui.Heading
	Parts   []ErasedPart
}

// ErasedPart is one data set that a legal duty kept.
type ErasedPart struct {
	Label       string
	Words       string
	Over        bool
	Certificate string
}

// erasedPage says what the law keeps of a record that was erased, to whoever knows the
// number of the erasure. It says nothing about the person.
func (s *Pages) erasedPage(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	id, err := habeas.ParseID[habeas.RemainderKind](r.PathValue("id"))
	if err != nil {
		return habeas.NotFound("Nothing is kept under this number.").WithCode("remainder.none")
	}
	all, err := s.Notices.Remains(r.Context(), id)
	if err != nil {
		return err
	}
	p := v.P
	page := ErasedPage{Heading: ui.Heading{
		Title: p.T("What the law keeps"),
		Lead:  p.T("The record was erased on {date}. What stands here could not go with it.", "date", p.Date(all[0].At().In(s.Zone()))),
	}}
	for _, one := range all {
		part := ErasedPart{Label: p.T(one.Label), Over: !one.EndedAt.IsZero(), Certificate: "/erased/" + url.PathEscape(id.String()) + "/" + one.ID.String() + "/certificate"}
		part.Words = p.T("Kept until {date} by {duty}, apart from everything else and used for nothing else. Then it goes by itself.", "date", p.Date(one.Until), "duty", one.Duty)
		if part.Over {
			part.Words = p.T("Erased on {date}: its time was over. Nobody can read it again.", "date", p.Date(one.EndedAt.In(s.Zone())))
		}
		page.Parts = append(page.Parts, part)
	}
	return s.Render(w, r, http.StatusOK, "notice/erased", page)
}

func (s *Pages) erasedCertificate(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	id, err := habeas.ParseID[habeas.RemainderKind](r.PathValue("id"))
	part, wrong := habeas.ParseID[habeas.RemainderKind](r.PathValue("part"))
	if err != nil || wrong != nil {
		return habeas.NotFound("Nothing is kept under this number.").WithCode("remainder.none")
	}
	text, err := s.Notices.RemainsCertificate(r.Context(), id, part)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="certificate-of-erasure.txt"`)
	_, _ = w.Write(text) // an error here means that the reader has gone
	return nil
}
