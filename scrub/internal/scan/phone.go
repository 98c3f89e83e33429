package scan

import "github.com/habeas-data/habeas/scrub/internal/span"

// Lengths of telephone numbers in digits (E.164), and of the groups they are written in.
const (
	minPhone    = 7
	maxPhone    = 15
	phoneGroups = 9
)

// phone looks for a telephone number at group k. It returns how many groups were used.
//
// A number with '+' or 00 is one if its country code exists and its length is possible
// there. One without is one if it is written as only telephone numbers are, or if words
// near speak of telephones; and never if they speak of orders, amounts or the like.
func (p *pass) phone(k int) int {
	q, t := &p.seq, p.t
	g := q.g[k]
	if at(t, g.s-1) == '+' || at(t, g.s-1) == '(' && at(t, g.s-2) == '+' {
		sign := g.s - 1
		if t[sign] == '(' {
			sign--
		}
		if b := at(t, sign-1); has(b, isAlnum|isHigh) || b == ')' || b == '}' {
			return 0 // a sum, an exponent
		}
		return p.international(k, 0)
	}
	if t[g.s] == '0' && g.e-g.s >= 2 && t[g.s+1] == '0' && p.phoneDigits(k, phoneGroups) >= 11 {
		if n := p.international(k, 2); n > 0 {
			return n
		}
	}
	return p.nationalPhone(k)
}

// phoneDigits counts the digits of up to n groups from k.
func (p *pass) phoneDigits(k, n int) (sum int) {
	for q := &p.seq; n > 0 && k < q.n; n-- {
		sum += q.g[k].e - q.g[k].s
		k++
	}
	return sum
}

// international looks for a number with its country code at group k, of which the first
// skip digits are no part (00).
func (p *pass) international(k, skip int) int {
	q, t := &p.seq, p.t
	var room [maxPhone + maxRun + 8]byte
	d := room[:0]
	best, length := 0, 0
	code := 0
	for n := 0; n < phoneGroups && k+n < q.n; n++ {
		g := q.g[k+n]
		if n > 0 && !phoneSep(g.sep) || g.tail && !extension(t, g.e) || n > 1 && (g.sep == sepDot) != (q.g[k+n-1].sep == sepDot) {
			break
		}
		part := t[g.s:g.e]
		if n > 0 && g.sep == sepParen && len(part) == 1 && part[0] == '0' && at(t, g.e) == ')' {
			continue // +46 (0)8
		}
		if d = append(d, part...); len(d) > maxPhone+skip {
			break
		}
		if code = codeOf(d[min(skip, len(d)):]); code == 0 || len(d)-skip-code < 4 {
			continue
		}
		nsn := d[skip+code:]
		plan := planOfCode(d[skip : skip+code])
		if len(plan.trunk) == 1 && nsn[0] == plan.trunk[0] && !plan.valid(nsn) {
			nsn = nsn[1:]
		}
		if skip > 0 && n > 0 && q.g[k].e-q.g[k].s != 2 && q.g[k].e-q.g[k].s != 2+code {
			return 0 // 0069 0307
		}
		loose := n > 1 || n == 1 && g.sep != sepDot || len(d)-skip >= 11
		if plan.valid(nsn) || loose && len(d)-skip >= 8 && nsn[0] != '0' && (best == 0 || !plan.valid(d[skip+code:length])) {
			best, length = n+1, len(d)
		}
	}
	if best == 0 || length-skip < minPhone || skip > 0 && beforePseudonym(t, q.g[k+best-1].e) || unit(t, q.g[k+best-1].e) {
		return 0
	}
	if skip > 0 && best > 2 && (q.lengths(k, 3) == 222 || p.hexRow(k, best)) {
		return 0
	}
	if skip > 0 && q.inRow(k) && !p.noColumns(k, shape{n: best}) && p.before(q.g[k].s).near&aPhone == 0 {
		return 0 // the rest of 6011 0033 5479 9712
	}
	if skip > 0 && best == 1 && p.before(q.g[k].s).near&aPhone == 0 {
		return 0
	}
	nsn := d[skip+code : length]
	if plan := planOfCode(d[skip : skip+code]); len(plan.trunk) == 1 && nsn[0] == plan.trunk[0] && !plan.valid(nsn) {
		nsn = nsn[1:]
	}
	h := newHash(span.Phone).bytes(d[skip : skip+code]).bytes(nsn)
	return p.foundPhone(k, best, h.sum())
}

// phoneSep says whether a separator may stand inside a telephone number.
func phoneSep(sep uint8) bool { return sep != sepNone }

// foundPhone adds the number of n groups from k, with the '+' or parenthesis before it and
// an extension after it.
func (p *pass) foundPhone(k, n int, same uint64) int {
	q, t := &p.seq, p.t
	s, e := q.g[k].s, q.g[k+n-1].e
	for s > 0 && (t[s-1] == '(' || t[s-1] == '+') && q.g[k].s-s < 2 {
		s--
	}
	if at(t, e) == ')' && n == 1 {
		e++
	}
	if x := extensionEnd(t, e); x > 0 {
		e, same = x, 0
	}
	p.add(span.Phone, s, e, same)
	if !q.long {
		p.cover(s, e)
	}
	return n
}

// extension says whether letters that begin an extension stand at i.
func extension(t []byte, i int) bool { return extensionEnd(t, i) > 0 }

