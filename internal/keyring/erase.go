package keyring

import (
	"context"
	"errors"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring/store"
)

var (
	errKeep       = habeas.Forbidden("This key belongs to the server itself and cannot be erased.").WithCode("keyring.reserved")
	errUnfinished = &habeas.Error{
		Kind: habeas.KindUnavailable, Code: "keyring.erasure-unfinished",
		Message: "The erasure is on record and in force, but the key store could not be written. It is completed at the next start; see to the disk first.",
	}
	errPending = &habeas.Error{
		Kind: habeas.KindUnavailable, Code: "keyring.compaction-pending",
		Message: "This is done, but the last traces of the old key wait for a long read to end. They go with the next erasure or restart.",
	}
)

// Destroy erases subjects: whatever their keys sealed, here or in any backup of
// the records, is noise from then on. In this order it
//
//  1. appends them to the list of erasures and syncs it to the disk,
//  2. refuses their keys: in the cache, on reads, and held elsewhere ([Ring.Fresh]),
//  3. deletes the wrapped keys and raises the generation, in one transaction,
//  4. empties the write-ahead log, waiting for readers until ctx ends.
//
// A subject without a key is put on the list all the same and never gets one.
// Repeating it is harmless. After an error in the first step nobody is erased;
// after a later one they are, the key is refused, and the next Open or the same
// call again completes it. Give ctx a deadline.
func (r *Ring) Destroy(ctx context.Context, ids ...habeas.SubjectID) error {
	for _, id := range ids {
		if reserved(id) || id.IsZero() {
			return errKeep
		}
	}
	return r.destroy(ctx, ids)
}

func (r *Ring) destroy(ctx context.Context, ids []habeas.SubjectID) error {
	if len(ids) == 0 {
		return nil
	}
	if err := r.takeEraseTurn(ctx); err != nil {
		return err
	}
	defer r.giveEraseTurn()
	r.uncompact.Store(true)
	listed := false
	generation, err := r.store.DeleteKeys(ctx, ids, func() error {
		if err := r.tombs.add(r.notErased(ids), r.opts.Clock.Now()); err != nil {
			return err
		}
		r.forget(ids)
		listed = true
		return nil
	})
	if err != nil {
		if listed {
			return errUnfinished.WithCause(err)
		}
		return mapError(err)
	}
	if generation > r.generation.Load() {
		r.generation.Store(generation)
	}
	return r.compact(ctx)
}

// replay applies the list to this copy of the store, and empties the log that
// an interrupted erasure may have left full.
func (r *Ring) replay(ctx context.Context, ids []habeas.SubjectID) error {
	r.mark(ids)
	rows, err := r.store.Keys(ctx, ids)
	if err != nil {
		return mapError(err)
	}
	if len(rows) > 0 {
		back := make([]habeas.SubjectID, len(rows))
		for i := range rows {
			back[i] = rows[i].ID
		}
		generation, err := r.store.DeleteKeys(ctx, back, func() error { return nil })
		if err != nil {
			return mapError(err)
		}
		r.generation.Store(generation)
	}
	return r.compact(ctx)
}

// forget marks subjects as erased and then drops what is cached of them. The
// order matters to remember; the generation comes in between for Fresh.
func (r *Ring) forget(ids []habeas.SubjectID) {
	r.mark(ids)
	r.generation.Add(1)
	for _, id := range ids {
		r.cache.drop(id)
		r.months.Delete(id)
	}
}

func (r *Ring) mark(ids []habeas.SubjectID) {
	r.goneMu.Lock()
	defer r.goneMu.Unlock()
	for _, id := range ids {
		r.gone[id] = struct{}{}
	}
}

func (r *Ring) erased(id habeas.SubjectID) bool {
	r.goneMu.RLock()
	defer r.goneMu.RUnlock()
	_, gone := r.gone[id]
	return gone
}

// notErased returns those of ids that are not on the list yet, each once.
func (r *Ring) notErased(ids []habeas.SubjectID) []habeas.SubjectID {
	var out []habeas.SubjectID
	seen := make(map[habeas.SubjectID]bool, len(ids))
	for _, id := range ids {
		if !seen[id] && !r.erased(id) {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// Fresh refuses a key whose subject was erased after it was handed out. Whoever
// keeps a key across waits asks right before using it to write; it costs one
// comparison while nobody was erased.
func (r *Ring) Fresh(k *Key) error {
	now := r.generation.Load()
	if k.checked.Load() == now {
		return nil
	}
	if r.erased(k.id) {
		return errErased
	}
	k.checked.Store(now)
	return nil
}

// Generation returns a number that grows with every erasure.
func (r *Ring) Generation() uint64 { return r.generation.Load() }

// compact removes deleted bytes from the files.
func (r *Ring) compact(ctx context.Context) error {
	if err := r.store.Compact(ctx); err != nil {
		if errors.Is(err, store.ErrBusy) {
			return errPending.WithCause(err)
		}
		return mapError(err)
	}
	r.uncompact.Store(false)
	return nil
}

// takeEraseTurn waits for the turn to remove something from the files.
func (r *Ring) takeEraseTurn(ctx context.Context) error {
	select {
	case <-r.eraseTurn:
		if r.closed() {
			r.giveEraseTurn()
			return ErrClosed
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *Ring) giveEraseTurn() { r.eraseTurn <- struct{}{} }
