// Package request makes and reads certificate requests (PKCS#10, RFC 2986): all that a
// server ever gets of a registration file. Its form is fixed to the byte, so that a
// request says who and which key, and nothing else:
//
//	version 0
//	subject     C, O, CN = name, UID = username, emailAddress; see [dn.Subject]
//	key         ECDSA on P-256
//	attributes  one extension request: the address as subject alternative name
//	signature   ECDSA with SHA-256
//
// The page makes the same by regfile-cert.js. All functions are safe for concurrent use.
package request

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pki/der"
	"github.com/habeas-data/habeas/internal/pki/dn"
)

// MaxLen is the most bytes that a request may have; the longest that Make writes has
// fewer.
const MaxLen = 2048

var (
	oidAlternative      = der.OID(2, 5, 29, 17) // subjectAltName
	oidExtensionRequest = der.OID(1, 2, 840, 113549, 1, 9, 14)
	ecdsaWithSHA256     = der.Sequence(der.OID(1, 2, 840, 10045, 4, 3, 2))
)

var (
	errForm = habeas.Invalid("request",
		"A certificate request is expected: PKCS#10 in DER, with the address as its one extension.").WithCode("request.form")
	errKey       = habeas.Invalid("request", "A key on the curve P-256 is expected.").WithCode("request.key")
	errSignature = habeas.Invalid("request",
		"A signature by the key of the request is expected, ECDSA with SHA-256.").WithCode("request.signature")
	errTooLarge = &habeas.Error{
		Kind: habeas.KindTooLarge, Code: "request.size", Field: "request",
		Message: "At most 2048 bytes are expected.",
	}
)

// Request is one that was read and whose signature proves that its sender has the key.
type Request struct {
	Subject dn.Subject
	Key     *ecdsa.PublicKey
}

// Make signs a request for a certificate of the key, which must be on P-256. Errors are
// those of [dn.Subject.Check], of the key's signature, and one about another key.
func Make(key crypto.Signer, who dn.Subject) ([]byte, error) {
	public, ok := key.Public().(*ecdsa.PublicKey)
	if !ok || public.Curve != elliptic.P256() {
		return nil, errKey
	}
	info, err := unsigned(who, public)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(info)
	signature, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	return der.Sequence(info, ecdsaWithSHA256, der.Bits(signature)), nil
}

// unsigned is CertificationRequestInfo, the part that is signed.
func unsigned(who dn.Subject, key *ecdsa.PublicKey) ([]byte, error) {
	name, err := who.DER()
	if err != nil {
		return nil, err
	}
	public, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, errKey
	}
	extension := der.Sequence(oidAlternative, der.Octets(der.Sequence(der.Implicit(1, []byte(who.Email)))))
	attribute := der.Sequence(oidExtensionRequest, der.SetOf(der.Sequence(extension)))
	return der.Sequence(der.Integer(0), name, public, der.Explicit(0, attribute)), nil
}

// Parse reads a request and checks its signature. Whatever Make would not have written is
// refused, by an error that says what was expected: other attributes, another order,
// another key or algorithm, bytes that follow.
func Parse(raw []byte) (Request, error) {
	if len(raw) > MaxLen {
		return Request{}, errTooLarge
	}
	var outer, info cryptobyte.String
	var signature []byte
	in := cryptobyte.String(raw)
	if !in.ReadASN1(&outer, asn1.SEQUENCE) || !in.Empty() || !outer.ReadASN1Element(&info, asn1.SEQUENCE) {
		return Request{}, errForm
	}
	r, err := read(info)
	if err != nil {
		return Request{}, err
	}
	if again, err := unsigned(r.Subject, r.Key); err != nil || !bytes.Equal(again, info) {
		return Request{}, errForm
	}
	rest, ok := bytes.CutPrefix(outer, ecdsaWithSHA256)
	outer = rest
	if !ok || !outer.ReadASN1BitStringAsBytes(&signature) || !outer.Empty() {
		return Request{}, errSignature
	}
	if digest := sha256.Sum256(info); !ecdsa.VerifyASN1(r.Key, digest[:], signature) {
		return Request{}, errSignature
	}
	return r, nil
}

// read takes subject and key out of the part that is signed.
func read(info cryptobyte.String) (r Request, err error) {
	var version int
	var body, name, key cryptobyte.String
	if !info.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1Integer(&version) ||
		!body.ReadASN1Element(&name, asn1.SEQUENCE) || !body.ReadASN1Element(&key, asn1.SEQUENCE) {
		return Request{}, errForm
	}
	if r.Subject, err = dn.Parse(name); err != nil {
		return Request{}, err
	}
	public, err := x509.ParsePKIXPublicKey(key)
	if err != nil {
		return Request{}, errKey
	}
	ok := false
	if r.Key, ok = public.(*ecdsa.PublicKey); !ok || r.Key.Curve != elliptic.P256() {
		return Request{}, errKey
	}
	return r, nil
}
