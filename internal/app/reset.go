package app

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/escrow"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
)

// AskReset implements web/account.Escrows. It mails a code by the same path as any other, alike
// for every address; the code does one thing, for one key of one browser (REC-04, REC-06).
// Whoever is signed in gets it at their main address, whatever in names.
func (x *Escrows) AskReset(ctx context.Context, actor habeas.Actor, kind account.ResetKind, in account.Asking, recipient []byte) (habeas.ChallengeID, error) {
	if len(recipient) > 0 && !escrow.Point(recipient) {
		return habeas.ChallengeID{}, account.ErrResetKey
	}
	if !actor.Account.IsZero() {
		all, err := x.db.Accounts().Addresses(ctx, actor.Account)
		if err != nil {
			return habeas.ChallengeID{}, err
		}
		if in.Address, err = email.Parse(account.Holdings{Addresses: all}.Main().Display); err != nil {
			return habeas.ChallengeID{}, habeas.Internal(err)
		}
	}
	c := account.Challenge{Purpose: kind.Purpose()}
	c.Words.State = recipient
	return x.accounts.ask(ctx, c, in)
}

// ProveReset implements web/account.Escrows. Every refusal of a code is account.ErrCode; what a
// right one led to is told to whoever has thereby shown that the address is theirs.
func (x *Escrows) ProveReset(ctx context.Context, actor habeas.Actor, sign account.Token, id habeas.ChallengeID, typed sealed.Value, flow account.Token) (answer account.ResetAnswer, err error) {
	now, right := x.clock.Now(), rightCode(x.keys, id, typed)
	strong, err := x.strong(ctx, actor, sign)
	if err != nil {
		return "", err
	}
	var refused error // what is said although the rows of the try are kept
	err = x.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		refused = account.ErrCode
		c, found, err := tx.Accounts().Challenge(ctx, id)
		if err != nil {
			return err
		}
		open := found && c.Purpose.Resets() && c.Open(flow, now)
		if !open || !right {
			return x.accounts.wrong(tx, c, open)
		}
		won, err := tx.Ops().SpendChallenge(ctx, id, now)
		if err != nil || !won {
			return errors.Join(err, x.accounts.wrong(tx, c, false))
		}
		refused = nil
		answer, err = x.proved(tx, c, actor, strong)
		return err
	})
	if err == nil && answer == account.ResetRevoked {
		err = x.Sweep(ctx)
	}
	return answer, errors.Join(err, refused)
}

// strong reports whether somebody has proved by a key, within the last minutes, who they are.
func (x *Escrows) strong(ctx context.Context, actor habeas.Actor, sign account.Token) (bool, error) {
	if !account.ByKey(actor.Proof) {
		return false, nil
	}
	return x.accounts.ProvedLately(ctx, actor, sign)
}

// proved does what the right code was for.
func (x *Escrows) proved(tx *sqlstore.Tx, c account.Challenge, actor habeas.Actor, strong bool) (account.ResetAnswer, error) {
	ctx := tx.Context()
	held, found, err := tx.Accounts().AddressAt(ctx, c.Address)
	if err != nil {
		return "", err
	}
	if !found || !held.Main || held.Vouched() {
		return account.ResetNobody, tx.Audit(x.accounts.entry(audit.AddressProved, habeas.SubjectID{}, visitor, nil))
	}
	who, err := tx.Accounts().Account(ctx, held.Account)
	if err != nil {
		return "", err
	}
	all, err := tx.Accounts().Certificates(ctx, held.Account)
	if err != nil {
		return "", err
	}
	self := habeas.Actor{Kind: habeas.ActorPerson, Account: held.Account, Proof: habeas.ProofCode}
	active, registered := account.ActiveIdentity(all, x.clock.Now())
	answer := account.ResetNobody
	switch {
	case who.State != account.Active || !registered:
	case c.Purpose == account.ForFilePassword:
		return x.begin(tx, c, self, strong && actor.Account == held.Account)
	default:
		return account.ResetRevoked, x.revoke(tx, c, self, active)
	}
	return answer, tx.Audit(x.accounts.entry(audit.AddressProved, habeas.SubjectOf(held.Account), self, nil))
}

