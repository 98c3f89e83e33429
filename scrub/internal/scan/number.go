package scan

import "github.com/habeas-data/habeas/scrub/internal/span"

// group is a run of digits in a sequence.
type group struct {
	s, e int
	sep  uint8 // what stands before it: one of the sep constants
	tail bool  // a letter follows at once
}

// What stands between two groups.
const (
	sepNone  = iota
	sepBlank // ' ', no-break and thin blanks
	sepDash  // '-', U+2010 to U+2013
	sepDot
	sepSlash
	sepParen // any with a parenthesis
	sepWide  // " - " and " / "
)

// Bounds of sequences. What is longer is looked at group by group.
const (
	maxGroups   = 32
	maxSequence = 256
	maxRun      = 40 // digits of a group: more are no number that is known here
	maxTail     = 8  // digits before a name that is joined to them
	ahead       = 12 // groups that a detector looks at, and one more
)

// sequence is a run of groups with one separator between each two, such as a telephone
// number and a date after it.
type sequence struct {
	g    [maxGroups]group
	n    int
	next int  // where reading goes on
	open bool // more groups follow
	long bool // the beginning is too far away to count
	rest bool // a pseudonym stands before it: what it is the rest of cannot be known
	free bool // what stands before the group at hand is no part of its number
}

// number reads the sequence of groups at i, which is a digit or a sign before one.
func (p *pass) number(i int) int {
	t := p.t
	if i > 0 && props[t[i-1]]&isLetter != 0 && props[t[i]]&isDigit != 0 {
		return p.mixedAt(i)
	}
	j := run(t, i, len(t), isDigit)
	if n := j - i; n > 0 {
		c := at(t, j)
		if n > maxRun {
			return j
		}
		switch {
		case n == 4 && (c == '-' || c == '/' || c == '.'):
			if e := isoDate(t, i); e > 0 {
				return e
			}
			if at(t, i-1) == '.' {
				p.mac(i - 5)
			}
		case n == 2 && c == ':':
			if e := clock(t, i); e > 0 {
				return e
			}
		}
		if n < 7 && props[c]&isLetter != 0 {
			return p.afterTail(group{s: i, e: j})
		}
		if e := plain(t, i, j); e > 0 {
			if n == 4 && c == '.' {
				p.mac(i)
			}
			return e
		}
	}
	q := &p.seq
	q.n, q.next, q.long, q.rest = 0, i, false, t[i] != '+' && afterPseudonym(t, i)
	q.fill(t, i)
	if q.open || q.next-i > maxSequence {
		q.long = true
	}
	if q.n <= 3 && p.digitsFrom(0) < 6 && !q.g[max(0, q.n-1)].tail { // too short for anything else
		p.mac(i)
		return max(q.next, i+1)
	}
	for {
		p.groups()
		if !q.open {
			break
		}
		q.shift(t)
	}
	if q.n > 0 && q.g[q.n-1].tail {
		return p.afterTail(q.g[q.n-1])
	}
	return max(q.next, i+1)
}

// plain is the end of the number [i, j), which may have a fraction, if nothing is joined to
// it and it is too short to be more; else 0.
func plain(t []byte, i, j int) int {
	c := at(t, j)
	if props[c]&(isAlnum|isHigh) != 0 {
		return 0
	}
	if c == '.' && has(at(t, j+1), isDigit) {
		j = run(t, j+1, j+20, isDigit)
		if c = at(t, j); props[c]&(isAlnum|isHigh) != 0 {
			return 0
		}
	} else if j-i >= 7 {
		return 0
	}
	if joiner(t, j) != 0 {
		return 0
	}
	return j
}

// mixedAt looks at the token that has letters before the digit at i. It returns its end.
func (p *pass) mixedAt(i int) int {
	t := p.t
	s := runBack(t, i, i-7, isLetter)
	e := run(t, i, len(t), isAlnum)
	if i-s < 7 && e-s < 40 {
		p.mixed(s, e)
		if e == s+4 && at(t, e) == '.' {
			p.mac(s)
		}
	}
	return e
}

// afterTail steps over a token that begins with digits and goes on with letters.
func (p *pass) afterTail(g group) int {
	t := p.t
	e := run(t, g.e, len(t), isAlnum)
	p.mixed(g.s, e)
	if e == g.s+4 {
		p.mac(g.s)
	}
	if g.e-g.s <= maxTail && run(t, g.e, g.e+4, isLetter) == g.e+4 {
		return g.e // a name may follow: 3DISCORD_KEY
	}
	return e
}

