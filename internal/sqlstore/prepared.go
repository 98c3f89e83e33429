package sqlstore

import (
	"container/list"
	"context"
	"database/sql/driver"
	"strings"
)

// keptStatements is how many statements a connection to SQLite keeps prepared; of a hundred
// some ten are asked often. Each takes a few kilobytes.
const keptStatements = 128

// preparing opens connections that keep what they have prepared: SQLite takes longer to
// parse and plan a short statement than to carry it out. (PostgreSQL's driver does so itself.)
type preparing struct{ driver.Connector }

// Connect implements driver.Connector.
func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &preparedConn{sqliteConn: c.(sqliteConn), idle: map[string]*list.Element{}}, nil
}

// preparedConn keeps the statements that were used last. One that is in use is not among them,
// so a statement inside of the rows of the same one is another. Like every driver.Conn it is used
// by one goroutine at a time, and so are its rows.
type preparedConn struct {
	sqliteConn
	idle  map[string]*list.Element // of preparedStmt, by text
	order list.List                // the one used last in front
}

type preparedStmt struct {
	sqliteStmt
	query string
}

// keeps reports whether a statement may be carried out again as it was prepared. A PRAGMA may
// not: some do their work while they are prepared.
func keeps(query string) bool {
	words := strings.TrimLeft(query, " \t\n")
	if end := strings.IndexAny(words, " \t\n"); end > 0 {
		words = words[:end]
	}
	switch words {
	case "SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "BEGIN", "COMMIT", "SAVEPOINT", "RELEASE":
		return true
	}
	return false
}

// take returns a prepared statement that belongs to the caller, who gives it back or closes it.
func (c *preparedConn) take(ctx context.Context, query string) (preparedStmt, error) {
	if e, found := c.idle[query]; found {
		return c.drop(e), nil
	}
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return preparedStmt{}, err
	}
	return preparedStmt{s.(sqliteStmt), query}, nil
}

// drop takes a statement out of those that are kept.
func (c *preparedConn) drop(e *list.Element) preparedStmt {
	s := c.order.Remove(e).(preparedStmt)
	delete(c.idle, s.query)
	return s
}

// give keeps a statement that did its work, which the driver has reset: it holds no lock and no
// value.
func (c *preparedConn) give(s preparedStmt) error {
	if _, found := c.idle[s.query]; found {
		return s.Close()
	}
	c.idle[s.query] = c.order.PushFront(s)
	if c.order.Len() > keptStatements {
		return c.drop(c.order.Back()).Close()
	}
	return nil
}

// ExecContext implements driver.ExecerContext.
func (c *preparedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if !keeps(query) {
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	res, err := s.ExecContext(ctx, args)
	if err != nil {
		_ = s.Close() // says the same once more
		return nil, err
	}
	return res, c.give(s)
}

// QueryContext implements driver.QueryerContext.
func (c *preparedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if !keeps(query) {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		_ = s.Close() // says the same once more
		return nil, err
	}
	return &preparedRows{rows, c, s}, nil
}

// Close implements driver.Conn.
func (c *preparedConn) Close() error {
	for c.order.Len() > 0 {
		_ = c.drop(c.order.Back()).Close() // closing the connection says what is wrong
	}
	return c.sqliteConn.Close()
}

// preparedRows give their statement back when they are closed.
type preparedRows struct {
	driver.Rows
	conn *preparedConn
	stmt preparedStmt
}

// Close implements driver.Rows.
func (r *preparedRows) Close() error {
	if err := r.Rows.Close(); err != nil {
		_ = r.stmt.Close() // says the same once more
		return err
	}
	return r.conn.give(r.stmt)
}
