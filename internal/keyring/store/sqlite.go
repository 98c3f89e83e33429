package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// sqlite is a store in a file. Writes happen one after another on one connection,
// reads beside them.
type sqlite struct {
	path    string
	writer  *sql.DB
	readers *sql.DB
	turn    chan struct{} // holds one token: the right to use w
	w       writeConn
	r       readStatements
	queue   insertQueue

	uncompact atomic.Bool // deleted bytes may still be in the log
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

func existsSQLite(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// createSQLite builds the file under another name and moves it into place, so a
// half-made store is never seen.
func createSQLite(ctx context.Context, path string, fill func(Sink) error) error {
	there, err := existsSQLite(path)
	if there {
		err = ErrExists
	}
	if err != nil {
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
	if err := fillSQLite(ctx, draft, fill); err != nil {
		return err
	}
	if err := os.Rename(draft, path); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// fillSQLite writes the first content of a new store and closes it, which leaves
// everything in the one file.
func fillSQLite(ctx context.Context, path string, fill func(Sink) error) error {
	s, err := openSQLite(ctx, path)
	if err != nil {
		return err
	}
	err = s.write(ctx, func(ctx context.Context, w *writeConn) error { return fill(sqliteSink{ctx, w}) })
	if err == nil {
		err = s.Compact(ctx) // the log is not renamed with the file
	}
	return errors.Join(err, s.Close())
}

// peekSQLite changes no byte of the file, nor of a log that a crash left behind.
func peekSQLite(ctx context.Context, path string) (Header, error) {
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
	return sqliteHeader(ctx, conn)
}

func openSQLite(ctx context.Context, path string) (*sqlite, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, ErrMissing
	}
	s := &sqlite{path: path, turn: make(chan struct{}, 1)}
	s.queue = insertQueue{turn: s.turn, write: s.insert}
	s.uncompact.Store(true) // an earlier process may have left a log
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.shut())
	}
	s.turn <- struct{}{}
	return s, nil
}

func (s *sqlite) open(ctx context.Context) error {
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
	if err := migrateSQLite(ctx, s.w.conn); err != nil {
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

func (s *sqlite) openReaders(ctx context.Context) error {
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
func (s *sqlite) Close() error {
	if _, open := <-s.turn; !open {
		return nil
	}
	close(s.turn)
	return s.shut()
}

// shut closes readers first: the last connection to go folds the log in, and
// that must be one that may write. Statements go before their connections,
// which SQLite would otherwise keep open behind our back.
func (s *sqlite) shut() error {
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
func (s *sqlite) lock(ctx context.Context) error {
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

func (s *sqlite) unlock() { s.turn <- struct{}{} }

// write runs f in one durable transaction. Once begun it is not cancelled: an
// interrupted COMMIT would leave open whether it happened.
func (s *sqlite) write(ctx context.Context, f func(context.Context, *writeConn) error) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	return s.transact(ctx, f)
}

// transact is write for a caller who has the turn.
func (s *sqlite) transact(ctx context.Context, f func(context.Context, *writeConn) error) error {
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
