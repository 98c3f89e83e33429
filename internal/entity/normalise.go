package entity

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"github.com/habeas-data/habeas"
)

// Further limits, in bytes and items.
const (
	maxSource = 1000
	maxURL    = 2000
	maxTitle  = 500
	maxLinks  = 500 // of externals, sameAs and references each
)

// finder gathers what a validation finds.
type finder struct {
	types *Types
	found []Finding
}

func (f *finder) fatal(code, field, message string) {
	f.found = append(f.found, Finding{code, field, message, true})
}

func (f *finder) hint(code, field, message string) {
	f.found = append(f.found, Finding{code, field, message, false})
}

// Normalise returns a description in the form in which it is kept, and what is to be said of
// it: what makes it impossible, and what would make it better (ENT-10). Texts are in Unicode's
// form NFC, languages and countries in the one spelling that they have, external identifiers
// as their registries write them; what is there twice is there once.
func Normalise(d Description, types *Types) (Description, []Finding) {
	f := &finder{types: types}
	out := Description{Type: d.Type, Access: d.Access & (Unsearchable | Hidden | Protected | Published)}
	if d.Access != out.Access {
		f.fatal("access.unknown", "access", "There is no such access flag.")
	}
	if out.Type != Person {
		out.Access &^= Published
	}
	template, known := types.Of(d.Type)
	if !known {
		f.fatal("type.unknown", "type", "There is no such type of entities here.")
	}
	if len(d.Attributes) > MaxAttributes {
		f.fatal("attributes.many", "attributes", "There are too many attributes.")
	}
	size := 0
	for i, a := range d.Attributes[:min(len(d.Attributes), MaxAttributes)] {
		a = f.attribute(a, template, fmt.Sprintf("attributes[%d]", i))
		size += len(a.Name) + len(a.Value) + len(a.Lang) + len(a.Source) + 64
		if !slices.ContainsFunc(out.Attributes, a.same) {
			out.Attributes = append(out.Attributes, a)
		}
	}
	size += f.links(d, &out)
	if size > MaxDescription {
		f.fatal("description.size", "", "The description is too long.")
	}
	f.quality(out, template)
	return out, f.found
}

// same reports whether another attribute says the same.
func (a Attribute) same(b Attribute) bool {
	return a.Name == b.Name && a.Value == b.Value && a.Lang == b.Lang
}

func (f *finder) attribute(a Attribute, t Template, field string) Attribute {
	if a.Name = strings.TrimSpace(a.Name); !plainName.MatchString(a.Name) {
		f.fatal("attribute.name", field+".name", "The name of an attribute wants 1 to 64 lower case letters, digits and _, and begins with a letter.")
	}
	a.Value = f.text(a.Value, MaxValue, field+".value")
	a.Source = f.text(a.Source, maxSource, field+".source")
	if a.Value == "" {
		f.fatal("attribute.empty", field+".value", "An attribute has no value. Leave it away.")
	}
	if a.Access &^= Published; a.Access&^(Unsearchable|Hidden|Protected) != 0 {
		f.fatal("access.unknown", field+".access", "There is no such access flag.")
	}
	if a.Lang = strings.TrimSpace(a.Lang); a.Lang != "" {
		tag, err := language.Parse(a.Lang)
		if err != nil || len(a.Lang) > 64 {
			f.fatal("language.unknown", field+".lang", "This is no language tag. One looks like “en” or “pt-BR” (BCP 47).")
		} else if a.Lang = tag.String(); a.Lang == "und" {
			a.Lang = ""
		}
	}
	if x, ok := t.expects(a.Name); ok {
		a.Value = f.value(a.Value, x, field+".value")
	}
	return a
}

// value checks a value against the kind that its template knows.
func (f *finder) value(v string, x Expected, field string) string {
	switch x.Kind {
	case KindCountry:
		r, err := language.ParseRegion(v)
		if code := r.String(); err == nil && len(v) == 2 && r.IsCountry() && len(code) == 2 {
			return code
		}
		f.fatal("country.unknown", field, "This is no country. Give its two letters (ISO 3166-1).")
	case KindNumber:
		n, err := strconv.ParseFloat(v, 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) || strings.ContainsAny(v, "xX_pP") {
			f.fatal("number.invalid", field, "This is no number.")
			break
		}
		if x.Name == AttrLatitude && math.Abs(n) > 90 || x.Name == AttrLongitude && math.Abs(n) > 180 {
			f.fatal("coordinate.range", field, "A latitude lies between -90 and 90, a longitude between -180 and 180.")
		}
		if x.Name == AttrWeight && n < 0 {
			f.fatal("number.invalid", field, "This is no number.")
		}
	case KindDate:
		if !isDate(v) {
			f.fatal("date.invalid", field, "This is no date. Write 1984, 1984-05 or 1984-05-03.")
		}
	case KindURL:
		if u, err := webAddress(v); err == nil {
			return u
		}
		f.fatal("url.invalid", field, "This is no address of the web. It begins with https:// or http://.")
	}
	return v
}

// isDate reads a year, a month or a day (a part of ISO 8601); a year may be before our era.
func isDate(v string) bool {
	v = strings.TrimPrefix(v, "-")
	for _, layout := range []string{"2006", "2006-01", "2006-01-02"} {
		if _, err := time.Parse(layout, v); err == nil {
			return true
		}
	}
	return false
}

