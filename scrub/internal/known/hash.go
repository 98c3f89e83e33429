package known

import (
	"encoding/binary"
	"math/bits"
)

// keys are the secrets of one Matcher. They exist in sealed memory, and on the stack of
// who is using them.
type keys struct {
	sip0, sip1 uint64
	mix0, mix1 uint64
}

const keyBytes = 32

func readKeys(b []byte) (k keys) {
	k.sip0, k.sip1 = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	k.mix0, k.mix1 = binary.LittleEndian.Uint64(b[16:])|1, binary.LittleEndian.Uint64(b[24:])|1
	return k
}

// place maps the codes of the last letters to a place in a filter. It is called for each
// letter of the text, so it is short. All of h counts in the low half of the result, of
// which filters use what they need.
func (k *keys) place(h uint64) uint64 { return place(h, k.mix0, k.mix1) }

func place(h, mix0, mix1 uint64) uint64 {
	h *= mix0
	return (h ^ h>>32) * mix1 >> 32
}

// sip is SipHash-1-3 (Aumasson and Bernstein, 2012) over 64-bit words, one for each letter.
type sip struct{ v0, v1, v2, v3 uint64 }

func (k *keys) sip() sip {
	return sip{k.sip0 ^ 0x736f6d6570736575, k.sip1 ^ 0x646f72616e646f6d, k.sip0 ^ 0x6c7967656e657261, k.sip1 ^ 0x7465646279746573}
}

func (s *sip) round() {
	s.v0 += s.v1
	s.v1 = bits.RotateLeft64(s.v1, 13) ^ s.v0
	s.v0 = bits.RotateLeft64(s.v0, 32)
	s.v2 += s.v3
	s.v3 = bits.RotateLeft64(s.v3, 16) ^ s.v2
	s.v0 += s.v3
	s.v3 = bits.RotateLeft64(s.v3, 21) ^ s.v0
	s.v2 += s.v1
	s.v1 = bits.RotateLeft64(s.v1, 17) ^ s.v2
	s.v2 = bits.RotateLeft64(s.v2, 32)
}

func (s *sip) add(m uint64) {
	s.v3 ^= m
	s.round()
	s.v0 ^= m
}

// sum is the hash of what was added, never 0. More can be added afterwards.
func (s sip) sum(n int) uint64 {
	s.add(uint64(n) << 56)
	s.v2 ^= 0xff
	s.round()
	s.round()
	s.round()
	return max(1, s.v0^s.v1^s.v2^s.v3)
}

// gram is the hash of the codes of the first letters of a long pattern. The count of
// letters keeps it apart from hashes of letters.
func (k *keys) gram(h uint64) uint64 {
	s := k.sip()
	s.add(h)
	return s.sum(0xff)
}
