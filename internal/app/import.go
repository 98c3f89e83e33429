package app

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/match/table"
)

// importers is how many rows are on their way at once: enough to fill the writer's
// batches while one is being made durable.
const importers = 192

// ImportOptions say what `habeas party import` takes in.
type ImportOptions struct {
	File     string
	Columns  map[string]string // column of the file → set.field, "external_id" or "-"
	Kind     party.Kind
	Encoding string // empty: found out
	DryRun   bool
	Rejected string // where rejected rows go; empty: FILE.rejected.csv
	// Progress is called about four times a second while rows go in; may be nil.
	Progress func(ImportReport)
}

// ImportReport is how far an import has come.
type ImportReport struct {
	Rows     int64   `json:"rows"`     // read so far
	Imported int64   `json:"imported"` // new records and new statements
	Known    int64   `json:"known"`    // rows that were in already: nothing was written
	Rejected int64   `json:"rejected"` // rows with a fault; see RejectedFile
	Seconds  float64 `json:"seconds"`
	Done     float64 `json:"-"` // part of the file read, 0 to 1
	DryRun   bool    `json:"dry_run,omitempty"`

	RejectedFile string            `json:"rejected_file,omitempty"`
	Columns      map[string]string `json:"columns"` // how each column was understood
}

// Import reads a CSV file into the records. A row goes in whole or is rejected with
// its reason; each row is durable by itself with its own ledger leaf. Running it
// again, after a crash or with the mended rows added, changes nothing for rows that
// are in already.
func (s *Server) Import(ctx context.Context, o ImportOptions) (ImportReport, error) {
	f, err := os.Open(o.File)
	if err != nil {
		return ImportReport{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return ImportReport{}, err
	}
	rows, err := openTable(f, o.Encoding)
	if err != nil {
		return ImportReport{}, err
	}
	columns, err := mapColumns(rows.Header(), o.Columns, s.Schemas)
	if err != nil {
		return ImportReport{}, err
	}
	imp := &importer{s: s, o: o, rows: rows, columns: columns, started: s.Clock.Now(), size: info.Size()}
	imp.report.DryRun, imp.report.Columns = o.DryRun, columns.explain(rows.Header())
	defer imp.closeRejected()
	err = imp.run(ctx)
	return imp.state(), err
}

type importer struct {
	s       *Server
	o       ImportOptions
	rows    *table.Reader
	columns columns
	started time.Time
	size    int64

	mu       sync.Mutex // guards what follows
	report   ImportReport
	rejects  *csv.Writer
	file     *os.File
	rejected string
	failure  error
}

// importRow is one line of the file.
type importRow struct {
	line  int
	cells []string
	err   error
}

func (i *importer) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	work := make(chan importRow, importers)
	var wg sync.WaitGroup
	for range importers {
		wg.Go(func() {
			for row := range work {
				if err := i.take(ctx, row); err != nil {
					i.fail(err)
					cancel()
				}
			}
		})
	}
	stop := i.keepReporting(ctx)
	err := i.feed(ctx, work)
	close(work)
	wg.Wait()
	stop()
	i.mu.Lock()
	defer i.mu.Unlock()
	return errors.Join(i.failure, err)
}

// feed reads rows until the end of the file.
func (i *importer) feed(ctx context.Context, work chan<- importRow) error {
	for {
		row, err := nextRow(i.rows)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case work <- row:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// keepReporting calls Progress four times a second until the returned function is called.
func (i *importer) keepReporting(ctx context.Context) (stop func()) {
	if i.o.Progress == nil {
		return func() {}
	}
	ended := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				i.o.Progress(i.state())
			case <-ended:
				i.o.Progress(i.state())
				return
			case <-ctx.Done():
				return
			}
		}
	})
	return func() { close(ended); wg.Wait() }
}

func (i *importer) state() ImportReport {
	i.mu.Lock()
	defer i.mu.Unlock()
	r := i.report
	r.Seconds = i.s.Clock.Now().Sub(i.started).Seconds()
	r.RejectedFile = i.rejected
	if i.size > 0 {
		r.Done = min(float64(i.rows.Read())/float64(i.size), 1)
	}
	return r
}

func (i *importer) fail(err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.failure == nil {
		i.failure = err
	}
}

