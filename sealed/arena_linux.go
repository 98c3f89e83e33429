package sealed

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// reserve gets size bytes of a kind of memory between two pages that nobody may touch, or
// nil when the system refuses.
func reserve(kind Protection, size int) []byte {
	if kind == Heap {
		return heapChunk(size)
	}
	guard := os.Getpagesize()
	total := uintptr(size + 2*guard) //nolint:gosec // positive
	region, err := unix.MmapPtr(-1, 0, nil, total, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return nil
	}
	mem := unsafe.Slice((*byte)(unsafe.Add(region, guard)), size)
	if kind == Secret {
		err = mapSecret(mem)
	} else {
		err = mapAnonymous(mem, kind == Locked)
	}
	if err != nil {
		_ = unix.MunmapPtr(region, total)
		return nil
	}
	return touch(mem)
}

// mapAnonymous opens the private mapping that is there.
func mapAnonymous(mem []byte, lock bool) error {
	if err := unix.Mprotect(mem, unix.PROT_READ|unix.PROT_WRITE); err != nil {
		return err
	}
	if err := advise(mem); err != nil {
		return err
	}
	if lock {
		return unix.Mlock(mem)
	}
	return nil
}

// advise keeps mem out of core dumps and of children that are forked without exec, as only
// programs with cgo can do. MADV_WIPEONFORK would add nothing to DONTFORK and is refused on
// shared mappings.
func advise(mem []byte) error {
	if err := unix.Madvise(mem, unix.MADV_DONTDUMP); err != nil {
		return err
	}
	return unix.Madvise(mem, unix.MADV_DONTFORK)
}
