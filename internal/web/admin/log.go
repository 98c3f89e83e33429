package admin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Logs is what the pages about the log of accounts ask of the server. Every method refuses
// everybody who is no administrator.
type Logs interface {
	// Begin notes what is read and for what; address is whose log, where the kind has one.
	Begin(ctx context.Context, a habeas.Actor, in account.Reading, address email.Address) (habeas.ReadingID, error)
	// View is what a reading shows, account.ErrNoReading once it is over.
	View(ctx context.Context, a habeas.Actor, id habeas.ReadingID) (LogView, error)
	Readings(ctx context.Context, a habeas.Actor, limit int) ([]Reading, error)
	// MayReadSessions is account.ErrNoReading for who has not said for what they read the
	// session log.
	MayReadSessions(ctx context.Context, a habeas.Actor) error
	// CheckContributions compares the contribution log with the ledger.
	CheckContributions(ctx context.Context, a habeas.Actor) (lines, changed, missing int, err error)
}

// Reading is a line of the register of who read what.
type Reading struct {
	account.Reading
	By   string // how who read is called
	Mine bool   // the reader's own, and still open
}

// LogView is what a reading shows; of the lists one is filled.
type LogView struct {
	account.Reading
	Name   string // of the account
	Lines  []account.LogLine
	Shared []SharedAccount
	Acts   []AuthoredAct
	Asked  []entity.Asked
}

// SharedAccount is an account that shares an address with another.
type SharedAccount struct {
	Account       habeas.AccountID
	Name          string
	Lines         int // of the log, from a shared network
	Contributions int
	First, Last   time.Time
}

// AuthoredAct is a contribution with who made it, where their account lives.
type AuthoredAct struct {
	account.Contribution
	Account habeas.AccountID // zero: unknown, or erased
	Name    string
	Creator habeas.AccountID // the trusted entity creator that it came through; zero: none, or erased
	Through string           // the connected system or the creator that it came through; may be empty
}

const (
	logPath     = "/admin/log"
	logForm     = 8 << 10 // bytes
	logReadings = 100
)

func (s *Pages) mountLogs(m *edge.Mux) {
	s.Handle(m, ui.Administrator, "GET "+logPath, s.logs)
	s.Handle(m, ui.Administrator, "POST "+logPath, s.readLog)
	s.Handle(m, ui.Administrator, "POST "+logPath+"/check", s.checkLog)
	s.Handle(m, ui.Administrator, "GET "+logPath+"/{id}", ui.OnID("id", account.ErrNoReading, s.reading))
}

// LogsPage is the data of admin/logs.
type LogsPage struct {
	Heading ui.Heading
	Form    ui.Form
	Table   ui.Table
	Check   ui.Form
	Checked *ui.Notice
}

func readingName(p lang.Printer, k account.ReadingKind) string {
	switch k {
	case account.ReadAccount:
		return p.T("The log of one account")
	case account.ReadShared:
		return p.T("Who shares an address with an account")
	case account.ReadAuthor:
		return p.T("Who contributed to a public thing")
	case account.ReadSessions:
		return p.T("The session log")
	case account.ReadQueries:
		return p.T("The query log")
	case account.ReadHolder:
		return p.T("The certificates of one account")
	}
	return string(k)
}

// purposeControl lets its reader say what for, and typedPurpose is the sentence that they chose.
func purposeControl(p lang.Printer) ui.Control {
	c := ui.Control{Kind: ui.ControlRadio, Name: "purpose", Label: p.T("Why")}
	for _, one := range account.ReadPurposes() {
		c.Options = append(c.Options, ui.Option{Value: one.Key, Text: p.T(one.Sentence)})
	}
	return c
}

func typedPurpose(f *edge.Form) string {
	key := f.String("purpose", 20)
	for _, one := range account.ReadPurposes() {
		if one.Key == key {
			return one.Sentence
		}
	}
	return "" // which is refused
}

