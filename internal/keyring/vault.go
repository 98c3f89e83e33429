package keyring

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"hash"
	"runtime"

	"github.com/habeas-data/habeas/sealed"
)

// vault is where a ring keeps its keys: in the sealed memory of one session. What is too
// much for that, the keys of the subjects, it covers: in ordinary memory they lie encrypted
// under a key of this session, which was never anywhere else and ends with it.
type vault struct {
	session *sealed.Session
	cover   sealed.Moved[cipher.Block]
	desks   chan desk      // free ones; waiting for one takes as long as one computation
	warm    [warmKeys]warm // ciphers of keys that are in use
}

// desk is room in sealed memory for one computation at a time.
type desk struct {
	room sealed.Of[room]
	hash sealed.Moved[hash.Hash] // SHA-256
}

// room holds what a computation needs of secrets. Nobody clears it before the next one: it
// is as safe as the keys.
type room struct {
	root     [rootSize]byte
	key      [keySize]byte
	material [materialSize]byte
	pad      [sha256.BlockSize]byte
	sum      [sha256.Size]byte
	line     [128]byte // a piece of a text
}

func newVault() (v *vault, err error) {
	v = &vault{session: sealed.Open(context.Background())} // until close
	defer func() {
		if err != nil {
			v.close()
		}
	}()
	n := max(4, 2*runtime.GOMAXPROCS(0))
	v.desks = make(chan desk, n)
	for range n {
		var d desk
		if d.room, err = sealed.SealOf(v.session, "room for keys", new(room)); err != nil {
			return v, err
		}
		if d.hash, err = sealed.Move(v.session, "hash", sha256.New()); err != nil {
			return v, err
		}
		v.desks <- d
	}
	if err = v.warmUp(); err != nil {
		return v, err
	}
	err = v.work(func(r *room, _ hash.Hash) error {
		rand.Read(r.key[:]) //sealcheck:allow mutate the room is there to be written in
		v.cover, err = v.block("cover of subject keys", r.key[:])
		return err
	})
	return v, err
}

// close wipes everything. Who is using a key keeps it until the computation ends.
func (v *vault) close() { v.session.Close() }

// work calls f with a desk's room and hash, which f must not keep. f must not call work.
// The error of f comes out as it is: it must hold nothing of a key.
func (v *vault) work(f func(*room, hash.Hash) error) error {
	d := <-v.desks
	defer func() { v.desks <- d }()
	var said error
	err := d.room.Use(func(r *room) error {
		return d.hash.Use(func(h hash.Hash) error { said = f(r, h); return nil })
	})
	if err != nil {
		return ErrClosed
	}
	return said
}

// block is AES-256 under a key, in sealed memory.
func (v *vault) block(label string, key []byte) (sealed.Moved[cipher.Block], error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealed.Moved[cipher.Block]{}, err
	}
	return sealed.Move(v.session, label, block)
}

// box is AES-256-GCM under a key, in sealed memory.
func (v *vault) box(label string, key []byte) (box, error) {
	aead, wipe, err := newGCM(key)
	if err != nil {
		return box{}, err
	}
	defer wipe()
	m, err := sealed.Move(v.session, label, aead)
	return box{m}, err
}

// newGCM is AES-256-GCM under a key, on the heap until wipe is called.
func newGCM(key []byte) (aead cipher.AEAD, wipe func(), err error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, nil, err
	}
	if aead, err = cipher.NewGCM(block); err != nil {
		return nil, nil, err
	}
	return aead, func() { sealed.Wipe(block); sealed.Wipe(aead) }, nil
}

const (
	nonceSize = 12
	tagSize   = 16
)

// sealGCM appends to dst a random 96-bit nonce and the encryption of plaintext. A key may
// seal 2³² messages so (NIST SP 800-38D, 8.3).
func sealGCM(aead cipher.AEAD, dst, plaintext, place []byte) []byte {
	var nonce [nonceSize]byte
	rand.Read(nonce[:])
	return aead.Seal(append(dst, nonce[:]...), nonce[:], plaintext, place)
}

// openGCM appends to dst what sealGCM encrypted for the same place, else it is ErrUnseal.
func openGCM(aead cipher.AEAD, dst, in, place []byte) ([]byte, error) {
	if len(in) < nonceSize+tagSize {
		return nil, ErrUnseal
	}
	out, err := aead.Open(dst, in[:nonceSize], in[nonceSize:], place)
	if err != nil {
		return nil, ErrUnseal
	}
	return out, nil
}

// box seals under a key of the ring. It implements [cipher.AEAD], with a nonce of its own
// in front of what it seals.
type box struct{ key sealed.Moved[cipher.AEAD] }

// NonceSize implements cipher.AEAD: the nonce is the box's own.
func (b box) NonceSize() int { return 0 }

// Overhead implements cipher.AEAD.
func (b box) Overhead() int { return nonceSize + tagSize }

// Seal implements cipher.AEAD. It panics after the ring was closed.
func (b box) Seal(dst, _, plaintext, place []byte) []byte {
	err := b.key.Use(func(aead cipher.AEAD) error { dst = sealGCM(aead, dst, plaintext, place); return nil })
	mustBeOpen(err)
	return dst
}

// Open implements cipher.AEAD. Errors: ErrUnseal, ErrClosed.
func (b box) Open(dst, _, in, place []byte) (plaintext []byte, err error) {
	closed := b.key.Use(func(aead cipher.AEAD) error { plaintext, err = openGCM(aead, dst, in, place); return nil })
	if closed != nil {
		return nil, ErrClosed
	}
	return plaintext, err
}

// permutation is AES-256 under a key of the ring. It implements [cipher.Block] and panics
// after the ring was closed.
type permutation struct{ key sealed.Moved[cipher.Block] }

// BlockSize implements cipher.Block.
func (p permutation) BlockSize() int { return aes.BlockSize }

// Encrypt implements cipher.Block.
func (p permutation) Encrypt(dst, src []byte) {
	mustBeOpen(p.key.Use(func(b cipher.Block) error { b.Encrypt(dst, src); return nil }))
}

// Decrypt implements cipher.Block.
func (p permutation) Decrypt(dst, src []byte) {
	mustBeOpen(p.key.Use(func(b cipher.Block) error { b.Decrypt(dst, src); return nil }))
}

// mustBeOpen is for methods that cannot return an error: see [Ring.Close].
func mustBeOpen(err error) {
	if err != nil {
		panic("keyring: used after Close")
	}
}
