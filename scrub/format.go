package scrub

import (
	"bytes"
	"fmt"
	"strings"
)

// Format is what a text is, so that it still is that after scrubbing.
type Format uint8

// The formats. XML covers HTML, and JSON covers JSON lines.
const (
	Auto   Format = iota // found out from the beginning of the text
	Text                 // no structure
	Mixed                // lines of text, with JSON objects in them, and lines of logfmt
	JSON                 // JSON (RFC 8259), one or many, lines or not
	XML                  // XML or HTML
	CSV                  // fields separated by comma, semicolon, tab or bar (RFC 4180)
	Logfmt               // key=value key="a value"
	URL                  // percent-encoded key=value&key=value, or addresses
	formats
)

var formatNames = [formats]string{"auto", "text", "mixed", "json", "xml", "csv", "logfmt", "url"}

// String is the name of a format, such as json.
func (f Format) String() string {
	if f >= formats {
		return "unknown"
	}
	return formatNames[f]
}

// ParseFormat is the format of a name. ndjson and html are understood, too.
func ParseFormat(s string) (Format, error) {
	switch s = strings.ToLower(s); s {
	case "ndjson", "jsonl":
		return JSON, nil
	case "html":
		return XML, nil
	}
	for f, n := range formatNames {
		if n == s {
			return Format(f), nil //nolint:gosec // less than formats
		}
	}
	return Auto, fmt.Errorf("scrub: no such format; there are %s", strings.Join(formatNames[:], ", "))
}

// sniffLen is how much of a text decides about its format.
const sniffLen = 4096

// detect finds the format from the first bytes of a text, and for CSV the separator. What
// it says holds after scrubbing, too, wherever the format leaves something as it is.
func detect(head []byte) (f Format, separator byte) {
	whole := len(head) < sniffLen
	head = head[:min(len(head), sniffLen)]
	head = bytes.TrimPrefix(head, []byte("\ufeff"))
	first := bytes.TrimLeft(head, " \t\r\n")
	if len(first) == 0 {
		return Mixed, 0
	}
	switch {
	case first[0] == '<' && markupAt(first, 0) > 0:
		return XML, 0
	case beginsJSON(first):
		return documentOrLog(first, whole), 0
	}
	if s := separatorOf(head, whole); s != 0 {
		return CSV, s
	}
	if isForm(bytes.TrimRight(head, "\r\n")) {
		return URL, 0
	}
	return Mixed, 0
}

// beginsJSON reports whether a document of JSON, rather than a line of a log that happens
// to have a bracket in front, begins here.
func beginsJSON(b []byte) bool {
	if b[0] != '{' && b[0] != '[' {
		return false
	}
	rest := bytes.TrimLeft(b[1:], " \t\r\n")
	if len(rest) == 0 {
		return true
	}
	if b[0] == '{' {
		return rest[0] == '"' || rest[0] == '}'
	}
	if strings.IndexByte(`{["]`, rest[0]) >= 0 {
		return true
	}
	n := 0
	for n < len(rest) && isToken(rest[n]) {
		n++
	}
	after := bytes.TrimLeft(rest[n:], " \t\r\n")
	return isScalar(rest[:n]) && len(after) > 0 && (after[0] == ',' || after[0] == ']' && len(bytes.TrimSpace(after[1:])) == 0)
}

// documentOrLog tells a document of JSON from a log that begins with a line of JSON. Lines
// that are objects are read as well in a log, where other lines may follow.
func documentOrLog(head []byte, whole bool) Format {
	objects := true
	for first := true; len(head) > 0; first = false {
		line, rest, ended := bytes.Cut(head, []byte("\n"))
		if !ended && (first || !whole) { // nobody knows how it goes on
			if first {
				return JSON
			}
			break
		}
		head = rest
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		n := valueLen(line)
		switch {
		case n == 0 && first: // it goes on in the next line
			return JSON
		case n < len(line):
			return Mixed
		}
		objects = objects && line[0] == '{'
	}
	if objects {
		return Mixed
	}
	return JSON
}

// valueLen is the length of the value of JSON that a line begins with, 0 if none ends there.
func valueLen(line []byte) int {
	if isScalar(line) {
		return len(line)
	}
	s := state{format: JSON}
	for i, depth := 0, 0; i < len(line); {
		c, j := s.nextJSON(line, i, len(line))
		if c == structure && s.in != inString {
			switch line[i] {
			case '{', '[':
				depth++
			case '}', ']':
				depth--
			}
			if depth <= 0 {
				return j
			}
		} else if c == token && depth == 0 {
			return 0
		}
		i = j
	}
	return 0
}

// separatorOf finds what separates the fields of a CSV file: it occurs in each of the
// first records, as often in one as in the other. Where several do, the most frequent it is.
func separatorOf(head []byte, whole bool) (separator byte) {
	most := 0
	for _, s := range []byte{'\t', ';', ',', '|'} {
		if n := columns(head, s, whole); n > most {
			separator, most = s, n
		}
	}
	return separator
}

// columns is how often a separator occurs in each record, 0 if the records differ.
func columns(head []byte, separator byte, whole bool) int {
	want, records, n, in := -1, 0, 0, false
	count := func() bool {
		if want < 0 {
			want = n
		}
		ok := n == want && n > 0
		records, n = records+1, 0
		return ok
	}
	start := true
	for _, c := range head {
		switch {
		case c == '"' && (in || start):
			in, start = !in, true // the second of a pair opens again
			continue
		case in:
		case c == separator:
			n++
		case c == '\n':
			if !count() {
				return 0
			}
		}
		start = c == separator || c == '\n'
	}
	if whole && len(head) > 0 && head[len(head)-1] != '\n' && !count() {
		return 0
	}
	if records < 2 {
		return 0
	}
	return want
}

// isForm reports whether b is one form or query: key=value&key=value without blanks.
func isForm(b []byte) bool {
	eq := bytes.IndexByte(b, '=')
	if eq <= 0 || bytes.ContainsAny(b, " \t\r\n\"<>{}") {
		return false
	}
	return bytes.IndexByte(b, '&') > 0 || hasEscape(b)
}

// hasEscape reports whether b has a percent-encoded byte.
func hasEscape(b []byte) bool {
	for i := 0; i+2 < len(b); i++ {
		j := bytes.IndexByte(b[i:len(b)-2], '%')
		if j < 0 {
			return false
		}
		if i += j; isHex(b[i+1]) && isHex(b[i+2]) {
			return true
		}
	}
	return false
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}
