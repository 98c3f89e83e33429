package view_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/scrub/internal/known"
	"github.com/habeas-data/habeas/scrub/internal/span"
	"github.com/habeas-data/habeas/scrub/internal/view"
	"github.com/habeas-data/habeas/sealed"
)

// pattern is a finder that is not exact.
type pattern struct{ *regexp.Regexp }

func (p pattern) Find(dst []span.Span, w span.Window) []span.Span {
	for _, m := range p.FindAllIndex(w.Text, -1) {
		if m[0] >= w.From && m[0] < w.To {
			dst = append(dst, span.Span{Start: m[0], End: m[1], Kind: span.Email})
		}
	}
	return dst
}

var (
	mail   = pattern{regexp.MustCompile(`[a-z0-9.+]+@[a-z0-9]+\.[a-z]{2,}`)}
	digits = pattern{regexp.MustCompile(`[0-9]{4,}`)}
)

func TestPatternsAreFoundInDecodedText(t *testing.T) {
	const address = "jude.fawley@wessex.org"
	for _, c := range []struct{ name, text, span string }{
		{"raw", `to ` + address + ` now`, address},
		{"URL", `?to=` + url.QueryEscape(address) + `&x=1`, url.QueryEscape(address)},
		{"JSON", `{"to":"jude.fawley\u0040wessex.org"}`, `jude.fawley\u0040wessex.org`},
		{"a line break before it", `"hello\njude.fawley@wessex.org"`, address},
		{"XML", `<a>jude.fawley&#x40;wessex&period;org</a>`, `jude.fawley&#x40;wessex&period;org`},
		{"zero width", "jude.faw\u200bley@wes\u00adsex.org", "jude.faw\u200bley@wes\u00adsex.org"},
		{"quoted-printable, soft line break", "to jude.fawley@wes=\r\nsex.org now", "jude.fawley@wes=\r\nsex.org"},
		{"base64", "Basic " + base64.StdEncoding.EncodeToString([]byte(address+":secret")), "anVkZS5mYXdsZXlAd2Vzc2V4Lm9yZ"},
		{"hex", "x'" + hex.EncodeToString([]byte(address)) + "'", hex.EncodeToString([]byte(address))},
		{"URL in base64 in JSON", `{"q":"` + base64.URLEncoding.EncodeToString([]byte("to="+url.QueryEscape(address)+"&n")) + `"}`, ""},
	} {
		found := view.Find(nil, all(c.text), mail)
		ok := slices.ContainsFunc(found, func(s span.Span) bool {
			return s.Kind == span.Email && (c.span == "" || strings.HasPrefix(c.text[s.Start:s.End], c.span))
		})
		if !ok {
			t.Errorf("%s: in %q found %v, want %q", c.name, c.text, found, c.span)
		}
	}
}

func TestNoiseIsShownToNoPattern(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 30_000)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	// Digits are frequent in noise: a finder of four of them is sure to find some there.
	noisy := pattern{regexp.MustCompile(`[0-9]{2}`)}
	if len(noisy.Find(nil, all(string(b)))) < 25 {
		t.Fatal("the noise has no pairs of digits: the test proves nothing")
	}
	for name, text := range map[string]string{
		"base64": base64.StdEncoding.EncodeToString(b), "URL base64": base64.RawURLEncoding.EncodeToString(b), "hex": hex.EncodeToString(b),
	} {
		raw := noisy.Find(nil, all(text))
		if found := view.Find(nil, all(text), noisy); len(found) > len(raw)+2 {
			t.Errorf("%s: %d spans in noise that are not in the raw text", name, len(found)-len(raw))
		}
	}
}

