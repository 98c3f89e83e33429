package app

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/request"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Certificates are the use cases of registering: who gets an identity certificate, and when a
// certificate ends. They are safe for concurrent use.
type Certificates struct {
	Authorities *Authorities
	db          *sqlstore.DB
	accounts    *Accounts
	policies    *Policies
	clock       habeas.Clock
	reissued    []Reissued

	Roles *Roles // the use cases of roles, whose decisions wait for somebody to register
}

// NewCertificates returns the use cases.
func NewCertificates(authorities *Authorities, accounts *Accounts, policies *Policies) *Certificates {
	c := &Certificates{Authorities: authorities, db: accounts.db, accounts: accounts, policies: policies, clock: accounts.clock}
	c.Roles = newRoles(c)
	accounts.confirmed = map[account.Purpose]confirm{account.ForCertificate: c.change}
	return c
}

// Holding is what an account holds of certificates, for its person.
type Holding = account.CertificateHolding

// Holding returns what the actor holds (ACCT-01, ACCT-02).
func (c *Certificates) Holding(ctx context.Context, actor habeas.Actor) (h Holding, err error) {
	from := c.db.Accounts()
	if h.Registration, h.Registered, err = from.Registration(ctx, actor.Account); err != nil {
		return h, err
	}
	if h.Certificates, err = from.Certificates(ctx, actor.Account); err != nil {
		return h, err
	}
	if active, found := account.ActiveIdentity(h.Certificates, c.clock.Now()); found {
		h.Chain, err = c.chain(ctx, active.DER)
		if errors.Is(err, account.ErrNoCertificate) {
			err = nil
		}
	}
	return h, err
}

// chain returns a certificate with those above it.
func (c *Certificates) chain(ctx context.Context, certificate []byte) ([][]byte, error) {
	cert, err := x509.ParseCertificate(certificate)
	if err != nil {
		return nil, habeas.Internal(err)
	}
	trusted, err := c.Authorities.Trusted(ctx, pki.Identity)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(trusted, func(ca *pki.Authority) bool { return bytes.Equal(ca.Certificate().RawSubject, cert.RawIssuer) })
	if at < 0 { // its authority was revoked: it counts nowhere
		return nil, account.ErrNoCertificate
	}
	out := [][]byte{certificate}
	for _, above := range trusted[at].Chain() {
		out = append(out, above.Raw)
	}
	return out, nil
}

// Register gives the actor an identity certificate for what a request asks (PKCS#10, DER),
// and returns it with its chain. The request has to name the account's main address, which was
// proved by a code; whoever has a certificate that counts gets no second one. The registration
// begins now, at the policy that is in force. Decisions about
// roles that waited for it are carried out. Errors: those of request.Parse,
// account.ErrForeignAddress, account.ErrRegistered, account.ErrLostKey, those of Authorities.Get.
func (c *Certificates) Register(ctx context.Context, actor habeas.Actor, der []byte) (chain [][]byte, err error) {
	fresh, r, err := c.prepare(ctx, actor, der)
	if err != nil {
		return nil, err
	}
	err = c.db.InTx(ctx, func(tx *sqlstore.Tx) error { return c.register(tx, actor, r, fresh) })
	if err != nil {
		return nil, err
	}
	c.Roles.CarryNow(ctx, actor.Account)
	return c.chain(ctx, fresh.DER)
}

// prepare checks a request and signs the certificate of a registration that begins now.
// Nothing is kept yet.
func (c *Certificates) prepare(ctx context.Context, actor habeas.Actor, der []byte) (fresh account.Certificate, r account.Registration, err error) {
	asked, err := c.asked(ctx, actor, der)
	if err != nil {
		return fresh, r, err
	}
	policy, err := c.policies.Current(ctx)
	if err != nil {
		return fresh, r, err
	}
	now := c.clock.Now()
	r = account.Registration{Account: actor.Account, At: now, Ends: pki.Expiry(now), Policy: policy.Version, Subject: asked.Subject}
	fresh, err = c.issue(ctx, r, asked)
	return fresh, r, err
}

// asked reads a request and says whether the actor may get a certificate of that name.
func (c *Certificates) asked(ctx context.Context, actor habeas.Actor, der []byte) (request.Request, error) {
	asked, err := request.Parse(der)
	if err != nil {
		return asked, err
	}
	if _, err := c.Authorities.Get(ctx, pki.Identity); err != nil { // made outside of the transaction
		return asked, err
	}
	own, err := c.ownAddress(ctx, actor.Account, asked.Subject.Email)
	if err != nil {
		return asked, err
	}
	return asked, account.CanRegister(actor, own)
}

