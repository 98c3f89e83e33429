package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/habeas-data/habeas"
)

// postgresEngine is the engine of a server that several nodes share. Its one writer works
// on one connection; whoever writes holds the turn for as long as the transaction
// lasts. Right is what comes out because transactions are serializable and keys
// unique; the turn only spares the losers their work.
type postgresEngine struct {
	db     *DB
	warned atomic.Bool // the server said WARNING since this was cleared
	node   atomic.Int64
	seq    *sequencer
	down   bool        // the last try to connect failed; belongs to the writer
	guard  *time.Timer // cuts the connection of a batch that hangs
}

// openPostgres connects, brings the schema up to date and starts writer and sequencer.
func openPostgres(ctx context.Context, db *DB) error {
	e := &postgresEngine{db: db, guard: time.NewTimer(0)}
	e.node.Store(rand.Int64())
	db.text, db.engine = &postgresTexts, e
	var err error
	if db.readers, err = openPool(db.cfg.DSN, db.cfg.Watch.on(readOnly)); err != nil {
		return err
	}
	db.readers.SetMaxOpenConns(8)
	db.readers.SetMaxIdleConns(8)
	if db.write, err = openPool(db.cfg.DSN, db.cfg.Watch.on(func(cfg *pgx.ConnConfig) {
		for name, value := range writerPlans {
			cfg.RuntimeParams[name] = value
		}
		cfg.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
			if n.SeverityUnlocalized == "WARNING" {
				e.warned.Store(true)
			}
		}
	})); err != nil {
		return errors.Join(err, db.readers.Close())
	}
	db.write.SetMaxOpenConns(3) // writer, sequencer, migrations
	if err := e.prepare(ctx); err != nil {
		return errors.Join(err, db.readers.Close(), db.write.Close())
	}
	return nil
}

// writerPlans keep the plans of the writer steady. All it does often goes by key, with
// sets that differ in size by far; before the first statistics are there, the planner
// would rather read whole tables, which then grow under it.
var writerPlans = map[string]string{
	"plan_cache_mode":  "force_custom_plan",
	"enable_seqscan":   "off",
	"enable_hashjoin":  "off",
	"enable_mergejoin": "off",
}

// openPool makes a pool of connections; none is opened yet.
func openPool(address string, change func(*pgx.ConnConfig)) (*sql.DB, error) {
	cfg, err := parseDSN(address)
	if err != nil {
		return nil, err
	}
	for name, value := range sessionLimits {
		cfg.RuntimeParams[name] = value
	}
	change(cfg)
	return sql.OpenDB(connector{stdlib.GetConnector(*cfg)}), nil
}

// readOnly is for the readers: they change nothing, and may read the ledger in one go.
func readOnly(cfg *pgx.ConnConfig) {
	cfg.RuntimeParams["default_transaction_read_only"] = "on"
	cfg.RuntimeParams["statement_timeout"] = "0"
}

func (e *postgresEngine) prepare(ctx context.Context) error {
	if err := e.db.write.PingContext(ctx); err != nil {
		return err
	}
	if err := migrateTogether(ctx, e.db.write); err != nil {
		return err
	}
	var err error
	if e.db.writer, err = startWriter(ctx, e.db); err != nil {
		return err
	}
	e.seq = startSequencer(e.db)
	return nil
}

// migrateTogether lets several nodes that start at once bring the schema up to date:
// each step is a transaction that only one of them can finish.
func migrateTogether(ctx context.Context, pool *sql.DB) error {
	for n := 1; ; n++ {
		err := migrate(ctx, pool, true)
		var pg *pgconn.PgError
		if err == nil || n == 20 || !errors.As(err, &pg) || !elsewhere[pg.Code] {
			return err
		}
		time.Sleep(backoff(n))
	}
}

// elsewhere are the failures of a step that another node takes at the same moment.
var elsewhere = map[string]bool{
	"23505": true, "42P07": true, "42701": true, "42710": true, // unique, or there already: table, column, object
	"42P01": true, "42703": true, "42704": true, // gone already: table, column, object
	"40001": true, "40P01": true, "XX000": true, "55P03": true, // serialization, deadlock, tuple concurrently updated, lock
}

// backoff grows from a few milliseconds to half a second, with chance.
func backoff(n int) time.Duration {
	limit := min(time.Duration(1<<min(n, 9))*2*time.Millisecond, 500*time.Millisecond)
	return limit/2 + rand.N(limit/2)
}

// takeTurn opens a transaction and waits for the turn to write. The lock comes before
// the first read, so the snapshot holds what the one before us has committed.
// Who follows comes with it, at no further way to the server.
const takeTurn = `BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE write_turn IN EXCLUSIVE MODE; SELECT encode(system, 'hex') FROM change_feed`

// attemptLimit is how long a batch may take before its connection is cut: a network
// that swallows everything gives no error.
const attemptLimit = 90 * time.Second

