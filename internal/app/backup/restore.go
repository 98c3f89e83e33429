package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/ledger"
)

// RestoreOptions say what is put back, and where.
type RestoreOptions struct {
	Dir        string // new data directory: not there yet, or empty
	Records    string // file
	Keys       string // file
	Identities []age.Identity
	Tombstones []string // lists of erasures; they are merged
	Checkpoint []byte   // newest published checkpoint that the operator knows; may be nil
	RecordsDSN string   // PostgreSQL database of the records; empty: SQLite in Dir
	KeysDSN    string   // PostgreSQL database of the keys; empty: a file in Dir
	Clock      habeas.Clock
	Progress   func(done, total int64) // rows and leaves; may be nil

	// RestoreKeys makes the key store of its stream in a directory.
	RestoreKeys func(ctx context.Context, dir string, src io.Reader) error
	// UndoKeys takes away what RestoreKeys made in a database.
	UndoKeys func(ctx context.Context) error
	// EditFile changes a file of the data directory for the new place; may be nil.
	EditFile func(name string, content []byte) ([]byte, error)
	// Finish opens what was put back, completes the erasures and writes the first
	// leaf. Nothing has its final name yet, and its error undoes everything.
	Finish func(ctx context.Context, dir string, r *Restored) error
}

// Restored is what was put back.
type Restored struct {
	Dir     string    `json:"dir"`
	MadeAt  time.Time `json:"made_at"` // of the backup
	Rows    int64     `json:"rows"`
	Erased  int       `json:"erased"`  // names on the merged list
	Again   int       `json:"again"`   // of them in the backup: erased again now
	Mails   int       `json:"mails"`   // still waiting: they are sent, perhaps a second time
	Tree    Tree      `json:"-"`       // as the backup has it
	Size    int64     `json:"size"`    // of the tree in the backup
	Root    string    `json:"root"`    // of the same
	Origin  string    `json:"origin"`  // name of the log from now on
	Renamed bool      `json:"renamed"` // the log goes on under a new name
	Lost    int64     `json:"lost"`    // entries that a newer checkpoint proves lost; -1: not known
	Seconds float64   `json:"seconds"`
}

var (
	errPlace      = habeas.Conflict("The directory is not empty. Nothing was changed. Restore into a new one with --dir.").WithCode("restore.not-empty")
	errPartial    = habeas.Conflict("DIR.partial or DIR/restore.partial is there: another restore works in it, or one was cut off. Remove it when none is running.").WithCode("restore.partial")
	errNoPlace    = habeas.Forbidden("The directory cannot be made by this user. Make it first for the user that the server runs as: sudo install -d -m 700 -o habeas -g habeas DIR").WithCode("restore.no-place")
	errIdentity   = habeas.Invalid("identity", "None of these identities opens the file. Name the key file whose public half the backup was made for with --identity.").WithCode("restore.identity")
	errRing       = habeas.Conflict("These keys belong to other records. Take the keys file that was made with the records file, or a later one of the same server.").WithCode("restore.other-keys")
	errOldKeys    = habeas.Conflict("The keys file is older than the records file: some records could not be opened. Take the one of the same backup, or a later one.").WithCode("restore.old-keys")
	errLedger     = habeas.Conflict("The ledger in this backup does not lead to its signed checkpoint: rows were changed before or after the backup. Take an earlier backup.").WithCode("restore.ledger")
	errCheckpoint = habeas.Invalid("checkpoint", "This is no checkpoint that the ledger of this backup has signed.").WithCode("restore.checkpoint")
	errFork       = habeas.Conflict("The checkpoint signs another history than this backup holds. They cannot both be of this server.").WithCode("restore.fork")
)

