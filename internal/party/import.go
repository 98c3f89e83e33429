package party

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/match/table"
)

// ImportState is where an import stands.
type ImportState string

// The states of an import, in the order in which it goes through them.
const (
	ImportUploading ImportState = "uploading" // the file is on its way here
	ImportMapping   ImportState = "mapping"   // the file is here; somebody says what its columns mean
	ImportChecking  ImportState = "checking"  // a dry run is under way
	ImportChecked   ImportState = "checked"   // the dry run is over; nothing was written
	ImportRunning   ImportState = "running"   // rows go in
	ImportDone      ImportState = "done"      // every row is in or rejected
	ImportCancelled ImportState = "cancelled" // somebody stopped it; what was in stays in
	ImportFailed    ImportState = "failed"    // the file could not be read to its end
	ImportUndoing   ImportState = "undoing"   // what it brought is being taken out again
	ImportUndone    ImportState = "undone"
)

// Working reports whether a server has something to do for it.
func (s ImportState) Working() bool {
	return s == ImportChecking || s == ImportRunning || s == ImportUndoing
}

// Open reports whether its rows are not all in yet, and may still go in.
func (s ImportState) Open() bool {
	return s == ImportUploading || s == ImportMapping || s == ImportChecking || s == ImportChecked || s == ImportRunning
}

// Ended reports whether its rows may be taken out again.
func (s ImportState) Ended() bool {
	return s == ImportDone || s == ImportCancelled || s == ImportFailed
}

// How long what belongs to an import is kept.
const (
	// KeepUpload is how long a file waits to be imported before it is destroyed. It is
	// destroyed at once when its import ends.
	KeepUpload = 7 * 24 * time.Hour
	// KeepRejected is how long the rejected rows and the dry run's examples are kept
	// after the end of an import.
	KeepRejected = 30 * 24 * time.Hour
	// KeepMapping is how long it is remembered what the columns of a header mean,
	// counted from its last use.
	KeepMapping = 2 * 365 * 24 * time.Hour
)

// ImportTally counts rows by what became of them, or by what would.
type ImportTally struct {
	Created  int64 `json:"created"`  // began a record
	Attached int64 `json:"attached"` // were added to a record that was there
	Review   int64 `json:"review"`   // went in, and their record waits for a decision of staff
	Known    int64 `json:"known"`    // were in already: nothing was written
	Rejected int64 `json:"rejected"` // have a fault and stayed out
}

// Taken counts the rows that wrote something.
func (t ImportTally) Taken() int64 { return t.Created + t.Attached + t.Review }

// Rows counts all of them.
func (t ImportTally) Rows() int64 { return t.Taken() + t.Known + t.Rejected }

// Add returns the sum of both.
func (t ImportTally) Add(u ImportTally) ImportTally {
	return ImportTally{t.Created + u.Created, t.Attached + u.Attached, t.Review + u.Review, t.Known + u.Known, t.Rejected + u.Rejected}
}

// Import is a file of records on its way in. Its rows are numbered from 1; Row is the
// checkpoint: what became of the first Row rows is durable, and nothing of the others.
type Import struct {
	ID      habeas.ImportID
	Account habeas.AccountID // who brought it; zero: the command line
	State   ImportState
	Kind    Kind
	Digest  keyring.LookupHash // keyed hash of the file
	Bytes   int64
	Parts   int64 // pieces of the file that lie here; 0: none, or not any more
	Row     int64
	Read    int64 // how far the dry run has come, or how many rows were found by it
	Tally   ImportTally
	Undone  int64 // records that were erased again
	Version int64 // grows with every change, and fences them
	At      time.Time
	Ended   time.Time // zero while it is under way
	Lease   time.Time // until then one server works on it

	Words ImportWords // empty once its key was destroyed
}

// ImportWords is what may be personal: it is sealed under the import's own key.
type ImportWords struct {
	Name     string         `json:"name,omitempty"`     // of the file
	Format   string         `json:"format,omitempty"`   // csv, json or copy
	Charset  string         `json:"charset,omitempty"`  // as the reader found it or was told
	Told     string         `json:"told,omitempty"`     // the encoding that was asked for; empty: found out
	Between  string         `json:"between,omitempty"`  // what stands between cells
	Columns  []ImportColumn `json:"columns,omitempty"`  // in the order of the file
	Dry      ImportTally    `json:"dry,omitzero"`       // what the dry run has found
	Examples []ImportRow    `json:"examples,omitempty"` // of each outcome a few, of the dry run
	Fault    string         `json:"fault,omitempty"`    // why it failed: a sentence
}

// ImportColumn is one column and how it is understood.
type ImportColumn struct {
	Name    string   `json:"name"`
	Means   string   `json:"means"`             // set.field, external_id, name, or "-"
	Dates   string   `json:"dates,omitempty"`   // order of day, month and year, where it is a date
	Open    bool     `json:"open,omitempty"`    // nothing in the column decides between day and month
	Filled  int64    `json:"filled"`            // rows that say something
	Samples []string `json:"samples,omitempty"` // a few different ones
}

// ImportOutcome is what becomes of one row.
type ImportOutcome string

