// Package view lets finders see through encodings. It decodes what looks encoded in a
// window of text, gives the decoded text to the finders too, and says where in the raw text
// their spans stand.
//
// Decoded are
//
//   - escapes: JSON and backslash escapes (\n \/ \u0041 with surrogate pairs, \u{1F600},
//     \U00000041, \x41, \101), XML and HTML entities (decimal, hexadecimal, the five of XML
//     and those of Latin-1), percent-encoding (%41, %u0041, and + as a blank in a word that
//     has some), quoted-printable (soft line breaks, =C3=A9, and alone =3D and, at the end of
//     a line, =20), and characters to leave out: zero-width ones, soft hyphens, combining marks;
//   - codes: base64 in both alphabets, with line breaks, from 6 symbols on, unless they are
//     all lower case, all upper case or all digits, or from 12 to 63 without both cases; base32 from 16 symbols on; hex from 6
//     digits on, and pairs of hex digits with blanks, colons, hyphens, commas and 0x
//     between.
//
// What comes out is decoded again, to three levels. Escapes of several kinds near each
// other are decoded all at once and one kind at a time, because "%41" may be what was
// escaped, or part of it.
//
// A span in decoded text covers the whole of each escape and each symbol of a code that
// holds any bit of it.
//
// # What looks like chance
//
// Codes are decoded at each alignment of bits, and most of the result is noise, as is the
// content of images and hashes. Stretches of text in it, printable UTF-8, are what finders
// get: all finders, if a stretch has at least 16 bytes or is all that a run of symbols
// holds. Shorter ones are given to finders that are Exact, from 6 bytes on, and what they
// find must have 6 bytes.
//
// One number in thirty is all text when it is read as hex. What is found in a code of less
// than 16 bytes must have 6 bytes too, or be all that the code says, or stand in a phrase:
// words and the signs between them, 8 bytes or more. A number in decimal digits is no
// phrase, and is none of this with less than 12 digits.
//
// # Locality
//
// What is found at p depends on Text[p-Back:p+Ahead], as package span wants it, for finders
// that look back at most 64 bytes of decoded text, which is twelve times as much in raw
// text encoded twice. Spans longer than Ahead in raw text are dropped.
package view

import (
	"bytes"
	"cmp"
	"slices"
	"sync"

	"github.com/habeas-data/habeas/scrub/internal/span"
)

// Exact is a finder that does not guess: what it finds in short stretches of what may be
// noise is no chance.
type Exact interface {
	span.Finder
	Exact()
	// Idle reports that it finds nothing at the moment.
	Idle() bool
}

func isBusy(f span.Finder) bool {
	e, ok := f.(Exact)
	return ok && !e.Idle()
}

// Find appends what the finders find in the raw text of a window and in its decoded views,
// as spans of raw text that start in [w.From, w.To), ordered by start, the longer first.
// They may overlap; none is there twice. It may be called by several goroutines at once.
func Find(dst []span.Span, w span.Window, finders ...span.Finder) []span.Span {
	return part(dst, w, everyone, finders)
}

// What Find does is done by two: where places of a text were masked since it was looked
// through, finders that go by the context may say another thing around them, FindContext;
// those that are Exact, and what is in codes, only where Apart does not hold, FindExact.
func FindContext(dst []span.Span, w span.Window, finders ...span.Finder) []span.Span {
	return part(dst, w, others, finders)
}

// FindExact is the rest of what Find does: see FindContext.
func FindExact(dst []span.Span, w span.Window, finders ...span.Finder) []span.Span {
	return part(dst, w, exact, finders)
}

func part(dst []span.Span, w span.Window, who asked, finders []span.Finder) []span.Span {
	base := len(dst)
	for _, f := range finders {
		if who&whose(f) != 0 {
			dst = f.Find(dst, w)
		}
	}
	return finish(look(dst, w, who, finders), base)
}

// look decodes what is encoded in a window and appends what the finders find in it.
func look(dst []span.Span, w span.Window, who asked, finders []span.Finder) []span.Span {
	s, _ := searches.Get().(*search)
	s.w, s.finders, s.dst, s.least, s.who = w, finders, dst, minReadable, who
	if slices.ContainsFunc(finders, isBusy) {
		s.least = minNoise
	}
	s.explore(text{Window: w}, allKinds, 0)
	dst = s.dst
	s.w, s.finders, s.dst = span.Window{}, nil, nil
	s.release()
	searches.Put(s)
	return dst
}

