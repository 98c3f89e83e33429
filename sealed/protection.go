package sealed

import "errors"

// Protection is how the memory of sealed values is kept from leaving the process. A higher
// one is stronger.
type Protection uint8

// The kinds of memory, weakest first. None of the first three is on the Go heap, and so in
// no heap dump and no profile.
const (
	// Heap is the Go heap: what is left on a system that offers nothing else. Values are
	// wiped all the same, but are in core dumps, heap dumps and swap while they live.
	Heap Protection = iota
	// Mapped is memory of its own: not in heap dumps, and on Linux not in core dumps
	// (MADV_DONTDUMP) nor in forked children (MADV_DONTFORK). It may be written to swap.
	Mapped
	// Locked is Mapped memory that is never written to swap (mlock, VirtualLock). Another
	// process with the right to read this one's memory (ptrace) can read it.
	Locked
	// Secret is memory that the Linux kernel itself has taken out of its view
	// (memfd_secret): not in swap or core dumps, not readable by ptrace or /proc/PID/mem,
	// not even by root.
	Secret
)

// String names the kind: "heap", "mapped", "locked", "secret".
func (p Protection) String() string {
	names := [...]string{"heap", "mapped", "locked", "secret"}
	if int(p) < len(names) {
		return names[p]
	}
	return "unknown"
}

// MarshalText is the name.
func (p Protection) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads the name.
func (p *Protection) UnmarshalText(text []byte) error {
	for kind := Heap; kind <= Secret; kind++ {
		if kind.String() == string(text) {
			*p = kind
			return nil
		}
	}
	return errors.New("sealed: not a kind of memory, one of heap, mapped, locked and secret is expected")
}

// Usage says what memory the sealed values of the process use.
type Usage struct {
	Protection Protection `json:"protection"` // weakest kind in use; before any value, Secret
	Secret     int        `json:"secret"`     // bytes reserved of each kind
	Locked     int        `json:"locked"`
	Mapped     int        `json:"mapped"`
	Heap       int        `json:"heap"`
	Used       int        `json:"used"`     // bytes of slots that hold a value, padding included
	Limit      int        `json:"limit"`    // most bytes that may be reserved
	Sessions   int        `json:"sessions"` // open sessions
	Values     int        `json:"values"`   // values that can be used
}

// Report tells the state of the arena. It may be called at any time.
func Report() Usage {
	u := Usage{Sessions: int(sessions.Load()), Values: held.count()}
	memory.mu.Lock()
	defer memory.mu.Unlock()
	u.Protection = Secret
	for kind := Secret; ; kind-- {
		if memory.kept[kind] > 0 {
			u.Protection = kind
		}
		if kind == Heap {
			break
		}
	}
	u.Secret, u.Locked, u.Mapped, u.Heap = memory.kept[Secret], memory.kept[Locked], memory.kept[Mapped], memory.kept[Heap]
	u.Used, u.Limit = memory.used, memory.limit
	return u
}

// Limit sets the most bytes that the arena may reserve (64 MiB unless called) and the
// weakest kind of memory it may take (Heap unless called). Past either, Seal returns
// ErrFull. It governs growth from now on; what is reserved stays, since chunks are used
// again and never given back.
func Limit(bytes int, weakest Protection) {
	memory.mu.Lock()
	defer memory.mu.Unlock()
	memory.limit, memory.weakest = bytes, min(weakest, Secret)
}

// heapChunk is the last resort.
func heapChunk(size int) []byte { return make([]byte, size) }

// touch writes to every page, so that a later Seal does not pay for the first access
// (about 25 µs a page of secret memory).
func touch(mem []byte) []byte {
	for i := 0; i < len(mem); i += pageSize {
		mem[i] = 0
	}
	return mem
}
