package sealed

import (
	"reflect"
	"sync"
	"unsafe"
)

// Of is a sealed value of a fixed-size type without pointers, such as an int64, a [32]byte,
// a [Date] or a struct of these. As a Value it is a handle; copies share what they name. An
// Of[A] cannot be converted to an Of[B].
type Of[T any] struct {
	_ [0]*T
	guard
}

// SealOf moves *p into the session and sets it to its zero value, whatever it returns.
// Errors: ErrPointers when T holds anything but numbers, booleans, arrays and structs of
// them, and those of Seal.
func SealOf[T any](s *Session, label string, p *T) (Of[T], error) {
	from := unsafe.Slice((*byte)(unsafe.Pointer(p)), unsafe.Sizeof(*p))
	defer func() { *p = *new(T) }()
	l := layoutOf(reflect.TypeFor[T]())
	if !l.flat {
		return Of[T]{}, ErrPointers
	}
	defer clear(from) // with the bytes between the fields
	e, err := s.reserve(label, len(from))
	if err != nil {
		return Of[T]{}, err
	}
	plain := e.slot.plain()
	copy(plain, from)
	for _, gap := range l.gaps { // so that equal values have equal bytes
		clear(plain[gap[0]:gap[1]])
	}
	v, err := s.keep(e)
	return Of[T]{guard: v.guard}, err
}

// Use calls f with a pointer into the sealed memory, under the rules of [Value.Use]: f must
// not keep the pointer. A change made through it is a change of the value, without any
// lock.
func (v Of[T]) Use(f func(*T) error) error {
	return v.use(func(plain []byte) error {
		return f((*T)(unsafe.Pointer(unsafe.SliceData(plain)))) // slots are aligned to 8 bytes
	})
}

// Equal reports whether both values hold the same bytes, in constant time. For floating
// point fields that differs from ==: NaN equals itself, and 0 is not -0.
func (v Of[T]) Equal(w Of[T]) bool { return v.equal(w.guard) }

// Value is the same value as bytes in the machine's own order.
func (v Of[T]) Value() Value { return Value{v.guard} }

// layout says whether a type can be sealed and which of its bytes belong to no field.
type layout struct {
	flat bool
	gaps [][2]uintptr
}

var layouts sync.Map // of reflect.Type to *layout

func layoutOf(t reflect.Type) *layout {
	if l, ok := layouts.Load(t); ok {
		return l.(*layout)
	}
	l := &layout{}
	l.flat = t.Size() <= MaxLen && l.add(t, 0)
	layouts.Store(t, l)
	return l
}

// add walks a type that lies at an offset. It reports whether it is free of pointers.
func (l *layout) add(t reflect.Type, at uintptr) bool {
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		return true
	case reflect.Array:
		for i := range t.Len() {
			gaps := len(l.gaps)
			if !l.add(t.Elem(), at+uintptr(i)*t.Elem().Size()) { //nolint:gosec // an index
				return false
			}
			if len(l.gaps) == gaps {
				break // the other elements have no gaps either
			}
		}
		return true
	case reflect.Struct:
		end := uintptr(0)
		for i := range t.NumField() {
			f := t.Field(i)
			l.gap(at+end, at+f.Offset)
			if !l.add(f.Type, at+f.Offset) {
				return false
			}
			end = f.Offset + f.Type.Size()
		}
		l.gap(at+end, at+t.Size())
		return true
	default:
		return false
	}
}

func (l *layout) gap(start, end uintptr) {
	if start < end {
		l.gaps = append(l.gaps, [2]uintptr{start, end})
	}
}
