package app

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Changes tells connected systems what has changed of the parties that they have brought
// (PTY-30, ADR 0030). A write leaves a trace in its own transaction; Settle finds out
// whom it concerns, by comparing what each system can read now with what it was last
// told. It is safe for concurrent use, also by several nodes.
type Changes struct {
	DB      *sqlstore.DB
	Schemas *party.Schemas
	Clock   habeas.Clock
	Log     *slog.Logger
	keys    *ringKeys

	wake    chan struct{} // holds at most one waking
	settled sync.Mutex    // held while traces are looked at
	mu      sync.Mutex
	bell    chan struct{} // closed when there may be news
	over    bool          // nobody waits for news any more
}

// NewChanges returns the feed of changes.
func NewChanges(deps SystemsDeps) *Changes {
	return &Changes{
		DB: deps.DB, Schemas: deps.Schemas, Clock: deps.Clock, Log: slog.Default(), keys: &ringKeys{Ring: deps.Keys},
		wake: make(chan struct{}, 1), bell: make(chan struct{}),
	}
}

// Wake is called after a commit of which systems may have to be told. It never blocks.
func (c *Changes) Wake() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// How often traces are looked for that other nodes have left, and how many parties and
// names are looked at together.
const (
	lookForChanges = time.Second
	changesAtOnce  = 50
	namesAtOnce    = 200
)

// Keep looks after traces until ctx ends.
func (c *Changes) Keep(ctx context.Context) {
	tick := time.NewTicker(lookForChanges)
	defer tick.Stop()
	failed := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		case <-tick.C:
		}
		err := c.Settle(ctx)
		if err != nil && !failed && ctx.Err() == nil {
			c.Log.Error("telling connected systems of changes failed", "error", err)
		}
		failed = err != nil
	}
}

// Settle looks at every trace there is.
func (c *Changes) Settle(ctx context.Context) error {
	c.settled.Lock()
	defer c.settled.Unlock()
	defer c.ring()
	for moved := 0; ; {
		v, err := c.viewers(ctx)
		if err != nil || len(v.basis) == 0 {
			return err
		}
		marks, err := c.DB.Changes().Marks(ctx, changesAtOnce)
		if err != nil || len(marks) == 0 {
			return err
		}
		switch err := c.look(ctx, v, marks); {
		case err == nil:
			moved = 0
		case err == errMoved && moved < 20: //nolint:errorlint // compared with the very value
			moved++ // somebody was quicker: look again
		default:
			return err
		}
	}
}

// viewers are what each system that follows may read, under one policy.
type viewers struct {
	policy party.Policy
	sets   map[habeas.SystemID][]string
	basis  map[habeas.SystemID]string
}

// viewers finds out what systems may read, and takes fingerprints anew where that has
// changed: their systems are told to read everything again, once.
func (c *Changes) viewers(ctx context.Context) (viewers, error) {
	v := viewers{sets: make(map[habeas.SystemID][]string), basis: make(map[habeas.SystemID]string)}
	feeds, err := c.DB.Changes().Feeds(ctx)
	if err != nil || len(feeds) == 0 {
		return v, err
	}
	if v.policy, err = c.DB.Policies().Policy(ctx); err != nil {
		return v, err
	}
	for i := range feeds {
		f := &feeds[i]
		system, err := c.DB.Systems().System(ctx, f.System)
		if err != nil {
			return v, err
		}
		if !system.Connected() {
			if err := c.DB.Ops().EndFeed(ctx, f.System); err != nil {
				return v, err
			}
			continue
		}
		sets := authz.Reads(system.Scopes)
		basis := basisOf(v.policy, sets)
		v.sets[f.System] = sets
		if f.Basis != basis {
			if err := c.begin(ctx, v, f, basis); err != nil {
				return v, err
			}
		}
		v.basis[f.System] = basis
	}
	return v, nil
}

