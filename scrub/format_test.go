package scrub

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// shape is what of a document stays when personal data is taken out. Values that a test
// reads itself show what was expected in the message.
type shape func(doc []byte) ([]string, error)

func shapeJSON(doc []byte) (all []string, err error) {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if _, ok := t.(json.Delim); ok {
			all = append(all, fmt.Sprint(t))
		} else {
			all = append(all, "scalar")
		}
	}
}

func shapeXML(doc []byte) (all []string, err error) {
	d := xml.NewDecoder(bytes.NewReader(doc))
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		s := fmt.Sprintf("%T", t)
		if e, ok := t.(xml.StartElement); ok {
			s = e.Name.Local
			for _, a := range e.Attr {
				s += " " + a.Name.Local
			}
		}
		all = append(all, s)
	}
}

func shapeCSV(doc []byte) (all []string, err error) {
	r := csv.NewReader(bytes.NewReader(doc))
	r.FieldsPerRecord = -1
	records, err := r.ReadAll()
	for _, fields := range records {
		all = append(all, fmt.Sprint(len(fields)))
	}
	return all, err
}

func shapeURL(doc []byte) (all []string, err error) {
	for pair := range strings.SplitSeq(string(doc), "&") {
		key, value, ok := strings.Cut(pair, "=")
		_, err := url.QueryUnescape(value)
		_, err2 := url.QueryUnescape(key)
		if err = errors.Join(err, err2); err != nil || !ok || strings.ContainsAny(pair, "⟦⟧:") {
			return nil, fmt.Errorf("%q: %w", pair, err)
		}
		all = append(all, "pair")
	}
	return all, nil
}

func shapeLogfmt(doc []byte) (all []string, err error) {
	in, pair := false, ""
	for i := 0; i < len(doc); i++ {
		switch c := doc[i]; {
		case in && c == '\\':
			i++
		case c == '"':
			in = !in
		case !in && (c == ' ' || c == '\n'):
			all, pair = append(all, pair), ""
		case !in && c == '=':
			pair += "="
		}
	}
	if in {
		return nil, errors.New("a quotation mark is open")
	}
	return append(all, pair), nil
}

// pieces draws values, glued to other things or alone.
func pieces() *rapid.Generator[string] {
	bits := []string{
		"jude@example.org", "4111 1111 1111 1111", "4111111111111111", "10.0.0.1", "secret", "Jude Law", "12 Main Road, Town", "<<", ">>",
		" ", "\n", "é", `"`, `\`, "&", "<", ">", "=", ",", ";", "'", "x", "]]>", "-->", "%", "+", "/", "⟦EMAIL:k3f9x7bt⟧", "{\"", "}", "\t",
		strings.Repeat("ordinary words ", 20),
	}
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(bits), 0, 6).Draw(t, "bits"), "")
	})
}

func drawJSON(t *rapid.T) string {
	var value func(depth int) any
	value = func(depth int) any {
		switch n := rapid.IntRange(0, 7).Draw(t, "type"); {
		case n == 0:
			return rapid.SampledFrom([]any{true, false, nil, json.Number("4111111111111111"), json.Number("-1234567"), json.Number("12345678.5e3"), 7}).Draw(t, "scalar")
		case n < 4 || depth == 0:
			return pieces().Draw(t, "string")
		case n == 4:
			list := []any{}
			for range rapid.IntRange(0, 5).Draw(t, "len") {
				list = append(list, value(depth-1))
			}
			return list
		}
		object := map[string]any{}
		for range rapid.IntRange(0, 5).Draw(t, "len") {
			object[pieces().Draw(t, "key")] = value(depth - 1)
		}
		return object
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(rapid.Bool().Draw(t, "html"))
	if rapid.Bool().Draw(t, "indent") {
		e.SetIndent("", "\t")
	}
	for range rapid.IntRange(1, 4).Draw(t, "documents") {
		if err := e.Encode(value(4)); err != nil {
			t.Fatal(err)
		}
	}
	s := b.String()
	if rapid.Bool().Draw(t, "escaped") {
		s = strings.ReplaceAll(s, "@", `\u0040`)
	}
	return s
}

func drawXML(t *rapid.T) string {
	var b bytes.Buffer
	text := func() {
		if err := xml.EscapeText(&b, []byte(pieces().Draw(t, "text"))); err != nil {
			t.Fatal(err)
		}
	}
	var element func(depth int)
	element = func(depth int) {
		b.WriteString(`<a b="`)
		text()
		b.WriteString(`" card = '`)
		text()
		b.WriteString("'>")
		for range rapid.IntRange(0, 4).Draw(t, "children") {
			switch rapid.IntRange(0, 4).Draw(t, "type") {
			case 0:
				fmt.Fprintf(&b, "<!-- %s -->", strings.ReplaceAll(pieces().Draw(t, "comment"), "-", ""))
			case 1:
				fmt.Fprintf(&b, "<![CDATA[%s]]>", strings.ReplaceAll(pieces().Draw(t, "cdata"), "]", ""))
			case 2:
				if depth > 0 {
					element(depth - 1)
				}
			default:
				text()
			}
		}
		b.WriteString("</a>")
	}
	b.WriteString("<?xml version=\"1.0\"?>\n")
	element(3)
	return b.String()
}

