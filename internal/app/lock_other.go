//go:build !unix

package app

import "os"

// flock does nothing where the system has no flock: there the database's own lock
// is what keeps two processes apart.
func flock(*os.File) error { return nil }
