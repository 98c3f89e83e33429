package account_test

import (
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
)

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 12, 0, 0, 0, time.UTC) }

var profiles = []account.LegalProfile{account.LegalEU, account.LegalUS, account.LegalGeneric}

// The dates are those of published calendars.
func TestEaster(t *testing.T) {
	for _, want := range []time.Time{
		day(1818, 3, 22), day(1886, 4, 25), day(1943, 4, 25), day(1954, 4, 18), day(1981, 4, 19), day(2000, 4, 23), day(2008, 3, 23), day(2011, 4, 24),
		day(2019, 4, 21), day(2024, 3, 31), day(2025, 4, 20), day(2026, 4, 5), day(2027, 3, 28), day(2038, 4, 25), day(2049, 4, 18), day(2285, 3, 22),
	} {
		if got := account.Easter(want.Year()); !got.Equal(want) {
			t.Errorf("Easter %d is %s, want %s", want.Year(), got.Format(time.DateOnly), want.Format(time.DateOnly))
		}
	}
}

// paschal is Easter Sunday as the tables of Clavius have it: the Sunday after the paschal full
// moon, found by golden number and epact.
func paschal(year int) time.Time {
	golden, century := year%19+1, year/100+1
	x, z := 3*century/4-12, (8*century+5)/25-5
	epact := ((11*golden+20+z-x)%30 + 30) % 30
	if epact == 25 && golden > 11 || epact == 24 {
		epact++
	}
	moon := 44 - epact
	if moon < 21 {
		moon += 30
	}
	full := day(year, time.March, moon)
	return full.AddDate(0, 0, 7-int(full.Weekday()))
}

func TestEasterIsAsByTheTables(t *testing.T) {
	for year := 1583; year < 4100; year++ {
		got := account.Easter(year)
		if !got.Equal(paschal(year)) || got.Weekday() != time.Sunday || got.Before(day(year, 3, 22)) || got.After(day(year, 4, 25)) {
			t.Fatalf("Easter %d is %s, the tables say %s", year, got.Format(time.DateOnly), paschal(year).Format(time.DateOnly))
		}
	}
}

// Proves REL-04.
func TestHolidaysAreNoBusinessDays(t *testing.T) {
	us := []time.Time{ // as the Office of Personnel Management publishes them
		day(2026, 1, 1), day(2026, 1, 19), day(2026, 2, 16), day(2026, 5, 25), day(2026, 6, 19), day(2026, 7, 3), day(2026, 9, 7), day(2026, 10, 12),
		day(2026, 11, 11), day(2026, 11, 26), day(2026, 12, 25), day(2021, 12, 31), day(2023, 1, 2), day(2021, 6, 18), day(2027, 7, 5), day(2027, 12, 24),
	}
	eu := []time.Time{ // as the European Central Bank does for TARGET
		day(2026, 1, 1), day(2026, 4, 3), day(2026, 4, 6), day(2026, 5, 1), day(2026, 12, 25), day(2025, 12, 26), day(2027, 3, 26), day(2027, 3, 29),
	}
	for p, days := range map[account.LegalProfile][]time.Time{account.LegalUS: us, account.LegalEU: eu} {
		for _, d := range days {
			if p.Business(d) {
				t.Errorf("%s: %s is a business day", p, d.Format(time.DateOnly))
			}
			if !account.LegalGeneric.Business(d) {
				t.Errorf("%s is none by the calendar without holidays", d.Format(time.DateOnly))
			}
		}
	}
	for p, d := range map[account.LegalProfile][]time.Time{
		account.LegalUS: {day(2020, 6, 19), day(2026, 7, 6), day(2026, 4, 3), day(2026, 12, 24)}, account.LegalEU: {day(2026, 7, 3), day(2026, 4, 7), day(2026, 12, 24)},
	} {
		for _, d := range d {
			if !p.Business(d) {
				t.Errorf("%s: %s is no business day", p, d.Format(time.DateOnly))
			}
		}
	}
	for p, want := range map[account.LegalProfile]int{account.LegalUS: 11, account.LegalEU: 5, account.LegalGeneric: 0} {
		n := 0
		for d := day(2026, 1, 1); d.Year() == 2026; d = d.AddDate(0, 0, 1) {
			if d.Weekday() != time.Saturday && d.Weekday() != time.Sunday && !p.Business(d) {
				n++
			}
		}
		if n != want {
			t.Errorf("%s: %d holidays on working days of 2026, want %d", p, n, want)
		}
	}
}

// Proves REL-04.
func TestBusinessDaysAddUp(t *testing.T) {
	zones := []*time.Location{time.UTC, time.FixedZone("east", 14*3600), time.FixedZone("west", -12*3600)}
	if berlin, err := time.LoadLocation("Europe/Berlin"); err == nil {
		zones = append(zones, berlin)
	}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(profiles).Draw(t, "profile")
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		at := time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "at"), 0).In(zone)
		n, m := rapid.IntRange(1, 12).Draw(t, "n"), rapid.IntRange(1, 12).Draw(t, "m")
		to := p.After(at, n)
		if !p.Business(to) || !to.After(at) {
			t.Fatalf("%d days after %v is %v", n, at, to)
		}
		if count := between(p, at, to); count != n {
			t.Fatalf("%d business days lie in (%v, %v], want %d", count, at, to, n)
		}
		if both := p.After(to, m); !both.Equal(p.After(at, n+m)) {
			t.Fatalf("%d and then %d is %v, at once %v", n, m, both, p.After(at, n+m))
		}
		if later := p.After(at.Add(time.Hour), n); later.Before(to) {
			t.Fatalf("what arrives later is due earlier: %v, %v", to, later)
		}
		if generic := account.LegalGeneric.After(at, n); to.Before(generic) {
			t.Fatalf("holidays make it earlier: %v, %v", to, generic)
		}
		from, overdue := p.NoticeWindow(at)
		if between(p, at, from) != 3 || !p.After(at, 5).Before(overdue) || between(p, at, overdue.Add(-time.Second)) != 5 {
			t.Fatalf("the window of %v is %v to %v", at, from, overdue)
		}
	})
}

