package party

import (
	"context"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// Guardian is an account that acts for somebody who has none: for a child, until they come
// of age, or for a dependant (PTY-27). Staff appoint it after they have seen who it is. It
// never becomes the record's person: what it says is a guardian's word, and it ends when
// the person takes the record.
type Guardian struct {
	ID       habeas.GuardianID
	Party    habeas.PartyID
	Account  habeas.AccountID
	By       habeas.AccountID // who appointed it
	Document Document         // which they saw; nothing that stands on it
	Until    time.Time        // from then on the person decides alone
	// HandOverAt is since when the person may take the record before that day; zero: not yet.
	HandOverAt time.Time
	EndedAt    time.Time // zero: it stands
	Ended      GuardianEnd
	ToldAt     time.Time // when everybody was told that the day comes near
}

// GuardianEnd is why somebody is not a guardian any more.
type GuardianEnd string

// The ends.
const (
	GuardianByStaff  GuardianEnd = "staff"    // staff ended it
	GuardianUndone   GuardianEnd = "undone"   // the appointment was a mistake: what they said does not count
	GuardianHanded   GuardianEnd = "handed"   // the person has the record
	GuardianDay      GuardianEnd = "day"      // the day came
	GuardianResigned GuardianEnd = "resigned" // they gave it up
)

// At is when the guardian was appointed.
func (g Guardian) At() time.Time { return g.ID.Time() }

// Stands reports whether the appointment is in force.
func (g Guardian) Stands(now time.Time) bool { return g.EndedAt.IsZero() && now.Before(g.Until) }

// Acts reports whether a guardian may act for the party as it is now: not once its person
// has it, and not while it is disputed.
func (g Guardian) Acts(p Party, now time.Time) bool { return g.Stands(now) && p.State == Unclaimed }

// Ever reports whether somebody was rightly appointed at any time: the record is never
// offered to them as their own.
func (g Guardian) Ever() bool { return g.Ended != GuardianUndone }

// What staff see when they appoint a guardian, beside the guardian's own document.
const (
	DocumentBirth     Document = "birth-certificate"
	DocumentCourt     Document = "court-decision"
	DocumentAttorney  Document = "power-of-attorney"
	DocumentAuthority Document = "authority-letter" // of a youth or welfare authority
)

// GuardianDocuments are those kinds, in the order in which they are offered.
func GuardianDocuments() []Document {
	return []Document{DocumentBirth, DocumentCourt, DocumentAttorney, DocumentAuthority}
}

// The bounds of guardians.
const (
	MaxGuardians     = 4 // of one record at a time
	MaxGuardianYears = 25
	DefaultOfAge     = 18
	// GuardianNotice is how long before the day everybody is told that it comes.
	GuardianNotice = 30 * 24 * time.Hour
)

// What can be wrong with a guardian.
var (
	ErrNoGuardian = habeas.NotFound("There is no such guardian here.").WithCode("guardian.none")
	// ErrNotWard refuses whoever is no guardian of a record, or not any more.
	ErrNotWard = habeas.NotFound("You act for nobody here, or not any more.").WithCode("guardian.not")

	errWardOwn    = habeas.Conflict("This record has its person. Nobody acts for somebody who has an account of their own.").WithCode("guardian.claimed")
	errWardState  = habeas.Conflict("This record is disputed, restricted, objected to or about an organisation: nobody can be appointed for it.").WithCode("guardian.state")
	errWardWho    = habeas.Invalid("email", "This account is closed. Its person has to open it again first.").WithCode("guardian.account")
	errWardTwice  = habeas.Conflict("They are this person's guardian already.").WithCode("guardian.twice")
	errWardMany   = habeas.Conflict("There are four guardians already. End one first.").WithCode("guardian.many")
	errWardUntil  = habeas.Invalid("until", "Choose a day after today and within 25 years.").WithCode("guardian.until")
	errWardNoDay  = habeas.Invalid("until", "No date of birth is known that says when this person comes of age. Choose a day.").WithCode("guardian.birth")
	errWardPaper  = habeas.Invalid("document", "Choose one of the options.").WithCode("form.choice")
	errWardOver   = habeas.Conflict("This is over already.").WithCode("guardian.over")
	errWardIsSelf = habeas.Conflict("Something that this account has said is on the record as its person's. Nobody acts for themselves.").WithCode("guardian.self")
)

// OfAge is the day on which somebody comes of age; false when the birth date is none. Who
// was born on 29 February does so on 1 March.
func OfAge(birth string, years int) (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, birth)
	return t.AddDate(years, 0, 0), err == nil
}

// Appointment is what staff say about a guardian.
type Appointment struct {
	Account  habeas.AccountID
	Active   bool
	Document Document  // of [GuardianDocuments]
	Until    time.Time // zero: until the person comes of age
	By       habeas.AccountID
}

