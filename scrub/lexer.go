package scrub

import (
	"bytes"

	"github.com/habeas-data/habeas/scrub/internal/span"
)

// class says what may be done with a run of bytes.
type class uint8

const (
	structure class = iota // stays as it is
	content                // any part of it may be replaced
	token                  // a bare word of JSON
)

// lookBack is how far a place may grow to the left, to the beginning of an escape or of a
// number, and to the right. It also bounds what a lexer looks ahead.
const lookBack = 1 << 10

// lexer reads the structure of a text as far as places were found in it.
type lexer struct {
	state
	at int // what is before was read; may lie past a run of structure
}

// state is what a lexer knows of the text before a place. It is small and copied.
type state struct {
	format    Format
	separator byte   // of CSV
	line      Format // in Mixed: what the line is
	in        byte   // where it is; each format has its own names, 0 is outside of all
	esc       bool   // the byte before makes this one belong to an escape
	begun     bool   // of a line or a field, something was read
	depth     int    // of JSON objects in a line of text
}

// to reads on to a place.
func (l *lexer) to(text []byte, at int) {
	if l.format == Text || l.format == URL { // they have no state
		l.at = at
		return
	}
	if l.at < at && l.linewise() {
		// Nothing of these formats goes on past the end of a line, so that the rest of
		// the text need not be read.
		if i := bytes.LastIndexByte(text[l.at:at], '\n'); i >= 0 {
			l.at += i + 1
			l.state = state{format: l.format, separator: l.separator}
		}
	}
	for l.at < at {
		_, l.at = l.next(text, l.at, at)
	}
}

func (l *lexer) linewise() bool {
	return l.format == Mixed || l.format == JSON || l.format == Logfmt
}

// shift follows the text when n bytes of its front are dropped, which it reads before.
func (l *lexer) shift(text []byte, n int) {
	l.to(text, n)
	l.at -= n
}

// next reads the run that begins at i and is cut at end where it is content.
func (s *state) next(text []byte, i, end int) (class, int) {
	switch s.format {
	case JSON:
		return s.nextJSON(text, i, end)
	case XML:
		return s.nextXML(text, i, end)
	case CSV:
		return s.nextCSV(text, i, end)
	case Logfmt:
		return s.nextLogfmt(text, i, end)
	case URL:
		return nextURL(text, i, end)
	case Mixed:
		return s.nextMixed(text, i, end)
	default: // Text
		return content, end
	}
}

// part is a part of a found place that lies in one piece of content.
type part struct {
	start, end int
	kind       Kind
	same       uint64
	dress      dress
}

// parts appends what of a found place is to be replaced: it is cut at the structure of the
// format and grows to the borders of escapes.
func (l *lexer) parts(dst []part, text []byte, sp span.Span) []part {
	l.to(text, sp.Start)
	s, first := l.state, len(dst)
	i := min(l.at, sp.End)
	if i < sp.End && s.acrossBlanks(text, i, sp.End) {
		p := part{start: i, end: sp.End, kind: sp.Kind}
		l.growEscapes(text, &p)
		dst, i = append(dst, p), sp.End
	}
	for i < sp.End {
		esc := s.esc
		c, j := s.next(text, i, sp.End)
		j = min(j, sp.End)
		p := part{start: i, end: j, kind: sp.Kind, dress: l.dress()}
		i = j
		switch {
		case c == structure:
			continue
		case c == token:
			l.growToken(text, &p)
		case l.format == CSV: // an escape is two quotation marks
			if esc {
				p.start--
			}
			if s.esc {
				p.end++
			}
		default:
			l.growEscapes(text, &p)
		}
		if n := len(dst); n > first && dst[n-1].end >= p.start && p.dress == dst[n-1].dress {
			dst[n-1].end = max(dst[n-1].end, p.end)
			continue
		}
		dst = append(dst, p)
	}
	if len(dst) == first+1 && dst[first].start == sp.Start && dst[first].end == sp.End {
		dst[first].same = sp.Same
	}
	for i := first; i < len(dst); i++ {
		if p := &dst[i]; p.dress == plain && hasEscape(text[p.start:p.end]) {
			p.dress = percent
		}
	}
	return dst
}

// dress is how pseudonyms look in the format.
func (l *lexer) dress() dress {
	if l.format == URL {
		return percent
	}
	return plain
}

// growToken makes the whole of a number its place, and a string of what is put there,
// because half a number is a wrong number and a bare pseudonym is no JSON.
func (l *lexer) growToken(text []byte, p *part) {
	a, b := p.start, p.end
	for a > 0 && p.start-a < lookBack && isToken(text[a-1]) {
		a--
	}
	for b < len(text) && b-p.end < lookBack && isToken(text[b]) {
		b++
	}
	if isScalar(text[a:b]) {
		p.start, p.end, p.dress = a, b, quoted
	}
}

// growEscapes moves the ends of a place out of the escapes they are in.
func (l *lexer) growEscapes(text []byte, p *part) {
	at := escapeURL
	switch {
	case l.format == XML:
		at = escapeXML
	case l.format != URL:
		at = escapeJSON
	}
	if a, _ := at(text, p.start); a < p.start {
		p.start = a
	}
	if _, b := at(text, p.end); b > p.end {
		p.end = min(b, len(text))
	}
}

// escapeJSON finds the escape of JSON, such as \n or \u00e9, that has the place at in its
// middle. Without one both ends are at.
func escapeJSON(text []byte, at int) (a, b int) {
	for a = at - 1; a >= 0 && a > at-6; a-- {
		if text[a] != '\\' {
			continue
		}
		n := 1 // backslashes here; an even number of them escape each other
		for a-n >= 0 && n < lookBack && text[a-n] == '\\' {
			n++
		}
		length := 2
		if a+1 < len(text) && text[a+1] == 'u' {
			length = 6
		}
		if n%2 == 1 && a+length > at {
			return a, a + length
		}
		return at, at
	}
	return at, at
}

// escapeXML is escapeJSON for references such as &amp; and &#233;.
func escapeXML(text []byte, at int) (a, b int) {
	const longest = 12
	for a = at - 1; a >= 0 && a > at-longest && isReference(text[a]); a-- {
		if text[a] != '&' {
			continue
		}
		for b = at; b < len(text) && b < a+longest && isReference(text[b]) && text[b] != '&'; b++ {
			if text[b] == ';' {
				return a, b + 1
			}
		}
		break
	}
	return at, at
}

func isReference(c byte) bool {
	return isWord(c) || c == '#' || c == '&' || c == ';'
}

// escapeURL is escapeJSON for percent-encoded bytes.
func escapeURL(text []byte, at int) (a, b int) {
	for a = at - 1; a >= 0 && a > at-3; a-- {
		if text[a] == '%' && a+2 < len(text) && isHex(text[a+1]) && isHex(text[a+2]) {
			return a, a + 3
		}
	}
	return at, at
}

// isWord reports whether c is an ASCII letter or digit, or a byte of a longer character.
func isWord(c byte) bool {
	return wordByte[c]
}

var wordByte = func() (t [256]bool) {
	for i := range t {
		c := byte(i)
		t[i] = c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c >= 0x80
	}
	return t
}()
