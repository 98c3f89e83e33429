package notice

import (
	"context"
	"slices"
	"time"

	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// HeldPage is the data of notice/held.
type HeldPage struct {
	Heading ui.Heading
	Until   time.Time // when the visit ends
	Records []HeldRecord
	Stopped bool
	Claim   string // where the offer to claim leads
}

// HeldRecord is one record at the address.
type HeldRecord struct {
	ID       string
	Title    string
	Since    time.Time
	From     []OriginLine
	Sets     []ui.Fields
	Why      string // why less is shown or done than usual; may be empty
	Claimed  bool   // an account has it: nothing can be asked for here
	Closed   bool   // and that account is closed
	Frozen   bool   // somebody says that it is the wrong account
	Unsure   bool   // staff look before it is erased
	Goes     time.Time
	Requests []RequestLine
	Can      []Verb
	Stays    []ui.Stays // what outlives its erasure
	Hold     string     // why staff keep all of it
}

// OriginLine is who supplied something, and when.
type OriginLine struct {
	Name        string
	First, Last time.Time
}

// RequestLine is something that was asked for, as its person sees it.
type RequestLine struct {
	Words  string
	At     time.Time
	Undo   *ui.Undo // nil where it cannot be taken back
	Answer string   // what staff said
}

// Verb is something a person can ask for.
type Verb struct {
	Kind   string
	Text   string
	Note   string // what happens then
	Danger bool
}

func (s *Pages) heldPage(ctx context.Context, p lang.Printer, l party.Looking) HeldPage {
	page := HeldPage{
		Heading: ui.Heading{
			Title: p.T("What is held about you"),
			Lead:  p.T("At {address}. Values are masked: whoever can read your mail could open this page.", "address", l.Visit.Display),
		},
		Until: l.Visit.ExpiresAt, Stopped: l.Stopped, Claim: "/join",
	}
	for i, h := range l.Held {
		rec := s.heldRecord(ctx, p, h)
		rec.Title = p.T("The record")
		if len(l.Held) > 1 {
			rec.Title = p.T("Record {n} of {of}", "n", i+1, "of", len(l.Held))
		}
		page.Records = append(page.Records, rec)
	}
	return page
}

func (s *Pages) heldRecord(ctx context.Context, p lang.Printer, h party.Held) HeldRecord {
	out := HeldRecord{
		ID: h.Record.Party.ID.String(), Claimed: h.Claimed, Closed: h.Closed, Frozen: h.Record.Party.State == party.Frozen, Unsure: h.Unsure, Goes: h.Goes,
	}
	for _, o := range h.Origins {
		line := OriginLine{Name: s.originName(ctx, p, o.Source), First: o.First, Last: o.Last}
		if !slices.ContainsFunc(out.From, func(l OriginLine) bool { return l.Name == line.Name }) {
			out.From = append(out.From, line)
		}
		if out.Since.IsZero() || o.First.Before(out.Since) {
			out.Since = o.First
		}
	}
	for _, set := range h.Record.Sets {
		sheet := ui.Fields{Title: p.T(set.Schema.Label), Why: ui.WhyOf(p, set.Schema)}
		for _, f := range set.Fields {
			row := ui.FieldRow{Label: p.T(f.Schema.Label), Value: f.Current.Text, Source: s.originName(ctx, p, f.Current.Source), At: f.Current.At}
			if f.Masked {
				row.Value, row.Masked = "", f.Current.Text
			} else {
				row.Value = ui.Shown(p, f.Schema.Type, row.Value)
			}
			if h.Shut { // not even the last digits: it may be somebody else's
				row.Value, row.Masked = "", "••••"
			}
			sheet.Rows = append(sheet.Rows, row)
		}
		out.Sets = append(out.Sets, sheet)
	}
	switch {
	case out.Frozen:
		out.Why = p.T("Somebody says that the wrong person has this record. It is frozen until staff have looked.")
	case h.Closed:
		out.Why = p.T("An account has this record, and it was closed: nobody can sign in to it. What you ask for here reaches staff, who make sure first that it is you.")
	case h.Claimed:
		out.Why = p.T("An account has this record. What is more than reading its outline goes through that account: sign in.")
	case h.Shut:
		out.Why = p.T("Others may read this mailbox, or it may have changed hands. So nothing of the record is shown, and staff look before anything is erased.")
	case h.Unsure:
		out.Why = p.T("Something is still to come for this person, or staff have to keep the record. So they look before it is erased.")
	}
	for _, q := range h.Requests {
		out.Requests = append(out.Requests, s.requestLine(p, q))
	}
	if !h.Claimed || h.Closed {
		out.Can, out.Stays = verbs(p, h), ui.StaysOf(p, h.Bound.Owed)
	}
	if h.Bound.Hold.Held() && !h.Shut {
		out.Hold = h.Bound.Hold.Why
	}
	return out
}

// originName says what a source is; who at work it was is the organisation's business.
func (s *Pages) originName(ctx context.Context, p lang.Printer, src party.Source) string {
	switch src.Kind {
	case party.FromSystem:
		return s.Notices.SystemName(ctx, src.System)
	case party.FromImport:
		return p.T("A list that was read in")
	case party.FromSelf:
		return p.T("Its person")
	case party.FromGuardian:
		return p.T("A guardian")
	case party.FromStaff:
	}
	return p.T("People who work here")
}

func (s *Pages) requestLine(p lang.Printer, q party.Request) RequestLine {
	line := RequestLine{At: q.At(), Answer: q.Answer}
	switch q.State {
	case party.RequestWithdrawn:
		line.Words = p.T("You took it back: {what}", "what", kindWords(p, q.Kind))
		return line
	case party.RequestRefused:
		line.Words = p.T("Staff said no: {what}", "what", kindWords(p, q.Kind))
		return line
	case party.RequestDone, party.RequestOpen:
	}
	if !q.Kind.Known() {
		line.Words = p.T("You asked for this: {what}.", "what", kindWords(p, q.Kind))
		if q.State == party.RequestOpen {
			line.Words = p.T("You asked for this: {what}. Staff answer by {date}.", "what", kindWords(p, q.Kind), "date", p.Date(q.Due))
		}
		return line
	}
	switch q.Kind {
	case party.AskErase:
		line.Words = p.T("You asked for erasure. Staff look at it and answer by {date}.", "date", p.Date(q.Due))
		if !q.ActAt.IsZero() {
			line.Words = p.T("You asked for erasure. It is done by itself on {time}.", "time", p.DateTime(q.ActAt, s.Zone()))
		}
	case party.AskObject:
		line.Words = p.T("You object. Connected systems may not use the record any more; staff answer by {date}.", "date", p.Date(q.Due))
		if q.State == party.RequestDone {
			line.Words = p.T("You object, and staff agree. Connected systems may not use the record any more.")
		}
	case party.AskRestrict:
		line.Words = p.T("The record is restricted: it is kept and not used.")
	case party.AskNotMe:
		line.Words = p.T("You said that it is about somebody else.")
	case party.AskCopy, party.AskRectify, party.AskPort, party.AskOther: // above
	}
	if q.State == party.RequestOpen && q.WhyLonger != "" {
		line.Answer = q.WhyLonger
	}
	if q.Kind != party.AskNotMe && (q.State == party.RequestOpen || q.Kind != party.AskErase) {
		line.Undo = &ui.Undo{Text: line.Words, Action: "/notice/requests/" + q.ID.String() + "/withdraw"}
	}
	return line
}

// kindWords name a kind of request.
func kindWords(p lang.Printer, k party.RequestKind) string {
	switch k {
	case party.AskErase:
		return p.T("erasure")
	case party.AskObject:
		return p.T("objection")
	case party.AskRestrict:
		return p.T("restriction")
	case party.AskCopy:
		return p.T("access and a copy")
	case party.AskRectify:
		return p.T("correction")
	case party.AskPort:
		return p.T("a copy to take elsewhere")
	case party.AskOther:
		return p.T("a complaint or something else")
	case party.AskNotMe:
	}
	return p.T("“this is not me”")
}

// verbs are what can be asked for now, the gentle ones first.
func verbs(p lang.Printer, h party.Held) []Verb {
	asked := func(k party.RequestKind) bool {
		return slices.ContainsFunc(h.Requests, func(q party.Request) bool {
			return q.Kind == k && (q.State == party.RequestOpen || q.State == party.RequestDone)
		})
	}
	erase := p.T("Everything in it and the key to it go for good, 24 hours from now. Until then you can take it back here.")
	if h.Unsure {
		erase = p.T("Staff look at it first and answer within a month.")
	}
	var out []Verb
	for _, v := range []Verb{
		{Kind: string(party.AskNotMe), Text: p.T("This is not me"), Note: p.T("Your address is taken off the record and it is never offered to you again. Staff look for the right person. This cannot be undone by you.")},
		{Kind: string(party.AskRestrict), Text: p.T("Keep it, but do not use it"), Note: p.T("Connected systems may not read it, and what they say changes nothing in it. You can take it back.")},
		{Kind: string(party.AskObject), Text: p.T("I object to its use"), Note: p.T("The same at once, and staff have to answer within a month why they would need it. You can take it back.")},
		{Kind: string(party.AskErase), Text: p.T("Erase it"), Note: erase, Danger: true},
	} {
		if k := party.RequestKind(v.Kind); !asked(k) && (!h.Closed || k != party.AskNotMe) { // whom it belongs to a dispute decides
			out = append(out, v)
		}
	}
	return out
}