// names knows n invented names.
func names(t testing.TB, n int) *known.Matcher {
	t.Helper()
	m, session := known.New(), sealed.Open(context.Background())
	t.Cleanup(func() { m.Close(); session.Close() })
	r := rand.New(rand.NewPCG(9, 9))
	syllables := strings.Fields("an ber ca del el fro gus ha in jo ka lin mar no ol per qui ra son ti ul ver wen xa yo zel bach")
	part := func() string {
		s := ""
		for range 2 + r.IntN(3) {
			s += syllables[r.IntN(len(syllables))]
		}
		return s
	}
	for range n {
		v, err := session.Seal("name", []byte(part()+" "+part()))
		if err == nil {
			err = m.Add("name", v)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func TestCodesOfNoiseHoldNoKnownNames(t *testing.T) {
	m := names(t, 10_000)
	r := rand.New(rand.NewPCG(3, 4))
	b := make([]byte, 1<<15)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	var short strings.Builder
	for i := 0; i < len(b); i += 16 {
		fmt.Fprintf(&short, "id=%s trace=%x\n", base64.RawURLEncoding.EncodeToString(b[i:i+16]), b[i:i+16])
	}
	for name, text := range map[string]string{
		"base64": base64.StdEncoding.EncodeToString(b), "hex": hex.EncodeToString(b), "identifiers": short.String(),
	} {
		found := view.Find(nil, all(text), m)
		raw := m.Find(nil, all(text))
		t.Logf("%s: %d spans in %d bytes, %d of them in the raw text", name, len(found), len(text), len(raw))
		if len(found)-len(raw) > 1 {
			t.Errorf("%s: %d spans in decoded noise", name, len(found)-len(raw))
		}
	}
}

// What is decoded from a number or an identifier says little: a short value in it is none,
// unless it is all that is there, or stands in a phrase.
func TestShortValuesInCodes(t *testing.T) {
	name := pattern{regexp.MustCompile(`\b(?:UY|UyX|Jn|UuvV|Xgo|Pǎg|Jude|Obscure)\b`)}
	code := func(s string) string { return hex.EncodeToString([]byte(s)) }
	b64 := base64.RawStdEncoding.EncodeToString
	for _, c := range []struct{ text, span string }{
		{"Started Session 46265559 of User root.", ""},
		{"app[60557576]: done", ""},
		{"order 4-26557958", ""},
		{"session 2626555926262626", ""},
		{`"request_id":"7c4a6e24-0f23-4a9d-a5a2-c29252c0ce78"`, ""},
		{"id 2158676f-8968", ""},
		{"span_id=52242c0a50c78e67 took=652ms", ""},
		{"5c274a7564653f3e", ""},
		{"id=" + code("<Jude>+") + "-1", ""},
		{"MAC 6a:" + "4a:75:64:65:6a", ""},
		{"v=" + b64([]byte("#Jude#")), ""},
		{"v=" + code("Jude"), code("Jude")},
		{"x'" + code("Jude") + "'", code("Jude")},
		{"/find/" + code("Jude") + "/1", code("Jude")},
		{"4a 75 64 65", "4a 75 64 65"},
		{"v=" + code("Jude\n"), code("Jude")},
		{"v=" + code("name=Jude"), code("Jude")},
		{"v=" + b64([]byte("(Jude, ok")), "Ep1ZGU"},
		{"v=" + code("#Obscure$"), code("Obscure")},
		{"v=" + strings.Repeat("20", 12) + code("Jude"), code("Jude")},
	} {
		got := ""
		if found := view.Find(nil, all(c.text), name); len(found) > 0 {
			got = c.text[found[0].Start:found[0].End]
		}
		if !strings.Contains(got, c.span) || (got == "") != (c.span == "") {
			t.Errorf("in %q found %q, want %q", c.text, got, c.span)
		}
	}
}

func FuzzView(f *testing.F) {
	for _, e := range encoders {
		f.Add("to "+e.encode("Jude Obscure")+" now", 7)
	}
	f.Add(strings.Repeat(`\`, 300)+"u0041", 200)
	f.Add("%%%41&#;&#x;&#x110000;=\r\n=C3=A9\xff\\ud83d\\ude00\\u{}", 9)
	m := names(f, 3)
	v, err := sealed.Open(context.Background()).Seal("name", []byte("Jude Obscure"))
	if err == nil {
		err = m.Add("name", v)
	}
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string, at int) {
		if len(text) > 1<<14 {
			return
		}
		found := view.Find(nil, all(text), m, digits)
		for i, s := range found {
			if s.Start < 0 || s.End <= s.Start || s.End > len(text) || i > 0 && s.Start < found[i-1].Start {
				t.Fatalf("span %v in %d bytes, after %v", s, len(text), found[:i])
			}
		}
		at = min(max(at, 1), len(text))
		known := view.Find(nil, all(text), m)
		if parts := cut(text, []int{at}, m); !slices.Equal(parts, known) {
			t.Errorf("cut at %d: %v, want %v", at, parts, known)
		}
	})
}

func BenchmarkFind(b *testing.B) {
	m := names(b, 10_000)
	r := rand.New(rand.NewPCG(7, 7))
	words := strings.Fields("the request for a booking of this room was sent after noon and the server answered that nothing is free until friday which nobody had expected although it happens every summer")
	pick := func() string { return words[r.IntN(len(words))] }
	var log, json, escaped, prose strings.Builder
	for log.Len() < 1<<15 {
		fmt.Fprintf(&log, "2026-11-23T08:%02d:%02d.%03dZ INFO http: request method=GET path=/api/v1/%s/%d status=200 id=%08x-%04x duration=%d.%02dms msg=\"%s %s %s\"\n",
			r.IntN(60), r.IntN(60), r.IntN(1000), pick(), r.IntN(1e6), r.Uint32(), r.IntN(1<<16), r.IntN(100), r.IntN(100), pick(), pick(), pick())
		fmt.Fprintf(&json, `{"time":"2026-11-23T08:%02d:%02d","level":"INFO","userId":%d,"requestPath":"/api/%s","message":"%s %s, %s","ok":true}`+"\n",
			r.IntN(60), r.IntN(60), r.IntN(1e6), pick(), pick(), pick(), pick())
		fmt.Fprintf(&escaped, `{"url":"http:\/\/x\/?q=%s%%20%s","message":"%s %s\n %s"}`+"\n", pick(), pick(), pick(), pick(), pick())
		prose.WriteString(strings.Join([]string{pick(), pick(), pick(), pick(), pick(), pick(), pick(), pick()}, " ") + ".\n")
	}
	noise := make([]byte, 1<<14)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	for _, c := range []struct{ name, text string }{
		{"log", log.String()},
		{"json", json.String()},
		{"escaped", escaped.String()},
		{"prose", prose.String()},
		{"base64", base64.StdEncoding.EncodeToString(noise)},
	} {
		b.Run(c.name, func(b *testing.B) {
			w := all(c.text)
			b.SetBytes(int64(len(c.text)))
			b.ReportAllocs()
			var dst []span.Span
			finders := []span.Finder{m}
			for b.Loop() {
				dst = view.Find(dst[:0], w, finders...)
			}
		})
	}
}
