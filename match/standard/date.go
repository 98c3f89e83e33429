package standard

import (
	_ "embed"
	"strings"
	"time"

	"github.com/habeas-data/habeas/match/text"
)

// Date is a calendar date of which parts may be unknown (0). Ambiguous says that day
// and month could be the other way round (03/04/1970).
type Date struct {
	Year      int
	Month     time.Month
	Day       int
	Ambiguous bool
	OK        bool
	// Normalised is YYYY-MM-DD with 00 for unknown parts, also of a day that does not
	// exist (OK is false), so that a slip stays one digit apart; or the folded text.
	Normalised string
}

// Order says which of day and month comes first where a date does not tell.
type Order uint8

// Orders. A column is mostly written in one: any of its dates with a day after the
// 12th shows which.
const (
	OrderUnknown Order = iota // the day first, and Ambiguous
	DayFirst
	MonthFirst
)

// ParseDate reads a date as people and programs write it: 1948-09-30 (also with a time
// behind it), 19480930, 30.09.1948, 9/30/48, 30 Sep 1948, September 30th, 1948,
// 30. März 1948, 1948年9月30日, 30.IX.1948, 1948-09, Sept 1948, 1948. Months have their
// names in English, German, Spanish, French, Italian, Dutch, Portuguese, Polish and
// Russian. Points put the day first. Years of two digits are 1931 to 2030. A day that
// the month does not have is no date; one of zeros is missing.
func ParseDate(s string, order Order) Date {
	if Missing(s) {
		return Date{}
	}
	var room [64]byte
	folded := text.AppendFold(room[:0], s)
	d := Date{}
	if p := (dateParts{points: strings.Count(s, ".") >= 2, order: order}); p.scan(folded) {
		d = p.date()
	}
	switch {
	case !d.OK || d.Year > 2999 || d.Month > 99 || d.Day > 99:
		return Date{Normalised: string(folded)}
	case d.Year == 0 && d.Month == 0 && d.Day == 0:
		return Date{}
	case !d.valid():
		return Date{Normalised: d.format()}
	}
	d.Normalised = d.format()
	return d
}

func (d *Date) valid() bool {
	if d.Year < 0 || d.Year > 2999 || d.Month < 0 || d.Month > 12 || d.Day < 0 || d.Day > 31 ||
		d.Year == 0 && d.Month == 0 || d.Day > 0 && d.Month == 0 {
		return false
	}
	year := d.Year
	if year == 0 {
		year = 2000 // the 29th of February of a year unknown
	}
	return d.Day <= daysIn(year, d.Month)
}

func daysIn(year int, m time.Month) int {
	switch m {
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case time.April, time.June, time.September, time.November:
		return 30
	default:
		return 31
	}
}

func (d *Date) format() string {
	b := []byte("0000-00-00")
	put := func(at, n int) {
		for ; n > 0; n /= 10 {
			b[at] = '0' + byte(n%10)
			at--
		}
	}
	put(3, d.Year)
	put(6, int(d.Month))
	put(9, d.Day)
	return string(b)
}

// dateParts are the numbers of a date in the order written, and its month if named.
type dateParts struct {
	values [8]int
	digits [8]int // how many each was written with
	n      int
	month  time.Month
	points bool
	order  Order
}

// scan reads numbers and words, and says whether all were understood.
func (p *dateParts) scan(s []byte) bool {
	for i := 0; i < len(s); {
		switch {
		case s[i] == ' ':
			i++
		case isDigit(s[i]):
			n := leading(s[i:], isDigit)
			if p.n == len(p.values) || n > 14 {
				return false
			}
			p.number(s[i : i+n])
			i += n
		default:
			n := 1
			for i+n < len(s) && s[i+n] != ' ' && !isDigit(s[i+n]) {
				n++
			}
			if m, ok := months[string(s[i:i+n])]; ok {
				if p.month == 0 {
					p.month = m
				}
			} else if !dateNoise[string(s[i:i+n])] {
				return false
			}
			i += n
		}
	}
	return p.n > 0
}

func (p *dateParts) number(s []byte) {
	v := 0
	for _, c := range s[:min(len(s), 8)] {
		v = v*10 + int(c-'0')
	}
	p.values[p.n], p.digits[p.n] = v, len(s)
	p.n++
}

