package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// What can be wrong with the file itself.
var (
	ErrExists  = errors.New("keyring/store: file exists")
	ErrMissing = errors.New("keyring/store: no such file")
	ErrForeign = errors.New("keyring/store: not a key store")
	ErrNewer   = errors.New("keyring/store: written by a newer version")
	ErrClosed  = errors.New("keyring/store: closed")
	ErrBusy    = errors.New("keyring/store: a reader holds the write-ahead log")
)

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

// Store is an open key store. All methods are safe for concurrent use; writes
// happen one after another on one connection, reads beside them.
type Store struct {
	path    string
	writer  *sql.DB
	readers *sql.DB
	turn    chan struct{} // holds one token: the right to use w
	w       writeConn
	r       readStatements
	queue   insertQueue
}

// writeConn is the one connection that writes, with what it has prepared.
type writeConn struct {
	conn *sql.Conn

	begin, commit, rollback, insert *sql.Stmt
}

// readStatements are prepared on the pool of readers.
type readStatements struct {
	key, keys, page *sql.Stmt
}

// reader connections; more than two cores can use, few enough to stay cheap.
const readConns = 4

// dsn is the data source name of path with the given query.
func dsn(path, query string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	escaped := (&url.URL{Path: filepath.ToSlash(abs)}).EscapedPath()
	return "file:" + escaped + "?" + query, nil
}

const (
	// The writer checkpoints by itself every 4,000 pages (16 MiB): passive
	// checkpoints from elsewhere would let the log grow without bound.
	writerPragmas = "_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=secure_delete(ON)&_pragma=temp_store(MEMORY)&_pragma=wal_autocheckpoint(4000)"
	readerPragmas = "_pragma=busy_timeout(5000)&_pragma=query_only(ON)&_pragma=wal_autocheckpoint(0)"
	peekPragmas   = "mode=ro&_pragma=busy_timeout(5000)&_pragma=query_only(ON)"
	// Without a log the file is complete, and SQLite need not make a log and an
	// index beside it only to read.
	peekUnlogged = "&immutable=1"
)

// Create makes a key store at path with its header and first keys. It is built
// under another name and moved into place, so a half-made store is never seen.
// It refuses to overwrite (ErrExists).
func Create(ctx context.Context, path string, h Header, keys []Row) error {
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		if err == nil {
			err = ErrExists
		}
		return err
	}
	draft := path + ".new"
	discard := func() {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(draft + suffix)
		}
	}
	discard() // of an attempt that was interrupted
	defer discard()
	// SQLite gives its log and index the permissions of the database file.
	f, err := os.OpenFile(draft, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := fill(ctx, draft, h, keys); err != nil {
		return err
	}
	if err := os.Rename(draft, path); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// fill writes the first content of a new store and closes it, which leaves
// everything in the one file.
func fill(ctx context.Context, path string, h Header, keys []Row) error {
	s, err := Open(ctx, path)
	if err != nil {
		return err
	}
	err = s.write(ctx, func(ctx context.Context, w *writeConn) error {
		const ring = "INSERT INTO ring (one, id, generation) VALUES (1, ?, ?)"
		if _, err := w.conn.ExecContext(ctx, ring, h.Ring[:], int64(h.Generation)); err != nil {
			return err
		}
		for i := range h.Wrappers {
			if err := putWrapper(ctx, w, &h.Wrappers[i]); err != nil {
				return err
			}
		}
		return insertRows(ctx, w, keys)
	})
	if err == nil {
		err = s.Compact(ctx) // the log is not renamed with the file
	}
	return errors.Join(err, s.Close())
}

// Peek reads the header through a read-only connection and closes it again.
// It changes no byte of the file, nor of a log that a crash left behind.
func Peek(ctx context.Context, path string) (Header, error) {
	if _, err := os.Stat(path); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			err = ErrMissing
		}
		return Header{}, err
	}
	pragmas := peekPragmas
	if _, err := os.Lstat(path + "-wal"); errors.Is(err, os.ErrNotExist) {
		pragmas += peekUnlogged
	}
	name, err := dsn(path, pragmas)
	if err != nil {
		return Header{}, err
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return Header{}, err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return Header{}, fmt.Errorf("%w: %w", ErrForeign, err)
	}
	defer conn.Close()
	return header(ctx, conn)
}

// header reads the header rows and checks that the file is ours.
func header(ctx context.Context, conn *sql.Conn) (h Header, err error) {
	app, err := pragmaInt(ctx, conn, "application_id")
	if err != nil || app != applicationID {
		return h, errors.Join(ErrForeign, err)
	}
	var id []byte
	var generation int64
	if err := conn.QueryRowContext(ctx, "SELECT id, generation FROM ring").Scan(&id, &generation); err != nil {
		return h, fmt.Errorf("%w: %w", ErrForeign, err)
	}
	if len(id) != len(h.Ring) || generation < 0 {
		return h, ErrForeign
	}
	copy(h.Ring[:], id)
	h.Generation = uint64(generation)
	rows, err := conn.QueryContext(ctx, "SELECT kind, passes, memory_kib, threads, salt, sealed FROM wrapper")
	if err != nil {
		return h, err
	}
	defer rows.Close()
	for rows.Next() {
		var w Wrapper
		if err := rows.Scan(&w.Kind, &w.Passes, &w.MemoryKiB, &w.Threads, &w.Salt, &w.Sealed); err != nil {
			return h, fmt.Errorf("%w: %w", ErrForeign, err)
		}
		h.Wrappers = append(h.Wrappers, w)
	}
	return h, rows.Err()
}

