package app

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// relyingParty says what passkeys are made for: this origin and no other, always
// discoverable, always with the device's own check of its user.
func relyingParty(origin edge.Origin, organisation string) (*webauthn.WebAuthn, error) {
	yes := true
	return webauthn.New(&webauthn.Config{
		RPID: origin.RPID(), RPDisplayName: organisation, RPOrigins: []string{origin.String()},
		AttestationPreference: protocol.PreferNoAttestation, // which device somebody holds is their affair
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: &yes, ResidentKey: protocol.ResidentKeyRequirementRequired,
			UserVerification: protocol.VerificationRequired,
		},
	})
}

// algorithms are what a passkey may sign with: Ed25519, ES256, RS256.
var algorithms = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}

// holder is an account as the WebAuthn library sees it.
type holder struct {
	id    habeas.AccountID
	name  string
	creds []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return h.id[:] }
func (h holder) WebAuthnName() string                       { return h.name }
func (h holder) WebAuthnDisplayName() string                { return h.name }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.creds }

func holderOf(id habeas.AccountID, name string, keys []account.Passkey) (holder, error) {
	h := holder{id: id, name: name}
	for _, k := range keys {
		var c webauthn.Credential
		if err := json.Unmarshal(k.Credential, &c); err != nil {
			return h, habeas.Internal(fmt.Errorf("passkey: %w", err))
		}
		h.creds = append(h.creds, c)
	}
	return h, nil
}

// ceremonyID names the challenge row of a WebAuthn challenge. The answer carries the
// challenge, so that several ceremonies of one browser do not mix.
func ceremonyID(challenge string) habeas.ChallengeID {
	sum := sha256.Sum256([]byte("habeas ceremony " + challenge))
	return habeas.ChallengeID(sum[:16])
}

// openCeremony keeps the state of a ceremony and returns what the browser is given.
func (a *Accounts) openCeremony(ctx context.Context, purpose account.Purpose, subject habeas.SubjectID, flow account.Token, name string, state *webauthn.SessionData, options any) ([]byte, error) {
	now := a.clock.Now()
	text, err := json.Marshal(state)
	if err != nil {
		return nil, habeas.Internal(err)
	}
	err = a.db.Ops().PutChallenge(ctx, account.Challenge{
		ID: ceremonyID(state.Challenge), Purpose: purpose, Subject: subject, Flow: flow, MaxTries: 1,
		CreatedAt: now, ExpiresAt: now.Add(purpose.Life()), Words: account.Words{State: text, Name: name},
	})
	if err != nil {
		return nil, err
	}
	out, err := json.Marshal(options)
	if err != nil {
		return nil, habeas.Internal(err)
	}
	return out, nil
}

var errCeremony = habeas.Invalid("", "The passkey was not accepted. Try again, or use another way in.").WithCode("passkey.refused")

// ceremony finds the state that belongs to an answer from this browser.
func (a *Accounts) ceremony(ctx context.Context, purpose account.Purpose, challenge string, flow account.Token) (account.Challenge, webauthn.SessionData, error) {
	var state webauthn.SessionData
	c, found, err := a.db.Accounts().Challenge(ctx, ceremonyID(challenge))
	if err != nil {
		return c, state, err
	}
	if !found || c.Purpose != purpose || c.Flow.IsZero() || !c.Open(flow, a.clock.Now()) {
		return c, state, errCeremony
	}
	if err := json.Unmarshal(c.Words.State, &state); err != nil {
		return c, state, habeas.Internal(err)
	}
	return c, state, nil
}

// spend uses a ceremony up, or refuses when another answer was first.
func spend(tx *sqlstore.Tx, id habeas.ChallengeID, now time.Time) error {
	won, err := tx.Ops().SpendChallenge(tx.Context(), id, now)
	if err == nil && !won {
		err = errCeremony
	}
	return err
}

// PasskeyOptions begins a sign-in by passkey. It asks for no account and names none.
func (a *Accounts) PasskeyOptions(ctx context.Context, flow account.Token) ([]byte, error) {
	if a.rpErr != nil {
		return nil, habeas.Internal(a.rpErr)
	}
	options, state, err := a.rp.BeginDiscoverableLogin()
	if err != nil {
		return nil, habeas.Internal(err)
	}
	return a.openCeremony(ctx, account.ForPasskeySignIn, habeas.SubjectID{}, flow, "", state, options)
}

// PasskeySignIn checks the answer of a passkey and begins the sign-in b.New. A
// refusal stands in the ledger, on the account when it is known (LOG-01).
func (a *Accounts) PasskeySignIn(ctx context.Context, answer []byte, b account.Browser) error {
	id, err := a.passkeySignIn(ctx, answer, b)
	if err == nil || habeas.KindOf(err) == habeas.KindInternal {
		return err
	}
	failed := a.entry(audit.SignInFailed, habeas.SubjectOf(id), habeas.Server, map[string]string{"proof": string(habeas.ProofPasskey)})
	if auditErr := a.db.InTx(ctx, func(tx *sqlstore.Tx) error { return tx.Audit(failed) }); auditErr != nil {
		return auditErr // what cannot be witnessed is our fault, not theirs
	}
	return err
}

