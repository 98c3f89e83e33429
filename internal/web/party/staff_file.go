package party

import (
	"net/http"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// filePath is where lists are taken away as files.
const filePath = "/staff/files"

// fileSilence is how long the reader of a file may keep the server waiting.
const fileSilence = 2 * time.Minute

func onFile(h func(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.ListFileID) error) func(http.ResponseWriter, *http.Request, ui.Visit) error {
	return func(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
		id, err := habeas.ParseID[habeas.ListFileKind](r.PathValue("file"))
		if err != nil {
			return party.ErrNoListFile
		}
		return h(w, r, v, id)
	}
}

// FilePage is the data of staff/file-new: which columns, and why.
type FilePage struct {
	Heading ui.Heading
	Form    ui.Form
}

// filePage makes the form of a file.
func (s *Pages) filePage(r *http.Request, v ui.Visit, q asked) (page FilePage, err error) {
	sight, err := s.Records.Sight(r.Context(), v.Actor)
	if err != nil {
		return page, err
	}
	p := v.P
	page.Heading = ui.Heading{
		Title: p.T("Take the list as a file"), Back: &ui.Link{Text: p.T("Back to the list"), URL: q.url(q.Filter)},
		Lead: p.T("Everybody in it sees who took it, which data sets, and why. Records that are not to be used are left out. Tick only the columns that are needed."),
	}
	var purposes []ui.Option
	chosen := ""
	for _, one := range party.Purposes() {
		purposes = append(purposes, ui.Option{Value: one.Key, Text: p.T(one.Sentence)})
		if one.Sentence == v.Purpose {
			chosen = one.Key
		}
	}
	page.Form = ui.Form{
		Action: filePath, Submit: p.T("Make the file"), Hidden: q.hidden(true), Cancel: &ui.Link{Text: p.T("Leave it"), URL: q.url(q.Filter)},
		Next: p.T("The file is made while you download it, and kept nowhere here. From then on you answer for it."),
		Controls: []ui.Control{
			{Kind: ui.ControlSelect, Name: "purpose", Label: p.T("Purpose"), Value: chosen, Options: purposes},
			{Name: "why", Label: p.T("What it is for"), Hint: p.T("In a sentence that everybody in the list may read."), MaxLength: party.MaxListWhy, Autocomplete: "off"},
		},
	}
	for _, name := range party.ListColumns(s.Records.Schemas(), sight) {
		page.Form.Controls = append(page.Form.Controls, ui.Control{
			Kind: ui.ControlCheckbox, Name: columnName(name), Value: "on", Label: s.columnLabel(p, name), Checked: name == "identity.given_name" || name == "identity.family_name",
		})
	}
	return page, nil
}

func columnName(name string) string { return "column_" + name }

func (s *Pages) columnLabel(p lang.Printer, name string) string {
	switch name {
	case party.ColumnKind:
		return p.T("Kind")
	case party.ColumnState:
		return p.T("State")
	case party.ColumnTags:
		return p.T("Tags")
	case party.ColumnSince:
		return p.T("Entered")
	}
	set, field, _ := strings.Cut(name, ".")
	schema, _ := s.Records.Schemas().Set(set)
	f, _ := schema.Field(field)
	return p.T("{set}: {field}", "set", p.T(schema.Label), "field", p.T(f.Label))
}

func (s *Pages) askFile(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	v = withPurpose(r, v)
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return err
	}
	q, err := s.formAsked(r, v, f)
	if err == nil {
		err = f.Err()
	}
	if err != nil {
		return err
	}
	if may, err := s.Lists.TakesFiles(r.Context(), v.Actor); err != nil || !may {
		return orErr(err, party.ErrListFile)
	}
	page, err := s.filePage(r, v, q)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "staff/file-new", page)
}

// orErr returns the first error, or the other where there is none.
func orErr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

