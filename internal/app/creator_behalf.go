package app

import (
	"context"
	"crypto/sha256"
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
	webaccount "github.com/habeas-data/habeas/internal/web/account"
	"github.com/habeas-data/habeas/sealed"
)

// Ask implements web/port.Creators: a creator asks to register somebody (REG-08, REG-09), who is
// mailed a code. The answer and the work are the same whoever has the address. Errors: those of
// account.Behalf.Check and request.Parse, account.ErrNotCreator, account.ErrNoCreatorSite,
// account.ErrPolicyMoved, account.ErrBehalfMany.
func (c *Creators) Ask(ctx context.Context, a habeas.Actor, in account.Behalf) (habeas.ChallengeID, error) {
	var none habeas.ChallengeID
	if !a.Has(habeas.RoleCreator) {
		return none, account.ErrNotCreator
	}
	site, err := c.speaks(ctx, c.db.Accounts(), a.Account, in.Site)
	if err != nil {
		return none, err
	}
	if err := in.Check(); err != nil {
		return none, err
	}
	asked, err := request.Parse(in.Request)
	if err != nil {
		return none, err
	}
	address, err := email.Parse(asked.Subject.Email)
	if err != nil {
		return none, err
	}
	if err := c.certificates.accepted(ctx, in.Policy); err != nil {
		return none, err
	}
	if err := c.turn(ctx, a.Account); err != nil {
		return none, err
	}
	who, _, err := c.db.Accounts().Registration(ctx, a.Account)
	if err != nil {
		return none, err
	}
	state := account.BehalfState{Creator: a.Account, Site: site.ID, Words: account.MandateWords{
		Organisation: who.Subject.Organisation, Site: site.Words.Origin, Text: in.Text, Manner: in.Manner, Where: account.MandateAtRegistration,
	}}
	ask := account.Challenge{Purpose: account.ForBehalf, Words: account.Words{Request: in.Request, Policy: in.Policy, State: state.Encoded()}}
	return c.accounts.ask(ctx, ask, account.Asking{
		Address: address, Language: in.Language, Flow: behalfFlow(a.Account), Client: "creator " + a.Account.String(),
	})
}

// turn counts what a creator asks for, whoever it is about.
func (c *Creators) turn(ctx context.Context, creator habeas.AccountID) error {
	return c.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		n, err := tx.Ops().TakeTurn(ctx, c.accounts.keys.Lookup("behalf", string(creator[:])), c.clock.Now(), account.AskWindow)
		if err == nil && n > account.BehalfsPerCreator {
			err = account.ErrBehalfMany
		}
		return err
	})
}

// behalfFlow stands for a creator: what it asks for takes the place of nothing that another asked.
func behalfFlow(creator habeas.AccountID) account.Token {
	return sha256.Sum256(append([]byte("behalf\x00"), creator[:]...))
}

// behalf finds a registration that a creator asked for. There is none to who may not see it.
func (c *Creators) behalf(ctx context.Context, id habeas.ChallengeID) (account.Challenge, account.BehalfState, bool, error) {
	asked, found, err := c.db.Accounts().Challenge(ctx, id)
	if err != nil || !found {
		return asked, account.BehalfState{}, false, err
	}
	state, ok := account.BehalfOf(asked)
	return asked, state, ok, nil
}

// Confirm implements web/port.Creators: its person has typed the code into the creator's own
// form. Errors: account.ErrCode; account.ErrBehalf for whatever else is in the way, which only
// its person learns.
func (c *Creators) Confirm(ctx context.Context, a habeas.Actor, id habeas.ChallengeID, typed sealed.Value) ([][]byte, error) {
	if !a.Has(habeas.RoleCreator) {
		return nil, account.ErrNotCreator
	}
	asked, state, found, err := c.behalf(ctx, id)
	if err != nil {
		return nil, err
	}
	if !found || state.Creator != a.Account {
		return nil, account.ErrCode
	}
	cert, err := c.confirm(ctx, asked, state, typed, habeas.Actor{})
	switch habeas.KindOf(err) {
	case habeas.KindForbidden, habeas.KindConflict, habeas.KindNotFound, habeas.KindInvalid:
		if err != nil && !errors.Is(err, account.ErrCode) {
			return nil, account.ErrBehalf
		}
	default:
	}
	if err != nil {
		return nil, err
	}
	return c.certificates.chain(ctx, cert.DER)
}

// Registering implements web/account.Creators: who wants to register the reader of a mail, and
// as whom. Only the id that the mail carries leads there.
func (c *Creators) Registering(ctx context.Context, id habeas.ChallengeID) (webaccount.Registering, error) {
	var out webaccount.Registering
	asked, state, found, err := c.behalf(ctx, id)
	if err != nil {
		return out, err
	}
	if !found || !asked.Open(asked.Flow, c.clock.Now()) {
		return out, account.ErrNoBehalf
	}
	out.Words, out.Site = state.Words, state.Site
	return out, nil
}

