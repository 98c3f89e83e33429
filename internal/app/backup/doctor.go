package backup

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Severity says how bad a finding is.
type Severity string

// The severities. A report's verdict is the worst of its findings'.
const (
	Good  Severity = "ok"
	Warn  Severity = "warn"
	Fault Severity = "fault"
)

// Finding is one thing that is not as it should be.
type Finding struct {
	Code     string   `json:"code"` // stable
	Severity Severity `json:"severity"`
	What     string   `json:"what"`
	Do       string   `json:"do"`
	Count    int64    `json:"count,omitempty"`
	Where    []string `json:"where,omitempty"` // the first few places
	Fixed    bool     `json:"fixed,omitempty"`
}

// Report is what doctor found. Its JSON form is stable: members are only added.
type Report struct {
	Verdict  Severity  `json:"verdict"`
	Findings []Finding `json:"findings"`
	Checked  Checked   `json:"checked"`
	Skipped  []string  `json:"skipped"` // what could not be looked at, and why
}

// Checked counts what was looked at.
type Checked struct {
	Engine   string  `json:"engine"`
	Schema   int64   `json:"schema"`
	Leaves   int64   `json:"leaves"`
	Root     string  `json:"root"`
	Subjects int64   `json:"subjects"` // people and accounts with rows
	Erased   int64   `json:"erased"`   // names on the list of erasures
	Sealed   int64   `json:"sealed"`   // values that were opened
	Keys     int64   `json:"keys"`
	Seconds  float64 `json:"seconds"`
}

// Ring is the unsealed key store as doctor uses it.
type Ring interface {
	SubjectIDs(ctx context.Context, visit func(habeas.SubjectID) error) error
	Check(ctx context.Context, every int) (keyring.Health, error)
	Keys(ctx context.Context, ids []habeas.SubjectID) (map[habeas.SubjectID]*keyring.Key, error)
	Month(ctx context.Context, t time.Time) (*keyring.Key, error)
	LogMonth(ctx context.Context, t time.Time) (*keyring.Key, error)
	House() *keyring.Key
	Destroy(ctx context.Context, ids ...habeas.SubjectID) error
}

// Examination says what is looked at.
type Examination struct {
	Dir      string
	Records  sqlstore.Config // Dir and DSN
	Keys     Ring            // nil: what needs the keys is left out
	Clock    habeas.Clock
	Sample   int  // open every n-th sealed value; 0 and 1: all
	Fix      bool // mend what can be mended
	Progress func(done, total int64)
	// EraseLeftovers deletes the rows of a subject whose key is gone; with Fix only.
	EraseLeftovers func(ctx context.Context, id habeas.SubjectID) error
	// Space returns the free bytes and the size of the disk that a directory lies on; may be nil.
	Space        func(dir string) (free, total uint64, err error)
	BackupWithin time.Duration // how old the last backup may be; 0: Expected
	RootAway     bool          // the root of the certificate authority is on another machine
	// Searchable counts the parties that the search index covers; nil: there is none.
	Searchable func() (parties int, ready bool)
}

// maxWhere bounds how many places a finding names.
const maxWhere = 10

// settled is how old a key must be to have no row by mistake: a new one is durable
// before its row.
const settled = time.Hour

// doctor is the state of one examination.
type doctor struct {
	Examination
	s      *sqlstore.Snapshot
	r      Report
	now    time.Time
	listed map[habeas.SubjectID]bool // who was erased
	keyed  map[habeas.SubjectID]bool // who has a key
	rows   map[habeas.SubjectID]bool // who has rows
	oldest time.Time                 // when the first of them came to be
}

// Examine checks an installation: the database itself, the ledger, the rows against
// it, keys against rows, and what is around them. It changes nothing but with Fix. It
// may run inside a serving process; the keys are listed before the rows are read, so
// that nothing under way looks like a fault.
func Examine(ctx context.Context, e Examination) (Report, error) {
	d := &doctor{Examination: e, now: e.Clock.Now(), r: Report{Verdict: Good, Findings: []Finding{}, Skipped: []string{}}}
	if err := d.list(ctx); err != nil {
		return d.r, err
	}
	var err error
	if d.s, err = sqlstore.OpenSnapshot(ctx, e.Records); err != nil {
		return d.r, err
	}
	defer d.s.Close() // it has only read
	for _, check := range []func(context.Context) error{
		d.schema, d.integrity, d.tree, d.subjects, d.dangling, d.sealed, d.outbox, d.lastBackup, d.authorities, d.around,
	} {
		if err := check(ctx); err != nil {
			return d.r, err
		}
	}
	// The fixes write: the snapshot must not stand in their way.
	if err := d.fix(ctx); err != nil {
		return d.r, err
	}
	d.verdict()
	d.r.Checked.Seconds = e.Clock.Now().Sub(d.now).Seconds()
	return d.r, nil
}

// authorities says what is needed of a root on another machine.
func (d *doctor) authorities(ctx context.Context) error {
	if !d.RootAway {
		return nil
	}
	all, listEnds, err := d.s.Authorities(ctx)
	if err != nil {
		return err
	}
	for _, n := range pki.Needs(all, listEnds, d.now) {
		severity := Warn
		if n.Late(d.now) {
			severity = Fault
		}
		d.find(severity, "authority", n.What(), n.Do())
	}
	return nil
}

