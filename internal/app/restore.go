package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app/backup"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// RestoreOptions say what `habeas restore` puts back, and where.
type RestoreOptions struct {
	Dir        string
	Records    string
	Keys       string
	Identities []string // files
	Tombstones []string // files
	Checkpoint string   // file; may be empty
	RecordsDSN string
	KeysDSN    string
	Password   keyring.Password // the master password of that time; wiped
	Recovery   bool             // Password is the recovery code
	DropMail   bool             // give up mails that waited, instead of sending them perhaps twice
	Clock      habeas.Clock
	Log        *slog.Logger
	Progress   func(done, total int64)
}

// Restore puts a backup into a new directory, or into empty databases: all of it,
// verified and opened once, or nothing (ADR 0016).
func Restore(ctx context.Context, o RestoreOptions) (backup.Restored, error) {
	defer o.Password.Close()
	if err := ownDir(o.Dir); err != nil {
		return backup.Restored{}, err
	}
	identities, err := identitiesOf(o.Identities)
	if err != nil {
		return backup.Restored{}, err
	}
	checkpoint, err := readCheckpoint(o.Checkpoint)
	if err != nil {
		return backup.Restored{}, err
	}
	// What overrides the settings of the server to come is where it will look.
	if o.RecordsDSN == "" {
		o.RecordsDSN = os.Getenv(settingsPrefix + "STORE_RECORDS")
	}
	if o.KeysDSN == "" {
		o.KeysDSN = os.Getenv(settingsPrefix + "STORE_KEYS")
	}
	if o.Clock == nil {
		o.Clock = habeas.SystemClock{}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	options := keyring.Options{DSN: o.KeysDSN, Clock: o.Clock}
	return backup.Restore(ctx, backup.RestoreOptions{
		Dir: o.Dir, Records: o.Records, Keys: o.Keys, Identities: identities, Tombstones: o.Tombstones,
		Checkpoint: checkpoint, RecordsDSN: o.RecordsDSN, KeysDSN: o.KeysDSN, Clock: o.Clock, Progress: o.Progress,
		RestoreKeys: func(ctx context.Context, dir string, src io.Reader) error {
			return keyring.Restore(ctx, filepath.Join(dir, keysFile), src, options)
		},
		UndoKeys: func(ctx context.Context) error { return keyring.Undo(ctx, options) },
		EditFile: func(name string, content []byte) ([]byte, error) {
			if name == SettingsFile {
				content = withStores(content, o.RecordsDSN, o.KeysDSN)
			}
			return content, nil
		},
		Finish: func(ctx context.Context, dir string, r *backup.Restored) error { return o.finish(ctx, dir, options, r) },
	})
}

// finish opens what was put back: the password is the right one, the erasures since
// the backup are completed, and the first new leaf says what happened.
func (o RestoreOptions) finish(ctx context.Context, dir string, options keyring.Options, r *backup.Restored) (err error) {
	keys, err := openKeys(ctx, dir, o.Password.Clone(), o.Recovery, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, keys.Close()) }()
	db, err := sqlstore.Open(ctx, sqlstore.Config{Dir: dir, DSN: o.RecordsDSN, Keys: keys, Clock: o.Clock})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := o.eraseAgain(ctx, dir, db, r); err != nil {
		return err
	}
	if err := o.mail(ctx, db, r); err != nil {
		return err
	}
	// A registration may have been renewed since the backup: before its account is erased
	// everybody is told anew, and has time to say so (ADR 0047).
	if err := db.Ops().MarkRestored(ctx); err != nil {
		return err
	}
	if err := o.witness(ctx, db, r); err != nil {
		return err
	}
	if err := sqlstore.NoteBackup(ctx, sqlstore.Config{Dir: dir, DSN: o.RecordsDSN}, r.MadeAt); err != nil {
		return err
	}
	if r.Origin == "" { // nothing was ever published: the server's first start does it
		return nil
	}
	_, err = OpenLedger(ctx, dir, r.Origin, keys, db) // publishes
	return err
}