// text returns a text in NFC without blanks around it.
func (f *finder) text(s string, most int, field string) string {
	if len(s) > most {
		f.fatal("text.long", field, "This text is too long.")
		return ""
	}
	if !plain(s) {
		f.fatal("text.invalid", field, "This text holds characters that nobody can see, or is not UTF-8.")
		return ""
	}
	return norm.NFC.String(strings.TrimSpace(s))
}

// plain reports whether a text is UTF-8 without control characters and without those that
// turn the direction of what stands around them.
func plain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		switch {
		case r == '\n', r == '\t':
			return false
		case unicode.IsControl(r), r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == utf8.RuneError, r == 0xFEFF, r&0xFFFE == 0xFFFE:
			return true
		}
		return false
	})
}

var errAddress = habeas.Invalid("url", "This is no address of the web. It begins with https:// or http://.").WithCode("url.invalid")

// webAddress reads an absolute http or https address; one with a password in it is none.
func webAddress(s string) (string, error) {
	s = strings.TrimSpace(s)
	u, err := url.Parse(s)
	if err != nil || len(s) > maxURL || !plain(s) || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || strings.ContainsAny(s, " \n\t<>\"\\") {
		return "", errAddress
	}
	u.Host = strings.ToLower(u.Host)
	return u.String(), nil
}

// links normalises externals, sameAs and references, and returns how long they are.
func (f *finder) links(d Description, out *Description) (size int) {
	for what, n := range map[string]int{"externals": len(d.Externals), "sameAs": len(d.SameAs), "references": len(d.References)} {
		if n > maxLinks {
			f.fatal("links.many", what, "There are too many of these.")
			return 0
		}
	}
	for i, x := range d.Externals {
		x, err := NormaliseExternal(x)
		if err != nil {
			f.fatal("external.invalid", fmt.Sprintf("externals[%d]", i), "This is no identifier of that registry, or there is a slip in it.")
		} else if !slices.Contains(out.Externals, x) {
			out.Externals = append(out.Externals, x)
			size += len(x.Scheme) + len(x.Value)
		}
	}
	for i, s := range d.SameAs {
		u, err := webAddress(s)
		if err != nil {
			f.fatal("url.invalid", fmt.Sprintf("sameAs[%d]", i), errAddress.Message)
		} else if !slices.Contains(out.SameAs, u) {
			out.SameAs = append(out.SameAs, u)
			size += len(u)
		}
	}
	for i, r := range d.References {
		field := fmt.Sprintf("references[%d]", i)
		u, err := webAddress(r.URL)
		if err != nil {
			f.fatal("url.invalid", field+".url", errAddress.Message)
			continue
		}
		r = Reference{u, f.text(r.Title, maxTitle, field+".title")}
		if !slices.Contains(out.References, r) {
			out.References = append(out.References, r)
			size += len(r.URL) + len(r.Title)
		}
	}
	return size
}

// quality says what would make a description better.
func (f *finder) quality(d Description, t Template) {
	has := func(name string) bool {
		return slices.ContainsFunc(d.Attributes, func(a Attribute) bool { return a.Name == name })
	}
	if d.Label() == "" {
		f.fatal("name.none", "attributes", "It has no name that is shown. Give at least one.")
	}
	for i, a := range d.Attributes {
		field := fmt.Sprintf("attributes[%d]", i)
		if x, ok := t.expects(a.Name); ok && !x.Many && slices.ContainsFunc(d.Attributes[:i], func(b Attribute) bool { return b.Name == a.Name && b.Access&Hidden == a.Access&Hidden }) {
			f.fatal("attribute.twice", field, "It can have only one value of this attribute.")
		} else if !ok && len(t.Attributes) > 0 {
			f.hint("attribute.own", field, "Its type knows no such attribute. It is kept, but few will look for it.")
		}
		if a.Name == AttrName && a.Lang == "" {
			f.hint("name.language", field, "Say which language the name is in.")
		}
		if a.Name == AttrName && len(a.Value) > 6 && a.Value == strings.ToUpper(a.Value) && a.Value != strings.ToLower(a.Value) {
			f.hint("name.capitals", field, "The name is written in capitals. Write it as in a sentence.")
		}
	}
	if !has(AttrDescription) {
		f.hint("description.none", "attributes", "A sentence that describes it helps to tell it from others.")
	}
	if (d.Type == Organization || d.Type == Location) && !has(AttrCountry) {
		f.hint("country.none", "attributes", "Say in which country it is.")
	}
	if has(AttrLatitude) != has(AttrLongitude) {
		f.fatal("coordinate.half", "attributes", "Give both latitude and longitude, or none.")
	}
	if len(d.Externals) == 0 && len(d.SameAs) == 0 && len(d.References) == 0 {
		f.hint("source.none", "references", "Link a page about it, or what another registry calls it.")
	}
}

// Refusal turns the first fatal finding into an error; nil when there is none.
func Refusal(found []Finding) error {
	for _, one := range found {
		if one.Fatal {
			return habeas.Invalid(one.Field, one.Message).WithCode("entity.description")
		}
	}
	return nil
}
