package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app/config"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
)

// keysFile is the key store in the data directory.
const keysFile = "keys.db"

// KeysPath is the file of the key store in a data directory.
func KeysPath(dir string) string { return filepath.Join(dir, keysFile) }

// InitOptions say what `habeas init` makes.
type InitOptions struct {
	Dir          string
	Password     keyring.Password // closed
	Organisation string           // empty: as the settings say
	PublicURL    string           // empty: as the settings say, else for this machine only
	Addr         string
	RecordsDSN   string      // PostgreSQL database of the records, written into the settings
	KeysDSN      string      // and of the keys; both empty: as the settings say, else SQLite
	KDF          keyring.KDF // zero: the default cost
}

// Initialised is what is shown once after init.
type Initialised struct {
	Dir               string
	Kit               keyring.RecoveryKit // sealed; the caller closes it
	AdministratorLink string
}

// ErrRecords says that a directory was made before.
var ErrRecords = habeas.Conflict("This directory holds records already. Nothing was changed. Serve them with \"habeas serve\", or name another with --dir.").WithCode("dir.exists")

// Init makes a data directory: key store, records, ledger, settings. It overwrites
// nothing; when it fails, what it made is taken away again.
func Init(ctx context.Context, o InitOptions) (made Initialised, err error) {
	defer o.Password.Close()
	if _, err := originOf(o.PublicURL, o.Addr); err != nil {
		return made, err
	}
	if (o.RecordsDSN == "") != (o.KeysDSN == "") {
		return made, ErrTwoDatabases
	}
	if err := ownDir(o.Dir); err != nil {
		return made, err
	}
	if err := makeDir(o.Dir); err != nil {
		return made, err
	}
	// Written first, so that it says where the databases are; with no keys it opens nothing.
	wrote, err := writeSettings(o)
	if err != nil {
		return made, err
	}
	defer func() {
		if err != nil && wrote {
			err = errors.Join(err, os.Remove(filepath.Join(o.Dir, SettingsFile)))
		}
	}()
	settings, err := ReadSettings(o.Dir)
	if err != nil {
		return made, err
	}
	origin, err := originOf(settings.PublicURL, o.Addr)
	if err != nil {
		return made, err
	}
	records, err := settings.recordsDSN()
	if err != nil {
		return made, err
	}
	dsn, err := settings.keysDSN()
	if err != nil {
		return made, err
	}
	keys, kit, err := keyring.Create(ctx, filepath.Join(o.Dir, keysFile), o.Password, keyring.Options{KDF: o.KDF, DSN: dsn})
	if err != nil {
		if errors.Is(err, keyring.ErrExists) {
			return made, ErrRecords
		}
		return made, err
	}
	defer func() {
		if err != nil {
			kit.Close()
		}
	}()
	s, err := Open(ctx, Config{Dir: o.Dir, Keys: keys, RecordsDSN: records, Clock: habeas.SystemClock{}, Organisation: settings.Organisation, Origin: origin})
	if err != nil {
		return made, errors.Join(err, keys.Close())
	}
	path, err := s.Accounts.FirstAdministratorLink(ctx)
	if err := errors.Join(err, s.Close()); err != nil {
		return made, err
	}
	dir, err := filepath.Abs(o.Dir)
	return Initialised{Dir: dir, Kit: kit, AdministratorLink: origin.URL(path)}, err
}

// ErrTwoDatabases says that one of the two databases was named alone.
var ErrTwoDatabases = habeas.Invalid("keys-dsn", "On PostgreSQL records and keys have a database each: give both --dsn and --keys-dsn.").WithCode("store.two")

var errPublicURL = habeas.Invalid("public_url", "People reach a server at an address like https://records.example.org, without a path: mend --public-url or --addr.").WithCode("public_url.invalid")

// originOf is where people reach a server with this public_url, or without one at addr.
func originOf(publicURL, addr string) (edge.Origin, error) {
	if publicURL == "" {
		publicURL = "http://" + addr
	}
	origin, err := edge.ParseOrigin(publicURL)
	if err != nil {
		return origin, errPublicURL.WithCause(err)
	}
	return origin, nil
}

// makeDir makes the data directory, which only its owner may enter.
func makeDir(dir string) error {
	err := os.MkdirAll(dir, 0o700)
	if errors.Is(err, os.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return errDirReadOnly.WithCause(err)
	}
	if err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	return nil
}

