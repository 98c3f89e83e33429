package proof_test

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"html"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// prefixLen is how many bytes of a pattern the index is made of, and so the least
// length of a pattern: six bytes are rare enough in random ciphertext.
const prefixLen = 6

// searcher finds many patterns in one pass: a bit field of hashed prefixes rejects
// nearly every place, an exact map of prefixes the rest, then bytes are compared.
type searcher struct {
	bits  [1 << 16]uint64
	index map[[prefixLen]byte][]pattern
	size  int
}

// pattern is one way in which a canary could have been written.
type pattern struct {
	bytes  []byte
	canary string // name of the canary, and the encoding
}

func newSearcher() *searcher { return &searcher{index: make(map[[prefixLen]byte][]pattern)} }

func slot(p []byte) uint32 {
	v := uint64(binary.LittleEndian.Uint32(p)) | uint64(binary.LittleEndian.Uint16(p[4:]))<<32
	return uint32(v * 0x9e3779b97f4a7c15 >> 42) // 22 bits
}

func (s *searcher) add(name string, p []byte) {
	if len(p) < prefixLen {
		return
	}
	key := [prefixLen]byte(p)
	if slices.ContainsFunc(s.index[key], func(q pattern) bool { return bytes.Equal(q.bytes, p) }) {
		return
	}
	h := slot(p)
	s.bits[h/64] |= 1 << (h % 64)
	s.index[key] = append(s.index[key], pattern{bytes.Clone(p), name})
	s.size++
}

// find returns which canaries stand in data, each with its encoding and place.
func (s *searcher) find(data []byte) []string {
	var found []string
	for i := 0; i+prefixLen <= len(data); i++ {
		h := slot(data[i:])
		if s.bits[h/64]&(1<<(h%64)) == 0 {
			continue
		}
		for _, p := range s.index[[prefixLen]byte(data[i:])] {
			if bytes.HasPrefix(data[i:], p.bytes) {
				found = append(found, fmt.Sprintf("%s at byte %d", p.canary, i))
			}
		}
	}
	return found
}

// text adds a canary of words: as typed, composed and decomposed, without accents,
// in lower and upper case, and each long word by itself, in every encoding.
func (s *searcher) text(name, value string) {
	forms := map[string]bool{}
	for _, v := range append([]string{value}, words(value)...) {
		plain, _, _ := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), v)
		for _, form := range []string{v, norm.NFC.String(v), norm.NFD.String(v), plain} {
			forms[form], forms[strings.ToLower(form)], forms[strings.ToUpper(form)] = true, true, true
		}
	}
	if digits := onlyDigits(value); len(digits) >= 8 {
		forms[digits] = true // a number without its spaces
	}
	for form := range forms {
		s.binary(name, []byte(form))
		s.escapes(name, form)
	}
}

// escapes adds what only text is written in.
func (s *searcher) escapes(name, v string) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		var wide []byte
		for _, u := range utf16.Encode([]rune(v)) {
			wide = order.AppendUint16(wide, u)
		}
		s.add(name+" as UTF-16", wide)
	}
	backwards := []rune(v)
	slices.Reverse(backwards)
	s.add(name+" reversed", []byte(string(backwards)))
	s.add(name+" quoted", []byte(strings.Trim(strconv.QuoteToASCII(v), `"`)))
	s.add(name+" in a query", []byte(url.QueryEscape(v)))
	s.add(name+" in a path", []byte(url.PathEscape(v)))
	s.add(name+" in HTML", []byte(html.EscapeString(v)))
}

// binary adds bytes as they are and in the encodings that any bytes can be put in.
func (s *searcher) binary(name string, v []byte) {
	if len(v) < prefixLen {
		return
	}
	s.add(name, v)
	backwards := slices.Clone(v)
	slices.Reverse(backwards)
	s.add(name+" reversed", backwards)
	lower := hex.EncodeToString(v)
	s.add(name+" in hex", []byte(lower))
	s.add(name+" in hex", []byte(strings.ToUpper(lower)))
	for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for shift := range 3 {
			s.add(name+" in base64", aligned(v, shift, 3, 4, e.EncodeToString))
		}
	}
	for _, alphabet := range []string{"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "abcdefghijklmnopqrstuvwxyz234567", "0123456789abcdefghjkmnpqrstvwxyz", "0123456789ABCDEFGHJKMNPQRSTVWXYZ"} {
		e := base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)
		for shift := range 5 {
			s.add(name+" in base32", aligned(v, shift, 5, 8, e.EncodeToString))
		}
	}
	for _, list := range []struct{ format, between string }{
		{"%d", " "}, {"%d", ", "}, {"%d", ","}, {"%02x", " "}, {"%02X", " "}, {"%02x", ":"}, {"0x%02x", ", "}, {`\x%02x`, ""},
	} {
		items := make([]string, len(v))
		for i, b := range v {
			items[i] = fmt.Sprintf(list.format, b)
		}
		s.add(name+" as a list of bytes", []byte(strings.Join(items, list.between)))
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
	}), func(w string) bool { return len(w) < 8 })
}

