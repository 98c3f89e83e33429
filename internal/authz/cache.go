package authz

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/sealed"
)

// maxCached bounds the tokens held in memory, about 200 bytes each.
const maxCached = 10_000

// Cache remembers which tokens are good, so that a request costs one hash and no
// query. An answer counts only while the generation is the one under which it was
// read: [Cache.Invalidate], called after a disconnection is committed, makes all
// of them be read again. Safe for concurrent use.
type Cache struct {
	read  func(ctx context.Context, token Hash, now time.Time) (Bearer, error)
	clock habeas.Clock

	generation atomic.Uint64
	mu         sync.RWMutex
	held       map[Hash]cached
}

type cached struct {
	bearer     Bearer
	generation uint64
}

// NewCache returns a cache before read, which is a [Reader]'s Bearer.
func NewCache(clock habeas.Clock, read func(context.Context, Hash, time.Time) (Bearer, error)) *Cache {
	return &Cache{read: read, clock: clock, held: make(map[Hash]cached)}
}

// Verify returns whose token this is, or ErrToken. Unknown tokens are not
// remembered: nobody can fill the cache with guesses.
func (c *Cache) Verify(ctx context.Context, token sealed.Value) (Bearer, error) {
	hash, now := HashOf(token), c.clock.Now()
	generation := c.generation.Load() // before the read: a later Invalidate makes the answer void
	c.mu.RLock()
	entry, ok := c.held[hash]
	c.mu.RUnlock()
	if ok && entry.generation == generation {
		if !now.Before(entry.bearer.Expires) {
			return Bearer{}, ErrToken
		}
		return entry.bearer, nil
	}
	bearer, err := c.read(ctx, hash, now)
	if err != nil {
		return Bearer{}, err
	}
	c.remember(hash, cached{bearer, generation}, now)
	return bearer, nil
}

func (c *Cache) remember(hash Hash, entry cached, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.held) >= maxCached {
		for h, e := range c.held {
			if !now.Before(e.bearer.Expires) || e.generation != entry.generation {
				delete(c.held, h)
			}
		}
		if len(c.held) >= maxCached { // all of them good: start over rather than choose
			clear(c.held)
		}
	}
	c.held[hash] = entry
}

// Invalidate makes every token be read anew at its next use.
func (c *Cache) Invalidate() { c.generation.Add(1) }
