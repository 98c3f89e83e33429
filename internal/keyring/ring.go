package keyring

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring/store"
	"github.com/habeas-data/habeas/sealed"
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
	CacheKeys int          // unwrapped subject keys held in memory, about 300 bytes each; default 50,000
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

	vault   *vault // where the keys lie
	root    rootKey
	lookup  sealed.Of[[keySize]byte]
	wrap    box         // wraps subject keys
	secret  box         // wraps named secrets
	ciphers sync.Map    // use → cipher.Block or cipher.AEAD, see Cipher
	secrets sync.Map    // name → sealed.Value
	shut    atomic.Bool // closed

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
// password. The recovery kit is shown once and kept nowhere; the
// caller closes it. The password is closed.
func Create(ctx context.Context, path string, password Password, opts Options) (r *Ring, kit RecoveryKit, err error) {
	defer password.Close()
	opts = opts.withDefaults()
	if err := password.checkNew(); err != nil {
		return nil, RecoveryKit{}, err
	}
	switch there, err := Exists(ctx, path, opts); {
	case err != nil:
		return nil, RecoveryKit{}, err
	case there:
		return nil, RecoveryKit{}, ErrExists
	}
	v, err := newVault()
	if err != nil {
		return nil, RecoveryKit{}, err
	}
	made := newRecoveryKit()
	defer func() {
		if err != nil {
			v.close()
			made.Close()
		}
	}()
	h, root, err := newHeader(v, password, made, opts.KDF)
	if err != nil {
		return nil, RecoveryKit{}, err
	}
	if r, err = newRing(h, v, root, opts); err != nil {
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
	return r, made, nil
}

// newHeader makes a root key and wraps it both ways.
func newHeader(v *vault, password Password, kit RecoveryKit, cost KDF) (h store.Header, root rootKey, err error) {
	rand.Read(h.Ring[:])
	err = v.work(func(r *room, _ hash.Hash) error {
		rand.Read(r.root[:]) //sealcheck:allow mutate the room is there to be written in
		root, err = sealed.SealOf(v.session, "root key", &r.root)
		return err
	})
	if err != nil {
		return h, root, err
	}
	byPassword, err := wrapWithPassword(v, root, h.Ring, password, cost)
	if err != nil {
		return h, root, err
	}
	byCode, err := wrapWithCode(v, root, h.Ring, kit)
	h.Wrappers = []store.Wrapper{byPassword, byCode}
	return h, root, err
}

// Open unseals the key store at path with the master password, which is closed.
// A wrong one is ErrWrongPassword, and not a byte of the store changes.
// With the right one, Open brings the schema up to date and applies every
// tombstone that this copy of the store has not seen.
func Open(ctx context.Context, path string, password Password, opts Options) (*Ring, error) {
	defer password.Close()
	return unseal(ctx, path, opts, func(v *vault, h store.Header) (rootKey, error) { return unwrapWithPassword(v, h, password) })
}

// OpenWithRecovery is Open with the recovery code instead of the password.
// Case, spaces and hyphens do not matter; a mistyped group is named. The caller
// sets a new password with [Ring.Rotate] next. The code is closed.
func OpenWithRecovery(ctx context.Context, path string, code Password, opts Options) (*Ring, error) {
	defer code.Close()
	kit, err := ParseRecoveryCode(code)
	if err != nil {
		return nil, err
	}
	defer kit.Close()
	return unseal(ctx, path, opts, func(v *vault, h store.Header) (rootKey, error) { return unwrapWithCode(v, h, kit) })
}

func unseal(ctx context.Context, path string, opts Options, unwrap func(*vault, store.Header) (rootKey, error)) (*Ring, error) {
	h, err := store.Peek(ctx, opts.at(path))
	if err != nil {
		return nil, mapError(err)
	}
	v, err := newVault()
	if err != nil {
		return nil, err
	}
	root, err := unwrap(v, h)
	if err != nil {
		v.close()
		return nil, err
	}
	r, err := newRing(h, v, root, opts.withDefaults())
	if err != nil {
		v.close()
		return nil, err
	}
	if err := r.open(ctx, path); err != nil {
		return nil, err
	}
	return r, nil
}

// newRing derives the working keys.
func newRing(h store.Header, v *vault, root rootKey, opts Options) (*Ring, error) {
	r := &Ring{
		id: h.Ring, vault: v, root: root, opts: opts, cache: newCache(opts.CacheKeys),
		eraseTurn: newTurn(), catchTurn: newTurn(), gone: map[habeas.SubjectID]struct{}{},
	}
	r.generation.Store(h.Generation)
	return r, errors.Join(
		r.derive("subject keys", func(room *room, _ hash.Hash) (err error) {
			r.wrap, err = v.box("key of subject keys", room.key[:])
			return err
		}),
		r.derive("secrets", func(room *room, _ hash.Hash) (err error) {
			r.secret, err = v.box("key of secrets", room.key[:])
			return err
		}),
		r.derive("lookup", func(room *room, _ hash.Hash) (err error) {
			r.lookup, err = sealed.SealOf(v.session, "lookup key", &room.key)
			return err
		}),
	)
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

// Close closes the store and wipes all keys. Methods that return an error
// fail afterwards with ErrClosed; those that cannot ([Ring.Cipher], [Ring.Code],
// [Ring.Token], [Ring.Lookup], [Key.Seal], [Key.Derive]) panic, because any value
// they returned would be guessable. Call
// it once nothing else uses the ring. It waits for an erasure in progress, and
// doing it twice is harmless.
func (r *Ring) Close() error {
	<-r.eraseTurn
	defer r.eraseTurn.give()
	<-r.catchTurn
	defer r.catchTurn.give()
	if r.shut.Swap(true) {
		return nil
	}
	r.vault.close()
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
