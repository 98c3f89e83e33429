package account

import (
	"context"
	"encoding/base64"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/pki"
)

// EscrowClass is who can open a private key that was left here.
type EscrowClass string

// The classes (T8).
const (
	// EscrowOpen is one that the organisation can open, and gives back after a mailed code.
	EscrowOpen EscrowClass = "organisation"
	// EscrowShut is encrypted in the page under a recovery code that only its person has
	// before it is sent: the organisation keeps it and cannot open it.
	EscrowShut EscrowClass = "code"
)

// Valid reports whether there is such a class.
func (c EscrowClass) Valid() bool { return c == EscrowOpen || c == EscrowShut || c == EscrowSplit }

// EscrowWords is the version of the words that whoever leaves a key agrees to (REC-01): the
// page's. It is raised with every change of what they say.
const EscrowWords = 1

// Lengths of what a page sends, in bytes. A private key of P-256 has at most 138 in PKCS#8, its
// encryption under a recovery code 28 more, HPKE 65 and 16.
const (
	MaxDeposit   = 512
	pointSize    = 65 // of P-256, uncompressed
	signatureLen = 64 // of ECDSA on P-256, as WebCrypto writes it
)

// Escrow is a private key of a registration file that its person has left here, so that a
// forgotten password does not mean a lost key. There is none unless its person asked for it.
type Escrow struct {
	ID      habeas.EscrowID // as the owner of a key: destroyed, nobody opens the deposit again
	Account habeas.AccountID
	Serial  pki.Serial // of the identity certificate whose key it is
	Class   EscrowClass
	Words   int // the version that was agreed to
	At      time.Time
	Deposit []byte // as the page sealed it to the server's escrow key, by HPKE
}

// Deposit is what a page sends to leave a key here.
type Deposit struct {
	Serial    pki.Serial
	Class     EscrowClass
	Words     int
	Sealed    []byte  // encapsulated key, then ciphertext
	Signature []byte  // by the private key itself, over ConsentText: who leaves it has it
	Shares    []Share // of EscrowSplit: one for each keeper of the set
}

// Check refuses what no page of ours sends.
func (d Deposit) Check() error {
	switch {
	case !d.Class.Valid():
		return habeas.Invalid("class", "Choose one of the options.").WithCode("form.choice")
	case d.Words != EscrowWords:
		return ErrEscrowWords
	case (d.Class == EscrowSplit) != (len(d.Shares) > 0):
		return ErrDeposit
	case len(d.Sealed) <= pointSize || len(d.Sealed) > MaxDeposit || len(d.Signature) != signatureLen:
		return ErrDeposit
	}
	return nil
}

// escrowProtocol begins every text that something is bound to.
const escrowProtocol = "habeas escrow v1"

// DepositText is the associated data of a deposit: whose key, of which certificate, in which
// class. A deposit for something else does not open.
func DepositText(id habeas.AccountID, serial pki.Serial, class EscrowClass) []byte {
	return []byte(escrowProtocol + "\ndeposit\n" + id.String() + "\n" + serial.String() + "\n" + string(class))
}

// ConsentText is what the private key signs when it is left: the words agreed to and the deposit.
func ConsentText(words int, digest []byte) []byte {
	return []byte(escrowProtocol + "\nconsent\n" + strconv.Itoa(words) + "\n" + base64.RawURLEncoding.EncodeToString(digest))
}

// ResetText is the associated data of a key that is given back: by which reset.
func ResetText(id habeas.ChallengeID) []byte {
	return []byte(escrowProtocol + "\nreset\n" + id.String())
}

// FileReset is a reset of the password of a registration file under way (REC-03): a mailed code
// has allowed it, all addresses were told, and after the wait the key is given back, sealed to
// a key pair of the browser that asked. An account has at most one.
type FileReset struct {
	ID        habeas.ChallengeID // of the challenge that allowed it
	Account   habeas.AccountID
	Escrow    habeas.EscrowID
	Class     EscrowClass
	Link      Token              // SHA-256 of the token in the link that stops it
	Address   keyring.LookupHash // at which the code was typed
	Recipient []byte             // public key of the browser, an uncompressed point of P-256
	Due       time.Time          // from when on the key is given back
	Ends      time.Time          // until when it is
	TakenAt   time.Time          // when it was first; zero: not yet
}

// Waits reports whether the key is not given back yet.
func (r FileReset) Waits(now time.Time) bool { return now.Before(r.Due) }

// Open reports whether the key is given back now.
func (r FileReset) Open(now time.Time) bool { return !r.Waits(now) && now.Before(r.Ends) }

// EscrowRules say how long a reset leaves room to object.
type EscrowRules struct {
	Wait time.Duration // from the typed code on, for who is not signed in by passkey or certificate
	Keep time.Duration // how long the key is then given back
}

// DefaultEscrowRules give somebody who reads their mail once a day the time to object.
var DefaultEscrowRules = EscrowRules{Wait: 24 * time.Hour, Keep: 7 * 24 * time.Hour}

// Check refuses rules under which nobody could object.
func (r EscrowRules) Check() error {
	if r.Wait < time.Hour || r.Wait > 30*24*time.Hour {
		return habeas.Invalid("escrow.wait_hours", "A reset waits for at least one hour and at most 30 days.").WithCode("escrow.rules")
	}
	return nil
}