// fill reads groups from i on.
func (q *sequence) fill(t []byte, i int) {
	sep := uint8(sepNone)
	q.open = false
	for c := at(t, i); c == '(' || c == '+'; c = at(t, i) {
		if c == '(' {
			sep = sepParen
		}
		i++
	}
	for q.n < maxGroups {
		e := run(t, i, len(t), isDigit)
		if e == i || e-i > maxRun {
			q.next = max(q.next, e)
			return
		}
		tail := has(at(t, e), isLetter) || at(t, e) == '_'
		q.g[q.n] = group{s: i, e: e, sep: sep, tail: tail}
		q.n++
		q.next = e
		if tail {
			return
		}
		k := joiner(t, e)
		if k == 0 {
			return
		}
		sep = kindOf(t[e : e+k])
		i = e + k
	}
	q.next = q.g[q.n-1].s
	q.open = true
}

// shift forgets the groups that are done and reads more.
func (q *sequence) shift(t []byte) {
	keep := q.n - (maxGroups - ahead)
	copy(q.g[:], q.g[maxGroups-ahead:q.n])
	q.n = keep - 1
	last := q.g[keep-1]
	n := q.n
	q.fill(t, last.s)
	q.g[n].sep = last.sep
}

// joiner is the length of what stands between two groups at i, or 0: one to four of blank,
// hyphen, dot, slash and parenthesis, in the orders that numbers are written in.
func joiner(t []byte, i int) int {
	if i+1 >= len(t) {
		return 0
	}
	a, b := t[i], t[i+1]
	switch a {
	case ' ', '-', '.', '/':
		if has(b, isDigit) {
			return 1
		}
		c := at(t, i+2)
		if b == '(' && a != '.' && has(c, isDigit) {
			return 2
		}
		if a == ' ' && (b == '-' || b == '/') && c == ' ' && has(at(t, i+3), isDigit) {
			return 3
		}
	case ')':
		if has(b, isDigit) {
			return 1
		}
		if (b == ' ' || b == '-' || b == '.' || b == '/') && has(at(t, i+2), isDigit) {
			return 2
		}
		if b == ' ' && (at(t, i+2) == '-' || at(t, i+2) == '(') && has(at(t, i+3), isDigit) {
			return 3
		}
	case '(':
		if has(b, isDigit) {
			return 1
		}
	case 0xC2: // no-break space
		if b == 0xA0 && has(at(t, i+2), isDigit) {
			return 2
		}
	case 0xE2: // thin and narrow blanks, hyphens and dashes
		c := at(t, i+2)
		if b == 0x80 && (c == 0x89 || c == 0xAF || c >= 0x90 && c <= 0x93) && has(at(t, i+3), isDigit) {
			return 3
		}
	}
	return 0
}

func kindOf(sep []byte) uint8 {
	switch {
	case len(sep) == 1 && sep[0] == '-':
		return sepDash
	case len(sep) == 1 && sep[0] == '.':
		return sepDot
	case len(sep) == 1 && sep[0] == '/':
		return sepSlash
	case sep[0] == ' ' && len(sep) == 3 && sep[1] != '(':
		return sepWide
	case sep[0] == 0xE2 && sep[2] >= 0x90 && sep[2] <= 0x93:
		return sepDash
	case sep[0] == ' ' && len(sep) == 1, sep[0] == 0xC2, sep[0] == 0xE2:
		return sepBlank
	}
	return sepParen
}

// groups tries the detectors at each group that is ready.
func (p *pass) groups() {
	q := &p.seq
	last := q.n
	if q.open {
		last = maxGroups - ahead
	}
	q.free = !q.long
	for k := 0; k < last; {
		m := 0
		if !p.isCovered(q.g[k].s) {
			m = p.group(k)
		}
		q.free = m > 0 && !q.long
		if q.long || m == 0 {
			m = 1
		}
		k += m
	}
}

