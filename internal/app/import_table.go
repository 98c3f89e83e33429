package app

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
)

// maxLine bounds one row of a file, so that a file without line ends cannot fill
// the memory.
const maxLine = 1 << 20

// table reads the rows of a CSV file.
type table struct {
	csv    *csv.Reader
	header []string
}

// countingReader counts what was read, for progress.
type countingReader struct {
	r io.Reader
	n atomic.Int64
}

// Read implements io.Reader.
func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

var errLongLine = habeas.Invalid("row", "A row is longer than one megabyte: this is not a table of people, or its quotes do not match.").WithCode("row.long")

// lineGuard refuses a line without end.
type lineGuard struct {
	r    io.Reader
	line int
}

// Read implements io.Reader.
func (g *lineGuard) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	if i := bytes.LastIndexByte(p[:n], '\n'); i >= 0 {
		g.line = n - i
	} else if g.line += n; g.line > maxLine {
		return n, errLongLine
	}
	return n, err
}

// openTable finds out encoding and separator and reads the header.
func openTable(r io.Reader, encodingName string) (*table, error) {
	in := bufio.NewReaderSize(r, 256<<10)
	sample, err := in.Peek(128 << 10)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	enc, err := pickEncoding(encodingName, sample)
	if err != nil {
		return nil, err
	}
	text := bufio.NewReaderSize(&lineGuard{r: enc.NewDecoder().Reader(in)}, 128<<10)
	head, err := text.Peek(64 << 10)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	t := &table{csv: csv.NewReader(text)}
	t.csv.Comma = separator(head)
	t.csv.FieldsPerRecord = -1
	t.csv.ReuseRecord = false
	header, err := t.csv.Read()
	if err != nil {
		return nil, habeas.Invalid("file", "The file has no header row that could be read.").WithCode("file.header").WithCause(err)
	}
	for i := range header {
		header[i] = strings.TrimSpace(header[i])
	}
	t.header = header
	return t, nil
}

func pickEncoding(name string, sample []byte) (encoding.Encoding, error) {
	switch strings.ToLower(name) {
	case "":
		if bytes.HasPrefix(sample, []byte{0xff, 0xfe}) || bytes.HasPrefix(sample, []byte{0xfe, 0xff}) {
			return unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM), nil
		}
		// A character may be cut at the end of the sample.
		if utf8.Valid(sample) || len(sample) > 4 && utf8.Valid(bytes.TrimRightFunc(sample[:len(sample)-1], func(r rune) bool { return r == utf8.RuneError })) {
			return unicode.UTF8BOM, nil
		}
		return charmap.Windows1252, nil
	case "utf-8", "utf8":
		return unicode.UTF8BOM, nil
	case "latin1", "latin-1", "iso-8859-1", "windows-1252", "cp1252":
		return charmap.Windows1252, nil
	case "utf-16", "utf16":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), nil
	}
	return nil, habeas.Invalid("encoding", "Known encodings are utf-8, latin1 and utf-16.").WithCode("file.encoding")
}

