package scrub

import (
	"bytes"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/habeas-data/habeas/scrub/internal/span"
	"github.com/habeas-data/habeas/scrub/internal/view"
)

// Text is scrubbed in two readings.
//
// The first runs the finders over the text as it came, unites what overlaps and puts
// pseudonyms in its place. But a pseudonym changes what is beside it: a number that was
// glued to a name stands free now. So the second reads around each new pseudonym again,
// until nothing more is found. What comes out would come out of a further scrubbing as it
// is. Finders never see a pseudonym: it is masked by as many asterisks.
//
// Both readings go in frames of a fixed size, counted from the beginning of the text, and
// not as the text happens to arrive, so that its cuts change nothing.
const (
	// frameLen is the size of a frame; a Writer holds back a few of them.
	frameLen = 64 << 10
	// lookAhead is what has to be there after a frame before it is read: what finders may
	// see, what a place may grow, and the rest of a pseudonym.
	lookAhead = span.Ahead + lookBack + longestName
	// keep is how much of what was read stays in front as context.
	keep = span.Back + lookBack
	// settling is how far back from its end the second reading still changes text.
	settling = 32 << 10
	// longestUnion is the most that one pseudonym stands for; what overlaps beyond it gets
	// another one.
	longestUnion = 8 << 10
)

// mark is a pseudonym in a text that is masked.
type mark struct {
	at   int
	name name
}

// stretch is a part of a text with the pseudonyms in it masked.
type stretch struct {
	text  []byte
	marks []mark
	base  int // bytes of the text dropped before
	lexer lexer
}

// drop forgets the first n bytes.
func (t *stretch) drop(n int) {
	if n <= 0 {
		return
	}
	t.lexer.shift(t.text, n)
	rest := copy(t.text, t.text[n:])
	clear(t.text[rest:])
	t.text = t.text[:rest]
	gone := 0
	for gone < len(t.marks) && t.marks[gone].at < n {
		gone++
	}
	t.marks = slices.Delete(t.marks, 0, gone)
	for i := range t.marks {
		t.marks[i].at -= n
	}
	t.base += n
}

// add appends to the text. Memory that is given back holds nothing of it.
func (t *stretch) add(b []byte) {
	t.text = append(room(t.text, len(b)), b...)
}

// room makes room for n more bytes and wipes what it leaves.
func room(b []byte, n int) []byte {
	if len(b)+n <= cap(b) {
		return b
	}
	moved := append(make([]byte, 0, max(2*cap(b), len(b)+n, 256)), b...)
	clear(b)
	return moved
}

// wipe forgets everything. What lies behind the text is empty already.
func (t *stretch) wipe() {
	clear(t.text)
	*t = stretch{text: t.text[:0], marks: t.marks[:0]}
}

// mask hides the n bytes of the text from at on.
func (t *stretch) mask(at, n int) {
	for i := range t.text[at : at+n] {
		t.text[at+i] = '*'
	}
}

// engine scrubs one text. Its Scrubber is locked for reading while it works.
type engine struct {
	s     *Scrubber
	o     Options
	frame int

	raw     stretch
	ready   int // of raw, what was looked through for pseudonyms
	read    int // of raw, what the finders have read
	emitted int // of raw, what went on to the second reading
	waiting []part

	out   stretch
	done  int    // of out, what went to the sink
	dirty []zone // of out, what is to be read again
	again []part
	grow  int // what is found next is made longer by this
	spare stretch

	windows []window // on out, that are read again
	moves   []moved

	spans  []span.Span
	parts  []part
	hash   keyed
	sink   func([]byte) error
	found  func(base int, p part)
	counts Counts
	began  bool
	form   bool        // the text is percent-encoded, and + is a blank
	blanks []byte      // the text of a window with blanks
	ahead  []span.Span // what clean has found in the text that is written next
	looked bool
}

var engines = sync.Pool{New: func() any { return new(engine) }}

func takeEngine(s *Scrubber, o Options) *engine {
	e := engines.Get().(*engine)
	e.s, e.o, e.frame = s, o, frameLen
	return e
}

// release wipes the engine and gives it back.
func (e *engine) release() {
	if !e.began && len(e.raw.text) == 0 { // it was clean
		e.s, e.ahead, e.form = nil, e.ahead[:0], false
		engines.Put(e)
		return
	}
	e.raw.wipe()
	e.out.wipe()
	e.spare.wipe()
	e.hash.wipe()
	const tooMuch = 1 << 20 // is not kept
	if cap(e.raw.text)+cap(e.out.text)+cap(e.spare.text) > tooMuch {
		return
	}
	*e = engine{
		raw: e.raw, out: e.out, spare: e.spare, hash: keyed{scratch: e.hash.scratch[:0]},
		waiting: e.waiting[:0], dirty: e.dirty[:0], spans: e.spans[:0], parts: e.parts[:0], again: e.again[:0],
		ahead: e.ahead[:0], blanks: e.blanks[:0], windows: e.windows[:0], moves: e.moves[:0],
	}
	engines.Put(e)
}

