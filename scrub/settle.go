package scrub

import (
	"slices"

	"github.com/habeas-data/habeas/scrub/internal/span"
	"github.com/habeas-data/habeas/scrub/internal/view"
)

// zone is a part of a text that is to be read again: for finders that go by the context, or
// for the others, to which a pseudonym makes a difference where it is not set apart.
type zone struct {
	start, end int
	exact      bool
	wide       bool // it has what is around it; else it is a row of pseudonyms
}

// How far from a new pseudonym the second reading goes: so many words, and at most so many
// bytes. Finders may look as far as span.Back and span.Ahead; what they say of a place is
// changed by what stands beside it only from nearer: the longest way is from a word to those
// that say whether it is a name or belongs to an address, twelve of them.
const (
	nearWords  = 16
	nearBefore = 320
	nearAfter  = 192
)

// around notes that a new pseudonym of n bytes stands in the place of a value, after a text
// and before another.
func (e *engine) around(before, value, after []byte, n int) {
	z := zone{start: len(before), end: len(before) + n}
	e.dirty = append(e.dirty, z)
	if z.exact = e.form || !view.Apart(before, value, after); z.exact {
		e.dirty = append(e.dirty, z)
	}
}

// widen makes of a row of pseudonyms the zone where finders may find something new because
// of them.
func (z *zone) widen(text []byte) {
	if !z.wide {
		z.start, z.end, z.wide = z.start-wordsBack(text[:z.start]), z.end+wordsAhead(text[z.end:]), true
	}
}

// wordsAhead is how many bytes the first words of a text take, with what is between them.
func wordsAhead(text []byte) int {
	text = text[:min(len(text), nearAfter)]
	words, in := 0, false
	for i, c := range text {
		if w := wordByte[c]; w != in {
			if in = w; !w {
				words++
			}
		}
		if words == nearWords {
			return i
		}
	}
	return nearAfter
}

// wordsBack is wordsAhead for the last words of a text.
func wordsBack(text []byte) int {
	text = text[max(0, len(text)-nearBefore):]
	words, in := 0, false
	for i := len(text) - 1; i >= 0; i-- {
		if w := wordByte[text[i]]; w != in {
			if in = w; !w {
				words++
			}
		}
		if words == nearWords {
			return len(text) - i
		}
	}
	return nearBefore
}

// emit puts pseudonyms in the place of parts and gives raw text up to a place on to the
// second reading.
func (e *engine) emit(parts []part, to int) {
	t, m := &e.raw, 0
	for m < len(t.marks) && t.marks[m].at < e.emitted {
		m++
	}
	pass := func(end int) { // gives on text and the pseudonyms that came with it
		for ; m < len(t.marks) && t.marks[m].at < end; m++ {
			k := t.marks[m]
			k.at += len(e.out.text) - e.emitted
			e.out.marks = append(e.out.marks, k)
		}
		e.out.add(t.text[e.emitted:end])
		e.emitted = end
	}
	for _, p := range parts {
		pass(p.start)
		e.count(p, t.base)
		k := mark{at: len(e.out.text), name: e.name(p, t.text)}
		e.around(e.out.text, t.text[p.start:p.end], t.text[p.end:], int(k.name.n))
		e.addMark(&e.out, k)
		e.emitted = p.end
	}
	pass(to)
}

// addMark appends a pseudonym to a text. The quotation marks that make it a string are no
// part of what is masked, because they are none of what is found the next time.
func (e *engine) addMark(t *stretch, k mark) {
	n := int(k.name.n)
	if b := k.name.bytes(); b[0] == '"' {
		t.text = append(room(t.text, n), '"')
		bare := mark{at: k.at + 1}
		bare.name.add(string(b[1 : n-1]))
		k, n = bare, n-2
		defer func() { t.text = append(t.text, '"') }()
	}
	t.marks = append(t.marks, k)
	t.text = room(t.text, n+1)[:len(t.text)+n]
	t.mask(k.at, n)
}

func (e *engine) count(p part, base int) {
	e.counts[p.kind]++
	if e.found != nil {
		e.found(base, p)
	}
}

func (e *engine) name(p part, text []byte) name {
	return write(p.kind, e.hash.code(p.kind, p.same, text[p.start:p.end]), p.dress)
}

// patience is how often the second reading comes back to a text as often as something new
// is found there; other texts than those that are made for it take two or three times. Where
// one thing goes on making another one stand free, as dominoes fall, larger and larger
// pieces are replaced after that, so that it ends soon.
const patience = 8

// settle is the second reading. It goes on until it finds nothing, and gives what nothing
// can change any more to the sink.
func (e *engine) settle(final bool) error {
	t := &e.out
	end := len(t.text)
	if !final {
		end = max(end-lookAhead, e.done)
	}
	defer func() { e.grow = 0 }()
	for round := 1; len(e.dirty) > 0; round++ {
		if round > patience {
			e.grow = min(longestUnion, max(4*e.grow, 16))
		}
		e.merge()
		e.spans = e.reread(e.spans[:0], end, final)
		lexer := t.lexer // which goes on only when the text is given to the sink
		e.again = e.cut(e.again[:0], t, e.spans)
		t.lexer = lexer
		closed, _ := e.unite(t, e.again, end, true)
		e.wasRead(end)
		if closed = e.uncommitted(closed); len(closed) == 0 {
			break
		}
		e.replace(closed)
		if end = len(t.text); !final {
			end = max(end-lookAhead, e.done)
		}
	}
	to := end
	if !final {
		to = max(end-settling, e.done)
	}
	return e.commit(to)
}

