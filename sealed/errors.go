package sealed

import "errors"

// Errors of this package. None of them carries anything of a value, and each is marked by
// Public, so that a function given to Use may return it. Compare with errors.Is.
var (
	// ErrClosed says that the session of a value is closed and the value is gone.
	ErrClosed = Public(errors.New("sealed: the session is closed"))
	// ErrUntraceable is what an encoder gets that would copy a value in a form that can be
	// read back.
	ErrUntraceable = Public(errors.New("sealed: " + cause))
	// ErrFull says that the arena has no room for a value and may not grow (see [Limit]).
	ErrFull = Public(errors.New("sealed: no protected memory left"))
	// ErrTooLong says that a value has more than MaxLen bytes.
	ErrTooLong = Public(errors.New("sealed: value too long, at most 65536 bytes are expected"))
	// ErrSpent says that a value for one use was used before.
	ErrSpent = Public(errors.New("sealed: a value for one use was used before"))
	// ErrPointers says that a type holds pointers, strings, slices or the like, whose
	// content would stay outside the sealed memory.
	ErrPointers = Public(errors.New("sealed: a type with pointers in it cannot be sealed, fixed size is expected"))
	// ErrSyntax says that bytes do not have the form that a parser of this package expects.
	ErrSyntax = Public(errors.New("sealed: the bytes do not have the expected form"))
	// ErrOpaque stands for the error of a function given to Use, which may quote the value.
	// [Public] lets a safe one through.
	ErrOpaque = Public(errors.New("sealed: the function that used the value failed"))
)

// Public marks an error that says nothing of the value, so that Use returns it. The mark
// has the text of err and unwraps to it. When a marked error is itself wrapped, only the
// marked part comes out of Use: the text around it may quote the value.
func Public(err error) error {
	if err == nil {
		return nil
	}
	return &publicError{err}
}

type publicError struct{ error }

func (e *publicError) Unwrap() error { return e.error }

// opaque is what Use lets out of err: the first marked error in its tree, else ErrOpaque.
func opaque(err error) error {
	if err == nil {
		return nil
	}
	var public *publicError
	if errors.As(err, &public) {
		return public
	}
	return ErrOpaque
}
