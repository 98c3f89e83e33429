package app

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
)

// ImportOptions say what `habeas party import` takes in.
type ImportOptions struct {
	File     string
	Columns  map[string]string // column of the file → set.field, "external_id", "name" or "-"
	Dates    string            // order of dates that their column leaves open; empty: they are rejected
	Kind     party.Kind
	Encoding string // empty: found out
	DryRun   bool
	Resume   bool   // go on as the interrupted import of this file was begun
	Rejected string // where rejected rows go; empty: FILE.rejected.csv
	// Progress is called about four times a second while rows go in; may be nil.
	Progress func(ImportReport)
}

// ImportReport is how far an import has come.
type ImportReport struct {
	Rows     int64 `json:"rows"`     // read so far
	Imported int64 `json:"imported"` // of them new records and new words
	Created  int64 `json:"created"`  // began a record
	Attached int64 `json:"attached"` // were added to a record that was there
	Review   int64 `json:"review"`   // are in, and their record waits for a decision
	Known    int64 `json:"known"`    // rows that were in already: nothing was written
	Rejected int64 `json:"rejected"` // rows with a fault; see RejectedFile

	Resumed int64   `json:"resumed,omitempty"` // rows that an interrupted import had done before
	Seconds float64 `json:"seconds"`
	Done    float64 `json:"-"` // part of the file read, 0 to 1
	DryRun  bool    `json:"dry_run,omitempty"`

	RejectedFile string            `json:"rejected_file,omitempty"`
	Columns      map[string]string `json:"columns"` // how each column was understood
}

var errOtherMapping = habeas.Conflict("An import of this file was interrupted that reads its columns in another way. Go on with it by --resume, or cancel it on the page of imports.").WithCode("import.other-mapping")

// Import reads a file into the records. A row goes in whole or is rejected with its
// reason, with its own ledger leaf. Rows go in by batches, each with the checkpoint in
// one transaction: after a crash the same command goes on behind the last one.
func (s *Server) Import(ctx context.Context, o ImportOptions) (ImportReport, error) {
	f := fileImport{m: s.Imports, o: o, started: s.Clock.Now()}
	if archive, err := isArchive(o.File); err != nil {
		return ImportReport{}, err
	} else if archive {
		return f.importCopy(ctx, s.Records)
	}
	i, columns, err := f.begin(ctx)
	if err != nil {
		return ImportReport{}, err
	}
	f.before = i.Row
	j := &importJob{m: s.Imports, i: i, open: f.open, report: f.progress}
	switch {
	case o.DryRun:
		err = f.dryRun(ctx, j)
	case i.State == party.ImportDone: // every row of it is in, or was rejected
		j.i.Tally = party.ImportTally{Known: i.Tally.Taken() + i.Tally.Known, Rejected: i.Tally.Rejected}
	default:
		if err = j.run(ctx); habeas.KindOf(err) == habeas.KindInvalid && err != nil {
			err = errors.Join(err, j.fails(ctx, err)) // the file has an end that cannot be read
		}
	}
	r := f.state(j.i, 1)
	r.Columns = columns
	if r.Rejected == 0 {
		return r, err
	}
	if !o.DryRun {
		err = errors.Join(err, f.writeRejected(ctx, j.i))
	}
	r.RejectedFile = f.rejectedName()
	return r, err
}

// fileImport is one run of the command.
type fileImport struct {
	m       *Imports
	o       ImportOptions
	size    int64
	started time.Time
	told    time.Time // when progress was reported last
	before  int64     // rows that were done when it began
}

func (f *fileImport) open() (io.ReadCloser, error) { return os.Open(f.o.File) }

// begin finds the interrupted import of the file, or makes a new one.
func (f *fileImport) begin(ctx context.Context) (i party.Import, columns map[string]string, err error) {
	digest, err := f.sum()
	if err != nil {
		return i, nil, err
	}
	rows, err := openRows(f.open, f.o.Encoding)
	if err != nil {
		return i, nil, err
	}
	defer rows.Close()
	for name := range f.o.Columns {
		if !slices.Contains(rows.Header(), name) {
			return i, nil, habeas.Invalid("map", "The file has no column of a name that --map gives.").WithCode("map.column")
		}
	}
	now := f.m.Clock.Now()
	i = party.Import{ID: habeas.NewID[habeas.ImportKind](now), State: party.ImportRunning, Kind: f.o.Kind, Digest: digest, Bytes: f.size, At: now}
	if i.Kind == "" {
		i.Kind = party.Person
	}
	i.Words = party.ImportWords{Name: fileName(filepath.Base(f.o.File)), Told: f.o.Encoding, Format: rows.format, Charset: rows.Encoding(), Between: rows.between}
	if i.Words.Columns, i.Read, err = lookAtColumns(rows, f.o.Columns, f.m.Schemas); err != nil {
		return i, nil, err
	}
	for n := range i.Words.Columns {
		c := &i.Words.Columns[n]
		if told, ok := f.o.Columns[c.Name]; ok {
			c.Means = told // also what is no field: it is refused below
		}
		if c.Open {
			c.Dates = f.o.Dates
		}
	}
	understood, err := understand(i.Words.Columns, f.m.Schemas)
	if err != nil {
		return i, nil, err
	}
	columns = explain(understood)
	if f.o.DryRun {
		return i, columns, nil
	}
	before, err := f.earlier(ctx, i)
	if err != nil || !before.ID.IsZero() {
		return before, columns, err
	}
	i.Version = 1
	return i, columns, f.m.create(ctx, &i, f.m.entry(habeas.Server, i, "start"))
}

