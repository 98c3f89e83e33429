package keyring

import (
	"context"
	"errors"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring/store"
)

var (
	errDamaged = &habeas.Error{
		Kind: habeas.KindInternal, Code: "keyring.damaged",
		Message: "The key store is damaged. Restore it from a backup.",
	}
	errNewer = habeas.Unavailable("The key store was written by a newer version of Habeas. Start that version.").WithCode("keyring.newer")

	errDSN         = habeas.Invalid("keys", "The address of the key database cannot be read. It looks like postgres://ROLE@HOST/DATABASE.").WithCode("keyring.dsn")
	errForeign     = habeas.Conflict("The key database holds something else. The keys need a database of their own: make an empty one and name it.").WithCode("keyring.database-foreign")
	errUnreachable = habeas.Unavailable("The key database does not answer. See whether PostgreSQL runs, can be reached from here and shows a certificate that this machine trusts (sslmode, sslrootcert); the server connects again by itself.").WithCode("keyring.database-unreachable")
	errLogin       = habeas.Unavailable("The key database refuses the role or its password. Mend the address of the key database, or the rights in pg_hba.conf.").WithCode("keyring.database-login")
	errNoDatabase  = habeas.Unavailable("There is no such key database. Make it with “createdb”, owned by the role that the address names.").WithCode("keyring.database-missing")
	errNotAllowed  = habeas.Unavailable("The role lacks a right in the key database. Make it the owner of the database.").WithCode("keyring.database-rights")
	errReadOnly    = habeas.Unavailable("The key database only reads: it is a replica, or was set so. Name the primary server.").WithCode("keyring.database-read-only")
	errFull        = habeas.Unavailable("The disk of the key database is full. Make room there; nothing that was confirmed is lost.").WithCode("keyring.database-full")
	errDoubt       = habeas.Unavailable("No replica of the key database has confirmed a write, so it may be undone. Doing it again is harmless; see to the replicas.").WithCode("keyring.database-unconfirmed")
	errUnsure      = habeas.Unavailable("The key database was lost before it answered: whether this was written is not known. Doing it again is harmless.").WithCode("keyring.database-unsure")
	errOldServer   = habeas.Unavailable("The key database needs PostgreSQL 15 or newer.").WithCode("keyring.database-old")
	errBusy        = habeas.Unavailable("The key database is busy. Try again in a moment.").WithCode("keyring.database-busy")
)

// meanings are the store's errors as people read them.
var meanings = []struct {
	of error
	is *habeas.Error
}{
	{store.ErrExists, ErrExists},
	{store.ErrMissing, ErrMissing},
	{store.ErrClosed, ErrClosed},
	{store.ErrNewer, errNewer},
	{store.ErrTaken, errTaken},
	{store.ErrErased, errErased},
	{store.ErrDSN, errDSN},
	{store.ErrUnsure, errUnsure},
	{store.ErrUnreachable, errUnreachable},
	{store.ErrLogin, errLogin},
	{store.ErrNoDatabase, errNoDatabase},
	{store.ErrNotAllowed, errNotAllowed},
	{store.ErrReadOnly, errReadOnly},
	{store.ErrFull, errFull},
	{store.ErrDoubt, errDoubt},
	{store.ErrOld, errOldServer},
	{store.ErrBusy, errBusy},
	{store.ErrOtherDatabase, errForeign},
	{store.ErrForeign, errDamaged},
}

// mapError turns an error of the store into one for people.
func mapError(err error) error {
	var known *habeas.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	for _, m := range meanings {
		if errors.Is(err, m.of) {
			if m.is == ErrExists || m.is == ErrMissing || m.is == ErrClosed { // compared with errors.Is
				return m.is
			}
			return m.is.WithCause(err)
		}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return habeas.Internal(err)
}
