package attrcert

import (
	"bytes"
	encoding_asn1 "encoding/asn1"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// MaxSize is how many octets an attribute certificate may have.
const MaxSize = 64 << 10

// maxDepth is how deep values may be nested. A certificate of this profile needs 12: the
// value in a name in the authority of a role.
const maxDepth = 32

// maxSerial is the number of octets a serial number may have (section 4.2.5).
const maxSerial = 20

const constructed = asn1.Tag(0x20)

// context is the tag [n] of a primitive value.
func context(n int) asn1.Tag { return asn1.Tag(n).ContextSpecific() }

// inner is the tag [n] of a constructed value.
func inner(n int) asn1.Tag { return context(n).Constructed() }

// isDER reports whether s is a sequence of values in DER, down to the last one. What a
// reader of one field checks by itself (that a length is as short as can be, and tags are
// small) cryptobyte does; this finds what would lie in parts that are only kept: a value
// that could be written in two ways is refused wherever it is.
func isDER(s cryptobyte.String, depth int) bool {
	if depth > maxDepth {
		return false
	}
	for !s.Empty() {
		var content cryptobyte.String
		var tag asn1.Tag
		if !s.ReadAnyASN1(&content, &tag) || !isValue(content, tag) {
			return false
		}
		if tag&constructed == 0 {
			continue
		}
		if tag == asn1.SET && !isOrdered(content) || !isDER(content, depth+1) {
			return false
		}
	}
	return true
}

// isValue checks the form of one value by X.690, sections 8 and 11. Values of a context
// tag have no form until their field is known.
func isValue(content cryptobyte.String, tag asn1.Tag) bool {
	if tag&0xc0 != 0 {
		return true
	}
	n := len(content)
	switch tag {
	case asn1.SEQUENCE, asn1.SET:
		return true
	case asn1.BOOLEAN:
		return n == 1 && (content[0] == 0 || content[0] == 0xff)
	case asn1.INTEGER, asn1.ENUM:
		return n == 1 || n > 1 && !isPadding(content[0], content[1])
	case asn1.BIT_STRING:
		return n == 1 && content[0] == 0 || n > 1 && content[0] < 8 && content[n-1]&(1<<content[0]-1) == 0
	case asn1.NULL:
		return n == 0
	case asn1.OBJECT_IDENTIFIER:
		return isOID(content)
	case 0, 8, 11, 16, 17, 29: // an end-of-contents mark; what consists of values and has none
		return false
	default: // in DER, no string comes in pieces
		return tag&constructed == 0
	}
}

// isPadding reports whether a number would be the same without its first octet.
func isPadding(first, next byte) bool {
	return first == 0 && next < 0x80 || first == 0xff && next >= 0x80
}

// isOID reports whether each number has its last octet and no padding before the first.
func isOID(content []byte) bool {
	first := true
	for _, b := range content {
		if first && b == 0x80 {
			return false
		}
		first = b < 0x80
	}
	return len(content) > 0 && first
}

// isOrdered reports whether the members of a set ascend, as DER wants it.
func isOrdered(s cryptobyte.String) bool {
	var last cryptobyte.String
	for !s.Empty() {
		var member cryptobyte.String
		var tag asn1.Tag
		if !s.ReadAnyASN1Element(&member, &tag) || bytes.Compare(last, member) > 0 {
			return false
		}
		last = member
	}
	return true
}

// whole returns the content of the one value that der consists of.
func whole(der []byte, tag asn1.Tag) (content cryptobyte.String, ok bool) {
	s := cryptobyte.String(der)
	ok = s.ReadASN1(&content, tag) && s.Empty()
	return content, ok
}

// readSerial reads a positive number of at most 20 octets.
func readSerial(s *cryptobyte.String) (*big.Int, bool) {
	var content cryptobyte.String
	rest := *s
	n := new(big.Int)
	ok := rest.ReadASN1(&content, asn1.INTEGER) && len(content) <= maxSerial && s.ReadASN1Integer(n) && n.Sign() > 0
	return n, ok
}

// timeForm is the only form of a time here: GeneralizedTime in UTC with seconds and
// without fractions (section 4.2.6).
const timeForm = "20060102150405Z"

func readTime(s *cryptobyte.String) (time.Time, bool) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.GeneralizedTime) || len(content) != len(timeForm) {
		return time.Time{}, false
	}
	t, err := time.Parse(timeForm, string(content))
	return t, err == nil
}

// readCritical reads BOOLEAN DEFAULT FALSE, of which DER writes only TRUE.
func readCritical(s *cryptobyte.String) (critical, ok bool) {
	if !s.PeekASN1Tag(asn1.BOOLEAN) {
		return false, true
	}
	ok = s.ReadASN1Boolean(&critical)
	return critical, ok && critical
}

// readOID reads an object identifier and gives a key to find it by.
func readOID(s *cryptobyte.String) (id encoding_asn1.ObjectIdentifier, key string, ok bool) {
	ok = s.ReadASN1ObjectIdentifier(&id)
	return id, id.String(), ok
}

// octets copies what is kept of an input.
func octets(s cryptobyte.String) []byte { return append([]byte{}, s...) }
