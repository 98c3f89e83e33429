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
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
)

// The steps of a change of the main address, as the ledger tells them.
const (
	stepConfirmed = "confirmed" // the new address is proved; the old one is told
	stepSwitched  = "switched"  // the new address is the main one
	stepStopped   = "stopped"   // its person stopped it
	stepReverted  = "reverted"  // it was taken back after the switch
	stepDropped   = "dropped"   // recovery, closing, or another account at the address ended it
)

// addressPage is where a person looks after their addresses.
const addressPage = "/me/addresses"

func (a *Accounts) changeEntry(c account.Change, actor habeas.Actor, step string) audit.Entry {
	return a.entry(audit.AddressChange, habeas.SubjectOf(c.Account), actor, map[string]string{"step": step})
}

// mainOf returns the main address of an account as this transaction sees it.
func mainOf(tx *sqlstore.Tx, id habeas.AccountID) (account.Address, error) {
	all, err := tx.Accounts().Addresses(tx.Context(), id)
	return account.Holdings{Addresses: all}.Main(), err
}

// Changing is the change of the actor's main address under way; found is false when
// there is none that could be stopped.
func (a *Accounts) Changing(ctx context.Context, actor habeas.Actor) (c account.Change, found bool, err error) {
	c, found, err = a.db.Accounts().Changing(ctx, actor.Account)
	return c, found && c.Stoppable(a.clock.Now()), err
}

// ProvedLately reports whether this sign-in is recent and strong enough to change the
// main address.
func (a *Accounts) ProvedLately(ctx context.Context, actor habeas.Actor, sign account.Token) (bool, error) {
	s, found, err := a.db.Accounts().Standing(ctx, sign)
	if err != nil || !found || s.Account != actor.Account {
		return false, err
	}
	all, err := a.db.Accounts().Addresses(ctx, actor.Account)
	return s.Recent(account.Holdings{Addresses: all}.Main().Hash, a.clock.Now()), err
}

// AskToProve mails a code to the main address of the actor's account, whatever address
// in names: typed, it signs this browser in anew. It leads to a path of ours only.
func (a *Accounts) AskToProve(ctx context.Context, actor habeas.Actor, in account.Asking) (habeas.ChallengeID, error) {
	all, err := a.db.Accounts().Addresses(ctx, actor.Account)
	if err != nil {
		return habeas.ChallengeID{}, err
	}
	if in.Address, err = email.Parse(account.Holdings{Addresses: all}.Main().Display); err != nil {
		return habeas.ChallengeID{}, habeas.Internal(err)
	}
	return a.ask(ctx, account.Challenge{Purpose: account.ForSignIn}, in)
}

// AskForMain mails a code to the address that is to become the actor's main one. own
// names an address of the account already; when it is zero, in.Address is meant. With
// record, the person's records say the new address too once it is switched (PTY-11).
// Nothing changes before the code is typed.
func (a *Accounts) AskForMain(ctx context.Context, actor habeas.Actor, sign account.Token, in account.Asking, own keyring.LookupHash, record bool) (habeas.ChallengeID, error) {
	var none habeas.ChallengeID
	recent, err := a.ProvedLately(ctx, actor, sign)
	if err != nil {
		return none, err
	}
	if !recent {
		return none, account.ErrProveAgain
	}
	if own != (keyring.LookupHash{}) {
		held, err := a.ownAddress(ctx, a.db.Accounts(), actor, own)
		if err != nil {
			return none, err
		}
		if in.Address, err = email.Parse(held.Display); err != nil {
			return none, habeas.Internal(err)
		}
	}
	if _, busy, err := a.Changing(ctx, actor); err != nil || busy {
		return none, errors.Join(err, account.ErrUnderWay)
	}
	all, err := a.db.Accounts().Addresses(ctx, actor.Account)
	if err != nil {
		return none, err
	}
	if (account.Holdings{Addresses: all}).Main().Hash == a.addressHash(in.Address) {
		return none, account.ErrMainAlready
	}
	c := account.Challenge{Purpose: account.ForMain, Subject: habeas.SubjectOf(actor.Account)}
	c.Words.Record = record
	return a.ask(ctx, c, in)
}

