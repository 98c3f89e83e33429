package scrub

import "bytes"

// Where a lexer of strings is.
const inString = '"'

// nextJSON reads JSON. A string ends at the end of a line at the latest: no valid one has a
// bare line end in it, and after an invalid one the next line is read as it should be.
func (s *state) nextJSON(text []byte, i, end int) (class, int) {
	if s.in == inString {
		return s.nextString(text, i, end)
	}
	switch c := text[i]; {
	case c == '"':
		s.in = inString
		return structure, i + 1
	case isToken(c):
		for i++; i < end && isToken(text[i]); i++ {
		}
		return token, i
	}
	return structure, i + 1
}

// nextString reads on in a string with backslashes, up to its end.
func (s *state) nextString(text []byte, i, end int) (class, int) {
	for j := i; j < end; j++ {
		switch c := text[j]; {
		case c == '\n' && j > i:
			return content, j
		case c == '\n': // no end was found on the line
			s.in, s.esc = 0, false
			return structure, j + 1
		case s.esc:
			s.esc = false
		case c == '\\':
			s.esc = true
		case c == '"' && j > i:
			return content, j
		case c == '"':
			s.in = 0
			return structure, j + 1
		}
	}
	return content, end
}

// isToken reports whether c may be in a number, a literal or, in what is no JSON, a word.
func isToken(c byte) bool {
	switch c {
	case '{', '}', '[', ']', ':', ',', '"':
		return false
	}
	return c > ' '
}

// isScalar reports whether b is a number or literal of JSON.
func isScalar(b []byte) bool {
	switch string(b) {
	case "true", "false", "null":
		return true
	}
	b = bytes.TrimPrefix(b, []byte("-"))
	whole := digits(b)
	if whole == 0 || whole > 1 && b[0] == '0' {
		return false
	}
	b = b[whole:]
	if len(b) > 0 && b[0] == '.' {
		n := digits(b[1:])
		if n == 0 {
			return false
		}
		b = b[1+n:]
	}
	if len(b) > 0 && b[0]|0x20 == 'e' {
		b = b[1:]
		if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
			b = b[1:]
		}
		n := digits(b)
		return n > 0 && n == len(b)
	}
	return len(b) == 0
}

func digits(b []byte) (n int) {
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	return n
}

// nextLogfmt reads key=value pairs. Outside of quotes a blank ends a value.
func (s *state) nextLogfmt(text []byte, i, end int) (class, int) {
	if s.in == inString {
		return s.nextString(text, i, end)
	}
	switch c := text[i]; {
	case c == '"' && !s.begun:
		s.in = inString
		return structure, i + 1
	case c <= ' ' || c == '=':
		s.begun = false
		return structure, i + 1
	}
	s.begun = true
	for i++; i < end && text[i] > ' ' && text[i] != '='; i++ {
	}
	return content, i
}

// acrossBlanks reports whether a place outside of quotes in logfmt is one value, blanks or
// not, as in pan=4111 1111 1111 1111 amount=7: no other key begins in it.
func (s *state) acrossBlanks(text []byte, start, end int) bool {
	if s.in == inString || s.format != Logfmt && (s.format != Mixed || s.line != Logfmt) {
		return false
	}
	if bytes.ContainsAny(text[start:end], "=\"\r\n") {
		return false
	}
	after := end
	for after < len(text) && after-end < lookBack && text[after] > ' ' && text[after] != '=' {
		after++
	}
	return after == len(text) || text[after] != '='
}

// nextMixed reads a log: a line that begins with key= is logfmt, an object in any other is
// JSON, and the rest is text.
func (s *state) nextMixed(text []byte, i, end int) (c class, j int) {
	if s.line == Auto {
		if s.line = Text; beginsLogfmt(text[i:min(len(text), i+lookBack)]) {
			s.line = Logfmt
		}
	}
	switch {
	case s.line == JSON:
		if c, j = s.nextJSON(text, i, end); c == structure && s.in != inString {
			s.nest(text[i])
		}
	case s.line == Logfmt:
		c, j = s.nextLogfmt(text, i, end)
	case text[i] == '{' && beginsObject(text[i:min(len(text), i+lookBack)]):
		s.line, s.depth = JSON, 1
		return structure, i + 1
	default:
		for j = i + 1; j < end && text[j-1] != '\n' && text[j] != '{'; j++ {
		}
		c = content
	}
	if text[j-1] == '\n' {
		*s = state{format: s.format}
	}
	return c, j
}

// nest counts how deep an object is nested; after the outermost the line goes on as text.
func (s *state) nest(c byte) {
	switch c {
	case '{', '[':
		s.depth++
	case '}', ']':
		s.depth--
	}
	if s.depth == 0 {
		s.line = Text
	}
}

// beginsLogfmt reports whether a line begins with key=.
func beginsLogfmt(b []byte) bool {
	n := 0
	for n < len(b) && (b[n] < 0x80 && isWord(b[n]) || n > 0 && (b[n] == '.' || b[n] == '-') || b[n] == '_') {
		n++
	}
	return n > 0 && n < len(b) && b[n] == '='
}

// beginsObject reports whether b begins with an object of JSON.
func beginsObject(b []byte) bool {
	rest := bytes.TrimLeft(b[1:], " \t")
	return len(rest) > 0 && (rest[0] == '"' || rest[0] == '}')
}
