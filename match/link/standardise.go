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
		return standardDate(raw)
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
	}
	folded := text.Fold(raw)
	return value{text: folded, parts: text.Words(folded)}
}

// standardDate makes a date eight digits, with 00 for what is not known.
func standardDate(raw string) value {
	d := standard.ParseDate(raw, standard.OrderUnknown)
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