// take brings one row in or rejects it. Only what is no fault of the row is an error.
func (i *importer) take(ctx context.Context, row importRow) error {
	said, err := i.assertion(row)
	if err == nil {
		var a *party.Asserting
		if a, err = party.Prepare(said, i.s.Schemas, i.s.Keys, i.s.Clock.Now()); err == nil && !i.o.DryRun {
			if err = i.s.Disk.Err(); err == nil {
				err = i.s.DB.Do(ctx, a)
			}
		}
		if err == nil {
			i.mu.Lock()
			defer i.mu.Unlock()
			i.report.Rows++
			if a.Known {
				i.report.Known++
			} else {
				i.report.Imported++
			}
			return nil
		}
	}
	if k := habeas.KindOf(err); k != habeas.KindInvalid && k != habeas.KindConflict {
		return fmt.Errorf("line %d: %w", row.line, err)
	}
	return i.reject(row, err)
}

// assertion turns a row into what is said about a party.
func (i *importer) assertion(row importRow) (party.Assertion, error) {
	if row.err != nil {
		return party.Assertion{}, row.err
	}
	in := party.Assertion{Actor: habeas.Server, Source: party.Source{Kind: party.FromImport}, Kind: i.o.Kind, Values: party.Values{}}
	sum := sha256.New()
	for n, text := range row.cells {
		fmt.Fprintf(sum, "%d:%s", len(text), text)
		text = strings.TrimSpace(text)
		c := i.columns[n]
		switch {
		case text == "" || c.skip:
		case c.external:
			in.ExternalID = text
		case c.set == "contact" && c.field == "email":
			a, err := email.Parse(text)
			if err != nil {
				return in, err
			}
			in.Email, in.HasEmail = a, true
		default:
			in.Values.Put(c.set, c.field, text)
		}
	}
	splitName(in.Values, row.cells, i.columns)
	if in.Values.Len() == 0 && !in.HasEmail {
		return in, habeas.Invalid("row", "This row says nothing about anybody.").WithCode("row.empty")
	}
	in.Idempotent = "import/" + hex.EncodeToString(sum.Sum(nil))
	return in, nil
}

// splitName uses a whole name where given and family name are not said.
func splitName(v party.Values, cells []string, cols columns) {
	if v.Get("identity", "given_name") != "" || v.Get("identity", "family_name") != "" {
		return
	}
	for n, c := range cols {
		if !c.fullName || n >= len(cells) {
			continue
		}
		words := strings.Fields(cells[n])
		switch len(words) {
		case 0:
		case 1:
			v.Put("identity", "family_name", words[0])
		default:
			v.Put("identity", "given_name", words[0])
			v.Put("identity", "family_name", strings.Join(words[1:], " "))
		}
		return
	}
}

// reject writes a row with its reason to the file of rejected rows.
func (i *importer) reject(row importRow, cause error) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.report.Rows++
	i.report.Rejected++
	if i.rejects == nil {
		name := i.o.Rejected
		if name == "" {
			name = i.o.File + ".rejected.csv"
		}
		f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("open the file for rejected rows: %w", err)
		}
		i.file, i.rejects, i.rejected = f, csv.NewWriter(f), name
		if err := i.rejects.Write(append([]string{"line", "reason"}, i.rows.Header()...)); err != nil {
			return err
		}
	}
	out := []string{fmt.Sprint(row.line), reasons(cause)}
	out = append(out, table.Defuse(slices.Clone(row.cells))...)
	for len(out) < 2+len(i.rows.Header()) { // a row with too few cells still fits the table
		out = append(out, "")
	}
	return i.rejects.Write(out)
}

// reasons lists every fault of a row: field and sentence.
func reasons(err error) string {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		var all []string
		for _, e := range joined.Unwrap() {
			all = append(all, reasons(e))
		}
		return strings.Join(all, " ")
	}
	var e *habeas.Error
	if errors.As(err, &e) {
		if e.Field != "" {
			return e.Field + ": " + e.Text()
		}
		return e.Text()
	}
	return err.Error()
}

func (i *importer) closeRejected() {
	if i.rejects == nil {
		return
	}
	i.rejects.Flush()
	if err := errors.Join(i.rejects.Error(), i.file.Close()); err != nil {
		i.s.Log.Error("the file of rejected rows is not complete", "error", err)
	}
}
