package party

import (
	"context"
	"crypto/subtle"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/sealed"
)

// The bounds of passes.
const (
	DefaultPassLife = 24 * time.Hour
	MaxPassLife     = 30 * 24 * time.Hour
	MaxPassUses     = 20  // bookers of one pass
	MaxPasses       = 20  // of one record, in force at a time
	MaxPassNote     = 200 // characters
	// KeepPasses is how long a pass is listed after its time.
	KeepPasses = 30 * 24 * time.Hour
)

// How many wrong codes are looked at within PassWindow: under one name of a pass, of one
// person or network, and of one connected system, behind which are many people. A code
// has 40 secret bits, so that a pass is guessed with a probability below 10⁻¹⁰ a day.
const (
	TriesPerPass   = 10
	TriesPerPerson = 20
	TriesPerSystem = 500
	PassWindow     = 24 * time.Hour
)

// Pass is a consent that its person hands over themselves, as a code to type or a link:
// with it a booker may attach the record to a ticket and see the ticked data sets, until
// it ends (PTY-8). It is not to be taken for account.Consent, which is given to the
// organisation.
type Pass struct {
	ID      habeas.PassID
	Party   habeas.PartyID
	Account habeas.AccountID   // who gave it
	Held    time.Time          // since when that account controls the record; another claim is another consent
	Name    keyring.LookupHash // of the first letters of code and link, by which it is found
	Code    keyring.LookupHash // of the whole code; the code itself is kept nowhere
	Link    keyring.LookupHash // and of what the link carries
	Sets    []string           // what was ticked
	Uses    int                // how many bookers may use it
	Expires time.Time
	EndedAt time.Time // zero: in force until it expires
	Ended   PassEnd
	Note    string // to its person alone
}

// PassEnd is why a pass ended before its time.
type PassEnd string

// The ends.
const (
	PassRevoked   PassEnd = "revoked"   // its person took it back
	PassRecord    PassEnd = "record"    // the record changed hands, is disputed or restricted
	PassRecovered PassEnd = "recovered" // the account was recovered: somebody else may have given it
	PassClosed    PassEnd = "closed"    // the account was closed
)

// At is when the pass was given.
func (x Pass) At() time.Time { return x.ID.Time() }

// PassUse is one booker who used a pass.
type PassUse struct {
	Pass    habeas.PassID
	Party   habeas.PartyID
	Booker  keyring.LookupHash // who, as a keyed hash that means nothing in another pass
	Ticket  habeas.TicketID    // what the record was attached to; zero: it was only looked at
	System  habeas.SystemID    // by which it was used; zero: by a person on the page
	Handle  keyring.LookupHash // what the system's reference stands for; zero for a person
	Said    keyring.LookupHash // mark of the last delivery, by which a repeated one is known
	At      time.Time
	Expires time.Time // with the pass
	Who     string    // the address that a person proved; empty for a system
}

// PassTerms is what a person chose for a pass.
type PassTerms struct {
	Sets []string
	Life time.Duration
	Uses int
	Note string
}

// ConsentCode is a code as it came, and what is looked up of it.
type ConsentCode struct {
	Typed sealed.Value
	Name  keyring.LookupHash
	Whole keyring.LookupHash
}

// Shared is what a booker sees.
type Shared struct {
	Pass  habeas.PassID
	Sets  []Set // current values, without where they came from
	Until time.Time
}

// What can be wrong with a pass. ErrPass is the one refusal of a code, whatever is wrong
// with it: unknown, mistyped, over, taken back or used by others (PTY-A22).
var (
	ErrPass      = habeas.Invalid("code", "This consent code does not fit. It may be mistyped, over, taken back or used already. Ask for another one.").WithCode("consent.refused")
	ErrPassOwn   = habeas.Invalid("code", "You gave this code yourself. It is meant for somebody else.").WithCode("consent.own")
	ErrPassTries = habeas.TooMany("Too many consent codes did not fit. Try again tomorrow.").WithCode("consent.limited")
	ErrNoPass    = habeas.NotFound("There is no such consent of yours.").WithCode("consent.none")

	errPassState = habeas.Conflict("This record is disputed, restricted or not yours: nothing of it can be shared.").WithCode("consent.state")
	errPassSets  = habeas.Invalid("sets", "Tick at least one data set.").WithCode("consent.sets")
	errPassShut  = habeas.Invalid("sets", "A data set that is hidden from you, or holds nothing, cannot be shared.").WithCode("consent.hidden")
	errPassLife  = habeas.Invalid("life", "A consent lasts at most 30 days.").WithCode("consent.life")
	errPassUses  = habeas.Invalid("uses", "Choose between 1 and {max}.").With("max", strconv.Itoa(MaxPassUses)).WithCode("consent.uses")
	errPassNote  = habeas.Invalid("note", "This is too long.").WithCode("field.invalid")
	errPassMany  = habeas.Conflict("There are {max} consents in force for this record. End one first.").With("max", strconv.Itoa(MaxPasses)).WithCode("consent.many")
	errPassNamed = habeas.Invalid("consent_code", "A consent code names the party by itself. Leave email and external_id away.").WithCode("consent.named")
)

