package keyring

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash"

	"github.com/habeas-data/habeas/internal/keyring/argon2id"
	"github.com/habeas-data/habeas/internal/keyring/store"
	"github.com/habeas-data/habeas/sealed"
)

// rootKey is the root key in the vault of its ring.
type rootKey = sealed.Of[[rootSize]byte]

const (
	rootSize = 32 // bytes of the root key
	keySize  = 32 // bytes of an AES-256 key
	saltSize = 16

	// Names of the two ways to unwrap the root key, as stored.
	kindPassword = "password"
	kindRecovery = "recovery"
)

// KDF is the cost of turning a password into a key with argon2id (RFC 9106).
type KDF struct {
	Passes    uint32 // over the memory
	MemoryKiB uint32 // KiB
	Threads   uint8
}

var (
	// DefaultKDF is RFC 9106's second recommendation with fewer lanes: 64 MiB,
	// three passes, a quarter of a second on two busy cores.
	DefaultKDF = KDF{Passes: 3, MemoryKiB: 64 << 10, Threads: 2}
	// CheapKDF protects nothing. It is for tests, which open many rings.
	CheapKDF = KDF{Passes: 1, MemoryKiB: 8, Threads: 1}

	// maxKDF bounds what a file may demand of the machine that opens it.
	maxKDF = KDF{Passes: 64, MemoryKiB: 4 << 20, Threads: 64}
)

func (k KDF) valid() bool {
	return k.Passes >= 1 && k.Passes <= maxKDF.Passes && k.Threads >= 1 && k.Threads <= maxKDF.Threads &&
		k.MemoryKiB >= 8*uint32(k.Threads) && k.MemoryKiB <= maxKDF.MemoryKiB
}

// rootPlace binds a wrapped root key to its store, its kind and its cost, so
// that no part of the row can be exchanged.
func rootPlace(ring [16]byte, w *store.Wrapper) []byte {
	return fmt.Appendf(nil, "habeas root key v1 %x %s %d %d %d", ring, w.Kind, w.Passes, w.MemoryKiB, w.Threads)
}

// wrapRoot wraps the root key under the key-encryption key in r.key.
func (r *room) wrapRoot(root *[rootSize]byte, ring [16]byte, w *store.Wrapper) error {
	aead, wipe, err := newGCM(r.key[:])
	if err != nil {
		return err
	}
	defer wipe()
	w.Sealed = sealGCM(aead, nil, root[:], rootPlace(ring, w))
	return nil
}

// unwrapRoot moves the root key into the vault. It is ErrUnseal when the key-encryption key
// in r.key is not the right one.
func (v *vault) unwrapRoot(r *room, ring [16]byte, w *store.Wrapper) (root rootKey, err error) {
	aead, wipe, err := newGCM(r.key[:])
	if err != nil {
		return root, err
	}
	defer wipe()
	if len(w.Sealed) != nonceSize+rootSize+tagSize {
		return root, ErrUnseal
	}
	if _, err := openGCM(aead, r.root[:0], w.Sealed, rootPlace(ring, w)); err != nil {
		return root, err
	}
	return sealed.SealOf(v.session, "root key", &r.root)
}

func wrapWithPassword(v *vault, root rootKey, ring [16]byte, password Password, cost KDF) (store.Wrapper, error) {
	w := store.Wrapper{
		Kind: kindPassword, Passes: cost.Passes, MemoryKiB: cost.MemoryKiB, Threads: cost.Threads,
		Salt: make([]byte, saltSize),
	}
	if !cost.valid() {
		return w, fmt.Errorf("keyring: argon2id parameters out of range")
	}
	rand.Read(w.Salt)
	return w, wrapUnder(v, root, ring, &w, func(r *room, _ hash.Hash) error { return password.stretch(&w, &r.key) }) //sealcheck:allow mutate the room is there to be written in
}

func unwrapWithPassword(v *vault, h store.Header, password Password) (root rootKey, err error) {
	w := wrapperOf(h, kindPassword)
	if w == nil || !(KDF{w.Passes, w.MemoryKiB, w.Threads}).valid() {
		return root, errDamaged
	}
	err = v.work(func(r *room, _ hash.Hash) error {
		if err := password.stretch(w, &r.key); err != nil { //sealcheck:allow mutate the room is there to be written in
			return err
		}
		root, err = v.unwrapRoot(r, h.Ring, w)
		return err
	})
	if errors.Is(err, ErrUnseal) {
		err = ErrWrongPassword
	}
	return root, err
}

