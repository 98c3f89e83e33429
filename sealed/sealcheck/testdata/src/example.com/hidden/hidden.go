package hidden

import (
	"fmt"
	"log/slog"

	"github.com/habeas-data/habeas/sealed"
)

type shown struct{ Code sealed.Value }
type secret struct{ code sealed.Value }
type deep struct{ S []secret }
type speaking struct{ code sealed.Value }

func (speaking) String() string { return "x" }

func outer(v sealed.Value, a shown, b secret, c *deep, d speaking) {
	fmt.Println(v, a, d)
	fmt.Println(b)         // want `hidden: a struct is printed that has sealed values in unexported fields`
	fmt.Printf("%v", c)    // want `hidden`
	slog.Info("x", "b", b) // want `hidden`
	slog.Info("x", "d", d, "v", v)
}
