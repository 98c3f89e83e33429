package party

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Rights is what people ask of the server about the use of their own records. Every
// method checks that the record is the actor's; errors are *habeas.Error.
type Rights interface {
	// RequestsOfMine are what was asked for about one of the actor's records, newest first.
	RequestsOfMine(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Request, error)
	// RequestForMine restricts a record or objects to its use.
	RequestForMine(ctx context.Context, a habeas.Actor, id habeas.PartyID, kind party.RequestKind) (party.Request, error)
	// BoundOfMine is what stands against erasing one of the actor's records.
	BoundOfMine(ctx context.Context, a habeas.Actor, id habeas.PartyID) (party.Bound, error)
	// WithdrawMine takes that back.
	WithdrawMine(ctx context.Context, a habeas.Actor, id habeas.PartyID, request habeas.RequestID) error
}

// RightsPart is the section of a record about its use.
type RightsPart struct {
	Asked []RightLine
	Can   []RightWay
}

// RightLine is something that was asked for.
type RightLine struct {
	Undo   *ui.Undo // while it is in force
	Words  string   // once it is not
	Answer string   // what staff said
}

// RightWay is something that can be asked for now.
type RightWay struct {
	Action string
	Text   string
	Note   string // what happens then
}

// rights is the section of one record. A frozen one shows what is in force, and nothing
// to change it with.
func (s *Pages) rights(ctx context.Context, v ui.Visit, rec party.Record) (*RightsPart, error) {
	id := rec.Party.ID
	all, err := s.Rights.RequestsOfMine(ctx, v.Actor, id)
	if err != nil {
		return nil, err
	}
	p, at, frozen := v.P, "/me/records/"+id.String()+"/rights/", rec.Party.State == party.Frozen
	part := &RightsPart{}
	inForce := func(q party.Request) bool { return q.State == party.RequestOpen || q.State == party.RequestDone }
	for _, q := range all {
		words := ""
		switch {
		case q.Channel != party.ByAccount && q.State != party.RequestWithdrawn && !q.Kind.Known():
			part.Asked = append(part.Asked, askedLine(p, q))
			continue
		case q.Kind != party.AskRestrict && q.Kind != party.AskObject || q.State == party.RequestWithdrawn:
			continue
		case q.State == party.RequestRefused:
			part.Asked = append(part.Asked, RightLine{Words: p.T("You objected. The organisation has to go on using the record:"), Answer: q.Answer})
			continue
		case q.Kind == party.AskRestrict:
			words = p.T("The record is restricted: it is kept and not used.")
		case q.State == party.RequestDone:
			words = p.T("You object, and staff agree. Connected systems may not use the record any more.")
		default:
			words = p.T("You object. Connected systems may not use the record any more; staff answer by {date}.", "date", p.Date(q.Due))
		}
		line := RightLine{Words: words, Answer: q.Answer}
		if !frozen {
			line.Undo = &ui.Undo{Text: words, Action: at + q.ID.String() + "/withdraw"}
		}
		part.Asked = append(part.Asked, line)
	}
	if frozen {
		return part, nil
	}
	for _, w := range rightWays(p) {
		kind := party.RequestKind(w.Action)
		if !slices.ContainsFunc(all, func(q party.Request) bool { return q.Kind == kind && inForce(q) }) {
			w.Action = at + w.Action
			part.Can = append(part.Can, w)
		}
	}
	return part, nil
}

// askedLine is a request that reached staff otherwise.
func askedLine(p lang.Printer, q party.Request) RightLine {
	words := p.T("What you asked for on {date} has its answer.", "date", p.Date(q.At()))
	if q.State == party.RequestOpen {
		words = p.T("You asked for something on {date}. Staff answer by {due}.", "date", p.Date(q.At()), "due", p.Date(q.Due))
	}
	return RightLine{Words: words, Answer: cmp.Or(q.Answer, q.WhyLonger)}
}

// rightWays are what can be asked for, the gentle one first.
func rightWays(p lang.Printer) []RightWay {
	return []RightWay{
		{Action: string(party.AskRestrict), Text: p.T("Keep it, but do not use it"), Note: p.T("The record stays as it is, connected systems may not use it, and a public profile is hidden. You can take it back here.")},
		{Action: string(party.AskObject), Text: p.T("I object to its use"), Note: p.T("The same at once, and staff have to answer within a month why they would need it. You can take it back.")},
	}
}

func (s *Pages) askRight(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	if _, err := s.Rights.RequestForMine(r.Context(), v.Actor, id, party.RequestKind(r.PathValue("kind"))); err != nil {
		return err
	}
	http.Redirect(w, r, "/me/records/"+id.String()+"#rights", http.StatusSeeOther)
	return nil
}

func (s *Pages) withdrawRight(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	request, err := habeas.ParseID[habeas.RequestKind](r.PathValue("request"))
	if err != nil {
		return habeas.NotFound("There is no such record of yours.").WithCode("party.not-yours")
	}
	if err := s.Rights.WithdrawMine(r.Context(), v.Actor, id, request); err != nil {
		return err
	}
	http.Redirect(w, r, "/me/records/"+id.String()+"#rights", http.StatusSeeOther)
	return nil
}
