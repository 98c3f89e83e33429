package sealed

import (
	"fmt"
	"math"
)

// The parsers of the standard library quote in their errors what they could not read. These
// quote nothing, and make no string of their input. Their errors are ErrSyntax, marked by
// Public, so that a function given to Use may return them.
var (
	errDate   = Public(fmt.Errorf("%w: a date like 2006-01-02", ErrSyntax))
	errInt    = Public(fmt.Errorf("%w: a whole number", ErrSyntax))
	errRange  = Public(fmt.Errorf("%w: a whole number of at most 64 bits", ErrSyntax))
	errDigits = Public(fmt.Errorf("%w: decimal digits", ErrSyntax))
)

// Date is a calendar date without a zone, of fixed size and free of pointers, so that
// Of[Date] can hold it: a date of birth.
type Date struct {
	Year       int32
	Month, Day uint8
}

// ParseDate reads a date of the calendar as 2006-01-02.
func ParseDate(b []byte) (Date, error) {
	if len(b) != 10 || b[4] != '-' || b[7] != '-' {
		return Date{}, errDate
	}
	year, err1 := ParseUint(b[:4])
	month, err2 := ParseUint(b[5:7])
	day, err3 := ParseUint(b[8:])
	if err1 != nil || err2 != nil || err3 != nil || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return Date{}, errDate
	}
	return Date{Year: int32(year), Month: uint8(month), Day: uint8(day)}, nil //nolint:gosec // four digits, 1..12, 1..31
}

func daysIn(year, month uint64) uint64 {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	default:
		return 31
	}
}

// ParseUint reads decimal digits, without a sign.
func ParseUint(b []byte) (uint64, error) {
	if len(b) == 0 {
		return 0, errDigits
	}
	n := uint64(0)
	for _, c := range b {
		d := uint64(c - '0')
		switch {
		case d > 9:
			return 0, errDigits
		case n > (math.MaxUint64-d)/10:
			return 0, errRange
		}
		n = n*10 + d
	}
	return n, nil
}

// ParseInt reads decimal digits with or without a sign.
func ParseInt(b []byte) (int64, error) {
	if len(b) == 0 {
		return 0, errInt
	}
	negative := b[0] == '-'
	if negative || b[0] == '+' {
		b = b[1:]
	}
	n, err := ParseUint(b)
	switch {
	case err == errRange || n > math.MaxInt64 && (!negative || n > -math.MinInt64): //nolint:errorlint // our own, never wrapped
		return 0, errRange
	case err != nil:
		return 0, errInt
	case negative:
		return int64(-n), nil //nolint:gosec // -n in two's complement is the number
	default:
		return int64(n), nil
	}
}
