package scan

import (
	"strings"

	"github.com/habeas-data/habeas/scrub/internal/span"
)

func fields(s string) []string { return strings.Fields(s) }

// believable says whether the digits d of the groups from k, written as s tells, are a
// telephone number of some country.
func (p *pass) believable(k int, s shape, d []byte) bool {
	return p.convincing(k, s, d) && !p.hexRow(k, s.n)
}

// convincing is believable without regard to rows of hexadecimal numbers.
func (p *pass) convincing(k int, s shape, d []byte) bool {
	q := &p.seq
	if s.n > 1 && (!p.plausibleGroups(k, s) || !q.apart(k, s)) {
		return false
	}
	c := p.before(q.g[k].s)
	labelled := c.near&(aPhone|aCall) != 0
	if !labelled && (c.near != 0 && c.near&(aCount|aCard|aTax|anINN|aBank|aVersion|aHealth|aPaper|aToken|aKey) != 0 || c.wall) {
		return false
	}
	if d[0] == '0' && d[1] == '0' && c.near&aPhone == 0 && s.n < 4 {
		return false
	}
	if s.n == 1 {
		return labelled && (c.near&aPhone != 0 && len(d) >= 9 || (c.near&aPhone != 0 || len(d) >= 9) && p.someValid(d))
	}
	if s.n == 2 && s.sep == sepDash && years(d) {
		return false
	}
	if labelled {
		return true
	}
	if amount(p.t, q.g[k].s) || s.sep == sepDash && q.lengths(k, s.n) == 54 {
		return false // a price, a ZIP code
	}
	if p.strong(k, s, d) {
		return true
	}
	if p.afterword(k, s) {
		return true
	}
	switch q.lengths(k, s.n) {
	case 44, 333, 2222, 3222, 323, 332, 2322, 233, 343, 3322, 2323, 322:
		return p.someValid(d) && (p.alone(k, s) || p.handed(q.g[k].s) || p.speaksOfPhones(q.g[k].s))
	case 334:
		return p.handed(q.g[k].s) && p.someValid(d)
	case 34:
		return p.alone(k, s) && p.someValid(d)
	}
	return false
}

// apart says whether the group before k is no part of the same row of numbers: it is the
// first, or other separators stand before it than inside.
func (q *sequence) apart(k int, s shape) bool {
	sep := q.g[k].sep
	return q.free || sep == sepNone || sep == sepParen || sep == sepWide || sep == sepBlank && s.sep != sepBlank
}

// plausibleGroups says whether groups are those of a telephone number: two to eight digits
// each, of which few are short, and not a row of numbers with points.
func (p *pass) plausibleGroups(k int, s shape) bool {
	q := &p.seq
	ones := 0
	for i, g := range q.g[k : k+s.n] {
		n := g.e - g.s
		if n == 1 && i > 0 || n > 8 {
			ones++
		}
		if n > 9 {
			return false
		}
	}
	if s.sep == sepDot && !s.paren {
		switch lens := q.lengths(k, s.n); {
		case s.n < 3 || ones > 0 || lens == 3333 || lens == 222222:
			return false // a fraction, a version, an address
		}
	}
	return ones <= 1 && s.n <= 7 && (s.n < 3 || q.lengths(k, 3) != 444)
}

// strong says whether a number is written as only telephone numbers are: with the area code
// in parentheses, as 345-899-3560, or beginning with the 0 of long distance.
func (p *pass) strong(k int, s shape, d []byte) bool {
	q, t := &p.seq, p.t
	g := q.g[k]
	first := g.e - g.s
	if s.paren {
		return at(t, g.e) == ')' && s.n >= 2 && len(d) >= 7 && len(d) <= 12 && first <= 5 && !has(at(t, g.s-2), isAlnum)
	}
	lens := q.lengths(k, s.n)
	switch {
	case lens == 334 && s.sep != sepSlash && d[0] >= '2':
		return s.sep == sepDash || s.sep == sepDot || s.mixed || d[3] >= '2'
	case lens == 13322 && d[0] == '8' && (q.g[k+1].sep == sepParen || s.sep == sepDash) && (d[1] == '9' || d[1] == '3' || d[1] == '4' || d[1] == '8'):
		return true // 8 is dialled before numbers of Russia
	case lens == 1334 && d[0] == '1', lens == 3334 && strings.HasPrefix(string(d), "001"):
		return true
	case d[0] != '0' || d[1] == '0' || len(d) < 9 || len(d) > 12 || s.sep == sepWide || first < 2:
		return false
	}
	return p.noColumns(k, s) && (p.someValid(d) || first <= 5 && s.n >= 2 && s.n <= 6 && (s.sep != sepDot || s.n >= 4))
}

// noColumns says whether groups are not all of one length above two, as those of a table.
func (p *pass) noColumns(k int, s shape) bool {
	q := &p.seq
	n := q.g[k].e - q.g[k].s
	for _, g := range q.g[k : k+s.n] {
		if g.e-g.s != n {
			return true
		}
	}
	return n == 2
}

