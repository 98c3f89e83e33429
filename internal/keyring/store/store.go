package store

import (
	"context"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
)

// What can be wrong with the store itself.
var (
	ErrExists  = errors.New("keyring/store: there is a store already")
	ErrMissing = errors.New("keyring/store: no such store")
	ErrForeign = errors.New("keyring/store: not a key store, or a damaged one")
	ErrNewer   = errors.New("keyring/store: written by a newer version")
	ErrClosed  = errors.New("keyring/store: closed")
	ErrBusy    = errors.New("keyring/store: a reader keeps what was deleted")
)

// What a write can be refused for.
var (
	ErrTaken  = errors.New("keyring/store: the subject has another key")
	ErrErased = errors.New("keyring/store: the subject was erased")
)

// Place says where a store lies.
type Place struct {
	Path string // of the SQLite file, unless DSN is set
	DSN  string // of the PostgreSQL database; it may hold a password and is never printed
}

// Row is one wrapped subject key.
type Row struct {
	ID      habeas.SubjectID
	Wrapped []byte
}

// Erasure says who was erased and when.
type Erasure struct {
	ID habeas.SubjectID
	At time.Time // to the second
}

// Wrapper is one way to unwrap the root key. Passes, MemoryKiB and Threads are
// the argon2id parameters; they are zero where nothing is stretched.
type Wrapper struct {
	Kind      string
	Passes    uint32
	MemoryKiB uint32
	Threads   uint8
	Salt      []byte
	Sealed    []byte
}

// Header is what must be known before anything can be unwrapped.
type Header struct {
	Ring       [16]byte
	Generation uint64
	Wrappers   []Wrapper
}

// Sink takes the content of a store in this order: the header once, then secrets
// and keys. An error of it ends the delivery.
type Sink interface {
	Header(h Header) error
	Secret(name string, wrapped []byte) error
	Keys(rows []Row) error
}

// Log says what is known about the write-ahead log of a store from before the last
// erasure, which holds wrapped keys that were erased since.
type Log uint8

// The states of the log.
const (
	LogGone    Log = iota // the server has removed it
	LogKept               // the server still has it
	LogUnknown            // the server does not tell this role, or overwrites it at some later time
)

// Pending says what erased keys may still be found in, by somebody who has the
// machine and the master password.
type Pending struct {
	Store bool // the store itself: [Store.Compact] has not succeeded since
	Log   Log  // the write-ahead log
}

