package account

import (
	"context"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/dn"
)

// Registration is an account's place in the certificate authority: the name that its
// certificates hold, and how long they can last (RET-01). It is by itself no credential.
type Registration struct {
	Account habeas.AccountID
	At      time.Time // of registering, or of the last renewal
	Ends    time.Time // pki.Expiry of At
	Policy  int64     // version of the policy that was accepted (REG-13)
	Subject dn.Subject

	Reminded int       // the last reminder that was sent, by its days before the end; 0: none
	WarnedAt time.Time // when its person was told that the account will be erased; zero: not told
}

// Certificate is one that an account holds or held.
type Certificate struct {
	Authority  pki.Kind // pki.Identity, or pki.Attribute for a role
	Generation int      // of the authority; zero is the first
	Serial     pki.Serial
	Account    habeas.AccountID // zero: its account was erased
	Holder     pki.Serial       // the identity certificate that an attribute certificate hangs on; else zero
	Role       habeas.Role      // what an attribute certificate grants
	IssuedAt   time.Time
	Ends       time.Time
	RevokedAt  time.Time // zero: not revoked
	Reason     pki.Reason
	Mandate    habeas.MandateID // under which a trusted entity creator asked for it (REG-11); zero: its person did
	DER        []byte
}

// Revoked reports whether it was revoked.
func (c Certificate) Revoked() bool { return !c.RevokedAt.IsZero() }

// Active reports whether it counts at a moment.
func (c Certificate) Active(now time.Time) bool { return !c.Revoked() && now.Before(c.Ends) }

// Hangs reports whether it is an attribute certificate of that identity certificate.
func (c Certificate) Hangs(on pki.Serial) bool { return c.Authority == pki.Attribute && c.Holder == on }

// ActiveIdentity returns the identity certificate that counts; an account has one at most.
func ActiveIdentity(all []Certificate, now time.Time) (c Certificate, found bool) {
	for _, c := range all {
		if c.Authority == pki.Identity && c.Active(now) {
			return c, true
		}
	}
	return c, false
}

// CertificateHolding is what an account holds of certificates, for its person (ACCT-01, ACCT-02).
type CertificateHolding struct {
	Registration Registration // zero: not registered
	Registered   bool
	Certificates []Certificate // newest first, revoked and expired ones too
	Chain        [][]byte      // of the identity certificate that counts: itself first, the root last; nil: there is none
}

// Submission is what somebody hands in to register, or to change what their certificate says.
type Submission struct {
	Request []byte // for the certificate: PKCS#10, DER
	Policy  int64  // version of the policy that they have accepted
}

// Submitted is what came of a submission: a certificate, or a code that was mailed to confirm it.
type Submitted struct {
	Chain     [][]byte           // the certificate first, the root last; nil: Challenge waits for its code
	Challenge habeas.ChallengeID // zero when there is a chain
}

// Replaced says what became of the roles that hung on an identity certificate when a fresh one took
// its place (RET-05): which were issued again on it, and which ended.
func Replaced(all []Certificate, fresh Certificate) (reissued, ended []habeas.Role) {
	for _, c := range all {
		if c.Hangs(fresh.Serial) && !c.Revoked() {
			reissued = append(reissued, c.Role)
		}
	}
	for _, c := range all {
		if c.Authority == pki.Attribute && c.Holder != fresh.Serial && c.Reason == pki.Superseded && c.Revoked() &&
			!c.RevokedAt.Before(fresh.IssuedAt) && !slices.Contains(reissued, c.Role) {
			ended = append(ended, c.Role)
		}
	}
	return reissued, ended
}

// CertificateReader is what the use cases read of certificates.
type CertificateReader interface {
	// Registration finds that of an account; found is false when there is none.
	Registration(ctx context.Context, id habeas.AccountID) (r Registration, found bool, err error)
	// Certificates returns all of an account, newest first.
	Certificates(ctx context.Context, id habeas.AccountID) ([]Certificate, error)
	// Certificate finds one; found is false when there is none. One whose account was erased
	// is found without account and words.
	Certificate(ctx context.Context, authority pki.Kind, serial pki.Serial) (c Certificate, found bool, err error)
}

// CertificateWriter changes them in one transaction, with the entry that witnesses it.
type CertificateWriter interface {
	CertificateReader
	// SaveRegistration inserts or updates that of an account.
	SaveRegistration(r Registration, e audit.Entry) error
	AddCertificate(c Certificate, e audit.Entry) error
	// RevokeCertificate writes moment and reason. Of one that is revoked already nothing
	// changes, and the entry is not written.
	RevokeCertificate(c Certificate, e audit.Entry) error
}

var (
	// ErrRegistered refuses a second identity certificate beside one that counts.
	ErrRegistered = habeas.Conflict("You are registered already. Revoke your certificate first, or change what it says.").WithCode("registration.exists")
	// ErrNotRegistered: something needs an identity certificate that counts.
	ErrNotRegistered = habeas.Conflict("There is no certificate of this account that counts. Register first.").WithCode("registration.none")
	// ErrNoCertificate: there is none of that number, or it is somebody else's.
	ErrNoCertificate = habeas.NotFound("There is no such certificate.").WithCode("certificate.none")
	// ErrPolicyMoved: another version of the policy is in force than the one that was accepted.
	ErrPolicyMoved = habeas.Conflict("The policy has changed since you read it. Read it again, then accept it.").WithCode("registration.policy")
	// ErrLostKey refuses a certificate of a key that was reported as lost.
	ErrLostKey = habeas.Invalid("request", "This key was reported as lost or known to others. Make a new one.").WithCode("registration.key")
	// ErrForeignAddress refuses a request for another address than the account's main one.
	ErrForeignAddress = habeas.Invalid("email", "The certificate has to name the main address of your account.").WithCode("registration.address")
)

// CanRegister says whether an actor may get an identity certificate for the address that a
// request names; own is whether that is the account's main address, proved by a code.
func CanRegister(actor habeas.Actor, own bool) error {
	switch {
	case !actor.Has(habeas.RolePerson) || actor.Kind != habeas.ActorPerson:
		return habeas.Forbidden("Sign in first.").WithCode("signin.needed")
	case !own:
		return ErrForeignAddress
	}
	return nil
}

// CanRevokeCertificate says whether an actor may revoke a certificate, and for that reason: its
// person for any (REV-02).
func CanRevokeCertificate(actor habeas.Actor, c Certificate, reason pki.Reason) error {
	switch {
	case c.Account.IsZero(), c.Account != actor.Account:
		return ErrNoCertificate
	case !reason.Valid():
		return habeas.Invalid("reason", "Choose one of the options.").WithCode("form.choice")
	}
	return nil
}