// confirmMain begins the change that a right code has confirmed: the old address is
// told, with the link that stops it, and nothing else happens yet (PTY-12).
func (a *Accounts) confirmMain(tx *sqlstore.Tx, c account.Challenge, actor habeas.Actor) (account.Proved, error) {
	ctx, w, now := tx.Context(), tx.Accounts(), a.clock.Now()
	out := account.Proved{Account: actor.Account, Next: addressPage + "?done=waiting"}
	if actor.Account.IsZero() || habeas.SubjectOf(actor.Account) != c.Subject {
		return out, errNotYours
	}
	held, found, err := w.AddressAt(ctx, c.Address)
	if err != nil {
		return out, err
	}
	if found && held.Account != actor.Account {
		return out, account.ErrTaken
	}
	all, err := w.Addresses(ctx, actor.Account)
	if err != nil {
		return out, err
	}
	main := account.Holdings{Addresses: all}.Main()
	before, busy, err := w.Changing(ctx, actor.Account)
	switch {
	case err != nil:
		return out, err
	case busy && before.Stoppable(now):
		return out, account.ErrUnderWay
	case main.Hash == c.Address:
		return out, nil // another change led here already
	case !found && len(all) >= account.MaxAddresses:
		return out, errManyAddress
	}
	if busy { // finished long ago, and tidied later
		if err := w.EndChange(before, a.changeEntry(before, habeas.Server, stepDropped)); err != nil {
			return out, err
		}
	}
	var link [sha256.Size]byte
	sealed.Do(func() {
		token := a.keys.Token(changeLink, c.ID[:])
		link = sha256.Sum256(token[:])
	})
	change := a.rules.Begin(c, actor.Account, main.Hash, link, now)
	if err := w.SaveChange(change, a.changeEntry(change, actor, stepConfirmed)); err != nil {
		return out, err
	}
	return out, a.tellOld(tx, change, main, mail.KindAddressWaiting, a.rules.Wait)
}

// changeLink is the use of keys for links that stop a change of address.
const changeLink = "address-change"

// changeToken is what the link that stops a change carries: 256 bits derived from the
// change's id. No row holds it, only its hash (PTY-A24).
func changeToken(keys *keyring.Ring, id habeas.ChallengeID) []byte {
	t := keys.Token(changeLink, id[:])
	defer clear(t[:])
	return base64.RawURLEncoding.AppendEncode(nil, t[:])
}

// tellOld writes to the address that was the main one, with the link that stops the
// change or takes it back. held is how long it works, or until the switch.
func (a *Accounts) tellOld(tx *sqlstore.Tx, c account.Change, old account.Address, kind mail.Kind, held time.Duration) error {
	who, err := tx.Accounts().Account(tx.Context(), c.Account)
	if err != nil {
		return err
	}
	return a.mailer.Post(tx, habeas.SubjectOf(c.Account), Letter{
		Kind: kind, To: old.Mailbox, Language: who.Profile.Language, Hours: max(1, int(held/time.Hour)),
		Change: c.ID,
	})
}

// Say makes the records of an account's person say an address, in the transaction
// in which it became the main one.
type Say func(tx *sqlstore.Tx, id habeas.AccountID, address string) error

// SwitchAddresses makes the new address the main one wherever a change has waited long
// enough. Several nodes may run it at once: each change is switched in a transaction
// of its own that looks again. say may be nil.
func (a *Accounts) SwitchAddresses(ctx context.Context, say Say) error {
	due, err := a.db.Accounts().DueChanges(ctx, a.clock.Now(), 1000)
	if err != nil {
		return err
	}
	var failed error
	for _, id := range due {
		err := a.db.InTx(ctx, func(tx *sqlstore.Tx) error { return a.switchAddress(tx, id, say) })
		failed = errors.Join(failed, err) // one that fails must not hold up the others
	}
	return failed
}

