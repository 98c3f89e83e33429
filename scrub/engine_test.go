package scrub

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas/scrub/internal/span"
)

var anyName = regexp.MustCompile(`(?i:⟦|%E2%9F%A6)[A-Z]+(?::|%3A)[a-z0-9]{8}(?i:⟧|%E2%9F%A7)`)

// shown replaces codes by the number of the value, in order of appearance, so that results
// can be read.
func shown(b []byte) string {
	n := map[string]string{}
	code := regexp.MustCompile(`(:|%3A)[a-z0-9]{8}(⟧|%E2%9F%A7)`)
	return code.ReplaceAllStringFunc(string(b), func(s string) string {
		m := code.FindStringSubmatch(s)
		c := s[len(m[1]) : len(m[1])+codeLen]
		if n[c] == "" {
			n[c] = string(rune('a' + len(n)))
		}
		return m[1] + n[c] + m[2]
	})
}

// Proves SCR-3.
func TestAPseudonymIsTheSameForAValueAndTellsNothingToAnother(t *testing.T) {
	s, other := newRough(), newRough()
	other.key[0]++
	in := []byte("jude@example.org ana@example.org jude@example.org")
	a := anyName.FindAllString(string(s.Append(nil, in)), -1)
	b := anyName.FindAllString(string(other.Append(nil, in)), -1)
	if len(a) != 3 || a[0] != a[2] || a[0] == a[1] {
		t.Errorf("one Scrubber makes %q", a)
	}
	if len(b) != 3 || a[0] == b[0] || a[1] == b[1] {
		t.Errorf("two Scrubbers make %q and %q", a, b)
	}
	for _, p := range append(a, b...) {
		if strings.ContainsAny(p[len("⟦EMAIL:"):], "aeiouly01") {
			t.Errorf("%s could spell something", p)
		}
	}
	s.Close()
	if c := anyName.FindAllString(string(s.Append(nil, in)), -1); len(c) != 3 || c[0] == a[0] {
		t.Errorf("after Close, %q", c)
	}
}

