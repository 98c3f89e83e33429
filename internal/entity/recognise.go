package entity

import (
	"strings"
)

// bareSchemes are those whose identifiers are recognised without saying whose they are: their
// form is like nothing else. Numbers alone are not.
var bareSchemes = []string{"ror", "wikidata", "orcid", "isni", "grid"}

// addressed are those whose addresses are recognised.
var addressed = append([]string{"geonames", "viaf"}, bareSchemes...)

// Recognise returns the identifiers of other registries that a text may be (ENT-44):
// "https://ror.org/013meh722", "Q42", "0000-0002-1825-0097", "geonames:2988507". Sixteen
// digits may be of two registries. A text that is none gives none.
func Recognise(s string) []External {
	if s = strings.TrimSpace(s); s == "" || len(s) > maxExternal {
		return nil
	}
	lower := strings.ToLower(s)
	web := strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "http://")
	if scheme, value, ok := strings.Cut(s, ":"); ok && !web {
		x, err := NormaliseExternal(External{scheme, value})
		if _, known := schemes[x.Scheme]; err != nil || !known && strings.ContainsAny(value, " \t") {
			return nil
		}
		return []External{x}
	}
	if !strings.ContainsAny(s, "0123456789") {
		return nil // a name, as nearly every question is
	}
	among := bareSchemes
	if strings.Contains(s, "/") {
		among = addressed
	}
	var out []External
	for _, scheme := range among {
		if x, err := NormaliseExternal(External{scheme, s}); err == nil {
			out = append(out, x)
		}
	}
	return out
}

// normal writes an identifier as its scheme does; one of no known form stays as it is.
func (x External) normal() External {
	if n, err := NormaliseExternal(x); err == nil {
		return n
	}
	return x
}