func onlyDigits(v string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, v)
}

// hide writes v in one encoding, between bytes that shift its alignment.
var hide = map[string]func(v string, shift int) []byte{
	"raw":        func(v string, _ int) []byte { return []byte(v) },
	"lower case": func(v string, _ int) []byte { return []byte(strings.ToLower(v)) },
	"upper case": func(v string, _ int) []byte { return []byte(strings.ToUpper(v)) },
	"decomposed": func(v string, _ int) []byte { return norm.NFD.Bytes([]byte(v)) },
	"no accents": func(string, int) []byte { return []byte("Zolc Quuxowna") },
	"one word":   func(string, int) []byte { return []byte("... quuxówna ...") },
	"hex":        func(v string, _ int) []byte { return []byte(hex.EncodeToString([]byte(v))) },
	"HEX":        func(v string, _ int) []byte { return []byte(strings.ToUpper(hex.EncodeToString([]byte(v)))) },
	"base64": func(v string, shift int) []byte {
		return []byte(base64.StdEncoding.EncodeToString([]byte("abcde"[:shift] + v + "tail")))
	},
	"base64url": func(v string, shift int) []byte {
		return []byte(base64.URLEncoding.EncodeToString([]byte("ÿÿÿ"[:shift] + v + "ÿ")))
	},
	"base32": func(v string, shift int) []byte {
		return []byte(base32.StdEncoding.EncodeToString([]byte("abcde"[:shift] + v + "tail")))
	},
	"crockford": func(v string, shift int) []byte {
		return []byte(base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").EncodeToString([]byte("abcde"[:shift] + v + "tail")))
	},
	"UTF-16LE": func(v string, _ int) []byte { return wide(v, binary.LittleEndian) },
	"UTF-16BE": func(v string, _ int) []byte { return wide(v, binary.BigEndian) },
	"reversed": func(v string, _ int) []byte {
		r := []rune(v)
		slices.Reverse(r)
		return []byte(string(r))
	},
	"bytes reversed": func(v string, _ int) []byte {
		b := []byte(v)
		slices.Reverse(b)
		return b
	},
	"decimal list": func(v string, _ int) []byte { return fmt.Appendf(nil, "%d", []byte(v)) },
	"Go list":      func(v string, _ int) []byte { return fmt.Appendf(nil, "%#v", []byte(v)) },
	"hex list":     func(v string, _ int) []byte { return fmt.Appendf(nil, "% x", v) },
	"JSON":         func(v string, _ int) []byte { return []byte(strconv.QuoteToASCII(v)) },
	"query":        func(v string, _ int) []byte { return []byte("q=" + url.QueryEscape(v)) },
}

func wide(v string, order binary.AppendByteOrder) (out []byte) {
	for _, u := range utf16.Encode([]rune(v)) {
		out = order.AppendUint16(out, u)
	}
	return out
}

// The theft test rests on this: a search that finds nothing could also be blind.
func TestTheSearchFindsACanaryInEveryEncoding(t *testing.T) {
	const canary = "Żółć Quuxówna"
	s := newSearcher()
	s.text("name", canary)
	noise := make([]byte, 64<<10)
	random := rand.NewChaCha8([32]byte{7})
	_, _ = random.Read(noise) // never fails
	if found := s.find(noise); len(found) > 0 {
		t.Fatalf("found in noise: %v", found)
	}
	for name, encode := range hide {
		for shift := range 5 {
			data := bytes.Clone(noise)
			copy(data[1000+shift:], encode(canary, shift))
			if len(s.find(data)) == 0 {
				t.Errorf("%s, shifted by %d: not found", name, shift)
			}
		}
	}
	phone := newSearcher()
	phone.text("phone", "+34 968 555-0142")
	if len(phone.find([]byte("tel:349685550142"))) == 0 {
		t.Error("a number without its spaces: not found")
	}
	secret := newSearcher()
	secret.binary("key", []byte{0xff, 0x00, 0x81, 0x7f, 0x3c, 0x22, 0x9a, 0x10})
	if len(secret.find([]byte("key=/wCBfzwimhA"))) == 0 || len(secret.find([]byte("FF00817F3C229A10"))) == 0 {
		t.Error("binary: not found")
	}
	if len(s.find(noise[:prefixLen-1])) != 0 || len(s.find([]byte("Quuxówn"))) != 0 {
		t.Error("a part of a word is not the word")
	}
}
