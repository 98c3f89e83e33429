package sealed

import "crypto/subtle"

// MaxLen is the most bytes that one value may have.
const MaxLen = 64 << 10

// unnamed is the label of a value whose session is closed, and of one that never had any.
const unnamed = "sealed value"

// Value is a sealed value: a random handle into its session. The zero Value belongs to no
// session; using it is ErrClosed. Copies share what they name. Two Values are compared by
// Equal, never by ==, which compares handles.
type Value struct{ guard }

// guard is the handle with every method that prints or encodes. It is embedded, so that
// even a redefined type (type X sealed.Value) keeps the methods. It points to nothing but
// the random number: a pointer is put into an interface, as every logger does, without an
// allocation, and what it points to leads no reflection to the plaintext.
type guard struct{ at *handle }

// handle is the random number, behind a word that is always zero. Printers that work on the
// flags of reflection (go-spew) take the pointer of a type that is a single pointer for the
// address of the value: there they find the zero Value, and not a number to follow.
type handle struct{ _, id uint64 }

// Label is the name the value was sealed under, "sealed value" once its session is closed.
func (g guard) Label() string {
	if g.at != nil {
		if e := held.find(g.at.id); e != nil {
			return e.label
		}
	}
	return unnamed
}

// IsZero reports whether the value belongs to no session. It does not depend on the content.
func (g guard) IsZero() bool { return g.at == nil }

// pin finds the entry of a handle and keeps it from being wiped until unpin; nil when the
// value is gone.
func (g guard) pin() *entry {
	if g.at == nil {
		return nil
	}
	e := held.find(g.at.id)
	if e == nil || !e.pin() {
		return nil
	}
	return e
}

// Use calls f with the plaintext. The bytes are the sealed memory itself: f must neither
// keep the slice nor change it. An error of f comes out as ErrOpaque and a panic as a
// *[PanicError], which tells where but not what, because both may quote the value; an
// error marked by [Public] comes out. When the session is closed during f, by f itself or
// elsewhere, the bytes stay valid until f returns and are wiped then.
func (v Value) Use(f func(plain []byte) error) error { return v.use(f) }

func (g guard) use(f func([]byte) error) error {
	e := g.pin()
	if e == nil {
		return ErrClosed
	}
	defer e.unpin() // also when f calls runtime.Goexit
	panicked, err := run(f, e.slot.plain())
	if panicked != nil {
		// A new panic from here, not out of the deferred function that recovered: the
		// runtime prints a recovered panic that is raised again together with its value.
		panic(panicked)
	}
	return opaque(err)
}

// Equal reports whether both values hold the same bytes. It takes the same time for all
// contents and lengths within one size class. A closed value equals nothing.
func (v Value) Equal(w Value) bool { return v.equal(w.guard) }

func (g guard) equal(h guard) bool {
	a := g.pin()
	if a == nil {
		return false
	}
	defer a.unpin()
	b := h.pin()
	if b == nil {
		return false
	}
	defer b.unpin()
	// Whole slots, with the length in front and zeros behind: no length shows in the time.
	return subtle.ConstantTimeCompare(a.slot.mem, b.slot.mem) == 1
}

// EqualBytes is Equal with bytes that are not sealed; its time depends on their number
// alone. It does not clear them.
func (v Value) EqualBytes(b []byte) bool {
	e := v.pin()
	if e == nil {
		return false
	}
	defer e.unpin()
	room := e.slot.mem[lengthSize:]
	if len(b) > len(room) {
		return false
	}
	same := subtle.ConstantTimeEq(int32(len(b)), int32(e.slot.length())) //nolint:gosec // both at most MaxLen
	return same&subtle.ConstantTimeCompare(room[:len(b)], b) == 1
}
