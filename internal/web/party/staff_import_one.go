package party

import (
	"net/http"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
	"github.com/habeas-data/habeas/match/table"
)

// ImportPage is the data of staff/import: one import, wherever it stands.
type ImportPage struct {
	Name     string
	State    ui.Tag
	Lead     string
	At       string // address of this import
	Columns  *ColumnsPart
	Progress *ui.Progress
	Notice   *ui.Notice
	Tiles    []ui.Tile
	Examples ui.Table
	Back     bool // the columns can be looked at again
	Run      bool // the rows can go in
	Stop     string
	Rejected string // address of the file of rejected rows
	Undo     bool
	Kept     ui.Table // records that an undo has left
}

// ColumnsPart is the mapping screen.
type ColumnsPart struct {
	Errors  []ui.FieldError
	Kind    ui.Control
	Rows    []ColumnRow
	Reading string  // how the file is read
	Again   ui.Form // in another encoding
}

// ColumnRow is one column of the file.
type ColumnRow struct {
	Name    string
	Samples string
	Filled  string
	Means   ui.Control
	Dates   *ui.Control // where its dates could be read in more than one way
}

func (s *Pages) importOne(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.ImportID) error {
	i, err := s.Imports.Look(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	sight, err := s.Records.Sight(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	page := s.importPage(v.P, i, sight)
	if i.State == party.ImportUndone {
		if page.Kept, err = s.keptTable(r, v, id); err != nil {
			return err
		}
	}
	return s.Render(w, r, http.StatusOK, "staff/import", page)
}

func (s *Pages) importPage(p lang.Printer, i party.Import, sight party.Sight) ImportPage {
	page := ImportPage{Name: importName(p, i), State: importTag(p, i.State), At: importPath + "/" + i.ID.String()}
	if i.State.Open() && i.State != party.ImportUploading {
		page.Stop = p.T("Stop and destroy the file")
	}
	if i.Tally.Rejected > 0 && i.Words.Name != "" {
		page.Rejected = page.At + "/rejected.csv"
	}
	switch i.State {
	case party.ImportUploading:
		page.Lead = p.T("The file is still on its way here, or its upload was broken off. Upload it again.")
	case party.ImportMapping:
		page.Lead = p.T("Say what each column means. What was recognised is chosen already.")
		page.Columns = s.columnsPart(p, i, sight, nil)
	case party.ImportChecking:
		page.Progress, page.Back = s.importProgress(p, i, p.T("Dry run: every row is looked at, nothing is written"), i.Read, 0), true
	case party.ImportChecked:
		page.Lead = p.T("This is what would happen. Nothing was written yet.")
		page.Tiles, page.Back, page.Run = importTiles(p, i.Words.Dry, true), len(i.Words.Columns) > 0, i.Words.Dry.Rows() > i.Words.Dry.Rejected
		page.Examples = exampleTable(p, i)
	case party.ImportRunning:
		if i.Parts == 0 {
			page.Lead = p.T("This file is being imported by the command line. If that was broken off, “habeas party import --resume” goes on.")
		}
		page.Progress, page.Tiles = s.importProgress(p, i, p.T("The rows go in"), i.Row, i.Read), importTiles(p, i.Tally, false)
	case party.ImportDone:
		page.Lead, page.Tiles, page.Undo = p.T("Every row is in, or rejected with its reason. The file is destroyed."), importTiles(p, i.Tally, false), i.Tally.Taken() > 0
	case party.ImportCancelled:
		page.Lead, page.Tiles, page.Undo = p.T("It was stopped. The rows before stayed in; the file is destroyed."), importTiles(p, i.Tally, false), i.Tally.Taken() > 0
	case party.ImportFailed:
		page.Tiles, page.Undo = importTiles(p, i.Tally, false), i.Tally.Taken() > 0
		page.Notice = &ui.Notice{Kind: ui.NoticeDanger, Title: p.T("The file could not be read to its end"), Text: p.T(i.Words.Fault)}
	case party.ImportUndoing:
		page.Progress = s.importProgress(p, i, p.T("The records are taken out again"), i.Undone, i.Tally.Created+i.Tally.Review)
	case party.ImportUndone:
		page.Lead = p.T("Erased again: {n} records of which nobody else has said or decided anything.", "n", i.Undone)
	}
	return page
}

func (s *Pages) importProgress(p lang.Printer, i party.Import, title string, done, total int64) *ui.Progress {
	g := &ui.Progress{
		Title: title, Done: int(done), Total: int(total), Reload: importPath + "/" + i.ID.String(),
		Leave: p.T("You may leave this page: the work goes on."),
	}
	if total == 0 {
		g.Unit = p.T("{n} rows so far", "n", done)
	}
	return g
}

func importTiles(p lang.Printer, t party.ImportTally, dry bool) []ui.Tile {
	out := []ui.Tile{
		{Label: p.T("New records"), Value: p.Number(t.Created)},
		{Label: p.T("Added to known records"), Value: p.Number(t.Attached)},
		{Label: p.T("Need review"), Value: p.Number(t.Review), Note: p.T("at a known or shared address")},
		{Label: p.T("Rejected"), Value: p.Number(t.Rejected)},
	}
	if t.Known > 0 {
		out = append(out, ui.Tile{Label: p.T("In already"), Value: p.Number(t.Known)})
	}
	if !dry && t.Review > 0 {
		out[2].URL = "/staff/waiting"
	}
	return out
}

// exampleTable shows the first rows of each outcome.
func exampleTable(p lang.Printer, i party.Import) ui.Table {
	t := ui.Table{ID: "examples", Caption: p.T("The first rows of each kind"), Prose: true, Columns: []ui.Column{
		{Text: p.T("Line")}, {Text: p.T("What would happen")}, {Text: p.T("The row")},
	}}
	for _, o := range []party.ImportOutcome{party.RowRejected, party.RowReview, party.RowAttached, party.RowCreated, party.RowKnown} {
		for _, row := range i.Words.Examples {
			if row.Outcome != o {
				continue
			}
			tag, note := outcomeTag(p, o), ""
			for _, f := range row.Faults {
				if note != "" {
					note += " "
				}
				if f.Column != "" {
					note += f.Column + ": "
				}
				note += p.Fill(f.Message, f.Args)
			}
			t.Rows = append(t.Rows, []ui.Cell{{Text: p.Number(int64(row.Line))}, {Tag: &tag, Note: note}, {Text: shortRow(row.Cells)}})
		}
	}
	return t
}

// shortRow writes the cells of a row that hold something.
func shortRow(cells []string) string {
	var out []string
	for _, c := range cells {
		if c = strings.TrimSpace(c); c != "" {
			out = append(out, c)
		}
	}
	text := []rune(strings.Join(out, " · "))
	if len(text) > 160 {
		return string(text[:160]) + "…"
	}
	return string(text)
}

func outcomeTag(p lang.Printer, o party.ImportOutcome) ui.Tag {
	switch o {
	case party.RowCreated:
		return ui.Tag{Kind: ui.TagYours, Text: p.T("new record")}
	case party.RowAttached:
		return ui.Tag{Kind: ui.TagInfo, Text: p.T("added to a known record")}
	case party.RowReview:
		return ui.Tag{Kind: ui.TagProposal, Text: p.T("needs review")}
	case party.RowRejected:
		return ui.Tag{Kind: ui.TagDanger, Text: p.T("rejected")}
	case party.RowKnown:
	}
	return ui.Tag{Kind: ui.TagQuiet, Text: p.T("in already")}
}

// columnsPart is the mapping screen, with what was chosen when f is not nil.
func (s *Pages) columnsPart(p lang.Printer, i party.Import, sight party.Sight, f *edge.Form) *ColumnsPart {
	part := &ColumnsPart{Kind: ui.Control{
		Kind: ui.ControlRadio, Name: "kind", Label: p.T("What are the rows about?"), Value: string(i.Kind),
		Options: []ui.Option{{Value: string(party.Person), Text: p.T("People")}, {Value: string(party.Organisation), Text: p.T("Organisations")}},
	}}
	part.Reading = p.Plural(int(i.Read), "{n} row", "{n} rows")
	if i.Words.Format == "csv" {
		part.Reading = p.T("{rows}, read as {encoding}; cells end at {separator}.", "rows", part.Reading, "encoding", i.Words.Charset, "separator", separatorName(p, i.Words.Between))
		part.Again = ui.Form{Action: importPath + "/" + i.ID.String() + "/encoding", Submit: p.T("Read it again"), Controls: []ui.Control{encodingControl(p, i.Words.Told)}}
		part.Again.Controls[0].Hint = p.T("Only if letters look wrong.")
	}
	options := s.fieldOptions(p, sight)
	for n, c := range i.Words.Columns {
		row := ColumnRow{Name: c.Name, Samples: quoted(c.Samples), Filled: p.T("{n} filled", "n", c.Filled)}
		row.Means = ui.Control{Kind: ui.ControlSelect, Name: columnField("column", n), Label: p.T("means"), Value: c.Means, Options: options, Optional: false}
		if c.Open {
			row.Dates = &ui.Control{
				Kind: ui.ControlSelect, Name: columnField("dates", n), Label: p.T("its dates begin with"), Value: c.Dates,
				Hint: p.T("Nothing in the column says which."),
				Options: []ui.Option{
					{Text: p.T("choose")}, {Value: string(table.DayFirst), Text: p.T("the day: 03/05 is the third of May")}, {Value: string(table.MonthFirst), Text: p.T("the month: 03/05 is the fifth of March")},
				},
			}
		} else if c.Dates != "" && isDate(s.Records.Schemas(), c.Means) {
			row.Filled += " · " + datesWords(p, c.Dates)
		}
		if f != nil {
			row.Means.Value = f.Typed(row.Means.Name)
			if row.Dates != nil {
				row.Dates.Value = f.Typed(row.Dates.Name)
			}
		}
		part.Rows = append(part.Rows, row)
	}
	if f != nil && f.Typed("kind") != "" {
		part.Kind.Value = f.Typed("kind")
	}
	return part
}

func isDate(schemas *party.Schemas, means string) bool {
	set, field, _ := strings.Cut(means, ".")
	schema, ok := schemas.Set(set)
	if !ok {
		return false
	}
	f, ok := schema.Field(field)
	return ok && f.Type == party.Date
}

func datesWords(p lang.Printer, order string) string {
	if order == string(table.MonthFirst) {
		return p.T("dates with the month first")
	}
	return p.T("dates with the day first")
}

func separatorName(p lang.Printer, sep string) string {
	switch sep {
	case ",":
		return p.T("commas")
	case ";":
		return p.T("semicolons")
	case "\t":
		return p.T("tabs")
	case "|":
		return p.T("bars")
	}
	return sep
}

func (s *Pages) mapImport(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.ImportID) error {
	i, err := s.Imports.Look(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return err
	}
	said := make([]party.ImportColumn, len(i.Words.Columns))
	kind := party.Kind(f.Choice("kind", string(party.Person), string(party.Organisation)))
	for n, c := range i.Words.Columns {
		said[n] = c
		said[n].Means = f.String(columnField("column", n), 100)
		if c.Open {
			said[n].Dates = f.Choice(columnField("dates", n), "", string(table.DayFirst), string(table.MonthFirst))
			if said[n].Dates == "" && isDate(s.Records.Schemas(), said[n].Means) {
				f.Fail(columnField("dates", n), habeas.Invalid("dates", "Say whether the dates of this column begin with the day or the month.").WithCode("dates.open"))
			}
		}
	}
	if err = f.Err(); err == nil {
		err = s.Imports.Map(r.Context(), v.Actor, id, kind, said)
	}
	if err == nil {
		http.Redirect(w, r, importPath+"/"+id.String(), http.StatusSeeOther)
		return nil
	}
	sight, sightErr := s.Records.Sight(r.Context(), v.Actor)
	if sightErr != nil {
		return sightErr
	}
	page := s.importPage(v.P, i, sight)
	if page.Columns = s.columnsPart(v.P, i, sight, f); !page.Columns.fail(v.P, err) {
		return err
	}
	return s.Render(w, r, http.StatusBadRequest, "staff/import", page)
}

// fail puts the faults beside their columns.
func (c *ColumnsPart) fail(p lang.Printer, err error) bool {
	form := ui.Form{}
	for _, row := range c.Rows {
		form.Controls = append(form.Controls, row.Means)
		if row.Dates != nil {
			form.Controls = append(form.Controls, *row.Dates)
		}
	}
	if !form.Fail(p, err) {
		return false
	}
	c.Errors = form.Errors
	errs := make(map[string]string, len(form.Errors))
	for _, e := range form.Errors {
		errs[e.Field] = e.Text
	}
	for n := range c.Rows {
		row := &c.Rows[n]
		row.Means.Error = errs[row.Means.Name]
		if row.Dates != nil {
			row.Dates.Error = errs[row.Dates.Name]
		}
	}
	return true
}

// keptTable lists what an undo has left.
func (s *Pages) keptTable(r *http.Request, v ui.Visit, id habeas.ImportID) (ui.Table, error) {
	p := v.P
	left, err := s.Imports.Kept(r.Context(), withPurpose(r, v).Actor, id, keptShown)
	if err != nil {
		return ui.Table{}, err
	}
	t := ui.Table{
		ID: "kept", Caption: p.T("Records that stay: somebody else has said or decided something about them"), Columns: []ui.Column{{Text: p.T("Name")}, {Text: p.T("Kind")}, {Text: p.T("State")}},
		Empty: ui.Empty{Text: p.T("No record was left: nobody had touched any of them.")},
	}
	for _, rec := range left {
		tag := stateTag(p, rec.Party)
		t.Rows = append(t.Rows, []ui.Cell{{Text: nameOr(p, rec), URL: "/staff/people/" + rec.Party.ID.String()}, {Text: kindName(p, rec.Party.Kind)}, {Tag: &tag}})
	}
	return t, nil
}
