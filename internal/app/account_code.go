package app

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
)

// Ask makes a challenge and mails its code. The answer and the work are the same
// whether an account has the address or not, and whether a mail is sent or a limit
// holds it back (PTY-A6, PTY-A25). An account's mail goes to the address it stored,
// not to the one that was typed now and only matched (PTY-A10).
func (a *Accounts) Ask(ctx context.Context, in account.Asking) (habeas.ChallengeID, error) {
	c := account.Challenge{Purpose: account.ForSignIn}
	if !in.Link.IsZero() {
		link, err := a.firstLink(ctx, in.Link)
		if err != nil {
			return habeas.ChallengeID{}, err
		}
		c.Purpose, c.Words.Link = account.ForFirstCode, link[:]
	}
	return a.ask(ctx, c, in)
}

// AskForAddress mails a code to one more address of the actor's account.
func (a *Accounts) AskForAddress(ctx context.Context, actor habeas.Actor, in account.Asking) (habeas.ChallengeID, error) {
	c := account.Challenge{Purpose: account.ForAddress, Subject: habeas.SubjectOf(actor.Account)}
	return a.ask(ctx, c, in)
}

func (a *Accounts) ask(ctx context.Context, c account.Challenge, in account.Asking) (habeas.ChallengeID, error) {
	now := a.clock.Now()
	c.ID = habeas.NewID[habeas.ChallengeKind](now)
	c.Address, c.Flow = a.addressHash(in.Address), in.Flow
	c.CreatedAt, c.ExpiresAt = now, now.Add(c.Purpose.Life())
	c.Words.Mailbox, c.Words.Display = in.Address.Mailbox(), in.Address.Display()
	c.Words.Language, c.Words.To = in.Language, in.To
	err := a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		c := c // a repeated run begins anew
		mailbox, err := a.storedMailbox(ctx, tx, &c)
		if err != nil {
			return err
		}
		allowed, tries, err := a.allowance(ctx, tx, c, in.Client, now)
		if err != nil {
			return err
		}
		c.MaxTries = tries
		if err := tx.Ops().SupersedeChallenges(ctx, c.Purpose, c.Address, c.Flow, now); err != nil {
			return err
		}
		if err := tx.Ops().PutChallenge(ctx, c); err != nil || !allowed {
			return err
		}
		return a.mailer.Post(tx, c.Subject, codeLetter(c, mailbox, in.Language))
	})
	return c.ID, err
}

// codeLetter is the mail that carries a code: it says what the code is for.
func codeLetter(c account.Challenge, mailbox, language string) Letter {
	l := Letter{Kind: mail.KindCode, To: mailbox, Language: language, Challenge: c.ID, Minutes: int(c.Purpose.Life() / time.Minute)}
	if c.Purpose == account.ForCertificate {
		l.Kind = mail.KindCertificateCode
	}
	if s, ok := account.BehalfOf(c); ok {
		l.Kind, l.Link = mail.KindBehalfCode, behalfPage+"?c="+c.ID.String()
		l.From, l.Why = []string{s.Words.Name(), s.Words.Site}, s.Words.Text
	}
	return l
}

// storedMailbox decides where the mail goes, and makes the account the subject of
// the challenge when there is one. Finding nobody costs as much as finding somebody.
func (a *Accounts) storedMailbox(ctx context.Context, tx *sqlstore.Tx, c *account.Challenge) (string, error) {
	held, found, err := tx.Accounts().AddressAt(ctx, c.Address)
	if err != nil || !found {
		return c.Words.Mailbox, err
	}
	if c.Subject.IsZero() {
		c.Subject = habeas.SubjectOf(held.Account)
	}
	return held.Mailbox, nil
}

// allowance counts an asking, and says whether a mail may go and how many tries its
// code gets: none where no mail goes, or asking without end would be guessing without
// end. It does the same work for every address.
func (a *Accounts) allowance(ctx context.Context, tx *sqlstore.Tx, c account.Challenge, client string, now time.Time) (bool, int, error) {
	address := string(c.Address[:])
	known, err := tx.Accounts().KnownBrowser(ctx, a.browserKey(c.Address, c.Flow), now.Add(-account.KnownBrowserFor))
	if err != nil {
		return false, 0, err
	}
	share := ""
	if known { // a share of its own
		share = string(c.Flow[:])
		client = share
	}
	turns, limits := [...]keyring.LookupHash{
		a.keys.Lookup("ask-from", address+client), a.keys.Lookup("ask", address+share), a.accountKey("ask-account", c, share),
	}, [...]int{account.AsksPerClient, account.AsksPerAddress, account.AsksPerAccount}
	for i, key := range turns {
		n, err := tx.Ops().TakeTurn(ctx, key, now, account.AskWindow)
		if err != nil {
			return false, 0, err
		}
		if n > limits[i] { // what one asks too often must not use up the share of others
			return false, 0, nil
		}
	}
	wrong, err := tx.Ops().Turns(ctx, a.guessKey(c.Address), now, account.GuessWindow)
	if err != nil {
		return false, 0, err
	}
	all, err := tx.Ops().Turns(ctx, a.accountKey("guess-account", c, ""), now, account.GuessWindow)
	if known {
		return true, account.FullTries, err
	}
	return true, account.TriesAfter(max(wrong, all)), err
}

