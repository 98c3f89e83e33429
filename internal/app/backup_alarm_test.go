package app_test

import (
	"slices"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/mail"
)

// A backup that is overdue shows on the health of the server and in doctor, and the administrators
// are told once until one is made.
// Proves PROT-05.
func TestABackupThatIsMissedRaisesAnAlarm(t *testing.T) {
	w, v := newWorldAt(t, onSQLite.place(t)), newVault(t)
	w.BackupWithin = 26 * time.Hour
	w.guard(w.join("ada@example.org"))
	w.employ("ada@example.org", habeas.RoleAdministrator)
	alarmed := func() (shown, found bool, mails int) {
		h := w.Health(w.ctx())
		shown = slices.ContainsFunc(h.Checks, func(c app.Check) bool { return c.Name == "backup" && c.Level == app.Warned })
		for _, f := range must(w.Examine(w.ctx(), 0, false))(w).Findings {
			found = found || f.Code == "backup.old"
		}
		w.mails()
		w.ok(w.AlarmBackup(w.ctx()))
		return shown, found, w.kinds()[mail.KindBackupLate]
	}
	for i, step := range []struct {
		later  time.Duration
		backup bool
		shown  bool
		mails  int
	}{
		{0, true, false, 0},
		{26*time.Hour - 2*time.Second, false, false, 0},
		{time.Minute, false, true, 1},
		{48 * time.Hour, false, true, 0},
		{0, true, false, 0},
		{27 * time.Hour, false, true, 1},
	} {
		w.later(step.later)
		if step.backup {
			w.backup(v)
		}
		if shown, found, mails := alarmed(); shown != step.shown || found != step.shown || mails != step.mails {
			t.Errorf("step %d: health %v, doctor %v, %d mails; want %v and %d", i, shown, found, mails, step.shown, step.mails)
		}
	}
}
