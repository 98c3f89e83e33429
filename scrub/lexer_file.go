package scrub

import (
	"bytes"
	"strings"
)

// Where a lexer of XML is; in a value it is the quotation mark.
const (
	inTag      = 't'
	inComment  = 'c'
	inCDATA    = 'd'
	inPI       = '?'
	inDeclared = '!'
)

// What ends what a lexer of XML is in.
var endOf = map[byte]string{inComment: "-->", inCDATA: "]]>", inPI: "?>", inDeclared: ">"}

// nextXML reads XML or HTML. Names of elements and attributes stay: a pseudonym is no name.
func (s *state) nextXML(text []byte, i, end int) (class, int) {
	switch s.in {
	case 0:
		if n := markupAt(text, i); n > 0 {
			s.in = inWhat(text[i:])
			return structure, i + n
		}
		return content, until(text, i+1, end, "<")
	case inTag:
		return s.nextInTag(text, i, end)
	case '"', '\'':
		if text[i] == s.in {
			s.in = inTag
			return structure, i + 1
		}
		return content, until(text, i, end, string(rune(s.in)))
	}
	close := endOf[s.in]
	if bytes.HasPrefix(text[i:], []byte(close)) {
		s.in = 0
		return structure, i + len(close)
	}
	return content, until(text, i, end, close)
}

// until finds the next place of mark, or end when it is not before.
func until(text []byte, from, end int, mark string) int {
	from = min(from, end)
	// A mark may begin before end and lie past it.
	if j := bytes.Index(text[from:min(len(text), end+len(mark)-1)], []byte(mark)); j >= 0 {
		return from + j
	}
	return end
}

// nextInTag reads on after the name of an element.
func (s *state) nextInTag(text []byte, i, end int) (class, int) {
	switch c := text[i]; {
	case c == '>':
		s.in = 0
		return structure, i + 1
	case c == '"' || c == '\'':
		s.in = c
		return structure, i + 1
	case c <= ' ' || c == '/' || c == '=':
		return structure, i + 1
	}
	j := i
	for j < len(text) && j < i+lookBack && strings.IndexByte(" \t\r\n/=>\"'", text[j]) < 0 {
		j++
	}
	after := bytes.TrimLeft(text[j:min(len(text), j+lookBack)], " \t\r\n")
	if len(after) > 0 && after[0] == '=' { // the name of an attribute
		return structure, j
	}
	return content, min(j, end) // a value without quotation marks
}

// markupAt is the length of the markup that begins at i, with the name of a tag; 0 when
// none does, as in "a < b" or <jude@example.org>.
func markupAt(text []byte, i int) int {
	b := text[i:min(len(text), i+lookBack)]
	if len(b) < 2 || b[0] != '<' {
		return 0
	}
	for _, m := range []string{"<!--", "<![CDATA[", "<?"} {
		if bytes.HasPrefix(b, []byte(m)) {
			return len(m)
		}
	}
	n := 1
	if b[1] == '/' || b[1] == '!' {
		n = 2
	}
	if n == len(b) || b[n] != '_' && b[n]|0x20 < 'a' || b[n]|0x20 > 'z' && b[n] < 0x80 {
		return 0
	}
	for n < len(b) && (isWord(b[n]) || strings.IndexByte("_-.:", b[n]) >= 0) {
		n++
	}
	if n < len(b) && strings.IndexByte(" \t\r\n/>", b[n]) < 0 {
		return 0
	}
	return n
}

// inWhat says where the lexer is after markup.
func inWhat(b []byte) byte {
	switch {
	case bytes.HasPrefix(b, []byte("<!--")):
		return inComment
	case bytes.HasPrefix(b, []byte("<![CDATA[")):
		return inCDATA
	case b[1] == '?':
		return inPI
	case b[1] == '!':
		return inDeclared
	}
	return inTag
}

// nextCSV reads fields. A quotation mark opens a field only at its beginning.
func (s *state) nextCSV(text []byte, i, end int) (class, int) {
	if s.in == inString {
		return s.nextField(text, i, end)
	}
	switch c := text[i]; {
	case c == '"' && !s.begun:
		s.in = inString
		return structure, i + 1
	case c == s.separator || c == '\n' || c == '\r':
		s.begun = false
		return structure, i + 1
	}
	s.begun = true
	for i++; i < end && text[i] != s.separator && text[i] != '\n' && text[i] != '\r'; i++ {
	}
	return content, i
}

// nextField reads on in quotation marks, of which two are one.
func (s *state) nextField(text []byte, i, end int) (class, int) {
	for j := i; j < end; j++ {
		switch doubled := j+1 < len(text) && text[j+1] == '"'; {
		case text[j] != '"':
		case s.esc: // the second of two
			s.esc = false
		case doubled:
			s.esc = true
		case j > i:
			return content, j
		default:
			s.in, s.begun = 0, true
			return structure, j + 1
		}
	}
	return content, end
}

// nextURL reads what is percent-encoded. It needs no state.
func nextURL(text []byte, i, end int) (class, int) {
	const marks = "&=;?#/\"'<>"
	if text[i] <= ' ' || strings.IndexByte(marks, text[i]) >= 0 {
		return structure, i + 1
	}
	for i++; i < end && text[i] > ' ' && strings.IndexByte(marks, text[i]) < 0; i++ {
	}
	return content, i
}
