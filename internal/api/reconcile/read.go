package reconcile

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
)

// The forms of queries. Members that a schema forbids are refused, others are passed over: Rest
// takes them in.
type (
	// objectQuery is one of 0.1 and 0.2. A batch is an object of them.
	objectQuery struct {
		Query      *string          `json:"query"`
		Type       many[string]     `json:"type"`
		Limit      int              `json:"limit"`
		Properties []objectProperty `json:"properties"`
		Strict     strictness       `json:"type_strict"`
	}
	objectProperty struct {
		PID  string         `json:"pid"`
		V    many[value]    `json:"v"`
		Rest jsontext.Value `json:",embed"`
	}
	// arrayBatch is one of 1.0-draft.
	arrayBatch struct {
		Queries []arrayQuery   `json:"queries"`
		Rest    jsontext.Value `json:",embed"`
	}
	arrayQuery struct {
		Type       string           `json:"type"`
		Limit      int              `json:"limit"`
		Lang       string           `json:"lang"`
		Dir        string           `json:"dir"`
		Conditions []arrayCondition `json:"conditions"`
	}
	arrayCondition struct {
		MatchType  subject        `json:"matchType"`
		PropertyID string         `json:"propertyId"`
		Value      many[value]    `json:"propertyValue"`
		Required   bool           `json:"required"`
		Quantifier quantifier     `json:"matchQuantifier"`
		Qualifier  qualifier      `json:"matchQualifier"`
		Rest       jsontext.Value `json:",embed"`
	}
)

// many is one value, or an array of them.
type many[T any] []T

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (m *many[T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	switch d.PeekKind() {
	case 'n':
		return d.SkipValue()
	case '[':
		return json.UnmarshalDecode(d, (*[]T)(m))
	default:
		var one T
		if err := json.UnmarshalDecode(d, &one); err != nil {
			return err
		}
		*m = many[T]{one}
		return nil
	}
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (v *value) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	switch d.PeekKind() {
	case '"':
		return json.UnmarshalDecode(d, &v.text)
	case '0', 't', 'f':
		raw, err := d.ReadValue()
		v.text = string(raw)
		return err
	case '{':
		var e struct {
			ID   string         `json:"id"`
			Name string         `json:"name"`
			Rest jsontext.Value `json:",embed"`
		}
		if err := json.UnmarshalDecode(d, &e); err != nil {
			return err
		}
		if v.id, v.text = e.ID, e.Name; v.id == "" {
			return errValue
		}
		return nil
	default:
		return errValue
	}
}

// objectBatch reads a batch of 0.1 or 0.2.
func objectBatch(doc []byte) (map[string]query, error) {
	sent, err := edge.ParseJSON[map[string]objectQuery](doc)
	if err != nil {
		return nil, within("queries", err)
	}
	if sent == nil {
		return nil, errNoQueries
	}
	if len(sent) > BatchSize {
		return nil, errBatch
	}
	batch := make(map[string]query, len(sent))
	for key, o := range sent {
		if batch[key], err = o.query(); err != nil {
			return nil, within("queries.*", err)
		}
	}
	return batch, nil
}

func (o objectQuery) query() (query, error) {
	q := query{types: o.Type, strict: o.Strict, limit: o.Limit}
	switch q.strict {
	case "":
		q.strict = anyType
	case anyType, allTypes, shouldType:
	default:
		return q, errStrict
	}
	if o.Query != nil {
		q.conditions = append(q.conditions, condition{on: onName, values: []value{{text: *o.Query}}, quantifier: anyValue})
	}
	for _, p := range o.Properties {
		if p.PID == "" || len(p.V) == 0 {
			return q, errProperty
		}
		q.conditions = append(q.conditions, condition{on: onProperty, property: p.PID, values: p.V, quantifier: anyValue})
	}
	return q.checked()
}

// singleQuery reads the one query that a request of 0.1 may hold: an object, or a plain name.
func singleQuery(text string) (query, error) {
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		return objectQuery{Query: &text}.query()
	}
	o, err := edge.ParseJSON[objectQuery]([]byte(text))
	if err != nil {
		return query{}, within("query", err)
	}
	q, err := o.query()
	return q, within("query", err)
}

// arrayQueries reads a batch of 1.0-draft.
func arrayQueries(doc []byte) ([]query, error) {
	sent, err := edge.ParseJSON[arrayBatch](doc)
	if err != nil {
		return nil, err
	}
	if sent.Queries == nil {
		return nil, errNoQueries
	}
	if len(sent.Queries) > BatchSize {
		return nil, errBatch
	}
	batch := make([]query, len(sent.Queries))
	for i, a := range sent.Queries {
		if batch[i], err = a.query(); err != nil {
			return nil, within("queries", err)
		}
	}
	return batch, nil
}

func (a arrayQuery) query() (query, error) {
	q := query{strict: anyType, limit: a.Limit}
	if a.Type != "" {
		q.types = []string{a.Type}
	}
	for _, sent := range a.Conditions {
		c, err := sent.condition()
		if err != nil {
			return q, err
		}
		q.conditions = append(q.conditions, c)
	}
	return q.checked()
}

func (a arrayCondition) condition() (condition, error) {
	c := condition{
		on: a.MatchType, property: a.PropertyID, values: a.Value, required: a.Required,
		quantifier: a.Quantifier, qualifier: a.Qualifier,
	}
	if c.quantifier == "" {
		c.quantifier = anyValue
	}
	switch {
	case c.on != onName && c.on != onID && c.on != onProperty:
		return c, errMatchType
	case len(c.values) == 0 || c.on == onProperty && c.property == "":
		return c, errProperty
	case c.quantifier != anyValue && c.quantifier != allOf && c.quantifier != noneOf:
		return c, errQuantifier
	case c.qualifier != closeMatch && c.qualifier != exactMatch && c.qualifier != wildcardMatch:
		return c, errQualifier
	}
	return c, nil
}

// isArrayForm reports whether a JSON document is a batch of 1.0-draft. One of 0.2 may have a
// query of the name “queries”, but that is an object.
func isArrayForm(doc []byte) bool {
	var sent struct {
		Queries jsontext.Value `json:"queries"`
	}
	return json.Unmarshal(doc, &sent) == nil && sent.Queries.Kind() == '['
}

// within puts the place of an error before its field.
func within(place string, err error) error {
	e, ok := err.(*habeas.Error)
	if !ok {
		return err
	}
	in := *e
	if in.Field = place + "." + e.Field; e.Field == "" {
		in.Field = place
	}
	return &in
}
