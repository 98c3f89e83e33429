package scan

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/habeas-data/habeas/scrub/internal/span"
)

// Limits of RFC 5321, section 4.5.3.1, in bytes. Local parts are looked for a little
// farther: some are longer in practice.
const (
	maxLocal  = 128
	maxDomain = 255
	maxLabel  = 63
)

// email looks for an address (RFC 5321, RFC 6531) around the '@' at i, after which the
// domain begins. The '@' may be written %40.
func (p *pass) email(i, domain int) {
	t := p.t
	start := p.localPart(i)
	if start == i {
		return
	}
	end, label := domainEnd(t, domain)
	if end == 0 || fileName(t[domain:end], label-domain) || userinfo(t, start) {
		return
	}
	h := newHash(span.Email)
	for _, c := range t[start:i] {
		h = h.add(fold(c))
	}
	h = h.add('@')
	for _, c := range t[domain:end] {
		h = h.add(fold(c))
	}
	p.add(span.Email, start, end, h.sum())
}

// localPart is the start of the local part that ends at i, or i.
func (p *pass) localPart(i int) int {
	t := p.t
	if i > 1 && t[i-1] == '"' {
		return quotedStart(t, i)
	}
	limit := max(0, i-maxLocal)
	s, script := i, 0
	for s > limit {
		c := t[s-1]
		if props[c]&isAtom != 0 {
			if script == 2 {
				break
			}
			script = 1
			s--
			continue
		}
		if props[c]&isHigh == 0 {
			break
		}
		r, n := utf8.DecodeLastRune(t[limit:s])
		k := scriptOf(r)
		if n == 1 || k == 0 || script != 0 && script != k {
			break
		}
		script = k
		s -= n
	}
	return trimLocal(t, s, i)
}

// trimLocal drops what stands before a local part but hardly belongs to it: dots, quotes,
// and the name of a parameter (to=jude@example.org).
func trimLocal(t []byte, s, i int) int {
	if k := bytes.LastIndexAny(t[s:i], "=&?/`|{}"); k >= 0 {
		s += k + 1
	}
	for s+3 <= i && t[s] == '%' && has(t[s+1], isHex) && has(t[s+2], isHex) { // %20, %3C
		s += 3
	}
	for s < i && (t[s] == '.' || t[s] == '\'' || t[s] == '*' || t[s] == '-' || t[s] == '~' || t[s] == '#') {
		s++
	}
	if s < i && t[i-1] == '.' {
		return i
	}
	for k := s; k < i; k++ {
		if t[k] == '.' && t[k-1] == '.' {
			s = k + 1
		}
	}
	return s
}

// scriptOf tells scripts that are written with blanks between words (1), and so may be part
// of an ASCII local part, from those that are not (2). Other characters are 0.
func scriptOf(r rune) int {
	switch {
	case r == utf8.RuneError:
		return 0
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Khmer, unicode.Lao):
		return 2
	case unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r):
		return 1
	}
	return 0
}

// quotedStart is the start of a quoted local part whose last quote stands before i, or i.
func quotedStart(t []byte, i int) int {
	for s := i - 2; s >= 0 && s > i-maxLocal; s-- {
		c := t[s]
		if c == '\n' || c == '\r' {
			return i
		}
		if c != '"' || at(t, s-1) == '\\' {
			continue
		}
		prev := at(t, s-1)
		if s+1 == i-1 || has(prev, isAlnum) || prev == '"' {
			return i
		}
		return s
	}
	return i
}

