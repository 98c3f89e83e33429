package prose

import (
	"bytes"

	"github.com/habeas-data/habeas/scrub/internal/prose/word"
)

// Forms of addresses that have no word for a kind of street, and small parts of them.

// glued says whether a core is a piece of something longer, such as the text of a hash.
func (r *reader) glued(c core) bool {
	before, after := r.strip.At(c.first-1).Kind, *r.strip.At(c.last + 1)
	return r.strip.At(c.first).Gap == word.Tight && (before == word.Word || before == word.Digits) ||
		after.Gap == word.Tight && (after.Kind == word.Word || after.Kind == word.Digits)
}

// again says whether a token tells the second house of a number: 98 bis.
func again(t *word.Token) bool {
	return t.Kind == word.Word && t.Gap == word.Blank && t.Letters == 3 && (t.Tail == 'b'<<16|'i'<<8|'s' || t.Tail == 't'<<16|'e'<<8|'r')
}

// numbers says whether a word leads to the number of a house.
func (r *reader) numbers(t *word.Token) bool {
	switch string(r.window.Text[t.Start:t.End]) {
	case "no", "No", "nr", "Nr", "n", "N", "nº", "Nº", "núm", "numéro", "д", "дом", "αρ", "č":
		return true
	}
	return false
}

// unitBefore takes the part of a house that stands before its number: Flat 2, 139 Elm Road.
func (r *reader) unitBefore(c core) core {
	unit := c.first - 1
	if r.strip.At(unit).Char == '.' && r.strip.At(unit).Gap == word.Tight {
		unit--
	}
	number := *r.strip.At(c.first)
	if c.numbered && number.Kind == word.Digits && number.Gap == word.Blank && r.strip.At(unit).Attr.Class() == word.Unit {
		c.first, c.weight = unit, c.weight+unitPart
	}
	return c
}

// storey is a floor and a door as in Spain: 3º B.
func (r *reader) storey(i int) (part, bool) {
	floor, sign := *r.strip.At(i), *r.strip.At(i + 1)
	if floor.Len() > 2 || sign.Gap != word.Tight {
		return part{}, false
	}
	text := r.window.Text[sign.Start:sign.End]
	if !bytes.HasPrefix(text, []byte("º")) && !bytes.HasPrefix(text, []byte("ª")) && !bytes.HasPrefix(text, []byte("°")) {
		return part{}, false
	}
	last := i + 1
	if door := r.strip.At(i + 2); door.Kind == word.Word && door.Gap <= word.Blank && door.Letters == 1 && door.Shape == word.Capital {
		last++
	}
	return part{last: last, weight: unitPart, sure: true}, true
}

// inTown is a town or a postcode after "in".
func (r *reader) inTown(i int, sep separation) (part, bool) {
	t := *r.strip.At(i)
	if sep != nothing || t.Kind != word.Word || t.Shape != word.Lower || t.Letters > 2 || t.Attr.Class() != word.Near {
		return part{}, false
	}
	if r.strip.At(i+1).Gap != word.Blank {
		return part{}, false
	}
	p, ok := r.part(i+1, nothing)
	return p, ok && p.weight > 0
}

// prepositions begin names of streets in German. Some do with an article only.
var prepositions = map[string]bool{
	"Am": false, "Im": false, "Zum": false, "Zur": false, "Beim": false,
	"An": true, "Auf": true, "Unter": true, "Hinter": true, "Vor": true, "Über": true, "In": true, "Bei": true, "Neben": true,
}

// preposed takes the preposition that begins the name of a street whose last word is token
// i: Unter den Linden, Am Alten Markt. At the beginning of a sentence it says less.
func (r *reader) preposed(c *core, i int) bool {
	first := i
	for n := 0; ; n++ {
		t := r.strip.At(first)
		if a := t.Attr.Class(); n == 2 || t.Shape != word.Capital || t.Gap != word.Blank || a == word.Month || a == word.Weekday || a == word.Number || a == word.Tech {
			return false
		}
		first--
		k := first
		p := r.strip.At(k)
		article := p.Kind == word.Word && p.Shape == word.Lower && p.Letters == 3 && p.Tail>>16 == 'd'
		if article && p.Gap == word.Blank {
			k--
		}
		needs, ok := prepositions[r.text(k)]
		if !ok && !article {
			continue // a second word of the name
		}
		if !ok || needs && !article {
			return false
		}
		c.first, c.weight = k, weakKind
		if before := r.strip.At(k - 1); r.strip.At(k).Gap > word.Wide || before.Kind == word.Edge || before.Char == '.' || before.Char == '!' || before.Char == '?' {
			c.weight--
		}
		return true
	}
}

