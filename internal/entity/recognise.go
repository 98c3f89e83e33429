package entity

import (
	"regexp"
	"strings"
)

// registry is how one of them writes its identifiers: alone, or at the end of its addresses.
type registry struct {
	scheme string
	bare   *regexp.Regexp          // what is recognised without saying whose it is
	hosts  []string                // beginnings of its addresses, without https://
	fits   func(value string) bool // beyond the pattern; may be nil
	write  func(value string) string
}

var (
	rorID      = regexp.MustCompile(`^0[0-9a-hjkmnp-tv-z]{6}[0-9]{2}$`)
	wikidataID = regexp.MustCompile(`^[QPL][1-9][0-9]{0,11}$`)
	geonamesID = regexp.MustCompile(`^[1-9][0-9]{0,9}$`)
	nameID     = regexp.MustCompile(`^([0-9]{4})[- ]?([0-9]{4})[- ]?([0-9]{4})[- ]?([0-9]{3}[0-9X])$`)
	gridID     = regexp.MustCompile(`^grid\.[0-9]{1,8}\.[0-9a-f]{1,2}$`)
	never      = regexp.MustCompile(`^\b$`)
)

// registries are those whose identifiers are recognised when somebody types one.
// Sources: ROR (ror.org/about/faqs), ORCID and ISNI (ISO 27729, check of ISO 7064 MOD 11-2).
var registries = []registry{
	{
		scheme: "ror", bare: rorID, hosts: []string{"ror.org/", "www.ror.org/"},
		write: func(v string) string { return "https://ror.org/" + strings.ToLower(v) },
	},
	{
		scheme: "wikidata", bare: regexp.MustCompile(`^[Qq][1-9][0-9]{0,11}$`), write: strings.ToUpper,
		hosts: []string{"www.wikidata.org/wiki/", "www.wikidata.org/entity/", "wikidata.org/wiki/", "wikidata.org/entity/", "m.wikidata.org/wiki/"},
	},
	{scheme: "geonames", bare: never, hosts: []string{"www.geonames.org/", "sws.geonames.org/", "geonames.org/"}},
	{scheme: "orcid", bare: nameID, hosts: []string{"orcid.org/", "www.orcid.org/"}, fits: check11, write: hyphened},
	{scheme: "isni", bare: nameID, hosts: []string{"isni.org/isni/", "www.isni.org/isni/", "www.isni.org/"}, fits: check11, write: spaced},
	{scheme: "grid", bare: gridID, hosts: []string{"www.grid.ac/institutes/", "grid.ac/institutes/"}, write: strings.ToLower},
}

// shapes are what follows the host of an address, and "scheme:".
var shapes = map[string]*regexp.Regexp{
	"ror": rorID, "wikidata": wikidataID, "geonames": geonamesID, "orcid": nameID, "isni": nameID, "grid": gridID,
}

// Recognise returns the identifiers of other registries that a text may be (ENT-44):
// "https://ror.org/013meh722", "Q42", "0000-0002-1825-0097", "geonames:2988507". A text of
// sixteen digits may be of two registries. A text that is none gives none.
func Recognise(s string) []External {
	if s = strings.TrimSpace(s); s == "" || len(s) > maxExternals {
		return nil
	}
	if rest, ok := address(s); ok {
		return recogniseAddress(rest)
	}
	if scheme, value, ok := strings.Cut(s, ":"); ok {
		scheme = strings.ToLower(scheme)
		if !schemePattern.MatchString(scheme) || value == "" || strings.ContainsAny(value, " \t\n") && scheme != "isni" && scheme != "orcid" {
			return nil
		}
		return []External{{scheme, normal(scheme, value)}}
	}
	var out []External
	for _, r := range registries {
		if r.bare.MatchString(s) && (r.fits == nil || r.fits(s)) {
			out = append(out, External{r.scheme, r.written(s)})
		}
	}
	return out
}

// address returns what follows https:// of a web address, or of one without it.
func address(s string) (rest string, ok bool) {
	lower := strings.ToLower(s)
	for _, begin := range []string{"https://", "http://"} {
		if strings.HasPrefix(lower, begin) {
			return s[len(begin):], true
		}
	}
	for _, r := range registries {
		for _, h := range r.hosts {
			if strings.HasPrefix(lower, h) {
				return s, true
			}
		}
	}
	return "", false
}

func recogniseAddress(rest string) []External {
	for _, r := range registries {
		for _, h := range r.hosts {
			if len(rest) < len(h) || !strings.EqualFold(rest[:len(h)], h) {
				continue
			}
			value, _, _ := strings.Cut(rest[len(h):], "/")
			value, _, _ = strings.Cut(value, "?")
			value, _, _ = strings.Cut(value, "#")
			if v := normal(r.scheme, value); shapes[r.scheme].MatchString(bareOf(r.scheme, v)) && (r.fits == nil || r.fits(v)) {
				return []External{{r.scheme, v}}
			}
		}
	}
	return nil
}

// normal writes an identifier as its scheme does; one of no known shape stays as it is.
func normal(scheme, value string) string {
	for _, r := range registries {
		if r.scheme != scheme {
			continue
		}
		bare := bareOf(scheme, value)
		for _, v := range []string{bare, strings.ToUpper(bare), strings.ToLower(bare)} {
			if shapes[scheme].MatchString(v) {
				return r.written(v)
			}
		}
	}
	return value
}

func (r registry) written(v string) string {
	if r.write == nil {
		return v
	}
	return r.write(v)
}

// bareOf is an identifier without the address that its scheme writes before it.
func bareOf(scheme, value string) string {
	if home := "https://ror.org/"; scheme == "ror" && len(value) > len(home) && strings.EqualFold(value[:len(home)], home) {
		return value[len(home):]
	}
	return value
}

func hyphened(v string) string { return nameID.ReplaceAllString(strings.ToUpper(v), "$1-$2-$3-$4") }

func spaced(v string) string { return nameID.ReplaceAllString(strings.ToUpper(v), "$1 $2 $3 $4") }

// check11 verifies the check character of ORCID and ISNI (ISO 7064, MOD 11-2).
func check11(v string) bool {
	total, n := 0, 0
	for _, c := range strings.ToUpper(v) {
		switch {
		case c == '-' || c == ' ':
		case n == 15:
			d := (12 - total%11) % 11
			return d == 10 && c == 'X' || d < 10 && c == rune('0'+d)
		case c >= '0' && c <= '9':
			total, n = (total+int(c-'0'))*2, n+1
		default:
			return false
		}
	}
	return false
}