// group tries the detectors at group k. It returns how many groups were used.
func (p *pass) group(k int) int {
	q := &p.seq
	g := q.g[k]
	n := g.e - g.s
	if n == 2 || n == 4 {
		p.mac(g.s)
	}
	if (n <= 2 && q.mayBeDate(k) || n == 4 || n == 6 || n == 8) && p.dateLike(g.s) {
		if n == 2 && !q.rest && !p.glued(g.s) { // 85.07.30-033.28
			if m := p.nationalDigits(k); m > 0 {
				return m
			}
		}
		return p.dateGroups(k)
	}
	if n := p.ipv4(k); n > 0 {
		return n
	}
	if n := p.nino(k); n > 0 && !q.rest {
		return n
	}
	if q.rest && !q.long || p.digitsFrom(k) < 7 || p.glued(g.s) {
		return 0
	}
	if at(p.t, g.s-1) == '+' {
		return p.phone(k)
	}
	if n := p.card(k); n > 0 {
		return n
	}
	if n := p.nationalDigits(k); n > 0 {
		return n
	}
	return p.phone(k)
}

// mayBeDate says whether the three groups from k can be day, month and year.
func (q *sequence) mayBeDate(k int) bool {
	if k+1 >= q.n || q.g[k+1].sep <= sepBlank {
		return false
	}
	if k+2 >= q.n {
		return true // a date may end where the sequence does
	}
	year := q.g[k+2]
	return year.sep == q.g[k+1].sep && (year.e-year.s == 2 || year.e-year.s == 4)
}

// digitsFrom counts the digits of the groups from k on, as far as it matters.
func (p *pass) digitsFrom(k int) (n int) {
	for q := &p.seq; k < q.n && n < 7; k++ {
		n += q.g[k].e - q.g[k].s
	}
	return n
}

// glued says whether what starts at i is the rest of something longer: an identifier such as
// a-1, a path, a decimal fraction, a clock.
func (p *pass) glued(i int) bool {
	t := p.t
	c, d := at(t, i-1), at(t, i-2)
	switch c {
	case '_', '\\', '$', '#', '@', 0xA3, 0xAC, 0xA5: // £ € ¥ end in these
		return true
	case '-':
		if d == 0 || d == ' ' || d == ',' || d == '(' || d == '[' || d == '\t' || d == '\n' {
			return true // a sign
		}
		return has(d, isDigit) || has(d, isLetter) && !p.label(i-1) || d == '-'
	case ':':
		if w := runBack(t, i-1, i-4, isHex); i-1-w > 0 && i-1-w < 3 && !has(at(t, w-1), isAlnum) {
			return true
		}
		return has(d, isDigit)
	case '.', ',':
		return has(d, isDigit) || c == '.' && has(d, isAlnum) && !p.label(i-1)
	case '/':
		return has(d, isAlnum)
	}
	return has(c, isAlnum)
}

// afterPseudonym says whether a pseudonym and at most one separator stand before i.
func afterPseudonym(t []byte, i int) bool {
	switch c := at(t, i-1); {
	case c < 0x80:
		i--
	case c == 0xA0 && at(t, i-2) == 0xC2:
		i -= 2
	case at(t, i-3) == 0xE2 && at(t, i-2) == 0x80:
		i -= 3
	}
	return hasPrefix(t, i-len(close), close)
}

// beforePseudonym says whether at most one separator and a pseudonym stand at i.
func beforePseudonym(t []byte, i int) bool {
	switch c := at(t, i); {
	case c < 0x80:
		i++
	case c == 0xC2:
		i += 2
	case c == 0xE2 && at(t, i+1) == 0x80:
		i += 3
	}
	return hasPrefix(t, i, open)
}

// label says whether the word that ends at i announces a telephone number.
func (p *pass) label(i int) bool {
	_, f := lastWord(p.t, i, i-32)
	return f&(aPhone|aCard|aTax|aHealth) != 0
}

// joined says whether group k has one of the separators of mask before it.
func (q *sequence) joined(k int, mask uint8) bool {
	return k < q.n && mask>>q.g[k].sep&1 != 0
}

// digits appends the digits of the groups [k, k+n).
func (q *sequence) digits(dst, t []byte, k, n int) []byte {
	for _, g := range q.g[k : k+n] {
		dst = append(dst, t[g.s:g.e]...)
	}
	return dst
}

// mixed looks at a token [i, j) of letters and digits: accounts and numbers with letters.
func (p *pass) mixed(i, j int) {
	if p.isCovered(i) || i > 0 && has(p.t[i-1], isAlnum|isHigh) {
		return
	}
	if n := p.iban(i, j); n > 0 {
		p.cover(i, n)
		return
	}
	if n := p.national(i, j); n > 0 {
		p.cover(i, n)
	}
	if j-i == 42 && hasPrefix(p.t, i, "4b1d") { // of ClickHouse Cloud
		p.add(span.Key, i, j, 0)
	}
}