// Sharable sorts the data sets of a record into those that its person can share and those
// of which something is hidden from the person too.
func (r Record) Sharable() (open, hidden []SetSchema) {
	for _, s := range r.MaskFor(false).Sets {
		switch {
		case s.Masked:
			hidden = append(hidden, s.Schema)
		case slices.ContainsFunc(s.Fields, func(f Field) bool { return f.Current.Text != "" }):
			open = append(open, s.Schema)
		}
	}
	return open, hidden
}

// CanShare reports whether an account may share what a record holds.
func (p Party) CanShare(who habeas.AccountID) bool {
	return p.State == Claimed && p.Restraint == RestraintNone && p.Account == who && !who.IsZero()
}

// NewPass returns the pass that a person may give of a record, as it is held; live counts
// those in force. The code is drawn by the caller.
func NewPass(rec Record, who habeas.AccountID, t PassTerms, live int, now time.Time) (Pass, error) {
	t.Note = strings.TrimSpace(t.Note)
	switch {
	case !rec.Party.CanShare(who):
		return Pass{}, errPassState
	case len(t.Sets) == 0:
		return Pass{}, errPassSets
	case t.Life <= 0 || t.Life > MaxPassLife:
		return Pass{}, errPassLife
	case t.Uses < 1 || t.Uses > MaxPassUses:
		return Pass{}, errPassUses
	case !utf8.ValidString(t.Note) || utf8.RuneCountInString(t.Note) > MaxPassNote || hasHidden(t.Note):
		return Pass{}, errPassNote
	case live >= MaxPasses:
		return Pass{}, errPassMany
	}
	open, _ := rec.Sharable()
	x := Pass{
		ID: habeas.NewID[habeas.PassKind](now), Party: rec.Party.ID, Account: who, Held: rec.Party.ClaimedAt,
		Uses: t.Uses, Expires: now.Add(t.Life), Note: t.Note,
	}
	for _, schema := range open { // in the order of the schema, each once
		if slices.Contains(t.Sets, schema.Name) {
			x.Sets = append(x.Sets, schema.Name)
		}
	}
	if len(x.Sets) != len(slices.Compact(slices.Sorted(slices.Values(t.Sets)))) {
		return Pass{}, errPassShut
	}
	return x, nil
}

// InForce reports whether a pass has neither ended nor expired.
func (x Pass) InForce(now time.Time) bool { return x.EndedAt.IsZero() && now.Before(x.Expires) }

// Opens reports whether a pass still opens its record: it is in force, and the record is
// in the hands of who gave it. The store ends passes when a record changes; this is
// looked at as well, so that nothing rests on one of both.
func (x Pass) Opens(p Party, now time.Time) bool {
	return x.InForce(now) && p.ID == x.Party && p.CanShare(x.Account) && p.ClaimedAt.UnixMilli() == x.Held.UnixMilli()
}

// Fits compares a code in constant time with the two forms in which the pass was handed over.
func (x Pass) Fits(c ConsentCode) bool {
	return subtle.ConstantTimeCompare(x.Code[:], c.Whole[:])|subtle.ConstantTimeCompare(x.Link[:], c.Whole[:]) == 1
}

// Admits reports whether a booker may use a pass beside those who have: the same booker
// again, or one more while there is room. Tickets are counted likewise, so that a system
// does not attach with one booker's code what others book.
func (x Pass) Admits(uses []PassUse, booker keyring.LookupHash, ticket habeas.TicketID) bool {
	bookers, tickets := map[keyring.LookupHash]bool{}, map[habeas.TicketID]bool{}
	for _, u := range uses {
		bookers[u.Booker] = true
		if !u.Ticket.IsZero() {
			tickets[u.Ticket] = true
		}
	}
	return (bookers[booker] || len(bookers) < x.Uses) &&
		(ticket.IsZero() || tickets[ticket] || len(tickets) < x.Uses)
}

// Shows returns what a pass opens of a record: the current values of the ticked data
// sets, but for fields that are hidden from its person too; nothing once it has ended.
func (x Pass) Shows(p Party, said []Statement, settled Settled, schemas *Schemas, now time.Time) []Set {
	if !x.Opens(p, now) {
		return nil
	}
	var out []Set
	for _, s := range Fold(p, said, settled, schemas).MaskFor(false).Sets {
		if !slices.Contains(x.Sets, s.Schema.Name) {
			continue
		}
		one := Set{Schema: s.Schema}
		for _, f := range s.Fields {
			if !f.Masked && f.Current.Text != "" {
				one.Fields = append(one.Fields, Field{Schema: f.Schema, Current: Value{Text: f.Current.Text}})
			}
		}
		if len(one.Fields) > 0 {
			out = append(out, one)
		}
	}
	return out
}