func (s *Pages) logsPage(r *http.Request, v ui.Visit, asked account.ReadingKind) (LogsPage, error) {
	p := v.P
	kind := ui.Control{Kind: ui.ControlRadio, Name: "kind", Label: p.T("What you read"), Value: string(asked)}
	hints := map[account.ReadingKind]string{
		account.ReadAccount:  p.T("Sign-ins, credentials and recoveries of the last months."),
		account.ReadShared:   p.T("In a case of abuse only, and with the case's name. The addresses themselves are not shown."),
		account.ReadAuthor:   p.T("By the name that the thing has on the web."),
		account.ReadSessions: p.T("Steps of sign-ins and claims. It is about nobody."),
		account.ReadQueries:  p.T("Some of the questions about public things, where that is switched on, and what was answered."),
	}
	for _, k := range account.ReadingKinds() {
		if k == account.ReadHolder { // which has a page of its own
			continue
		}
		kind.Options = append(kind.Options, ui.Option{Value: string(k), Text: readingName(p, k), Hint: hints[k]})
	}
	page := LogsPage{
		Heading: ui.Heading{Title: p.T("Logs"), Lead: p.T("Say what you read and why; then it opens for four hours. Whose log it is sees that you looked, and for what.")},
		Form: ui.Form{Action: logPath, Submit: p.T("Open it"), Controls: []ui.Control{
			kind,
			{Kind: ui.ControlEmail, Name: "address", Label: p.T("Address of the account"), Optional: true, Autocomplete: "off", MaxLength: ui.MaxAddress},
			{Name: "object", Label: p.T("Name of the public thing"), Hint: p.T("What stands at the end of its web address."), Optional: true, Autocomplete: "off", MaxLength: 100},
			purposeControl(p),
			{Name: "words", Label: p.T("Which case"), Hint: p.T("No names of people: a number or a few words."), Optional: true, Autocomplete: "off", MaxLength: account.MostReadingWords},
		}},
		Table: ui.Table{
			ID: "readings", Caption: p.T("Who read what"), Prose: true,
			Columns: []ui.Column{{Text: p.T("When")}, {Text: p.T("Who")}, {Text: p.T("What")}, {Text: p.T("Why")}},
			Empty:   ui.Empty{Text: p.T("Nobody has read a log yet.")},
		},
		Check: ui.Form{Action: logPath + "/check", Submit: p.T("Check the contribution log")},
	}
	all, err := s.Logs.Readings(r.Context(), v.Actor, logReadings)
	for _, one := range all {
		what := ui.Cell{Text: readingName(p, one.Kind)}
		if one.Mine {
			what.URL = readingURL(one.Reading)
		}
		page.Table.Rows = append(page.Table.Rows, []ui.Cell{{Text: p.DateTime(one.At, s.Zone())}, {Text: one.By}, what, {Text: p.T(one.Purpose), Note: one.Words}})
	}
	return page, err
}

func readingURL(r account.Reading) string {
	switch r.Kind {
	case account.ReadSessions:
		return sessionsPath
	case account.ReadHolder:
		return interventionsPath + "/" + r.ID.String()
	case account.ReadAccount, account.ReadShared, account.ReadAuthor, account.ReadQueries:
	}
	return logPath + "/" + r.ID.String()
}

func (s *Pages) logs(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.logsPage(r, v, account.ReadAccount)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "admin/logs", page)
}

func (s *Pages) readLog(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, logForm)
	if err != nil {
		return err
	}
	in := account.Reading{Kind: account.ReadingKind(f.String("kind", 20)), Object: f.String("object", 100), Words: f.String("words", account.MostReadingWords)}
	in.Purpose = typedPurpose(f)
	var address email.Address
	f.String("address", ui.MaxAddress) // not every kind has one
	if in.Kind == account.ReadAccount || in.Kind == account.ReadShared {
		address = ui.FormAddress(f, "address")
	}
	if err = f.Err(); err == nil {
		var id habeas.ReadingID
		if id, err = s.Logs.Begin(r.Context(), v.Actor, in, address); err == nil {
			in.ID = id
			http.Redirect(w, r, readingURL(in), http.StatusSeeOther)
			return nil
		}
	}
	page, wrong := s.logsPage(r, v, account.ReadAccount)
	if wrong != nil {
		return errors.Join(err, wrong)
	}
	return s.Again(w, r, v, err, "admin/logs", &page, &page.Form, f)
}

