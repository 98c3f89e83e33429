package scan

import "github.com/habeas-data/habeas/scrub/internal/span"

// Lengths of payment cards (ISO/IEC 7812).
const (
	minCard = 12
	maxCard = 19
)

// card looks for a payment card number at group k: 12 to 19 digits in one piece or in
// groups with blanks or with hyphens, with the beginning and the length of an issuer and a
// right check digit. It returns how many groups were used.
func (p *pass) card(k int) int {
	q, t := &p.seq, p.t
	var room [maxCard + maxRun]byte
	d := room[:0]
	for n := 0; k+n < q.n && n < 6; n++ {
		g := q.g[k+n]
		if n > 0 && (g.sep != sepBlank && g.sep != sepDash || g.sep != q.g[k+1].sep) || len(d)+g.e-g.s > maxCard {
			return 0
		}
		d = append(d, t[g.s:g.e]...)
		if len(d) < minCard || g.tail && at(t, g.e) != '_' || !q.cardGroups(k, n+1) || issuer(d) == unknownIssuer || !luhn(d) {
			continue
		}
		if c := at(t, g.e); beforePseudonym(t, g.e) || has(c, isHigh) && c != 0xC2 && c != 0xE2 || (c == '.' || c == '-') && has(at(t, g.e+1), isAlnum) {
			continue
		}
		if issuer(d) == rareIssuer && (n == 0 || !q.apart(k, shape{sep: q.g[k+n].sep})) && p.before(q.g[k].s).near&aCard == 0 {
			continue
		}
		if len(d) < 13 && q.inRow(k) && p.before(q.g[k].s).near&aCard == 0 {
			continue // the rest of four groups whose check digit is wrong
		}
		if n > 0 && p.hexRow(k, n+1) {
			continue
		}
		if c := p.before(q.g[k].s); c.near&aCount != 0 && c.near&aCard == 0 && n == 0 {
			continue
		}
		p.add(span.Card, q.g[k].s, g.e, newHash(span.Card).bytes(d).sum())
		return n + 1
	}
	return 0
}

// cardGroups says whether the n groups from k are those of a card: fours, of which the last
// may be shorter, 4-6-5 and 4-6-4, or 6 and the rest.
func (q *sequence) cardGroups(k, n int) bool {
	switch lens := q.lengths(k, n); {
	case n == 1 || lens == 465 || lens == 464 || lens == 445:
		return true
	case n == 2 && q.g[k].e-q.g[k].s == 6:
		return true
	}
	for i, g := range q.g[k : k+n] {
		if size := g.e - g.s; size != 4 && (i < n-1 || size > 4) {
			return false
		}
	}
	return true
}

// luhn says whether the check digit of ISO/IEC 7812-1 is right.
func luhn(d []byte) bool {
	sum, double := 0, false
	for i := len(d) - 1; i >= 0; i-- {
		v := int(d[i] - '0')
		if double {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
		double = !double
	}
	return sum%10 == 0
}

// What is known of the issuer of a number.
const (
	unknownIssuer = iota
	rareIssuer    // of a wide range: believed in groups, or where a card is spoken of
	knownIssuer
)

// issuer judges by first digits and length.
func issuer(d []byte) int {
	n := len(d)
	p2, p3, p4 := value(d[:2]), value(d[:3]), value(d[:4])
	known := false
	switch {
	case d[0] == '4':
		known = n == 13 || n == 16 || n == 19
	case p2 >= 51 && p2 <= 55, p4 >= 2221 && p4 <= 2720:
		known = n == 16
	case p2 == 34 || p2 == 37:
		known = n == 15
	case p3 >= 300 && p3 <= 305, p2 == 36 || p2 == 38 || p2 == 39:
		known = n == 14 || n == 16
	case p4 == 1800 || p4 == 2131:
		known = n == 15
	case p4 >= 3528 && p4 <= 3589:
		known = n >= 16
	case p4 == 6011, p2 == 65, p3 >= 644 && p3 <= 649, p2 == 62, p4 >= 2200 && p4 <= 2204:
		known = n >= 16
	case p4 == 5018 || p4 == 5020 || p4 == 5038 || p4 == 5893 || p4 == 6304 ||
		p4 == 6759 || p4 >= 6761 && p4 <= 6763:
		known = true
	case p2 == 35 && n == 16: // others of JCB are met
		return rareIssuer
	case p2 == 50 || p2 >= 56 && p2 <= 69:
		return rareIssuer
	}
	switch {
	case !known:
		return unknownIssuer
	case n > 16:
		return rareIssuer // as long as integers of 64 bits
	}
	return knownIssuer
}
