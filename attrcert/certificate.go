package attrcert

import (
	"crypto/x509"
	"crypto/x509/pkix"
	encoding_asn1 "encoding/asn1"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// PEMType is the type of a PEM block that holds an attribute certificate (RFC 7468,
// section 12).
const PEMType = "ATTRIBUTE CERTIFICATE"

// version is v2, the only one of the profile.
const version = 1

// AttributeCertificate is an attribute certificate of RFC 5755: what Parse has read, or a
// template for [Create].
type AttributeCertificate struct {
	Raw       []byte // the whole certificate, in DER
	RawTBS    []byte // AttributeCertificateInfo: the part that is signed
	RawIssuer []byte // the issuer's distinguished name

	Signature          []byte
	SignatureAlgorithm x509.SignatureAlgorithm

	SerialNumber *big.Int // positive, at most 20 octets
	Holder       Holder
	Issuer       pkix.Name
	// The certificate is valid from NotBefore to NotAfter, both included. Seconds count.
	NotBefore, NotAfter time.Time

	// Roles, Group, ChargingIdentity and AccessIdentities are the attributes of known
	// syntax.
	Roles            []Role
	Group            *IetfAttr
	ChargingIdentity *IetfAttr
	AccessIdentities []AccessIdentity
	// Attributes are all attributes as they were read, those above included. Create
	// ignores them, and adds ExtraAttributes as they are.
	Attributes      []Attribute
	ExtraAttributes []Attribute

	// AuditIdentity stands for the holder in audit trails, so that these need not name
	// anybody (section 4.3.1).
	AuditIdentity []byte
	// Targets are those that the certificate is meant for; none means everybody.
	Targets []Target
	// AuthorityKeyID is the subject key id of the issuer's certificate.
	AuthorityKeyID []byte
	// OCSPServers and CRLDistributionPoint say where to ask about revocation. Nothing
	// in this package does: they are of no worth before the signature is verified.
	OCSPServers          []string
	CRLDistributionPoint *GeneralName
	// NoRevAvail says that there will never be anything to learn about revocation.
	NoRevAvail bool
	// Extensions are all extensions as they were read, those above included. Create
	// ignores them, and adds ExtraExtensions as they are.
	Extensions      []pkix.Extension
	ExtraExtensions []pkix.Extension
	// UnhandledCriticalExtensions are those that make Verify refuse the certificate.
	UnhandledCriticalExtensions []encoding_asn1.ObjectIdentifier
}

// Parse reads one attribute certificate in DER. It checks the form and not the signature:
// nothing in the result may be relied on before Verify. Errors are a [*FieldError].
func Parse(der []byte) (*AttributeCertificate, error) {
	if len(der) > MaxSize {
		return nil, bad("certificate", "at most 65536 octets")
	}
	der = octets(der)
	if !isDER(der, 0) {
		return nil, bad("certificate", "DER, nested at most 32 deep")
	}
	s, ok := whole(der, asn1.SEQUENCE)
	if !ok {
		return nil, bad("certificate", "one SEQUENCE, and nothing after it")
	}
	var tbs, outer cryptobyte.String
	if !s.ReadASN1Element(&tbs, asn1.SEQUENCE) {
		return nil, bad("acinfo", "a SEQUENCE")
	}
	ac, algorithm, err := parseInfo(tbs)
	if err != nil {
		return nil, err
	}
	if !s.ReadASN1Element(&outer, asn1.SEQUENCE) || string(outer) != string(algorithm.encode) {
		return nil, bad("signatureAlgorithm", "the algorithm of acinfo.signature")
	}
	if !s.ReadASN1BitStringAsBytes(&ac.Signature) || !s.Empty() {
		return nil, bad("signatureValue", "a BIT STRING of whole octets, and nothing after it")
	}
	ac.Raw = der
	return ac, nil
}

// parseInfo reads the part that is signed.
func parseInfo(tbs []byte) (*AttributeCertificate, *algorithm, error) {
	s, ok := whole(tbs, asn1.SEQUENCE)
	var v int64
	if !ok || !s.ReadASN1Integer(&v) || v != version {
		return nil, nil, bad("version", "1, which is v2")
	}
	ac := &AttributeCertificate{RawTBS: tbs}
	var err error
	if ac.Holder, err = readHolder(&s); err != nil {
		return nil, nil, err
	}
	if err := ac.readIssuer(&s); err != nil {
		return nil, nil, err
	}
	var id cryptobyte.String
	if !s.ReadASN1Element(&id, asn1.SEQUENCE) {
		return nil, nil, bad("signature", "a SEQUENCE")
	}
	a := algorithmOf(id)
	if a == nil {
		return nil, nil, bad("signature", "ECDSA, Ed25519 or RSA with SHA-2, with the parameters of its RFC")
	}
	ac.SignatureAlgorithm = a.id
	if ac.SerialNumber, ok = readSerial(&s); !ok {
		return nil, nil, bad("serialNumber", "a positive number of at most 20 octets")
	}
	if err := ac.readValidity(&s); err != nil {
		return nil, nil, err
	}
	if err := readAttributes(&s, ac); err != nil {
		return nil, nil, err
	}
	if err := readExtensions(&s, ac); err != nil {
		return nil, nil, err
	}
	if !s.Empty() {
		return nil, nil, bad("acinfo", "nothing after the extensions")
	}
	return ac, a, nil
}

// readIssuer reads the v2Form with one distinguished name and nothing else (section 4.2.3).
func (ac *AttributeCertificate) readIssuer(s *cryptobyte.String) error {
	var form, names cryptobyte.String
	if !s.ReadASN1(&form, inner(0)) {
		return bad("issuer", "v2Form, which is [0]")
	}
	if !form.ReadASN1(&names, asn1.SEQUENCE) || !form.Empty() {
		return bad("issuer.v2Form", "issuerName and nothing more")
	}
	raw, ok := readOneDirectory(names)
	if !ok {
		return bad("issuer.v2Form.issuerName", "one distinguished name that is not empty")
	}
	ac.RawIssuer = raw
	ac.Issuer, _ = readDistinguished(raw) // just checked
	return nil
}

func (ac *AttributeCertificate) readValidity(s *cryptobyte.String) error {
	var period cryptobyte.String
	var ok bool
	if !s.ReadASN1(&period, asn1.SEQUENCE) {
		return bad("attrCertValidityPeriod", "a SEQUENCE")
	}
	if ac.NotBefore, ok = readTime(&period); !ok {
		return bad("attrCertValidityPeriod.notBeforeTime", "GeneralizedTime as YYYYMMDDHHMMSSZ")
	}
	if ac.NotAfter, ok = readTime(&period); !ok {
		return bad("attrCertValidityPeriod.notAfterTime", "GeneralizedTime as YYYYMMDDHHMMSSZ")
	}
	if ac.NotAfter.Before(ac.NotBefore) || !period.Empty() {
		return bad("attrCertValidityPeriod", "an end that is not before the beginning, and nothing more")
	}
	return nil
}

// info writes the part that is signed, from Attributes and Extensions.
func (ac *AttributeCertificate) info(a *algorithm) ([]byte, error) {
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(version)
		addHolder(b, &ac.Holder)
		b.AddASN1(inner(0), func(b *cryptobyte.Builder) {
			addNames(b, asn1.SEQUENCE, []GeneralName{DirectoryName(ac.RawIssuer)})
		})
		b.AddBytes(a.encode)
		b.AddASN1BigInt(ac.SerialNumber)
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1GeneralizedTime(ac.NotBefore.UTC())
			b.AddASN1GeneralizedTime(ac.NotAfter.UTC())
		})
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, attribute := range ac.Attributes {
				addAttribute(b, attribute)
			}
		})
		if len(ac.Extensions) == 0 {
			return
		}
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, ext := range ac.Extensions {
				addExtension(b, ext)
			}
		})
	})
	return b.Bytes()
}

// seal puts the signature to what was signed.
func seal(tbs []byte, a *algorithm, signature []byte) ([]byte, error) {
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(tbs)
		b.AddBytes(a.encode)
		b.AddASN1BitString(signature)
	})
	return b.Bytes()
}
