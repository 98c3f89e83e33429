package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// A session that holds others up ends: it is cut off when it stands still inside a
// transaction, when a statement takes too long, and when its client's machine does
// not answer any more. So a frozen node loses its turn to write.
var sessionLimits = map[string]string{
	"idle_in_transaction_session_timeout": "10000", // milliseconds
	"statement_timeout":                   "60000",
	"lock_timeout":                        "20000", // longer than a frozen node may hold the turn
	"tcp_keepalives_idle":                 "5",     // seconds
	"tcp_keepalives_interval":             "5",
	"tcp_keepalives_count":                "3",
	"tcp_user_timeout":                    "20000", // milliseconds
}

// connectLimit bounds how long one try to connect takes.
const connectLimit = 5 * time.Second

// parseDSN reads the address of a database, as a URL or as key=value pairs, with
// what PostgreSQL's own programs take from the environment.
func parseDSN(address string) (*pgx.ConnConfig, error) {
	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, errWrongDSN // its own words may repeat the address
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectLimit
	}
	// A server whose machine is gone is noticed within half a minute, also by readers.
	cfg.DialFunc = (&net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 4,
	}}).DialContext
	cfg.RuntimeParams["application_name"] = "habeas"
	return cfg, nil
}

// connector opens connections whose statements are written with the placeholders
// of SQLite, so that one text serves both engines.
type connector struct{ driver.Connector }

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &pgConn{conn.(*stdlib.Conn)}, nil
}

// pgConn numbers the placeholders of what passes through it.
type pgConn struct{ *stdlib.Conn }

// PrepareContext implements driver.ConnPrepareContext.
func (c *pgConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	return c.Conn.PrepareContext(ctx, numbered(query))
}

// ExecContext implements driver.ExecerContext.
func (c *pgConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return c.Conn.ExecContext(ctx, numbered(query), args)
}

// QueryContext implements driver.QueryerContext.
func (c *pgConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.Conn.QueryContext(ctx, numbered(query), args)
}

// raw gives the connection below database/sql, for what that has no words for. It
// belongs to fn until fn returns.
func raw(conn *sql.Conn, fn func(*pgx.Conn) error) error {
	return conn.Raw(func(c any) error { return fn(c.(*pgConn).Conn.Conn()) })
}

// rewritten remembers the texts that were rewritten. They are constants of this
// package, so it does not grow.
var rewritten sync.Map // string → string

// numbered writes ? as $1, $2 … in their order and ?3 as $3. Text in quotes is left
// as it is.
func numbered(query string) string {
	if text, ok := rewritten.Load(query); ok {
		return text.(string)
	}
	text := renumber(query)
	rewritten.Store(query, text)
	return text
}

func renumber(query string) string {
	if !strings.Contains(query, "?") {
		return query
	}
	var b strings.Builder
	last := 0
	for i := 0; i < len(query); i++ {
		switch c := query[i]; c {
		case '\'', '"':
			end := strings.IndexByte(query[i+1:], c)
			if end < 0 {
				end = len(query) - i - 2
			}
			b.WriteString(query[i : i+end+2])
			i += end + 1
		case '?':
			digits := i + 1
			for digits < len(query) && query[digits] >= '0' && query[digits] <= '9' {
				digits++
			}
			if n, err := strconv.Atoi(query[i+1 : digits]); err == nil {
				last = n
			} else {
				last++
			}
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(last))
			i = digits - 1
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
