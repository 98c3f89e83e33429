package link

import (
	"math/bits"
	"unicode/utf8"

	"github.com/habeas-data/habeas/match/standard"
)

// outline is what can be seen of a value at a glance. Two outlines bound how alike their
// values are, in a few nanoseconds and from one line of memory each, where comparing the
// values themselves takes a hundred times as long. Most candidates end here.
type outline struct {
	// letters has a bit for each letter that occurs and one for each that occurs again
	// (of telephone numbers and dates: up to six for each digit). One edit changes at
	// most two of them.
	letters uint64
	head    uint32 // the low byte of each of the first four runes
	tail    uint32 // by kind: a hash of what else must be the same, the date itself
	runes   uint8  // outlineLong when there are too many
	marks   uint8
	number  uint16 // of a street: a hash of the number before it, 0 when none; of a given name: its bit in tail
}

// Marks of an outline.
const (
	outlineWords uint8 = 1 << iota // several words
	outlineOdd                     // not like most of its kind: nothing can be said
)

const outlineLong = 255

// bounds tells for each kind the best level at which two values with other numbers can
// agree. Kinds that are not here have no bound.
var bounds = map[Kind]func(a, b *outline) verdict{
	GivenName:    func(a, b *outline) verdict { return verdict(a.alike(b)) },
	FamilyName:   func(a, b *outline) verdict { return familyOf[a.alike(b)] },
	Date:         boundDate,
	Email:        boundEmail,
	Phone:        boundPhone,
	Identifier:   func(a, b *outline) verdict { return verdict(min(3, max(1, a.apart(b)))) },
	HouseNumber:  func(a, b *outline) verdict { return verdict(min(2, max(1, a.apart(b)))) },
	Category:     func(_, _ *outline) verdict { return 1 },
	Postcode:     boundPostcode,
	Place:        boundPlace,
	Street:       boundStreet,
	FullName:     boundWords,
	Text:         boundWords,
	Organisation: boundWords,
}

// outlineOf returns the outline of a value; of the missing one it is empty.
func outlineOf(kind Kind, v *value) outline {
	var o outline
	if v.text == "" {
		return o
	}
	n := 0
	var seen [64]uint8
	for _, r := range v.text {
		if n < 4 {
			o.head |= uint32(r&255) << (8 * n)
		}
		n++
		o.letters |= letterBit(kind, r, &seen)
	}
	o.runes = uint8(min(n, outlineLong))
	if n >= outlineLong || n == 1 && len(v.text) > 1 {
		o.marks |= outlineOdd
	}
	if len(v.parts) > 1 {
		o.marks |= outlineWords
	}
	switch kind {
	case GivenName:
		o.forms(v.text)
	case Date:
		if len(v.text) != 8 || v.flags&(datePart|dateBroken) != 0 {
			o.marks |= outlineOdd
			break
		}
		for i := range 8 {
			o.tail = o.tail<<4 | uint32(v.text[i]-'0')
		}
	case Email:
		o.tail = uint32(hashText(1, v.parts[0]))
	case Phone:
		if len(v.text) < 7 {
			o.marks |= outlineOdd
			break
		}
		o.tail = uint32(hashText(1, v.text[len(v.text)-7:]))
	case Postcode:
		o.tail = uint32(hashText(1, areaOf(v.text)))
	case Street:
		if v.num != 0 {
			o.number = uint16(mix(uint64(v.num))) | 1
		}
	default: // the letters are all
	}
	return o
}

// forms keeps the forms of a given name: a bit of tail for each, number is its own.
func (o *outline) forms(name string) {
	list := standard.Nicknames(name)
	if len(list) == 0 {
		return
	}
	bit := func(s string) uint16 { return uint16(hashText(1, s) % 32) }
	o.number = bit(name)
	for _, s := range list {
		o.tail |= 1 << bit(s)
	}
}

// letterBit returns the bit of one more rune r; seen counts those before.
func letterBit(kind Kind, r rune, seen *[64]uint8) uint64 {
	first, most := 62, uint8(2)
	switch digits := kind == Phone || kind == Date; {
	case digits && r >= '0' && r <= '9':
		first, most = 6*int(r-'0'), 6
	case digits:
		first, most = 60+int(r)&3, 1
	case r >= 'a' && r <= 'z':
		first = 2 * int(r-'a')
	case r >= '0' && r <= '9':
		first, most = 52+int(r-'0'), 1
	case r >= utf8.RuneSelf:
		first = 2 * int(r%26)
	}
	at := seen[first]
	if at == most {
		return 0
	}
	seen[first]++
	return 1 << (first + int(at))
}

