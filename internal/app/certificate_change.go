package app

import (
	"context"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/request"
	"github.com/habeas-data/habeas/internal/sqlstore"
	webaccount "github.com/habeas-data/habeas/internal/web/account"
	"github.com/habeas-data/habeas/sealed"
)

// registrationPage is where a person looks after their registration.
const registrationPage = "/me/registration"

var _ webaccount.Registrations = (*Certificates)(nil)

// errNotConfirmed refuses a code that somebody else's account asked for.
var errNotConfirmed = habeas.Forbidden("Sign in again, then hand in the change once more.").WithCode("registration.signed-out")

// Reissued is called when an identity certificate takes the place of another, in the
// transaction in which that happens and before the old one is revoked. What hangs on the old
// one and is not issued again by then is revoked with it (REV-04).
type Reissued func(tx *sqlstore.Tx, actor habeas.Actor, old, fresh account.Certificate) error

// WhenReissued adds what is to happen when an identity certificate takes the place of another.
// It is called while the server is made, not later.
func (c *Certificates) WhenReissued(then Reissued) { c.reissued = append(c.reissued, then) }

// Policy is the version of the policy that whoever registers now has to accept.
func (c *Certificates) Policy(ctx context.Context) (int64, error) {
	policy, err := c.policies.Current(ctx)
	return policy.Version, err
}

// accepted reports by its error that another version is in force.
func (c *Certificates) accepted(ctx context.Context, version int64) error {
	now, err := c.Policy(ctx)
	if err == nil && now != version {
		err = account.ErrPolicyMoved
	}
	return err
}

// Submit registers the actor, or, when a certificate of theirs counts already, mails a code to
// their main address; once it is typed, the certificate that was asked for takes the place of
// the old one (REC-05). in.Address is not looked at. Errors: those of Register, and
// account.ErrPolicyMoved.
func (c *Certificates) Submit(ctx context.Context, actor habeas.Actor, s account.Submission, in account.Asking) (account.Submitted, error) {
	var out account.Submitted
	if err := c.accepted(ctx, s.Policy); err != nil {
		return out, err
	}
	asked, err := c.asked(ctx, actor, s.Request)
	if err != nil {
		return out, err
	}
	held, err := c.db.Accounts().Certificates(ctx, actor.Account)
	if err != nil {
		return out, err
	}
	if _, found := account.ActiveIdentity(held, c.clock.Now()); !found {
		out.Chain, err = c.Register(ctx, actor, s.Request)
		return out, err
	}
	if in.Address, err = email.Parse(asked.Subject.Email); err != nil {
		return out, err
	}
	ask := account.Challenge{Purpose: account.ForCertificate, Subject: habeas.SubjectOf(actor.Account)}
	ask.Words.Request, ask.Words.Policy = s.Request, s.Policy
	out.Challenge, err = c.accounts.ask(ctx, ask, in)
	return out, err
}

// Confirm takes the code that was mailed to confirm a change which began in a flow, and returns
// the new certificate with its chain. Every refusal of the code is account.ErrCode.
func (c *Certificates) Confirm(ctx context.Context, actor habeas.Actor, challenge habeas.ChallengeID, typed sealed.Value, flow account.Token) ([][]byte, error) {
	asked, found, err := c.db.Accounts().Challenge(ctx, challenge)
	if err != nil {
		return nil, err
	}
	if !found || asked.Purpose != account.ForCertificate { // what signs somebody in is typed elsewhere
		return nil, account.ErrCode
	}
	if _, err := c.accounts.Prove(ctx, actor, challenge, typed, account.Browser{Flow: flow}); err != nil {
		return nil, err
	}
	held, err := c.Holding(ctx, actor)
	return held.Chain, err
}

// change is what a right code does: the certificate that was asked for is issued until the same
// day, and the old one is revoked as superseded with the roles that hang on it (T2, ADR 0044).
func (c *Certificates) change(tx *sqlstore.Tx, asked account.Challenge, actor habeas.Actor) (account.Proved, error) {
	ctx, w, now := tx.Context(), tx.Accounts(), c.clock.Now()
	out := account.Proved{Account: actor.Account, Next: registrationPage + "?done=changed"}
	if actor.Account.IsZero() || habeas.SubjectOf(actor.Account) != asked.Subject {
		return out, errNotConfirmed
	}
	req, err := request.Parse(asked.Words.Request)
	if err != nil {
		return out, err
	}
	main, err := mainOf(tx, actor.Account)
	if err != nil {
		return out, err
	}
	if main.Hash != asked.Address || main.Vouched() {
		return out, account.ErrForeignAddress // the main address has changed meanwhile
	}
	held, err := w.Certificates(ctx, actor.Account)
	if err != nil {
		return out, err
	}
	old, found := account.ActiveIdentity(held, now)
	r, registered, err := w.Registration(ctx, actor.Account)
	if err != nil {
		return out, err
	}
	if !found || !registered {
		return out, account.ErrNotRegistered
	}
	r.Subject, r.Policy = req.Subject, asked.Words.Policy
	fresh, err := c.issue(ctx, r, req)
	if err != nil {
		return out, err
	}
	if lostKey(held, keyIn(fresh.DER)) {
		return out, account.ErrLostKey
	}
	if err := w.SaveRegistration(r, c.entry(audit.Registered, actor, r.Account, map[string]string{"change": "yes"})); err != nil {
		return out, err
	}
	if err := w.AddCertificate(fresh, c.certificateEntry(audit.CertificateIssued, actor, fresh)); err != nil {
		return out, err
	}
	for _, then := range c.reissued {
		if err := then(tx, actor, old, fresh); err != nil {
			return out, err
		}
	}
	if err := c.revoke(tx, actor, old, pki.Superseded); err != nil {
		return out, err
	}
	return out, c.accounts.tellMain(tx, r.Account, Letter{Kind: mail.KindReregistered, Link: registrationPage})
}
