package entity

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/habeas-data/habeas"
)

// scheme is a registry whose identifiers are known: how one is found in what people write, how
// it is written, where it leads, and whether its check digits are right (nil: it has none).
type scheme struct {
	find  *regexp.Regexp // the first group is the bare identifier
	write func(bare string) string
	page  string // before what is written; "": it is an address itself
	check func(bare string) bool
}

func asIs(s string) string { return s }

// schemes are written as their own registries write them today.
var schemes = map[string]scheme{
	"ror":      {regexp.MustCompile(`(?i)^(?:https?://)?(?:www\.)?(?:ror\.org/)?(0[a-hj-km-np-tv-z0-9]{6}[0-9]{2})/?$`), func(s string) string { return "https://ror.org/" + strings.ToLower(s) }, "", checkROR},
	"orcid":    {regexp.MustCompile(`(?i)^(?:https?://)?(?:www\.)?(?:orcid\.org/)?(\d{4}-?\d{4}-?\d{4}-?\d{3}[\dx])/?$`), func(s string) string { return "https://orcid.org/" + fours(s, "-") }, "", check11},
	"isni":     {regexp.MustCompile(`(?i)^(?:https?://)?(?:www\.)?(?:isni\.org/(?:isni/)?)?(?:isni:?\s*)?(\d{4}[\s-]?\d{4}[\s-]?\d{4}[\s-]?\d{3}[\dx])/?$`), func(s string) string { return fours(s, "") }, "https://isni.org/isni/", check11},
	"wikidata": {regexp.MustCompile(`(?i)^(?:https?://(?:www\.|m\.)?wikidata\.org/(?:wiki|entity)/)?(q[1-9]\d{0,11})$`), strings.ToUpper, "https://www.wikidata.org/entity/", nil},
	"geonames": {regexp.MustCompile(`(?i)^(?:https?://(?:www\.|sws\.)?geonames\.org/)?([1-9]\d{0,11})(?:/.*)?$`), asIs, "https://sws.geonames.org/", nil},
	"viaf":     {regexp.MustCompile(`(?i)^(?:https?://(?:www\.)?viaf\.org/(?:en/)?viaf/)?([1-9]\d{0,21})/?$`), asIs, "https://viaf.org/viaf/", nil},
	"grid":     {regexp.MustCompile(`(?i)^(?:https?://(?:www\.)?grid\.ac/institutes/)?(grid\.\d{4,6}\.[0-9a-f]{1,2})$`), strings.ToLower, "https://www.grid.ac/institutes/", nil},
}

var (
	plainScheme = regexp.MustCompile(`^[a-z][a-z0-9_-]{1,31}$`)

	errScheme = habeas.Invalid("externals", "The name of a registry wants 2 to 32 lower case letters, digits, _ and -.").WithCode("external.scheme")
	// ErrExternalForm refuses what does not look as its registry writes identifiers.
	ErrExternalForm = habeas.Invalid("externals", "This is no identifier of that registry, or there is a slip in it.").WithCode("external.value")
)

// maxExternal bounds an external identifier, in bytes.
const maxExternal = 500

// NormaliseExternal returns an external identifier in the one form in which it is kept,
// whatever people write: an address, a bare identifier, one with blanks. Check digits of those
// that have them are checked (ISO/IEC 7064).
func NormaliseExternal(x External) (External, error) {
	x.Scheme, x.Value = strings.ToLower(strings.TrimSpace(x.Scheme)), strings.TrimSpace(x.Value)
	if !plainScheme.MatchString(x.Scheme) {
		return x, errScheme
	}
	if x.Value == "" || len(x.Value) > maxExternal || !plain(x.Value) {
		return x, ErrExternalForm
	}
	s, known := schemes[x.Scheme]
	if !known {
		return x, nil
	}
	m := s.find.FindStringSubmatch(x.Value)
	if m == nil {
		return x, ErrExternalForm
	}
	bare := strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' || r == '\t' {
			return -1
		}
		return r
	}, m[1])
	if s.check != nil && !s.check(bare) {
		return x, ErrExternalForm
	}
	x.Value = s.write(bare)
	return x, nil
}

// URL is the page of an external identifier; "" where that is not known.
func (x External) URL() string {
	if s, ok := schemes[x.Scheme]; ok {
		return s.page + x.Value
	}
	return ""
}

// fours writes 16 characters in groups.
func fours(s, between string) string {
	s = strings.ToUpper(s)
	return s[:4] + between + s[4:8] + between + s[8:12] + between + s[12:]
}

// check11 is ISO/IEC 7064 MOD 11-2, of ORCID and ISNI: sixteen digits, the last one may be X.
func check11(s string) bool {
	sum := 0
	for _, c := range s[:15] {
		sum = (sum + int(c-'0')) * 2 % 11
	}
	want := (12 - sum) % 11
	return s[15] == "0123456789X"[want] || want == 10 && s[15] == 'x'
}

// checkROR is ISO/IEC 7064 MOD 97-10 over the number that the six characters after the zero
// are in base 32.
func checkROR(s string) bool {
	n := 0
	for _, c := range strings.ToLower(s[1:7]) {
		n = n*32 + strings.IndexRune(alphabet, c)
	}
	sum, err := strconv.Atoi(s[7:])
	return err == nil && 98-n*100%97 == sum
}