// apart returns a number of edits that two values are apart at least.
func (o *outline) apart(p *outline) int {
	if (o.marks|p.marks)&outlineOdd != 0 {
		return 0
	}
	n := (bits.OnesCount64(o.letters^p.letters) + 1) / 2
	return max(n, int(o.runes)-int(p.runes), int(p.runes)-int(o.runes))
}

var inverse = func() (x [256]float64) {
	for i := 1; i < len(x); i++ {
		x[i] = 1 / float64(i)
	}
	return x
}()

// jaro returns a number that the Jaro-Winkler similarity is at most.
func (o *outline) jaro(p *outline) float64 {
	if (o.marks|p.marks)&outlineOdd != 0 {
		return 1
	}
	paired := min(int(o.runes)-bits.OnesCount64(o.letters&^p.letters), int(p.runes)-bits.OnesCount64(p.letters&^o.letters))
	if paired <= 0 {
		return 0
	}
	m := float64(paired)
	j := (m*inverse[o.runes]+m*inverse[p.runes]+1)/3 + 1e-9
	prefix := min(4, bits.TrailingZeros32(o.head^p.head)/8)
	return j + .1*float64(prefix)*(1-j)
}

// begins reports whether one value may be the beginning of the other.
func (o *outline) begins(p *outline) bool {
	n := min(o.runes, p.runes, 4)
	return (o.head^p.head)&(1<<(8*n)-1) == 0
}

var familyOf = [...]verdict{same: 0, typo1: 2, nickname: 4, typo2: 3, part: 4, initial: 5, unlike: 6}

// alike returns the most that two different names may be alike.
func (o *outline) alike(p *outline) likeness {
	if (o.marks|p.marks)&outlineOdd != 0 {
		return typo1
	}
	apart := o.apart(p)
	switch {
	case min(o.runes, p.runes) == 1:
		if o.begins(p) {
			return initial
		}
		return unlike
	case apart <= 1:
		return typo1
	case o.tail>>p.number&1 != 0 && p.tail>>o.number&1 != 0:
		return nickname
	case apart <= 2:
		return typo2
	}
	if (o.marks|p.marks)&outlineWords == 0 {
		if o.jaro(p) > .85 {
			return typo2
		}
	} else if o.jaro(p) > .92 {
		return typo2
	}
	if (o.marks|p.marks)&outlineWords != 0 || o.begins(p) {
		return part
	}
	return unlike
}

func boundDate(a, b *outline) verdict {
	if (a.marks|b.marks)&outlineOdd != 0 {
		return 1
	}
	x := a.tail ^ b.tail
	year, month, day := x>>16 == 0, x>>8&255 == 0, x&255 == 0
	if year {
		return 1
	}
	switch d := a.apart(b); {
	case d <= 1:
		return dateTypo1
	case near(a.tail, b.tail):
		return dateNear
	case month && day:
		return dateOnePart
	case d == 2:
		return dateTypo2
	}
	return dateDiffers
}

// near reports whether two dates may be a few weeks apart.
func near(x, y uint32) bool {
	months := func(d uint32) int {
		year := d>>28*1000 + d>>24&15*100 + d>>20&15*10 + d>>16&15
		return int(year*12 + d>>12&15*10 + d>>8&15)
	}
	n := months(x) - months(y)
	return n <= 2 && n >= -2
}

func boundEmail(a, b *outline) verdict {
	switch {
	case a.apart(b) <= 2:
		return emailTypo
	case a.tail == b.tail:
		return emailLocal
	}
	return emailName + 1 // which depends on the rows
}

func boundPhone(a, b *outline) verdict {
	if (a.marks|b.marks)&outlineOdd != 0 || a.tail == b.tail {
		return 1
	}
	return verdict(min(4, max(2, 1+a.apart(b))))
}

func boundPostcode(a, b *outline) verdict {
	switch {
	case a.apart(b) <= 1:
		return 1
	case a.tail == b.tail:
		return 2
	}
	return 3
}

func boundPlace(a, b *outline) verdict {
	switch d := a.apart(b); {
	case d <= 1:
		return 1
	case d <= 3 || a.jaro(b) > .92:
		return 2
	case (a.marks|b.marks)&outlineWords != 0 || min(a.runes, b.runes) == 1:
		return 3
	}
	return 4
}

func boundStreet(a, b *outline) verdict {
	number := a.number == b.number || a.number == 0 || b.number == 0
	switch {
	case number && a.apart(b) <= 2:
		return 1
	case number:
		return 2
	}
	return 3
}

func boundWords(a, b *outline) verdict {
	if a.apart(b) <= 2 {
		return 1
	}
	return 2
}
