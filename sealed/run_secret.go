//go:build goexperiment.runtimesecret

package sealed

import (
	"runtime"
	"runtime/secret"
	"sync/atomic"
	"time"
)

// run calls f so that registers and stack that it has used are erased when it returns, and
// heap that it has allocated when it is collected.
func run(f func([]byte) error, plain []byte) (panicked *PanicError, err error) {
	secret.Do(func() { panicked, err = call(f, plain) })
	return panicked, err
}

// Do is runtime/secret.Do: it calls f and erases registers, stack and heap that f has used.
func Do(f func()) { secret.Do(f) }

// collectWithin bounds how long after the end of a session what its functions have left on
// the heap may stay there, while the garbage collector has nothing else to do.
const collectWithin = time.Second

var collecting atomic.Bool

// collect sees to it that the runtime erases what functions given to Use have left on the
// heap: it is erased by the garbage collector and not before. A server closes thousands of
// sessions a second, so one collection serves all that close before it.
func collect() {
	if !collecting.Swap(true) {
		time.AfterFunc(collectWithin, func() {
			collecting.Store(false)
			runtime.GC()
		})
	}
}
