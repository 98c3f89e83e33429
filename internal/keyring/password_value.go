package keyring

import (
	"context"
	"fmt"
	"io"

	"github.com/habeas-data/habeas/sealed"
)

// Password is a master password or a recovery code on its way from where it was read to
// where it is used: in sealed memory, which [Password.Close] wipes. It prints as its label.
// Copies share it. The zero Password is a closed one.
type Password struct {
	session *sealed.Session
	value   sealed.Value
}

// NewPassword seals a password and clears b. One that cannot be sealed is as a closed one:
// nothing opens with it.
func NewPassword(b []byte) Password {
	s := sealed.Open(context.Background()) // until Close
	v, err := s.Seal("master password", b)
	if err != nil {
		s.Close()
		return Password{}
	}
	return Password{s, v}
}

// Close wipes the password. It may be called more than once.
func (p Password) Close() {
	if p.session != nil {
		p.session.Close()
	}
}

// Clone is the same password with an end of its own.
func (p Password) Clone() Password {
	var out Password
	_ = p.value.Use(func(plain []byte) error {
		out = NewPassword(append([]byte(nil), plain...)) // clears the copy
		return nil
	})
	return out
}

// use calls f with the password, and returns the error of f as it is: f must not put any
// of the password into it. On a closed one it is ErrWrongPassword.
func (p Password) use(f func(plain []byte) error) error {
	var said error
	if err := p.value.Use(func(plain []byte) error { said = f(plain); return nil }); err != nil {
		return ErrWrongPassword.WithCause(err)
	}
	return said
}

// Format implements fmt.Formatter: no verb prints the password.
func (p Password) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "keyring.Password") }
