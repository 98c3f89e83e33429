package email

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

//go:generate go run ./gen -in $CONFUSABLES -out confusables.go

// confusable is a character and the ASCII text it looks like.
type confusable struct {
	r     rune
	ascii string
}

// prototype returns the ASCII text that r looks like by UTS 39, or nothing.
func prototype(r rune) string {
	i, ok := slices.BinarySearchFunc(confusables[:], r, func(c confusable, r rune) int { return int(c.r - r) })
	if !ok {
		return ""
	}
	return confusables[i].ascii
}

// verdict says how much a word looks like a different word in ASCII.
type verdict uint8

const (
	plain         verdict = iota
	looksFamiliar         // one everyday letter looks like ASCII: the dotless ı
	looksASCII            // every letter looks like ASCII
)

// inspect applies UTS 39 to one word, a label or a part of the local part in
// NFC: where marks and signs may stand, which scripts meet, and what it looks
// like.
func inspect(word string, isLabel bool) (scriptSet, verdict, error) {
	if err := checkMarks(word); err != nil {
		return 0, plain, err
	}
	var all, last scriptSet
	zero := rune(-1) // the digit zero of the decimal system in use
	for _, r := range word {
		s, living := scriptOf(r, last)
		if !living {
			return 0, plain, errScript
		}
		if s != 0 {
			all, last = all|s, s
		}
		if s == 0 && !unicode.Is(unicode.Nd, r) && !everyday(r, isLabel) && prototype(r) != "" {
			return 0, plain, errConfusable // punctuation of no script that imitates ASCII
		}
		if z := zeroOf(r); z >= 0 {
			if zero >= 0 && z != zero {
				return 0, plain, errMixed
			}
			zero = z
		}
	}
	if !all.highlyRestrictive() {
		return 0, plain, errMixed
	}
	if err := checkContext(word, all); err != nil {
		return 0, plain, err
	}
	if all&latin == 0 {
		if wholeLooksASCII(word) {
			return all, looksASCII, nil
		}
		return all, plain, nil
	}
	v, err := latinVerdict(word, isLabel)
	return all, v, err
}

// latinVerdict refuses a letter beside Latin ones that reads as ASCII: ɑ as a,
// ǃ as !, and ノ as / within a mixed Japanese label. The dotless
// ı is kept but noted; it reaches here in labels only.
func latinVerdict(word string, isLabel bool) (verdict, error) {
	v := plain
	for _, r := range word {
		if r < utf8.RuneSelf || prototype(r) == "" {
			continue
		}
		switch {
		case r == 'ı':
			v = looksFamiliar
		case !everyday(r, isLabel):
			return plain, errConfusable
		}
	}
	return v, nil
}

// everyday exempts letters of living orthographies from the table: æ and œ
// cannot be mistaken for one letter, and the Hawaiian ʻ and the letter ʼ cannot
// be mistaken in a label, where no apostrophe can stand.
func everyday(r rune, isLabel bool) bool {
	return strings.ContainsRune("æœÆŒ", r) || isLabel && (r == 'ʻ' || r == 'ʼ')
}

// wholeLooksASCII reports whether every character of a word without Latin
// letters is ASCII or looks it, accents aside: the whole-script confusables of
// UTS 39 section 4.
func wholeLooksASCII(word string) bool {
	for _, r := range norm.NFD.String(word) {
		if r >= utf8.RuneSelf && !unicode.Is(unicode.Mn, r) && prototype(r) == "" {
			return false
		}
	}
	return true
}

// checkMarks refuses marks that have nothing to stand on, repeat, pile up
// (UTS 39 section 5.4), or hide in the dot of an i.
func checkMarks(word string) error {
	const pile = 4
	var run int
	base, before := rune(-1), rune(-1)
	for _, r := range norm.NFD.String(word) {
		if !unicode.Is(unicode.M, r) {
			base, before, run = r, r, 0
			continue
		}
		if run++; base < 0 || run > pile || r == before {
			return errMarks
		}
		if r == dotAbove && strings.ContainsRune("ijlıȷ", base) {
			return errConfusable
		}
		before = r
	}
	return nil
}

// checkContext implements RFC 5892 appendix A.3 to A.7.
func checkContext(word string, all scriptSet) error {
	runes := []rune(word)
	at := func(i int) rune {
		if i < 0 || i >= len(runes) {
			return -1
		}
		return runes[i]
	}
	for i, r := range runes {
		ok := true
		switch r {
		case middleDot:
			ok = at(i-1)|0x20 == 'l' && at(i+1)|0x20 == 'l'
		case greekKeraia:
			ok = unicode.Is(unicode.Greek, at(i+1))
		case hebrewGeresh, hebrewGershaim:
			ok = unicode.Is(unicode.Hebrew, at(i-1))
		case katakanaDot:
			ok = all&(han|hiragana|katakana) != 0
		}
		if !ok {
			return errCharacter
		}
	}
	return nil
}

// zeroOf returns the zero of the decimal system that r is a digit of, or -1.
// Unicode encodes every decimal system as ten consecutive digits.
func zeroOf(r rune) rune {
	if r < utf8.RuneSelf {
		if r >= '0' && r <= '9' {
			return '0'
		}
		return -1
	}
	if !unicode.Is(unicode.Nd, r) {
		return -1
	}
	for _, s := range unicode.Nd.R16 {
		if r >= rune(s.Lo) && r <= rune(s.Hi) {
			return r - (r-rune(s.Lo))%10
		}
	}
	for _, s := range unicode.Nd.R32 {
		if r >= rune(s.Lo) && r <= rune(s.Hi) {
			return r - (r-rune(s.Lo))%10
		}
	}
	return -1
}
