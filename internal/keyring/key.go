package keyring

import (
	"bytes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
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

// Key is the key of one subject, of one month or of the house. It is ready to
// use, safe for concurrent use, and prints as nothing but its type.
type Key struct {
	id      habeas.SubjectID
	aead    cipher.AEAD
	derive  hidden
	wrapped []byte // only on keys made by NewKey
	checked atomic.Uint64
	used    atomic.Bool // the cache's clock bit
	watch   watch
}

// newKey takes 64 bytes of material apart.
func newKey(id habeas.SubjectID, material []byte, generation uint64) (*Key, error) {
	if len(material) != materialSize {
		return nil, errDamaged
	}
	aead, err := newAEAD(material[:keySize])
	if err != nil {
		return nil, err
	}
	k := &Key{id: id, aead: aead, derive: hide(bytes.Clone(material[keySize:]))}
	k.checked.Store(generation)
	return k, nil
}

// Subject returns whose key it is.
func (k *Key) Subject() habeas.SubjectID { return k.id }

// Seal encrypts plaintext for a place, the name of exactly one spot in the data
// ("statement/<id>"): moved elsewhere it does not open. The result is [Overhead]
// bytes longer. A key may seal 2³² values.
func (k *Key) Seal(place string, plaintext []byte) []byte {
	return k.AppendSeal(make([]byte, 0, len(plaintext)+Overhead), place, plaintext)
}

// AppendSeal is Seal that appends to dst, which must not overlap plaintext.
func (k *Key) AppendSeal(dst []byte, place string, plaintext []byte) []byte {
	k.watch.saw(WorkSeal, len(plaintext))
	return k.aead.Seal(append(dst, sealVersion), nil, plaintext, []byte(place))
}

// Open decrypts what Seal made for the same place, else returns ErrUnseal.
func (k *Key) Open(place string, sealed []byte) ([]byte, error) {
	k.watch.saw(WorkOpen, len(sealed))
	if len(sealed) < Overhead || sealed[0] != sealVersion {
		return nil, ErrUnseal
	}
	plaintext, err := k.aead.Open(nil, nil, sealed[1:], []byte(place))
	if err != nil {
		return nil, ErrUnseal
	}
	return plaintext, nil
}

// Derive returns n bytes that only the holder of the key can compute, different
// for every info: HKDF-Expand with SHA-256 (RFC 5869). n is at most 8,160; a
// larger one returns nil.
func (k *Key) Derive(info string, n int) []byte {
	k.watch.saw(WorkDerive, n)
	out, err := hkdf.Expand(sha256.New, k.derive(), info, n)
	if err != nil {
		return nil
	}
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
// not be stored before [Ring.Commit] has returned.
func (r *Ring) NewKey(id habeas.SubjectID) *Key {
	var material [materialSize]byte
	defer clear(material[:])
	rand.Read(material[:])
	k, err := newKey(id, material[:], r.generation.Load())
	if err != nil {
		panic("keyring: AES-256 refused a key of its own size: " + err.Error())
	}
	k.watch = r.opts.Watch
	k.watch.saw(WorkWrap, len(material))
	k.wrapped = r.wrap.Seal(nil, nil, material[:], r.keyPlace(id))
	return k
}

// unwrap makes a key of its stored form.
func (r *Ring) unwrap(id habeas.SubjectID, wrapped []byte, generation uint64) (*Key, error) {
	material, err := r.wrap.Open(nil, nil, wrapped, r.keyPlace(id))
	if err != nil {
		return nil, errDamaged.WithCause(ErrUnseal)
	}
	defer clear(material)
	k, err := newKey(id, material, generation)
	if err != nil {
		return nil, err
	}
	k.watch = r.opts.Watch
	k.watch.saw(WorkUnwrap, len(wrapped))
	return k, nil
}
