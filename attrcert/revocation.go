package attrcert

import (
	"bytes"
	"crypto/x509"
	encoding_asn1 "encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// RevocationCheck says whether a certificate, signed by issuer, is revoked at a time: nil
// when it is known that it is not, a [*RevokedError] when it is, and another error when it
// cannot be known.
type RevocationCheck func(ac *AttributeCertificate, issuer *x509.Certificate, now time.Time) error

// RevokedError says since when a certificate is revoked.
type RevokedError struct {
	At     time.Time
	Reason int // by RFC 5280, section 5.3.1; 0 when none was given
}

func (e *RevokedError) Error() string {
	return fmt.Sprintf("revoked at %s, reason %d", e.At.UTC().Format(time.RFC3339), e.Reason)
}

// checkRevocation asks for the status, and turns the answer into a broken rule.
func (ac *AttributeCertificate) checkRevocation(check RevocationCheck, issuer *x509.Certificate, now time.Time) error {
	if check == nil {
		if ac.NoRevAvail {
			return nil
		}
		return refuse(RuleRevocationStatus, errors.New("nothing to ask was given"))
	}
	err := check(ac, issuer, now)
	var revoked *RevokedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &revoked):
		return refuse(RuleRevoked, err)
	default:
		return refuse(RuleRevocationStatus, err)
	}
}

// CheckCRLs makes a check of the CRLs of issuers. A certificate passes when one of them is
// responsible for it and none has it. NoRevAvail needs none that is responsible. The CRLs
// must not be changed afterwards.
func CheckCRLs(crls ...*x509.RevocationList) RevocationCheck {
	return func(ac *AttributeCertificate, issuer *x509.Certificate, now time.Time) error {
		known := ac.NoRevAvail
		unknown := errors.New("there is no CRL of the issuer")
		for _, crl := range crls {
			err := ac.CheckCRL(crl, issuer, now)
			var revoked *RevokedError
			switch {
			case err == nil:
				known = true
			case errors.As(err, &revoked):
				return err
			default:
				unknown = err
			}
		}
		if known {
			return nil
		}
		return unknown
	}
}

// CheckCRL looks the certificate up on a CRL of its issuer (section 6): nil when the CRL is
// responsible and does not have it, a [*RevokedError] when it has it, and another error when
// the CRL cannot tell: another issuer, a false signature, not of this time, a partial list
// that does not cover this certificate, or an extension that is critical and not known.
//
// That issuer has signed the certificate is not checked: see CheckSignatureFrom.
func (ac *AttributeCertificate) CheckCRL(crl *x509.RevocationList, issuer *x509.Certificate, now time.Time) error {
	if !bytes.Equal(crl.RawIssuer, issuer.RawSubject) || !ac.names(issuer) {
		return errors.New("attrcert: the CRL is that of another issuer")
	}
	// crypto/x509 would want the signer of a CRL to be a certificate authority, which
	// the issuer of attribute certificates must not be.
	if issuer.KeyUsage != 0 && issuer.KeyUsage&x509.KeyUsageCRLSign == 0 {
		return errors.New("attrcert: the issuer may not sign a CRL")
	}
	if checkSignature(issuer, crl.SignatureAlgorithm, crl.RawTBSRevocationList, crl.Signature) != nil {
		return errors.New("attrcert: the signature of the CRL is not the issuer's")
	}
	if now.Before(crl.ThisUpdate) || crl.NextUpdate.IsZero() || now.After(crl.NextUpdate) {
		return errors.New("attrcert: the CRL is not of this time")
	}
	if !ac.coveredBy(crl) {
		return errors.New("attrcert: the CRL does not cover this certificate")
	}
	for i := range crl.RevokedCertificateEntries {
		entry := &crl.RevokedCertificateEntries[i]
		for _, ext := range entry.Extensions {
			if ext.Critical { // such as an entry for another issuer
				return errors.New("attrcert: the CRL has a critical extension that is unknown")
			}
		}
		if entry.SerialNumber.Cmp(ac.SerialNumber) == 0 {
			return &RevokedError{At: entry.RevocationTime, Reason: entry.ReasonCode}
		}
	}
	return nil
}

var oidIssuingDistributionPoint = encoding_asn1.ObjectIdentifier{2, 5, 29, 28}

// coveredBy reports whether a CRL is responsible for the certificate by its extensions.
func (ac *AttributeCertificate) coveredBy(crl *x509.RevocationList) bool {
	for _, ext := range crl.Extensions {
		if ext.Id.Equal(oidIssuingDistributionPoint) {
			if !ac.inScope(ext.Value) {
				return false
			}
		} else if ext.Critical { // such as that of a list of changes only
			return false
		}
	}
	return true
}

// inScope reads an issuingDistributionPoint (RFC 5280, section 5.2.5). A list for one
// distribution point covers those who name it. A list without attribute certificates, for
// some reasons only, or for several issuers covers nobody.
func (ac *AttributeCertificate) inScope(der []byte) bool {
	s, ok := whole(der, asn1.SEQUENCE)
	if !ok {
		return false
	}
	var point, full, only cryptobyte.String
	var present bool
	if !s.ReadOptionalASN1(&point, &present, inner(0)) {
		return false
	}
	if present {
		if !point.ReadASN1(&full, inner(0)) || !point.Empty() || ac.CRLDistributionPoint == nil {
			return false
		}
		names, ok := readNames(full)
		if !ok || !slices.ContainsFunc(names, ac.CRLDistributionPoint.Equal) {
			return false
		}
	}
	return s.ReadOptionalASN1(&only, &present, context(5)) && (!present || string(only) == "\xff") && s.Empty()
}
