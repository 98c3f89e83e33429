package attrcert

import (
	"bytes"
	"crypto/x509/pkix"
	encoding_asn1 "encoding/asn1"
	"fmt"
	"net/netip"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// NameKind is the form of a [GeneralName]: its tag in RFC 5280, section 4.2.1.6.
type NameKind uint8

// The forms of a name.
const (
	OtherName NameKind = iota
	EmailAddress
	DNS
	X400Address
	Directory
	EDIParty
	URI
	IPAddress
	RegisteredID
)

var kindNames = [...]string{"other name", "e-mail address", "DNS name", "X.400 address", "directory name", "EDI party name", "URI", "IP address", "registered id"}

func (k NameKind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown form of name"
}

// tag of a name: values of five forms are primitive, the others hold further values.
func (k NameKind) tag() asn1.Tag {
	switch k {
	case EmailAddress, DNS, URI, IPAddress, RegisteredID:
		return context(int(k))
	default:
		return inner(int(k))
	}
}

// GeneralName is a name in one of the forms of RFC 5280.
type GeneralName struct {
	Kind NameKind
	// Value is what stands under the tag: the text of an e-mail address, DNS name or
	// URI (ASCII), the DER of a directory name, the octets of an IP address (4 or 16).
	Value []byte
}

// URIName is a URI as a name, such as that of a role.
func URIName(uri string) GeneralName { return GeneralName{Kind: URI, Value: []byte(uri)} }

// DNSName is a DNS name as a name.
func DNSName(name string) GeneralName { return GeneralName{Kind: DNS, Value: []byte(name)} }

// DirectoryName is a distinguished name in DER as a name: the RawSubject of a certificate.
func DirectoryName(raw []byte) GeneralName { return GeneralName{Kind: Directory, Value: raw} }

// Equal reports whether both names have the same form and the same octets.
func (n GeneralName) Equal(other GeneralName) bool {
	return n.Kind == other.Kind && bytes.Equal(n.Value, other.Value)
}

// String shows a name to people: text as it is, a distinguished name as in RFC 2253.
// Different names may look the same; compare with Equal.
func (n GeneralName) String() string {
	switch n.Kind {
	case EmailAddress, DNS, URI:
		return string(n.Value)
	case Directory:
		if name, ok := readDistinguished(n.Value); ok {
			return name.String()
		}
	case IPAddress:
		if ip, ok := netip.AddrFromSlice(n.Value); ok {
			return ip.String()
		}
	case OtherName, X400Address, EDIParty, RegisteredID: // no form for people
	}
	return fmt.Sprintf("%s of %d octets", n.Kind, len(n.Value))
}

// valid checks the content of a form, as far as it has rules of its own.
func (n GeneralName) valid() bool {
	switch n.Kind {
	case EmailAddress, DNS, URI:
		return len(n.Value) > 0 && isASCII(n.Value)
	case Directory:
		return isName(n.Value)
	case IPAddress:
		return len(n.Value) == 4 || len(n.Value) == 16
	case RegisteredID:
		return isOID(n.Value)
	default:
		return len(n.Value) > 0
	}
}

func isASCII(text []byte) bool {
	for _, b := range text {
		if b >= 0x80 {
			return false
		}
	}
	return true
}

// isName reports whether der is a distinguished name, possibly an empty one.
func isName(der []byte) bool {
	rdns, ok := whole(der, asn1.SEQUENCE)
	for ok && !rdns.Empty() {
		var rdn cryptobyte.String
		if !rdns.ReadASN1(&rdn, asn1.SET) || rdn.Empty() {
			return false
		}
		for ok && !rdn.Empty() {
			var pair, value cryptobyte.String
			var id encoding_asn1.ObjectIdentifier
			var tag asn1.Tag
			ok = rdn.ReadASN1(&pair, asn1.SEQUENCE) && pair.ReadASN1ObjectIdentifier(&id) &&
				pair.ReadAnyASN1(&value, &tag) && pair.Empty()
		}
	}
	return ok
}

// readDistinguished reads a distinguished name that is not empty.
func readDistinguished(der []byte) (pkix.Name, bool) {
	var rdns pkix.RDNSequence
	var name pkix.Name
	rest, err := encoding_asn1.Unmarshal(der, &rdns)
	if err != nil || len(rest) > 0 || len(rdns) == 0 {
		return name, false
	}
	name.FillFromRDNSequence(&rdns)
	return name, true
}

func readName(s *cryptobyte.String) (GeneralName, bool) {
	var content cryptobyte.String
	var tag asn1.Tag
	if !s.ReadAnyASN1(&content, &tag) {
		return GeneralName{}, false
	}
	n := GeneralName{Kind: NameKind(tag & 0x1f), Value: octets(content)}
	return n, int(n.Kind) < len(kindNames) && tag == n.Kind.tag() && n.valid()
}

// readNames reads the content of GeneralNames, of which there is at least one.
func readNames(s cryptobyte.String) (names []GeneralName, ok bool) {
	for !s.Empty() {
		n, ok := readName(&s)
		if !ok {
			return nil, false
		}
		names = append(names, n)
	}
	return names, len(names) > 0
}

// readOptionalNames reads GeneralNames under [n], or nothing.
func readOptionalNames(s *cryptobyte.String, n int) ([]GeneralName, bool) {
	var content cryptobyte.String
	var present bool
	if !s.ReadOptionalASN1(&content, &present, inner(n)) || !present {
		return nil, !present
	}
	return readNames(content)
}

func addName(b *cryptobyte.Builder, n GeneralName) {
	b.AddASN1(n.Kind.tag(), func(b *cryptobyte.Builder) { b.AddBytes(n.Value) })
}

// addNames writes GeneralNames under a tag, and nothing where there are none.
func addNames(b *cryptobyte.Builder, tag asn1.Tag, names []GeneralName) {
	if len(names) == 0 {
		return
	}
	b.AddASN1(tag, func(b *cryptobyte.Builder) {
		for _, n := range names {
			addName(b, n)
		}
	})
}
