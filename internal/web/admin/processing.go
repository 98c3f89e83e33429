package admin

import (
	"encoding/csv"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
	"github.com/habeas-data/habeas/match/table"
)

// Processing is the record of processing activities (GDPR article 30, 1), as it follows
// from what is configured.
type Processing struct {
	Organisation string
	Contact      string
	Policy       party.Policy
	Made         time.Time
	Sets         []party.SetSchema
	Kept         []habeas.Kept
	Systems      []ProcessingSystem
	Measures     []Measure
	Missing      []Gap
}

// ProcessingSystem is a connected system as a source and a recipient.
type ProcessingSystem struct {
	Name   string
	Since  time.Time
	Brings bool     // it says something about people
	Reads  []string // names of the data sets that it may read
}

// Measure is something that protects the data: English words, also the key of their
// translation, with what fills them in.
type Measure struct {
	Words string
	Args  []any
	At    time.Time // when it was last done; zero: it is no such thing, or never was
}

// Gap is something that no configuration says.
type Gap struct {
	Words string
	Set   string // label of the data set it is about; may be empty
}

const processingPath = "/admin/processing"

func (s *Pages) mountProcessing(m *edge.Mux) {
	s.Handle(m, ui.Administrator, "GET "+processingPath, s.processing)
	s.Handle(m, ui.Administrator, "GET "+processingPath+"/{file}", s.processingFile)
}

// part is one section of the record: what the page, the table and the file show alike.
type part struct {
	ID      string     `json:"id"`
	Title   string     `json:"title"`
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
}

// ProcessingPage is the data of admin/processing.
type ProcessingPage struct {
	Heading ui.Heading
	Missing []string
	Stamp   string
	Parts   []ui.Table
}

