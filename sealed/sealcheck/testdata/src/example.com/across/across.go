package across

import (
	"errors"

	"example.com/lib"
	"github.com/habeas-data/habeas/sealed"
)

func outer(v sealed.Value, box *lib.Box) {
	var out []byte
	var text string
	n := 0
	_ = v.Use(func(plain []byte) error {
		lib.Show(1, plain)    // want `print: plaintext reaches fmt.Println in the function Show`
		out = lib.Trim(plain) // want `retain`
		box.Put(plain)        // want `retain`
		n = lib.Count(plain)
		return nil
	})
	_ = lib.With(v, func(plain []byte) error {
		return errors.New(string(plain)) // want `error`
	})
	_ = lib.Each(v, func(s string) {
		text = s // want `escape`
	})
	_ = mine(v, func(plain []byte) error {
		return errors.New(string(plain)) // want `error`
	})
	_, _, _ = out, text, n
}

func mine(v sealed.Value, f func([]byte) error) error {
	return lib.With(v, func(b []byte) error { return f(b) })
}
