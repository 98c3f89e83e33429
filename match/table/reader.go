package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// sampleSize is how much of a file is looked at to find out how it is written.
const sampleSize = 128 << 10

// Reader reads rows. It is not safe for concurrent use, but for Read.
type Reader struct {
	src     io.Reader
	read    *counter
	charset charset
	strict  bool
	dialect dialect
	header  []string

	space []byte // that buf is part of
	buf   []byte // what was read and not parsed yet
	last  bool   // nothing follows buf
	err   error  // why nothing more is read

	next  int // line on which buf begins
	line  int // on which the row returned last begins
	mixed int
	row   parsed
}

// counter counts the bytes that went through it.
type counter struct {
	r io.Reader
	n atomic.Int64
}

// Read implements io.Reader.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// NewReader finds out how the table is written, reads the header and returns a reader
// of the rows below it. Columns without a name are called "column 4". A table whose
// header cannot be read, or names a column twice, is refused with a fatal [Error].
func NewReader(r io.Reader, o Options) (*Reader, error) {
	t := &Reader{read: &counter{r: r}, strict: o.Encoding != "", next: 1}
	t.src = t.read
	if err := t.fill(sampleSize); err != nil {
		return nil, err
	}
	charset, order, err := pickCharset(o.Encoding, t.buf)
	if err != nil {
		return nil, err
	}
	t.charset = charset
	if charset == charsetUTF16 {
		t.src = transform.NewReader(io.MultiReader(bytes.NewReader(t.buf), t.read), utf16Decoder(order))
		t.buf, t.last = nil, false
		if err := t.fill(sampleSize); err != nil {
			return nil, err
		}
	}
	t.buf = bytes.TrimPrefix(t.buf, bomUTF8)
	t.dialect.eol = '\n'
	if bytes.IndexByte(t.buf, '\n') < 0 && bytes.IndexByte(t.buf, '\r') >= 0 {
		t.dialect.eol = '\r'
	}
	if err := t.separate(o.Separator); err != nil {
		return nil, err
	}
	return t, t.readHeader()
}

// separate sets the separator: the one given, the one the file names in a line of its
// own, or the one that fits.
func (r *Reader) separate(given rune) error {
	end, next := r.dialect.lineEnd(r.buf, r.last)
	if line := r.buf[:end]; len(line) == 5 && bytes.HasPrefix(bytes.ToLower(line), []byte("sep=")) && next > 0 {
		if given == 0 {
			given = rune(line[4])
		}
		r.take(next, 1)
	}
	switch {
	case given == 0:
		r.dialect.sep = pickSeparator(r.buf, r.last, r.dialect.eol)
	case given >= 0x80 || given == '"' || given == '\n' || given == '\r':
		return &Error{Code: "separator", Fatal: true, Text: "The separator has to be one ASCII character other than a quote or a line end."}
	default:
		r.dialect.sep = byte(given)
	}
	return nil
}

func (r *Reader) readHeader() error {
	cells, err := r.record(MaxColumns)
	var e *Error
	switch {
	case errors.Is(err, io.EOF):
		return &Error{Code: "empty_file", Fatal: true, Text: "The file is empty: there is no header row that names the columns."}
	case errors.As(err, &e):
		e.Fatal = true
		e.Text = "The header row cannot be read: " + e.Text
		return e
	case err != nil:
		return err
	}
	seen, named := make(map[string]int, len(cells)), false
	for i, name := range cells {
		name = strings.TrimSpace(strings.ToValidUTF8(name, "\uFFFD"))
		named = named || name != ""
		if name == "" {
			name = fmt.Sprintf("column %d", i+1)
		}
		if first, twice := seen[name]; twice {
			return &Error{
				Line: r.line, Column: i + 1, Code: "header_duplicate", Fatal: true,
				Text: fmt.Sprintf("the header gives this column the name of column %d; each needs a name of its own", first+1),
			}
		}
		seen[name] = i
		cells[i] = name
	}
	if !named {
		return &Error{Line: r.line, Code: "header_missing", Fatal: true, Text: "the header row is empty; it has to name the columns"}
	}
	r.header, r.mixed = cells, 0
	return nil
}

// Header lists the columns, trimmed; each name once.
func (r *Reader) Header() []string { return r.header }

// Encoding is what the file is read as: utf-8, windows-1252 or utf-16.
func (r *Reader) Encoding() string { return r.charset.String() }

// Separator stands between the cells.
func (r *Reader) Separator() rune { return rune(r.dialect.sep) }

// Mixed counts the rows so far with a cell in another encoding than that of the file.
func (r *Reader) Mixed() int { return r.mixed }

// Line is the line on which the row returned last begins.
func (r *Reader) Line() int { return r.line }

// Read counts the bytes consumed so far, for progress. It may be called from any
// goroutine.
func (r *Reader) Read() int64 { return r.read.n.Load() }

// Next returns the next row, as long as the header, or io.EOF. An *[Error] is about
// this row only unless it is Fatal; the cells beside it are those that could be told
// apart, and may be more or fewer than the header has. Surplus cells that are empty
// are dropped. Any other error is one of the underlying reader.
func (r *Reader) Next() ([]string, error) {
	width := len(r.header)
	cells, err := r.record(width)
	if err != nil {
		return cells, err
	}
	for len(cells) > width && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	switch {
	case len(cells) < width:
		return cells, &Error{
			Line: r.line, Column: len(cells) + 1, Code: "ragged",
			Text: fmt.Sprintf("the row ends after %s; the header has %d columns", count(len(cells)), width),
		}
	case len(cells) > width:
		return cells, &Error{
			Line: r.line, Column: width + 1, Code: "ragged",
			Text: fmt.Sprintf("the row has %s; the header has %d columns (a cell that holds the separator needs quotes)", count(len(cells)), width),
		}
	}
	return cells, nil
}

