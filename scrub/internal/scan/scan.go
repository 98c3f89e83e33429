package scan

import (
	"slices"
	"sync"

	"github.com/habeas-data/habeas/scrub/internal/span"
)

// Options say what a Scanner expects.
type Options struct {
	// Regions are the ISO 3166-1 countries whose telephone numbers are met without a
	// country code. The first in which a number is valid decides what it is the same as.
	// Empty means DefaultRegions.
	Regions []string
}

// Scanner finds what is recognised by its form. It is safe for concurrent use.
type Scanner struct {
	regions []*plan
}

// New makes a Scanner.
func New(o Options) *Scanner {
	regions := o.Regions
	if len(regions) == 0 {
		regions = DefaultRegions()
	}
	s := &Scanner{}
	for _, r := range regions {
		if p := planOf(r); p != nil {
			s.regions = append(s.regions, p)
		}
	}
	return s
}

// What a byte starts, if it starts something whatever stands before it.
const (
	skip = iota
	digit
	sign // '@'
	percent
	colon
	equals
	plus
	paren
	dash
	tilde
	closing // '>'
	newline
	escape
	bracket // the first byte of what pseudonyms begin with
)

var starts = func() (t [256]uint8) {
	for c := '0'; c <= '9'; c++ {
		t[c] = digit
	}
	t['@'], t['%'], t[':'], t['='] = sign, percent, colon, equals
	t['+'], t['('], t['-'], t[open[0]] = plus, paren, dash, bracket
	t['~'], t['>'], t['\n'], t['\\'] = tilde, closing, newline, escape
	return t
}()

// pass is one call of Find.
type pass struct {
	*Scanner
	t        []byte
	from, to int
	out      []span.Span
	// covered is the last span with digits in it that could look like something else.
	covered span.Span
	seq     sequence
	context context
	// No word between these is about telephones.
	quietFrom, quietTo int
	// Lines of a key in base64, and a long token in it; see line and longToken.
	linesFrom, linesTo, lineSize int
	tokenFrom, tokenTo           int
	valueFrom, valueTo           int      // no value ends there; see valueEnd
	room                         [24]byte // the digits of a number that is checked
}

// passes are used again: they are large for a line of a log.
var passes = sync.Pool{New: func() any { return new(pass) }}

// Find implements span.Finder for the kinds Key to Birth without Known.
//
// The loop begins Back bytes before what is wanted: no detector reaches that far, and a
// sequence of numbers that does is handled without regard to its beginning.
func (s *Scanner) Find(dst []span.Span, w span.Window) []span.Span {
	p := passes.Get().(*pass)
	defer passes.Put(p)
	p.Scanner, p.t, p.from, p.to, p.out = s, w.Text, w.From, w.To, dst
	p.covered, p.context.at, p.quietFrom, p.quietTo = span.Span{}, -1, 0, 0
	p.linesFrom, p.linesTo, p.tokenFrom, p.tokenTo, p.valueFrom, p.valueTo = 0, 0, 0, 0, 0, 0
	first := len(dst)
	t := w.Text
	end := min(len(t), w.To+near)
	for i := max(0, w.From-span.Back); ; {
		var g *gram
		if i, g = next(t[:end], i); i == end {
			break
		}
		if g != nil {
			p.word(i-gramLen+1, g)
		}
		if starts[t[i]] == digit {
			i = p.number(i)
		} else {
			i = p.start(i)
		}
	}
	p.keyEnds(end, min(len(t), w.To+span.Ahead))
	dst = append(p.out[:first], order(p.out[first:])...)
	p.t, p.out = nil, nil
	clear(p.room[:])
	return dst
}

// near is how far after its beginning what begins a span is recognised, but for the rest of
// private keys.
const near = 256

// next is where the next byte from i on stands that starts something, or at which a gram
// ends.
func next(t []byte, i int) (int, *gram) {
	if i >= len(t) {
		return len(t), nil
	}
	filter, mix := &grams.filter, mixedBefore(t, i)
	for k, c := range t[i:] {
		mix = mixed(mix, c)
		may := filter[mix>>6] >> (mix & 63) & 1
		if uint64(starts[c])|may == 0 { // one branch for both
			continue
		}
		if may != 0 {
			return i + k, grams.gram(mix)
		}
		return i + k, nil
	}
	return len(t), nil
}

