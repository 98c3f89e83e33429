package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync/atomic"

	"github.com/habeas-data/habeas"
)

// sealVersion starts everything a Key seals: AES-256-GCM with a random nonce.
const sealVersion = 1

// Overhead is by how many bytes a sealed value is longer than its plaintext:
// version, nonce, tag.
const Overhead = 1 + 12 + 16

// materialSize is what is wrapped for each key: an AES-256 key and an HKDF key.
// Both are drawn at random, so neither is derived from the other and the HKDF
// key needs no Extract (RFC 5869, 3.3).
const materialSize = keySize + sha256.Size

// ErrUnseal says that a sealed value is damaged, belongs to another place or
// was sealed with another key. Which of these cannot be told.
var ErrUnseal = errors.New("keyring: the value does not open with this key at this place")

// Key is the key of one subject, of one month or of the house. It is safe for concurrent
// use and prints as nothing but its type. A server holds many, so in memory it is covered
// (see vault), and opened in sealed memory for each use. It can be used until its ring is
// closed.
type Key struct {
	id      habeas.SubjectID
	vault   *vault
	covered [materialSize]byte
	wrapped []byte // only on keys made by NewKey
	checked atomic.Uint64
	used    atomic.Bool // the cache's clock bit
	watch   watch
}

// hide covers the material in r under the vault's key. It is random, so four blocks of a
// permutation hide all of it but whether two of them are the same.
func (v *vault) hide(r *room, covered *[materialSize]byte) error {
	return v.cover.Use(func(b cipher.Block) error {
		for i := 0; i < materialSize; i += aes.BlockSize {
			b.Encrypt(covered[i:], r.material[i:])
		}
		return nil
	})
}

// open calls f with the material in r.material: the AES-256 key and the HKDF key.
func (k *Key) open(f func(*room, hash.Hash) error) error {
	return k.vault.work(func(r *room, h hash.Hash) error {
		err := k.vault.cover.Use(func(b cipher.Block) error {
			for i := 0; i < materialSize; i += aes.BlockSize {
				b.Decrypt(r.material[i:], k.covered[i:])
			}
			return nil
		})
		if err != nil {
			return ErrClosed
		}
		return f(r, h)
	})
}

// cipher calls f with AES-256-GCM under the key.
func (k *Key) cipher(f func(cipher.AEAD) error) error { return k.vault.warmFor(k.id).use(k, f) }

// Subject returns whose key it is.
func (k *Key) Subject() habeas.SubjectID { return k.id }

// Seal encrypts plaintext for a place, the name of exactly one spot in the data
// ("statement/<id>"): moved elsewhere it does not open. The result is [Overhead]
// bytes longer. A key may seal 2³² values. It panics after the ring was closed.
func (k *Key) Seal(place string, plaintext []byte) []byte {
	return k.AppendSeal(make([]byte, 0, len(plaintext)+Overhead), place, plaintext)
}

// AppendSeal is Seal that appends to dst, which must not overlap plaintext.
func (k *Key) AppendSeal(dst []byte, place string, plaintext []byte) []byte {
	k.watch.saw(WorkSeal, len(plaintext))
	mustBeOpen(k.cipher(func(aead cipher.AEAD) error {
		dst = sealGCM(aead, append(dst, sealVersion), plaintext, []byte(place))
		return nil
	}))
	return dst
}

// Open decrypts what Seal made for the same place, else returns ErrUnseal, and ErrClosed
// after the ring was closed.
func (k *Key) Open(place string, sealed []byte) (plaintext []byte, err error) {
	k.watch.saw(WorkOpen, len(sealed))
	if len(sealed) < Overhead || sealed[0] != sealVersion {
		return nil, ErrUnseal
	}
	err = k.cipher(func(aead cipher.AEAD) (err error) {
		plaintext, err = openGCM(aead, nil, sealed[1:], []byte(place))
		return err
	})
	return plaintext, err
}

// Derive returns n bytes that only the holder of the key can compute, different
// for every info: HKDF-Expand with SHA-256 (RFC 5869). n is at most 8,160; a
// larger one returns nil. It panics after the ring was closed.
func (k *Key) Derive(info string, n int) []byte {
	k.watch.saw(WorkDerive, n)
	if n > 255*sha256.Size {
		return nil
	}
	out := make([]byte, n)
	mustBeOpen(k.open(func(r *room, h hash.Hash) error {
		r.expand(h, r.material[keySize:], info, out) //sealcheck:allow escape what is derived is for others
		return nil
	}))
	return out
}

// Format implements fmt.Formatter: no verb prints key material.
func (k *Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "keyring.Key") }

// keyPlace binds a wrapped key to its ring and its subject.
func (r *Ring) keyPlace(id habeas.SubjectID) []byte {
	const label = "habeas subject key v1 "
	b := make([]byte, 0, len(label)+len(r.id)+len(id))
	b = append(b, label...)
	b = append(b, r.id[:]...)
	return append(b, id[:]...)
}

// NewKey makes a random key for a subject, in memory only. What it seals must
// not be stored before [Ring.Commit] has returned. It panics after Close.
func (r *Ring) NewKey(id habeas.SubjectID) *Key {
	k := r.newKey(id, r.generation.Load())
	k.watch.saw(WorkWrap, materialSize)
	mustBeOpen(r.vault.work(func(room *room, _ hash.Hash) error {
		rand.Read(room.material[:]) //sealcheck:allow mutate the room is there to be written in
		k.wrapped = r.wrap.Seal(nil, nil, room.material[:], r.keyPlace(id))
		return r.vault.hide(room, &k.covered)
	}))
	return k
}

func (r *Ring) newKey(id habeas.SubjectID, generation uint64) *Key {
	k := &Key{id: id, vault: r.vault, watch: r.opts.Watch}
	k.checked.Store(generation)
	return k
}

// unwrap makes a key of its stored form.
func (r *Ring) unwrap(id habeas.SubjectID, wrapped []byte, generation uint64) (*Key, error) {
	k := r.newKey(id, generation)
	k.watch.saw(WorkUnwrap, len(wrapped))
	err := r.vault.work(func(room *room, _ hash.Hash) error {
		if len(wrapped) != wrappedSize {
			return errDamaged
		}
		if _, err := r.wrap.Open(room.material[:0], nil, wrapped, r.keyPlace(id)); err != nil {
			return err
		}
		return r.vault.hide(room, &k.covered)
	})
	switch {
	case errors.Is(err, ErrUnseal):
		return nil, errDamaged.WithCause(ErrUnseal)
	case err != nil:
		return nil, err
	}
	return k, nil
}
