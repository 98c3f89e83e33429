package sqlstore_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// imported makes an import that runs.
func (w *world) imported() party.Import {
	w.Helper()
	now := w.clock.Now()
	i := party.Import{
		ID: habeas.NewID[habeas.ImportKind](now), State: party.ImportRunning, Kind: party.Person, Version: 1, At: now, Parts: 1,
		Words: party.ImportWords{Name: "members.csv", Columns: []party.ImportColumn{{Name: "E-Mail", Means: "contact.email"}}},
	}
	err := w.keys.Commit(w.Context(), w.keys.NewKey(habeas.SubjectOf(i.ID)))
	if err == nil {
		err = w.db.InTx(w.Context(), func(tx *sqlstore.Tx) error { return tx.Imports().CreateImport(i, w.step()) })
	}
	if err == nil {
		err = w.db.Ops().PutImportPart(w.Context(), i.ID, 0, []byte("E-Mail\ntim@example.org\n"))
	}
	if err != nil {
		w.Fatal(err)
	}
	return i
}

func (w *world) step() audit.Entry {
	now := w.clock.Now()
	return audit.Entry{ID: habeas.NewID[habeas.EventKind](now), Event: audit.DataImported, Actor: habeas.Server, At: now}
}

// rows prepares what an import says of some people.
func (w *world) rows(i party.Import, from, to int) []party.Plan {
	w.Helper()
	var out []party.Plan
	for n := from; n < to; n++ {
		out = append(out, w.prepare(party.Source{Kind: party.FromImport, Import: i.ID}, fmt.Sprintf("p%d@example.org", n), named("Tim", "Berger", "")))
	}
	return out
}

// letIn writes a batch with its checkpoint.
func (w *world) letIn(i *party.Import, plans []party.Plan, out ...party.ImportRow) error {
	next := *i
	err := w.db.InTx(w.Context(), func(tx *sqlstore.Tx) error {
		next = *i
		refused, err := tx.Decide(plans)
		if err = errors.Join(append(refused, err)...); err != nil {
			return err
		}
		next.Row += int64(len(plans) + len(out))
		return tx.Ops().MarkImport(w.Context(), &next, out)
	})
	if err == nil {
		*i = next
	}
	return err
}

func (w *world) count() int {
	w.Helper()
	all, _, _, err := w.db.Records().Count(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return all
}

// Proves PTY-17.
func TestABatchOfAnImportGoesInWithItsCheckpointOrNotAtAll(t *testing.T) {
	onEach(t, func(w *world) {
		i := w.imported()
		stale := i
		if err := w.letIn(&i, w.rows(i, 0, 50), party.ImportRow{Row: 51, Cells: []string{"no address"}}); err != nil {
			w.Fatal(err)
		}
		if err := w.letIn(&stale, w.rows(i, 50, 100)); !errors.Is(err, sqlstore.ErrImportChanged) {
			w.Errorf("two servers on one import: %v", err)
		}
		if n := w.count(); n != 50 {
			w.Errorf("%d records, want those of the batch that was whole", n)
		}
		read, err := w.db.Imports().ByID(w.Context(), i.ID)
		if err != nil || read.Row != 51 || read.Words.Name != "members.csv" {
			w.Errorf("%+v, %v", read, err)
		}
		rejected, err := w.db.Imports().Rejected(w.Context(), i.ID, 0, 10)
		if err != nil || len(rejected) != 1 || rejected[0].Cells[0] != "no address" {
			w.Errorf("%+v, %v", rejected, err)
		}
		brought, err := w.db.Imports().Brought(w.Context(), i.ID, habeas.PartyID{}, 100)
		if err != nil || len(brought) != 50 {
			w.Errorf("%d records hold a word of the import, %v", len(brought), err)
		}
		if sum := w.verify(); sum.Size != 51 { // one of the import itself
			w.Errorf("%d leaves", sum.Size)
		}
	})
}

func TestAFileOfAnImportGoesWithIt(t *testing.T) {
	onEach(t, func(w *world) {
		i := w.imported()
		if working, err := w.db.Imports().Working(w.Context(), w.clock.Now()); err != nil || len(working) != 1 {
			w.Errorf("%d imports to work on, %v", len(working), err)
		}
		if piece, err := w.db.Imports().Part(w.Context(), i.ID, 0); err != nil || string(piece) != "E-Mail\ntim@example.org\n" {
			w.Errorf("%q, %v", piece, err)
		}
		change := func() {
			w.Helper()
			if err := w.db.InTx(w.Context(), func(tx *sqlstore.Tx) error {
				next := i
				if err := tx.Imports().ChangeImport(&next, w.step()); err != nil {
					return err
				}
				i = next
				return nil
			}); err != nil {
				w.Fatal(err)
			}
		}
		i.State, i.Parts, i.Ended = party.ImportDone, 0, w.clock.Now()
		change()
		if _, err := w.db.Imports().Part(w.Context(), i.ID, 0); !errors.Is(err, sqlstore.ErrNoFile) {
			w.Errorf("the file of an import that has ended: %v", err)
		}
		w.clock.Advance(time.Hour)
		if old, err := w.db.Imports().Stale(w.Context(), w.clock.Now(), w.clock.Now()); err != nil || len(old) != 1 {
			w.Errorf("%d old imports, %v", len(old), err)
		}
		i.Words = party.ImportWords{}
		change()
		if err := w.keys.Destroy(w.Context(), habeas.SubjectOf(i.ID)); err != nil {
			w.Fatal(err)
		}
		if read, err := w.db.Imports().ByID(w.Context(), i.ID); err != nil || read.Words.Name != "" || read.State != party.ImportDone {
			w.Errorf("%+v, %v", read, err)
		}
	})
}
