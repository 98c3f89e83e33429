package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/session"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Sessions is what the pages of the session log ask of the server. Every method that
// reads it refuses everybody who is no administrator. Nothing in it is about a person, so
// no look is noted in anybody's activity (ADR 0021); that and for what it is read is noted in
// the register of readings (LOG-15, Logs.MayReadSessions).
type Sessions interface {
	// List returns the sessions that a filter takes, newest first.
	List(ctx context.Context, a habeas.Actor, f session.Filter) ([]session.Summary, error)
	// DaysLogged are the days of which there are logs, newest first, in UTC.
	DaysLogged(ctx context.Context, a habeas.Actor) ([]time.Time, error)
	// Session reads one; session.ErrNone when there is none.
	Session(ctx context.Context, a habeas.Actor, id string) (session.Session, error)
	// KeptDays is how long logs are kept; 0: none are written.
	KeptDays() int
}

const sessionsPath = "/admin/sessions"

// sessionsShown is how many lines the list shows.
const sessionsShown = 200

func (s *Pages) mountSessions(m *edge.Mux) {
	s.Handle(m, ui.Administrator, "GET "+sessionsPath, s.forReason(s.sessions))
	s.Handle(m, ui.Administrator, "GET "+sessionsPath+"/{id}", s.forReason(s.session))
	s.Handle(m, ui.Administrator, "GET "+sessionsPath+"/{id}/log.xml", s.forReason(s.sessionFile))
	s.Handle(m, ui.Administrator, "GET "+sessionsPath+"/{id}/log.jsonl", s.forReason(s.sessionFile))
}

// forReason asks who has not said for what they read the session log to say it.
func (s *Pages) forReason(h func(http.ResponseWriter, *http.Request, ui.Visit) error) func(http.ResponseWriter, *http.Request, ui.Visit) error {
	return func(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
		err := s.Logs.MayReadSessions(r.Context(), v.Actor)
		if errors.Is(err, account.ErrNoReading) {
			if r.URL.Path != sessionsPath {
				http.Redirect(w, r, sessionsPath, http.StatusSeeOther)
				return nil
			}
			page, err := s.logsPage(r, v, account.ReadSessions)
			if err != nil {
				return err
			}
			return s.Render(w, r, http.StatusOK, "admin/logs", page)
		}
		if err != nil {
			return err
		}
		return h(w, r, v)
	}
}

// SessionsPage is the data of admin/sessions.
type SessionsPage struct {
	Heading ui.Heading
	Filter  []ui.Control
	Table   ui.Table
}

