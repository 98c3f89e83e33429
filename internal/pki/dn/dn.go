// Package dn reads and writes the distinguished names of certificates: those of people
// (REG-06) and those of authorities. A name has one form, to the byte:
//
//	C             country       PrintableString
//	O             organisation  UTF8String; may be missing
//	CN            name          UTF8String
//	UID           username      UTF8String
//	emailAddress  email         IA5String
//
// The page writes and reads the same by regfile-cert.js. All functions are safe for
// concurrent use.
package dn

import (
	"bytes"
	"encoding/asn1"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/text/unicode/norm"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pki/der"
)

// Subject is who a certificate is about. All but Organisation is mandatory. It prints as
// its type name, since all of it is personal.
type Subject struct {
	Name         string // first and last name, at most 64 characters
	Country      string // ISO 3166-1 alpha-2, in capitals
	Organisation string // at most 64 characters
	Email        string // ASCII, at most 254 octets: the domain in A-labels
	Username     string // at most 64 characters; need not be unique (REG-05)
}

// The upper bounds of X.520 and RFC 5321, but that a username has 64 characters and not
// 256: it is also the alias that key stores show.
const (
	maxText    = 64  // characters
	maxAddress = 254 // octets
	maxLen     = 4096
)

// part is one line of the profile of names.
type part struct {
	oid      asn1.ObjectIdentifier
	field    string
	optional bool
	of       func(*Subject) *string
	check    func(field, value string) error
	form     func(string) []byte
}

// profile is the distinguished name, in its order.
var profile = []part{
	{asn1.ObjectIdentifier{2, 5, 4, 6}, "country", false, func(s *Subject) *string { return &s.Country }, checkCountry, der.Printable},
	{asn1.ObjectIdentifier{2, 5, 4, 10}, "organisation", true, func(s *Subject) *string { return &s.Organisation }, checkText, der.UTF8},
	{asn1.ObjectIdentifier{2, 5, 4, 3}, "name", false, func(s *Subject) *string { return &s.Name }, checkText, der.UTF8},
	{asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 1}, "username", false, func(s *Subject) *string { return &s.Username }, checkText, der.UTF8},
	{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, "email", false, func(s *Subject) *string { return &s.Email }, checkAddress, der.IA5},
}

var errForm = habeas.Invalid("subject",
	"A name of country, organisation, name, username and e-mail is expected, in this order and each once.").WithCode("subject.form")

// Check says which field cannot stand in a name, and what is expected there.
func (s Subject) Check() error {
	for _, p := range profile {
		v := *p.of(&s)
		if v == "" && p.optional {
			continue
		}
		if err := p.check(p.field, v); err != nil {
			return err
		}
	}
	return nil
}

func checkCountry(field, v string) error {
	if len(v) != 2 || strings.Trim(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return habeas.Invalid(field, "Two capital letters are expected (ISO 3166-1).").WithCode("subject.country")
	}
	return nil
}

// checkText accepts text in the one form that compares equal (NFC), and of which all can be
// seen: names that look the same and are not must be harder to make.
func checkText(field, v string) error {
	n := utf8.RuneCountInString(v)
	if n < 1 || n > maxText || !utf8.ValidString(v) || !norm.NFC.IsNormalString(v) ||
		strings.TrimSpace(v) != v || strings.ContainsFunc(v, hidden) {
		return habeas.Invalid(field, "1 to {n} visible characters are expected here, in the composed form of Unicode.").
			With("n", strconv.Itoa(maxText)).WithCode("subject.text")
	}
	return nil
}

// hidden finds what shows nothing, or a space that is not the one of the keyboard. The two
// joiners are letters' forms in Persian and in Indic names.
func hidden(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	switch r {
	case ' ', nonJoiner, joiner:
		return false
	case utf8.RuneError:
		return true
	}
	return !unicode.IsGraphic(r) || unicode.In(r, unicode.Zs, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// mailbox is a dot-atom (RFC 5322, 3.2.3) and a host's name (RFC 1123, 2.1).
var mailbox = regexp.MustCompile("^" + atom + `(\.` + atom + ")*@" + label + `(\.` + label + ")*$")

const (
	atom  = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
	label = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)

// checkAddress accepts what IA5String can hold, the syntax of emailAddress (RFC 2985,
// 5.2.1). A mailbox with other letters has a form as alternative name (RFC 9598) but none
// in a distinguished name.
func checkAddress(field, v string) error {
	if len(v) > maxAddress || !mailbox.MatchString(v) {
		return habeas.Invalid(field, "An e-mail address of ASCII characters is expected, its domain in A-labels. Certificates hold no other.").
			WithCode("subject.email")
	}
	return nil
}

// DER is the name as it stands in requests and certificates. Errors are those of Check.
func (s Subject) DER() ([]byte, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	return s.write(), nil
}

// write encodes each part that is there as a relative name of its own.
func (s Subject) write() []byte {
	var names [][]byte
	for _, p := range profile {
		if v := *p.of(&s); v != "" {
			names = append(names, der.SetOf(der.Sequence(der.OID(p.oid...), p.form(v))))
		}
	}
	return der.Sequence(names...)
}

// OfAuthority is the name of an authority, as DER: country, organisation and what the
// authority is called (CN). Errors name the field country, organisation or name.
func OfAuthority(country, organisation, called string) ([]byte, error) {
	s := Subject{Country: country, Organisation: organisation, Name: called}
	for _, p := range profile[:3] {
		if err := p.check(p.field, *p.of(&s)); err != nil {
			return nil, err
		}
	}
	return s.write(), nil
}

// Parse reads a name that is exactly what DER writes. Anything else is one error.
func Parse(raw []byte) (Subject, error) {
	var s Subject
	var names cryptobyte.String
	in := cryptobyte.String(raw)
	if len(raw) > maxLen || !in.ReadASN1(&names, casn1.SEQUENCE) || !in.Empty() {
		return Subject{}, errForm
	}
	for !names.Empty() {
		var set, pair, value cryptobyte.String
		var oid asn1.ObjectIdentifier
		var tag casn1.Tag
		if !names.ReadASN1(&set, casn1.SET) || !set.ReadASN1(&pair, casn1.SEQUENCE) ||
			!pair.ReadASN1ObjectIdentifier(&oid) || !pair.ReadAnyASN1(&value, &tag) {
			return Subject{}, errForm
		}
		for _, p := range profile {
			if p.oid.Equal(oid) {
				*p.of(&s) = string(value)
			}
		}
	}
	// Order, string types, doubles and what is more: whatever differs is written differently.
	if again, err := s.DER(); err != nil || !bytes.Equal(again, raw) {
		return Subject{}, errForm
	}
	return s, nil
}

// Format implements fmt.Formatter: no verb prints the person.
func (s Subject) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "dn.Subject") }

// LogValue implements slog.LogValuer, as Format.
func (s Subject) LogValue() slog.Value { return slog.StringValue("dn.Subject") }
