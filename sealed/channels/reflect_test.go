package channels

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"unsafe"

	"github.com/alecthomas/repr"
	"github.com/davecgh/go-spew/spew"
	"github.com/k0kubun/pp/v3"
	"github.com/kr/pretty"
	"github.com/sanity-io/litter"

	"github.com/habeas-data/habeas/sealed"
)

func reflectChannels() []channel {
	methodless := spew.ConfigState{Indent: " ", DisableMethods: true}
	private := litter.Options{HidePrivateFields: false}
	printer := pp.New()
	printer.SetColoringEnabled(false)
	return []channel{
		{number: 56, name: "SEAL-56 spew", checks: []check{
			{name: "Sdump", run: func(o *out, s sample) { o.WriteString(spew.Sdump(s.v)) }},
			{name: "Sprintf", run: func(o *out, s sample) { o.WriteString(spew.Sprintf("%v %+v %#v %#+v", s.v, s.v, s.v, s.v)) }},
			{name: "Errorf", run: func(o *out, s sample) { o.err(spew.Errorf("%v", s.v)) }},
		}},
		{number: 57, name: "SEAL-57 spew without methods, kr/pretty, pp, litter, repr", checks: []check{
			{name: "spew", run: func(o *out, s sample) { o.WriteString(methodless.Sdump(s.v)) }},
			{name: "kr/pretty", run: func(o *out, s sample) { o.WriteString(pretty.Sprint(s.v)) }},
			{name: "kr/pretty Formatter", run: func(o *out, s sample) { fmt.Fprintf(o, "%# v", pretty.Formatter(s.v)) }},
			{name: "kr/pretty Diff", run: func(o *out, s sample) {
				fmt.Fprint(o, pretty.Diff(s.v, reflect.Zero(reflect.TypeOf(s.v)).Interface()))
			}},
			{name: "pp", run: func(o *out, s sample) { o.WriteString(printer.Sprint(s.v)) }},
			{name: "pp Sprintf", run: func(o *out, s sample) { o.WriteString(printer.Sprintf("%v %+v", s.v, s.v)) }},
			{name: "litter", run: func(o *out, s sample) { o.WriteString(litter.Sdump(s.v)) }},
			{name: "litter private", run: func(o *out, s sample) { o.WriteString(private.Sdump(s.v)) }},
			{name: "repr", run: func(o *out, s sample) { o.WriteString(repr.String(s.v)) }},
			{name: "repr ignoring GoStringer", run: func(o *out, s sample) { o.WriteString(repr.String(s.v, repr.IgnoreGoStringer())) }},
		}},
		{number: 58, name: "SEAL-58 reflection over unexported fields", checks: []check{
			{name: "String, Bytes, Uint", run: func(o *out, s sample) { o.Write(memoryOf(s.v, false)) }},
		}},
		{number: 59, name: "SEAL-59 unsafe over unexported fields", checks: []check{
			{name: "all that can be reached", run: func(o *out, s sample) { o.Write(memoryOf(s.v, true)) }},
		}},
		{number: 60, name: "SEAL-60 what a closure holds", checks: []check{
			{name: "a function that returns it", fits: bare, run: func(o *out, s sample) {
				v := s.v
				o.Write(captured(func() any { return v }))
			}},
			{name: "a bound method", fits: texts, run: func(o *out, s sample) {
				if v, ok := s.v.(sealed.Value); ok {
					o.Write(captured(v.Label))
					o.Write(captured(v.Use))
					return
				}
				o.Write(captured(plainError(secret).Error))
			}},
		}},
		{number: 61, name: "SEAL-61 debuggers", checks: []check{
			dies("gcore, of gdb", "wait kept", gcoreOf), dies("ptrace", "wait kept", memoryOfProcess),
		}},
	}
}

// captured is the memory of a function value: the code pointer and the words behind it, and
// what the first two of them, and the first word there, point to.
func captured(f any) (b []byte) {
	at := *(*uintptr)(unsafe.Add(unsafe.Pointer(&f), unsafe.Sizeof(uintptr(0))))
	b = peek(at, 32)
	for i := 8; i < 24 && len(b) >= 24; i += 8 {
		first := peek(uintptr(binary.NativeEndian.Uint64(b[i:])), 8)
		b = append(b, first...)
		if len(first) > 0 { // eight bytes each: behind small objects lie others
			b = append(b, peek(uintptr(binary.NativeEndian.Uint64(first)), 8)...)
		}
	}
	runtime.KeepAlive(f)
	return b
}

// peek reads memory at an address, nothing where there is none.
func peek(at uintptr, n int) (b []byte) {
	if at < 1<<16 || at >= 1<<47 {
		return nil
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			b = nil
		}
	}()
	b = make([]byte, n)
	copy(b, unsafe.Slice(*(**byte)(unsafe.Pointer(&at)), n))
	return b
}

// walker reads all that can be reached from a value.
type walker struct {
	seen  map[unsafe.Pointer]bool
	hard  bool // past unexported fields, by unsafe
	found []byte
}

// memoryOf is every string, number and piece of memory that v leads to. Hard, it reads
// memory as it lies.
func memoryOf(v any, hard bool) []byte {
	w := walker{seen: map[unsafe.Pointer]bool{}, hard: hard}
	w.walk(reflect.ValueOf(v), 0)
	return w.found
}

func (w *walker) walk(v reflect.Value, depth int) {
	if !v.IsValid() || depth > 24 {
		return
	}
	if w.hard && !v.CanInterface() && v.CanAddr() {
		v = reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
	}
	if w.hard && v.CanAddr() {
		w.found = append(w.found, unsafe.Slice((*byte)(v.Addr().UnsafePointer()), v.Type().Size())...)
		w.found = append(w.found, '\n')
	}
	switch v.Kind() {
	case reflect.String:
		w.found = append(append(w.found, v.String()...), '\n')
	case reflect.Uint8:
		w.found = append(w.found, byte(v.Uint()))
	case reflect.Uint, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		w.found = fmt.Appendf(w.found, "%d %x\n", v.Uint(), v.Uint())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		w.found = fmt.Appendf(w.found, "%d\n", v.Int())
	case reflect.Pointer:
		if !v.IsNil() && !w.seen[v.UnsafePointer()] {
			w.seen[v.UnsafePointer()] = true
			w.walk(v.Elem(), depth+1)
		}
	case reflect.Interface:
		w.walk(v.Elem(), depth+1)
	case reflect.Struct:
		if w.hard && !v.CanAddr() { // a copy that has an address
			p := reflect.New(v.Type()).Elem()
			if v.CanInterface() {
				p.Set(v)
				v = p
			}
		}
		for i := range v.NumField() {
			w.walk(v.Field(i), depth+1)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			w.walk(v.Index(i), depth+1)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			w.walk(it.Key(), depth+1)
			w.walk(it.Value(), depth+1)
		}
	case reflect.Func:
		if w.hard && !v.IsNil() && v.CanInterface() {
			w.found = append(w.found, captured(v.Interface())...)
		}
	default: // channels, booleans and floats hold nothing here
	}
}
