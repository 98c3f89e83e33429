package account_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/pki"
)

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", s)
	if err != nil {
		panic(err)
	}
	return t
}

// Proves RET-01, RET-03 and RET-04.
func TestARegistrationEndsToTheSecond(t *testing.T) {
	for _, c := range []struct{ registered, ends, erased string }{
		{"2026-03-01 09:00:00", "2029-03-01 09:00:00", "2029-09-01 09:00:00"},
		{"2028-02-29 12:30:00", "2031-03-01 12:30:00", "2031-09-01 12:30:00"}, // leap day: never earlier than three years
		{"2025-02-28 23:59:59", "2028-02-28 23:59:59", "2028-08-28 23:59:59"},
		{"2026-08-31 00:00:00", "2029-08-31 00:00:00", "2030-03-03 00:00:00"}, // February lacks the day: three days later
		{"2024-08-30 01:30:00", "2027-08-30 01:30:00", "2028-03-01 01:30:00"}, // and with a leap day one
		{"2026-03-29 01:30:00", "2029-03-29 01:30:00", "2029-09-29 01:30:00"}, // the hour that summer time skips is none in UTC
	} {
		for _, zone := range []*time.Location{time.UTC, time.FixedZone("far east", 14*3600), time.FixedZone("far west", -12*3600)} {
			began := at(c.registered).In(zone)
			r := account.Registration{At: began, Ends: pki.Expiry(began)}
			if !r.Ends.Equal(at(c.ends)) || !r.EraseAt().Equal(at(c.erased)) {
				t.Fatalf("registered %s in %s: ends %s and goes %s, want %s and %s", c.registered, zone, r.Ends, r.EraseAt(), c.ends, c.erased)
			}
			for _, step := range []struct {
				at   time.Time
				want account.Stage
			}{
				{r.Ends.Add(-account.RenewFrom - time.Second), account.StageRuns},
				{r.Ends.Add(-account.RenewFrom), account.StageRenewable},
				{r.Ends.Add(-time.Second), account.StageRenewable},
				{r.Ends, account.StageEnded},
				{r.Ends.Add(time.Second), account.StageEnded},
				{r.EraseAt().Add(-time.Second), account.StageEnded},
				{r.EraseAt(), account.StageOver},
				{r.EraseAt().Add(time.Second), account.StageOver},
			} {
				if got := r.Stage(step.at.In(zone)); got != step.want {
					t.Errorf("registered %s, at %s: stage %d, want %d", c.registered, step.at, got, step.want)
				}
				open := account.StateAt(account.Active, r.Ends, step.at) == account.Active
				if open != (step.want <= account.StageRenewable) {
					t.Errorf("at %s the account is open: %v", step.at, open)
				}
			}
			r.WarnedAt = r.EraseAt().Add(-account.WarnedFor)
			if r.Erasable(r.EraseAt().Add(-time.Second)) || !r.Erasable(r.EraseAt().Add(time.Second)) {
				t.Error("erased a second early, or not a second after")
			}
		}
	}
}

func TestNobodyIsErasedUntold(t *testing.T) {
	r := account.Registration{Ends: at("2029-03-01 09:00:00")}
	late := r.EraseAt().AddDate(1, 0, 0)
	if r.Erasable(late) || !r.WarnDue(late) || !r.GoesAt(late).Equal(late.Add(account.WarnedFor)) {
		t.Error("a server that stood still for a year erases at once")
	}
	if r.WarnedAt = late; r.Erasable(late.Add(account.WarnedFor-time.Second)) || !r.Erasable(late.Add(account.WarnedFor)) {
		t.Error("told late, it goes at another time than 30 days after")
	}
}

// At each moment at most one reminder is due; none is due twice, and none once it has ended.
func TestRemindersAreDueOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := account.Registration{Ends: at("2029-03-01 09:00:00")}
		now := r.Ends.Add(-time.Duration(rapid.IntRange(0, 120*24).Draw(t, "from")) * time.Hour)
		sent := map[int]bool{}
		for now.Before(r.Ends.Add(48 * time.Hour)) {
			due := r.Reminder(now)
			left := r.Ends.Sub(now)
			switch {
			case due == 0:
			case left <= 0 || left > time.Duration(due)*24*time.Hour:
				t.Fatalf("reminder %d is due %s before the end", due, left)
			case sent[due]:
				t.Fatalf("reminder %d is due twice", due)
			}
			if due != 0 {
				sent[due], r.Reminded = true, due
			}
			if r.Reminder(now) != 0 {
				t.Fatal("after a reminder another one is due at once")
			}
			now = now.Add(time.Duration(rapid.IntRange(1, 40*24).Draw(t, "down")) * time.Hour)
		}
	})
}

// What the index finds holds all that is due.
func TestTheBoundsMissNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ends := at("2028-01-01 00:00:00").Add(time.Duration(rapid.Int64Range(0, 4*366*86400).Draw(t, "ends")) * time.Second)
		r := account.Registration{Ends: ends}
		due := r.EraseAt().Add(time.Duration(rapid.IntRange(0, 86400*40).Draw(t, "after")) * time.Second)
		if ends.After(account.EraseBound(due)) {
			t.Fatalf("ended %s: the index misses it at %s", ends, due)
		}
		if warn := due.Add(-31 * 24 * time.Hour); r.WarnDue(warn) && ends.After(account.WarnBound(warn)) {
			t.Fatalf("ended %s: the index misses the warning at %s", ends, warn)
		}
	})
}
