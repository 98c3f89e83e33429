package keyring

import (
	"context"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring/store"
)

var errUnlisted = habeas.Unavailable("An erasure on another node could not be put on this node's list, the file “tombstones”. See to the disk; nothing is written until it is there.").WithCode("keyring.list-behind")

// Refresh learns what other nodes have erased since it was last called: it puts the
// subjects on this node's list, syncs it, and refuses their keys from then on. It
// also completes erasures of this node that the store could not be told of. Call it
// at the start of each transaction that writes: no key is used in it that was
// destroyed before it began. While nothing has changed it costs the read of one row;
// on a store that no other node writes to, nothing.
//
// After an error nothing may be written: erased keys may still be in the cache.
func (r *Ring) Refresh(ctx context.Context) error {
	if r.closed() {
		return ErrClosed
	}
	if !r.store.Shared() {
		return nil
	}
	generation, err := r.store.Generation(ctx)
	if err != nil {
		return mapError(err)
	}
	if generation == r.seen.Load() && !r.behind.Load() {
		return nil
	}
	if err := r.take(ctx, r.catchTurn); err != nil {
		return err
	}
	defer r.catchTurn.give()
	return r.catchUp(ctx)
}

// catchUp brings this node up to date. The caller has the turn.
func (r *Ring) catchUp(ctx context.Context) error {
	r.behind.Store(false)
	err := r.settle(ctx)
	if err == nil {
		err = r.learnSince(ctx, r.seen.Load())
	}
	if err != nil {
		r.behind.Store(true)
	}
	return err
}

func (r *Ring) learnSince(ctx context.Context, seen uint64) error {
	list, upTo, err := r.store.Erasures(ctx, seen)
	if err != nil {
		return mapError(err)
	}
	if upTo < seen {
		// The database went back: an older copy of it took over.
		return r.reconcile(ctx)
	}
	if err := r.learn(list); err != nil {
		return err
	}
	r.seen.Store(upTo)
	r.raise(upTo)
	return nil
}

// learn puts subjects on the list and refuses their keys, which are destroyed
// already; so it refuses them even when the list cannot be written.
func (r *Ring) learn(list []store.Erasure) error {
	r.listMu.Lock()
	defer r.listMu.Unlock()
	fresh := r.notErased(list)
	if len(fresh) > 0 {
		r.forget(fresh)
	}
	r.unlisted = append(r.unlisted, fresh...)
	if err := r.tombs.add(r.unlisted); err != nil {
		return errUnlisted.WithCause(err)
	}
	r.unlisted = nil
	return nil
}

// owe remembers erasures that are on the list while the store does not know of them.
func (r *Ring) owe(list []store.Erasure) {
	r.owedMu.Lock()
	defer r.owedMu.Unlock()
	r.owed = append(r.owed, list...)
	r.behind.Store(true)
}

// settle tells the store of them.
func (r *Ring) settle(ctx context.Context) error {
	r.owedMu.Lock()
	owed := r.owed
	r.owed = nil
	r.owedMu.Unlock()
	if len(owed) == 0 {
		return nil
	}
	if _, err := r.store.DeleteKeys(ctx, owed, func() error { return nil }); err != nil {
		r.owe(owed)
		return mapError(err)
	}
	return nil // the next erasure compacts, or Compact
}

// reconcile makes the list, the store and memory agree about who was erased. The
// list knows more than a store that was restored from an older copy; a store that is
// shared may know more than the list.
func (r *Ring) reconcile(ctx context.Context) error {
	r.listMu.Lock()
	listed, err := r.tombs.read()
	r.listMu.Unlock()
	if err != nil {
		return err
	}
	r.mark(listed)
	known, upTo, err := r.store.Erasures(ctx, 0)
	if err != nil {
		return mapError(err)
	}
	if err := r.learn(known); err != nil {
		return err
	}
	back, err := r.unknownTo(ctx, listed, known)
	if err != nil {
		return err
	}
	r.seen.Store(upTo)
	if len(back) > 0 {
		generation, err := r.store.DeleteKeys(ctx, back, func() error { return nil })
		if err != nil {
			return mapError(err)
		}
		r.raise(generation)
		r.seen.CompareAndSwap(generation-1, generation)
	}
	return nil
}

// unknownTo returns those on the list whom the store has to be told of: a shared one
// of all it does not know, another of those who have a key again.
func (r *Ring) unknownTo(ctx context.Context, listed, known []store.Erasure) ([]store.Erasure, error) {
	there := make(map[habeas.SubjectID]bool, len(known))
	if r.store.Shared() {
		for _, e := range listed {
			there[e.ID] = true
		}
		for _, e := range known {
			delete(there, e.ID)
		}
	} else {
		ids := make([]habeas.SubjectID, len(listed))
		for i := range listed {
			ids[i] = listed[i].ID
		}
		rows, err := r.store.Keys(ctx, ids)
		if err != nil {
			return nil, mapError(err)
		}
		for _, row := range rows {
			there[row.ID] = true
		}
	}
	var out []store.Erasure
	for _, e := range listed {
		if there[e.ID] {
			out = append(out, e)
		}
	}
	return out, nil
}
