package prose

import (
	"github.com/habeas-data/habeas/scrub/internal/prose/judge"
	"github.com/habeas-data/habeas/scrub/internal/prose/word"
	"github.com/habeas-data/habeas/scrub/internal/span"
)

// An address has a core, a street with its number or a box, and parts that belong to it on
// either side. Each core that could be one is weighed with what was found around it, apart
// from all others, so that an address depends on its surroundings alone.

// What speaks for an address, and how much.
const (
	strongKind  = 3 // Street, Rua, -straße
	weakKind    = 2 // Court, -hof
	houseNumber = 2
	twoNumbers  = 1
	unitPart    = 3
	postcode    = 3
	knownPlace  = 1
	leadsTo     = 3 // "lives at", "Address:"
	preposition = 1
	corner      = 3
	enough      = 4
)

// core is a street or a box: tokens first to last.
type core struct {
	first, last int
	weight      int
	numbered    bool // it has a number
}

// street looks for an address whose core is at token i and notes it.
func (r *reader) street(i int) {
	c, ok := r.core(i)
	if !ok {
		return
	}
	c = r.unitBefore(r.numbersBefore(c))
	if r.glued(c) {
		return
	}
	weight := c.weight + r.context(&c)
	c.last = r.otherStreet(c)
	last, more := r.extend(c.last, r.strip.At(c.first).Start)
	if weight+more < enough || !c.numbered && more < postcode && weight < strongKind+leadsTo {
		return
	}
	s, e := r.strip.At(c.first).Start, r.strip.At(last).End
	if r.met(s, e) {
		return
	}
	r.addresses = append(r.addresses, located{s, e})
	r.emit(span.Span{Start: s, End: e, Kind: span.Address, Same: r.same(c.first, last)})
}

// met says whether a place lies within an address that was met before.
func (r *reader) met(s, e int) bool {
	for k := len(r.addresses) - 1; k >= 0 && r.addresses[k].end > s; k-- {
		if a := r.addresses[k]; a.start <= s && e <= a.end {
			return true
		}
	}
	return false
}

// core finds the street or box that token i tells of.
func (r *reader) core(i int) (core, bool) {
	t := *r.strip.At(i)
	capital := t.Shape == word.Capital || t.Shape == word.Upper
	switch c := t.Attr.Class(); {
	case c == word.Box:
		return r.box(i)
	case c == word.Military && capital:
		return r.military(i)
	case c == word.StreetFirst:
		if f, ok := r.streetFirst(i, capital); ok {
			return f, true
		}
		return r.streetLast(i, strongKind, capital)
	case c == word.StreetLast || t.Letters == 2 && t.Tail == 'd'<<8|'r':
		return r.streetLast(i, strongKind, capital)
	case c == word.StreetWeak && capital:
		if f, ok := r.streetLast(i, weakKind, capital); ok {
			return f, true
		}
	}
	if f, ok := r.numberFirst(i, capital); ok {
		return f, true
	}
	return r.oneWord(i, &t, capital)
}

// number tells how many tokens from i on are the number of a house: "12", "12a", "12/3",
// "12-14"; 0 where there is none.
func (r *reader) number(i int) int {
	t := r.strip.At(i)
	if t.Kind != word.Digits || t.Len() > 5 {
		return 0
	}
	n := 1
	if a := r.strip.At(i + 1); a.Kind == word.Word && a.Letters == 1 && a.Gap == word.Tight {
		n = 2
	}
	for n < 4 {
		m, d := *r.strip.At(i + n), r.strip.At(i+n+1)
		if m.Char == '/' && m.Gap == word.Tight && d.Kind == word.Word && d.Letters == 1 && d.Gap == word.Tight { // 58/A
			n += 2
			break
		}
		if m.Kind != word.Mark || m.Gap != word.Tight || m.Char != '/' && m.Char != '-' || d.Kind != word.Digits ||
			d.Gap != word.Tight || d.Len() > 4 {
			break
		}
		n += 2
	}
	// A date, a time, a share or an amount is no house.
	switch a := r.strip.At(i + n); {
	case a.Kind == word.Mark && a.Gap == word.Tight && (a.Char == ':' || a.Char == '%' || a.Char == '@' || a.Char == '_'):
		return 0
	case a.Kind == word.Mark && a.Gap == word.Tight && a.Char == '.':
		if d := r.strip.At(i + n + 1); d.Kind == word.Digits && d.Gap == word.Tight {
			return 0
		}
	case a.Kind == word.Word && a.Gap == word.Tight:
		return 0
	}
	return n
}

// yearly says whether token i looks like a year.
func (r *reader) yearly(i int) bool {
	t := r.strip.At(i)
	if t.Len() != 4 {
		return false
	}
	c := r.window.Text[t.Start : t.Start+2]
	return string(c) == "19" || string(c) == "20"
}