// The outcomes.
const (
	RowCreated  ImportOutcome = "created"
	RowAttached ImportOutcome = "attached"
	RowReview   ImportOutcome = "review"
	RowKnown    ImportOutcome = "known"
	RowRejected ImportOutcome = "rejected"
)

// Count adds one row to the tally.
func (t *ImportTally) Count(o ImportOutcome) {
	switch o {
	case RowCreated:
		t.Created++
	case RowAttached:
		t.Attached++
	case RowReview:
		t.Review++
	case RowKnown:
		t.Known++
	case RowRejected:
		t.Rejected++
	}
}

// Outcome says what an assertion that was carried out came to.
func (a *Asserting) Outcome() ImportOutcome {
	switch {
	case a.Known:
		return RowKnown
	case a.Review != ReviewNone:
		return RowReview
	case a.Created:
		return RowCreated
	}
	return RowAttached
}

// ImportRow is a row of the file that is shown or listed.
type ImportRow struct {
	Row     int64         `json:"row"`  // from 1
	Line    int           `json:"line"` // of the file, on which it begins
	Outcome ImportOutcome `json:"outcome,omitempty"`
	Cells   []string      `json:"cells"`
	Faults  []RowFault    `json:"faults,omitempty"`
}

// RowFault is one thing that is wrong with a row.
type RowFault struct {
	Column  string            `json:"column,omitempty"` // of the file; empty: the row as a whole
	Message string            `json:"message"`          // English sentence, the key of its translation
	Args    map[string]string `json:"args,omitempty"`
}

// RejectedHeader is the first row of a file of rejected rows.
func RejectedHeader(columns []ImportColumn) []string {
	out := []string{"line", "column", "reason"}
	for _, c := range columns {
		out = append(out, c.Name)
	}
	return table.Defuse(out)
}

// RejectedCells are the cells of a rejected row: where it stands in the file, which
// columns are wrong and why, in the words that fill gives, and the row as it came.
// Nothing in it runs in a spreadsheet (PTY-A40).
func (r ImportRow) RejectedCells(fill func(message string, args map[string]string) string, width int) []string {
	var columns, reasons []string
	for _, f := range r.Faults {
		if f.Column != "" && !slices.Contains(columns, f.Column) {
			columns = append(columns, f.Column)
		}
		reasons = append(reasons, fill(f.Message, f.Args))
	}
	out := append([]string{strconv.Itoa(r.Line), strings.Join(columns, ", "), strings.Join(reasons, " ")}, r.Cells...)
	for len(out) < 3+width { // a row with too few cells still fits the table
		out = append(out, "")
	}
	return table.Defuse(out)
}

// ErrRepeated says that an earlier line of the same file has the address already.
var ErrRepeated = habeas.Invalid("contact.email", "Line {line} has this address already. Mend one of the two; if one address is right for both, import this row in a file of its own.").WithCode("row.repeated")

// Imports reads imports.
type Imports interface {
	ByID(ctx context.Context, id habeas.ImportID) (Import, error)
	// Newest lists imports, the newest first.
	Newest(ctx context.Context, limit int) ([]Import, error)
	// ByDigest lists the imports of a file, the newest first.
	ByDigest(ctx context.Context, digest keyring.LookupHash) ([]Import, error)
	// Part reads the n-th piece of its file, from 0.
	Part(ctx context.Context, id habeas.ImportID, n int64) ([]byte, error)
	// Rejected lists rows that stayed out, in their order, after a row.
	Rejected(ctx context.Context, id habeas.ImportID, after int64, limit int) ([]ImportRow, error)
	// Brought lists the records that hold a word of the import, in their order, after one.
	Brought(ctx context.Context, id habeas.ImportID, after habeas.PartyID, limit int) ([]Party, error)
	// Mapping is what the columns of a header mean, as somebody said before; nil: nobody did.
	Mapping(ctx context.Context, header keyring.LookupHash) (map[string]string, error)
}

// ImportWriter writes them in a transaction.
type ImportWriter interface {
	Imports
	// CreateImport inserts an import whose key is durable already.
	CreateImport(i Import, e audit.Entry) error
	// ChangeImport updates one as it was read; Conflict when it changed meanwhile. The
	// pieces of its file go when Parts is 0, its rejected rows when it has no words.
	ChangeImport(i *Import, e audit.Entry) error
	// Touched reports whether anything but the import has to do with a record.
	Touched(ctx context.Context, p Party, said []Statement) (bool, error)
	// EraseImported erases a record that only an import speaks of, and the marks by which
	// its rows would be recognised, so that they can be imported again.
	EraseImported(p Party, hashes, marks []keyring.LookupHash, e audit.Entry) error
}

// Untouched reports whether nobody but one import has said or decided anything about a
// record: each statement counts one version, and so does everything else.
func Untouched(p Party, said []Statement, id habeas.ImportID) bool {
	if p.State != Unclaimed || p.Restraint != RestraintNone || p.Blocked || p.Cleared || p.Version != int64(len(said)) {
		return false
	}
	for _, s := range said {
		if s.Source.Kind != FromImport || s.Source.Import != id {
			return false
		}
	}
	return true
}

// Brought is what a copy from elsewhere holds for a record, before its person has chosen
// what of it is to be their word here.
type Brought struct {
	House string // that gave the copy
	Taken time.Time
	Says  Values
}
