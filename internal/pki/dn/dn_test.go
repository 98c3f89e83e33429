package dn_test

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pki/der"
	"github.com/habeas-data/habeas/internal/pki/dn"
)

var tim = dn.Subject{
	Name: "Tim Okafor", Country: "GB", Organisation: "Harbour Arts Trust", Email: "tim@example.org", Username: "tim.okafor",
}

func written(t testing.TB, who dn.Subject) []byte {
	t.Helper()
	raw, err := who.DER()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// about is the field that an error of kind Invalid names, with a code.
func about(err error) string {
	var e *habeas.Error
	if !errors.As(err, &e) || e.Kind != habeas.KindInvalid || !strings.HasPrefix(e.Code, "subject.") {
		return fmt.Sprintf("another error: %v", err)
	}
	return e.Field
}

// told is a name as the standard library reads it.
func told(t *testing.T, raw []byte) string {
	t.Helper()
	var names pkix.RDNSequence
	if rest, err := asn1.Unmarshal(raw, &names); err != nil || len(rest) > 0 {
		t.Fatal(err)
	}
	var got []string
	for _, set := range names {
		got = append(got, fmt.Sprint(set[0].Type, "=", set[0].Value))
	}
	return strings.Join(got, " ")
}

func TestTheNameIsInTheOrderOfItsProfile(t *testing.T) {
	want := "2.5.4.6=GB 2.5.4.10=Harbour Arts Trust 2.5.4.3=Tim Okafor 0.9.2342.19200300.100.1.1=tim.okafor 1.2.840.113549.1.9.1=tim@example.org"
	if told(t, written(t, tim)) != want {
		t.Error("another name")
	}
}

func TestANameThatFitsIsReadBack(t *testing.T) {
	for what, change := range map[string]func(*dn.Subject){
		"all parts":             func(*dn.Subject) {},
		"no organisation":       func(s *dn.Subject) { s.Organisation = "" },
		"a joiner in Persian":   func(s *dn.Subject) { s.Name = "علی\u200cرضا نوری" },
		"characters, not bytes": func(s *dn.Subject) { s.Name = strings.Repeat("名", 64) },
		"beyond the basic":      func(s *dn.Subject) { s.Username = "zoë 🌊" },
		"a tag in the address":  func(s *dn.Subject) { s.Email = "tim.o'k+b@example.org" },
		"an A-label":            func(s *dn.Subject) { s.Email = "tim@xn--bcher-kva.example" },
		"an address of 254":     func(s *dn.Subject) { s.Email = "a@" + strings.Repeat("e.", 125) + "ex" },
	} {
		who := tim
		change(&who)
		if got, err := dn.Parse(written(t, who)); err != nil || got != who {
			t.Errorf("%s: another name, or %v", what, err)
		}
	}
}

func TestANameThatDoesNotFitIsRefusedByItsField(t *testing.T) {
	for what, c := range map[string]struct {
		field  string
		change func(*dn.Subject)
	}{
		"no name":                   {"name", func(s *dn.Subject) { s.Name = "" }},
		"a name of 65":              {"name", func(s *dn.Subject) { s.Name = strings.Repeat("é", 65) }},
		"a NUL in it":               {"name", func(s *dn.Subject) { s.Name = "tim\x00admin" }},
		"a line break":              {"name", func(s *dn.Subject) { s.Name = "Tim\nOkafor" }},
		"a direction override":      {"name", func(s *dn.Subject) { s.Name = "Tim\u202eOkafor" }},
		"a zero width space":        {"name", func(s *dn.Subject) { s.Name = "T\u200bim" }},
		"a no-break space":          {"name", func(s *dn.Subject) { s.Name = "Tim\u00a0Okafor" }},
		"a wide space":              {"name", func(s *dn.Subject) { s.Name = "名\u3000前" }},
		"a filler of Hangul":        {"name", func(s *dn.Subject) { s.Name = "Tim\u3164" }},
		"a variation selector":      {"name", func(s *dn.Subject) { s.Name = "T\ufe0fim" }},
		"a private character":       {"name", func(s *dn.Subject) { s.Name = "Tim\ue000" }},
		"no character yet":          {"name", func(s *dn.Subject) { s.Name = "Tim\u0378" }},
		"a replacement":             {"name", func(s *dn.Subject) { s.Name = "Tim\ufffd" }},
		"not in form C":             {"name", func(s *dn.Subject) { s.Name = "Zoe\u0308" }},
		"broken UTF-8":              {"name", func(s *dn.Subject) { s.Name = "Tim\xff" }},
		"space before it":           {"name", func(s *dn.Subject) { s.Name = " Tim" }},
		"space at the end":          {"username", func(s *dn.Subject) { s.Username = "tim " }},
		"no username":               {"username", func(s *dn.Subject) { s.Username = "" }},
		"a username of 65":          {"username", func(s *dn.Subject) { s.Username = strings.Repeat("u", 65) }},
		"no country":                {"country", func(s *dn.Subject) { s.Country = "" }},
		"small letters":             {"country", func(s *dn.Subject) { s.Country = "gb" }},
		"a country of three":        {"country", func(s *dn.Subject) { s.Country = "GBR" }},
		"a name of a country":       {"country", func(s *dn.Subject) { s.Country = "Ghana" }},
		"an organisation of 65":     {"organisation", func(s *dn.Subject) { s.Organisation = strings.Repeat("x", 65) }},
		"no address":                {"email", func(s *dn.Subject) { s.Email = "" }},
		"no at":                     {"email", func(s *dn.Subject) { s.Email = "tim.example.org" }},
		"two at":                    {"email", func(s *dn.Subject) { s.Email = "tim@a@b" }},
		"no domain":                 {"email", func(s *dn.Subject) { s.Email = "tim@" }},
		"a domain in Unicode":       {"email", func(s *dn.Subject) { s.Email = "tim@bücher.example" }},
		"a mailbox in Unicode":      {"email", func(s *dn.Subject) { s.Email = "zoë@example.org" }},
		"a space in an address":     {"email", func(s *dn.Subject) { s.Email = "t im@example.org" }},
		"a line after it":           {"email", func(s *dn.Subject) { s.Email = "tim@example.org\n" }},
		"a display name":            {"email", func(s *dn.Subject) { s.Email = "Tim <tim@example.org>" }},
		"two addresses":             {"email", func(s *dn.Subject) { s.Email = "tim@example.org,b@example.org" }},
		"two dots":                  {"email", func(s *dn.Subject) { s.Email = "tim..o@example.org" }},
		"an address of 255":         {"email", func(s *dn.Subject) { s.Email = "a@" + strings.Repeat("e.", 126) + "x" }},
		"a domain with an underbar": {"email", func(s *dn.Subject) { s.Email = "tim@ex_ample.org" }},
	} {
		who := tim
		c.change(&who)
		raw, err := who.DER()
		if raw != nil || about(err) != c.field {
			t.Errorf("%s: %s", what, about(err))
		}
	}
}

func TestAnAuthorityHasNoUser(t *testing.T) {
	raw, err := dn.OfAuthority("GB", "Harbour Arts Trust", "Root CA 1")
	if err != nil || told(t, raw) != "2.5.4.6=GB 2.5.4.10=Harbour Arts Trust 2.5.4.3=Root CA 1" {
		t.Errorf("another name, or %v", err)
	}
	if _, err := dn.Parse(raw); about(err) != "subject" {
		t.Errorf("an authority is read as a person: %v", err)
	}
	for field, of := range map[string][3]string{
		"country": {"", "Trust", "CA"}, "organisation": {"GB", "", "CA"}, "name": {"GB", "Trust", "a\nb"},
	} {
		if raw, err := dn.OfAuthority(of[0], of[1], of[2]); raw != nil || about(err) != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestOnlyTheOneFormOfANameIsRead(t *testing.T) {
	right := written(t, tim)
	name := func(oid []byte, value []byte) []byte { return der.SetOf(der.Sequence(oid, value)) }
	country := name(der.OID(2, 5, 4, 6), der.Printable("GB"))
	person := name(der.OID(2, 5, 4, 3), der.UTF8("Tim"))
	username := name(der.OID(0, 9, 2342, 19200300, 100, 1, 1), der.UTF8("tim"))
	email := name(der.OID(1, 2, 840, 113549, 1, 9, 1), der.IA5("tim@example.org"))
	if _, err := dn.Parse(der.Sequence(country, person, username, email)); err != nil {
		t.Fatalf("the right one: %v", err)
	}
	for what, raw := range map[string][]byte{
		"nothing":         nil,
		"open lengths":    append(append([]byte{0x30, 0x80}, right[2:]...), 0, 0),
		"trailing bytes":  append(bytes.Clone(right), 0),
		"cut":             right[:len(right)-1],
		"too long":        der.Sequence(country, person, username, email, name(der.OID(2, 5, 4, 3), der.UTF8(strings.Repeat("x", 5000)))),
		"another order":   der.Sequence(person, country, username, email),
		"a part twice":    der.Sequence(country, person, person, username, email),
		"an unknown part": der.Sequence(country, person, username, email, name(der.OID(2, 5, 4, 7), der.UTF8("Cork"))),
		"an empty part":   der.Sequence(country, name(der.OID(2, 5, 4, 10), der.UTF8("")), person, username, email),
		"another string":  der.Sequence(country, name(der.OID(2, 5, 4, 3), der.Printable("Tim")), username, email),
		"two in a set":    der.Sequence(country, der.SetOf(der.Sequence(der.OID(2, 5, 4, 3), der.UTF8("Tim")), der.Sequence(der.OID(2, 5, 4, 10), der.UTF8("x"))), username, email),
		"no country":      der.Sequence(person, username, email),
		"what is unfit":   der.Sequence(country, name(der.OID(2, 5, 4, 3), der.UTF8("T\u200bim")), username, email),
		"not IA5":         der.Sequence(country, person, username, name(der.OID(1, 2, 840, 113549, 1, 9, 1), der.UTF8("zoë@example.org"))),
	} {
		if who, err := dn.Parse(raw); about(err) != "subject" || who != (dn.Subject{}) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestASubjectIsNotPrinted(t *testing.T) {
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("who", "subject", tim)
	fmt.Fprintf(&out, "%v %+v %#v %s %q %x %d", tim, tim, struct{ S dn.Subject }{tim}, tim, tim, tim, &tim)
	if strings.Count(out.String(), "dn.Subject") < 8 || strings.Contains(out.String(), "Okafor") || strings.Contains(out.String(), "example.org") {
		t.Error("a person is printed")
	}
}

func FuzzDN(f *testing.F) {
	good := written(f, tim)
	authority, err := dn.OfAuthority("ES", "Amigos de los Libros", "Identity CA 1")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{good, authority, good[:len(good)-1], append(bytes.Clone(good), 0), {0x30, 0x80}, nil, []byte("Ana\nES\nLibros\nana@example.org\nana")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if who, err := dn.Parse(in); err == nil {
			if raw, err := who.DER(); err != nil || !bytes.Equal(raw, in) {
				t.Errorf("a name was read that is not written here (%v)", err)
			}
		}
		parts := strings.Split(string(in), "\n")
		if len(parts) != 5 {
			return
		}
		who := dn.Subject{Name: parts[0], Country: parts[1], Organisation: parts[2], Email: parts[3], Username: parts[4]}
		raw, err := who.DER()
		if (err == nil) != (who.Check() == nil) {
			t.Errorf("written or not: %v", err)
		}
		if err != nil {
			return
		}
		if got, err := dn.Parse(raw); err != nil || got != who {
			t.Errorf("another name came back (%v)", err)
		}
	})
}
