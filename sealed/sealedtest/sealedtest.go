// Package sealedtest turns texts into sealed values and back, for tests: their secrets
// are invented and may be seen.
package sealedtest

import (
	"context"

	"github.com/habeas-data/habeas/sealed"
)

var session = sealed.Open(context.Background())

// Seal seals a text until the process ends. It panics when no protected memory is left.
func Seal(text string) sealed.Value {
	v, err := session.Seal("value of a test", []byte(text))
	if err != nil {
		panic(err)
	}
	return v
}

// Text is what a value holds. It panics when the value's session is closed.
func Text(v sealed.Value) (text string) {
	if err := v.Use(func(plain []byte) error {
		text = string(plain) //sealcheck:allow escape it is for tests
		return nil
	}); err != nil {
		panic(err)
	}
	return text
}