func (a *Accounts) guessKey(address keyring.LookupHash) keyring.LookupHash {
	return a.keys.Lookup("guess", string(address[:]))
}

// accountKey is where something is counted for the account that a challenge is about;
// for the address alone while there is none.
func (a *Accounts) accountKey(kind string, c account.Challenge, share string) keyring.LookupHash {
	who := c.Subject[:]
	if c.Subject.IsZero() {
		who = c.Address[:]
	}
	return a.keys.Lookup(kind, string(who)+share)
}

// browserKey stands for an address in a browser.
func (a *Accounts) browserKey(address keyring.LookupHash, flow account.Token) keyring.LookupHash {
	return a.keys.Lookup("browser", string(address[:])+string(flow[:]))
}

// Waiting tells the browser in which a flow began what was typed there.
func (a *Accounts) Waiting(ctx context.Context, id habeas.ChallengeID, flow account.Token) (account.Pending, error) {
	c, found, err := a.db.Accounts().Challenge(ctx, id)
	if err != nil || !found || c.Flow.IsZero() || c.Flow != flow {
		return account.Pending{}, err
	}
	return account.Pending{Sent: c.Words.Display, To: c.Words.To}, nil
}

// Prove answers a challenge with a typed code. Each try is counted before its
// outcome is known to anybody; of two right ones exactly one wins (PTY-A21); every
// refusal is account.ErrCode and stands in the ledger (LOG-01).
func (a *Accounts) Prove(ctx context.Context, actor habeas.Actor, id habeas.ChallengeID, typed sealed.Value, b account.Browser) (account.Proved, error) {
	now := a.clock.Now()
	right := rightCode(a.keys, id, typed)
	fresh, err := a.prepare(ctx, id, right, b.Flow, now)
	if err != nil {
		return account.Proved{}, err
	}
	var out account.Proved
	var refused error // what is said although the rows of the try are kept
	err = a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		out, refused = account.Proved{}, account.ErrCode
		c, found, err := tx.Accounts().Challenge(ctx, id)
		if err != nil {
			return err
		}
		open := found && c.Purpose.Coded() && c.Open(b.Flow, now)
		if !open || !right {
			return a.wrong(tx, c, open)
		}
		won, err := tx.Ops().SpendChallenge(ctx, id, now)
		if err != nil || !won {
			return errors.Join(err, a.wrong(tx, c, false))
		}
		out, err = a.proved(tx, c, actor, fresh, b)
		var told *habeas.Error
		if errors.As(err, &told) && told.Kind == habeas.KindForbidden {
			refused = told // the code was right and is spent; what it would open is closed
			return tx.Audit(a.entry(audit.SignInFailed, c.Subject, actor, map[string]string{"reason": told.Code}))
		}
		refused = nil
		return err
	})
	if err != nil {
		return account.Proved{}, err
	}
	if refused == nil && a.carryOut != nil { // a role may have waited for this address
		a.carryOut(ctx, out.Account)
	}
	return out, refused
}

// wrong counts a try that failed and notes it.
func (a *Accounts) wrong(tx *sqlstore.Tx, c account.Challenge, open bool) error {
	ctx := tx.Context()
	if open {
		if err := tx.Ops().TakeTry(ctx, c.ID); err != nil {
			return err
		}
		for _, key := range []keyring.LookupHash{a.guessKey(c.Address), a.accountKey("guess-account", c, "")} {
			if _, err := tx.Ops().TakeTurn(ctx, key, a.clock.Now(), account.GuessWindow); err != nil {
				return err
			}
		}
	}
	return tx.Audit(a.entry(audit.SignInFailed, c.Subject, habeas.Server, map[string]string{"proof": string(habeas.ProofCode)}))
}

