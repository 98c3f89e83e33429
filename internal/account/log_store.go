package account

import (
	"context"
	"net/netip"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// Logs is what the use cases read of the logs. Lines are written by the store itself, with
// the entry that they come from (LineOf): nothing can be done without its line.
type Logs interface {
	// Lines are those of an account since a moment, newest first.
	Lines(ctx context.Context, id habeas.AccountID, since time.Time, limit int) ([]LogLine, error)
	// LinesIn pages through a month in the order of events.
	LinesIn(ctx context.Context, month time.Time, after habeas.EventID, limit int) ([]LogLine, error)
	// Oldest is the moment of the oldest line; found is false when there is none.
	Oldest(ctx context.Context) (at time.Time, found bool, err error)
	// Counts are the lines by month and class, of months that left, too.
	Counts(ctx context.Context, since time.Time) ([]MonthCount, error)
	// Sharing finds what came from the networks of these addresses.
	Sharing(ctx context.Context, from []netip.Addr, since, now time.Time, limit int) ([]LogLine, []Contribution, error)

	// Reading is ErrNoReading when there is none.
	Reading(ctx context.Context, id habeas.ReadingID) (Reading, error)
	Readings(ctx context.Context, limit int) ([]Reading, error)
	ReadingsOf(ctx context.Context, about habeas.AccountID, limit int) ([]Reading, error)
	ReadingsBy(ctx context.Context, by habeas.AccountID, since time.Time) ([]Reading, error)

	// Contributor is the pseudonym of an account that lives.
	Contributor(ctx context.Context, id habeas.AccountID) (Pseudonym, error)
	ContributionsTo(ctx context.Context, object string, limit int) ([]Contribution, error)
	// ContributionsBy are what somebody did, and what was done through them.
	ContributionsBy(ctx context.Context, by Pseudonym, limit int) ([]Contribution, error)
	// ContributionsAfter pages through all of them.
	ContributionsAfter(ctx context.Context, after habeas.ContributionID, limit int) ([]Contribution, error)
}

// LogWriter writes the logs inside one transaction.
type LogWriter interface {
	Logs
	// TakeLines removes lines of a month that are in the archive, keeps their number, and
	// parts the ledger's lines beside them from their account. It returns how many were there.
	TakeLines(month time.Time, lines []LogLine, e audit.Entry) (int, error)
	SaveReading(r Reading, e audit.Entry) error
	SaveContribution(c Contribution, e audit.Entry) error
}
