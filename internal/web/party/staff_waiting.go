package party

import (
	"context"
	"net/http"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// WaitingPage is the data of staff/waiting: one record that waits, beside those it
// may be mixed up with.
type WaitingPage struct {
	Count   int
	ID      string
	Name    string
	Why     string
	Sides   ui.SideBySide
	Facts   []string  // where both come from
	Others  []ui.Link // the other records at the address; the first is shown beside
	Alone   bool      // nothing stands beside it
	OpenURL string
	WithURL string      // opens the record beside
	Merge   string      // compares the two to merge them
	Skip    string      // to the next one; empty when this is the last
	Claims  []ClaimLine // who claims it, with the risk of each claim
	Empty   ui.Empty
}

func (s *Pages) waiting(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	r, key, detail := s.withDone(w, r, v)
	r = s.withReconsider(r, v, key, detail)
	q := r.URL.Query()
	after, _ := habeas.ParseID[habeas.PartyKind](q.Get("after")) // anything else: from the oldest
	beside, _ := habeas.ParseID[habeas.PartyKind](q.Get("beside"))
	page, err := s.waitingPage(r.Context(), v, after, beside)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "staff/waiting", page)
}

func (s *Pages) waitingPage(ctx context.Context, v ui.Visit, after, beside habeas.PartyID) (WaitingPage, error) {
	page := WaitingPage{Empty: ui.Empty{Text: v.P.T("Nothing waits for a decision."), Action: &ui.Link{Text: v.P.T("Back to the desk"), URL: "/staff"}}}
	t, err := s.Records.Tally(ctx, v.Actor)
	if err != nil {
		return page, err
	}
	page.Count = t.Waiting
	queue, err := s.Records.Waiting(ctx, v.Actor, after, 2)
	if err == nil && len(queue) == 0 && !after.IsZero() { // skipped past the end: begin again
		after = habeas.PartyID{}
		queue, err = s.Records.Waiting(ctx, v.Actor, after, 2)
	}
	if err != nil || len(queue) == 0 {
		return page, err
	}
	one := queue[0]
	rivals, err := s.Records.Rivals(ctx, v.Actor, one.Party.ID)
	if err != nil {
		return page, err
	}
	if len(queue) > 1 {
		page.Skip = "/staff/waiting?after=" + one.Party.ID.String()
	}
	page.ID, page.Name, page.Why = one.Party.ID.String(), nameOr(v.P, one), reviewWords(v.P, one.Party.Review)
	page.OpenURL = "/staff/people/" + page.ID
	at := "/staff/waiting?"
	if !after.IsZero() {
		at += "after=" + after.String() + "&"
	}
	with := party.Record{}
	for i, other := range rivals {
		if i == 0 || other.Party.ID == beside {
			with = other
		}
		page.Others = append(page.Others, ui.Link{Text: nameOr(v.P, other), URL: at + "beside=" + other.Party.ID.String()})
	}
	page.Alone = len(rivals) == 0
	if !page.Alone {
		page.WithURL = "/staff/people/" + with.Party.ID.String()
		page.Merge = page.OpenURL + "/merge/" + with.Party.ID.String()
	}
	say := s.voices(ctx, v)
	page.Facts = append(page.Facts, origin(say, one))
	if !page.Alone {
		page.Facts = append(page.Facts, origin(say, with))
	}
	page.Sides = s.sides(say, one, with, page.Alone)
	claims, err := s.Disputes.Assess(ctx, v.Actor, one.Party.ID)
	page.Claims = s.claimLines(v.P, claims)
	return page, err
}

// origin says in one line where a record comes from.
func origin(say *voices, rec party.Record) string {
	return nameOr(say.v.P, rec) + " · " + knownFrom(say, rec)
}

// sides compares two records. It shows no more than the lists do (year of birth, the
// address by its ends), but marks a difference in the whole values: whoever needs
// more opens the record, says why, and its person sees it.
func (s *Pages) sides(say *voices, one, other party.Record, alone bool) ui.SideBySide {
	p := say.v.P
	out := ui.SideBySide{
		ID: "sides", Caption: p.T("The record that waits, and the other at its address"),
		Left: p.T("Waits: {name}", "name", nameOr(p, one)), Right: p.T("Known, {state}: {name}", "state", stateTag(p, other.Party).Text, "name", nameOr(p, other)),
		Action: "/staff/waiting/" + one.Party.ID.String(), Name: "decision", Hidden: []ui.Hidden{{Name: "reason", Value: string(one.Party.Review)}},
		One:  ui.Choice{Text: p.T("Somebody else: keep apart"), Value: string(party.KeepApart)},
		Two:  ui.Choice{Text: p.T("Nothing is wrong: release"), Value: string(party.Release)},
		Next: p.T("Keep apart: the address leads to this record no more, and staff can give it the right one. Release: whoever proves the address can make it theirs. Either is written under your name, and you can take it back right after."),
	}
	if alone {
		out.Right = p.T("No other record")
	}
	out.Rows = compareRows(p, one, other, alone)
	return out
}

