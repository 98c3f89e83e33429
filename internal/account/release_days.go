package account

import (
	"time"

	"github.com/habeas-data/habeas/internal/lang"
)

// LegalProfile says by which calendar and in which words a legal demand is dealt with. It is
// chosen for each case: what is a holiday, and what the remedy is called, depends on where
// the demand comes from (ADR 0040).
type LegalProfile string

// The profiles.
const (
	LegalEU      LegalProfile = "eu"
	LegalUS      LegalProfile = "us"
	LegalGeneric LegalProfile = "generic"
)

// LegalTerm is a profile as people read of it.
type LegalTerm struct {
	Profile     LegalProfile
	Label, Says string
}

// LegalTerms are all profiles, the careful one first: without holidays no day is forgotten.
func LegalTerms() []LegalTerm {
	return []LegalTerm{
		{LegalGeneric, lang.Mark("Anywhere"), lang.Mark("Monday to Friday, without holidays.")},
		{LegalEU, lang.Mark("European Union"), lang.Mark("Monday to Friday but for the days on which European banks do not settle.")},
		{LegalUS, lang.Mark("United States"), lang.Mark("Monday to Friday but for federal holidays.")},
	}
}

// Known reports whether there is such a profile.
func (p LegalProfile) Known() bool { return p == LegalEU || p == LegalUS || p == LegalGeneric }

// holiday is one line of a calendar: a day of a month, the nth weekday of one (the last one
// for -1), or a day counted from Easter Sunday.
type holiday struct {
	month    time.Month
	day      int
	weekday  time.Weekday
	nth      int  // 0: day is of the month
	easter   bool // day counts from Easter Sunday
	observed bool // one on a Saturday is kept the day before, on a Sunday the day after
	since    int  // the first year; 0: always
}

// holidays are the calendars. The European one is that of the closing days of TARGET (ECB),
// the only one that all members share; the American one is 5 U.S.C. 6103.
var holidays = map[LegalProfile][]holiday{
	LegalEU: {
		{month: time.January, day: 1},
		{easter: true, day: -2},
		{easter: true, day: 1},
		{month: time.May, day: 1},
		{month: time.December, day: 25},
		{month: time.December, day: 26},
	},
	LegalUS: {
		{month: time.January, day: 1, observed: true},
		{month: time.January, weekday: time.Monday, nth: 3},
		{month: time.February, weekday: time.Monday, nth: 3},
		{month: time.May, weekday: time.Monday, nth: -1},
		{month: time.June, day: 19, observed: true, since: 2021},
		{month: time.July, day: 4, observed: true},
		{month: time.September, weekday: time.Monday, nth: 1},
		{month: time.October, weekday: time.Monday, nth: 2},
		{month: time.November, day: 11, observed: true},
		{month: time.November, weekday: time.Thursday, nth: 4},
		{month: time.December, day: 25, observed: true},
	},
}

// Easter is Easter Sunday of a year of the Gregorian calendar (Meeus, Astronomical
// Algorithms, chapter 8), at noon UTC.
func Easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return dayOf(year, time.Month(n/31), n%31+1)
}

// dayOf is a day of the calendar, apart from every zone.
func dayOf(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 12, 0, 0, 0, time.UTC)
}

// in is the day on which a holiday of a year is kept, and whether there is one.
func (h holiday) in(year int) (time.Time, bool) {
	if year < h.since {
		return time.Time{}, false
	}
	switch {
	case h.easter:
		return Easter(year).AddDate(0, 0, h.day), true
	case h.nth > 0:
		first := dayOf(year, h.month, 1)
		return first.AddDate(0, 0, (int(h.weekday-first.Weekday())+7)%7+7*(h.nth-1)), true
	case h.nth < 0:
		last := dayOf(year, h.month+1, 0)
		return last.AddDate(0, 0, -((int(last.Weekday()-h.weekday) + 7) % 7)), true
	}
	day := dayOf(year, h.month, h.day)
	switch {
	case h.observed && day.Weekday() == time.Saturday:
		day = day.AddDate(0, 0, -1)
	case h.observed && day.Weekday() == time.Sunday:
		day = day.AddDate(0, 0, 1)
	}
	return day, true
}

// Business reports whether the day of t, in the zone of t, is a business day.
func (p LegalProfile) Business(t time.Time) bool {
	if wd := t.Weekday(); wd == time.Saturday || wd == time.Sunday {
		return false
	}
	y, m, d := t.Date()
	for _, h := range holidays[p] {
		for _, year := range []int{y, y + 1} { // New Year's Day may be kept in the year before
			if day, ok := h.in(year); ok && day.Equal(dayOf(y, m, d)) {
				return false
			}
		}
	}
	return true
}

// After is the beginning of the nth business day after the day of t, in the zone of t. The
// day of t itself does not count, as deadlines have it.
func (p LegalProfile) After(t time.Time, n int) time.Time {
	y, m, d := t.Date()
	for n > 0 {
		d++
		if p.Business(time.Date(y, m, d, 12, 0, 0, 0, t.Location())) {
			n--
		}
	}
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

// Within how many business days after a legal demand has arrived its person is notified
// (REL-04): the mail goes out by itself on the third, and is overdue after the fifth.
const (
	NoticeFromDay = 3
	NoticeByDay   = 5
)

// NoticeWindow is when the notice of a demand goes out by itself, and from when on it is
// overdue. Days are those of the zone of arrived.
func (p LegalProfile) NoticeWindow(arrived time.Time) (from, overdue time.Time) {
	last := p.After(arrived, NoticeByDay)
	y, m, d := last.Date()
	return p.After(arrived, NoticeFromDay), time.Date(y, m, d+1, 0, 0, 0, 0, last.Location())
}
