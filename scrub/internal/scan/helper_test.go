package scan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/scrub/internal/span"
)

// whole finds in a text that is complete.
func whole(s *Scanner, text []byte) []span.Span {
	return s.Find(nil, span.Window{Text: text, To: len(text), Begins: true, Ends: true})
}

var kindNames = func() map[string]span.Kind {
	m := map[string]span.Kind{}
	for _, k := range span.All() {
		m[k.String()] = k
	}
	return m
}()

// parse reads a text in which what is to be found stands in {KIND|…}.
func parse(t *testing.T, marked string) (text string, want []string) {
	t.Helper()
	var b strings.Builder
	for rest := marked; rest != ""; {
		i := strings.Index(rest, "{")
		if i < 0 {
			b.WriteString(rest)
			break
		}
		bar, end := strings.Index(rest[i:], "|"), strings.Index(rest[i:], "|}")
		k, ok := kindNames[rest[i+1:max(i+1, i+bar)]]
		if bar < 0 || !ok {
			b.WriteString(rest[:i+1])
			rest = rest[i+1:]
			continue
		}
		value := rest[i+bar+1 : i+end]
		b.WriteString(rest[:i])
		want = append(want, fmt.Sprintf("%s %q at %d", k, value, b.Len()))
		b.WriteString(value)
		rest = rest[i+end+2:]
	}
	return b.String(), want
}

// shown describes spans without those that lie inside a stronger or longer one.
func shown(text string, spans []span.Span) (got []string) {
	for i, s := range spans {
		inside := false
		for j, o := range spans {
			if i != j && o.Start <= s.Start && s.End <= o.End && (o.End-o.Start > s.End-s.Start || j < i) && (o.Kind <= s.Kind) {
				inside = true
			}
		}
		if !inside {
			got = append(got, fmt.Sprintf("%s %q at %d", s.Kind, text[s.Start:s.End], s.Start))
		}
	}
	return got
}

// check scans marked texts and compares.
func check(t *testing.T, marked ...string) {
	t.Helper()
	s := New(Options{})
	for _, m := range marked {
		text, want := parse(t, m)
		got := shown(text, whole(s, []byte(text)))
		if strings.Join(got, "; ") != strings.Join(want, "; ") {
			t.Errorf("%s\n   got %s\n  want %s", text, strings.Join(got, "; "), strings.Join(want, "; "))
		}
	}
}
