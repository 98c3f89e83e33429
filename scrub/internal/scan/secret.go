package scan

import (
	"bytes"

	"github.com/habeas-data/habeas/scrub/internal/span"
)

// Bounds of the values of passwords and the like, in quotes and without.
const (
	maxQuoted = 1024
	maxSecret = 256
)

// named looks at the name before the ':' or '=' at i.
func (p *pass) named(i int) {
	t := p.t
	e := i
	for n := 0; n < 3 && e > 0 && (t[e-1] == '"' || t[e-1] == '\'' || t[e-1] == ' ' || t[e-1] == '\\' || t[e-1] == ']'); n++ {
		e--
	}
	if e == 0 || !has(t[e-1], isAlnum|isHigh) {
		return
	}
	if has(t[e-1], isDigit) {
		if t[i] == ':' {
			p.telegram(i)
		}
		return
	}
	if t[i] == ':' && at(t, i+1) == '/' && at(t, i+2) == '/' {
		p.credentials(i + 3)
		return
	}
	switch f := announces(t, e); {
	case f&aSecret != 0:
		p.value(i+1, true)
	case f&aToken != 0:
		p.value(i+1, false)
	case f&aBirth != 0:
		p.birth(i + 1)
	}
}

// announces is what the name that ends at e says of the value after it.
func announces(t []byte, e int) flag {
	if e < 2 || !nameEnds[endOf(t[e-2], t[e-1])] {
		return 0
	}
	s, f := lastWord(t, e, e-40)
	f |= joinedWord(t, s, e)
	if f&aKey != 0 {
		if b := at(t, s-1); b == '_' || b == '-' || b == ' ' || has(b, isLower) {
			k := s
			if !has(b, isLower) {
				k--
			}
			if _, before := lastWord(t, k, k-16); before&(aKeyKind|aSecret|aToken) != 0 {
				f |= aSecret
			}
		}
	}
	return f
}

// element looks for a secret in the element of XML whose start tag ends with the '>' at i,
// as in <password>…</password>.
func (p *pass) element(i int) {
	t := p.t
	if i < 3 || !has(t[i-1], isLetter) {
		return
	}
	f := announces(t, i)
	if f&(aSecret|aToken) == 0 {
		return
	}
	s := i
	for s > 0 && s > i-48 && (has(t[s-1], isToken) || t[s-1] == ':' || t[s-1] == '.') {
		s--
	}
	if at(t, s-1) != '<' {
		return
	}
	e := quotedEnd(t, i+1, '<')
	if at(t, e) != '<' || at(t, e+1) != '/' {
		return
	}
	v := bytes.TrimSpace(t[i+1 : e])
	if k := e - len(bytes.TrimLeft(t[i+1:e], " \t\r")); len(v) > 0 && secretLike(v, f&aSecret != 0, true) {
		p.add(span.Key, k, k+len(v), 0)
	}
}

// nameEnds tells by the last two bytes which words may announce a value.
var nameEnds = func() (t [1024]bool) {
	t[endOf('t', 'e')] = true // date
	for _, f := range []flag{aSecret, aToken, aKey, aBirth} {
		for _, w := range fields(vocabulary[f]) {
			t[endOf(w[len(w)-2], w[len(w)-1])] = true
		}
	}
	return t
}()

func endOf(a, b byte) int { return int(a&31)<<5 | int(b&31) }