// compareRows are the fields of two records as far as the lists show them.
func compareRows(p lang.Printer, one, other party.Record, alone bool) (rows []ui.Side) {
	add := func(label, left, right string, differ bool) {
		if left != "" || right != "" {
			rows = append(rows, ui.Side{Label: label, Left: left, Right: right, Differ: differ && !alone})
		}
	}
	both := func(label, set, field string, show func(string) string) {
		a, b := one.Text(set, field), other.Text(set, field)
		add(label, show(a), show(b), a != "" && b != "" && party.Normalise(a) != party.Normalise(b))
	}
	same := func(s string) string { return s }
	add(p.T("Kind"), kindName(p, one.Party.Kind), kindIf(p, other, alone), one.Party.Kind != other.Party.Kind)
	both(p.T("Given name"), "identity", "given_name", same)
	both(p.T("Family name"), "identity", "family_name", same)
	both(p.T("Name of the organisation"), "organisation", "name", same)
	both(p.T("Date of birth"), "identity", "birth_date", dayHidden)
	both(p.T("E-mail"), "contact", "email", maskAddress)
	both(p.T("Town or city"), "address", "city", same)
	both(p.T("Membership number"), "membership", "number", func(s string) string {
		if s == "" {
			return ""
		}
		return party.Mask(party.FieldSchema{Type: party.Number}, s)
	})
	return rows
}

// dayHidden shows the year of a date only.
func dayHidden(date string) string {
	if len(date) < 4 {
		return date
	}
	return date[:4] + " · •• ••"
}

func maskAddress(text string) string {
	a, err := email.Parse(text)
	if err != nil {
		return ""
	}
	return email.Mask(a)
}

func kindIf(p lang.Printer, rec party.Record, alone bool) string {
	if alone {
		return ""
	}
	return kindName(p, rec.Party.Kind)
}

func (s *Pages) decide(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	f, err := edge.DecodeForm(w, r, 1<<10)
	if err != nil {
		return err
	}
	d := party.Decision(f.Choice("decision", string(party.KeepApart), string(party.Release)))
	reason := f.String("reason", 20) // why it waited, to take the decision back
	if d == "" {
		f.Fail("decision", habeas.Invalid("decision", "Choose one of the decisions offered."))
	}
	if err := f.Err(); err != nil {
		return err
	}
	key := "released"
	if d == party.KeepApart {
		key = "apart"
	}
	key += "." + id.String() + "." + reason
	err = s.Records.Decide(r.Context(), withPurpose(r, v).Actor, id, d)
	switch {
	case err != nil && habeas.KindOf(err) == habeas.KindConflict:
		key = "decided"
	case err != nil:
		return err
	}
	s.done(w, key)
	http.Redirect(w, r, "/staff/waiting", http.StatusSeeOther)
	return nil
}

// withReconsider offers to take back what was just decided.
func (s *Pages) withReconsider(r *http.Request, v ui.Visit, key, detail string) *http.Request {
	id, reason, _ := strings.Cut(detail, ".")
	if _, err := habeas.ParseID[habeas.PartyKind](id); err != nil || !party.Review(reason).Waits() {
		return r
	}
	f := ui.FrameOf(r)
	f.Undo = &ui.Undo{Text: v.P.T("You released the record."), Action: "/staff/waiting/" + id + "/undo", Hidden: []ui.Hidden{{Name: "reason", Value: reason}}}
	if key == "apart" {
		f.Undo.Text = v.P.T("You kept the record apart.")
	}
	f.Notices = nil // the undo bar says it already
	return ui.WithFrame(r, f)
}

func (s *Pages) reconsider(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	f, err := edge.DecodeForm(w, r, 1<<10)
	if err != nil {
		return err
	}
	reason := party.Review(f.String("reason", 20))
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.Records.Reconsider(r.Context(), withPurpose(r, v).Actor, id, reason); err != nil {
		return err
	}
	s.done(w, "undone")
	http.Redirect(w, r, "/staff/waiting", http.StatusSeeOther)
	return nil
}
