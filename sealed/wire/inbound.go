package wire

import (
	"bytes"
	"math/rand/v2"
	"strconv"
)

// mark begins every stand-in.
const mark = '~'

// inbound follows the requests on a connection byte by byte and rewrites secrets in
// place. Bytes may come in pieces of any size; the result is the same.
type inbound struct {
	rules  *Rules
	secret func(stand string, raw []byte, form bool) // called at the end of each secret

	at    place
	name  []byte // of the header, cookie, field or path being read
	value []byte // of a header that frames the body
	acc   []byte // the secret being read; cleared when it ends
	stand []byte // what stands in its place

	request int // the one being read, counted from 1
	found   int // secrets in it

	form      bool // the body is a form
	document  bool // the body is JSON
	member    bool // a colon has followed the name of a secret member
	escaped   bool // the byte before was a backslash in a JSON text
	framed    bool // its length is known
	strange   bool // the body is framed in a way that is not followed
	left      int64
	blankLine bool // nothing but a line break yet on this line
	inSecret  bool
}

// place is where in a request the next byte stands.
type place uint8

const (
	atMethod place = iota
	atPath
	atQueryName
	atQueryValue
	atVersion
	atHeaderName
	atHeaderBlank // between colon and value
	atHeaderValue
	atSchemeOrSecret
	atCookieName
	atCookieValue
	atBodyName
	atBodyValue
	atJSON       // outside of texts
	atJSONText   // in a text that is none of ours, or a name
	atJSONSecret // in the text of a secret member
	atBody
	atLost // a request that is not followed: nothing is rewritten any more
)

func newInbound(rules *Rules, secret func(stand string, raw []byte, form bool)) *inbound {
	in := &inbound{rules: rules, secret: secret}
	in.reset()
	return in
}

// reset begins a request.
func (in *inbound) reset() {
	in.request++
	in.form, in.framed, in.strange, in.left, in.found = false, false, false, 0, 0
	in.document, in.member, in.escaped = false, false, false
	in.name, in.value = in.name[:0], in.value[:0]
	in.at = atMethod
}

// rewrite reads p and puts stand-ins into the place of secrets.
func (in *inbound) rewrite(p []byte) {
	for i := 0; i < len(p); {
		switch in.at {
		case atLost:
			return
		case atBody:
			n := int(min(in.left, int64(len(p)-i)))
			i, in.left = i+n, in.left-int64(n)
			in.endOfBody()
		case atBodyName, atBodyValue:
			in.body(&p[i])
			i++
		case atJSON, atJSONText, atJSONSecret:
			in.json(&p[i])
			i++
		default:
			in.head(&p[i])
			i++
		}
	}
}

// head takes one byte of the request line or of a header.
func (in *inbound) head(b *byte) {
	c := *b
	if c == '\n' {
		in.endOfLine()
		return
	}
	switch in.at { //nolint:exhaustive // the places of a body and atLost are rewrite's
	case atMethod:
		if c == ' ' {
			in.at = atPath
			in.name = in.name[:0]
		}
	case atPath:
		in.path(b)
	case atQueryName:
		in.queryName(c)
	case atQueryValue:
		switch c {
		case '&', ' ', '#':
			in.end(true)
			in.at, in.name = atQueryName, in.name[:0]
			if c != '&' {
				in.at = atVersion
			}
		default:
			in.take(b)
		}
	case atHeaderName:
		in.headerName(c)
	case atHeaderBlank, atHeaderValue, atSchemeOrSecret:
		in.headerValue(b)
	case atCookieName:
		switch c {
		case '=':
			in.inSecret = is(in.rules.Cookies, in.name)
			in.at = atCookieValue
		case ' ', ';', '\r':
			in.name = in.name[:0]
		default:
			in.grow(c)
		}
	case atCookieValue:
		switch c {
		case ';', '\r', ' ':
			in.end(false)
			in.at, in.name = atCookieName, in.name[:0]
		default:
			in.take(b)
		}
	}
}

func (in *inbound) path(b *byte) {
	switch c := *b; c {
	case ' ':
		in.end(true)
		in.at = atVersion
	case '?':
		in.end(true)
		in.at, in.name = atQueryName, in.name[:0]
	case '/':
		in.end(true)
		in.grow(c)
		in.inSecret = in.rules.path(in.name)
	default:
		if in.inSecret {
			in.take(b)
		} else {
			in.grow(c)
		}
	}
}

func (in *inbound) queryName(c byte) {
	switch c {
	case '=':
		in.inSecret = is(in.rules.Fields, in.name)
		in.at = atQueryValue
	case '&':
		in.name = in.name[:0]
	case ' ':
		in.at = atVersion
	default:
		in.grow(c)
	}
}

func (in *inbound) headerName(c byte) {
	if c != ':' {
		if c != '\r' {
			in.blankLine = false
			in.grow(c)
		}
		return
	}
	in.at, in.value = atHeaderBlank, in.value[:0]
}

func (in *inbound) headerValue(b *byte) {
	c := *b
	if in.at == atHeaderBlank {
		if c == ' ' || c == '\t' {
			return
		}
		switch {
		case fold(in.name, "Cookie"):
			in.at, in.name = atCookieName, in.name[:0]
			in.head(b)
			return
		case in.rules.header(in.name):
			// Scheme or secret: which of both it is shows at the blank.
			in.at, in.inSecret = atSchemeOrSecret, false
		default:
			in.at = atHeaderValue
		}
	}
	switch {
	case c == '\r':
	case in.at == atHeaderValue:
		if len(in.value) < maxName {
			in.value = append(in.value, c)
		}
	case !in.inSecret && c == ' ':
		in.inSecret = true
	case in.inSecret:
		in.take(b)
	}
}