// hexRow says whether the n groups from k are part of a row of hexadecimal numbers, as in a
// dump: tokens of the same two or four digits stand before or after, with letters up to f
// among them or with two blanks between, or the offset that such lines begin with.
func (p *pass) hexRow(k, n int) bool {
	q, t := &p.seq, p.t
	s, e := q.g[k].s, q.g[k+n-1].e
	size := q.g[k].e - s
	if size != 2 && size != 4 || n < 2 || !q.joined(k+1, 1<<sepBlank) {
		return false
	}
	for limit := max(0, s-64); s > limit; {
		b := s
		for b > 0 && t[b-1] == ' ' && s-b < 3 {
			b--
		}
		w := runBack(t, b, b-9, isHex)
		if b == s || w == b {
			break
		}
		if wide := s-b == 2; b-w >= 7 && wide || b-w == size && (wide || hexWord(t[w:b])) {
			return true
		}
		if b-w != size {
			break
		}
		s = w
	}
	for limit := min(len(t), e+64); e < limit; {
		b := e
		for at(t, b) == ' ' && b-e < 3 {
			b++
		}
		w := run(t, b, b+9, isHex)
		if b == e || w-b != size || has(at(t, w), isAlnum) {
			return at(t, b) == '|'
		}
		if b-e == 2 || hexWord(t[b:w]) {
			return true
		}
		e = w
	}
	return false
}

// hexWord says whether hexadecimal digits are no decimal ones and no word.
func hexWord(b []byte) bool {
	var seen uint8
	for _, c := range b {
		seen |= props[c]
	}
	return seen&isLetter != 0 && (seen&isDigit != 0 || len(b) == 2 && fold(b[0]) == 'f')
}

// lengths spells the lengths of n groups from k in decimal, such as 334.
func (q *sequence) lengths(k, n int) (sum int) {
	for _, g := range q.g[k : k+min(n, phoneGroups)] {
		sum = sum*10 + min(g.e-g.s, 9)
	}
	return sum
}

// years says whether eight digits are two years, as in 2011-2018.
func years(d []byte) bool {
	century := func(n int) bool { return n >= 18 && n <= 21 }
	return len(d) == 8 && century(value(d[:2])) && century(value(d[4:6]))
}

// someValid says whether d is a valid national number in one of the regions, with or
// without its trunk prefix.
func (p *pass) someValid(d []byte) bool {
	for _, r := range p.regions {
		if _, ok := r.national(d); ok {
			return true
		}
	}
	return false
}

// sameNational is what a national number has in common with its other spellings: the
// E.164 form in the first region where it is valid, else its digits.
func (p *pass) sameNational(d []byte) uint64 {
	if len(d) > 10 && d[0] == '1' && len(d) == 11 {
		d = d[1:]
	}
	for _, r := range p.regions {
		if n, ok := r.national(d); ok {
			return newHash(span.Phone).bytes([]byte(r.code)).bytes(n).sum()
		}
	}
	for _, r := range p.regions {
		if n, ok := r.possible(d); ok {
			return newHash(span.Phone).bytes([]byte(r.code)).bytes(n).sum()
		}
	}
	return newHash(span.Phone).bytes(d).sum()
}

// alone says whether the groups are a line or a field of their own: what a letterhead does
// with a telephone number, and a table does not.
func (p *pass) alone(k int, s shape) bool {
	q, t := &p.seq, p.t
	if s.n < 2 || s.n > 5 || s.sep == sepSlash || s.sep == sepWide || len(p.seq.g) == 0 {
		return false
	}
	b, e := q.g[k].s, q.g[k+s.n-1].e
	for b > 0 && t[b-1] == ' ' && q.g[k].s-b < 8 {
		b--
	}
	for e < len(t) && t[e] == ' ' && e < q.g[k+s.n-1].e+8 {
		e++
	}
	begins := b == 0 || t[b-1] == '\n'
	ends := e == len(t) || t[e] == '\n' || t[e] == '\r'
	if !begins || !ends || b < 2 {
		return false
	}
	// The line before is text, not another row of numbers.
	for i := b - 2; i >= max(0, b-80) && t[i] != '\n'; i-- {
		if has(t[i], isLetter|isHigh) {
			return true
		}
	}
	return false
}

// handed says whether the words before i hand a number over, as in "my new number is" or
// "your code was sent to".
func (p *pass) handed(i int) bool {
	t := p.t
	for _, phrase := range [...]string{"number is ", "number: ", "sent to ", "reply to ", "text me: ", "text me on ", "text to "} {
		if hasFold(t, i-len(phrase), phrase) {
			return !has(at(t, i-len(phrase)-1), isAlnum|isHigh)
		}
	}
	return false
}

// afterword says whether a word that follows calls the groups a telephone number, as in
// "788-063-Office" or "9472 7916 (mobile)".
func (p *pass) afterword(k int, s shape) bool {
	t := p.t
	i := p.seq.g[k+s.n-1].e
	for n := 0; n < 3 && (at(t, i) == ' ' || at(t, i) == '-' || at(t, i) == '('); n++ {
		i++
	}
	e := run(t, i, i+12, isLetter)
	if e == i || i == p.seq.g[k+s.n-1].e {
		return false
	}
	if hasFold(t, i, "office") || hasFold(t, i, "home") || hasFold(t, i, "work") {
		return true
	}
	_, f := lastWord(t, e, i)
	return f&(aPhone|aCall) != 0
}

// amount says whether a sign of a currency stands before i.
func amount(t []byte, i int) bool {
	if at(t, i-1) == ' ' {
		i--
	}
	c := at(t, i-1)
	return c == '$' || c == 0xA3 || c == 0xAC || c == 0xA5 || c == '#' || hasPrefix(t, i-3, "No.") || hasPrefix(t, i-3, "EUR") ||
		hasPrefix(t, i-3, "USD") || hasPrefix(t, i-3, "GBP") || hasPrefix(t, i-3, "CHF")
}
