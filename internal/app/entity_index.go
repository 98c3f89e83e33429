package app

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

const (
	// entitiesDir holds the snapshot of the index of entities, below the data directory.
	entitiesDir = "entities"
	// entitiesAtOnce is how many written entities the index takes in at a time.
	entitiesAtOnce = 2000
	// entitiesSave is how often a snapshot is written, if anything has changed.
	entitiesSave = 10 * time.Minute
)

// errEntitiesWait says that the index of entities is not ready.
var errEntitiesWait = habeas.Unavailable("The search is being prepared. Try again in a moment.").WithCode("entity.preparing")

// EntityIndex answers questions about entities. It opens the snapshot that lies in the data
// directory, or reads the store, takes in what was written since, and follows every commit,
// also of other nodes. It is safe for concurrent use.
type EntityIndex struct {
	DB    *sqlstore.DB
	Dir   string // of the snapshot
	Log   *slog.Logger
	Asked *QueryLog     // nil: no question is noted
	Kinds *entity.Types // other types are refused; nil: none is

	index atomic.Pointer[entity.Index]
	ready atomic.Bool
	wake  chan struct{}

	taking sync.Mutex // one takes in what was written at a time
	turn   int64      // up to which it has
	saved  int64      // up to which the snapshot knows
}

// NewEntityIndex returns an index that is not ready: Keep makes it so.
func NewEntityIndex(dir string, log *slog.Logger) *EntityIndex {
	return &EntityIndex{Dir: filepath.Join(dir, entitiesDir), Log: log, wake: make(chan struct{}, 1)}
}

