package scrub

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas/sealed"
)

// newReal is a Scrubber as everybody gets it, that knows one value.
func newReal(t testing.TB) *Scrubber {
	t.Helper()
	session := sealed.Open(context.Background())
	s := New()
	t.Cleanup(func() { s.Close(); session.Close() })
	v, err := session.Seal("nickname", []byte("Zwiebelfisch"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Know("nickname", v); err != nil {
		t.Fatal(err)
	}
	return s
}

// one is a sentence for each kind, and the value in it.
var one = map[Kind][2]string{
	Known:   {"signed in as zwiebelfisch now", "zwiebelfisch"},
	Key:     {"token ghp_16C7e42F292c6912E7710c838347Ae178B4a end", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"},
	Email:   {"mail from jude.fawley@example.org today", "jude.fawley@example.org"},
	Card:    {"paid with 4111 1111 1111 1111 today", "4111 1111 1111 1111"},
	IBAN:    {"to DE89 3704 0044 0532 0130 00 today", "DE89 3704 0044 0532 0130 00"},
	ID:      {"his SSN is 536-22-8726 today", "536-22-8726"},
	Phone:   {"call +44 20 7946 0958 today", "+44 20 7946 0958"},
	IP:      {"came from 203.0.113.77 today", "203.0.113.77"},
	MAC:     {"device 00:1a:2b:3c:4d:5e today", "00:1a:2b:3c:4d:5e"},
	Birth:   {"date of birth: 12.03.1981 it says", "12.03.1981"},
	Address: {"lives at 12 Marygreen Street, Springfield, IL 62704 today", "12 Marygreen Street"},
	Person:  {"Dear Dr. Jude Fawley, welcome", "Jude Fawley"},
}

// Proves SCR-1 and SCR-2.
func TestEveryKindIsFoundInEveryFormat(t *testing.T) {
	s := newReal(t)
	for kind, c := range one {
		sentence, value := c[0], c[1]
		quoted, err := json.Marshal(map[string]any{"note": sentence, "n": 1})
		if err != nil {
			t.Fatal(err)
		}
		var escaped, fields strings.Builder
		if err := xml.EscapeText(&escaped, []byte(sentence)); err != nil {
			t.Fatal(err)
		}
		w := csv.NewWriter(&fields)
		if err := w.WriteAll([][]string{{"id", "note"}, {"1", sentence}}); err != nil {
			t.Fatal(err)
		}
		for name, d := range map[string]struct {
			text  string
			shape shape
		}{
			"text":   {"It says: " + sentence + ".\n", nil},
			"JSON":   {string(quoted), shapeJSON},
			"lines":  {string(quoted) + "\n" + string(quoted) + "\n", shapeJSON},
			"XML":    {"<a note=\"" + escaped.String() + "\"><b>" + escaped.String() + "</b></a>", shapeXML},
			"CSV":    {fields.String(), shapeCSV},
			"URL":    {"id=1&note=" + url.QueryEscape(sentence), shapeURL},
			"%20":    {"id=1&note=" + strings.ReplaceAll(url.QueryEscape(sentence), "+", "%20"), shapeURL},
			"logfmt": {"level=info note=\"" + sentence + "\" n=1\n", shapeLogfmt},
			"log":    {"2026-05-01T10:00:00Z INFO note " + string(quoted) + "\n", nil},
		} {
			out := string(s.Append(nil, []byte(d.text)))
			if !strings.Contains(out, kind.String()) || strings.Contains(out, value) {
				t.Errorf("%s in %s: %q became %q", kind, name, d.text, out)
			}
			if twice := string(s.Append(nil, []byte(out))); twice != out {
				t.Errorf("%s in %s: %q became %q the second time", kind, name, out, twice)
			}
			if d.shape == nil {
				continue
			}
			want, err := d.shape([]byte(d.text))
			if err != nil {
				t.Fatal(name, err)
			}
			if got, err := d.shape([]byte(out)); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: %q became %q: %v", name, d.text, out, err)
			}
		}
	}
}

// Proves SCR-3.
func TestOneValueHasOnePseudonymHoweverItIsWritten(t *testing.T) {
	s := newReal(t)
	for kind, forms := range map[Kind][]string{
		Card:  {"4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111"},
		Phone: {"+44 20 7946 0958", "+442079460958", "+44-20-7946-0958"},
		IBAN:  {"DE89370400440532013000", "DE89 3704 0044 0532 0130 00"},
		Known: {"zwiebelfisch", "Zwiebelfisch", "ZWIEBELFISCH", "Zwiebel%66isch"},
		Email: {"jude.fawley@example.org", "Jude.Fawley@Example.org"},
	} {
		var all []string
		for _, f := range forms {
			out := string(s.Append(nil, []byte("call or pay "+f+" soon")))
			p := anyName.FindString(strings.NewReplacer(openingURL, opening, colonURL, ":", closingURL, closing).Replace(out))
			all = append(all, p)
		}
		if len(slices.Compact(slices.Clone(all))) != 1 || !strings.Contains(all[0], kind.String()) {
			t.Errorf("%s: %q are %q", kind, forms, all)
		}
	}
}

// Proves SCR-3.
func TestAKnownValueKeepsItsPseudonymInNamesAndAddresses(t *testing.T) {
	s := newReal(t)
	known := anyName.FindString(string(s.Append(nil, []byte("zwiebelfisch"))))
	for _, in := range []string{
		"Hi Zwiebelfisch, welcome", "Dear Dr. Jude Zwiebelfisch, welcome", "Dear Mr. Zwiebelfisch Fawley-Smith, welcome",
		"lives at 12 Zwiebelfisch Street, Springfield, IL 62704 today", "mail from zwiebelfisch@example.org today",
		`{"name":"Jude Zwiebelfisch","address":"12 Zwiebelfisch Street, Springfield"}`,
	} {
		out := string(s.Append(nil, []byte(in)))
		if !strings.Contains(out, known) || strings.Count(out, "KNOWN") != strings.Count(out, known) || strings.Contains(out, "Fawley") {
			t.Errorf("%q became %q, but the known value is %s", in, out, known)
		}
		if again := string(s.Append(nil, []byte(out))); again != out {
			t.Errorf("%q became %q", out, again)
		}
	}
}

// realTexts draws values of all kinds, encoded or not, glued together in ways they should
// not be.
func realTexts() *rapid.Generator[string] {
	bits := []string{
		" ", " ", " ", "\n", ", ", ".", "-", "@", ":", "/", "=", "&", "?", "\"", "'", "\\", "<", ">", "{", "}", "(", ")", "*", "⟦", "⟧",
		"⟦EMAIL:k3f9x7bt⟧", "%E2%9F%A6KEY%3Ak3f9x7bt%E2%9F%A7", "\u200b", "é", "\xff", "0", "1", "12", "2026", "a", "Mr ", "born ", "password=", "tel ",
		"emailto:", "https://", "www.", "%40", "\\u0040", "&#64;", "=40", "5a7769656265666973636820", "SnVkZSBGYXdsZXk=", "-----BEGIN RSA PRIVATE KEY-----",
		"lorem ipsum dolor sit amet, ", strings.Repeat("nothing to be seen here ", 60),
	}
	for _, c := range one {
		bits = append(bits, c[0], c[1], c[1], url.QueryEscape(c[0]))
	}
	slices.Sort(bits)
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(bits), 0, 60).Draw(t, "bits"), "")
	})
}

