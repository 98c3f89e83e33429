package reconcile

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/match/text"
)

// schema is what can be asked for and fetched: types and properties.
type schema struct {
	types      []kind
	properties []property
}

// anything is the type that every entity is of.
const anything = "entity"

// kind is a type as the API shows it.
type kind struct {
	id, label, schemaOrg string
}

// property is something that is said of entities. Its label and about are keys of the catalogues.
type property struct {
	id, label, about string
	value            string        // "text", "date", "number", "country", "url", "identifier"
	types            []entity.Type // of which it is expected; nil: of all
}

// The properties that are no attributes.
const (
	propID        = "id"
	propType      = "type"
	propSameAs    = "same_as"
	propReference = "reference"
)

// common are the properties of entities of all types.
var common = []property{
	{id: entity.AttrName, label: lang.Mark("Name"), value: "text"},
	{id: entity.AttrAlias, label: lang.Mark("Other names"), value: "text"},
	{id: entity.AttrAcronym, label: lang.Mark("Acronym"), value: "text"},
	{id: entity.AttrFormerName, label: lang.Mark("Former names"), value: "text"},
	{id: entity.AttrDescription, label: lang.Mark("Description"), value: "text"},
	{id: entity.AttrCountry, label: lang.Mark("Country"), about: lang.Mark("Two letters (ISO 3166-1), or the name of the country."), value: "country"},
	{id: entity.AttrPlace, label: lang.Mark("Place"), about: lang.Mark("The city or region in which it is."), value: "text"},
	{id: entity.AttrLatitude, label: lang.Mark("Latitude"), value: "number"},
	{id: entity.AttrLongitude, label: lang.Mark("Longitude"), value: "number"},
	{id: propID, label: lang.Mark("Identifier"), about: lang.Mark("The identifier of the entity here."), value: "identifier"},
	{id: propType, label: lang.Mark("Type"), value: "text"},
	{id: propSameAs, label: lang.Mark("The same elsewhere"), about: lang.Mark("Addresses of the same thing in other registries."), value: "url"},
	{id: propReference, label: lang.Mark("References"), about: lang.Mark("Pages and documents about it."), value: "url"},
}

// registries are those whose identifiers are most often in tables. Identifiers of others are
// understood too: every property that is no attribute is taken for a registry.
var registries = []property{
	{id: "ror", label: "ROR", value: "identifier", types: []entity.Type{entity.Organization}},
	{id: "wikidata", label: "Wikidata", value: "identifier"},
	{id: "geonames", label: "GeoNames", value: "identifier", types: []entity.Type{entity.Location}},
	{id: "isni", label: "ISNI", value: "identifier"},
	{id: "orcid", label: "ORCID", value: "identifier", types: []entity.Type{entity.Person}},
	{id: "viaf", label: "VIAF", value: "identifier"},
	{id: "fundref", label: "Crossref Funder ID", value: "identifier", types: []entity.Type{entity.Organization}},
	{id: "grid", label: "GRID", value: "identifier", types: []entity.Type{entity.Organization}},
}

// newSchema puts the templates of the server behind what all have in common.
func newSchema(templates []entity.Template) schema {
	s := schema{
		types:      []kind{{id: anything, label: lang.Mark("Anything")}},
		properties: slices.Clone(common),
	}
	for _, t := range templates {
		s.types = append(s.types, kind{string(t.Type), t.Label, t.SchemaOrg})
		for _, a := range t.Attributes {
			i := slices.IndexFunc(s.properties, func(p property) bool { return p.id == a.Name })
			if i < 0 {
				s.properties = append(s.properties, property{id: a.Name, label: a.Label, value: a.Kind, types: []entity.Type{t.Type}})
			} else if p := &s.properties[i]; p.types != nil && !slices.Contains(p.types, t.Type) {
				p.types = append(p.types, t.Type)
			}
		}
	}
	s.properties = append(s.properties, registries...)
	return s
}

// property returns what is known of a property; ok is false for one that is not listed.
func (s *schema) property(id string) (p property, ok bool) {
	for _, p := range s.properties {
		if p.id == id {
			return p, true
		}
	}
	return property{id: id, label: id, value: "text"}, false
}

// kind returns a type by its identifier here, or its term of schema.org with or without
// “https://schema.org/” before it; ok is false for none.
func (s *schema) kind(name string) (_ kind, ok bool) {
	short := name
	for _, space := range []string{"https://schema.org/", "http://schema.org/", "schema:"} {
		short = strings.TrimPrefix(short, space)
	}
	if short == "Thing" {
		short = anything
	}
	for _, k := range s.types {
		if k.id == short || k.schemaOrg != "" && k.schemaOrg == short {
			return k, true
		}
	}
	return kind{id: name, label: name}, false
}

// label names the type of an entity.
func (s *schema) label(t entity.Type, p lang.Printer) string {
	k, _ := s.kind(string(t))
	return p.T(k.label)
}

// valuesOf returns what is said of an entity under a property.
func valuesOf(e entity.Entity, id string) []entity.Attribute {
	var out []entity.Attribute
	d := e.Description
	add := func(texts ...string) {
		for _, t := range texts {
			out = append(out, entity.Attribute{Name: id, Value: t})
		}
	}
	switch id {
	case propID:
		add(e.ID.String())
	case propType:
		add(string(d.Type))
	case propSameAs:
		add(d.SameAs...)
	case propReference:
		for _, r := range d.References {
			add(r.URL)
		}
	}
	for _, a := range d.Attributes {
		if a.Name == id {
			out = append(out, a)
		}
	}
	for _, x := range d.Externals {
		if x.Scheme == strings.ToLower(id) {
			add(x.Value)
		}
	}
	return out
}

// labelOf is what an entity is called first, in a language if it has a name in it.
func labelOf(d entity.Description, tag string) string {
	label := ""
	for _, a := range d.Attributes {
		if a.Name != entity.AttrName {
			continue
		}
		if label == "" || tag != "" && a.Lang == tag {
			label = a.Value
		}
		if tag == "" || a.Lang == tag {
			break
		}
	}
	return label
}

// firstOf returns the first value of an attribute, one in a language before the others.
func firstOf(d entity.Description, name, tag string) string {
	first := ""
	for _, a := range d.Attributes {
		if a.Name == name && (first == "" || a.Lang == tag) {
			if first = a.Value; a.Lang == tag {
				break
			}
		}
	}
	return first
}

// countryName writes the name of a country in a language, or its code.
func countryName(code, tag string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	if name := display.Regions(language.Make(tag)).Name(region); name != "" {
		return name
	}
	return code
}

// countries maps the folded names of countries to their codes (ISO 3166-1).
var countries = sync.OnceValue(func() map[string]string {
	out := make(map[string]string, 600)
	for _, tag := range []language.Tag{language.English, language.Spanish, language.German, language.French} {
		names := display.Regions(tag)
		for a := 'A'; a <= 'Z'; a++ {
			for b := 'A'; b <= 'Z'; b++ {
				code := string([]rune{a, b})
				if r, err := language.ParseRegion(code); err == nil && r.IsCountry() && r.String() == code {
					out[text.Fold(names.Name(r))] = code
				}
			}
		}
	}
	return out
})

// countryOf reads a code or a name of a country; "" when it is none.
func countryOf(s string) string {
	s = strings.TrimSpace(s)
	if len(s) == 2 {
		return strings.ToUpper(s)
	}
	return countries()[text.Fold(s)]
}
