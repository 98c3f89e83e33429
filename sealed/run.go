package sealed

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// call runs f and turns a panic into one that is safe to print.
func call(f func([]byte) error, plain []byte) (panicked *PanicError, err error) {
	defer func() {
		if r := recover(); r != nil {
			panicked = newPanic(r)
		}
	}()
	return nil, f(plain)
}

// PanicError is what Use panics with when the function given to it has panicked: the type
// of the panic and the functions and lines it came through, and no value of any kind, since
// an index out of range, a quoted string or an argument can be a part of the plaintext.
type PanicError struct {
	kind   string
	frames []string
}

// Error tells the type of the panic and where it happened, innermost function first.
func (p *PanicError) Error() string {
	return "sealed: the function that used the value panicked: " + p.kind + " at " + strings.Join(p.frames, ", ")
}

// Frames lists the functions with file and line, innermost first, out to the call of Use.
func (p *PanicError) Frames() []string { return append([]string(nil), p.frames...) }

// newPanic describes the panic r. It is called by the deferred function that recovers,
// while the stack of the panic is still there.
func newPanic(r any) *PanicError {
	if p, ok := r.(*PanicError); ok {
		return p // of a Use inside this one
	}
	p := &PanicError{kind: fmt.Sprintf("%T", r)}
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	for inside := false; ; {
		f, more := frames.Next()
		switch {
		case strings.HasSuffix(f.Function, "/sealed.call"):
			return p
		case f.Function == "runtime.gopanic": // everything before it is this package
			inside = true
		case inside:
			p.frames = append(p.frames, f.Function+" ("+filepath.Base(f.File)+":"+strconv.Itoa(f.Line)+")")
		}
		if !more {
			return p
		}
	}
}