func TestWhatOverlapsGetsOnePseudonymOfTheStrongestKind(t *testing.T) {
	for in, want := range map[string]string{
		"mail jude@example.org now":                  "mail ⟦EMAIL:a⟧ now",
		"call 4111 1111 1111 1111.":                  "call ⟦CARD:a⟧.",
		"at 12 Jude Road, Clara":                     "at ⟦ADDRESS:a⟧",
		"at 12 Main Road\nTown x":                    "at ⟦ADDRESS:a⟧ x",
		"secret and secret":                          "⟦KNOWN:a⟧ and ⟦KNOWN:a⟧",
		"the.secret@example.org":                     "⟦KNOWN:a⟧",
		"secretsecret":                               "⟦KNOWN:a⟧⟦KNOWN:a⟧",
		"⟦EMAIL:k3f9x7bt⟧ Jude":                      "⟦EMAIL:a⟧ ⟦PERSON:b⟧",
		"⟦EMAIL:jude⟧ x":                             "⟦EMAIL:jude⟧ x",
		"<<⟦EMAIL:k3f9x7bt⟧ and more>>":              "<<⟦EMAIL:a⟧ ⟦KEY:b⟧",
		"no data, 3 times":                           "no data, 3 times",
		"":                                           "",
		"a=%E2%9F%A6EMAIL%3Ak3f9x7bt%E2%9F%A7&b=%40": "a=%E2%9F%A6EMAIL%3Aa%E2%9F%A7&b=%40",
	} {
		if got := shown(newRough().Append(nil, []byte(in))); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// texts draws what a log could have, glued together in ways it should not.
func texts() *rapid.Generator[string] {
	bits := []string{
		"jude@example.org", "ana.b@example.co", "4111 1111 1111 1111", "10.0.0.1", "10.20.30.40", "+49 30 1234567", "secret",
		"Jude Law", "Clara", "12 Main Road, Town", "12 High Street\nCity\nLand", "<<", ">>", "order ", "@c.co", "@", ".", "-", " ", "\n", "\r\n",
		"⟦EMAIL:k3f9x7bt⟧", "⟦", "⟧", "%E2%9F%A6", "%E2%9F%A6KEY%3Ak3f9x7bt%E2%9F%A7", "EMAIL:", "k3f9x7bt", "*", "**", "é", "\xff", "\xe2\x9f",
		`"`, `\`, `\u00e9`, `{"a":`, `}`, `,`, "<b>", "</b>", "<a href=", "&amp;", "=", "a=", "123456", "1", "x", "lorem ipsum dolor sit amet ",
		`\"`, `""`, "%40", `\u0040`, "&#64;", strings.Repeat("text without anything ", 30),
	}
	return rapid.Custom(func(t *rapid.T) string {
		parts := rapid.SliceOfN(rapid.SampledFrom(bits), 0, 120).Draw(t, "bits")
		return strings.Join(parts, "")
	})
}

// streamed scrubs a text in pieces, in frames of some size.
func streamed(t interface{ Fatal(...any) }, s *Scrubber, in string, frame int, o Options, cuts ...int) string {
	var out bytes.Buffer
	w := s.NewWriter(&out, o)
	w.e.frame = frame
	from := 0
	for _, c := range append(cuts, len(in)) {
		if c = min(max(c, from), len(in)); true {
			if n, err := w.Write([]byte(in[from:c])); err != nil || n != c-from {
				t.Fatal(n, err)
			}
		}
		from = c
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

var allFormats = []Format{Auto, Text, Mixed, JSON, XML, CSV, Logfmt, URL}

// Proves SCR-2.
func TestScrubbingTwiceIsScrubbingOnce(t *testing.T) {
	s := newRough()
	rapid.Check(t, func(t *rapid.T) {
		in := texts().Draw(t, "text")
		f := rapid.SampledFrom(allFormats).Draw(t, "format")
		frame := rapid.SampledFrom([]int{300, 3000, frameLen}).Draw(t, "frame")
		once := streamed(t, s, in, frame, Options{Format: f})
		if twice := s.AppendAs(nil, []byte(once), f); string(twice) != once {
			t.Fatalf("%q\nbecame %q\nthen   %q", in, once, twice)
		}
	})
}

// Proves SCR-2.
func TestCutsChangeNothing(t *testing.T) {
	s := newRough()
	rapid.Check(t, func(t *rapid.T) {
		in := texts().Draw(t, "text")
		o := Options{Format: rapid.SampledFrom(allFormats).Draw(t, "format")}
		frame := rapid.SampledFrom([]int{300, 3000}).Draw(t, "frame")
		cuts := rapid.SliceOfN(rapid.IntRange(0, len(in)), 0, 5).Draw(t, "cuts")
		want := streamed(t, s, in, frame, o)
		o.Workers = rapid.IntRange(0, 3).Draw(t, "workers")
		if got := streamed(t, s, in, frame, o, cuts...); got != want {
			t.Fatalf("%q\nin pieces %q\nas whole  %q", in, got, want)
		}
	})
}

// meeting finds nothing, and returns only when another goroutine asks it at the same time.
type meeting chan struct{}

func (m meeting) Find(dst []span.Span, _ span.Window) []span.Span {
	select {
	case m <- struct{}{}:
	case <-m:
	}
	return dst
}

// Proves SCR-2.
func TestWorkersWorkTogetherAndChangeNothing(t *testing.T) {
	s := New()
	s.finders = []span.Finder{make(meeting)}
	plain := bytes.Repeat([]byte("nothing in it\n"), frameLen/14)
	out := streamed(t, s, string(plain), frameLen, Options{Workers: 2}) // one alone would wait for ever
	if out != string(plain) {
		t.Error("the text changed")
	}

	s = newReal(t)
	var log strings.Builder
	for i := range 1500 {
		fmt.Fprintf(&log, "2026-05-09T10:%02d:00Z INFO served path=/api/%d status=200 %s took=7ms\n", i%60, i, strings.Repeat("and so on ", i%50))
		if c := one[Kinds()[i%len(Kinds())]]; i%3 == 0 {
			log.WriteString(c[0] + " " + c[1] + "\n")
		}
	}
	want := streamed(t, s, log.String(), frameLen, Options{Workers: 1})
	for _, workers := range []int{2, 3, 8} {
		if got := streamed(t, s, log.String(), frameLen, Options{Workers: workers}, 7, 100_000); got != want {
			t.Errorf("%d workers make another text", workers)
		}
	}
	if want == log.String() {
		t.Error("nothing was found")
	}
}

// Proves SCR-2.
func TestBytesOutsideOfWhatIsFoundStay(t *testing.T) {
	s := newRough()
	rapid.Check(t, func(t *rapid.T) {
		in := texts().Draw(t, "text")
		got := s.AppendAs(nil, []byte(in), Text)
		// What lies between pseudonyms is found in the text, in the same order.
		rest := in
		for _, piece := range anyName.Split(string(got), -1) {
			i := strings.Index(rest, piece)
			if i < 0 {
				t.Fatalf("%q\nbecame %q, but %q is new", in, got, piece)
			}
			rest = rest[i+len(piece):]
		}
	})
}

// An escape that lies across the end of what finders see of a frame is nothing special.
func TestEscapesLieAnywhere(t *testing.T) {
	s := newReal(t)
	for n := range 12 { // of the length of what is repeated
		in := strings.Repeat(".", n) + strings.Repeat(`\u0041 &#x41; %41 =41`, 150)
		if got := streamed(t, s, in, 400, Options{}); got != in {
			t.Errorf("%q became %q", in[:50], got)
		}
	}
}

// A union that is long enough ends within others, of some of which nothing is left.
func TestUnionsThatOverlapWithoutEnd(t *testing.T) {
	s := newReal(t)
	text := strings.Repeat("Zwiebelfisch ", 6000)
	out := string(s.AppendAs(nil, []byte(text), Text))
	if strings.Contains(out, "Zwiebelfisch") {
		t.Error("not all of it is gone")
	}
	if again := string(s.AppendAs(nil, []byte(out), Text)); again != out {
		t.Error("something is found the second time")
	}
}

// domino finds the letter d where a pseudonym stands before it or the text begins, and
// counts the bytes it is asked about.
type domino struct{ asked *int }

func (f domino) Find(dst []span.Span, w span.Window) []span.Span {
	*f.asked += w.To - w.From
	for p := w.From; p < w.To; p++ {
		if w.Text[p] == 'd' && (p == 0 && w.Begins || p > 1 && w.Text[p-2] == '*') {
			dst = append(dst, span.Span{Start: p, End: p + 1, Kind: Person})
		}
	}
	return dst
}

// Proves SCR-6.
func TestDominoesFallQuickly(t *testing.T) {
	asked := 0
	s := newRough()
	s.finders = []span.Finder{domino{&asked}}
	text := strings.Repeat("d ", 100_000)
	out := string(s.AppendAs(nil, []byte(text), Text))
	if strings.Contains(out, "d ") {
		t.Error("some are left")
	}
	if asked > 20*len(text) {
		t.Errorf("%d bytes were looked at, %d of the text, want 20 of it at most", asked, asked/len(text))
	}
}

func TestCrowdsAreJoined(t *testing.T) {
	var spans []span.Span
	for i := range 4000 {
		spans = append(spans, span.Span{Start: 9 * i, End: 9*i + 256, Kind: Key, Same: uint64(i)})
	}
	spans = append(spans, span.Span{Start: 50_000, End: 50_010, Kind: Card, Same: 5})
	got := joined(slices.Clone(spans))
	if len(got) > 40 {
		t.Errorf("%d places are left", len(got))
	}
	covered := 0
	for _, sp := range got {
		if sp.Kind == Key && (sp.Start > covered || sp.End-sp.Start > longestUnion) {
			t.Errorf("%v does not go on at %d, or is too long", sp, covered)
		}
		if sp.Kind == Key {
			covered = max(covered, sp.End)
		}
	}
	if covered != 9*3999+256 || got[len(got)-1] != spans[4000] {
		t.Errorf("covered to %d, the last is %v", covered, got[len(got)-1])
	}
}
