package lang

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Printer writes for readers of one language. The zero Printer writes English. It
// is a small value, copied freely and safe for concurrent use.
type Printer struct {
	Lang     string // BCP 47 tag, "en" or "es"; empty means English
	messages map[string]string
}

// T returns the sentence in the reader's language. The arguments are pairs of
// placeholder name and value: T("Sent to {count} people.", "count", 3). Whole
// numbers are written as [Printer.Number] does, everything else as fmt.Sprint.
func (p Printer) T(message string, args ...any) string {
	return fill(p.translate(message), func(name string) (string, bool) {
		for i := 0; i+1 < len(args); i += 2 {
			if args[i] == name {
				return p.format(args[i+1]), true
			}
		}
		return "", false
	})
}

// Fill is T for arguments that are text already, such as those of a habeas.Error.
func (p Printer) Fill(message string, args map[string]string) string {
	return fill(p.translate(message), func(name string) (string, bool) {
		v, ok := args[name]
		return v, ok
	})
}

// Plural picks the sentence for n things and translates it; {n} stands for the
// number. English and Spanish both tell only one from other.
func (p Printer) Plural(n int, one, other string) string {
	if n == 1 {
		return p.T(one, "n", n)
	}
	return p.T(other, "n", n)
}

func (p Printer) translate(message string) string {
	if s, ok := p.messages[message]; ok {
		return s
	}
	return message
}

func (p Printer) format(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return p.Number(int64(v))
	case int64:
		return p.Number(v)
	case uint64:
		return p.Number(int64(v))
	}
	return fmt.Sprint(v)
}

// fill replaces {names} in one pass, so that a value which itself holds braces is
// left alone. Unknown names stay as they are.
func fill(s string, value func(name string) (string, bool)) string {
	if !strings.Contains(s, "{") {
		return s
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, closed := strings.Cut(rest, "}")
		v, known := value(name)
		if !closed || !known {
			b.WriteString("{")
			s = rest
			continue
		}
		b.WriteString(v)
		s = after
	}
}

// convention is how a language writes numbers and dates.
type convention struct {
	months    [12]string
	join      string // between day, month and year
	thousands string
	ungrouped int64 // numbers below this are not grouped
}

var conventions = map[string]convention{
	English: {
		months: [12]string{
			"January", "February", "March", "April", "May", "June", "July",
			"August", "September", "October", "November", "December",
		},
		join: " ", thousands: ",", ungrouped: 1_000,
	},
	// The Spanish academies group from five digits on.
	"es": {
		months: [12]string{
			"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio",
			"agosto", "septiembre", "octubre", "noviembre", "diciembre",
		},
		join: " de ", thousands: ".", ungrouped: 10_000,
	},
}

func (p Printer) convention() convention {
	if c, ok := conventions[p.Lang]; ok {
		return c
	}
	return conventions[English]
}

// Number writes a whole number with the language's grouping: 12,345 or 12.345.
func (p Printer) Number(n int64) string {
	c := p.convention()
	digits := strconv.FormatInt(n, 10)
	sign, digits := digits[:len(digits)-len(strings.TrimPrefix(digits, "-"))], strings.TrimPrefix(digits, "-")
	if n > -c.ungrouped && n < c.ungrouped {
		return sign + digits
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(c.thousands)
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Date writes the day in t's own zone: "3 May 2025", "3 de mayo de 2025".
func (p Printer) Date(t time.Time) string {
	return p.dayAndMonth(t) + p.convention().join + strconv.Itoa(t.Year())
}

// Month is the name of a month.
func (p Printer) Month(m time.Month) string { return p.convention().months[m-1] }

func (p Printer) dayAndMonth(t time.Time) string {
	c := p.convention()
	return strconv.Itoa(t.Day()) + c.join + c.months[t.Month()-1]
}

// DateTime writes date, time and zone: "3 May 2025, 14:05 CEST".
func (p Printer) DateTime(t time.Time, zone *time.Location) string {
	t = t.In(zone)
	return p.Date(t) + ", " + p.Time(t)
}

// Time writes the time of day with its zone: "14:05 CEST", "14:05 UTC-03:00".
func (p Printer) Time(t time.Time) string {
	name, _ := t.Zone()
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		name = "UTC" + t.Format("-07:00") // a zone without a name of its own
	}
	return t.Format("15:04") + " " + name
}

// Ago writes a day as people say it on the day of now: "today", "yesterday",
// "3 May", and with the year when it is another. Days are those of now's zone.
func (p Printer) Ago(t, now time.Time) string {
	t = t.In(now.Location())
	switch days := daysBetween(t, now); {
	case days == 0:
		return p.T("today")
	case days == 1:
		return p.T("yesterday")
	case t.Year() == now.Year():
		return p.dayAndMonth(t)
	}
	return p.Date(t)
}

// Age writes how old something is, in the largest whole unit: "5 months ago",
// "3 days ago", "today". What lies in the future reads "today".
func (p Printer) Age(t, now time.Time) string {
	t = t.In(now.Location())
	days := daysBetween(t, now)
	months := int(now.Month()-t.Month()) + 12*(now.Year()-t.Year())
	if now.Day() < t.Day() {
		months--
	}
	switch {
	case days <= 0:
		return p.T("today")
	case days == 1:
		return p.T("yesterday")
	case months < 1:
		return p.Plural(days, "{n} day ago", "{n} days ago")
	case months < 12:
		return p.Plural(months, "{n} month ago", "{n} months ago")
	}
	return p.Plural(months/12, "{n} year ago", "{n} years ago")
}

// daysBetween counts midnights from t to now. Dates are compared in UTC so that a
// day of 23 hours counts as one.
func daysBetween(t, now time.Time) int {
	day := func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	}
	return int(day(now).Sub(day(t)) / (24 * time.Hour))
}
