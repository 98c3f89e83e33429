package keyring

import (
	"context"
	"errors"
	"time"

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
		Message: "This is done, but the last traces of the old key wait for a long read to end. They go by themselves within minutes after it, and with a restart.",
	}
)

// Destroy erases subjects: whatever their keys sealed, here or in any backup of
// the records, is noise from then on. In this order it
//
//  1. appends them to the list of erasures and syncs it to the disk,
//  2. refuses their keys: in the cache, on reads, and held elsewhere ([Ring.Fresh]),
//  3. deletes the wrapped keys and raises the generation, in one transaction,
//  4. compacts the store, waiting for readers until ctx ends.
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
	if err := r.take(ctx, r.eraseTurn); err != nil {
		return err
	}
	defer r.eraseTurn.give()
	now := r.opts.Clock.Now().Truncate(time.Second) // as the list says it
	list := make([]store.Erasure, len(ids))
	for i, id := range ids {
		list[i] = store.Erasure{ID: id, At: now}
	}
	listed := false
	generation, err := r.store.DeleteKeys(ctx, list, func() error {
		r.listMu.Lock()
		defer r.listMu.Unlock()
		if err := r.tombs.add(r.notErased(list)); err != nil {
			return err
		}
		r.forget(list)
		listed = true
		return nil
	})
	if err != nil {
		if listed {
			r.owe(list)
			return errUnfinished.WithCause(err)
		}
		return mapError(err)
	}
	r.raise(generation)
	r.seen.CompareAndSwap(generation-1, generation) // else Refresh finds what came in between
	return r.compact(ctx)
}

// forget marks subjects as erased and then drops what is cached of them. The
// order matters to remember; the generation comes in between for Fresh.
func (r *Ring) forget(list []store.Erasure) {
	r.mark(list)
	r.generation.Add(1)
	for _, e := range list {
		r.cache.drop(e.ID)
		r.months.Delete(e.ID)
		r.vault.cool(e.ID)
	}
}

func (r *Ring) mark(list []store.Erasure) {
	r.goneMu.Lock()
	defer r.goneMu.Unlock()
	for _, e := range list {
		r.gone[e.ID] = struct{}{}
	}
}

func (r *Ring) countErased() int {
	r.goneMu.RLock()
	defer r.goneMu.RUnlock()
	return len(r.gone)
}

// raise lifts the generation to that of the store, never down.
func (r *Ring) raise(generation uint64) {
	for have := r.generation.Load(); have < generation; have = r.generation.Load() {
		if r.generation.CompareAndSwap(have, generation) {
			return
		}
	}
}

func (r *Ring) erased(id habeas.SubjectID) bool {
	r.goneMu.RLock()
	defer r.goneMu.RUnlock()
	_, gone := r.gone[id]
	return gone
}

// notErased returns those who are not on the list yet, each once.
func (r *Ring) notErased(list []store.Erasure) []store.Erasure {
	var out []store.Erasure
	seen := make(map[habeas.SubjectID]bool, len(list))
	for _, e := range list {
		if !seen[e.ID] && !r.erased(e.ID) {
			seen[e.ID] = true
			out = append(out, e)
		}
	}
	return out
}

// Fresh refuses a key whose subject was erased after it was handed out. Whoever
// keeps a key across waits asks right before using it to write; it costs one
// comparison while nobody was erased. Of other nodes' erasures it knows what
// [Ring.Refresh] has learned.
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

// Generation returns a number that grows with every erasure this node knows of.
func (r *Ring) Generation() uint64 { return r.generation.Load() }

// compact removes deleted bytes from the store.
func (r *Ring) compact(ctx context.Context) error {
	err := r.store.Compact(ctx)
	if errors.Is(err, store.ErrBusy) || errors.Is(err, store.ErrUnreachable) {
		return errPending.WithCause(err)
	}
	return mapError(err)
}

// Compact completes what an erasure or a rotation could not while somebody read: it
// removes the last bytes of old keys from the store. It costs little when there are
// none, and is harmless at any time.
func (r *Ring) Compact(ctx context.Context) error {
	if err := r.take(ctx, r.eraseTurn); err != nil {
		return err
	}
	defer r.eraseTurn.give()
	return r.compact(ctx)
}

// turn holds one token: whoever has it may do what only one may at a time.
type turn chan struct{}

func newTurn() turn {
	t := make(turn, 1)
	t.give()
	return t
}

func (t turn) give() { t <- struct{}{} }

// take waits for a turn, which only an open ring gives.
func (r *Ring) take(ctx context.Context, t turn) error {
	select {
	case <-t:
		if r.closed() {
			t.give()
			return ErrClosed
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