// separator is the one that stands most often in the first line.
func separator(head []byte) rune {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	best, most := ',', 0
	for _, c := range []rune{',', ';', '\t', '|'} {
		if n := bytes.Count(line, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}

// next returns the next row. A row that cannot be read is a row with an error, so
// that it is counted and listed; the next one may be good again.
func (t *table) next() (importRow, error) {
	cells, err := t.csv.Read()
	line, _ := t.csv.FieldPos(0)
	row := importRow{line: line, cells: cells}
	var broken *csv.ParseError
	switch {
	case errors.As(err, &broken):
		row.line = broken.Line
		row.err = habeas.Invalid("row", "The quotes of this row do not match.").WithCode("row.quotes")
	case err != nil:
		return row, err
	case len(cells) != len(t.header):
		row.err = habeas.Invalid("row", "This row has more or fewer cells than the header.").WithCode("row.cells")
	}
	return row, nil
}

// column is what a column of the file means.
type column struct {
	set, field string
	external   bool
	fullName   bool
	skip       bool
}

type columns []column

func (c columns) explain(header []string) map[string]string {
	out := make(map[string]string, len(header))
	for i, name := range header {
		switch {
		case c[i].external:
			out[name] = "external_id"
		case c[i].fullName:
			out[name] = "name (when given and family name are missing)"
		case c[i].skip:
			out[name] = "-"
		default:
			out[name] = c[i].set + "." + c[i].field
		}
	}
	return out
}

// guesses are common headers, in English, Spanish and German.
var guesses = map[string]string{
	"given_name": "identity.given_name", "first_name": "identity.given_name", "firstname": "identity.given_name",
	"forename": "identity.given_name", "vorname": "identity.given_name", "nombre": "identity.given_name",
	"family_name": "identity.family_name", "last_name": "identity.family_name", "lastname": "identity.family_name",
	"surname": "identity.family_name", "nachname": "identity.family_name", "apellidos": "identity.family_name", "apellido": "identity.family_name",
	"title": "identity.title", "gender": "identity.gender", "sex": "identity.gender", "occupation": "identity.occupation",
	"dob": "identity.birth_date", "birth_date": "identity.birth_date", "date_of_birth": "identity.birth_date",
	"geburtsdatum": "identity.birth_date", "fecha_de_nacimiento": "identity.birth_date",
	"birth_place": "identity.birth_place", "place_of_birth": "identity.birth_place",
	"email": "contact.email", "e_mail": "contact.email", "mail": "contact.email", "correo": "contact.email", "language": "contact.language",
	"phone": "phone.number", "telephone": "phone.number", "mobile": "phone.number", "telefon": "phone.number", "telefono": "phone.number", "teléfono": "phone.number",
	"street": "address.street", "address": "address.street", "strasse": "address.street", "straße": "address.street", "calle": "address.street",
	"postcode": "address.postcode", "zip": "address.postcode", "postal_code": "address.postcode", "plz": "address.postcode",
	"postcode_fake": "address.postcode", "codigo_postal": "address.postcode",
	"city": "address.city", "town": "address.city", "ort": "address.city", "ciudad": "address.city", "country": "address.country",
	"organisation": "organisation.name", "organization": "organisation.name", "company": "organisation.name",
	"membership_number": "membership.number", "member_no": "membership.number", "member_since": "membership.since",
	"id": "external_id", "unique_id": "external_id", "external_id": "external_id",
	"full_name": "name", "name": "name",
}

// mapColumns says what each column means: as told, else as guessed, else nothing.
func mapColumns(header []string, told map[string]string, schemas *party.Schemas) (columns, error) {
	for name := range told {
		if !slices.Contains(header, name) {
			return nil, habeas.Invalid("map", "The file has no column of a name that --map gives.").WithCode("map.column")
		}
	}
	out := make(columns, len(header))
	useful := false
	taken := make(map[string]bool)
	for i, name := range header {
		means, explicit := told[name]
		if !explicit {
			means = guesses[strings.Map(headerLetter, strings.ToLower(name))]
		}
		c, err := columnOf(means, schemas)
		if err != nil {
			return nil, err
		}
		if key := c.set + "." + c.field; !c.skip && !c.external && !c.fullName {
			if taken[key] && explicit {
				return nil, habeas.Invalid("map", "Two columns mean the same field.").WithCode("map.twice")
			}
			c.skip = taken[key]
			taken[key] = true
		}
		out[i] = c
		useful = useful || !c.skip || c.fullName
	}
	if !useful {
		return nil, habeas.Invalid("map", "No column of the file is understood. Say what they mean: --map column=set.field.").WithCode("map.none")
	}
	return out, nil
}

func headerLetter(r rune) rune {
	if r == ' ' || r == '-' || r == '.' {
		return '_'
	}
	return r
}

func columnOf(means string, schemas *party.Schemas) (column, error) {
	switch means {
	case "", "-":
		return column{skip: true}, nil
	case "external_id":
		return column{external: true}, nil
	case "name":
		return column{fullName: true, skip: true}, nil
	}
	set, field, _ := strings.Cut(means, ".")
	schema, ok := schemas.Set(set)
	if ok {
		_, ok = schema.Field(field)
	}
	if !ok {
		return column{}, habeas.Invalid("map", fmt.Sprintf("There is no field %s. The fields are listed in docs/import.md.", means)).WithCode("map.field")
	}
	return column{set: set, field: field}, nil
}
