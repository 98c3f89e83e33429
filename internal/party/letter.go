package party

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
)

// LetterState is what became of a letter.
type LetterState string

// The states of a letter. Only the code of one that was sent opens anything.
const (
	LetterSent     LetterState = "sent"
	LetterUsed     LetterState = "used"     // its code was typed
	LetterReplaced LetterState = "replaced" // by a newer one
	LetterReturned LetterState = "returned" // it came back: whoever has it is not who was meant
)

// Letter is a code that goes to somebody by post, so that they can claim their record with
// an e-mail address of their own choice (PTY-27). Of the code only a keyed hash is kept.
type Letter struct {
	ID    habeas.LetterID
	Party habeas.PartyID
	Code  keyring.LookupHash
	By    habeas.AccountID // who had it printed
	// Address is the one with which its code was used, which leads to the record since.
	Address keyring.LookupHash
	Expires time.Time
	State   LetterState
	EndedAt time.Time // when it was used, replaced or came back
}

// At is when the letter was made.
func (l Letter) At() time.Time { return l.ID.Time() }

// Opens reports whether the code of a letter is good for anything.
func (l Letter) Opens(now time.Time) bool { return l.State == LetterSent && now.Before(l.Expires) }

// End returns the letter when it is over.
func (l Letter) End(how LetterState, now time.Time) Letter {
	l.State, l.EndedAt = how, now
	return l
}

// The bounds of letters. A code has 60 secret bits; at these limits one of a million
// letters is guessed with a probability below 10⁻⁹ a day.
const (
	MaxLetters        = 100 // of one print run
	LetterWindow      = 24 * time.Hour
	LetterTriesPerson = 10
	LetterTriesClient = 20
	LetterTriesAll    = 1000
)

// What can be wrong with a letter. ErrLetter is the one refusal of a code, whatever is
// wrong with it (PTY-A22).
var (
	ErrLetter      = habeas.Invalid("code", "This code does not fit. It may be mistyped, over or used already. Ask for another letter.").WithCode("letter.refused")
	ErrLetterTries = habeas.TooMany("Too many codes did not fit. Try again tomorrow, or ask for help.").WithCode("letter.limited")
	ErrNoLetter    = habeas.NotFound("There is no such letter here.").WithCode("letter.none")
	ErrNoLetters   = habeas.Forbidden("Your group does not see what stands on a letter. Ask an administrator.").WithCode("letter.unseen")

	errLetterClaimed = habeas.Conflict("This record has its person already.").WithCode("party.claimed")
	errLetterState   = habeas.Conflict("Decide first what waits for review.").WithCode("party.waiting")
	errLetterGuarded = habeas.Conflict("A guardian acts for this person. Begin the hand-over first.").WithCode("letter.guarded")
	errLetterAddress = habeas.Conflict("This record holds no postal address with a street and a town.").WithCode("letter.address")
	errLetterPerson  = habeas.Conflict("Letters go to people only.").WithCode("letter.kind")
	errLetterMany    = habeas.Invalid("people", "Choose between 1 and {max} people.").With("max", strconv.Itoa(MaxLetters)).WithCode("letter.many")
)

// CanWrite says whether a letter may go to the person of a record.
func CanWrite(rec Record, guarded bool) error {
	switch {
	case rec.Party.Kind != Person:
		return errLetterPerson
	case rec.Party.State == Claimed:
		return errLetterClaimed
	case rec.Party.State != Unclaimed || rec.Party.Restraint != RestraintNone || rec.Party.Review != ReviewNone || rec.Party.Blocked:
		return errLetterState
	case guarded:
		return errLetterGuarded
	case len(PostalLines(rec)) < 3 || rec.Text("address", "street") == "" || rec.Text("address", "city") == "":
		return errLetterAddress
	}
	return nil
}

// CheckRun refuses a print run of none or of too many.
func CheckRun(n int) error {
	if n < 1 || n > MaxLetters {
		return errLetterMany
	}
	return nil
}

// PostalLines are the lines of an address window: name, street and town. The country is
// written in the letter's language.
func PostalLines(rec Record) []string {
	town := strings.TrimSpace(rec.Text("address", "postcode") + " " + rec.Text("address", "city"))
	var out []string
	for _, line := range []string{rec.Name(), rec.Text("address", "street"), town} {
		if line != "" {
			out = append(out, line)
		}
	}
	return out
}

// Posted is a letter as staff see it, with whom it goes to.
type Posted struct {
	Letter
	Record Record
}

// Letters reads letters.
type Letters interface {
	// LettersOf returns those to a record and to every record merged into it, the newest first.
	LettersOf(ctx context.Context, id habeas.PartyID) ([]Letter, error)
	// LetterWith returns the letter with a code; false when there is none.
	LetterWith(ctx context.Context, code keyring.LookupHash) (Letter, bool, error)
	// Letter returns one; NotFound when there is none.
	Letter(ctx context.Context, id habeas.LetterID) (Letter, error)
}

// LetterWriter changes them in a transaction.
type LetterWriter interface {
	Letters
	// SaveLetter inserts or updates one.
	SaveLetter(l Letter, e audit.Entry) error
}