// prepare makes the key of the account that a right code is about to create: a new
// subject's key is durable before its first row. Keys that stay without a row, when
// somebody else was quicker, are collected by doctor.
func (a *Accounts) prepare(ctx context.Context, id habeas.ChallengeID, right bool, flow account.Token, now time.Time) (habeas.AccountID, error) {
	var none habeas.AccountID
	c, found, err := a.db.Accounts().Challenge(ctx, id)
	if err != nil || !right || !found || !c.Open(flow, now) || !c.Purpose.Coded() || c.Purpose == account.ForAddress || c.Purpose == account.ForMain {
		return none, err
	}
	if _, taken, err := a.db.Accounts().AddressAt(ctx, c.Address); err != nil || taken {
		return none, err
	}
	fresh := habeas.NewID[habeas.AccountKind](now)
	return fresh, a.keys.Commit(ctx, a.keys.NewKey(habeas.SubjectOf(fresh)))
}

// proved does what the right code was for.
func (a *Accounts) proved(tx *sqlstore.Tx, c account.Challenge, actor habeas.Actor, fresh habeas.AccountID, b account.Browser) (account.Proved, error) {
	switch c.Purpose {
	case account.ForAddress:
		return a.addAddress(tx, c, actor)
	case account.ForMain:
		return a.confirmMain(tx, c, actor)
	default:
	}
	if then := a.confirmed[c.Purpose]; then != nil {
		return then(tx, c, actor)
	}
	if c.Purpose == account.ForFirstCode {
		if err := a.spendFirstLink(tx, c); err != nil {
			return account.Proved{}, err
		}
	}
	who, err := a.findOrCreate(tx, c, fresh)
	if err != nil {
		return account.Proved{}, err
	}
	if who.StateAt(a.clock.Now()) != account.Active {
		return a.shut(tx, c, who, b)
	}
	if c.Purpose == account.ForFirstCode {
		if err := a.designate(tx, c.Address, c.Words.Display, who.ID); err != nil {
			return account.Proved{}, err
		}
	}
	passkeys, err := tx.Accounts().Passkeys(tx.Context(), who.ID)
	if err != nil {
		return account.Proved{}, err
	}
	main, err := mainOf(tx, who.ID)
	if err != nil {
		return account.Proved{}, err
	}
	guarded := len(passkeys) > 0 || main.Vouched()
	out := account.Proved{Account: who.ID, Next: next(c, guarded)}
	if guarded && c.Purpose != account.ForSignIn {
		return out, nil // nobody asked to recover: passkey or provider is the way in
	}
	out.SignedIn = true
	if !b.Flow.IsZero() {
		if err := tx.Ops().KeepBrowser(tx.Context(), a.browserKey(c.Address, b.Flow), a.clock.Now()); err != nil {
			return out, err
		}
	}
	if err := a.begin(tx, account.SignIn{Account: who.ID, Proof: habeas.ProofCode, Address: c.Address}, b); err != nil {
		return out, err
	}
	self := habeas.Actor{Kind: habeas.ActorPerson, Account: who.ID, Proof: habeas.ProofCode}
	return out, tx.Audit(a.entry(audit.SignInSucceeded, habeas.SubjectOf(who.ID), self, map[string]string{"proof": string(habeas.ProofCode)}))
}

// shut refuses an account that is not active. One whose registration has ended can be reactivated
// by a code that was asked for at its main address, and by nothing else; the sign-in that begins
// opens nothing but that.
func (a *Accounts) shut(tx *sqlstore.Tx, c account.Challenge, who account.Account, b account.Browser) (account.Proved, error) {
	main, err := mainOf(tx, who.ID)
	if err != nil {
		return account.Proved{}, err
	}
	if who.StateAt(a.clock.Now()) != account.Lapsed || c.Purpose != account.ForSignIn || main.Hash != c.Address {
		return account.Proved{}, a.errShut(who)
	}
	out := account.Proved{Account: who.ID, SignedIn: true, Next: reactivatePage}
	return out, a.begin(tx, account.SignIn{Account: who.ID, Proof: habeas.ProofCode, Address: c.Address}, b)
}

// next is where a proved code leads.
func next(c account.Challenge, guarded bool) string {
	to := c.Words.To
	if to == "" {
		to = "/me"
	}
	switch {
	case c.Purpose == account.ForFirstCode && !guarded:
		return "/me/credentials"
	case c.Purpose == account.ForFirstCode:
		return "/sign-in?to=%2Fadmin%2Froles"
	case c.Purpose == account.ForSignIn && guarded:
		return "/recover"
	case guarded:
		return "/sign-in?to=" + url.QueryEscape(to)
	}
	return to
}

