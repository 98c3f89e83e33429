package sqlstore_test

import (
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/sqlstore"
)

func TestTheStateOfTheDatabase(t *testing.T) {
	onEach(t, func(w *world) {
		if s, err := w.db.State(w.Context()); err != nil || s.Bytes == 0 || s.Lines != 0 || !s.Newest.IsZero() || !s.Backup.IsZero() {
			w.Errorf("empty: %+v (%v)", s, err)
		}
		w.say(system(1), "tim@example.org", named("Tim", "", ""))
		if w.verify().Size != 1 { // waits until the line has its place
			w.Fatal("no line")
		}
		backup := time.Date(2026, 2, 28, 3, 0, 0, 0, time.UTC)
		if err := sqlstore.NoteBackup(w.Context(), sqlstore.Config{Dir: w.dir, DSN: w.dsn}, backup); err != nil {
			w.Fatal(err)
		}
		s, err := w.db.State(w.Context())
		if err != nil || s.Lines != 1 || s.Staged != 0 || !s.Newest.Equal(w.clock.Now()) || !s.Backup.Equal(backup) {
			w.Errorf("%+v (%v)", s, err)
		}
		if want := map[bool]string{true: "SQLite", false: "PostgreSQL"}[w.dsn == ""]; s.Engine != want {
			w.Errorf("runs on %q, want %s", s.Engine, want)
		}
	})
}
