package sealed

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// reserve gets size bytes of a kind of memory, or nil when the system has no such kind.
func reserve(kind Protection, size int) []byte {
	if kind == Heap {
		return heapChunk(size)
	}
	if kind == Secret {
		return nil
	}
	at, err := windows.VirtualAlloc(0, uintptr(size), windows.MEM_COMMIT|windows.MEM_RESERVE, windows.PAGE_READWRITE)
	if err != nil {
		return nil
	}
	if kind == Locked && windows.VirtualLock(at, uintptr(size)) != nil {
		_ = windows.VirtualFree(at, 0, windows.MEM_RELEASE)
		return nil
	}
	// The address is not of the Go heap; the detour says so to vet, which cannot know.
	return touch(unsafe.Slice(*(**byte)(unsafe.Pointer(&at)), size))
}
