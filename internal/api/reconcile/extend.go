package reconcile

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/language"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/lang"
)

// Bounds of one data extension.
const (
	maxRows    = 200
	maxColumns = 50
)

type (
	// extension asks for values of properties of entities; all versions write it alike.
	extension struct {
		IDs        []string         `json:"ids"`
		Properties []extendProperty `json:"properties"`
		Rest       jsontext.Value   `json:",embed"`
	}
	extendProperty struct {
		ID       string                    `json:"id"`
		Settings map[string]jsontext.Value `json:"settings"`
		Rest     jsontext.Value            `json:",embed"`
	}

	extendedObject struct {
		Meta []metaProperty               `json:"meta"`
		Rows map[string]map[string][]cell `json:"rows"`
	}
	extendedArray struct {
		Meta []metaProperty `json:"meta"`
		Rows []extendedRow  `json:"rows"`
	}
	extendedRow struct {
		ID         string           `json:"id"`
		Properties []extendedValues `json:"properties"`
	}
	extendedValues struct {
		ID     string `json:"id"`
		Values []cell `json:"values"`
	}
	metaProperty struct {
		ID   string   `json:"id"`
		Name string   `json:"name"`
		Lang string   `json:"lang,omitzero"`
		Type *typeRef `json:"type,omitempty"`
	}
	// cell is one value: an entity, a text, a number or a date.
	cell struct {
		ID    string   `json:"id,omitzero"`
		Name  string   `json:"name,omitzero"`
		Str   *string  `json:"str,omitempty"`
		Float *float64 `json:"float,omitempty"`
		Int   *int64   `json:"int,omitempty"`
		Date  string   `json:"date,omitzero"`
		Lang  string   `json:"lang,omitzero"` // of 1.0-draft
		Dir   string   `json:"dir,omitzero"`  // of 1.0-draft

		kind entity.Type // of an entity
	}
)

var (
	errExtend      = habeas.Invalid("", "An extension has the list “ids” and the list “properties”, each with its id.").WithCode("reconcile.extend")
	errExtendLarge = tooLarge("This is too much at once: at most 200 entities and 50 properties.", "reconcile.extend-size")
	errSetting     = habeas.Invalid("properties.settings", "A setting does not have a value that it can have. The manifest lists them.").WithCode("reconcile.setting")
)

// extendJSON answers /extend of 1.0-draft.
func (s *Service) extendJSON(c *call) error {
	if !c.isJSON() { // a form that was sent to the address of the other version
		return errExtend
	}
	doc, err := edge.DecodeJSON[jsontext.Value](c.w, c.r, maxBody)
	if err != nil {
		return err
	}
	return s.extend(c, v10, doc)
}

// column is a property with its settings, ready to be asked of entities.
type column struct {
	property
	limit   int
	lang    string
	content string
	count   bool
}

// extend answers what is said of entities. One that is not there, or not for everybody, says
// nothing.
func (s *Service) extend(c *call, v version, doc []byte) error {
	x, err := edge.ParseJSON[extension](doc)
	if err != nil {
		return within("extend", err)
	}
	if x.IDs == nil || x.Properties == nil {
		return errExtend
	}
	if len(x.IDs) > maxRows || len(x.Properties) > maxColumns {
		return errExtendLarge
	}
	columns := make([]column, len(x.Properties))
	for i, p := range x.Properties {
		if columns[i], err = s.column(p); err != nil {
			return err
		}
	}
	if err := s.take(c.r, len(x.IDs)); err != nil {
		return err
	}
	rows := make([][][]cell, len(x.IDs))
	names := map[entity.ID]candidate{} // of entities that others refer to
	for i, id := range x.IDs {
		if rows[i], err = s.row(c.r.Context(), id, columns, v, names); err != nil {
			return err
		}
	}
	return c.answer(v, extended(v, c.p, x.IDs, columns, rows, s))
}

// column reads the settings of a property. Clients send their values as texts too.
func (s *Service) column(p extendProperty) (column, error) {
	if p.ID == "" {
		return column{}, errExtend
	}
	known, _ := s.schema.property(p.ID)
	col := column{property: known, content: "entity"}
	for name, raw := range p.Settings {
		text := string(raw)
		if raw.Kind() == '"' {
			b, err := jsontext.AppendUnquote(nil, raw)
			if err != nil {
				return col, errSetting
			}
			text = string(b)
		}
		var err error
		switch name {
		case "limit":
			if text != "" {
				col.limit, err = strconv.Atoi(text)
			}
			if col.limit < 0 {
				err = errSetting
			}
		case "lang":
			col.lang = text
		case "content":
			if col.content = text; !slices.Contains([]string{"entity", "name", "id"}, text) {
				err = errSetting
			}
		case "count":
			col.count, err = strconv.ParseBool(text)
		}
		if err != nil {
			return col, errSetting
		}
	}
	return col, nil
}

