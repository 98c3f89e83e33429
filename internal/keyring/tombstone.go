package keyring

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring/store"
)

// tombstones is the list of everybody ever erased, a text file beside the key
// store: one line "sub_… 2006-01-02T15:04:05Z" each. It is written before the
// key is destroyed and outlives every backup of the key store, so that a
// restored copy forgets again whom it had forgotten. It is used by one
// goroutine at a time.
type tombstones struct {
	file *os.File
	size int64 // of the complete lines
}

var (
	errNoTombstones = &habeas.Error{
		Kind: habeas.KindUnavailable, Code: "keyring.tombstones-missing",
		Message: "The list of erasures, the file “tombstones”, is missing beside the key store. Put its newest copy back: without it erased people could return.",
	}
	errBadTombstones = &habeas.Error{
		Kind: habeas.KindUnavailable, Code: "keyring.tombstones-damaged",
		Message: "Line {line} of the file “tombstones” beside the key store is damaged. Put its newest copy back.",
	}
)

var errBadList = habeas.Invalid("tombstones", "Line {line} of list number {list} is damaged. Take another copy of it.").WithCode("keyring.list-damaged")

func formatCount(n uint64) string { return strconv.FormatUint(n, 10) }

func tombstonePath(keys string) string { return filepath.Join(filepath.Dir(keys), "tombstones") }

// createTombstones makes an empty list. An empty one that is there already, left
// by an attempt that was interrupted, serves as well.
func createTombstones(keys string) error {
	path := tombstonePath(keys)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return habeas.Internal(err)
	}
	info, err := f.Stat()
	if err = errors.Join(err, f.Close()); err != nil {
		return habeas.Internal(err)
	}
	if info.Size() > 0 {
		return ErrExists
	}
	return mapError(store.SyncDir(filepath.Dir(path)))
}

// openTombstones opens the list.
func openTombstones(keys string) (*tombstones, error) {
	f, err := os.OpenFile(tombstonePath(keys), os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, errNoTombstones
	} else if err != nil {
		return nil, habeas.Internal(err)
	}
	return &tombstones{file: f}, nil
}

// read returns whom the list names.
func (t *tombstones) read() ([]store.Erasure, error) {
	if _, err := t.file.Seek(0, io.SeekStart); err != nil {
		return nil, habeas.Internal(err)
	}
	data, err := io.ReadAll(t.file)
	if err != nil {
		return nil, habeas.Internal(err)
	}
	list, size, err := parseTombstones(data)
	if err != nil {
		return nil, err
	}
	t.size = int64(size)
	if size < len(data) {
		// A crash tore the last line: that erasure was never confirmed.
		if err := t.rewind(); err != nil {
			return nil, habeas.Internal(err)
		}
	}
	return list, nil
}

// parseTombstones reads complete lines and reports how many bytes they take; a
// last line without its newline is not looked at.
func parseTombstones(data []byte) (list []store.Erasure, size int, err error) {
	for line := range bytes.Lines(data) {
		text, whole := bytes.CutSuffix(line, []byte("\n"))
		if !whole {
			break
		}
		size += len(line)
		name, at, _ := bytes.Cut(text, []byte(" "))
		id, err := habeas.ParseID[habeas.SubjectKind](string(name))
		var when time.Time
		if err == nil {
			when, err = time.Parse(time.RFC3339, string(at))
		}
		if err != nil {
			return nil, 0, errBadTombstones.With("line", strconv.Itoa(len(list)+1))
		}
		list = append(list, store.Erasure{ID: id, At: when})
	}
	return list, size, nil
}

// add appends entries and returns once they are on the disk. After an error some of
// them may be on the list all the same, never a part of a line.
func (t *tombstones) add(list []store.Erasure) error {
	if len(list) == 0 {
		return nil
	}
	var b []byte
	for _, e := range list {
		b = appendTombstone(b, e)
	}
	if _, err := t.file.WriteAt(b, t.size); err != nil {
		return errors.Join(err, t.rewind())
	}
	// fsync, because the key is destroyed next: a power cut must not leave a
	// destroyed key that a backup brings back.
	if err := t.file.Sync(); err != nil {
		return errors.Join(err, t.rewind())
	}
	t.size += int64(len(b))
	return nil
}

func appendTombstone(b []byte, e store.Erasure) []byte {
	b = append(b, e.ID.String()...)
	b = append(b, ' ')
	b = e.At.UTC().AppendFormat(b, time.RFC3339)
	return append(b, '\n')
}

// MergeTombstones writes one list of several, each subject once with its earliest
// time, and returns how many it names. Before a restore, the lists of all nodes
// belong together: each knows its own erasures first. A last line that a crash has
// torn is left out, as Open does; a damaged one is an error.
func MergeTombstones(w io.Writer, lists ...io.Reader) (int, error) {
	at := map[habeas.SubjectID]time.Time{}
	for n, src := range lists {
		data, err := io.ReadAll(src)
		if err != nil {
			return 0, err
		}
		list, _, err := parseTombstones(data)
		var known *habeas.Error
		if errors.As(err, &known) {
			return 0, errBadList.With("line", known.Args["line"]).With("list", strconv.Itoa(n+1))
		}
		for _, e := range list {
			if first, there := at[e.ID]; !there || e.At.Before(first) {
				at[e.ID] = e.At
			}
		}
	}
	merged := make([]store.Erasure, 0, len(at))
	for id, when := range at {
		merged = append(merged, store.Erasure{ID: id, At: when})
	}
	slices.SortFunc(merged, func(a, b store.Erasure) int {
		return cmp.Or(a.At.Compare(b.At), bytes.Compare(a.ID[:], b.ID[:]))
	})
	var b []byte
	for _, e := range merged {
		b = appendTombstone(b, e)
	}
	_, err := w.Write(b)
	return len(merged), err
}

// rewind cuts off what follows the last confirmed line.
func (t *tombstones) rewind() error {
	return errors.Join(t.file.Truncate(t.size), t.file.Sync())
}

// Close closes the file.
func (t *tombstones) Close() error { return t.file.Close() }