// between counts the business days after the day of one moment up to that of another.
func between(p account.LegalProfile, from, to time.Time) (n int) {
	y, m, d := from.Date()
	last := time.Date(to.Year(), to.Month(), to.Day(), 12, 0, 0, 0, to.Location())
	for {
		d++
		at := time.Date(y, m, d, 12, 0, 0, 0, from.Location())
		if at.After(last) {
			return n
		}
		if p.Business(at) {
			n++
		}
	}
}

// Whatever is done with a case in whatever order: nothing is released that a motion, a missing
// notice or a court forbids, no key by one person alone, and nothing closed changes by itself.
//
// Proves REL-03, REL-06 and REL-08.
func TestNoOrderOfStepsReleasesWhatMayNotBe(t *testing.T) {
	people := []habeas.AccountID{{1}, {2}, {3}}
	rapid.Check(t, func(t *rapid.T) {
		now := day(2026, 3, 2)
		key := rapid.Bool().Draw(t, "key")
		sets := []account.DataSet{account.DataSignIns}
		if key {
			sets = []account.DataSet{account.DataKey}
		}
		c, err := account.OpenCase(account.Opening{
			Account: habeas.AccountID{9}, By: people[0], Ground: account.GroundLaw, Sets: sets, Legal: account.LegalEU, Arrived: now, Requester: "a court", Document: "an order",
		}, now)
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 72).Draw(t, "hours")) * time.Hour)
			who := rapid.SampledFrom(people).Draw(t, "who")
			was, next, err := c, c, error(nil)
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0:
				next, err = c.Hold("order", now.Add(time.Duration(rapid.IntRange(-5, 300).Draw(t, "until"))*time.Hour), now)
			case 1:
				next, err = c.Lift(now)
			case 2:
				next, err = c.Move("motion", now, now)
			case 3:
				next, err = c.Order("order", rapid.Bool().Draw(t, "disclose"), now)
			case 4, 5:
				next, err = c.Release(who, "why", now)
			case 6:
				next, err = c.Confirm(who, now)
			case 7:
				next, err = c.Close(rapid.SampledFrom([]account.CaseState{account.CaseRefused, account.CaseWithdrawn, account.CaseReleased}).Draw(t, "to"), who, "why", now)
			case 8:
				next, err = c.Reopen()
			case 9:
				if c.NoticeDue(now) {
					next, err = c.Notified(habeas.MailID{1}, now)
				}
			}
			if err != nil {
				continue
			}
			c = next
			if was.State == account.CaseReleased && c.State != account.CaseReleased {
				t.Fatal("what was released was called back")
			}
			if c.NoticeAt != was.NoticeAt && was.Held(now) {
				t.Fatal("the notice went out during a hold")
			}
			if c.State != account.CaseReleased || was.State == account.CaseReleased {
				continue
			}
			if m, some := c.Motion(); some && !m.Disclose {
				t.Fatalf("released against the motion %+v", m)
			}
			if c.NoticeAt.IsZero() && !c.Held(now) {
				t.Fatal("released before the notice")
			}
			if key && (c.Words.Second.IsZero() || c.Words.Second == c.Words.Releaser || c.Words.Second == c.Words.Opener) {
				t.Fatalf("a key by one alone: %+v", c.Words)
			}
		}
	})
}

func TestSmallNumbersAreNotTold(t *testing.T) {
	for n, want := range map[int]struct {
		low  int
		some bool
	}{-1: {0, false}, 0: {0, false}, 1: {0, true}, 4: {0, true}, 5: {5, true}, 9: {5, true}, 10: {10, true}, 104: {100, true}} {
		if low, some := account.AtLeast(n); low != want.low || some != want.some {
			t.Errorf("%d is told as %d, %v", n, low, some)
		}
	}
}

// Whatever is typed is refused as input, or is a network that is no wider than what can be blocked.
func FuzzParseNetwork(f *testing.F) {
	for _, s := range []string{"192.0.2.7", "192.0.2.0/24", "2001:db8::/32", "::ffff:192.0.2.0/120", "fe80::1%eth0", "0.0.0.0/0", " 10.0.0.0/8 ", "10.0.0.0/33", "::/0", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := account.ParseNetwork(text)
		if err != nil {
			if habeas.KindOf(err) != habeas.KindInvalid {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		if p != p.Masked() || p.Addr().Is4In6() || p.Addr().Zone() != "" || p.Addr().Is4() && p.Bits() < 8 || p.Addr().Is6() && p.Bits() < 19 {
			t.Fatalf("%q is read as %v", text, p)
		}
		if again, err := account.ParseNetwork(p.String()); err != nil || again != p {
			t.Fatalf("%v is read again as %v (%v)", p, again, err)
		}
		if !p.Contains(p.Addr()) || p.Contains(netip.Addr{}) {
			t.Fatalf("%v does not hold its own address", p)
		}
	})
}