// eraseAgain deletes the rows of those who were erased after the backup was made. Their
// keys went when the key store read the list.
func (o RestoreOptions) eraseAgain(ctx context.Context, dir string, db *sqlstore.DB, r *backup.Restored) error {
	listed, err := backup.ReadErased(filepath.Join(dir, backup.FileTombstones))
	if err != nil {
		return err
	}
	held, err := backup.Held(ctx, sqlstore.Config{Dir: dir, DSN: o.RecordsDSN})
	if err != nil {
		return err
	}
	for _, id := range listed {
		if !held[id] {
			continue
		}
		found, err := eraseLeftovers(ctx, db, o.Clock, id)
		if err != nil {
			return err
		}
		if found {
			r.Again++
		}
	}
	return nil
}

// eraseLeftovers completes one erasure. What witnesses it is the house's and names nobody.
func eraseLeftovers(ctx context.Context, db *sqlstore.DB, clock habeas.Clock, id habeas.SubjectID) (found bool, err error) {
	now := clock.Now()
	e := audit.Entry{
		ID: habeas.NewID[habeas.EventKind](now), Event: audit.PartyErased, Actor: habeas.Server, At: now,
		Detail: map[string]string{"completed": "an erasure that is on the list"},
	}
	err = db.InTx(ctx, func(tx *sqlstore.Tx) error {
		found, err = tx.Records().EraseLeftovers(id, e)
		return err
	})
	return found, err
}

// mail says how many mails wait, or gives them up.
func (o RestoreOptions) mail(ctx context.Context, db *sqlstore.DB, r *backup.Restored) error {
	if o.DropMail {
		_, err := db.Ops().DropWaitingMail(ctx, o.Clock.Now())
		return err
	}
	states, err := db.Ops().Deliveries(ctx)
	r.Mails = states["waiting"]
	return err
}

// witness writes the leaf of the restore and gives the log its name from now on.
func (o RestoreOptions) witness(ctx context.Context, db *sqlstore.DB, r *backup.Restored) error {
	now := o.Clock.Now()
	detail := map[string]string{
		"made_at": r.MadeAt.UTC().Format(time.RFC3339), "size": strconv.FormatInt(r.Size, 10), "root": r.Root, "lost": "unknown",
	}
	if r.Lost >= 0 {
		detail["lost"] = strconv.FormatInt(r.Lost, 10)
	}
	name, err := db.LedgerName(ctx)
	if err != nil {
		return err
	}
	if r.Renamed {
		stamp := now.UTC().Format("20060102T150405Z")
		detail["former_origin"] = r.Origin
		name.Former = append(name.Former, r.Tree.VerifierKey)
		first := r.Origin
		if name.Secret != "" { // restored before: one stamp is enough
			first = r.Origin[:strings.LastIndex(r.Origin, "/")]
		}
		name.Origin, name.Secret = first+"/"+stamp, "ledger-signing-key/"+stamp
		r.Origin = name.Origin
	}
	e := audit.Entry{ID: habeas.NewID[habeas.EventKind](now), Event: audit.DataRestored, Actor: habeas.Server, At: now, Detail: detail}
	return db.InTx(ctx, func(tx *sqlstore.Tx) error {
		if name.Secret == "" {
			return tx.Audit(e)
		}
		return tx.SaveLedgerName(name, e)
	})
}

// openKeys opens the key store with the master password or the recovery code.
func openKeys(ctx context.Context, dir string, password keyring.Password, recovery bool, options keyring.Options) (*keyring.Ring, error) {
	path := filepath.Join(dir, keysFile)
	if recovery {
		return keyring.OpenWithRecovery(ctx, path, password, options)
	}
	return keyring.Open(ctx, path, password, options)
}

// withStores writes the databases of the new place into a settings file, instead of
// those of the old one. Everything else stays as it is.
func withStores(text []byte, records, keys string) []byte {
	var out []string
	table, skipping := "", false
	for line := range strings.Lines(string(text)) {
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "[") {
			table, skipping = trimmed, strings.HasPrefix(trimmed, "[store]")
		}
		if !skipping && (table != "" || !strings.HasPrefix(trimmed, "store.")) {
			out = append(out, line)
		}
	}
	made := strings.Join(out, "")
	if records == "" && keys == "" {
		return []byte(made)
	}
	if made != "" && !strings.HasSuffix(made, "\n") {
		made += "\n"
	}
	made += "\n[store]\n"
	if records != "" {
		made += "records = " + strconv.Quote(records) + "\n"
	}
	if keys != "" {
		made += "keys = " + strconv.Quote(keys) + "\n"
	}
	return []byte(made)
}
