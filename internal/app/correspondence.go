package app

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// Correspondence lets people write to each other (TP-05). It is safe for concurrent use.
type Correspondence struct {
	records  *Records
	accounts *Accounts
}

// NewCorrespondence returns the use cases.
func NewCorrespondence(r *Records, a *Accounts) *Correspondence { return &Correspondence{r, a} }

const (
	handlePlace = "write-handle"
	writingPage = "/me/written"
)

// Handle implements web/account.Correspondence: the link by which the actor is written to. It
// differs each time it is made; all of one decision count until the next.
func (c *Correspondence) Handle(ctx context.Context, a habeas.Actor) (handle string, on bool, err error) {
	given, on, err := c.given(ctx, a.Account)
	if err != nil || !on {
		return "", false, err
	}
	sealed := c.records.DB.Keys().House().Seal(handlePlace, account.Handle{Account: a.Account, At: given.At}.Bytes())
	return base64.RawURLEncoding.EncodeToString(sealed), true, nil
}

func (c *Correspondence) given(ctx context.Context, id habeas.AccountID) (account.Consent, bool, error) {
	given, found, err := c.records.DB.Consents().ConsentTo(ctx, account.ConsentWritten, habeas.SubjectOf(id))
	return given, found && given.Given && given.Account == id, err
}

// Choose implements web/account.Correspondence: with effect at once. Whoever chooses it anew has
// another link.
func (c *Correspondence) Choose(ctx context.Context, a habeas.Actor, on bool) error {
	now := c.records.Clock.Now()
	term, _ := account.Term(account.ConsentWritten)
	event := audit.ConsentWithdrawn
	if on {
		event = audit.ConsentGiven
	}
	about := habeas.SubjectOf(a.Account)
	return c.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		return tx.Consents().SetConsent(account.Consent{Account: a.Account, Kind: account.ConsentWritten, About: about, Words: term.Words, Given: on, At: now}, audit.Entry{
			ID: habeas.NewID[habeas.EventKind](now), Event: event, Subject: about, Actor: a, At: now, Detail: map[string]string{"consent": string(account.ConsentWritten)},
		})
	})
}

// Readable implements web/account.Correspondence: whether a link leads to somebody now. Error:
// account.ErrNobodyToWrite.
func (c *Correspondence) Readable(ctx context.Context, handle string) error {
	_, err := c.reader(ctx, handle)
	return err
}

func (c *Correspondence) reader(ctx context.Context, handle string) (habeas.AccountID, error) {
	var nobody habeas.AccountID
	sealed, err := base64.RawURLEncoding.DecodeString(handle)
	if err != nil {
		return nobody, account.ErrNobodyToWrite
	}
	text, err := c.records.DB.Keys().House().Open(handlePlace, sealed)
	if err != nil {
		return nobody, account.ErrNobodyToWrite
	}
	h, ok := account.ParseHandle(text)
	if !ok {
		return nobody, account.ErrNobodyToWrite
	}
	given, on, err := c.given(ctx, h.Account)
	if err != nil {
		return nobody, err
	}
	if !on || given.At.UnixMilli() != h.At.UnixMilli() {
		return nobody, account.ErrNobodyToWrite
	}
	return h.Account, nil
}

// Write implements web/account.Correspondence: mails the words to whoever a link leads to, with
// the actor's main address. Nothing of them is kept but the mail until it is delivered, and
// nothing of the reader goes back.
func (c *Correspondence) Write(ctx context.Context, a habeas.Actor, handle, words string) error {
	if err := account.CheckWriting(words); err != nil {
		return err
	}
	reader, err := c.reader(ctx, handle)
	if err != nil {
		return err
	}
	for _, limit := range []struct {
		key string
		n   int
	}{{"from " + a.Account.String(), account.WritingsFrom}, {"to " + reader.String(), account.WritingsTo}} {
		n, err := c.records.DB.Ops().TakeTurn(ctx, c.records.Keys.Lookup("write", limit.key), c.records.Clock.Now(), account.WritingWindow)
		if err != nil {
			return err
		}
		if n > limit.n {
			return account.ErrManyWritings
		}
	}
	from, _, err := c.accounts.MainAddress(ctx, a.Account)
	if err != nil {
		return err
	}
	to, language, err := c.accounts.MainAddress(ctx, reader)
	if gone(err) || err == nil && to == "" {
		return account.ErrNobodyToWrite
	}
	if err != nil {
		return err
	}
	letter := Letter{Kind: mail.KindWritten, To: to, Language: language, Link: writingPage, Why: strings.TrimSpace(words), Reply: from}
	return c.records.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		return c.accounts.mailer.Post(tx, habeas.SubjectOf(reader), letter)
	})
}
