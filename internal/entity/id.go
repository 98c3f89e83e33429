package entity

import (
	"crypto/rand"
	"encoding/binary"
	"strings"

	"github.com/habeas-data/habeas"
)

// ID is a global identifier (ENT-1): 55 random bits, so that it says nothing of when or by
// whom it was made, and a check of 5 bits. Zero is none. It is never given twice.
//
// It is written as twelve characters of Crockford's base 32 in three groups, "7k3m-x92q-a4fd".
// The last one is the check: one wrong character, and two that changed places, are always
// detected. Reading forgives case, missing hyphens, and o for 0, i and l for 1.
type ID uint64

const (
	alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	idChars  = 12
	idBits   = 5 * idChars
)

// ErrID refuses what is no identifier, or one with a slip of the pen in it.
var ErrID = habeas.Invalid("id", "This is no identifier of an entity. One looks like 7k3m-x92q-a4fd; a character seems to be wrong.").WithCode("entity.id")

// NewID returns a random identifier. Whoever stores it makes sure that it is not taken.
func NewID() ID {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return withCheck(binary.BigEndian.Uint64(b[:]) >> (64 - idBits + 5))
}

// withCheck appends the check character: with it, the characters c1…c12, weighed by the
// powers of the generator of GF(32), sum to zero. The twelve weights differ, so a slip in one
// place, and an exchange of two, change the sum.
func withCheck(data uint64) ID {
	var sum byte
	for i := range idChars - 1 {
		sum = times2(sum) ^ byte(data>>(5*(idChars-2-i))&31)
	}
	return ID(data<<5 | uint64(times2(sum)))
}

// times2 multiplies by the generator in GF(32) = GF(2)[x]/(x⁵+x²+1).
func times2(a byte) byte {
	a <<= 1
	if a&32 != 0 {
		a ^= 0b100101
	}
	return a
}

// Valid reports whether the check agrees, and that it is not zero.
func (id ID) Valid() bool { return id != 0 && id>>idBits == 0 && withCheck(uint64(id>>5)) == id }

// String writes it, in groups of four.
func (id ID) String() string {
	out := make([]byte, 0, idChars+2)
	for i := range idChars {
		if i > 0 && i%4 == 0 {
			out = append(out, '-')
		}
		out = append(out, alphabet[id>>(5*(idChars-1-i))&31])
	}
	return string(out)
}

// ParseID reads an identifier, or returns ErrID.
func ParseID(s string) (ID, error) {
	if len(s) > 40 { // more than any way of writing one takes
		return 0, ErrID
	}
	var id ID
	n := 0
	for _, c := range strings.ToLower(s) {
		switch c {
		case '-', ' ':
			continue
		case 'o':
			c = '0'
		case 'i', 'l':
			c = '1'
		}
		v := strings.IndexRune(alphabet, c)
		if v < 0 || n == idChars {
			return 0, ErrID
		}
		id = id<<5 | ID(v)
		n++
	}
	if n != idChars || !id.Valid() {
		return 0, ErrID
	}
	return id, nil
}

// MarshalText implements encoding.TextMarshaler.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *ID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseID(string(b))
	return err
}
