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

// openTable reads the header. What cannot be read is the fault of the file.
func openTable(r io.Reader, encoding string) (*table.Reader, error) {
	rows, err := table.NewReader(r, table.Options{Encoding: encoding})
	return rows, tableFault("file", err)
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

// nextRow returns the next row. A row that cannot be read is a row with an error, so
// that it is counted and listed; the next one may be good again.
func nextRow(rows *table.Reader) (importRow, error) {
	cells, err := rows.Next()
	row := importRow{line: rows.Line(), cells: cells}
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