// findOrCreate returns the account at the proved address, made now if there is none.
func (a *Accounts) findOrCreate(tx *sqlstore.Tx, c account.Challenge, fresh habeas.AccountID) (account.Account, error) {
	ctx, w := tx.Context(), tx.Accounts()
	held, found, err := w.AddressAt(ctx, c.Address)
	if err != nil {
		return account.Account{}, err
	}
	if found {
		return w.Account(ctx, held.Account)
	}
	if fresh.IsZero() { // the account there was went away since prepare looked
		return account.Account{}, habeas.Conflict("Somebody was quicker. Ask for another code.").WithCode("account.race")
	}
	now := a.clock.Now()
	self := habeas.Actor{Kind: habeas.ActorPerson, Account: fresh, Proof: habeas.ProofCode}
	who := account.Account{ID: fresh, State: account.Active, CreatedAt: now, Profile: account.Profile{Language: c.Words.Language}}
	if err := w.CreateAccount(who, a.entry(audit.AccountCreated, habeas.SubjectOf(fresh), self, nil)); err != nil {
		return who, err
	}
	return who, w.AddAddress(account.Address{
		Hash: c.Address, Account: fresh, ProvedAt: now, Main: true, Mailbox: c.Words.Mailbox, Display: c.Words.Display,
	}, a.entry(audit.AddressProved, habeas.SubjectOf(fresh), self, nil))
}

var (
	errNotYours    = habeas.Forbidden("Sign in again, then add the address once more.").WithCode("address.signed-out")
	errManyAddress = habeas.Forbidden("An account holds at most {max} addresses. Remove one first.").WithCode("address.many").With("max", strconv.Itoa(account.MaxAddresses))
)

// addAddress adds a proved address to the account that asked for it.
func (a *Accounts) addAddress(tx *sqlstore.Tx, c account.Challenge, actor habeas.Actor) (account.Proved, error) {
	ctx, w := tx.Context(), tx.Accounts()
	out := account.Proved{Account: actor.Account, Next: addressPage + "?done=added"}
	if actor.Account.IsZero() || habeas.SubjectOf(actor.Account) != c.Subject {
		return out, errNotYours
	}
	held, found, err := w.AddressAt(ctx, c.Address)
	switch {
	case err != nil:
		return out, err
	case found && held.Account == actor.Account && held.Vouched():
		return out, w.ProveAddress(held, a.entry(audit.AddressProved, habeas.SubjectOf(actor.Account), actor, nil))
	case found && held.Account == actor.Account:
		return out, nil
	case found:
		return out, account.ErrTaken
	}
	all, err := w.Addresses(ctx, actor.Account)
	if err != nil {
		return out, err
	}
	if len(all) >= account.MaxAddresses {
		return out, errManyAddress
	}
	return out, w.AddAddress(account.Address{
		Hash: c.Address, Account: actor.Account, ProvedAt: a.clock.Now(), Mailbox: c.Words.Mailbox, Display: c.Words.Display,
	}, a.entry(audit.AddressProved, habeas.SubjectOf(actor.Account), actor, nil))
}

// InviteTo leaves an invitation with a code in the outbox, in the transaction of
// what caused it. The code holds a day and may be typed in any browser. The caller
// writes the audit entry.
func (a *Accounts) InviteTo(tx *sqlstore.Tx, subject habeas.SubjectID, address email.Address, language string, missing int) error {
	ctx, now := tx.Context(), a.clock.Now()
	c := account.Challenge{
		ID: habeas.NewID[habeas.ChallengeKind](now), Purpose: account.ForInvitation, Subject: subject,
		Address: a.addressHash(address), MaxTries: account.FullTries, CreatedAt: now, ExpiresAt: now.Add(account.ForInvitation.Life()),
		Words: account.Words{Mailbox: address.Mailbox(), Display: address.Display(), Language: language, To: "/me"},
	}
	mailbox, err := a.storedMailbox(ctx, tx, &c)
	if err != nil {
		return err
	}
	if err := tx.Ops().SupersedeChallenges(ctx, c.Purpose, c.Address, c.Flow, now); err != nil {
		return err
	}
	if err := tx.Ops().PutChallenge(ctx, c); err != nil {
		return err
	}
	return a.mailer.Post(tx, subject, Letter{
		Kind: mail.KindInvitation, To: mailbox, Language: language, Link: "/code?c=" + c.ID.String(), Challenge: c.ID,
		Hours: int(c.Purpose.Life() / time.Hour), Count: missing,
	})
}
