package standard

import (
	"bytes"
	"strings"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/net/idna"

	"github.com/habeas-data/habeas/match/text"
)

// Phone is a telephone number.
type Phone struct {
	E164 string // +49301234567, when it can be known
	// Digits are the national number without a trunk prefix: what remains comparable
	// when the country is not known.
	Digits string
	OK     bool
}

// ParsePhone reads a telephone number. region is the ISO 3166-1 country of numbers
// without a country code, or "" when it is not known; then those have only Digits.
// Extensions are dropped, and of several numbers in one field the first is taken.
func ParsePhone(s, region string) Phone {
	if Missing(s) {
		return Phone{}
	}
	s = firstNumber(s)
	var room [64]byte
	digits, plus := appendDigits(room[:0], s)
	if len(digits) == 0 {
		return Phone{Digits: text.Fold(s)}
	}
	if !plus && bytes.HasPrefix(digits, []byte("00")) {
		digits, plus = digits[2:], true
	}
	if plus || region != "" {
		number := string(digits)
		if plus {
			number = "+" + strings.Replace(number, "+", "", 1)
		}
		n, err := phonenumbers.Parse(number, strings.ToUpper(region))
		if err == nil && phonenumbers.IsPossibleNumber(n) {
			return Phone{
				E164:   phonenumbers.Format(n, phonenumbers.E164),
				Digits: phonenumbers.GetNationalSignificantNumber(n), OK: true,
			}
		}
	}
	d := withoutTrunk(string(digits))
	return Phone{Digits: d, OK: len(d) >= 5 && len(d) <= 15}
}

// firstNumber returns the first of several numbers, without its extension.
func firstNumber(s string) string {
	s = s[:min(len(s), 200)]
	if i := strings.IndexAny(s, ",;"); i > 0 && countDigits(s[:i]) >= 6 {
		s = s[:i]
	}
	if i := strings.Index(s, "/"); i > 0 && countDigits(s) > 15 && countDigits(s[:i]) >= 6 {
		s = s[:i]
	}
	// "x 12", "ext. 12", "Durchwahl 12": letters after enough digits.
	for i := range len(s) {
		if c := s[i] | 0x20; c >= 'a' && c <= 'z' && countDigits(s[:i]) >= 6 {
			return s[:i]
		}
	}
	return s
}

func countDigits(s string) (n int) {
	for i := range len(s) {
		if isDigit(s[i]) {
			n++
		}
	}
	return n
}

// appendDigits appends the digits of s to dst, without the "(0)" that is dialled only
// inside the country, and says whether they begin with a plus.
func appendDigits(dst []byte, s string) (digits []byte, plus bool) {
	plus = strings.HasPrefix(strings.TrimLeft(s, " (\t"), "+")
	if plus {
		s = strings.Replace(s, "(0)", "", 1)
	}
	var room [200]byte
	for _, c := range text.AppendFold(room[:0], s) {
		if isDigit(c) {
			dst = append(dst, c)
		}
	}
	return dst, plus
}

// withoutTrunk drops the zero dialled inside most countries, and the one of North
// America, whose area codes and exchanges begin with 2 to 9.
func withoutTrunk(d string) string {
	if len(d) == 11 && d[0] == '1' && d[1] >= '2' && d[2] != '9' && d[4] >= '2' {
		return d[1:]
	}
	if t := strings.TrimLeft(d, "0"); len(t) >= 5 {
		return t
	}
	return d
}

// Email is an address.
type Email struct {
	Whole  string // lower case, trimmed
	Local  string // without a +tag, and without dots where the provider ignores them
	Domain string // ASCII (IDNA), lower case
	OK     bool
}

// ParseEmail reads an e-mail address, also out of "Name <address>" and "mailto:".
func ParseEmail(s string) Email {
	if Missing(s) {
		return Email{}
	}
	s = strings.TrimSpace(s)
	if i, j := strings.LastIndexByte(s, '<'), strings.LastIndexByte(s, '>'); i >= 0 && j > i {
		s = s[i+1 : j]
	}
	s = strings.ToLower(strings.Trim(strings.TrimSpace(s), ".,;:'\"()"))
	s = strings.TrimPrefix(s, "mailto:")
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || at == len(s)-1 || len(s) > 320 || strings.ContainsAny(s, " \t\r\n") {
		return Email{Whole: text.Fold(s)}
	}
	local, domain := s[:at], strings.Trim(s[at+1:], ".")
	if d, err := idna.Lookup.ToASCII(domain); err == nil {
		domain = d
	} else {
		return Email{Whole: text.Fold(s)}
	}
	if !strings.Contains(domain, ".") {
		return Email{Whole: text.Fold(s)}
	}
	if domain == "googlemail.com" {
		domain = "gmail.com"
	}
	e := Email{Whole: local + "@" + domain, Local: local, Domain: domain, OK: true}
	if i := strings.IndexByte(local, '+'); i > 0 {
		e.Local = local[:i]
	}
	if domain == "gmail.com" {
		e.Local = strings.ReplaceAll(e.Local, ".", "")
	}
	return e
}
