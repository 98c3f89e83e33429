package prose_test

import (
	"testing"
	"unicode/utf8"

	"github.com/habeas-data/habeas/scrub/internal/prose"
	"github.com/habeas-data/habeas/scrub/internal/span"
)

// Whatever the text and wherever the window, spans lie within the text, in order, at borders
// of characters, no longer than promised, and begin in the wanted part; cutting the text
// changes nothing.
func FuzzProse(f *testing.F) {
	for _, line := range append(readLines(f, "marked.txt"), readLines(f, "clean.txt")...) {
		f.Add([]byte(unmark(line)), uint16(len(line)/2))
	}
	f.Add([]byte("\xff\xfe Jude \xf0\x9f"), uint16(4))
	f.Add([]byte("⟦PERSON:"), uint16(2))
	finder := prose.New()
	f.Fuzz(func(t *testing.T, text []byte, cut uint16) {
		spans := whole(finder, text)
		last := 0
		for _, s := range spans {
			if s.Start < last || s.End <= s.Start || s.End > len(text) || s.End-s.Start > span.Ahead {
				t.Fatalf("span %d:%d after %d in %q", s.Start, s.End, last, text)
			}
			if !utf8.RuneStart(text[s.Start]) || s.End < len(text) && !utf8.RuneStart(text[s.End]) && utf8.Valid(text) {
				t.Fatalf("span %d:%d cuts a character of %q", s.Start, s.End, text)
			}
			last = s.Start
		}
		got := inPieces(finder, text, []int{min(int(cut), len(text))})
		if a, b := show(text, got), show(text, spans); a != b {
			t.Fatalf("cut at %d: %s\nwhole: %s\nin %q", cut, a, b, text)
		}
	})
}
