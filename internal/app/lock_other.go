//go:build !unix

package app

import "os"

// ownedByRoot is true where there is no root whose files nobody else could open.
func ownedByRoot(os.FileInfo) bool { return true }

// flock does nothing where the system has no flock: there the database's own lock
// is what keeps two processes apart.
func flock(*os.File) error { return nil }
