package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
)

// A sign-in by certificate begins on the site, goes to the port that sees certificates, and
// comes back. On each way an address carries 256 random bits and nothing else. The way there
// tells the port which flow is meant; the way back is given to the browser that has shown the
// certificate, and counts only in the one in which the flow began. So it is one browser, or
// nobody is signed in: not who sends others a link to the port, and not whom somebody sends
// their own way back (ADR 0043).

// handoverBack is the path of the site where browsers come back to.
const handoverBack = "/sign-in/certificate"

// wayID names the challenge row of a way; ok is false for what is no token.
func wayID(purpose account.Purpose, token sealed.Value) (id habeas.ChallengeID, ok bool) {
	hash, ok := edge.HashToken(token)
	sum := sha256.Sum256(append([]byte("habeas "+string(purpose)+" "), hash[:]...))
	return habeas.ChallengeID(sum[:16]), ok
}

// newWay draws a token, and the row that it opens.
func (a *Accounts) newWay(ctx context.Context, purpose account.Purpose, flow account.Token, words account.Words) (token string, c account.Challenge) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand aborts the program instead
	token = base64.RawURLEncoding.EncodeToString(random[:])
	now := a.clock.Now()
	c = account.Challenge{Purpose: purpose, Flow: flow, MaxTries: 1, CreatedAt: now, ExpiresAt: now.Add(purpose.Life()), Words: words}
	c.ID, _ = wayID(purpose, edge.Secret(ctx, token))
	return token, c
}

// CertificatePort reports whether people can sign in by certificate.
func (a *Accounts) CertificatePort() bool { return a.port != (edge.Origin{}) }

// CertificateURL begins a sign-in by certificate and returns where the browser goes.
func (a *Accounts) CertificateURL(ctx context.Context, in account.Asking) (string, error) {
	if !a.CertificatePort() {
		return "", account.ErrNoPort
	}
	token, c := a.newWay(ctx, account.ForPort, in.Flow, account.Words{To: in.To, Language: in.Language})
	return a.port.URL("/sign-in?t=" + token), a.db.Ops().PutChallenge(ctx, c)
}

// Bearer tells whose certificate a client of the port has shown. A closed account opens by
// nothing; that of an erased one counts as revoked.
func (a *Accounts) Bearer(ctx context.Context, client pki.Client) (account.Bearer, error) {
	b := account.Bearer{Subject: client.Subject, Serial: client.Serial}
	if _, err := a.certified(ctx, a.db.Accounts(), client.Serial, &b.Account); err != nil {
		return b, err
	}
	until, err := a.db.Blocks().BlockedUntil(ctx, b.Account, a.clock.Now())
	if err != nil {
		return b, err
	}
	if !until.IsZero() {
		return b, a.errBlocked(until)
	}
	b.Roles, err = a.roles.RolesOf(ctx, b.Account, a.clock.Now())
	return b, err
}

// certifying is what certified reads, inside a transaction and outside.
type certifying interface {
	account.Reader
	account.CertificateReader
}

// certified finds an identity certificate that counts, of an account that is open. The account
// is told as far as it is known, also beside an error.
func (a *Accounts) certified(ctx context.Context, from certifying, serial pki.Serial, id *habeas.AccountID) (account.Certificate, error) {
	held, found, err := from.Certificate(ctx, pki.Identity, serial)
	if habeas.KindOf(err) == habeas.KindGone {
		return held, pki.ErrRevoked
	}
	if err != nil {
		return held, err
	}
	*id = held.Account
	if !found || held.Revoked() || held.Account.IsZero() {
		return held, pki.ErrRevoked
	}
	if !held.Active(a.clock.Now()) {
		return held, pki.ErrExpired
	}
	who, err := from.Account(ctx, held.Account)
	if err == nil && account.ReachOf(who.StateAt(a.clock.Now()), habeas.ProofCertificate, true) != account.ReachEverything {
		err = a.errShut(who)
	}
	return held, err
}

// HandOver lets the browser in which a bearer said so go back to the site, and returns the
// address. The way there counts once.
func (a *Accounts) HandOver(ctx context.Context, b account.Bearer, way sealed.Value) (string, error) {
	id, ok := wayID(account.ForPort, way)
	c, found, err := a.db.Accounts().Challenge(ctx, id)
	if err != nil {
		return "", err
	}
	now := a.clock.Now()
	if !ok || !found || c.Purpose != account.ForPort || !c.Open(c.Flow, now) {
		return "", a.certificateFailed(ctx, b.Account, account.ErrHandover)
	}
	token, back := a.newWay(ctx, account.ForHandover, c.Flow, account.Words{To: c.Words.To, State: b.Serial[:]})
	back.Subject = habeas.SubjectOf(b.Account)
	err = a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		won, err := tx.Ops().SpendChallenge(ctx, c.ID, now)
		if err == nil && !won {
			err = account.ErrHandover
		}
		if err != nil {
			return err
		}
		return tx.Ops().PutChallenge(ctx, back)
	})
	return a.origin.URL(handoverBack + "?t=" + token), err
}