// numberAfter takes the number that follows a street, if one does.
func (r *reader) numberAfter(c core) core {
	i := c.last + 1
	if m := r.strip.At(i); m.Kind == word.Mark && (m.Char == ',' || m.Char == '.') && m.Gap == word.Tight {
		i++
	}
	if t := r.strip.At(i); t.Kind == word.Word && t.Gap == word.Blank && r.numbers(t) {
		i++ // no. 12
		if r.strip.At(i).Char == '.' {
			i++
		}
	}
	if g := r.strip.At(i).Gap; g != word.Blank && g != word.Tight || g == word.Tight && i == c.last+1 {
		return c
	}
	n := r.number(i)
	if n == 0 || r.yearly(i) && r.strip.At(c.first-1).Kind != word.Digits {
		return c
	}
	c.last, c.weight, c.numbered = i+n-1, c.weight+houseNumber, true
	if again(r.strip.At(c.last + 1)) {
		c.last++
	}
	return c
}

// numbersBefore takes up to two numbers before a street.
func (r *reader) numbersBefore(c core) core {
	for n := range 2 {
		i := c.first - 1
		t := r.strip.At(i)
		if t.Kind == word.Mark && t.Char == ',' && t.Gap == word.Tight && r.strip.At(i-1).Kind == word.Digits {
			i--
			t = r.strip.At(i)
		}
		if again(t) && r.strip.At(i+1).Gap == word.Blank {
			i--
			t = r.strip.At(i)
		}
		if t.Kind == word.Word && t.Letters == 1 && t.Gap == word.Tight && r.strip.At(i-1).Kind == word.Digits {
			i--
			t = r.strip.At(i)
		}
		if t.Kind != word.Digits || t.Len() > 5 || r.strip.At(i+1).Gap > word.Blank {
			return c
		}
		// Part of something longer: 10.0.0.1, 2026-11-23, 12:30.
		if b := r.strip.At(i - 1); b.Kind == word.Mark && t.Gap == word.Tight && (b.Char == '.' || b.Char == ':' || b.Char == '-' || b.Char == '/') &&
			r.strip.At(i-2).Kind == word.Digits {
			return c
		}
		switch {
		case n == 0 && !c.numbered:
			c.weight += houseNumber
		case t.Len() >= 3:
			c.weight += twoNumbers + 1
		default:
			c.weight += twoNumbers
		}
		c.first, c.numbered = i, true
	}
	return c
}

// nameWord says whether a token may be a word of the name of a street or town.
func nameWord(t *word.Token) bool {
	if t.Kind != word.Word {
		return false
	}
	switch t.Shape {
	case word.Capital, word.Upper, word.Caseless:
		return !streetless(t.Attr)
	default:
		return false
	}
}

// nameWords goes from token i in the direction step over the words of a name with small
// words and points of abbreviations between them, and returns the last one, or i-step where
// there is none.
func (r *reader) nameWords(i, step, most int) int {
	end := i - step
	for n := range most {
		j := i + step*n
		t := *r.strip.At(j)
		if gap := r.strip.At(max(j, j-step)).Gap; gap > word.Blank || r.apart(i, j) {
			break
		}
		switch {
		case nameWord(&t):
			end = j
		case t.Kind == word.Word && t.Shape == word.Lower && t.Attr.Class() == word.Particle:
		case t.Kind == word.Mark && t.Char == '.' && t.Gap == word.Tight && r.abbreviation(j-1):
		case t.Kind == word.Word && t.Letters == 2 && t.Gap == word.Tight && r.strip.At(j-1).Kind == word.Digits: // 42nd
		case t.Kind == word.Digits && r.strip.At(j+1).Letters == 2 && r.strip.At(j+1).Gap == word.Tight:
			end = j
		default:
			return end
		}
	}
	return end
}

// apart says whether two tokens are too far from each other to be looked at together.
func (r *reader) apart(i, j int) bool {
	return r.strip.At(max(i, j)).Start-r.strip.At(min(i, j)).Start > nearby
}

// abbreviation says whether token i is a word that is written with a point within a name.
func (r *reader) abbreviation(i int) bool {
	t := r.strip.At(i)
	return t.Kind == word.Word && t.Letters <= 3 && t.Shape != word.Lower
}

// streetLast is the core with the kind of street last: 12 Baker Street, Fő utca 5.
func (r *reader) streetLast(i, weight int, capital bool) (core, bool) {
	if r.strip.At(i).Gap == word.Tight {
		return core{}, false
	}
	first := r.nameWords(i-1, -1, 6)
	if first > i-1 {
		return r.smallStreet(i, weight)
	}
	c := core{first: first, last: i, weight: weight}
	if r.strip.At(i+1).Char == '.' && r.strip.At(i).Letters <= 4 && r.strip.At(i+1).Gap == word.Tight &&
		r.strip.At(i+2).Kind != word.Edge && r.strip.At(i+2).Gap <= word.Blank {
		c.last++
	}
	c = r.numberAfter(c)
	// Small letters alone are too common: "12 years in the way".
	if !capital && !c.numbered && r.strip.At(first-1).Kind != word.Digits {
		return core{}, false
	}
	return c, true
}