var errSettingsDiffer = habeas.Conflict("There is a habeas.toml already, which stays as it is, and it does not say what the command line says about {key}. Write it there and leave the flag away. Nothing was made.").WithCode("settings.differ")

// agree refuses flags of which the settings that are there say nothing, or another thing:
// the server would never hear of them.
func agree(o InitOptions) error {
	var s Settings
	if _, err := config.Load(&s, config.Options{File: filepath.Join(o.Dir, SettingsFile), Prefix: settingsPrefix}); err != nil {
		return asSettingsError(err)
	}
	for _, v := range []struct{ key, flag, file string }{
		{"organisation", o.Organisation, s.Organisation},
		{"public_url", o.PublicURL, s.PublicURL},
		{"store.records", o.RecordsDSN, s.Store.Records},
		{"store.keys", o.KeysDSN, s.Store.Keys},
	} {
		if v.flag != "" && v.flag != v.file {
			return errSettingsDiffer.With("key", v.key)
		}
	}
	return nil
}

// writeSettings leaves a first habeas.toml, unless there is one.
func writeSettings(o InitOptions) (wrote bool, err error) {
	path := filepath.Join(o.Dir, SettingsFile)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return false, agree(o)
	}
	if err != nil {
		return false, err
	}
	text := "# Settings of this Habeas server. See docs/settings.md.\n"
	if o.Organisation != "" {
		text += "organisation = " + strconv.Quote(o.Organisation) + "\n"
	}
	if o.PublicURL != "" {
		text += "public_url = " + strconv.Quote(o.PublicURL) + "\n"
	}
	if o.RecordsDSN != "" {
		// Dotted, so that a line that is added below still belongs to the whole.
		text += "store.records = " + strconv.Quote(o.RecordsDSN) + "\nstore.keys = " + strconv.Quote(o.KeysDSN) + "\n"
	}
	if _, err := f.WriteString(text); err != nil {
		return true, errors.Join(err, f.Close())
	}
	return true, f.Close()
}

// Vacant returns nil when a directory can be initialised, else why it cannot.
func Vacant(dir string) error {
	options, err := keysOf(dir)
	if err != nil {
		return err
	}
	there, err := keyring.Exists(context.Background(), filepath.Join(dir, keysFile), options)
	if err == nil && there {
		return ErrRecords
	}
	return err
}

// Empty reports whether a directory holds no records yet.
func Empty(dir string) bool {
	return Vacant(dir) == nil // what cannot be looked at is not empty: opening it says why
}

// ImportInto opens a data directory, making it first when it is empty, imports a
// file and closes it. made is set when it was empty.
func ImportInto(ctx context.Context, dir string, password keyring.Password, log *slog.Logger, o ImportOptions) (r ImportReport, made Initialised, err error) {
	if Empty(dir) {
		if made, err = Init(ctx, InitOptions{Dir: dir, Password: password.Clone(), Addr: "localhost:8080"}); err != nil {
			password.Close()
			return r, made, err
		}
	}
	s, err := openAlone(ctx, dir, password, log)
	if err != nil {
		return r, made, err
	}
	r, err = s.Import(ctx, o)
	return r, made, errors.Join(err, s.Close())
}

// openAlone opens a data directory for a command that ends; nobody searches people.
func openAlone(ctx context.Context, dir string, password keyring.Password, log *slog.Logger) (*Server, error) {
	settings, err := ReadSettings(dir)
	if err != nil {
		password.Close()
		return nil, err
	}
	records, err := settings.recordsDSN()
	if err != nil {
		password.Close()
		return nil, err
	}
	keys, err := Unseal(ctx, dir, password, false)
	if err != nil {
		return nil, err
	}
	s, err := Open(ctx, Config{
		Dir: dir, Keys: keys, RecordsDSN: records, Clock: habeas.SystemClock{}, Organisation: settings.Organisation,
		Schemas: settings.sets(), Disk: settings.Disk, Log: log, Unsearched: true,
	})
	if err != nil {
		return nil, errors.Join(err, keys.Close())
	}
	return s, nil
}

// ExportFrom opens a data directory, makes the copy of one record as a ZIP archive, and
// closes it.
func ExportFrom(ctx context.Context, dir string, password keyring.Password, log *slog.Logger, id habeas.PartyID) ([]byte, error) {
	s, err := openAlone(ctx, dir, password, log)
	if err != nil {
		return nil, err
	}
	c, err := s.CopyOf(ctx, id)
	return c.ZIP, errors.Join(err, s.Close())
}
