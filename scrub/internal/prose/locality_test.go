package prose_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas/scrub/internal/prose"
	"github.com/habeas-data/habeas/scrub/internal/span"
)

// inPieces finds what a stream would find that is cut at the places given: each piece with no
// more around it than the contract promises.
func inPieces(f *prose.Finder, text []byte, cuts []int) []span.Span {
	var all []span.Span
	from := 0
	for _, to := range append(cuts, len(text)) {
		start, end := max(0, from-span.Back), min(len(text), to+span.Ahead)
		w := span.Window{Text: text[start:end], From: from - start, To: to - start, Begins: start == 0, Ends: end == len(text)}
		for _, s := range f.Find(nil, w) {
			s.Start, s.End = s.Start+start, s.End+start
			all = append(all, s)
		}
		from = to
	}
	return all
}

func whole(f *prose.Finder, text []byte) []span.Span {
	return f.Find(nil, span.Window{Text: text, To: len(text), Begins: true, Ends: true})
}

// readLines reads a file of testdata.
func readLines(t testing.TB, name string) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(data)) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, strings.ReplaceAll(strings.TrimSuffix(line, "\n"), `\n`, "\n"))
		}
	}
	return lines
}

// A text made of pieces that matter to the finder, in any order.
func drawText(t *rapid.T, lines []string) []byte {
	words := []string{
		" ", "\n", "\n\n", ", ", ". ", "-", "'", "’s ", "12 ", "(", "\"", "\\n", ": ", "=", "Jude ", "JUDE", "jude ", "van der ",
		"Mr. ", "von ", "Main Street ", "Koskikatu ", "rue ", "Apt. 5", "10115 ", "⟦PERSON:k3f9⟧", "名前は", "山田太郎", strings.Repeat("我叫王小明。", 30), "김철수", "Ольга ",
		"\xff", "é", "P.O. Box 12 ", "FPO AA 12345 ", "the corner of ", "and ", strings.Repeat("x", 50), strings.Repeat(" ", 20),
		"Anna-Lena ", "O'Neill ", "firstName", "Smith", "J. R. ", "C/ ", "Name",
	}
	var b strings.Builder
	for range rapid.IntRange(1, 60).Draw(t, "pieces") {
		if rapid.IntRange(0, 4).Draw(t, "line") == 0 {
			b.WriteString(rapid.SampledFrom(lines).Draw(t, "sentence"))
		} else {
			b.WriteString(rapid.SampledFrom(words).Draw(t, "word"))
		}
	}
	return []byte(b.String())
}

// Proves SCR-2.
func TestWhereATextIsCutChangesNothing(t *testing.T) {
	f := prose.New()
	lines := append(readLines(t, "clean.txt"), readLines(t, "marked.txt")...)
	rapid.Check(t, func(t *rapid.T) {
		text := drawText(t, lines)
		if rapid.IntRange(0, 3).Draw(t, "repeated") == 0 {
			text = slices.Repeat(text, rapid.IntRange(1, 40).Draw(t, "times"))
		}
		want := whole(f, text)
		var cuts []int
		for range rapid.IntRange(1, 6).Draw(t, "cuts") {
			at := rapid.IntRange(0, len(text)).Draw(t, "cut")
			for at < len(text) && !utf8.RuneStart(text[at]) {
				at++
			}
			cuts = append(cuts, at)
		}
		slices.Sort(cuts)
		if got := inPieces(f, text, cuts); !slices.Equal(got, want) {
			t.Fatalf("cut at %v: %s\nwhole: %s\nin %q", cuts, show(text, got), show(text, want), text)
		}
	})
}

func show(text []byte, spans []span.Span) string {
	var b strings.Builder
	for _, s := range spans {
		fmt.Fprintf(&b, "%s@%d %q; ", s.Kind, s.Start, text[s.Start:s.End])
	}
	return b.String()
}
