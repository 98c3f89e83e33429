//go:build !unix

package search

import "os"

// mapFile reads a file where it cannot be mapped.
func mapFile(path string) (b []byte, unmap func() error, err error) {
	b, err = os.ReadFile(path)
	return b, func() error { return nil }, err
}

// syncDir does nothing where directories cannot be synchronised.
func syncDir(string) error { return nil }
