package admin

import (
	"net/http"
	"strconv"

	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

const transparencyPath = "/transparency"

// TransparencyPage is the data of public/transparency.
type TransparencyPage struct {
	Heading ui.Heading
	Grounds []Fact
	Tables  []ui.Table
	Note    string
	None    string
}

// transparency tells everybody how often data were released, without telling about anybody.
func (s *Pages) transparency(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	p := v.P
	years, until, err := s.Releases.Figures(r.Context())
	if err != nil {
		return err
	}
	page := TransparencyPage{
		Heading: ui.Heading{
			Title: p.T("What was released about accounts"), Lead: p.T("How often others asked for data about an account here, on what ground, and what came of it."),
			Back: &ui.Link{Text: p.T("What we keep about people"), URL: "/policy"},
		},
		Note: p.T("Cases that were decided before {date}. Small numbers are not told exactly, so that nobody is recognised by them. What a court has ordered to be kept back is counted once that is over.", "date", p.Date(until.In(s.Zone()))),
	}
	for _, t := range account.GroundTerms() {
		page.Grounds = append(page.Grounds, Fact{p.T(t.Purpose), p.T(t.Says)})
	}
	for _, y := range years {
		page.Tables = append(page.Tables, figures(p, y))
	}
	if len(years) == 0 {
		page.None = p.T("Nothing was decided yet.")
	}
	return s.Render(w, r, http.StatusOK, "public/transparency", page)
}

// figures is one year: the grounds, and what came of the cases on each.
func figures(p lang.Printer, y account.Figures) ui.Table {
	year := strconv.Itoa(y.Year)
	t := ui.Table{
		ID: "year-" + year, Caption: p.T("Cases decided in {year}", "year", year),
		Columns: []ui.Column{{Text: p.T("Ground")}, {Text: p.T("Released"), Numeric: true}, {Text: p.T("Refused"), Numeric: true}, {Text: p.T("Withdrawn"), Numeric: true}, {Text: p.T("Lapsed"), Numeric: true}},
	}
	for _, g := range account.GroundTerms() {
		row := []ui.Cell{{Text: p.T(g.Purpose)}}
		for _, state := range account.CaseStates() {
			row = append(row, ui.Cell{Text: coarse(p, y.Counts[g.Ground][state])})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func coarse(p lang.Printer, n int) string {
	switch low, some := account.AtLeast(n); {
	case !some:
		return p.T("none")
	case low == 0:
		return p.T("fewer than 5")
	default:
		return p.T("{n} or more", "n", low)
	}
}