// register keeps a registration and its certificate in a transaction, and tells the person.
func (c *Certificates) register(tx *sqlstore.Tx, actor habeas.Actor, r account.Registration, fresh account.Certificate) error {
	held, err := tx.Accounts().Certificates(tx.Context(), actor.Account)
	if err != nil {
		return err
	}
	if _, found := account.ActiveIdentity(held, c.clock.Now()); found {
		return account.ErrRegistered
	}
	if lostKey(held, keyIn(fresh.DER)) {
		return account.ErrLostKey
	}
	if err := tx.Accounts().SaveRegistration(r, c.entry(audit.Registered, actor, r.Account, nil)); err != nil {
		return err
	}
	if err := tx.Accounts().AddCertificate(fresh, c.certificateEntry(audit.CertificateIssued, actor, fresh)); err != nil {
		return err
	}
	return c.accounts.tellMain(tx, r.Account, Letter{Kind: mail.KindRegistered, Link: registrationPage})
}

// lostKey reports whether a key was reported as lost (REC-09).
func lostKey(held []account.Certificate, key []byte) bool {
	return slices.ContainsFunc(held, func(old account.Certificate) bool {
		return old.Authority == pki.Identity && old.Revoked() && old.Reason == pki.KeyCompromise && bytes.Equal(keyIn(old.DER), key)
	})
}

// keyOf is a public key as it stands in certificates; nil: no certificate can have it.
func keyOf(key crypto.PublicKey) []byte {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil
	}
	return der
}

// keyIn is the public key in a certificate, as it stands there.
func keyIn(der []byte) []byte {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil
	}
	return cert.RawSubjectPublicKeyInfo
}

// issue signs an identity certificate for a registration. Nothing is kept yet.
func (c *Certificates) issue(ctx context.Context, r account.Registration, asked request.Request) (account.Certificate, error) {
	ca, err := c.Authorities.There(ctx, pki.Identity) // asked has made it, outside of the transaction
	if err != nil {
		return account.Certificate{}, err
	}
	now := c.clock.Now()
	issued, err := ca.IssueIdentity(r.Subject, asked.Key, r.At, now)
	return account.Certificate{
		Authority: pki.Identity, Generation: issued.Generation, Serial: issued.Serial, Account: r.Account, IssuedAt: now, Ends: issued.NotAfter, DER: issued.DER,
	}, err
}

// ownAddress reports whether an address as a certificate has it is the main one of an
// account, and proved by a code.
func (c *Certificates) ownAddress(ctx context.Context, id habeas.AccountID, typed string) (bool, error) {
	address, err := email.Parse(typed)
	if err != nil {
		return false, err
	}
	held, found, err := c.db.Accounts().AddressAt(ctx, c.accounts.addressHash(address))
	return found && held.Account == id && held.Main && !held.Vouched(), err
}

// Revoke ends a certificate of the actor's for a reason, with everything that hangs on it (REV-02;
// administrators revoke others' by [Interventions.Revoke]). It counts no more from the next request
// on. Revoking again changes nothing.
func (c *Certificates) Revoke(ctx context.Context, actor habeas.Actor, authority pki.Kind, serial pki.Serial, reason pki.Reason) error {
	return c.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		held, _, err := tx.Accounts().Certificate(ctx, authority, serial)
		if err != nil {
			return err
		}
		if err := account.CanRevokeCertificate(actor, held, reason); err != nil {
			return err
		}
		if err := c.revoke(tx, actor, held, reason); err != nil || held.Revoked() || held.Authority != pki.Identity {
			return err
		}
		return c.accounts.tellMain(tx, held.Account, Letter{Kind: mail.KindUnregistered, Link: registrationPage})
	})
}

// revoke ends a certificate and what hangs on it (REV-04) in a transaction.
func (c *Certificates) revoke(tx *sqlstore.Tx, actor habeas.Actor, held account.Certificate, reason pki.Reason) error {
	ends := []account.Certificate{held}
	if held.Authority == pki.Identity {
		all, err := tx.Accounts().Certificates(tx.Context(), held.Account)
		if err != nil {
			return err
		}
		for _, other := range all {
			if other.Hangs(held.Serial) {
				ends = append(ends, other)
			}
		}
	}
	for _, cert := range ends {
		if cert.Revoked() {
			continue
		}
		cert.RevokedAt, cert.Reason = c.clock.Now(), reason
		if err := tx.Accounts().RevokeCertificate(cert, c.certificateEntry(audit.CertificateRevoked, actor, cert)); err != nil {
			return err
		}
	}
	return nil
}

func (c *Certificates) entry(event audit.Event, actor habeas.Actor, id habeas.AccountID, detail map[string]string) audit.Entry {
	return c.accounts.entry(event, habeas.SubjectOf(id), actor, detail)
}

// certificateEntry witnesses what happened to a certificate, by its number.
func (c *Certificates) certificateEntry(event audit.Event, actor habeas.Actor, cert account.Certificate) audit.Entry {
	detail := map[string]string{"authority": string(cert.Authority), "serial": cert.Serial.String()}
	if cert.Role != "" {
		detail["role"] = string(cert.Role)
	}
	if cert.Revoked() {
		detail["reason"] = cert.Reason.String()
	}
	return c.entry(event, actor, cert.Account, detail)
}
