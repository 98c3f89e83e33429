package party

import (
	"context"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// Keeping is what is noted about how long a record is kept. The
// zero value is a record of which nothing is noted.
type Keeping struct {
	Party    habeas.PartyID
	WarnedAt time.Time // its going was announced; zero: not yet
	HeldAt   time.Time // staff keep it; zero: they do not
	HeldBy   habeas.AccountID
	Why      string // the reason that staff gave

	HeldUntil time.Time // when the hold ends by itself; zero: staff end it
}

// Held reports whether staff keep the record beyond its time.
func (k Keeping) Held() bool { return !k.HeldAt.IsZero() }

// Step is what the retention clock asks for next.
type Step uint8

// The steps.
const (
	StepNone  Step = iota
	StepWarn       // announce it
	StepErase      // its time is over
)

// LastWord is when somebody last said something about a record; the zero time when
// nobody has.
func LastWord(said []Statement) time.Time {
	var last time.Time
	for _, s := range said {
		if s.At().After(last) {
			last = s.At()
		}
	}
	return last
}

// Upcoming reports whether one of the occasions is still to come, or began within the
// last day. What is no date counts as past. Cancelled tickets do not count.
func Upcoming(said []Statement, tickets map[habeas.TicketID]Ticket, now time.Time) bool {
	for _, s := range said {
		if t, ok := tickets[s.Ticket]; ok && t.State == TicketCancelled {
			continue
		}
		for _, layout := range []string{time.RFC3339, time.DateOnly, "2006-01-02T15:04"} {
			if at, err := time.Parse(layout, s.Occ.Starts); err == nil && at.After(now.Add(-24*time.Hour)) {
				return true
			}
		}
	}
	return false
}

// Over reports whether the time of a record is over whose last word was spoken then.
func (p RetentionPolicy) Over(last, now time.Time) bool { return last.Before(p.Before(now)) }

// Before is the moment before which the last word must lie for a record's time to be
// over.
func (p RetentionPolicy) Before(now time.Time) time.Time { return now.AddDate(0, -p.Months, 0) }

// Goes is when a warned record is erased.
func (p RetentionPolicy) Goes(k Keeping) time.Time { return k.WarnedAt.AddDate(0, 0, p.WarnDays) }

// Next says what the clock asks for: first a warning, then, when nobody has spoken
// since, erasure. Never of a record that is claimed, kept by staff, frozen by a
// dispute, or has an occasion to come.
func (p RetentionPolicy) Next(rec Party, k Keeping, last time.Time, upcoming bool, now time.Time) Step {
	switch {
	case rec.State != Unclaimed || k.Held() || upcoming || last.IsZero() || !p.Over(last, now):
		return StepNone
	case k.WarnedAt.IsZero() || k.WarnedAt.Before(last):
		return StepWarn
	case now.Before(p.Goes(k)):
		return StepNone
	}
	return StepErase
}

// Retention keeps the clock of records that nobody claims.
type Retention interface {
	Keeping(ctx context.Context, id habeas.PartyID) (Keeping, error)
	// Overdue lists unclaimed records after the given one, in their order, of which
	// nobody has spoken since a moment, which staff do not keep, and of which nothing
	// was announced since warned.
	Overdue(ctx context.Context, before, warned time.Time, after habeas.PartyID, limit int) ([]Party, error)
	// CountOverdue counts them, up to a limit.
	CountOverdue(ctx context.Context, before time.Time, limit int) (int, error)
	// Kept lists what was announced or is held, those announced longest ago first.
	Kept(ctx context.Context, limit int) ([]Keeping, error)
	// HoldsOver lists what is held and whose last day is over.
	HoldsOver(ctx context.Context, now time.Time, limit int) ([]Keeping, error)
}

// RetentionWriter writes it in a transaction.
type RetentionWriter interface {
	Retention
	// SaveKeeping notes a warning, a hold or the end of one.
	SaveKeeping(k Keeping, e audit.Entry) error
}
