package keyring

import (
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// derive calls f with the key of one use of the root key: HKDF-SHA256 (RFC 5869) salted
// with the ring's id. It lies in r.key. It panics after Close; see there.
func (r *Ring) derive(use string, f func(room *room, h hash.Hash) error) error {
	err := r.vault.work(func(room *room, h hash.Hash) error {
		err := r.root.Use(func(root *[rootSize]byte) error {
			room.hkdf(h, root[:], r.id[:], "habeas ring v1 "+use, room.key[:]) //sealcheck:allow mutate the room is there to be written in
			return nil
		})
		if err != nil {
			return ErrClosed
		}
		return f(room, h)
	})
	if r.closed() {
		mustBeOpen(ErrClosed)
	}
	return err
}

func (r *Ring) closed() bool { return r.shut.Load() }

// LookupHash stands for a value in an index: equal values of one kind have equal
// hashes, and without the ring nobody can compute or guess one.
type LookupHash [16]byte

// Lookup returns the hash under which a value of a kind ("email") is found:
// HMAC-SHA256 of both, cut to 128 bits. The caller canonicalises the value.
func (r *Ring) Lookup(kind, value string) LookupHash {
	watch(r.opts.Watch).saw(WorkLookup, len(value))
	sum, err := r.vault.lookup(r.lookup, kind, value)
	mustBeOpen(err)
	return sum
}

// Cipher returns AES-256 under a key of its own for info. Its permutation of
// 16-byte blocks turns internal identifiers into references that look random
// and lead back, a different one for each info. It panics after Close.
func (r *Ring) Cipher(info string) cipher.Block {
	c, err := kept(r, "cipher "+info, func(key []byte) (cipher.Block, error) {
		m, err := r.vault.block("cipher", key)
		return permutation{m}, err
	})
	if err != nil {
		panic("keyring: no room for a cipher: " + err.Error())
	}
	return c
}

// AEAD returns AES-256-GCM under a key of its own for info. It draws a random 96-bit
// nonce for each message and puts it in front, so its NonceSize is 0. A key may seal 2³²
// messages (NIST SP 800-38D, 8.3). It is never the AEAD and the Cipher of the same info.
func (r *Ring) AEAD(info string) cipher.AEAD {
	c, err := kept(r, "cipher "+info, func(key []byte) (cipher.AEAD, error) { return r.vault.box("cipher", key) })
	if err != nil {
		panic("keyring: no room for a cipher: " + err.Error())
	}
	return c
}

// kept makes the cipher of one use once. Their number is that of the systems and of the
// few uses of our own.
func kept[C any](r *Ring, use string, make func(key []byte) (C, error)) (c C, err error) {
	if there, ok := r.ciphers.Load(use); ok {
		return there.(C), nil
	}
	err = r.derive(use, func(room *room, _ hash.Hash) (err error) {
		c, err = make(room.key[:])
		return err
	})
	if err != nil {
		return c, err
	}
	there, _ := r.ciphers.LoadOrStore(use, c) // of two at once, one is never used
	return there.(C), nil
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
	mustBeOpen(r.derive(use, func(room *room, h hash.Hash) error {
		room.mac(h, room.key[:], id)
		sum = room.sum //sealcheck:allow escape what is derived is for others
		return nil
	}))
	return sum
}
