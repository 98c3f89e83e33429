package scan

import (
	"bytes"
	"encoding/base64"

	"github.com/habeas-data/habeas/scrub/internal/span"
)

// providerKey looks for a key with a provider's prefix at i.
func (p *pass) providerKey(i int, keys []*provider) {
	t := p.t
	if len(keys) == 0 || at(t, i-1) == '-' && (hasPrefix(t, i-4, close) || has(at(t, i-2), isAlnum)) {
		return
	}
	for _, v := range keys {
		if !v.begins(t, i) {
			continue
		}
		s := i + len(v.prefix)
		e, n := v.end(t, s)
		if n < v.min || n > v.max && v.min == v.max || has(at(t, e), isAlnum) && n <= v.max {
			continue
		}
		if e = keyEnd(t, v.prefix, i, e); e > 0 {
			p.add(span.Key, keyStart(t, v.prefix, i), e, 0)
			return
		}
	}
}

// keyStart is where a key begins whose prefix stands at i: some have a name or the rest of
// an address before it.
func keyStart(t []byte, prefix string, i int) int {
	if prefix == "atlasv1." && at(t, i-1) == '.' {
		return runBack(t, i-1, i-16, isAlnum)
	}
	if prefix[len(prefix)-1] != '/' {
		return i
	}
	s := i
	for s > 0 && s > i-48 && (has(t[s-1], isToken) || isOneOf(t[s-1], ".:/")) {
		s--
	}
	return s
}

// keyEnd checks what single providers have of their own. It returns the end of the key that
// was read up to e, or 0.
func keyEnd(t []byte, prefix string, i, e int) int {
	value := t[i+len(prefix) : e]
	switch prefix {
	case "eyJ":
		return jwtEnd(t, i, e)
	case "sk-":
		if !random(value, 16) {
			return 0
		}
	case "live_", "test_", "secret_", "ext_", "sc_", "st.", "pat.", "sat.", "pat", "cio", "API-", "key-", "t1.", "ico-", "r8_":
		if !random(value, 12) { // words of programs begin so, too
			return 0
		}
	}
	return e
}

// jwtEnd is the end of the JSON Web Token (RFC 7519) at i whose header ends at e, or 0.
func jwtEnd(t []byte, i, e int) int {
	if at(t, e) != '.' {
		return 0
	}
	var room [384]byte
	header := t[i:min(e, i+512)]
	header = header[:len(header)/4*4]
	n, _ := base64.RawURLEncoding.Decode(room[:], header)
	if !bytes.Contains(room[:n], []byte(`"alg"`)) && !bytes.Contains(room[:n], []byte(`"typ"`)) {
		return 0
	}
	limit := i + span.Ahead - 1
	for part := 0; part < 4 && at(t, e) == '.'; part++ {
		k := run(t, e+1, limit, isToken)
		if k == e+1 && part > 0 {
			break
		}
		e = min(k, limit)
	}
	return e
}

// random says whether b has a run of letters and digits as long as n with digits in it, and
// letters, as words have not.
func random(b []byte, n int) bool {
	for i := 0; i < len(b); i++ {
		e := run(b, i, len(b), isAlnum)
		digits, letters := 0, 0
		for _, c := range b[i:e] {
			if has(c, isDigit) {
				digits++
			} else {
				letters++
			}
		}
		if e-i >= n && digits >= 2 && letters >= 2 {
			return true
		}
		i = max(e, i)
	}
	return false
}

// maxmind looks for a licence key of MaxMind whose end, _mmk, stands at i: six characters,
// '_' and 29 more.
func (p *pass) maxmind(i int) {
	t := p.t
	s := i - 36
	if s < 0 || t[s+6] != '_' || runBack(t, i, s, isToken) != s || has(at(t, s-1), isToken) || has(at(t, i+4), isToken) {
		return
	}
	p.add(span.Key, s, i+4, 0)
}

// telegram looks for the token of a Telegram bot: 8 to 10 digits, ':' and 35 characters.
func (p *pass) telegram(i int) {
	t := p.t
	s := runBack(t, i, i-11, isDigit)
	if n := i - s; n < 8 || n > 10 || has(at(t, s-1), isAlnum|isHigh) && !hasFold(t, s-3, "bot") {
		return
	}
	e := run(t, i+1, i+37, isToken)
	if e-i-1 == 35 && random(t[i+1:e], 6) {
		p.add(span.Key, s, e, 0)
	}
}

// entra looks for a client secret of Microsoft Entra ID around the '~' at i: three
// characters, a digit, Q~ and 31 to 34 more.
func (p *pass) entra(i int) {
	t := p.t
	if at(t, i-1) != 'Q' || !has(at(t, i-2), isDigit) || has(at(t, i-6), isToken) {
		return
	}
	for k := i - 5; k < i; k++ {
		if !has(at(t, k), isToken) && at(t, k) != '~' && at(t, k) != '.' {
			return
		}
	}
	e := i + 1
	for e < len(t) && e < i+36 && (has(t[e], isToken) || t[e] == '~' || t[e] == '.') {
		e++
	}
	if n := e - i - 1; n >= 31 && n <= 34 {
		p.add(span.Key, i-5, e, 0)
	}
}