// start runs the detector that the byte at i starts. It returns where to go on.
func (p *pass) start(i int) int {
	t := p.t
	switch starts[t[i]] {
	case digit:
		return p.number(i)
	case sign:
		p.email(i, i+1)
	case percent:
		if at(t, i+1) == '4' && at(t, i+2) == '0' {
			p.email(i, i+3)
			return i + 3
		}
	case colon:
		return p.colon(i)
	case equals:
		if i > 1 && has(t[i-1], isLetter) && !nameEnds[endOf(t[i-2], t[i-1])] {
			break // nearly all names of logfmt
		}
		p.named(i)
	case plus:
		return p.plus(i)
	case paren:
		if c := at(t, i+1); has(c, isDigit) || c == '+' && has(at(t, i+2), isDigit) {
			return p.number(i)
		}
	case dash:
		return p.dash(i)
	case tilde:
		p.entra(i)
	case closing:
		p.element(i)
	case newline, escape:
		p.line(i)
	case bracket:
		if e := pseudonym(t, i); e > 0 {
			return e
		}
	}
	return i + 1
}

// colon looks at ':': it may be part of an address, and the name before it may announce a
// secret or a date of birth.
func (p *pass) colon(i int) int {
	t := p.t
	if c := at(t, i+1); c == ' ' && i > 1 && has(t[i-1], isLetter) && !nameEnds[endOf(t[i-2], t[i-1])] {
		return i + 1
	}
	if at(t, i+3) == ':' {
		p.mac(i - 2)
	}
	if e := p.ipv6(i); e > 0 {
		return e
	}
	p.named(i)
	return i + 1
}

// plus looks at '+': an international number.
func (p *pass) plus(i int) int {
	first := i + 1
	if at(p.t, first) == '(' {
		first++
	}
	if !has(at(p.t, first), isDigit) {
		return i + 1
	}
	if j := run(p.t, i+1, len(p.t), isDigit); j > i+1 && j-i < 7 && joiner(p.t, j) == 0 {
		return j // a zone: +0000
	}
	return p.number(i)
}

// add notes a span, if it is one that is wanted.
func (p *pass) add(k span.Kind, start, end int, same uint64) {
	if start < p.from || start >= p.to || end <= start || end-start > span.Ahead {
		return
	}
	if hasPrefix(p.t, start-len(close), close) || hasPrefix(p.t, end, open) {
		return // the rest of something that was longer before it was scrubbed
	}
	p.out = append(p.out, span.Span{Start: start, End: end, Kind: k, Same: same})
}

// cover notes that what starts in [start, end) is known.
func (p *pass) cover(start, end int) { p.covered.Start, p.covered.End = start, end }

func (p *pass) isCovered(i int) bool { return i >= p.covered.Start && i < p.covered.End }

// order sorts spans that are nearly sorted by their starts, and drops what was found twice.
func order(s []span.Span) []span.Span {
	for i := 1; i < len(s); i++ {
		for j := i; j > 0 && before(s[j], s[j-1]); j-- {
			s[j], s[j-1] = s[j-1], s[j]
		}
	}
	return slices.Compact(s)
}

func before(a, b span.Span) bool {
	if a.Start != b.Start {
		return a.Start < b.Start
	}
	if a.Kind != b.Kind {
		return a.Kind < b.Kind
	}
	return a.End < b.End
}

// The brackets of a pseudonym.
const (
	open  = "⟦"
	close = "⟧"
)

// pseudonym is the end of the pseudonym at i, such as ⟦EMAIL:k3f9x7⟧, or 0.
func pseudonym(t []byte, i int) int {
	if !hasPrefix(t, i, open) {
		return 0
	}
	i += len(open)
	k := run(t, i, i+8, isUpper)
	if at(t, k) != ':' || !isKind(t[i:k]) {
		return 0
	}
	e := run(t, k+1, k+12, isAlnum)
	if n := e - k - 1; n < 4 || n > 10 || !hasPrefix(t, e, close) {
		return 0
	}
	return e + len(close)
}

func isKind(name []byte) bool {
	for _, k := range span.All() {
		if string(name) == k.String() {
			return true
		}
	}
	return false
}