// earlier is the import of the same file, read in the same way, that did not come to its
// end, or that did.
func (f *fileImport) earlier(ctx context.Context, i party.Import) (party.Import, error) {
	all, err := f.m.DB.Imports().ByDigest(ctx, i.Digest)
	if err != nil {
		return party.Import{}, err
	}
	for _, one := range all {
		same := one.Kind == i.Kind && slices.EqualFunc(one.Words.Columns, i.Words.Columns, func(a, b party.ImportColumn) bool {
			return a.Name == b.Name && a.Means == b.Means && a.Dates == b.Dates
		})
		broken := one.State == party.ImportRunning && one.Parts == 0
		switch {
		case broken && !same && !f.o.Resume:
			return one, errOtherMapping
		case broken, one.State == party.ImportDone && same:
			return one, nil
		}
	}
	return party.Import{}, nil
}

// sum recognises the file.
func (f *fileImport) sum() (d keyring.LookupHash, err error) {
	file, err := os.Open(f.o.File)
	if err != nil {
		return d, err
	}
	defer file.Close()
	h := sha256.New()
	if f.size, err = io.Copy(h, file); err != nil {
		return d, err
	}
	return f.m.digest(h.Sum(nil)), nil
}

// dryRun decides on every row and writes nothing but the file of rejected rows.
func (f *fileImport) dryRun(ctx context.Context, j *importJob) error {
	j.i.State = party.ImportChecking
	var file *os.File
	var w *csv.Writer
	j.rejected = func(row party.ImportRow) (err error) {
		if w == nil {
			if file, w, err = f.createRejected(j.i); err != nil {
				return err
			}
		}
		return w.Write(row.RejectedCells(lang.Printer{}.Fill, len(j.i.Words.Columns)))
	}
	err := j.check(ctx)
	if w != nil {
		w.Flush()
		err = errors.Join(err, w.Error(), file.Close())
	}
	j.i.Tally, j.i.Row = j.i.Words.Dry, j.i.Read
	return err
}

func (f *fileImport) progress(i party.Import, rows *tableRows) {
	now := f.m.Clock.Now()
	if f.o.Progress == nil || now.Sub(f.told) < 250*time.Millisecond {
		return
	}
	f.told = now
	if f.o.DryRun {
		i.Tally, i.Row = i.Words.Dry, i.Read
	}
	f.o.Progress(f.state(i, float64(rows.Read())/float64(max(f.size, 1))))
}

func (f *fileImport) state(i party.Import, done float64) ImportReport {
	t := i.Tally
	return ImportReport{
		Rows: i.Row, Imported: t.Taken(), Created: t.Created, Attached: t.Attached, Review: t.Review, Known: t.Known, Rejected: t.Rejected,
		Resumed: f.before, Seconds: f.m.Clock.Now().Sub(f.started).Seconds(), Done: min(done, 1), DryRun: f.o.DryRun,
	}
}

// rejectedName is the file for rejected rows.
func (f *fileImport) rejectedName() string {
	if f.o.Rejected != "" {
		return f.o.Rejected
	}
	return f.o.File + ".rejected.csv"
}

func (f *fileImport) createRejected(i party.Import) (*os.File, *csv.Writer, error) {
	file, err := os.OpenFile(f.rejectedName(), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("open the file for rejected rows: %w", err)
	}
	w := csv.NewWriter(file)
	return file, w, w.Write(party.RejectedHeader(i.Words.Columns))
}

// writeRejected writes the file of rejected rows, those of interrupted runs too.
func (f *fileImport) writeRejected(ctx context.Context, i party.Import) error {
	file, w, err := f.createRejected(i)
	if err != nil {
		return err
	}
	err = f.m.eachRejected(ctx, i.ID, func(row party.ImportRow) error {
		return w.Write(row.RejectedCells(lang.Printer{}.Fill, len(i.Words.Columns)))
	})
	w.Flush()
	return errors.Join(err, w.Error(), file.Close())
}

// explain says what each column was understood as.
func explain(columns []column) map[string]string {
	out := make(map[string]string, len(columns))
	for _, c := range columns {
		switch {
		case c.external:
			out[c.name] = meansExternal
		case c.fullName:
			out[c.name] = "name (when given and family name are missing)"
		case c.skip:
			out[c.name] = meansNothing
		default:
			out[c.name] = c.set + "." + c.field
		}
	}
	return out
}