// smallStreet is the core of a street in small letters, which has its number first: 12 elm
// street.
func (r *reader) smallStreet(i, weight int) (core, bool) {
	for n := 1; n <= 2; n++ {
		t := r.strip.At(i - n)
		if t.Kind != word.Word || t.Shape != word.Lower || t.Letters < 3 || t.Attr.Class() != word.None || r.strip.At(i-n+1).Gap != word.Blank {
			break
		}
		if d := r.strip.At(i - n - 1); d.Kind == word.Digits && t.Gap == word.Blank && d.Len() < 5 {
			// Without the number it would not do, and the number alone is not enough.
			return core{first: i - n, last: i, weight: weight - houseNumber}, true
		}
	}
	return core{}, false
}

// otherStreet takes in the second street of a corner.
func (r *reader) otherStreet(c core) int {
	and := c.last + 1
	if t := r.strip.At(and); t.Char == '.' {
		and++
	}
	if r.strip.At(c.first).Attr.Class() != word.Corner && r.strip.At(c.first+1).Attr.Class() != word.Corner || r.strip.At(and).Attr.Class() != word.And {
		return c.last
	}
	if last := r.nameWords(and+1, 1, 4); last > and {
		return r.numberAfter(core{first: and + 1, last: last}).last
	}
	return c.last
}

// streetFirst is the core with the kind of street first: Rua do Sol 12, 12 rue Oberkampf.
func (r *reader) streetFirst(i int, capital bool) (core, bool) {
	j := i + 1
	if m := r.strip.At(j); m.Kind == word.Mark && (m.Char == '.' || m.Char == '/') && m.Gap == word.Tight {
		j++
	}
	last := r.nameWords(j, 1, 8)
	if last < j {
		return core{}, false
	}
	c := r.numberAfter(core{first: i, last: last, weight: strongKind})
	if !capital && !c.numbered && r.strip.At(i-1).Kind != word.Digits && r.strip.At(i-2).Kind != word.Digits {
		return core{}, false
	}
	return c, true
}

// oneWord is the core of a street in one word, Koskikatu 25, and of a name between numbers
// that may be one, 4241 Steinfelden 73.
func (r *reader) oneWord(i int, t *word.Token, capital bool) (core, bool) {
	if t.Shape == word.Mixed || t.Shape == word.Han || t.Kind != word.Word || t.Letters < 3 {
		return core{}, false
	}
	digits := r.strip.At(i + 1)
	follows := digits.Kind == word.Digits && digits.Gap == word.Blank
	if !follows && digits.Char != ',' && digits.Char != '.' {
		return core{}, false
	}
	var buf [2 * word.MaxWord]byte
	strength := word.StreetEnd(word.AppendFolded(buf[:0], r.window.Text[t.Start:t.End]))
	if !capital && (strength < 2 || !follows) {
		return core{}, false
	}
	first := i
	if capital {
		first = r.nameWords(i, -1, 4)
	}
	c := core{first: first, last: i}
	switch {
	case strength == 2:
		c.weight = strongKind
	case follows && capital && r.preposed(&c, i):
	case strength == 1 && t.Attr == 0 && capital && follows:
		c.weight = weakKind
	case strength == 1:
		c.weight = weakKind - 1
	case follows && r.strip.At(first-1).Char == '.' && r.text(first-2) == "al" && r.strip.At(first).Gap == word.Blank:
		c.first, c.weight = first-2, strongKind // aleja
	case t.Attr.Class() != word.None || judge.Cold(t.Attr):
		return core{}, false
	}
	// Calle is often written C/.
	if s, k := r.strip.At(first-1), r.strip.At(first-2); s.Char == '/' && k.Kind == word.Word && k.Letters == 1 && k.Tail == 'c' {
		c.first, c.weight = first-2, strongKind
	}
	c = r.numberAfter(c)
	return c, c.numbered
}

// context weighs what leads to an address, and takes in "the corner of".
func (r *reader) context(c *core) int {
	words, weight := 0, 0
	for i := c.first - 1; i > c.first-14 && words < 5; i-- {
		t := r.strip.At(i)
		if t.Kind == word.Edge || r.apart(c.first, i) {
			break
		}
		if t.Kind != word.Word {
			continue
		}
		words++
		switch t.Attr.Class() {
		case word.Live, word.Place:
			return weight + leadsTo
		case word.StreetFirst, word.StreetLast: // street="…
			if sign := r.strip.At(i + 1); words == 1 && sign.Kind == word.Mark && sign.Gap == word.Tight && sign.Char != '.' && sign.Char != ',' {
				return weight + leadsTo
			}
		case word.Corner:
			c.first = i
			if the := r.strip.At(i - 1); the.Kind == word.Word && the.Tail == 't'<<16|'h'<<8|'e' && the.Letters == 3 {
				c.first--
			}
			return weight + corner
		case word.Near:
			if words == 1 {
				weight += preposition
			}
		default:
		}
	}
	return weight
}