func (s *Pages) makeFile(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return err
	}
	q, err := s.formAsked(r, v, f)
	if err != nil {
		return err
	}
	var columns []string
	for _, name := range party.ListColumns(s.Records.Schemas(), party.Sight{}) {
		if f.Bool(columnName(name)) {
			columns = append(columns, name)
		}
	}
	why := f.String("why", 4*party.MaxListWhy)
	key, sentence := readPurpose(f)
	v.Purpose = sentence
	wrong := f.Err()
	var id habeas.ListFileID
	if wrong == nil {
		id, wrong = s.Lists.MakeFile(r.Context(), v.Actor, q.Filter, columns, why)
	}
	if wrong == nil {
		s.keepPurpose(w, v, key)
		http.Redirect(w, r, filePath+"/"+id.String(), http.StatusSeeOther)
		return nil
	}
	page, err := s.filePage(r, v, q)
	if err != nil {
		return err
	}
	page.Form.Keep(f)
	if !page.Form.Fail(v.P, wrong) {
		return wrong
	}
	return s.Render(w, r, http.StatusBadRequest, "staff/file-new", page)
}

// TakePage is the data of staff/file: a file that is ready, on its way, or gone.
type TakePage struct {
	Heading  ui.Heading
	At       string
	Ready    bool
	Count    string
	Why      string
	Columns  string
	Progress *ui.Progress
	Notice   *ui.Notice
}

func (s *Pages) file(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.ListFileID) error {
	file, err := s.Lists.File(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	p, at := v.P, filePath+"/"+id.String()
	page := TakePage{
		Heading: ui.Heading{Title: p.T("A list as a file"), Back: &ui.Link{Text: p.T("People"), URL: peoplePath}}, At: at,
		Ready: file.State == party.ListReady, Why: file.Why, Count: p.Plural(file.Total, "{n} record", "{n} records"),
	}
	var columns []string
	for _, c := range file.Columns {
		columns = append(columns, s.columnLabel(p, c))
	}
	page.Columns = strings.Join(columns, ", ")
	held := ""
	if file.Held > 0 {
		held = p.Plural(file.Held, "{n} record is not to be used, and not in it.", "{n} records are not to be used, and not in it.")
	}
	switch file.State {
	case party.ListReady:
	case party.ListSending:
		page.Progress = &ui.Progress{Title: p.T("The file is being written"), Done: file.Done + file.Held, Total: file.Total, Leave: p.T("Leave the download running."), Reload: at}
	case party.ListSent:
		page.Notice = &ui.Notice{Kind: ui.NoticeDone, Title: p.Plural(file.Done, "The file was written, with {n} record", "The file was written, with {n} records"), Text: orText(held, p.T("Everybody in it sees that in their activity."))}
	case party.ListBroken:
		page.Notice = &ui.Notice{Kind: ui.NoticeWarning, Title: p.T("The download broke off"), Text: p.Plural(file.Done, "{n} record was in it. Make a new file: everybody in it sees that too.", "{n} records were in it. Make a new file: everybody in it sees that too.")}
	}
	return s.Render(w, r, http.StatusOK, "staff/file", page)
}

func orText(text, other string) string {
	if text != "" {
		return text
	}
	return other
}

func (s *Pages) takeFile(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.ListFileID) error {
	if err := emptyForm(w, r); err != nil {
		return err
	}
	to := http.NewResponseController(w)
	begun := false
	err := s.Lists.TakeFile(r.Context(), withPurpose(r, v).Actor, id, func(part []byte) error {
		if !begun {
			begun = true
			h := w.Header()
			h.Set("Content-Type", "text/csv; charset=utf-8")
			h.Set("Content-Disposition", `attachment; filename="list-`+s.Clock.Now().Format(time.DateOnly)+`.csv"`)
		}
		_ = to.SetWriteDeadline(time.Now().Add(fileSilence)) // as long as something arrives, it goes on
		if _, err := w.Write(part); err != nil {
			return err
		}
		return to.Flush()
	})
	if err != nil && begun {
		panic(http.ErrAbortHandler) // the reader must not take half a list for the whole
	}
	return err
}
