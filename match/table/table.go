// Package table reads tables as people send them: CSV with any of the usual
// separators and encodings, with or without a byte order mark, and finds out what its
// columns hold. Errors name line and column.
package table

import (
	"fmt"
	"io"
)

// Limits of what is read. A file beyond them is refused with an error that says so.
const (
	MaxColumns = 1000
	MaxRow     = 1 << 20 // bytes
)

// Error says where a table cannot be read. The row is skipped; reading may go on
// unless Fatal.
type Error struct {
	Line   int    // from 1; 0 when the file as a whole is meant
	Column int    // from 1, in fields; 0 when the row as a whole is meant
	Code   string // empty_file, header_missing, header_duplicate, quote, ragged, row_long, encoding, columns
	Fatal  bool
	Text   string // for people: what was found and what was expected
}

// Error implements error.
func (e *Error) Error() string {
	switch {
	case e.Line > 0 && e.Column > 0:
		return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Text)
	case e.Line > 0:
		return fmt.Sprintf("line %d: %s", e.Line, e.Text)
	}
	return e.Text
}

// Options say what the reader shall not find out by itself.
type Options struct {
	Encoding  string // utf-8, latin1 (windows-1252), utf-16; "" finds out
	Separator rune   // 0 finds out
}

// Reader reads rows. It is not safe for concurrent use.
type Reader struct{}

// NewReader reads the header and returns a reader of the rows below it.
func NewReader(r io.Reader, o Options) (*Reader, error) { return nil, nil }

// Header lists the columns, trimmed; each name once.
func (r *Reader) Header() []string { return nil }

// Next returns the next row, as long as the header, valid until the next call, or
// io.EOF. An *Error is about this row only unless it is Fatal.
func (r *Reader) Next() ([]string, error) { return nil, io.EOF }

// Line is the line on which the row returned last begins.
func (r *Reader) Line() int { return 0 }

// Read counts the bytes consumed so far, for progress.
func (r *Reader) Read() int64 { return 0 }
