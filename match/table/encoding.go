package table

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// charset is how the bytes of a file are read.
type charset uint8

const (
	charsetUTF8  charset = iota // cells that are not valid are Windows-1252, unless strict
	charset1252                 // Windows-1252 throughout
	charsetMixed                // mostly Windows-1252; cells that are valid UTF-8 are that
	charsetUTF16
)

func (c charset) String() string {
	switch c {
	case charset1252, charsetMixed:
		return "windows-1252"
	case charsetUTF16:
		return "utf-16"
	case charsetUTF8:
	}
	return "utf-8"
}

var (
	bomUTF8 = []byte("\xef\xbb\xbf")
	bomLE   = []byte("\xff\xfe")
	bomBE   = []byte("\xfe\xff")
)

// pickCharset finds out how a file is encoded that begins with sample. Of UTF-16 it
// says the byte order too.
func pickCharset(name string, sample []byte) (charset, unicode.Endianness, error) {
	order, wide := utf16Order(sample)
	switch strings.ToLower(name) {
	case "":
		if wide {
			return charsetUTF16, order, nil
		}
		if err := notText(sample); err != nil {
			return 0, order, err
		}
		return narrow(sample), order, nil
	case "utf-8", "utf8":
		return charsetUTF8, order, nil
	case "latin1", "latin-1", "iso-8859-1", "windows-1252", "cp1252":
		return charset1252, order, nil
	case "utf-16", "utf16":
		return charsetUTF16, order, nil
	}
	return 0, order, &Error{Code: "encoding", Fatal: true, Text: "Known encodings are utf-8, latin1 and utf-16."}
}

// utf16Order says whether a file is UTF-16, by its mark or because every second byte
// is zero, as in all text that is mostly ASCII.
func utf16Order(sample []byte) (order unicode.Endianness, is bool) {
	switch {
	case bytes.HasPrefix(sample, bomLE):
		return unicode.LittleEndian, true
	case bytes.HasPrefix(sample, bomBE):
		return unicode.BigEndian, true
	}
	var zeros [2]int
	for i, c := range sample {
		if c == 0 {
			zeros[i&1]++
		}
	}
	half := len(sample) / 4 // half of the pairs
	switch {
	case half > 0 && zeros[1] > half && zeros[0] == 0:
		return unicode.LittleEndian, true
	case half > 0 && zeros[0] > half && zeros[1] == 0:
		return unicode.BigEndian, true
	}
	return unicode.LittleEndian, false
}

// narrow decides between UTF-8 and Windows-1252 by which of them more lines are in.
func narrow(sample []byte) charset {
	valid, not := 0, 0
	for line := range bytes.Lines(sample) {
		if !bytes.HasSuffix(line, []byte("\n")) && len(line) < len(sample) {
			break // cut by the end of the sample
		}
		switch {
		case !utf8.Valid(line):
			not++
		case !ascii(line):
			valid++
		}
	}
	if not > valid {
		return charsetMixed
	}
	return charsetUTF8
}

func ascii[T string | []byte](b T) bool {
	for i := range len(b) {
		if b[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// notText recognises files that people take for tables.
func notText(sample []byte) error {
	for magic, what := range map[string]string{
		"PK\x03\x04": "a spreadsheet (xlsx, ods) or zip file", "\xd0\xcf\x11\xe0": "a spreadsheet (xls) or another office file",
		"%PDF": "a PDF file", "\x1f\x8b": "a compressed file", "PAR1": "a Parquet file", "SQLite format 3": "a database",
	} {
		if bytes.HasPrefix(sample, []byte(magic)) {
			return &Error{Code: "encoding", Fatal: true, Text: "This is " + what + ", not a text file with a table. Save or unpack it as CSV."}
		}
	}
	return nil
}

func utf16Decoder(order unicode.Endianness) *encoding.Decoder {
	return unicode.UTF16(order, unicode.UseBOM).NewDecoder()
}

// decode turns the cells of a row into UTF-8. It says in which cell (from 1) a byte
// stands that cannot be text, or 0.
func (r *Reader) decode(cells []string) (bad int) {
	mixed := false
	for i, cell := range cells {
		if strings.IndexByte(cell, 0) >= 0 {
			return i + 1
		}
		valid := utf8.ValidString(cell)
		if valid && (r.charset != charset1252 || ascii(cell)) {
			mixed = mixed || r.charset == charsetMixed && !ascii(cell)
			continue
		}
		if r.charset == charsetUTF8 {
			mixed = true
		}
		if r.charset != charset1252 && (r.strict || undefined1252(cell)) {
			return i + 1
		}
		var b strings.Builder
		for j := range len(cell) {
			b.WriteRune(charmap.Windows1252.DecodeByte(cell[j]))
		}
		cells[i] = b.String()
	}
	if mixed {
		r.mixed++
	}
	return 0
}

// undefined1252 says whether a cell holds a byte that Windows-1252 gives no meaning.
func undefined1252(cell string) bool {
	for i := range len(cell) {
		switch cell[i] {
		case 0x81, 0x8d, 0x8f, 0x90, 0x9d:
			return true
		}
	}
	return false
}