// finish puts what was found in order.
func finish(dst []span.Span, base int) []span.Span {
	found := dst[base:]
	slices.SortFunc(found, func(a, b span.Span) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return cmp.Or(b.End-a.End, cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Same, b.Same))
	})
	return dst[:base+len(slices.Compact(found))]
}

// maxDepth is how often what was decoded is decoded again.
const maxDepth = 3

// text is a raw or decoded text and its part in which spans may start.
type text struct {
	span.Window
	// at says for each byte which raw bytes it comes from; nil for the raw text.
	at []place
	// least is how many bytes what is found must have, if it is not all there is.
	least int
}

// place is a range of raw bytes.
type place struct{ from, to int32 }

// raw is the range of raw bytes that Text[i:j] comes from; i < j.
func (t *text) raw(i, j int) (from, to int) {
	if t.at == nil {
		return i, j
	}
	return int(t.at[i].from), int(t.at[j-1].to)
}

// intact reports that Text[i:j] and the characters next to it are as they are in the raw
// text, where what they hold is looked for too.
func (t *text) intact(i, j int) bool {
	if t.at == nil {
		return false
	}
	i, j = max(0, i-1), min(len(t.Text), j+1)
	from, to := t.raw(i, j)
	return to-from == j-i
}

// is reports that there is nothing but a span in the text, apart from blanks around it.
func (t *text) is(sp span.Span) bool {
	return len(bytes.TrimLeft(t.Text[:sp.Start], " \t\r\n")) == 0 && len(bytes.TrimRight(t.Text[sp.End:], " \t\r\n")) == 0
}

// search is the state of one Find, and the memory that is used again by the next.
type search struct {
	w       span.Window
	finders []span.Finder
	least   int // the shortest stretch of text in a code that counts
	who     asked
	dst     []span.Span
	levels  [maxDepth]level
}

// level is what decoding a text at one depth needs. One decoded text of each depth exists
// at a time.
type level struct {
	marks  marks
	units  []unit
	near   []reach
	single []reach // of escapes of one kind
	out    decoded
	noise  decoded
	code   code
	octets []byte
	hits   []hit
}

// decoded is a text under construction.
type decoded struct {
	text []byte
	at   []place
}

// reset clears a decoded text and makes it empty.
func (d *decoded) reset() {
	clear(d.text)
	d.text, d.at = d.text[:0], d.at[:0]
}

var searches = sync.Pool{New: func() any { return new(search) }}

// maxKept is the most memory for decoded text that waits for the next Find.
const maxKept = 1 << 20

// release drops memory that was needed for a large text. What is kept has been cleared
// where it was used, because decoded text may be what had to be hidden.
func (s *search) release() {
	for i := range s.levels {
		if l := &s.levels[i]; cap(l.out.text)+cap(l.octets)+cap(l.noise.text) > maxKept {
			*l = level{}
		}
	}
}

// explore decodes a text and looks into the result.
func (s *search) explore(t text, kinds kind, depth int) {
	if depth == maxDepth {
		return
	}
	s.levels[depth].marks.read(t.Text, max(0, t.From-span.Back), min(len(t.Text), t.To+span.Ahead))
	if s.who&others != 0 || depth > 0 {
		s.escapes(t, kinds, depth)
	}
	if kinds == allKinds && (s.who&exact != 0 || depth > 0) {
		s.codes(&t, depth)
	}
}

// asked says which finders are asked.
type asked uint8

const (
	exact asked = 1 << iota
	others
	everyone = exact | others
)

func whose(f span.Finder) asked {
	if _, ok := f.(Exact); ok {
		return exact
	}
	return others
}

// find runs finders over a decoded text.
func (s *search) find(t *text, who asked) {
	for _, f := range s.finders {
		if who&whose(f) == 0 {
			continue
		}
		before := len(s.dst)
		s.dst = f.Find(s.dst, t.Window)
		kept := s.dst[:before]
		for _, sp := range s.dst[before:] {
			if sp.End <= sp.Start || sp.End-sp.Start < t.least && !t.is(sp) || bytes.IndexByte(t.Text[sp.Start:sp.End], 0) >= 0 {
				continue
			}
			sp.Start, sp.End = t.raw(sp.Start, sp.End)
			if sp.Start >= s.w.From && sp.Start < s.w.To && sp.End-sp.Start <= span.Ahead {
				kept = append(kept, sp)
			}
		}
		s.dst = kept
	}
}
