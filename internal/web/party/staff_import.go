package party

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Imports is what the pages about files of records ask of the server. Every method is
// for staff; errors are *habeas.Error.
type Imports interface {
	// Upload takes a file in, sealed, and finds out how it is written.
	Upload(ctx context.Context, a habeas.Actor, name string, file io.Reader) (habeas.ImportID, error)
	Look(ctx context.Context, a habeas.Actor, id habeas.ImportID) (party.Import, error)
	Newest(ctx context.Context, a habeas.Actor, limit int) ([]party.Import, error)
	// Reread reads the file again in another encoding.
	Reread(ctx context.Context, a habeas.Actor, id habeas.ImportID, encoding string) error
	// Map says what the columns mean, by their place, and begins the dry run.
	Map(ctx context.Context, a habeas.Actor, id habeas.ImportID, kind party.Kind, said []party.ImportColumn) error
	// Back returns from the dry run to the columns.
	Back(ctx context.Context, a habeas.Actor, id habeas.ImportID) error
	// Run lets the rows in, beside the requests.
	Run(ctx context.Context, a habeas.Actor, id habeas.ImportID) error
	Cancel(ctx context.Context, a habeas.Actor, id habeas.ImportID) error
	// Undo takes out what an import brought and nobody touched since.
	Undo(ctx context.Context, a habeas.Actor, id habeas.ImportID) error
	// Kept lists records that hold a word of an import.
	Kept(ctx context.Context, a habeas.Actor, id habeas.ImportID, limit int) ([]party.Record, error)
	// EachRejected visits the rows that stayed out.
	EachRejected(ctx context.Context, a habeas.Actor, id habeas.ImportID, visit func(party.ImportRow) error) error
}

const (
	importPath = "/staff/import"
	// maxUpload is what a browser may send; the use case has the same limit.
	maxUpload = 256 << 20
	// importsShown is how many imports the list shows.
	importsShown = 50
	// keptShown is how many records are listed after an undo.
	keptShown = 100
)

func (s *Pages) mountImport(m *edge.Mux) {
	s.Handle(m, ui.Staff, "GET "+importPath, s.imports)
	s.Handle(m, ui.Staff, "POST "+importPath, s.upload)
	s.Handle(m, ui.Staff, "GET "+importPath+"/{id}", onImport(s.importOne))
	s.Handle(m, ui.Staff, "POST "+importPath+"/{id}/encoding", onImport(s.rereadImport))
	s.Handle(m, ui.Staff, "POST "+importPath+"/{id}/columns", onImport(s.mapImport))
	s.Handle(m, ui.Staff, "POST "+importPath+"/{id}/back", onImport(s.importStep(Imports.Back)))
	s.Handle(m, ui.Staff, "POST "+importPath+"/{id}/run", onImport(s.importStep(Imports.Run)))
	s.Handle(m, ui.Staff, "POST "+importPath+"/{id}/stop", onImport(s.importStep(Imports.Cancel)))
	s.Handle(m, ui.Staff, "POST "+importPath+"/{id}/erase", onImport(s.importStep(Imports.Undo)))
	s.Handle(m, ui.Staff, "GET "+importPath+"/{id}/rejected.csv", onImport(s.rejectedRows))
}

type importHandler func(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.ImportID) error

// onImport hands a page the import that its path names.
func onImport(h importHandler) func(http.ResponseWriter, *http.Request, ui.Visit) error {
	return ui.OnID("id", habeas.NotFound("There is no such import.").WithCode("import.none"), h)
}

// ImportsPage is the data of staff/imports.
type ImportsPage struct {
	Form  ui.Form
	Table ui.Table
}

func (s *Pages) imports(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.importsPage(r, v)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "staff/imports", page)
}

func (s *Pages) importsPage(r *http.Request, v ui.Visit) (ImportsPage, error) {
	p := v.P
	all, err := s.Imports.Newest(r.Context(), v.Actor, importsShown)
	if err != nil {
		return ImportsPage{}, err
	}
	page := ImportsPage{
		Form: ui.Form{
			Action: importPath, Upload: true, Submit: p.T("Upload and look at it"),
			Controls: []ui.Control{{
				Kind: ui.ControlFile, Name: "file", Label: p.T("A file with people or organisations"), Accept: ".zip,application/zip,.csv,.tsv,.txt,.json,.jsonl,.ndjson,text/csv,application/json",
				Hint: p.T("CSV or JSON, up to 256 MB. The first row of a CSV file names its columns. Or the copy of a person, as ZIP."),
			}},
			Next: p.T("Nothing goes into the records yet: you see first how the file is understood and what would happen. It lies here sealed, and is destroyed when its import ends, or after 7 days."),
		},
		Table: ui.Table{ID: "imports", Caption: p.T("Imports"), Columns: []ui.Column{
			{Text: p.T("File")}, {Text: p.T("State")}, {Text: p.T("Rows"), Numeric: true}, {Text: p.T("Rejected"), Numeric: true}, {Text: p.T("When")},
		}, Empty: ui.Empty{Text: p.T("Nothing was imported yet.")}},
	}
	for _, i := range all {
		tag := importTag(p, i.State)
		page.Table.Rows = append(page.Table.Rows, []ui.Cell{
			{Text: importName(p, i), URL: importPath + "/" + i.ID.String()},
			{Tag: &tag},
			{Text: p.Number(i.Row)},
			{Text: p.Number(i.Tally.Rejected)},
			{Text: p.DateTime(i.At, s.Zone())},
		})
	}
	return page, nil
}

// importName is how a file is called, also when its words are gone.
func importName(p lang.Printer, i party.Import) string {
	if i.Words.Name == "" {
		return p.T("A file whose name is not kept any more")
	}
	return i.Words.Name
}