// passkeySignIn returns the account as far as it is known, also beside an error.
func (a *Accounts) passkeySignIn(ctx context.Context, answer []byte, b account.Browser) (habeas.AccountID, error) {
	var none habeas.AccountID
	if a.rpErr != nil {
		return none, habeas.Internal(a.rpErr)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return none, errCeremony.WithCause(err)
	}
	c, state, err := a.ceremony(ctx, account.ForPasskeySignIn, parsed.Response.CollectedClientData.Challenge, b.Flow)
	if err != nil {
		return none, err
	}
	used, err := a.db.Accounts().Passkey(ctx, a.keys.Lookup(account.LookupPasskey, string(parsed.RawID)))
	if habeas.KindOf(err) == habeas.KindNotFound || habeas.KindOf(err) == habeas.KindGone {
		return none, errCeremony
	}
	if err != nil {
		return none, err
	}
	if !used.EndedAt.IsZero() {
		return used.Account, errCeremony
	}
	_, cred, err := a.rp.ValidatePasskeyLogin(func(_, _ []byte) (webauthn.User, error) {
		return holderOf(used.Account, "", []account.Passkey{used})
	}, state, parsed)
	if err != nil {
		return used.Account, errCeremony.WithCause(err)
	}
	if cred.Authenticator.CloneWarning {
		return used.Account, errCloned
	}
	return used.Account, a.passkeyProved(ctx, c, used, cred, b)
}

var errCloned = habeas.Forbidden("This passkey may have been copied: its counter went back. Sign in with another one, or recover the account.").WithCode("passkey.cloned")

func (a *Accounts) passkeyProved(ctx context.Context, c account.Challenge, used account.Passkey, cred *webauthn.Credential, b account.Browser) error {
	now := a.clock.Now()
	text, err := json.Marshal(cred)
	if err != nil {
		return habeas.Internal(err)
	}
	actor := habeas.Actor{Kind: habeas.ActorPerson, Account: used.Account, Proof: habeas.ProofPasskey}
	return a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		if err := spend(tx, c.ID, now); err != nil {
			return err
		}
		who, err := tx.Accounts().Account(ctx, used.Account)
		if err != nil {
			return err
		}
		if account.ReachOf(who.StateAt(now), habeas.ProofPasskey, true) != account.ReachEverything {
			return a.errShut(who)
		}
		// Read again: it may have been removed while the device was asked.
		p, err := tx.Accounts().Passkey(ctx, used.Hash)
		if err != nil || !p.EndedAt.IsZero() {
			return errors.Join(err, errCeremony)
		}
		p.UsedAt, p.Credential = now, text
		e := a.entry(audit.SignInSucceeded, habeas.SubjectOf(p.Account), actor, map[string]string{"proof": string(habeas.ProofPasskey)})
		if err := tx.Accounts().ChangePasskey(p, e); err != nil {
			return err
		}
		return a.begin(tx, account.SignIn{Account: p.Account, Proof: habeas.ProofPasskey, Passkey: p.Hash}, b)
	})
}

// NewPasskeyOptions begins the making of a passkey for the actor's account.
func (a *Accounts) NewPasskeyOptions(ctx context.Context, actor habeas.Actor, flow account.Token, name string) ([]byte, error) {
	if a.rpErr != nil {
		return nil, habeas.Internal(a.rpErr)
	}
	if err := account.CheckName("name", name); err != nil {
		return nil, err
	}
	h, err := a.holdings(ctx, actor.Account, a.clock.Now())
	if err != nil {
		return nil, err
	}
	if len(h.Passkeys) >= account.MaxPasskeys {
		return nil, habeas.Forbidden("An account holds at most {max} passkeys. Remove one first.").WithCode("passkey.many").With("max", strconv.Itoa(account.MaxPasskeys))
	}
	user, err := holderOf(actor.Account, h.Main().Display, h.Passkeys)
	if err != nil {
		return nil, err
	}
	var have []protocol.CredentialDescriptor
	for _, c := range user.creds {
		have = append(have, c.Descriptor())
	}
	options, state, err := a.rp.BeginRegistration(user, webauthn.WithExclusions(have), webauthn.WithCredentialParameters(algorithms))
	if err != nil {
		return nil, habeas.Internal(err)
	}
	return a.openCeremony(ctx, account.ForPasskeyNewOne, habeas.SubjectOf(actor.Account), flow, name, state, options)
}

// AddPasskey checks what the device made and adds it. The sign-in becomes one that
// a passkey proved, under a new cookie. Sign-ins by code end: what was typed before
// must not serve to recover the account from its new passkey. Every address of the
// account is told.
func (a *Accounts) AddPasskey(ctx context.Context, actor habeas.Actor, answer []byte, b account.Browser) error {
	if a.rpErr != nil {
		return habeas.Internal(a.rpErr)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return errCeremony.WithCause(err)
	}
	c, state, err := a.ceremony(ctx, account.ForPasskeyNewOne, parsed.Response.CollectedClientData.Challenge, b.Flow)
	if err != nil {
		return err
	}
	if c.Subject != habeas.SubjectOf(actor.Account) {
		return errCeremony
	}
	cred, err := a.rp.CreateCredential(holder{id: actor.Account}, state, parsed)
	if err != nil {
		return errCeremony.WithCause(err)
	}
	text, err := json.Marshal(cred)
	if err != nil {
		return habeas.Internal(err)
	}
	now := a.clock.Now()
	p := account.Passkey{
		Hash: a.keys.Lookup(account.LookupPasskey, string(cred.ID)), Account: actor.Account, AddedAt: now,
		Name: c.Words.Name, Credential: text,
	}
	return a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		if err := spend(tx, c.ID, now); err != nil {
			return err
		}
		e := a.entry(audit.CredentialAdded, habeas.SubjectOf(actor.Account), actor, map[string]string{"credential": "passkey"})
		if err := tx.Accounts().AddPasskey(p, e); err != nil {
			return err
		}
		if err := tx.Ops().EndCodeSignIns(ctx, actor.Account); err != nil {
			return err
		}
		if err := a.tell(tx, actor.Account, mail.KindPasskeyAdded, "/me/credentials"); err != nil {
			return err
		}
		return a.begin(tx, account.SignIn{Account: actor.Account, Proof: habeas.ProofPasskey, Passkey: p.Hash}, b)
	})
}
