//go:build !windows && (!unix || aix || solaris || illumos)

package sealed

// reserve has nothing but the Go heap here.
func reserve(kind Protection, size int) []byte {
	if kind == Heap {
		return heapChunk(size)
	}
	return nil
}