// numberFirst is the core of a number and a name that may be that of a street, where a field
// is named after addresses, and of a block and a quarter in Japan: 3-20 Sakuragaoka.
func (r *reader) numberFirst(i int, capital bool) (core, bool) {
	first := i - 1
	if d := r.strip.At(first); !capital || d.Kind != word.Digits || d.Len() > 5 || r.strip.At(i).Gap != word.Blank {
		return core{}, false
	}
	for r.strip.At(first-1).Char == '-' && r.strip.At(first-2).Kind == word.Digits && r.strip.At(first).Gap == word.Tight && r.strip.At(first-1).Gap == word.Tight {
		first -= 2
	}
	c := core{first: first, last: r.nameWords(i, 1, 4), weight: houseNumber, numbered: true}
	t := r.strip.At(i)
	var buf [2 * word.MaxWord]byte
	if first < i-1 && t.Len() <= word.MaxWord && word.QuarterEnd(word.AppendFolded(buf[:0], r.window.Text[t.Start:t.End])) {
		c.weight += strongKind
		c.last = i
		return c, true
	}
	if c.last < i || !r.field(first) {
		return core{}, false
	}
	return r.numberAfter(c), true
}

// field says whether token i is the first one of the value of a field that holds an address.
func (r *reader) field(i int) bool {
	marks := 0
	for n := 1; n <= 5; n++ {
		switch t := r.strip.At(i - n); t.Kind {
		case word.Mark:
			if t.Char == '.' || t.Char == ',' {
				return false
			}
			marks++
		case word.Word:
			c := t.Attr.Class()
			sign := r.strip.At(i - n + 1)
			return marks > 0 && sign.Gap == word.Tight && (c == word.Place || c == word.StreetFirst || c == word.StreetLast)
		default:
			return false
		}
	}
	return false
}

// box is the core of a box: P.O. Box 12, Postfach 12, PSC 12, Box 3, Unit 12 Box 3.
func (r *reader) box(i int) (core, bool) {
	n := i + 1
	if m := r.strip.At(n); m.Char == '.' || m.Char == ':' || m.Char == '#' {
		n++
	}
	if d := r.strip.At(n); d.Kind != word.Digits || d.Len() > 6 || d.Gap > word.Blank {
		return core{}, false
	}
	c := core{first: i, last: n, numbered: true}
	b := r.strip.At(i)
	text := r.window.Text[b.Start:b.End]
	switch {
	case len(text) == 2 && b.Shape != word.Upper:
		return core{}, false
	case len(text) == 2:
		c.weight = weakKind
	case len(text) != 3 || text[0]|0x20 != 'b':
		c.weight = enough
	default: // the word box alone is any box
		for k := range 4 {
			p := r.strip.At(i - 1 - k)
			if p.Kind == word.Word && (p.Tail == 'p'<<8|'o' || p.Tail == 'o') {
				c.weight = enough
				c.first = i - 1 - k
				if q := r.strip.At(c.first - 2); p.Tail == 'o' && q.Tail == 'p' {
					c.first -= 2
				}
			}
			if u := r.strip.At(i - 2); k == 0 && p.Kind == word.Digits && u.Attr.Class() == word.Unit {
				c.weight, c.first = enough, i-2
			}
		}
		if c.weight == 0 {
			return core{}, false
		}
	}
	return c, true
}

// military is the core of an address overseas: APO AA 34012, and the line before it.
func (r *reader) military(i int) (core, bool) {
	area, code := r.strip.At(i+1), r.strip.At(i+2)
	if r.strip.At(i).Letters == 3 && area.Shape == word.Upper && area.Letters == 2 && code.Kind == word.Digits && code.Len() == 5 {
		return core{first: i, last: i + 2, weight: enough, numbered: true}, true
	}
	last := r.nameWords(i+1, 1, 3)
	if last <= i || r.strip.At(last+1).Attr.Class() != word.Military {
		return core{}, false
	}
	return core{first: i, last: last, weight: strongKind, numbered: true}, true
}