// ConfirmHere implements web/account.Creators: its person types the code at our site. self is who
// is signed in there; the zero Actor: nobody.
func (c *Creators) ConfirmHere(ctx context.Context, self habeas.Actor, id habeas.ChallengeID, typed sealed.Value) error {
	asked, state, found, err := c.behalf(ctx, id)
	if err != nil {
		return err
	}
	if !found {
		return account.ErrCode
	}
	_, err = c.confirm(ctx, asked, state, typed, self)
	return err
}

// confirm does what a right code is for: registers its person and gives the creator the right to
// act for them. A right code that leads to a refusal is not spent, so that its person can find
// out why.
func (c *Creators) confirm(ctx context.Context, asked account.Challenge, state account.BehalfState, typed sealed.Value, self habeas.Actor) (account.Certificate, error) {
	var out account.Certificate
	right, now := rightCode(c.accounts.keys, asked.ID, typed), c.clock.Now()
	if _, err := c.certificates.Authorities.Get(ctx, pki.Identity); err != nil { // made outside of the transaction
		return out, err
	}
	fresh, err := c.newcomer(ctx, asked, right)
	if err != nil {
		return out, err
	}
	wrong := false // it is told although the rows of the try are kept
	err = c.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		wrong = false
		asked, found, err := tx.Accounts().Challenge(ctx, asked.ID)
		if err != nil {
			return err
		}
		open := found && asked.Open(asked.Flow, now)
		if !open || !right {
			wrong = true
			return c.accounts.wrong(tx, asked, open)
		}
		won, err := tx.Ops().SpendChallenge(ctx, asked.ID, now)
		if err != nil || !won {
			wrong = true
			return errors.Join(err, c.accounts.wrong(tx, asked, false))
		}
		out, err = c.register(tx, asked, state, fresh, self)
		return err
	})
	if err == nil && wrong {
		err = account.ErrCode
	}
	if err == nil {
		c.certificates.Roles.CarryNow(ctx, out.Account)
	}
	return out, err
}

// newcomer makes the key of the account that a right code is about to create.
func (c *Creators) newcomer(ctx context.Context, asked account.Challenge, right bool) (habeas.AccountID, error) {
	var none habeas.AccountID
	if !right || !asked.Open(asked.Flow, c.clock.Now()) {
		return none, nil
	}
	if _, taken, err := c.db.Accounts().AddressAt(ctx, asked.Address); err != nil || taken {
		return none, err
	}
	fresh := habeas.NewID[habeas.AccountKind](c.clock.Now())
	return fresh, c.accounts.keys.Commit(ctx, c.accounts.keys.NewKey(habeas.SubjectOf(fresh)))
}

// register gives the person of a right code the certificate that was asked for.
func (c *Creators) register(tx *sqlstore.Tx, asked account.Challenge, state account.BehalfState, fresh habeas.AccountID, self habeas.Actor) (account.Certificate, error) {
	var none account.Certificate
	ctx := tx.Context()
	if _, err := c.speaks(ctx, tx.Accounts(), state.Creator, state.Words.Site); err != nil {
		return none, err
	}
	req, err := request.Parse(asked.Words.Request)
	if err != nil {
		return none, err
	}
	who, err := c.accounts.findOrCreate(tx, asked, fresh)
	if err != nil {
		return none, err
	}
	if err := c.open(tx, asked, who, self); err != nil {
		return none, err
	}
	actor := habeas.Actor{Kind: habeas.ActorPerson, Account: who.ID, Proof: habeas.ProofCode}
	held, err := tx.Accounts().Certificates(ctx, who.ID)
	if err != nil {
		return none, err
	}
	old, registered := account.ActiveIdentity(held, c.clock.Now())
	switch {
	case registered && !c.through(tx, held, state.Creator):
		return none, account.ErrRegistered
	case lostKey(held, keyOf(req.Key)):
		return none, account.ErrLostKey
	}
	m, err := c.mandate(tx, actor, state)
	if err != nil {
		return none, err
	}
	cert, err := c.issue(tx, actor, req, old, registered, asked.Words.Policy, m)
	if err != nil {
		return none, err
	}
	return cert, c.accounts.tellLetter(tx, who.ID, Letter{
		Kind: mail.KindBehalf, Link: mandatePage, From: []string{state.Words.Name(), state.Words.Site}, Why: state.Words.Text,
	})
}

// open refuses an account that a mailed code alone does not open.
func (c *Creators) open(tx *sqlstore.Tx, asked account.Challenge, who account.Account, self habeas.Actor) error {
	ctx, now := tx.Context(), c.clock.Now()
	if who.StateAt(now) != account.Active {
		return c.accounts.errShut(who)
	}
	until, err := c.db.Blocks().BlockedUntil(ctx, who.ID, now)
	if err != nil {
		return err
	}
	if !until.IsZero() {
		return c.accounts.errBlocked(until)
	}
	main, err := mainOf(tx, who.ID)
	if err != nil {
		return err
	}
	if main.Hash != asked.Address || main.Vouched() {
		return account.ErrBehalfAddress
	}
	guarded, err := c.certificates.guarded(tx, who.ID)
	if err == nil && guarded && (self.Account != who.ID || !self.Proof.OfKey()) {
		err = account.ErrBehalfGuarded
	}
	return err
}

