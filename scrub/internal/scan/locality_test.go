package scan

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/scrub/internal/span"
)

// pieces are what random texts are made of: whole values, halves of them, and what stands
// between.
var pieces = strings.Split(`jude@example.org|a@b|@|.|:|::|+|-|--|(|)| |  |/|_|=|"|'|,|;|\|%40|4111 1111 1111 1111|4111|1111|`+
	`DE89370400440532013000|DE89 3704 0044 0532 0130 00|WEST|054-28-6917|12345678Z|X1234567L|07700 900123|780-999-2181|(37) 788-063|`+
	`+46 (0)8 928 571 38|0044|00|+|192.0.2.1|2001:db8::1|fe80::1%eth0|00:1a:2b:3c:4d:5e|00-1A-2B-3C-4D-5E|ff|a1|20 01|2026-11-23|`+
	`T08:00:25Z|23.11.2026|3 May 1980|born |DOB: |geboren am |password=|hunter2|token: |Bearer |sk-ant-api03-abcDEF1234567890abcdEF|`+
	`ghp_16C7e42F292c6912E7710c838347Ae178B4a|eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc|-----BEGIN PRIVATE KEY-----|-----END PRIVATE KEY-----|`+
	`order |phone |invoice |card |SSN |NHS |version |passport |call |x12| ext. 5|⟦EMAIL:k3f9x7⟧|⟦|⟧|é|né le |用户|`+"\n|\t|\x00|\xff|\u00a0|\u2013|"+
	`1|12|123|1234|12345|123456|1234567|12345678|123456789|1234567890|0|00|000|abc|ABC|Z|e|http://u:p@|{"a":`, "|")

// randomText strings n pieces together.
func randomText(r *rand.Rand, n int) []byte {
	var b bytes.Buffer
	for range n {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.Bytes()
}

// repeated makes a text that goes on and on: what detectors that look too far stumble over.
func repeated(r *rand.Rand, n int) []byte {
	unit := randomText(r, 1+r.IntN(3))
	var b bytes.Buffer
	for b.Len() < n {
		b.Write(unit)
		if r.IntN(60) == 0 {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
	}
	return b.Bytes()
}

// inWindows scans a text in windows of size bytes, each with no more around it than the
// contract promises.
func inWindows(s *Scanner, text []byte, size int) (all []span.Span) {
	for from := 0; from < len(text); from += size {
		to := min(from+size, len(text))
		a, b := max(0, from-span.Back), min(len(text), to+span.Ahead)
		piece := bytes.Clone(text[a:b])
		found := s.Find(nil, span.Window{Text: piece, From: from - a, To: to - a, Begins: a == 0, Ends: b == len(text)})
		for _, f := range found {
			f.Start, f.End = f.Start+a, f.End+a
			all = append(all, f)
		}
	}
	return all
}

// sound checks what every result must be.
func sound(t *testing.T, text []byte, spans []span.Span) {
	t.Helper()
	for i, s := range spans {
		if s.Start < 0 || s.End <= s.Start || s.End > len(text) || s.End-s.Start > span.Ahead {
			t.Fatalf("span %d of %d is [%d,%d) in %d bytes", i, len(spans), s.Start, s.End, len(text))
		}
		if i > 0 && s.Start < spans[i-1].Start {
			t.Fatalf("span %d starts at %d after one at %d", i, s.Start, spans[i-1].Start)
		}
		if s.Kind <= span.Known || s.Kind > span.Birth {
			t.Fatalf("span %d is a %s", i, s.Kind)
		}
	}
}

// differ shows the first difference.
func differ(text []byte, a, b []span.Span) string {
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			return fmt.Sprintf("only in pieces: %v %q", b[i], around(text, b[i]))
		case i >= len(b):
			return fmt.Sprintf("only in the whole: %v %q", a[i], around(text, a[i]))
		case a[i] != b[i]:
			return fmt.Sprintf("whole %v %q, pieces %v", a[i], around(text, a[i]), b[i])
		}
	}
	return ""
}

func around(text []byte, s span.Span) []byte {
	return text[max(0, s.Start-80):min(len(text), s.End+40)]
}

// Proves SCR-2.
func TestWindowsGiveTheSameAsTheWhole(t *testing.T) {
	s := New(Options{})
	r := rand.New(rand.NewPCG(7, 7))
	for n := range 24 {
		text := randomText(r, 300)
		if n%2 == 1 {
			text = repeated(r, 6000)
		}
		all := whole(s, text)
		sound(t, text, all)
		for _, size := range []int{16 + r.IntN(60), 700, 2048} {
			if got := inWindows(s, text, size); !slices.Equal(all, got) {
				t.Fatalf("windows of %d bytes: %s", size, differ(text, all, got))
			}
		}
	}
}

// FuzzScan checks that no input makes a finder panic, that spans are in order and in
// bounds, and that windows change nothing.
func FuzzScan(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		f.Add(randomText(r, 60), uint16(r.IntN(3000)))
	}
	for name := range corpora {
		f.Add(corpus(3000, corpora[name]), uint16(100))
	}
	s := New(Options{})
	f.Fuzz(func(t *testing.T, text []byte, size uint16) {
		all := whole(s, text)
		sound(t, text, all)
		if got := inWindows(s, text, int(size)+1); !slices.Equal(all, got) {
			t.Fatalf("windows of %d bytes: %s", int(size)+1, differ(text, all, got))
		}
	})
}

// scrubbed puts a pseudonym in the place of each span, as package scrub does: overlapping
// ones become one of the stronger kind.
func scrubbed(text []byte, spans []span.Span) []byte {
	var out []byte
	done := 0
	for i := 0; i < len(spans); {
		s := spans[i]
		for i++; i < len(spans) && spans[i].Start < s.End; i++ {
			s.End, s.Kind = max(s.End, spans[i].End), min(s.Kind, spans[i].Kind)
		}
		out = append(out, text[done:s.Start]...)
		out = append(out, "⟦"+s.Kind.String()+":abc123⟧"...)
		done = s.End
	}
	return append(out, text[done:]...)
}

// Proves SCR-2.
func TestScrubbingTwiceIsScrubbingOnce(t *testing.T) {
	s := New(Options{})
	r := rand.New(rand.NewPCG(5, 6))
	between := []string{" ", " ", ", ", "; ", "\n", ": ", " and ", "\t", " (", ") ", "\"", "=", "\",\""}
	for range 20000 {
		var b bytes.Buffer
		for range 1 + r.IntN(16) {
			b.WriteString(pieces[r.IntN(len(pieces))])
			b.WriteString(between[r.IntN(len(between))])
		}
		text := b.Bytes()
		once := scrubbed(text, whole(s, text))
		if again := whole(s, once); len(again) > 0 {
			t.Errorf("%q\n    once  %q\n    again %s", text, once, shown(string(once), again))
		}
	}
}