// joinedWord is what a name of several words says that has no meaning word by word:
// "dateOfBirth" is read as Birth, "db_password" as password; "passwordHash" says nothing.
func joinedWord(t []byte, s, e int) flag {
	if e-s == 4 && hasFold(t, s, "date") && s > 0 {
		_, f := lastWord(t, s-1+btoi(has(t[s-1], isLower)), s-16)
		return f & aBirth // birth_date, birthDate
	}
	return 0
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// value looks at the value at i of something that is called a secret, or, unless sure, that
// is called a token and must look like one.
func (p *pass) value(i int, sure bool) {
	t := p.t
	blanks := 0
	for i < len(t) && blanks < 4 && (t[i] == ' ' || t[i] == '=' || t[i] == '>' || t[i] == ':') { // :=, =>
		i++
		blanks++
	}
	if at(t, i) == '\\' && (at(t, i+1) == '"' || at(t, i+1) == '\'') {
		i++
	}
	if q := at(t, i); q == '"' || q == '\'' || q == '`' {
		e := quotedEnd(t, i+1, q)
		if at(t, e) != q && bytes.IndexByte(t[i+1:e], ')') >= 0 {
			return // the quote closes what a program began before
		}
		if e > i+1 && secretLike(t[i+1:e], sure, true) {
			p.add(span.Key, i+1, e, 0)
		}
		return
	}
	if e := schemeEnd(t, i); e > 0 {
		p.scheme(e, 4)
		return
	}
	e := p.valueEnd(i)
	if blanks > 0 && program(t[i:e]) {
		return
	}
	if secretLike(t[i:e], sure, blanks == 0 || endsLine(t, e)) {
		p.add(span.Key, i, e, 0)
	}
}

// program says whether a value looks like an expression: a call, a constant, the name of a
// type, or names with dots.
func program(v []byte) bool {
	if bytes.ContainsAny(v, "([") {
		return true
	}
	small := false
	for _, c := range v {
		if !has(c, isLetter) && c != '.' && c != '_' {
			return false
		}
		small = small || has(c, isLower)
	}
	return bytes.IndexByte(v, '.') > 0 || !small && bytes.IndexByte(v, '_') > 0 || types[string(v)]
}

// types are what follows "password:" in the declarations of programs.
var types = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range fields("bytes str string String int bool char text any object Value []byte password secret token") {
		m[w] = true
	}
	return m
}()

// quotedEnd is the end of the string at i that is closed by q, or of the line.
func quotedEnd(t []byte, i int, q byte) int {
	e := i
	for e < len(t) && e < i+maxQuoted && t[e] != q && t[e] != '\n' {
		if t[e] == '\\' {
			if at(t, e+1) == q && at(t, i-2) == '\\' {
				return e // the quotes are escaped themselves
			}
			e++
		}
		e++
	}
	return min(e, len(t), i+maxQuoted)
}

// valueEnd is the end of the value without quotes at i. What was seen to be no end is kept,
// so that values in values are read once.
func (p *pass) valueEnd(i int) int {
	t := p.t
	if i < p.valueFrom || i > p.valueTo {
		p.valueFrom, p.valueTo = i, i
	}
	e := p.valueTo
	for e < len(t) && e < i+maxSecret && !endsValue(t, e) {
		e++
	}
	p.valueTo = e
	e = min(e, i+maxSecret)
	for e > i && t[e-1] >= 0x80 && e == i+maxSecret {
		e--
	}
	return e
}

// endsValue says whether a value without quotes ends before the byte at i.
func endsValue(t []byte, i int) bool {
	switch t[i] {
	case ' ', '\t', '\n', '\r', '"', '\'', '`', '&', ';', ',', '<', '>', ')', ']', '}':
		return true
	case '\\':
		d := at(t, i+1)
		return d == 'n' || d == 'r' || d == '"' || d == 't'
	}
	return false
}

func endsLine(t []byte, e int) bool {
	switch at(t, e) {
	case ' ', '\t':
		return false
	}
	return true
}

// secretLike says whether v can be a secret: after a name that is sure, anything that is
// no placeholder; where prose may go on (plain is false), something that is no plain word.
func secretLike(v []byte, sure, plain bool) bool {
	if len(v) == 0 || placeholder(v) || bytes.Contains(v, []byte(open)) {
		return false
	}
	if sure && plain && len(v) > 1 {
		return true
	}
	var seen uint8
	other := false
	for _, c := range v[:min(len(v), 64)] { // what shows no digit here is no key
		seen |= props[c]
		other = other || !has(c, isAlnum|isHigh)
	}
	if sure {
		return seen&isDigit != 0 && len(v) >= 4 || other && len(v) >= 6
	}
	if len(v) > 2 && len(v) <= 18 && v[0] == '0' && v[1] == 'x' {
		return false // a number
	}
	kinds := btoi(seen&isDigit != 0) + btoi(seen&isLower != 0) + btoi(seen&isUpper != 0)
	return len(v) >= 8 && seen&isDigit != 0 && kinds >= 2 && bytes.IndexByte(v, ' ') < 0
}