// through reports whether somebody was ever registered by a creator: then it may submit again,
// also what its person has corrected here meanwhile (REC-11).
func (c *Creators) through(tx *sqlstore.Tx, held []account.Certificate, creator habeas.AccountID) bool {
	if len(held) == 0 {
		return false
	}
	all, err := tx.Accounts().MandatesOf(tx.Context(), held[0].Account)
	return err == nil && slices.ContainsFunc(held, func(cert account.Certificate) bool {
		return slices.ContainsFunc(all, func(m account.Mandate) bool { return m.ID == cert.Mandate && m.Creator == creator })
	})
}

// mandate notes the consent, unless the creator has it already.
func (c *Creators) mandate(tx *sqlstore.Tx, actor habeas.Actor, state account.BehalfState) (account.Mandate, error) {
	m, found, err := tx.Accounts().Mandate(tx.Context(), actor.Account, state.Creator)
	if err != nil || found {
		return m, err
	}
	now := c.clock.Now()
	m = account.Mandate{ID: habeas.NewID[habeas.MandateKind](now), Account: actor.Account, Creator: state.Creator, Site: state.Site, At: now, Words: state.Words}
	return m, tx.Accounts().AddMandate(m, c.mandateEntry(audit.MandateGiven, actor, m))
}

// issue registers somebody for three years; who is registered renews when it is time for that,
// and else changes what the certificate says until the same day (RET-02, REC-11).
func (c *Creators) issue(tx *sqlstore.Tx, actor habeas.Actor, req request.Request, old account.Certificate, registered bool, policy int64, m account.Mandate) (account.Certificate, error) {
	ctx, now := tx.Context(), c.clock.Now()
	r, _, err := tx.Accounts().Registration(ctx, actor.Account)
	if err != nil {
		return account.Certificate{}, err
	}
	detail := map[string]string{"through": m.Words.Site}
	switch {
	case !registered, account.CanRenew(r, r.Subject == req.Subject, now) == nil:
		r = account.Registration{Account: actor.Account, At: now, Ends: pki.Expiry(now), Policy: policy, Subject: req.Subject}
		if registered {
			detail["renewed"] = "yes"
		}
	default:
		r.Subject, r.Policy = req.Subject, policy
		detail["change"] = "yes"
	}
	cert, err := c.certificates.issue(ctx, r, req)
	if err != nil {
		return cert, err
	}
	cert.Mandate = m.ID
	if err := tx.Accounts().SaveRegistration(r, c.certificates.entry(audit.Registered, actor, r.Account, detail)); err != nil {
		return cert, err
	}
	if err := tx.Accounts().AddCertificate(cert, c.certificates.certificateEntry(audit.CertificateIssued, actor, cert)); err != nil {
		return cert, err
	}
	if registered {
		err = c.certificates.replace(tx, actor, old, cert)
	}
	return cert, err
}

// State implements web/port.Creators: how far a registration has come, with the chain of the
// certificate that it led to. Of what another creator asked for it says that it is over.
func (c *Creators) State(ctx context.Context, a habeas.Actor, id habeas.ChallengeID) (account.BehalfPhase, [][]byte, error) {
	if !a.Has(habeas.RoleCreator) {
		return account.BehalfOver, nil, account.ErrNotCreator
	}
	asked, state, found, err := c.behalf(ctx, id)
	if err != nil {
		return account.BehalfOver, nil, err
	}
	switch {
	case !found || state.Creator != a.Account:
		return account.BehalfOver, nil, nil
	case asked.UsedAt.IsZero() && c.clock.Now().Before(asked.ExpiresAt):
		return account.BehalfWaits, nil, nil // without tries left too: whether there were any says something
	}
	chain, err := c.outcome(ctx, asked, a.Account)
	if err != nil || chain == nil {
		return account.BehalfOver, nil, err
	}
	return account.BehalfDone, chain, nil
}

// outcome is the chain of the certificate that a request led to; nil: it led to none that counts.
func (c *Creators) outcome(ctx context.Context, asked account.Challenge, creator habeas.AccountID) ([][]byte, error) {
	from := c.db.Accounts()
	held, found, err := from.AddressAt(ctx, asked.Address)
	if err != nil || !found {
		return nil, err
	}
	m, found, err := from.Mandate(ctx, held.Account, creator)
	if err != nil || !found {
		return nil, err
	}
	req, err := request.Parse(asked.Words.Request)
	if err != nil {
		return nil, err
	}
	all, err := from.Certificates(ctx, held.Account)
	if err != nil {
		return nil, err
	}
	active, found := account.ActiveIdentity(all, c.clock.Now())
	if !found || active.Mandate != m.ID || string(keyIn(active.DER)) != string(keyOf(req.Key)) {
		return nil, nil
	}
	return c.certificates.chain(ctx, active.DER)
}
