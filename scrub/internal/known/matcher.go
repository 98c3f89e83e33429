package known

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/habeas-data/habeas/sealed"
)

// ErrShort says that a value has too few letters and digits to be searched.
var ErrShort = errors.New("known: a value needs three letters, or four digits, to be searched")

// Matcher finds known values. It may be used by several goroutines at once; values may be
// added while texts are searched, and a Find that began before may miss them.
type Matcher struct {
	session *sealed.Session // of the key
	key     sealed.Value
	tables  atomic.Pointer[tables]

	mu     sync.Mutex // held by writers
	values []sealed.Value
	err    error // what Add answers, if not nil
}

// New makes a Matcher that knows no value, with keys of its own.
func New() *Matcher {
	m := &Matcher{session: sealed.Open(context.Background())}
	b := make([]byte, keyBytes)
	_, _ = rand.Read(b)
	m.key, m.err = m.session.Seal("key of known values", b)
	return m
}

// Add makes a value known for as long as its session is open. The label names the kind of
// value in errors. Errors: ErrShort, sealed.ErrClosed if the value or the Matcher is
// closed, sealed.ErrFull if New found no room for its key.
func (m *Matcher) Add(label string, v sealed.Value) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	var k keys
	if err := m.readKeys(&k); err != nil {
		return err
	}
	t := m.tables.Load()
	if t == nil {
		t = newTables(0)
	}
	err := k.insert(t, v)
	for errors.Is(err, errRoom) {
		t = m.rebuild(&k, 2*len(t.patterns))
		err = k.insert(t, v)
	}
	m.tables.Store(t)
	if err != nil {
		return fmt.Errorf("%s: %w", label, err)
	}
	m.values = append(m.values, v)
	return nil
}

// Close forgets all values. Later calls of Find find nothing, and Add is sealed.ErrClosed.
func (m *Matcher) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err, m.values = sealed.ErrClosed, nil
	m.tables.Store(nil)
	m.session.Close()
}

func (m *Matcher) readKeys(k *keys) error {
	return m.key.Use(func(b []byte) error {
		*k = readKeys(b)
		return nil
	})
}

// rebuild makes larger tables of the values that are still there. They are read from
// sealed memory again, because nothing on the heap would do: what can be moved to a larger
// filter can be tested against a guess.
func (m *Matcher) rebuild(k *keys, capacity int) *tables {
	t := newTables(capacity)
	for i := 0; i < len(m.values); {
		err := k.insert(t, m.values[i])
		switch {
		case errors.Is(err, errRoom):
			t, i = newTables(2*len(t.patterns)), 0
		case err != nil: // its session is closed
			last := len(m.values) - 1
			m.values[i] = m.values[last]
			m.values = m.values[:last]
		default:
			i++
		}
	}
	return t
}

// errRoom says that tables must grow before the rest of a value can be added.
var errRoom = errors.New("known: tables full")

// insert adds the patterns of a value.
func (k *keys) insert(t *tables, v sealed.Value) error {
	return v.Use(func(plain []byte) error {
		room, words := true, splitter{plain: plain}
		for w, ok := words.next(); ok; w, ok = words.next() {
			room = room && k.pieces(t, plain, &w, &holder{value: v})
		}
		whole := &words.whole
		if whole.weight < 3 || whole.digits == whole.n && whole.n < 4 {
			return sealed.Public(ErrShort)
		}
		if !room || !k.pieces(t, plain, whole, &holder{value: v, whole: true}) {
			return sealed.Public(errRoom)
		}
		return nil
	})
}

// pieces adds a word in pieces of at most maxLen letters and reports whether there was
// room.
func (k *keys) pieces(t *tables, plain []byte, w *word, h *holder) bool {
	at, done := w.at, 0
	for {
		if t.full() {
			return false
		}
		n := min(maxLen, w.n-done)
		h.at = at
		end := k.pattern(t, plain, n, w.gaps, h)
		if done += n; done == w.n {
			return true
		}
		at = end
		if rest := w.n - done; rest < maxLen {
			at = forward(plain, h.at, rest)
			done -= maxLen - rest
		}
		h = &holder{value: h.value}
	}
}

// forward is the place n letters after a place.
func forward(t []byte, at cursor, n int) cursor {
	for n > 0 && at.pos < len(t) {
		e, size := next(t, at.pos)
		if left := int(e.n) - at.skip; left > n {
			return cursor{at.pos, at.skip + n}
		} else if left > 0 {
			n -= left
		}
		at = cursor{at.pos + size, 0}
	}
	return at
}

// pattern adds the n letters at h.at and is the place after them.
func (k *keys) pattern(t *tables, plain []byte, n int, gaps uint32, h *holder) cursor {
	hash, codes := k.sip(), uint64(0)
	at := h.at
	for i := 0; i < n; {
		e, size := next(plain, at.pos)
		if e.class == separates || at.skip == int(e.n) {
			at = cursor{at.pos + size, 0}
			continue
		}
		hash.add(uint64(e.letters[at.skip]))
		if i < gramLen {
			codes = codes<<8 | uint64(e.code[at.skip])
		}
		at.skip++
		i++
	}
	key := hash.sum(n)
	if n < gramLen {
		t.add(key, gaps, h)
		for i := range n { // all of it, and what stands after a separator
			if i == 0 || gaps>>(i-1)&1 != 0 {
				t.short.add(k.place(mask(codes, n-i)))
			}
		}
		return at
	}
	t.add(key, 0, h)
	t.addGram(k.gram(mask(codes, gramLen)), n)
	t.long.add(k.place(mask(codes, gramLen)))
	t.pairs.add(k.place(mask(codes>>8, windowLen)))
	t.pairs.add(k.place(mask(codes, windowLen)))
	return at
}
