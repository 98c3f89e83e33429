package account

import (
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
)

// LookupAddress and LookupPasskey are the kinds of lookup hash of this domain. An
// address is looked up exactly as records look theirs up: by email.Address.Key.
const (
	LookupAddress = "email"
	LookupPasskey = "passkey"
)

// State says whether an account may be used.
type State string

// The states.
const (
	Active      State = "active"
	Deactivated State = "deactivated" // by an administrator: cannot sign in nor claim (PTY-19)
	Lapsed      State = "lapsed"      // its registration ended: cannot sign in nor claim, but be reactivated (RET-03)
)

// Account is somebody who can sign in. Its words are sealed under its own key.
type Account struct {
	ID        habeas.AccountID
	State     State
	CreatedAt time.Time
	Ends      time.Time // of its registration; zero: it has none
	Profile   Profile
}

// Profile is what an account says about its person. Both may be empty.
type Profile struct {
	Name     string `json:"n,omitempty"` // how to address them
	Language string `json:"l,omitempty"` // of pages and mails, "en"
}

// Address is an e-mail address that an account has proved.
type Address struct {
	Hash     keyring.LookupHash // of email.Address.Key
	Account  habeas.AccountID
	ProvedAt time.Time
	Proof    habeas.Proof // by a code mailed to it, or by a provider's word and nothing else
	Main     bool         // the first one; recovery starts there
	Mailbox  string       // as stored, for the envelope: mail goes here and nowhere else (PTY-A10)
	Display  string       // for people
	Voucher  string       // the issuer whose word it is, when Proof is habeas.ProofProvider
}

// Vouched reports whether the address stands on a provider's word alone: nobody has shown
// yet that they read its mail.
func (a Address) Vouched() bool { return a.Proof == habeas.ProofProvider }

// Passkey is a WebAuthn credential.
type Passkey struct {
	Hash       keyring.LookupHash // of the credential id
	Account    habeas.AccountID
	AddedAt    time.Time
	UsedAt     time.Time // zero: never
	EndedAt    time.Time // zero: in use; else removed, and for UndoFor restorable
	Name       string    // given by its person
	Credential []byte    // the credential record in the form of the WebAuthn library
}

const (
	// UndoFor is how long a removed passkey can be taken back.
	UndoFor = 10 * time.Minute
	// MaxPasskeys is how many passkeys one account holds at most.
	MaxPasskeys = 20
	// MaxAddresses is how many addresses one account holds at most.
	MaxAddresses = 10
	// MaxName is the length of names that people give, in characters.
	MaxName = 80
)

// Holdings is all that opens or reaches an account, for its person to look over.
type Holdings struct {
	Account   Account
	Passkeys  []Passkey
	Links     []ProviderLink
	Addresses []Address // main one first
	SignIns   []SignIn  // newest first
	Roles     []habeas.Role

	Certificate *Certificate  // the identity certificate that counts; nil: there is none
	Waiting     []habeas.Role // decided, and to count from the person's registration on
}

// Main returns the main address, or the zero Address.
func (h Holdings) Main() Address {
	for _, a := range h.Addresses {
		if a.Main {
			return a
		}
	}
	return Address{}
}

// CheckName refuses a name that is too long to show.
func CheckName(field, name string) error {
	if utf8.RuneCountInString(name) > MaxName {
		return habeas.Invalid(field, "This is too long: at most {max} characters.").WithCode("form.long").With("max", "80")
	}
	return nil
}
