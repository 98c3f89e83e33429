package known

import (
	"sync/atomic"

	"github.com/habeas-data/habeas/sealed"
)

// gramLen is how many letters a pattern needs to be found inside words, and how many of
// its first ones the filter knows. maxLen is the most letters of one pattern.
const (
	gramLen = 7
	maxLen  = 40
)

// Only every second letter of a text is looked at first, with those before it: the filter of
// pairs knows both windows of so many letters in a gram.
const windowLen = gramLen - 1

// mask keeps the codes of the last n letters.
func mask(h uint64, n int) uint64 { return h << (64 - 8*n) }

// tables are what Find reads. One writer adds to them in place while readers look: every
// word is written atomically, what a key leads to before the key. Room for more comes by
// building new ones.
type tables struct {
	pairs, long, short filter
	grams              []gramSlot
	patterns           []patternSlot
	used               int // of patterns; only the writer reads it
}

type gramSlot struct{ key, lengths atomic.Uint64 }

type patternSlot struct {
	key     atomic.Uint64
	pattern pattern
}

// pattern is a sequence of letters that is searched. Its hash is its slot's key.
type pattern struct {
	holders atomic.Pointer[holder]
	gaps    atomic.Uint32 // bit i: a separator is expected after letter i; short patterns only
}

// holder is a place of a value that has the letters of a pattern.
type holder struct {
	value sealed.Value
	at    cursor
	whole bool // the pattern is all of the value
	next  *holder
}

// cursor is a place between letters: skip of the letters of the character at pos are
// before it.
type cursor struct{ pos, skip int }

func newTables(capacity int) *tables {
	size := 1024
	for size < capacity {
		size *= 2
	}
	return &tables{
		pairs:    make(filter, size*filterBits/64),
		long:     make(filter, size*filterBits/64),
		short:    make(filter, size*filterBits/64),
		grams:    make([]gramSlot, size),
		patterns: make([]patternSlot, size),
	}
}

// filterBits is the bits of a filter per slot. At most half the slots are taken, so that a
// filter says yes by chance for one in 64 or less.
const filterBits = 32

// full says that the next pattern needs larger tables.
func (t *tables) full() bool { return 2*t.used >= len(t.patterns) }

// lengths says which lengths the patterns have that begin with a gram, as a set of bits.
func (t *tables) lengths(gram uint64) uint64 {
	for i := gram; ; i++ {
		s := &t.grams[i&uint64(len(t.grams)-1)]
		switch s.key.Load() {
		case gram:
			return s.lengths.Load()
		case 0:
			return 0
		}
	}
}

func (t *tables) addGram(gram uint64, length int) {
	for i := gram; ; i++ {
		s := &t.grams[i&uint64(len(t.grams)-1)]
		switch s.key.Load() {
		case 0:
			s.lengths.Store(1 << length)
			s.key.Store(gram)
			return
		case gram:
			s.lengths.Or(1 << length)
			return
		}
	}
}

func (t *tables) find(key uint64) *pattern {
	for i := key; ; i++ {
		s := &t.patterns[i&uint64(len(t.patterns)-1)]
		switch s.key.Load() {
		case key:
			return &s.pattern
		case 0:
			return nil
		}
	}
}

// add makes h a holder of the pattern of a key.
func (t *tables) add(key uint64, gaps uint32, h *holder) {
	for i := key; ; i++ {
		s := &t.patterns[i&uint64(len(t.patterns)-1)]
		switch s.key.Load() {
		case 0:
			s.pattern.gaps.Store(gaps)
			s.pattern.holders.Store(h)
			s.key.Store(key)
			t.used++
			return
		case key:
			s.pattern.gaps.Or(gaps)
			s.pattern.push(h)
			return
		}
	}
}

func (p *pattern) push(h *holder) {
	for {
		h.next = p.holders.Load()
		if p.holders.CompareAndSwap(h.next, h) {
			return
		}
	}
}

// pop drops the first holder, whose session is closed, and is the one after it. Each
// holder is dropped once, so looking for a living one costs nothing in the long run.
func (p *pattern) pop(h *holder) *holder {
	p.holders.CompareAndSwap(h, h.next)
	return p.holders.Load()
}

// filter is a set of places that may say yes for one that was not added.
type filter []uint64

func (f filter) add(place uint64) {
	atomic.OrUint64(&f[place>>6&uint64(len(f)-1)], 1<<(place&63))
}

func (f filter) has(place uint64) bool {
	return atomic.LoadUint64(&f[place>>6&uint64(len(f)-1)])>>(place&63)&1 != 0
}
