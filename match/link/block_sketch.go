package link

import (
	"math/bits"
	"sync/atomic"
)

// sketch counts how many rows have each key, in one byte a slot that stops at
// sketchFull. Keys that fall into one slot count together: a count is never too low. A
// slot whose count is small enough is a block, which makes the sketch a table of blocks
// that needs no keys. Safe for concurrent use.
type sketch struct {
	words []uint32 // four slots each
	mask  uint64
	heavy []uint32 // what full slots have not counted, in few wide ones
}

const (
	sketchFull  = 255
	sketchHeavy = 1 << 16
)

// newSketch returns a sketch for about keys different keys. Half of the slots stay
// empty, up to 2²⁷ slots (128 MB).
func newSketch(keys int) *sketch {
	size := 1 << min(27, max(12, bits.Len(uint(2*keys))))
	return &sketch{words: make([]uint32, size/4), mask: uint64(size - 1), heavy: make([]uint32, sketchHeavy)}
}

func (s *sketch) slot(key uint64) uint32 { return uint32(key & s.mask) }

func (s *sketch) count(slot uint32) int {
	return int(s.words[slot/4] >> (slot % 4 * 8) & 255)
}

func (s *sketch) add(key uint64) {
	slot := s.slot(key)
	word, shift := &s.words[slot/4], slot%4*8
	for {
		old := atomic.LoadUint32(word)
		if old>>shift&255 == sketchFull {
			atomic.AddUint32(&s.heavy[key>>32%sketchHeavy], 1)
			return
		}
		if atomic.CompareAndSwapUint32(word, old, old+1<<shift) {
			return
		}
	}
}

// common reports whether a key is too frequent among rows to tell much: one in eight has
// it.
func (s *sketch) common(key uint64, rows int) bool {
	return s.count(s.slot(key)) == sketchFull && int(s.heavy[key>>32%sketchHeavy])+sketchFull > rows/8
}

// sizes tells how many slots have each count.
func (s *sketch) sizes() (n [sketchFull + 1]int64) {
	for _, w := range s.words {
		if w != 0 {
			n[w&255]++
			n[w>>8&255]++
			n[w>>16&255]++
			n[w>>24]++
		}
	}
	n[0] = 0
	return n
}

// largest returns the size up to which all blocks together hold no more than budget
// pairs, at least 2.
func (s *sketch) largest(budget int64) int {
	n := s.sizes()
	for size := int64(2); size < sketchFull; size++ {
		if budget -= n[size] * size * (size - 1) / 2; budget < 0 {
			return int(max(2, size-1))
		}
	}
	return sketchFull - 1
}

// numbering gives the slots that hold blocks numbers from 0 without gaps.
type numbering struct {
	chosen []uint64 // a bit for each slot
	before []uint32 // for each word of chosen: blocks in the words before
	starts []uint32 // where the rows of a block begin, by number; one more at the end
}

// number numbers the slots with 2 to most rows.
func (s *sketch) number(most int) *numbering {
	n := &numbering{chosen: make([]uint64, (len(s.words)*4+63)/64)}
	n.before = make([]uint32, len(n.chosen))
	var at uint32
	for i := range n.chosen {
		n.before[i] = uint32(len(n.starts))
		for j, w := range s.words[i*16 : i*16+16] {
			for k := 0; w != 0; k, w = k+1, w>>8 {
				if c := w & 255; c >= 2 && int(c) <= most {
					n.chosen[i] |= 1 << (4*j + k)
					n.starts = append(n.starts, at)
					at += c
				}
			}
		}
	}
	n.starts = append(n.starts, at)
	return n
}

// of returns the number of the block in a slot, which must be one.
func (n *numbering) of(slot uint32) uint32 {
	word, bit := slot/64, slot%64
	return n.before[word] + uint32(bits.OnesCount64(n.chosen[word]&(1<<bit-1)))
}
