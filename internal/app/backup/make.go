package backup

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/ledger"
)

// Options say what is copied, and where to.
type Options struct {
	Dir        string          // data directory
	Records    sqlstore.Config // Dir and DSN
	Keys       KeyStore
	Files      []string // small files of the data directory that belong to it, such as the settings
	To         string   // directory of the two files; made when it is missing
	Tombstones string   // where a copy of the list of erasures goes; empty: nowhere
	Recipients []age.Recipient
	Clock      habeas.Clock
	Progress   func(done, total int64) // rows; may be nil
}

// KeyStore copies the keys as they lie: wrapped, so that it needs no password.
type KeyStore interface {
	// RingID identifies the key store.
	RingID(ctx context.Context) ([16]byte, error)
	// Backup writes all keys and returns how many.
	Backup(ctx context.Context, w io.Writer) (keys int, err error)
}

// Made is what a backup consists of.
type Made struct {
	Records    string    `json:"records"` // file
	Keys       string    `json:"keys"`    // file
	Tombstones string    `json:"tombstones,omitempty"`
	MadeAt     time.Time `json:"made_at"`
	Rows       int64     `json:"rows"`
	KeyCount   int       `json:"key_count"`
	Erased     int       `json:"erased"`
	Bytes      int64     `json:"bytes"`
	TreeSize   int64     `json:"tree_size"`
	Root       string    `json:"root"`
	Seconds    float64   `json:"seconds"`
	// Warnings are faults that do not keep a copy from being made.
	Warnings []string `json:"warnings"`
}

var (
	errRecipient = habeas.Invalid("recipient", "A backup is always encrypted. Name who can open it with --recipient age1… (make a pair with age-keygen and keep the secret half elsewhere).").WithCode("backup.no-recipient")
	errTo        = habeas.Forbidden("The directory of backups cannot be made by this user. Make it first for the user that backs up: sudo install -d -m 700 -o habeas -g habeas OUT").WithCode("backup.no-place")
	errTarget    = habeas.Invalid("to", "A backup beside the records is lost with them. Name a directory outside the data directory with --to.").WithCode("backup.inside")
)

// FileTombstones is the list of erasures in a data directory.
const FileTombstones = "tombstones"

// Make writes a backup while the server goes on. Both files get their names when both
// are complete and on the disk; after an error neither is there.
//
// The records are read first: a key is durable before the first row that it seals, so
// the keys, read later, hold one for each row. Who is erased in between is on the list
// of erasures, which a restore wants.
func Make(ctx context.Context, o Options) (made Made, err error) {
	if len(o.Recipients) == 0 {
		return made, errRecipient
	}
	if err := outside(o.Dir, o.To); err != nil {
		return made, err
	}
	if err := os.MkdirAll(o.To, 0o700); errors.Is(err, fs.ErrPermission) {
		return made, errTo.WithCause(err)
	} else if err != nil {
		return made, fmt.Errorf("make the directory of backups: %w", err)
	}
	began := o.Clock.Now()
	m := &maker{Options: o, made: Made{MadeAt: began.UTC().Truncate(time.Second), Warnings: []string{}}}
	var id [16]byte
	rand.Read(id[:])
	m.id = hex.EncodeToString(id[:])
	ring, err := o.Keys.RingID(ctx)
	if err != nil {
		return made, err
	}
	m.ring = hex.EncodeToString(ring[:])
	stamp := m.made.MadeAt.Format("20060102T150405Z")
	records, err := m.write(ctx, "habeas-records-"+stamp+".age", m.records)
	if err != nil {
		return made, err
	}
	defer records.discard()
	keys, err := m.write(ctx, "habeas-keys-"+stamp+".age", m.keys)
	if err != nil {
		return made, err
	}
	defer keys.discard()
	if m.made.Keys, err = keys.keep(); err != nil {
		return made, err
	}
	if m.made.Records, err = records.keep(); err != nil {
		return made, errors.Join(err, os.Remove(m.made.Keys))
	}
	if err := syncDir(o.To); err != nil {
		return made, err
	}
	if err := m.copyTombstones(); err != nil {
		return made, err
	}
	m.made.Bytes = records.size + keys.size
	m.made.Seconds = o.Clock.Now().Sub(began).Seconds()
	return m.made, sqlstore.NoteBackup(ctx, o.Records, m.made.MadeAt)
}

// outside refuses a place within the data directory.
func outside(dir, to string) error {
	inside, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	target, err := filepath.Abs(to)
	if err != nil {
		return err
	}
	if to == "" || target == inside || strings.HasPrefix(target, inside+string(filepath.Separator)) {
		return errTarget
	}
	return nil
}

// maker is the state of one call of Make.
type maker struct {
	Options
	id, ring string
	made     Made
}

// manifest is what both files say of themselves.
func (m *maker) manifest(kind Kind) (Manifest, error) {
	list, err := mergeTombstones([]string{filepath.Join(m.Dir, FileTombstones)})
	m.made.Erased = len(list)
	return Manifest{Format: formatVersion, Kind: kind, Backup: m.id, MadeAt: m.made.MadeAt, Ring: m.ring, Erased: len(list)}, err
}

