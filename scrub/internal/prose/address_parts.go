package prose

import "github.com/habeas-data/habeas/scrub/internal/prose/word"

// Parts that follow the core of an address.

// part is what was found behind a core: tokens up to last.
type part struct {
	last   int
	weight int
	sure   bool // it is part of the address even if nothing follows
}

// extend takes in what belongs to an address behind token last. It returns the new last
// token and how much the parts weigh. From is where the address begins.
func (r *reader) extend(last, from int) (end, weight int) {
	end = last
	at, pending, code := last, 0, false
	for range 8 {
		next, separated := r.separators(at)
		p, ok := r.inTown(next, separated)
		if !ok {
			p, ok = r.part(next, separated)
		}
		if !ok || r.strip.At(p.last).End-from > longest {
			break
		}
		at = p.last
		pending += p.weight
		// A town right behind a postcode belongs to it whatever follows.
		if p.sure || code && separated == nothing && p.weight == knownPlace {
			end, weight, pending = at, weight+pending, 0
		}
		code = p.weight == postcode
	}
	return end, weight
}

// separation tells what stands between two parts.
type separation uint8

const (
	nothing  separation = iota // a blank
	newLine                    // the end of a line
	comma                      // a comma, or one of the signs that take its place
	tooMuch                    // what parts of an address are not separated by
	opposite                   // nothing at all
)

// separators skips what stands between the parts of an address and tells the next token.
func (r *reader) separators(at int) (int, separation) {
	sep := nothing
	for n := 1; n <= 6; n++ {
		t := r.strip.At(at + n)
		if t.Gap == word.Line || t.Gap == word.Empty {
			sep = max(sep, newLine)
		}
		if t.Kind != word.Mark {
			if t.Gap == word.Tight && n == 1 {
				return at + n, opposite
			}
			return at + n, sep
		}
		switch t.Char {
		case ',', ';', '|':
			sep = comma
		case '-':
			if t.Gap == word.Tight {
				return at + n, tooMuch
			}
			sep = comma
		case '\\':
			sep = max(sep, newLine)
		case '.': // of an abbreviation, or of a number as in Hungary
			if n > 1 || r.strip.At(at+2).Gap == word.Tight {
				return at + n, tooMuch
			}
		case '?', '>', '*':
			if sep != newLine {
				return at + n, tooMuch
			}
		default:
			return at + n, tooMuch
		}
	}
	return at, tooMuch
}

// part finds one part of an address at token i.
func (r *reader) part(i int, sep separation) (part, bool) {
	if sep >= tooMuch {
		return part{}, false
	}
	t := *r.strip.At(i)
	switch {
	case t.Kind == word.Digits:
		if p, ok := r.storey(i); ok {
			return p, true
		}
		return r.code(i)
	case t.Kind != word.Word:
		return part{}, false
	case t.Attr.Class() == word.Unit || t.Attr.Class() == word.Box || t.Attr.Class() == word.Number:
		if p, ok := r.unit(i); ok {
			return p, true
		}
	case t.Attr.Class() == word.Military:
		if c, ok := r.military(i); ok {
			return part{last: c.last, weight: postcode, sure: true}, true
		}
	}
	if p, ok := r.lettered(i); ok {
		return p, true
	}
	return r.town(i, sep)
}

// unit is a part of a house: Apt. 595, Suite 501, Box 3833.
func (r *reader) unit(i int) (part, bool) {
	j := i + 1
	for r.strip.At(j).Kind == word.Mark && (r.strip.At(j).Char == '.' || r.strip.At(j).Char == '#') {
		j++
	}
	t := r.strip.At(j)
	if t.Gap > word.Blank || r.strip.At(i).Attr.Class() == word.Number {
		return part{}, false
	}
	if t.Kind == word.Digits && t.Len() <= 5 {
		if a := r.strip.At(j + 1); a.Kind == word.Word && a.Letters == 1 && a.Gap == word.Tight {
			j++
		}
		return part{last: j, weight: unitPart, sure: true}, true
	}
	if t.Kind == word.Word && t.Letters == 1 && t.Shape == word.Capital {
		return part{last: j, weight: unitPart - 1, sure: true}, true
	}
	return part{}, false
}

