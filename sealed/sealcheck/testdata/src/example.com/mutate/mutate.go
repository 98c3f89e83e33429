package mutate

import (
	"slices"

	"github.com/habeas-data/habeas/sealed"
)

func outer(v sealed.Value) {
	_ = v.Use(func(plain []byte) error {
		plain[0] = 'x'             // want `mutate: plaintext is written over; every copy`
		clear(plain)               // want `mutate: plaintext is written over by clear`
		copy(plain, "xx")          // want `mutate`
		_ = append(plain[:0], 'x') // want `mutate`
		slices.Reverse(plain)      // want `mutate`
		fill(plain)                // want `mutate`
		return nil
	})
	_ = v.Use(func(plain []byte) error {
		mine := slices.Clone(plain)
		defer clear(mine)
		mine[0] = 'x'
		return nil
	})
}

func older(d sealed.Of[sealed.Date]) {
	_ = d.Use(func(d *sealed.Date) error {
		d.Year-- // want `mutate`
		return nil
	})
}

func fill(b []byte) {
	for i := range b {
		b[i] = 0
	}
}
