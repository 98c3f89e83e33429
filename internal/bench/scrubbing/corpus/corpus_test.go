package corpus

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"math/big"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"

	"github.com/habeas-data/habeas/scrub"
)

// everything is a little of each kind of text of a part.
func everything(part Part) map[string][]Text {
	return map[string][]Text{
		"logs": {Logs(1, part, 3000)}, "json": JSON(1, part, 100), "xml": XML(1, part, 100),
		"mails": Mails(1, part, 80), "prose": Prose(1, part, 300), "known": NewKnown(1, part, 400, 400).Texts,
	}
}

// reads are the ways in which a document may write a value.
func reads(written, value string) bool {
	fromURL, _ := url.QueryUnescape(written)
	var fromJSON string
	_ = json.Unmarshal([]byte(`"`+written+`"`), &fromJSON)
	return slices.Contains([]string{written, fromURL, fromJSON, html.UnescapeString(written)}, value)
}

func TestEveryLabelIsWhereItsValueStands(t *testing.T) {
	for _, part := range []Part{Open, Held} {
		kinds := map[scrub.Kind]int{}
		for name, texts := range everything(part) {
			for _, text := range texts {
				end := 0
				for _, l := range text.Labels {
					if l.Start < end || l.End <= l.Start || l.End > len(text.Body) {
						t.Fatalf("%s: label [%d:%d] after %d in %d bytes", name, l.Start, l.End, end, len(text.Body))
					}
					end = l.End
					kinds[l.Kind]++
					written := string(text.Body[l.Start:l.End])
					if name != "known" && !reads(written, l.Value) {
						t.Errorf("%s: %s is %q, written %q", name, l.Kind, l.Value, written)
					}
				}
			}
		}
		for _, k := range scrub.Kinds() {
			if kinds[k] < 10 {
				t.Errorf("part %d has %d places of kind %s", part, kinds[k], k)
			}
		}
	}
}

// decode undoes a form, given the text around the place too.
var decode = map[string]func(place string) string{
	"as_it_is": same, "token": same, "nfd": norm.NFC.String,
	"upper_case": strings.ToLower, "lower_case": strings.ToLower,
	"json":     func(s string) (out string) { _ = json.Unmarshal([]byte(`"`+s+`"`), &out); return out },
	"xml":      html.UnescapeString,
	"url":      func(s string) string { out, _ := url.QueryUnescape(s); return out },
	"url_path": unpercent, "url_full": unpercent,
	"hex": unhex, "hex_upper": unhex,
	"zero_width": func(s string) string { return strings.ReplaceAll(s, "\u200b", "") },
	"spaced":     func(s string) string { return strings.ReplaceAll(s, " ", "") },
}

func same(s string) string      { return s }
func unpercent(s string) string { out, _ := url.PathUnescape(s); return out }
func unhex(s string) string     { b, _ := hex.DecodeString(s); return string(b) }

func TestEveryFormDecodesToItsValue(t *testing.T) {
	met := map[string]bool{}
	for _, text := range NewKnown(3, Open, 1000, 800).Texts {
		l := text.Labels[0]
		met[l.Class] = true
		place := string(text.Body[l.Start:l.End])
		if strings.HasPrefix(l.Class, "base64") {
			// The characters of the place hold nothing but bits of the value, and all but
			// the few that share a character with a neighbour.
			start, end := l.Start, l.End
			for ; start > 0 && isBase64(text.Body[start-1]); start-- {
			}
			for ; end < len(text.Body) && isBase64(text.Body[end]); end++ {
			}
			run := strings.NewReplacer("-", "+", "_", "/").Replace(string(text.Body[start:end]))
			b, err := base64.RawStdEncoding.DecodeString(run)
			if at := bytes.Index(b, []byte(l.Value)); err != nil || at < 0 {
				t.Errorf("%s: %q does not decode to %q", l.Class, run, l.Value)
			} else if from := (8*at + 5) / 6; l.Start-start != from || l.End-start != 8*(at+len(l.Value))/6 {
				t.Errorf("%s: the place is [%d:%d] of a run in which the value begins at byte %d", l.Class, l.Start-start, l.End-start, at)
			}
			continue
		}
		want := l.Value
		if strings.HasSuffix(l.Class, "_case") {
			want = strings.ToLower(want)
		}
		if l.Class == "spaced" {
			want = strings.ReplaceAll(want, " ", "")
		}
		if got := decode[l.Class](place); norm.NFC.String(got) != norm.NFC.String(want) {
			t.Errorf("%s: %q decodes to %q, want %q", l.Class, place, got, want)
		}
	}
	for _, f := range forms {
		if !met[f.name] {
			t.Errorf("no text has the form %s", f.name)
		}
	}
}

func isBase64(c byte) bool {
	return strings.IndexByte(base64u+"+/", c) >= 0
}

