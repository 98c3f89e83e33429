//go:build !goexperiment.runtimesecret

package sealed

// run calls f. See run_secret.go for what it does more with GOEXPERIMENT=runtimesecret.
func run(f func([]byte) error, plain []byte) (*PanicError, error) {
	return call(f, plain)
}

// collect has nothing to do: without the experiment freed heap is not erased.
func collect() {}