func (s *Pages) processing(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	is, err := s.Registers.Processing(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	p := v.P
	page := ProcessingPage{
		Heading: ui.Heading{
			Title: p.T("Record of processing"),
			Lead:  p.T("What article 30 of the GDPR asks for, made from what this server is set to do. Nothing is typed twice, so it is never out of date."),
			Actions: []ui.Link{
				{Text: p.T("As a page to file"), URL: processingPath + "/record.html"}, {Text: "CSV", URL: processingPath + "/record.csv"}, {Text: "JSON", URL: processingPath + "/record.json"},
			},
		},
		Stamp: s.stamp(p, is),
	}
	for _, g := range is.Missing {
		page.Missing = append(page.Missing, p.T(g.Words, "set", p.T(g.Set)))
	}
	for _, one := range s.parts(p, is) {
		t := ui.Table{ID: one.ID, Caption: one.Title, Prose: true, Empty: ui.Empty{Text: p.T("{part}: nothing.", "part", one.Title)}}
		for _, c := range one.Columns {
			t.Columns = append(t.Columns, ui.Column{Text: c})
		}
		for _, row := range one.Rows {
			cells := make([]ui.Cell, len(row))
			for i, text := range row {
				cells[i].Text = text
			}
			t.Rows = append(t.Rows, cells)
		}
		page.Parts = append(page.Parts, t)
	}
	return s.Render(w, r, http.StatusOK, "admin/processing", page)
}

// stamp says which version of the policy the record shows.
func (s *Pages) stamp(p lang.Printer, is Processing) string {
	made := p.DateTime(is.Made, s.Zone())
	if is.Policy.Version == 0 {
		return p.T("Made on {time}. Policy: the defaults.", "time", made)
	}
	return p.T("Made on {time}. Policy: version {n}.", "time", made, "n", is.Policy.Version)
}

// parts tell the record in sections.
func (s *Pages) parts(p lang.Printer, is Processing) []part {
	sets := part{ID: "sets", Title: p.T("Categories of data"), Columns: []string{p.T("Data set"), p.T("Why"), p.T("Ground"), p.T("Fields"), p.T("Who gets it"), p.T("Until when")}}
	for _, set := range is.Sets {
		sets.Rows = append(sets.Rows, setRow(p, is, set))
	}
	systems := part{ID: "systems", Title: p.T("Connected systems: sources and recipients"), Columns: []string{p.T("System"), p.T("Brings data about people"), p.T("May read"), p.T("Since")}}
	for _, c := range is.Systems {
		brings := p.T("no")
		if c.Brings {
			brings = p.T("yes")
		}
		var reads []string
		for _, name := range c.Reads {
			reads = append(reads, labelOf(p, is.Sets, name))
		}
		systems.Rows = append(systems.Rows, []string{c.Name, brings, strings.Join(reads, ", "), p.Date(c.Since)})
	}
	kept := part{ID: "kept", Title: p.T("Retention register"), Columns: []string{p.T("What"), p.T("Why"), p.T("Ground"), p.T("Until when")}}
	for _, k := range is.Kept {
		kept.Rows = append(kept.Rows, []string{p.T(k.What), p.T(k.Why), p.T(k.Basis), p.T(k.Until, "n", k.N)})
	}
	measures := part{ID: "measures", Title: p.T("What protects the data"), Columns: []string{p.T("Measure"), p.T("Last done")}}
	for _, m := range is.Measures {
		at := ""
		if !m.At.IsZero() {
			at = p.Date(m.At)
		}
		measures.Rows = append(measures.Rows, []string{p.T(m.Words, m.Args...), at})
	}
	controller := part{ID: "controller", Title: p.T("Who is responsible"), Columns: []string{p.T("Organisation"), p.T("Contact"), p.T("Whose data")}, Rows: [][]string{
		{is.Organisation, is.Contact, p.T("People and organisations that book, join, work or ask here, and those named by them.")},
	}}
	return []part{controller, sets, systems, kept, measures}
}

func setRow(p lang.Printer, is Processing, set party.SetSchema) []string {
	var fields []string
	for _, f := range set.Fields {
		fields = append(fields, p.T(f.Label))
	}
	who := policySet(p, is.Policy, set).Who
	if len(set.Recipients) > 0 {
		who += " " + strings.Join(set.Recipients, ", ")
	}
	return []string{p.T(set.Label), p.T(set.Purpose), p.T(set.Basis.Words()), strings.Join(fields, ", "), who, ui.KeptFor(p, set)}
}

func labelOf(p lang.Printer, sets []party.SetSchema, name string) string {
	for _, set := range sets {
		if set.Name == name {
			return p.T(set.Label)
		}
	}
	return name
}

// processingSheet is the record as one file without scripts or remote content.
var processingSheet = template.Must(template.New("processing").Parse(`<!doctype html>
<html lang="{{.Lang}}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{.Title}}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
h1,h2{font-family:Georgia,serif}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid #ccc;vertical-align:top}</style>
<h1>{{.Title}}</h1><p>{{.Stamp}}</p>
{{range .Parts}}<h2>{{.Title}}</h2><table><tr>{{range .Columns}}<th>{{.}}{{end}}</tr>
{{range .Rows}}<tr>{{range .}}<td>{{.}}{{end}}</tr>
{{end}}</table>
{{end}}</html>
`))

// processingFile is the record to take away.
func (s *Pages) processingFile(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	is, err := s.Registers.Processing(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	all, stamp := s.parts(v.P, is), s.stamp(v.P, is)
	h, name := w.Header(), r.PathValue("file")
	_, kind, _ := strings.Cut(name, ".")
	h.Set("Content-Disposition", `attachment; filename="record-of-processing-`+is.Made.Format(time.DateOnly)+`.`+kind+`"`)
	switch name {
	case "record.html":
		h.Set("Content-Type", "text/html; charset=utf-8")
		_ = processingSheet.Execute(w, map[string]any{"Lang": v.P.Lang, "Title": v.P.T("Record of processing"), "Stamp": stamp, "Parts": all}) // the reader has gone
	case "record.json":
		h.Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"made": is.Made, "policy_version": is.Policy.Version, "parts": all})
	case "record.csv":
		h.Set("Content-Type", "text/csv; charset=utf-8")
		c := csv.NewWriter(w)
		for _, one := range all {
			_ = c.Write(append([]string{one.ID}, one.Columns...))
			for _, row := range one.Rows {
				_ = c.Write(table.Defuse(append([]string{one.ID}, row...)))
			}
		}
		_ = c.Write([]string{"stamp", stamp})
		c.Flush()
	default:
		h.Del("Content-Disposition")
		return habeas.NotFound("There is no such page.").WithCode("page.none")
	}
	return nil
}