// extensionEnd is the end of the extension at i, such as x4587 or " ext. 12", or 0.
func extensionEnd(t []byte, i int) int {
	if at(t, i) == ' ' || at(t, i) == ',' {
		if i++; at(t, i) == ' ' {
			i++
		}
	}
	switch {
	case hasFold(t, i, "extension"):
		i += 9
	case hasFold(t, i, "ext"):
		i += 3
	case hasFold(t, i, "durchwahl"):
		i += 9
	case hasFold(t, i, "poste"):
		i += 5
	case hasFold(t, i, "x"):
		i++
	case at(t, i) == '#':
		i++
	default:
		return 0
	}
	for c := at(t, i); c == '.' || c == ':' || c == ' '; c = at(t, i) {
		i++
		if at(t, i) == ' ' {
			i++
			break
		}
	}
	e := run(t, i, i+7, isDigit)
	if e == i || e-i > 6 || has(at(t, e), isAlnum) {
		return 0
	}
	return e
}

// shape is how the groups of a national number are written.
type shape struct {
	n      int // groups
	digits int
	paren  bool // the first group stands in parentheses
	sep    uint8
	mixed  bool // different separators
}

// nationalPhone looks for a number without country code at group k: the longest run of
// groups that convinces.
func (p *pass) nationalPhone(k int) int {
	q, t := &p.seq, p.t
	if q.mid(k) {
		return 0
	}
	var room [maxPhone + maxRun + 1]byte
	d := room[:0]
	s := shape{paren: at(t, q.g[k].s-1) == '('}
	best := 0
	var same uint64
	for n := 0; n < phoneGroups && k+n < q.n; n++ {
		g := q.g[k+n]
		if n > 0 && (g.sep == sepDot && s.n > 1 && s.sep != sepDot || at(t, g.s-1) == '+') {
			break
		}
		if d = append(d, t[g.s:g.e]...); len(d) > maxPhone {
			break
		}
		s.add(g)
		s.digits = len(d)
		if g.tail && !extension(t, g.e) {
			break
		}
		if len(d) < minPhone || !p.ends(k+n) || !p.believable(k, s, d) {
			continue
		}
		best = n + 1
		same = p.sameNational(d)
	}
	if best == 0 {
		return 0
	}
	return p.foundPhone(k, best, same)
}

// mid says whether group k is too short for a number alone, and follows another as the next
// one follows it: no number of several groups begins there; see apart.
func (q *sequence) mid(k int) bool {
	g := q.g[k]
	if g.e-g.s >= minPhone || k+1 >= q.n || q.free {
		return false
	}
	switch next := q.g[k+1].sep; g.sep {
	case sepNone, sepParen, sepWide:
		return false
	case sepBlank:
		return next == sepBlank
	default:
		return true
	}
}

// add counts a group.
func (s *shape) add(g group) {
	switch {
	case s.n == 1:
		s.sep = g.sep
	case s.n > 1 && g.sep != s.sep && s.sep != sepParen:
		s.mixed = true
	case s.n > 1 && s.sep == sepParen:
		s.sep = g.sep
	}
	s.n++
}

// ends says whether a number may end with group k: nothing that belongs to it follows.
func (p *pass) ends(k int) bool {
	q, t := &p.seq, p.t
	e := q.g[k].e
	if k+1 < q.n { // another number may follow after a blank
		next := q.g[k+1]
		return (next.sep == sepBlank || next.sep == sepWide || next.sep == sepSlash) &&
			(t[next.s] == '0' || at(t, next.s-1) == '(' || next.e-next.s >= 7) || next.sep == sepParen || dateEnd(t, next.s) > 0
	}
	c, d := at(t, e), at(t, e+1)
	if beforePseudonym(t, e) {
		return false
	}
	switch {
	case c == '_' || c == '%' || c == 0xC2 && d == 0xB0 || c == '$' || c == '\\' && d == 'x':
		return false
	case (c == '-' || c == '.' || c == '/' || c == ':' || c == ',') && has(d, isDigit):
		return false
	case has(c, isLetter):
		return extension(t, e)
	case c == '-' && has(d, isAlnum):
		w := run(t, e+1, e+12, isAlnum)
		return run(t, e+1, e+12, isLetter) == w
	}
	return !unit(t, e)
}

// unit says whether a currency or a unit follows at i.
func unit(t []byte, i int) bool {
	if at(t, i) == ' ' {
		i++
	}
	switch at(t, i) {
	case '%', '$':
		return true
	case 0xE2: // € and the like
		return hasPrefix(t, i, "€") || hasPrefix(t, i, "₹")
	case 0xC2:
		return hasPrefix(t, i, "£") || hasPrefix(t, i, "¥") || hasPrefix(t, i, "°")
	}
	j := run(t, i, i+8, isLetter)
	if j == i || j-i > 7 {
		return false
	}
	var room [8]byte
	low := room[:0]
	for _, c := range t[i:j] {
		low = append(low, fold(c))
	}
	return units[string(low)]
}

var units = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range fields(`eur usd gbp chf jpy pln sek nok dkk czk huf inr brl euro euros dollar dollars
		ms ns us sec seconds bytes byte kb mb gb tb kib mib gib hz khz mhz ghz rows files items lines
		records users km cm mm kg percent requests times objects pixels px hits points words`) {
		m[w] = true
	}
	return m
}()