// year says that number i can only be a year.
func (p *dateParts) year(i int) bool {
	return p.digits[i] == 4 || p.digits[i] == 3 || p.values[i] > 31
}

// full completes a year of two digits.
func (p *dateParts) full(i int) int {
	v := p.values[i]
	switch {
	case p.digits[i] > 2:
	case v <= 30:
		v += 2000
	default:
		v += 1900
	}
	return v
}

func (p *dateParts) date() Date {
	switch {
	case p.month > 0:
		return p.named()
	case p.n == 1, p.digits[0] >= 6:
		return p.single()
	case p.n == 2 && p.digits[0] == 4:
		return Date{Year: p.values[0], Month: time.Month(p.values[1]), OK: true}
	case p.n == 2 && p.digits[1] == 4:
		return Date{Year: p.values[1], Month: time.Month(p.values[0]), OK: true}
	case p.n >= 3 && p.year(0):
		y, a, b := p.full(0), p.values[1], p.values[2]
		if a > 12 && a <= 31 && b <= 12 {
			a, b = b, a
		}
		return Date{Year: y, Month: time.Month(a), Day: b, OK: p.clock()}
	case p.n >= 3:
		d := p.dayAndMonth(p.values[0], p.values[1])
		d.Year, d.OK = p.full(2), p.clock()
		return d
	}
	return Date{}
}

// clock says that what follows the first three numbers can be a time of day.
func (p *dateParts) clock() bool {
	return p.n == 3 || p.n > 4 && p.values[3] < 25 && p.values[4] < 60
}

// dayAndMonth decides which is which.
func (p *dateParts) dayAndMonth(a, b int) Date {
	switch {
	case a > 12 || a == b:
		return Date{Day: a, Month: time.Month(b)}
	case b > 12:
		return Date{Day: b, Month: time.Month(a)}
	case p.order == MonthFirst && !p.points:
		return Date{Day: b, Month: time.Month(a)}
	}
	return Date{Day: a, Month: time.Month(b), Ambiguous: p.order == OrderUnknown && !p.points && a > 0 && b > 0}
}

// named is a date whose month is a word.
func (p *dateParts) named() Date {
	d := Date{Month: p.month, OK: true}
	switch {
	case p.n == 1 && p.year(0):
		d.Year = p.full(0)
	case p.n == 1:
		d.Day = p.values[0]
	case p.year(0):
		d.Year, d.Day = p.full(0), p.values[1]
	default:
		d.Day, d.Year = p.values[0], p.full(1)
	}
	return d
}

// single is a date written as one number.
func (p *dateParts) single() Date {
	v := p.values[0]
	switch p.digits[0] {
	case 4:
		return Date{Year: v, OK: true}
	case 8, 12, 14: // with a time of day behind
		d := Date{Year: v / 10000, Month: time.Month(v / 100 % 100), Day: v % 100, OK: true}
		if d.Year >= 1000 && d.valid() {
			return d
		}
		d = p.dayAndMonth(v/1000000, v/10000%100)
		d.Year, d.OK = v%10000, p.digits[0] == 8
		return d
	case 6:
		if c := v / 10000; c >= 18 && c <= 20 && v%100 >= 1 && v%100 <= 12 {
			return Date{Year: v / 100, Month: time.Month(v % 100), OK: true}
		}
		p.values[0], p.values[1], p.values[2] = v/10000, v/100%100, v%100
		p.digits[0], p.digits[1], p.digits[2], p.n = 2, 2, 2, 3
		return p.date()
	}
	return Date{}
}

var months = func() map[string]time.Month {
	m := map[string]time.Month{}
	for i, line := range strings.Split(monthNames, "\n") {
		for _, w := range strings.Fields(line) {
			m[w] = time.Month(i + 1)
		}
	}
	return m
}()

// monthNames has a line for each month.
//
//go:embed months.txt
var monthNames string

// dateNoise are words that stand in dates and say nothing more.
var dateNoise = set(`st nd rd th er de del den der dem des le the of on am a el t z utc gmt pm uhr um at born
	geb ca circa c abt about est year anno г года год 年 月 日 년 월 일
	mon tue tues wed thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday sunday
	mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag
	lunes martes miercoles jueves viernes sabado domingo lundi mardi mercredi jeudi vendredi samedi dimanche`)