// code is a postcode of digits: 10115, 00-950, 123 45, 1234 AB, 12345-678.
func (r *reader) code(i int) (part, bool) {
	a := *r.strip.At(i)
	b, c := *r.strip.At(i + 1), *r.strip.At(i + 2)
	switch n := a.Len(); {
	case b.Kind == word.Mark && b.Char == '-' && b.Gap == word.Tight && c.Kind == word.Digits && c.Gap == word.Tight:
		m := c.Len()
		if after := r.strip.At(i + 3); after.Kind == word.Mark && after.Char == '-' && after.Gap == word.Tight {
			return part{}, false // a telephone number
		}
		ok := n == 2 && m == 3 || n == 4 && m == 3 || n == 5 && (m == 3 || m == 4) || n == 3 && m == 4
		return part{last: i + 2, weight: postcode, sure: ok}, ok
	case n == 3 && b.Kind == word.Digits && b.Gap == word.Blank && b.Len() == 2 && c.Kind != word.Digits:
		return part{last: i + 1, weight: postcode, sure: true}, true
	case n == 4 && b.Shape == word.Upper && b.Letters == 2 && b.Gap == word.Blank:
		return part{last: i + 1, weight: postcode, sure: true}, true
	case n == 2 && c.Kind != word.Digits && b.Kind != word.Digits && b.Kind != word.Mark:
		return part{last: i, weight: 0, sure: false}, true // "43 73313": the province
	case n >= 4 && n <= 6 && (b.Kind != word.Digits || b.Gap > word.Blank) && b.Gap+1 > 0:
		if b.Kind == word.Mark && b.Gap == word.Tight && (b.Char == ':' || b.Char == '/' || b.Char == '@' || b.Char == '%') ||
			b.Kind == word.Word && b.Gap == word.Tight {
			return part{}, false
		}
		return part{last: i, weight: postcode, sure: true}, true
	case n == 2 && b.Kind == word.Digits && b.Len() == 5:
		return part{last: i + 1, weight: postcode, sure: true}, true
	}
	return part{}, false
}

// lettered is a postcode with letters, SW1A 2AA or K1A 0B1 or D-10115, or the letters of a
// state before a postcode.
func (r *reader) lettered(i int) (part, bool) {
	t := *r.strip.At(i)
	missing := t.Tail == 'n'<<16|'a'<<8|'n' // what some programs write for no state
	single := t.Letters == 1 && t.Shape == word.Capital
	if t.Letters > 3 || t.Shape != word.Upper && !single && !missing {
		return part{}, false
	}
	// The tokens up to the next blank, and those after it, side by side.
	n, blanks := 1, 0
	digits := false
	for ; n < 8; n++ {
		k := r.strip.At(i + n)
		if k.Gap == word.Blank && k.Kind == word.Digits && blanks == 0 && digits {
			blanks++
		} else if k.Gap != word.Tight || k.Kind != word.Digits && k.Kind != word.Word || k.Letters > 2 || k.Shape == word.Lower && k.Kind == word.Word {
			break
		}
		digits = digits || k.Kind == word.Digits
	}
	if digits && t.Letters <= 2 && n >= 4 {
		return part{last: i + n - 1, weight: postcode, sure: true}, true
	}
	dash, code := r.strip.At(i+1), r.strip.At(i+2)
	if dash.Char == '-' && dash.Gap == word.Tight && code.Kind == word.Digits && code.Gap == word.Tight && code.Len() >= 4 && code.Len() <= 5 {
		return part{last: i + 2, weight: postcode, sure: true}, true
	}
	next := r.strip.At(i + 1)
	return part{last: i, sure: next.Kind != word.Word || next.Gap > word.Blank}, true
}

// town is a town, a country, or a second name of a street.
func (r *reader) town(i int, sep separation) (part, bool) {
	first := *r.strip.At(i)
	if !nameWord(&first) || sep == opposite {
		return part{}, false
	}
	known := false
	last, words := i, 0
	for j := i; j < i+7 && words < 5; j++ {
		t := *r.strip.At(j)
		if j > i && t.Gap > word.Blank {
			break
		}
		if d := r.strip.At(j + 1); j > i && d.Kind == word.Digits && d.Gap == word.Tight {
			break // of a postcode
		}
		if nameWord(&t) {
			known = known || t.Attr.Country() || t.Attr.Town() > 0 && (t.Attr.Given() < 2 || t.Attr.Town() == 3)
			last = j
			words++
			continue
		}
		small := t.Kind == word.Word && t.Shape == word.Lower && (t.Attr.Class() == word.Particle || t.Attr.Class() == word.Near && t.Letters <= 4)
		sign := t.Kind == word.Mark && (t.Char == '(' || t.Char == ')' || t.Char == '.' && t.Gap == word.Tight && r.abbreviation(j-1))
		if t.Char == ')' && t.Kind == word.Mark && j == last+1 && t.Gap == word.Tight {
			last = j
		}
		if !small && !sign {
			break
		}
	}
	after := *r.strip.At(last + 1)
	if after.Kind == word.Mark && (after.Char == ':' || after.Char == '@' || after.Char == '=' || after.Char == '_') {
		return part{}, false // the name of a field
	}
	cold := first.Attr.Common() >= 2 && first.Attr.Town() == 0 && !first.Attr.Country() && !first.Attr.Name()
	ends := after.Kind != word.Word || after.Gap > word.Blank
	if cold && (!ends || first.Shape != word.Upper && sep != nothing && !known) {
		return part{}, false
	}
	switch {
	case known:
		return part{last: last, weight: knownPlace, sure: ends || sep != nothing}, true
	case r.strip.At(last).Attr.Class() == word.StreetWeak || r.strip.At(last).Attr.Class() == word.StreetLast:
		return part{last: last, weight: knownPlace, sure: true}, true
	case sep == comma:
		return part{last: last, sure: ends}, true
	case sep == newLine:
		return part{last: last}, true
	}
	return part{last: last, sure: first.Shape == word.Upper}, ends
}
