package account_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas/internal/account"
)

// zones have every kind of change of the clock: at midnight, by half an hour, none, and
// one that skipped a whole day.
var zones = []string{"UTC", "Europe/Madrid", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu", "America/New_York", "Pacific/Apia", "Africa/Cairo"}

func inZone(t interface{ Fatal(...any) }, name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestADigestIsDueAtItsHourInTheZone(t *testing.T) {
	madrid := inZone(t, "Europe/Madrid")
	for name, c := range map[string]struct {
		every       account.Every
		after, want string
	}{
		"later that day":                {account.Daily, "2026-03-04 07:00", "2026-03-04 08:00"},
		"at the very hour, the next":    {account.Daily, "2026-03-04 08:00", "2026-03-05 08:00"},
		"across the clock's change":     {account.Daily, "2026-03-28 09:00", "2026-03-29 08:00"},
		"Monday of next week":           {account.Weekly, "2026-03-04 12:00", "2026-03-09 08:00"},
		"this Monday":                   {account.Weekly, "2026-03-09 07:59", "2026-03-09 08:00"},
		"a week on":                     {account.Weekly, "2026-03-09 08:00", "2026-03-16 08:00"},
		"a week across the change":      {account.Weekly, "2026-03-23 08:00", "2026-03-30 08:00"},
		"the first":                     {account.Monthly, "2026-01-31 12:00", "2026-02-01 08:00"},
		"the first, later that morning": {account.Monthly, "2026-02-01 07:00", "2026-02-01 08:00"},
		"the first of the next year":    {account.Monthly, "2026-12-01 08:00", "2027-01-01 08:00"},
	} {
		after, err := time.ParseInLocation("2006-01-02 15:04", c.after, madrid)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.every.Next(after.UTC(), madrid, 8).Format("2006-01-02 15:04"); got != c.want {
			t.Errorf("%s: %s after %s is due %s, want %s", name, c.every, c.after, got, c.want)
		}
	}
	if !account.Never.Next(time.Now(), madrid, 8).IsZero() {
		t.Error("never is due at some time")
	}
}

// A digest that is due again is due later, soon enough, and at its hour wherever that
// hour exists.
func TestTheNextDigestIsSoonAndLater(t *testing.T) {
	longest := map[account.Every]time.Duration{account.Daily: 50 * time.Hour, account.Weekly: 8 * 24 * time.Hour, account.Monthly: 32 * 24 * time.Hour}
	rapid.Check(t, func(t *rapid.T) {
		zone := inZone(t, rapid.SampledFrom(zones).Draw(t, "zone"))
		every := rapid.SampledFrom([]account.Every{account.Daily, account.Weekly, account.Monthly}).Draw(t, "every")
		hour := rapid.IntRange(0, 23).Draw(t, "hour")
		after := time.Unix(rapid.Int64Range(1_200_000_000, 2_000_000_000).Draw(t, "after"), 0)
		next := every.Next(after, zone, hour)
		if !next.After(after) || next.Sub(after) > longest[every] {
			t.Fatalf("%s after %s is due %s", every, after.In(zone), next)
		}
		day := next.In(zone)
		if whole := time.Date(day.Year(), day.Month(), day.Day(), hour, 0, 0, 0, zone); !whole.Equal(next) {
			t.Fatalf("due at %s, not at %d o'clock", day, hour)
		}
		if every == account.Weekly && day.Weekday() != time.Monday || every == account.Monthly && day.Day() != 1 {
			t.Fatalf("%s is due on %s", every, day)
		}
	})
}

// Two nodes tell an account what happened, in any zone, while its person changes their
// mind, mail comes back, and a node dies between reading and writing: whatever happened
// while it wanted to be told is told once.
//
// Proves PTY-20.
func TestADigestTellsNothingTwiceAndLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := inZone(t, rapid.SampledFrom(zones).Draw(t, "zone"))
		hour := rapid.IntRange(0, 23).Draw(t, "hour")
		now := time.Unix(rapid.Int64Range(1_700_000_000, 1_800_000_000).Draw(t, "start"), 0)
		row := account.Digest{}.Told(0, now, zone, hour)
		size, told, wanted := int64(0), map[int64]int{}, map[int64]bool{}
		nodes := [2]*account.Digest{} // what each has read and not written yet
		write := func(was, next account.Digest) bool {
			if row.Version != was.Version {
				return false // the fence of SaveDigest
			}
			row = next
			row.Version++
			return true
		}
		steps := rapid.IntRange(1, 200).Draw(t, "steps")
		for range steps {
			switch rapid.IntRange(0, 7).Draw(t, "step") {
			case 0, 1: // something happens
				wanted[size] = row.Wish.Often() != account.Never
				size++
			case 2: // time passes, also backwards
				now = now.Add(time.Duration(rapid.Int64Range(-3, 200).Draw(t, "hours")) * time.Hour)
			case 3: // a node reads what is due
				if !row.Due.IsZero() && !now.Before(row.Due) {
					was := row
					nodes[rapid.IntRange(0, 1).Draw(t, "reader")] = &was
				}
			case 4, 5: // a node writes what it has read, mail and note in one
				n := rapid.IntRange(0, 1).Draw(t, "writer")
				if was := nodes[n]; was != nil {
					if write(*was, was.Told(size, now, zone, hour)) {
						for line := was.Line; line < size; line++ {
							told[line]++
						}
					}
					nodes[n] = nil
				}
			case 6: // its person chooses
				e := rapid.SampledFrom(account.EveryChoices).Draw(t, "every")
				if e == account.Never { // what was not told yet goes with the wish
					for line := row.Line; line < size; line++ {
						wanted[line] = false
					}
				}
				write(row, row.Wished(account.Wish{Every: e}, size, now, zone, hour))
			case 7: // mail comes back, and is mended
				next := row.Bounced(now)
				if !row.BouncedAt.IsZero() {
					next = row.Mended(now, zone, hour)
				}
				write(row, next)
			}
			if rapid.IntRange(0, 20).Draw(t, "crash") == 0 {
				nodes = [2]*account.Digest{}
			}
		}
		for line, n := range told {
			if n > 1 {
				t.Fatalf("line %d was told %d times", line, n)
			}
		}
		for line := range size {
			if wanted[line] && told[line] == 0 && line < row.Line {
				t.Fatalf("line %d was wanted, is behind %d and was never told", line, row.Line)
			}
		}
	})
}
