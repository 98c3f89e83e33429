package attrcert

// FieldError says which field of a certificate is not as RFC 5755 or DER want it. It never
// holds the value that was found.
type FieldError struct {
	Field string // as the RFC names it, such as "holder.baseCertificateID.serial"
	Want  string // what was expected there
}

func (e *FieldError) Error() string {
	return "attrcert: " + e.Field + ": expected " + e.Want
}

func bad(field, want string) error { return &FieldError{Field: field, Want: want} }

// Rule is a rule that a certificate has to satisfy to be accepted. Sections are those of
// RFC 5755.
type Rule uint8

const (
	// RuleIssuer: the issuer is directly trusted as an AC issuer (section 5, rule 4).
	RuleIssuer Rule = iota + 1
	// RuleSignature: the signature is the issuer's (section 5, rule 2).
	RuleSignature
	// RuleIssuerProfile: the issuer's certificate may sign, and is not that of a
	// certificate authority (section 4.5; section 5, rule 3).
	RuleIssuerProfile
	// RuleIssuerPath: the path of the issuer's certificate is valid (section 5, rule 2).
	RuleIssuerPath
	// RuleNotYetValid: the validity has begun (section 5, rule 5).
	RuleNotYetValid
	// RuleExpired: the validity has not ended (section 5, rule 5).
	RuleExpired
	// RuleHolderPath: the path of the holder's certificate is valid (section 5, rule 1).
	RuleHolderPath
	// RuleHolder: the certificate presented is the holder's (section 4.2.2).
	RuleHolder
	// RuleWithinHolder: the validity lies inside of that of the holder's certificate.
	// It is no rule of RFC 5755, and only checked where [VerifyOptions] ask for it.
	RuleWithinHolder
	// RuleTarget: the verifier is a target (section 4.3.2; section 5, rule 6).
	RuleTarget
	// RuleExtension: every critical extension is understood (section 5, rule 7).
	RuleExtension
	// RuleRevoked: the certificate is not revoked (section 6).
	RuleRevoked
	// RuleRevocationStatus: it can be known whether it is revoked (section 6).
	RuleRevocationStatus
)

var broken = [...]string{
	RuleIssuer:           "the issuer is not one that is trusted",
	RuleSignature:        "the signature is not the issuer's",
	RuleIssuerProfile:    "the issuer's certificate may not issue attribute certificates",
	RuleIssuerPath:       "the issuer's certificate is not valid",
	RuleNotYetValid:      "the certificate is not valid yet",
	RuleExpired:          "the certificate has expired",
	RuleHolderPath:       "the holder's certificate is not valid",
	RuleHolder:           "the certificate belongs to another holder",
	RuleWithinHolder:     "the validity exceeds that of the holder's certificate",
	RuleTarget:           "the certificate is meant for others",
	RuleExtension:        "a critical extension is unknown",
	RuleRevoked:          "the certificate is revoked",
	RuleRevocationStatus: "whether the certificate is revoked is unknown",
}

// String says how the rule was broken.
func (r Rule) String() string {
	if int(r) < len(broken) && broken[r] != "" {
		return broken[r]
	}
	return "an unknown rule"
}

// VerifyError says which rule a certificate does not satisfy.
type VerifyError struct {
	Rule Rule
	Err  error // what more is known, or nil
}

func (e *VerifyError) Error() string {
	if e.Err == nil {
		return "attrcert: " + e.Rule.String()
	}
	return "attrcert: " + e.Rule.String() + ": " + e.Err.Error()
}

// Unwrap returns what more is known, such as a [*RevokedError].
func (e *VerifyError) Unwrap() error { return e.Err }

func refuse(rule Rule, err error) error { return &VerifyError{Rule: rule, Err: err} }
