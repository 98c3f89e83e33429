package link

import (
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas/match/text"
)

// Marks of a value, in value.flags.
const (
	dateGuess  uint8 = 1 << iota // the first of a month or year, which often stands for "not known"
	dateNoDay                    // month or day is not known
	dateBroken                   // no calendar date (1861-81-01); compared digit by digit
)

// standardise brings one text of a field into the form in which it is compared. What
// means nothing ("", "n/a") has an empty text.
func standardise(kind Kind, raw string) value {
	folded := text.Fold(raw)
	switch folded {
	case "", "n a", "na", "nan", "null", "none", "nil", "unknown":
		return value{}
	}
	switch kind {
	case Date:
		return standardDate(raw, folded)
	case Email:
		return standardEmail(raw)
	case Phone, Identifier, Postcode:
		return value{text: strings.ReplaceAll(folded, " ", "")}
	case HouseNumber:
		return standardNumber(folded)
	}
	return value{text: folded, parts: text.Words(folded)}
}

func standardDate(raw, folded string) value {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, raw)
	if len(digits) != 8 {
		return value{text: folded, flags: dateBroken}
	}
	v := value{text: digits}
	day, err := time.Parse("20060102", digits)
	if err != nil {
		v.flags |= dateBroken
		return v
	}
	v.num = day.Unix() / 86400
	if day.Day() == 1 && day.Month() == time.January {
		v.flags |= dateGuess
	}
	return v
}

func standardEmail(raw string) value {
	whole := strings.ToLower(strings.TrimSpace(raw))
	local, domain, ok := strings.Cut(whole, "@")
	if !ok {
		return value{text: whole, parts: []string{whole, ""}}
	}
	return value{text: whole, parts: []string{local, domain}}
}

func standardNumber(folded string) value {
	v := value{text: strings.ReplaceAll(folded, " ", "")}
	end := 0
	for end < len(v.text) && v.text[end] >= '0' && v.text[end] <= '9' {
		end++
	}
	v.num, _ = strconv.ParseInt(v.text[:end], 10, 64)
	return v
}
