package account

import (
	"context"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// Every is how often an account is told who looked at its records.
type Every string

// How often. Weekly is what holds until its person says otherwise.
const (
	Never   Every = "off"
	Daily   Every = "daily"
	Weekly  Every = "weekly"
	Monthly Every = "monthly"
)

// EveryChoices are all of them, in the order in which the page offers them.
var EveryChoices = []Every{Daily, Weekly, Monthly, Never}

// Telling is a kind of news that its reader may switch off. What has to be told at once,
// by law or for safety (claimed, disputed, an address changed), is none.
type Telling string

// The kinds of news.
const (
	TellProposals Telling = "proposals" // others propose something
	TellPasses    Telling = "passes"    // somebody uses a consent code
	TellReminders Telling = "reminders" // staff ask to complete a record

	TellLooks Telling = "looks" // in the digest: staff opened a record
	TellLists Telling = "lists" // staff saw it in a list
	TellReads Telling = "reads" // connected systems read it
	TellCodes Telling = "codes" // somebody saw it by a consent code
)

// AtOnce are the kinds of mail, InDigest the kinds of line in a digest.
var (
	AtOnce   = []Telling{TellProposals, TellPasses, TellReminders}
	InDigest = []Telling{TellLooks, TellLists, TellReads, TellCodes}
)

// Wish is how a person wants to be told. The zero value is what holds until they say
// otherwise: everything, weekly.
type Wish struct {
	Every Every     `json:"e,omitempty"` // empty: Weekly
	Off   []Telling `json:"o,omitempty"`
}

// Often is how often, also of the zero Wish.
func (w Wish) Often() Every {
	if w.Every == "" {
		return Weekly
	}
	return w.Every
}

// Wants reports whether news of a kind are wanted.
func (w Wish) Wants(t Telling) bool { return !slices.Contains(w.Off, t) }

// Check refuses what cannot be chosen.
func (w Wish) Check() error {
	if !slices.Contains(EveryChoices, w.Often()) {
		return habeas.Invalid("every", "Choose one of the options.").WithCode("form.choice")
	}
	for _, t := range w.Off {
		if !slices.Contains(AtOnce, t) && !slices.Contains(InDigest, t) {
			return habeas.Invalid("", "This cannot be switched off: you are always told at once.").WithCode("tell.always")
		}
	}
	return nil
}

// Digest is how far an account was told who looked.
type Digest struct {
	Account   habeas.AccountID
	Line      int64     // the first line of the ledger that it was not told of
	Due       time.Time // when it is told next; zero: never
	Mail      habeas.MailID
	BouncedAt time.Time // its mail came back then, so none is sent; zero: it did not
	Stop      [32]byte  // hash of the token that ends it
	Wish      Wish
	Version   int64 // grows with each change: who has read another one writes nothing
}

// Next is when a digest is due after a moment: at the hour of a day in the zone, of each
// day, of Monday, or of the first of the month; zero for Never. Where the clock is put
// forward past the hour, it is as much later.
func (e Every) Next(after time.Time, zone *time.Location, hour int) time.Time {
	t := after.In(zone)
	at := func(days int) time.Time { return time.Date(t.Year(), t.Month(), t.Day()+days, hour, 0, 0, 0, zone) }
	days := 1
	switch e {
	case Daily:
	case Weekly:
		days = int(time.Monday-t.Weekday()+7) % 7
	case Monthly:
		first := time.Date(t.Year(), t.Month(), 1, hour, 0, 0, 0, zone)
		for months := 1; !first.After(after); months++ {
			first = time.Date(t.Year(), t.Month()+time.Month(months), 1, hour, 0, 0, 0, zone)
		}
		return first
	default:
		return time.Time{}
	}
	if e == Daily {
		days = 0
	}
	next := at(days)
	for step := 1; !next.After(after); step++ {
		if e == Daily {
			next = at(days + step)
		} else {
			next = at(days + 7*step)
		}
	}
	return next
}

// Told returns the digest after the lines below to were told, at a moment.
func (d Digest) Told(to int64, now time.Time, zone *time.Location, hour int) Digest {
	d.Line, d.Due = max(d.Line, to), d.Wish.Often().Next(now, zone, hour)
	return d
}

// Wished returns the digest after its person has chosen anew. Who switches it on is told
// of what happens from then on (size is that of the ledger); who only changes how often
// misses nothing.
func (d Digest) Wished(w Wish, size int64, now time.Time, zone *time.Location, hour int) Digest {
	if d.Wish.Often() == Never && w.Often() != Never {
		d.Line = size
	}
	d.Wish, d.Due = w, w.Often().Next(now, zone, hour)
	if !d.BouncedAt.IsZero() {
		d.Due = time.Time{}
	}
	return d
}

// Bounced returns the digest after its mail came back: none is sent until its person
// says that the address is good again. Nothing is lost meanwhile.
func (d Digest) Bounced(at time.Time) Digest {
	d.BouncedAt, d.Due = at, time.Time{}
	return d
}

// Mended takes Bounced back.
func (d Digest) Mended(now time.Time, zone *time.Location, hour int) Digest {
	d.BouncedAt, d.Mail = time.Time{}, habeas.MailID{}
	d.Due = d.Wish.Often().Next(now, zone, hour)
	return d
}

// Digests reads how accounts are told.
type Digests interface {
	// Digest returns that of an account; found is false when none was begun.
	Digest(ctx context.Context, id habeas.AccountID) (d Digest, found bool, err error)
	// DigestBy finds the one whose stop token has a hash.
	DigestBy(ctx context.Context, stop [32]byte) (d Digest, found bool, err error)
	// DueDigests lists accounts to be told at a moment.
	DueDigests(ctx context.Context, now time.Time, limit int) ([]habeas.AccountID, error)
	// Undigested lists accounts for which no digest was begun.
	Undigested(ctx context.Context, limit int) ([]habeas.AccountID, error)
}

// DigestWriter changes it in a transaction.
type DigestWriter interface {
	Digests
	// SaveDigest inserts a digest, or puts it in the place of was; ok is false when
	// another node has changed that meanwhile, and then nothing was written.
	SaveDigest(was *Digest, d Digest, e audit.Entry) (ok bool, err error)
}
