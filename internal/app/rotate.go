package app

import (
	"context"
	"errors"
	"log/slog"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// RotateOptions say how the master password is changed.
type RotateOptions struct {
	Dir      string
	Password keyring.Password // the one that holds now, or the recovery code; closed
	Recovery bool             // Password is the recovery code
	New      keyring.Password // the one that holds from now on; closed
	NewKit   bool             // make a new recovery kit too; the old one opens nothing any more
	Log      *slog.Logger
}

// Rotate changes the master password: the root key is wrapped anew, no key of a person
// and no record is touched (PROT-03). It returns the new recovery kit, if one was
// asked for; the caller closes it. The server must not run.
func Rotate(ctx context.Context, o RotateOptions) (kit keyring.RecoveryKit, err error) {
	defer o.New.Close()
	keys, err := Unseal(ctx, o.Dir, o.Password, o.Recovery)
	if err != nil {
		return kit, err
	}
	settings, err := ReadSettings(o.Dir)
	if err != nil {
		return kit, errors.Join(err, keys.Close())
	}
	records, err := settings.recordsDSN()
	if err != nil {
		return kit, errors.Join(err, keys.Close())
	}
	s, err := Open(ctx, Config{Dir: o.Dir, Keys: keys, RecordsDSN: records, Clock: habeas.SystemClock{}, Log: o.Log})
	if err != nil {
		return kit, errors.Join(err, keys.Close())
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	// Witnessed first: what cannot be witnessed does not happen (AUD-11).
	now := s.Clock.Now()
	err = s.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		return tx.Audit(audit.Entry{ID: habeas.NewID[habeas.EventKind](now), Event: audit.KeysRotated, Actor: habeas.Server, At: now})
	})
	if err != nil {
		return kit, err
	}
	if err := keys.Rotate(ctx, o.New); err != nil {
		return kit, err
	}
	if !o.NewKit {
		return kit, nil
	}
	return keys.NewRecoveryKit(ctx)
}
