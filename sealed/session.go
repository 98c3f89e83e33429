package sealed

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// Session owns values and wipes them when it is closed. Many sessions share one arena.
type Session struct {
	mu     sync.Mutex
	ids    []uint64 // handles only: reflection on a session leads to no plaintext
	closed bool
	stop   func() bool
	store  *Store // made when asked for

	keyOnce sync.Mutex
	key     *inputKey // made when asked for

	left  atomic.Int64 // values not yet wiped, and one while the session is open
	wiped chan struct{}
}

// sessions counts the open ones, for Report.
var sessions atomic.Int64

// Open begins a session that Close ends, or the end of ctx. A session that is neither closed
// nor bound to a context that ends keeps its values until the process ends.
func Open(ctx context.Context) *Session {
	s := &Session{wiped: make(chan struct{})}
	s.left.Store(1)
	sessions.Add(1)
	stop := context.AfterFunc(ctx, s.Close)
	s.mu.Lock()
	s.stop = stop // under the lock, since ctx may have ended already
	s.mu.Unlock()
	return s
}

// Seal moves b into the session under a label and clears b, whatever it returns. The label
// names the kind of value and goes to logs: it must be a constant of the program. Errors:
// ErrClosed, ErrTooLong, ErrFull.
func (s *Session) Seal(label string, b []byte) (Value, error) {
	defer clear(b)
	e, err := s.reserve(label, len(b))
	if err != nil {
		return Value{}, err
	}
	copy(e.slot.plain(), b)
	return s.keep(e)
}

// reserve makes an entry with room for n bytes, which the caller fills and then keeps, or
// frees its slot.
func (s *Session) reserve(label string, n int) (*entry, error) {
	if n > MaxLen {
		return nil, ErrTooLong
	}
	mem, err := memory.alloc(n)
	if err != nil {
		return nil, err
	}
	if label == "" {
		label = unnamed
	}
	return &entry{label: label, slot: mem, owner: s}, nil
}

// keep makes a filled entry a value of the session. A closed session wipes it.
func (s *Session) keep(e *entry) (Value, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		memory.free(e.slot)
		return Value{}, ErrClosed
	}
	s.left.Add(1)
	held.add(e)
	s.ids = append(s.ids, e.id)
	// A number of its own: a pointer into the entry would lead to the slot.
	return Value{guard{&handle{id: e.id}}}, nil
}

// Forget wipes one value of the session before its end, as Close does with all. Values of
// other sessions and closed ones are left alone.
func (s *Session) Forget(v Value) {
	if v.at == nil {
		return
	}
	s.mu.Lock()
	i := slices.Index(s.ids, v.at.id)
	if i >= 0 {
		s.ids = slices.Delete(s.ids, i, i+1)
	}
	s.mu.Unlock()
	if i < 0 {
		return
	}
	if e := held.remove(v.at.id); e != nil {
		e.close()
	}
}

// Close ends the session. Using a value is ErrClosed from now on. Values that nobody uses
// are wiped when Close returns; one that a function is using is wiped when that function
// ends, so that Close may be called inside Use. [Session.Wiped] tells when all is done.
// Close may be called more than once.
func (s *Session) Close() {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed = true
	ids := s.ids
	s.ids = nil
	if s.stop != nil {
		s.stop()
	}
	s.mu.Unlock()
	for _, id := range ids {
		if e := held.remove(id); e != nil {
			e.close()
		}
	}
	sessions.Add(-1)
	s.ended()
	collect()
}

// Wiped is closed when the session is closed and the last of its values has been wiped.
func (s *Session) Wiped() <-chan struct{} { return s.wiped }

// ended counts the end of a value, or of the session itself.
func (s *Session) ended() {
	if s.left.Add(-1) == 0 {
		close(s.wiped)
	}
}
