//go:build goexperiment.runtimesecret

package sealed_test

// usesHeap names what may allocate: secret.Do takes a closure of every use.
var usesHeap = map[string]bool{"Use": true, "Of.Use": true}
