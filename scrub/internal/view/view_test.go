package view_test

import (
	"bytes"
	"context"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"mime/quotedprintable"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/habeas-data/habeas/scrub/internal/known"
	"github.com/habeas-data/habeas/scrub/internal/span"
	"github.com/habeas-data/habeas/scrub/internal/view"
	"github.com/habeas-data/habeas/sealed"
)

// matcher knows some values.
func matcher(t testing.TB, values ...string) *known.Matcher {
	t.Helper()
	m, session := known.New(), sealed.Open(context.Background())
	t.Cleanup(func() { m.Close(); session.Close() })
	for _, s := range values {
		v, err := session.Seal("value", []byte(s))
		if err == nil {
			err = m.Add("value", v)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func all(text string) span.Window {
	return span.Window{Text: []byte(text), To: len(text), Begins: true, Ends: true}
}

// encoder writes a value in one of the ways in which values slip into texts.
type encoder struct {
	name   string
	encode func(string) string
}

func each(f func(rune) string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for _, r := range s {
			b.WriteString(f(r))
		}
		return b.String()
	}
}

func eachByte(format, between string) func(string) string {
	return func(s string) string {
		var parts []string
		for i := range len(s) {
			parts = append(parts, fmt.Sprintf(format, s[i]))
		}
		return strings.Join(parts, between)
	}
}

func aligned(prefix string, e *base64.Encoding) func(string) string {
	return func(s string) string { return e.EncodeToString([]byte(prefix + s + ", ok")) }
}

var encoders = []encoder{
	{"raw", func(s string) string { return s }},
	{"upper", strings.ToUpper},
	{"NFD", norm.NFD.String},
	{"NFC", norm.NFC.String},
	{"zero width", each(func(r rune) string { return string(r) + "\u200b" })},
	{"soft hyphens", each(func(r rune) string { return string(r) + "\u00ad" })},
	{"JSON", func(s string) string { b, _ := json.Marshal(s); return string(b[1 : len(b)-1]) }},
	{"JSON \\u", each(func(r rune) string {
		var b strings.Builder
		for _, u := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, u)
		}
		return b.String()
	})},
	{"JSON \\u twice", each(func(r rune) string {
		var b strings.Builder
		for _, u := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\\u%04X`, u)
		}
		return b.String()
	})},
	{"\\u{}", each(func(r rune) string { return fmt.Sprintf(`\u{%x}`, r) })},
	{"\\x", eachByte(`\x%02x`, "")},
	{"octal", eachByte(`\%03o`, "")},
	{"XML decimal", each(func(r rune) string { return fmt.Sprintf("&#%d;", r) })},
	{"XML hex", each(func(r rune) string { return fmt.Sprintf("&#x%X;", r) })},
	{"URL", url.QueryEscape},
	{"URL path", url.PathEscape},
	{"URL all", eachByte("%%%02X", "")},
	{"URL twice", func(s string) string { return url.QueryEscape(eachByte("%%%02x", "")(s)) }},
	{"URL in JSON", func(s string) string { b, _ := json.Marshal(url.QueryEscape(s)); return string(b) }},
	{"XML in URL", func(s string) string {
		return url.QueryEscape(each(func(r rune) string { return fmt.Sprintf("&#%d;", r) })(s))
	}},
	{"quoted-printable", func(s string) string {
		var b bytes.Buffer
		w := quotedprintable.NewWriter(&b)
		_, _ = w.Write([]byte(s))
		_ = w.Close()
		return b.String()
	}},
	{"quoted-printable all", eachByte("=%02X", "")},
	{"base64", aligned("", base64.StdEncoding)},
	{"base64 +1", aligned("x ", base64.StdEncoding)},
	{"base64 +2", aligned("x: ", base64.RawStdEncoding)},
	{"base64 url", aligned("(", base64.URLEncoding)},
	{"base64 raw url", aligned("as ", base64.RawURLEncoding)},
	{"base64 alone", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"base64 after a word", func(s string) string { return "token_" + base64.RawURLEncoding.EncodeToString([]byte(s)) }},
	{"base64 of JSON", func(s string) string {
		b, _ := json.Marshal(map[string]string{"name": s})
		return base64.StdEncoding.EncodeToString(b)
	}},
	{"base64 twice", func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte("name " + s))))
	}},
	{"base64 in lines", func(s string) string {
		b := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("some words before it ", 3) + s + " and after"))
		return b[:76] + "\r\n" + b[76:]
	}},
	{"base64 in URL", func(s string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(s))) }},
	{"base32", func(s string) string { return base32.StdEncoding.EncodeToString([]byte("name: " + s + ".")) }},
	{"hex", func(s string) string { return hex.EncodeToString([]byte(s)) }},
	{"HEX", func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) }},
	{"hex odd", func(s string) string { return "f" + hex.EncodeToString([]byte(s)) }},
	{"hex blanks", eachByte("%02x", " ")},
	{"hex colons", eachByte("%02X", ":")},
	{"hex 0x", eachByte("0x%02x", ", ")},
}

// samples are values of many scripts and shapes.
var samples = []string{
	"Jude", "Obscure", "JudeTheObscure", "Jude Obscure", "jude@example.org", "José Ñandú", "Łukasz Żółć", "Straße 17b",
	"Ωμέγα Αλέξανδρος", "Дмитрий Шостакович", "ابن سينا الحكيم", "משה רבנו", "山田太郎", "김민수", "สมชาย ใจดี", "अमिताभ बच्चन",
	"1990-02-17", "+49 30 1234567", "4829137", "correct horse battery", "Al Wu", "p@ss%41word\\u0042&amp;",
	"Maximilian Alexander von und zu Hohenstein-Bartenberg und Schillingsfürst", "k3yZ9vQw7Rt2LmN8pX4c",
}

// around has places where encoded values stand.
var around = []string{
	"", "at 10:20 name=%s, done", `{"a":"%s","n":12}`, "<p class='x'>%s</p>", "GET /find?q=%s&page=2 HTTP/1.1", "%s", "Grüße an %s!\n",
	strings.Repeat("lorem ipsum dolor sit amet. ", 200) + "x: %s; " + strings.Repeat("and so on ", 300),
}

// check finds an encoded value in a text and fails unless nothing of it is left.
func check(t interface{ Errorf(string, ...any) }, m span.Finder, e encoder, value, frame string) {
	text := strings.Replace(frame, "%s", e.encode(value), 1)
	found := view.Find(nil, all(text), m)
	if len(found) == 0 {
		t.Errorf("%s %q in %q: not found", e.name, value, text)
		return
	}
	rest := remove(text, found)
	if again := view.Find(nil, all(rest), m); len(again) > 0 {
		t.Errorf("%s %q in %q: %q still holds it at %v", e.name, value, text, rest, again)
	}
	begin := strings.Index(frame, "%s")
	if !strings.HasPrefix(text[:begin]+"⟦", rest[:min(len(rest), begin)]) && frame != "%s" {
		t.Errorf("%s %q: text before it is gone: %q", e.name, value, rest)
	}
}

// Proves SCR-1.
func TestAnEncodedValueIsFoundAndNothingOfItIsLeft(t *testing.T) {
	for i, value := range samples {
		m := matcher(t, value)
		for j, e := range encoders {
			check(t, m, e, value, around[1+(i+j)%(len(around)-1)])
		}
	}
}

// scripts are letters of which values are made.
var scripts = []string{
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJ", "äöüßéèñçøłžăđÅÎÓ", "абвгдежзийклмнопрстуф", "αβγδεζηθικλμνξοπ",
	"אבגדהוזחטיכל", "ابتثجحخدذرزس", "山田太郎佐藤花子鈴木", "김민수박지영최", "कखगघङचछजझ", "0123456789",
}

func values() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		letters := []rune(rapid.SampledFrom(scripts).Draw(t, "script"))
		words := rapid.SliceOfN(rapid.StringOfN(rapid.SampledFrom(letters), 4, 12, -1), 1, 3).Draw(t, "words")
		return strings.Join(words, rapid.SampledFrom([]string{" ", "-", ".", "@", "_", "/"}).Draw(t, "separator"))
	}).Filter(func(value string) bool { // a short code that looks like a word or a number is none
		code := base64.RawStdEncoding.EncodeToString([]byte(value))
		digit := strings.IndexAny(code, "0123456789")
		return len(code) >= 12 || digit >= 0 && strings.IndexFunc(code[digit:], unicode.IsLetter) > 0 &&
			(len(value) >= 6 || strings.ContainsAny(hex.EncodeToString([]byte(value)), "abcdef"))
	})
}

func TestAnyValueIsFoundInAnyEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := values().Draw(t, "value")
		m, session := known.New(), sealed.Open(context.Background())
		defer m.Close()
		defer session.Close()
		v, err := session.Seal("value", []byte(value))
		if err == nil {
			err = m.Add("value", v)
		}
		if err != nil {
			t.Fatal(err)
		}
		e := rapid.SampledFrom(encoders).Draw(t, "encoder")
		check(t, m, e, value, rapid.SampledFrom(around[1:]).Draw(t, "frame"))
	})
}

func remove(text string, spans []span.Span) string {
	out, at := "", 0
	for _, s := range spans {
		if s.Start > at {
			out += text[at:s.Start] + "⟦⟧"
		}
		at = max(at, s.End)
	}
	return out + text[at:]
}

// cut finds in windows of a text that begin at the given places, each with no more context
// than is promised.
func cut(text string, at []int, finders ...span.Finder) (found []span.Span) {
	at = append(at, len(text))
	from := 0
	for _, to := range at {
		begin, end := max(0, from-span.Back), min(len(text), to+span.Ahead)
		w := span.Window{Text: []byte(text[begin:end]), From: from - begin, To: to - begin, Begins: begin == 0, Ends: end == len(text)}
		for _, s := range view.Find(nil, w, finders...) {
			s.Start += begin
			s.End += begin
			found = append(found, s)
		}
		from = to
	}
	return found
}

func TestWhereTheTextIsCutChangesNothing(t *testing.T) {
	m := matcher(t, samples...)
	var text strings.Builder
	for i, e := range encoders {
		fmt.Fprintf(&text, "%d name=%s text %s\n", i, e.encode(samples[i%len(samples)]), strings.Repeat("filler ", i*3%50))
	}
	blob := bytes.Repeat([]byte("binary \x00\x01\xff and Jude Obscure, José \x80\x81 "), 40)
	text.WriteString(base64.StdEncoding.EncodeToString(blob) + "\n" + hex.EncodeToString(blob) + "\n")
	for _, r := range strings.Repeat("Дмитрий Шостакович и Omega, ", 15) {
		fmt.Fprintf(&text, `\u%04x`, r)
	}
	whole := text.String()
	want := view.Find(nil, all(whole), m)
	if len(want) < 150 {
		t.Fatalf("%d spans, want one for each value in the text", len(want))
	}
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.SliceOfNDistinct(rapid.IntRange(1, len(whole)-1), 1, 8, rapid.ID[int]).Draw(t, "cuts")
		slices.Sort(at)
		got := cut(whole, at, m)
		if !slices.Equal(got, want) {
			t.Fatalf("cut at %v: %d spans, want %d: %v", at, len(got), len(want), firstDifference(whole, got, want))
		}
	})
}

func firstDifference(text string, a, b []span.Span) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("%v %.80q, want %v %.80q", a[i], text[a[i].Start:a[i].End], b[i], text[b[i].Start:b[i].End])
		}
	}
	return "one is longer"
}
