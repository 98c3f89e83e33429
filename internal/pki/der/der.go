// Package der writes the few forms of DER (X.690) that certificate requests and
// registration files are made of. The page writes the same by regfile-der.js, whose
// functions have the same names. What comes from outside is read by
// golang.org/x/crypto/cryptobyte, which takes definite and shortest lengths only.
package der

import (
	"bytes"
	"encoding/asn1"
	"slices"
	"unicode/utf16"
)

// TLV is one element: tag, length and the parts as its content.
func TLV(tag byte, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	out := append(make([]byte, 0, n+5), tag)
	switch {
	case n < 0x80:
		out = append(out, byte(n))
	case n < 0x100:
		out = append(out, 0x81, byte(n))
	case n < 0x10000:
		out = append(out, 0x82, byte(n>>8), byte(n))
	default: // 16 MiB are more than any caller has
		out = append(out, 0x83, byte(n>>16), byte(n>>8), byte(n))
	}
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// Sequence is SEQUENCE and SEQUENCE OF.
func Sequence(parts ...[]byte) []byte { return TLV(0x30, parts...) }

// SetOf is SET OF, sorted as DER asks (X.690, 11.6).
func SetOf(parts ...[]byte) []byte {
	parts = slices.Clone(parts)
	slices.SortFunc(parts, bytes.Compare)
	return TLV(0x31, parts...)
}

// Explicit is [n] EXPLICIT, and [n] IMPLICIT of something constructed.
func Explicit(n byte, parts ...[]byte) []byte { return TLV(0xa0|n, parts...) }

// Implicit is [n] IMPLICIT of something primitive.
func Implicit(n byte, content []byte) []byte { return TLV(0x80|n, content) }

// Octets is OCTET STRING.
func Octets(parts ...[]byte) []byte { return TLV(0x04, parts...) }

// Bits is BIT STRING of whole bytes.
func Bits(content []byte) []byte { return TLV(0x03, []byte{0}, content) }

// Null is NULL.
func Null() []byte { return TLV(0x05) }

// Integer is INTEGER of a number that is not negative.
func Integer(n int) []byte {
	content := []byte{byte(n)}
	for n >>= 8; n > 0; n >>= 8 {
		content = append(content, byte(n))
	}
	if content[len(content)-1] >= 0x80 { // else it would be negative
		content = append(content, 0)
	}
	slices.Reverse(content)
	return TLV(0x02, content)
}

// OID is OBJECT IDENTIFIER. It is for constants of the program, and panics on what is none.
func OID(arcs ...int) []byte {
	out, err := asn1.Marshal(asn1.ObjectIdentifier(arcs))
	if err != nil {
		panic("der: " + err.Error())
	}
	return out
}

// UTF8, Printable and IA5 are the string types of names. The caller knows that the
// characters are those of the type.
func UTF8(s string) []byte      { return TLV(0x0c, []byte(s)) }
func Printable(s string) []byte { return TLV(0x13, []byte(s)) } //nolint:revive // see UTF8
func IA5(s string) []byte       { return TLV(0x16, []byte(s)) } //nolint:revive // see UTF8

// BMP is BMPString. Characters outside the basic plane go as surrogates, as OpenSSL and
// Java write them.
func BMP(s string) []byte {
	var content []byte
	for _, u := range utf16.Encode([]rune(s)) {
		content = append(content, byte(u>>8), byte(u))
	}
	return TLV(0x1e, content)
}
