//go:build unix

package app

import (
	"os"
	"syscall"
)

// ownedByRoot reports whether a file belongs to root.
func ownedByRoot(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return !ok || stat.Uid == 0
}

// flock takes an exclusive lock that goes with the process.
func flock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
