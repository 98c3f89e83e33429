package argon2id

import (
	"golang.org/x/crypto/blake2b"

	"github.com/habeas-data/habeas/sealed"
)

// hashLen is the length of the hash in bytes.
const hashLen = blake2b.Size

// hash fills dst, of at most 64 bytes, with the BLAKE2b of the parts. What it leaves on the
// stack is for sweepStack.
func hash(dst []byte, parts ...[]byte) {
	h, err := blake2b.New(len(dst), nil)
	if err != nil {
		panic("argon2id: " + err.Error()) // of a length that the callers do not use
	}
	defer sealed.Wipe(h)
	for _, p := range parts {
		h.Write(p)
	}
	h.Sum(dst[:0])
}

// longHash is the hash H' of any length (3.3).
func longHash(dst, in []byte) {
	size := number(uint32(len(dst))) //nolint:gosec // at most 1024
	if len(dst) <= hashLen {
		hash(dst, size, in)
		return
	}
	v := make([]byte, hashLen)
	defer clear(v)
	hash(v, size, in)
	for {
		dst = dst[copy(dst, v[:hashLen/2]):]
		if len(dst) <= hashLen {
			hash(dst, v)
			return
		}
		hash(v, v)
	}
}

// sweepStack overwrites what functions that were called from the same place have left below
// it on the stack.
//
//go:noinline
func sweepStack() {
	var below [16 << 10]byte
	touch(&below)
}

//go:noinline
func touch(b *[16 << 10]byte) { clear(b[:]) }
