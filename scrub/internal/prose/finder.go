package prose

import (
	"cmp"
	"slices"
	"sync"

	"github.com/habeas-data/habeas/scrub/internal/prose/judge"
	"github.com/habeas-data/habeas/scrub/internal/prose/word"
	"github.com/habeas-data/habeas/scrub/internal/span"
)

// How far a span may be from the words that it is found by, in bytes. The parts add up to
// less than span.Back and span.Ahead.
const (
	longest = 240 // of an address
	nearby  = 120 // what a street may have before it
	beyond  = longest + 64
	near    = 24  // is no further than a new strip of tokens would begin
	many    = 400 // tokens are enough for a strip
)

// Finder finds names of people and street addresses. Make one with New.
type Finder struct {
	kinds [2]bool
	pool  sync.Pool
}

// New makes a finder of the kinds given, span.Person and span.Address; of both where none is
// given.
func New(kinds ...span.Kind) *Finder {
	return &Finder{
		kinds: [2]bool{
			len(kinds) == 0 || slices.Contains(kinds, span.Person),
			len(kinds) == 0 || slices.Contains(kinds, span.Address),
		},
		pool: sync.Pool{New: func() any { return &reader{} }},
	}
}

// Find appends the names and addresses that start in the wanted part of a window, ordered by
// start. It may be called by several goroutines at once.
func (f *Finder) Find(dst []span.Span, w span.Window) []span.Span {
	r := f.pool.Get().(*reader)
	defer f.pool.Put(r)
	r.finder, r.window = f, w
	r.addresses = r.addresses[:0]
	n := len(dst)
	r.out = dst
	r.read()
	dst, r.out = r.out, nil
	dst = dst[:n+len(r.settle(dst[n:]))]
	// Nothing of the text stays behind.
	r.window, r.scan.text = span.Window{}, nil
	r.strip.Reset(nil, 0)
	return dst
}

// reader reads one window.
type reader struct {
	finder    *Finder
	window    span.Window
	scan      scanner
	strip     word.Strip
	addresses []located // met so far, also those that start outside what is wanted
	out       []span.Span
}

// located is where something is.
type located struct{ start, end int }

// read looks at all places at which the scan stops.
func (r *reader) read() {
	text := r.window.Text
	from := border(text, max(0, r.window.From-beyond))
	to := min(len(text), r.window.To+beyond)
	r.scan.memo = r.strip.Memo()
	r.scan.reset(text, from)
	p, ok := r.scan.next(to)
	for ok {
		p, ok = r.region(p, to)
	}
}

// border moves a place on to where a token surely begins.
func border(text []byte, p int) int {
	if p == 0 {
		return 0
	}
	for p < len(text) && !word.Plain(text[p]) && !word.HanAt(text, p) {
		p++
	}
	return p
}

// region looks at the words at which the scan stops, from the one at p on, while the next is
// near, and tells where the scan stops after that, if it does.
func (r *reader) region(p, to int) (int, bool) {
	r.strip.Reset(r.window.Text, p)
	for i := 0; ; i++ {
		t := r.strip.At(i)
		if t.Start >= to || t.Start == t.End && t.Kind == word.Edge && t.End >= len(r.window.Text) {
			return 0, false
		}
		if t.End <= p {
			continue
		}
		end := t.End
		if t.Kind == word.Word {
			r.look(i)
		}
		r.scan.seek(end)
		next, ok := r.scan.next(to)
		if !ok || next-r.strip.End() > near || i > many {
			return next, ok
		}
		p = next
	}
}

// look looks at token i.
func (r *reader) look(i int) {
	t := r.strip.At(i)
	switch t.Shape {
	case word.Han:
		if r.finder.kinds[0] {
			r.han(i)
		}
		r.eastStreet(i)
		return
	case word.Caseless:
		if r.finder.kinds[0] {
			r.hangul(i)
		}
		r.eastRoad(i)
	default:
	}
	if r.finder.kinds[0] && judge.Worth(&r.strip, i) {
		r.person(i)
	}
	r.street(i)
}

// settle puts what was found in order and leaves out names within addresses or other names,
// addresses where they are not wanted, and all that starts outside the wanted part. What is
// left out for another does not depend on what became of that one.
func (r *reader) settle(found []span.Span) []span.Span {
	slices.SortFunc(found, func(a, b span.Span) int { return cmp.Or(a.Start-b.Start, b.End-a.End) })
	slices.SortFunc(r.addresses, func(a, b located) int { return a.start - b.start })
	next, reach := 0, 0 // addresses[:next] begin before the span and end at reach at most
	name := 0           // where the names so far end
	return slices.DeleteFunc(found, func(s span.Span) bool {
		for ; next < len(r.addresses) && r.addresses[next].start < s.End; next++ {
			reach = max(reach, r.addresses[next].end)
		}
		outside := s.Start < r.window.From || s.Start >= r.window.To
		if s.Kind == span.Address {
			return outside || !r.finder.kinds[1]
		}
		within := s.End <= name
		name = max(name, s.End)
		return outside || within || s.Start < reach
	})
}

// emit adds a span.
func (r *reader) emit(s span.Span) { r.out = append(r.out, s) }
