package table

import (
	"strings"
	"time"
)

// DateOrder is in which order the numbers of a date stand.
type DateOrder string

// The orders. Where the year comes first, or the month is a word, there is nothing to
// choose: such dates are read under any order.
const (
	DayFirst   DateOrder = "day-first"   // 03/05/1984 is the third of May
	MonthFirst DateOrder = "month-first" // 03/05/1984 is the fifth of March
	NoOrder    DateOrder = ""            // dates that could be either are refused
)

// dateParts is a date taken apart: three numbers, or a month by name.
type dateParts struct {
	n     [3]int // as they stand
	width [3]int // digits of each
	month int    // of the name in the middle or at the beginning; 0: a number
	sep   byte
}

// ParseDate reads a date as people write it, and returns it as year-month-day
// (ISO 8601). It knows numbers with - / . or spaces between them, eight digits
// (19840503), names of months in English, Spanish and German, and a time of day behind
// the date, which it drops. A year of two digits is the one that lies in the hundred
// years before pivot. It reports false for what is no date, is one that the calendar
// does not have, or could be two under the order given.
func ParseDate(text string, order DateOrder, pivot int) (iso string, ok bool) {
	p, ok := takeDate(text)
	if !ok {
		return "", false
	}
	var y, m, d, digits int
	switch {
	case p.month > 0 && p.width[0] <= 2: // 3 May 1984; May 3, 1984
		d, m, y, digits = p.n[0], p.month, p.n[2], p.width[2]
	case p.month > 0: // 1984 May 3
		y, m, d, digits = p.n[0], p.month, p.n[2], p.width[0]
	case p.width[0] == 4:
		y, m, d, digits = p.n[0], p.n[1], p.n[2], 4
	case order == MonthFirst && p.sep != '.':
		m, d, y, digits = p.n[0], p.n[1], p.n[2], p.width[2]
	case order == DayFirst || p.sep == '.' || p.n[0] > 12 || p.n[0] == p.n[1]:
		d, m, y, digits = p.n[0], p.n[1], p.n[2], p.width[2]
	case p.n[1] > 12:
		m, d, y, digits = p.n[0], p.n[1], p.n[2], p.width[2]
	default:
		return "", false
	}
	switch digits {
	case 4:
	case 2:
		if y += pivot / 100 * 100; y > pivot {
			y -= 100
		}
	default:
		return "", false
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if y < 1 || t.Day() != d || int(t.Month()) != m {
		return "", false
	}
	return t.Format(time.DateOnly), true
}

// Dates finds out in which order the numbers of a column's dates stand. The zero value
// is ready; Add shows it one cell after the other.
type Dates struct {
	Read      int // cells that are dates of any form
	Not       int // cells that are not
	dayOnly   int // dates that can only be read with the day first
	monthOnly int
	either    int
}

// Add looks at a cell. Empty ones say nothing.
func (d *Dates) Add(text string) {
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	p, ok := takeDate(text)
	if !ok {
		d.Not++
		return
	}
	d.Read++
	switch {
	case p.month > 0 || p.width[0] == 4:
	case p.sep == '.' || p.n[0] > 12 && p.n[1] <= 12:
		d.dayOnly++
	case p.n[1] > 12 && p.n[0] <= 12:
		d.monthOnly++
	case p.n[0] != p.n[1]:
		d.either++
	}
}

// slips is how many dates of one order make a date of the other a slip of the pen.
const slips = 20

// Order is the order that the column decides on. decided is false where dates could be
// read either way and nothing in the column says which, or where it says both.
func (d *Dates) Order() (order DateOrder, decided bool) {
	switch {
	case d.dayOnly > slips*d.monthOnly:
		return DayFirst, true
	case d.monthOnly > slips*d.dayOnly:
		return MonthFirst, true
	}
	return NoOrder, d.either == 0
}

// takeDate takes a text apart.
func takeDate(text string) (p dateParts, ok bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if len(text) > 60 {
		return p, false
	}
	text = dropTime(text)
	if len(text) == 8 && digits(text) == 8 {
		text = text[:4] + "-" + text[4:6] + "-" + text[6:]
	}
	var words []string
	for len(text) > 0 {
		n := digits(text)
		if n == 0 {
			n = letters(text)
		}
		if n > 0 {
			words = append(words, text[:n])
			text = text[n:]
			continue
		}
		c := text[0]
		if strings.IndexByte("-/. ,", c) < 0 {
			return p, false
		}
		if c != ' ' && c != ',' && p.sep == 0 {
			p.sep = c
		}
		text = text[1:]
	}
	return p, p.fill(words)
}

// fill puts the words of a date in their places: 3 May 1984, May 3 1984, 3 de mayo de 1984.
func (p *dateParts) fill(words []string) bool {
	at := 0
	for i, w := range words {
		if digits(w) == 0 {
			if w == "de" || w == "del" || w == "th" || w == "st" || w == "nd" || w == "rd" {
				continue
			}
			if p.month != 0 || months[w] == 0 || i > 2 {
				return false
			}
			p.month = months[w]
			if at == 1 {
				at = 2
			}
			continue
		}
		if at > 2 || len(w) > 4 {
			return false
		}
		p.n[at], p.width[at] = number(w), len(w)
		if at++; at == 1 && p.month > 0 {
			at = 2
		}
	}
	return at == 3 && p.width[0] != 3 && p.width[2] != 3 && (p.width[0] <= 2 || p.width[2] <= 2)
}

// dropTime cuts a time of day off: "1984-05-03t00:00:00z", "03/05/1984 0:00".
func dropTime(text string) string {
	colon := strings.IndexByte(text, ':')
	if colon < 0 {
		return text
	}
	cut := strings.LastIndexAny(text[:colon], " t")
	if cut < 6 {
		return text
	}
	return strings.TrimRight(text[:cut], " ,")
}

func digits(s string) (n int) {
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

func letters(s string) (n int) {
	for n < len(s) && (s[n] >= 'a' && s[n] <= 'z' || s[n] >= 0x80) {
		n++
	}
	return n
}

func number(s string) (n int) {
	for i := range len(s) {
		n = 10*n + int(s[i]-'0')
	}
	return n
}

// months are their names, whole and short, in English, Spanish and German.
var months = func() map[string]int {
	m := map[string]int{"mrz": 3, "maerz": 3, "sept": 9, "set": 9, "setiembre": 9, "jänner": 1}
	for _, names := range []string{
		"january february march april may june july august september october november december",
		"jan feb mar apr may jun jul aug sep oct nov dec",
		"enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
		"ene feb mar abr may jun jul ago sep oct nov dic",
		"januar februar märz april mai juni juli august september oktober november dezember",
		"jan feb mär apr mai jun jul aug sep okt nov dez",
	} {
		for i, name := range strings.Fields(names) {
			m[name] = i + 1
		}
	}
	return m
}()
