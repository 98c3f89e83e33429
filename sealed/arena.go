package sealed

import (
	"encoding/binary"
	"math/bits"
	"sync"
)

// The arena hands out slots of a few sizes from chunks of protected memory. A chunk has at
// most 64 pages, so that one word says which are in use. Small slots share a page (a span);
// large ones are runs of pages. Nothing about the content is kept outside the slots.
const (
	pageSize   = 4 << 10 // the arena's own, not the system's
	chunkPages = 64
	chunkSize  = chunkPages * pageSize
	minChunk   = 32 << 10 // below that a stronger kind of memory is not worth its chunk
	lengthSize = 8        // the length in front of the plaintext; keeps it aligned to 8 bytes
	smallest   = 32       // smallest slot
	largest    = 2 << 10  // largest slot that shares a page
	classes    = 7        // 32, 64, … 2048
)

// runs are the sizes, in pages, of slots that share none. The last holds MaxLen.
var runs = [...]int{1, 2, 4, 8, 17}

// slot is a piece of the arena: eight bytes of length, the plaintext, zeros.
type slot struct {
	mem   []byte
	span  *span
	place int // in the page of a small slot
}

func (s slot) length() int { return int(binary.NativeEndian.Uint64(s.mem)) } //nolint:gosec // at most MaxLen

// plain is the plaintext. Its capacity ends where it ends, so that append cannot write on.
func (s slot) plain() []byte {
	end := lengthSize + s.length()
	return s.mem[lengthSize:end:end]
}

// chunk is memory got from the system in one piece.
type chunk struct {
	mem  []byte
	kind Protection
	used uint64 // one bit a page; pages that a short chunk lacks are set
}

// span is a run of pages in use: one page of small slots or one large slot.
type span struct {
	chunk       *chunk
	page, pages int
	size        int       // bytes of a slot
	class       int       // index in arena.open, -1 for a large slot
	taken       [2]uint64 // one bit a slot
	at          int       // index in arena.open[class], -1 while full
}

type arena struct {
	mu      sync.Mutex
	chunks  []*chunk
	open    [classes][]*span // spans with a free slot, by class
	limit   int
	weakest Protection
	kept    [Secret + 1]int // bytes reserved, by kind
	used    int             // bytes of slots in use
}

var memory = arena{limit: 64 << 20, weakest: Heap}

// alloc returns a slot for n bytes, zero but for the length. n is at most MaxLen.
func (a *arena) alloc(n int) (slot, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	need := n + lengthSize
	var s slot
	if need <= largest {
		s = a.small(max(0, bits.Len(uint(need-1))-bits.Len(smallest-1)))
	} else {
		s = a.large(need)
	}
	if s.mem == nil {
		return slot{}, ErrFull
	}
	a.used += len(s.mem)
	binary.NativeEndian.PutUint64(s.mem, uint64(n)) //nolint:gosec // not negative
	return s, nil
}

func (a *arena) small(class int) slot {
	if len(a.open[class]) == 0 {
		sp := a.pages(1)
		if sp == nil {
			return slot{}
		}
		sp.class, sp.size = class, smallest<<class
		n := pageSize / sp.size
		for i := range sp.taken { // places beyond the page are taken
			sp.taken[i] = ^uint64(0) << min(64, max(0, n-64*i))
		}
		a.list(sp)
	}
	sp := a.open[class][len(a.open[class])-1]
	i := bits.TrailingZeros64(^sp.taken[0])
	if i == 64 {
		i += bits.TrailingZeros64(^sp.taken[1])
	}
	sp.taken[i/64] |= 1 << (i % 64)
	if sp.full() {
		a.unlist(sp)
	}
	start := sp.page*pageSize + i*sp.size
	return slot{sp.chunk.mem[start : start+sp.size : start+sp.size], sp, i}
}

func (a *arena) large(need int) slot {
	for _, pages := range runs {
		if need <= pages*pageSize {
			sp := a.pages(pages)
			if sp == nil {
				return slot{}
			}
			start, end := sp.page*pageSize, (sp.page+pages)*pageSize
			return slot{sp.chunk.mem[start:end:end], sp, 0}
		}
	}
	return slot{}
}

// free wipes a slot and takes it back.
func (a *arena) free(s slot) {
	clear(s.mem)
	a.mu.Lock()
	defer a.mu.Unlock()
	sp := s.span
	a.used -= len(s.mem)
	if sp.class < 0 {
		a.release(sp)
		return
	}
	sp.taken[s.place/64] &^= 1 << (s.place % 64)
	if sp.at < 0 {
		a.list(sp)
	}
	if sp.empty() {
		a.unlist(sp)
		a.release(sp)
	}
}

func (sp *span) full() bool { return sp.taken[0]&sp.taken[1] == ^uint64(0) }

// empty reports whether every place within the page is free.
func (sp *span) empty() bool {
	return bits.OnesCount64(sp.taken[0])+bits.OnesCount64(sp.taken[1]) == 128-pageSize/sp.size
}

// list and unlist keep the spans with a free slot.
func (a *arena) list(sp *span) {
	sp.at = len(a.open[sp.class])
	a.open[sp.class] = append(a.open[sp.class], sp)
}

func (a *arena) unlist(sp *span) {
	open := a.open[sp.class]
	last := len(open) - 1
	open[sp.at] = open[last]
	open[sp.at].at = sp.at
	open[last] = nil
	a.open[sp.class] = open[:last]
	sp.at = -1
}

// pages takes a run of n pages, of a new chunk when the others have none; nil when full.
func (a *arena) pages(n int) *span {
	for _, c := range a.chunks {
		if sp := c.take(n); sp != nil {
			return sp
		}
	}
	c := a.grow(n * pageSize)
	if c == nil {
		return nil
	}
	return c.take(n)
}

// take finds n free pages in a row: a bit of free stays set after n-1 steps when the n-1
// pages behind it are free too.
func (c *chunk) take(n int) *span {
	free := ^c.used
	for i := 1; i < n; i++ {
		free &= ^c.used >> i
	}
	if free == 0 {
		return nil
	}
	page := bits.TrailingZeros64(free)
	c.used |= run64(n) << page
	return &span{chunk: c, page: page, pages: n, class: -1, at: -1}
}

func (a *arena) release(sp *span) { sp.chunk.used &^= run64(sp.pages) << sp.page }

// run64 is n ones.
func run64(n int) uint64 { return 1<<n - 1 }

// grow adds a chunk of at least need bytes, of the strongest kind that can be had: when the
// system gives no more locked memory (RLIMIT_MEMLOCK), smaller chunks are tried and then
// the next weaker kind, down to the weakest one allowed.
func (a *arena) grow(need int) *chunk {
	reserved := 0
	for _, n := range a.kept {
		reserved += n
	}
	for kind := Secret; kind >= a.weakest; kind-- {
		for size := chunkSize; size >= max(need, minChunk); size /= 2 {
			if reserved+size > a.limit {
				continue
			}
			mem := reserve(kind, size)
			if mem == nil {
				continue
			}
			c := &chunk{mem: mem, kind: kind, used: ^run64(size / pageSize)}
			a.chunks = append(a.chunks, c)
			a.kept[kind] += size
			return c
		}
		if kind == Heap {
			break // the type has nothing below zero
		}
	}
	return nil
}