// begin starts a reset of the password and tells all addresses how to stop it (T5).
func (x *Escrows) begin(tx *sqlstore.Tx, c account.Challenge, self habeas.Actor, strong bool) (account.ResetAnswer, error) {
	ctx, now := tx.Context(), x.clock.Now()
	kept, found, err := tx.Accounts().Escrow(ctx, self.Account)
	if err != nil {
		return "", err
	}
	change, changing, err := tx.Accounts().Changing(ctx, self.Account)
	if err != nil {
		return "", err
	}
	answer := account.ResetBegun
	switch {
	case !found:
		answer = account.ResetNotKept
	case changing && change.Stoppable(now): // the old address can still say that the new one is not theirs (T12)
		answer = account.ResetChanges
	case len(c.Words.State) == 0:
		answer = account.ResetNoKey
	}
	if answer != account.ResetBegun {
		return answer, tx.Audit(x.accounts.entry(audit.AddressProved, habeas.SubjectOf(self.Account), self, nil))
	}
	var link [sha256.Size]byte
	sealed.Do(func() {
		token := x.keys.Token(resetLink, c.ID[:])
		link = sha256.Sum256(token[:])
	})
	r := x.rules.Begin(c, kept, strong, link, now)
	if err := tx.Accounts().SaveFileReset(r, x.entry(audit.FileResetBegun, self, kept)); err != nil {
		return "", err
	}
	if err := x.callKeepers(tx, r); err != nil {
		return "", err
	}
	return answer, x.warn(tx, r)
}

// resetLink is the use of keys for links that stop a reset.
const resetLink = "file-reset"

// resetToken is what such a link carries: 256 bits derived from the reset's id. No row holds
// it, only its hash (PTY-A24).
func resetToken(keys *keyring.Ring, id habeas.ChallengeID) []byte {
	t := keys.Token(resetLink, id[:])
	defer clear(t[:])
	return base64.RawURLEncoding.AppendEncode(nil, t[:])
}

// warn writes to every address of an account that a reset has begun.
func (x *Escrows) warn(tx *sqlstore.Tx, r account.FileReset) error {
	who, err := tx.Accounts().Account(tx.Context(), r.Account)
	if err != nil {
		return err
	}
	addresses, err := tx.Accounts().Addresses(tx.Context(), r.Account)
	if err != nil {
		return err
	}
	wait := r.Due.Sub(x.clock.Now())
	for _, a := range addresses {
		l := Letter{Kind: mail.KindResetWaiting, To: a.Mailbox, Language: who.Profile.Language, Reset: r.ID, Hours: int(wait / time.Hour)}
		if wait == 0 {
			l.Kind = mail.KindResetNow
		}
		if err := x.accounts.mailer.Post(tx, habeas.SubjectOf(r.Account), l); err != nil {
			return err
		}
	}
	return nil
}

// revoke resets a whole registration: its certificate counts no more, with all that hangs on it
// and with the key that was left here (REC-07, REC-09, REC-13). A new one needs a new key.
func (x *Escrows) revoke(tx *sqlstore.Tx, c account.Challenge, self habeas.Actor, active account.Certificate) error {
	reason := pki.Superseded
	if c.Purpose == account.ForStolenFile {
		reason = pki.KeyCompromise
	}
	e := x.accounts.entry(audit.RegistrationReset, habeas.SubjectOf(self.Account), self, map[string]string{
		"serial": active.Serial.String(), "reason": reason.String(),
	})
	if err := tx.Audit(e); err != nil {
		return err
	}
	if err := x.certificates.revoke(tx, self, active, reason); err != nil {
		return err
	}
	return x.accounts.tell(tx, self.Account, mail.KindRegistrationReset, "/me/registration")
}

// FileReset implements web/account.Escrows.
func (x *Escrows) FileReset(ctx context.Context, id habeas.ChallengeID) (account.FileReset, bool, error) {
	r, found, err := x.db.Accounts().FileReset(ctx, id)
	return r, found && x.clock.Now().Before(r.Ends), err
}

// TakeReset implements web/account.Escrows: it gives the key back with certificate and chain,
// sealed to the browser that asked. That it did stands in the ledger before it does (LOG-03).
// It may be taken again until its end, by the same browser, for who lost the answer. Error:
// account.ErrNoReset, whatever does not fit.
func (x *Escrows) TakeReset(ctx context.Context, id habeas.ChallengeID) ([]byte, error) {
	var kept account.Escrow
	var r account.FileReset
	var shares []byte
	err := x.db.InTx(ctx, func(tx *sqlstore.Tx) (err error) {
		if r, kept, err = x.ripe(tx, id); err != nil {
			return err
		}
		if kept.Class == account.EscrowSplit {
			if shares, err = x.passed(ctx, tx.Accounts(), r); err != nil {
				return err
			}
		}
		self := habeas.Actor{Kind: habeas.ActorPerson, Account: r.Account, Proof: habeas.ProofCode}
		e := x.entry(audit.FileReset, self, kept)
		if !r.TakenAt.IsZero() {
			e.Detail["again"] = "yes"
			return tx.Audit(e)
		}
		r.TakenAt = x.clock.Now()
		if err := tx.Accounts().MarkFileReset(r, e); err != nil {
			return err
		}
		return x.accounts.tell(tx, r.Account, mail.KindFileReset, "/recover-file")
	})
	if err != nil {
		return nil, err
	}
	return x.giveBack(ctx, r, kept, shares)
}

