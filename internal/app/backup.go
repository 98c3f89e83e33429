package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"filippo.io/age"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app/backup"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// BackupOptions say what `habeas backup` writes.
type BackupOptions struct {
	Dir           string
	To            string   // directory
	Recipients    []string // age1…
	RecipientFile string   // one recipient a line; may be empty
	Tombstones    string   // where a copy of the list of erasures goes; may be empty
	Clock         habeas.Clock
	Progress      func(done, total int64)
}

// Backup copies records and keys while the server goes on, or without one. It needs
// neither the master password nor the directory's lock: it only reads, in one
// transaction on each store, and notes the time.
func Backup(ctx context.Context, o BackupOptions) (backup.Made, error) {
	recipients, err := recipientsOf(o.Recipients, o.RecipientFile)
	if err != nil {
		return backup.Made{}, err
	}
	records, keys, err := stores(o.Dir)
	if err != nil {
		return backup.Made{}, err
	}
	if o.Clock == nil {
		o.Clock = habeas.SystemClock{}
	}
	return backup.Make(ctx, backup.Options{
		Dir: o.Dir, Records: records, Keys: sealedKeys(o.Dir, keys), Files: []string{SettingsFile}, To: o.To,
		Tombstones: o.Tombstones, Recipients: recipients, Clock: o.Clock, Progress: o.Progress,
	})
}

// stores says where the two stores of a data directory are.
func stores(dir string) (sqlstore.Config, keyring.Options, error) {
	settings, err := ReadSettings(dir)
	if err != nil {
		return sqlstore.Config{}, keyring.Options{}, err
	}
	records, err := settings.recordsDSN()
	if err != nil {
		return sqlstore.Config{}, keyring.Options{}, err
	}
	keys, err := settings.keysDSN()
	return sqlstore.Config{Dir: dir, DSN: records}, keyring.Options{DSN: keys}, err
}

var errRecipient = habeas.Invalid("recipient", "This is no age recipient. It looks like age1…; age-keygen prints it.").WithCode("backup.recipient")

// recipientsOf reads who can open a backup.
func recipientsOf(given []string, file string) ([]age.Recipient, error) {
	text := strings.Join(given, "\n")
	if file != "" {
		lines, err := os.ReadFile(file)
		if err != nil {
			return nil, habeas.Invalid("recipients-file", "The file of recipients cannot be read. See whether it is there and whether this user may read it.").WithCode("backup.recipient").WithCause(err)
		}
		text += "\n" + string(lines)
	}
	if strings.TrimSpace(text) == "" {
		return nil, nil // Make says what is missing
	}
	all, err := age.ParseRecipients(strings.NewReader(text))
	if err != nil {
		return nil, errRecipient // the cause repeats what was typed, perhaps a secret key
	}
	return all, nil
}

// identitiesOf reads the secret halves that open a backup.
func identitiesOf(files []string) ([]age.Identity, error) {
	var all []age.Identity
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, habeas.Invalid("identity", "The identity file cannot be read. See whether it is there and whether this user may read it.").WithCode("restore.identity").WithCause(err)
		}
		found, err := age.ParseIdentities(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, habeas.Invalid("identity", "This is no age identity file. It holds a line AGE-SECRET-KEY-1…").WithCode("restore.identity")
		}
		all = append(all, found...)
	}
	if len(all) == 0 {
		return nil, habeas.Invalid("identity", "Name the age identity file that opens the backup with --identity.").WithCode("restore.identity")
	}
	return all, nil
}

// readCheckpoint reads the newest checkpoint that an operator knows.
func readCheckpoint(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, habeas.Invalid("checkpoint", "The checkpoint file is not there.").WithCode("restore.checkpoint")
	}
	return text, err
}

// Held refuses a directory that holds no records, before anybody is asked for anything.
func Held(dir string) error {
	records, _, err := stores(dir)
	if err != nil {
		return err
	}
	if records.DSN == "" && Empty(dir) {
		return ErrNoRecords
	}
	return nil
}