func (d *doctor) verdict() {
	for _, f := range d.r.Findings {
		if !f.Fixed && (f.Severity == Fault || f.Severity == Warn && d.r.Verdict == Good) {
			d.r.Verdict = f.Severity
		}
	}
}

// find adds a finding. Places beyond the first few are only counted.
func (d *doctor) find(severity Severity, code, what, do string, where ...string) *Finding {
	f := Finding{Code: code, Severity: severity, What: what, Do: do, Count: int64(len(where)), Where: where[:min(len(where), maxWhere)]}
	d.r.Findings = append(d.r.Findings, f)
	return &d.r.Findings[len(d.r.Findings)-1]
}

// skip says what was not looked at.
func (d *doctor) skip(what string) { d.r.Skipped = append(d.r.Skipped, what) }

// schema compares the version of the schema with the program's.
func (d *doctor) schema(ctx context.Context) error {
	is, err := d.s.Schema(ctx)
	if err != nil {
		return err
	}
	latest, err := sqlstore.LatestSchema()
	if err != nil {
		return err
	}
	d.r.Checked.Engine, d.r.Checked.Schema = d.s.Engine(), is
	switch {
	case is > latest:
		d.find(Fault, "schema.newer", fmt.Sprintf("The schema has version %d, this program knows %d.", is, latest), "Run the newer version of Habeas that wrote it.")
	case is < latest:
		d.find(Warn, "schema.older", fmt.Sprintf("The schema has version %d, this program brings %d.", is, latest), "Start the server once: it brings the schema up to date.")
	}
	return nil
}

// integrity lets the database check itself.
func (d *doctor) integrity(ctx context.Context) error {
	faults, checked, err := d.s.Integrity(ctx)
	if err != nil {
		return err
	}
	if !checked {
		d.skip("the indexes of PostgreSQL: the extension amcheck is not there, or this role may not use it")
	}
	if len(faults) > 0 {
		d.find(Fault, "database.damaged", "The database finds its own files damaged.", "Stop the server, keep a copy of the directory, and restore the newest backup.", faults...)
	}
	return nil
}

// dangling finds rows that point at nothing. Those about erased people are left to
// the check of keys.
func (d *doctor) dangling(ctx context.Context) error {
	found, err := d.s.DanglingRows(ctx)
	if err != nil {
		return err
	}
	var where []string
	for _, f := range found {
		if !d.listed[f.Missing] {
			where = append(where, fmt.Sprintf("%s.%s %s", f.Table, f.Column, f.Missing))
		}
	}
	if len(where) > 0 {
		d.find(Fault, "rows.dangling", "Rows point at a record or an account that is not there.", "Compare with the newest backup; somebody has written to the database past the server.", where...)
	}
	return nil
}

// outbox looks for mail that does not leave.
func (d *doctor) outbox(ctx context.Context) error {
	w, err := d.s.Outbox(ctx)
	if err != nil {
		return err
	}
	if w.Waiting > 0 && d.now.Sub(w.Oldest) > settled {
		d.find(Warn, "outbox.stuck", fmt.Sprintf("%d mails wait, the oldest since %s.", w.Waiting, w.Oldest.Format(time.RFC3339)),
			"See that the server runs and that [smtp] in habeas.toml is right; the log says what the mail server answers.").Count = int64(w.Waiting)
	}
	if w.Dead > 0 {
		d.find(Warn, "outbox.given-up", fmt.Sprintf("%d mails were given up.", w.Dead), "Look at the delivery record; these people did not get their mail.").Count = int64(w.Dead)
	}
	return nil
}

// Expected is how old the last backup may be where nothing else is set: one each night, and one of
// them may fail.
const Expected = 50 * time.Hour

// FileDemo holds the master password of a demo, whose people are invented.
const FileDemo = "demo-password"

// lastBackup looks at the age of the last backup.
func (d *doctor) lastBackup(ctx context.Context) error {
	at, err := d.s.LastBackup(ctx)
	if err != nil {
		return err
	}
	within := cmp.Or(d.BackupWithin, Expected)
	switch {
	case at.IsZero() && d.invented():
	case at.IsZero() && !d.oldest.IsZero() && d.now.Sub(d.oldest) > within:
		d.find(Warn, "backup.none", "No backup was made yet.", "Run “habeas backup” each night; docs/backup.md shows how.")
	case !at.IsZero() && d.now.Sub(at) > within:
		d.find(Warn, "backup.old", "The last backup was made on "+at.Format("2 January 2006")+".", "See why the nightly backup does not run.")
	}
	return nil
}

// invented reports whether the directory is a demo's: nobody would miss anything.
func (d *doctor) invented() bool {
	_, err := os.Stat(filepath.Join(d.Dir, FileDemo))
	return err == nil
}

// names writes subjects for a finding.
func names(ids []habeas.SubjectID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.String()
	}
	slices.Sort(out)
	return out
}