// Appoint makes a guardian of a record. ofAge says at which age a person decides alone;
// there are those that were appointed before.
func Appoint(rec Record, said []Statement, x Appointment, there []Guardian, ofAge int, now time.Time) (Guardian, error) {
	p := rec.Party
	switch {
	case p.State == Claimed:
		return Guardian{}, errWardOwn
	case p.State != Unclaimed || p.Kind != Person || p.Restraint != RestraintNone:
		return Guardian{}, errWardState
	case x.By == x.Account:
		return Guardian{}, errCheckSelf
	case !x.Active:
		return Guardian{}, errWardWho
	case !slices.Contains(GuardianDocuments(), x.Document):
		return Guardian{}, errWardPaper
	case slices.ContainsFunc(said, func(s Statement) bool { return s.Source.Kind == FromSelf && s.Source.Account == x.Account }):
		return Guardian{}, errWardIsSelf
	}
	n := 0
	for _, g := range there {
		if g.Stands(now) {
			n++
			if g.Account == x.Account {
				return Guardian{}, errWardTwice
			}
		}
	}
	if n >= MaxGuardians {
		return Guardian{}, errWardMany
	}
	if x.Until.IsZero() {
		day, known := OfAge(rec.Text("identity", "birth_date"), ofAge)
		if !known || !day.After(now) {
			return Guardian{}, errWardNoDay
		}
		x.Until = day
	}
	g := Guardian{ID: habeas.NewID[habeas.GuardianKind](now), Party: p.ID, Account: x.Account, By: x.By, Document: x.Document}
	return g.Extend(x.Until, now)
}

// Extend sets the day until which a guardian acts; one that has ended stays so.
func (g Guardian) Extend(until, now time.Time) (Guardian, error) {
	switch {
	case !g.EndedAt.IsZero() && g.Ended != GuardianDay:
		return g, errWardOver
	case !until.After(now) || until.After(now.AddDate(MaxGuardianYears, 0, 0)):
		return g, errWardUntil
	}
	g.Until, g.ToldAt, g.EndedAt, g.Ended = until, time.Time{}, time.Time{}, ""
	return g, nil
}

// End ends it.
func (g Guardian) End(why GuardianEnd, now time.Time) (Guardian, error) {
	if !g.EndedAt.IsZero() {
		return g, errWardOver
	}
	g.EndedAt, g.Ended = now, why
	return g, nil
}

// Restore takes an end by staff back.
func (g Guardian) Restore(p Party, now time.Time) (Guardian, error) {
	switch {
	case p.State == Claimed:
		return g, errWardOwn
	case g.Ended != GuardianByStaff && g.Ended != GuardianUndone && g.Ended != GuardianResigned || !now.Before(g.Until):
		return g, errWardOver
	}
	g.EndedAt, g.Ended = time.Time{}, ""
	return g, nil
}

// HandOver lets the person take the record from now on, before the day, or takes that back.
func (g Guardian) HandOver(begin bool, now time.Time) (Guardian, error) {
	if !g.Stands(now) || begin != g.HandOverAt.IsZero() {
		return g, errWardOver
	}
	if g.HandOverAt = now; !begin {
		g.HandOverAt = time.Time{}
	}
	return g, nil
}

// Guarded reports whether a record is not offered to anybody by itself, because guardians
// act for its person and none of them, nor staff, has begun to hand it over.
func Guarded(all []Guardian, now time.Time) bool {
	stands := false
	for _, g := range all {
		if g.Stands(now) {
			stands = true
			if !g.HandOverAt.IsZero() {
				return false
			}
		}
	}
	return stands
}

// Ward is a record for which an account acts.
type Ward struct {
	Guardian
	Record Record
}

// Proposed is what others have said since about fields of which a guardian's word counts:
// of each field the newest.
func (w Ward) Proposed() (out []Proposal) {
	for _, set := range w.Record.Sets {
		for _, f := range set.Fields {
			if f.Current.Source.Kind != FromGuardian {
				continue
			}
			i := slices.IndexFunc(f.Older, func(v Value) bool {
				return v.Source.Kind != FromGuardian && v.At.After(f.Current.At)
			})
			if i >= 0 && f.Older[i].Text != "" && f.Older[i].Text != f.Current.Text {
				out = append(out, Proposal{Set: set.Schema, Field: f.Schema, Now: f.Current, Says: f.Older[i]})
			}
		}
	}
	return out
}

// Answer returns what a guardian says to one of these: the proposed value, or their own
// once more. The statement is the one that was shown.
func (w Ward) Answer(said habeas.StatementID, set, field string, take bool) (Values, error) {
	for _, p := range w.Proposed() {
		if p.Says.Statement == said && p.Set.Name == set && p.Field.Name == field {
			text := p.Now.Text
			if take {
				text = p.Says.Text
			}
			return Values{set: {field: text}}, nil
		}
	}
	return nil, errSettled
}

// Guarding is a guardian as staff see them.
type Guarding struct {
	Guardian
	Who    string // as the account is called
	Ward   string // as the record is called; empty where the page says it
	Closed bool   // the account is closed: nobody acts through it
}

// Guardians reads who acts for whom.
type Guardians interface {
	// GuardiansOf returns those of a record and of every record merged into it, the newest
	// first, those that ended too.
	GuardiansOf(ctx context.Context, id habeas.PartyID) ([]Guardian, error)
	// WardsOf returns those that an account was ever appointed for, the newest first.
	WardsOf(ctx context.Context, account habeas.AccountID) ([]Guardian, error)
	// Guardian returns one; NotFound when there is none.
	Guardian(ctx context.Context, id habeas.GuardianID) (Guardian, error)
	// GuardiansDue returns those that stand and whose day comes before a moment, of which
	// nobody was told yet or whose day has come.
	GuardiansDue(ctx context.Context, soon, now time.Time, limit int) ([]Guardian, error)
}

// GuardianWriter changes it in a transaction.
type GuardianWriter interface {
	Guardians
	// SaveGuardian inserts or updates one.
	SaveGuardian(g Guardian, e audit.Entry) error
}
