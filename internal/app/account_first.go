package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
)

var errFirstLink = habeas.Forbidden("This link was used or has expired, or there is an administrator already. Ask whoever runs the server for a new one.").WithCode("first.used")

// FirstAdministratorLink makes the link by which the operator designates the authorization
// manager, who is the first administrator too. It holds 256 random bits, of which the database sees only a
// hash; it works once, for a day, and only while there is no administrator.
func (a *Accounts) FirstAdministratorLink(ctx context.Context) (path string, err error) {
	there, err := a.administered(ctx, a.db.Accounts())
	if err != nil {
		return "", err
	}
	if there {
		return "", habeas.Conflict("There is an administrator already.").WithCode("first.exists")
	}
	link, err := sealed.In(ctx).Random("first administrator's link", "", sha256.Size)
	if err != nil {
		return "", err
	}
	now := a.clock.Now()
	err = a.db.Ops().PutChallenge(ctx, account.Challenge{
		ID: firstLinkID(link), Purpose: account.ForFirst, MaxTries: 1, CreatedAt: now, ExpiresAt: now.Add(account.ForFirst.Life()),
	})
	return "/first-administrator?t=" + edge.Show(ctx, link), err
}

// firstLinkID is the hash by which a link is found: 128 bits of SHA-256. A link that
// cannot be read is nobody's.
func firstLinkID(link sealed.Value) (id habeas.ChallengeID) {
	err := link.Use(func(text []byte) error {
		long := append([]byte("habeas first administrator "), text...)
		defer clear(long)
		sum := sha256.Sum256(long)
		copy(id[:], sum[:])
		return nil
	})
	if err != nil {
		_, _ = rand.Read(id[:]) // never fails: crypto/rand aborts the program instead
	}
	return id
}

// CheckFirstLink says whether a link would still work. It uses nothing up.
func (a *Accounts) CheckFirstLink(ctx context.Context, link sealed.Value) error {
	_, err := a.firstLink(ctx, link)
	return err
}

func (a *Accounts) firstLink(ctx context.Context, link sealed.Value) (habeas.ChallengeID, error) {
	id := firstLinkID(link)
	return id, a.firstLinkOpen(ctx, a.db.Accounts(), id)
}

func (a *Accounts) firstLinkOpen(ctx context.Context, from sqlstore.Accounts, id habeas.ChallengeID) error {
	c, found, err := from.Challenge(ctx, id)
	if err != nil {
		return err
	}
	there, err := a.administered(ctx, from)
	if err != nil {
		return err
	}
	if !found || c.Purpose != account.ForFirst || there || !c.Open(account.Token{}, a.clock.Now()) {
		return errFirstLink
	}
	return nil
}

// spendFirstLink uses up the link that led to a code; of two exactly one wins.
func (a *Accounts) spendFirstLink(tx *sqlstore.Tx, c account.Challenge) error {
	id, err := habeas.Bytes16[habeas.ChallengeKind](c.Words.Link)
	if err != nil {
		return habeas.Internal(err)
	}
	if err := a.firstLinkOpen(tx.Context(), tx.Accounts().Accounts, id); err != nil {
		return err
	}
	won, err := tx.Ops().SpendChallenge(tx.Context(), id, a.clock.Now())
	if err == nil && !won {
		err = errFirstLink
	}
	return err
}
