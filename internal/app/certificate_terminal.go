package app

import (
	"context"
	"crypto/sha256"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
)

// Handover lets a command register for the actor: it returns the number and the code that are
// typed there, once, within ten minutes. The page that shows them asked the actor to accept
// that version of the policy. A new one ends those before it.
func (c *Certificates) Handover(ctx context.Context, actor habeas.Actor, policy int64) (id habeas.ChallengeID, code sealed.Value, err error) {
	if err := c.accepted(ctx, policy); err != nil {
		return id, code, err
	}
	all, err := c.db.Accounts().Addresses(ctx, actor.Account)
	if err != nil {
		return id, code, err
	}
	now, main := c.clock.Now(), account.Holdings{Addresses: all}.Main()
	ask := account.Challenge{
		ID: habeas.NewID[habeas.ChallengeKind](now), Purpose: account.ForTerminal, Subject: habeas.SubjectOf(actor.Account), Address: main.Hash,
		MaxTries: account.FullTries, CreatedAt: now, ExpiresAt: now.Add(account.ForTerminal.Life()), Words: account.Words{Policy: policy},
	}
	err = c.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		if err := tx.Ops().SupersedeChallenges(ctx, ask.Purpose, ask.Address, ask.Flow, now); err != nil {
			return err
		}
		return tx.Ops().PutChallenge(ctx, ask)
	})
	if err != nil {
		return id, code, err
	}
	sealed.Do(func() {
		digits := codeOf(c.accounts.keys, ask.ID)
		code, err = sealed.In(ctx).Seal("code for a terminal", digits[:])
	})
	return ask.ID, code, err
}

// FromTerminal is Submit for a command that was given a number and a code by the page. Those
// are spent only when the request is one that its person may hand in. Errors: those of Submit;
// every refusal of number and code is account.ErrCode.
func (c *Certificates) FromTerminal(ctx context.Context, id habeas.ChallengeID, typed sealed.Value, der []byte, client string) (account.Submitted, error) {
	var out account.Submitted
	now, right := c.clock.Now(), rightCode(c.accounts.keys, id, typed)
	asked, found, err := c.db.Accounts().Challenge(ctx, id)
	if err != nil {
		return out, err
	}
	actor := terminalActor(asked)
	if right && found && asked.Purpose == account.ForTerminal && asked.Open(account.Token{}, now) {
		if _, err := c.asked(ctx, actor, der); err != nil {
			return out, err
		}
	}
	if err := c.spend(ctx, id, right); err != nil {
		return out, err
	}
	who, err := c.db.Accounts().Account(ctx, actor.Account)
	if err != nil {
		return out, err
	}
	if who.State != account.Active {
		return out, c.accounts.errClosed()
	}
	s := account.Submission{Request: der, Policy: asked.Words.Policy}
	return c.Submit(ctx, actor, s, account.Asking{Language: who.Profile.Language, Flow: terminalFlow(id), Client: client})
}

// spend uses a code up if it is right, and counts the try if it is not.
func (c *Certificates) spend(ctx context.Context, id habeas.ChallengeID, right bool) error {
	var refused error // what is said although the row of the try is kept
	err := c.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		refused = account.ErrCode
		asked, found, err := tx.Accounts().Challenge(ctx, id)
		if err != nil {
			return err
		}
		now := c.clock.Now()
		open := found && asked.Purpose == account.ForTerminal && asked.Open(account.Token{}, now)
		if !open || !right {
			return c.accounts.wrong(tx, asked, open)
		}
		won, err := tx.Ops().SpendChallenge(ctx, id, now)
		if won {
			refused = nil
		}
		return err
	})
	if err == nil {
		err = refused
	}
	return err
}

// terminalActor is the person who was given a code by the page.
func terminalActor(asked account.Challenge) habeas.Actor {
	return habeas.Actor{Kind: habeas.ActorPerson, Account: habeas.AccountID(asked.Subject), Proof: habeas.ProofCode}
}

// terminalFlow stands for the command that was given a number: it begins what it confirms.
func terminalFlow(id habeas.ChallengeID) account.Token {
	return sha256.Sum256(append([]byte("terminal\x00"), id[:]...))
}

// ConfirmFromTerminal is Confirm for what FromTerminal handed in by the number.
func (c *Certificates) ConfirmFromTerminal(ctx context.Context, number, challenge habeas.ChallengeID, typed sealed.Value) ([][]byte, error) {
	asked, _, err := c.db.Accounts().Challenge(ctx, challenge)
	if err != nil {
		return nil, err
	}
	return c.Confirm(ctx, terminalActor(asked), challenge, typed, terminalFlow(number))
}
