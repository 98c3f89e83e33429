package email

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"golang.org/x/text/unicode/norm"
)

// Limits in octets: RFC 5321 section 4.5.3.1, RFC 1035 section 2.3.4.
const (
	maxLocal   = 64
	maxDomain  = 253
	maxLabel   = 63
	maxMailbox = 254
	// maxInput bounds work on hostile input; a valid domain in Unicode can be
	// longer than its A-labels, but not by more than this.
	maxInput = 1300
)

// Address is one valid e-mail address. The zero value is no address. Printing
// it by package fmt or slog shows [Mask] only, so that it cannot slip into a
// log; it has no JSON form.
type Address struct {
	display string
	mailbox string
	key     string
	flags   flags
}

// Rules vary what [Rules.Parse] accepts. The zero value is right for a server
// that faces the Internet.
type Rules struct {
	// AllowLocalhost accepts localhost as the only domain without a dot, for
	// trials on one machine.
	AllowLocalhost bool
}

// Parse reads one address by the default rules; see [Rules.Parse].
func Parse(s string) (Address, error) { return Rules{}.Parse(s) }

// Parse reads one bare address. Spaces around it are ignored, because people
// paste them. The error is a *habeas.Error of kind Invalid for field "email"
// with a stable code ("email.display-name", "email.confusable", …) and a
// sentence that says what to do; it never holds the input.
func (r Rules) Parse(s string) (Address, error) {
	s = strings.Trim(s, " ")
	switch {
	case s == "":
		return Address{}, errMissing
	case len(s) > maxInput:
		return Address{}, errTooLong
	}
	at, ascii, err := split(s)
	if err != nil {
		return Address{}, err
	}
	local, domain := s[:at], s[at+1:]
	var found flags
	if !ascii {
		if local, found, err = unicodeLocal(local); err != nil {
			return Address{}, err
		}
	}
	if err := checkDotAtom(local); err != nil {
		return Address{}, err
	}
	d, err := r.parseDomain(domain)
	if err != nil {
		return Address{}, err
	}
	a := join(s, local, d)
	a.flags |= found
	if len(a.mailbox) > maxMailbox {
		return Address{}, errTooLong
	}
	return a, nil
}

// join builds the three forms. An address in lower-case ASCII, the usual one,
// costs no allocation: all three are the input itself.
func join(s, local string, d domain) Address {
	a := Address{mailbox: s, flags: d.flags}
	if len(local)+1+len(d.ascii) != len(s) || s[:len(local)] != local || s[len(local)+1:] != d.ascii {
		a.mailbox = local + "@" + d.ascii
	}
	a.display = a.mailbox
	if d.unicode != d.ascii {
		a.display = local + "@" + d.unicode
	}
	a.key = lowerASCII(a.mailbox)
	if a.key != a.mailbox && !isASCII(a.key) {
		// T with two dots has no composed form, t with two dots has one.
		a.key = norm.NFC.String(a.key)
	}
	return a
}

// split finds the @ and refuses whatever no dot-atom address holds. It returns
// the refusal that helps most: a control character weighs more than a comma.
func split(s string) (at int, ascii bool, err error) {
	at, ascii = -1, true
	var worst, ats int
	for i := range len(s) {
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			ascii = false
		case c == '@':
			if ats++; at < 0 {
				at = i
			}
		default:
			worst = max(worst, int(punished[c]))
		}
	}
	switch {
	case worst > 0:
		return 0, false, refusals[worst]
	case !ascii && !utf8.ValidString(s):
		return 0, false, errEncoding
	case ats != 1:
		return 0, false, errAt
	}
	return at, ascii, nil
}

// refusals are ordered by weight; punished maps a byte to its index here.
var refusals = [...]*habeas.Error{nil, errSpace, errComment, errRoute, errLiteral, errList, errQuoted, errName, errControl}

var punished = func() (t [utf8.RuneSelf]uint8) {
	for weight, chars := range []string{1: " ", 2: "()", 3: "%!|", 4: "[]", 5: ",;:", 6: "\"\\", 7: "<>", 8: "\x7f"} {
		for _, c := range []byte(chars) {
			t[c] = uint8(weight)
		}
	}
	for c := range ' ' {
		t[c] = uint8(len(refusals) - 1)
	}
	return t
}()

// checkDotAtom checks what is left to check once split has refused all ASCII
// characters outside atext: length and dots.
func checkDotAtom(local string) error {
	switch {
	case len(local) > maxLocal:
		return errTooLong
	case local == "":
		return errAt
	case local[0] == '.' || local[len(local)-1] == '.' || strings.Contains(local, ".."):
		return errDots
	}
	return nil
}

// unicodeLocal returns the local part in NFC, or the reason to refuse it.
func unicodeLocal(s string) (string, flags, error) {
	if err := checkCharacters(s); err != nil {
		return "", 0, err
	}
	s = norm.NFC.String(s)
	for _, r := range s {
		if foldsToASCII(r) {
			return "", 0, errFolding
		}
	}
	var found flags
	// The key holds the word in lower case, which may look like others where the
	// word as typed does not: J with a dot above is no J, j with one is a j.
	folded := norm.NFC.String(lowerASCII(s))
	for word := range strings.FieldsFuncSeq(s+"@"+folded, isASCIIPunct) {
		if isASCII(word) {
			continue
		}
		scripts, verdict, err := inspect(word, false)
		switch {
		case err != nil:
			return "", 0, err
		case verdict == looksASCII && scripts == 0:
			return "", 0, errConfusable
		case verdict == looksASCII:
			found |= lookalikeLocal
		}
	}
	return s, found, nil
}

// Display returns the address as typed, in NFC, with its domain in Unicode and
// lower case: what to show to people.
func (a Address) Display() string { return a.display }

// Mailbox returns the address for the SMTP envelope: the local part as typed,
// the domain as A-labels. Where it is not ASCII the server must offer SMTPUTF8
// (RFC 6531); see [Address.NeedsSMTPUTF8].
func (a Address) Mailbox() string { return a.mailbox }

// Key returns the canonical form for equality: two addresses are one identity
// if and only if their keys are equal, byte by byte (PTY-A11, A14, A15).
func (a Address) Key() string { return a.key }

// Local returns the part before the @ as typed.
func (a Address) Local() string { return a.mailbox[:a.at()] }

// Domain returns the part after the @ as A-labels in lower case.
func (a Address) Domain() string {
	if a.IsZero() {
		return ""
	}
	return a.mailbox[a.at()+1:]
}

// IsZero reports whether a is no address.
func (a Address) IsZero() bool { return a.key == "" }

// NeedsSMTPUTF8 reports whether the local part goes beyond ASCII.
func (a Address) NeedsSMTPUTF8() bool { return !isASCII(a.Local()) }

// Format implements fmt.Formatter: every verb prints [Mask].
func (a Address) Format(s fmt.State, _ rune) { fmt.Fprint(s, Mask(a)) }

func (a Address) at() int { return max(0, strings.IndexByte(a.mailbox, '@')) }
