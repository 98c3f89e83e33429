package scrub

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"github.com/habeas-data/habeas/scrub/internal/span"
)

// A pseudonym is ⟦KIND:code⟧. The code has no vowels, so that it spells no word, no 0, 1, l
// and y, so that it is read aloud without mistakes, and begins with a letter, so that it is
// no number. Two values of one kind get the same code by accident once in 2·10¹¹ pairs.
const (
	alphabet = "bcdfghjkmnpqrstvwxz23456789"
	letters  = 19 // of the alphabet, before its digits
	codeLen  = 8

	opening = "⟦"
	closing = "⟧"
	// The same in percent-encoded text.
	openingURL = "%E2%9F%A6"
	colonURL   = "%3A"
	closingURL = "%E2%9F%A7"
	// longestName is the most bytes that a pseudonym has, with quotes.
	longestName = 40
)

// name is the text of a pseudonym, of fixed size so that a list of them is one allocation.
type name struct {
	text [longestName]byte
	n    uint8
}

func (p *name) bytes() []byte { return p.text[:p.n] }

func (p *name) add(s string) { p.n += uint8(copy(p.text[p.n:], s)) } //nolint:gosec // longestName fits

// dress says how a pseudonym is written so that the text around it stays what it is.
type dress uint8

const (
	plain   dress = iota
	percent       // percent-encoded
	quoted        // in quotation marks: it stands where JSON had a number
)

// write makes the pseudonym of a kind with a code.
func write(k Kind, code [codeLen]byte, d dress) (p name) {
	open, colon, closed := opening, ":", closing
	if d == percent {
		open, colon, closed = openingURL, colonURL, closingURL
	}
	if d == quoted {
		p.add(`"`)
	}
	for _, s := range [...]string{open, k.String(), colon, string(code[:]), closed} {
		p.add(s)
	}
	if d == quoted {
		p.add(`"`)
	}
	return p
}

// keyed makes codes. Only somebody who has the key can tell whether a value belongs to one.
type keyed struct {
	inner, outer [sha256.BlockSize]byte
	scratch      []byte
}

func (h *keyed) set(key *[32]byte) {
	for i := range h.inner {
		h.inner[i], h.outer[i] = 0x36, 0x5c
	}
	for i, b := range key {
		h.inner[i] ^= b
		h.outer[i] ^= b
	}
}

// code is HMAC-SHA-256 (RFC 2104) over the kind and the value, or over what the finder
// says is the same for all its spellings.
func (h *keyed) code(k Kind, same uint64, value []byte) (code [codeLen]byte) {
	b := append(h.scratch[:0], h.inner[:]...)
	if same != 0 {
		b = append(b, byte(k), 1)
		b = binary.LittleEndian.AppendUint64(b, same)
	} else {
		b = append(b, byte(k), 0)
		b = append(b, value...)
	}
	sum := sha256.Sum256(b)
	clear(b[len(h.inner):])
	b = append(b[:0], h.outer[:]...)
	sum = sha256.Sum256(append(b, sum[:]...))
	h.scratch = b[:0]
	n := binary.LittleEndian.Uint64(sum[:])
	code[0], n = alphabet[n%letters], n/letters
	for i := 1; i < codeLen; i++ {
		code[i], n = alphabet[n%uint64(len(alphabet))], n/uint64(len(alphabet))
	}
	return code
}

func (h *keyed) wipe() {
	clear(h.scratch[:cap(h.scratch)])
	h.inner, h.outer = [sha256.BlockSize]byte{}, [sha256.BlockSize]byte{}
}

// eachName calls f with the place and length of each pseudonym from a place on, until f
// returns false.
func eachName(text []byte, from int, f func(at, n int) bool) {
	bare, encoded := from-1, from-1 // where one may begin
	for {
		if bare < from {
			bare = indexFrom(text, from, opening[0])
		}
		if encoded < from {
			encoded = indexFrom(text, from, '%')
		}
		at := min(bare, encoded)
		if at == len(text) {
			return
		}
		from = at + 1
		if n := nameLen(text[at:]); n > 0 {
			if from = at + n; !f(at, n) {
				return
			}
		}
	}
}

// indexFrom is the first place of c from a place on, or the end.
func indexFrom(text []byte, from int, c byte) int {
	if i := bytes.IndexByte(text[from:], c); i >= 0 {
		return from + i
	}
	return len(text)
}

// hasName reports whether there is a pseudonym in a text.
func hasName(text []byte) (found bool) {
	eachName(text, 0, func(int, int) bool { found = true; return false })
	return found
}

// nameLen is the length of the pseudonym that b begins with, 0 if it begins with none.
func nameLen(b []byte) int {
	if len(b) < 2 || b[1] != opening[1] && b[1] != openingURL[1] && b[1] != openingURL[1]|0x20 {
		return 0 // of nearly all that is asked
	}
	rest, ok := cutFold(b, opening)
	open := ok
	if !ok {
		if rest, ok = cutFold(b, openingURL); !ok {
			return 0
		}
	}
	n := 0
	for n < len(rest) && rest[n] >= 'A' && rest[n] <= 'Z' {
		n++
	}
	if !kindNames[string(rest[:n])] {
		return 0
	}
	rest = rest[n:]
	after, ok := cutFold(rest, ":")
	if !ok && !open {
		after, ok = cutFold(rest, colonURL)
	}
	if !ok || len(after) < codeLen {
		return 0
	}
	for _, c := range after[:codeLen] {
		if strings.IndexByte(alphabet, c) < 0 {
			return 0
		}
	}
	end := closing
	if !open {
		end = closingURL
	}
	if rest, ok = cutFold(after[codeLen:], end); !ok {
		return 0
	}
	return len(b) - len(rest)
}

// cutFold is bytes.CutPrefix for a prefix whose ASCII letters may have either case.
func cutFold(b []byte, prefix string) ([]byte, bool) {
	if len(b) < len(prefix) || !strings.EqualFold(string(b[:len(prefix)]), prefix) {
		return b, false
	}
	return b[len(prefix):], true
}

var kindNames = func() map[string]bool {
	m := map[string]bool{}
	for _, k := range span.All() {
		m[k.String()] = true
	}
	return m
}()