// CertificateSignIn takes what brings a browser back from the port, and signs in whoever has
// shown the certificate. A refusal stands in the ledger, on the account when it is known (LOG-01).
func (a *Accounts) CertificateSignIn(ctx context.Context, way sealed.Value, b account.Browser) (account.Proved, error) {
	done, err := a.handedOver(ctx, way, b)
	if err != nil {
		err = a.certificateFailed(ctx, done.Account, err)
	}
	return done, err
}

// certificateFailed witnesses a refusal, and returns it.
func (a *Accounts) certificateFailed(ctx context.Context, id habeas.AccountID, err error) error {
	var told *habeas.Error
	if !errors.As(err, &told) || told.Kind == habeas.KindInternal || told.Kind == habeas.KindUnavailable {
		return err
	}
	var subject habeas.SubjectID
	if !id.IsZero() {
		subject = habeas.SubjectOf(id)
	}
	e := a.entry(audit.SignInFailed, subject, habeas.Server, map[string]string{"proof": string(habeas.ProofCertificate), "reason": told.Code})
	if auditErr := a.db.InTx(ctx, func(tx *sqlstore.Tx) error { return tx.Audit(e) }); auditErr != nil {
		return auditErr // what cannot be witnessed is our fault, not theirs
	}
	return err
}

// CertificateRefused witnesses that a certificate was refused on the port. holder is its number
// when it is one of ours; nobody else is named.
func (a *Accounts) CertificateRefused(ctx context.Context, holder *pki.Serial, err error) error {
	var id habeas.AccountID
	if holder != nil {
		if held, found, readErr := a.db.Accounts().Certificate(ctx, pki.Identity, *holder); readErr == nil && found {
			id = held.Account
		}
	}
	return a.certificateFailed(ctx, id, err)
}

func (a *Accounts) handedOver(ctx context.Context, way sealed.Value, b account.Browser) (account.Proved, error) {
	var done account.Proved
	id, ok := wayID(account.ForHandover, way)
	c, found, err := a.db.Accounts().Challenge(ctx, id)
	if err != nil {
		return done, err
	}
	var serial pki.Serial
	if !ok || !found || c.Purpose != account.ForHandover || len(c.Words.State) != len(serial) {
		return done, account.ErrHandover
	}
	copy(serial[:], c.Words.State)
	done.Account = habeas.AccountID(c.Subject)
	now := a.clock.Now()
	if c.Flow.IsZero() || !c.Open(b.Flow, now) {
		return done, account.ErrHandover
	}
	err = a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		won, err := tx.Ops().SpendChallenge(ctx, c.ID, now)
		if err == nil && !won {
			err = account.ErrHandover
		}
		if err != nil {
			return err
		}
		// Read again: it may have been revoked on the way.
		var whose habeas.AccountID
		held, err := a.certified(ctx, tx.Accounts(), serial, &whose)
		if err != nil {
			return err
		}
		self := habeas.Actor{Kind: habeas.ActorPerson, Account: whose, Proof: habeas.ProofCertificate}
		e := a.entry(audit.SignInSucceeded, habeas.SubjectOf(whose), self, map[string]string{"proof": string(habeas.ProofCertificate), "serial": serial.String()})
		if err := tx.Audit(e); err != nil {
			return err
		}
		return a.begin(tx, account.SignIn{Account: whose, Proof: habeas.ProofCertificate, Certificate: serial, ExpiresAt: held.Ends}, b)
	})
	done.SignedIn, done.Next = err == nil, "/me"
	if c.Words.To != "" {
		done.Next = c.Words.To
	}
	return done, err
}

// endCertificates revokes every certificate of an account that is being recovered: whoever has
// their keys may be another person.
func (a *Accounts) endCertificates(tx *sqlstore.Tx, id habeas.AccountID, actor habeas.Actor) error {
	all, err := tx.Accounts().Certificates(tx.Context(), id)
	if err != nil {
		return err
	}
	for _, held := range all {
		if held.Revoked() {
			continue
		}
		held.RevokedAt, held.Reason = a.clock.Now(), pki.Unspecified
		e := a.entry(audit.CertificateRevoked, habeas.SubjectOf(id), actor, map[string]string{
			"authority": string(held.Authority), "serial": held.Serial.String(), "reason": held.Reason.String(),
		})
		if err := tx.Accounts().RevokeCertificate(held, e); err != nil {
			return err
		}
	}
	return nil
}
