package attrcert

import (
	"bytes"
	"crypto"
	"crypto/x509"
	encoding_asn1 "encoding/asn1"
	"errors"
	"math/big"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Holder says whose attributes these are. Where it says so in several ways, a certificate
// has to fit all of them.
type Holder struct {
	// BaseCertificateID names the holder's certificate. Create sets it, and a certificate
	// without it can be read and is never accepted by Verify.
	BaseCertificateID *IssuerSerial
	// EntityName are names of the holder: the subject of the holder's certificate or
	// one of its alternative names. It is there to be shown to people.
	EntityName []GeneralName
	// ObjectDigest is a hash of the holder's key or certificate.
	ObjectDigest *ObjectDigest
}

// IssuerSerial names a certificate.
type IssuerSerial struct {
	RawIssuer []byte // distinguished name, in DER
	Serial    *big.Int
}

// DigestedObject is what an [ObjectDigest] is the hash of.
type DigestedObject uint8

// What a digest is of (section 4.1).
const (
	DigestedKey         DigestedObject = iota // SubjectPublicKeyInfo
	DigestedCertificate                       // the whole certificate
	DigestedOther                             // what OtherType says
)

// ObjectDigest is a hash that the holder is recognised by.
type ObjectDigest struct {
	Object       DigestedObject
	OtherType    encoding_asn1.ObjectIdentifier // for DigestedOther, else nil
	RawAlgorithm []byte                         // AlgorithmIdentifier, in DER
	Digest       []byte
}

// fits says in what the holder's certificate differs from h, or nil.
func (h *Holder) fits(cert *x509.Certificate) error {
	id := h.BaseCertificateID
	if id == nil {
		return errors.New("it names no issuer and serial number")
	}
	if !bytes.Equal(id.RawIssuer, cert.RawIssuer) || id.Serial.Cmp(cert.SerialNumber) != 0 {
		return errors.New("issuer or serial number differ")
	}
	for _, name := range h.EntityName {
		if !isNameOf(name, cert) {
			return errors.New("a name is not one of the holder's certificate")
		}
	}
	if h.ObjectDigest != nil && !h.ObjectDigest.fits(cert) {
		return errors.New("the digest differs")
	}
	return nil
}

var oidSubjectAltName = encoding_asn1.ObjectIdentifier{2, 5, 29, 17}

// isNameOf reports whether a certificate is about somebody of this name.
func isNameOf(name GeneralName, cert *x509.Certificate) bool {
	if name.Equal(DirectoryName(cert.RawSubject)) {
		return true
	}
	for _, ext := range cert.Extensions {
		if !ext.Id.Equal(oidSubjectAltName) {
			continue
		}
		content, ok := whole(ext.Value, asn1.SEQUENCE)
		if !ok {
			return false
		}
		names, ok := readNames(content)
		return ok && slices.ContainsFunc(names, name.Equal)
	}
	return false
}

// digests are the hashes that a digest is checked with: AlgorithmIdentifier, in DER.
var digests = map[string]crypto.Hash{
	"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01":         crypto.SHA256,
	"\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00": crypto.SHA256,
	"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02":         crypto.SHA384,
	"\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00": crypto.SHA384,
	"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03":         crypto.SHA512,
	"\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00": crypto.SHA512,
}

func (d *ObjectDigest) fits(cert *x509.Certificate) bool {
	hash, ok := digests[string(d.RawAlgorithm)]
	if !ok {
		return false
	}
	h := hash.New()
	switch d.Object {
	case DigestedKey:
		h.Write(cert.RawSubjectPublicKeyInfo)
	case DigestedCertificate:
		h.Write(cert.Raw)
	default:
		return false
	}
	return bytes.Equal(h.Sum(nil), d.Digest)
}

func readHolder(s *cryptobyte.String) (h Holder, err error) {
	var holder, content cryptobyte.String
	var present bool
	if !s.ReadASN1(&holder, asn1.SEQUENCE) || holder.Empty() {
		return h, bad("holder", "a SEQUENCE that says whose the certificate is")
	}
	if !holder.ReadOptionalASN1(&content, &present, inner(0)) {
		return h, bad("holder.baseCertificateID", "[0] or nothing")
	}
	if present {
		if h.BaseCertificateID, err = readIssuerSerial(content); err != nil {
			return h, err
		}
	}
	var ok bool
	if h.EntityName, ok = readOptionalNames(&holder, 1); !ok {
		return h, bad("holder.entityName", "[1] with at least one name")
	}
	if !holder.ReadOptionalASN1(&content, &present, inner(2)) || !holder.Empty() {
		return h, bad("holder", "nothing after [2]")
	}
	if present {
		h.ObjectDigest, err = readObjectDigest(content)
	}
	return h, err
}

// readIssuerSerial reads one issuer, a distinguished name that is not empty, and a serial
// number (section 4.2.2).
func readIssuerSerial(s cryptobyte.String) (*IssuerSerial, error) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.SEQUENCE) {
		return nil, bad("holder.baseCertificateID.issuer", "a SEQUENCE")
	}
	raw, ok := readOneDirectory(content)
	if !ok {
		return nil, bad("holder.baseCertificateID.issuer", "one distinguished name that is not empty")
	}
	serial, ok := readSerial(&s)
	if !ok {
		return nil, bad("holder.baseCertificateID.serial", "a positive number of at most 20 octets")
	}
	if !s.Empty() {
		return nil, bad("holder.baseCertificateID.issuerUID", "to be absent")
	}
	return &IssuerSerial{RawIssuer: raw, Serial: serial}, nil
}

