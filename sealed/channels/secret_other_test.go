//go:build !goexperiment.runtimesecret

package channels

// secretRuntime says whether the program is built with GOEXPERIMENT=runtimesecret.
const secretRuntime = false
