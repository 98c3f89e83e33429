package pki

import "github.com/habeas-data/habeas"

func refusal(code, message string) *habeas.Error {
	return &habeas.Error{Kind: habeas.KindUnauthenticated, Code: code, Message: message}
}

// Why a client certificate is refused. Compare with errors.Is.
var (
	ErrNoCertificate = refusal("certificate.missing", "No certificate was shown.")
	ErrUnknownIssuer = refusal("certificate.unknown-issuer", "This certificate was not issued here.")
	ErrNotYetValid   = refusal("certificate.not-yet-valid", "This certificate is not valid yet. See whether the clocks are right.")
	ErrExpired       = refusal("certificate.expired", "This certificate has expired. Renew your registration.")
	ErrWrongUse      = refusal("certificate.wrong-use", "This certificate is not made for signing in.")
	ErrRevoked       = refusal("certificate.revoked", "This certificate has been revoked.")
)

// What can go wrong with authorities.
var (
	// ErrNoAuthority: the authority has not been made, or its certificate not been brought in.
	ErrNoAuthority = habeas.NotFound("There is no such certificate authority here yet.").WithCode("pki.missing")
	// ErrRetired: all that this generation has issued has expired, and its key was destroyed.
	ErrRetired = habeas.Gone("This generation of the certificate authority is retired.").WithCode("pki.retired")
	// ErrInstalled: a certificate was brought in before, and it is another one.
	ErrInstalled = habeas.Conflict("This authority has another certificate already. Nothing was changed.").WithCode("pki.installed")
	// ErrOutlived: what is to be issued would be valid for longer than its issuer.
	ErrOutlived = habeas.Unavailable("The certificate authority ends too soon to issue this. It needs a new certificate.").WithCode("pki.outlived")
	// ErrLapsed: the end of what is to be issued has passed.
	ErrLapsed = habeas.Gone("The registration has ended; it cannot get a certificate.").WithCode("pki.lapsed")

	// ErrList: a list is not one of the root's, or it is older than the one that is there.
	ErrList = habeas.Invalid("list", "This is not a list of this organisation's root, or it is older than the one that is here.").WithCode("pki.list")

	errChain = habeas.Invalid("certificate", "This is not the certificate that was requested here, followed by that of the root.").WithCode("pki.chain")
	errRole  = habeas.Conflict("This authority does not issue such certificates.").WithCode("pki.role")
	errKey   = habeas.Invalid("key", "The public key is not accepted: expected ECDSA on P-256 or P-384, or RSA of 2048 to 4096 bits with exponent 65537.").WithCode("pki.key")
)
