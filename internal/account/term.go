package account

import (
	"context"
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// How a registration comes to its end. A day is 24 hours, a month one of the calendar in UTC: the
// time zone of the organisation plays no part.
const (
	// RenewFrom is how long before its end a registration can be renewed (RET-02).
	RenewFrom = 90 * 24 * time.Hour
	// ReactivateMonths is how long after it an account can be reactivated (RET-03). Then it is
	// erased (RET-04).
	ReactivateMonths = 6
	// WarnedFor is how long before its erasure an account's person is told of it, at least: also
	// after a server stood still, and after a restore of rows that know nothing of a renewal.
	WarnedFor = 30 * 24 * time.Hour
	// warnFrom is when that mail is due: a day earlier, so that it delays no erasure.
	warnFrom = WarnedFor + 24*time.Hour
)

// reminders are the days before the end of a registration on which its person is reminded, the
// nearest first.
var reminders = []int{1, 7, 30, 90}

const day = 24 * time.Hour

// Stage is where a registration stands.
type Stage uint8

// The stages.
const (
	StageNone      Stage = iota // there is no registration
	StageRuns                   // it counts
	StageRenewable              // it counts, and can be renewed
	StageEnded                  // the account is deactivated and can be reactivated
	StageOver                   // the account is to be erased
)

// Stage returns where a registration stands at a moment.
func (r Registration) Stage(now time.Time) Stage {
	switch {
	case r.Ends.IsZero():
		return StageNone
	case now.Before(r.Ends.Add(-RenewFrom)):
		return StageRuns
	case now.Before(r.Ends):
		return StageRenewable
	case now.Before(r.EraseAt()):
		return StageEnded
	}
	return StageOver
}

// EraseAt is from when on the account is erased: six months of the calendar after the end, and
// where the last one lacks the day, the day after it. It is zero without a registration.
func (r Registration) EraseAt() time.Time {
	if r.Ends.IsZero() {
		return time.Time{}
	}
	return r.Ends.UTC().AddDate(0, ReactivateMonths, 0)
}

// Erasable reports whether the account is to be erased: its time is over, and its person was told
// WarnedFor ago.
func (r Registration) Erasable(now time.Time) bool {
	return r.Stage(now) == StageOver && !r.WarnedAt.IsZero() && !now.Before(r.WarnedAt.Add(WarnedFor))
}

// WarnDue reports whether its person is to be told that the account will be erased.
func (r Registration) WarnDue(now time.Time) bool {
	return !r.Ends.IsZero() && r.WarnedAt.IsZero() && !now.Before(r.Ends) && !now.Before(r.EraseAt().Add(-warnFrom))
}

// GoesAt is when the account will be erased: EraseAt, or later where its person was told late.
func (r Registration) GoesAt(now time.Time) time.Time {
	told := r.WarnedAt
	if told.IsZero() {
		told = now
	}
	at := r.EraseAt()
	if later := told.Add(WarnedFor); r.Stage(now) >= StageEnded && later.After(at) && (!r.WarnedAt.IsZero() || r.WarnDue(now)) {
		return later
	}
	return at
}

// Reminder returns which reminder is due, by its days before the end: 0 is none. Of several that
// were missed only the last one is sent.
func (r Registration) Reminder(now time.Time) int {
	if t := r.Stage(now); t != StageRenewable {
		return 0
	}
	for _, d := range reminders {
		if !now.Before(r.Ends.Add(-time.Duration(d) * day)) {
			if r.Reminded == 0 || r.Reminded > d {
				return d
			}
			return 0
		}
	}
	return 0
}

// Reminders returns the days before the end on which people are reminded, the nearest first.
func Reminders() []int { return slices.Clone(reminders) }

// DaysTo is how many days are left until a moment, a begun one counts; 0 when it has passed.
func DaysTo(until, now time.Time) int {
	left := until.Sub(now)
	if left <= 0 {
		return 0
	}
	return int((left + day - 1) / day)
}

// StateAt is the state of an account at a moment whose registration ends then (zero: it has none).
// An account is deactivated the moment its registration ends, whether it was noted or not. One that was noted stays so, also when the clock
// is set back.
func StateAt(state State, ends, now time.Time) State {
	if state == Active && !ends.IsZero() && !now.Before(ends) {
		return Lapsed
	}
	return state
}

// StateAt is the state of the account at a moment.
func (a Account) StateAt(now time.Time) State { return StateAt(a.State, a.Ends, now) }

// TermReader is what the schedule reads of registrations: accounts in the order of their ids, those
// after one, at most limit.
type TermReader interface {
	// ToRemind are those that end within so many days and were not reminded that near to it.
	ToRemind(ctx context.Context, now time.Time, days int, after habeas.AccountID, limit int) ([]habeas.AccountID, error)
	// ToLapse are those that have ended although the account counts as active.
	ToLapse(ctx context.Context, now time.Time, after habeas.AccountID, limit int) ([]habeas.AccountID, error)
	// ToWarn are those about which Registration.WarnDue has to be asked.
	ToWarn(ctx context.Context, now time.Time, after habeas.AccountID, limit int) ([]habeas.AccountID, error)
	// ToErase are those about which Registration.Erasable has to be asked.
	ToErase(ctx context.Context, now time.Time, after habeas.AccountID, limit int) ([]habeas.AccountID, error)
}

// TermWriter notes what the schedule has done.
type TermWriter interface {
	TermReader
	// SaveTerm writes of a registration how far its person was told.
	SaveTerm(r Registration, e audit.Entry) error
}

// WarnBound is a moment at or after which a registration ended of which WarnDue holds, to look
// for them by an index.
func WarnBound(now time.Time) time.Time {
	return now.UTC().AddDate(0, -ReactivateMonths, 0).Add(warnFrom + 4*day)
}

// EraseBound is the same for Erasable.
func EraseBound(now time.Time) time.Time {
	return now.UTC().AddDate(0, -ReactivateMonths, 0).Add(4 * day)
}

var (
	// ErrRenewEarly refuses a renewal that is not due yet.
	ErrRenewEarly = habeas.Conflict("You can renew from {day} on.").WithCode("registration.early")
	// ErrRenewName refuses a request that names somebody else than the certificate before.
	ErrRenewName = habeas.Invalid("request", "A renewal keeps the name as it is. Ask for exactly the name that your certificate has, or change it first.").WithCode("registration.name")
	// ErrNotLapsed: there is nothing to reactivate in this browser.
	ErrNotLapsed = habeas.Forbidden("To reactivate an account, ask for a code at its main address first.").WithCode("reactivate.none")
	// ErrOver refuses a reactivation after its time.
	ErrOver = habeas.Gone("The six months are over. This account is being erased.").WithCode("reactivate.over")
)

// CanRenew says whether a registration may be renewed now, by a request for a certificate that
// names subject (RET-02).
func CanRenew(r Registration, same bool, now time.Time) error {
	switch r.Stage(now) {
	case StageNone, StageEnded, StageOver:
		return ErrNotRegistered
	case StageRuns:
		return ErrRenewEarly.With("day", r.Ends.Add(-RenewFrom).UTC().Format(time.DateOnly))
	case StageRenewable:
	}
	if !same {
		return ErrRenewName
	}
	return nil
}

// CanReactivate says the same of an account that is deactivated because its registration ended
// (RET-03). Closed by an administrator is another thing.
func CanReactivate(state State, r Registration, same bool, now time.Time) error {
	switch {
	case state != Lapsed:
		return ErrNotLapsed
	case r.Erasable(now):
		return ErrOver
	case !same:
		return ErrRenewName
	}
	return nil
}