// basisOf writes down what a system may read, to notice when that changes.
func basisOf(policy party.Policy, sets []string) string {
	open := slices.DeleteFunc(slices.Clone(sets), func(set string) bool { return !slices.Contains(policy.Unclaimed, set) })
	return "own " + strings.Join(sets, " ") + "; open " + strings.Join(open, " ")
}

// begin takes the fingerprints of all parties that a system knows, a portion at a time,
// and goes on where it was interrupted. What changes meanwhile leaves traces of its own.
func (c *Changes) begin(ctx context.Context, v viewers, f *party.Feed, basis string) error {
	if f.Basis != "" { // it may read other things than before
		f.Basis, f.Place = "", [16]byte{}
		if err := c.DB.Ops().MarkFeed(ctx, *f, nil, c.Clock.Now()); err != nil {
			return err
		}
	}
	for done := false; !done; {
		var refs []party.Reference
		next := *f
		var err error
		if refs, next.Place, done, err = c.DB.Changes().NamesOf(ctx, f.System, f.Place, namesAtOnce); err != nil {
			return err
		}
		if done {
			next.Basis = basis
		}
		err = errMoved
		for try := 0; try < 20 && err == errMoved; try++ { //nolint:errorlint // compared with the very value
			err = c.take(ctx, v, next, refs)
		}
		if err != nil {
			return err
		}
		*f = next
	}
	return nil
}

// take takes the fingerprints of one portion.
func (c *Changes) take(ctx context.Context, v viewers, f party.Feed, refs []party.Reference) error {
	records, changes := c.DB.Records(), c.DB.Changes()
	var watched []party.Watched
	versions := make(map[habeas.PartyID]int64, len(refs))
	for _, ref := range refs {
		prefix, n := ref.Handle(c.keys.Cipher("reference/" + f.System.String()))
		p, said, err := read(ctx, records, f.System, prefix, n)
		switch habeas.KindOf(err) {
		case habeas.KindNotFound, habeas.KindGone:
			continue
		default:
			if err != nil {
				return err
			}
		}
		w := party.Watch(f.System, ref, p, c.glance(v, f.System, ref, p, said))
		if w.Party, err = records.ByReference(ctx, f.System, prefix, n); err != nil {
			return errMoved
		}
		was, _, err := changes.WatchedAs(ctx, f.System, ref)
		if err != nil {
			return err
		}
		w.One = was.One
		watched, versions[p.ID] = append(watched, w), p.Version
	}
	return c.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		if err := unmoved(ctx, tx, v.policy, versions); err != nil {
			return err
		}
		return tx.Ops().MarkFeed(ctx, f, watched, c.Clock.Now())
	})
}

// glance is what a system can read of a party under a reference, as fingerprints.
func (c *Changes) glance(v viewers, system habeas.SystemID, ref party.Reference, p party.Party, said []party.Statement) party.Glance {
	prefix, _ := ref.Handle(c.keys.Cipher("reference/" + system.String()))
	return party.GlanceOf(p, said, system, ref, under(prefix, c.keys), v.sets[system], v.policy, c.Schemas, c.keys)
}

// unmoved refuses with errMoved when records or the policy have changed since they were
// read outside the transaction.
func unmoved(ctx context.Context, tx *sqlstore.Tx, policy party.Policy, versions map[habeas.PartyID]int64) error {
	now, err := tx.Policies().Policy(ctx)
	if err != nil {
		return err
	}
	if now.Version != policy.Version {
		return errMoved
	}
	for id, version := range versions {
		if p, err := tx.Records().Party(ctx, id); err != nil || p.Version != version {
			return errMoved
		}
	}
	return nil
}

// ring lets those who wait for news look.
func (c *Changes) ring() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.bell)
	c.bell = make(chan struct{})
}

// Release ends all waiting for news: the server stops.
func (c *Changes) Release() {
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
	c.ring()
}

// waiting returns what closes when there may be news, or that nobody waits any more.
func (c *Changes) waiting() (bell <-chan struct{}, over bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bell, c.over
}
