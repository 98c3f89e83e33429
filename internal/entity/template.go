package entity

import (
	"regexp"
	"slices"

	"github.com/habeas-data/habeas"
)

// Kinds of the values of an attribute (Expected.Kind).
const (
	KindText    = "text"
	KindDate    = "date" // a year, a month or a day: 1984, 1984-05, 1984-05-03
	KindNumber  = "number"
	KindCountry = "country"
	KindURL     = "url"
)

// everywhere is what is expected of every type.
var everywhere = []Expected{
	{AttrName, "Name", KindText, true},
	{AttrAlias, "Other name", KindText, true},
	{AttrAcronym, "Acronym", KindText, true},
	{AttrFormerName, "Former name", KindText, true},
	{AttrDescription, "Description", KindText, true},
	{AttrCountry, "Country", KindCountry, false},
	{AttrPlace, "Place", KindText, false},
	{AttrLatitude, "Latitude", KindNumber, false},
	{AttrLongitude, "Longitude", KindNumber, false},
	{AttrWeight, "Weight", KindNumber, false},
}

// builtIn are the templates that every server has.
var builtIn = []Template{
	{Person, "Person", "Person", []Expected{
		{"birth_date", "Born", KindDate, false},
		{"death_date", "Died", KindDate, false},
		{"occupation", "Occupation", KindText, true},
		{"affiliation", "Affiliation", KindText, true},
		{"website", "Website", KindURL, true},
	}},
	{Organization, "Organisation", "Organization", []Expected{
		{"kind", "Kind", KindText, true},
		{"founded", "Founded", KindDate, false},
		{"dissolved", "Dissolved", KindDate, false},
		{"website", "Website", KindURL, true},
	}},
	{Location, "Place", "Place", []Expected{
		{"kind", "Kind", KindText, true},
		{"elevation", "Elevation", KindNumber, false},
		{"website", "Website", KindURL, true},
	}},
	{Event, "Event", "Event", []Expected{
		{"start_date", "Begins", KindDate, false},
		{"end_date", "Ends", KindDate, false},
		{"website", "Website", KindURL, true},
	}},
	{ArtifactType, "Kind of artifact", "ProductModel", []Expected{
		{"creator", "Made by", KindText, true},
		{"date", "Made", KindDate, false},
		{"website", "Website", KindURL, true},
	}},
	{ArtifactInstance, "Artifact", "IndividualProduct", []Expected{
		{"creator", "Made by", KindText, true},
		{"date", "Made", KindDate, false},
		{"serial_number", "Serial number", KindText, false},
	}},
	{Other, "Something else", "Thing", nil},
}

// Types are the types that a server knows, with their templates. They do not change.
type Types struct {
	all []Template
	of  map[Type]*Template
}

var plainName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// NewTypes returns the built-in types and further ones. One of the same name takes the place
// of a built-in one. What is expected everywhere need not be repeated.
func NewTypes(more ...Template) (*Types, error) {
	all := slices.Clone(builtIn)
	for _, t := range more {
		if err := t.check(); err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(all, func(o Template) bool { return o.Type == t.Type }); i >= 0 {
			all[i] = t
		} else {
			all = append(all, t)
		}
	}
	types := &Types{all: all, of: make(map[Type]*Template, len(all))}
	for i := range all {
		t := &all[i]
		own := t.Attributes
		t.Attributes = slices.Clone(everywhere)
		for _, x := range own {
			if j := slices.IndexFunc(t.Attributes, func(o Expected) bool { return o.Name == x.Name }); j >= 0 {
				t.Attributes[j] = x
			} else {
				t.Attributes = append(t.Attributes, x)
			}
		}
		types.of[t.Type] = t
	}
	return types, nil
}

func (t Template) check() error {
	wrong := func(what string) error {
		return habeas.Invalid("entity_type", "The type of entities “{type}” cannot be used: {what}.").WithCode("entity.template").
			With("type", string(t.Type)).With("what", what)
	}
	if !plainName.MatchString(string(t.Type)) {
		return wrong("its name wants lower case letters, digits and _")
	}
	if t.Label == "" {
		return wrong("it has no label")
	}
	for _, x := range t.Attributes {
		if !plainName.MatchString(x.Name) {
			return wrong("the name of an attribute wants lower case letters, digits and _")
		}
		if !slices.Contains([]string{KindText, KindDate, KindNumber, KindCountry, KindURL}, x.Kind) {
			return wrong("the kind of an attribute is text, date, number, country or url")
		}
	}
	return nil
}

// All returns the templates, the built-in ones first.
func (t *Types) All() []Template { return slices.Clone(t.all) }

// Of returns the template of a type.
func (t *Types) Of(of Type) (Template, bool) {
	found, ok := t.of[of]
	if !ok {
		return Template{}, false
	}
	return *found, true
}

// expects returns what a template knows of an attribute.
func (t Template) expects(name string) (Expected, bool) {
	i := slices.IndexFunc(t.Attributes, func(x Expected) bool { return x.Name == name })
	if i < 0 {
		return Expected{}, false
	}
	return t.Attributes[i], true
}
