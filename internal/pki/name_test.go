package pki

import (
	"errors"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pki/dn"
)

// Proves REG-06.
func TestTheNameOfACertificateIsThatOfThePerson(t *testing.T) {
	w := newWorld(t)
	for about, who := range map[string]dn.Subject{
		"all parts":       ana,
		"no organisation": {Name: "Tim", Country: "GB", Email: "tim@example.org", Username: "tim"},
		"other scripts":   {Name: "علی\u200cرضا نوری", Country: "IR", Organisation: "図書館", Email: "a+b@xn--bcher-kva.example", Username: "علی"},
		"the longest":     {Name: strings.Repeat("ñ", 64), Country: "ES", Organisation: strings.Repeat("o", 64), Email: strings.Repeat("e", 64) + "@example.org", Username: strings.Repeat("u", 64)},
	} {
		issued, err := w.identity.IssueIdentity(who, newKey(t).Public(), w.clock.Now(), w.clock.Now())
		if err != nil {
			t.Errorf("%s: %v", about, err)
			continue
		}
		cert := w.parse(issued.DER)
		if got, err := dn.Parse(cert.RawSubject); err != nil || got != who {
			t.Errorf("%s: another name, or %v", about, err)
		}
		if len(cert.EmailAddresses) != 1 || cert.EmailAddresses[0] != who.Email {
			t.Errorf("%s: the address is not the alternative name", about)
		}
	}
	_, cert, _ := w.person()
	w.says(true, []string{"x509", "-in", w.certificates("ana.pem", cert.Raw), "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb,utf8,show_type"},
		"emailAddress=IA5STRING:ana@example.org,UID=UTF8STRING:ana,CN=UTF8STRING:Ana María Núñez,O=UTF8STRING:Amigos de los Libros,C=PRINTABLESTRING:ES")
}

// What a name takes is tested in package dn; here, that nothing else is issued.
func TestNoCertificateIsIssuedToANameThatDoesNotFit(t *testing.T) {
	w := newWorld(t)
	for field, change := range map[string]func(*dn.Subject){
		"name":         func(s *dn.Subject) { s.Name = "ana\x00admin" },
		"country":      func(s *dn.Subject) { s.Country = "" },
		"organisation": func(s *dn.Subject) { s.Organisation = strings.Repeat("o", 65) },
		"username":     func(s *dn.Subject) { s.Username = "" },
		"email":        func(s *dn.Subject) { s.Email = "áná@example.org" },
	} {
		who := ana
		change(&who)
		issued, err := w.identity.IssueIdentity(who, newKey(t).Public(), w.clock.Now(), w.clock.Now())
		var e *habeas.Error
		if !errors.As(err, &e) || e.Kind != habeas.KindInvalid || e.Field != field || issued.DER != nil {
			t.Errorf("%v, want one about %s", err, field)
		}
	}
}
