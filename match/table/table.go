// Package table reads tables as people send them: CSV with any of the usual
// separators, encodings and line ends, with or without a byte order mark. What can be
// read in one way only is read; what cannot comes back as an [Error] with line and
// column, and reading goes on behind it.
//
// What it finds out by itself:
//
//   - Encoding: UTF-8, UTF-16 of either byte order, or Windows-1252. Files that were
//     put together from several sources often mix the first and the last: each cell
//     that is no valid UTF-8 is read as Windows-1252, and [Reader.Mixed] counts the
//     rows where that was not what the rest of the file is in. With Options.Encoding
//     "utf-8" such rows are refused instead.
//   - Separator: comma, semicolon, tab or bar: the one outside quotes that gives rows
//     the same number of cells as the header. A first line "sep=;" is obeyed.
//   - Line ends: LF, CR LF, or CR alone. Empty lines are skipped.
//
// Quoting follows RFC 4180. A quote inside a cell that does not begin with one is an
// ordinary character (Joe "Tiger" Smith); spaces around a quoted cell are dropped. A
// quote that is never closed, or closed many lines on, costs one row, not the rest of
// the file: reading goes on at the next line.
package table

import "fmt"

// Limits of what is read. A file beyond them is refused with an error that says so.
const (
	MaxColumns = 1000
	MaxRow     = 1 << 20 // bytes
	MaxLines   = 1000    // of one row, whose cells may hold line ends
)

// Error says where a table cannot be read. The row is skipped; reading may go on
// unless Fatal.
type Error struct {
	Line   int    // from 1; 0 when the file as a whole is meant
	Column int    // from 1, in fields; 0 when the row as a whole is meant
	Code   string // empty_file, header_missing, header_duplicate, quote, ragged, row_long, encoding, separator, columns
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
	Separator rune   // any ASCII character but quote and line ends; 0 finds out
}

// Defuse keeps a spreadsheet from running cells as formulas: a cell that would start
// one gets an apostrophe in front (OWASP, CSV injection). It changes row and returns
// it.
func Defuse(row []string) []string {
	for i, cell := range row {
		if cell == "" {
			continue
		}
		switch cell[0] {
		case '=', '+', '-', '@', '\t', '\r', '\n':
			row[i] = "'" + cell
		}
	}
	return row
}

// Undefuse takes the apostrophe away that [Defuse] has put in front of a cell.
func Undefuse(cell string) string {
	if len(cell) < 2 || cell[0] != '\'' {
		return cell
	}
	switch cell[1] {
	case '=', '+', '-', '@', '\t', '\r', '\n':
		return cell[1:]
	}
	return cell
}
