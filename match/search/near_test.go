package search

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas/match/text"
)

// dictOf returns a dict of strings, ready to be asked forgivingly.
func dictOf(words ...string) *dict {
	words = slices.Clone(words)
	slices.Sort(words)
	words = slices.Compact(words)
	sorted := make([][]byte, len(words))
	for i, w := range words {
		sorted[i] = []byte(w)
	}
	d := newDict(sorted)
	d.index()
	d.near.index(&d)
	return &d
}

// within returns what nearby should find, by comparing with all.
func within(d *dict, q string, k int) map[string]int {
	want := map[string]int{}
	for id := range d.size() {
		s := string(d.at(id))
		n, allowed := len([]rune(s)), k
		if n < minNear {
			continue
		}
		if n < minTwo {
			allowed = min(k, 1)
		}
		if e := text.Distance(q, s, allowed); e <= allowed {
			want[s] = e
		}
	}
	return want
}

func checkNear(t interface{ Fatalf(string, ...any) }, d *dict, q string, k int) {
	var p probe
	p.reset([]byte(q))
	got := map[string]int{}
	if !d.nearby(&p, k, func(id uint32, edits int) { got[string(d.at(id))] = edits }) {
		t.Fatalf("%q: the work reached its limit among %d", q, d.size())
	}
	want := within(d, q, k)
	for s, e := range want {
		if g, ok := got[s]; !ok || g != e {
			t.Fatalf("%q is %d edits from %q and was found: %v at %d", s, e, q, ok, g)
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%q: found %v, should be %v", q, got, want)
	}
}

// What the partition finds is what comparing with everything finds, whatever the
// lengths, the script and where the edits fall: also a transposition across the border
// of two parts together with any other edit.
func TestNearFindsWhatComparingWithAllFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Few letters make many strings near each other.
		letters := []rune(rapid.SampledFrom([]string{"ab", "abc ", "aбв", "東京都a", "abcdefgh"}).Draw(t, "letters"))
		word := rapid.Custom(func(t *rapid.T) string {
			return string(rapid.SliceOfN(rapid.SampledFrom(letters), 1, 14).Draw(t, "word"))
		})
		words := rapid.SliceOfN(word, 1, 60).Draw(t, "words")
		d := dictOf(words...)
		for range 10 {
			checkNear(t, d, word.Draw(t, "question"), rapid.IntRange(0, 2).Draw(t, "edits"))
		}
	})
}

// Every pair of edits of every string, straddling transpositions among them.
func TestNearForgivesEveryPairOfEdits(t *testing.T) {
	edits := func(s string) []string {
		r, out := []rune(s), []string{}
		for i := range len(r) + 1 {
			out = append(out, string(slices.Insert(slices.Clone(r), i, 'x')))
			if i < len(r) {
				out = append(out, string(slices.Delete(slices.Clone(r), i, i+1)))
				c := slices.Clone(r)
				c[i] = 'y'
				out = append(out, string(c))
			}
			if i+1 < len(r) {
				c := slices.Clone(r)
				c[i], c[i+1] = c[i+1], c[i]
				out = append(out, string(c))
			}
		}
		return out
	}
	for _, s := range []string{"abcd", "abcde", "abcdef", "abcdefg", "abcdefghijk", "абвгдежз", strings.Repeat("abcdefgh", 10)} {
		d := dictOf(s)
		for _, one := range edits(s) {
			checkNear(t, d, one, 1)
			if len(s) > 20 {
				continue
			}
			for _, two := range edits(one) {
				checkNear(t, d, two, 2)
			}
		}
	}
}

func TestNearBesideManyNames(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	var words []string
	for _, e := range invented(5, 3000) {
		words = append(words, e.Names[0].Text)
	}
	d := dictOf(words...)
	for range 300 {
		q := misspelled(r, misspelled(r, words[r.IntN(len(words))]))
		if len(q) >= minTwo {
			checkNear(t, d, q, 2)
		}
	}
}

func TestPrefixFindsAllThatBeginSo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[ab]{0,6}`)
		d := dictOf(rapid.SliceOfN(word, 1, 40).Draw(t, "words")...)
		p := word.Draw(t, "prefix")
		from, to := d.prefix([]byte(p), 0, d.size())
		for id := range d.size() {
			if strings.HasPrefix(string(d.at(id)), p) != (id >= from && id < to) {
				t.Fatalf("%q: [%d, %d) is wrong about %q", p, from, to, d.at(id))
			}
		}
	})
}
