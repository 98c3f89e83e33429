package sealed

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"sync"
)

// Session owns values and wipes them when it is closed. Many sessions share one arena.
type Session struct {
	mu     sync.Mutex
	ids    []uint64
	closed bool
	stop   func() bool
}

// Open begins a session that Close ends, or the end of ctx.
func Open(ctx context.Context) *Session {
	s := &Session{}
	s.stop = context.AfterFunc(ctx, s.Close)
	return s
}

// Seal moves b into the session under a label and clears b, whatever it returns. The label
// names the kind of value and goes to logs: it must be a constant of the program. Errors:
// ErrClosed, ErrTooLong, ErrFull.
func (s *Session) Seal(label string, b []byte) (Value, error) {
	defer clear(b)
	if len(b) > MaxLen {
		return Value{}, ErrTooLong
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return Value{}, ErrClosed
	}
	var raw [8]byte
	_, _ = rand.Read(raw[:])
	id := binary.LittleEndian.Uint64(raw[:]) | 1
	held.Lock()
	held.m[id] = &entry{label: label, plain: append([]byte(nil), b...)}
	held.Unlock()
	s.ids = append(s.ids, id)
	return Value{id}, nil
}

// Close wipes every value of the session. It waits for the functions that use one, and may
// be called more than once.
func (s *Session) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.stop != nil {
		s.stop()
	}
	held.Lock()
	defer held.Unlock()
	for _, id := range s.ids {
		if e := held.m[id]; e != nil {
			clear(e.plain)
		}
		delete(held.m, id)
	}
	s.ids = nil
}

// The rest of this file is the first, plain form of the table: it keeps values on the heap
// and is to be replaced by the arena.
type entry struct {
	label string
	plain []byte
}

var held = struct {
	sync.RWMutex
	m map[uint64]*entry
}{m: map[uint64]*entry{}}

func label(id uint64) string {
	held.RLock()
	defer held.RUnlock()
	if e := held.m[id]; e != nil {
		return e.label
	}
	return "sealed value"
}

func use(id uint64, f func([]byte) error) (err error) {
	held.RLock()
	e := held.m[id]
	held.RUnlock()
	if e == nil {
		return ErrClosed
	}
	defer func() {
		if recover() != nil {
			panic(ErrOpaque)
		}
	}()
	if err = f(e.plain); err == nil {
		return nil
	}
	var public publicError
	if errors.As(err, &public) {
		return public.error
	}
	return ErrOpaque
}

func equal(a, b uint64) bool {
	same := false
	_ = use(a, func(x []byte) error { same = equalBytes(b, x); return nil })
	return same
}

func equalBytes(id uint64, b []byte) bool {
	same := false
	_ = use(id, func(x []byte) error { same = subtle.ConstantTimeCompare(x, b) == 1; return nil })
	return same
}