// Proves SCR-2.
func TestTheRealFindersLeaveNothingForASecondTime(t *testing.T) {
	s := newReal(t)
	rapid.Check(t, func(t *rapid.T) {
		checkTwiceAndCut(t, s, realTexts().Draw(t, "text"),
			rapid.SampledFrom(allFormats).Draw(t, "format"),
			rapid.SampledFrom([]int{700, 5000, frameLen}).Draw(t, "frame"),
			rapid.IntRange(0, 10_000).Draw(t, "cut"))
	})
}

// fataler is a testing.TB or a rapid.T.
type fataler interface {
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// checkTwiceAndCut scrubs a text twice, and in two pieces.
func checkTwiceAndCut(t fataler, s *Scrubber, in string, f Format, frame, cut int) {
	once := streamed(t, s, in, frame, Options{Format: f})
	if twice := string(s.AppendAs(nil, []byte(once), f)); twice != once {
		t.Fatalf("%s, frame %d: %q\nbecame %q\nthen   %q", f, frame, in, once, twice)
	}
	if got := streamed(t, s, in, frame, Options{Format: f, Workers: cut % 3}, cut); got != once {
		t.Fatalf("%s, frame %d: %q\ncut at %d  %q\nas a whole %q", f, frame, in, cut, got, once)
	}
	// Frames are far apart in practice; where they are does not change what is found first.
	if found := s.FindAs([]byte(in), f); len(found) == 0 && once != in {
		t.Fatalf("%s: %q\nbecame %q, but nothing was found", f, in, once)
	}
}

func FuzzTwiceAndCut(f *testing.F) {
	s := newReal(f)
	for _, c := range one {
		f.Add(c[0]+"\n"+c[1]+c[1], byte(0), uint16(0), uint16(7))
	}
	for i, text := range []string{
		`{"a":"jude\u0040example.org"}`, "<a b='x@example.org'>4111111111111111</a>", "a,b\n\"x@example.org\",\"+44 20 7946 0958\"\n",
		"a=x%40example.org&b=1", "k=v m=\"Dear Dr. Jude Fawley\"",
	} {
		f.Add(text, byte(i), uint16(100), uint16(9))
	}
	f.Fuzz(func(t *testing.T, in string, format byte, frame, cut uint16) {
		checkTwiceAndCut(t, s, in, allFormats[int(format)%len(allFormats)], 200+int(frame), int(cut))
	})
}

// FuzzDocument scrubs what happens to be a document of a format and reads it again.
func FuzzDocument(f *testing.F) {
	s := newReal(f)
	f.Add(`{"mail":"jude@example.org","n":4111111111111111,"list":[1,"+44 20 7946 0958"]}`)
	f.Add(`<a b="jude@example.org" c='x'>Dear Dr. Jude Fawley &amp; <!-- 203.0.113.77 --><![CDATA[4111111111111111]]></a>`)
	f.Add("who,where\n\"Fawley, Jude\",\"12 Marygreen Street\"\n")
	f.Add("a=jude%40example.org&b=4111+1111+1111+1111")
	f.Fuzz(func(t *testing.T, in string) {
		if strings.Contains(in, "⟦") || strings.Contains(in, "%E2%9F%A6") {
			return // a document that is valid because of a pseudonym in an odd place is no use
		}
		for _, c := range []struct {
			as    Format
			valid func([]byte) bool
			shape shape
		}{
			{JSON, json.Valid, shapeJSON},
			{XML, func(b []byte) bool { _, err := shapeXML(b); return err == nil }, shapeXML},
			{URL, func(b []byte) bool { _, err := shapeURL(b); return err == nil }, shapeURL},
		} {
			if !c.valid([]byte(in)) {
				continue
			}
			out := s.AppendAs(nil, []byte(in), c.as)
			want, _ := c.shape([]byte(in)) // it is valid
			if got, err := c.shape(out); err != nil || !slices.Equal(got, want) {
				t.Fatalf("%s %q\nbecame %q: %v", c.as, in, out, err)
			}
		}
	})
}
