package table

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/transform"
)

// JSON reads a list of objects as a table: one array, or one object after another, each
// on a line of its own as a rule (JSON Lines). A member is a column; a member of an
// object within it is called "outer.inner". Numbers and truth values are read as they
// are written, null as nothing, a list of such values with ", " between them. It is not
// safe for concurrent use, but for Read.
type JSON struct {
	read    *counter
	limit   *limited
	dec     *json.Decoder
	lines   *bufio.Reader // instead, where each object stands on a line
	array   bool
	begun   bool
	ended   bool
	header  []string
	places  map[string]int
	objects int
}

// limited gives at most so many bytes between two objects, so that what never ends is
// refused with little memory.
type limited struct {
	r io.Reader
	n int
}

var errEndless = errors.New("table: an object without an end")

// Read implements io.Reader.
func (l *limited) Read(p []byte) (int, error) {
	if l.n <= 0 {
		return 0, errEndless
	}
	n, err := l.r.Read(p[:min(len(p), l.n)])
	l.n -= n
	return n, err
}

// LooksLikeJSON reports whether a file that begins with sample holds JSON rather than
// cells.
func LooksLikeJSON(sample []byte) bool {
	if order, wide := utf16Order(sample); wide {
		text, _, err := transform.Bytes(utf16Decoder(order), sample[:len(sample)&^1])
		if err != nil {
			return false
		}
		sample = text
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(sample, bomUTF8), " \t\r\n")
	if len(text) == 0 {
		return false
	}
	next := bytes.TrimLeft(text[1:], " \t\r\n")
	switch text[0] {
	case '[':
		return len(next) > 0 && (next[0] == '{' || next[0] == ']')
	case '{':
		return len(next) > 0 && (next[0] == '"' || next[0] == '}')
	}
	return false
}

// JSONColumns reads a whole file and lists its columns in the order in which they come up.
func JSONColumns(r io.Reader) ([]string, error) {
	j, err := NewJSON(r, nil)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	for {
		object, err := j.next()
		var e *Error
		switch {
		case errors.Is(err, io.EOF) && len(j.header) == 0:
			return nil, &Error{Code: "empty_file", Fatal: true, Text: "The file is empty: it holds no object with members."}
		case errors.Is(err, io.EOF):
			return j.header, nil
		case errors.As(err, &e) && !e.Fatal:
			continue
		case err != nil:
			return nil, err
		}
		for _, m := range object {
			if !seen[m.name] {
				seen[m.name] = true
				j.header = append(j.header, m.name)
			}
		}
		if len(j.header) > MaxColumns {
			return nil, &Error{Code: "columns", Fatal: true, Text: fmt.Sprintf("The objects have more than %d different members.", MaxColumns)}
		}
	}
}