// Restore puts a backup back: all of it, verified, or nothing. It works in DIR.partial
// and gives the directory its name at the end. A directory that is there keeps its owner
// and its mode, and may be the root of a file system: then the work is done inside it.
func Restore(ctx context.Context, o RestoreOptions) (r Restored, err error) {
	began := o.Clock.Now()
	if err := vacant(o.Dir); err != nil {
		return r, err
	}
	list, err := mergeTombstones(o.Tombstones)
	if err != nil {
		return r, err
	}
	records, err := openFile(o.Records, KindRecords, o.Identities)
	if err != nil {
		return r, err
	}
	defer records.Close()
	keys, err := openFile(o.Keys, KindKeys, o.Identities)
	if err != nil {
		return r, err
	}
	defer keys.Close()
	if err := fits(records.manifest, keys.manifest, list); err != nil {
		return r, err
	}
	w := &restorer{RestoreOptions: o, draft: draftOf(o.Dir), list: list}
	w.made = Restored{Dir: o.Dir, MadeAt: records.manifest.MadeAt, Erased: len(list), Tree: *records.manifest.Ledger}
	w.made.Size, w.made.Root = w.made.Tree.Size, w.made.Tree.Root
	if err := os.Mkdir(w.draft, 0o700); errors.Is(err, fs.ErrExist) {
		return r, errPartial
	} else if errors.Is(err, fs.ErrPermission) {
		return r, errNoPlace.WithCause(err)
	} else if err != nil {
		return r, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.undo(context.WithoutCancel(ctx)))
		}
	}()
	if err := w.fill(ctx, records, keys); err != nil {
		return r, err
	}
	if err := w.verify(ctx); err != nil {
		return r, err
	}
	if err := o.Finish(ctx, w.draft, &w.made); err != nil {
		return r, err
	}
	if err := w.keep(); err != nil {
		return r, err
	}
	w.made.Seconds = o.Clock.Now().Sub(began).Seconds()
	return w.made, nil
}

// vacant refuses a directory that holds something.
func vacant(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if len(entries) == 1 && entries[0].Name() == inside {
		return errPartial
	}
	if err == nil && len(entries) > 0 {
		return errPlace
	}
	if errors.Is(err, fs.ErrPermission) {
		return errNoPlace.WithCause(err)
	}
	return err
}

// inside is the draft's name in a directory that is there.
const inside = "restore.partial"

// draftOf says where to work: beside a directory that is not there yet, else in it.
func draftOf(dir string) string {
	if _, err := os.Stat(dir); err == nil {
		return filepath.Join(dir, inside)
	}
	return filepath.Clean(dir) + ".partial"
}

// fits checks that the files and the list belong together.
func fits(records, keys Manifest, list []tombstone) error {
	if records.Ring != keys.Ring {
		return errRing
	}
	if keys.MadeAt.Before(records.MadeAt) {
		return errOldKeys
	}
	return enough(list, max(records.Erased, keys.Erased))
}

// opened is a file whose manifest was read.
type opened struct {
	f *os.File
	*frameReader
	manifest Manifest
}

func openFile(path string, kind Kind, identities []age.Identity) (_ *opened, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, habeas.NotFound("There is no such backup file.").WithCode("restore.no-file").WithCause(err)
	}
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	plain, err := age.Decrypt(f, identities...)
	var none *age.NoIdentityMatchError
	switch {
	case errors.As(err, &none):
		return nil, errIdentity
	case err != nil:
		return nil, errNotBackup.WithCause(err)
	}
	r, err := newFrameReader(plain)
	switch {
	case errors.Is(err, errVersion):
		return nil, errNewer
	case errors.Is(err, errMagic):
		return nil, errNotBackup
	case err != nil:
		return nil, errDamaged.WithCause(err)
	}
	o := &opened{f: f, frameReader: r}
	o.manifest, err = readManifest(r, kind)
	return o, err
}

// Close closes the file.
func (o *opened) Close() error { return o.f.Close() }

// restorer is the state of one call of Restore.
type restorer struct {
	RestoreOptions
	draft  string
	list   []tombstone
	made   Restored
	filled bool // there are rows in the databases
	keyed  bool // there are keys in them
}

