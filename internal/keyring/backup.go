package keyring

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring/store"
)

var errListBehind = &habeas.Error{
	Kind: habeas.KindUnavailable, Code: "keyring.tombstones-behind",
	Message: "The list of erasures, the file “tombstones”, is older than this backup of the keys: it names {listed}, the backup knows of {erased}. Put its newest copy there; with several nodes, merge their lists.",
}

// Backup writes all wrapped keys and secrets as of one moment, while the ring is in
// use, and returns how many keys there were. Nothing in it opens without the master
// password that holds now, or the recovery code. Whoever is erased while it runs is
// left out where that is still possible; whoever is erased later is on the list that
// [Restore] asks for. Take the backup of the records first: a key is made durable
// before its record, so no record is without.
//
// It keeps an erasure from compacting until it ends, and then does that itself.
func (r *Ring) Backup(ctx context.Context, w io.Writer) (keys int, err error) {
	if r.closed() {
		return 0, ErrClosed
	}
	if err := r.Refresh(ctx); err != nil {
		return 0, err
	}
	out := newStreamWriter(w, r.countErased())
	out.leave = r.erased
	if err := r.store.Dump(ctx, out); err != nil {
		return 0, mapError(err)
	}
	if err := out.end(); err != nil {
		return 0, err
	}
	_ = r.Compact(ctx) // the backup is good without; Pending says what is left
	return out.keys, nil
}

// Sealed is a key store as it lies, without its master password. It copies keys and
// opens none.
type Sealed struct {
	path string
	opts Options
}

// SealedAt names a key store; nothing is opened yet.
func SealedAt(path string, opts Options) Sealed { return Sealed{path, opts} }

// RingID identifies the key store, and every copy of it.
func (s Sealed) RingID(ctx context.Context) ([16]byte, error) {
	h, err := store.Peek(ctx, s.opts.at(s.path))
	return h.Ring, mapError(err)
}

// Backup is [Ring.Backup] for somebody who does not have the password. A server may
// have the store open meanwhile.
func (s Sealed) Backup(ctx context.Context, w io.Writer) (keys int, err error) {
	erased, err := readTombstones(s.path)
	if err != nil {
		return 0, err
	}
	out := newStreamWriter(w, len(erased))
	out.leave = func(id habeas.SubjectID) bool { _, gone := erased[id]; return gone }
	if err := store.Dump(ctx, s.opts.at(s.path), out); err != nil {
		return 0, mapError(err)
	}
	return out.keys, out.end()
}

// Restore makes a key store of a backup: the file at path or, with a DSN, the
// content of an empty database. It overwrites nothing (ErrExists) and refuses unless
// the list of erasures lies beside path, at least as new as the backup; the next
// Open applies it. All or nothing: a backup that was cut off or altered leaves
// no store behind.
func Restore(ctx context.Context, path string, src io.Reader, opts Options) error {
	erased, err := readTombstones(path)
	if err != nil {
		return err
	}
	err = store.Create(ctx, opts.at(path), func(to store.Sink) error {
		return readStream(src, to, func(known uint64) error {
			if uint64(len(erased)) < known {
				return errListBehind.With("listed", formatCount(uint64(len(erased)))).With("erased", formatCount(known))
			}
			return nil
		})
	})
	if errors.Is(err, store.ErrUnsure) { // perhaps it is there: the database was empty, so it is ours
		err = errors.Join(err, store.Drop(context.WithoutCancel(ctx), opts.at(path)))
	}
	return mapError(err)
}

// Undo takes away what [Restore] made in a database, for a caller whose next steps failed:
// nothing else may have been done with it. The file of a store without a database is taken
// away with its directory.
func Undo(ctx context.Context, opts Options) error {
	return mapError(store.Drop(ctx, opts.at("")))
}

// readTombstones reads the list beside a key store without keeping it open.
func readTombstones(keys string) (map[habeas.SubjectID]time.Time, error) {
	data, err := os.ReadFile(tombstonePath(keys))
	if errors.Is(err, os.ErrNotExist) {
		return nil, errNoTombstones
	} else if err != nil {
		return nil, habeas.Internal(err)
	}
	list, _, err := parseTombstones(data)
	if err != nil {
		return nil, err
	}
	out := make(map[habeas.SubjectID]time.Time, len(list))
	for _, e := range list {
		if at, known := out[e.ID]; !known || e.At.Before(at) {
			out[e.ID] = e.At
		}
	}
	return out, nil
}
