//go:build unix && !linux && !aix && !solaris && !illumos

package sealed

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// reserve gets size bytes of a kind of memory, or nil when the system has no such kind.
func reserve(kind Protection, size int) []byte {
	if kind == Heap {
		return heapChunk(size)
	}
	if kind == Secret {
		return nil
	}
	mem, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil
	}
	if runtime.GOOS == "freebsd" || runtime.GOOS == "dragonfly" {
		const noCore = 8 // MADV_NOCORE of both systems; the others have nothing like it
		_ = unix.Madvise(mem, noCore)
	}
	if kind == Locked && unix.Mlock(mem) != nil {
		_ = unix.Munmap(mem)
		return nil
	}
	return touch(mem)
}