func count(cells int) string {
	if cells == 1 {
		return "1 cell"
	}
	return fmt.Sprintf("%d cells", cells)
}

// record returns the next row that is not blank, whatever its length.
func (r *Reader) record(width int) ([]string, error) {
	for {
		end, next := r.dialect.lineEnd(r.buf, r.last)
		switch {
		case next == 0 && r.last:
			if r.err != nil {
				return nil, r.err
			}
			return nil, io.EOF
		case next == 0 && len(r.buf) > MaxRow, end > MaxRow:
			return nil, r.fail(&Error{
				Line: r.next, Code: "row_long", Fatal: true,
				Text: "a line is longer than a megabyte: this is not a table, or its line ends are missing",
			})
		case next == 0:
			if err := r.fill(2 * max(len(r.buf), sampleSize/2)); err != nil {
				return nil, r.fail(err)
			}
			continue
		case end == 0:
			r.take(next, 1)
			continue
		}
		line := r.buf[:end]
		if bytes.IndexByte(line, '"') >= 0 {
			return r.quoted(width, end, next)
		}
		r.line = r.next
		simple := r.charset != charset1252 && r.charset != charsetMixed && utf8.Valid(line) && bytes.IndexByte(line, 0) < 0
		cells := plain(string(line), r.dialect.sep)
		r.take(next, 1)
		if simple && len(cells) <= MaxColumns {
			return cells, nil
		}
		return r.finish(cells)
	}
}

// plain cuts a line without quotes into cells.
func plain(line string, sep byte) []string {
	cells := make([]string, 0, strings.Count(line, string(rune(sep)))+1)
	for {
		i := strings.IndexByte(line, sep)
		if i < 0 {
			return append(cells, line)
		}
		cells = append(cells, line[:i])
		line = line[i+1:]
	}
}

// quoted reads a row with quotes, whose first line ends at end and is followed by
// next. A row that cannot be read gives up its first line only.
func (r *Reader) quoted(width, end, next int) ([]string, error) {
	result := r.dialect.split(r.buf, r.last, width, &r.row)
	for result == rowCut && len(r.buf) <= MaxRow+sampleSize {
		if err := r.fill(2 * len(r.buf)); err != nil {
			return nil, r.fail(err)
		}
		result = r.dialect.split(r.buf, r.last, width, &r.row)
	}
	r.line = r.next
	p := &r.row
	if result == rowWhole && (p.rows == 1 || len(p.ends) == width || !r.looksLikeRow(next, width)) {
		cells := p.cells()
		r.take(p.size, p.rows)
		return r.finish(cells)
	}
	e := &Error{Line: r.line + p.line, Column: p.cell, Code: "quote"}
	switch {
	case result == rowAfter:
		e.Text = "something stands behind the quote that closes this cell; a quote inside a quoted cell is written twice"
	case p.rows == 1 && result == rowWide:
		e.Column, e.Code, e.Text = 0, "columns", fmt.Sprintf("the row has more than %d cells", MaxColumns)
	case result == rowWide, result == rowWhole:
		e.Line, e.Column = r.line, 0
		e.Text = "a quote in this row is closed lines later, and the row has another number of cells than the header; only its first line was left out"
	default:
		e.Text = "this quote is not closed"
	}
	cells := plain(string(r.buf[:end]), r.dialect.sep)
	r.take(next, 1)
	r.decode(cells)
	return cells, e
}

// looksLikeRow says whether the line at an offset is a whole row by itself: then a
// quote on the line before was a mistake, and not the beginning of a long cell.
func (r *Reader) looksLikeRow(at, width int) bool {
	var p parsed
	return width > 1 && r.dialect.split(r.buf[at:], r.last, width, &p) == rowWhole && p.rows == 1 && len(p.ends) == width
}

// finish decodes the cells of a row.
func (r *Reader) finish(cells []string) ([]string, error) {
	if len(cells) > MaxColumns {
		return cells[:MaxColumns], &Error{Line: r.line, Code: "columns", Text: fmt.Sprintf("the row has %d cells; %d are the limit", len(cells), MaxColumns)}
	}
	if bad := r.decode(cells); bad > 0 {
		text := "this cell holds bytes that are no " + r.charset.String() + " text"
		if strings.IndexByte(cells[bad-1], 0) >= 0 {
			text = "this cell holds a zero byte, which no text has"
		}
		return cells, &Error{Line: r.line, Column: bad, Code: "encoding", Text: text}
	}
	return cells, nil
}

// take drops what was parsed.
func (r *Reader) take(size, lines int) {
	r.buf = r.buf[size:]
	r.next += lines
}

// fail ends reading.
func (r *Reader) fail(err error) error {
	r.buf, r.last, r.err = nil, true, err
	return err
}

// fill reads until buf holds size bytes or nothing follows.
func (r *Reader) fill(size int) error {
	if cap(r.space) < size {
		r.space = make([]byte, max(size, sampleSize))
	}
	held, idle := r.space[:copy(r.space[:cap(r.space)], r.buf)], 0
	for len(held) < size && !r.last {
		n, err := r.src.Read(held[len(held):cap(held)])
		held = held[:len(held)+n]
		switch {
		case errors.Is(err, io.EOF):
			r.last = true
		case err != nil:
			return err
		case n > 0:
			idle = 0
		default:
			if idle++; idle > 100 {
				return io.ErrNoProgress
			}
		}
	}
	r.buf = held
	return nil
}