func importTag(p lang.Printer, s party.ImportState) ui.Tag {
	switch s {
	case party.ImportUploading, party.ImportMapping, party.ImportChecking, party.ImportChecked:
		return ui.Tag{Kind: ui.TagProposal, Text: p.T("waits for you")}
	case party.ImportRunning:
		return ui.Tag{Kind: ui.TagInfo, Text: p.T("running")}
	case party.ImportDone:
		return ui.Tag{Kind: ui.TagYours, Text: p.T("done")}
	case party.ImportFailed:
		return ui.Tag{Kind: ui.TagDanger, Text: p.T("failed")}
	case party.ImportUndoing:
		return ui.Tag{Kind: ui.TagInfo, Text: p.T("being undone")}
	case party.ImportUndone:
		return ui.Tag{Kind: ui.TagQuiet, Text: p.T("undone")}
	case party.ImportCancelled:
	}
	return ui.Tag{Kind: ui.TagQuiet, Text: p.T("stopped")}
}

// encodings are the choices for files whose letters look wrong.
var encodings = []string{"utf-8", "windows-1252", "utf-16"}

func encodingControl(p lang.Printer, value string) ui.Control {
	c := ui.Control{
		Kind: ui.ControlSelect, Name: "encoding", Label: p.T("Encoding"), Value: value, Optional: true,
		Options: []ui.Option{{Text: p.T("Found out")}, {Value: "utf-8", Text: "UTF-8"}, {Value: "windows-1252", Text: "Windows-1252, Latin 1"}, {Value: "utf-16", Text: "UTF-16"}},
	}
	return c
}

func (s *Pages) upload(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	u, err := edge.DecodeUpload(w, r, maxUpload)
	if err != nil {
		return err
	}
	if u.File == nil || u.Name == "" {
		u.Fail("file", habeas.Invalid("file", "Choose a file: CSV or JSON.").WithCode("import.empty"))
	}
	err = u.Err()
	var id habeas.ImportID
	if err == nil {
		id, err = s.Imports.Upload(r.Context(), v.Actor, u.Name, u.File)
	}
	if err != nil {
		page, wrong := s.importsPage(r, v)
		if wrong != nil {
			return wrong
		}
		var e *habeas.Error
		if errors.As(err, &e) && e.Kind == habeas.KindTooLarge {
			err = habeas.Invalid("file", e.Message).WithCode(e.Code)
		}
		if !page.Form.Fail(v.P, err) {
			return err
		}
		return s.Render(w, r, http.StatusBadRequest, "staff/imports", page)
	}
	http.Redirect(w, r, importPath+"/"+id.String(), http.StatusSeeOther)
	return nil
}

// importStep makes the handler of a button.
func (s *Pages) importStep(step func(Imports, context.Context, habeas.Actor, habeas.ImportID) error) importHandler {
	return func(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.ImportID) error {
		f, err := edge.DecodeForm(w, r, 1<<10)
		if err == nil {
			err = f.Err()
		}
		if err == nil {
			err = step(s.Imports, r.Context(), v.Actor, id)
		}
		if err != nil {
			return err
		}
		http.Redirect(w, r, importPath+"/"+id.String(), http.StatusSeeOther)
		return nil
	}
}

func (s *Pages) rereadImport(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.ImportID) error {
	f, err := edge.DecodeForm(w, r, 1<<10)
	if err != nil {
		return err
	}
	encoding := f.Choice("encoding", append([]string{""}, encodings...)...)
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.Imports.Reread(r.Context(), v.Actor, id, encoding); err != nil {
		return err
	}
	http.Redirect(w, r, importPath+"/"+id.String(), http.StatusSeeOther)
	return nil
}

// rejectedRows is the file of rows that stayed out, in the reader's language.
func (s *Pages) rejectedRows(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.ImportID) error {
	i, err := s.Imports.Look(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	if i.Words.Name == "" {
		return habeas.Gone("The rejected rows are not kept any more.").WithCode("import.rows-gone")
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="rejected.csv"`)
	out := csv.NewWriter(w)
	if err := out.Write(party.RejectedHeader(i.Words.Columns)); err != nil {
		return nil //nolint:nilerr // the reader has gone
	}
	err = s.Imports.EachRejected(r.Context(), v.Actor, id, func(row party.ImportRow) error {
		return out.Write(row.RejectedCells(v.P.Fill, len(i.Words.Columns)))
	})
	out.Flush()
	if err != nil {
		panic(http.ErrAbortHandler) // the answer has begun: it ends short, and the browser says so
	}
	return nil
}

// fieldOptions are the meanings of a column.
func (s *Pages) fieldOptions(p lang.Printer, sight party.Sight) []ui.Option {
	out := []ui.Option{
		{Value: "-", Text: p.T("Leave it out")},
		{Value: "external_id", Text: p.T("Your own number of the record")},
		{Value: "name", Text: p.T("Whole name, to be split")},
	}
	for _, set := range s.Records.Schemas().Sets() {
		if !sight.Changes(set.Name) {
			continue
		}
		for _, f := range set.Fields {
			out = append(out, ui.Option{Value: set.Name + "." + f.Name, Text: p.T(set.Label) + ": " + p.T(f.Label)})
		}
	}
	return out
}

func columnField(kind string, n int) string { return fmt.Sprintf("%s-%d", kind, n) }

// quoted writes a few samples.
func quoted(samples []string) string {
	out := make([]string, len(samples))
	for i, s := range samples {
		out[i] = "“" + s + "”"
	}
	return strings.Join(out, ", ")
}