func drawCSV(t *rapid.T) string {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = rapid.Bool().Draw(t, "crlf")
	columns := rapid.IntRange(2, 5).Draw(t, "columns")
	for range rapid.IntRange(2, 8).Draw(t, "records") {
		var fields []string
		for range columns {
			f := pieces().Draw(t, "field")
			fields = append(fields, strings.NewReplacer(";", "", "\t", "").Replace(f)) // else they might be the separator
		}
		if err := w.Write(fields); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	return b.String()
}

func drawURL(t *rapid.T) string {
	var all []string
	for range rapid.IntRange(1, 8).Draw(t, "pairs") {
		all = append(all, url.QueryEscape(pieces().Draw(t, "key"))+"="+url.QueryEscape(pieces().Draw(t, "value")))
	}
	return strings.Join(all, "&")
}

func drawLogfmt(t *rapid.T) string {
	var all []string
	for range rapid.IntRange(1, 8).Draw(t, "pairs") {
		v := fmt.Sprintf("%q", pieces().Draw(t, "value"))
		if rapid.Bool().Draw(t, "bare") {
			v = strings.Map(func(r rune) rune {
				if r <= ' ' || r == '"' || r == '=' || r == '\\' {
					return -1
				}
				return r
			}, v)
		}
		all = append(all, "key="+v)
	}
	return strings.Join(all, " ")
}

// Proves SCR-2.
func TestADocumentStaysOne(t *testing.T) {
	for name, c := range map[string]struct {
		draw  func(*rapid.T) string
		shape shape
		as    []Format
	}{
		"JSON":   {drawJSON, shapeJSON, []Format{JSON}},
		"XML":    {drawXML, shapeXML, []Format{Auto, XML}},
		"CSV":    {drawCSV, shapeCSV, []Format{CSV}},
		"URL":    {drawURL, shapeURL, []Format{URL}},
		"logfmt": {drawLogfmt, shapeLogfmt, []Format{Logfmt}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRough()
			rapid.Check(t, func(t *rapid.T) {
				in := c.draw(t)
				want, err := c.shape([]byte(in))
				if err != nil {
					t.Fatal("drawn badly:", in, err)
				}
				o := Options{Format: rapid.SampledFrom(c.as).Draw(t, "format")}
				frame := rapid.SampledFrom([]int{500, 4000, frameLen}).Draw(t, "frame")
				out := streamed(t, s, in, frame, o)
				if got, err := c.shape([]byte(out)); err != nil || !slices.Equal(got, want) {
					t.Fatalf("%s\nbecame %s\n%v, %q, want %q", in, out, err, got, want)
				}
				if again := streamed(t, s, out, frame, o); again != out {
					t.Fatalf("%s\nbecame %s\nthen   %s", in, out, again)
				}
				if utf8.ValidString(in) && !utf8.ValidString(out) {
					t.Fatalf("%q\nbecame %q, which is no UTF-8", in, out)
				}
			})
		})
	}
}

func TestTheFormatIsFoundOutFromTheBeginning(t *testing.T) {
	for in, want := range map[string]Format{
		"":                                Mixed,
		"plain words, and some more\n":    Mixed,
		"{\"a\":1}":                       JSON,
		"{\"a\":1}\n":                     Mixed,
		"{\"a\":[{}]}\n{\"a\":\"}\"}\n":   Mixed,
		"{\"a\":1}\nand so on":            Mixed,
		"{\"a\":1} and so on\n":           Mixed,
		"{\"a\":1}\n[2]\n":                JSON,
		"{\"a\":1}\n2\n\"b\"\n":           JSON,
		"[\"a\"]\n":                       JSON,
		"[\"a\"] INFO it began\n":         Mixed,
		"[\"a\"]\nINFO it began\n":        Mixed,
		"{\n\"a\":\n1}\n":                 JSON,
		"\ufeff [\n {\"a\":1}]":           JSON,
		"[1, 2, 3]":                       JSON,
		"[2024-05-01 10:00] it began\n":   Mixed,
		"[12] [info] began":               Mixed,
		"<?xml version='1.0'?><a/>":       XML,
		"<!DOCTYPE html>\n<html>":         XML,
		"\n<p class=x>hello</p>":          XML,
		"<jude@example.org> wrote":        Mixed,
		"<3 he said":                      Mixed,
		"name,mail\njude,j@example.org\n": CSV,
		"name;mail\r\n\"a;b\";c\r\n":      CSV,
		"a\tb\n1\t2":                      CSV,
		"one, two\nthree\n":               Mixed,
		"name=jude&mail=j%40example.org":  URL,
		"level=info msg=\"a b\"\n":        Mixed,
		"2024 INFO {\"a\":1}":             Mixed,
	} {
		if got, _ := detect([]byte(in)); got != want {
			t.Errorf("%q is %s, want %s", in, got, want)
		}
	}
	for f := range formats {
		if got, err := ParseFormat(strings.ToUpper(f.String())); got != f || err != nil {
			t.Errorf("%s is %s, %v", f, got, err)
		}
	}
	if _, err := ParseFormat("docx"); err == nil {
		t.Error("docx is a format")
	}
}