// readOneDirectory reads the content of GeneralNames that has to be one distinguished name,
// not empty, and returns that name in DER.
func readOneDirectory(s cryptobyte.String) ([]byte, bool) {
	names, ok := readNames(s)
	if !ok || len(names) != 1 || names[0].Kind != Directory {
		return nil, false
	}
	_, ok = readDistinguished(names[0].Value)
	return names[0].Value, ok
}

func readObjectDigest(s cryptobyte.String) (*ObjectDigest, error) {
	const field = "holder.objectDigestInfo"
	var kind int
	if !s.ReadASN1Enum(&kind) || kind < int(DigestedKey) || kind > int(DigestedOther) {
		return nil, bad(field+".digestedObjectType", "0, 1 or 2")
	}
	d := &ObjectDigest{Object: DigestedObject(kind)}
	if d.Object == DigestedOther && !s.ReadASN1ObjectIdentifier(&d.OtherType) {
		return nil, bad(field+".otherObjectTypeID", "an object identifier")
	}
	var algorithm cryptobyte.String
	if !s.ReadASN1Element(&algorithm, asn1.SEQUENCE) {
		return nil, bad(field+".digestAlgorithm", "a SEQUENCE")
	}
	d.RawAlgorithm = octets(algorithm)
	var digest []byte
	if !s.ReadASN1BitStringAsBytes(&digest) || !s.Empty() {
		return nil, bad(field+".objectDigest", "a BIT STRING of whole octets, and nothing more")
	}
	d.Digest = octets(digest)
	return d, nil
}

func addHolder(b *cryptobyte.Builder, h *Holder) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		if id := h.BaseCertificateID; id != nil {
			b.AddASN1(inner(0), func(b *cryptobyte.Builder) {
				addNames(b, asn1.SEQUENCE, []GeneralName{DirectoryName(id.RawIssuer)})
				b.AddASN1BigInt(id.Serial)
			})
		}
		addNames(b, inner(1), h.EntityName)
		if h.ObjectDigest != nil {
			addObjectDigest(b, h.ObjectDigest)
		}
	})
}

func addObjectDigest(b *cryptobyte.Builder, d *ObjectDigest) {
	b.AddASN1(inner(2), func(b *cryptobyte.Builder) {
		b.AddASN1Enum(int64(d.Object))
		if d.OtherType != nil {
			b.AddASN1ObjectIdentifier(d.OtherType)
		}
		b.AddBytes(d.RawAlgorithm)
		b.AddASN1BitString(d.Digest)
	})
}
