//go:build unix

package app

import "golang.org/x/sys/unix"

// statfs asks how much of its disk an unprivileged process may still fill.
func statfs(dir string) (Space, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return Space{}, err
	}
	block := uint64(s.Bsize) //nolint:unconvert // of another type on other systems
	return Space{Free: uint64(s.Bavail) * block, Total: s.Blocks * block}, nil
}