func (w *restorer) store() sqlstore.Config {
	return sqlstore.Config{Dir: w.draft, DSN: w.RecordsDSN}
}

// fill writes the files, the keys and the rows.
func (w *restorer) fill(ctx context.Context, records, keys *opened) error {
	if err := writeWhole(filepath.Join(w.draft, FileTombstones), marshalTombstones(w.list), 0o600); err != nil {
		return err
	}
	l, err := sqlstore.OpenLoader(ctx, w.store(), records.manifest.Schema)
	if err != nil {
		return err
	}
	if err := w.load(ctx, l, records); err != nil {
		return errors.Join(err, l.Abort(context.WithoutCancel(ctx)))
	}
	w.filled = true
	if err := l.Commit(ctx); err != nil {
		return err
	}
	return w.loadKeys(ctx, keys)
}

// load reads the records file to its end.
func (w *restorer) load(ctx context.Context, l *sqlstore.Loader, records *opened) error {
	var total, left int64
	for _, t := range records.manifest.Tables {
		total += t.Rows
	}
	var table sqlstore.Table
	for {
		kind, payload, err := records.next()
		switch {
		case errors.Is(err, io.EOF):
			if left != 0 || w.made.Rows != total {
				return errDamaged
			}
			return nil
		case err != nil:
			return errDamaged.WithCause(err)
		}
		switch kind {
		case frameFile:
			err = w.file(payload)
		case frameTable:
			if left != 0 {
				return errDamaged
			}
			table = sqlstore.Table{}
			if err := json.Unmarshal(payload, &table); err != nil || len(table.Columns) == 0 {
				return errDamaged
			}
			left = table.Rows
			err = l.Table(ctx, table)
		case frameRow:
			var values []any
			if values, err = records.parse(payload, len(table.Columns)); err != nil || left == 0 {
				return errDamaged
			}
			left--
			if w.made.Rows++; w.Progress != nil && w.made.Rows%1024 == 0 {
				w.Progress(w.made.Rows, 2*total) // then the leaves
			}
			err = l.Row(values)
		default:
			return errDamaged
		}
		if err != nil {
			return err
		}
	}
}

// file puts a small file into the directory.
func (w *restorer) file(payload []byte) error {
	var f file
	if err := json.Unmarshal(payload, &f); err != nil || f.Name == "" || f.Name != filepath.Base(f.Name) || f.Name == FileTombstones {
		return errDamaged
	}
	if w.EditFile != nil {
		var err error
		if f.Content, err = w.EditFile(f.Name, f.Content); err != nil {
			return err
		}
	}
	return writeWhole(filepath.Join(w.draft, f.Name), f.Content, 0o600)
}

// loadKeys reads the keys file to its end.
func (w *restorer) loadKeys(ctx context.Context, keys *opened) error {
	src := &dataReader{r: keys.frameReader}
	err := w.RestoreKeys(ctx, w.draft, src)
	w.keyed = err == nil
	if err == nil {
		_, err = io.Copy(io.Discard, src) // the end frame says whether all of it was good
	}
	if src.err != nil {
		return errDamaged.WithCause(src.err)
	}
	return err
}

// dataReader joins the data frames to one stream.
type dataReader struct {
	r    *frameReader
	rest []byte
	err  error // a bad frame
	end  bool
}

// Read implements io.Reader.
func (d *dataReader) Read(p []byte) (int, error) {
	for len(d.rest) == 0 {
		if d.end {
			return 0, io.EOF
		}
		kind, payload, err := d.r.next()
		switch {
		case errors.Is(err, io.EOF):
			d.end = true
		case err == nil && kind != frameData:
			err = errFrame
			fallthrough
		case err != nil:
			d.err = err
			return 0, err
		default:
			d.rest = payload
		}
	}
	n := copy(p, d.rest)
	d.rest = d.rest[n:]
	return n, nil
}

