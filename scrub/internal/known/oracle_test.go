package known

import (
	"context"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas/scrub/internal/span"
	"github.com/habeas-data/habeas/sealed"
)

// char is a letter of a text, as the oracle sees it.
type char struct {
	letter      rune
	class       uint8
	start, end  int
	first, last bool // of its character
	gap         int  // characters between it and the next letter
	separated   bool // one of them separates
}

// chars reads all letters of a text.
func chars(text string) (all []char) {
	for i := 0; i < len(text); {
		e, n := next([]byte(text), i)
		if e.n == 0 && len(all) > 0 {
			l := &all[len(all)-1]
			l.gap++
			l.separated = l.separated || e.class == separates
		}
		for j := range e.n {
			all = append(all, char{letter: e.letters[j], class: e.class, start: i, end: i + n, first: j == 0, last: j == e.n-1})
		}
		i += n
	}
	return all
}

// oracle finds a sequence of letters by trying each place of a text.
func oracle(text string, letters []char) (found [][2]int) {
	n := len(letters)
	all := chars(text)
	for i := 0; i+n <= len(all); i++ {
		here := all[i : i+n]
		if !slices.EqualFunc(letters, here, func(a, b char) bool { return a.letter == b.letter }) {
			continue
		}
		inner := here[:n-1]
		if slices.ContainsFunc(inner, func(c char) bool { return c.gap > maxGap }) {
			continue
		}
		if n >= gramLen {
			before, after := neighbours(text, here)
			digits := !slices.ContainsFunc(here, func(c char) bool { return c.class != digit })
			if digits && n < maxLen && (before == digit || after == digit) {
				continue
			}
		} else if !shortAllowed(text, here, letters) {
			continue
		}
		end := here[n-1].end
		for range maxGap {
			if end < len(text) {
				if e, n := next([]byte(text), end); e.mark {
					end += n
				}
			}
		}
		found = append(found, [2]int{here[0].start, end})
	}
	return found
}

func neighbours(text string, here []char) (before, after uint8) {
	after, _ = classesAfter([]byte(text), here[len(here)-1].end)
	return classBefore([]byte(text), here[0].start), after
}

func shortAllowed(text string, here, letters []char) bool {
	n := len(here)
	if !here[0].first || !here[n-1].last {
		return false
	}
	separated, expected := 0, true
	soft := false
	for i := range n - 1 {
		if here[i].separated {
			separated++
			expected = expected && letters[i].separated
			continue
		}
		after := uint8(0)
		if i+2 < n && !here[i+1].separated {
			after = here[i+2].class
		}
		if here[i+1].first {
			soft = soft || softBorder(here[i].class, here[i+1].class, after)
		}
	}
	if !expected && separated < n-1 {
		return false
	}
	before, after := neighbours(text, here)
	hard := func(a, b uint8) bool { return a == separates || b == separates || a == solo || b == solo }
	if hard(before, here[0].class) && hard(here[n-1].class, after) {
		return true
	}
	second := uint8(0)
	if n > 1 && !here[0].separated {
		second = here[1].class
	}
	_, third := classesAfter([]byte(text), here[n-1].end)
	return n >= minSoft && separated == 0 && !soft &&
		(hard(before, here[0].class) || softBorder(before, here[0].class, second)) &&
		(hard(here[n-1].class, after) || softBorder(here[n-1].class, after, third)) &&
		runLength(text, here[0].start, here[n-1].end) <= maxRun
}

func runLength(text string, start, end int) int {
	separates := func(r rune) bool { return lookup(r).class == 0 }
	if i := strings.LastIndexFunc(text[:start], separates); i >= 0 {
		_, n := next([]byte(text), i)
		start = i + n
	} else {
		start = 0
	}
	if i := strings.IndexFunc(text[end:], separates); i >= 0 {
		end += i
	} else {
		end = len(text)
	}
	return end - start
}

func TestFindAgreesWithTryingEachPlace(t *testing.T) {
	alphabet := []string{"a", "b", "A", "B", "1", "2", " ", "-", "\u00ad", "\u0301", "é", "ß", "山", "김", "я", "."}
	piece := func(n int) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			set := rapid.SampledFrom([]int{2, 5, len(alphabet)}).Draw(t, "letters")
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom(alphabet[:set]), 3, n).Draw(t, "text"), "")
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		m, session := New(), sealed.Open(context.Background())
		defer m.Close()
		defer session.Close()
		text := strings.Join(rapid.SliceOfN(piece(20), 1, 6).Draw(t, "pieces"), "")
		patterns := map[string][]char{}
		for range rapid.IntRange(1, 4).Draw(t, "values") {
			value := strings.Trim(piece(12).Draw(t, "value"), " -.\u00ad\u0301")
			if rapid.Bool().Draw(t, "planted") {
				text += rapid.SampledFrom([]string{"", " ", "b"}).Draw(t, "between") + value
			}
			v, err := session.Seal("value", []byte(value))
			if err != nil {
				t.Fatal(err)
			}
			if m.Add("value", v) != nil {
				continue // too short
			}
			words := splitter{plain: []byte(value)}
			for w, ok := words.next(); ok; w, ok = words.next() {
				note(patterns, value, w)
			}
			note(patterns, value, words.whole)
		}
		var want [][2]int
		for _, letters := range patterns {
			want = append(want, oracle(text, letters)...)
		}
		got := m.Find(nil, whole(text))
		var places [][2]int
		for _, s := range got {
			places = append(places, [2]int{s.Start, s.End})
		}
		order := func(a, b [2]int) int { return slices.Compare(a[:], b[:]) }
		slices.SortFunc(places, order)
		slices.SortFunc(want, order)
		places, want = slices.Compact(places), slices.Compact(want)
		if !slices.Equal(places, want) {
			t.Fatalf("in %q: found %v, want %v", text, places, want)
		}
	})
}

// note adds a word of a value to the sequences that are searched. Two values with the same
// letters share where they have separators.
func note(patterns map[string][]char, value string, w word) {
	letters := chars(value[w.at.pos:])[:w.n]
	var key strings.Builder
	for _, c := range letters {
		key.WriteRune(c.letter)
	}
	for i, c := range patterns[key.String()] {
		letters[i].separated = letters[i].separated || c.separated
	}
	patterns[key.String()] = letters
}

var _ span.Finder = (*Matcher)(nil)
