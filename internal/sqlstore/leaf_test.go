package sqlstore_test

import (
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

func TestLinesAreNamedByTheirEventAndPagedByIt(t *testing.T) {
	onEach(t, func(w *world) {
		subject := habeas.SubjectOf(w.say(system(1), "tim@example.org", named("Tim", "", "")).Party)
		other := habeas.SubjectOf(w.say(system(1), "nora@example.org", named("Nora", "", "")).Party)
		var made []habeas.EventID // in one transaction, and the clock stands still
		err := w.db.InTx(w.Context(), func(tx *sqlstore.Tx) error {
			made = made[:0]
			for range 20 {
				e := audit.Entry{
					ID: habeas.NewID[habeas.EventKind](w.clock.Now()), Event: audit.PartyRead,
					Subject: subject, Actor: habeas.Server, At: w.clock.Now(),
				}
				made = append(made, e.ID)
				if err := tx.Audit(e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			w.Fatal(err)
		}
		var before habeas.EventID
		for n := len(made); n > 0; n -= 5 {
			page, err := w.db.Events(w.Context(), subject, before, 5)
			if err != nil || len(page) != 5 {
				w.Fatalf("%d lines (%v)", len(page), err)
			}
			for i, line := range page {
				if line.ID != made[n-1-i] {
					w.Fatalf("line %d from the end is %s, want %s", len(made)-n+i, line.ID, made[n-1-i])
				}
			}
			before = page[4].ID
		}
		if line, err := w.db.Event(w.Context(), subject, made[3]); err != nil || line.ID != made[3] || line.Event != audit.PartyRead {
			w.Errorf("by its event: %+v (%v)", line.Entry, err)
		}
		for name, of := range map[string]habeas.SubjectID{"somebody else's": other, "the house's": {}} {
			if _, err := w.db.Event(w.Context(), of, made[3]); habeas.KindOf(err) != habeas.KindNotFound {
				w.Errorf("as %s: %v", name, err)
			}
		}
	})
}
