package entity

import "strings"

// Linked is an entity as JSON-LD in the terms of schema.org, with its equals elsewhere as
// sameAs (ENT-1). uri is where its identifier resolves; t the template of its type. It shows
// what e holds: See comes before.
func Linked(e Entity, t Template, uri string) map[string]any {
	d := e.Description
	out := map[string]any{"@context": "https://schema.org", "@id": uri, "@type": t.SchemaOrg, "identifier": identifiers(e, uri), "license": Licence}
	add := func(term string, value any) {
		list, _ := out[term].([]any)
		out[term] = append(list, value)
	}
	address, geo := map[string]any{}, map[string]any{}
	for _, a := range d.Attributes {
		switch a.Name {
		case AttrName:
			add("name", said(a))
		case AttrAlias, AttrAcronym, AttrFormerName:
			add("alternateName", said(a))
		case AttrDescription:
			add("description", said(a))
		case AttrCountry:
			address["addressCountry"] = a.Value
		case AttrPlace:
			address["addressLocality"] = a.Value
		case AttrLatitude, AttrLongitude:
			geo[a.Name] = a.Value
		default:
			if term, ok := terms[a.Name]; ok {
				add(term, a.Value)
			}
		}
	}
	place := out
	if (len(geo) > 0 || len(address) > 0) && t.SchemaOrg != "Place" {
		place = map[string]any{"@type": "Place"}
		out["location"] = place
	}
	if len(address) > 0 {
		address["@type"] = "PostalAddress"
		place["address"] = address
	}
	if len(geo) > 0 {
		geo["@type"] = "GeoCoordinates"
		place["geo"] = geo
	}
	for _, x := range d.Externals {
		if u := x.URL(); u != "" {
			add("sameAs", u)
		}
	}
	for _, u := range d.SameAs {
		add("sameAs", u)
	}
	for _, r := range d.References {
		work := map[string]any{"@type": "CreativeWork", "url": r.URL}
		if r.Title != "" {
			work["name"] = r.Title
		}
		add("subjectOf", work)
	}
	return out
}

// terms are those of schema.org for the attributes of the built-in templates.
var terms = map[string]string{
	"website": "url", "birth_date": "birthDate", "death_date": "deathDate", "occupation": "jobTitle", "affiliation": "affiliation",
	"founded": "foundingDate", "dissolved": "dissolutionDate", "kind": "additionalType", "start_date": "startDate", "end_date": "endDate",
	"creator": "creator", "date": "dateCreated", "serial_number": "serialNumber",
}

// said is a text with its language, if it has one.
func said(a Attribute) any {
	if a.Lang == "" {
		return a.Value
	}
	return map[string]string{"@value": a.Value, "@language": a.Lang}
}

func identifiers(e Entity, uri string) []any {
	out := []any{map[string]string{"@type": "PropertyValue", "propertyID": strings.TrimSuffix(uri, e.ID.String()), "value": e.ID.String()}}
	for _, x := range e.Description.Externals {
		out = append(out, map[string]string{"@type": "PropertyValue", "propertyID": x.Scheme, "value": x.Value})
	}
	return out
}