// apart is how far two zones are from each other that are read each for itself: what finders
// look at around a zone costs about as much.
const apart = 1 << 10

// merge puts zones in order, joins those of a sort that are near each other, and widens them.
func (e *engine) merge() {
	slices.SortFunc(e.dirty, func(a, b zone) int { return a.start - b.start })
	kept, last := e.dirty[:0], [2]int{-1, -1}
	for _, z := range e.dirty {
		l := &last[0]
		if z.exact {
			l = &last[1]
		}
		if *l < 0 || z.start > kept[*l].end+apart {
			*l, kept = len(kept), append(kept, z)
			continue
		}
		if near := &kept[*l]; near.wide != z.wide {
			z.widen(e.out.text)
			near.widen(e.out.text)
			near.start, near.end = min(near.start, z.start), max(near.end, z.end)
		} else {
			near.end = max(near.end, z.end)
		}
	}
	for i := range kept {
		kept[i].widen(e.out.text)
	}
	e.dirty = kept
}

// reread runs the finders over the zones, as far as everything they may see is there.
func (e *engine) reread(dst []span.Span, end int, final bool) []span.Span {
	e.windows = e.windows[:0]
	for _, z := range e.dirty {
		w := span.Window{
			Text: e.out.text, From: max(z.start, e.done), To: min(z.end, end), Begins: e.out.base == 0, Ends: final,
		}
		if w.From < w.To {
			e.windows = append(e.windows, window{w, z.exact})
		}
	}
	defer clear(e.windows)
	if n := min(e.o.Workers, len(e.windows)); n > 1 && !e.form {
		all := e.windows
		return together(dst, n, func(dst []span.Span, i int) []span.Span {
			for _, w := range all[len(all)*i/n : len(all)*(i+1)/n] {
				dst = e.findAgain(dst, w)
			}
			return dst
		})
	}
	for _, w := range e.windows {
		dst = e.findAgain(dst, w)
	}
	return dst
}

// window is a zone with what is around it.
type window struct {
	span.Window
	exact bool
}

func (e *engine) findAgain(dst []span.Span, w window) []span.Span {
	if w.exact {
		return e.find(dst, w.Window, view.FindExact)
	}
	return e.find(dst, w.Window, view.FindContext)
}

// wasRead keeps of the zones what lies after a place.
func (e *engine) wasRead(end int) {
	kept := e.dirty[:0]
	for _, z := range e.dirty {
		if z.start = max(z.start, end); z.start < z.end {
			kept = append(kept, z)
		}
	}
	e.dirty = kept
}

// uncommitted leaves out what is gone already.
func (e *engine) uncommitted(parts []part) []part {
	return slices.DeleteFunc(parts, func(p part) bool { return p.start < e.done })
}

// moved says by how much a text moves up to a place.
type moved struct{ to, by int }

// replace puts pseudonyms in the place of parts of the second text.
func (e *engine) replace(parts []part) {
	t, from := &e.spare, &e.out
	t.base, t.lexer = from.base, from.lexer
	at, m, read := 0, 0, len(e.dirty)
	e.moves = e.moves[:0]
	pass := func(end int) {
		shift := len(t.text) - at
		for ; m < len(from.marks) && from.marks[m].at < end; m++ {
			k := from.marks[m]
			k.at += shift
			t.marks = append(t.marks, k)
		}
		e.moves = append(e.moves, moved{end, shift})
		t.add(from.text[at:end])
		at = end
	}
	for _, p := range parts {
		pass(p.start)
		e.count(p, from.base)
		k := mark{at: len(t.text), name: e.name(p, from.text)}
		e.around(t.text, from.text[p.start:p.end], from.text[p.end:], int(k.name.n))
		e.addMark(t, k)
		at = p.end
	}
	pass(len(from.text))
	for i := range e.dirty[:read] {
		z := &e.dirty[i]
		z.start, z.end = e.move(z.start), e.move(z.end)
	}
	e.out, e.spare = e.spare, e.out
	e.spare.wipe()
}

// move is where a place of the text is now.
func (e *engine) move(at int) int {
	i, _ := slices.BinarySearchFunc(e.moves, at, func(m moved, at int) int { return m.to - at })
	return at + e.moves[min(i, len(e.moves)-1)].by
}

// commit gives the text up to a place to the sink, with its pseudonyms unmasked, and keeps
// what finders need in front of the rest.
func (e *engine) commit(to int) error {
	t := &e.out
	first, _ := slices.BinarySearchFunc(t.marks, e.done, func(m mark, at int) int { return m.at - at })
	last := first
	for ; last < len(t.marks) && t.marks[last].at < to; last++ {
		if k := &t.marks[last]; k.at+int(k.name.n) > to { // it stays whole
			to = k.at
			break
		}
	}
	for _, k := range t.marks[first:last] {
		copy(t.text[k.at:], k.name.bytes())
	}
	if e.done < to {
		if err := e.sink(t.text[e.done:to]); err != nil {
			return err
		}
	}
	for _, k := range t.marks[first:last] {
		t.mask(k.at, int(k.name.n))
	}
	e.done = to
	if n := e.done - keep; n >= e.frame/2 || n > 0 && len(t.text) > e.frame*4 {
		t.drop(n)
		e.done -= n
		for i := range e.dirty {
			e.dirty[i].start -= n
			e.dirty[i].end -= n
		}
	}
	return nil
}
