package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/habeas-data/habeas"
)

var (
	errFull     = habeas.Unavailable("The disk is full. Nothing was changed. Tell the administrator.").WithCode("disk.full")
	errReadOnly = habeas.Unavailable("The disk cannot be written. Nothing was changed. Tell the administrator.").WithCode("disk.read-only")
	errLate     = habeas.Unavailable("This took too long. Try again.")
	errBusy     = habeas.Unavailable("The database is busy. Nothing was changed. Try again in a moment.").WithCode("store.busy")

	errUnreachable = habeas.Unavailable("The database cannot be reached. Nothing was changed. Try again in a moment; if it stays so, tell the administrator: the server tries to connect by itself.").WithCode("store.unreachable")
	errStandby     = habeas.Unavailable("The database takes no writes: it is a standby, or was set to read only. Nothing was changed. Tell the administrator.").WithCode("store.read-only")
	errCrowded     = habeas.Unavailable("The database takes no more connections. Nothing was changed. Tell the administrator to raise its limit or to run fewer servers.").WithCode("store.crowded")

	errWrongDSN   = habeas.Invalid("store.records", "The address of the database cannot be read. It looks like postgres://user@host:5432/name.").WithCode("store.dsn")
	errSignIn     = habeas.Unavailable("The database refuses the user or the password. Look at the address of the database and at pg_hba.conf.").WithCode("store.sign-in")
	errNoDatabase = habeas.Unavailable("There is no such database. Create it, or look at its name in the address.").WithCode("store.none")
	errRights     = habeas.Unavailable("The database user lacks rights: it must own the tables, and be allowed to create them in its schema.").WithCode("store.rights")
	errSchema     = habeas.Unavailable("The database does not hold the tables that belong there. Look at its name in the address, or restore a backup.").WithCode("store.schema")

	// errUnknown is what nobody can know: the commit was sent and no answer came, or
	// the standby that must hold it too has not said so.
	errUnknown = habeas.Unavailable("The database was lost before it answered: whether this was saved is not known. Repeat the same request with its Idempotency-Key, or look before you repeat it: nothing is lost or doubled that way.").WithCode("store.unknown")
)

// unwritable are the failures of a disk that takes no more: also what a used-up quota
// looks like, which SQLite does not call full.
var unwritable = map[int]bool{
	sqlite3.SQLITE_IOERR_WRITE: true, sqlite3.SQLITE_IOERR_FSYNC: true, sqlite3.SQLITE_IOERR_DIR_FSYNC: true,
	sqlite3.SQLITE_IOERR_TRUNCATE: true, sqlite3.SQLITE_IOERR_SHMSIZE: true,
}

// failure turns what a database says into an error for people where they can do
// something about it. The cause may name the host and the user of the database, never
// a password.
func failure(err error) error {
	var known *habeas.Error
	var lite *sqlite.Error
	var pg *pgconn.PgError
	var dsn *pgconn.ParseConfigError
	switch {
	case err == nil || errors.As(err, &known) && known.Kind != habeas.KindInternal:
		return err
	case errors.As(err, &lite) && (lite.Code()&0xff) == sqlite3.SQLITE_FULL:
		return errFull.WithCause(err)
	case errors.As(err, &lite) && (lite.Code()&0xff == sqlite3.SQLITE_READONLY || unwritable[lite.Code()]):
		return errReadOnly.WithCause(err)
	case errors.As(err, &dsn):
		return errWrongDSN // its own words may repeat the address
	case errors.As(err, &pg) && postgresFailure(pg) != nil:
		return postgresFailure(pg).WithCause(err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return errLate.WithCause(err)
	case lost(err):
		return errUnreachable.WithCause(err)
	case known != nil: // the key store has said so already
		return err
	}
	return habeas.Internal(err)
}

// postgresFailure finds the words for an SQLSTATE (PostgreSQL manual, appendix A), or
// nil where it is our fault.
func postgresFailure(e *pgconn.PgError) *habeas.Error {
	switch e.Code {
	case "53100": // disk_full
		return errFull
	case "58030": // io_error
		return errReadOnly
	case "25006": // read_only_sql_transaction
		return errStandby
	case "53300": // too_many_connections
		return errCrowded
	case "40001", "40P01", "55P03": // serialization_failure, deadlock_detected, lock_not_available
		return errBusy
	case "57014": // query_canceled: by the statement timeout
		return errLate
	case "28000", "28P01": // invalid_authorization_specification, invalid_password
		return errSignIn
	case "3D000": // invalid_catalog_name
		return errNoDatabase
	case "42501": // insufficient_privilege
		return errRights
	case "42P01", "42703", "3F000": // undefined_table, undefined_column, invalid_schema_name
		return errSchema
	}
	if gone(e) {
		return errUnreachable
	}
	return nil
}

// gone reports whether the server said good-bye: connection exceptions, shutdowns,
// starting up, and the timeouts that end a session.
func gone(e *pgconn.PgError) bool {
	switch e.Code {
	case "57P01", "57P02", "57P03", "57P04", "57P05", "25P03", "25P04":
		return true
	}
	return strings.HasPrefix(e.Code, "08") || strings.HasPrefix(e.SeverityUnlocalized, "FATAL")
}

// lost reports whether the connection went away, or never came about.
func lost(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return gone(pg)
	}
	var network net.Error
	var connect *pgconn.ConnectError
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err)
}
