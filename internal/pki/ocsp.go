package pki

import (
	"crypto"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Limits of an OCSP request. What programs send is about 120 octets.
const (
	// MaxOCSPRequest is the number of octets that are read of a request.
	MaxOCSPRequest = 4096
	maxOCSPIDs     = 20
	maxOCSPNonce   = 128 // RFC 9654, 2.1; RFC 8954 had 32
)

// ErrOCSPRequest says that a request is not one of RFC 6960, or above the limits.
var ErrOCSPRequest = errors.New("pki: not an OCSP request within the limits")

// DecodeOCSPGet reads the request in a path (RFC 6960, A.1): what follows the responder's
// address, once unescaped, is the base64 of its DER. ok is false for what is no base64, or holds
// more than MaxOCSPRequest.
func DecodeOCSPGet(text string) (der []byte, ok bool) {
	if text == "" || base64.StdEncoding.DecodedLen(len(text)) > MaxOCSPRequest+2 || strings.ContainsAny(text, "\r\n") {
		return nil, false
	}
	der, err := base64.StdEncoding.Strict().DecodeString(text)
	return der, err == nil && len(der) <= MaxOCSPRequest
}

// certID is one certificate that is asked about (RFC 6960, 4.1.1).
type certID struct {
	raw     []byte // as it came; the answer repeats it
	hash    crypto.Hash
	name    []byte // hash of the issuer's name
	key     []byte // hash of the issuer's key
	serial  Serial
	foreign bool // no authority here can have given the serial number, or the hash is not known
}

// ocspRequest is what a request asks.
type ocspRequest struct {
	ids   []certID
	nonce []byte // nil: none
}

var (
	oidSHA1      = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	oidSHA256    = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidOCSPBasic = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}
	oidOCSPNonce = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}
)

// parseOCSP reads a request in DER, strictly: nothing may follow anything, versions are 1,
// extensions are known or not critical. Who asks (requestorName, optionalSignature) is
// skipped: everybody gets the same answer.
func parseOCSP(der []byte) (ocspRequest, error) {
	if len(der) > MaxOCSPRequest {
		return ocspRequest{}, ErrOCSPRequest
	}
	constructed := func(n uint8) casn1.Tag { return casn1.Tag(n).ContextSpecific().Constructed() }
	in := cryptobyte.String(der)
	var outer, tbs, list, extensions cryptobyte.String
	var hasExtensions bool
	ok := in.ReadASN1(&outer, casn1.SEQUENCE) && in.Empty() &&
		outer.ReadASN1(&tbs, casn1.SEQUENCE) && outer.SkipOptionalASN1(constructed(0)) && outer.Empty() &&
		readVersion(&tbs, constructed(0)) && tbs.SkipOptionalASN1(constructed(1)) &&
		tbs.ReadASN1(&list, casn1.SEQUENCE) &&
		tbs.ReadOptionalASN1(&extensions, &hasExtensions, constructed(2)) && tbs.Empty()
	if !ok {
		return ocspRequest{}, ErrOCSPRequest
	}
	var r ocspRequest
	for !list.Empty() {
		var request, single cryptobyte.String
		var hasSingle bool
		if len(r.ids) == maxOCSPIDs || !list.ReadASN1(&request, casn1.SEQUENCE) {
			return ocspRequest{}, ErrOCSPRequest
		}
		id, ok := readCertID(&request)
		if !ok || !request.ReadOptionalASN1(&single, &hasSingle, constructed(0)) || !request.Empty() ||
			hasSingle && !readExtensions(single, nil) {
			return ocspRequest{}, ErrOCSPRequest
		}
		r.ids = append(r.ids, id)
	}
	if len(r.ids) == 0 || hasExtensions && !readExtensions(extensions, &r.nonce) {
		return ocspRequest{}, ErrOCSPRequest
	}
	return r, nil
}

// readVersion skips an optional version, which must be v1. DER leaves a default out; some
// programs do not.
func readVersion(in *cryptobyte.String, tag casn1.Tag) bool {
	var version cryptobyte.String
	var there bool
	if !in.ReadOptionalASN1(&version, &there, tag) {
		return false
	}
	var v int
	return !there || version.ReadASN1Integer(&v) && version.Empty() && v == 0
}

func readCertID(in *cryptobyte.String) (id certID, ok bool) {
	var element, body, algorithm, parameters, name, key cryptobyte.String
	var oid asn1.ObjectIdentifier
	var hasParameters bool
	serial := new(big.Int)
	if !in.ReadASN1Element(&element, casn1.SEQUENCE) {
		return id, false
	}
	id.raw = element
	ok = element.ReadASN1(&body, casn1.SEQUENCE) &&
		body.ReadASN1(&algorithm, casn1.SEQUENCE) && algorithm.ReadASN1ObjectIdentifier(&oid) &&
		algorithm.ReadOptionalASN1(&parameters, &hasParameters, casn1.NULL) && parameters.Empty() && algorithm.Empty() &&
		body.ReadASN1(&name, casn1.OCTET_STRING) && body.ReadASN1(&key, casn1.OCTET_STRING) &&
		body.ReadASN1Integer(serial) && body.Empty()
	if !ok {
		return id, false
	}
	id.name, id.key = name, key
	switch {
	case oid.Equal(oidSHA1):
		id.hash = crypto.SHA1
	case oid.Equal(oidSHA256):
		id.hash = crypto.SHA256
	}
	var known bool
	id.serial, known = SerialOf(serial)
	id.foreign = !known || id.hash == 0
	return id, true
}

// readExtensions reads the content of an Extensions field. Only a nonce may be critical, and
// only where nonce is not nil.
func readExtensions(in cryptobyte.String, nonce *[]byte) bool {
	var list cryptobyte.String
	if !in.ReadASN1(&list, casn1.SEQUENCE) || !in.Empty() || list.Empty() {
		return false
	}
	for !list.Empty() {
		var extension, value, octets cryptobyte.String
		var oid asn1.ObjectIdentifier
		critical := false
		if !list.ReadASN1(&extension, casn1.SEQUENCE) || !extension.ReadASN1ObjectIdentifier(&oid) {
			return false
		}
		if extension.PeekASN1Tag(casn1.BOOLEAN) && !extension.ReadASN1Boolean(&critical) {
			return false
		}
		if !extension.ReadASN1(&value, casn1.OCTET_STRING) || !extension.Empty() {
			return false
		}
		if nonce == nil || !oid.Equal(oidOCSPNonce) {
			if critical {
				return false
			}
			continue
		}
		if *nonce != nil || !value.ReadASN1(&octets, casn1.OCTET_STRING) || !value.Empty() ||
			len(octets) == 0 || len(octets) > maxOCSPNonce {
			return false
		}
		*nonce = octets
	}
	return true
}
