package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// connectPatience bounds making a connection, unless the DSN has connect_timeout.
	connectPatience = 5 * time.Second
	// writePatience bounds one write. A server that takes longer, because a
	// replica does not confirm for example, may have written it or not.
	writePatience = 30 * time.Second
	// poolSize is how many connections a node has at most, unless the DSN has
	// pool_max_conns: one writes for everybody, the others read or compact.
	poolSize = 8
	// tries is how often a transaction is run when the server asks to repeat it.
	tries = 4
)

// postgres is a store in a database of its own. Other nodes may write to it too.
type postgres struct {
	pool   *pgxpool.Pool
	queue  insertQueue
	closed atomic.Bool
}

// configure reads a DSN. What is wrong with it is not repeated: it may hold a password.
func configure(dsn string) (*pgxpool.Config, error) {
	c, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, ErrDSN
	}
	if !strings.Contains(dsn, "pool_max_conns") {
		c.MaxConns = poolSize
	}
	if c.ConnConfig.ConnectTimeout == 0 {
		c.ConnConfig.ConnectTimeout = connectPatience
	}
	if c.ConnConfig.RuntimeParams["application_name"] == "" {
		c.ConnConfig.RuntimeParams["application_name"] = "habeas keys"
	}
	c.ConnConfig.OnNotice = noteDoubt
	c.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		// A commit that returns is on the disk, whatever the role's settings say.
		const text = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
		_, err := conn.Exec(ctx, text)
		return err
	}
	return c, nil
}

// visit calls f with one connection, closed afterwards.
func visit(ctx context.Context, dsn string, f func(*pgx.Conn) error) error {
	c, err := configure(dsn)
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, c.ConnConfig)
	if err == nil {
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // whatever was written is committed
		if err = c.AfterConnect(ctx, conn); err == nil {
			err = f(conn)
		}
	}
	if ctx.Err() != nil {
		return err
	}
	return explain(err)
}

func existsPostgres(ctx context.Context, dsn string) (there bool, err error) {
	err = visit(ctx, dsn, func(conn *pgx.Conn) error {
		version, err := inspect(ctx, conn)
		there = version > 0
		return err
	})
	return there, err
}

func peekPostgres(ctx context.Context, dsn string) (h Header, err error) {
	err = visit(ctx, dsn, func(conn *pgx.Conn) error {
		version, err := inspect(ctx, conn)
		if err != nil {
			return err
		}
		if version == 0 {
			return ErrMissing
		}
		h, err = postgresHeader(ctx, conn)
		return err
	})
	return h, err
}

// createPostgres makes everything in one transaction.
func createPostgres(ctx context.Context, dsn string, fill func(Sink) error) error {
	return visit(ctx, dsn, func(conn *pgx.Conn) error {
		version, err := inspect(ctx, conn)
		if err != nil {
			return err
		}
		if version > 0 {
			return ErrExists
		}
		return transact(ctx, conn, func(tx pgx.Tx) error {
			if err := makeSchema(ctx, tx); err != nil {
				return err
			}
			to := &postgresSink{ctx: ctx, tx: tx}
			err := fill(to)
			if err != nil && to.err == nil {
				err = outside{err}
			}
			return err
		})
	})
}

func openPostgres(ctx context.Context, dsn string) (Store, error) {
	err := visit(ctx, dsn, func(conn *pgx.Conn) error {
		version, err := inspect(ctx, conn)
		if err == nil && version == 0 {
			err = ErrMissing
		}
		if err != nil {
			return err
		}
		return migratePostgres(ctx, conn)
	})
	if err != nil {
		return nil, err
	}
	c, err := configure(dsn)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), c)
	if err != nil {
		return nil, explain(err)
	}
	p := &postgres{pool: pool}
	p.queue = insertQueue{turn: make(chan struct{}, 1), write: p.insert}
	p.queue.turn <- struct{}{}
	return p, nil
}

// Close implements [Store].
func (p *postgres) Close() error {
	if _, open := <-p.queue.turn; !open {
		return nil
	}
	p.closed.Store(true)
	close(p.queue.turn)
	p.pool.Close() // waits for connections in use
	return nil
}

// read runs f, and once more when the connection broke: what was idle when the
// server went away fails at its next use.
func (p *postgres) read(ctx context.Context, f func(context.Context) error) error {
	for try := 1; ; try++ {
		if p.closed.Load() {
			return ErrClosed
		}
		err := f(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		switch {
		case broken(err) && try < 2:
			p.pool.Reset()
		case repeatable(err) && try < tries:
		default:
			return explain(err)
		}
	}
}

// write runs f in a transaction that is durable when it returns nil. It runs f
// again when the connection broke, even in the middle of the commit: what f does
// may be done twice. It is not cancelled with ctx.
func (p *postgres) write(ctx context.Context, f func(context.Context, pgx.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writePatience)
	defer cancel()
	unsure := false // an earlier try may have been committed
	err := p.read(ctx, func(ctx context.Context) error {
		err := p.pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
			return transact(ctx, conn.Conn(), func(tx pgx.Tx) error { return f(ctx, tx) })
		})
		unsure = unsure || errors.Is(err, ErrUnsure)
		return err
	})
	gone := err != nil && (ctx.Err() != nil || errors.Is(err, ErrUnreachable))
	switch {
	case !gone || errors.Is(err, ErrUnsure): // anything else was found after the earlier try
		return err
	case unsure:
		return errors.Join(ErrUnsure, err)
	case !errors.Is(err, ErrUnreachable):
		return errors.Join(ErrUnreachable, err)
	}
	return err
}