// verify checks the ledger as it lies in the new place, before anything is opened.
func (w *restorer) verify(ctx context.Context) error {
	s, err := sqlstore.OpenSnapshot(ctx, w.store())
	if err != nil {
		return err
	}
	defer s.Close() // it has only read
	progress := func(int64, int64) {}
	if w.Progress != nil {
		progress = func(done, total int64) { w.Progress(total+done, 2*total) }
	}
	faults, _, err := ledger.Verify(ctx, "", s, nil, progress)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return errLedger.WithCause(errors.New(faults[0].String()))
	}
	tree := w.made.Tree
	root, err := rootAt(ctx, s, tree.Size)
	if err != nil || root.String() != tree.Root {
		return errLedger.WithCause(err)
	}
	signed, err := tree.checkpoint()
	if err != nil {
		return errLedger.WithCause(err)
	}
	if signed != nil {
		if signed.Size > tree.Size {
			return errLedger
		}
		if root, err := rootAt(ctx, s, signed.Size); err != nil || root != signed.Root {
			return errLedger.WithCause(err)
		}
	}
	return w.judge(ctx, s, signed)
}

// judge decides whether the log may go on under its name: only when somebody shows a
// checkpoint that says where it ended, and the backup holds all of that.
func (w *restorer) judge(ctx context.Context, s *sqlstore.Snapshot, signed *ledger.Checkpoint) error {
	w.made.Origin, w.made.Lost = w.made.Tree.Origin(), -1
	if signed == nil { // nothing was ever published
		w.made.Lost = 0
		return nil
	}
	w.made.Renamed = true
	if w.Checkpoint == nil {
		return nil
	}
	known := w.made.Tree
	known.Checkpoint = string(w.Checkpoint)
	last, err := known.checkpoint()
	if err != nil || last.Origin != signed.Origin {
		return errCheckpoint.WithCause(err)
	}
	if last.Size > known.Size {
		w.made.Lost = last.Size - known.Size
		return nil
	}
	root, err := rootAt(ctx, s, last.Size)
	if err != nil {
		return err
	}
	if root != last.Root {
		return errFork
	}
	w.made.Lost, w.made.Renamed = 0, false
	return nil
}

// keep gives the directory its name.
func (w *restorer) keep() error {
	if err := syncDir(w.draft); err != nil {
		return err
	}
	if filepath.Base(w.draft) == inside {
		return w.moveUp()
	}
	if err := os.Rename(w.draft, w.Dir); err != nil {
		return fmt.Errorf("give the directory its name: %w", err)
	}
	return syncDir(filepath.Dir(filepath.Clean(w.Dir)))
}

// moveUp brings everything from the draft into the directory around it. The list of
// erasures is last: without it no program opens the records.
func (w *restorer) moveUp() error {
	entries, err := os.ReadDir(w.draft)
	if err != nil {
		return err
	}
	var names []string
	for _, e := range entries {
		if e.Name() != FileTombstones {
			names = append(names, e.Name())
		}
	}
	for _, name := range append(names, FileTombstones) {
		if err := os.Rename(filepath.Join(w.draft, name), filepath.Join(w.Dir, name)); err != nil {
			return fmt.Errorf("move what was restored into its place: %w", err)
		}
	}
	if err := os.Remove(w.draft); err != nil {
		return err
	}
	return syncDir(w.Dir)
}

// undo takes away what was made.
func (w *restorer) undo(ctx context.Context) error {
	errs := []error{os.RemoveAll(w.draft)}
	if w.filled && w.RecordsDSN != "" {
		errs = append(errs, sqlstore.DropRecords(ctx, w.RecordsDSN))
	}
	if w.keyed && w.KeysDSN != "" {
		errs = append(errs, w.UndoKeys(ctx))
	}
	return errors.Join(errs...)
}
