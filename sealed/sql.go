package sealed

import (
	"database/sql/driver" //nolint:depguard // only the interface by which any driver takes an argument
)

// SQL calls f with an argument for one SQL statement. Where the driver asks for the value it
// gets the sealed memory itself, as []byte, once; a second time, and after f, is ErrSpent,
// and a statement that database/sql repeats on another connection fails so too. To
// everything else, such as a query log, the argument is its label. An error of f comes out as of
// Use, since drivers quote arguments in their errors.
//
//	err := code.SQL(func(arg any) error {
//		_, err := db.ExecContext(ctx, "INSERT INTO t (secret) VALUES (?)", arg)
//		return err
//	})
//
// A database that tells bytes from text (SQLite) needs CAST(? AS TEXT) for text. What the
// driver itself copies, into its buffers or the connection's, is out of reach.
func (v Value) SQL(f func(arg any) error) error {
	return v.Use(func(plain []byte) error {
		arg := &sqlArg{guard: v.guard, plain: make(chan []byte, 1)}
		arg.plain <- plain
		defer arg.spend()
		return f(arg)
	})
}

// sqlArg carries the plaintext of a running Use to one taker. The slice waits in a channel,
// since a field would be found by reflection. It has the guards of a value.
type sqlArg struct {
	guard
	plain chan []byte
}

// Value implements driver.Valuer.
func (a *sqlArg) Value() (driver.Value, error) {
	if plain, ok := a.spend(); ok {
		return plain, nil
	}
	return nil, ErrSpent
}

func (a *sqlArg) spend() ([]byte, bool) {
	select {
	case plain := <-a.plain:
		return plain, true
	default:
		return nil, false
	}
}
