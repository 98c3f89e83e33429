package account

import (
	"crypto/subtle"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/sealed"
)

// Purpose is what a challenge leads to.
type Purpose string

// The purposes.
const (
	ForSignIn        Purpose = "sign-in"             // a code that somebody asked for
	ForInvitation    Purpose = "invitation"          // a code that the organisation sent
	ForAddress       Purpose = "add-address"         // a code for one more address of an account
	ForMain          Purpose = "main-address"        // a code for the address that is to become the main one
	ForNotice        Purpose = "notice"              // a code that opens what is held at an address, and no account (ADR 0017)
	ForPass          Purpose = "consent-code"        // a code that proves who uses a consent code, and opens no account
	ForCertificate   Purpose = "certificate"         // a code that confirms what a certificate is to say (REC-05)
	ForTerminal      Purpose = "terminal"            // a code of the page, by which a command registers
	ForErase         Purpose = "erase"               // a code that confirms that an account is to be erased (ACCT-06)
	ForFirst         Purpose = "first-administrator" // the link the operator was given
	ForFirstCode     Purpose = "first-code"          // the code mailed to who opened that link
	ForPasskeySignIn Purpose = "passkey-sign-in"     // a WebAuthn ceremony under way
	ForPasskeyNewOne Purpose = "passkey-add"         // a WebAuthn ceremony under way
	ForProvider      Purpose = "provider-sign-in"    // somebody is at an identity provider
	ForConnect       Purpose = "provider-connect"    // the same, to connect it with their account
	ForPort          Purpose = "certificate-sign-in" // somebody is at the port for certificates
	ForHandover      Purpose = "certificate-back"    // and comes back from there, known
	ForFilePassword  Purpose = "file-password"       // a code that resets the password of a registration file
	ForLostFile      Purpose = "file-lost"           // a code that resets a whole registration: the file is lost
	ForStolenFile    Purpose = "file-stolen"         // the same: somebody else may have it
	ForBehalf        Purpose = "behalf"              // a code that confirms a registration through a trusted entity creator
	codeLifeAsked            = 10 * time.Minute      // NIST SP 800-63B: out-of-band codes
	codeLifeInvited          = 24 * time.Hour        // enrolment codes
	ceremonyLife             = 10 * time.Minute
	handoverLife             = time.Minute // a browser follows a redirect
)

// Life is how long a challenge holds.
func (p Purpose) Life() time.Duration {
	switch p {
	case ForInvitation, ForFirst:
		return codeLifeInvited
	case ForPasskeySignIn, ForPasskeyNewOne, ForProvider, ForConnect, ForPort:
		return ceremonyLife
	case ForHandover:
		return handoverLife
	case ForSignIn, ForAddress, ForMain, ForNotice, ForPass, ForErase, ForFirstCode, ForCertificate, ForTerminal, ForFilePassword, ForLostFile, ForStolenFile, ForBehalf:
	}
	return codeLifeAsked
}

// Coded reports whether the challenge is answered by typing a mailed code where people
// sign in. Notices, consent codes, erasure, lost files and registrations through others have pages of their own: here their codes are foreign (PTY-A23).
func (p Purpose) Coded() bool {
	switch p {
	case ForSignIn, ForInvitation, ForAddress, ForMain, ForFirstCode, ForCertificate:
		return true
	case ForNotice, ForPass, ForTerminal, ForErase, ForFilePassword, ForLostFile, ForStolenFile, ForBehalf, ForFirst, ForPasskeySignIn, ForPasskeyNewOne, ForProvider, ForConnect, ForPort, ForHandover:
	}
	return false
}

// Resets reports whether the code is for the page of lost registration files, and no other.
func (p Purpose) Resets() bool {
	return p == ForFilePassword || p == ForLostFile || p == ForStolenFile
}

// Challenge is something to be answered once. It holds no code: that is derived
// from its id (ADR 0011).
type Challenge struct {
	ID        habeas.ChallengeID
	Purpose   Purpose
	Subject   habeas.SubjectID   // whose key seals Words; zero: the house's
	Address   keyring.LookupHash // the address to be proved; zero for ceremonies
	Flow      Token              // the browser it began in; zero: any browser
	Tries     int
	MaxTries  int
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time // zero: not yet
	Words     Words
}

// Words is the personal part of a challenge.
type Words struct {
	Mailbox  string `json:"m,omitempty"` // of the address as typed
	Display  string `json:"d,omitempty"`
	Language string `json:"l,omitempty"`
	To       string `json:"t,omitempty"` // path to go to afterwards
	Name     string `json:"n,omitempty"` // of the passkey to be added
	Link     []byte `json:"p,omitempty"` // id of the link that led here
	Record   bool   `json:"r,omitempty"` // the person's records are to say the address too
	Request  []byte `json:"q,omitempty"` // for a certificate, which a right code grants: exactly this one (REC-06)
	Policy   int64  `json:"v,omitempty"` // version that was accepted
	State    []byte `json:"s,omitempty"` // of a WebAuthn ceremony, the name of the provider, the key of the browser that a reset answers, or who registers whom
}

// Open reports whether the challenge can still be answered, and by this browser.
// Whether the answer is right is asked afterwards.
func (c Challenge) Open(flow Token, now time.Time) bool {
	mine := c.Flow.IsZero() || subtle.ConstantTimeCompare(c.Flow[:], flow[:]) == 1
	return mine && c.UsedAt.IsZero() && c.Tries < c.MaxTries && now.Before(c.ExpiresAt)
}

// Right compares a typed code in constant time.
func Right(typed sealed.Value, code []byte) bool { return typed.EqualBytes(code) }

// ErrCode is the one refusal of a code, whatever was wrong with it (PTY-A22).
var ErrCode = habeas.Invalid("code", "This code does not fit. Look at the newest mail, or ask for another code.").WithCode("code.wrong")

// The limits on asking for codes. Over a limit the answer is the same, but no mail
// is sent. The first is for one network asking about one address, the others keep
// many networks from flooding one mailbox, or the mailboxes of one account. A browser
// in which the address was proved before is counted by itself: nobody else can use up
// its share, so that asking, too, locks nobody out.
const (
	AsksPerClient  = 6
	AsksPerAddress = 30
	AsksPerAccount = 60
	AskWindow      = time.Hour
	GuessWindow    = 24 * time.Hour
	FullTries      = 5
	// KnownBrowserFor is how long a browser counts as one in which an address was proved.
	KnownBrowserFor = 180 * 24 * time.Hour
)

// How many codes can be typed at most for one address or account within any 24 hours,
// by whoever has not proved the address in the same browser before; ADR 0018 derives
// them. One in 10⁸ fits: guessing all day hits with a probability below 10⁻⁵ at an
// address and 2·10⁻⁵ at an account.
const (
	GuessesPerAddress = 1000
	GuessesPerAccount = 2000
)

// TriesAfter returns how many tries a new challenge gets, after so many wrong codes
// were typed within GuessWindow for its address, or for any address of its account. It
// falls with guessing and never reaches zero: the right code typed at once always
// works, so a guesser locks nobody out (PTY-A25).
func TriesAfter(wrong int) int {
	switch {
	case wrong < 20:
		return FullTries
	case wrong < 60:
		return 2
	}
	return 1
}
