package app

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// A person's copy that comes through a page: brought by staff, who see first what it would
// do, or by its person into a record of their own.

// maxCopyFile bounds a copy that comes through a page, in bytes.
const maxCopyFile = 32 << 20

// copyForm is what the words of an import say of a file that is a copy.
const copyForm = "copy"

var archiveHead = []byte("PK\x03\x04")

// parseCopy reads the machine-readable part of a copy.
func parseCopy(file []byte) (c copied, err error) {
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return c, errNoCopy.WithCause(err)
	}
	return copyIn(archive)
}

// copyIn reads it out of an archive.
func copyIn(archive *zip.Reader) (c copied, err error) {
	at := slices.IndexFunc(archive.File, func(f *zip.File) bool { return f.Name == "records.json" })
	if at < 0 {
		return c, errNoCopy
	}
	f, err := archive.File[at].Open()
	if err != nil {
		return c, errCopyForm.WithCause(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxCopy+1))
	switch {
	case err != nil:
		return c, errCopyForm.WithCause(err)
	case len(text) > maxCopy:
		return c, errCopyLarge
	case json.Unmarshal(text, &c) != nil || c.Format != copyFormat:
		return c, errCopyForm
	}
	return c, nil
}

// storedCopy reads a copy where it lies. ok is false when the file is none, but a table.
func (m *Imports) storedCopy(ctx context.Context, i *party.Import) (c copied, ok bool, err error) {
	file, err := m.stored(ctx, i)()
	if err != nil {
		return c, false, err
	}
	defer file.Close()
	head := make([]byte, len(archiveHead))
	if n, err := io.ReadFull(file, head); err != nil || !bytes.Equal(head[:n], archiveHead) {
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			err = nil
		}
		return c, false, err
	}
	if i.Bytes > maxCopyFile {
		return c, true, errCopyLarge
	}
	rest, err := io.ReadAll(file)
	if err != nil {
		return c, true, err
	}
	c, err = parseCopy(append(head, rest...))
	return c, true, err
}

// lookAtFile finds out what was uploaded: of a table, how it is written; of a copy, what
// it would do.
func (m *Imports) lookAtFile(ctx context.Context, i *party.Import) error {
	c, is, err := m.storedCopy(ctx, i)
	if err != nil {
		return err
	}
	if !is {
		i.State = party.ImportMapping
		return m.look(ctx, i)
	}
	earlier, err := m.DB.Imports().ByDigest(ctx, i.Digest)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(earlier, func(e party.Import) bool { return e.State == party.ImportDone }) {
		return errCopyTwice
	}
	var dry party.Import
	err = m.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		dry = *i
		dry.Tally = party.ImportTally{}
		if err := m.takeCopy(tx, &dry, c); err != nil {
			return err
		}
		return errDryRun
	})
	if !errors.Is(err, errDryRun) {
		return err
	}
	i.State, i.Read, i.Words.Format, i.Words.Dry = party.ImportChecked, int64(len(c.Records)), copyForm, dry.Tally
	return nil
}

// takeCopy writes all records of a copy.
func (m *Imports) takeCopy(tx *sqlstore.Tx, i *party.Import, c copied) error {
	for _, rec := range c.Records {
		if err := m.Records.takeCopied(tx, i, c, rec); err != nil {
			return err
		}
	}
	return nil
}

// runCopy brings a copy in: all of it with the end of its import, or nothing.
func (j *importJob) runCopy(ctx context.Context) error {
	c, _, err := j.m.storedCopy(ctx, &j.i)
	if err != nil {
		return err
	}
	was := j.i
	err = j.m.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		j.i = was
		if err := j.m.takeCopy(tx, &j.i, c); err != nil {
			return err
		}
		j.i.Row, j.i.State, j.i.Parts, j.i.Lease, j.i.Ended = int64(len(c.Records)), party.ImportDone, 0, time.Time{}, j.m.Clock.Now()
		return tx.Imports().ChangeImport(&j.i, j.m.entry(j.actor(), j.i, string(party.ImportDone)))
	})
	if err != nil {
		j.i = was
		return err
	}
	return j.m.DB.Compact(ctx)
}

// ReadCopy says what a copy that the actor brings from elsewhere holds for one of their
// records. Nothing of it is kept: what they choose becomes their own word by Correct.
func (r *Records) ReadCopy(ctx context.Context, a habeas.Actor, id habeas.PartyID, file io.Reader) (party.Brought, error) {
	rec, _, err := r.own(ctx, r.DB.Records(), a, id)
	if err != nil {
		return party.Brought{}, err
	}
	if rec.Party.State == party.Frozen {
		return party.Brought{}, party.ErrFrozen
	}
	text, err := io.ReadAll(io.LimitReader(file, maxCopyFile+1))
	switch {
	case err != nil:
		return party.Brought{}, habeas.Invalid("file", "The file did not arrive in full. Upload it again.").WithCode("import.incomplete").WithCause(err)
	case len(text) > maxCopyFile:
		return party.Brought{}, errCopyLarge
	case !bytes.HasPrefix(text, archiveHead):
		return party.Brought{}, errNoCopy
	}
	c, err := parseCopy(text)
	if err != nil {
		return party.Brought{}, err
	}
	out := party.Brought{House: c.House, Taken: c.Taken, Says: party.Values{}}
	for _, one := range c.Records {
		if one.Kind != rec.Party.Kind {
			continue
		}
		for set, fields := range one.current(r.schemas) {
			for name, text := range fields {
				if out.Says.Get(set, name) == "" {
					out.Says.Put(set, name, text)
				}
			}
		}
	}
	return out, nil
}
