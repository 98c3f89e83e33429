package scan

import (
	"net/netip"

	"github.com/habeas-data/habeas/scrub/internal/span"
)

// ipv4 looks for an IPv4 address at group k: four numbers up to 255 without leading zeros
// and dots between them. Neither an OID, nor a version, is one: see the package comment. It
// returns how many groups were used.
func (p *pass) ipv4(k int) int {
	q, t := &p.seq, p.t
	if k+4 > q.n || q.g[k].e-q.g[k].s > 3 || !q.dotted(k) {
		return 0
	}
	h := newHash(span.IP)
	for _, g := range q.g[k : k+4] {
		n := g.e - g.s
		if v := value(t[g.s:min(g.e, g.s+4)]); n > 3 || v > 255 || n > 1 && t[g.s] == '0' {
			return 0
		} else {
			h = h.add(byte(v))
		}
	}
	s, e := q.g[k].s, q.g[k+3].e
	if q.g[k+3].tail && at(t, e) != '_' && at(t, e) != 'T' || p.notAddress(s, e) {
		return 0
	}
	p.add(span.IP, s, e, h.sum())
	return 4
}

// dotted says whether dots stand between group k and the next three.
func (q *sequence) dotted(k int) bool {
	return q.g[k+1].sep == sepDot && q.g[k+2].sep == sepDot && q.g[k+3].sep == sepDot
}

// notAddress says whether dotted numbers are a version, an OID or the rest of something.
func (p *pass) notAddress(s, e int) bool {
	t := p.t
	if c := at(t, e); (c == '.' || c == '-') && has(at(t, e+1), isDigit) && (c == '.' || !octets(t, e+1)) {
		return true // five numbers, a version with a build
	}
	if c := at(t, e); c == '-' && has(at(t, e+1), isLetter) {
		return true // 1.2.3.4-beta
	}
	c, d := at(t, s-1), at(t, s-2)
	switch {
	case c == '.' || c == '_' || has(c, isAlnum):
		return has(d, isAlnum) || c != '.'
	case c == '-' && has(d, isAlnum):
		return !octetsBefore(t, s-1)
	case c == ':' && has(d, isHex):
		// The tail of an IPv6 address is found with it.
		if v6, _ := v6Around(t, s-1); v6 {
			return true
		}
	case c == '/' && has(d, isAlnum):
		w := runBack(t, s-1, s-40, isAlnum|isDashed)
		if b := at(t, w-1); b != '/' && b != '.' && b != ':' {
			return true // Chrome/120.0.0.0
		}
	}
	return versionBefore(t, s)
}

// versionBefore says whether the word just before i announces a version or the number of a
// section.
func versionBefore(t []byte, i int) bool {
	for range 2 {
		j := i
		for j > 0 && i-j < 5 && props[t[j-1]]&(isAlnum|isHigh) == 0 && t[j-1] != '\n' {
			j--
		}
		s, f := lastWord(t, j, j-16)
		if f&aNone == 0 || s == j {
			return f&aVersion != 0
		}
		i = s
	}
	return false
}

// octets says whether another dotted address begins at i (a range).
func octets(t []byte, i int) bool {
	e := i
	for range 3 {
		k := run(t, e, e+4, isDigit)
		if k == e || at(t, k) != '.' {
			return false
		}
		e = k + 1
	}
	return has(at(t, e), isDigit)
}

// octetsBefore says whether one ends at i.
func octetsBefore(t []byte, i int) bool {
	s := i
	for range 3 {
		k := runBack(t, s, s-4, isDigit)
		if k == s || at(t, k-1) != '.' {
			return false
		}
		s = k - 1
	}
	return s > 0 && has(t[s-1], isDigit)
}

// v6Around says whether the colon at i is one of at least two, as those of an IPv6 address.
func v6Around(t []byte, i int) (bool, int) {
	s, colons := i+1, 0
	for s > 0 && s > i-44 && (has(t[s-1], isHex) || t[s-1] == ':') {
		s--
		if t[s] == ':' {
			colons++
		}
	}
	return colons >= 2, s
}

