package keyring

import (
	"encoding/binary"
	"hash"

	"github.com/habeas-data/habeas/sealed"
)

// mac leaves in r.sum the HMAC-SHA256 (RFC 2104) of the parts, one after another, under a
// key of at most 64 bytes. Package crypto/hmac would leave the key on the heap.
func (r *room) mac(h hash.Hash, key []byte, parts ...[]byte) {
	r.begin(h, key)
	for _, p := range parts {
		h.Write(p)
	}
	r.end(h, key)
}

func (r *room) begin(h hash.Hash, key []byte) { r.pass(h, key, 0x36) }

func (r *room) end(h hash.Hash, key []byte) {
	h.Sum(r.sum[:0])
	r.pass(h, key, 0x5c)
	h.Write(r.sum[:])
	h.Sum(r.sum[:0])
}

// text writes a text without a copy of it on the heap: it may be somebody's address.
func (r *room) text(h hash.Hash, s string) {
	for len(s) > 0 {
		n := copy(r.line[:], s)
		h.Write(r.line[:n])
		s = s[n:]
	}
}

// pass begins one of the two passes of HMAC.
func (r *room) pass(h hash.Hash, key []byte, fill byte) {
	for i := range r.pad {
		r.pad[i] = fill
	}
	for i, b := range key {
		r.pad[i] ^= b
	}
	h.Reset()
	h.Write(r.pad[:])
}

// expand fills dst, at most 255 times 32 bytes, from a pseudorandom key: HKDF-Expand with
// SHA-256 (RFC 5869, 2.3).
func (r *room) expand(h hash.Hash, prk []byte, info string, dst []byte) {
	label := append(make([]byte, 0, len(info)+1), info...)
	label = append(label, 0)
	var before []byte
	for len(dst) > 0 {
		label[len(info)]++
		r.mac(h, prk, before, label)
		dst = dst[copy(dst, r.sum[:]):]
		before = r.sum[:] // mac reads it before it writes it
	}
}

// hkdf is Extract and Expand: it leaves the pseudorandom key in r.key, so dst may be r.key
// itself when it is asked for no more than that.
func (r *room) hkdf(h hash.Hash, secret, salt []byte, info string, dst []byte) {
	r.mac(h, salt, secret)
	copy(r.key[:], r.sum[:])
	r.expand(h, r.key[:], info, dst)
}

// lookup is what [Ring.Lookup] returns.
func (v *vault) lookup(key sealed.Of[[keySize]byte], kind, value string) (out LookupHash, err error) {
	err = v.work(func(r *room, h hash.Hash) error {
		return key.Use(func(key *[keySize]byte) error {
			r.begin(h, key[:])
			n := binary.PutUvarint(r.line[:], uint64(len(kind))) // no two pairs read alike
			h.Write(r.line[:n])
			r.text(h, kind) //sealcheck:allow mutate the room is there to be written in
			r.text(h, value)
			r.end(h, key[:])
			copy(out[:], r.sum[:]) //sealcheck:allow escape a hash in an index is for others
			return nil
		})
	})
	return out, err
}
