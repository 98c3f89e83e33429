//go:build race

package sealed_test

// The race detector makes sync.Pool, which slog uses, forget at random.
func init() { usesHeap["LogAttrs"], usesHeap["Info"] = true, true }