// Store is an open key store. All methods are safe for concurrent use. A write
// that has begun is not cancelled with its context, because an interrupted commit
// would leave open whether it happened.
type Store interface {
	// Key returns the wrapped key of a subject, nil when there is none.
	Key(ctx context.Context, id habeas.SubjectID) ([]byte, error)
	// Keys returns the wrapped keys of those subjects that have one, in no order.
	Keys(ctx context.Context, ids []habeas.SubjectID) ([]Row, error)
	// Page returns up to limit keys whose subject sorts after the given one.
	Page(ctx context.Context, after habeas.SubjectID, limit int) ([]Row, error)
	// CountKeys counts all keys. It walks the table.
	CountKeys(ctx context.Context) (int, error)

	// InsertKeys makes keys durable, all or none. Writing the very same row again
	// succeeds, so that a caller who does not know whether it happened may repeat
	// it; another key for a known subject is ErrTaken. check runs right before, and
	// can refuse; on a store of several nodes a subject that another one has erased
	// is ErrErased. Concurrent calls share a transaction, yet each succeeds or
	// fails by itself.
	InsertKeys(ctx context.Context, rows []Row, check func() error) error
	// Decoy makes a row durable that nobody reads, in place of one before: as much
	// work as inserting a key, without keeping one.
	Decoy(ctx context.Context, wrapped []byte) error
	// DropKeys deletes keys that nothing was ever sealed with and returns how many
	// there were. It is no erasure: neither generation nor list know of it.
	DropKeys(ctx context.Context, ids []habeas.SubjectID) (int, error)

	// DeleteKeys deletes the keys of subjects, whether or not they have one, and
	// raises the generation in the same transaction. before runs when no other
	// write can come in between, ahead of the deletion, and can refuse it; it may
	// run a second time when the connection broke. [Store.Compact] must follow
	// before the bytes are gone.
	DeleteKeys(ctx context.Context, erased []Erasure, before func() error) (generation uint64, err error)
	// Compact removes the bytes of what was deleted or replaced, waiting for
	// readers until ctx ends or ten seconds have passed (ErrBusy).
	Compact(ctx context.Context) error
	// Pending says what still waits for that.
	Pending(ctx context.Context) (Pending, error)

	// Shared reports whether other nodes write to the same store. The next two
	// methods are for such a store; on another they know of nothing.
	Shared() bool
	// Generation returns the number that grows with every erasure on any node.
	Generation(ctx context.Context) (uint64, error)
	// Erasures returns those after a generation, and the generation they lead to.
	Erasures(ctx context.Context, after uint64) ([]Erasure, uint64, error)

	// PutWrapper replaces the wrapper of w's kind, or adds it. [Store.Compact] must
	// follow before the old one is gone.
	PutWrapper(ctx context.Context, w *Wrapper) error
	// Secret returns the wrapped secret of that name. When there is none, it calls
	// wrap and keeps what it returns, in one transaction: of several callers at
	// the same time one makes it and all get the same. The empty name is nobody's.
	Secret(ctx context.Context, name string, wrap func() ([]byte, error)) ([]byte, error)
	// DeleteSecrets deletes the secrets of these names and says how many there were.
	// [Store.Compact] must follow before they are gone.
	DeleteSecrets(ctx context.Context, names ...string) (int, error)

	// Dump delivers everything as of one moment, beside writes.
	Dump(ctx context.Context, to Sink) error
	// Close waits for the write in progress and closes the store. Later calls of
	// any method fail with ErrClosed.
	Close() error
}

// Exists reports whether there is something at a place that Create would refuse to
// overwrite.
func Exists(ctx context.Context, at Place) (bool, error) {
	if at.DSN != "" {
		return existsPostgres(ctx, at.DSN)
	}
	return existsSQLite(at.Path)
}

// Create makes a key store of what fill delivers. It appears whole or not at all:
// when fill fails, so does Create, and nothing is left behind. It refuses to
// overwrite (ErrExists).
func Create(ctx context.Context, at Place, fill func(Sink) error) error {
	if at.DSN != "" {
		return createPostgres(ctx, at.DSN, fill)
	}
	return createSQLite(ctx, at.Path, fill)
}

// Drop takes away the store at a place in a database, with everything in it; a file is its
// directory's. Where there is none it does nothing, and what is no store it does not touch
// (ErrOtherDatabase).
func Drop(ctx context.Context, at Place) error {
	if at.DSN == "" {
		return nil
	}
	return dropPostgres(ctx, at.DSN)
}

// Peek reads the header through a read-only connection and closes it again. It
// changes no byte.
func Peek(ctx context.Context, at Place) (Header, error) {
	if at.DSN != "" {
		return peekPostgres(ctx, at.DSN)
	}
	return peekSQLite(ctx, at.Path)
}

// Dump delivers everything as of one moment from a store that this process has not
// opened, as [Store.Dump] does.
func Dump(ctx context.Context, at Place, to Sink) error {
	if at.DSN != "" {
		return dumpPostgres(ctx, at.DSN, to)
	}
	return dumpSQLite(ctx, at.Path, to)
}

// Open opens an existing store for reading and writing and brings its schema up to
// date. Callers [Peek] and unwrap the root key first.
func Open(ctx context.Context, at Place) (Store, error) {
	if at.DSN != "" {
		return openPostgres(ctx, at.DSN)
	}
	return openSQLite(ctx, at.Path)
}