// Open opens an existing store for reading and writing and brings its schema
// up to date. Callers [Peek] and unwrap the root key first.
func Open(ctx context.Context, path string) (*Store, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, ErrMissing
	}
	s := &Store{path: path, turn: make(chan struct{}, 1)}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.shut())
	}
	s.turn <- struct{}{}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	name, err := dsn(s.path, writerPragmas)
	if err != nil {
		return err
	}
	if s.writer, err = sql.Open("sqlite", name); err != nil {
		return err
	}
	if s.w.conn, err = s.writer.Conn(ctx); err != nil {
		return err
	}
	if err := migrate(ctx, s.w.conn); err != nil {
		return err
	}
	for _, p := range []struct {
		to   **sql.Stmt
		text string
	}{
		{&s.w.begin, "BEGIN IMMEDIATE"},
		{&s.w.commit, "COMMIT"},
		{&s.w.rollback, "ROLLBACK"},
		{&s.w.insert, insertText},
	} {
		if *p.to, err = s.w.conn.PrepareContext(ctx, p.text); err != nil { //nolint:sqlclosecheck // shut closes it
			return err
		}
	}
	return s.openReaders(ctx)
}

func (s *Store) openReaders(ctx context.Context) error {
	name, err := dsn(s.path, readerPragmas)
	if err != nil {
		return err
	}
	if s.readers, err = sql.Open("sqlite", name); err != nil {
		return err
	}
	s.readers.SetMaxOpenConns(readConns)
	s.readers.SetMaxIdleConns(readConns)
	for _, p := range []struct {
		to   **sql.Stmt
		text string
	}{{&s.r.key, keyText}, {&s.r.keys, keysText}, {&s.r.page, pageText}} {
		if *p.to, err = s.readers.PrepareContext(ctx, p.text); err != nil { //nolint:sqlclosecheck // shut closes it
			return err
		}
	}
	return nil
}

// Close waits for the write in progress and closes the file; the log is folded
// into it. Later calls of any method fail with ErrClosed.
func (s *Store) Close() error {
	if _, open := <-s.turn; !open {
		return nil
	}
	close(s.turn)
	return s.shut()
}

// shut closes readers first: the last connection to go folds the log in, and
// that must be one that may write. Statements go before their connections,
// which SQLite would otherwise keep open behind our back.
func (s *Store) shut() error {
	var errs []error
	for _, st := range []*sql.Stmt{
		s.r.key, s.r.keys, s.r.page, s.w.begin, s.w.commit, s.w.rollback, s.w.insert,
	} {
		if st != nil {
			errs = append(errs, st.Close())
		}
	}
	if s.readers != nil {
		errs = append(errs, s.readers.Close())
	}
	if s.w.conn != nil {
		errs = append(errs, s.w.conn.Close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.Close())
	}
	return errors.Join(errs...)
}

// lock waits for the turn to write.
func (s *Store) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case _, open := <-s.turn:
		if !open {
			return ErrClosed
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Store) unlock() { s.turn <- struct{}{} }

// write runs f in one durable transaction. Once begun it is not cancelled: an
// interrupted COMMIT would leave open whether it happened.
func (s *Store) write(ctx context.Context, f func(context.Context, *writeConn) error) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	return s.transact(ctx, f)
}

// transact is write for a caller who has the turn.
func (s *Store) transact(ctx context.Context, f func(context.Context, *writeConn) error) error {
	ctx = context.WithoutCancel(ctx)
	if _, err := s.w.begin.ExecContext(ctx); err != nil {
		return err
	}
	done := false
	defer func() { // also when f panics: the connection must be free again
		if !done {
			// It fails only when SQLite has rolled back already.
			_, _ = s.w.rollback.ExecContext(ctx)
		}
	}()
	if err := f(ctx, &s.w); err != nil {
		return err
	}
	_, err := s.w.commit.ExecContext(ctx)
	done = err == nil
	return err
}

const (
	// compactPatience is how long Compact waits for readers at most.
	compactPatience = 10 * time.Second
	// While SQLite waits for them nobody can write, so it waits in short turns.
	compactTurn = "PRAGMA busy_timeout=50"
	usualTurn   = "PRAGMA busy_timeout=5000"
)

// Compact empties the write-ahead log, waiting for readers until ctx ends or ten
// seconds have passed (ErrBusy). Before it, deleted bytes may still be in the log.
func (s *Store) Compact(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, compactPatience)
	defer cancel()
	for {
		busy, err := s.checkpoint(ctx)
		switch {
		case ctx.Err() != nil && (err != nil || busy):
			return errors.Join(ErrBusy, ctx.Err())
		case err != nil || !busy:
			return err
		}
	}
}

// checkpoint tries once.
func (s *Store) checkpoint(ctx context.Context) (busy bool, err error) {
	if err := s.lock(ctx); err != nil {
		return false, err
	}
	defer s.unlock()
	ctx = context.WithoutCancel(ctx)
	if _, err := s.w.conn.ExecContext(ctx, compactTurn); err != nil {
		return false, err
	}
	var blocked, pages, moved int
	err = s.w.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&blocked, &pages, &moved)
	_, err2 := s.w.conn.ExecContext(ctx, usualTurn)
	return blocked != 0, errors.Join(err, err2)
}

// SyncDir makes the names in a directory durable: without it a file that was
// created or renamed may be gone after a power cut, however often it was synced.
// Windows has no such call and needs none.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