// Wake says that something was written.
func (x *EntityIndex) Wake() {
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// Ready implements entity.Queries.
func (x *EntityIndex) Ready() bool { return x.ready.Load() }

// Find implements entity.Queries.
func (x *EntityIndex) Find(ctx context.Context, q entity.Question) (entity.Answer, error) {
	q, err := q.Checked()
	if err != nil {
		return entity.Answer{}, err
	}
	for _, t := range q.Types {
		if x.Kinds == nil {
			break
		}
		if _, known := x.Kinds.Of(t); !known {
			return entity.Answer{}, entity.ErrNoType
		}
	}
	if !x.ready.Load() {
		return entity.Answer{}, errEntitiesWait
	}
	a, err := x.find(ctx, q)
	if err == nil && x.Asked != nil {
		a.Ask = x.Asked.Note(ctx, q, a)
	}
	return a, err
}

func (x *EntityIndex) find(ctx context.Context, q entity.Question) (entity.Answer, error) {
	a, err := x.index.Load().Find(q.Widened())
	if err != nil || len(q.Known) == 0 {
		return a, err
	}
	var failed error
	store := x.DB.Entities()
	a = a.Weigh(q.Known, q.Explain, func(id entity.ID) (entity.Description, bool) {
		e, err := store.One(ctx, id)
		if err != nil && habeas.KindOf(err) != habeas.KindNotFound {
			failed = err
		}
		return e.Description, err == nil
	})
	a.Hits = a.Hits[:min(q.Limit, len(a.Hits))]
	return a, failed
}

// Select notes which of the hits of a question was meant (ENT-35), if the question was noted.
func (x *EntityIndex) Select(ctx context.Context, s entity.Selection) error {
	if x.Asked == nil {
		return nil
	}
	return x.Asked.Select(ctx, s)
}

// Keep prepares the index and keeps it current until ctx ends; then it writes a snapshot.
// polled is for a store that other nodes write too.
func (x *EntityIndex) Keep(ctx context.Context, polled bool) {
	if err := x.Prepare(ctx); err != nil {
		if ctx.Err() == nil {
			x.Log.Error("preparing the search of entities failed", "error", err)
		}
		return
	}
	defer x.Close()
	save := time.NewTicker(entitiesSave)
	defer save.Stop()
	var poll <-chan time.Time
	if polled {
		tick := time.NewTicker(followEvery)
		defer tick.Stop()
		poll = tick.C
	}
	failed := false
	for {
		err := x.Settle(ctx)
		if err != nil && ctx.Err() == nil && !failed {
			x.Log.Error("keeping the search of entities current failed", "error", err)
		}
		failed = err != nil
		select {
		case <-x.wake:
		case <-poll:
		case <-save.C:
			x.save()
		case <-ctx.Done():
			return
		}
	}
}

// Prepare opens the snapshot, or builds the index from the store where there is none that
// can be used. A snapshot from the future, as after a backup was restored, is none.
func (x *EntityIndex) Prepare(ctx context.Context) error {
	last, err := x.DB.Entities().Turn(ctx)
	if err != nil {
		return err
	}
	index, turn, err := entity.OpenIndex(x.Dir)
	if err == nil && turn > last {
		err = errors.Join(entity.ErrSnapshot, index.Close())
	}
	if err == nil {
		err = x.persons(ctx, index)
	} else if errors.Is(err, entity.ErrSnapshot) {
		index, turn, err = x.build(ctx)
	}
	if err != nil {
		return err
	}
	x.index.Store(index)
	x.turn, x.saved = turn, turn
	if err := x.Settle(ctx); err != nil {
		return err
	}
	x.ready.Store(true)
	return nil
}

// build reads everything.
func (x *EntityIndex) build(ctx context.Context) (*entity.Index, int64, error) {
	var turn int64
	index, err := entity.BuildIndex(ctx, x.all(ctx, &turn))
	return index, turn, err
}

var errEnough = errors.New("enough")

func (x *EntityIndex) all(ctx context.Context, turn *int64) iter.Seq2[entity.Entity, error] {
	return func(yield func(entity.Entity, error) bool) {
		reached, err := x.DB.Entities().Each(ctx, func(e entity.Entity) error {
			if !yield(e, nil) {
				return errEnough
			}
			return nil
		})
		*turn = reached
		if err != nil && !errors.Is(err, errEnough) {
			yield(entity.Entity{}, err)
		}
	}
}

// persons takes in what only registered people find: it is in no snapshot.
func (x *EntityIndex) persons(ctx context.Context, index *entity.Index) error {
	var some []entity.Entity
	put := func() error {
		err := index.PutRegistered(some...)
		some = some[:0]
		return err
	}
	err := x.DB.Entities().EachSealed(ctx, func(e entity.Entity) error {
		if some = append(some, e); len(some) < entitiesAtOnce {
			return nil
		}
		return put()
	})
	if err != nil {
		return err
	}
	return put()
}

// Settle takes in what was written until now.
func (x *EntityIndex) Settle(ctx context.Context) error {
	x.taking.Lock()
	defer x.taking.Unlock()
	index := x.index.Load()
	if index == nil {
		return errEntitiesWait
	}
	for {
		var some []entity.Entity
		next, err := x.DB.Entities().Since(ctx, x.turn, entitiesAtOnce, func(e entity.Entity) error {
			some = append(some, e)
			return nil
		})
		if err != nil || len(some) == 0 {
			return err
		}
		if err := index.Put(some...); err != nil {
			return err
		}
		x.turn = next
	}
}

// save writes a snapshot if anything has changed. Without one the next start takes longer.
func (x *EntityIndex) save() {
	x.taking.Lock()
	defer x.taking.Unlock()
	if x.turn == x.saved {
		return
	}
	if err := x.index.Load().Save(x.Dir, x.turn); err != nil {
		x.Log.Warn("no snapshot of the search of entities was written", "error", err)
		return
	}
	x.saved = x.turn
}

// Close writes a last snapshot. Nobody asks any more.
func (x *EntityIndex) Close() {
	x.ready.Store(false)
	x.save()
	if err := x.index.Load().Close(); err != nil {
		x.Log.Warn("closing the search of entities failed", "error", err)
	}
}
