package search

import (
	"context"
	"iter"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Options for New, Build and Open. The zero value works.
type Options struct {
	// Trust leaves out the checksums when a file is opened: it is from this machine
	// and its disk is believed. The structure is checked all the same.
	Trust bool
}

// Index finds entities by name. All methods are safe for concurrent use: reading takes
// no lock and is not held up by writing.
type Index struct {
	now   atomic.Pointer[view]
	stats *stats
	room  sync.Pool // of *search

	write   sync.Mutex // held by writers
	merging int        // so many parts from the first are being merged in the background
	wipe    bool       // what is gone shall leave the memory: Compact
	workers sync.WaitGroup
	closed  bool
	unmap   []func() error
}

// Stats says how large an index is.
type Stats struct {
	Entities int   // that can be found
	Names    int   // of them, with romanised forms; the same name of two entities counts twice
	Words    int   // distinct in each segment
	Segments int   // a search looks at each
	Gone     int   // entities deleted or replaced whose room is not free yet
	Bytes    int64 // of the segments, in memory or mapped
}

// New returns an empty index.
func New(Options) *Index {
	x := &Index{stats: &stats{letters: letterModel{make([]atomic.Uint32, letterN)}}}
	x.room.New = func() any { return new(search) }
	x.now.Store(&view{stats: x.stats})
	return x
}

// Build returns an index of entities, made on all processors. Of entities with the same
// ID the last counts. It fails on the first entity without ID or name, with a country
// that is not two letters, on more than 250 types, and when ctx is done.
func Build(ctx context.Context, entities iter.Seq[Entity], o Options) (*Index, error) {
	batches, err := encodeAll(ctx, entities)
	if err != nil {
		return nil, err
	}
	x := New(o)
	s, err := assemble(batches)
	if err != nil {
		return nil, err
	}
	x.stats.add(s)
	x.now.Store(x.now.Load().push(s))
	x.dropDoubles()
	if s.entities() >= manyEntities {
		debug.FreeOSMemory() // building leaves as much garbage as index
	}
	return x, nil
}

// push returns the view with a segment more.
func (v *view) push(s *segment) *view {
	parts := append(v.parts[:len(v.parts):len(v.parts)], part{segment: s, slot: &slot{}})
	return newView(parts, v.stats)
}

// newView returns a view of parts, numbered through.
func newView(parts []part, st *stats) *view {
	v := &view{parts: parts, stats: st}
	var words, names, entities uint32
	for i := range parts {
		p := &parts[i]
		p.wordBase, p.nameBase, p.entityBase = words, names, entities
		words += p.words.size()
		names += p.names.size()
		entities += p.entities()
	}
	return v
}

// find returns where the living entity with an ID is.
func (v *view) find(id []byte) (at int, ord uint32, ok bool) {
	for i := len(v.parts) - 1; i >= 0; i-- {
		if ord, ok := v.parts[i].find(id); ok && !v.parts[i].dead.has(ord) {
			return i, ord, true
		}
	}
	return 0, 0, false
}

// entityOf returns an entity as it was put in.
func (s *segment) entityOf(ord uint32) Entity {
	r := s.record(ord)
	return r.entity()
}

// Len returns how many entities there are.
func (x *Index) Len() int { return int(x.stats.entities.Load()) }

// Names returns how many names the entities have, romanised forms not counted twice
// where they are names already.
func (x *Index) Names() int { return int(x.stats.pairs.Load()) }

// Stats returns how large the index is.
func (x *Index) Stats() Stats {
	v := x.now.Load()
	st := Stats{Entities: x.Len(), Names: x.Names(), Segments: len(v.parts)}
	for i := range v.parts {
		st.Words += int(v.parts[i].words.size())
		if d := v.parts[i].dead; d != nil {
			st.Gone += d.n
		}
		for _, sec := range v.parts[i].sections() {
			st.Bytes += int64(sec.bytes())
		}
	}
	return st
}

// Get returns an entity as it was put in.
func (x *Index) Get(id string) (Entity, bool) {
	v := x.now.Load()
	at, ord, ok := v.find([]byte(id))
	if !ok {
		return Entity{}, false
	}
	return v.parts[at].entityOf(ord), true
}

// Put adds entities or replaces those with the same ID. They can be found when Put
// returns. On an error nothing has changed. Putting many at once costs less than one
// after the other.
func (x *Index) Put(entities ...Entity) error {
	batches, err := encodeAll(context.Background(), func(yield func(Entity) bool) {
		for _, e := range entities {
			if !yield(e) {
				return
			}
		}
	})
	if err != nil || len(entities) == 0 {
		return err
	}
	s, err := assemble(batches)
	if err != nil {
		return err
	}
	x.write.Lock()
	defer x.write.Unlock()
	v := x.bury(x.now.Load(), func(yield func([]byte) bool) {
		for _, e := range entities {
			if !yield([]byte(e.ID)) {
				return
			}
		}
	})
	x.stats.add(s)
	x.now.Store(v.push(s))
	x.dropDoubles()
	return x.tidy()
}

// Delete removes entities and returns how many there were. What they were can no longer
// be found when it returns, and is gone from memory when its segment is merged.
func (x *Index) Delete(ids ...string) int {
	x.write.Lock()
	defer x.write.Unlock()
	before := x.Len()
	x.now.Store(x.bury(x.now.Load(), func(yield func([]byte) bool) {
		for _, id := range ids {
			if !yield([]byte(id)) {
				return
			}
		}
	}))
	n := before - x.Len()
	if x.tidy() != nil {
		return n // what is not tidied now is tidied with the next write
	}
	return n
}

// bury returns the view without some entities.
func (x *Index) bury(v *view, ids iter.Seq[[]byte]) *view {
	gone := map[int][]uint32{}
	for id := range ids {
		if at, ord, ok := v.find(id); ok && !contains(gone[at], ord) {
			gone[at] = append(gone[at], ord)
		}
	}
	if len(gone) == 0 {
		return v
	}
	parts := append([]part(nil), v.parts...)
	for at, ords := range gone {
		p := &parts[at]
		for _, ord := range ords {
			x.stats.remove(p, ord)
		}
		p.dead = p.dead.with(p.entities(), ords)
	}
	return newView(parts, v.stats)
}

// dropDoubles marks all but the last of the newest segment's entities with one ID as
// gone.
func (x *Index) dropDoubles() {
	v := x.now.Load()
	p := v.parts[len(v.parts)-1]
	if len(p.doubles) == 0 {
		return
	}
	for _, ord := range p.doubles {
		x.stats.remove(&p, ord)
	}
	parts := append([]part(nil), v.parts...)
	parts[len(parts)-1].dead = p.dead.with(p.entities(), p.doubles)
	x.now.Store(newView(parts, v.stats))
}

func contains(s []uint32, n uint32) bool {
	for _, v := range s {
		if v == n {
			return true
		}
	}
	return false
}

// Close gives back what the index has mapped. No other call may follow or be under way.
func (x *Index) Close() error {
	x.write.Lock()
	x.closed = true
	x.write.Unlock()
	x.workers.Wait()
	var first error
	for _, u := range x.unmap {
		if err := u(); err != nil && first == nil {
			first = err
		}
	}
	x.unmap = nil
	return first
}