// clean reports whether there is nothing to do in a text of one frame, without copying it,
// since nearly all lines of a log are such. Else the text has to be written next.
func (e *engine) clean(src []byte) bool {
	if len(src) > e.frame || hasName(src) {
		return false
	}
	e.form = e.o.Format == URL || e.o.Format == Auto && isForm(bytes.TrimRight(src[:min(len(src), sniffLen)], "\r\n"))
	e.ahead = e.find(e.ahead[:0], span.Window{Text: src, To: len(src), Begins: true, Ends: true}, view.Find)
	e.looked = len(e.ahead) > 0
	return !e.looked
}

// begin decides on the format, for which the first bytes are there.
func (e *engine) begin() {
	if e.began {
		return
	}
	e.began = true
	s := state{format: e.o.Format}
	switch s.format {
	case Auto:
		s.format, s.separator = detect(e.raw.text)
	case CSV:
		if s.separator = separatorOf(e.raw.text[:min(len(e.raw.text), sniffLen)], false); s.separator == 0 {
			s.separator = ','
		}
	default: // the format says it all
	}
	e.raw.lexer, e.out.lexer, e.form = lexer{state: s}, lexer{state: s}, s.format == URL
}

// write takes a piece of the text.
func (e *engine) write(b []byte) error {
	for len(b) > 0 {
		n := min(len(b), e.read+e.frame+lookAhead-len(e.raw.text))
		e.raw.add(b[:n])
		b = b[n:]
		if len(e.raw.text) == e.read+e.frame+lookAhead {
			if err := e.step(false); err != nil {
				return err
			}
		}
	}
	return nil
}

// close ends the text.
func (e *engine) close() error {
	for {
		if err := e.step(true); err != nil || e.read == len(e.raw.text) {
			return err
		}
	}
}

// whole scrubs a text from its beginning to its end.
func (e *engine) whole(dst, src []byte) ([]byte, *Counts) {
	e.sink = func(b []byte) error { dst = append(dst, b...); return nil }
	_ = e.write(src) // the sink does not fail
	_ = e.close()
	counts := e.counts
	return dst, &counts
}

// step reads one frame for the first time, and what it can for the second. final says that
// the whole text is here.
func (e *engine) step(final bool) error {
	e.begin()
	e.hash.set(&e.s.key)
	e.maskNames(final)
	to := min(e.read+e.frame, len(e.raw.text))
	e.first(to, final)
	final = final && to == len(e.raw.text)
	if n := min(e.read, e.emitted) - keep; n > 0 {
		e.raw.drop(n)
		e.read, e.emitted, e.ready = e.read-n, e.emitted-n, e.ready-n
		for i := range e.waiting {
			e.waiting[i].start -= n
			e.waiting[i].end -= n
		}
	}
	if e.sink == nil { // somebody only wants to know
		e.out.wipe()
		e.dirty = e.dirty[:0]
		return nil
	}
	return e.settle(final)
}

// maskNames hides the pseudonyms that the text came with.
func (e *engine) maskNames(final bool) {
	t := &e.raw
	eachName(t.text, e.ready, func(at, n int) bool {
		m := mark{at: at}
		m.name.add(string(t.text[at : at+n]))
		t.marks = append(t.marks, m)
		t.mask(at, n)
		e.ready = at + n
		return true
	})
	if e.ready = max(e.ready, len(t.text)-longestName); final {
		e.ready = len(t.text)
	}
}

// first is the first reading, up to a place. ends says that the text ends with what is here.
func (e *engine) first(to int, ends bool) {
	t, last := &e.raw, ends && to == len(e.raw.text)
	if e.looked {
		e.spans, e.looked = append(e.spans[:0], e.ahead...), false
	} else { // what may be the beginning of a pseudonym is not shown
		e.spans = e.find(e.spans[:0], span.Window{
			Text: t.text[:e.ready], From: e.read, To: to, Begins: t.base == 0, Ends: ends,
		}, view.Find)
	}
	e.read = to
	e.waiting = e.cut(e.waiting, t, e.spans)
	end := to
	if !last { // places of the next frame grow to the left at most to here
		end = max(to-lookBack, e.emitted)
	}
	var closed []part
	closed, e.waiting = e.unite(t, e.waiting, end, last)
	if len(e.waiting) > 0 {
		end = min(end, e.waiting[0].start)
	}
	e.emit(closed, end)
}

// cut turns found places into parts in order of their start, none of them in a pseudonym.
func (e *engine) cut(dst []part, t *stretch, spans []span.Span) []part {
	if len(spans) == 0 {
		return dst
	}
	slices.SortStableFunc(spans, func(a, b span.Span) int { return a.Start - b.Start })
	n := len(dst)
	spans = joined(spans)
	for _, sp := range spans {
		if t.holdsFar(sp) {
			continue
		}
		if e.grow > 0 {
			sp = t.wider(sp, e.grow, e.done)
		}
		e.parts = t.lexer.parts(e.parts[:0], t.text, sp)
		for _, p := range e.parts {
			dst = t.outside(dst, p)
		}
	}
	slices.SortStableFunc(dst[n:], func(a, b part) int { return a.start - b.start })
	if n > 0 && len(dst) > n {
		slices.SortStableFunc(dst, func(a, b part) int { return a.start - b.start })
	}
	return dst
}

