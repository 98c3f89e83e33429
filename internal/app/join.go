package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app/backup"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

var (
	errJoinDatabases = habeas.Invalid("dsn", "A further node works on the databases of the first: give both --dsn and --keys-dsn, or put a copy of its habeas.toml into the directory. On SQLite there is one node.").WithCode("join.databases")
	errJoinNothing   = habeas.NotFound("There is nothing to join in these databases yet. Run “habeas init” without --join for the first node.").WithCode("join.nothing")
	errJoinFull      = habeas.Conflict("The directory is not empty. A further node begins with an empty one, or with nothing but a copy of habeas.toml. Nothing was changed.").WithCode("join.not-empty")
)

// Joinable returns nil when a directory can become that of a further node, else why it
// cannot: it is not there yet, empty, or holds nothing but settings.
func Joinable(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if e.Name() != SettingsFile {
			return errJoinFull
		}
	}
	return nil
}

// Join makes the data directory of a further node on two databases that are in use: its
// settings, unless they are there, and its list of erasures, filled from the database.
// No key and no administrator comes to be. The master password is the one of the other
// nodes. When it fails, what it made is taken away again. It returns the directory.
func Join(ctx context.Context, o InitOptions) (dir string, err error) {
	defer o.Password.Close()
	if err := Joinable(o.Dir); err != nil {
		return "", err
	}
	if o.PublicURL != "" {
		if _, err := edge.ParseOrigin(o.PublicURL); err != nil {
			return "", errPublicURL.WithCause(err)
		}
	}
	if (o.RecordsDSN == "") != (o.KeysDSN == "") {
		return "", ErrTwoDatabases
	}
	_, err = os.Stat(o.Dir)
	made := errors.Is(err, fs.ErrNotExist)
	if err := ownDir(o.Dir); err != nil {
		return "", err
	}
	if err := makeDir(o.Dir); err != nil {
		return "", err
	}
	wrote, err := writeSettings(o)
	defer func() {
		if err != nil {
			err = errors.Join(err, leave(o.Dir, wrote, made))
		}
	}()
	if err == nil {
		err = join(ctx, o)
	}
	if err != nil {
		return "", err
	}
	return filepath.Abs(o.Dir)
}

// join makes the list of erasures, and opens keys and records once.
func join(ctx context.Context, o InitOptions) error {
	settings, err := ReadSettings(o.Dir)
	if err != nil {
		return err
	}
	records, err := settings.recordsDSN()
	if err != nil {
		return err
	}
	options := keyring.Options{KDF: o.KDF}
	if options.DSN, err = settings.keysDSN(); err != nil {
		return err
	}
	if records == "" || options.DSN == "" {
		return errJoinDatabases
	}
	path := KeysPath(o.Dir)
	if err := keyring.Join(ctx, path, options); err != nil {
		if errors.Is(err, keyring.ErrMissing) {
			return errJoinNothing
		}
		return err
	}
	keys, err := keyring.Open(ctx, path, o.Password, options)
	if err != nil {
		return err
	}
	defer keys.Close() // it has only read
	s, err := sqlstore.OpenSnapshot(ctx, sqlstore.Config{Dir: o.Dir, DSN: records})
	if err != nil {
		if known := (*habeas.Error)(nil); errors.As(err, &known) && known.Code == "store.schema" { // no tables
			return errJoinNothing.WithCause(err)
		}
		return err
	}
	return s.Close()
}

// leave takes away what a Join that failed has made.
func leave(dir string, settings, directory bool) error {
	names := []string{backup.FileTombstones}
	if settings {
		names = append(names, SettingsFile)
	}
	var errs []error
	for _, name := range names {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	if directory {
		errs = append(errs, os.Remove(dir))
	}
	return errors.Join(errs...)
}
