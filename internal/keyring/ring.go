package keyring

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring/store"
)

// What can go wrong, besides the errors that single methods name. Compare with
// errors.Is.
var (
	// ErrWrongPassword: nothing was opened and nothing was changed.
	ErrWrongPassword = &habeas.Error{
		Kind: habeas.KindSealed, Code: "keyring.wrong-password",
		Message: "That is not the master password. Nothing was changed.",
	}
	// ErrWrongRecoveryCode: the code is well-formed, but of another key store or replaced.
	ErrWrongRecoveryCode = &habeas.Error{
		Kind: habeas.KindSealed, Code: "keyring.wrong-recovery-code",
		Message: "That is not the recovery code of this key store. Nothing was changed.",
	}
	// ErrExists: Create never overwrites.
	ErrExists = habeas.Conflict("There is a key store here already. Nothing was changed.").WithCode("keyring.exists")
	// ErrMissing: there is no key store at the path.
	ErrMissing = habeas.NotFound("There is no key store here yet. Run “habeas init” first.").WithCode("keyring.missing")
	// ErrClosed: the ring was closed.
	ErrClosed = (&habeas.Error{
		Kind: habeas.KindSealed, Message: "The server is sealed: it waits for its master password.",
	}).WithCode("keyring.closed")
)

// Options adjust a ring. The zero value is what a server wants.
type Options struct {
	Clock     habeas.Clock // dates tombstones; default: the machine's clock
	CacheKeys int          // unwrapped subject keys held in memory, about 1 kB each; default 50,000
	KDF       KDF          // cost of the master password; default DefaultKDF
	DSN       string       // PostgreSQL database of the keys, shared by nodes; empty: the SQLite file
	// Watch is told of everything that is sealed, opened, derived, looked up, read and
	// written, with its length. It is for tests that compare how much work is done; nil: nobody.
	Watch func(kind Work, bytes int)
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = habeas.SystemClock{}
	}
	if o.CacheKeys <= 0 {
		o.CacheKeys = 50_000
	}
	if o.KDF == (KDF{}) {
		o.KDF = DefaultKDF
	}
	return o
}

// Ring is an unsealed key store. All methods are safe for concurrent use.
type Ring struct {
	id    [16]byte
	store store.Store
	opts  Options

	wrap   cipher.AEAD // wraps subject keys
	secret cipher.AEAD // wraps named secrets
	lookup sync.Pool   // of *lookupState

	rootMu sync.RWMutex
	root   hidden // nil once closed

	cache      *cache
	months     sync.Map      // habeas.SubjectID of the month → *Key
	house      *Key          // of the server itself
	eraseTurn  turn          // erasures happen one after another
	generation atomic.Uint64 // grows with every erasure that this node knows of
	goneMu     sync.RWMutex
	gone       map[habeas.SubjectID]struct{} // every subject ever erased

	listMu   sync.Mutex
	tombs    *tombstones     // the list on disk
	unlisted []store.Erasure // in force here, but not on the list yet

	catchTurn turn          // one goroutine at a time applies what other nodes did
	seen      atomic.Uint64 // generation of the store up to which erasures are known here
	behind    atomic.Bool   // something of this node waits for Refresh
	owedMu    sync.Mutex
	owed      []store.Erasure // on the list, but not deleted from the store yet

	sampleOnce sync.Once
	sample     []byte // what a stand-in opens
}

// at says where the key store of a path lies.
func (o Options) at(path string) store.Place { return store.Place{Path: path, DSN: o.DSN} }

// Exists reports whether there is a key store: the file at path or, with a DSN, in
// the database. A database that holds something else is an error.
func Exists(ctx context.Context, path string, opts Options) (bool, error) {
	there, err := store.Exists(ctx, opts.at(path))
	return there, mapError(err)
}

// Create makes a key store at path, with the file “tombstones” beside it, and
// opens it. With a DSN the store is made in that database, which must be empty, and
// path only says where the list lies. It refuses to overwrite a store, or a list
// that names somebody (ErrExists), and refuses a weak
// password ([CheckNewPassword]). The recovery kit is shown once and kept nowhere. The
// password bytes are wiped.
func Create(ctx context.Context, path string, password []byte, opts Options) (*Ring, RecoveryKit, error) {
	defer clear(password)
	opts = opts.withDefaults()
	if err := CheckNewPassword(password); err != nil {
		return nil, RecoveryKit{}, err
	}
	switch there, err := Exists(ctx, path, opts); {
	case err != nil:
		return nil, RecoveryKit{}, err
	case there:
		return nil, RecoveryKit{}, ErrExists
	}
	var h store.Header
	root := make([]byte, rootSize)
	rand.Read(h.Ring[:])
	rand.Read(root)
	byPassword, err := wrapWithPassword(root, h.Ring, password, opts.KDF)
	if err != nil {
		return nil, RecoveryKit{}, err
	}
	kit := newRecoveryKit()
	byCode, err := wrapWithCode(root, h.Ring, kit)
	if err != nil {
		return nil, RecoveryKit{}, err
	}
	h.Wrappers = []store.Wrapper{byPassword, byCode}
	r, err := newRing(h, root, opts)
	if err != nil {
		return nil, RecoveryKit{}, err
	}
	house := r.NewKey(houseID)
	// The list first: a store without its list is refused, an empty list
	// without a store harms nobody.
	if err := createTombstones(path); err != nil {
		return nil, RecoveryKit{}, err
	}
	err = store.Create(ctx, opts.at(path), func(to store.Sink) error {
		if err := to.Header(h); err != nil {
			return err
		}
		return to.Keys([]store.Row{{ID: houseID, Wrapped: house.wrapped}})
	})
	if err != nil {
		return nil, RecoveryKit{}, mapError(err)
	}
	if err := r.open(ctx, path); err != nil {
		return nil, RecoveryKit{}, err
	}
	return r, kit, nil
}

