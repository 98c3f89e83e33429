// Package standard brings fields of records about people and organisations into one
// form each, so that what was written differently and means the same becomes equal:
// names, dates, telephone numbers, e-mail addresses, postal addresses, postcodes and
// organisations. What cannot be understood comes back folded, never lost, with OK
// false; what means "nothing" ("n/a", "unknown", "-") comes back empty.
//
// All functions are safe for concurrent use and take any bytes.
package standard

import "time"

// Person is a person's name in its parts, folded.
type Person struct {
	Given    []string // in the order written; initials are single letters
	Family   []string // without particles
	Particle []string // van, de la, al
	Title    []string // dr, prof, sir, 1st baron
	Suffix   []string // jr, iii, phd
}

// Date is a calendar date of which parts may be unknown (0). Ambiguous says that day
// and month could be the other way round (03/04/1970).
type Date struct {
	Year       int
	Month      time.Month
	Day        int
	Ambiguous  bool
	OK         bool
	Normalised string // YYYY-MM-DD with 00 for unknown parts, or the folded text
}

// Phone is a telephone number.
type Phone struct {
	E164 string // +49301234567, when it can be known
	// Digits are the digits as written without a trunk prefix: what remains comparable
	// when the country is not known.
	Digits string
	OK     bool
}

// Email is an address.
type Email struct {
	Whole  string // lower case, trimmed
	Local  string // without a +tag, and without dots where the provider ignores them
	Domain string // ASCII (IDNA), lower case
	OK     bool
}

// Address is a postal address or a line of one.
type Address struct {
	Number string   // house number with its letter: 12b
	Unit   string   // flat, suite
	Words  []string // of the street and what else stands there, abbreviations spelled out
	Line   string   // all of it in one comparable line
}

// Organisation is an organisation's name.
type Organisation struct {
	Words     []string // without legal form and articles
	LegalForm string   // gmbh, ltd, inc, ev, "" when none
	Acronym   string   // of its words, when it has several
}
