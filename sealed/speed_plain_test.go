//go:build !goexperiment.runtimesecret

package sealed_test

// usesHeap names what may allocate: nothing.
var usesHeap = map[string]bool{}
