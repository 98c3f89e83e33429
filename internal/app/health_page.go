package app

import (
	"context"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/release"
	"github.com/habeas-data/habeas/internal/web/admin"
)

// HealthPage gathers what administrators see of the server's health. It implements
// web/admin.Health.
type HealthPage struct {
	Server  *Server
	Started time.Time
}

// State implements web/admin.Health.
func (h *HealthPage) State(ctx context.Context, a habeas.Actor) (admin.State, error) {
	s := h.Server
	if !a.Has(habeas.RoleAdministrator) {
		return admin.State{}, habeas.Forbidden("Only administrators see how the server is doing.").WithCode("role.missing")
	}
	st := admin.State{
		Version: Version(), Started: h.Started, Now: s.Clock.Now(), Searchable: s.Ready(), MailServer: s.Sender != nil,
	}
	var err error
	if st.Records, _, _, err = s.DB.Records().Count(ctx); err != nil {
		return st, err
	}
	db, err := s.DB.State(ctx)
	if err != nil {
		return st, err
	}
	st.Engine, st.Bytes, st.Backup = db.Engine, db.Bytes, db.Backup
	st.BackupWithin = s.backupWithin()
	if st.Overdue, err = s.Terms.Overdue(ctx); err != nil {
		return st, err
	}
	st.Lines, st.Staged, st.Newest = db.Lines, db.Staged, db.Newest
	st.Sealed, st.SealedAt = s.Ledger.sealed()
	space := s.Disk.Space()
	st.Free, st.Total, st.Disk = space.Free, space.Total, map[Level]admin.DiskLevel{Warned: admin.DiskLow, Failed: admin.DiskFull}[s.Disk.Level()]
	st.LinesLost, st.LinesFail = s.Sessions.state()
	if end := s.operation.certEnd; end != nil {
		st.Certificate = end()
	}
	if st.Authorities, err = s.Certificates.Authorities.Needs(ctx); err != nil {
		return st, err
	}
	if st.Directory, _, err = s.Directory.health(ctx); err != nil {
		return st, err
	}
	mails, err := s.DB.Ops().Deliveries(ctx)
	if err != nil {
		return st, err
	}
	st.Waiting, st.GivenUp = mails[string(jobs.Waiting)], mails[string(jobs.Failed)]
	if st.NoticesLate, err = s.DB.Releases().NoticesLate(ctx, st.Now); err != nil {
		return st, err
	}
	keys, err := s.Keys.Stats(ctx)
	if err != nil {
		return st, err
	}
	st.Keys, st.Erased, st.Erasing = keys.Keys, keys.Erased, keys.Pending
	return st, nil
}

// sealed returns how many lines the newest checkpoint of this node covers, and when it
// was written.
func (l *Ledger) sealed() (size int64, at time.Time) {
	l.mu.Lock()
	size = l.last.Size
	l.mu.Unlock()
	if info, err := os.Stat(filepath.Join(l.dir, "checkpoint")); err == nil {
		at = info.ModTime()
	}
	return size, at
}

// Version names what the binary was built from: its version and, where it is no release, the revision.
func Version() string {
	version := release.Version()
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				version += " " + s.Value
			}
		}
	}
	return version
}