// Begin makes the reset that a right code leads to. strong is whether whoever typed it has just
// proved by a key that they are the account's person: then there is nothing to wait for.
func (r EscrowRules) Begin(c Challenge, e Escrow, strong bool, link Token, now time.Time) FileReset {
	wait := r.Wait
	if strong {
		wait = 0
	}
	return FileReset{
		ID: c.ID, Account: e.Account, Escrow: e.ID, Class: e.Class, Link: link, Address: c.Address, Recipient: c.Words.State,
		Due: now.Add(wait), Ends: now.Add(wait + r.Keep),
	}
}

// ByKey reports whether a sign-in was proved by a key that its person has, and not by reading mail
// or by a provider's word.
func ByKey(proof habeas.Proof) bool {
	return proof == habeas.ProofPasskey || proof == habeas.ProofCertificate
}

// ResetKind is what a code on the page for lost files does, one thing each (REC-06).
type ResetKind string

// The kinds.
const (
	ResetPassword    ResetKind = "password"    // the same key under a new password
	ResetLost        ResetKind = "lost"        // the file is lost: its certificate ends
	ResetCompromised ResetKind = "compromised" // somebody else may have file and password: it ends as compromised
)

// Purpose is that of the challenge. Each kind has its own, so that no code does another's work.
func (k ResetKind) Purpose() Purpose {
	switch k {
	case ResetLost:
		return ForLostFile
	case ResetCompromised:
		return ForStolenFile
	case ResetPassword:
	}
	return ForFilePassword
}

// ResetAnswer is what a right code on the page for lost files led to.
type ResetAnswer string

// The answers. They are told only to whoever has shown that the address is theirs.
const (
	ResetBegun   ResetAnswer = "begun"      // a reset is under way
	ResetRevoked ResetAnswer = "revoked"    // the registration was reset: its certificate counts no more
	ResetNotKept ResetAnswer = "not-kept"   // there is a certificate, and its key was not left here
	ResetNobody  ResetAnswer = "nobody"     // nobody is registered at the address
	ResetNoKey   ResetAnswer = "no-browser" // the browser could make no key: it runs no scripts
	ResetChanges ResetAnswer = "changing"   // the main address is about to change, or has just done so
)

// EscrowReader is what the use cases read of escrow.
type EscrowReader interface {
	// Escrow finds the key that an account has left here; found is false when there is none.
	Escrow(ctx context.Context, id habeas.AccountID) (e Escrow, found bool, err error)
	// FileReset finds one by its id; found is false when there is none.
	FileReset(ctx context.Context, id habeas.ChallengeID) (r FileReset, found bool, err error)
	// FileResetOf finds that of an account.
	FileResetOf(ctx context.Context, id habeas.AccountID) (r FileReset, found bool, err error)
	// FileResetAt finds one by the hash of the link that stops it.
	FileResetAt(ctx context.Context, link Token) (r FileReset, found bool, err error)
	// EndedEscrows names those that ended and whose keys are still to be destroyed.
	EndedEscrows(ctx context.Context, limit int) ([]habeas.EscrowID, error)
}

// EscrowWriter changes it in one transaction, with the entry that witnesses it.
type EscrowWriter interface {
	EscrowReader
	KeeperWriter
	// SaveEscrow inserts an escrow whose own key is durable already.
	SaveEscrow(e Escrow, entry audit.Entry) error
	// EndEscrow takes away what was left, and the reset that is under way. Of one that is gone
	// nothing changes, and the entry is not written.
	EndEscrow(id habeas.EscrowID, entry audit.Entry) error
	// SaveFileReset puts a reset in the place of the account's one before.
	SaveFileReset(r FileReset, entry audit.Entry) error
	// MarkFileReset notes that the key was given back.
	MarkFileReset(r FileReset, entry audit.Entry) error
	// EndFileReset forgets it; of two that end one exactly one succeeds.
	EndFileReset(r FileReset, entry audit.Entry) error
}

// Why escrow and resets are refused.
var (
	// ErrDeposit is the one refusal of what a page has sent, whatever is wrong with it.
	ErrDeposit = habeas.Invalid("deposit", "What the page sent does not fit your certificate. Choose the newest registration file and try again.").WithCode("escrow.deposit")
	// ErrEscrowWords refuses an agreement to other words than the page says now.
	ErrEscrowWords = habeas.Conflict("The words on the page have changed meanwhile. Read them again, and then decide.").WithCode("escrow.words")
	// ErrEscrowed refuses a second key.
	ErrEscrowed = habeas.Conflict("Your key is kept here already. Withdraw it first.").WithCode("escrow.exists")
	// ErrNoReset is the one refusal of a reset that is not open, whatever the reason (PTY-A22).
	ErrNoReset = habeas.Gone("This reset is over, was stopped, or has not come to its time. Begin anew if you still need it.").WithCode("reset.none")
	// ErrResetLink is the one refusal of a link that stops a reset.
	ErrResetLink = habeas.Gone("This link does not work any more: the reset was stopped, or its time is over. If somebody else has your registration file, revoke your certificate.").WithCode("reset.link")
	// ErrResetKey refuses a public key that is none.
	ErrResetKey = habeas.Invalid("key", "The browser sent a key that is none. Load the page again.").WithCode("reset.key")
)
