package account

import (
	"context"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
)

// Reader is what the use cases read. Errors are of kind NotFound when there is no
// such row and Gone when its key was destroyed.
type Reader interface {
	Roles
	Account(ctx context.Context, id habeas.AccountID) (Account, error)
	// AddressAt finds who has proved an address; found is false when nobody has.
	AddressAt(ctx context.Context, hash keyring.LookupHash) (a Address, found bool, err error)
	Addresses(ctx context.Context, id habeas.AccountID) ([]Address, error)
	// Passkeys returns those in use.
	Passkeys(ctx context.Context, id habeas.AccountID) ([]Passkey, error)
	// ProviderLinks returns those in use.
	ProviderLinks(ctx context.Context, id habeas.AccountID) ([]ProviderLink, error)
	// ProviderLink finds one, a removed one too; found is false when there is none.
	ProviderLink(ctx context.Context, hash keyring.LookupHash) (l ProviderLink, found bool, err error)
	// Grants returns the decisions about roles, those that have ended too: the weightiest
	// roles first, then by date.
	Grants(ctx context.Context) ([]Grant, error)
	// GrantsOf returns those about one account, also those for an address that it has proved.
	GrantsOf(ctx context.Context, id habeas.AccountID) ([]Grant, error)
	// Applications returns all that are open, and ApplicationsOf those of an account, newest first.
	Applications(ctx context.Context) ([]Application, error)
	ApplicationsOf(ctx context.Context, id habeas.AccountID) ([]Application, error)
	// Creators returns the attribute certificates of trusted entity creators that count.
	Creators(ctx context.Context, now time.Time) ([]Certificate, error)
	// Privileged reports whether a role of administrator waits for an address of the
	// account or is held by it.
	Privileged(ctx context.Context, id habeas.AccountID) (bool, error)
	// Changing is the change of the main address under way; found is false when there is none.
	Changing(ctx context.Context, id habeas.AccountID) (c Change, found bool, err error)
}

// Writer is what a use case writes inside one transaction. Every method takes the
// audit entry that witnesses it (AUD-11).
type Writer interface {
	Reader
	// CreateAccount inserts an account whose key is durable already.
	CreateAccount(a Account, e audit.Entry) error
	ChangeAccount(a Account, e audit.Entry) error
	AddAddress(a Address, e audit.Entry) error
	// RemoveAddress keeps the address aside for UndoFor.
	RemoveAddress(a Address, e audit.Entry) error
	// RestoreAddress brings back one that was removed.
	RestoreAddress(a Address, e audit.Entry) error
	// SetMain makes another address of an account its main one.
	SetMain(id habeas.AccountID, main keyring.LookupHash, e audit.Entry) error
	// SaveChange inserts or updates the change of an account's main address.
	SaveChange(c Change, e audit.Entry) error
	// EndChange forgets it.
	EndChange(c Change, e audit.Entry) error
	// ProveAddress notes that an address which stood on a provider's word was proved by a code.
	ProveAddress(a Address, e audit.Entry) error
	// AddProviderLink inserts a link, in the place of a removed one of the same hash.
	AddProviderLink(l ProviderLink, e audit.Entry) error
	// ChangeProviderLink writes use, end or restoration.
	ChangeProviderLink(l ProviderLink, e audit.Entry) error
	AddPasskey(p Passkey, e audit.Entry) error
	// ChangePasskey writes use, end or restoration.
	ChangePasskey(p Passkey, e audit.Entry) error
	// Grant writes down a decision.
	Grant(g Grant, e audit.Entry) error
	// CarryOut binds a decision to its holder and to the attribute certificate that was issued.
	CarryOut(g Grant, e audit.Entry) error
	// Revoke ends a decision. Of one that has ended nothing changes.
	Revoke(g Grant, e audit.Entry) error
	// SaveApplication inserts or updates an application.
	SaveApplication(a Application, e audit.Entry) error
	// EraseAccount removes every row of an account; its key is destroyed afterwards.
	EraseAccount(id habeas.AccountID, e audit.Entry) error
}

// Technical is what is written without an audit entry of its own, because it holds
// nothing about a person that outlives it: the entry of what it led to, or failed
// to lead to, stands in the ledger beside it.
type Technical interface {
	PutChallenge(ctx context.Context, c Challenge) error
	// TakeTry counts one try at a challenge.
	TakeTry(ctx context.Context, id habeas.ChallengeID) error
	// SpendChallenge marks a challenge used; of several at once exactly one succeeds.
	SpendChallenge(ctx context.Context, id habeas.ChallengeID, now time.Time) (bool, error)
	// SupersedeChallenges ends those that one browser has open for one address.
	SupersedeChallenges(ctx context.Context, purpose Purpose, address keyring.LookupHash, flow Token, now time.Time) error
	// TakeTurn counts an event at a key and returns how many there were in the window.
	TakeTurn(ctx context.Context, key keyring.LookupHash, now time.Time, window time.Duration) (int, error)
	// KeepBrowser remembers that an address was proved in a browser.
	KeepBrowser(ctx context.Context, key keyring.LookupHash, now time.Time) error
	StartSignIn(ctx context.Context, s SignIn) error
	TouchSignIn(ctx context.Context, hash Token, now time.Time) error
	EndSignIn(ctx context.Context, hash Token) error
	// EndSignIns ends all of an account but one; but may be zero.
	EndSignIns(ctx context.Context, id habeas.AccountID, but Token) error
	// EndCodeSignIns ends those of an account that a mailed code proved.
	EndCodeSignIns(ctx context.Context, id habeas.AccountID) error
	// EndSignInsBy ends those that a passkey or a link proved, but one.
	EndSignInsBy(ctx context.Context, passkey keyring.LookupHash, but Token) error
}
