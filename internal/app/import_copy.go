package app

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// maxCopy bounds the machine-readable part of a copy, unpacked.
const maxCopy = 64 << 20

var (
	errNoCopy    = habeas.Invalid("file", "This is a spreadsheet (xlsx, ods) or another archive, and no copy of a person's records. Save a spreadsheet as CSV; unpack other files first.").WithCode("copy.none")
	errCopyForm  = habeas.Invalid("file", "The copy in this archive cannot be read: it was changed, or a newer version wrote it.").WithCode("copy.form")
	errCopyLarge = habeas.Invalid("file", "The copy in this archive is larger than 64 MB.").WithCode("copy.large")
	errCopyTwice = habeas.Conflict("This copy was imported already. Nothing was changed.").WithCode("copy.twice")
)

// isArchive reports whether a file is a ZIP archive.
func isArchive(name string) (bool, error) {
	f, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, 4)
	if _, err := io.ReadFull(f, head); err != nil {
		return false, nil //nolint:nilerr // a file of less than four bytes is none
	}
	return bytes.Equal(head, archiveHead), nil
}

// readCopy reads the machine-readable part of a copy.
func readCopy(name string) (c copied, err error) {
	archive, err := zip.OpenReader(name)
	if err != nil {
		return c, errNoCopy.WithCause(err)
	}
	defer archive.Close()
	return copyIn(&archive.Reader)
}

// importCopy brings a person's copy into the records, all of it or nothing. Each record
// says what it said there; each word keeps who spoke it there, and when. Where the address
// is known here, the words are added to the record that it leads to.
func (f *fileImport) importCopy(ctx context.Context, records *Records) (ImportReport, error) {
	c, err := readCopy(f.o.File)
	if err != nil {
		return ImportReport{}, err
	}
	digest, err := f.sum()
	if err != nil {
		return ImportReport{}, err
	}
	earlier, err := f.m.DB.Imports().ByDigest(ctx, digest)
	if err != nil {
		return ImportReport{}, err
	}
	if slices.ContainsFunc(earlier, func(i party.Import) bool { return i.State == party.ImportDone }) {
		return ImportReport{}, errCopyTwice
	}
	now := f.m.Clock.Now()
	i := party.Import{
		ID: habeas.NewID[habeas.ImportKind](now), State: party.ImportDone, Kind: party.Person, Digest: digest, Bytes: f.size, Version: 1, At: now, Ended: now,
		Words: party.ImportWords{Name: fileName(filepath.Base(f.o.File)), Format: copyForm},
	}
	if err := f.m.Keys.Commit(ctx, f.m.Keys.NewKey(habeas.SubjectOf(i.ID))); err != nil {
		return ImportReport{}, err
	}
	done := i
	err = f.m.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		done = i
		for _, rec := range c.Records {
			if err := records.takeCopied(tx, &done, c, rec); err != nil {
				return err
			}
		}
		if f.o.DryRun {
			return errDryRun
		}
		done.Row, done.Read = int64(len(c.Records)), int64(len(c.Records))
		return tx.Imports().CreateImport(done, f.m.entry(habeas.Server, done, "copy"))
	})
	if errors.Is(err, errDryRun) {
		err = f.m.Keys.Destroy(ctx, habeas.SubjectOf(i.ID))
		done.Row = int64(len(c.Records))
	}
	return f.state(done, 1), err
}

// errDryRun takes back what a dry run has written.
var errDryRun = errors.New("app: a dry run")

// takeCopied writes one record of a copy.
func (r *Records) takeCopied(tx *sqlstore.Tx, i *party.Import, c copied, rec copiedRecord) error {
	source := party.Source{Kind: party.FromImport, Import: i.ID}
	now := r.Clock.Now()
	in := party.Assertion{
		Actor: habeas.Server, Source: source, Kind: rec.Kind, Values: rec.current(r.schemas), Before: party.Before{Source: c.House, Kind: "copy", At: c.Taken},
	}
	if a, err := email.Parse(in.Values.Get("contact", "email")); err == nil {
		in.Email, in.HasEmail = a, true
	}
	if in.Values.Len() == 0 {
		i.Tally.Count(party.RowKnown) // nothing is known about anybody: nothing is lost
		return nil
	}
	// The whole of what it says now is the newest word, so that whatever the order of
	// the words before, the record says here what it said there.
	said, err := party.Prepare(in, r.schemas, r.Keys, now)
	if err != nil {
		return err
	}
	refused, err := tx.Decide([]party.Plan{said})
	if err = errors.Join(append(refused, err)...); err != nil {
		return err
	}
	i.Tally.Count(said.Outcome())
	w := tx.Records()
	p, err := w.Party(tx.Context(), said.Party)
	if err != nil {
		return err
	}
	words := slices.Clone(rec.Statements)
	slices.SortStableFunc(words, func(a, b copiedStatement) int { return self(a) - self(b) })
	for n, s := range words {
		values := s.taken(r.schemas, said.Created)
		if values.Len() == 0 {
			continue
		}
		heard, err := party.Situation{Record: p}.Take(party.Move{Kind: party.MoveHear})
		if err != nil {
			return err
		}
		p = heard.Record
		at := now.Add(time.Duration(n-len(words)) * time.Millisecond)
		one := party.Statement{
			ID: habeas.NewID[habeas.StatementKind](at), Party: p.ID, Source: source, Occ: s.Ticket, Values: values, Before: s.before(c.House),
		}
		e := r.event(audit.PartyAsserted, p.ID, habeas.Server, map[string]string{"source": "import", "sets": sets(values)})
		if err := w.ChangeParty(p, &one, nil, e); err != nil {
			return err
		}
	}
	return nil
}

// self sorts the words of a person behind those of others, as they count (PTY-2).
func self(s copiedStatement) int {
	if s.Kind == party.FromSelf.String() {
		return 1
	}
	return 0
}

// current is what a record of a copy says now, as far as this house keeps it and the copy
// shows it.
func (c copiedRecord) current(schemas *party.Schemas) party.Values {
	out := party.Values{}
	for _, f := range c.Fields {
		if !f.Masked && keeps(schemas, f.Set, f.Field, f.Value) {
			out.Put(f.Set, f.Field, f.Value)
		}
	}
	return out
}

// taken is what a word of a copy adds here. That a value was withdrawn counts only where
// nothing else is known.
func (s copiedStatement) taken(schemas *party.Schemas, fresh bool) party.Values {
	out := party.Values{}
	for set, fields := range s.Values {
		for name, text := range fields {
			if !slices.Contains(s.Masked, set+"."+name) && keeps(schemas, set, name, text) && (text != "" || fresh) {
				out.Put(set, name, text)
			}
		}
	}
	return out
}

// before is who said it first: a copy of a copy keeps that.
func (s copiedStatement) before(house string) party.Before {
	if s.Before.Source != "" {
		return s.Before
	}
	o := party.Before{Source: s.Source, Kind: s.Kind}
	if s.Kind == party.FromSelf.String() {
		o.Source = house
	}
	o.At, _ = time.Parse(time.RFC3339, s.Stated) // without a time it is of an unknown one
	return o
}

// keeps reports whether this house has the field and takes the value.
func keeps(schemas *party.Schemas, set, field, text string) bool {
	_, err := schemas.Clean(party.Values{set: {field: text}})
	return err == nil
}