// crowd is how many places of a kind have to overlap to be joined before they are looked at.
const crowd = 8

// joined makes one of places of a kind that overlap each other in crowds, as the values of
// password=password=password= do, so that a text takes no more time than its length.
func joined(spans []span.Span) []span.Span {
	kept := spans[:0]
	for i := 0; i < len(spans); {
		sp, j := spans[i], i+1
		for ; j+crowd < len(spans) && spans[j+crowd].Start < sp.End && spans[j].Kind == sp.Kind && spans[j].End-sp.Start <= longestUnion; j++ {
			sp.End, sp.Same = max(sp.End, spans[j].End), 0
		}
		kept, i = append(kept, sp), j
	}
	return kept
}

// wider is a place with n bytes more on either side, none of them before a place that is
// done.
func (t *stretch) wider(sp span.Span, n, done int) span.Span {
	sp.Start, sp.Same = min(sp.Start, max(sp.Start-n, done+lookBack)), 0
	sp.End = min(sp.End+n, len(t.text))
	for k := 1; k < utf8.UTFMax && sp.Start > 0 && !utf8.RuneStart(t.text[sp.Start]); k++ {
		sp.Start--
	}
	for k := 1; k < utf8.UTFMax && sp.End < len(t.text) && !utf8.RuneStart(t.text[sp.End]); k++ {
		sp.End++
	}
	return sp
}

// holdsFar reports a pseudonym so far within a place that the second reading around it
// would not have come to where the place begins. Such a place is none: it may have become
// one only because what was there before was longer, and then it would be found the next
// time.
func (t *stretch) holdsFar(sp span.Span) bool {
	i, _ := slices.BinarySearchFunc(t.marks, sp.Start, func(m mark, at int) int { return m.at - at })
	for ; i < len(t.marks) && t.marks[i].at < sp.End; i++ {
		if at := t.marks[i].at; at-sp.Start > wordsBack(t.text[:at]) {
			return true
		}
	}
	return false
}

// outside appends what of a part lies outside of pseudonyms and says something.
func (t *stretch) outside(dst []part, p part) []part {
	i, _ := slices.BinarySearchFunc(t.marks, p.start, func(m mark, at int) int { return m.at + int(m.name.n) - at - 1 })
	for ; i < len(t.marks) && t.marks[i].at < p.end; i++ {
		m := &t.marks[i]
		dst = t.trimmed(dst, part{start: p.start, end: m.at, kind: p.kind, dress: p.dress})
		p.start, p.same = m.at+int(m.name.n), 0
	}
	return t.trimmed(dst, p)
}

// trimmed appends a part without the blanks around it, unless it has neither letter nor digit.
func (t *stretch) trimmed(dst []part, p part) []part {
	for p.start < p.end && t.text[p.start] <= ' ' {
		p.start++
	}
	for p.start < p.end && t.text[p.end-1] <= ' ' {
		p.end--
	}
	if !slices.ContainsFunc(t.text[min(p.start, p.end):p.end], isWord) {
		return dst
	}
	return append(dst, p)
}

// find runs the finders over a window and leaves out what is not wanted.
func (e *engine) find(dst []span.Span, w span.Window, by finding) []span.Span {
	if e.form {
		e.blanks = append(room(e.blanks[:0], len(w.Text)), w.Text...)
		for i, c := range e.blanks {
			if c == '+' {
				e.blanks[i] = ' '
			}
		}
		defer clear(e.blanks)
		w.Text = e.blanks
	}
	if n := e.o.Workers; n > 1 && w.To-w.From >= leastForWorkers {
		return e.findTogether(dst, w, by, n)
	}
	return e.s.find(dst, w, by)
}

// leastForWorkers is how much text is worth waking another core.
const leastForWorkers = 16 << 10

// findTogether shares a window among n goroutines. What finders say about a place does not
// depend on the window, so that the result is the same.
func (e *engine) findTogether(dst []span.Span, w span.Window, by finding, n int) []span.Span {
	return together(dst, n, func(dst []span.Span, i int) []span.Span {
		v, size := w, w.To-w.From
		v.From, v.To = w.From+size*i/n, w.From+size*(i+1)/n
		return e.s.find(dst, v, by)
	})
}

// together lets n goroutines find each its share, and puts them in order.
func together(dst []span.Span, n int, find func(dst []span.Span, i int) []span.Span) []span.Span {
	found := make([][]span.Span, n)
	var wg sync.WaitGroup
	for i := range n - 1 {
		wg.Go(func() { found[i] = find(nil, i) })
	}
	found[n-1] = find(nil, n-1)
	wg.Wait()
	for _, f := range found {
		dst = append(dst, f...)
		clear(f)
	}
	return dst
}
