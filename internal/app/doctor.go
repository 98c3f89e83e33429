package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app/backup"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// DoctorOptions say what `habeas doctor` examines.
type DoctorOptions struct {
	Dir      string
	Password func() (keyring.Password, error) // asked for only when no server runs; nil: look at what needs no keys
	Recovery bool                             // Password is the recovery code
	Sample   int                              // open every n-th sealed value; 0: all
	Fix      bool
	Clock    habeas.Clock
	Progress func(done, total int64)
}

// examining is what the command asks of a running server.
type examining struct {
	Sample int  `json:"sample"`
	Fix    bool `json:"fix"`
}

var errFixSealed = habeas.Invalid("fix", "Mending needs the keys: leave --sealed out, or start the server and run this beside it.").WithCode("doctor.sealed")

// Doctor examines a data directory. A running server does it itself, with its keys;
// without one the directory is opened here.
func Doctor(ctx context.Context, o DoctorOptions) (r backup.Report, err error) {
	if o.Clock == nil {
		o.Clock = habeas.SystemClock{}
	}
	defer func() {
		if err == nil {
			r = examineDownloads(o.Dir, examineDirectory(ctx, o.Dir, examineProviders(ctx, o.Dir, r)))
		}
	}()
	client, err := DialControl(o.Dir)
	switch {
	case err == nil:
		err := client.Call(ctx, http.MethodPost, "/doctor", examining{o.Sample, o.Fix}, &r)
		return r, errors.Join(err, client.Close())
	case !errors.Is(err, ErrNotRunning):
		return r, err
	}
	records, options, err := stores(o.Dir)
	if err != nil {
		return r, err
	}
	e := backup.Examination{
		Dir: o.Dir, Records: records, Clock: o.Clock, Sample: o.Sample, Fix: o.Fix, Space: space, Progress: o.Progress, BackupWithin: backupWithin(o.Dir), RootAway: rootAway(o.Dir),
	}
	if o.Password == nil {
		if o.Fix {
			return r, errFixSealed
		}
		return backup.Examine(ctx, e)
	}
	return o.unsealed(ctx, e, options)
}

// unsealed examines with the keys, holding the directory's lock.
func (o DoctorOptions) unsealed(ctx context.Context, e backup.Examination, options keyring.Options) (r backup.Report, err error) {
	if Empty(o.Dir) && options.DSN == "" {
		return r, ErrNoRecords
	}
	password, err := o.Password()
	if err != nil {
		return r, err
	}
	lock, err := LockDir(o.Dir)
	if err != nil {
		password.Close()
		return r, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	keys, err := openKeys(ctx, o.Dir, password, o.Recovery, options)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, keys.Close()) }()
	e.Keys = keys
	if o.Fix {
		db, err := sqlstore.Open(ctx, sqlstore.Config{Dir: o.Dir, DSN: e.Records.DSN, Keys: keys, Clock: o.Clock})
		if err != nil {
			return r, err
		}
		defer func() { err = errors.Join(err, db.Close()) }()
		e.EraseLeftovers = func(ctx context.Context, id habeas.SubjectID) error {
			_, err := eraseLeftovers(ctx, db, o.Clock, id)
			return err
		}
	}
	return backup.Examine(ctx, e)
}

// backupWithin is how old the last backup may be, as the settings of a directory say; 0 where they do not.
func backupWithin(dir string) time.Duration {
	s, err := ReadSettings(dir)
	if err != nil {
		return 0
	}
	return time.Duration(s.Backup.ExpectHours) * time.Hour
}

// rootAway reports whether the root of the authorities is on another machine, as the settings of
// a directory say.
func rootAway(dir string) bool {
	s, err := ReadSettings(dir)
	return err == nil && s.rootAway()
}

// space measures a disk for doctor.
func space(dir string) (free, total uint64, err error) {
	s, err := statfs(dir)
	return s.Free, s.Total, err
}

// examine answers `habeas doctor` beside the running server.
func (s *Server) examine(w http.ResponseWriter, r *http.Request) error {
	var asked examining
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<10)).Decode(&asked); err != nil {
		return habeas.Invalid("body", "This is not what doctor asks.").WithCause(err)
	}
	report, err := s.Examine(r.Context(), asked.Sample, asked.Fix)
	if err != nil {
		return err
	}
	return edge.WriteJSON(w, http.StatusOK, report)
}

// Examine examines the running server.
func (s *Server) Examine(ctx context.Context, sample int, fix bool) (backup.Report, error) {
	if err := s.Ledger.Publish(ctx); err != nil { // what was acknowledged is covered
		return backup.Report{}, err
	}
	return backup.Examine(ctx, backup.Examination{
		Dir: s.Dir, Records: sqlstore.Config{Dir: s.Dir, DSN: s.RecordsDSN}, Keys: s.Keys, Clock: s.Clock, Sample: sample, Fix: fix, Space: space, BackupWithin: s.backupWithin(),
		RootAway:   s.Certificates.Authorities.Elsewhere,
		Searchable: func() (int, bool) { return s.Finder.Len(), s.Ready() },
		EraseLeftovers: func(ctx context.Context, id habeas.SubjectID) error {
			s.Finder.Forget(habeas.PartyID(id))
			s.Rolls.roll.Forget(habeas.PartyID(id))
			_, err := eraseLeftovers(ctx, s.DB, s.Clock, id)
			return err
		},
	})
}

// sealedKeys copies the key store of a directory without opening it.
func sealedKeys(dir string, options keyring.Options) backup.KeyStore {
	return keyring.SealedAt(filepath.Join(dir, keysFile), options)
}
