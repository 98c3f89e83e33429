package account

import (
	"context"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// ConsentKind is something that a person may agree to, and take back as easily.
type ConsentKind string

// ConsentProfile is that everybody may see the public profile of a record. Until its
// person has decided, the profile shows as the organisation has set it (PTY-6).
const ConsentProfile ConsentKind = "profile.public"

// ConsentEscrow is that the private key of a registration file is kept here (REC-01). It is about
// the account, and is taken back by withdrawing the key; it ends with the key, whatever ends that.
const ConsentEscrow ConsentKind = "registration.key"

// ConsentTerm is what a kind of consent says. Words change only with the number, so
// that the register tells who agreed to which (GDPR article 7 (1)).
type ConsentTerm struct {
	Kind  ConsentKind
	Words int
	Title string // English; also the key of its translation
	Says  string
}

// ConsentTerms are the consents that can be given here.
var ConsentTerms = []ConsentTerm{{
	Kind: ConsentProfile, Words: 1, Title: "Public profile",
	Says: "Everybody on the web may see the public part of my record.",
}, {
	Kind: ConsentEscrow, Words: EscrowWords, Title: "A copy of my private key",
	Says: "The private key of my registration file is kept here, so that I can get the file back under a new password.",
}, {
	Kind: ConsentWritten, Words: 1, Title: "Letters from others",
	Says: "People who are signed in and have my link may write to me by mail. They do not see my address.",
}}

// Term returns what a kind says; ok is false when there is no such kind.
func Term(kind ConsentKind) (t ConsentTerm, ok bool) {
	for _, t := range ConsentTerms {
		if t.Kind == kind {
			return t, true
		}
	}
	return ConsentTerm{}, false
}

// Consent is one decision of a person; the newest of a kind and subject is in force.
type Consent struct {
	Account habeas.AccountID
	Kind    ConsentKind
	About   habeas.SubjectID // the record that it is about, or the account itself
	Words   int              // which version of the words
	Given   bool             // false: taken back
	At      time.Time
}

// ConsentCount is a line of the consent register: numbers, nobody's name. Each
// person's own decisions, with receipts, are in their Activity.
type ConsentCount struct {
	Kind      ConsentKind
	Words     int
	Given     int // in force
	Withdrawn int
	Newest    time.Time
}

// Consents reads the consent register.
type Consents interface {
	// ConsentsOf returns what a person has decided, newest first.
	ConsentsOf(ctx context.Context, id habeas.AccountID) ([]Consent, error)
	// ConsentTo returns the decision about a record or an account; found is false when there is none.
	ConsentTo(ctx context.Context, kind ConsentKind, about habeas.SubjectID) (c Consent, found bool, err error)
	// ConsentCounts counts them, by kind and version of the words.
	ConsentCounts(ctx context.Context) ([]ConsentCount, error)
}

// ConsentWriter changes it in a transaction.
type ConsentWriter interface {
	Consents
	// SetConsent puts a decision in the place of the one before.
	SetConsent(c Consent, e audit.Entry) error
	// RemoveConsent leaves a person undecided again.
	RemoveConsent(c Consent, e audit.Entry) error
}
