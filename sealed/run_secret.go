//go:build goexperiment.runtimesecret

package sealed

import (
	"runtime"
	"runtime/secret"
)

// run calls f so that registers and stack that it has used are erased when it returns, and
// heap that it has allocated when it is collected.
func run(f func([]byte) error, plain []byte) (panicked *PanicError, err error) {
	secret.Do(func() { panicked, err = call(f, plain) })
	return panicked, err
}

// collect makes the runtime erase what functions given to Use have left on the heap: it is
// erased by the garbage collector and not before.
func collect() { runtime.GC() }
