//go:build goexperiment.runtimesecret

package sealed_test

import (
	"context"
	"errors"
	"runtime"

	"github.com/habeas-data/habeas/sealed"
)

// careless copies the plaintext to the stack and to strings, which then are garbage. With
// the experiment, closing a session erases them. It does not use fmt, whose buffers are kept
// in a pool and are never garbage.
func init() {
	careless = func() {
		s := sealed.Open(context.Background())
		v, err := s.Seal("code", plainOf("sealed"))
		if err != nil {
			panic(err)
		}
		for range 100 {
			_ = v.Use(func(plain []byte) error {
				var onStack [64]byte
				copy(onStack[:], plain)
				return errors.New("bad " + string(plain) + string(onStack[:]))
			})
		}
		s.Close()
		runtime.GC() // Close lets one follow within a second
	}
}
