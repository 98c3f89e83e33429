// Package lib is what another package calls.
package lib

import (
	"fmt"

	"github.com/habeas-data/habeas/sealed"
)

type Box struct{ b []byte }

func Show(n int, b []byte)                            { fmt.Println(n, b) }
func Trim(b []byte) []byte                            { return b[1:] }
func (x *Box) Put(b []byte)                           { x.b = b }
func With(v sealed.Value, f func([]byte) error) error { return v.Use(f) }
func Each(v sealed.Value, f func(string)) error {
	return v.Use(func(p []byte) error {
		f(string(p))
		return nil
	})
}
func Count(b []byte) int { return len(b) }
