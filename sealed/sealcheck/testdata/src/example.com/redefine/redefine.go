package redefine

import (
	"unsafe"

	"github.com/habeas-data/habeas/sealed"
)

type Code sealed.Value           // want `redefine: Code is a type of its own made of a sealed one; another type loses`
type Born sealed.Of[sealed.Date] // want `redefine`
type Alias = sealed.Value
type Holder struct{ sealed.Value }

func convert(v sealed.Value) {
	_ = Code(v)            // want `redefine: a sealed value is converted to Code`
	_ = unsafe.Pointer(&v) // want `redefine`
	_ = Alias(v)
	_ = any(v)
}
