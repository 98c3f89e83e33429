package scrub

import (
	"crypto/rand"
	"sync"

	"github.com/habeas-data/habeas/scrub/internal/known"
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
	mu      sync.RWMutex // Close waits for those who read
	key     [32]byte
	wanted  [256]bool // by kind
	known   *known.Matcher
	finders []span.Finder
}

// New makes a Scrubber with a key of its own.
func New(options ...Option) *Scrubber {
	s := &Scrubber{known: known.New()}
	_, _ = rand.Read(s.key[:])
	for _, k := range Kinds() {
		s.wanted[k] = true
	}
	for _, o := range options {
		o(s)
	}
	s.finders = s.allFinders()
	return s
}

// Option changes what a Scrubber does.
type Option func(*Scrubber)

// Only lets a Scrubber find these kinds and no others.
func Only(kinds ...Kind) Option {
	return func(s *Scrubber) {
		s.wanted = [256]bool{}
		for _, k := range kinds {
			s.wanted[k] = true
		}
	}
}

// Know adds a value that is to be found in every spelling: folded in case, per word, JSON
// and XML escaped, percent-encoded, base64, hex, decomposed, spaced. In a short code, which
// may be any number, values of fewer than six bytes are found only where it says nothing
// but them, or is a phrase, and never in fewer than twelve decimal digits. Values that come
// later do not change what was written before. The plaintext stays sealed. Errors:
// ErrShort, those of v.Use, and those of package sealed when there is no room.
func (s *Scrubber) Know(label string, v sealed.Value) error {
	s.mu.RLock() // the matcher has a lock of its own
	defer s.mu.RUnlock()
	return s.known.Add(label, v)
}

// ErrShort says that a value has fewer than three letters and digits, which would be found
// everywhere.
var ErrShort = known.ErrShort

// Close forgets the key and the values known. What is scrubbed after has pseudonyms of a
// new key.
func (s *Scrubber) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = rand.Read(s.key[:])
	s.known.Close()
}

// Append scrubs src as a whole, in the format that it seems to have, and appends the
// result to dst. The two may not overlap.
func (s *Scrubber) Append(dst, src []byte) []byte { return s.AppendAs(dst, src, Auto) }

// AppendAs is Append for a text of a format that is known.
func (s *Scrubber) AppendAs(dst, src []byte, f Format) []byte {
	s.mu.RLock()
	defer s.mu.RUnlock()
	dst, _ = s.scrub(dst, src, Options{Format: f})
	return dst
}

// scrub scrubs a text that is there as a whole and counts what was found; nil: nothing. s
// is locked for reading.
func (s *Scrubber) scrub(dst, src []byte, o Options) ([]byte, *Counts) {
	e := takeEngine(s, o)
	defer e.release()
	if e.clean(src) {
		return append(dst, src...), nil
	}
	return e.whole(dst, src)
}

// Found is a place where personal data was found.
type Found struct {
	Start, End int // of the text, in bytes
	Kind       Kind
}

// Find lists the places of src that Append would replace, in order. What comes to light
// only because something beside it was replaced is not among them.
func (s *Scrubber) Find(src []byte) []Found { return s.FindAs(src, Auto) }

// FindAs is Find for a text of a format that is known.
func (s *Scrubber) FindAs(src []byte, f Format) (all []Found) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	e := takeEngine(s, Options{Format: f})
	defer e.release()
	e.found = func(at int, p part) {
		all = append(all, Found{at + p.start, at + p.end, p.kind})
	}
	_ = e.write(src) // there is no sink to fail
	_ = e.close()
	return all
}

// Counts is how many places were found, by kind.
type Counts [len(kindList) + 1]int64

// Of is the number of places of a kind.
func (c *Counts) Of(k Kind) int64 {
	if int(k) >= len(c) {
		return 0
	}
	return c[k]
}

// All is the number of places of all kinds.
func (c *Counts) All() (n int64) {
	for _, v := range c {
		n += v
	}
	return n
}

// Add adds what was found elsewhere.
func (c *Counts) Add(d *Counts) {
	for k, v := range d {
		c[k] += v
	}
}

// kindList sizes Counts; a test compares it with Kinds.
var kindList [Person]Kind
