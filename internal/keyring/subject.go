package keyring

import (
	"bytes"
	"context"
	"errors"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring/store"
)

// ErrNoKey marks, under the same words for people as an erased one, a subject
// that never had a key here. errors.Is(err, ErrNoKey) tells them apart.
var ErrNoKey = errors.New("keyring: the subject never had a key")

var (
	errErased = habeas.Gone("This was erased.").WithCode("keyring.erased")
	errNoKey  = errErased.WithCause(ErrNoKey)
	errTaken  = habeas.Conflict("This subject has a key already.").WithCode("keyring.taken")
	errStray  = habeas.Conflict("This key was not made for this store.").WithCode("keyring.foreign")
)

// The identifiers of keys that are nobody's: they start with a moment in 1970
// that no real identifier carries.
var (
	houseID     = habeas.SubjectID{7: 'H'}
	monthPrefix = [8]byte{7: 'M'}
	logPrefix   = [8]byte{7: 'L'} // of the keys of the log's months
)

// reserved reports whether the key is the house's or a month's.
func reserved(id habeas.SubjectID) bool {
	return id == houseID || bytes.HasPrefix(id[:], monthPrefix[:]) || bytes.HasPrefix(id[:], logPrefix[:])
}

// Commit makes keys of [Ring.NewKey] durable in one transaction, all or none,
// and then caches them. Repeating it with the same keys is harmless. It fails
// with Conflict when a subject has another key and with Gone when it was erased:
// an erased subject never gets a key again.
func (r *Ring) Commit(ctx context.Context, keys ...*Key) error {
	for _, k := range keys {
		if k.wrapped == nil || k.id.IsZero() || reserved(k.id) {
			return errStray
		}
	}
	if err := r.commit(ctx, keys); err != nil {
		return err
	}
	for _, k := range keys {
		r.remember(k)
	}
	return nil
}

func (r *Ring) commit(ctx context.Context, keys []*Key) error {
	rows := make([]store.Row, len(keys))
	for i, k := range keys {
		rows[i] = store.Row{ID: k.id, Wrapped: k.wrapped}
	}
	watch(r.opts.Watch).saw(WorkWrite, len(rows)*wrappedSize)
	err := r.store.InsertKeys(ctx, rows, func() error {
		for _, k := range keys {
			if r.erased(k.id) {
				return errErased
			}
		}
		return nil
	})
	if errors.Is(err, store.ErrTaken) {
		return errTaken
	}
	if errors.Is(err, store.ErrErased) { // by another node
		return errors.Join(errErased, r.Refresh(ctx))
	}
	return mapError(err)
}

// Key returns the key of a subject: Gone ("This was erased.") when it was
// destroyed, and also, wrapping [ErrNoKey], when there never was one.
func (r *Ring) Key(ctx context.Context, id habeas.SubjectID) (*Key, error) {
	if k := r.cache.get(id); k != nil {
		return k, nil
	}
	k, err := r.load(ctx, id)
	if err != nil {
		return nil, err
	}
	if !r.remember(k) {
		return nil, errErased
	}
	return k, nil
}

// load reads and unwraps without the cache.
func (r *Ring) load(ctx context.Context, id habeas.SubjectID) (*Key, error) {
	if r.closed() {
		return nil, ErrClosed
	}
	if r.erased(id) {
		return nil, errErased
	}
	generation := r.generation.Load()
	watch(r.opts.Watch).saw(WorkRead, len(id))
	wrapped, err := r.store.Key(ctx, id)
	if err != nil {
		return nil, mapError(err)
	}
	if wrapped == nil {
		if err := r.Refresh(ctx); err != nil {
			return nil, err
		}
		if r.erased(id) { // meanwhile, here or by another node
			return nil, errErased
		}
		return nil, errNoKey
	}
	return r.unwrap(id, wrapped, generation)
}

// remember caches a key unless its subject was erased meanwhile. Destroy marks
// a subject before it clears the cache, so of the two one sees the other.
func (r *Ring) remember(k *Key) bool {
	r.cache.put(k)
	if r.erased(k.id) {
		r.cache.drop(k.id)
		return false
	}
	return true
}

// Keys returns the keys of those subjects that have one; the others are absent.
func (r *Ring) Keys(ctx context.Context, ids []habeas.SubjectID) (map[habeas.SubjectID]*Key, error) {
	if r.closed() {
		return nil, ErrClosed
	}
	out := make(map[habeas.SubjectID]*Key, len(ids))
	var missing []habeas.SubjectID
	for _, id := range ids {
		if k := r.cache.get(id); k != nil {
			out[id] = k
		} else if !r.erased(id) {
			missing = append(missing, id)
		}
	}
	generation := r.generation.Load()
	watch(r.opts.Watch).saw(WorkRead, len(missing)*len(habeas.SubjectID{}))
	rows, err := r.store.Keys(ctx, missing)
	if err != nil {
		return nil, mapError(err)
	}
	for _, row := range rows {
		k, err := r.unwrap(row.ID, row.Wrapped, generation)
		if err != nil {
			return nil, err
		}
		if r.remember(k) {
			out[row.ID] = k
		}
	}
	return out, nil
}

// pageSize is how many keys pages reads at a time. It holds no read transaction
// between pages, which would keep an erasure from emptying the log.
const pageSize = 1000

// All calls visit with every subject's key in the order of identifiers, without
// filling the cache; keys committed meanwhile may be missed. It stops at the
// first error and returns it.
func (r *Ring) All(ctx context.Context, visit func(habeas.SubjectID, *Key) error) error {
	return r.pages(ctx, func(row store.Row, generation uint64) error {
		k, err := r.unwrap(row.ID, row.Wrapped, generation)
		if err != nil {
			return err
		}
		return visit(row.ID, k)
	})
}

// pages calls visit with what is stored of every subject. The generation was valid
// when it was read.
func (r *Ring) pages(ctx context.Context, visit func(row store.Row, generation uint64) error) error {
	var after habeas.SubjectID
	for {
		if r.closed() {
			return ErrClosed
		}
		generation := r.generation.Load()
		rows, err := r.store.Page(ctx, after, pageSize)
		if err != nil {
			return mapError(err)
		}
		for _, row := range rows {
			after = row.ID
			if reserved(row.ID) || r.erased(row.ID) {
				continue
			}
			if err := visit(row, generation); err != nil {
				return err
			}
		}
		if len(rows) < pageSize {
			return nil
		}
	}
}

// House returns the key of the server itself, for what is about nobody.
func (r *Ring) House() *Key { return r.house }
