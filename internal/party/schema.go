package party

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/lang"
)

// FieldType is how a field is checked, shown and masked.
type FieldType string

// The types of field.
const (
	Text     FieldType = "text"
	LongText FieldType = "long-text"
	Date     FieldType = "date"     // YYYY-MM-DD
	Email    FieldType = "email"    // one mailbox
	Phone    FieldType = "phone"    // digits with the usual marks, as given
	Country  FieldType = "country"  // ISO 3166-1 alpha-2, upper case
	Language FieldType = "language" // BCP 47
	URL      FieldType = "url"      // http or https
	Number   FieldType = "number"   // an identifier such as a membership number
)

// Visibility says who may see a data set besides its person.
type Visibility string

// The visibilities.
const (
	Public  Visibility = "public" // anybody: a tutor's profile
	ToStaff Visibility = "staff"  // staff of the organisation
)

// FieldSchema describes one field.
type FieldSchema struct {
	Name     string    `json:"name" toml:"name"`
	Label    string    `json:"label" toml:"label"` // English; also the key of its translation
	Type     FieldType `json:"type" toml:"type"`
	Max      int       `json:"max,omitempty" toml:"max"`           // in characters; 0 means 200
	Complete bool      `json:"complete,omitempty" toml:"complete"` // asked for in the completion list
}

// SetSchema describes a data set, the unit of sharing.
type SetSchema struct {
	Name       string        `json:"name" toml:"name"`
	Label      string        `json:"label" toml:"label"`
	Fields     []FieldSchema `json:"fields" toml:"fields"`
	Visibility Visibility    `json:"visibility" toml:"visibility"`
	StepUp     bool          `json:"step_up" toml:"step_up"` // more than the address is wanted to see it
	// TwoKinds asks for two kinds of evidence besides the address, where StepUp asks for one.
	TwoKinds bool `json:"two_kinds,omitempty" toml:"two_kinds"`

	Purpose    string     `json:"purpose,omitempty" toml:"purpose"` // what it is held for; English of a built-in set is also the key of its translation
	Basis      LegalBasis `json:"basis,omitempty" toml:"basis"`
	Recipients []string   `json:"recipients,omitempty" toml:"recipients"` // who gets it outside the organisation, beside connected systems
	KeepMonths int        `json:"keep_months,omitempty" toml:"keep_months"`
	KeepFrom   string     `json:"keep_from,omitempty" toml:"keep_from"` // "set.field", a date from which the months count; empty: the last word
	Duty       string     `json:"duty,omitempty" toml:"duty"`           // the provision by which it is kept that long although erasure is asked for
}

// Field returns the schema of a field.
func (s SetSchema) Field(name string) (FieldSchema, bool) {
	i := slices.IndexFunc(s.Fields, func(f FieldSchema) bool { return f.Name == name })
	if i < 0 {
		return FieldSchema{}, false
	}
	return s.Fields[i], true
}

// Schemas are the data sets an organisation keeps. It does not change while the
// server runs and is safe for concurrent use.
type Schemas struct {
	sets   []SetSchema
	byName map[string]int
}

// NewSchemas checks and indexes the sets. Names are lower case with underscores.
func NewSchemas(sets ...SetSchema) (*Schemas, error) {
	s := &Schemas{sets: sets, byName: make(map[string]int)}
	for i, set := range sets {
		if !plainName(set.Name) || len(set.Fields) == 0 {
			return nil, fmt.Errorf("party: data set %q wants a lower-case name and at least one field", set.Name)
		}
		if _, twice := s.byName[set.Name]; twice {
			return nil, fmt.Errorf("party: data set %q is described twice", set.Name)
		}
		for j, f := range set.Fields {
			if !plainName(f.Name) {
				return nil, fmt.Errorf("party: data set %q: field %q wants a lower-case name", set.Name, f.Name)
			}
			if k := slices.IndexFunc(set.Fields, func(g FieldSchema) bool { return g.Name == f.Name }); k != j {
				return nil, fmt.Errorf("party: data set %q: field %q is described twice", set.Name, f.Name)
			}
		}
		s.byName[set.Name] = i
	}
	for _, set := range sets {
		if err := s.checkWhy(set); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func plainName(s string) bool {
	return s != "" && len(s) <= 40 && strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && r != '_' && (r < '0' || r > '9')
	}) < 0
}