// checkLog compares the contribution log with the ledger. It reads only, and is asked for by
// a button because it may take a while.
func (s *Pages) checkLog(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	if _, err := edge.DecodeForm(w, r, logForm); err != nil {
		return err
	}
	lines, changed, missing, err := s.Logs.CheckContributions(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	page, err := s.logsPage(r, v, account.ReadAccount)
	if err != nil {
		return err
	}
	p := v.P
	page.Checked = &ui.Notice{Kind: ui.NoticeDone, Text: p.Plural(lines, "{n} line, as the ledger says.", "{n} lines, all as the ledger says.")}
	if changed+missing > 0 {
		page.Checked = &ui.Notice{Kind: ui.NoticeDanger, Title: p.T("The contribution log is not as it was written."), Text: p.T("{changed} lines were changed, {missing} are missing.", "changed", changed, "missing", missing)}
	}
	return s.Render(w, r, http.StatusOK, "admin/logs", page)
}

// ReadingPage is the data of admin/log.
type ReadingPage struct {
	Heading ui.Heading
	Why     string
	Until   time.Time
	Table   ui.Table
}

func (s *Pages) reading(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.ReadingID) error {
	view, err := s.Logs.View(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	p := v.P
	page := ReadingPage{
		Heading: ui.Heading{Title: readingName(p, view.Kind), Lead: view.Name + view.Object, Back: &ui.Link{Text: p.T("Logs"), URL: logPath}},
		Why:     p.T(view.Purpose), Until: view.At.Add(account.ReadingLife),
	}
	if view.Words != "" {
		page.Why += " · " + view.Words
	}
	switch view.Kind {
	case account.ReadAccount:
		page.Table = s.LogTable(p, view.Lines)
	case account.ReadShared:
		page.Table = s.sharedTable(p, view.Shared)
	case account.ReadAuthor:
		page.Table = s.authorTable(p, view.Acts)
	case account.ReadQueries:
		page.Table = s.askedTable(p, view.Asked)
	case account.ReadSessions, account.ReadHolder:
		http.Redirect(w, r, readingURL(view.Reading), http.StatusSeeOther)
		return nil
	}
	return s.Render(w, r, http.StatusOK, "admin/log", page)
}

func (s *Pages) sharedTable(p lang.Printer, all []SharedAccount) ui.Table {
	t := ui.Table{
		ID: "shared", Caption: p.Plural(len(all), "{n} account shares an address", "{n} accounts share an address"), Prose: true,
		Columns: []ui.Column{{Text: p.T("Account")}, {Text: p.T("Lines in the log"), Numeric: true}, {Text: p.T("Contributions"), Numeric: true}, {Text: p.T("From")}, {Text: p.T("Until")}},
		Empty:   ui.Empty{Text: p.T("No other account came from the same network in these months.")},
	}
	for _, one := range all {
		t.Rows = append(t.Rows, []ui.Cell{
			{Text: one.Name, Note: one.Account.String()},
			{Text: p.Number(int64(one.Lines))},
			{Text: p.Number(int64(one.Contributions))},
			{Text: p.DateTime(one.First, s.Zone())},
			{Text: p.DateTime(one.Last, s.Zone())},
		})
	}
	return t
}

func (s *Pages) authorTable(p lang.Printer, all []AuthoredAct) ui.Table {
	t := ui.Table{
		ID: "author", Caption: p.Plural(len(all), "{n} contribution", "{n} contributions"), Prose: true,
		Columns: []ui.Column{{Text: p.T("When")}, {Text: p.T("What was done")}, {Text: p.T("By")}},
		Empty:   ui.Empty{Text: p.T("Nothing was contributed under this name.")},
	}
	for _, one := range all {
		by := ui.Cell{Text: one.Name, Note: one.Account.String()}
		if one.Account.IsZero() {
			by = ui.Cell{Text: p.T("An account that was erased")}
		}
		if one.Through != "" {
			by.Note = p.T("by way of {system}", "system", one.Through)
		}
		t.Rows = append(t.Rows, []ui.Cell{{Text: p.DateTime(one.At, s.Zone())}, {Text: string(one.Operation), Mono: true}, by})
	}
	return t
}

func (s *Pages) askedTable(p lang.Printer, all []entity.Asked) ui.Table {
	t := ui.Table{
		ID: "asked", Caption: p.Plural(len(all), "{n} question", "{n} questions"), Prose: true,
		Columns: []ui.Column{{Text: p.T("When")}, {Text: p.T("Question")}, {Text: p.T("How it was asked")}, {Text: p.T("Answers"), Numeric: true}, {Text: p.T("Meant")}},
		Empty:   ui.Empty{Text: p.T("No question was noted. The setting query_log.percent says how many are.")},
	}
	for _, one := range all {
		from := ""
		if one.From.IsValid() {
			from = one.From.String()
		}
		meant := ui.Cell{}
		if one.Selected != 0 {
			meant = ui.Cell{Text: one.Selected.String(), URL: "/entity/" + one.Selected.String(), Mono: true}
		}
		t.Rows = append(t.Rows, []ui.Cell{
			{Text: p.DateTime(one.At, s.Zone())}, {Text: one.Text, Note: from}, {Text: one.Form, Mono: true}, {Text: p.Number(int64(one.Found))}, meant,
		})
	}
	return t
}