// domainEnd is the end of the domain that begins at i and the start of its last label, or
// 0. It may be an address literal.
func domainEnd(t []byte, i int) (end, last int) {
	if at(t, i) == '[' {
		e := bytes.IndexByte(t[i:min(len(t), i+64)], ']')
		if e > 0 && literal(t[i+1:i+e]) {
			return i + e + 1, i + e + 1
		}
		return 0, 0
	}
	script := 0
	for j := i; ; {
		k, s := labelEnd(t, j, script)
		n := k - j
		if n == 0 || n > maxLabel || k-i > maxDomain || t[j] == '-' {
			break
		}
		script = s
		for t[k-1] == '-' { // a label does not end in a hyphen
			k--
		}
		if j > i && topLevel(t[j:k]) {
			end, last = k, j
		} else if d := bytes.IndexByte(t[j:k], '-'); j > i && d > 0 && topLevel(t[j:j+d]) {
			end, last = j+d, j // jude@example.org-office
		}
		if at(t, k) != '.' {
			break
		}
		j = k + 1
	}
	return end, last
}

// labelEnd is the end of the label at i. ASCII and scripts without blanks do not mix, for
// text of the latter goes on after an address.
func labelEnd(t []byte, i, script int) (end, s int) {
	for i < len(t) && i >= 0 {
		c := t[i]
		if props[c]&isAlnum != 0 || c == '-' {
			if script == 2 && c != '-' {
				break
			}
			if c != '-' {
				script = 1
			}
			i++
			continue
		}
		if props[c]&isHigh == 0 {
			break
		}
		r, n := utf8.DecodeRune(t[i:min(len(t), i+utf8.UTFMax)])
		k := scriptOf(r)
		if k == 0 || script != 0 && script != k {
			break
		}
		script = k
		i += n
	}
	return i, script
}

// topLevel says whether the last label of a domain can be one: two letters or more, or
// Punycode.
func topLevel(b []byte) bool {
	if len(b) < 2 {
		return false
	}
	if hasFold(b, 0, "xn--") {
		return len(b) > 4
	}
	for i, c := range b {
		if !has(c, isLetter|isHigh) || i > 0 && has(c, isUpper) && has(b[i-1], isLower) {
			return false
		}
	}
	return true
}

// literal says whether b is what stands in the brackets of an address literal.
func literal(b []byte) bool {
	if hasFold(b, 0, "ipv6:") {
		b = b[5:]
	}
	for _, c := range b {
		if !has(c, isHex) && c != '.' && c != ':' {
			return false
		}
	}
	return len(b) >= 3 && (bytes.IndexByte(b, ':') >= 0 || bytes.Count(b, []byte(".")) == 3)
}

// fileTypes are last labels that are no top-level domains but ends of file names.
var fileTypes = map[string]bool{
	"png": true, "jpg": true, "jpeg": true, "gif": true, "svg": true, "webp": true, "css": true,
	"html": true, "htm": true, "js": true, "mjs": true, "cjs": true, "ts": true, "tsx": true,
	"jsx": true, "json": true, "yaml": true, "yml": true, "xml": true, "txt": true, "pdf": true,
	"ico": true, "bmp": true, "tar": true, "tgz": true, "gz": true, "log": true, "conf": true,
	"service": true, "socket": true, "timer": true, "mount": true, "slice": true, "target": true,
	"go": true, "java": true, "exe": true, "dll": true, "ttf": true, "woff": true, "map": true,
	"avif": true, "heic": true, "tiff": true, "wav": true, "csv": true, "tsv": true,
}

// fileName says whether a domain is the end of a file name, such as 2x.png.
func fileName(domain []byte, last int) bool {
	if last >= len(domain) || len(domain)-last > 8 {
		return false
	}
	var room [8]byte
	low := room[:0]
	for _, c := range domain[last:] {
		low = append(low, fold(c))
	}
	return fileTypes[string(low)]
}

// userinfo says whether what starts at i is the password of a URL (scheme://user:password@).
func userinfo(t []byte, i int) bool {
	if at(t, i-1) != ':' {
		return false
	}
	s := i - 1
	for s > 0 && s > i-64 && props[t[s-1]]&(isAlnum|isAtom) != 0 && t[s-1] != '/' {
		s--
	}
	return hasPrefix(t, s-3, "://")
}
