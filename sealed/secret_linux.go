//go:build linux && (amd64 || arm64 || riscv64)

package sealed

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// mapSecret puts memfd_secret(2) memory in the place of mem. It is locked by itself and
// counts against RLIMIT_MEMLOCK; mmap fails with EAGAIN past it.
func mapSecret(mem []byte) error {
	fd, err := unix.MemfdSecret(unix.O_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(fd) // the mapping stays
	if err = unix.Ftruncate(fd, int64(len(mem))); err != nil {
		return err
	}
	at := unsafe.Pointer(unsafe.SliceData(mem))
	_, err = unix.MmapPtr(fd, 0, at, uintptr(len(mem)), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_FIXED)
	if err != nil {
		return err
	}
	return advise(mem)
}
