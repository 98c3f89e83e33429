package keyring

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"golang.org/x/crypto/argon2"

	"github.com/habeas-data/habeas/internal/keyring/store"
)

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

// newAEAD returns AES-256-GCM that draws a random 96-bit nonce for each message
// and puts it in front. Such a key may seal 2³² messages (NIST SP 800-38D, 8.3).
func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// rootPlace binds a wrapped root key to its store, its kind and its cost, so
// that no part of the row can be exchanged.
func rootPlace(ring [16]byte, w *store.Wrapper) []byte {
	return fmt.Appendf(nil, "habeas root key v1 %x %s %d %d %d", ring, w.Kind, w.Passes, w.MemoryKiB, w.Threads)
}

func sealRoot(root []byte, ring [16]byte, w *store.Wrapper, kek []byte) error {
	defer clear(kek)
	aead, err := newAEAD(kek)
	if err != nil {
		return err
	}
	w.Sealed = aead.Seal(nil, nil, root, rootPlace(ring, w))
	return nil
}

// openRoot returns nil when the key-encryption key is not the right one.
func openRoot(ring [16]byte, w *store.Wrapper, kek []byte) []byte {
	defer clear(kek)
	aead, err := newAEAD(kek)
	if err != nil {
		return nil
	}
	root, err := aead.Open(nil, nil, w.Sealed, rootPlace(ring, w))
	if err != nil || len(root) != rootSize {
		return nil
	}
	return root
}

func wrapWithPassword(root []byte, ring [16]byte, password []byte, cost KDF) (store.Wrapper, error) {
	w := store.Wrapper{
		Kind: kindPassword, Passes: cost.Passes, MemoryKiB: cost.MemoryKiB, Threads: cost.Threads,
		Salt: make([]byte, saltSize),
	}
	if !cost.valid() {
		return w, fmt.Errorf("keyring: argon2id parameters out of range")
	}
	rand.Read(w.Salt)
	return w, sealRoot(root, ring, &w, argon2.IDKey(password, w.Salt, cost.Passes, cost.MemoryKiB, cost.Threads, keySize))
}

func unwrapWithPassword(h store.Header, password []byte) ([]byte, error) {
	w := wrapperOf(h, kindPassword)
	if w == nil || !(KDF{w.Passes, w.MemoryKiB, w.Threads}).valid() {
		return nil, errDamaged
	}
	kek := argon2.IDKey(password, w.Salt, w.Passes, w.MemoryKiB, w.Threads, keySize)
	if root := openRoot(h.Ring, w, kek); root != nil {
		return root, nil
	}
	return nil, ErrWrongPassword
}

// codeKey needs no stretching: the code has 160 random bits.
func codeKey(kit RecoveryKit, salt []byte) ([]byte, error) {
	return hkdf.Key(sha256.New, kit.secret(), salt, "habeas recovery code v1", keySize)
}

func wrapWithCode(root []byte, ring [16]byte, kit RecoveryKit) (store.Wrapper, error) {
	w := store.Wrapper{Kind: kindRecovery, Salt: make([]byte, saltSize)}
	rand.Read(w.Salt)
	kek, err := codeKey(kit, w.Salt)
	if err != nil {
		return w, err
	}
	return w, sealRoot(root, ring, &w, kek)
}

func unwrapWithCode(h store.Header, kit RecoveryKit) ([]byte, error) {
	w := wrapperOf(h, kindRecovery)
	if w == nil {
		return nil, ErrWrongRecoveryCode
	}
	kek, err := codeKey(kit, w.Salt)
	if err != nil {
		return nil, err
	}
	if root := openRoot(h.Ring, w, kek); root != nil {
		return root, nil
	}
	return nil, ErrWrongRecoveryCode
}

func wrapperOf(h store.Header, kind string) *store.Wrapper {
	for i := range h.Wrappers {
		if h.Wrappers[i].Kind == kind {
			return &h.Wrappers[i]
		}
	}
	return nil
}

// Rotate sets a new master password, whose bytes are wiped: the root key is
// wrapped anew in one transaction and every other key stays as it is. The old
// wrapping is then removed from the store; an error after that
// point says so by [Stats.Pending], while the new password already counts.
func (r *Ring) Rotate(ctx context.Context, newPassword []byte) error {
	defer clear(newPassword)
	if err := CheckNewPassword(newPassword); err != nil {
		return err
	}
	return r.rewrap(ctx, func(root []byte) (store.Wrapper, error) {
		return wrapWithPassword(root, r.id, newPassword, r.opts.KDF)
	})
}

// NewRecoveryKit makes a new recovery code; the one before stops working. No
// other key changes.
func (r *Ring) NewRecoveryKit(ctx context.Context) (RecoveryKit, error) {
	kit := newRecoveryKit()
	err := r.rewrap(ctx, func(root []byte) (store.Wrapper, error) { return wrapWithCode(root, r.id, kit) })
	if err != nil {
		return RecoveryKit{}, err
	}
	return kit, nil
}

func (r *Ring) rewrap(ctx context.Context, wrap func(root []byte) (store.Wrapper, error)) error {
	if err := r.take(ctx, r.eraseTurn); err != nil { // the old wrapping is erased too
		return err
	}
	defer r.eraseTurn.give()
	r.rootMu.RLock()
	defer r.rootMu.RUnlock()
	if r.root == nil {
		return ErrClosed
	}
	w, err := wrap(r.root())
	if err != nil {
		return err
	}
	if err := r.store.PutWrapper(ctx, &w); err != nil {
		return mapError(err)
	}
	return r.compact(ctx)
}
