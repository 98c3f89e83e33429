package scan

import "github.com/habeas-data/habeas/scrub/internal/span"

// Properties of a byte, one bit each.
const (
	isDigit  = 1 << iota
	isLower  // a–z
	isUpper  // A–Z
	isHex    // 0–9 a–f A–F
	isHigh   // part of a UTF-8 sequence
	isAtom   // may stand in the local part of an address (RFC 5322 atext, '.')
	isDashed // '-' and '_'
	isBase64 // '+', '/', '='

	isLetter = isLower | isUpper
	isAlnum  = isDigit | isLetter
	isToken  = isAlnum | isDashed
)

var props = func() (t [256]uint8) {
	for c := range 256 {
		switch {
		case c >= '0' && c <= '9':
			t[c] = isDigit | isHex | isAtom
		case c >= 'a' && c <= 'z':
			t[c] = isLower | isAtom
		case c >= 'A' && c <= 'Z':
			t[c] = isUpper | isAtom
		case c >= 0x80:
			t[c] = isHigh
		}
		if f := c | 0x20; f >= 'a' && f <= 'f' && c < 0x80 {
			t[c] |= isHex
		}
	}
	for _, c := range []byte("!#$%&'*+-/=?^_`{|}~.") {
		t[c] |= isAtom
	}
	t['-'] |= isDashed
	t['_'] |= isDashed
	t['+'] |= isBase64
	t['/'] |= isBase64
	t['='] |= isBase64
	return t
}()

// has says whether a byte has one of some properties.
func has(c byte, p uint8) bool { return props[c]&p != 0 }

// at is the byte at i, or 0 outside of the text.
func at(t []byte, i int) byte {
	if uint(i) < uint(len(t)) {
		return t[i]
	}
	return 0
}

// fold is the lower case of an ASCII letter.
func fold(c byte) byte {
	if props[c]&isUpper != 0 {
		return c | 0x20
	}
	return c
}

// upper is the upper case of an ASCII letter.
func upper(c byte) byte {
	if props[c]&isLower != 0 {
		return c &^ 0x20
	}
	return c
}

// run is the end of the bytes from i, and before limit, that have one of some properties.
func run(t []byte, i, limit int, p uint8) int {
	limit = min(limit, len(t))
	for i < limit && props[t[i]]&p != 0 {
		i++
	}
	return i
}

// runBack is the start of such bytes that end at i.
func runBack(t []byte, i, limit int, p uint8) int {
	limit = max(limit, 0)
	for i > limit && props[t[i-1]]&p != 0 {
		i--
	}
	return i
}

// hasPrefix says whether t has s at i.
func hasPrefix(t []byte, i int, s string) bool {
	return i >= 0 && i+len(s) <= len(t) && string(t[i:i+len(s)]) == s
}

// hasFold says whether t has the lower-case ASCII s at i, in any case.
func hasFold(t []byte, i int, s string) bool {
	if i < 0 || i+len(s) > len(t) {
		return false
	}
	for k := range len(s) {
		if fold(t[i+k]) != s[k] {
			return false
		}
	}
	return true
}

// hash is FNV-1a, for what two spellings have in common.
type hash uint64

func newHash(k span.Kind) hash { return hash(14695981039346656037).add(byte(k)) }

func (h hash) add(c byte) hash { return (h ^ hash(c)) * 1099511628211 }

func (h hash) bytes(b []byte) hash {
	for _, c := range b {
		h = h.add(c)
	}
	return h
}

// sum is never 0, which would mean that nothing is in common.
func (h hash) sum() uint64 { return uint64(h) | 1 }