// DefaultSchemas are the built-in data sets: contact, identity, address,
// organisation, membership, profile. Identity, address and membership ask for
// step-up; of contact, only the phone would, so the phone is a set of its own.
func DefaultSchemas() []SetSchema {
	return []SetSchema{
		{
			Name: "identity", Label: "Identity", Visibility: ToStaff, StepUp: true,
			Purpose: lang.Mark("To know who somebody is, and to tell people of one name apart."), Basis: OnContract,
			Fields: []FieldSchema{
				{Name: "title", Label: "Title", Type: Text, Max: 40},
				{Name: "given_name", Label: "Given name", Type: Text, Complete: true},
				{Name: "family_name", Label: "Family name", Type: Text, Complete: true},
				{Name: "birth_date", Label: "Date of birth", Type: Date},
				{Name: "birth_place", Label: "Place of birth", Type: Text},
				{Name: "gender", Label: "Gender", Type: Text, Max: 40},
				{Name: "occupation", Label: "Occupation", Type: Text},
			},
		},
		{
			Name: "contact", Label: "Contact", Visibility: ToStaff,
			Purpose: lang.Mark("To write to the person about what was booked, joined or agreed."), Basis: OnContract,
			Fields: []FieldSchema{
				{Name: "email", Label: "E-mail", Type: Email, Max: 254, Complete: true},
				{Name: "language", Label: "Language", Type: Language, Max: 35},
			},
		},
		{
			Name: "phone", Label: "Phone", Visibility: ToStaff, StepUp: true,
			Purpose: lang.Mark("To reach the person when something changes at short notice."), Basis: OnContract,
			Fields: []FieldSchema{
				{Name: "number", Label: "Phone number", Type: Phone, Max: 32, Complete: true},
			},
		},
		{
			Name: "address", Label: "Postal address", Visibility: ToStaff, StepUp: true,
			Purpose: lang.Mark("To send what has to go by post."), Basis: OnContract,
			Fields: []FieldSchema{
				{Name: "street", Label: "Street and number", Type: Text},
				{Name: "postcode", Label: "Postcode", Type: Text, Max: 20},
				{Name: "city", Label: "Town or city", Type: Text},
				{Name: "country", Label: "Country", Type: Country},
			},
		},
		{
			Name: "organisation", Label: "Organisation", Visibility: ToStaff,
			Purpose: lang.Mark("To know for whom somebody books or works."), Basis: OnInterest,
			Fields: []FieldSchema{
				{Name: "name", Label: "Name of the organisation", Type: Text},
				{Name: "legal_form", Label: "Legal form", Type: Text, Max: 80},
				{Name: "website", Label: "Website", Type: URL, Max: 300},
				{Name: "city", Label: "Town or city", Type: Text},
				{Name: "country", Label: "Country", Type: Country},
			},
		},
		{
			Name: "membership", Label: "Membership", Visibility: ToStaff, StepUp: true,
			Purpose: lang.Mark("To run the membership."), Basis: OnContract,
			Fields: []FieldSchema{
				{Name: "number", Label: "Membership number", Type: Number, Max: 40},
				{Name: "since", Label: "Member since", Type: Date},
				{Name: "level", Label: "Kind of membership", Type: Text, Max: 80},
			},
		},
		{
			Name: "profile", Label: "Public profile", Visibility: Public,
			Purpose: lang.Mark("To present the person to everybody, as they wish."), Basis: OnConsent,
			Fields: []FieldSchema{
				{Name: "headline", Label: "Headline", Type: Text, Max: 120, Complete: true},
				{Name: "about", Label: "About", Type: LongText, Max: 2000, Complete: true},
				{Name: "subjects", Label: "Subjects", Type: Text, Complete: true},
			},
		},
	}
}

// Sets returns the data sets in order. The caller must not change them.
func (s *Schemas) Sets() []SetSchema { return s.sets }

// Set returns a data set by name.
func (s *Schemas) Set(name string) (SetSchema, bool) {
	i, ok := s.byName[name]
	if !ok {
		return SetSchema{}, false
	}
	return s.sets[i], true
}

// Clean checks every value against its schema and returns the values as they will
// be kept: trimmed, in Unicode NFC. All faults are reported together, each naming
// its field as "set.field"; values are never repeated in a message.
func (s *Schemas) Clean(v Values) (Values, error) {
	out := make(Values, len(v))
	var faults []error
	for set, fields := range v {
		schema, ok := s.Set(set)
		if !ok {
			faults = append(faults, habeas.Invalid("fields", "There is no data set of this name.").WithCode("set.unknown"))
			continue
		}
		for name, text := range fields {
			fs, ok := schema.Field(name)
			if !ok {
				faults = append(faults, habeas.Invalid(set, "This data set has no field of this name.").WithCode("field.unknown"))
				continue
			}
			clean, err := fs.Clean(text)
			if err != nil {
				faults = append(faults, err.at(set+"."+name))
				continue
			}
			out.Put(set, name, clean)
		}
	}
	if len(faults) > 0 {
		// In one order, so that the same input always gets the same answer.
		slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
		return nil, errors.Join(slices.CompactFunc(faults, func(a, b error) bool { return a.Error() == b.Error() })...)
	}
	return out, nil
}

