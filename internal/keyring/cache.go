package keyring

import (
	"sync"
	"sync/atomic"

	"github.com/habeas-data/habeas"
)

// shards spread the cache's locks over the random end of identifiers.
const shards = 16

// cache holds unwrapped keys, at most a fixed number. Each shard evicts by the
// clock algorithm: a read only sets a bit, so readers share a lock.
type cache struct {
	shard [shards]shard
}

type shard struct {
	mu           sync.RWMutex
	at           map[habeas.SubjectID]int // place in slots
	slots        []*Key                   // nil: free
	free         []int
	hand         int
	limit        int
	hits, misses atomic.Uint64
}

func newCache(limit int) *cache {
	c := &cache{}
	for i := range c.shard {
		c.shard[i].at = map[habeas.SubjectID]int{}
		c.shard[i].limit = max(1, limit/shards)
	}
	return c
}

func (c *cache) of(id habeas.SubjectID) *shard { return &c.shard[id[len(id)-1]%shards] }

// get returns the key of a subject or nil.
func (c *cache) get(id habeas.SubjectID) *Key {
	s := c.of(id)
	s.mu.RLock()
	defer s.mu.RUnlock()
	i, ok := s.at[id]
	if !ok {
		s.misses.Add(1)
		return nil
	}
	s.hits.Add(1)
	k := s.slots[i]
	if !k.used.Load() { // spares the cache line of a popular key
		k.used.Store(true)
	}
	return k
}

// put adds a key and evicts one that was not read lately when the shard is full.
func (c *cache) put(k *Key) {
	s := c.of(k.id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limit == 0 { // purged
		return
	}
	i, known := s.at[k.id]
	switch {
	case known:
	case len(s.free) > 0:
		i = s.free[len(s.free)-1]
		s.free = s.free[:len(s.free)-1]
	case len(s.slots) < s.limit:
		i = len(s.slots)
		s.slots = append(s.slots, nil)
	default:
		i = s.evict()
	}
	s.slots[i] = k
	s.at[k.id] = i
}

// evict turns the hand to a key without its bit, clearing bits on the way. The
// shard is full, so it ends within two rounds.
func (s *shard) evict() int {
	for {
		i := s.hand
		s.hand = (s.hand + 1) % len(s.slots)
		if k := s.slots[i]; !k.used.Swap(false) {
			delete(s.at, k.id)
			return i
		}
	}
}

func (c *cache) drop(id habeas.SubjectID) {
	s := c.of(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if i, ok := s.at[id]; ok {
		delete(s.at, id)
		s.slots[i] = nil
		s.free = append(s.free, i)
	}
}

// purge empties the cache for good: nothing is put into it later.
func (c *cache) purge() {
	for i := range c.shard {
		s := &c.shard[i]
		s.mu.Lock()
		clear(s.at)
		s.slots, s.free, s.hand, s.limit = nil, nil, 0, 0
		s.mu.Unlock()
	}
}

func (c *cache) stats() (cached int, hits, misses uint64) {
	for i := range c.shard {
		s := &c.shard[i]
		s.mu.RLock()
		cached += len(s.at)
		s.mu.RUnlock()
		hits += s.hits.Load()
		misses += s.misses.Load()
	}
	return cached, hits, misses
}
