package sealed

import (
	"errors"
	"time"
)

// Errors of this package. None of them carries anything of a value.
var (
	// ErrClosed says that the session of a value is closed and the value is gone.
	ErrClosed = errors.New("sealed: the session is closed")
	// ErrUntraceable is what an encoder gets that would copy a value in a form that can be
	// read back.
	ErrUntraceable = errors.New("sealed: untraceable object type")
	// ErrFull says that the arena has no room for a value and may not grow (see [Limit]).
	ErrFull = errors.New("sealed: no protected memory left")
	// ErrTooLong says that a value has more than MaxLen bytes.
	ErrTooLong = errors.New("sealed: value too long")
	// ErrSpent says that a value for one use was used before.
	ErrSpent = errors.New("sealed: a value for one use was used before")
	// ErrOpaque stands for the error of a function given to Use, which may quote the value.
	// [Public] lets a safe one through.
	ErrOpaque = errors.New("sealed: the function that used the value failed")
)

// MaxLen is the most bytes that one value may have.
const MaxLen = 64 << 10

// Value is a sealed value: a random handle into its session. The zero Value belongs to no
// session; using it is ErrClosed. Copies share what they name. Two Values are compared by
// Equal, never by ==, which compares handles.
type Value struct{ id uint64 }

// Use calls f with the plaintext. The bytes are the sealed memory itself: f must not keep
// the slice, change it, or call Close of the session, which waits for f. An error of f
// comes out as ErrOpaque and a panic as one that tells where but not what, because both
// may quote the value; an error wrapped by Public comes out as it is.
func (v Value) Use(f func(plain []byte) error) error { return use(v.id, f) }

// Label is the name the value was sealed under, "sealed value" once its session is closed.
func (v Value) Label() string { return label(v.id) }

// IsZero reports whether v belongs to no session. It does not depend on the content.
func (v Value) IsZero() bool { return v.id == 0 }

// Equal reports whether both values hold the same bytes. It takes the same time for all
// contents and lengths within one size class. A closed value equals nothing.
func (v Value) Equal(w Value) bool { return equal(v.id, w.id) }

// EqualBytes is Equal with bytes that are not sealed. It does not clear them.
func (v Value) EqualBytes(b []byte) bool { return equalBytes(v.id, b) }

// Public marks an error that says nothing of the value, so that Use returns it as it is.
func Public(err error) error {
	if err == nil {
		return nil
	}
	return publicError{err}
}

type publicError struct{ error }

func (e publicError) Unwrap() error { return e.error }

// Date is a calendar date without a zone, of fixed size and free of pointers, so that
// Of[Date] can hold it: a date of birth.
type Date struct {
	Year       int32
	Month, Day uint8
}

// ParseDate reads 2006-01-02 from bytes that are not copied into an error.
func ParseDate(b []byte) (Date, error) {
	t, err := time.Parse(time.DateOnly, string(b))
	if err != nil {
		return Date{}, errors.New("sealed: not a date like 2006-01-02")
	}
	return Date{Year: int32(t.Year()), Month: uint8(t.Month()), Day: uint8(t.Day())}, nil //nolint:gosec // four digits, 1..12, 1..31
}
