package app

import (
	"context"
	"errors"
	"log/slog"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// RotateOptions say how the master password is changed.
type RotateOptions struct {
	Dir      string
	Password []byte // the one that holds now, or the recovery code; wiped
	Recovery bool   // Password is the recovery code
	New      []byte // the one that holds from now on; wiped
	NewKit   bool   // make a new recovery kit too; the old one opens nothing any more
	Log      *slog.Logger
}

// Rotate changes the master password: the root key is wrapped anew, no key of a person
// and no record is touched (PROT-03). It returns the code of the new recovery kit, if
// one was asked for. The server must not run.
func Rotate(ctx context.Context, o RotateOptions) (kit string, err error) {
	defer clear(o.New)
	keys, err := Unseal(ctx, o.Dir, o.Password, o.Recovery)
	if err != nil {
		return "", err
	}
	settings, err := ReadSettings(o.Dir)
	if err != nil {
		return "", errors.Join(err, keys.Close())
	}
	records, err := settings.recordsDSN()
	if err != nil {
		return "", errors.Join(err, keys.Close())
	}
	s, err := Open(ctx, Config{Dir: o.Dir, Keys: keys, RecordsDSN: records, Clock: habeas.SystemClock{}, Log: o.Log})
	if err != nil {
		return "", errors.Join(err, keys.Close())
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	// Witnessed first: what cannot be witnessed does not happen (AUD-11).
	now := s.Clock.Now()
	err = s.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		return tx.Audit(audit.Entry{ID: habeas.NewID[habeas.EventKind](now), Event: audit.KeysRotated, Actor: habeas.Server, At: now})
	})
	if err != nil {
		return "", err
	}
	if err := keys.Rotate(ctx, o.New); err != nil {
		return "", err
	}
	if !o.NewKit {
		return "", nil
	}
	made, err := keys.NewRecoveryKit(ctx)
	return made.Code(), err
}