// ipv6 looks for an IPv6 address (RFC 4291, RFC 4007 zones) whose first colon is at i. It
// returns where to go on, or 0.
func (p *pass) ipv6(i int) int {
	t := p.t
	c := at(t, i+1)
	if c != ':' && !has(c, isHex) {
		return 0
	}
	s := runBack(t, i, i-5, isHex)
	if i-s > 4 || s == i && c != ':' {
		return 0
	}
	if b := at(t, s-1); has(b, isAlnum|isHigh) || b == ':' || b == '_' || b == '-' && s < i || b == '.' {
		return 0
	}
	e, colons, double, digits, groups := s, 0, false, false, 0
form:
	for e < len(t) && e < s+46 {
		switch c := t[e]; {
		case c == ':':
			colons++
			double = double || at(t, e+1) == ':'
		case has(c, isHex):
			digits = digits || has(c, isDigit)
			if e == s || t[e-1] == ':' {
				groups++
			}
		case c == '.' && colons >= 2 && has(at(t, e+1), isDigit):
		default:
			break form
		}
		e++
	}
	if colons < 2 || has(at(t, e), isAlnum|isHigh) || e == s+46 {
		return 0
	}
	for e > s+2 && t[e-1] == ':' && t[e-2] != ':' {
		e--
	}
	if !double && colons < 6 || !digits && groups <= 2 {
		return 0
	}
	addr, err := netip.ParseAddr(string(t[s:e]))
	if err != nil {
		return 0
	}
	same := compactAddr(addr)
	if z := zoneEnd(t, e); z > 0 {
		e = z
	}
	p.add(span.IP, s, e, same)
	return e
}

// zoneEnd is the end of the zone at i, such as %eth0, or 0.
func zoneEnd(t []byte, i int) int {
	if at(t, i) != '%' || !has(at(t, i+1), isAlnum) {
		return 0
	}
	return run(t, i+1, i+17, isAlnum|isDashed)
}

// compactAddr is what the spellings of one address have in common; a v4-mapped one is the
// same as the IPv4 address.
func compactAddr(a netip.Addr) uint64 {
	h := newHash(span.IP)
	if a = a.Unmap().WithZone(""); a.Is4() {
		b := a.As4()
		return h.bytes(b[:]).sum()
	}
	b := a.As16()
	return h.bytes(b[:]).sum()
}

// mac looks for a hardware address at i: six bytes in hexadecimal with ':' or '-', or three
// times two bytes with '.' (IEEE 802).
func (p *pass) mac(i int) {
	t := p.t
	if i < 0 {
		return
	}
	n, step, sep := 17, 3, at(t, i+2)
	if sep != ':' && sep != '-' {
		n, step, sep = 14, 5, at(t, i+4)
		if sep != '.' {
			return
		}
	}
	if i+n > len(t) || t[i+2*step-1] != sep {
		return
	}
	letters, h := false, newHash(span.MAC)
	for k := range n {
		c := t[i+k]
		switch {
		case k%step == step-1:
			if c != sep {
				return
			}
		case !has(c, isHex):
			return
		default:
			letters = letters || !has(c, isDigit)
			h = h.add(fold(c))
		}
	}
	b, e := at(t, i-1), at(t, i+n)
	if has(b, isAlnum|isHigh) || has(e, isAlnum|isHigh) || e == sep && has(at(t, i+n+1), isHex) ||
		b == sep && has(at(t, i-2), isHex) || b == '-' && has(at(t, i-2), isAlnum) {
		return
	}
	if !letters && sep != ':' && p.before(i).near&(aPhone|aCount) != 0 {
		return
	}
	if !letters && sep == '-' && monthDay(two(t, i+3), two(t, i+6)) && two(t, i+9) < 24 && two(t, i+12) < 60 {
		return // 26-11-23-08-00-25
	}
	p.add(span.MAC, i, i+n, h.sum())
}
