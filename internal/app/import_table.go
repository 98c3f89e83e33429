package app

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/match/table"
)

// opener opens a file from its beginning; it may be called again.
type opener func() (io.ReadCloser, error)

// reading is what CSV and JSON have in common.
type reading interface {
	Header() []string
	Next() ([]string, error)
	Line() int
	Read() int64
	Encoding() string
}

// tableRows are the rows of an open file.
type tableRows struct {
	reading
	format  string // csv or json
	between string // what stands between cells; csv only
	file    io.Closer
}

// Close closes the file.
func (t *tableRows) Close() error { return t.file.Close() }

// openRows opens a file, finds out what it is and reads its header. What cannot be read
// is the fault of the file.
func openRows(open opener, encoding string) (*tableRows, error) {
	json, err := isJSON(open)
	if err != nil {
		return nil, err
	}
	var columns []string
	if json { // its columns are known when all of it was read
		file, err := open()
		if err != nil {
			return nil, err
		}
		columns, err = table.JSONColumns(file)
		if err = errors.Join(tableFault("file", err), file.Close()); err != nil {
			return nil, err
		}
	}
	file, err := open()
	if err != nil {
		return nil, err
	}
	t := &tableRows{file: file, format: "csv"}
	if json {
		t.format = "json"
		t.reading, err = table.NewJSON(file, columns)
	} else {
		var r *table.Reader
		if r, err = table.NewReader(file, table.Options{Encoding: encoding}); err == nil {
			t.reading, t.between = r, string(r.Separator())
		}
	}
	if err != nil {
		return nil, errors.Join(tableFault("file", err), file.Close())
	}
	return t, nil
}

func isJSON(open opener) (bool, error) {
	file, err := open()
	if err != nil {
		return false, err
	}
	defer file.Close()
	head := make([]byte, 4096)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, err
	}
	return table.LooksLikeJSON(head[:n]), nil
}

// tableFault tells people what is wrong with the file or a row of it.
func tableFault(field string, err error) error {
	var e *table.Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Code == "encoding" && e.Line == 0 {
		field = "encoding"
	}
	text := e.Error()
	if field == "row" {
		text = e.Text // the line stands beside it
	}
	return habeas.Invalid(field, text).WithCode(field + "." + e.Code).WithCause(err)
}

// importRow is one row of the file. Rows are numbered from 1.
type importRow struct {
	n     int64
	line  int
	cells []string
	err   error // it cannot be read
}

// nextRow returns the next row. A row that cannot be read is a row with an error, so
// that it is counted and listed; the next one may be good again.
func nextRow(rows *tableRows, n int64) (importRow, error) {
	cells, err := rows.Next()
	row := importRow{n: n, line: rows.Line(), cells: cells}
	var e *table.Error
	switch {
	case errors.As(err, &e) && e.Fatal:
		return row, tableFault("file", err)
	case errors.As(err, &e):
		row.err = tableFault("row", err)
	case err != nil:
		return row, err
	}
	return row, nil
}

// Meanings of a column that are no field.
const (
	meansNothing  = "-"
	meansExternal = "external_id"
	meansName     = "name" // a whole name, split where given and family name are missing
)

// column is what a column of the file means.
type column struct {
	name       string
	set, field string
	external   bool
	fullName   bool
	skip       bool
	date       bool
	order      table.DateOrder
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

// most of what is shown of a column, and of a cell.
const (
	sampleCells = 3
	sampleWidth = 60
)

// lookAtColumns reads all rows and says what the columns seem to mean, as told, as
// somebody said before or by their names, with a few cells of each.
func lookAtColumns(rows *tableRows, told map[string]string, schemas *party.Schemas) (out []party.ImportColumn, n int64, err error) {
	header := rows.Header()
	out, dates := make([]party.ImportColumn, len(header)), make([]table.Dates, len(header))
	for {
		row, err := nextRow(rows, n+1)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, n, err
		}
		n++
		if row.err != nil {
			continue
		}
		for at, cell := range row.cells {
			if cell = strings.TrimSpace(cell); cell == "" {
				continue
			}
			c := &out[at]
			c.Filled++
			if len(c.Samples) < sampleCells && !slices.Contains(c.Samples, cut(cell)) {
				c.Samples = append(c.Samples, cut(cell))
			}
			if d := &dates[at]; d.Read > 0 || d.Not < 50 { // what is no date for long is none
				d.Add(cell)
			}
		}
	}
	taken := make(map[string]bool)
	for at, name := range header {
		c := &out[at]
		c.Name, c.Means = name, meaning(name, told, schemas)
		if c.Means != meansNothing && taken[c.Means] {
			c.Means = meansNothing // the first of two counts, until somebody says otherwise
		}
		taken[c.Means] = true
		order, decided := dates[at].Order()
		c.Dates, c.Open = string(order), !decided
	}
	return out, n, nil
}

// cut shortens a sample.
func cut(cell string) string {
	if r := []rune(cell); len(r) > sampleWidth {
		return string(r[:sampleWidth]) + "…"
	}
	return cell
}

// meaning is what a column of this name means: as told, else as its name says.
func meaning(name string, told map[string]string, schemas *party.Schemas) string {
	means, ok := told[name]
	if !ok {
		means = guesses[strings.Map(headerLetter, strings.ToLower(name))]
	}
	if !ok && means == "" && strings.Contains(name, ".") {
		means = name // as our own files name it
	}
	if _, err := columnOf(party.ImportColumn{Name: name, Means: means}, schemas); err != nil || means == "" {
		return meansNothing
	}
	return means
}

func headerLetter(r rune) rune {
	if r == ' ' || r == '-' || r == '.' {
		return '_'
	}
	return r
}

// understand checks what was said about the columns.
func understand(said []party.ImportColumn, schemas *party.Schemas) ([]column, error) {
	out := make([]column, len(said))
	taken := make(map[string]bool)
	useful := false
	for i, one := range said {
		c, err := columnOf(one, schemas)
		if err != nil {
			return nil, err
		}
		if !c.skip {
			if taken[one.Means] {
				return nil, habeas.Invalid("column-"+fmt.Sprint(i), "Two columns mean the same field. Leave one of them out.").WithCode("map.twice")
			}
			taken[one.Means], useful = true, true
		}
		out[i] = c
	}
	if !useful {
		return nil, habeas.Invalid("map", "No column of the file is understood. Say what at least one of them means.").WithCode("map.none")
	}
	return out, nil
}

func columnOf(said party.ImportColumn, schemas *party.Schemas) (column, error) {
	c := column{name: said.Name, order: table.DateOrder(said.Dates)}
	switch said.Means {
	case "", meansNothing:
		c.skip = true
		return c, nil
	case meansExternal:
		c.external = true
		return c, nil
	case meansName:
		c.fullName = true
		return c, nil
	}
	c.set, c.field, _ = strings.Cut(said.Means, ".")
	schema, ok := schemas.Set(c.set)
	var field party.FieldSchema
	if ok {
		field, ok = schema.Field(c.field)
	}
	if !ok {
		return c, habeas.Invalid("map", "There is no field of a name that was given. The fields are listed in docs/import.md.").WithCode("map.field")
	}
	c.date = field.Type == party.Date
	return c, nil
}

func headerOf(columns []party.ImportColumn) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.Name
	}
	return out
}
