package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"github.com/jackc/pgx/v5"
	"modernc.org/sqlite"
)

// Watcher is told of every statement, with the bytes of what it is given. It is for
// tests that compare how much work is done (PTY-A26).
type Watcher func(statement string, bytes int)

// openFile opens a pool of connections to a SQLite file, watched if somebody watches.
func openFile(name string, w Watcher) (*sql.DB, error) {
	connector, err := sqlite.NewConnector(name)
	if err != nil {
		return nil, err
	}
	connector = preparing{connector}
	if w != nil {
		connector = watched{connector, w}
	}
	return sql.OpenDB(connector), nil
}

// watched opens connections whose statements are told of.
type watched struct {
	driver.Connector
	tell Watcher
}

// Connect implements driver.Connector.
func (w watched) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := w.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return watchedConn{c.(sqliteConn), w.tell}, nil
}

// sqliteConn is what the driver's connections can do.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type watchedConn struct {
	sqliteConn
	tell Watcher
}

// PrepareContext implements driver.ConnPrepareContext.
func (c watchedConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.sqliteConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return watchedStmt{s.(sqliteStmt), query, c.tell}, nil
}

// ExecContext implements driver.ExecerContext.
func (c watchedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.tell(query, sizeOf(args))
	return c.sqliteConn.ExecContext(ctx, query, args)
}

// QueryContext implements driver.QueryerContext.
func (c watchedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.tell(query, sizeOf(args))
	return c.sqliteConn.QueryContext(ctx, query, args)
}

// sqliteStmt is what the driver's statements can do.
type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type watchedStmt struct {
	sqliteStmt
	query string
	tell  Watcher
}

// ExecContext implements driver.StmtExecContext.
func (s watchedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.tell(s.query, sizeOf(args))
	return s.sqliteStmt.ExecContext(ctx, args)
}

// QueryContext implements driver.StmtQueryContext.
func (s watchedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.tell(s.query, sizeOf(args))
	return s.sqliteStmt.QueryContext(ctx, args)
}

func sizeOf(args []driver.NamedValue) int {
	n := 0
	for _, a := range args {
		n += valueSize(a.Value)
	}
	return n
}

// valueSize counts numbers, times and truths as the eight bytes that they take at most.
func valueSize(v any) int {
	switch v := v.(type) {
	case nil:
		return 0
	case []byte:
		return len(v)
	case string:
		return len(v)
	case [][]byte:
		return lengths(v)
	case []string:
		return lengths(v)
	}
	return 8
}

func lengths[T []byte | string](values []T) (n int) {
	for _, one := range values {
		n += len(one)
	}
	return n
}

// on lets a connection to PostgreSQL tell of its statements, if somebody watches.
func (w Watcher) on(change func(*pgx.ConnConfig)) func(*pgx.ConnConfig) {
	if w == nil {
		return change
	}
	return func(cfg *pgx.ConnConfig) {
		change(cfg)
		cfg.Tracer = tracer{w}
	}
}

// tracer tells of what passes through a connection to PostgreSQL.
type tracer struct{ tell Watcher }

// TraceQueryStart implements pgx.QueryTracer.
func (w tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	w.tell(q.SQL, argsSize(q.Args))
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (w tracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart implements pgx.BatchTracer.
func (w tracer) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

// TraceBatchQuery implements pgx.BatchTracer.
func (w tracer) TraceBatchQuery(_ context.Context, _ *pgx.Conn, q pgx.TraceBatchQueryData) {
	w.tell(q.SQL, argsSize(q.Args))
}

// TraceBatchEnd implements pgx.BatchTracer.
func (w tracer) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func argsSize(args []any) int {
	n := 0
	for _, a := range args {
		n += valueSize(a)
	}
	return n
}
