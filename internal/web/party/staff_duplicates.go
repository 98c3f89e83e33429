package party

import (
	"context"
	"net/http"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

const (
	duplicatesPath = "/staff/duplicates"
	decidedPath    = duplicatesPath + "/decided"
	// mostDecided is how many decisions are listed: who regrets one does so soon.
	mostDecided = 50
)

// pairSame is the answer that two records are about the same party. It leads to where
// they are merged, and decides nothing yet.
const pairSame = "same"

// mergePath is where two records are looked at side by side and made one.
func mergePath(p party.PairID) string {
	return "/staff/people/" + p.A.String() + "/merge/" + p.B.String()
}

func (s *Pages) mountDuplicates(m *edge.Mux) {
	s.Handle(m, ui.Staff, "GET "+duplicatesPath, s.duplicates)
	s.Handle(m, ui.Staff, "POST "+duplicatesPath, s.decidePair)
	s.Handle(m, ui.Staff, "GET "+decidedPath, s.decidedPairs)
	s.Handle(m, ui.Staff, "POST "+duplicatesPath+"/search", s.searchDuplicates)
	s.Handle(m, ui.Staff, "POST "+duplicatesPath+"/stop", s.stopSearch)
	s.mountBulk(m)
}

// DuplicatesPage is the data of staff/duplicates: the likeliest pair that waits.
type DuplicatesPage struct {
	Count    int
	Pair     bool
	Likely   ui.Tag
	Percent  string
	Sides    ui.SideBySide
	Reasons  []Comparison
	Facts    []string
	OneURL   string
	OtherURL string
	Search   *ui.Progress // one runs
	Last     string       // what the last one came to
	Due      bool
	Empty    ui.Empty
	Together BulkPart
	Unseen   bool // the two differ in what the reader may not see
}

func (s *Pages) duplicates(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	v, asked, err := s.purposeFirst(w, r, v)
	if asked || err != nil {
		return err
	}
	r, key, detail := s.withDone(w, r, v)
	r = s.withPairUndo(r, v, key, detail)
	page, err := s.duplicatesPage(r.Context(), v)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "staff/duplicates", page)
}

func (s *Pages) duplicatesPage(ctx context.Context, v ui.Visit) (page DuplicatesPage, err error) {
	p := v.P
	page.search(p, s.Duplicates.State())
	page.Empty = ui.Empty{Text: p.T("No two records wait to be compared.")}
	if page.Count, err = s.Duplicates.Waiting(ctx, v.Actor); err != nil {
		return page, err
	}
	if page.Together, err = s.bulkPart(ctx, v); err != nil {
		return page, err
	}
	one, other, pair, found, err := s.Duplicates.Next(ctx, v.Actor)
	if err != nil || !found {
		return page, err
	}
	say := s.voices(ctx, v)
	page.Pair, page.Likely, page.Percent = true, likely(p, pair.P), percentOf(p, pair.P)
	page.OneURL, page.OtherURL = "/staff/people/"+one.Party.ID.String(), "/staff/people/"+other.Party.ID.String()
	page.Unseen = pair.Unseen
	page.Reasons = s.comparisons(p, pair.Reasons)
	page.Facts = []string{origin(say, one), origin(say, other)}
	page.Sides = ui.SideBySide{
		ID: "sides", Caption: p.T("Two records that may be about the same party"), Left: headOf(p, one), Right: headOf(p, other),
		Rows: compareRows(p, one, other, false), Action: duplicatesPath, Name: "decision",
		Hidden: []ui.Hidden{{Name: "a", Value: pair.A.String()}, {Name: "b", Value: pair.B.String()}},
		One:    ui.Choice{Text: p.T("The same: merge"), Value: pairSame},
		Two:    ui.Choice{Text: p.T("Not the same"), Value: string(party.PairApart)},
		Three:  &ui.Choice{Text: p.T("Later"), Value: string(party.PairLater)},
		Next:   p.T("The same: choose what stays, and merge. Not the same: remembered until one of the two says something else. Later: behind all others. Keys 1, 2 and 3 press the buttons, U takes the last decision back."),
	}
	return page, nil
}

// headOf heads one side of a comparison.
func headOf(p lang.Printer, rec party.Record) string {
	return p.T("{name} ({state})", "name", nameOr(p, rec), "state", stateTag(p, rec.Party).Text)
}

// percentOf writes a probability. Nothing is certain, so there is neither 0 nor 100 %.
func percentOf(p lang.Printer, probability float64) string {
	return p.T("{percent} %", "percent", min(99, max(1, int(100*probability+.5))))
}

// search says how far a search is, or what the last one came to.
func (page *DuplicatesPage) search(p lang.Printer, state party.Search) {
	page.Due = state.Due && !state.Running
	switch {
	case state.Running:
		page.Search = &ui.Progress{
			Title: p.T("All records are being compared"), Done: int(100 * state.Done), Total: 100,
			Unit:  p.T("{percent} %", "percent", int(100*state.Done)),
			Leave: p.T("You may leave this page."), Reload: duplicatesPath,
		}
	case state.Ended.IsZero():
	case state.Failed:
		page.Last = p.T("The last search failed. The server's log says why.")
	case state.Stopped:
		page.Last = p.T("The last search was stopped before its end.")
	default:
		page.Last = p.Plural(state.Fresh, "The last search added {n} pair.", "The last search added {n} pairs.")
	}
}