func (e *postgresEngine) begin(tx *Tx) error {
	if err := e.connect(tx); err != nil {
		return err
	}
	err := raw(tx.w.conn, func(c *pgx.Conn) error {
		network := c.PgConn().Conn()
		e.guard = time.AfterFunc(attemptLimit, func() { _ = network.SetDeadline(time.Unix(1, 0)) }) // what hangs fails
		answers, err := c.PgConn().Exec(tx.ctx, takeTurn).ReadAll()
		if err != nil {
			return err
		}
		return tx.w.followRows(answers[len(answers)-1].Rows)
	})
	if err != nil {
		e.rollback(tx)
	}
	return err
}

// connect opens the writer's connection when there is none.
func (e *postgresEngine) connect(tx *Tx) error {
	w := tx.w
	if w.conn != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(tx.ctx, 2*connectLimit)
	defer cancel()
	conn, stmts, err := openWriter(ctx, e.db)
	e.down = err != nil
	if err != nil {
		return err
	}
	w.conn, w.stmts = conn, stmts
	return nil
}

// rollback undoes the batch. A connection that cannot do that goes, and the server
// undoes it then.
func (e *postgresEngine) rollback(tx *Tx) {
	e.guard.Stop()
	w := tx.w
	ok := false
	err := raw(w.conn, func(c *pgx.Conn) error {
		if c.IsClosed() {
			return nil
		}
		if c.PgConn().TxStatus() == 'I' {
			ok = true
			return nil
		}
		ctx, cancel := context.WithTimeout(tx.ctx, connectLimit)
		defer cancel()
		err := c.PgConn().Exec(ctx, `ROLLBACK`).Close()
		ok = err == nil
		return err
	})
	if err == nil && ok {
		return
	}
	e.hangUp(w)
}

// hangUp closes the writer's connection; the next batch opens another one.
func (e *postgresEngine) hangUp(w *writer) {
	_ = raw(w.conn, func(c *pgx.Conn) error { // it may be closed already
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		return c.Close(ctx)
	})
	w.stmts.close()
	_ = w.conn.Close() // as above
	w.conn, w.stmts = nil, nil
}

// commit sends COMMIT. An ERROR as answer says that nothing was written. A WARNING
// says that the wait for the standby was cut short, and no answer says nothing: then
// nobody knows, and the batch must be neither repeated nor acknowledged.
func (e *postgresEngine) commit(tx *Tx) error {
	e.warned.Store(false)
	var tag string
	sent := false
	err := raw(tx.w.conn, func(c *pgx.Conn) error {
		if c.IsClosed() {
			return net.ErrClosed
		}
		sent = true // whatever the driver says: it calls an answer that broke off safe to retry
		results, err := c.PgConn().Exec(tx.ctx, `COMMIT`).ReadAll()
		if len(results) > 0 {
			tag = results[0].CommandTag.String()
		}
		return err
	})
	e.guard.Stop()
	var pg *pgconn.PgError
	switch {
	case err == nil && e.warned.Load():
		return e.unknown(errors.New("the wait for the standby was cut short"))
	case err == nil && tag == "COMMIT":
		return nil
	case err == nil:
		return fmt.Errorf("the commit was answered with %s", tag)
	case !sent, errors.As(err, &pg) && pg.SeverityUnlocalized == "ERROR":
		return err
	}
	return e.unknown(err)
}

// unknowable reports whether nobody knows if the batch was committed.
func unknowable(err error) bool {
	var known *habeas.Error
	return errors.As(err, &known) && known.Code == errUnknown.Code
}

// unknown says that a commit may have happened. What this node wrote under its old
// number comes back to it through the feed, if it is there.
func (e *postgresEngine) unknown(cause error) error {
	e.node.Store(rand.Int64())
	return errUnknown.WithCause(cause)
}

func (e *postgresEngine) committed(*Tx) { e.seq.wake() }

func (e *postgresEngine) append(tx *Tx, l leafRow) error {
	_, err := tx.w.stmts.insertLeaf.ExecContext(tx.ctx, l.event[:], l.subject[:], l.public, l.sealed, e.node.Load())
	return err
}

func (e *postgresEngine) over(err error) bool { return lost(err) || passing(err) }

// passing reports whether a transaction failed only because of another one.
func passing(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// A batch is repeated so often at most before its callers are told to try later.
const (
	triesPassing = 10
	triesUnique  = 3
	triesLost    = 8 // about two seconds
)

func (e *postgresEngine) again(err error, n int) bool {
	var pg *pgconn.PgError
	tries := 0
	switch {
	case unknowable(err):
	case passing(err):
		tries = triesPassing
	case errors.As(err, &pg) && pg.Code == "23505": // another node was faster; or our fault
		tries = triesUnique
	case lost(err) && !e.waited(n):
		tries = triesLost
	}
	if n >= tries {
		return false
	}
	time.Sleep(backoff(n + 2))
	return true
}

// waited reports whether the first of a batch's tries found no server: then an earlier
// batch has waited for it already, and this one is refused at once.
func (e *postgresEngine) waited(n int) bool { return n == 1 && e.down }

// alone: after an unknown commit nothing is repeated, and without a server there is
// no point.
func (e *postgresEngine) alone(err error) bool {
	return !unknowable(err) && !lost(err) && !passing(err)
}

// compact has nothing to do: vacuum and log are the server's.
func (e *postgresEngine) compact(*Tx) {}

func (e *postgresEngine) stop() { e.seq.stop() }
