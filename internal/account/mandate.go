package account

import (
	"context"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// Mandate is that somebody lets a trusted entity creator act for them: register them and renew
// that, and enter entities whose author they are (REG-11, ATTR-10). Its person ends it at once.
type Mandate struct {
	ID      habeas.MandateID
	Account habeas.AccountID // whose
	Creator habeas.AccountID // zero: the creator was erased
	Site    habeas.SiteID
	At      time.Time
	EndedAt time.Time // zero: it stands
	Words   MandateWords
}

// Stands reports whether it counts.
func (m Mandate) Stands() bool { return m.EndedAt.IsZero() && !m.Creator.IsZero() }

// MandateWords is the consent, as it was given.
type MandateWords struct {
	Organisation string        `json:"o,omitempty"` // of the creator, as its certificate had it
	Site         string        `json:"s"`           // origin
	Text         string        `json:"t"`           // the words that were agreed to
	Manner       ConsentManner `json:"m"`
	Where        string        `json:"w"` // MandateAtRegistration or MandateOnPage
}

// Name is the creator for people: its organisation, else its site.
func (w MandateWords) Name() string {
	if w.Organisation != "" {
		return w.Organisation
	}
	return w.Site
}

// Where a mandate was given.
const (
	MandateAtRegistration = "registration"
	MandateOnPage         = "page"
)

// ConsentManner is how consent was given, as the creator says (REG-11).
type ConsentManner string

// The manners.
const (
	ConsentExplicit ConsentManner = "explicit" // by a step of its own
	ConsentImplicit ConsentManner = "implicit" // by using what the words were beside
)

// MandateText is what a person agrees to on our own page. It is also the key of its translation.
const MandateText = "This creator may renew my registration, and enter and change entities of which I am the author. I can end that at any time."

// MaxConsent is the most characters that the words of a consent may have.
const MaxConsent = 2000

// Behalf is a registration that a creator asks for (REG-08).
type Behalf struct {
	Request  []byte // for the certificate: PKCS#10, DER; it names the address
	Policy   int64  // version that the person has accepted
	Text     string // the words of consent that they have read
	Manner   ConsentManner
	Language string // of the mail
	Site     string // origin of the creator's site where that was; empty: its first
}

// Check refuses what is no consent.
func (b Behalf) Check() error {
	switch n := utf8.RuneCountInString(strings.TrimSpace(b.Text)); {
	case n == 0:
		return habeas.Invalid("consent.text", "The words that the person has agreed to are expected.").WithCode("behalf.consent")
	case n > MaxConsent:
		return habeas.Invalid("consent.text", "Use fewer words here.").WithCode("site.long")
	case b.Manner != ConsentExplicit && b.Manner != ConsentImplicit:
		return habeas.Invalid("consent.manner", "Either explicit or implicit is expected.").WithCode("behalf.manner")
	}
	return nil
}

// BehalfState is what the challenge of such a registration keeps of who asked.
type BehalfState struct {
	Creator habeas.AccountID `json:"c"`
	Site    habeas.SiteID    `json:"s"`
	Words   MandateWords     `json:"w"`
}

// Encoded is the state as Words.State has it.
func (s BehalfState) Encoded() []byte {
	text, err := json.Marshal(s)
	if err != nil {
		panic("account: a state of plain values cannot be written: " + err.Error())
	}
	return text
}

// BehalfOf reads the state of a challenge; ok is false for another one.
func BehalfOf(c Challenge) (s BehalfState, ok bool) {
	return s, c.Purpose == ForBehalf && json.Unmarshal(c.Words.State, &s) == nil
}

// BehalfPhase is how far a registration has come, for the creator that asked for it.
type BehalfPhase string

// The phases.
const (
	BehalfWaits BehalfPhase = "waiting" // for its person's code
	BehalfDone  BehalfPhase = "done"    // there is a certificate
	BehalfOver  BehalfPhase = "over"    // and nothing came of it, or it is another creator's
)

// BehalfsPerCreator is for how many people a creator may ask within AskWindow.
const BehalfsPerCreator = 300

// Errors of acting on behalf.
var (
	// ErrBehalf is the one answer to a creator when its person has typed the right code and
	// cannot be registered by it: why is the person's affair, who is told at our site.
	ErrBehalf = habeas.Conflict("This has to be finished by its person, by the link in the mail.").WithCode("behalf.elsewhere")
	// ErrBehalfMany refuses a creator that asks for too many at a time.
	ErrBehalfMany = habeas.TooMany("These are too many registrations within an hour. Try again later.").WithCode("behalf.many")
	// ErrBehalfGuarded asks for more than a code where there is more.
	ErrBehalfGuarded = habeas.Forbidden("Your account has a passkey or is connected with a provider, and a code alone does not open it. Sign in, then open the link in the mail again.").WithCode("behalf.guarded")
	// ErrBehalfAddress: the address is no longer what it was when the code was mailed.
	ErrBehalfAddress = habeas.Forbidden("The certificate has to name the main address of your account.").WithCode("behalf.address")
	// ErrNoBehalf: the registration that a mail leads to waits no more.
	ErrNoBehalf = habeas.Gone("This registration waits no more: the code was used, or its time is over. Begin anew at the site where you began.").WithCode("behalf.none")
	// ErrMandate is the one refusal of writing on behalf of somebody.
	ErrMandate = habeas.Forbidden("The holder of this certificate does not let you act for them.").WithCode("mandate.none")
	// ErrMandateNone: its person has none of that number.
	ErrMandateNone = habeas.NotFound("You have given no such right.").WithCode("mandate.unknown")
	// ErrMandateTwice: it stands already.
	ErrMandateTwice = habeas.Conflict("This creator may act for you already.").WithCode("mandate.exists")
)

// MandateReader is what the use cases read of mandates.
type MandateReader interface {
	// MandatesOf are those that somebody has given, newest first, also those that ended.
	MandatesOf(ctx context.Context, id habeas.AccountID) ([]Mandate, error)
	// Mandate finds the one that stands between somebody and a creator.
	Mandate(ctx context.Context, id, creator habeas.AccountID) (m Mandate, found bool, err error)
}

// MandateWriter changes them in one transaction.
type MandateWriter interface {
	MandateReader
	AddMandate(m Mandate, e audit.Entry) error
	// EndMandate ends one; of one that ended nothing changes, and the entry is not written.
	EndMandate(m Mandate, e audit.Entry) error
}
