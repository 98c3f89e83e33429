package scan

import "github.com/habeas-data/habeas/scrub/internal/span"

// word looks at what may be an interesting word at i.
func (p *pass) word(i int, g *gram) {
	t := p.t
	if i < 0 {
		return
	}
	if g.name != nil {
		p.service(i, g.name)
	}
	if len(g.keys) == 0 && !g.word {
		return
	}
	if g.word && t[i] == birthSign[0] && hasPrefix(t, i, birthSign) {
		p.japaneseBirth(i)
		return
	}
	if i > 0 && has(t[i-1], isAlnum|isHigh) && !blank(t, i) || !has(t[i], isLetter|isHigh) {
		return
	}
	p.providerKey(i, g.keys)
	if !g.word {
		return
	}
	j := run(t, i, min(i+40, len(t)), isLetter|isHigh)
	if !has(at(t, j), isDigit) {
		p.announced(i, j)
	}
}

// blank says whether a no-break space or a mark of punctuation beyond ASCII ends at i.
func blank(t []byte, i int) bool {
	return at(t, i-2) == 0xC2 && t[i-1] < 0xC0 || at(t, i-3) == 0xE2 && !hasPrefix(t, i-3, close)
}

// announcing lists the words that stand before a value without ':' or '='.
var announcing = func() (all []string) {
	for _, f := range []flag{aBirth, aPaper} {
		all = append(all, fields(vocabulary[f])...)
	}
	return append(all, "password", "passwort", "passphrase", "passcode", "contraseña", "wachtwoord",
		"bearer", "basic", "d.o.b", "生まれ")
}()

// announced looks for a value after the word [i, j).
func (p *pass) announced(i, j int) {
	t := p.t
	if hasFold(t, i, "d.o.b") {
		p.birth(i + 5)
		return
	}
	start, f := lastWord(t, j, i)
	if start != i {
		return
	}
	switch {
	case f&aBirth != 0:
		p.birth(j)
	case f&aPaper != 0:
		p.paper(j)
	case f&aSecret != 0:
		p.spokenSecret(j)
	case at(t, j) == ' ' && (hasFold(t, i, "bearer") || hasFold(t, i, "basic")):
		p.scheme(j+1, 8)
	}
}

// paper looks for the number of a passport or licence after the word that ends at i: five
// to twenty capitals and digits with some digits, near, on the same line.
func (p *pass) paper(i int) {
	t := p.t
	limit := min(len(t), i+40)
	for j := i; j < limit && t[j] != '\n' && !hasPrefix(t, j, open); {
		if !has(t[j], isAlnum) {
			j++
			continue
		}
		e := run(t, j, j+24, isAlnum)
		for e < j+24 && (at(t, e) == '-' || at(t, e) == ' ') && has(at(t, e+1), isDigit) && has(t[e-1], isDigit) {
			e = run(t, e+1, j+24, isAlnum)
		}
		if looksIssued(t[j:e]) && !p.dateLike(j) && !beforePseudonym(t, e) {
			p.add(span.ID, j, e, compact(span.ID, t[j:e]))
			p.cover(j, e)
			return
		}
		j = e
	}
}

// looksIssued says whether a token may be the number of a document.
func looksIssued(b []byte) bool {
	digits, n := 0, 0
	if len(b) == 9 && b[4] == '-' && years([]byte{b[0], b[1], b[2], b[3], b[5], b[6], b[7], b[8]}) {
		return false
	}
	for _, c := range b {
		switch {
		case has(c, isDigit):
			digits++
			n++
		case has(c, isUpper):
			n++
		case has(c, isLower):
			return false
		}
	}
	return digits >= 4 && n >= 6 && n <= 20
}

// compact is what two spellings of one number have in common: its letters, as capitals, and
// its digits.
func compact(k span.Kind, b []byte) uint64 {
	h := newHash(k)
	for _, c := range b {
		if has(c, isAlnum) {
			h = h.add(upper(c))
		}
	}
	return h.sum()
}
