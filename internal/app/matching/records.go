package matching

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/habeas-data/habeas/match/table"
)

// maxRecord is the longest line of JSON that is read, in bytes.
const maxRecord = 16 << 20

// record is a row or a JSON object: for each column its values.
type record struct {
	line  int
	cells [][]string
}

// source is a file of records: CSV with any separator, JSON lines, or a JSON array.
type source struct {
	path, name string
	json       bool
	header     []string
	number     map[string]int // of a column, for JSON
	read       int64          // bytes so far
	size       int64
}

func openSource(path, name string) (*source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, refuse(name, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	head := make([]byte, 4096)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, refuse(name, err)
	}
	start := bytes.TrimLeft(bytes.TrimPrefix(head[:n], []byte("\ufeff")), " \t\r\n")
	return &source{path: path, name: name, size: info.Size(), json: len(start) > 0 && (start[0] == '{' || start[0] == '['), number: map[string]int{}}, nil
}

// records yields the records of the file. A *table.Error that is not fatal is about one
// record. Records are valid until the next.
func (s *source) records(ctx context.Context) iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		f, err := os.Open(s.path)
		if err != nil {
			yield(record{}, err)
			return
		}
		defer f.Close()
		n := 0
		alive := func(r record, err error) bool {
			if n++; err == nil && n%1024 == 0 {
				err = ctx.Err()
			}
			return yield(r, err)
		}
		if s.json {
			s.objects(f, alive)
		} else {
			s.rows(f, alive)
		}
	}
}

func (s *source) rows(f io.Reader, yield func(record, error) bool) {
	t, err := table.NewReader(f, table.Options{})
	if err != nil {
		yield(record{}, err)
		return
	}
	s.header = t.Header()
	cells := make([][]string, len(s.header))
	for {
		row, err := t.Next()
		s.read = t.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err == nil {
			for i := range row {
				cells[i] = row[i : i+1]
			}
		}
		if !yield(record{t.Line(), cells}, err) {
			return
		}
	}
}