// placeholder says whether v stands for a value that is not there.
func placeholder(v []byte) bool {
	switch v[0] {
	case '*': // ***, and *types.Name in programs
		return len(v) < 6 || v[1] == '*' || !bytes.ContainsAny(v[1:], "*!#$%&+-/?^~@")
	case '<', '[':
		return true
	case '/':
		return bytes.IndexByte(v[1:], '/') > 0 // a path
	case '$', '{', '%':
		return len(v) > 1 && (v[0] == '{' || v[1] == '{' || v[1] == '(' || v[0] == '%' && len(v) == 2)
	}
	if len(v) > 12 {
		return false
	}
	var room [12]byte
	low := room[:0]
	for _, c := range v {
		low = append(low, fold(c))
	}
	return placeholders[string(low)]
}

var placeholders = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range fields(`null nil none true false undefined string redacted hidden masked required
		optional empty unset xxx xxxx xxxxx xxxxxx xxxxxxxx ... invalid missing expired wrong incorrect
		must should cannot could has is was not changed reset ok failed {} [] "" ''`) {
		m[w] = true
	}
	return m
}()

// schemeEnd is the end of the scheme of an Authorization header at i, or 0.
func schemeEnd(t []byte, i int) int {
	for _, s := range [...]string{"bearer ", "basic ", "token ", "digest ", "apikey "} {
		if hasFold(t, i, s) {
			return i + len(s)
		}
	}
	return 0
}

// scheme looks for the credentials of an Authorization header (RFC 9110) at i: at least n
// characters; where that is all that is known, eight that are no word.
func (p *pass) scheme(i, n int) {
	t := p.t
	for k := 0; k < 2 && at(t, i) == ' '; k++ {
		i++
	}
	e := i
	for e < len(t) && e < i+span.Ahead-1 && (has(t[e], isToken|isBase64) || t[e] == '.' || t[e] == '~') {
		e++
	}
	v := t[i:e]
	for len(v) > 0 && v[len(v)-1] == '.' {
		v = v[:len(v)-1]
	}
	if len(v) < n {
		return
	}
	var seen uint8
	for _, c := range v {
		seen |= props[c]
	}
	if n < 8 && len(v) > 0 || seen&isDigit != 0 || v[len(v)-1] == '=' || len(v) >= 16 && seen&isUpper != 0 && seen&isLower != 0 {
		p.add(span.Key, i, i+len(v), 0)
	}
}

// spokenSecret looks for a secret after a word for one that ends at i: "password is x1" or
// "password x1". Without ':' or '=' the value must have a digit or a sign in it.
func (p *pass) spokenSecret(i int) {
	t := p.t
	if at(t, i) != ' ' {
		return
	}
	i++
	for _, w := range [...]string{"is ", "was ", "ist ", "es ", "est ", "to "} {
		if hasFold(t, i, w) {
			i += len(w)
			break
		}
	}
	for n := 0; n < 1 && (at(t, i) == '"' || at(t, i) == '\'' || at(t, i) == '`'); n++ {
		i++
	}
	e := p.valueEnd(i)
	for e > i && (t[e-1] == '.' || t[e-1] == '?' || t[e-1] == '!' || t[e-1] == ':') {
		e--
	}
	v := t[i:e]
	if len(v) < 6 || placeholder(v) || bytes.Contains(v, []byte(open)) || bytes.IndexByte(v, '=') > 0 || bytes.Contains(v, []byte("://")) {
		return
	}
	var seen uint8
	for _, c := range v {
		seen |= props[c]
	}
	if seen&isDigit != 0 && seen&isLetter != 0 && bytes.IndexByte(v, '/') < 0 && bytes.IndexByte(v, '@') < 0 {
		p.add(span.Key, i, e, 0)
	}
}

// credentials looks for user:password@ in the authority of a URL that begins at i.
func (p *pass) credentials(i int) {
	t := p.t
	mid := 0
	for e := i; e < len(t) && e < i+256; e++ {
		switch c := t[e]; {
		case c == '@' && mid > 0:
			if e > mid+1 && !bytes.Contains(t[mid+1:e], []byte(open)) && !placeholder(t[mid+1:e]) {
				p.add(span.Key, mid+1, e, 0)
			}
			return
		case c == ':' && mid == 0:
			mid = e
		case c == '/' || c == '?' || c == '#' || c <= ' ' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '@':
			return
		}
	}
}