// endOfLine takes the line feed of the request line or of a header.
func (in *inbound) endOfLine() {
	switch in.at { //nolint:exhaustive // bodies have no lines of their own
	case atMethod: // an empty line before a request is allowed (RFC 9112, 2.2)
		return
	case atPath, atQueryName, atQueryValue: // HTTP/0.9, which nobody speaks
		in.end(true)
		in.at = atLost
		return
	case atHeaderName:
		if in.blankLine {
			in.endOfHead()
			return
		}
		in.at = atLost // a header without a colon: net/http refuses it
		return
	case atHeaderValue:
		in.frame()
	case atSchemeOrSecret, atCookieValue:
		in.end(false)
	}
	in.at, in.name, in.blankLine = atHeaderName, in.name[:0], true
}

// frame notes what a header says about the body.
func (in *inbound) frame() {
	switch {
	case fold(in.name, "Content-Length"):
		n, err := strconv.ParseInt(string(bytes.TrimSpace(in.value)), 10, 64)
		if err != nil || n < 0 || in.framed && n != in.left {
			in.strange = true
			return
		}
		in.framed, in.left = true, n
	case fold(in.name, "Transfer-Encoding"), fold(in.name, "Upgrade"):
		in.strange = true
	case fold(in.name, "Content-Type"):
		kind, _, _ := bytes.Cut(in.value, []byte(";"))
		kind = bytes.TrimSpace(kind)
		in.form = fold(kind, "application/x-www-form-urlencoded")
		in.document = len(in.rules.Members) > 0 && fold(kind, "application/json")
	}
}

func (in *inbound) endOfHead() {
	switch {
	case in.strange:
		in.at = atLost
	case in.form && in.left > 0:
		in.at, in.name = atBodyName, in.name[:0]
	case in.document && in.left > 0:
		in.at, in.name = atJSON, in.name[:0]
	default:
		in.at = atBody
		in.endOfBody()
	}
}

func (in *inbound) endOfBody() {
	if in.left == 0 {
		in.reset()
	}
}

// body takes one byte of a form.
func (in *inbound) body(b *byte) {
	c := *b
	in.left--
	switch {
	case c == '&':
		in.end(true)
		in.at, in.name = atBodyName, in.name[:0]
	case in.at == atBodyValue:
		in.take(b)
	case c == '=':
		in.inSecret = is(in.rules.Fields, in.name)
		in.at = atBodyValue
	default:
		in.grow(c)
	}
	if in.left == 0 {
		in.end(true)
		in.reset()
	}
}

// json takes one byte of a JSON document. A name that is written with escapes is none of
// ours; whoever reads the document seals it then.
func (in *inbound) json(b *byte) {
	c := *b
	in.left--
	ends := c == '"' && !in.escaped
	in.escaped = c == '\\' && !in.escaped && in.at != atJSON
	switch {
	case in.at == atJSONSecret && ends:
		in.end(false)
		in.at = atJSON
	case in.at == atJSONSecret:
		in.take(b)
	case in.at == atJSONText && ends:
		in.at = atJSON
	case in.at == atJSONText:
		in.grow(c)
	case c == '"' && in.member:
		in.at, in.inSecret, in.member = atJSONSecret, true, false
	case c == '"':
		in.at, in.name = atJSONText, in.name[:0]
	case c == ':':
		in.member = is(in.rules.Members, in.name)
	case c != ' ' && c != '\t' && c != '\r' && c != '\n':
		in.member = false
	}
	if in.left == 0 {
		in.end(false)
		in.reset()
	}
}

// grow adds a byte to a name, which is cut where no rule has one as long.
func (in *inbound) grow(c byte) {
	if len(in.name) < maxName {
		in.name = append(in.name, c)
	}
}

// take moves a byte of a secret out of the text.
func (in *inbound) take(b *byte) {
	if !in.inSecret || in.found >= maxSecrets || len(in.acc) >= maxSecret {
		return
	}
	if len(in.acc) == cap(in.acc) { // append would leave the old array behind
		grown := make([]byte, len(in.acc), max(256, 2*cap(in.acc)))
		copy(grown, in.acc)
		clear(in.acc)
		in.acc = grown
	}
	in.acc = append(in.acc, *b)
	*b = letter(len(in.stand))
	in.stand = append(in.stand, *b)
}

// end closes a secret, if one was being read.
func (in *inbound) end(form bool) {
	if in.inSecret && len(in.acc) > 0 {
		in.found++
		in.secret(string(in.stand), in.acc, form)
		clear(in.acc)
		in.acc = in.acc[:0]
	}
	in.stand = in.stand[:0]
	in.inSecret = false
}

// letter draws the letter of a stand-in at a place. ~ and the others mean nothing in a
// URL, a header, a cookie, HTML or JSON. They need not be hard to guess: a stand-in is
// known only on its own connection.
func letter(place int) byte {
	if place == 0 {
		return mark
	}
	return "abcdefghijklmnopqrstuvwxyz234567"[rand.Uint32()&31] //nolint:gosec // names a value, guards none
}