func (a *Accounts) switchAddress(tx *sqlstore.Tx, id habeas.AccountID, say Say) error {
	ctx, w, now := tx.Context(), tx.Accounts(), a.clock.Now()
	c, found, err := w.Changing(ctx, id)
	if err != nil || !found || !c.Waits() || now.Before(c.Due) {
		return err // another node was first, or somebody stopped it
	}
	who, err := w.Account(ctx, id)
	if err != nil {
		return err
	}
	held, taken, err := w.AddressAt(ctx, c.To)
	if err != nil {
		return err
	}
	if who.StateAt(now) != account.Active || taken && held.Account != id {
		return a.dropChange(tx, c, habeas.Server, mail.KindAddressKept)
	}
	old, err := mainOf(tx, id)
	if err != nil {
		return err
	}
	self := habeas.Actor{Kind: habeas.ActorPerson, Account: id}
	if !taken {
		added := account.Address{Hash: c.To, Account: id, ProvedAt: c.ID.Time(), Mailbox: c.Mailbox, Display: c.Display}
		if err := w.AddAddress(added, a.entry(audit.AddressProved, habeas.SubjectOf(id), self, nil)); err != nil {
			return err
		}
	}
	c = a.rules.Switched(c, !taken, now)
	if err := w.SaveChange(c, a.changeEntry(c, habeas.Server, stepSwitched)); err != nil {
		return err
	}
	if err := w.SetMain(id, c.To, a.changeEntry(c, habeas.Server, stepSwitched)); err != nil {
		return err
	}
	if c.Record && say != nil {
		if err := say(tx, id, c.Display); err != nil {
			return err
		}
	}
	if a.rules.Revert > 0 {
		if err := a.tellOld(tx, c, old, mail.KindAddressChanged, a.rules.Revert); err != nil {
			return err
		}
	}
	return a.mailer.Post(tx, habeas.SubjectOf(id), Letter{Kind: mail.KindAddressMain, To: c.Mailbox, Language: who.Profile.Language, Link: addressPage})
}

// dropChange ends a change that will not happen and tells the main address, unless
// kind is empty.
func (a *Accounts) dropChange(tx *sqlstore.Tx, c account.Change, actor habeas.Actor, kind mail.Kind) error {
	if err := tx.Accounts().EndChange(c, a.changeEntry(c, actor, stepDropped)); err != nil || kind == "" {
		return err
	}
	return a.tell(tx, c.Account, kind, addressPage)
}

// dropWaiting ends a change that still waits: what recovery and closing do (PTY-A4).
// One that was switched stays, because its link is how the old address takes it back.
func (a *Accounts) dropWaiting(tx *sqlstore.Tx, id habeas.AccountID, actor habeas.Actor) error {
	c, found, err := tx.Accounts().Changing(tx.Context(), id)
	if err != nil || !found || !c.Waits() {
		return err
	}
	return a.dropChange(tx, c, actor, "")
}

// StopChange stops the actor's own change while it waits. After the switch, taking it
// back is a matter of the link, or of a change the other way.
func (a *Accounts) StopChange(ctx context.Context, actor habeas.Actor) error {
	return a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		c, found, err := tx.Accounts().Changing(ctx, actor.Account)
		if err != nil {
			return err
		}
		if !found || !c.Waits() {
			return habeas.Conflict("There is no change that waits: it was stopped or has happened.").WithCode("address.no-change")
		}
		if err := tx.Accounts().EndChange(c, a.changeEntry(c, actor, stepStopped)); err != nil {
			return err
		}
		return a.tell(tx, c.Account, mail.KindAddressKept, addressPage)
	})
}

// errStop is account.ErrStopLink with whom to ask.
func (a *Accounts) errStop() *habeas.Error {
	return account.ErrStopLink.With("contact", a.mailer.Contact)
}

// changeOf finds the change that a link stops.
func (a *Accounts) changeOf(ctx context.Context, from sqlstore.Accounts, link sealed.Value) (account.Change, error) {
	hash, ok := edge.HashToken(link)
	if !ok {
		return account.Change{}, a.errStop()
	}
	c, found, err := from.ChangingAt(ctx, account.Token(hash))
	if err != nil {
		return c, err
	}
	if !found || !c.Stoppable(a.clock.Now()) {
		return account.Change{}, a.errStop()
	}
	return c, nil
}

