package admin

import (
	"encoding/csv"
	"net/http"
	"path"
	"strings"

	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/promise"
	"github.com/habeas-data/habeas/internal/web/ui"
)

const promisesPath = "/policy/promises"

func (s *Pages) mountPromises(m *edge.Mux) {
	s.Handle(m, ui.Anybody, "GET "+promisesPath, s.promises)
	s.Handle(m, ui.Anybody, "GET "+promisesPath+".csv", s.promisesFile)
}

// PromisesPage is the data of public/promises.
type PromisesPage struct {
	Heading  ui.Heading
	Proved   string // how many of all
	Share    int    // the same, of a hundred
	Run      string // when the tests ran; empty: never
	Chapters []ui.Table
}

// promises shows what the policy promises, with the tests that prove it.
func (s *Pages) promises(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	p, known, all := v.P, promise.Known(), promise.All()
	page := PromisesPage{Heading: ui.Heading{
		Title: p.T("What we promise"), Back: &ui.Link{Text: p.T("What we keep about people"), URL: "/policy"},
		Lead:    p.T("Each promise of the policy on accounts, with the tests that prove it. The program is refused when one of them fails."),
		Actions: []ui.Link{{Text: p.T("As CSV"), URL: promisesPath + ".csv"}},
	}}
	if !known.RunAt.IsZero() {
		page.Run = p.T("Run of {date}.", "date", p.Date(known.RunAt.In(s.Zone())))
	}
	total := 0
	for _, c := range promise.Chapters() {
		chapter := ui.Table{
			ID: "promises-" + strings.ToLower(c.Prefix), Prose: true,
			Columns: []ui.Column{{Text: p.T("Promise")}, {Text: p.T("State")}, {Text: p.T("Tests")}},
		}
		proved, of := 0, 0
		for _, one := range all {
			if !one.In(c) {
				continue
			}
			tests := known.Tests[one.ID]
			if of++; promise.State(tests) == promise.Passed {
				proved++
			}
			chapter.Rows = append(chapter.Rows, promiseRow(p, one, tests))
		}
		total += proved
		chapter.Caption = p.T(c.Title) + " · " + p.T("{n} of {all}", "n", proved, "all", of)
		page.Chapters = append(page.Chapters, chapter)
	}
	page.Share = 100 * total / len(all)
	page.Proved = p.T("{n} of {all} promises are proved by a test that passed.", "n", total, "all", len(all))
	return s.Render(w, r, http.StatusOK, "public/promises", page)
}

func promiseRow(p lang.Printer, one promise.Promise, tests []promise.Test) []ui.Cell {
	var names []string
	for _, t := range tests {
		names = append(names, path.Base(t.Place)+": "+t.Name)
	}
	state := ui.Tag{Kind: ui.TagQuiet, Text: stateText(p, tests)}
	switch promise.State(tests) {
	case promise.Passed:
		state.Kind = ui.TagYours
	case promise.Failed:
		state.Kind = ui.TagDanger
	case promise.NotRun:
	}
	return []ui.Cell{{Text: p.T(one.Says), Note: one.ID}, {Tag: &state}, {Text: strings.Join(names, "; ")}}
}

func stateText(p lang.Printer, tests []promise.Test) string {
	switch promise.State(tests) {
	case promise.Passed:
		return p.T("proved")
	case promise.Failed:
		return p.T("a test failed")
	case promise.NotRun:
	}
	if len(tests) > 0 {
		return p.T("not run yet")
	}
	return p.T("not proved yet")
}

// promisesFile is the same as a file: a line for each promise and test.
func (s *Pages) promisesFile(w http.ResponseWriter, _ *http.Request, v ui.Visit) error {
	known := promise.Known()
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="promises.csv"`)
	c := csv.NewWriter(w)
	_ = c.Write([]string{v.P.T("Number"), v.P.T("Promise"), v.P.T("State"), v.P.T("Tests")})
	for _, one := range promise.All() {
		tests := known.Tests[one.ID]
		if len(tests) == 0 {
			tests = []promise.Test{{}}
		}
		for _, t := range tests {
			state := stateText(v.P, nil)
			if t.Name != "" {
				state = stateText(v.P, []promise.Test{t})
			}
			_ = c.Write([]string{one.ID, v.P.T(one.Says), state, strings.Trim(t.Place+" "+t.Name, " ")})
		}
	}
	c.Flush() // the reader has gone; there is nobody to tell
	return nil
}
