package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// derive returns n bytes for one use of the root key: HKDF-SHA256 (RFC 5869)
// salted with the ring's id. It panics after Close; see there.
func (r *Ring) derive(use string, n int) []byte {
	r.rootMu.RLock()
	defer r.rootMu.RUnlock()
	if r.root == nil {
		panic("keyring: used after Close")
	}
	key, err := hkdf.Key(sha256.New, r.root(), r.id[:], "habeas ring v1 "+use, n)
	if err != nil {
		panic("keyring: HKDF refused a length of our own: " + err.Error())
	}
	return key
}

func (r *Ring) closed() bool {
	r.rootMu.RLock()
	defer r.rootMu.RUnlock()
	return r.root == nil
}

// LookupHash stands for a value in an index: equal values of one kind have equal
// hashes, and without the ring nobody can compute or guess one.
type LookupHash [16]byte

// lookupState is what one Lookup needs, kept for the next.
type lookupState struct {
	mac hash.Hash
	buf []byte
	sum [sha256.Size]byte
}

func (r *Ring) initLookup(key []byte) {
	r.lookup.New = func() any { return &lookupState{mac: hmac.New(sha256.New, key), buf: make([]byte, 0, 128)} }
}

// Lookup returns the hash under which a value of a kind ("email") is found:
// HMAC-SHA256 of both, cut to 128 bits. The caller canonicalises the value.
func (r *Ring) Lookup(kind, value string) LookupHash {
	s := r.lookup.Get().(*lookupState)
	s.buf = binary.AppendUvarint(s.buf[:0], uint64(len(kind))) // no two pairs read alike
	s.buf = append(s.buf, kind...)
	s.buf = append(s.buf, value...)
	s.mac.Reset()
	s.mac.Write(s.buf)
	h := LookupHash(s.mac.Sum(s.sum[:0])[:16])
	watch(r.opts.Watch).saw(WorkLookup, len(value))
	clear(s.buf) // it may hold an address
	r.lookup.Put(s)
	return h
}

// Cipher returns AES-256 under a key of its own for info. Its permutation of
// 16-byte blocks turns internal identifiers into references that look random
// and lead back, a different one for each info. Keep it: making one takes a
// few microseconds.
func (r *Ring) Cipher(info string) cipher.Block {
	key := r.derive("cipher "+info, keySize)
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("keyring: AES-256 refused a key of its own size: " + err.Error())
	}
	return block
}

// Code returns a number that only this ring can compute from info and id. A
// mailed code is made of it when the mail is rendered, so no row holds one.
func (r *Ring) Code(info string, id []byte) uint64 {
	sum := r.mac("code "+info, id)
	return binary.BigEndian.Uint64(sum[:8])
}

// Token is Code with 256 bits, for links.
func (r *Ring) Token(info string, id []byte) [32]byte { return r.mac("token "+info, id) }

func (r *Ring) mac(use string, id []byte) (sum [sha256.Size]byte) {
	key := r.derive(use, sha256.Size)
	defer clear(key)
	mac := hmac.New(sha256.New, key)
	mac.Write(id)
	mac.Sum(sum[:0])
	return sum
}