// objects reads JSON: one object a line, or an array of objects.
func (s *source) objects(f io.Reader, yield func(record, error) bool) {
	in := bufio.NewReaderSize(f, 1<<20)
	if first, err := firstByte(in); err == nil && first == '[' {
		s.array(in, yield)
		return
	}
	var long []byte
	for n := 1; ; n++ {
		line, err := in.ReadSlice('\n')
		for errors.Is(err, bufio.ErrBufferFull) && len(long) < maxRecord {
			long = append(long, line...)
			line, err = in.ReadSlice('\n')
		}
		if len(long) > 0 {
			line, long = append(long, line...), long[:0]
		}
		s.read += int64(len(line))
		if err != nil && !errors.Is(err, io.EOF) {
			if errors.Is(err, bufio.ErrBufferFull) {
				err = &table.Error{Line: n, Code: "row_long", Fatal: true, Text: "a line is longer than 16 megabytes"}
			}
			yield(record{}, err)
			return
		}
		if text := bytes.TrimSpace(line); len(text) > 0 {
			d := json.NewDecoder(bytes.NewReader(text))
			r, fault := s.object(d, n)
			if fault == nil && d.More() {
				fault = &table.Error{Line: n, Column: int(d.InputOffset()) + 1, Code: "json", Text: "something stands behind the object; each needs a line of its own"}
			}
			if !yield(r, fault) {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// firstByte looks at the first byte that is no space, behind a byte order mark.
func firstByte(in *bufio.Reader) (byte, error) {
	if mark, err := in.Peek(3); err == nil && string(mark) == "\ufeff" {
		if _, err := in.Discard(3); err != nil {
			return 0, err
		}
	}
	for {
		c, err := in.ReadByte()
		if err != nil || !strings.ContainsRune(" \t\r\n", rune(c)) {
			return c, errors.Join(err, in.UnreadByte())
		}
	}
}

// lineCounter counts the lines that went through it.
type lineCounter struct {
	r     io.Reader
	bytes int64
	ends  []int64 // where lines end
}

// Read implements io.Reader.
func (c *lineCounter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i, b := range p[:n] {
		if b == '\n' {
			c.ends = append(c.ends, c.bytes+int64(i))
		}
	}
	c.bytes += int64(n)
	return n, err
}

// line returns the line of a byte.
func (c *lineCounter) line(offset int64) int {
	n, _ := slices.BinarySearch(c.ends, offset)
	return n + 1
}

func (s *source) array(in io.Reader, yield func(record, error) bool) {
	lines := &lineCounter{r: in}
	d := json.NewDecoder(lines)
	if _, err := d.Token(); err != nil {
		yield(record{}, err)
		return
	}
	for d.More() {
		r, err := s.object(d, 0)
		s.read = lines.bytes
		r.line = lines.line(d.InputOffset())
		var e *table.Error
		if errors.As(err, &e) {
			e.Line, e.Fatal = r.line, true // where the next object begins is not known
			if e.Column > 0 {              // counted from the beginning of the file
				e.Line, e.Column = lines.line(int64(e.Column-1)), 0
			}
		}
		if !yield(r, err) || err != nil {
			return
		}
	}
	if _, err := d.Token(); err != nil {
		yield(record{}, &table.Error{Line: lines.line(d.InputOffset()), Code: "json", Fatal: true, Text: "the list is not closed"})
	}
}

// object reads one JSON object.
func (s *source) object(d *json.Decoder, line int) (record, error) {
	d.UseNumber()
	var o map[string]any
	var syntax *json.SyntaxError
	switch err := d.Decode(&o); {
	case errors.As(err, &syntax):
		return record{line: line}, &table.Error{Line: line, Column: int(syntax.Offset), Code: "json", Text: "this is no JSON: " + syntax.Error()}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return record{line: line}, &table.Error{Line: line, Column: int(d.InputOffset()) + 1, Code: "json", Text: "this is no JSON: the object that begins here is not closed"}
	case err != nil:
		return record{line: line}, &table.Error{Line: line, Code: "json", Text: "a JSON object was expected, such as {\"id\": …, \"name\": …}"}
	}
	for key := range o {
		if _, known := s.number[key]; !known && len(s.header) < table.MaxColumns {
			s.number[key] = -1
		}
	}
	var fresh []string
	for key, at := range s.number {
		if at < 0 {
			fresh = append(fresh, key)
		}
	}
	slices.Sort(fresh)
	for _, key := range fresh {
		s.number[key] = len(s.header)
		s.header = append(s.header, key)
	}
	r := record{line, make([][]string, len(s.header))}
	for key, v := range o {
		if at, ok := s.number[key]; ok {
			r.cells[at] = texts(v, nil)
		}
	}
	return r, nil
}

// texts lists what is text in a JSON value; of objects, what they are called.
func texts(v any, all []string) []string {
	switch v := v.(type) {
	case string:
		return append(all, v)
	case json.Number:
		return append(all, v.String())
	case []any:
		for _, e := range v {
			all = texts(e, all)
		}
	case map[string]any:
		for _, key := range []string{"value", "name", "label", "text", "title", "@value"} {
			if s, ok := v[key].(string); ok {
				return append(all, s)
			}
		}
	}
	return all
}

// sampleOf returns the first records of a file, and up to ten faults among them.
func (s *source) sampleOf(ctx context.Context, most int) (sample []record, err error) {
	var first error
	for r, err := range s.records(ctx) {
		var e *table.Error
		switch {
		case errors.As(err, &e) && !e.Fatal:
			if first == nil {
				first = err
			}
			continue
		case err != nil:
			return nil, refuse(s.name, err)
		}
		sample = append(sample, record{r.line, slices.Clone(r.cells)})
		if len(sample) == most {
			break
		}
	}
	switch {
	case len(sample) > 0:
		return sample, nil
	case first != nil:
		return nil, refuse(s.name, first)
	}
	return nil, invalid("%s: line %d: there is nothing below the header.", s.name, 2)
}

func (s *source) String() string {
	format := "CSV"
	if s.json {
		format = "JSON"
	}
	return fmt.Sprintf("%s (%s)", s.name, format)
}
