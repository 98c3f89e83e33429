package keyring

import (
	"context"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring/store"
)

// Pending says where erased keys may still be found by somebody who has the machine
// and the master password: in the store itself, which [Ring.Compact] mends, and in
// its write-ahead log, which only the database server can.
type Pending = store.Pending

// What is known about the write-ahead log.
const (
	LogGone    = store.LogGone    // nothing of an erased key is in it
	LogKept    = store.LogKept    // the server still has it; it goes with later checkpoints
	LogUnknown = store.LogUnknown // the server does not tell this role, or keeps old segments for later use
)

// Pending asks the store. It costs little.
func (r *Ring) Pending(ctx context.Context) (Pending, error) {
	if r.closed() {
		return Pending{}, ErrClosed
	}
	p, err := r.store.Pending(ctx)
	return p, mapError(err)
}

// Health is what [Ring.Check] found.
type Health struct {
	Keys     int                // durable keys: subjects, months and the house
	Secrets  int                // named secrets
	Opened   int                // of both, how many were unwrapped
	House    bool               // the server's own key is there
	Damaged  []habeas.SubjectID // keys that do not unwrap
	Secret   []string           // names of secrets that do not
	Returned []habeas.SubjectID // erased subjects that have a key again; the next Open deletes it
	Erased   int                // subjects and months on the list
	Pending  Pending
}

// Good reports whether nothing is wrong. What is pending is not wrong.
func (h Health) Good() bool {
	return h.House && len(h.Damaged) == 0 && len(h.Secret) == 0 && len(h.Returned) == 0
}

// Check reads the whole store as of one moment and unwraps every n-th key (all for 1
// or less; a million take some three seconds) and every secret. Erasures meanwhile
// wait with their compaction.
func (r *Ring) Check(ctx context.Context, every int) (Health, error) {
	if r.closed() {
		return Health{}, ErrClosed
	}
	if err := r.Refresh(ctx); err != nil {
		return Health{}, err
	}
	c := &checkSink{ring: r, every: max(1, every)}
	found := &c.found
	if err := r.store.Dump(ctx, c); err != nil {
		return Health{}, mapError(err)
	}
	// An erasure that was under way looked the same. It is through once this has the turn.
	if err := r.take(ctx, r.eraseTurn); err != nil {
		return Health{}, err
	}
	rows, err := r.store.Keys(ctx, found.Returned)
	r.eraseTurn.give()
	if err != nil {
		return Health{}, mapError(err)
	}
	found.Returned = nil
	for _, row := range rows {
		found.Returned = append(found.Returned, row.ID)
	}
	found.Erased = r.countErased()
	found.Pending, err = r.Pending(ctx)
	return *found, err
}

// checkSink looks at everything that is delivered.
type checkSink struct {
	found Health
	ring  *Ring
	every int
}

// Header implements [store.Sink].
func (c *checkSink) Header(h store.Header) error {
	if h.Ring != c.ring.id {
		return errDamaged // another store was put in its place
	}
	return nil
}

// Secret implements [store.Sink].
func (c *checkSink) Secret(name string, wrapped []byte) error {
	c.found.Secrets++
	c.found.Opened++
	secret, err := c.ring.openSecret(name, wrapped)
	clear(secret)
	if err != nil {
		c.found.Secret = append(c.found.Secret, name)
	}
	return nil
}

// Keys implements [store.Sink].
func (c *checkSink) Keys(rows []store.Row) error {
	for i := range rows {
		id := rows[i].ID
		if id == houseID {
			c.found.House = true
		}
		if c.ring.erased(id) {
			c.found.Returned = append(c.found.Returned, id)
		}
		if c.found.Keys++; c.found.Keys%c.every != 0 {
			continue
		}
		c.found.Opened++
		if _, err := c.ring.unwrap(id, rows[i].Wrapped, 0); err != nil {
			c.found.Damaged = append(c.found.Damaged, id)
		}
	}
	return nil
}

// SubjectIDs calls visit with every subject that has a key, in the order of
// identifiers; those committed meanwhile may be missed. It stops at the first error
// and returns it.
func (r *Ring) SubjectIDs(ctx context.Context, visit func(habeas.SubjectID) error) error {
	return r.pages(ctx, func(row store.Row, _ uint64) error { return visit(row.ID) })
}

// Collect deletes keys that nothing was ever sealed with: a key is made durable
// before its record, so a crash in between leaves one without. The caller has found
// that these subjects have no record. Only keys older than age go, because a younger
// one may just be waiting for its record; one hour is ample. It is no erasure: there is no
// tombstone, because they were never anybody. It returns how many went.
func (r *Ring) Collect(ctx context.Context, age time.Duration, ids ...habeas.SubjectID) (int, error) {
	var old []habeas.SubjectID
	before := r.opts.Clock.Now().Add(-age)
	for _, id := range ids {
		if reserved(id) || id.IsZero() {
			return 0, errKeep
		}
		if id.Time().Before(before) && !r.erased(id) {
			old = append(old, id)
		}
	}
	if len(old) == 0 {
		return 0, nil
	}
	if err := r.take(ctx, r.eraseTurn); err != nil {
		return 0, err
	}
	defer r.eraseTurn.give()
	n, err := r.store.DropKeys(ctx, old)
	for _, id := range old {
		r.cache.drop(id)
	}
	return n, mapError(err)
}

// Join makes the list of erasures for a further node of a key database that is in
// use; the node's first Open fills it from the database. After the database
// was restored from a copy that may be older than the last erasure, do not join: put the list of
// an earlier node there, which knows of it. A list that names somebody is not
// overwritten (ErrExists).
func Join(ctx context.Context, path string, opts Options) error {
	if opts.DSN == "" {
		return errDSN
	}
	switch there, err := Exists(ctx, path, opts); {
	case err != nil:
		return err
	case !there:
		return ErrMissing
	}
	return createTombstones(path)
}
