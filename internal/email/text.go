package email

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// checkCharacters refuses characters that no address needs, wherever they
// stand. Allowed beyond ASCII are letters, marks, decimal digits and the four
// signs of RFC 5892 appendix A whose place inspect checks.
func checkCharacters(s string) error {
	for _, r := range s {
		if r < utf8.RuneSelf {
			continue
		}
		if err := checkCharacter(r); err != nil {
			return err
		}
	}
	// What compatibility mapping changes would merge with another address in
	// any system that applies it (PTY-A12); NFC alone is harmless.
	if norm.NFKC.String(s) != norm.NFC.String(s) {
		return errCompat
	}
	return nil
}

func checkCharacter(r rune) error {
	switch {
	case unicode.Is(unicode.Cc, r):
		return errControl
	case unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Zl, unicode.Zp):
		return errInvisible
	case unicode.Is(unicode.Zs, r):
		return errSpace
	case isSingleton(r):
		return errCompat
	case unicode.In(r, unicode.L, unicode.Mn, unicode.Mc, unicode.Nd), inContext(r):
		return nil
	}
	if k := norm.NFKC.String(string(r)); k != string(r) {
		return errCompat
	}
	return errCharacter
}

// isSingleton reports whether NFC replaces r by one other character: U+212A by
// K, for instance. NFC would fold these silently into a different address.
func isSingleton(r rune) bool {
	c := norm.NFC.String(string(r))
	return c != string(r) && utf8.RuneCountInString(c) == 1
}

// foldsToASCII reports whether upper or lower case of r is an ASCII letter, as
// for the dotless ı and the dotted İ: a mail server that ignores case by Unicode
// rules delivers such an address to somebody else's mailbox (PTY-A10, A11).
func foldsToASCII(r rune) bool {
	return r >= utf8.RuneSelf && (unicode.ToUpper(r) < utf8.RuneSelf || unicode.ToLower(r) < utf8.RuneSelf)
}

// Signs that RFC 5892 permits in one place only.
const (
	middleDot      = '\u00B7'
	greekKeraia    = '\u0375'
	hebrewGeresh   = '\u05F3'
	hebrewGershaim = '\u05F4'
	katakanaDot    = '\u30FB'
	dotAbove       = '\u0307'
)

func inContext(r rune) bool {
	switch r {
	case middleDot, greekKeraia, hebrewGeresh, hebrewGershaim, katakanaDot:
		return true
	}
	return false
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isASCIIPunct reports whether r separates words: ASCII, no letter, no digit.
func isASCIIPunct(r rune) bool {
	return r < utf8.RuneSelf && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
}

// lowerASCII folds A–Z and nothing else. It returns s itself where there is
// nothing to fold.
func lowerASCII(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				if b[j] >= 'A' && b[j] <= 'Z' {
					b[j] |= 0x20
				}
			}
			return string(b)
		}
	}
	return s
}