// Open unseals the key store at path with the master password, whose bytes are
// wiped. A wrong one is ErrWrongPassword, and not a byte of the store changes.
// With the right one, Open brings the schema up to date and applies every
// tombstone that this copy of the store has not seen.
func Open(ctx context.Context, path string, password []byte, opts Options) (*Ring, error) {
	defer clear(password)
	return unseal(ctx, path, opts, func(h store.Header) ([]byte, error) { return unwrapWithPassword(h, password) })
}

// OpenWithRecovery is Open with the recovery code instead of the password.
// Case, spaces and hyphens do not matter; a mistyped group is named. The caller
// sets a new password with [Ring.Rotate] next.
func OpenWithRecovery(ctx context.Context, path, code string, opts Options) (*Ring, error) {
	kit, err := ParseRecoveryCode(code)
	if err != nil {
		return nil, err
	}
	return unseal(ctx, path, opts, func(h store.Header) ([]byte, error) { return unwrapWithCode(h, kit) })
}

func unseal(ctx context.Context, path string, opts Options, unwrap func(store.Header) ([]byte, error)) (*Ring, error) {
	h, err := store.Peek(ctx, opts.at(path))
	if err != nil {
		return nil, mapError(err)
	}
	root, err := unwrap(h)
	if err != nil {
		return nil, err
	}
	r, err := newRing(h, root, opts.withDefaults())
	if err != nil {
		return nil, err
	}
	if err := r.open(ctx, path); err != nil {
		return nil, err
	}
	return r, nil
}

// newRing derives the working keys. It takes root over.
func newRing(h store.Header, root []byte, opts Options) (*Ring, error) {
	r := &Ring{
		id: h.Ring, root: hide(root), opts: opts, cache: newCache(opts.CacheKeys),
		eraseTurn: newTurn(), catchTurn: newTurn(), gone: map[habeas.SubjectID]struct{}{},
	}
	r.generation.Store(h.Generation)
	var err error
	if r.wrap, err = newAEAD(r.derive("subject keys", keySize)); err != nil {
		return nil, err
	}
	if r.secret, err = newAEAD(r.derive("secrets", keySize)); err != nil {
		return nil, err
	}
	r.initLookup(r.derive("lookup", keySize))
	return r, nil
}

// open opens the files of an unlocked ring.
func (r *Ring) open(ctx context.Context, path string) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
		}
	}()
	if r.store, err = store.Open(ctx, r.opts.at(path)); err != nil {
		return mapError(err)
	}
	if r.tombs, err = openTombstones(path); err != nil {
		return err
	}
	if err := r.reconcile(ctx); err != nil {
		return err
	}
	if err := r.compactAtOpen(ctx); err != nil {
		return err
	}
	r.house, err = r.load(ctx, houseID)
	return err
}

// compactAtOpen removes what an interrupted erasure may have left. On a store that
// other nodes use, somebody may be reading for long; the node starts all the same, and
// Pending says what is left.
func (r *Ring) compactAtOpen(ctx context.Context) error {
	if !r.store.Shared() {
		return r.compact(ctx)
	}
	short, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_ = r.compact(short)
	return ctx.Err()
}

// Close closes the store and wipes the root key. Methods that return an error
// fail afterwards with ErrClosed; those that cannot ([Ring.Cipher], [Ring.Code],
// [Ring.Token]) panic, because any value they returned would be guessable. Call
// it once nothing else uses the ring. It waits for an erasure in progress, and
// doing it twice is harmless.
func (r *Ring) Close() error {
	<-r.eraseTurn
	defer r.eraseTurn.give()
	<-r.catchTurn
	defer r.catchTurn.give()
	r.rootMu.Lock()
	open := r.root != nil
	if open {
		clear(r.root())
		r.root = nil
	}
	r.rootMu.Unlock()
	if !open {
		return nil
	}
	var errs []error
	if r.store != nil {
		errs = append(errs, r.store.Close())
	}
	if r.tombs != nil {
		errs = append(errs, r.tombs.Close())
	}
	r.cache.purge()
	r.months.Clear()
	return errors.Join(errs...)
}

// Stats describes a ring, for health pages and doctor.
type Stats struct {
	Keys       int    // durable keys: subjects, months and the house
	Erased     int    // subjects and months ever erased
	Generation uint64 // grows with every erasure
	Cached     int    // unwrapped keys in memory
	Hits       uint64 // reads that the cache answered
	Misses     uint64 // reads that went to the store
	Pending    bool   // an erasure waits for compaction; see Destroy and Pending
}

// Stats counts; it walks the key table (50 ms or so for a million keys).
func (r *Ring) Stats(ctx context.Context) (Stats, error) {
	if r.closed() {
		return Stats{}, ErrClosed
	}
	n, err := r.store.CountKeys(ctx)
	if err != nil {
		return Stats{}, mapError(err)
	}
	pending, err := r.store.Pending(ctx)
	if err != nil {
		return Stats{}, mapError(err)
	}
	s := Stats{Keys: n, Erased: r.countErased(), Generation: r.generation.Load(), Pending: pending.Store}
	s.Cached, s.Hits, s.Misses = r.cache.stats()
	return s, nil
}

// Format implements fmt.Formatter: no verb prints key material.
func (r *Ring) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "keyring.Ring") }