func (s *Pages) sessions(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	days, err := s.Sessions.DaysLogged(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	p, q := v.P, r.URL.Query()
	f := session.Filter{Flow: chosen(q, "flow"), Outcome: session.Outcome(chosen(q, "outcome")), Reference: strings.TrimSpace(q.Get("reference"))}
	if day, err := time.Parse(time.DateOnly, q.Get("day")); err == nil {
		f.Day = day
	} else if len(days) > 0 && f.Reference == "" && q.Get("day") != anyOf { // a reference is looked for on every day
		f.Day = days[0]
	}
	found, err := s.Sessions.List(r.Context(), v.Actor, f)
	if err != nil {
		return err
	}
	page := SessionsPage{
		Heading: ui.Heading{
			Title: p.T("Session log"),
			Lead:  p.T("What happened step by step when somebody signed in, claimed or entered. What was typed is sealed, and nothing says who it was."),
		},
		Filter: s.sessionFilter(p, f, days),
		Table:  s.sessionTable(p, f, found, len(days) > 0),
	}
	return s.Render(w, r, http.StatusOK, "admin/sessions", page)
}

// anyOf is the choice that asks nothing. It is no empty text, so that a browser takes it
// for an answer.
const anyOf = "all"

// chosen is what a control of the filter asks for.
func chosen(q url.Values, name string) string {
	if v := q.Get(name); v != anyOf {
		return v
	}
	return ""
}

// sessionFilter are the controls above the list.
func (s *Pages) sessionFilter(p lang.Printer, f session.Filter, days []time.Time) []ui.Control {
	day := ui.Control{Kind: ui.ControlSelect, Name: "day", Label: p.T("Day"), Value: f.Day.Format(time.DateOnly), Options: []ui.Option{{Value: anyOf, Text: p.T("Every day")}}}
	for _, d := range days {
		day.Options = append(day.Options, ui.Option{Value: d.Format(time.DateOnly), Text: p.Date(d)})
	}
	if f.Day.IsZero() {
		day.Value = anyOf
	}
	flow := ui.Control{Kind: ui.ControlSelect, Name: "flow", Label: p.T("Flow"), Value: f.Flow, Options: []ui.Option{{Value: anyOf, Text: p.T("All")}}}
	for _, name := range ui.RecordedFlows() {
		flow.Options = append(flow.Options, ui.Option{Value: name, Text: flowName(p, name)})
	}
	outcome := ui.Control{Kind: ui.ControlSelect, Name: "outcome", Label: p.T("How it ended"), Value: string(f.Outcome), Options: []ui.Option{{Value: anyOf, Text: p.T("All")}}}
	for _, o := range session.Outcomes() {
		outcome.Options = append(outcome.Options, ui.Option{Value: string(o), Text: outcomeTag(p, o).Text})
	}
	reference := ui.Control{Name: "reference", Label: p.T("Reference"), Value: f.Reference, Optional: true, Autocomplete: "off", MaxLength: 40}
	return []ui.Control{day, flow, outcome, reference}
}

func (s *Pages) sessionTable(p lang.Printer, f session.Filter, found []session.Summary, any bool) ui.Table {
	t := ui.Table{
		ID: "sessions", Caption: p.Plural(len(found), "{n} session", "{n} sessions"), Prose: true,
		Columns: []ui.Column{{Text: p.T("Session")}, {Text: p.T("Began about")}, {Text: p.T("Flow")}, {Text: p.T("Steps"), Numeric: true}, {Text: p.T("Took"), Numeric: true}, {Text: p.T("How it ended")}},
		Empty:   ui.Empty{Text: p.T("Nothing has been recorded yet. A line appears when somebody signs in, claims a record, or when staff enter one.")},
	}
	switch {
	case s.Sessions.KeptDays() == 0:
		t.Empty.Text = p.T("Nothing is recorded: session_log.keep_days is 0 in the settings.")
	case f.Reference != "":
		t.Empty = ui.Empty{Text: p.T("No session has this reference. It is the number on the error page; logs are kept for {n} days.", "n", s.Sessions.KeptDays()), Action: &ui.Link{Text: p.T("Show all"), URL: sessionsPath}}
	case any:
		t.Empty = ui.Empty{Text: p.T("No session of this day is like that."), Action: &ui.Link{Text: p.T("Show all"), URL: sessionsPath}}
	}
	if len(found) > sessionsShown {
		found = found[:sessionsShown]
		t.Caption = p.T("The newest {n} sessions. Choose a flow or how it ended to see fewer.", "n", sessionsShown)
	}
	for _, one := range found {
		how := outcomeTag(p, one.Outcome)
		end := ui.Cell{Tag: &how}
		if one.Warnings > 0 {
			end.Note = p.Plural(one.Warnings, "{n} warning", "{n} warnings")
		}
		t.Rows = append(t.Rows, []ui.Cell{
			{Text: one.ID, URL: sessionsPath + "/" + one.ID, Mono: true},
			{Text: p.DateTime(one.Begun, s.Zone())},
			{Text: flowName(p, one.Flow)},
			{Text: p.Number(int64(one.Transactions))},
			{Text: duration(p, one.Seconds)},
			end,
		})
	}
	return t
}

// duration writes how long something took.
func duration(p lang.Printer, seconds int) string {
	if seconds < 120 {
		return p.Plural(seconds, "{n} second", "{n} seconds")
	}
	return p.Plural(seconds/60, "{n} minute", "{n} minutes")
}

func flowName(p lang.Printer, name string) string {
	switch name {
	case ui.FlowSignIn:
		return p.T("Sign-in")
	case ui.FlowClaim:
		return p.T("Claim")
	case ui.FlowStaffEntry:
		return p.T("Entry by staff")
	}
	return name
}

func outcomeTag(p lang.Printer, o session.Outcome) ui.Tag {
	switch o {
	case session.Completed:
		return ui.Tag{Kind: ui.TagYours, Text: p.T("completed")}
	case session.Refused:
		return ui.Tag{Kind: ui.TagProposal, Text: p.T("refused")}
	case session.Failed:
		return ui.Tag{Kind: ui.TagDanger, Text: p.T("failed")}
	case session.Abandoned:
		return ui.Tag{Kind: ui.TagQuiet, Text: p.T("abandoned")}
	case session.Interrupted:
		return ui.Tag{Kind: ui.TagQuiet, Text: p.T("interrupted")}
	}
	return ui.Tag{Kind: ui.TagInfo, Text: p.T("still open")}
}

// SessionPage is the data of admin/session.
type SessionPage struct {
	Heading      ui.Heading
	Facts        []SessionFact
	Conversation ui.Conversation
}

// SessionFact is one line about a session.
type SessionFact struct {
	Term, Is string
	Mono     bool
	Tag      *ui.Tag
}

func (s *Pages) session(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	one, err := s.Sessions.Session(r.Context(), v.Actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	p, how := v.P, outcomeTag(v.P, one.Outcome)
	at := sessionsPath + "/" + one.ID
	page := SessionPage{
		Heading: ui.Heading{
			Title: flowName(p, one.Flow), Back: &ui.Link{Text: p.T("Session log"), URL: sessionsPath},
			Lead:    p.T("A chip stands for something that was sealed or taken out. The same chip is the same thing, in this session only."),
			Actions: []ui.Link{{Text: p.T("Take along as XML"), URL: at + "/log.xml"}, {Text: p.T("As JSON lines"), URL: at + "/log.jsonl"}},
		},
		Facts: []SessionFact{
			{Term: p.T("Session"), Is: one.ID, Mono: true},
			{Term: p.T("Began about"), Is: p.DateTime(one.Begun, s.Zone())},
			{Term: p.T("Took"), Is: duration(p, one.Seconds)},
			{Term: p.T("How it ended"), Tag: &how},
		},
		Conversation: ui.Conversation{Empty: ui.Empty{Text: p.T("This session ended before anything happened in it.")}},
	}
	for _, l := range one.Lines {
		page.Conversation.Turns = append(page.Conversation.Turns, turn(p, l))
	}
	return s.Render(w, r, http.StatusOK, "admin/session", page)
}

// turn shows a transaction.
func turn(p lang.Printer, l session.Line) ui.Turn {
	t := ui.Turn{Title: p.T("Step {n}", "n", l.N), Note: p.Plural(l.After, "{n} second after the beginning", "{n} seconds after the beginning")}
	if l.Outcome != "" {
		how := outcomeTag(p, l.Outcome)
		t.Tag = &how
	}
	if l.Reference != "" {
		t.Note += " · " + p.T("reference {reference}", "reference", l.Reference)
	}
	if l.Left > 0 {
		t.Left = p.Plural(l.Left, "{n} more event was not kept.", "{n} more events were not kept.")
	}
	for _, e := range l.Events {
		t.Said = append(t.Said, saying(p, e))
	}
	return t
}

// saying shows an event.
func saying(p lang.Printer, e session.Event) ui.Saying {
	s := ui.Saying{Kind: ui.Happened, Name: e.Name, Pieces: ui.Pieces(e.Text)}
	switch e.Type {
	case session.RequestText:
		s.Kind, s.Label = ui.SaidBy, p.T("Asked")
	case session.ResponseText:
		s.Kind, s.Label = ui.SaidTo, p.T("Replied")
	case session.OutputText:
		s.Label = p.T("Said")
	case session.Analysis:
		s.Kind, s.Label, s.Words = ui.SaidBy, p.T("Understood"), understood(e.Sentences)
	case session.InputParameter:
		s.Kind, s.Label, s.Pieces = ui.SaidBy, p.T("Came with"), value(e.Value)
	case session.OutputParameter:
		s.Kind, s.Label, s.Pieces = ui.SaidTo, p.T("Went out with"), value(e.Value)
	case session.VariableChange:
		s.Label, s.Pieces = changeName(p, e.Change), value(e.Value)
	case session.FlowTrigger:
		s.Label = p.T("Another flow began")
		if g := e.Trigger; g != nil {
			s.Name = g.Flow
			for _, m := range g.Mappings {
				s.Pieces = append(s.Pieces, ui.Piece{Text: m.String() + " "})
			}
		}
	case session.Step:
		s.Label = p.T("Reached")
	case session.Warning:
		s.Kind, s.Label = ui.Cautioned, p.T("Warning")
	case session.Message:
		s.Label, s.Name = p.T("Server's log"), e.Level
	}
	return s
}

func changeName(p lang.Printer, c session.Change) string {
	switch c {
	case session.Initialization:
		return p.T("Typed or set")
	case session.Deletion:
		return p.T("Forgotten")
	case session.Update:
	}
	return p.T("Typed or set again")
}

// understood lists words with what was made of them.
func understood(sentences []session.Sentence) []string {
	var all []string
	for _, s := range sentences {
		for _, w := range s.Words {
			text := w.Original
			if w.Final != w.Original {
				text += " → " + w.Final
			}
			all = append(all, text)
		}
	}
	return all
}

// value shows a value: the untraceable object as a chip.
func value(raw json.RawMessage) []ui.Piece {
	var secret struct {
		Label *string `json:"untraceable-object"`
	}
	if json.Unmarshal(raw, &secret) == nil && secret.Label != nil {
		return []ui.Piece{{Text: *secret.Label, Sealed: true}}
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return ui.Pieces(text)
	}
	return ui.Pieces(string(raw))
}

// sessionFile gives a session's log away as a file.
func (s *Pages) sessionFile(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	one, err := s.Sessions.Session(r.Context(), v.Actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	write, kind, ext := session.WriteXML, "application/xml; charset=utf-8", "xml"
	if strings.HasSuffix(r.URL.Path, ".jsonl") {
		write, kind, ext = session.WriteLines, "application/jsonl", "jsonl"
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="session-`+one.ID+`.`+ext+`"`)
	_ = write(w, func(yield func(session.Session, error) bool) { yield(one, nil) }) // the reader may have gone
	return nil
}