// pairForm reads the pair that a form names.
func pairForm(f *edge.Form) (pair party.PairID, ok bool) {
	a, errA := habeas.ParseID[habeas.PartyKind](f.String("a", 60))
	b, errB := habeas.ParseID[habeas.PartyKind](f.String("b", 60))
	pair, ok = party.PairOf(a, b)
	return pair, ok && errA == nil && errB == nil
}

func (s *Pages) decidePair(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, 1<<10)
	if err != nil {
		return err
	}
	pair, ok := pairForm(f)
	what := f.Choice("decision", pairSame, string(party.PairApart), string(party.PairLater), string(party.PairUndo))
	if !ok || what == "" {
		f.Fail("decision", habeas.Invalid("decision", "Choose one of the decisions offered."))
	}
	if err := f.Err(); err != nil {
		return err
	}
	if what == pairSame {
		http.Redirect(w, r, mergePath(pair), http.StatusSeeOther)
		return nil
	}
	key := "pair-" + what + "." + pair.A.String() + "." + pair.B.String()
	if what == string(party.PairUndo) {
		key = "undone"
	}
	err = s.Duplicates.Decide(r.Context(), withPurpose(r, v).Actor, pair, party.PairDecision(what))
	switch {
	case err != nil && habeas.KindOf(err) == habeas.KindConflict:
		key = "decided"
	case err != nil:
		return err
	}
	s.done(w, key)
	http.Redirect(w, r, duplicatesPath, http.StatusSeeOther)
	return nil
}

// withPairUndo offers to take back what was just decided about a pair.
func (s *Pages) withPairUndo(r *http.Request, v ui.Visit, key, detail string) *http.Request {
	what, isPair := strings.CutPrefix(key, "pair-")
	one, other, _ := strings.Cut(detail, ".")
	a, errA := habeas.ParseID[habeas.PartyKind](one)
	b, errB := habeas.ParseID[habeas.PartyKind](other)
	if !isPair || errA != nil || errB != nil {
		return r
	}
	f := ui.FrameOf(r)
	f.Undo = &ui.Undo{
		Text: v.P.T("You said that the two are not the same."), Action: duplicatesPath, Key: "u",
		Hidden: hiddenPair(party.PairID{A: a, B: b}, party.PairUndo),
	}
	if what == string(party.PairLater) {
		f.Undo.Text = v.P.T("You put the pair off.")
	}
	f.Notices = nil // the undo bar says it already
	return ui.WithFrame(r, f)
}

// DecidedPage is the data of staff/decided: what staff said are two.
type DecidedPage struct {
	Rows  []DecidedRow
	Empty ui.Empty
}

// DecidedRow is one decision, which can be taken back.
type DecidedRow struct {
	One, Other ui.Link
	How        string // who said so, and when
	Hidden     []ui.Hidden
}

func (s *Pages) decidedPairs(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	v, asked, err := s.purposeFirst(w, r, v)
	if asked || err != nil {
		return err
	}
	pairs, err := s.Duplicates.Decided(r.Context(), v.Actor, mostDecided)
	if err != nil {
		return err
	}
	p, say := v.P, s.voices(r.Context(), v)
	page := DecidedPage{Empty: ui.Empty{Text: p.T("Nobody has decided about a pair yet."), Action: &ui.Link{Text: p.T("Possible duplicates"), URL: duplicatesPath}}}
	for _, d := range pairs {
		page.Rows = append(page.Rows, DecidedRow{
			One:   ui.Link{Text: nameOr(p, d.One), URL: "/staff/people/" + d.A.String()},
			Other: ui.Link{Text: nameOr(p, d.Other), URL: "/staff/people/" + d.B.String()},
			How: p.T("Not the same, said {who} on {when}.", "who", say.name(party.Source{Kind: party.FromStaff, Account: d.DecidedBy}),
				"when", p.DateTime(d.DecidedAt, s.Zone())),
			Hidden: hiddenPair(d.PairID, party.PairUndo),
		})
	}
	return s.Render(w, r, http.StatusOK, "staff/decided", page)
}

// hiddenPair are the fields of a form that decides about a pair.
func hiddenPair(pair party.PairID, what party.PairDecision) []ui.Hidden {
	return []ui.Hidden{{Name: "a", Value: pair.A.String()}, {Name: "b", Value: pair.B.String()}, {Name: "decision", Value: string(what)}}
}

func (s *Pages) searchDuplicates(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	err := s.Duplicates.Begin(r.Context(), v.Actor)
	if err != nil && habeas.KindOf(err) != habeas.KindConflict { // one runs already
		return err
	}
	s.done(w, "searching")
	http.Redirect(w, r, duplicatesPath, http.StatusSeeOther)
	return nil
}

func (s *Pages) stopSearch(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	if err := s.Duplicates.Stop(r.Context(), v.Actor); err != nil {
		return err
	}
	http.Redirect(w, r, duplicatesPath, http.StatusSeeOther)
	return nil
}
