package app

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/habeas-data/habeas/internal/app/backup"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// backupWithin is how old the last backup may be.
func (s *Server) backupWithin() time.Duration { return cmp.Or(s.BackupWithin, backup.Expected) }

// backupMissed says for how long no backup was made, when that is too long (PROT-05). A server that
// never made one has that time from its start; a demo has nothing that anybody would miss.
func (s *Server) backupMissed(ctx context.Context) (last time.Time, missed bool, err error) {
	if last, err = s.DB.LastBackup(ctx); err != nil {
		return last, false, err
	}
	if _, err := os.Stat(filepath.Join(s.Dir, backup.FileDemo)); err == nil {
		return last, false, nil
	}
	since := last
	if since.IsZero() {
		since = s.started
	}
	return last, s.Clock.Now().Sub(since) > s.backupWithin(), nil
}

// backupCheck is what the health of the server says of backups.
func (s *Server) backupCheck(ctx context.Context) Check {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	last, missed, err := s.backupMissed(ctx)
	switch {
	case err != nil:
		return Check{Name: "backup", Level: Warned, Text: "When the last backup was made cannot be read."}
	case missed && last.IsZero():
		return Check{Name: "backup", Level: Warned, Text: "No backup was made yet."}
	case missed:
		return Check{Name: "backup", Level: Warned, Text: "The last backup was made on " + last.UTC().Format(time.DateOnly) + "."}
	}
	return Check{Name: "backup", Level: Good}
}

// AlarmBackup mails the administrators when a backup is overdue: once, until one is made.
func (s *Server) AlarmBackup(ctx context.Context) error {
	last, missed, err := s.backupMissed(ctx)
	if err != nil || !missed {
		return err
	}
	return s.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		first, err := tx.Ops().MarkBackupMissed(ctx, last)
		if err != nil || !first {
			return err
		}
		s.Log.Warn("a backup is overdue", "hours", int(s.backupWithin()/time.Hour))
		return s.Accounts.tellRolesLetter(tx, Letter{Kind: mail.KindBackupLate, Link: "/admin/health", Count: int(s.backupWithin() / time.Hour)})
	})
}