// Stoppable says which change a link would stop, for the page that asks; it uses
// nothing up (PTY-A19). Words and hashes are left out: whoever holds the link needs
// to know no more than when.
func (a *Accounts) Stoppable(ctx context.Context, link sealed.Value) (account.Change, error) {
	c, err := a.changeOf(ctx, a.db.Accounts(), link)
	return account.Change{Due: c.Due, SwitchedAt: c.SwitchedAt, Ends: c.Ends}, err
}

// StopByLink stops a change, or takes it back after the switch: the old address is the
// main one again and the new one goes, unless it was the account's before. Every
// sign-in ends, because one of them began the change.
func (a *Accounts) StopByLink(ctx context.Context, link sealed.Value) error {
	return a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		c, err := a.changeOf(ctx, tx.Accounts().Accounts, link)
		if err != nil {
			return err
		}
		self, step := habeas.Actor{Kind: habeas.ActorPerson, Account: c.Account}, stepStopped
		if !c.Waits() {
			step = stepReverted
			if err := a.revert(tx, c, self); err != nil {
				return err
			}
		}
		if err := tx.Accounts().EndChange(c, a.changeEntry(c, self, step)); err != nil {
			return err
		}
		if err := tx.Ops().EndSignIns(ctx, c.Account, account.Token{}); err != nil {
			return err
		}
		return a.tell(tx, c.Account, mail.KindAddressKept, addressPage)
	})
}

func (a *Accounts) revert(tx *sqlstore.Tx, c account.Change, actor habeas.Actor) error {
	if err := tx.Accounts().SetMain(c.Account, c.From, a.changeEntry(c, actor, stepReverted)); err != nil || !c.Added {
		return err
	}
	e := a.entry(audit.CredentialEnded, habeas.SubjectOf(c.Account), actor, map[string]string{"credential": "address"})
	if err := tx.Accounts().RemoveAddress(account.Address{Hash: c.To, Account: c.Account}, e); err != nil {
		return err
	}
	return tx.Accounts().ForgetRemoved(c.Account, a.changeEntry(c, actor, stepReverted))
}

// ownAddress reads one of the actor's addresses.
func (a *Accounts) ownAddress(ctx context.Context, from account.Reader, actor habeas.Actor, hash keyring.LookupHash) (account.Address, error) {
	held, found, err := from.AddressAt(ctx, hash)
	if err == nil && (!found || held.Account != actor.Account) {
		err = habeas.NotFound("There is no such address.").WithCode("address.none")
	}
	return held, err
}

// RemoveAddress takes away an address other than the main one. It can be taken back
// for account.UndoFor.
func (a *Accounts) RemoveAddress(ctx context.Context, actor habeas.Actor, hash keyring.LookupHash) error {
	e := a.entry(audit.CredentialEnded, habeas.SubjectOf(actor.Account), actor, map[string]string{"credential": "address"})
	return a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		held, err := a.ownAddress(ctx, tx.Accounts(), actor, hash)
		if err != nil {
			return err
		}
		if held.Main {
			return habeas.Forbidden("The main address stays: it is where recovery starts.").WithCode("address.main")
		}
		c, found, err := tx.Accounts().Changing(ctx, actor.Account)
		if err != nil {
			return err
		}
		if found && c.Stoppable(e.At) && (hash == c.From || hash == c.To) {
			return account.ErrUnderWay // the old address must be able to take the change back
		}
		return tx.Accounts().RemoveAddress(held, e)
	})
}

// RestoreAddress takes a removal back.
func (a *Accounts) RestoreAddress(ctx context.Context, actor habeas.Actor, hash keyring.LookupHash) error {
	e := a.entry(audit.CredentialAdded, habeas.SubjectOf(actor.Account), actor, map[string]string{"credential": "address", "undo": "yes"})
	return a.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		w := tx.Accounts()
		held, found, err := w.RemovedAddress(ctx, actor.Account, hash, e.At.Add(-account.UndoFor))
		if err != nil {
			return err
		}
		_, taken, err := w.AddressAt(ctx, hash)
		if err != nil {
			return err
		}
		if !found || taken {
			return habeas.Gone("It is too late to take this back. Add the address anew.").WithCode("address.gone")
		}
		return w.RestoreAddress(held, e)
	})
}