// stretch makes the key-encryption key.
func (p Password) stretch(w *store.Wrapper, kek *[keySize]byte) error {
	return p.use(func(plain []byte) error {
		argon2id.Key(kek[:], plain, w.Salt, w.Passes, w.MemoryKiB, w.Threads)
		return nil
	})
}

// codeKey needs no stretching: the code has 160 random bits.
func (r *room) codeKey(h hash.Hash, kit RecoveryKit, salt []byte) error {
	return kit.secret.use(func(secret []byte) error {
		r.hkdf(h, secret, salt, "habeas recovery code v1", r.key[:])
		return nil
	})
}

func wrapWithCode(v *vault, root rootKey, ring [16]byte, kit RecoveryKit) (store.Wrapper, error) {
	w := store.Wrapper{Kind: kindRecovery, Salt: make([]byte, saltSize)}
	rand.Read(w.Salt)
	return w, wrapUnder(v, root, ring, &w, func(r *room, h hash.Hash) error { return r.codeKey(h, kit, w.Salt) }) //sealcheck:allow mutate the room is there to be written in
}

// wrapUnder wraps the root key under the key that kek leaves in r.key.
func wrapUnder(v *vault, root rootKey, ring [16]byte, w *store.Wrapper, kek func(*room, hash.Hash) error) error {
	return v.work(func(r *room, h hash.Hash) error {
		if err := kek(r, h); err != nil {
			return err
		}
		var said error
		if err := root.Use(func(root *[rootSize]byte) error { said = r.wrapRoot(root, ring, w); return nil }); err != nil {
			return ErrClosed
		}
		return said
	})
}

func unwrapWithCode(v *vault, h store.Header, kit RecoveryKit) (root rootKey, err error) {
	w := wrapperOf(h, kindRecovery)
	if w == nil {
		return root, ErrWrongRecoveryCode
	}
	err = v.work(func(r *room, hash hash.Hash) error {
		if err := r.codeKey(hash, kit, w.Salt); err != nil { //sealcheck:allow mutate the room is there to be written in
			return err
		}
		root, err = v.unwrapRoot(r, h.Ring, w)
		return err
	})
	if errors.Is(err, ErrUnseal) {
		err = ErrWrongRecoveryCode
	}
	return root, err
}

func wrapperOf(h store.Header, kind string) *store.Wrapper {
	for i := range h.Wrappers {
		if h.Wrappers[i].Kind == kind {
			return &h.Wrappers[i]
		}
	}
	return nil
}

// Rotate sets a new master password, which is closed: the root key is
// wrapped anew in one transaction and every other key stays as it is. The old
// wrapping is then removed from the store; an error after that
// point says so by [Stats.Pending], while the new password already counts.
func (r *Ring) Rotate(ctx context.Context, newPassword Password) error {
	defer newPassword.Close()
	if err := newPassword.checkNew(); err != nil {
		return err
	}
	return r.rewrap(ctx, func() (store.Wrapper, error) {
		return wrapWithPassword(r.vault, r.root, r.id, newPassword, r.opts.KDF)
	})
}

// NewRecoveryKit makes a new recovery code; the one before stops working. No
// other key changes.
func (r *Ring) NewRecoveryKit(ctx context.Context) (RecoveryKit, error) {
	kit := newRecoveryKit()
	err := r.rewrap(ctx, func() (store.Wrapper, error) { return wrapWithCode(r.vault, r.root, r.id, kit) })
	if err != nil {
		kit.Close()
		return RecoveryKit{}, err
	}
	return kit, nil
}

func (r *Ring) rewrap(ctx context.Context, wrap func() (store.Wrapper, error)) error {
	if err := r.take(ctx, r.eraseTurn); err != nil { // the old wrapping is erased too
		return err
	}
	defer r.eraseTurn.give()
	w, err := wrap()
	if err != nil {
		return err
	}
	if err := r.store.PutWrapper(ctx, &w); err != nil {
		return mapError(err)
	}
	return r.compact(ctx)
}
