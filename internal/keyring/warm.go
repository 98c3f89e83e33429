package keyring

import (
	"crypto/cipher"
	"hash"
	"sync"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/sealed"
)

// warmKeys is how many ciphers of keys a ring keeps ready: to expand a key takes ten times
// as long as to seal a value with it. Each takes 1 KiB of sealed memory.
const warmKeys = 256

// warm is the cipher of the key that was last used of those that share its place.
type warm struct {
	mu      sync.RWMutex // held by readers while the cipher is used
	filled  bool
	covered [materialSize]byte // of whose key it is
	aead    sealed.Moved[cipher.AEAD]
}

// warmUp reserves the places, so that there is room for a key whenever one is used.
func (v *vault) warmUp() error {
	for i := range v.warm {
		aead, _, err := newGCM(make([]byte, keySize))
		if err != nil {
			return err
		}
		if v.warm[i].aead, err = sealed.Move(v.session, "key of a subject", aead); err != nil {
			return err
		}
	}
	return nil
}

// warmFor is the place of a subject. Identifiers end at random, and those of months differ
// in the bytes 8 to 10, of the house in byte 7.
func (v *vault) warmFor(id habeas.SubjectID) *warm {
	return &v.warm[(int(id[15])+int(id[7])+31*int(id[9])+7*int(id[10]))%warmKeys]
}

// cool forgets the cipher of a subject.
func (v *vault) cool(id habeas.SubjectID) {
	w := v.warmFor(id)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.empty()
}

func (w *warm) empty() {
	w.filled = false
	_ = w.aead.Use(func(aead cipher.AEAD) error { sealed.Wipe(aead); return nil }) // of a closed vault it is wiped
}

// use calls f with the cipher of a key, which it makes when another's is there. The error
// of f comes out as it is.
func (w *warm) use(k *Key, f func(cipher.AEAD) error) error {
	w.mu.RLock()
	if w.filled && w.covered == k.covered {
		defer w.mu.RUnlock()
		return w.call(f)
	}
	w.mu.RUnlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.filled || w.covered != k.covered {
		if err := w.fill(k); err != nil {
			return err
		}
	}
	return w.call(f)
}

func (w *warm) call(f func(cipher.AEAD) error) error {
	var said error
	if err := w.aead.Use(func(aead cipher.AEAD) error { said = f(aead); return nil }); err != nil {
		return ErrClosed
	}
	return said
}

func (w *warm) fill(k *Key) error {
	w.filled = false
	err := k.open(func(r *room, _ hash.Hash) error {
		aead, wipe, err := newGCM(r.material[:keySize])
		if err != nil {
			return err
		}
		defer wipe()
		return w.aead.Set(aead)
	})
	if err == nil {
		w.covered, w.filled = k.covered, true
	}
	return err
}
