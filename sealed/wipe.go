package sealed

import (
	"reflect"
	"unsafe"
)

// Wipe zeroes what p points to: the variable itself and the numbers in its own slices. It
// is for objects of other packages that keep a copy of a key on the Go heap, such as what
// aes.NewCipher, cipher.NewGCM, sha256.New and ecdh's NewPrivateKey return; p may be such a
// pointer in an interface. The object must not be used afterwards, by anybody.
//
// It follows no pointers and no interfaces, because what lies behind them may be shared by
// the whole program: hmac.New keeps its hashes behind interfaces, and they stay. Copies that
// the package has made elsewhere, on the stack for one, stay as well. Anything but a pointer
// is left alone.
func Wipe(p any) {
	v := reflect.ValueOf(p)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return
	}
	v = v.Elem()
	if !layoutOf(v.Type()).flat { // a cipher has hundreds of numbers, and no slice
		wipeSlices(v.Type(), v.Addr().UnsafePointer())
	}
	v.SetZero() // not byte by byte: the garbage collector has to know of pointers that go
}

// wipeSlices clears the slices of numbers in the object of type t at p, exported or not.
func wipeSlices(t reflect.Type, p unsafe.Pointer) {
	switch t.Kind() { // the others hold no slices, or hold them behind pointers
	case reflect.Slice:
		if layoutOf(t.Elem()).flat {
			s := reflect.NewAt(t, p).Elem()
			s.Slice(0, s.Cap()).Clear()
		}
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			wipeSlices(f.Type, unsafe.Add(p, f.Offset))
		}
	case reflect.Array:
		for i := range t.Len() {
			wipeSlices(t.Elem(), unsafe.Add(p, uintptr(i)*t.Elem().Size())) //nolint:gosec // an index
		}
	}
}