// PassHandle is what a system's reference to the party of a pass stands for. It depends on
// pass and system alone, so the reference tells neither whether the system knew the party
// before, nor whether two passes are of one person.
func PassHandle(keys Keys, x habeas.PassID, system habeas.SystemID) keyring.LookupHash {
	return keys.Lookup(LookupPassHandle, x.String()+"|"+system.String())
}

// The kinds of lookup hash of passes.
const (
	LookupPassName   = "pass-name"
	LookupPassCode   = "pass-code"
	LookupPassBooker = "pass-booker"
	LookupPassHandle = "pass-handle"
)

// Attach decides what a consent code leads to, once it was looked at: the assertion goes
// to the party of the pass, with the booker's wording on the ticket, and makes the party
// known to the system under nothing else. was is the ticket as it stands, if it is there.
func (a *Asserting) Attach(p Party, x Pass, was Ticket, there bool) (Change, error) {
	if a.in.Match != nil {
		if err := a.in.Match.Check(was, there); err != nil {
			return Change{}, err
		}
	}
	var c Change
	if a.in.Ticket != nil || a.values.Len() > 0 {
		s := a.statement
		s.Party, s.Pass = p.ID, x.ID
		p = edited(p)[0]
		c.Statement = &s
	}
	c.Update = &p
	if a.in.Ticket != nil && (!there || a.ticket.succeeds(was)) {
		t := a.ticket
		c.Ticket = &t
	}
	a.Party = p.ID
	c.Audit = audit.Entry{
		ID: a.event, Event: audit.PassUsed, Subject: habeas.SubjectOf(p.ID), Actor: a.in.Actor, At: a.now,
		Detail: map[string]string{"sets": strings.Join(x.Sets, " "), "fields": strconv.Itoa(a.values.Len())},
	}
	if a.statement.Occ.Ref != "" {
		c.Audit.Detail["ticket"] = a.statement.Occ.Ref
	}
	if a.idem.Key != (keyring.LookupHash{}) {
		idem := a.idem
		idem.Answer = a.Answer
		c.Idempotent = &idem
	}
	return c, nil
}

// Ticketed is the ticket that an assertion brings; zero when it brings none.
func (a *Asserting) Ticketed() habeas.TicketID { return a.ticket.ID }

// Mark is that of a delivery with a ticket, by which a repeated one is known; else zero.
func (a *Asserting) Mark() keyring.LookupHash { return a.said }

// Repeats takes the answer to an earlier request with the same idempotency key.
func (a *Asserting) Repeats(seen Idempotent) error {
	if seen.Print != a.idem.Print {
		return errIdempotent
	}
	a.Answer, a.Known = seen.Answer, true
	return nil
}

// Passes reads passes. found is false when there is none.
type Passes interface {
	// PassesOf lists those of a record, newest first, with their notes.
	PassesOf(ctx context.Context, id habeas.PartyID) ([]Pass, error)
	Pass(ctx context.Context, id habeas.PassID) (x Pass, found bool, err error)
	// PassNamed finds one by the name in its code, without its note.
	PassNamed(ctx context.Context, name keyring.LookupHash) (x Pass, found bool, err error)
	// PassUses lists who used a pass, oldest first, without their addresses.
	PassUses(ctx context.Context, id habeas.PassID) ([]PassUse, error)
	// PassBookers is PassUses with their addresses.
	PassBookers(ctx context.Context, id habeas.PassID) ([]PassUse, error)
	// PassBehind finds the pass that a system's reference stands for.
	PassBehind(ctx context.Context, system habeas.SystemID, prefix [12]byte) (x Pass, found bool, err error)
}

// PassWriter changes them in a transaction. A change of the record that takes it out of
// its person's hands ends its passes without being asked.
type PassWriter interface {
	Passes
	CreatePass(x Pass, e audit.Entry) error
	// EndPass ends one that is in force.
	EndPass(x Pass, e audit.Entry) error
	// EndPassesOf ends all that an account gave; the entry is written if there was one.
	EndPassesOf(who habeas.AccountID, why PassEnd, e audit.Entry) error
	// AddPassUse notes who used a pass, or the newest delivery of who did.
	AddPassUse(u PassUse, e audit.Entry) error
	// Attach notes a use and writes what Asserting.Attach decided.
	Attach(u PassUse, c Change) error
}
