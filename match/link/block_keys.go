package link

import (
	"math/bits"
	"unicode/utf8"

	"github.com/habeas-data/habeas/match/text"
)

// Rows meet as candidates when their values share a key. Each kind of field has keys
// that survive the mistakes usual in it: a name heard wrong keeps its sound, a date with
// one wrong part keeps the other two, a wrong letter in a word leaves its beginning or
// its end. Which of them are worth using is decided by how many rows share them.

// Key spaces. Names share one, so that given and family name meet when swapped; so do
// all columns of another kind.
const (
	spaceName uint64 = iota + 1
	spaceWord
	spaceDate
	spaceEmail
	spacePhone
	spacePostcode
	spacePlace
	spaceNumber
	spaceIdentifier
	spaceCategory
)

// Forms of a key.
const (
	formWhole uint64 = iota << 8
	formSound
	formStart
	formEnd
	formYearMonth
	formMonthDay
	formYearDay
)

// groupEnd parts the groups of a value's keys. The keys of one group are about the same
// word or the same number: one holds where another does, so two of them together say no
// more than one.
const groupEnd uint64 = 0

// maxWords is how many words of a long value give keys.
const maxWords = 12

// keyList collects the keys of one value.
type keyList []uint64

func (k *keyList) add(tag uint64, s string) {
	if s != "" {
		*k = append(*k, max(1, hashText(tag, s)))
	}
}

func (k *keyList) end() {
	if n := len(*k); n > 0 && (*k)[n-1] != groupEnd {
		*k = append(*k, groupEnd)
	}
}

// blockKeys returns the keys of a value, its groups parted by groupEnd.
func blockKeys(kind Kind, v *value) []uint64 {
	if v.text == "" {
		return nil
	}
	var k keyList
	switch kind {
	case GivenName, FamilyName, FullName:
		k.names(v)
	case Organisation, Street, Text:
		k.words(v)
	case Date:
		k.date(v)
	case Email:
		k.email(v)
	case Phone:
		k.phone(v.text)
	case Postcode:
		k.add(spacePostcode|formWhole, v.text)
		k.add(spacePostcode|formStart, first(v.text, (utf8.RuneCountInString(v.text)+1)/2))
	case Place:
		k.add(spacePlace|formWhole, v.text)
		k.add(spacePlace|formStart, first(v.text, 3))
	case HouseNumber:
		k.add(spaceNumber|formWhole, v.text)
	case Identifier:
		k.add(spaceIdentifier|formWhole, v.text)
		if n := utf8.RuneCountInString(v.text); n > 5 {
			k.add(spaceIdentifier|formStart, first(v.text, n/2))
			k.add(spaceIdentifier|formEnd, last(v.text, n/2))
		}
	case Category:
		k.add(spaceCategory|formWhole, v.text)
	default: // not compared
	}
	k.end()
	return k
}

func (k *keyList) names(v *value) {
	words := v.parts
	if len(words) == 0 {
		words = []string{v.text}
	}
	for _, w := range words[:min(len(words), maxWords)] {
		k.add(spaceName|formWhole, w)
		k.add(spaceName|formSound, text.Sound(w))
		k.add(spaceName|formStart, first(w, 3))
		if utf8.RuneCountInString(w) > 4 {
			k.add(spaceName|formEnd, last(w, 3))
		}
		k.end()
	}
}

func (k *keyList) words(v *value) {
	words := v.parts
	if len(words) != 1 {
		k.add(spaceWord|formWhole, v.text)
		k.end()
	}
	for _, w := range words[:min(len(words), maxWords)] {
		k.add(spaceWord|formWhole, w)
		if w[0] > '9' && len(w) > 4 {
			k.add(spaceWord|formStart, first(w, 4))
		}
		k.end()
	}
}

func (k *keyList) date(v *value) {
	t := v.text
	if len(t) != 8 || v.flags&dateBroken != 0 {
		k.add(spaceDate|formWhole, t)
		k.add(spaceDate|formStart, first(t, 4))
		return
	}
	year, month, day := t[:4], t[4:6], t[6:]
	k.add(spaceDate|formWhole, year+min(month, day)+max(month, day))
	k.add(spaceDate|formYearMonth, year+month)
	k.add(spaceDate|formMonthDay, month+day)
	k.add(spaceDate|formYearDay, year+day)
}

func (k *keyList) email(v *value) {
	k.add(spaceEmail|formWhole, v.text)
	if len(v.parts) > 0 {
		local := v.parts[0]
		k.add(spaceEmail|formStart, local)
		if utf8.RuneCountInString(local) > 5 {
			k.add(spaceEmail|formSound, first(local, 5))
			k.add(spaceEmail|formEnd, last(local, 5))
		}
	}
}

func (k *keyList) phone(digits string) {
	k.add(spacePhone|formWhole, last(digits, 8))
	if n := len(digits); n > 7 {
		k.add(spacePhone|formEnd, last(digits, 5))
		k.add(spacePhone|formStart, digits[:n-4])
	}
}

// first returns the first n runes of s.
func first(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}

// last returns the last n runes of s.
func last(s string, n int) string {
	i := len(s)
	for ; n > 0 && i > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(s[:i])
		i -= size
	}
	return s[i:]
}

// hashText hashes s under a tag: alike in every process, so that the same rows give the
// same result.
func hashText(tag uint64, s string) uint64 {
	h := mix(tag + uint64(len(s))*0x9E3779B97F4A7C15)
	for len(s) >= 8 {
		h = mix(h ^ (uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56))
		s = s[8:]
	}
	var tail uint64
	for i := range len(s) {
		tail |= uint64(s[i]) << (8 * i)
	}
	return mix(h ^ tail)
}

// mix spreads every bit of x over all others: one to one on 64 bits but for the fold.
func mix(x uint64) uint64 {
	hi, lo := bits.Mul64(x^0xA0761D6478BD642F, 0xE7037ED1A0B428DB)
	return hi ^ lo
}
