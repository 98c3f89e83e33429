package attrcert

import (
	encoding_asn1 "encoding/asn1"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// The attribute types of section 4.4.
var (
	OIDAuthenticationInfo = encoding_asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 10, 1}
	OIDAccessIdentity     = encoding_asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 10, 2}
	OIDChargingIdentity   = encoding_asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 10, 3}
	OIDGroup              = encoding_asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 10, 4}
	OIDRole               = encoding_asn1.ObjectIdentifier{2, 5, 4, 72}
	OIDClearance          = encoding_asn1.ObjectIdentifier{2, 5, 4, 55}
)

// Attribute is one attribute as it stands in a certificate. A type comes once; its values
// are a set, which DER orders.
type Attribute struct {
	Type   encoding_asn1.ObjectIdentifier
	Values [][]byte // each in DER; at least one
}

// Role is a role that the holder may take (section 4.4.5). RFC 5755 wants a URI as its
// name; other forms are accepted.
type Role struct {
	Authority []GeneralName // who is responsible for the role; may be missing
	Name      GeneralName
}

// IetfAttr names groups or accounts (section 4.4.3 and 4.4.4).
type IetfAttr struct {
	PolicyAuthority []GeneralName // whose words the values are; may be missing
	Values          []IetfValue   // at least one
}

// IetfValue is one of: octets, an object identifier, a text. What is not nil counts, in
// this order, and otherwise the text.
type IetfValue struct {
	Octets []byte
	OID    encoding_asn1.ObjectIdentifier
	Text   string
}

// AccessIdentity is how a service knows the holder (section 4.4.2).
type AccessIdentity struct {
	Service GeneralName
	Ident   GeneralName
}

func readAttributes(s *cryptobyte.String, ac *AttributeCertificate) error {
	var list cryptobyte.String
	if !s.ReadASN1(&list, asn1.SEQUENCE) || list.Empty() {
		return bad("attributes", "at least one attribute")
	}
	seen := map[string]bool{}
	for !list.Empty() {
		var one, values cryptobyte.String
		var a Attribute
		if !list.ReadASN1(&one, asn1.SEQUENCE) {
			return bad("attributes", "SEQUENCEs")
		}
		id, key, ok := readOID(&one)
		if !ok || seen[key] {
			return bad("attributes.type", "an object identifier that comes once")
		}
		seen[key] = true
		a.Type = id
		if !one.ReadASN1(&values, asn1.SET) || values.Empty() || !one.Empty() {
			return bad("attributes.values", "a SET of at least one value, and nothing more")
		}
		for !values.Empty() {
			var value cryptobyte.String
			var tag asn1.Tag
			if !values.ReadAnyASN1Element(&value, &tag) {
				return bad("attributes.values", "values in DER")
			}
			a.Values = append(a.Values, octets(value))
		}
		if err := ac.know(a); err != nil {
			return err
		}
		ac.Attributes = append(ac.Attributes, a)
	}
	return nil
}

// know reads an attribute whose syntax is known.
func (ac *AttributeCertificate) know(a Attribute) error {
	var ok bool
	switch {
	case a.Type.Equal(OIDRole):
		if ac.Roles, ok = readEach(a.Values, readRole); !ok {
			return bad("attributes.role", "RoleSyntax with a roleName")
		}
	case a.Type.Equal(OIDGroup):
		if ac.Group, ok = readIetfAttr(a.Values); !ok {
			return bad("attributes.group", "one IetfAttrSyntax with at least one value")
		}
	case a.Type.Equal(OIDChargingIdentity):
		if ac.ChargingIdentity, ok = readIetfAttr(a.Values); !ok {
			return bad("attributes.chargingIdentity", "one IetfAttrSyntax with at least one value")
		}
	case a.Type.Equal(OIDAccessIdentity):
		if ac.AccessIdentities, ok = readEach(a.Values, readAccessIdentity); !ok {
			return bad("attributes.accessIdentity", "SvceAuthInfo without authInfo")
		}
	}
	return nil
}

func readEach[T any](values [][]byte, read func([]byte) (T, bool)) (all []T, ok bool) {
	for _, value := range values {
		one, ok := read(value)
		if !ok {
			return nil, false
		}
		all = append(all, one)
	}
	return all, true
}

func readRole(der []byte) (r Role, ok bool) {
	s, ok := whole(der, asn1.SEQUENCE)
	if !ok {
		return r, false
	}
	if r.Authority, ok = readOptionalNames(&s, 0); !ok {
		return r, false
	}
	var name cryptobyte.String
	if !s.ReadASN1(&name, inner(1)) || !s.Empty() {
		return r, false
	}
	r.Name, ok = readName(&name)
	return r, ok && name.Empty()
}

// readIetfAttr reads the one value that the attributes of this syntax have.
func readIetfAttr(values [][]byte) (*IetfAttr, bool) {
	s, ok := whole(values[0], asn1.SEQUENCE)
	if !ok || len(values) != 1 {
		return nil, false
	}
	a := &IetfAttr{}
	if a.PolicyAuthority, ok = readOptionalNames(&s, 0); !ok {
		return nil, false
	}
	var list cryptobyte.String
	if !s.ReadASN1(&list, asn1.SEQUENCE) || list.Empty() || !s.Empty() {
		return nil, false
	}
	for !list.Empty() {
		v, ok := readIetfValue(&list)
		if !ok {
			return nil, false
		}
		a.Values = append(a.Values, v)
	}
	return a, true
}

func readIetfValue(s *cryptobyte.String) (v IetfValue, ok bool) {
	var content cryptobyte.String
	switch {
	case s.PeekASN1Tag(asn1.OBJECT_IDENTIFIER):
		ok = s.ReadASN1ObjectIdentifier(&v.OID)
	case s.PeekASN1Tag(asn1.OCTET_STRING):
		ok = s.ReadASN1(&content, asn1.OCTET_STRING)
		v.Octets = octets(content)
	default:
		ok = s.ReadASN1(&content, asn1.UTF8String) && utf8.Valid(content)
		v.Text = string(content)
	}
	return v, ok
}

func readAccessIdentity(der []byte) (a AccessIdentity, ok bool) {
	s, ok := whole(der, asn1.SEQUENCE)
	if !ok {
		return a, false
	}
	if a.Service, ok = readName(&s); !ok {
		return a, false
	}
	a.Ident, ok = readName(&s)
	return a, ok && s.Empty()
}

func addRole(b *cryptobyte.Builder, r Role) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addNames(b, inner(0), r.Authority)
		addNames(b, inner(1), []GeneralName{r.Name})
	})
}

func addIetfAttr(b *cryptobyte.Builder, a IetfAttr) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addNames(b, inner(0), a.PolicyAuthority)
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, v := range a.Values {
				switch {
				case v.Octets != nil:
					b.AddASN1OctetString(v.Octets)
				case v.OID != nil:
					b.AddASN1ObjectIdentifier(v.OID)
				default:
					b.AddASN1(asn1.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(v.Text)) })
				}
			}
		})
	})
}

func addAccessIdentity(b *cryptobyte.Builder, a AccessIdentity) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addName(b, a.Service)
		addName(b, a.Ident)
	})
}

func addAttribute(b *cryptobyte.Builder, a Attribute) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(a.Type)
		b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) {
			for _, value := range a.Values {
				b.AddBytes(value)
			}
		})
	})
}
