package sealed

import (
	"reflect"
	"unsafe"
)

// Moved is an object of another package that lies in sealed memory, such as a cipher or a
// hash that has a key in it. I is the interface that it is used through. As a [Value] it is
// a handle; copies share the object.
type Moved[I any] struct {
	_ [0]*I
	guard
	of reflect.Type
}

// Move moves the object that p points to into the session and wipes the one on the Go heap,
// which nobody may use any more. It serves for what aes.NewCipher, cipher.NewGCM, sha256.New
// and sha512.New return: objects that hold numbers and no pointers. For any other, and for
// an I that is no pointer, it is ErrPointers, and the object stays as it is. Other errors,
// after which the object is wiped, are those of Seal.
//
// The copies that the other package has made before, on the stack for one, stay where they
// are.
func Move[I any](s *Session, label string, p I) (Moved[I], error) {
	v := reflect.ValueOf(p)
	if v.Kind() != reflect.Pointer || v.IsNil() || !layoutOf(v.Type().Elem()).flat {
		return Moved[I]{}, ErrPointers
	}
	of := v.Type().Elem()
	from := unsafe.Slice((*byte)(v.UnsafePointer()), of.Size())
	defer clear(from)
	e, err := s.reserve(label, len(from))
	if err != nil {
		return Moved[I]{}, err
	}
	copy(e.slot.plain(), from)
	kept, err := s.keep(e)
	return Moved[I]{guard: kept.guard, of: of}, err
}

// Set moves another object of the same type into the place of this one and wipes it on the
// Go heap. The caller sees to it that nobody uses the object meanwhile. Errors: ErrPointers
// when p is of another type, and ErrClosed.
func (m Moved[I]) Set(p I) error {
	v := reflect.ValueOf(p)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Type().Elem() != m.of {
		return ErrPointers
	}
	from := unsafe.Slice((*byte)(v.UnsafePointer()), m.of.Size())
	defer clear(from)
	return m.use(func(plain []byte) error { copy(plain, from); return nil })
}

// Use calls f with the object, in the sealed memory, under the rules of [Value.Use]: f must
// not keep it. What f does to it stays: a hash that was written to goes on from there. An
// object that changes is used by one goroutine at a time.
func (m Moved[I]) Use(f func(I) error) error {
	return m.use(func(plain []byte) error {
		at := unsafe.Pointer(unsafe.SliceData(plain)) // slots are aligned to 8 bytes
		return f(reflect.NewAt(m.of, at).Interface().(I))
	})
}