// NewJSON reads objects into rows of the columns given, as [JSONColumns] lists them.
func NewJSON(r io.Reader, columns []string) (*JSON, error) {
	j := &JSON{read: &counter{r: r}, header: columns, places: make(map[string]int, len(columns))}
	for i, name := range columns {
		j.places[name] = i
	}
	head := make([]byte, 4096)
	n, err := io.ReadFull(j.read, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	head = head[:n]
	src := io.MultiReader(bytes.NewReader(head), j.read)
	if order, wide := utf16Order(head); wide {
		src = transform.NewReader(src, utf16Decoder(order))
	} else if bytes.HasPrefix(head, bomUTF8) {
		src = io.MultiReader(bytes.NewReader(head[len(bomUTF8):]), j.read)
	}
	text := bufio.NewReaderSize(src, sampleSize)
	if first, err := text.Peek(sampleSize); err == nil && inLines(first) || errors.Is(err, io.EOF) && inLines(first) {
		j.lines = text
		return j, nil
	}
	j.limit = &limited{text, 2 * MaxRow}
	j.dec = json.NewDecoder(j.limit)
	return j, nil
}

// Header lists the columns.
func (j *JSON) Header() []string { return j.header }

// Line counts the objects so far.
func (j *JSON) Line() int { return j.objects }

// Encoding is what the file is read as.
func (j *JSON) Encoding() string { return "utf-8" }

// Read counts the bytes consumed so far. It may be called from any goroutine.
func (j *JSON) Read() int64 { return j.read.n.Load() }

// Next returns the next object as a row as long as the header, or io.EOF. An *[Error] is
// about this object only unless it is Fatal.
func (j *JSON) Next() ([]string, error) {
	object, err := j.next()
	row := make([]string, len(j.header))
	for _, m := range object {
		if at, ok := j.places[m.name]; ok {
			row[at] = m.text
		}
	}
	return row, err
}

// member is one member of an object, flattened.
type member struct{ name, text string }

func (j *JSON) next() ([]member, error) {
	if j.ended {
		return nil, io.EOF
	}
	if j.lines != nil {
		raw, err := j.oneLine()
		if err != nil {
			return nil, err
		}
		return j.object(raw)
	}
	if !j.begun {
		j.begun = true
		if err := j.begin(); err != nil {
			return nil, err
		}
	}
	if !j.dec.More() {
		return nil, j.end()
	}
	var raw json.RawMessage
	if err := j.dec.Decode(&raw); err != nil {
		return nil, j.fault(err)
	}
	j.objects++
	j.limit.n = 2 * MaxRow
	return j.object(raw)
}

// object flattens one.
func (j *JSON) object(raw json.RawMessage) ([]member, error) {
	if len(raw) > MaxRow {
		return nil, &Error{Line: j.objects, Code: "row_long", Text: "the object is longer than a megabyte"}
	}
	var out []member
	bad := j.flatten(raw, "", &out, 0)
	if bad != nil {
		bad.Line = j.objects
		return out, bad
	}
	return out, nil
}

// begin steps into the array, if the file is one.
func (j *JSON) begin() error {
	if !j.dec.More() { // it skips the space before the first token
		return nil
	}
	head := make([]byte, 1)
	if _, err := io.ReadFull(j.dec.Buffered(), head); err != nil || head[0] != '[' {
		return nil //nolint:nilerr // nothing is buffered: nothing follows, as reading on will say
	}
	j.array = true
	if _, err := j.dec.Token(); err != nil {
		return j.fault(err)
	}
	return nil
}

// oneLine reads the object on the next line that is not blank. A line that is none costs
// itself and nothing else.
func (j *JSON) oneLine() (json.RawMessage, error) {
	for {
		var line []byte
		for {
			piece, err := j.lines.ReadSlice('\n')
			line = append(line, piece...)
			if len(line) > MaxRow {
				j.ended = true
				return nil, &Error{Line: j.objects + 1, Code: "row_long", Fatal: true, Text: "a line is longer than a megabyte"}
			}
			if errors.Is(err, bufio.ErrBufferFull) {
				continue
			}
			if err != nil && !errors.Is(err, io.EOF) {
				return nil, err
			}
			j.ended = err != nil
			break
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			if j.ended {
				return nil, io.EOF
			}
			continue
		}
		j.objects++
		if !json.Valid(line) {
			return nil, &Error{Line: j.objects, Code: "json", Text: "this line is not JSON"}
		}
		return line, nil
	}
}

// inLines reports whether each object stands on a line of its own: the first line is one,
// or the second begins another.
func inLines(head []byte) bool {
	first, rest, more := bytes.Cut(bytes.TrimLeft(head, " \t\r\n"), []byte("\n"))
	first = bytes.TrimSpace(first)
	if !bytes.HasPrefix(first, []byte("{")) {
		return false
	}
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return json.Valid(first) || more && bytes.HasPrefix(rest, []byte("{")) && bytes.HasSuffix(first, []byte("}"))
}

// end checks that nothing but space follows.
func (j *JSON) end() error {
	j.ended = true
	if j.array {
		if _, err := j.dec.Token(); err != nil {
			return j.fault(err)
		}
	}
	switch _, err := j.dec.Token(); {
	case errors.Is(err, io.EOF):
		return io.EOF
	case err != nil:
		return j.fault(err)
	}
	return &Error{Line: j.objects + 1, Code: "json", Fatal: true, Text: "something follows the end of the list"}
}

// fault ends reading: behind a mistake in JSON nothing can be trusted.
func (j *JSON) fault(err error) error {
	j.ended = true
	e := &Error{Line: j.objects + 1, Code: "json", Fatal: true, Text: "this is not JSON; the objects before it can be read"}
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, errEndless):
		e.Code, e.Text = "row_long", "an object is longer than a megabyte"
	case errors.As(err, &syntax), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
	default:
		return err
	}
	return e
}

// maxDepth is how deep objects may lie in each other.
const maxDepth = 8

// flatten adds the members of an object, each once.
func (j *JSON) flatten(raw json.RawMessage, prefix string, out *[]member, depth int) *Error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return &Error{Code: "json", Text: "this is not an object with members"}
	}
	if depth > maxDepth {
		return &Error{Code: "json", Text: "objects lie too deep in each other"}
	}
	var bad *Error
	for dec.More() {
		t, err := dec.Token()
		name, ok := t.(string)
		var value json.RawMessage
		if err != nil || !ok || dec.Decode(&value) != nil {
			return &Error{Code: "json", Text: "this is not an object with members"} // the decoder checked it before
		}
		name = prefix + strings.TrimSpace(name)
		if len(value) > 0 && value[0] == '{' {
			if e := j.flatten(value, name+".", out, depth+1); e != nil {
				bad = e
			}
			continue
		}
		text, ok := scalar(value)
		if !ok {
			bad = &Error{Column: j.places[name] + 1, Code: "json", Text: "this member is a list of more than words and numbers"}
		}
		if slices.ContainsFunc(*out, func(m member) bool { return m.name == name }) {
			bad = &Error{Column: j.places[name] + 1, Code: "json", Text: "this member stands twice in the object"}
		}
		*out = append(*out, member{name, text})
	}
	return bad
}

// scalar writes a value as a cell.
func scalar(raw json.RawMessage) (string, bool) {
	var v any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if dec.Decode(&v) != nil {
		return "", false
	}
	list, ok := v.([]any)
	if !ok {
		return word(v)
	}
	words := make([]string, 0, len(list))
	for _, one := range list {
		text, ok := word(one)
		if !ok {
			return "", false
		}
		words = append(words, text)
	}
	return strings.Join(words, ", "), true
}

func word(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return fmt.Sprint(v), true
	}
	return "", false
}
