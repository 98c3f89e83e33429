package canary

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// wordLen is the least length of a word that gives somebody away by itself.
const wordLen = 8

// addText adds a canary of words in all forms: as typed, composed and decomposed, without
// accents, in lower and upper case, and each long word by itself, in every encoding.
func (m *matcher) addText(canary int, value string) {
	for _, form := range spellings(value) {
		m.addBinary(canary, []byte(form))
		m.addEscapes(canary, form)
	}
}

// spellings are the texts that stand for a value.
func spellings(value string) (all []string) {
	for _, v := range append([]string{value}, words(value)...) {
		bare, _, _ := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), v)
		for _, form := range []string{v, norm.NFC.String(v), norm.NFD.String(v), bare} {
			all = append(all, form, strings.ToLower(form), strings.ToUpper(form))
		}
	}
	if digits := onlyDigits(value); len(digits) >= wordLen {
		all = append(all, digits) // a number without its spaces
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// addEscapes adds what only text is written in.
func (m *matcher) addEscapes(canary int, v string) {
	m.add(canary, "UTF-16LE", wide(v, binary.LittleEndian))
	m.add(canary, "UTF-16BE", wide(v, binary.BigEndian))
	backwards := []rune(v)
	slices.Reverse(backwards)
	m.add(canary, "reversed", []byte(string(backwards)))
	m.add(canary, "percent", []byte(url.QueryEscape(v)))
	m.add(canary, "percent", []byte(url.PathEscape(v)))
	m.add(canary, "percent", escaped(v, func(b byte) bool { return b > ' ' && b < 0x7f && b != '%' }, "%%%02x"))
	m.add(canary, "quoted-printable", escaped(v, func(b byte) bool { return b >= ' ' && b < 0x7f && b != '=' }, "=%02x"))
	m.add(canary, "octal", escaped(v, func(b byte) bool { return b >= ' ' && b < 0x7f && b != '\\' }, `\%03o`))
	once := strings.Trim(strconv.QuoteToASCII(v), `"`)
	m.add(canary, "quoted", []byte(once))
	m.add(canary, "quoted", []byte(strings.Trim(strconv.Quote(v), `"`)))
	m.add(canary, "quoted twice", []byte(strings.Trim(strconv.Quote(once), `"`)))
	m.add(canary, "JSON", inJSON(v))
	m.add(canary, "JSON", []byte(asciiJSON(string(inJSON(v)))))
	m.add(canary, "XML", []byte(html.EscapeString(v)))
	m.add(canary, "XML", entities(v, "&#%d;"))
	m.add(canary, "XML", entities(v, "&#x%x;"))
}

func wide(v string, order binary.AppendByteOrder) (out []byte) {
	for _, u := range utf16.Encode([]rune(v)) {
		out = order.AppendUint16(out, u)
	}
	return out
}

// escaped writes the bytes that are not plain in a format.
func escaped(v string, plain func(byte) bool, format string) (out []byte) {
	for i := range len(v) {
		if plain(v[i]) {
			out = append(out, v[i])
		} else {
			out = fmt.Appendf(out, format, v[i])
		}
	}
	return out
}

// entities writes the characters that XML may not hold, and those beyond ASCII, as numbers.
func entities(v, format string) (out []byte) {
	for _, r := range v {
		if r > 0x7e || strings.ContainsRune(`<>&'"`, r) {
			out = fmt.Appendf(out, format, r)
		} else {
			out = append(out, byte(r))
		}
	}
	return out
}

// inJSON is v as encoding/json writes it, without the quotes.
func inJSON(v string) []byte {
	b, err := json.Marshal(v)
	if err != nil { // a string always has a JSON form
		return nil
	}
	return b[1 : len(b)-1]
}

// asciiJSON is JSON text as encoders write it that avoid everything beyond ASCII.
func asciiJSON(v string) string {
	var out strings.Builder
	for _, r := range v {
		if r < 0x80 {
			out.WriteRune(r)
			continue
		}
		for _, u := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&out, `\u%04x`, u)
		}
	}
	return out.String()
}

// base32s are the alphabets in use; case does not count.
var base32s = []*base32.Encoding{
	base32.StdEncoding.WithPadding(base32.NoPadding),
	base32.HexEncoding.WithPadding(base32.NoPadding),
	base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding), // Crockford
}

// addBinary adds bytes as they are and in the encodings that any bytes can be put in.
func (m *matcher) addBinary(canary int, v []byte) {
	if len(v) < gramLen {
		return
	}
	m.add(canary, "raw", v)
	backwards := slices.Clone(v)
	slices.Reverse(backwards)
	m.add(canary, "reversed", backwards)
	m.add(canary, "hex", []byte(hex.EncodeToString(v)))
	m.add(canary, "hex", []byte(hex.EncodeToString(backwards)))
	for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for shift := range 3 {
			m.add(canary, "base64", aligned(v, shift, 3, 4, e.EncodeToString))
		}
	}
	for _, e := range base32s {
		for shift := range 5 {
			m.add(canary, "base32", aligned(v, shift, 5, 8, e.EncodeToString))
		}
	}
	for _, list := range []struct{ format, between string }{
		{"%d", " "},
		{"%d", ", "},
		{"%d", ","},
		{"%02x", " "},
		{"%02x", ":"},
		{"%02x", "-"},
		{"%02x", ", "},
		{"0x%02x", ", "},
		{"0x%02x", ","},
		{"0x%02x", " "},
		{"0x%x", ", "},
		{`\x%02x`, ""},
		{`\%03o`, ""},
		{"%%%02x", ""},
	} {
		var out []byte
		for i, b := range v {
			if i > 0 {
				out = append(out, list.between...)
			}
			out = fmt.Appendf(out, list.format, b)
		}
		m.add(canary, "list of bytes", out)
	}
}

// aligned encodes v as it looks when shift bytes stand before it and unknown ones
// behind: the characters that are v's alone.
func aligned(v []byte, shift, group, chars int, encode func([]byte) string) []byte {
	text := encode(append(make([]byte, shift), v...))
	first := (shift*chars + group - 1) / group
	last := (shift + len(v)) * chars / group // a character that is cut off also depends on what follows
	if first >= last {
		return nil
	}
	return []byte(text[first:last])
}

// words are the parts of a value that would give a person away by themselves.
func words(v string) []string {
	return slices.DeleteFunc(strings.FieldsFunc(v, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), func(w string) bool { return len(w) < wordLen })
}

func onlyDigits(v string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, v)
}
