//go:build !goexperiment.runtimesecret

package sealed

import "runtime"

// erased is how much stack is erased below a function that has seen plaintext.
const erased = 4 << 10

// run calls f and erases the stack that it has used. See run_secret.go for what it does more
// with GOEXPERIMENT=runtimesecret.
func run(f func([]byte) error, plain []byte) (*PanicError, error) {
	erase() // also sees to it that f does not outgrow the stack and leave one behind
	panicked, err := call(f, plain)
	erase() // not deferred, since call returns in any case but the end of the goroutine
	return panicked, err
}

// Do calls f and erases the stack that f has used, to a depth of 4 KiB: the copies that a
// hash or a cipher makes of what it is given. It is for what draws or derives a secret
// before that is sealed. Use does the same for its function. With
// GOEXPERIMENT=runtimesecret Do is runtime/secret.Do.
func Do(f func()) {
	erase()
	defer erase()
	f()
}

// erase fills the stack below its caller with zeros.
//
//go:noinline
func erase() {
	var room [erased]byte
	runtime.KeepAlive(&room)
}

// collect has nothing to do: without the experiment freed heap is not erased.
func collect() {}