func TestEachFormatKeepsItsOwn(t *testing.T) {
	for _, c := range []struct {
		as       Format
		in, want string
	}{
		{Auto, `{"card": 4111111111111111, "n": 7}`, `{"card": "⟦CARD:a⟧", "n": 7}`},
		{Auto, `{"a":"jude\u0040example.org\n"}`, `{"a":"⟦EMAIL:a⟧\n"}`},
		{Auto, `{"a":"x\nJude"}` + "\n", `{"a":"x\n⟦PERSON:a⟧"}` + "\n"},
		{Auto, `{"a":"\"12 Main Road"}`, `{"a":"\"⟦ADDRESS:a⟧"}`},
		{Auto, `["<<","x >>"]`, `["<<","⟦KEY:a⟧"]`},
		{Auto, "May INFO {\"card\":4111111111111111} Jude Law\n", "May INFO {\"card\":\"⟦CARD:a⟧\"} ⟦PERSON:b⟧\n"},
		{Auto, "level=info user=\"Jude Law\" card=4111111111111111\n", "level=info user=\"⟦PERSON:a⟧\" card=⟦CARD:b⟧\n"},
		{Auto, "level=info user=Jude Law\n", "level=info user=⟦PERSON:a⟧\n"},
		{Auto, "tel=+49 30 1234567 amount=7 by=Jude x=Law\n", "tel=⟦PHONE:a⟧ amount=7 by=⟦PERSON:b⟧ x=Law\n"},
		{Auto, "a=Jude Law=7 b=Jude Law", "a=⟦PERSON:a⟧ ⟦PERSON:b⟧=7 b=⟦PERSON:c⟧"},
		{Auto, "{\"a\":1}\nat 10.0.0.1:[Jude]{ 12 Main Road,\nTown\n", "{\"a\":1}\nat ⟦IP:a⟧:[⟦PERSON:b⟧]{ ⟦ADDRESS:c⟧\n"},
		{Auto, "<a href='jude@example.org'>Jude <b>Law</b> 12 Main Road</a>", "<a href='⟦EMAIL:a⟧'>⟦PERSON:b⟧ <b>Law</b> ⟦ADDRESS:c⟧</a>"},
		{Auto, "<p>jude&#64;example.org &amp; Jude</p>", "<p>⟦EMAIL:a⟧ &amp; ⟦PERSON:b⟧</p>"},
		{Auto, "<p id=4111111111111111 >", "<p id=⟦CARD:a⟧ >"},
		{Auto, "<secret a='secret'/>", "<secret a='⟦KNOWN:a⟧'/>"},
		{Auto, "who,where\nJude,\"12 Main Road, Town\"\n", "who,where\n⟦PERSON:a⟧,\"⟦ADDRESS:b⟧\"\n"},
		{Auto, "a;b\n12 Main Road;x\n", "a;b\n⟦ADDRESS:a⟧;x\n"},
		{Auto, "mail=jude%40example.org&ip=10.0.0.1", "mail=%E2%9F%A6EMAIL%3Aa%E2%9F%A7&ip=%E2%9F%A6IP%3Ab%E2%9F%A7"},
		{Auto, "GET /?m=jude%40example.org HTTP/1.1\n", "GET /?m=%E2%9F%A6EMAIL%3Aa%E2%9F%A7 HTTP/1.1\n"},
		{Auto, "\ufeff Jude\r\nx\r\n", "\ufeff ⟦PERSON:a⟧\r\nx\r\n"},
		{Text, `{"card": 4111111111111111}`, `{"card": ⟦CARD:a⟧}`},
	} {
		if got := shown(newRough().AppendAs(nil, []byte(c.in), c.as)); got != c.want {
			t.Errorf("%s %q\nbecame %q,\nwant   %q", c.as, c.in, got, c.want)
		}
	}
}

// Numbers and unions grow to the left, over the borders of frames, too.
func TestFramesCutNothing(t *testing.T) {
	s := newRough()
	var b strings.Builder
	for i := range 120 {
		fmt.Fprintf(&b, "{\"n\":-4111111111111111,%q:[1234567.25,\"12 Main Road, Town secret\"]}", strings.Repeat("k", i%61))
	}
	want := string(s.AppendAs(nil, []byte(b.String()), JSON))
	for frame := 140; frame < 900; frame += 53 {
		if got := streamed(t, s, b.String(), frame, Options{Format: JSON}); got != want {
			t.Fatalf("in frames of %d: %s", frame, got)
		}
	}
	if !json.Valid([]byte("[" + strings.ReplaceAll(want, "}{", "},{") + "]")) {
		t.Errorf("no JSON: %s", want)
	}
}
