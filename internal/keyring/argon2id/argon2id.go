// Package argon2id turns a password into a key (RFC 9106, version 0x13, without secret and
// associated data), and leaves nothing of the password behind: golang.org/x/crypto/argon2
// leaves it in buffers on the heap and the stack, where a core dump shows it, and the memory
// that it has filled leads to the key. It computes the same, as its tests prove.
package argon2id

import (
	"encoding/binary"
	"sync"
)

const (
	version  = 0x13
	kind     = 2 // argon2id
	slices   = 4 // synchronisation points of a pass
	words    = 128
	blockLen = 8 * words
)

// block is the unit of memory, 1 KiB.
type block [words]uint64

// Key fills dst, of at most 64 bytes, with the key of a password. The cost is in passes over
// the memory, memory in KiB, at least 8 for each lane, and lanes, which are computed at the
// same time; all are at least 1. A salt should have 16 random bytes. Neither the password
// nor the salt is changed.
func Key(dst, password, salt []byte, passes, memory uint32, lanes uint8) {
	f := &filling{passes: passes, lanes: uint32(lanes)}
	f.segment = memory / (slices * f.lanes)
	f.column = f.segment * slices
	f.blocks = make([]block, f.column*f.lanes)
	defer clear(f.blocks)
	sweepStack() // so that it has grown before there is something to leave behind
	defer sweepStack()
	f.begin(password, salt, memory, len(dst))
	sweepStack() // at once: the rest takes long, and a stack may move
	for pass := range passes {
		for slice := range uint32(slices) {
			var wg sync.WaitGroup
			for lane := range f.lanes {
				wg.Go(func() { f.fill(pass, slice, lane) })
			}
			wg.Wait()
		}
	}
	f.end(dst)
}

// filling is the memory while it is filled: a matrix with a row for each lane.
type filling struct {
	passes, lanes   uint32
	column, segment uint32 // length of a lane, and of a quarter of it
	blocks          []block
}

func (f *filling) at(lane, column uint32) *block { return &f.blocks[lane*f.column+column] }

// begin makes the first two blocks of each lane (3.2, steps 1 to 4).
func (f *filling) begin(password, salt []byte, memory uint32, keyLen int) {
	seed := make([]byte, hashLen+8)
	raw := make([]byte, blockLen)
	defer clear(seed)
	defer clear(raw)
	hash(seed[:hashLen], number(f.lanes), number(uint32(keyLen)), number(memory), number(f.passes), number(version), number(kind), //nolint:gosec // at most 64
		length(password), password, length(salt), salt, number(0), number(0))
	for lane := range f.lanes {
		for column := range uint32(2) {
			binary.LittleEndian.PutUint32(seed[hashLen:], column)
			binary.LittleEndian.PutUint32(seed[hashLen+4:], lane)
			longHash(raw, seed)
			b := f.at(lane, column)
			for i := range b {
				b[i] = binary.LittleEndian.Uint64(raw[8*i:])
			}
		}
	}
}

// end makes the key of the last blocks of the lanes (3.2, steps 7 and 8).
func (f *filling) end(dst []byte) {
	last := f.at(0, f.column-1)
	for lane := uint32(1); lane < f.lanes; lane++ {
		for i, w := range f.at(lane, f.column-1) {
			last[i] ^= w
		}
	}
	raw := make([]byte, 0, blockLen)
	defer clear(raw[:blockLen])
	for _, w := range last {
		raw = binary.LittleEndian.AppendUint64(raw, w)
	}
	longHash(dst, raw)
}

// fill computes one segment: a quarter of a lane in one pass (3.2, steps 5 and 6).
func (f *filling) fill(pass, slice, lane uint32) {
	var scratch block // holds a whole block of memory at the end
	defer clear(scratch[:])
	fixed := pass == 0 && slice < slices/2 // argon2id: the first half of the first pass
	a := addresses{input: block{uint64(pass), uint64(lane), uint64(slice), uint64(len(f.blocks)), uint64(f.passes), kind}}
	for index := range f.segment {
		if fixed && index%words == 0 {
			a.next(&scratch)
		}
		if pass == 0 && slice == 0 && index < 2 {
			continue // made by begin
		}
		column := slice*f.segment + index
		before := f.at(lane, (column+f.column-1)%f.column)
		random := before[0]
		if fixed {
			random = a.list[index%words]
		}
		compress(f.at(lane, column), before, f.reference(random, pass, slice, lane, index), &scratch, pass > 0)
	}
}

// reference chooses the block that the next one depends on (3.4.2).
func (f *filling) reference(random uint64, pass, slice, lane, index uint32) *block {
	from := uint32(random>>32) % f.lanes
	if pass == 0 && slice == 0 {
		from = lane
	}
	done, start := f.column-f.segment, (slice+1)%slices*f.segment
	if pass == 0 {
		done, start = slice*f.segment, 0
	}
	if from == lane {
		done += index - 1
	} else if index == 0 {
		done--
	}
	x := random & 0xffffffff
	x = x * x >> 32
	back := uint32(uint64(done) * x >> 32) //nolint:gosec // less than done
	return f.at(from, (start+done-1-back)%f.column)
}

// addresses are the pseudorandom numbers that depend on no data (3.4.1.2).
type addresses struct {
	input, list block
}

func (a *addresses) next(scratch *block) {
	var zero block
	a.input[6]++
	compress(&a.list, &zero, &a.input, scratch, false)
	compress(&a.list, &zero, &a.list, scratch, false)
}

func number(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }

func length(b []byte) []byte { return number(uint32(len(b))) } //nolint:gosec // a password is short
