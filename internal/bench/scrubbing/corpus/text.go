package corpus

import (
	"math/rand/v2"

	"github.com/habeas-data/habeas/scrub"
)

// Text is a text in which every place with personal data is known.
type Text struct {
	Body   []byte
	Labels []Label // by Start; they do not overlap
}

// Label is a place in a text: Body[Start:End].
type Label struct {
	Start, End int
	Kind       scrub.Kind
	// Optional places may be found or not: a postcode and a town beside a street.
	Optional bool
	// Class says more than Kind: how a value is encoded, or what a hard negative is.
	Class string
	// Value is what the place decodes to.
	Value string
}

// Part chooses names and sentences.
type Part int

// The parts. Names and sentences of the one do not occur in the other.
const (
	Open Part = iota
	Held
)

// of takes the share of a list that belongs to a part: Open has the even places.
func of[T any](p Part, all []T) []T {
	out := make([]T, 0, len(all)/2+1)
	for i, v := range all {
		if i%2 == int(p) {
			out = append(out, v)
		}
	}
	return out
}

// dice is a stream of chance.
type dice struct{ *rand.Rand }

// Every kind of text draws from a stream of its own.
const (
	streamPeople = iota + 1
	streamLogs
	streamJSON
	streamXML
	streamMails
	streamProse
	streamNegatives
	streamKnown
	streamKnownText
)

func newDice(seed uint64, p Part, stream uint64) dice {
	return dice{rand.New(rand.NewPCG(seed, stream<<1|uint64(p)))} //nolint:gosec // measured, not secret; a part is 0 or 1
}

func (d dice) percent(n int) bool { return d.IntN(100) < n }

func pick[T any](d dice, from []T) T { return from[d.IntN(len(from))] }

// letters draws n bytes of an alphabet.
func (d dice) letters(n int, alphabet string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[d.IntN(len(alphabet))]
	}
	return string(b)
}

// pattern replaces each # by a digit and each @ by a capital letter.
func (d dice) pattern(p string) string {
	b := []byte(p)
	for i, c := range b {
		switch c {
		case '#':
			b[i] = byte('0' + d.IntN(10))
		case '@':
			b[i] = upper[d.IntN(len(upper))]
		}
	}
	return string(b)
}

// Alphabets.
const (
	digits  = "0123456789"
	lowHex  = digits + "abcdef"
	upper   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lower   = "abcdefghijklmnopqrstuvwxyz"
	alnum   = digits + upper + lower
	base32  = upper + "234567"
	base64u = alnum + "-_"
)

// page is a text that is being written.
type page struct {
	Text
	escape func(string) string // of the format; nil changes nothing
}

func (p *page) write(s string) { p.Body = append(p.Body, s...) }

// mark writes a value, escaped, under a label.
func (p *page) mark(l Label, escape func(string) string) {
	l.Start = len(p.Body)
	s := l.Value
	if escape != nil {
		s = escape(s)
	}
	p.write(s)
	l.End = len(p.Body)
	p.Labels = append(p.Labels, l)
}
