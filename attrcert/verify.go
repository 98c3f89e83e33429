package attrcert

import (
	"bytes"
	"crypto/x509"
	"errors"
	"slices"
	"time"
)

// VerifyOptions say by what an attribute certificate is judged.
type VerifyOptions struct {
	// HolderChain is the certificate that the holder has just proved to own the key of,
	// followed by the certificates it was verified by: a member of
	// [crypto/tls.ConnectionState].VerifiedChains, or a result of
	// [crypto/x509.Certificate.Verify]. Signatures in it are not verified again. A chain
	// that nobody has verified must not be given: another authority of the same name
	// could have made it up.
	HolderChain []*x509.Certificate
	// Issuers are the certificates of those who are trusted to grant attributes, which
	// is nothing that a certificate could say itself.
	Issuers []*x509.Certificate
	// Roots and Intermediates verify the issuer's own certificate. Roots must be given:
	// those of the system, made for web servers, are never used.
	Roots, Intermediates *x509.CertPool
	// CurrentTime is the time to judge for; zero means now.
	CurrentTime time.Time
	// Names and Groups are what the verifier is called and belongs to. They are compared
	// with the targets of a certificate that is not meant for everybody.
	Names, Groups []GeneralName
	// Revocation is asked last, about certificates that are good otherwise. Nil accepts
	// only certificates that say NoRevAvail.
	Revocation RevocationCheck
	// WithinHolder refuses a certificate whose validity exceeds that of the holder's
	// certificate. Create makes none; RFC 5755 allows them.
	WithinHolder bool
}

// Verify reports whether the certificate grants its attributes to the holder of the
// certificate presented, by RFC 5755, section 5. An error is a [*VerifyError] and says
// which rule is broken; the rules are checked in the order of their constants.
func (ac *AttributeCertificate) Verify(opts VerifyOptions) error {
	now := opts.CurrentTime
	if now.IsZero() {
		now = time.Now()
	}
	issuer, err := ac.issuer(&opts, now)
	if err != nil {
		return err
	}
	switch {
	case now.Before(ac.NotBefore):
		return refuse(RuleNotYetValid, nil)
	case now.After(ac.NotAfter):
		return refuse(RuleExpired, nil)
	}
	if err := ac.checkHolder(&opts, now); err != nil {
		return err
	}
	if !ac.isFor(opts.Names, opts.Groups) {
		return refuse(RuleTarget, nil)
	}
	if len(ac.UnhandledCriticalExtensions) > 0 {
		return refuse(RuleExtension, nil)
	}
	return ac.checkRevocation(opts.Revocation, issuer, now)
}

// issuer finds the one of the trusted issuers that has signed. Several have one name
// while the key is being changed, so the last complaint counts only when none fits.
func (ac *AttributeCertificate) issuer(opts *VerifyOptions, now time.Time) (*x509.Certificate, error) {
	failed := refuse(RuleIssuer, nil)
	for _, issuer := range opts.Issuers {
		if !ac.names(issuer) {
			continue
		}
		err := ac.CheckSignatureFrom(issuer)
		if err == nil {
			err = checkPath(issuer, opts, now)
		}
		if err == nil {
			return issuer, nil
		}
		failed = err
	}
	return nil, failed
}

// names reports whether the certificate says that issuer has issued it.
func (ac *AttributeCertificate) names(issuer *x509.Certificate) bool {
	return bytes.Equal(ac.RawIssuer, issuer.RawSubject) &&
		(ac.AuthorityKeyID == nil || issuer.SubjectKeyId == nil || bytes.Equal(ac.AuthorityKeyID, issuer.SubjectKeyId))
}

// CheckSignatureFrom verifies that issuer has signed the certificate and was allowed to
// (section 4.5). It says nothing about the validity of either: see Verify.
func (ac *AttributeCertificate) CheckSignatureFrom(issuer *x509.Certificate) error {
	if !ac.names(issuer) {
		return refuse(RuleIssuer, nil)
	}
	if err := checkSignature(issuer, ac.SignatureAlgorithm, ac.RawTBS, ac.Signature); err != nil {
		return refuse(RuleSignature, nil)
	}
	return checkProfile(issuer)
}

// checkProfile checks the certificate of an issuer by section 4.5.
func checkProfile(issuer *x509.Certificate) error {
	if issuer.BasicConstraintsValid && issuer.IsCA {
		return refuse(RuleIssuerProfile, errors.New("it is that of a certificate authority"))
	}
	if issuer.KeyUsage != 0 && issuer.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return refuse(RuleIssuerProfile, errors.New("its key is not for digital signatures"))
	}
	return nil
}

// checkPath verifies the path of the issuer's own certificate.
func checkPath(issuer *x509.Certificate, opts *VerifyOptions, now time.Time) error {
	if opts.Roots == nil {
		return refuse(RuleIssuerPath, errors.New("no roots were given"))
	}
	_, err := issuer.Verify(x509.VerifyOptions{
		Roots:         opts.Roots,
		Intermediates: opts.Intermediates,
		CurrentTime:   now,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return refuse(RuleIssuerPath, err)
	}
	return nil
}

// checkHolder compares the certificate presented with the holder that is named.
func (ac *AttributeCertificate) checkHolder(opts *VerifyOptions, now time.Time) error {
	chain := opts.HolderChain
	if len(chain) == 0 {
		return refuse(RuleHolderPath, errors.New("none was given"))
	}
	for i, cert := range chain {
		if now.Before(cert.NotBefore) || now.After(cert.NotAfter) {
			return refuse(RuleHolderPath, errors.New("a certificate of its path has expired or is not valid yet"))
		}
		if i > 0 && !bytes.Equal(chain[i-1].RawIssuer, cert.RawSubject) {
			return refuse(RuleHolderPath, errors.New("its path is not in order"))
		}
	}
	if err := ac.Holder.fits(chain[0]); err != nil {
		return refuse(RuleHolder, err)
	}
	if opts.WithinHolder && !ac.within(chain[0]) {
		return refuse(RuleWithinHolder, nil)
	}
	return nil
}

// isFor reports whether a verifier of these names is a target.
func (ac *AttributeCertificate) isFor(names, groups []GeneralName) bool {
	return ac.Targets == nil || slices.ContainsFunc(ac.Targets, func(t Target) bool {
		if t.IsGroup {
			return slices.ContainsFunc(groups, t.Name.Equal)
		}
		return slices.ContainsFunc(names, t.Name.Equal)
	})
}
