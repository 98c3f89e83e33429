package sealed

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
)

// Random seals a fresh token: the prefix and n random bytes in base64url without padding.
// It is made in sealed memory. Errors are Seal's.
func (s *Session) Random(label, prefix string, n int) (Value, error) {
	text := base64.RawURLEncoding
	e, err := s.reserve(label, len(prefix)+text.EncodedLen(n)+n)
	if err != nil {
		return Value{}, err
	}
	// The random bytes are drawn at the end of the slot, and the slot is cut before them.
	all := e.slot.plain()
	at := copy(all, prefix)
	raw := all[len(all)-n:]
	_, _ = rand.Read(raw) // never fails: crypto/rand aborts the program instead
	text.Encode(all[at:len(all)-n], raw)
	clear(raw)
	e.slot.shorten(len(all) - n)
	return s.keep(e)
}

// shorten makes the plaintext end earlier.
func (s slot) shorten(n int) { binary.NativeEndian.PutUint64(s.mem, uint64(n)) } //nolint:gosec // not negative