// fault is a complaint about a value before the field's full name is known.
type fault string

func (f fault) at(field string) error {
	return habeas.Invalid(field, string(f)).WithCode("field.invalid")
}

func (f *fault) of(message string) *fault { m := fault(message); return &m }

// Clean checks one value. The empty text is valid: it says that nothing is held.
func (f FieldSchema) Clean(text string) (string, *fault) {
	var bad *fault
	if !utf8.ValidString(text) {
		return "", bad.of("This is not valid UTF-8 text.")
	}
	if !isASCII(text) {
		text = norm.NFC.String(text)
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return "", nil
	}
	limit := f.Max
	if limit == 0 {
		limit = 200
	}
	if len(text) > limit && utf8.RuneCountInString(text) > limit {
		return "", bad.of("This is too long.")
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return hidden(r, f.Type == LongText) }); i >= 0 {
		return "", bad.of("This holds characters that cannot be seen. Type it again.")
	}
	return f.cleanType(text)
}

func (f FieldSchema) cleanType(text string) (string, *fault) {
	var bad *fault
	switch f.Type {
	case Date:
		return cleanDate(text)
	case Email:
		if _, err := email.Parse(text); err != nil {
			return "", bad.of("This is not an e-mail address. It looks like name@example.org.")
		}
	case Phone:
		digits := 0
		for _, r := range text {
			switch {
			case r >= '0' && r <= '9':
				digits++
			case !strings.ContainsRune("+-()/. x", r):
				return "", bad.of("A phone number holds digits, spaces and + - ( ) only.")
			}
		}
		if digits < 3 || digits > 17 {
			return "", bad.of("A phone number has 3 to 17 digits.")
		}
	case Country:
		if len(text) != 2 || !isLetters(text) { // before the capitals: ſ would become S
			return "", bad.of("Use the two letters of the country, for example ES.")
		}
		return strings.ToUpper(text), nil
	case Language:
		if !isLanguage(text) {
			return "", bad.of("Use a language code, for example en or es.")
		}
	case URL:
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return "", bad.of("Use a full web address, for example https://example.org.")
		}
	case Number:
		if strings.IndexFunc(text, unicode.IsSpace) >= 0 && len(strings.Fields(text)) > 4 {
			return "", bad.of("This does not look like a number on a card or letter.")
		}
	case Text, LongText:
	}
	return text, nil
}

func cleanDate(text string) (string, *fault) {
	var bad *fault
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return "", bad.of("Use a real date as year-month-day, for example 1984-05-03.")
	}
	if t.Year() < 1 || t.Year() > 2200 {
		return "", bad.of("This year cannot be right.")
	}
	return text, nil
}

// hidden reports characters that people cannot see and that serve to deceive:
// controls, bidirectional overrides, zero-width marks. Joiners stay, because
// several scripts need them.
func hidden(r rune, lines bool) bool {
	if lines && (r == '\n' || r == '\r' || r == '\t') {
		return false
	}
	if r == 0x200C || r == 0x200D {
		return false
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == 0x2028 || r == 0x2029 || r == utf8.RuneError
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isLanguage reports whether s has the shape of a language tag: subtags of one to
// eight letters or digits, the first of two letters at least (RFC 5646, 2.1).
func isLanguage(s string) bool {
	for i, sub := range strings.Split(s, "-") {
		if i == 0 && (len(sub) < 2 || !isLetters(sub)) || len(sub) < 1 || len(sub) > 8 ||
			strings.IndexFunc(sub, func(r rune) bool { return (r < '0' || r > '9') && !isLetters(string(r)) }) >= 0 {
			return false
		}
	}
	return true
}

func isLetters(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') }) < 0
}

// Mask shows as little of a value as lets its person recognise it: the last two
// digits of a number, the year of a date, the first letter of a name.
func Mask(f FieldSchema, text string) string {
	const dots = "••••"
	switch f.Type {
	case Date:
		if len(text) >= 4 {
			return dots + " " + text[:4]
		}
	case Phone, Number:
		if r := []rune(text); len(r) > 4 {
			return dots + " " + string(r[len(r)-2:])
		}
	case Country, Language, URL, LongText:
	case Email:
		if a, err := email.Parse(text); err == nil {
			return email.Mask(a)
		}
	case Text:
		if r := []rune(text); len(r) > 3 {
			return string(r[0]) + dots
		}
	}
	return dots
}