// records writes the rows of one moment.
func (m *maker) records(ctx context.Context, w *frameWriter) error {
	published, err := readPublished(m.Dir) // before the rows, which then hold at least as much
	if err != nil {
		return err
	}
	s, err := sqlstore.OpenSnapshot(ctx, m.Records)
	if err != nil {
		return err
	}
	defer s.Close() // it has only read
	manifest, err := m.manifest(KindRecords)
	if err != nil {
		return err
	}
	manifest.Engine = s.Engine()
	if manifest.Schema, err = s.Schema(ctx); err != nil {
		return err
	}
	if manifest.Tables, err = s.Tables(ctx); err != nil {
		return err
	}
	if manifest.Ledger, err = m.tree(ctx, s, published); err != nil {
		return err
	}
	if err := w.json(frameManifest, manifest); err != nil {
		return err
	}
	for _, name := range m.Files {
		content, err := os.ReadFile(filepath.Join(m.Dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := w.json(frameFile, file{name, content}); err != nil {
			return err
		}
	}
	return m.tables(ctx, w, s, manifest.Tables)
}

// tables writes all rows.
func (m *maker) tables(ctx context.Context, w *frameWriter, s *sqlstore.Snapshot, tables []sqlstore.Table) error {
	var total int64
	for _, t := range tables {
		total += t.Rows
	}
	for _, t := range tables {
		if err := w.json(frameTable, t); err != nil {
			return err
		}
		err := s.Each(ctx, t, func(row []any) error {
			if m.made.Rows++; m.Progress != nil && m.made.Rows%1024 == 0 {
				m.Progress(m.made.Rows, total+1) // the keys follow
			}
			return w.values(row)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// keys writes the key store's own stream.
func (m *maker) keys(ctx context.Context, w *frameWriter) error {
	manifest, err := m.manifest(KindKeys)
	if err != nil {
		return err
	}
	if err := w.json(frameManifest, manifest); err != nil {
		return err
	}
	if m.made.KeyCount, err = m.Keys.Backup(ctx, w); err == nil && m.Progress != nil {
		m.Progress(m.made.Rows+1, m.made.Rows+1)
	}
	return err
}

// tree says how far the ledger has come, and whether the rows lead to what is signed.
func (m *maker) tree(ctx context.Context, s *sqlstore.Snapshot, t *Tree) (_ *Tree, err error) {
	if t.Size, err = s.Size(ctx); err != nil {
		return nil, err
	}
	root, err := rootAt(ctx, s, t.Size)
	if err != nil {
		return nil, err
	}
	t.Root = root.String()
	m.made.TreeSize, m.made.Root = t.Size, t.Root
	c, err := t.checkpoint()
	if err == nil && c != nil {
		if root, err = rootAt(ctx, s, min(c.Size, t.Size)); err == nil && (c.Size > t.Size || root != c.Root) {
			err = ledger.ErrInconsistent
		}
	}
	if err != nil {
		m.made.Warnings = append(m.made.Warnings, "The ledger does not lead to its signed checkpoint, and this backup will not restore. Run “habeas audit verify”.")
	}
	return t, nil
}

// draft is a file on its way to its name.
type draft struct {
	f    *os.File
	path string
	size int64
}

// write makes an encrypted file under a temporary name.
func (m *maker) write(ctx context.Context, name string, content func(context.Context, *frameWriter) error) (_ *draft, err error) {
	d := &draft{path: filepath.Join(m.To, name)}
	if _, err := os.Lstat(d.path); err == nil {
		return nil, habeas.Conflict("There is a backup of this second already.").WithCode("backup.exists")
	}
	if d.f, err = os.CreateTemp(m.To, "."+name+".*.partial"); err != nil { // mode 0600
		return nil, fmt.Errorf("write the backup: %w", err)
	}
	defer func() {
		if err != nil {
			d.discard()
		}
	}()
	sealed, err := age.Encrypt(d.f, m.Recipients...)
	if err != nil {
		return nil, habeas.Invalid("recipient", "These recipients cannot be used together.").WithCode("backup.recipients").WithCause(err)
	}
	w, err := newFrameWriter(sealed)
	if err != nil {
		return nil, err
	}
	if err := content(ctx, w); err != nil {
		return nil, err
	}
	if err := errors.Join(w.Close(), sealed.Close(), d.f.Sync()); err != nil {
		return nil, fmt.Errorf("write the backup: %w", err)
	}
	info, err := d.f.Stat()
	if err != nil {
		return nil, err
	}
	d.size = info.Size()
	return d, nil
}

// keep gives the file its name, which the caller makes durable.
func (d *draft) keep() (string, error) {
	if err := errors.Join(d.f.Close(), os.Rename(d.f.Name(), d.path)); err != nil {
		return "", err
	}
	return d.path, nil
}

// discard removes the temporary file, if it is still there.
func (d *draft) discard() {
	_ = d.f.Close()           // twice is harmless
	_ = os.Remove(d.f.Name()) // gone when it was kept
}

// copyTombstones puts a copy of the list of erasures beside the older copies.
func (m *maker) copyTombstones() error {
	if m.Tombstones == "" {
		return nil
	}
	content, err := os.ReadFile(filepath.Join(m.Dir, FileTombstones))
	if err != nil {
		return err
	}
	m.made.Tombstones = m.Tombstones
	return writeWhole(m.Tombstones, content, 0o600)
}

// writeWhole replaces a file in one step, so that a reader sees the old or the new one.
func writeWhole(path string, content []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.partial")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(filepath.Dir(path))
}
