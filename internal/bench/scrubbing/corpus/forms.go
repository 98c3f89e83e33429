package corpus

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// A form is a way in which a value slips into a text. What it writes may need company on
// both sides: base64 of a longer text, of which a few characters belong to the neighbours.
type form struct {
	name   string
	encode func(d dice, value string) (before, encoded, after string)
}

func plainly(f func(string) string) func(dice, string) (string, string, string) {
	return func(_ dice, v string) (string, string, string) { return "", f(v), "" }
}

// forms are those of SCR-1.
var forms = []form{
	{"as_it_is", plainly(func(v string) string { return v })},
	{"upper_case", plainly(strings.ToUpper)},
	{"lower_case", plainly(strings.ToLower)},
	{"token", func(d dice, v string) (string, string, string) { return "", pick(d, tokens(v)), "" }},
	{"json", plainly(jsonFull)},
	{"xml", plainly(xmlFull)},
	{"url", plainly(url.QueryEscape)},
	{"url_path", plainly(url.PathEscape)},
	{"url_full", plainly(urlFull)},
	{"base64_0", in64(0, base64.StdEncoding)},
	{"base64_1", in64(1, base64.StdEncoding)},
	{"base64_2", in64(2, base64.StdEncoding)},
	{"base64url_0", in64(0, base64.RawURLEncoding)},
	{"base64url_1", in64(1, base64.RawURLEncoding)},
	{"base64url_2", in64(2, base64.RawURLEncoding)},
	{"hex", plainly(func(v string) string { return hex.EncodeToString([]byte(v)) })},
	{"hex_upper", plainly(func(v string) string { return strings.ToUpper(hex.EncodeToString([]byte(v))) })},
	{"nfd", plainly(norm.NFD.String)},
	{"zero_width", plainly(func(v string) string { return between(v, "\u200b") })},
	{"spaced", plainly(func(v string) string { return between(v, " ") })},
}

// tokens are the words of a value that are long enough to say something.
func tokens(v string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(v, unicode.IsSpace) {
		if len([]rune(w)) >= 4 {
			out = append(out, w)
		}
	}
	if len(out) == 0 {
		return []string{v}
	}
	return out
}

// jsonFull escapes whatever is neither a letter nor a digit of ASCII.
func jsonFull(v string) string {
	var b strings.Builder
	for _, r := range v {
		if strings.ContainsRune(alnum, r) {
			b.WriteRune(r)
		} else {
			b.WriteString(jsonUnit(r))
		}
	}
	return b.String()
}

// xmlFull does so with numbers, decimal and hexadecimal ones in turn.
func xmlFull(v string) string {
	var b strings.Builder
	for i, r := range []rune(v) {
		switch {
		case strings.ContainsRune(alnum, r):
			b.WriteRune(r)
		case i%2 == 0:
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			fmt.Fprintf(&b, "&#x%X;", r)
		}
	}
	return b.String()
}

// urlFull percent-encodes whatever is neither a letter nor a digit, in lower case.
func urlFull(v string) string {
	var b strings.Builder
	for _, c := range []byte(v) {
		if strings.IndexByte(alnum, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return b.String()
}

// in64 encodes the value behind n other bytes. A character belongs to the value when all
// of its six bits do.
func in64(n int, encoding *base64.Encoding) func(dice, string) (string, string, string) {
	return func(d dice, v string) (string, string, string) {
		all := encoding.EncodeToString([]byte(d.letters(n, lower) + v + d.letters(2+d.IntN(3), lower)))
		from, to := (8*n+5)/6, 8*(n+len(v))/6
		return all[:from], all[from:to], all[to:]
	}
}

// between puts a separator between the letters.
func between(v, sep string) string {
	var b strings.Builder
	for i, r := range []rune(v) {
		if i > 0 && !unicode.Is(unicode.Mn, r) {
			b.WriteString(sep)
		}
		b.WriteRune(r)
	}
	return b.String()
}
