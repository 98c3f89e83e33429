package sealed

import (
	"crypto/rand"
	"encoding/binary"
	"sync"
	"sync/atomic"
)

// entry is one value: what its handle leads to. Nothing in it, but for the slot, depends
// on the plaintext; the length is in the slot as well.
type entry struct {
	id    uint64
	label string
	slot  slot
	owner *Session

	// state counts the pins, and has a bit for closed and one for wiped. The one who takes
	// it from exactly "closed, no pins" to "wiped" wipes.
	state atomic.Int64
}

const (
	closedBit = 1 << 40 // far above any number of pins
	wipedBit  = 1 << 41
)

// pin keeps the slot from being wiped. It fails when the value is closed.
func (e *entry) pin() bool {
	if e.state.Add(1) < closedBit {
		return true
	}
	e.unpin()
	return false
}

// unpin ends a pin and wipes when it was the last one of a closed value.
func (e *entry) unpin() {
	if e.state.Add(-1) == closedBit {
		e.wipe()
	}
}

// close ends the life of a value: at once, or when the last pin ends.
func (e *entry) close() {
	e.state.Or(closedBit)
	e.wipe()
}

func (e *entry) wipe() {
	if e.state.CompareAndSwap(closedBit, closedBit|wipedBit) {
		memory.free(e.slot)
		e.slot = slot{}
		e.owner.ended()
	}
}

// held finds the entry of every handle. Lookups take no lock and do not allocate: a
// handle's upper bits choose a shard, its lower ones the place in an open-addressed array
// of atomic pointers. Handles are random, so they are their own hash.
var held table

const shardBits = 6

type table [1 << shardBits]shard

type shard struct {
	slots atomic.Pointer[[]atomic.Pointer[entry]] // length is a power of two
	mu    sync.Mutex                              // held by writers
	live  int                                     // entries
	used  int                                     // entries and graves
	_     [32]byte                                // shards do not share cache lines
}

// grave keeps the place of a removed entry, so that searches go on past it.
var grave = new(entry)

func (t *table) shard(id uint64) *shard { return &t[id>>(64-shardBits)] }

// find returns the entry of id, or nil.
func (t *table) find(id uint64) *entry {
	p := t.shard(id).slots.Load()
	if p == nil {
		return nil
	}
	slots := *p
	mask := uint64(len(slots) - 1)
	for i := id & mask; ; i = (i + 1) & mask {
		e := slots[i].Load()
		if e == nil || e.id == id {
			return e
		}
	}
}

// add gives e a random id and puts it in.
func (t *table) add(e *entry) {
	for {
		e.id = newID()
		s := t.shard(e.id)
		s.mu.Lock()
		if t.find(e.id) == nil {
			s.add(e)
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
	}
}

func (s *shard) add(e *entry) {
	var old []atomic.Pointer[entry]
	if p := s.slots.Load(); p != nil {
		old = *p
	}
	if (s.used+1)*4 > len(old)*3 { // always leaves a nil, where searches end
		size := 16
		for size < (s.live+1)*2 {
			size *= 2
		}
		fresh := make([]atomic.Pointer[entry], size)
		for i := range old {
			if o := old[i].Load(); o != nil && o != grave {
				place(fresh, o)
			}
		}
		s.used = s.live
		s.slots.Store(&fresh)
		old = fresh
	}
	place(old, e)
	s.live++
	s.used++
}

func place(slots []atomic.Pointer[entry], e *entry) {
	mask := uint64(len(slots) - 1)
	i := e.id & mask
	for slots[i].Load() != nil {
		i = (i + 1) & mask
	}
	slots[i].Store(e)
}

// remove takes the entry of id out and returns it, nil when there is none.
func (t *table) remove(id uint64) *entry {
	s := t.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.slots.Load()
	if p == nil {
		return nil
	}
	slots := *p
	mask := uint64(len(slots) - 1)
	for i := id & mask; ; i = (i + 1) & mask {
		e := slots[i].Load()
		if e == nil {
			return nil
		}
		if e.id == id {
			slots[i].Store(grave)
			s.live--
			return e
		}
	}
}

// count returns the number of entries.
func (t *table) count() int {
	n := 0
	for i := range t {
		t[i].mu.Lock()
		n += t[i].live
		t[i].mu.Unlock()
	}
	return n
}

// newID returns a random number that is not zero; a grave has zero.
func newID() uint64 {
	var raw [8]byte
	for {
		_, _ = rand.Read(raw[:]) // never fails, see crypto/rand
		if id := binary.LittleEndian.Uint64(raw[:]); id != 0 {
			return id
		}
	}
}