// transact runs f in a transaction. READ COMMITTED lets each statement see what
// others committed before it, which the order of locks below relies on.
func transact(ctx context.Context, conn *pgx.Conn, f func(pgx.Tx) error) error {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted})
	if err != nil {
		return err
	}
	done := false
	defer func() { // also when f panics: the connection must be free again
		if !done {
			_ = tx.Rollback(context.WithoutCancel(ctx)) // it fails when the connection broke, which undoes as well
		}
	}()
	if err := f(tx); err != nil {
		return err
	}
	data := conn.PgConn().CustomData()
	delete(data, doubtMark)
	if err := commit(ctx, conn, tx); err != nil {
		return err
	}
	done = true
	if data[doubtMark] != nil {
		return ErrDoubt
	}
	return nil
}

// commit commits. Once it was sent, only an ERROR of the server says that nothing was
// written: the driver calls an answer that broke off safe to retry (pgconn.SafeToRetry),
// which it is for who does not mind doing it twice, and the server may be killed after it.
func commit(ctx context.Context, conn *pgx.Conn, tx pgx.Tx) error {
	if conn.IsClosed() {
		return net.ErrClosed
	}
	err := tx.Commit(ctx)
	var pg *pgconn.PgError
	if err == nil || errors.Is(err, pgx.ErrTxCommitRollback) || errors.As(err, &pg) && pg.SeverityUnlocalized == "ERROR" {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnsure, err)
}

const doubtMark = "doubt"

// noteDoubt remembers a warning that the server gives with a commit it stopped
// replicating: PostgreSQL then answers as if it had succeeded (syncrep.c).
func noteDoubt(conn *pgconn.PgConn, n *pgconn.Notice) {
	if n.SeverityUnlocalized == "WARNING" && (n.Code == "01000" || n.Code == "57P01") {
		conn.CustomData()[doubtMark] = true
	}
}

// What can be wrong with a database, besides what is wrong with a store.
var (
	ErrDSN         = errors.New("keyring/store: the DSN is malformed")
	ErrUnreachable = errors.New("keyring/store: the server does not answer")
	ErrLogin       = errors.New("keyring/store: the server refuses the role")
	ErrNoDatabase  = errors.New("keyring/store: there is no such database")
	ErrNotAllowed  = errors.New("keyring/store: the role lacks a right")
	ErrReadOnly    = errors.New("keyring/store: the server only reads")
	ErrFull        = errors.New("keyring/store: the server's disk is full")
	// ErrOtherDatabase says that there is something in the database, and not of ours.
	ErrOtherDatabase = errors.New("keyring/store: the database holds something else")
	// ErrDoubt says that a commit was answered before a replica had confirmed it. It
	// may be undone when that replica takes over.
	ErrDoubt = errors.New("keyring/store: the commit was not confirmed by a replica")
	// ErrUnsure says that a commit was sent and no answer came, or none to its
	// repetition: it may have happened.
	ErrUnsure = errors.New("keyring/store: whether it was committed is not known")
	ErrOld    = errors.New("keyring/store: the server is too old")
)

// outside is an error that no database had a part in.
type outside struct{ error }

func (o outside) Unwrap() error { return o.error }

// explain puts one of the errors above in front of what the driver says.
func explain(err error) error {
	var pg *pgconn.PgError
	var out outside
	switch {
	case err == nil:
		return nil
	case errors.As(err, &out):
		return out.error
	case errors.Is(err, ErrUnsure):
		return err
	case errors.As(err, &pg):
		if known := knownState(pg.Code); known != nil && !errors.Is(err, known) {
			return fmt.Errorf("%w: %w", known, err)
		}
	case broken(err) && !errors.Is(err, ErrUnreachable):
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return err
}

// knownState maps a SQLSTATE (PostgreSQL, Appendix A).
func knownState(code string) error {
	switch code {
	case "3D000":
		return ErrNoDatabase
	case "42501":
		return ErrNotAllowed
	case "25006":
		return ErrReadOnly
	case "53100":
		return ErrFull
	case "55P03":
		return ErrBusy
	case "42P01", "42703":
		return ErrForeign
	case "42P07":
		return ErrExists
	}
	switch code[:min(2, len(code))] {
	case "28":
		return ErrLogin
	case "08", "53", "57":
		return ErrUnreachable
	}
	return nil
}

// broken reports whether the connection is of no use any more, or none was made.
func broken(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code[:min(2, len(pg.Code))] == "08" || pg.Code == "57P01" || pg.Code == "57P02" || pg.Code == "57P03"
	}
	var connect *pgconn.ConnectError
	var network interface{ Timeout() bool } // net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// repeatable reports whether a transaction was undone for another's sake, or in
// doubt.
func repeatable(err error) bool {
	var pg *pgconn.PgError
	return errors.Is(err, ErrDoubt) || errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}