// row returns the values of an entity, column by column. Of an identifier that was merged, they
// are those of the entity that it leads to.
func (s *Service) row(ctx context.Context, name string, columns []column, v version, names map[entity.ID]candidate) ([][]cell, error) {
	out := make([][]cell, len(columns))
	var found []entity.Entity
	if id, err := entity.ParseID(strings.TrimPrefix(name, s.space)); err == nil {
		if found, err = s.resolve(ctx, id); err != nil {
			return nil, err
		}
	}
	for i, col := range columns {
		out[i] = []cell{}
		if len(found) != 1 { // split ones are none of their parts
			continue
		}
		var err error
		if out[i], err = s.cells(ctx, found[0], col, v, names); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Service) cells(ctx context.Context, e entity.Entity, col column, v version, names map[entity.ID]candidate) ([]cell, error) {
	out := []cell{}
	for _, a := range valuesOf(e, col.id) {
		if col.lang != "" && !strings.EqualFold(a.Lang, col.lang) {
			continue
		}
		value, err := s.cell(ctx, a, col, v, names)
		if err != nil {
			return nil, err
		}
		out = append(out, value)
	}
	if col.count {
		n := int64(len(out))
		return []cell{{Int: &n}}, nil
	}
	if col.limit > 0 {
		out = out[:min(col.limit, len(out))]
	}
	return out, nil
}

// cell writes one value as what it is.
func (s *Service) cell(ctx context.Context, a entity.Attribute, col column, v version, names map[entity.ID]candidate) (cell, error) {
	if id, err := entity.ParseID(strings.TrimPrefix(a.Value, s.space)); err == nil && col.id != propID && col.value != "number" {
		to, known := names[id]
		if !known {
			found, err := s.resolve(ctx, id)
			if err != nil {
				return cell{}, err
			}
			if len(found) == 1 {
				to = candidateOf(found[0])
			}
			names[id] = to
		}
		if to.id != 0 {
			return referring(to, col.content), nil
		}
	}
	switch col.value {
	case "number":
		if n, err := strconv.ParseInt(a.Value, 10, 64); err == nil {
			return cell{Int: &n}, nil
		}
		if f, err := strconv.ParseFloat(a.Value, 64); err == nil && !math.IsNaN(f) && !math.IsInf(f, 0) {
			return cell{Float: &f}, nil
		}
	case "date":
		for _, form := range []string{time.RFC3339, time.DateOnly, "2006-01", "2006"} {
			if at, err := time.Parse(form, a.Value); err == nil && at.Year() > 0 {
				return cell{Date: at.Format(time.RFC3339)}, nil
			}
		}
	}
	out := cell{Str: &a.Value}
	if v == v10 {
		out.Lang, out.Dir = a.Lang, direction(a.Lang)
	}
	return out, nil
}

// referring writes a value that is another entity.
func referring(to candidate, content string) cell {
	id := to.id.String()
	switch content {
	case "name":
		return cell{Str: &to.label}
	case "id":
		return cell{Str: &id}
	}
	return cell{ID: id, Name: to.label, kind: to.kind}
}

// direction is how a language is written: "rtl", or "" for what everybody assumes.
func direction(tag string) string {
	if tag == "" {
		return ""
	}
	switch script, _ := language.Make(tag).Script(); script.String() {
	case "Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm":
		return "rtl"
	}
	return ""
}

// extended writes the table of an extension as a version has it.
func extended(v version, p lang.Printer, ids []string, columns []column, rows [][][]cell, s *Service) any {
	meta := make([]metaProperty, len(columns))
	for i, col := range columns {
		meta[i] = metaProperty{ID: col.id, Name: p.T(col.label)}
		if v == v10 {
			meta[i].Lang = p.Lang
		}
		if kind := kindOf(rows, i); kind != "" {
			t := s.typeRef(v, p, string(kind))
			meta[i].Type = &t
		}
	}
	if v == v10 {
		out := extendedArray{Meta: meta, Rows: make([]extendedRow, len(ids))}
		for i, id := range ids {
			out.Rows[i] = extendedRow{ID: id, Properties: make([]extendedValues, len(columns))}
			for j, col := range columns {
				out.Rows[i].Properties[j] = extendedValues{col.id, rows[i][j]}
			}
		}
		return out
	}
	out := extendedObject{Meta: meta, Rows: make(map[string]map[string][]cell, len(ids))}
	for i, id := range ids {
		row := make(map[string][]cell, len(columns))
		for j, col := range columns {
			row[col.id] = rows[i][j]
		}
		out.Rows[id] = row
	}
	return out
}

// kindOf returns the type of the entities in a column, if they have one in common.
func kindOf(rows [][][]cell, column int) (kind entity.Type) {
	for _, row := range rows {
		for _, c := range row[column] {
			if c.kind == "" || kind != "" && c.kind != kind {
				return ""
			}
			kind = c.kind
		}
	}
	return kind
}

// proposal lists what can be fetched of entities of a type.
type proposal struct {
	Properties []suggestedProperty `json:"properties"`
	Type       string              `json:"type"`
	Limit      int                 `json:"limit,omitzero"`
}

// propose lists the properties of a type; of one that is not known, those that all have.
func (s *Service) propose(c *call) error {
	limit, err := c.limit(len(s.schema.properties))
	if err != nil {
		return err
	}
	name := c.sent["type"]
	if len(name) > maxText {
		return errLong
	}
	k, _ := s.schema.kind(name)
	v := c.version.or(v02)
	out := proposal{Properties: []suggestedProperty{}, Type: name}
	if _, asked := c.sent["limit"]; asked {
		out.Limit = limit
	}
	for _, p := range s.schema.properties {
		fits := p.types == nil || k.id == anything || slices.Contains(p.types, entity.Type(k.id))
		if fits && len(out.Properties) < limit {
			one := suggested(v, c.p, p)
			one.Qualifiers = nil // they are for questions
			out.Properties = append(out.Properties, one)
		}
	}
	return c.answer(v, out)
}
