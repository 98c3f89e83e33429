package account

import (
	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/dn"
)

// Bearer is who has shown an identity certificate, and the key of it, on the port for
// certificates.
type Bearer struct {
	Account habeas.AccountID
	Subject dn.Subject // as the certificate has it
	Serial  pki.Serial
	Roles   []habeas.Role
}

// Actor is what a bearer does things as.
func (b Bearer) Actor() habeas.Actor {
	return habeas.Actor{Kind: habeas.ActorPerson, Account: b.Account, Roles: b.Roles, Proof: habeas.ProofCertificate}
}

var (
	// ErrHandover is the one refusal of what brings somebody from the port for certificates
	// back to the site, and there before: expired, used, unknown, of another browser.
	ErrHandover = habeas.Invalid("", "This took too long, was answered already, or began in another browser. Begin again.").WithCode("certificate.handover")
	// ErrNoPort: nobody signs in by certificate here.
	ErrNoPort = habeas.NotFound("Nobody can sign in with a certificate here.").WithCode("certificate.port")
	// ErrCarried refuses a certificate that stands in a header: whoever sends it has shown no key.
	ErrCarried = habeas.Invalid("", "A certificate in a header proves nothing. This port reads it from the connection only.").WithCode("certificate.header")
)
