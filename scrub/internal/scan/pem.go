package scan

import (
	"bytes"

	"github.com/habeas-data/habeas/scrub/internal/span"
)

// dash looks at '-': the bounds of a private key (RFC 7468).
func (p *pass) dash(i int) int {
	t := p.t
	if at(t, i+3) == '-' && at(t, i+6) == '-' {
		p.mac(i - 2)
	}
	if !hasPrefix(t, i, "-----") || at(t, i-1) == '-' {
		p.longToken(i)
		return i + 1
	}
	switch {
	case hasPrefix(t, i, "-----BEGIN ") && privateLabel(t, i+11):
		p.add(span.Key, i, pemEnd(t, i), 0)
	case p.isEnd(i):
		p.pemTail(i)
	}
	return i + 5
}

const pemEnds = "-----END "

// isEnd says whether a private key ends with what stands at i.
func (p *pass) isEnd(i int) bool {
	return hasPrefix(p.t, i, pemEnds) && at(p.t, i-1) != '-' && privateLabel(p.t, i+len(pemEnds))
}

// keyEnds looks for the ends of private keys in [i, to).
func (p *pass) keyEnds(i, to int) {
	for to-i >= len(pemEnds) {
		k := bytes.Index(p.t[i:to], []byte(pemEnds))
		if k < 0 {
			return
		}
		if i += k; p.isEnd(i) {
			p.pemTail(i)
		}
		i += len(pemEnds)
	}
}

// privateLabel says whether the label at i is that of a private key.
func privateLabel(t []byte, i int) bool {
	line := t[i:min(len(t), i+48)]
	k := bytes.Index(line, []byte("-----"))
	return k > 0 && bytes.Contains(line[:k], []byte("PRIVATE KEY"))
}

// pemEnd is the end of the private key that begins at i, as far as a span may reach.
func pemEnd(t []byte, i int) int {
	limit := min(len(t), i+span.Ahead-1)
	if k := bytes.Index(t[i:limit], []byte(pemEnds)); k > 0 {
		e := i + k + 9
		if d := bytes.Index(t[e:min(limit, e+48)], []byte("-----")); d >= 0 {
			return e + d + 5
		}
		return e
	}
	return pemBody(t, i+11, limit)
}

// pemBody is the end of the text at i that can be part of a key: base64, ends of lines,
// also as \n, and headers.
func pemBody(t []byte, i, limit int) int {
	e := i
	for e < limit && (has(t[e], isAlnum|isBase64|isDashed) || t[e] == '\n' || t[e] == '\r' || t[e] == '\\' || t[e] == ' ' || t[e] == ':' || t[e] == ',') {
		e++
	}
	return e
}

// pemTail looks back from the end of a private key at i whose beginning is too far away for
// one span.
func (p *pass) pemTail(i int) {
	t := p.t
	far := i - (span.Ahead - 80)
	s := i
	for s > 0 && s > far && (has(t[s-1], isAlnum|isBase64) || t[s-1] == '\n' || t[s-1] == '\r' || t[s-1] == '\\' || t[s-1] == ' ') {
		s--
	}
	e := i + 9
	if d := bytes.Index(t[e:min(len(t), e+48)], []byte("-----")); d >= 0 {
		e += d + 5
	}
	p.add(span.Key, s, e, 0)
}

// Lines of keys in base64 have 64 characters (RFC 7468). Where neither bound of a block of
// them is near enough to be seen, a line is part of a key if lines as long stand before and
// after as far as can be seen. Of what is public, only certificates of more than 1.8 KB are
// taken for keys then, in their middle.
const (
	pemLine   = 64
	pemBefore = 6
	pemAfter  = 30
)

// line looks at the line that begins after the end of one at i. What was seen of lines that
// follow each other is kept, so that each is read once.
func (p *pass) line(i int) {
	t := p.t
	s := i + 1
	if t[i] == '\\' {
		if s++; at(t, i+1) != 'n' {
			return
		}
	}
	n := lineEnd(t, s+pemLine)
	if n == 0 {
		return
	}
	size := pemLine + n
	if s < p.linesFrom || s > p.linesTo || size != p.lineSize {
		p.linesFrom, p.linesTo, p.lineSize = s, s, size
	}
	enough := s + (pemAfter+1)*size
	for p.linesTo < enough && run(t, p.linesTo, p.linesTo+pemLine, isAlnum|isBase64) == p.linesTo+pemLine && lineEnd(t, p.linesTo+pemLine) == n {
		p.linesTo += size
	}
	if s-p.linesFrom >= pemBefore*size && p.linesTo >= enough {
		p.add(span.Key, s, s+pemLine, 0)
	}
}

// longToken looks at the '-' at i in a token in base64 (RFC 4648, section 5) whose beginning
// is too far away to be seen: the rest of a JSON Web Token that is longer than a span.
func (p *pass) longToken(i int) {
	t := p.t
	if !has(at(t, i-1), isAlnum) || !has(at(t, i+1), isAlnum) {
		return
	}
	if i < p.tokenFrom || i >= p.tokenTo {
		p.tokenFrom, p.tokenTo = tokenBounds(t, i)
	}
	if i-p.tokenFrom < tokenBefore {
		return
	}
	var seen uint8
	for _, c := range t[i-tokenSample : i] {
		seen |= props[c]
	}
	if seen&isDigit != 0 && seen&isLower != 0 && seen&isUpper != 0 {
		p.add(span.Key, i, run(t, i, i+tokenAfter, isToken), 0)
	}
}

// Bounds of long tokens.
const (
	tokenBefore = 448
	tokenSample = 24
	tokenAfter  = 256
)

// tokenBounds are the bounds of the token around i, as far as it is looked at.
func tokenBounds(t []byte, i int) (from, to int) {
	from, to = i, i
	for from > 0 && from > i-tokenBefore && (has(t[from-1], isToken) || t[from-1] == '.') {
		from--
	}
	for to < len(t) && to < i+1024 && (has(t[to], isToken) || t[to] == '.') {
		to++
	}
	return from, to
}

// lineEnd is the length of the end of a line at i, also as it stands in a string, or 0.
func lineEnd(t []byte, i int) int {
	switch at(t, i) {
	case '\n':
		return 1
	case '\r':
		if at(t, i+1) == '\n' {
			return 2
		}
	case '\\':
		if at(t, i+1) == 'n' {
			return 2
		}
		if hasPrefix(t, i, `\r\n`) {
			return 4
		}
	}
	return 0
}
