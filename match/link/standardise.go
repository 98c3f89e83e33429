package link

import (
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas/match/standard"
	"github.com/habeas-data/habeas/match/text"
)

// Marks of a value, in value.flags.
const (
	dateGuess  uint8 = 1 << iota // the first of January, which often stands for "not known"
	datePart                     // month or day is not known
	dateBroken                   // no calendar date (1861-81-01); compared digit by digit
)

// standardise brings one text of a field into the form in which it is compared. What
// means nothing ("", "n/a") has an empty text. It is safe for concurrent use.
func standardise(kind Kind, raw string) value {
	if standard.Missing(raw) {
		return value{}
	}
	switch kind {
	case Date:
		return standardDate(raw, standard.OrderUnknown)
	case Email:
		e := standard.ParseEmail(raw)
		if !e.OK {
			return value{text: e.Whole, parts: []string{e.Whole, ""}}
		}
		return value{text: e.Local + "@" + e.Domain, parts: []string{e.Local, e.Domain}}
	case Phone:
		return value{text: standard.ParsePhone(raw, "").Digits}
	case Identifier:
		return value{text: standard.Identifier(raw)}
	case Postcode:
		return value{text: standard.Postcode(raw)}
	case HouseNumber:
		return standardNumber(text.Fold(raw))
	case Street:
		return standardStreet(raw)
	case Organisation:
		o := standard.ParseOrganisation(raw)
		if len(o.Words) == 0 {
			break
		}
		return value{text: strings.Join(o.Words, " "), parts: o.Words}
	default: // words
	}
	folded := text.Fold(raw)
	return value{text: folded, parts: text.Words(folded)}
}

// standardise brings one text of the field into the form in which it is compared.
func (f *Field) standardise(raw string) value {
	if f.Kind == Date && !standard.Missing(raw) {
		return standardDate(raw, f.Order)
	}
	return standardise(f.Kind, raw)
}

const (
	orderSample = 20_000 // texts looked at for the order of day and month
	orderLeast  = 3      // that must tell
	orderSure   = .9     // of those that tell
)

// dateOrder learns whether day or month comes first from the dates that tell.
func dateOrder(texts []string) standard.Order {
	var first, second float64
	step := max(1, len(texts)/orderSample)
	for i := 0; i < len(texts); i += step {
		d := standard.ParseDate(texts[i], standard.OrderUnknown)
		if !d.OK || d.Day <= 12 || d.Month == 0 {
			continue
		}
		numbers := strings.FieldsFunc(texts[i], func(r rune) bool { return r < '0' || r > '9' })
		if len(numbers) < 3 {
			continue
		}
		a, b := leadingNumber(numbers[0]), leadingNumber(numbers[1])
		switch {
		case a == int64(d.Day) && b == int64(d.Month):
			first++
		case a == int64(d.Month) && b == int64(d.Day):
			second++
		}
	}
	switch {
	case first >= orderLeast && first > orderSure*(first+second):
		return standard.DayFirst
	case second >= orderLeast && second > orderSure*(first+second):
		return standard.MonthFirst
	}
	return standard.OrderUnknown
}

// standardDate makes a date eight digits, with 00 for what is not known.
func standardDate(raw string, order standard.Order) value {
	d := standard.ParseDate(raw, order)
	if !d.OK {
		if digits := onlyDigits(raw); len(digits) == 8 {
			return value{text: digits, flags: dateBroken}
		}
		return value{text: d.Normalised, flags: dateBroken}
	}
	v := value{text: onlyDigits(d.Normalised)}
	if d.Month == 0 || d.Day == 0 {
		v.flags = datePart
		return v
	}
	v.num = time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix() / 86400
	if d.Month == time.January && d.Day == 1 {
		v.flags = dateGuess
	}
	return v
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

func standardNumber(folded string) value {
	v := value{text: strings.ReplaceAll(folded, " ", "")}
	v.num = leadingNumber(v.text)
	return v
}

// leadingNumber returns the number that s begins with, 0 when none.
func leadingNumber(s string) int64 {
	end := 0
	for end < len(s) && end < 9 && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	n, _ := strconv.ParseInt(s[:end], 10, 64)
	return n
}

func standardStreet(raw string) value {
	a := standard.ParseAddress(raw)
	if a.Line == "" {
		a.Line = text.Fold(raw)
		a.Words = text.Words(a.Line)
	}
	return value{text: a.Line, parts: a.Words, num: leadingNumber(a.Number)}
}
