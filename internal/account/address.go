package account

import (
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
)

// RecentFor is how long ago somebody may have proved themselves to change where an
// account is reached. Older sign-ins prove themselves once more.
const RecentFor = 10 * time.Minute

// Change is a change of an account's main address under way (PTY-12). It begins when
// a code has shown that the new address is the person's, and waits while the old
// address can still say no. An account has at most one.
type Change struct {
	ID         habeas.ChallengeID // of the challenge that confirmed the new address
	Account    habeas.AccountID
	Link       Token // SHA-256 of the token in the link that stops it
	From, To   keyring.LookupHash
	Due        time.Time // when the new address becomes the main one
	SwitchedAt time.Time // zero: it waits
	Ends       time.Time // until when the link works
	Added      bool      // the switch made the new address one of the account
	Mailbox    string    // of the new address, for the envelope
	Display    string    // and for people
	Record     bool      // the person's records are to say the new address too (PTY-11)
}

// Waits reports whether the new address is not yet the main one.
func (c Change) Waits() bool { return c.SwitchedAt.IsZero() }

// Stoppable reports whether the change can still be stopped or taken back.
func (c Change) Stoppable(now time.Time) bool { return c.Waits() || now.Before(c.Ends) }

// ChangeRules say how long a change of the main address leaves room to object.
type ChangeRules struct {
	Wait   time.Duration // from the confirmed code to the switch: nothing changes
	Revert time.Duration // from the switch on: the link of the old address still takes it back
}

// DefaultChangeRules give somebody who reads their mail twice a week the time to object.
var DefaultChangeRules = ChangeRules{Wait: 72 * time.Hour, Revert: 72 * time.Hour}

// Check refuses rules under which the old address could not object.
func (r ChangeRules) Check() error {
	const least, most = time.Hour, 30 * 24 * time.Hour
	if r.Wait < 0 || r.Revert < 0 || r.Wait > most || r.Revert > most || r.Wait+r.Revert < least {
		return habeas.Invalid("address_change", "The waiting times of a change of address are at most 30 days each and at least one hour together.").WithCode("address.rules")
	}
	return nil
}

// Begin makes the change that a right code leads to.
func (r ChangeRules) Begin(c Challenge, account habeas.AccountID, from keyring.LookupHash, link Token, now time.Time) Change {
	return Change{
		ID: c.ID, Account: account, Link: link, From: from, To: c.Address, Due: now.Add(r.Wait), Ends: now.Add(r.Wait + r.Revert),
		Mailbox: c.Words.Mailbox, Display: c.Words.Display, Record: c.Words.Record,
	}
}

// Switched is the change once the new address is the main one. A switch that was late
// leaves the old address its full time.
func (r ChangeRules) Switched(c Change, added bool, now time.Time) Change {
	c.SwitchedAt, c.Ends, c.Added = now, now.Add(r.Revert), added
	return c
}

// Recent reports whether whoever is signed in has just proved to be the account's
// person: by passkey or certificate where the account has one, else by a code mailed to the main
// address, or by the provider on whose word alone that address stands.
func (s Standing) Recent(main keyring.LookupHash, now time.Time) bool {
	switch {
	case s.Reach(now) != ReachEverything || now.Sub(s.CreatedAt) >= RecentFor:
		return false
	case s.Proof.OfKey():
		return true
	case s.HasPasskey:
		return false
	case s.Vouched:
		return s.Proof != habeas.ProofCode
	}
	return s.Address == main
}

// Why a change of addresses is refused.
var (
	ErrProveAgain  = habeas.Forbidden("Show first that it is you: sign in once more, then change the address within 10 minutes.").WithCode("address.prove-again")
	ErrUnderWay    = habeas.Forbidden("A change of your main address is under way. Stop it first, or wait until it is finished.").WithCode("address.under-way")
	ErrMainAlready = habeas.Invalid("address", "This is your main address already.").WithCode("address.is-main")
	// ErrTaken is said to whoever has shown that the address is theirs, and to nobody else.
	ErrTaken = habeas.Forbidden("This address belongs to another account. Nothing was changed.").WithCode("address.taken")
	// ErrStopLink is the one refusal of a link that stops a change, whatever is wrong with it (PTY-A22).
	ErrStopLink = habeas.Gone("This link does not work any more: the change was stopped, or its time is over. If an address that is not yours reaches your account, tell us: {contact}").WithCode("address.link")
)