// ripe looks again whether a reset may give the key back: its time has come, the address still
// is the main one and is not about to change, the certificate still counts.
func (x *Escrows) ripe(tx *sqlstore.Tx, id habeas.ChallengeID) (r account.FileReset, kept account.Escrow, err error) {
	ctx, now, from := tx.Context(), x.clock.Now(), tx.Accounts()
	r, found, err := from.FileReset(ctx, id)
	if err != nil || !found || !r.Open(now) {
		return r, kept, orElse(err, account.ErrNoReset)
	}
	who, err := from.Account(ctx, r.Account)
	if err != nil || who.State != account.Active {
		return r, kept, orElse(err, account.ErrNoReset)
	}
	main, err := mainOf(tx, r.Account)
	if err != nil || main.Hash != r.Address || main.Vouched() {
		return r, kept, orElse(err, account.ErrNoReset)
	}
	change, changing, err := from.Changing(ctx, r.Account)
	if err != nil || changing && change.Stoppable(now) {
		return r, kept, orElse(err, account.ErrNoReset)
	}
	kept, found, err = from.Escrow(ctx, r.Account)
	if err != nil || !found || kept.ID != r.Escrow {
		return r, kept, orElse(err, account.ErrNoReset)
	}
	if _, err := x.active(ctx, from, kept); err != nil {
		return r, kept, account.ErrNoReset.WithCause(err)
	}
	return r, kept, nil
}

// giveBack opens a deposit and seals it to the browser of a reset, with the shares that open it
// if there are any.
func (x *Escrows) giveBack(ctx context.Context, r account.FileReset, kept account.Escrow, shares []byte) (out []byte, err error) {
	h, err := x.certificates.Holding(ctx, habeas.Actor{Account: r.Account})
	if err != nil {
		return nil, err
	}
	key, err := escrow.Open(ctx, x.keys)
	if err != nil {
		return nil, err
	}
	sealed.Do(func() {
		var plain []byte
		if plain, err = key.Open(kept.Deposit, account.DepositText(kept.Account, kept.Serial, kept.Class)); err != nil {
			return
		}
		defer clear(plain)
		parts := [][]byte{[]byte(kept.Class), plain}
		if shares != nil {
			parts = append(parts, shares)
		}
		bundle := escrow.Bundle(append(parts, h.Chain...)...)
		defer clear(bundle)
		out, err = escrow.Seal(r.Recipient, account.ResetText(r.ID), bundle)
	})
	return out, err
}

// resetAt finds the reset that a link stops.
func (x *Escrows) resetAt(ctx context.Context, from sqlstore.Accounts, link sealed.Value) (account.FileReset, error) {
	hash, ok := edge.HashToken(link)
	if !ok {
		return account.FileReset{}, account.ErrResetLink
	}
	r, found, err := from.FileResetAt(ctx, account.Token(hash))
	if err == nil && (!found || !x.clock.Now().Before(r.Ends)) {
		err = account.ErrResetLink
	}
	return r, err
}

// StoppableReset implements web/account.Escrows: what a link would stop. It uses nothing up.
func (x *Escrows) StoppableReset(ctx context.Context, link sealed.Value) (account.FileReset, error) {
	r, err := x.resetAt(ctx, x.db.Accounts(), link)
	return account.FileReset{Due: r.Due, Ends: r.Ends, TakenAt: r.TakenAt}, err
}

// StopResetByLink implements web/account.Escrows. Every sign-in ends too, because one of them
// may have begun the reset.
func (x *Escrows) StopResetByLink(ctx context.Context, link sealed.Value) error {
	return x.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		r, err := x.resetAt(ctx, tx.Accounts().Accounts, link)
		if err != nil {
			return err
		}
		if err := x.stop(tx, r, habeas.Actor{Kind: habeas.ActorPerson, Account: r.Account}); err != nil {
			return err
		}
		return tx.Ops().EndSignIns(ctx, r.Account, account.Token{})
	})
}

// StopReset implements web/account.Escrows: the actor stops their own.
func (x *Escrows) StopReset(ctx context.Context, actor habeas.Actor) error {
	return x.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		r, found, err := tx.Accounts().FileResetOf(ctx, actor.Account)
		if err != nil || !found {
			return err // it is so already
		}
		return x.stop(tx, r, actor)
	})
}

func (x *Escrows) stop(tx *sqlstore.Tx, r account.FileReset, actor habeas.Actor) error {
	if err := tx.Accounts().EndFileReset(r, x.accounts.entry(audit.FileResetStopped, habeas.SubjectOf(r.Account), actor, nil)); err != nil {
		return err
	}
	return x.accounts.tell(tx, r.Account, mail.KindResetStopped, escrowPage)
}
