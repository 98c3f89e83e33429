package canary

import (
	"context"
	"database/sql/driver" //nolint:depguard // the interfaces between database/sql and a driver, no SQL
	"errors"
)

// Connector records the statements and arguments that database/sql gives to a driver:
// sql.OpenDB(w.Connector("sql", c)). What sql.Conn.Raw gives is the recorder, not the
// driver's own connection.
func (w *Watcher) Connector(name string, c driver.Connector) driver.Connector {
	return &connector{c, w.record(name)}
}

type connector struct {
	driver.Connector
	to *recording
}

// Connect implements driver.Connector.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{inner, c.to}, nil
}

// conn passes on to a connection what it can do, and says driver.ErrSkip to what it
// cannot, for which database/sql then takes another way.
type conn struct {
	driver.Conn
	to *recording
}

func (r *recording) statement(query string, args []driver.NamedValue) {
	r.printf("%s\n", query)
	for _, a := range args {
		if b, ok := a.Value.([]byte); ok {
			r.printf("%s\n", b)
		} else {
			r.printf("%s %v\n", a.Name, a.Value)
		}
	}
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if inner, ok := c.Conn.(driver.ExecerContext); ok {
		c.to.statement(query, args)
		return inner.ExecContext(ctx, query, args)
	}
	return nil, driver.ErrSkip
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if inner, ok := c.Conn.(driver.QueryerContext); ok {
		c.to.statement(query, args)
		return inner.QueryContext(ctx, query, args)
	}
	return nil, driver.ErrSkip
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *conn) PrepareContext(ctx context.Context, query string) (s driver.Stmt, err error) {
	c.to.statement(query, nil)
	if inner, ok := c.Conn.(driver.ConnPrepareContext); ok {
		s, err = inner.PrepareContext(ctx, query)
	} else {
		s, err = c.Conn.Prepare(query)
	}
	if err != nil {
		return nil, err
	}
	return &stmt{s, c}, nil
}

// Prepare implements driver.Conn.
func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// BeginTx implements driver.ConnBeginTx.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if inner, ok := c.Conn.(driver.ConnBeginTx); ok {
		return inner.BeginTx(ctx, opts)
	}
	if opts != (driver.TxOptions{}) {
		return nil, errors.New("canary: this driver begins transactions without options only")
	}
	return c.Conn.Begin() //nolint:staticcheck // all that an old driver has
}

// Ping implements driver.Pinger.
func (c *conn) Ping(ctx context.Context) error {
	if inner, ok := c.Conn.(driver.Pinger); ok {
		return inner.Ping(ctx)
	}
	return nil
}

// ResetSession implements driver.SessionResetter.
func (c *conn) ResetSession(ctx context.Context) error {
	if inner, ok := c.Conn.(driver.SessionResetter); ok {
		return inner.ResetSession(ctx)
	}
	return nil
}

// IsValid implements driver.Validator.
func (c *conn) IsValid() bool {
	inner, ok := c.Conn.(driver.Validator)
	return !ok || inner.IsValid()
}

// CheckNamedValue implements driver.NamedValueChecker.
func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	if inner, ok := c.Conn.(driver.NamedValueChecker); ok {
		return inner.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

type stmt struct {
	driver.Stmt
	of *conn
}

// ExecContext implements driver.StmtExecContext.
func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.of.to.statement("", args)
	if inner, ok := s.Stmt.(driver.StmtExecContext); ok {
		return inner.ExecContext(ctx, args)
	}
	return s.Stmt.Exec(plainValues(args)) //nolint:staticcheck // all that an old driver has
}

// QueryContext implements driver.StmtQueryContext.
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.of.to.statement("", args)
	if inner, ok := s.Stmt.(driver.StmtQueryContext); ok {
		return inner.QueryContext(ctx, args)
	}
	return s.Stmt.Query(plainValues(args)) //nolint:staticcheck // all that an old driver has
}

// CheckNamedValue implements driver.NamedValueChecker.
func (s *stmt) CheckNamedValue(v *driver.NamedValue) error {
	if inner, ok := s.Stmt.(driver.NamedValueChecker); ok {
		return inner.CheckNamedValue(v)
	}
	return s.of.CheckNamedValue(v)
}

func plainValues(args []driver.NamedValue) []driver.Value {
	out := make([]driver.Value, len(args))
	for i, a := range args {
		out[i] = a.Value
	}
	return out
}
