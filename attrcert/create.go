package attrcert

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	encoding_asn1 "encoding/asn1"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// Create makes an attribute certificate for the owner of the certificate holder, signed
// with key, which is that of the certificate issuer, and returns it in DER.
//
// Of the template these fields count:
//
//   - SerialNumber, which must be unique among the certificates of the issuer.
//   - NotBefore and NotAfter. A zero one is that of the holder's certificate. The validity
//     must lie inside of the holder's: the attributes end with the certificate, or earlier.
//   - Roles, Group, ChargingIdentity, AccessIdentities and ExtraAttributes, of which there
//     must be one.
//   - Holder.EntityName and Holder.ObjectDigest, which must fit the holder's certificate.
//     Its issuer and serial number are always written.
//   - AuditIdentity, Targets, OCSPServers, CRLDistributionPoint, NoRevAvail and
//     ExtraExtensions. AuthorityKeyID is the issuer's SubjectKeyId, where it has one.
//   - SignatureAlgorithm. Zero chooses by the key: ECDSA with the hash of its curve's size,
//     Ed25519, or for RSA PKCS #1 v1.5 with SHA-256.
//
// The issuer's certificate must be allowed to sign and must not be that of a certificate
// authority (section 4.5), or the error is a [*VerifyError]. What is wrong with the
// template is a [*FieldError]; other errors are those of the key.
func Create(template *AttributeCertificate, holder, issuer *x509.Certificate, key crypto.Signer) ([]byte, error) {
	a, err := signingAlgorithm(template, issuer, key)
	if err != nil {
		return nil, err
	}
	ac := *template
	ac.RawIssuer = issuer.RawSubject
	if len(issuer.SubjectKeyId) > 0 {
		ac.AuthorityKeyID = issuer.SubjectKeyId
	}
	if err := ac.bind(holder); err != nil {
		return nil, err
	}
	if err := ac.encode(); err != nil {
		return nil, err
	}
	tbs, err := ac.info(a)
	if err != nil {
		return nil, bad("certificate", "values that DER can hold")
	}
	// Reading it back is the whole check of the template: what Parse would refuse is
	// never signed.
	if !isDER(tbs, 1) {
		return nil, bad("certificate", "names and values in DER, nested at most 32 deep")
	}
	if _, _, err := parseInfo(tbs); err != nil {
		return nil, err
	}
	signature, err := a.sign(key, tbs)
	if err != nil {
		return nil, fmt.Errorf("attrcert: signing: %w", err)
	}
	// A fault while signing can give the key away, so nothing false leaves.
	if err := checkSignature(issuer, a.id, tbs, signature); err != nil {
		return nil, fmt.Errorf("attrcert: the signature that was made does not verify: %w", err)
	}
	der, err := seal(tbs, a, signature)
	if err != nil || len(der) > MaxSize {
		return nil, bad("certificate", "at most 65536 octets")
	}
	return der, nil
}

// signingAlgorithm checks that issuer and key belong together and may sign.
func signingAlgorithm(template *AttributeCertificate, issuer *x509.Certificate, key crypto.Signer) (*algorithm, error) {
	if err := checkProfile(issuer); err != nil {
		return nil, err
	}
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(issuer.PublicKey) {
		return nil, errors.New("attrcert: the key is not that of the issuer's certificate")
	}
	return algorithmFor(template.SignatureAlgorithm, issuer.PublicKey)
}

// bind ties the certificate to that of its holder.
func (ac *AttributeCertificate) bind(holder *x509.Certificate) error {
	if ac.SerialNumber == nil || ac.SerialNumber.Sign() <= 0 {
		return bad("serialNumber", "a positive number of at most 20 octets")
	}
	ac.Holder.BaseCertificateID = &IssuerSerial{RawIssuer: holder.RawIssuer, Serial: holder.SerialNumber}
	if err := ac.Holder.fits(holder); err != nil {
		return bad("holder", "names and digests of the holder's certificate")
	}
	if ac.NotBefore.IsZero() {
		ac.NotBefore = holder.NotBefore
	}
	if ac.NotAfter.IsZero() {
		ac.NotAfter = holder.NotAfter
	}
	if !ac.within(holder) {
		return bad("attrCertValidityPeriod", "a time inside of that of the holder's certificate")
	}
	return nil
}

// within reports whether the validity lies inside of that of a certificate.
func (ac *AttributeCertificate) within(cert *x509.Certificate) bool {
	return !ac.NotBefore.Before(cert.NotBefore) && !ac.NotAfter.After(cert.NotAfter)
}

// encode fills Attributes and Extensions from the fields of a template.
func (ac *AttributeCertificate) encode() error {
	ac.Attributes, ac.Extensions = nil, nil
	var group, charging []IetfAttr
	if ac.Group != nil {
		group = []IetfAttr{*ac.Group}
	}
	if ac.ChargingIdentity != nil {
		charging = []IetfAttr{*ac.ChargingIdentity}
	}
	err := errors.Join(
		addValues(ac, OIDRole, ac.Roles, addRole),
		addValues(ac, OIDGroup, group, addIetfAttr),
		addValues(ac, OIDChargingIdentity, charging, addIetfAttr),
		addValues(ac, OIDAccessIdentity, ac.AccessIdentities, addAccessIdentity),
	)
	if err != nil {
		return bad("attributes", "names and values that DER can hold")
	}
	ac.Attributes = append(ac.Attributes, ac.ExtraAttributes...)
	for _, k := range extensions {
		b := cryptobyte.NewBuilder(nil)
		k.add(ac, b)
		value, err := b.Bytes()
		if err != nil {
			return bad("extensions."+k.field, "names and values that DER can hold")
		}
		if len(value) > 0 {
			ac.Extensions = append(ac.Extensions, pkix.Extension{Id: k.oid, Critical: k.critical, Value: value})
		}
	}
	ac.Extensions = append(ac.Extensions, ac.ExtraExtensions...)
	return nil
}

// addValues adds an attribute with the values that there are, in the order of DER.
func addValues[T any](ac *AttributeCertificate, id encoding_asn1.ObjectIdentifier, all []T, add func(*cryptobyte.Builder, T)) error {
	if len(all) == 0 {
		return nil
	}
	attribute := Attribute{Type: id}
	for _, one := range all {
		b := cryptobyte.NewBuilder(nil)
		add(b, one)
		value, err := b.Bytes()
		if err != nil {
			return err
		}
		attribute.Values = append(attribute.Values, value)
	}
	slices.SortFunc(attribute.Values, bytes.Compare)
	ac.Attributes = append(ac.Attributes, attribute)
	return nil
}
