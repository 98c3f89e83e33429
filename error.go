package habeas

import (
	"errors"
	"fmt"
	"strings"
)

// ErrorKind classes an error by what the caller can do about it. One place in
// internal/edge turns it into a page or a problem+json answer.
type ErrorKind uint8

// The kinds of error.
const (
	KindInternal        ErrorKind = iota // our fault; details stay in the log
	KindInvalid                          // the input is wrong: mend the named field
	KindUnauthenticated                  // sign in first
	KindForbidden                        // signed in, but not allowed
	KindNotFound                         // no such thing, or none that you may see
	KindConflict                         // somebody else changed it meanwhile: reload
	KindGone                             // existed, was used up, expired or erased
	KindTooLarge                         // more than the stated limit
	KindTooMany                          // too often: wait
	KindUnavailable                      // try again later
	KindSealed                           // the server waits for its master password
)

// Error is an error for people: a kind, a stable code for programs, the field
// it is about, and a message that says what to do. Message is an English
// sentence that doubles as its key in the message catalogues; Args fill its
// {placeholders}. None of them ever holds personal data or internals; those may
// stand in Err, which is for the log after scrubbing and never shown.
type Error struct {
	Kind    ErrorKind
	Code    string // stable, lower case with dots: "email.mismatch"; may be empty
	Field   string // name of the form or API field; may be empty
	Message string
	Args    map[string]string
	Err     error // cause; never shown to people
}

// Error implements error. It is for logs and tests, not for people.
func (e *Error) Error() string {
	s := e.Text()
	if e.Field != "" {
		s = e.Field + ": " + s
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Text returns the English message with its placeholders filled.
func (e *Error) Text() string {
	s := e.Message
	for k, v := range e.Args {
		s = strings.ReplaceAll(s, "{"+k+"}", v)
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// With returns a copy that fills the placeholder name with value.
func (e *Error) With(name, value string) *Error {
	c := *e
	c.Args = map[string]string{name: value}
	for k, v := range e.Args {
		if k != name {
			c.Args[k] = v
		}
	}
	return &c
}

// WithCode returns a copy with a stable code for programs.
func (e *Error) WithCode(code string) *Error {
	c := *e
	c.Code = code
	return &c
}

// WithCause returns a copy with an internal cause for the log.
func (e *Error) WithCause(err error) *Error {
	c := *e
	c.Err = err
	return &c
}

// Invalid says that a field is wrong and what was expected.
func Invalid(field, message string) *Error {
	return &Error{Kind: KindInvalid, Field: field, Message: message}
}

// NotFound says that there is no such thing, or none the caller may see.
func NotFound(message string) *Error { return &Error{Kind: KindNotFound, Message: message} }

// Forbidden says that the caller may not do this.
func Forbidden(message string) *Error { return &Error{Kind: KindForbidden, Message: message} }

// Conflict says that the thing changed meanwhile.
func Conflict(message string) *Error { return &Error{Kind: KindConflict, Message: message} }

// Gone says that the thing was used up, expired or erased.
func Gone(message string) *Error { return &Error{Kind: KindGone, Message: message} }

// TooMany says that the caller must wait.
func TooMany(message string) *Error { return &Error{Kind: KindTooMany, Message: message} }

// Unavailable says that trying again later may help.
func Unavailable(message string) *Error { return &Error{Kind: KindUnavailable, Message: message} }

// Internal wraps a cause that is our fault. People see one neutral sentence.
func Internal(cause error) *Error {
	return &Error{Kind: KindInternal, Message: "Something went wrong on our side. Nothing was changed.", Err: cause}
}

// KindOf returns the kind of the first *Error in err's chain, else KindInternal.
func KindOf(err error) ErrorKind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindInternal
}

// String names the kind as problem+json types do: "invalid", "not-found", …
func (k ErrorKind) String() string {
	names := [...]string{
		"internal", "invalid", "unauthenticated", "forbidden", "not-found", "conflict",
		"gone", "too-large", "too-many", "unavailable", "sealed",
	}
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("kind-%d", k)
}