func TestTheSeedDecidesEverything(t *testing.T) {
	if !reflect.DeepEqual(everything(Held), everything(Held)) {
		t.Error("two runs differ")
	}
	if a, b := Logs(1, Open, 50), Logs(2, Open, 50); bytes.Equal(a.Body, b.Body) {
		t.Error("two seeds give one log")
	}
	if a, b := Negatives(1, 200), Negatives(1, 200); !reflect.DeepEqual(a, b) {
		t.Error("two runs have other negatives")
	}
	long := Logs(7, Open, 40)
	if short := Logs(7, Open, 20); !bytes.HasPrefix(long.Body, short.Body) {
		t.Error("a shorter log is not the beginning of a longer one")
	}
}

func TestTheHeldPartSharesNoNamesAndSentences(t *testing.T) {
	for _, c := range countries {
		for what, all := range map[string][]string{"given": c.given, "family": c.family, "street": c.streets} {
			for _, v := range of(Open, all) {
				if slices.Contains(of(Held, all), v) {
					t.Errorf("%s: %s %q is in both parts", c.region, what, v)
				}
			}
		}
	}
	texts := map[string]bool{}
	for _, s := range Mails(1, Open, 80) {
		texts[string(s.Body)] = true
	}
	for _, s := range Mails(1, Held, 80) {
		if texts[string(s.Body)] {
			t.Error("a mail is in both parts")
		}
	}
}

func TestDocumentsParse(t *testing.T) {
	for _, part := range []Part{Open, Held} {
		for _, text := range JSON(5, part, 100) {
			if !json.Valid(text.Body) {
				t.Errorf("no JSON: %s", text.Body)
			}
		}
		for _, text := range XML(5, part, 100) {
			for d := xml.NewDecoder(bytes.NewReader(text.Body)); ; {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("%v: %s", err, text.Body)
				}
			}
		}
		for line := range strings.Lines(string(Logs(5, part, 2000).Body)) {
			if strings.HasPrefix(line, "{") && !json.Valid([]byte(line)) {
				t.Errorf("no JSON: %s", line)
			}
		}
	}
}

func TestNumbersHaveTheirCheckDigits(t *testing.T) {
	for _, p := range people(11, Open, 300) {
		if n := plainDigits(p.Card); !luhnValid(n) {
			t.Errorf("card %s", p.Card)
		}
		if !mod97(p.IBAN) {
			t.Errorf("IBAN %s", p.IBAN)
		}
		valid := slices.ContainsFunc(countries, func(c *country) bool {
			n, err := phonenumbers.Parse(p.Phone, c.region)
			return err == nil && phonenumbers.IsValidNumber(n)
		})
		if !valid {
			t.Errorf("no country has the number %s", p.Phone)
		}
	}
	d := newDice(1, Open, streamPeople)
	for range 300 {
		p := Person{Birth: d.birth()}
		if n := plainDigits(nhs(d, &p)); weighted(n, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)%11 != 0 {
			t.Errorf("NHS number %s", n)
		}
		if n := pesel(d, &p); weighted(n, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)%10 != 0 {
			t.Errorf("PESEL %s", n)
		}
		n := plainDigits(nir(d, &p))
		body, _ := new(big.Int).SetString(n[:13], 10)
		key, _ := new(big.Int).SetString(n[13:], 10)
		if new(big.Int).Mod(body.Add(body, key), big.NewInt(97)).Sign() != 0 {
			t.Errorf("NIR %s", n)
		}
	}
}

func TestNegativesAreNone(t *testing.T) {
	for _, text := range Negatives(1, 5000) {
		l := text.Labels[0]
		value := plainDigits(l.Value)
		switch l.Class {
		case "not_luhn":
			if luhnValid(value) {
				t.Errorf("%s is a card number", l.Value)
			}
		case "not_mod97":
			if mod97(l.Value) {
				t.Errorf("%s is an account number", l.Value)
			}
		case "isbn":
			if len(value) != 13 || weighted(value, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1)%10 != 0 {
				t.Errorf("%s is no ISBN", l.Value)
			}
		}
	}
}

func plainDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

func luhnValid(s string) bool { return luhn(s[:len(s)-1]) == int(s[len(s)-1]-'0') }

// mod97 checks an account number with big integers (ISO 13616).
func mod97(s string) bool {
	s = strings.ReplaceAll(s, " ", "")
	var b strings.Builder
	for _, r := range s[4:] + s[:4] {
		b.WriteString(big.NewInt(int64(strings.IndexRune(digits+upper, r))).String())
	}
	n, ok := new(big.Int).SetString(b.String(), 10)
	return ok && new(big.Int).Mod(n, big.NewInt(97)).Int64() == 1
}

func TestCardCheckDigits(t *testing.T) {
	// Numbers that payment processors publish for tests.
	for _, s := range []string{"4242424242424242", "5555555555554444", "378282246310005", "6011111111111117", "30569309025904"} {
		if !luhnValid(s) {
			t.Errorf("%s", s)
		}
	}
}
